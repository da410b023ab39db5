//! The configuration file: found, read, and every key in it known.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::expand::is_literal;
use super::key::{self, Key};
use super::tree::{self, Node, Value, fault};
use crate::exit::CliError;
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
}

/// Reads the file that was named, or the usual one if it is there.
pub(super) fn read(named: Option<&Path>) -> Result<Option<File>, CliError> {
    let path = named.unwrap_or(Path::new(USUAL));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let what = format!("reading the configuration {} failed", path.display());
            let error = CliError::usage(what).because(&error);
            return Err(match named {
                Some(_) => error.hint("name another file with --config FILE"),
                None => error,
            });
        }
    };
    let mut values = Vec::new();
    if let Some(root) = tree::parse(path, &text)? {
        walk(path, "", root, &mut values)?;
    }
    let path = path.to_path_buf();
    Ok(Some(File { path, values }))
}

/// Collects the values below a section.
fn walk(path: &Path, section: &str, node: Node, values: &mut Vec<Given>) -> Result<(), CliError> {
    let entries = match node.value {
        Value::Map(entries) => entries,
        Value::Null => return Ok(()),
        other => {
            let name = if section.is_empty() {
                "the file"
            } else {
                section
            };
            let (names, kind) = (key::children(section).join(", "), other.kind());
            let what = format!("{name} must be a section with {names}, not {kind}");
            return Err(fault(path, node.line, &what));
        }
    };
    for entry in entries {
        let name = if section.is_empty() {
            entry.key
        } else {
            format!("{section}.{}", entry.key)
        };
        if key::is_section(&name) {
            walk(path, &name, entry.node, values)?;
        } else if let Some(key) = key::find(&name) {
            values.extend(leaf(path, key, entry.node)?);
        } else {
            return Err(unknown(path, entry.line, section, &name));
        }
    }
    Ok(())
}

fn leaf(path: &Path, key: &'static Key, node: Node) -> Result<Option<Given>, CliError> {
    let line = node.line;
    match node.value {
        Value::Scalar(text) if text.is_empty() => Ok(None),
        Value::Null => Ok(None),
        Value::Scalar(text) => {
            // A value with a variable in it is checked when it is needed.
            if is_literal(&text) {
                key.check(&text, &place(path, line))?;
            }
            Ok(Some(Given { key, text, line }))
        }
        other => {
            let what = format!("{} takes a single value, not {}", key.path, other.kind());
            Err(fault(path, line, &what))
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

/// How a line of the file is named.
pub(super) fn place(path: &Path, line: usize) -> String {
    format!("{} line {line}", path.display())
}
