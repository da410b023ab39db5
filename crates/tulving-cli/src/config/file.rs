//! The configuration file: found, read, and every key in it known.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::key::{self, Key};
use super::tree::{self, Node, Value, fault};
use tulving::json;

use crate::exit::CliError;
use crate::input::remedy;
use crate::text::quote;

/// Where the file is if nobody says otherwise.
pub(super) const USUAL: &str = "config.yaml";

/// A value as the file has it, nothing expanded.
pub(super) struct Given {
    pub(super) key: &'static Key,
    pub(super) text: String,
    pub(super) line: usize,
}

/// What a file says.
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) values: Vec<Given>,
    /// Keys that are unknown, and values that cannot be any.
    pub(super) faults: Vec<CliError>,
}

/// Reads the file that was named, or the usual one if it is there.
pub(super) fn read(named: Option<&Path>) -> Result<Option<File>, CliError> {
    let path = named.unwrap_or(Path::new(USUAL));
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let what = format!("reading the configuration {} failed", path.display());
            let error = CliError::usage(what).because(&error);
            return Err(error.hint(match named {
                Some(_) => "name another file with --config FILE",
                None => {
                    "make it readable for this account, or name another file with --config FILE"
                }
            }));
        }
    };
    let text = text(path, &bytes)?;
    let mut file = File {
        path: path.to_path_buf(),
        values: Vec::new(),
        faults: Vec::new(),
    };
    if let Some(root) = tree::parse(path, text)? {
        file.walk("", root);
    }
    Ok(Some(file))
}

/// Returns the text of the file, without a byte order mark.
fn text<'b>(path: &Path, bytes: &'b [u8]) -> Result<&'b str, CliError> {
    let what = || format!("the configuration {}", path.display());
    let bytes = json::unmarked(bytes).map_err(|found| {
        CliError::usage(format!("{} is {found}", what())).hint(remedy(path, found))
    })?;
    std::str::from_utf8(bytes).map_err(|error| {
        CliError::usage(format!("{} is not text in UTF-8", what()))
            .because(&error)
            .hint("save it as UTF-8, or name another file with --config FILE")
    })
}

impl File {
    /// Collects the values below a section.
    fn walk(&mut self, section: &str, node: Node) {
        let entries = match node.value {
            Value::Map(entries) => entries,
            Value::Null => return,
            other => {
                let name = if section.is_empty() {
                    "the file"
                } else {
                    section
                };
                let (names, kind) = (key::children(section).join(", "), other.kind());
                let what = format!("{name} must be a section with {names}, not {kind}");
                self.faults.push(fault(&self.path, node.line, &what));
                return;
            }
        };
        for entry in entries {
            let name = if section.is_empty() {
                entry.key
            } else {
                format!("{section}.{}", entry.key)
            };
            if key::is_section(&name) {
                self.walk(&name, entry.node);
            } else if let Some(key) = key::find(&name) {
                self.leaf(key, entry.node);
            } else {
                let unknown = unknown(&self.path, entry.line, section, &name);
                self.faults.push(unknown);
            }
        }
    }

    fn leaf(&mut self, key: &'static Key, node: Node) {
        let line = node.line;
        match node.value {
            Value::Scalar(text) if text.is_empty() => {}
            Value::Null => {}
            Value::Scalar(text) => self.values.push(Given { key, text, line }),
            other => {
                let what = format!("{} takes a single value, not {}", key.path, other.kind());
                self.faults.push(fault(&self.path, line, &what));
            }
        }
    }
}

fn unknown(path: &Path, line: usize, section: &str, name: &str) -> CliError {
    // In a broken file, anything may have landed where a key should be; a password too.
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
    if !name.chars().all(plain) || name.chars().count() > 80 {
        return fault(path, line, "what stands here is not the name of a key");
    }
    let error = fault(path, line, &format!("unknown key {}", quote(name)));
    match key::nearest(name) {
        Some(meant) => error.hint(format!("did you mean {meant}?")),
        None => {
            let known = key::children(section).join(", ");
            let place = if section.is_empty() {
                "the file"
            } else {
                section
            };
            error.hint(format!("the keys of {place} are {known}"))
        }
    }
}

/// Returns how a line of the file is named.
pub(super) fn place(path: &Path, line: usize) -> String {
    format!("{} line {line}", path.display())
}
