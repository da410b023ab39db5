//! The files that a path leads to.

use std::collections::BTreeSet;
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
    /// Folders that cannot be looked into: nothing is known of what is in them.
    pub unread: Vec<String>,
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
            found.unread.push(path.clone());
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
    }

    /// Whether a document that was read from a path is no longer there: it belongs to what was looked
    /// through, and nothing was found in its place.
    #[must_use]
    pub fn lacks(&self, path: &str) -> bool {
        let is_below = |folder: &String| is_in(path, folder);
        self.roots.iter().any(is_below)
            && !self.unread.iter().any(is_below)
            && !self.files.iter().any(|file| file == path)
            && !self.skipped.iter().any(|skipped| skipped.path == path)
    }
}

/// Whether a path is another, or below it.
pub(super) fn is_in(path: &str, folder: &str) -> bool {
    Path::new(path).starts_with(folder)
}

/// Whether a name is hidden, or that of the mark that Word leaves beside an open file.
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
        let found = Walk {
            roots: vec!["/m".to_owned()],
            files: vec!["/m/a.md".to_owned()],
            unread: vec!["/m/closed".to_owned()],
            skipped: vec![Skipped {
                path: "/m/link.md".to_owned(),
                reason: String::new(),
            }],
            ..Walk::default()
        };
        let gone = |path| found.lacks(path);
        assert!(gone("/m/b.md") && gone("/m/x/b.md"));
        for there in [
            "/m/a.md",
            "/m/link.md",
            "/m/closed/x.md",
            "/mother/b.md",
            "/b.md",
        ] {
            assert!(!gone(there), "{there}");
        }
    }
}
