//! Small files of a model's directory.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::LocalError;

/// Most bytes of a file of JSON: the tokenizer of BGE-M3 has 17 MB.
const MOST_BYTES: u64 = 128 << 20;

/// Returns what a file of JSON says.
pub(crate) fn json<T: DeserializeOwned>(path: &Path) -> Result<T, LocalError> {
    serde_json::from_slice(&bytes(path)?)
        .map_err(|error| LocalError::malformed(path, error.to_string()))
}

/// Returns what a file of JSON says, if it is there.
pub(crate) fn json_if_there<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, LocalError> {
    match json(path) {
        Err(LocalError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Ok(None)
        }
        read => read.map(Some),
    }
}

/// Returns what a small file holds.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, LocalError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    match read.map_err(LocalError::read(path))? as u64 {
        0..=MOST_BYTES => Ok(bytes),
        _ => Err(LocalError::malformed(path, "it is larger than 128 MiB")),
    }
}

/// Returns a path below a directory that a file there names: it may not lead anywhere else.
pub(crate) fn below(directory: &Path, name: &str, said_by: &Path) -> Result<PathBuf, LocalError> {
    let is_inside = |part| matches!(part, Component::Normal(_));
    match Path::new(name).components().all(is_inside) {
        true => Ok(directory.join(name)),
        false => Err(LocalError::malformed(
            said_by,
            format!("it names a file outside of the model's directory: {name:?}"),
        )),
    }
}
