//! The names of files that a manifest gives.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::error::LayoutError;
use crate::json::{self, Value};

/// The file names that a manifest gives.
pub(super) struct Names {
    path: PathBuf,
    manifest: Value<'static>,
}

impl Names {
    pub(super) fn read(path: &Path) -> Result<Self, LayoutError> {
        const LARGEST: u64 = 1 << 20;
        let io = |source| LayoutError::Io {
            path: path.to_owned(),
            source,
        };
        let broken = |reason: String| LayoutError::Manifest {
            path: path.to_owned(),
            reason,
        };
        if let Some(found) = no_file(path) {
            return Err(broken(found.to_owned()));
        }
        if fs::metadata(path).map_err(io)?.len() > LARGEST {
            return Err(broken("a manifest is smaller than 1 MiB".to_owned()));
        }
        let bytes = fs::read(path).map_err(io)?;
        let manifest = json::document(&bytes)
            .map_err(|e| broken(e.to_string()))?
            .into_owned();
        if !matches!(manifest, Value::Object(_)) {
            return Err(broken(format!(
                "a manifest is an object, but this is {}",
                manifest.kind()
            )));
        }
        Ok(Self {
            path: path.to_owned(),
            manifest,
        })
    }

    /// Returns the name under a key, in a section or wherever in the manifest it stands.
    pub(super) fn get(
        &self,
        section: Option<&str>,
        key: &str,
    ) -> Result<Option<String>, LayoutError> {
        let broken = |reason: String| {
            Err(LayoutError::Manifest {
                path: self.path.clone(),
                reason,
            })
        };
        let value = match section.map(|section| (section, self.manifest.get(section))) {
            None => search(&self.manifest, key),
            Some((_, None | Some(Value::Null))) => None,
            Some((_, Some(members @ Value::Object(_)))) => members.get(key),
            Some((section, Some(other))) => {
                return broken(format!(
                    "{section} must be an object, but is {}",
                    other.kind()
                ));
            }
        };
        let key = section.map_or_else(|| key.to_owned(), |section| format!("{section}.{key}"));
        match value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(name)) => match name.to_str() {
                Some(name) if stays_inside(name) => Ok(Some(name.to_owned())),
                _ => broken(format!(
                    "{key} must name a file inside the data directory, but is {:?}",
                    name.storable()
                )),
            },
            Some(other) => broken(format!(
                "{key} must be a file name, but is {}",
                other.kind()
            )),
        }
    }
}

/// Looks for a key in an object, then in the objects that it holds.
fn search<'a>(value: &'a Value<'_>, key: &str) -> Option<&'a Value<'a>> {
    value.get(key).or_else(|| match value {
        Value::Object(members) => members.iter().find_map(|(_, value)| search(value, key)),
        _ => None,
    })
}

fn stays_inside(name: &str) -> bool {
    !name.is_empty()
        && !name.contains('\0')
        && Path::new(name)
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
}

/// Returns the `manifest_<time>.json` with the latest time: times are written so that they sort as
/// text.
pub(super) fn newest_manifest(root: &Path) -> Result<Option<PathBuf>, LayoutError> {
    let io = |source| LayoutError::Io {
        path: root.to_owned(),
        source,
    };
    let mut newest: Option<String> = None;
    for entry in fs::read_dir(root).map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        let Some(name) = name.to_str() else { continue };
        if name.starts_with("manifest_")
            && name.ends_with(".json")
            && newest.as_deref().is_none_or(|n| n < name)
        {
            newest = Some(name.to_owned());
        }
    }
    Ok(newest.map(|name| root.join(name)))
}

/// Returns what is at a path in place of a file, in words.
pub(super) fn no_file(path: &Path) -> Option<&'static str> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => None,
        Ok(found) if found.is_dir() => Some("it is a directory, not a file"),
        Ok(_) => Some("it is no ordinary file"),
        Err(why) if why.kind() == io::ErrorKind::PermissionDenied => {
            Some("permission to look at it was denied")
        }
        Err(_) => Some("no such file"),
    }
}
