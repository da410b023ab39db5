//! Files that are there whole or not at all, also after a power loss.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The name under which a file is prepared before it takes its own.
pub(super) fn staged(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

/// The folder of a file.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Makes names in a folder durable: files that were made, renamed or removed.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Writes a file aside, makes it durable and gives it its name, in place of what had it.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = staged(path);
    let mut file = File::create(&aside)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(error) = written.and_then(|()| fs::rename(&aside, path)) {
        // What is left of it is no use to anyone.
        let _ = fs::remove_file(&aside);
        return Err(error);
    }
    sync_folder(folder(path))
}

/// Removes a file that may be gone already.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
