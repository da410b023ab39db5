//! Files whose names the program makes up.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use super::target::true_path;

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
pub(crate) fn create(path: &Path, access: Access<'_>) -> io::Result<File> {
    remove(path)?;
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

/// The name under which a file is prepared before it takes its own.
pub(crate) fn staged(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

/// Writes a file aside, makes it durable and gives it its name, in place of the file that has it
/// or that a link of its name leads to. `new` says who may read it where there is none.
pub(crate) fn replace(path: &Path, bytes: &[u8], new: Access<'_>) -> io::Result<()> {
    let path = &true_path(path)?;
    let folder = File::open(folder(path))?;
    let aside = staged(path);
    let present = fs::metadata(path).ok();
    let access = present.as_ref().map_or(new, Access::Like);
    let mut file = create(&aside, access)?;
    let renamed = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| folder.sync_all())
        .and_then(|()| fs::rename(&aside, path));
    if renamed.is_err() {
        // What is left of it is no use to anyone.
        let _ = fs::remove_file(&aside);
    }
    renamed.and_then(|()| folder.sync_all())
}

/// Writes a file under the name `aside` and gives it its own, without waiting for the disk: for what
/// can be made again.
pub(crate) fn exchange(
    path: &Path,
    aside: &Path,
    bytes: &[u8],
    access: Access<'_>,
) -> io::Result<()> {
    let mut file = create(aside, access)?;
    let written = file.write_all(bytes).and_then(|()| fs::rename(aside, path));
    if written.is_err() {
        // What is left of it is no use to anyone.
        let _ = fs::remove_file(aside);
    }
    written
}

/// The folder of a file.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Makes names in a folder durable: files that were made, renamed or removed.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Removes a file that may be gone already.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_made_up_name_follows_no_link_and_takes_no_file_over() {
        let folder = tempfile::tempdir().unwrap();
        let (victim, path) = (folder.path().join("victim"), folder.path().join("x.new"));
        fs::write(&victim, "precious").unwrap();
        for plant in [symlink::<&Path, &Path>, |from, to| fs::hard_link(from, to)] {
            remove(&path).unwrap();
            plant(&victim, &path).unwrap();
            let mut file = create(&path, Access::Private).unwrap();
            file.write_all(b"ours").unwrap();
            assert_eq!(fs::read(&victim).unwrap(), b"precious");
            assert_eq!(fs::read(&path).unwrap(), b"ours");
            assert_eq!(mode(&path), 0o600);
        }
    }

    #[test]
    fn a_file_that_is_replaced_keeps_who_may_read_it_and_a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        for wanted in [0o600, 0o640, 0o664] {
            fs::write(&file, "old").unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(wanted)).unwrap();
            let _ = fs::remove_file(&link);
            symlink("file", &link).unwrap();
            replace(&link, b"new", Access::Usual).unwrap();
            assert_eq!(fs::read(&file).unwrap(), b"new");
            assert_eq!(mode(&file), wanted);
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_durable_is_an_error() {
        // Nothing of procfs is on a disk, and it says so.
        assert!(sync_folder(Path::new("/proc/self")).is_err());
    }
}
