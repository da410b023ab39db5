//! Files that only their owner may read, written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// A file that is written beside its final name, mode 0600. Dropped without
/// [`keep`](Self::keep), it is gone.
///
/// What a killed run leaves behind is named after the run, so that resuming it clears it away.
pub(crate) struct Partial {
    out: BufWriter<File>,
    partial: PathBuf,
    path: PathBuf,
    kept: bool,
}

impl Partial {
    pub(crate) fn create(path: &Path, run_id: Uuid) -> io::Result<Self> {
        if path.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{run_id}.partial"));
        let partial = path.with_file_name(name);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&partial)?;
        Ok(Self {
            out: BufWriter::new(file),
            partial,
            path: path.to_owned(),
            kept: false,
        })
    }

    /// Makes it durable and gives it its name, in place of what had it.
    pub(crate) fn keep(mut self) -> io::Result<()> {
        self.out.flush()?;
        self.out.get_ref().sync_all()?;
        fs::rename(&self.partial, &self.path)?;
        self.kept = true;
        let folder = self
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Write for Partial {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.kept {
            // What is left of it is no use to anyone.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// Says whether a file could be written, before there is anything to write.
pub(crate) fn probe(path: &Path, run_id: Uuid) -> io::Result<()> {
    Partial::create(path, run_id).map(drop)
}
