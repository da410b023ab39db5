//! Files that only their owner may read, written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// Writes a file beside its final name, makes it durable and renames it. Mode 0600.
///
/// What a killed run leaves behind is named after the run, so that resuming it clears it away.
pub(crate) fn write(
    path: &Path,
    run_id: Uuid,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let (folder, partial) = beside(path, run_id);
    let written = (|| {
        let file = create(&partial)?;
        let mut out = BufWriter::new(file);
        content(&mut out)?;
        out.into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .sync_all()?;
        fs::rename(&partial, path)?;
        File::open(&folder)?.sync_all()
    })();
    if written.is_err() {
        // What is left of it is no use to anyone, and the first error is the one that matters.
        let _ = fs::remove_file(&partial);
    }
    written
}

/// Says whether [`write`] would be let, before there is anything to write.
pub(crate) fn probe(path: &Path, run_id: Uuid) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let (_, partial) = beside(path, run_id);
    create(&partial)?;
    fs::remove_file(&partial)
}

/// The folder of a file, and what the file is called while it is not whole.
fn beside(path: &Path, run_id: Uuid) -> (PathBuf, PathBuf) {
    let folder = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{run_id}.partial"));
    (folder.to_owned(), folder.join(name))
}

fn create(partial: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(partial)
}
