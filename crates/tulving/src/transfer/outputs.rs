//! Where a migration leaves its receipt and its rejected rows.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::cancel::Cancel;
use super::error::TransferError;
use super::prepared::Prepared;
use super::receipt::Receipt;
use super::report::MigrateOptions;
use crate::fsutil::{Doing, OutputError, OutputFile, OutputProblem, OutputWriter};
use crate::model::Scope;

/// The files that a run leaves, looked at before it reads anything.
#[derive(Debug)]
pub(super) struct Outputs {
    receipt: Destination,
    /// None if a row that cannot be moved ends the run.
    rejects: Option<Destination>,
    /// Whether files of others may be replaced.
    replace: bool,
}

#[derive(Debug)]
enum Destination {
    /// Named by the user.
    File(Box<OutputFile>),
    /// A name is made up in it.
    Folder(PathBuf),
}

impl Destination {
    fn at(path: &Path) -> Result<Self, OutputError> {
        if !path.is_dir() {
            return Ok(Self::File(Box::new(OutputFile::private_at(path)?)));
        }
        // Whether a file can be made there.
        OutputFile::private_at(&path.join(receipt_name(Uuid::new_v4())))?;
        Ok(Self::Folder(path.to_owned()))
    }

    fn file(&self) -> Option<&OutputFile> {
        match self {
            Self::File(file) => Some(file),
            Self::Folder(_) => None,
        }
    }
}

impl Outputs {
    /// Looks at the files that the options name. A pipe is waited for until somebody reads it.
    ///
    /// # Errors
    /// If one could not be written, or a file would be replaced that is no receipt of this owner.
    pub(super) async fn look(
        options: &MigrateOptions,
        scope: Scope,
        cancel: &Cancel,
    ) -> Result<Self, TransferError> {
        let (receipt, replace) = (options.receipt.clone(), options.replace_files);
        let rejects = options.reject.then(|| options.rejects.clone());
        let looking = tokio::task::spawn_blocking(move || -> Result<Self, TransferError> {
            let rejects = rejects.as_deref().map(Destination::at).transpose()?;
            let outputs = Self {
                receipt: Destination::at(&receipt)?,
                rejects,
                replace,
            };
            outputs.require_apart()?;
            Ok(outputs)
        });
        let outputs = tokio::select! {
            outputs = looking => outputs??,
            () = cancel.wait() => {
                let phase = "the wait for a reader of the receipt";
                return Err(TransferError::Interrupted { phase });
            }
        };
        outputs.require_receipt(|receipt| receipt.scope == scope.into())?;
        Ok(outputs)
    }

    fn require_apart(&self) -> Result<(), OutputError> {
        let rejects = self.rejects.as_ref().and_then(Destination::file);
        let path = rejects.and_then(OutputFile::true_path);
        match self.receipt.file() {
            Some(receipt) if path.is_some() && receipt.true_path() == path => {
                Err(receipt.wrong(OutputProblem::NamedTwice))
            }
            _ => Ok(()),
        }
    }

    /// Refuses to write into what is read.
    ///
    /// # Errors
    /// If one of the outputs is one of these files.
    pub(super) fn require_other_than<'p>(
        &self,
        sources: impl Iterator<Item = &'p Path>,
    ) -> Result<(), OutputError> {
        let sources: Vec<PathBuf> = sources.flat_map(Path::canonicalize).collect();
        let destinations = [Some(&self.receipt), self.rejects.as_ref()];
        for file in destinations
            .into_iter()
            .flatten()
            .filter_map(Destination::file)
        {
            let is_source = |path: &Path| sources.iter().any(|source| source == path);
            if file.present().is_some_and(is_source) {
                return Err(file.wrong(OutputProblem::IsSource));
            }
        }
        Ok(())
    }

    /// Refuses to replace a file, unless it is the receipt of the run that goes on now.
    ///
    /// # Errors
    /// If there is another file, and replacing was not asked for.
    pub(super) fn require_own(&self, resumed: Option<Uuid>) -> Result<(), OutputError> {
        self.require_receipt(|receipt| Some(receipt.run_id) == resumed)
    }

    fn require_receipt(&self, is_own: impl Fn(&Receipt) -> bool) -> Result<(), OutputError> {
        let Some(file) = self.receipt.file().filter(|_| !self.replace) else {
            return Ok(());
        };
        match file.present() {
            Some(path) if !Receipt::read(path).is_ok_and(|found| is_own(&found)) => {
                Err(file.wrong(OutputProblem::Exists))
            }
            _ => Ok(()),
        }
    }

    /// Writes the receipt; returns where it is.
    ///
    /// # Errors
    /// If the system refuses, or another file came meanwhile.
    pub(super) fn write_receipt(&self, receipt: &Receipt) -> Result<PathBuf, TransferError> {
        let run_id = receipt.run_id;
        let made;
        let file = match &self.receipt {
            Destination::File(file) => file,
            Destination::Folder(folder) => {
                made = OutputFile::private_at(&folder.join(receipt_name(run_id)))?;
                &made
            }
        };
        // What was there is of this run: it was looked at before.
        let replace = self.replace || file.present().is_some();
        file.write(&format!("{run_id}-receipt"), &receipt.to_bytes(), replace)?;
        Ok(file.given().to_owned())
    }

    /// Writes the rejected rows, if there are any; returns where they are. In a directory that is
    /// `rejects.jsonl`, or `rejects-2.jsonl` and so on while there are files with other rows.
    ///
    /// # Errors
    /// If the source cannot be read again, the system refuses, or another file would be replaced.
    pub(super) async fn write_rejects(
        &self,
        run_id: Uuid,
        prepared: &Prepared,
        cancel: &Cancel,
    ) -> Result<Option<PathBuf>, TransferError> {
        let Some(destination) = self.rejects.as_ref().filter(|_| prepared.refused() > 0) else {
            return Ok(None);
        };
        let fill = async |file: &OutputFile| -> Result<OutputWriter, TransferError> {
            let mut out = file.create(&format!("{run_id}-rejects"))?;
            let written = prepared.write_rejects(&mut out, cancel).await?;
            written.map_err(|error| file.io(Doing::Writing, error))?;
            Ok(out)
        };
        let folder = match destination {
            Destination::File(file) => {
                fill(file).await?.keep(file, self.replace)?;
                return Ok(Some(file.given().to_owned()));
            }
            Destination::Folder(folder) => folder,
        };
        let mut number = 0;
        let mut filled: Option<OutputWriter> = None;
        loop {
            number += 1;
            let path = folder.join(rejects_name(number));
            // A name that was made up follows no link.
            if std::fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
                continue;
            }
            let file = OutputFile::private_at(&path)?;
            // That name is the receipt's, which is written last.
            let receipt = self.receipt.file().and_then(OutputFile::true_path);
            if receipt == file.true_path() {
                continue;
            }
            let out = match &mut filled {
                Some(out) => out,
                none => none.insert(fill(&file).await?),
            };
            match out.keep(&file, self.replace) {
                Ok(_) => return Ok(Some(path)),
                Err(OutputError {
                    problem: OutputProblem::Exists,
                    ..
                }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn rejects_name(number: u32) -> String {
    match number {
        1 => "rejects.jsonl".to_owned(),
        number => format!("rejects-{number}.jsonl"),
    }
}

fn receipt_name(run_id: Uuid) -> String {
    format!("tulving-{run_id}.receipt.json")
}
