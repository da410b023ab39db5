//! What a migration or a verification did not do.

use std::io::ErrorKind;
use std::path::Path;

use tulving::backend::file::FileError;
use tulving::backend::file::layout::LayoutError;
use tulving::model::Kind;
use tulving::transfer::TransferError;

use super::{bug, source, told};
use crate::exit::{CliError, Exit};
use crate::input::remedy;
use crate::text::owner_flag;

impl From<TransferError> for CliError {
    fn from(error: TransferError) -> Self {
        match error {
            TransferError::Database(error) => error.into(),
            TransferError::File(ref file @ FileError::OtherOwner { owner, asked, .. }) => {
                let owner = owner_flag(owner);
                told(Exit::Source, file).hint(format!(
                    "{owner}, its owner; or --restamp, to give {asked} a copy of its memories"
                ))
            }
            TransferError::File(error) => error.into(),
            TransferError::Flawed { ref first, total, .. } => {
                let mut told = told(Exit::Source, &error);
                told.causes.extend(first.iter().map(ToString::to_string));
                if total > first.len() as u64 {
                    told.causes.push(format!("and {} more", total - first.len() as u64));
                }
                told.hint("correct the source, or --on-error reject to move the other rows (--restamp for rows of another owner)")
            }
            TransferError::CountMismatch { kind, .. } => {
                let others = Kind::ALL.into_iter().filter(|other| *other != kind);
                let others: Vec<_> = others.map(Kind::plural).collect();
                let others = others.join(",");
                told(Exit::Source, &error).hint(format!(
                    "restore both files from one moment, then tulving migrate --dry-run (or --only {others})"
                ))
            }
            TransferError::Dimensions { .. } => {
                told(Exit::Source, &error).hint("the same command with --model NAME   (the model that made the vectors)")
            }
            TransferError::Pair(ref pair) => told(Exit::Source, &error).hint(source::pair(
                pair,
                "the same command with --cast f32   (rounds the vectors to 32 bits; the receipt says so)",
            )),
            TransferError::Malformed { ref file, ref source, .. } => {
                told(Exit::Source, &error).hint(source::record(Path::new(file), source))
            }
            TransferError::Layout(LayoutError::Manifest { .. }) => told(Exit::Source, &error)
                .hint("correct the manifest; without a manifest.json the usual file names are taken"),
            TransferError::Layout(LayoutError::Missing { .. }) => {
                let only = Kind::ALL.map(|kind| format!("--only {}", kind.plural()));
                told(Exit::Source, &error).hint(format!("restore the file, or leave its kind out with {}", only.join(" or ")))
            }
            TransferError::Layout(LayoutError::Flat { ref path, ref files }) => {
                let command = super::into_folders(path, files);
                told(Exit::Source, &error).hint(format!("{command}   (then the same command again)"))
            }
            TransferError::Layout(LayoutError::Io { .. }) => {
                told(Exit::Source, &error).hint("see that this account may read there")
            }
            TransferError::Layout(_) => {
                told(Exit::Source, &error).hint("--data-dir DIR, the directory that holds corpus/ and vectors/")
            }
            TransferError::RowsFile { .. } => told(Exit::Source, &error)
                .hint("correct the line; each needs `kind`, `index` and `row` as --on-error reject wrote them"),
            TransferError::Foreign { ref path, found } => {
                told(Exit::Source, &error).hint(remedy(path, found))
            }
            TransferError::NoRows { .. } => told(Exit::Source, &error)
                .hint("name the file that --on-error reject wrote, with --rows FILE; without --rows all rows are migrated"),
            TransferError::Interrupted { .. } => {
                told(Exit::Interrupted, &error).hint("the same command again, to resume")
            }
            TransferError::Io { ref source, .. } => match source.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => told(Exit::Unreachable, &error)
                    .hint("free space there, then the same command again, to resume"),
                _ => told(Exit::Usage, &error).hint("name a file that is there and that this account may read"),
            },
            TransferError::Output(error) => error.into(),
            TransferError::Receipt { .. } => told(Exit::Usage, &error)
                .hint("name the receipt that a migration wrote: tulving-RUN.receipt.json, or what --receipt named"),
            TransferError::Worker { .. } => bug(&error),
            _ => told(Exit::Source, &error),
        }
    }
}
