//! A model of a few thousand numbers, in a directory of a test's own, where it can be changed.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;
use tulving_local::{LocalError, Model};

use crate::tensors::Tensors;

/// A copy of the model in `reference/tiny`.
pub(crate) struct Tiny {
    folder: TempDir,
}

pub(crate) fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("reference")
        .join(name)
}

/// What was recorded of texts, in a file of `reference`.
pub(crate) fn recorded(name: &str) -> Vec<Value> {
    let read: Value = serde_json::from_slice(&fs::read(reference(name)).unwrap()).unwrap();
    read.as_array().unwrap().clone()
}

pub(crate) fn texts(recorded: &[Value]) -> Vec<&str> {
    recorded
        .iter()
        .map(|text| text["text"].as_str().unwrap())
        .collect()
}

pub(crate) fn numbers(vector: &Value) -> Vec<f32> {
    let numbers = vector.as_array().unwrap().iter();
    numbers
        .map(|number| number.as_f64().unwrap() as f32)
        .collect()
}

pub(crate) fn cosine(one: &[f32], other: &[f32]) -> f64 {
    let product = |one: &[f32], other: &[f32]| -> f64 {
        assert_eq!(one.len(), other.len());
        one.iter()
            .zip(other)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    };
    product(one, other) / (product(one, one) * product(other, other)).sqrt()
}

impl Tiny {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        copy(&reference("tiny"), folder.path());
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        fs::write(self.path(name), bytes).unwrap();
        self
    }

    pub(crate) fn remove(&self, name: &str) -> &Self {
        fs::remove_file(self.path(name)).unwrap();
        self
    }

    /// Changes a file of JSON.
    pub(crate) fn edit(&self, name: &str, change: impl FnOnce(&mut Value)) -> &Self {
        let mut value = serde_json::from_slice(&fs::read(self.path(name)).unwrap()).unwrap();
        change(&mut value);
        self.write(name, value.to_string())
    }

    pub(crate) fn tensors(&self) -> Tensors {
        Tensors::read(&fs::read(self.path("model.safetensors")).unwrap())
    }

    pub(crate) fn open(&self) -> Result<Model, LocalError> {
        Model::open(self.folder.path())
    }

    /// Why it cannot be opened.
    #[track_caller]
    pub(crate) fn refused(&self) -> String {
        let error = self.open().expect_err("it was opened");
        let source = std::error::Error::source(&error).map(ToString::to_string);
        format!("{error}: {}", source.unwrap_or_default())
    }

    /// Checks that its vectors are those that were recorded in a way of computing them.
    #[track_caller]
    pub(crate) fn makes(&self, way: &str, least: f64) {
        let model = self.open().unwrap();
        let recorded = recorded("tiny.json");
        let made = model.embed(&texts(&recorded), 2).unwrap();
        for (text, made) in recorded.iter().zip(&made) {
            let cosine = cosine(made, &numbers(&text[way]));
            assert!(cosine > least, "{way} {}: {cosine}", text["text"]);
        }
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
