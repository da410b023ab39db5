//! The files that a path leads to.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs::{self, FileType};
use std::io;
use std::path::{Component, Path, PathBuf};

use tulving_documents::Format;

use crate::exit::{CliError, Exit};

/// What was found below the paths that were named.
#[derive(Debug, Default)]
pub struct Walk {
    /// The paths that were named, without symbolic links.
    pub roots: Vec<String>,
    /// The files: those of ready chunks last, since they may be cut from one of the others.
    pub files: Vec<String>,
    /// How many are hidden, and were passed over.
    pub hidden: u64,
    /// What was left out, and why.
    pub skipped: Vec<Skipped>,
    /// The files, and what was not looked into: what is hidden or was left out. Nothing is known of what is below
    /// that.
    kept: HashSet<PathBuf>,
}

/// Something that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Where it is.
    pub path: String,
    /// Why, and what to do.
    pub reason: String,
}

/// Finds the files that paths lead to, each once. Links below a path are not followed, so that no loop is
/// entered and nothing outside is taken in.
///
/// # Errors
/// If a path leads nowhere.
pub fn walk(paths: &[PathBuf]) -> Result<Walk, CliError> {
    let mut found = Walk::default();
    let mut files = BTreeSet::new();
    let mut folders = Vec::new();
    for path in paths {
        let missing = |error: io::Error| {
            let shown = path.display();
            CliError::new(Exit::Source, format!("{shown} cannot be read"))
                .because(&error)
                .hint("name a file or a folder of documents")
        };
        let root = fs::canonicalize(path).map_err(missing)?;
        let kind = fs::metadata(&root).map_err(missing)?.file_type();
        if let Some(root) = root.to_str() {
            found.roots.push(root.to_owned());
        }
        found.enter(root, kind, &mut files, &mut folders);
    }
    while let Some(folder) = folders.pop() {
        if let Err(error) = found.look_into(&folder, &mut files, &mut folders) {
            let path = folder.to_string_lossy().into_owned();
            let reason = format!(
                "the folder cannot be read ({error}): see that this account may, or leave it out"
            );
            found.kept.insert(folder);
            found.skipped.push(Skipped { path, reason });
        }
    }
    let is_chunks = |path: &String| Format::of_name(path) == Some(Format::Chunks);
    let (chunks, others) = files.into_iter().partition::<Vec<_>, _>(is_chunks);
    found.files = others.into_iter().chain(chunks).collect();
    found
        .skipped
        .sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

impl Walk {
    fn look_into(
        &mut self,
        folder: &Path,
        files: &mut BTreeSet<String>,
        folders: &mut Vec<PathBuf>,
    ) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if is_hidden(&entry.file_name()) {
                self.hidden += 1;
                self.kept.insert(entry.path());
            } else {
                self.enter(entry.path(), entry.file_type()?, files, folders);
            }
        }
        Ok(())
    }

    fn enter(
        &mut self,
        path: PathBuf,
        kind: FileType,
        files: &mut BTreeSet<String>,
        folders: &mut Vec<PathBuf>,
    ) {
        let reason = match path.to_str() {
            None => "its name is not UTF-8: rename it",
            Some(_) if kind.is_dir() => {
                folders.push(path);
                return;
            }
            Some(text) if kind.is_file() => {
                files.insert(text.to_owned());
                self.kept.insert(path);
                return;
            }
            Some(_) if kind.is_symlink() => {
                "it is a symbolic link, which is not followed: name what it leads to"
            }
            Some(_) => "it is neither a file nor a folder: leave it out",
        };
        self.skipped.push(Skipped {
            path: path.to_string_lossy().into_owned(),
            reason: reason.to_owned(),
        });
        self.kept.insert(path);
    }

    /// Returns whether a document that was read from a path is no longer there: it belongs to what was looked
    /// through, nothing was found in its place, and the system knows no such path.
    #[must_use]
    pub fn lacks(&self, path: &str) -> bool {
        let path = Path::new(path);
        self.roots.iter().any(|root| path.starts_with(root))
            && !path.ancestors().any(|above| self.kept.contains(above))
            && is_gone(path)
    }

    /// Returns a folder that paths were in, which is there and holds no file any more: an empty place where a disk is not
    /// mounted looks like this.
    #[must_use]
    pub fn emptied<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> Option<&'p Path> {
        let files = self.files.iter();
        let holding: HashSet<&Path> = files
            .flat_map(|file| Path::new(file).ancestors().skip(1))
            .collect();
        let mut folders = paths.into_iter().filter_map(|path| {
            let mut above = Path::new(path).ancestors().skip(1);
            above.find(|folder| folder.is_dir())
        });
        folders.find(|folder| !holding.contains(folder))
    }
}

/// Returns whether the system says that there is nothing at a path; where it says anything else, something may be
/// there.
#[must_use]
pub fn is_gone(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Returns whether a name is hidden, or that of the mark that Word leaves beside an open file.
fn is_hidden(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(b".") || name.starts_with(b"~$")
}

/// Returns a path as documents name it: from the root, without links where it is there.
#[must_use]
pub fn absolute(path: &Path) -> String {
    let whole = fs::canonicalize(path).unwrap_or_else(|_| {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut plain = PathBuf::new();
        for part in whole.components() {
            match part {
                Component::ParentDir => {
                    plain.pop();
                }
                part => plain.push(part),
            }
        }
        plain
    });
    whole.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(found: &Walk, root: &Path) -> Vec<String> {
        let root = fs::canonicalize(root).unwrap();
        let names = found.files.iter();
        let names = names.map(|path| Path::new(path).strip_prefix(&root).unwrap());
        names
            .map(|path| path.to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn each_file_is_found_once_and_ready_chunks_come_last() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::create_dir_all(at("Billing/old")).unwrap();
        for name in [
            "a_chunks.json",
            "Billing/old/z.md",
            "b.txt",
            ".hidden",
            "~$b.docx",
        ] {
            fs::write(at(name), "x").unwrap();
        }
        let paths = [root.path().to_owned(), at("Billing"), at("b.txt")];
        let found = walk(&paths).unwrap();
        assert_eq!(
            names(&found, root.path()),
            ["Billing/old/z.md", "b.txt", "a_chunks.json"]
        );
        assert_eq!((found.hidden, found.skipped.len()), (2, 0));
        let nowhere = walk(&[at("nowhere")]).unwrap_err();
        assert_eq!(nowhere.exit, Exit::Source);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_named_and_not_followed_and_no_loop_is_entered() {
        use std::os::unix::fs::symlink;
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("secret.txt"), "x").unwrap();
        fs::create_dir(root.path().join("a")).unwrap();
        symlink(root.path(), root.path().join("a/loop")).unwrap();
        symlink(outside.path(), root.path().join("elsewhere")).unwrap();
        symlink("nowhere", root.path().join("dangling.md")).unwrap();
        let found = walk(&[root.path().to_owned()]).unwrap();
        assert!(found.files.is_empty(), "{found:?}");
        assert_eq!(found.skipped.len(), 3, "{found:?}");
        assert!(
            found
                .skipped
                .iter()
                .all(|skipped| skipped.reason.contains("symbolic link"))
        );
        // A link that is named is meant.
        let found = walk(&[root.path().join("elsewhere")]).unwrap();
        assert_eq!(names(&found, outside.path()), ["secret.txt"]);
    }

    #[test]
    fn only_what_was_looked_for_and_not_found_is_gone() {
        let root = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(root.path()).unwrap();
        let at = |name: &str| root.join(name).to_str().unwrap().to_owned();
        fs::create_dir_all(at("m/.hidden")).unwrap();
        fs::create_dir_all(at("m/empty")).unwrap();
        for name in ["m/a.md", "m/.named.md", "b.md"] {
            fs::write(at(name), "x").unwrap();
        }
        let mut found = walk(&[at("m").into()]).unwrap();
        // One that came after the walk.
        fs::write(at("m/late.md"), "x").unwrap();
        found.kept.insert(at("m/closed").into());
        let gone = |name: &str| found.lacks(&at(name));
        assert!(gone("m/b.md") && gone("m/x/b.md") && gone("m/.other.md"));
        for there in [
            "m/a.md",
            "m/late.md",
            "m/.named.md",
            "m/.hidden/x.md",
            "m/closed/x.md",
            "mother/b.md",
            "c.md",
        ] {
            assert!(!gone(there), "{there}");
        }
        let emptied = |name: &str| found.emptied([at(name).as_str()]).map(Path::to_owned);
        assert_eq!(emptied("m/b.md"), None);
        assert_eq!(emptied("m/removed/b.md"), None);
        assert_eq!(emptied("m/empty/b.md"), Some(at("m/empty").into()));
        assert_eq!(emptied("m/empty/x/b.md"), Some(at("m/empty").into()));
    }
}
