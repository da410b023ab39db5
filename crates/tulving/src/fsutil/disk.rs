//! The disk under what must survive a loss of power.
//!
//! [`Disk`] is every way in which the file backend changes what a directory holds, and every promise
//! of durability that it asks for. Reading is not part of it: what a process reads is what is there now, on
//! whichever disk. [`Os`] is the system's; tests put one in its place that remembers what of it would
//! have survived.

use std::fmt::Debug;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, FileExt, OpenOptionsExt as _};
use std::path::Path;

use super::own::{self, Access, folder, staged};
use super::target::true_path;

/// A disk: what is done to names, and files by their handles.
pub(crate) trait Disk: Debug + Send + Sync {
    /// Makes a file that is not there yet; a link of its name counts as one that is.
    fn create_new(&self, path: &Path, access: Access<'_>) -> io::Result<Box<dyn Handle>>;
    /// Opens a file, for writing too where we may; a link is not followed.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Handle>>;
    /// Gives a file another name in its folder, in place of the file that has it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file that may be gone already.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes a folder, with at most these permissions.
    fn create_folder(&self, path: &Path, mode: u32) -> io::Result<()>;
    /// Removes a folder that holds nothing.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a folder durable: those that were made, changed or removed.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
}

/// A file that is open.
pub(crate) trait Handle: Debug + Send + Sync {
    /// Returns what the system says of it.
    fn metadata(&self) -> io::Result<Metadata>;
    /// Fills the buffer from `offset` on.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
    /// Writes all of `bytes` at `offset`; when that fails, some of them may be there.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Cuts the file.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Makes content and length durable.
    fn sync_data(&self) -> io::Result<()>;
    /// Makes all of it durable, who may read it included.
    fn sync_all(&self) -> io::Result<()>;
}

/// The system's disks.
#[derive(Debug)]
pub(crate) struct Os;

impl Disk for Os {
    fn create_new(&self, path: &Path, access: Access<'_>) -> io::Result<Box<dyn Handle>> {
        Ok(Box::new(own::create_new(path, access)?))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Handle>> {
        let open = |options: &mut OpenOptions| options.custom_flags(libc::O_NOFOLLOW).open(path);
        // Those who may only read the directory can read it.
        let file = open(OpenOptions::new().read(true).write(true))
            .or_else(|_| open(OpenOptions::new().read(true)))?;
        Ok(Box::new(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        own::remove(path)
    }

    fn create_folder(&self, path: &Path, mode: u32) -> io::Result<()> {
        DirBuilder::new().mode(mode).create(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

impl Handle for File {
    fn metadata(&self) -> io::Result<Metadata> {
        self.metadata()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.read_exact_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync_all()
    }
}

/// What is made of the operations of a disk, the same on each.
impl dyn Disk + '_ {
    /// Makes a file, whatever has its name: what a killed process left there is removed, a link is
    /// not followed.
    pub(crate) fn create(&self, path: &Path, access: Access<'_>) -> io::Result<Box<dyn Handle>> {
        self.remove(path)?;
        self.create_new(path, access)
    }

    /// Writes a file aside, makes it durable and gives it its name, in place of the file that has it
    /// or that a link of its name leads to. `new` says who may read it where there is none.
    pub(crate) fn replace(&self, path: &Path, bytes: &[u8], new: Access<'_>) -> io::Result<()> {
        let path = &true_path(path)?;
        let (aside, folder) = (staged(path), folder(path));
        let present = fs::metadata(path).ok();
        let file = self.create(&aside, present.as_ref().map_or(new, Access::Like))?;
        let renamed = file
            .write_at(bytes, 0)
            .and_then(|()| file.sync_all())
            .and_then(|()| self.sync_folder(folder))
            .and_then(|()| self.rename(&aside, path));
        if renamed.is_err() {
            // What is left of it is no use to anyone.
            let _ = self.remove(&aside);
        }
        renamed.and_then(|()| self.sync_folder(folder))
    }

    /// Writes a file under the name `aside` and gives it its own, without waiting for the disk: for
    /// what can be made again.
    pub(crate) fn exchange(
        &self,
        path: &Path,
        aside: &Path,
        bytes: &[u8],
        access: Access<'_>,
    ) -> io::Result<()> {
        let file = self.create(aside, access)?;
        let written = file
            .write_at(bytes, 0)
            .and_then(|()| self.rename(aside, path));
        if written.is_err() {
            // What is left of it is no use to anyone.
            let _ = self.remove(aside);
        }
        written
    }

    /// Makes a folder and those above it that are not there, each of them durable in the one above:
    /// what is written into a folder is lost with it.
    pub(crate) fn make_folders(&self, path: &Path, mode: u32) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        let above = folder(path);
        if above != path {
            self.make_folders(above, mode)?;
        }
        match self.create_folder(path, mode) {
            // Another process was faster.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => {}
            made => made?,
        }
        self.sync_folder(above)
    }
}

/// A file that is written from its beginning to its end.
#[derive(Debug)]
pub(crate) struct Appending {
    file: Box<dyn Handle>,
    at: u64,
}

impl Appending {
    /// To a file that is empty.
    pub(crate) fn to(file: Box<dyn Handle>) -> Self {
        Self { file, at: 0 }
    }

    /// Makes what was written durable, who may read it included.
    pub(crate) fn sync_all(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

impl io::Write for Appending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_at(bytes, self.at)?;
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_made_up_name_follows_no_link_and_takes_no_file_over() {
        let folder = tempfile::tempdir().unwrap();
        let (victim, path) = (folder.path().join("victim"), folder.path().join("x.new"));
        fs::write(&victim, "precious").unwrap();
        let disk: &dyn Disk = &Os;
        for plant in [symlink::<&Path, &Path>, |from, to| fs::hard_link(from, to)] {
            disk.remove(&path).unwrap();
            plant(&victim, &path).unwrap();
            let file = disk.create(&path, Access::Private).unwrap();
            file.write_at(b"ours", 0).unwrap();
            assert_eq!(fs::read(&victim).unwrap(), b"precious");
            assert_eq!(fs::read(&path).unwrap(), b"ours");
            assert_eq!(mode(&path), 0o600);
        }
    }

    #[test]
    fn a_file_that_is_replaced_keeps_who_may_read_it_and_a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        let disk: &dyn Disk = &Os;
        for wanted in [0o600, 0o640, 0o664] {
            fs::write(&file, "old").unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(wanted)).unwrap();
            let _ = fs::remove_file(&link);
            symlink("file", &link).unwrap();
            disk.replace(&link, b"new", Access::Usual).unwrap();
            assert_eq!(fs::read(&file).unwrap(), b"new");
            assert_eq!(mode(&file), wanted);
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_durable_is_an_error() {
        // Nothing of procfs is on a disk, and it says so.
        assert!(Os.sync_folder(Path::new("/proc/self")).is_err());
    }

    #[test]
    fn folders_are_made_from_above_with_the_permissions_that_were_asked_for() {
        let top = tempfile::tempdir().unwrap();
        let below = top.path().join("a/b");
        let disk: &dyn Disk = &Os;
        disk.make_folders(&below, 0o700).unwrap();
        disk.make_folders(&below, 0o777).unwrap();
        assert_eq!((mode(&below), mode(&top.path().join("a"))), (0o700, 0o700));
        fs::write(top.path().join("file"), "").unwrap();
        assert!(disk.make_folders(&top.path().join("file"), 0o700).is_err());
    }
}
