//! Files whose names a user gives.

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::own::{self, Access};
use super::target::Target;
use crate::ErrorClass;

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

/// Why a file that a user named is not written.
#[derive(Debug, Error)]
#[error("cannot write {}: {problem}", .path.display())]
pub struct OutputError {
    /// As it was named.
    pub path: PathBuf,
    /// What is in the way.
    #[source]
    pub problem: OutputProblem,
}

impl OutputError {
    /// Returns what kind of failure it is.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match &self.problem {
            OutputProblem::Io(_, source) if is_full(source.kind()) => ErrorClass::Full,
            _ => ErrorClass::Usage,
        }
    }
}

fn is_full(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    )
}

/// What is in the way of a file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OutputProblem {
    /// A file is there, and nobody said that it may be replaced.
    #[error("there is a file of that name already")]
    Exists,
    /// A directory is there.
    #[error("it is a directory")]
    IsDirectory,
    /// The directory that it should be in is not there.
    #[error("there is no directory {}", .0.display())]
    NoDirectory(PathBuf),
    /// Its symbolic links lead to each other.
    #[error("its symbolic links lead in a circle")]
    LinkLoop,
    /// It is one of the files that are read.
    #[error("it is a file of the source")]
    IsSource,
    /// It is to hold two things.
    #[error("the receipt and the rejected rows cannot go into one file")]
    NamedTwice,
    /// The system refused.
    #[error("{0}")]
    Io(Doing, #[source] io::Error),
}

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Looking at what has the name.
    Looking,
    /// Opening the device or pipe.
    Opening,
    /// Making a file beside it.
    Staging,
    /// Writing.
    Writing,
    /// Making the names in its directory survive a loss of power.
    Syncing,
    /// Giving the written file its name.
    Renaming,
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Looking => "looking at it failed",
            Self::Opening => "opening it failed",
            Self::Staging => "no file can be made in its directory",
            Self::Writing => "writing failed",
            Self::Syncing => "its directory cannot be synced to the disk",
            Self::Renaming => "renaming failed",
        })
    }
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

    /// The same for a file that, where it is new, its owner alone may read.
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

    /// The name as it was given.
    #[must_use]
    pub fn given(&self) -> &Path {
        &self.given
    }

    /// The regular file that is there or will be, at the end of all links; none for a device, a pipe
    /// or an open descriptor.
    #[must_use]
    pub fn true_path(&self) -> Option<&Path> {
        match &self.destination {
            Destination::Stream(_) => None,
            Destination::File { path, .. } => Some(path),
        }
    }

    /// The regular file that was there when it was looked at.
    #[must_use]
    pub fn present(&self) -> Option<&Path> {
        match &self.destination {
            Destination::File { path, present, .. } => present.as_ref().map(|_| path.as_path()),
            Destination::Stream(_) => None,
        }
    }

    /// An error that names this file.
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
        Ok(OutputWriter {
            out: BufWriter::new(file),
            aside,
        })
    }

    /// Writes it whole; gives whether anything changed, as [`OutputWriter::keep`] does.
    ///
    /// # Errors
    /// As [`create`](Self::create) and [`OutputWriter::keep`].
    pub fn write(&self, tag: &str, bytes: &[u8], replace: bool) -> Result<bool, OutputError> {
        let mut writer = self.create(tag)?;
        let written = writer.write_all(bytes);
        written.map_err(|error| self.io(Doing::Writing, error))?;
        writer.keep(self, replace)
    }

    /// An error of the system, about this file.
    #[must_use]
    pub fn io(&self, doing: Doing, error: io::Error) -> OutputError {
        self.wrong(OutputProblem::Io(doing, error))
    }
}

/// A file that is being written. Dropped before [`keep`](Self::keep), it is gone.
#[derive(Debug)]
pub struct OutputWriter {
    out: BufWriter<File>,
    /// Where it is until it has its name; none where it is written in place.
    aside: Option<PathBuf>,
}

impl OutputWriter {
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
        let (Some(aside), Destination::File { path, folder, .. }) = (&self.aside, &output.destination) else {
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

/// Gives a file a name that nobody has: an empty file takes it first, which only one of several can
/// make, and the file takes the place of that one. A process that is killed between the two leaves the
/// empty one.
fn claim(aside: &Path, path: &Path) -> io::Result<()> {
    File::create_new(path)?;
    let renamed = fs::rename(aside, path);
    if renamed.is_err() {
        // It is ours, and empty.
        let _ = fs::remove_file(path);
    }
    renamed
}

/// Whether two files hold the same.
fn same(one: &Path, other: &Path) -> io::Result<bool> {
    let lengths = (fs::metadata(one)?.len(), fs::metadata(other)?.len());
    Ok(lengths.0 == lengths.1 && fs::read(one)? == fs::read(other)?)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    use super::*;

    fn write(path: &Path, bytes: &[u8], replace: bool) -> Result<bool, OutputProblem> {
        let output = OutputFile::private_at(path).map_err(|error| error.problem)?;
        output
            .write("test", bytes, replace)
            .map_err(|error| error.problem)
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_that_is_there_is_replaced_only_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        write(&path, b"one", false).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let refused = write(&path, b"two", false).unwrap_err();
        assert!(matches!(refused, OutputProblem::Exists), "{refused}");
        assert_eq!(fs::read(&path).unwrap(), b"one");
        // Nothing is lost where nothing changes.
        assert!(!write(&path, b"one", false).unwrap());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write(&path, b"two", true).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[test]
    fn a_file_that_came_meanwhile_is_not_replaced_either() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let output = OutputFile::at(&path).unwrap();
        fs::write(&path, "theirs").unwrap();
        let refused = output.write("test", b"ours", false).unwrap_err();
        assert!(
            matches!(refused.problem, OutputProblem::Exists),
            "{refused}"
        );
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[test]
    fn a_name_is_claimed_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: String| folder.path().join(name);
        let path = &at("out".to_owned());
        let claimed: Vec<bool> = std::thread::scope(|threads| {
            let writers = (0..8).map(|number| {
                let aside = at(format!("aside-{number}"));
                fs::write(&aside, format!("{number}")).unwrap();
                threads.spawn(move || claim(&aside, path).is_ok())
            });
            let writers: Vec<_> = writers.collect();
            let claimed = writers.into_iter().map(|writer| writer.join().unwrap());
            claimed.collect()
        });
        assert_eq!(claimed.iter().filter(|claimed| **claimed).count(), 1);
        let first = claimed.iter().position(|claimed| *claimed).unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), first.to_string());
        // What the others wrote is still where they wrote it, and no claim without a file stays.
        assert_eq!(names(folder.path()).len(), 8);
        let free = at("free".to_owned());
        assert!(claim(&at("nothing".to_owned()), &free).is_err());
        assert!(!free.exists());
    }

    #[test]
    fn a_link_is_followed_and_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("far")).unwrap();
        symlink("far/target", at("link")).unwrap();
        write(&at("link"), b"one", false).unwrap();
        assert!(matches!(
            write(&at("link"), b"two", false),
            Err(OutputProblem::Exists)
        ));
        write(&at("link"), b"two", true).unwrap();
        assert_eq!(fs::read(at("far/target")).unwrap(), b"two");
        assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
        assert_eq!(names(&at("far")), ["target"]);
        symlink("round", at("round")).unwrap();
        assert!(matches!(
            write(&at("round"), b"", true),
            Err(OutputProblem::LinkLoop)
        ));
        assert!(matches!(
            write(&at("far"), b"", true),
            Err(OutputProblem::IsDirectory)
        ));
        let nowhere = write(&at("nowhere/x"), b"", true);
        assert!(matches!(nowhere, Err(OutputProblem::NoDirectory(_))));
    }

    #[test]
    fn a_link_to_another_file_system_is_followed_there() {
        use std::os::unix::fs::MetadataExt as _;
        let here = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let there = tempfile::tempdir_in("/dev/shm").unwrap();
        let device = |folder: &Path| fs::metadata(folder).unwrap().dev();
        assert_ne!(
            device(here.path()),
            device(there.path()),
            "this test needs two file systems, and /dev/shm is on that of the sources"
        );
        let target = there.path().join("target");
        symlink(&target, here.path().join("link")).unwrap();
        write(&here.path().join("link"), b"one", false).unwrap();
        write(&here.path().join("link"), b"two", true).unwrap();
        assert_eq!(fs::read(target).unwrap(), b"two");
        assert_eq!(names(there.path()), ["target"]);
    }

    #[test]
    fn a_pipe_is_written_to_and_stays_a_pipe() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        assert!(
            Command::new("mkfifo")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
        symlink("pipe", folder.path().join("link")).unwrap();
        for name in ["pipe", "link"] {
            let reading = path.clone();
            let reader = std::thread::spawn(move || {
                let mut text = String::new();
                File::open(reading)
                    .unwrap()
                    .read_to_string(&mut text)
                    .unwrap();
                text
            });
            write(&folder.path().join(name), b"piped", false).unwrap();
            assert_eq!(reader.join().unwrap(), "piped");
            assert!(fs::metadata(&path).unwrap().file_type().is_fifo());
        }
        assert_eq!(names(folder.path()), ["link", "pipe"]);
    }

    #[test]
    fn a_socket_is_written_to_and_stays_a_socket() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            listener
                .accept()
                .unwrap()
                .0
                .read_to_string(&mut text)
                .unwrap();
            text
        });
        write(&path, b"sent", false).unwrap();
        assert_eq!(reader.join().unwrap(), "sent");
        assert!(fs::metadata(&path).unwrap().file_type().is_socket());
    }

    /// Devices of the test's own, named as these two: a device that is replaced is missed by all.
    fn devices(folder: &Path) -> Option<[PathBuf; 2]> {
        let made = [("null", "3"), ("full", "7")].map(|(name, minor)| {
            let path = folder.join(name);
            let mut mknod = Command::new("mknod");
            mknod
                .arg(&path)
                .args(["c", "1", minor])
                .stderr(std::process::Stdio::null());
            let made = mknod.status().is_ok_and(|status| status.success());
            let usable = made && OpenOptions::new().append(true).open(&path).is_ok();
            usable.then_some(path)
        });
        let [Some(null), Some(full)] = made else {
            return None;
        };
        Some([null, full])
    }

    #[test]
    fn a_device_is_written_to_and_stays_a_device() {
        let folder = tempfile::tempdir().unwrap();
        let [null, full] = devices(folder.path()).unwrap_or_else(|| {
            // Who may not make a device may not replace one in /dev either.
            let writable = tempfile::tempfile_in("/dev").is_ok();
            assert!(
                !writable,
                "no device can be made here, and those in /dev could be replaced"
            );
            eprintln!("no device can be made here; those in /dev are written to");
            [PathBuf::from("/dev/null"), PathBuf::from("/dev/full")]
        });
        let link = folder.path().join("link");
        symlink(&null, &link).unwrap();
        for path in [&null, &link] {
            for replace in [false, true] {
                write(path, b"gone", replace).unwrap();
            }
        }
        assert!(
            fs::symlink_metadata(&null)
                .unwrap()
                .file_type()
                .is_char_device()
        );
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let failed = write(&full, b"gone", true).unwrap_err();
        assert!(
            matches!(failed, OutputProblem::Io(Doing::Writing, _)),
            "{failed}"
        );
        assert!(
            fs::symlink_metadata(&full)
                .unwrap()
                .file_type()
                .is_char_device()
        );
    }

    #[test]
    fn a_regular_file_behind_a_descriptor_is_appended_to() {
        use std::os::fd::AsRawFd as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let mut file = File::create(&path).unwrap();
        file.write_all(b"before, ").unwrap();
        let descriptor = PathBuf::from(format!("/dev/fd/{}", file.as_raw_fd()));
        write(&descriptor, b"after", false).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"before, after");
    }
}
