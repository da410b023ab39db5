//! Files whose names the program makes up.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

/// Who may read a new file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Access<'m> {
    /// Whoever the process lets read its files.
    Usual,
    /// Its owner alone.
    Private,
    /// Who could read the file that it takes the place of.
    Like(&'m Metadata),
}

impl<'m> Access<'m> {
    /// As the file that is there, if there is one.
    pub(crate) fn of(present: Option<&'m Metadata>) -> Self {
        present.map_or(Self::Usual, Self::Like)
    }
}

/// Makes a file, whatever has its name: what a killed process left there is removed, a link is not
/// followed.
pub(super) fn create(path: &Path, access: Access<'_>) -> io::Result<File> {
    remove(path)?;
    create_new(path, access)
}

/// Makes a file that is not there yet; a link of its name counts as one that is.
pub(super) fn create_new(path: &Path, access: Access<'_>) -> io::Result<File> {
    let mode = match access {
        Access::Usual => 0o666,
        Access::Private | Access::Like(_) => 0o600,
    };
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    if let Access::Like(present) = access
        && let Err(error) = hand_over(&file, present)
    {
        // What is left of it is no use to anyone.
        let _ = fs::remove_file(path);
        return Err(error);
    }
    Ok(file)
}

/// Gives a new file to those who have another one, as far as the system lets us.
fn hand_over(file: &File, present: &Metadata) -> io::Result<()> {
    let mine = file.metadata()?;
    let (owner, group) = (present.uid(), present.gid());
    let keeps_group = (mine.uid(), mine.gid()) == (owner, group)
        || fchown(file, Some(owner), Some(group)).is_ok()
        // Whoever may not give it to its owner leaves it to the group that both are in.
        || mine.gid() == group
        || fchown(file, None, Some(group)).is_ok();
    // A group that cannot be kept must not be another one.
    let mask = if keeps_group { 0o777 } else { 0o707 };
    let mode = present.mode() & mask;
    // Some file systems have one mode for all files, and let nobody set it.
    if mine.mode() & 0o777 == mode {
        return Ok(());
    }
    file.set_permissions(fs::Permissions::from_mode(mode))
}

/// Returns the name under which a file is prepared before it takes its own.
pub(crate) fn staged(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

/// Returns the folder of a file.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Removes a file that may be gone already.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
