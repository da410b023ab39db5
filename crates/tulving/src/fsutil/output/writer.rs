//! A file that is being written: aside, then renamed into its place.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::{Destination, Doing, OutputError, OutputFile, OutputProblem};

/// A file that is being written. Dropped before [`keep`](Self::keep), it is gone.
#[derive(Debug)]
pub struct OutputWriter {
    out: BufWriter<File>,
    /// Where it is until it has its name; none where it is written in place.
    aside: Option<PathBuf>,
}

impl OutputWriter {
    /// Begins to write to a file, which is `aside` until it has its name.
    pub(super) fn to(file: File, aside: Option<PathBuf>) -> Self {
        Self {
            out: BufWriter::new(file),
            aside,
        }
    }

    /// Makes what was written durable and gives it the name of `output`, which must be in the
    /// directory in which it was begun. A file that is there and holds the same already is left as
    /// it is, and false is given; another one is replaced if `replace` says so.
    ///
    /// # Errors
    /// [`OutputProblem::Exists`] if there is another file that must not be replaced: then it can be
    /// kept under another name. Or if the system refuses. Nothing is replaced then.
    pub fn keep(&mut self, output: &OutputFile, replace: bool) -> Result<bool, OutputError> {
        let flushed = self.out.flush();
        flushed.map_err(|error| output.io(Doing::Writing, error))?;
        let (Some(aside), Destination::File { path, folder, .. }) =
            (&self.aside, &output.destination)
        else {
            return Ok(true);
        };
        let written = self.out.get_ref().sync_all();
        written.map_err(|error| output.io(Doing::Writing, error))?;
        let sync = || {
            folder
                .sync_all()
                .map_err(|error| output.io(Doing::Syncing, error))
        };
        sync()?;
        let renaming = |error| output.io(Doing::Renaming, error);
        let mut changed = true;
        if replace {
            fs::rename(aside, path).map_err(renaming)?;
        } else {
            let named = match fs::hard_link(aside, path) {
                Ok(()) => fs::remove_file(aside),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
                // A file system without hard links.
                Err(_) => claim(aside, path),
            };
            match named {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    if !same(aside, path).map_err(renaming)? {
                        return Err(output.wrong(OutputProblem::Exists));
                    }
                    fs::remove_file(aside).map_err(renaming)?;
                    changed = false;
                }
                named => named.map_err(renaming)?,
            }
        }
        self.aside = None;
        sync().map(|()| changed)
    }
}

impl Write for OutputWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for OutputWriter {
    fn drop(&mut self) {
        if let Some(aside) = &self.aside {
            // What is left of it is no use to anyone.
            let _ = fs::remove_file(aside);
        }
    }
}

/// Gives a file a name that nobody has: an empty file takes it first, which only one of several can
/// make, and the file takes the place of that one. A process that is killed between the two leaves the
/// empty one.
pub(super) fn claim(aside: &Path, path: &Path) -> io::Result<()> {
    File::create_new(path)?;
    let renamed = fs::rename(aside, path);
    if renamed.is_err() {
        // It is ours, and empty.
        let _ = fs::remove_file(path);
    }
    renamed
}

/// Returns whether two files hold the same.
fn same(one: &Path, other: &Path) -> io::Result<bool> {
    let lengths = (fs::metadata(one)?.len(), fs::metadata(other)?.len());
    Ok(lengths.0 == lengths.1 && fs::read(one)? == fs::read(other)?)
}
