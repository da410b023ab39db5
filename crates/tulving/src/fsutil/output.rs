//! Files whose names a user gives.
//!
//! | module | holds |
//! |---|---|
//! | `writer` | a file that is being written |
//! | `error` | why a file is not written |

mod error;
#[cfg(test)]
mod tests;
mod writer;

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

pub use error::{Doing, OutputError, OutputProblem};
pub use writer::OutputWriter;

use super::own::{self, Access};
use super::target::Target;

/// A file that a user named and that is to be written: looked at before the work that fills it.
///
/// A symbolic link is followed: what it leads to is written, and the link stays. A device, a pipe,
/// a socket or an open descriptor is written to as it stands. A regular file is written aside and
/// renamed into its place, whole or not at all; one that is there already is replaced only where
/// the caller says so.
#[derive(Debug)]
pub struct OutputFile {
    given: PathBuf,
    destination: Destination,
    /// Who may read it, if it is new.
    access: Access<'static>,
}

#[derive(Debug)]
enum Destination {
    Stream(File),
    File {
        path: PathBuf,
        /// Open, because what is renamed in it must be made durable.
        folder: File,
        present: Option<Metadata>,
    },
}

impl OutputFile {
    /// Looks at what has that name, and whether it could be written. Writes nothing; a pipe that
    /// nobody reads is waited for.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn at(path: &Path) -> Result<Self, OutputError> {
        Self::look(path, Access::Usual)
    }

    /// Looks in the same way at a file that, where it is new, its owner alone may read.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn private_at(path: &Path) -> Result<Self, OutputError> {
        Self::look(path, Access::Private)
    }

    fn look(path: &Path, access: Access<'static>) -> Result<Self, OutputError> {
        let given = path.to_owned();
        let wrong = |problem| OutputError {
            path: path.to_owned(),
            problem,
        };
        let io = |doing| move |source| wrong(OutputProblem::Io(doing, source));
        let (path, present) = match Target::of(path).map_err(io(Doing::Looking))? {
            Target::Free(path) => (path, None),
            Target::File(path, present) => (path, Some(present)),
            Target::Stream(path) => {
                let destination = Destination::Stream(stream(&path).map_err(io(Doing::Opening))?);
                return Ok(Self {
                    given,
                    destination,
                    access,
                });
            }
            Target::Folder => return Err(wrong(OutputProblem::IsDirectory)),
            Target::Loop => return Err(wrong(OutputProblem::LinkLoop)),
            Target::NoFolder(folder) => return Err(wrong(OutputProblem::NoDirectory(folder))),
        };
        let folder = File::open(own::folder(&path))
            .and_then(|folder| folder.sync_all().map(|()| folder))
            .map_err(io(Doing::Syncing))?;
        let destination = Destination::File {
            path,
            folder,
            present,
        };
        let output = Self {
            given,
            destination,
            access,
        };
        output.create(&uuid::Uuid::new_v4().to_string())?;
        Ok(output)
    }

    /// Returns the name as it was given.
    #[must_use]
    pub fn given(&self) -> &Path {
        &self.given
    }

    /// Returns the regular file that is there or will be, at the end of all links; none for a device, a
    /// pipe or an open descriptor.
    #[must_use]
    pub fn true_path(&self) -> Option<&Path> {
        match &self.destination {
            Destination::Stream(_) => None,
            Destination::File { path, .. } => Some(path),
        }
    }

    /// Returns the regular file that was there when it was looked at.
    #[must_use]
    pub fn present(&self) -> Option<&Path> {
        match &self.destination {
            Destination::File { path, present, .. } => present.as_ref().map(|_| path.as_path()),
            Destination::Stream(_) => None,
        }
    }

    /// Returns an error that names this file.
    #[must_use]
    pub fn wrong(&self, problem: OutputProblem) -> OutputError {
        OutputError {
            path: self.given.clone(),
            problem,
        }
    }

    /// Begins to write. What a killed process left under the same `tag` is removed.
    ///
    /// # Errors
    /// If no file can be made beside it.
    pub fn create(&self, tag: &str) -> Result<OutputWriter, OutputError> {
        let (file, aside) = match &self.destination {
            Destination::Stream(file) => {
                let file = file.try_clone();
                (file.map_err(|error| self.io(Doing::Opening, error))?, None)
            }
            Destination::File { path, present, .. } => {
                let aside = path.with_file_name(format!(".tulving-{tag}.partial"));
                let access = present.as_ref().map_or(self.access, Access::Like);
                let file = own::create(&aside, access);
                (
                    file.map_err(|error| self.io(Doing::Staging, error))?,
                    Some(aside),
                )
            }
        };
        Ok(OutputWriter::to(file, aside))
    }

    /// Writes it whole; returns whether anything changed, as [`OutputWriter::keep`] does.
    ///
    /// # Errors
    /// As [`create`](Self::create) and [`OutputWriter::keep`].
    pub fn write(&self, tag: &str, bytes: &[u8], replace: bool) -> Result<bool, OutputError> {
        let mut writer = self.create(tag)?;
        let written = writer.write_all(bytes);
        written.map_err(|error| self.io(Doing::Writing, error))?;
        writer.keep(self, replace)
    }

    /// Returns an error of the system, about this file.
    #[must_use]
    pub fn io(&self, doing: Doing, error: io::Error) -> OutputError {
        self.wrong(OutputProblem::Io(doing, error))
    }
}

/// Opens what is written to as it stands. What is stdout or stderr already is not opened anew: a
/// socket could not be.
fn stream(path: &Path) -> io::Result<File> {
    let own = |descriptor: &str| Path::new("/proc/self/fd").join(descriptor);
    let is_own = |descriptor: &str| {
        let folder = own(descriptor)
            .parent()
            .and_then(|folder| folder.canonicalize().ok());
        folder.is_some_and(|folder| folder.join(descriptor) == path)
    };
    if is_own("1") {
        return Ok(io::stdout().as_fd().try_clone_to_owned()?.into());
    }
    if is_own("2") {
        return Ok(io::stderr().as_fd().try_clone_to_owned()?.into());
    }
    if fs::metadata(path)?.file_type().is_socket() {
        return Ok(OwnedFd::from(UnixStream::connect(path)?).into());
    }
    OpenOptions::new().append(true).open(path)
}
