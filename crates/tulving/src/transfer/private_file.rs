//! Files that only their owner may read, written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A file that is written beside its final name, mode 0600. Dropped without
/// [`keep`](Self::keep), it is gone.
pub(crate) struct Partial {
    out: BufWriter<File>,
    partial: PathBuf,
    path: PathBuf,
    kept: bool,
}

impl Partial {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.partial", std::process::id()));
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
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        File::open(folder)?.sync_all()
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

/// Writes a file that is there whole or not at all.
pub(crate) fn write(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = Partial::create(path)?;
    content(&mut file)?;
    file.keep()
}
