//! Advice on errors of a migration or a verification.

use std::path::Path;

use tulving::ErrorClass;
use tulving::backend::file::layout::LayoutError;
use tulving::backend::file::{FileError, SourceError};
use tulving::backend::postgres::DatabaseError;
use tulving::model::Kind;
use tulving::record::Reason;
use tulving::transfer::TransferError;

use super::{source, told};
use crate::exit::CliError;
use crate::input::remedy;
use crate::kinds::moved;
use crate::text::owner_flag;

impl From<TransferError> for CliError {
    fn from(error: TransferError) -> Self {
        // What is known of an end is known of its own error.
        if let Some(error) = error.downcast_ref::<SourceError>() {
            return of_source(error);
        }
        if let Some(error) = error.downcast_ref::<DatabaseError>() {
            return error.into();
        }
        if let Some(error) = error.downcast_ref::<FileError>() {
            return error.into();
        }
        match error {
            TransferError::Output(error) => error.into(),
            error => {
                let mut told = told(error.class(), &error, hint(&error));
                if let TransferError::Flawed { first, total, .. } = &error {
                    told.causes.extend(first.iter().map(ToString::to_string));
                    if *total > first.len() as u64 {
                        told.causes
                            .push(format!("and {} more", total - first.len() as u64));
                    }
                }
                told
            }
        }
    }
}

const FREE_SPACE: &str = "free space there, then the same command again, to resume";
const READABLE: &str = "name a file that is there and that this account may read";

fn hint(error: &TransferError) -> Option<String> {
    let hint = match error {
        TransferError::Flawed { first, .. }
            if first.iter().any(|it| it.flaw.reason == Reason::Forgotten) =>
        {
            "--on-error reject leaves out what was forgotten; --restore-forgotten brings it back"
        }
        TransferError::Flawed { .. } => {
            "correct the source, or --on-error reject to move the other rows (--restamp for rows of another owner)"
        }
        TransferError::Dimensions { .. } => {
            "the same command with --model NAME   (the model that made the vectors)"
        }
        TransferError::SpaceDropped { .. } => {
            "migrate for another user or tenant; or --model NAME, if the vectors are of another model"
        }
        TransferError::MoreForgotten => "the same command again",
        TransferError::RunChanged { .. } => {
            "the same command with --restart   (rows that were written stay and are found again)"
        }
        TransferError::Interrupted { .. } => "the same command again, to resume",
        TransferError::Io { .. } if error.class() == ErrorClass::Full => FREE_SPACE,
        TransferError::Io { .. } => READABLE,
        TransferError::Receipt { .. } => {
            "name the receipt that a migration wrote: tulving-RUN.receipt.json, or what --receipt named"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

/// A data directory that cannot be moved.
fn of_source(error: &SourceError) -> CliError {
    match error {
        SourceError::File(file @ FileError::OtherOwner { owner, asked, .. }) => {
            let owner = owner_flag(*owner);
            let hint =
                format!("{owner}, its owner; or --restamp, to give {asked} a copy of its memories");
            told(error.class(), file, Some(hint))
        }
        SourceError::File(error) => error.into(),
        error => told(error.class(), error, source_hint(error)),
    }
}

fn source_hint(error: &SourceError) -> Option<String> {
    let hint = match error {
        SourceError::CountMismatch { kind, .. } => {
            let others = of_origin().filter(|other| other != kind);
            let others: Vec<_> = others.map(moved).collect();
            return Some(format!(
                "restore both files from one moment, then tulving migrate --dry-run (or --only {})",
                others.join(",")
            ));
        }
        SourceError::Pair(pair) => {
            return Some(source::pair(
                pair,
                "the same command with --cast f32   (rounds the vectors to 32 bits; the receipt says so)",
            ));
        }
        SourceError::Malformed { file, source, .. } => {
            return Some(source::record(Path::new(file), source));
        }
        SourceError::Layout(error) => return Some(layout(error)),
        SourceError::Document { flaw, .. } => {
            let mend = match flaw.reason {
                Reason::ForeignScope => "--restamp, to give it to this owner",
                _ => "correct the document in the file",
            };
            let others: Vec<_> = of_origin().map(moved).collect();
            return Some(format!(
                "{mend}; or --only {}, to move the rest",
                others.join(",")
            ));
        }
        SourceError::RowsFile { .. } => {
            "correct the line; each needs `kind`, `index` and `row` as --on-error reject wrote them"
        }
        SourceError::Foreign { path, found } => return Some(remedy(path, *found)),
        SourceError::NoRows { .. } => {
            "name the file that --on-error reject wrote, with --rows FILE; without --rows all rows are migrated"
        }
        SourceError::Io { .. } if error.class() == ErrorClass::Full => FREE_SPACE,
        SourceError::Io { .. } => READABLE,
        _ => return None,
    };
    Some(hint.to_owned())
}

/// What helps with a directory that is to be moved.
fn layout(error: &LayoutError) -> String {
    match error {
        LayoutError::Manifest { .. } => {
            "correct the manifest; without a manifest.json the usual file names are taken"
                .to_owned()
        }
        LayoutError::Missing { .. } => {
            let only: Vec<_> = of_origin()
                .map(|kind| format!("--only {}", moved(kind)))
                .collect();
            format!(
                "restore the file, or leave its kind out with {}",
                only.join(" or ")
            )
        }
        LayoutError::Flat { path, files } => {
            let command = super::into_folders(path, files);
            format!("{command}   (then the same command again)")
        }
        LayoutError::Io { .. } => "see that this account may read there".to_owned(),
        _ => "--data-dir DIR, the directory that holds corpus/ and vectors/".to_owned(),
    }
}

/// The kinds that every source may hold.
fn of_origin() -> impl Iterator<Item = Kind> {
    Kind::ALL.into_iter().filter(|kind| kind.is_of_origin())
}
