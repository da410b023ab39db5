//! What a name leads to.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use super::folder;

/// As many links as Linux follows.
const MOST_LINKS: usize = 40;

/// What a name leads to, at the end of its links.
#[derive(Debug)]
pub(super) enum Target {
    /// Nothing yet: a file of this name can be made.
    Free(PathBuf),
    /// A regular file.
    File(PathBuf, Metadata),
    /// A directory.
    Folder,
    /// What is written to as it stands: a device, a pipe, a socket, or a descriptor that is open.
    Stream(PathBuf),
    /// Links that lead to each other.
    Loop,
    /// The directory that it should be in is not there.
    NoFolder(PathBuf),
}

impl Target {
    /// Follows the links of a name; the last may lead to nothing yet.
    ///
    /// # Errors
    /// If the system does not let us look.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let mut at = path.to_owned();
        for _ in 0..MOST_LINKS {
            let above = folder(&at);
            let above = match above.canonicalize() {
                Ok(above) => above,
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    return Ok(Self::NoFolder(above.to_owned()));
                }
                Err(error) if error.raw_os_error() == Some(libc::ELOOP) => return Ok(Self::Loop),
                Err(error) => return Err(error),
            };
            // `.`, `..` and `/` have no name of their own.
            let Some(name) = at.file_name() else {
                return Ok(Self::Folder);
            };
            let place = above.join(name);
            if holds_descriptors(&above) {
                return Ok(Self::Stream(place));
            }
            let found = match fs::symlink_metadata(&place) {
                Ok(found) => found,
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    // What ends in a slash was meant as a directory.
                    let is_folder = at.as_os_str().as_encoded_bytes().ends_with(b"/");
                    return Ok(match is_folder {
                        true => Self::NoFolder(at),
                        false => Self::Free(place),
                    });
                }
                Err(error) => return Err(error),
            };
            let kind = found.file_type();
            if kind.is_symlink() {
                at = above.join(fs::read_link(&place)?);
            } else if kind.is_dir() {
                return Ok(Self::Folder);
            } else if kind.is_file() {
                return Ok(Self::File(place, found));
            } else {
                return Ok(Self::Stream(place));
            }
        }
        Ok(Self::Loop)
    }
}

/// Returns the file that a name stands for: where its links lead, or the name itself.
///
/// # Errors
/// If they lead in a circle, to no directory, or to what is no file.
pub(crate) fn true_path(path: &Path) -> io::Result<PathBuf> {
    match Target::of(path)? {
        Target::Free(path) | Target::File(path, _) => Ok(path),
        Target::Folder => Err(ErrorKind::IsADirectory.into()),
        Target::Loop => Err(io::Error::from_raw_os_error(libc::ELOOP)),
        Target::NoFolder(_) => Err(ErrorKind::NotFound.into()),
        Target::Stream(_) => Err(io::Error::new(
            ErrorKind::InvalidInput,
            "it is no regular file",
        )),
    }
}

/// Returns whether the names in a folder are open descriptors: `/dev/fd`, which on Linux is
/// `/proc/…/fd`. A regular file behind one of them is written to where it is open, not replaced.
fn holds_descriptors(folder: &Path) -> bool {
    let parts: Vec<Component<'_>> = folder.components().collect();
    let is = |at: usize, name: &str| parts.get(at).is_some_and(|part| part.as_os_str() == name);
    // Below `/dev` anyone may have a folder, in `/dev/shm`.
    match is(1, "proc") {
        true => parts.len() > 2 && is(parts.len() - 1, "fd"),
        false => parts.len() == 3 && is(1, "dev") && is(2, "fd"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_to_their_end() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let at = |name: &str| root.join(name);
        fs::create_dir(at("below")).unwrap();
        fs::write(at("below/file"), "").unwrap();
        for (name, target) in [
            ("one", "two"),
            ("two", "below/file"),
            ("below/up", "../one"),
            ("dangling", "below/new"),
            ("far", "nowhere/new"),
            ("round", "about"),
            ("about", "round"),
            ("itself/x", "."),
            ("null", "/dev/null"),
        ] {
            if !name.contains("itself") {
                symlink(target, at(name)).unwrap();
            }
        }
        let of = |name: &str| Target::of(&at(name)).unwrap();
        for name in ["one", "two", "below/up", "below/file", "below/../one"] {
            let is_file = matches!(of(name), Target::File(path, _) if path == at("below/file"));
            assert!(is_file, "{name}");
        }
        for name in ["dangling", "below/new"] {
            assert!(
                matches!(of(name), Target::Free(path) if path == at("below/new")),
                "{name}"
            );
        }
        for name in ["far", "nowhere/new", "new/"] {
            assert!(matches!(of(name), Target::NoFolder(_)), "{name}");
        }
        for name in ["round", "about", "round/x"] {
            assert!(matches!(of(name), Target::Loop), "{name}");
        }
        for name in ["below", "below/", ".", ".."] {
            assert!(matches!(of(name), Target::Folder), "{name}");
        }
        assert!(matches!(of("null"), Target::Stream(path) if path == Path::new("/dev/null")));
    }

    #[test]
    fn a_descriptor_is_written_to_whatever_it_is_of() {
        for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/7", "/dev/stderr"] {
            let found = Target::of(Path::new(name)).unwrap();
            assert!(matches!(found, Target::Stream(_)), "{name}: {found:?}");
        }
        for above in ["/dev/shm", "/tmp"] {
            let folder = tempfile::tempdir_in(above).unwrap();
            let path = folder.path().join("fd/1");
            fs::create_dir(folder.path().join("fd")).unwrap();
            let found = Target::of(&path).unwrap();
            assert!(matches!(found, Target::Free(_)), "{path:?}: {found:?}");
        }
    }
}
