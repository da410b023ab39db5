//! A data directory that a test changes by hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use testkit::corpus::Corpus;
use tulving::json::{self, Text, Value};

pub(crate) const NODES: &str = "corpus/nodes.json";
pub(crate) const EPISODES: &str = "corpus/episodes.json";
pub(crate) const NODE_VECTORS: &str = "vectors/nodes.npy";
pub(crate) const EPISODE_VECTORS: &str = "vectors/episodes.npy";
pub(crate) const MANIFEST: &str = "manifest.json";

/// A directory of twelve nodes and two episodes, eight numbers in each vector.
pub(crate) struct Data {
    pub(crate) root: PathBuf,
}

impl Data {
    pub(crate) const NODES: usize = 12;
    pub(crate) const DIMS: usize = 8;

    /// Writes the sound directory, in place of whatever was there.
    pub(crate) fn fresh(root: &Path) -> Self {
        if root.exists() {
            fs::remove_dir_all(root).unwrap();
        }
        Corpus::new(Self::NODES).dim(Self::DIMS).write(root);
        Self {
            root: root.to_owned(),
        }
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    pub(crate) fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.path(file)).unwrap()
    }

    pub(crate) fn write(&self, file: &str, bytes: impl AsRef<[u8]>) {
        fs::create_dir_all(self.path(file).parent().unwrap()).unwrap();
        fs::write(self.path(file), bytes).unwrap();
    }

    pub(crate) fn remove(&self, file: &str) {
        fs::remove_file(self.path(file)).unwrap();
    }

    /// Cuts the end off.
    pub(crate) fn cut(&self, file: &str, bytes: usize) {
        let whole = self.read(file);
        self.write(file, &whole[..whole.len() - bytes]);
    }

    /// Changes the first place where a text occurs.
    pub(crate) fn replace(&self, file: &str, from: &[u8], to: &[u8]) {
        let bytes = self.read(file);
        let at = bytes
            .windows(from.len())
            .position(|window| window == from)
            .expect("the text to be replaced");
        self.write(file, [&bytes[..at], to, &bytes[at + from.len()..]].concat());
    }

    /// Sets a field of a record to raw JSON; nothing removes it. `file` is one of the two arrays.
    pub(crate) fn set(&self, file: &str, index: usize, field: &str, raw: Option<&str>) {
        self.record(file, index, |record| {
            let Value::Object(members) = record else {
                panic!("no object")
            };
            let raw = raw.map(|raw| json::parse(raw.as_bytes()).unwrap().into_owned());
            match (members.iter().position(|(key, _)| is(key, field)), raw) {
                (Some(at), Some(value)) => members[at].1 = value,
                (Some(at), None) => drop(members.remove(at)),
                (None, Some(value)) => members.push((Text::from(field.to_owned()), value)),
                (None, None) => {}
            }
        });
    }

    /// Puts raw JSON in the place of a whole record.
    pub(crate) fn put(&self, file: &str, index: usize, raw: &str) {
        self.record(file, index, |record| {
            *record = json::parse(raw.as_bytes()).unwrap().into_owned();
        });
    }

    fn record(&self, file: &str, index: usize, change: impl FnOnce(&mut Value<'static>)) {
        self.array(file, |records| change(&mut records[index]));
    }

    pub(crate) fn array(&self, file: &str, change: impl FnOnce(&mut Vec<Value<'static>>)) {
        let Value::Array(mut records) = json::parse(&self.read(file)).unwrap().into_owned() else {
            panic!("no array")
        };
        change(&mut records);
        let mut bytes = Vec::new();
        json::write(&Value::Array(records), &mut bytes);
        self.write(file, bytes);
    }

    /// A field of a record as raw JSON.
    pub(crate) fn get(&self, file: &str, index: usize, field: &str) -> String {
        let bytes = self.read(file);
        let Value::Array(records) = json::parse(&bytes).unwrap() else {
            panic!("no array")
        };
        let mut raw = Vec::new();
        json::write(records[index].get(field).expect(field), &mut raw);
        String::from_utf8(raw).unwrap()
    }

    /// Sets one number of a vector.
    pub(crate) fn set_number(&self, file: &str, row: usize, column: usize, number: f32) {
        let mut bytes = self.read(file);
        let start = bytes.len() - self.rows(file) * Self::DIMS * 4;
        let at = start + (row * Self::DIMS + column) * 4;
        bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
        self.write(file, bytes);
    }

    /// The numbers of a file of vectors, as long as its header was not touched.
    pub(crate) fn numbers(&self, file: &str) -> Vec<f32> {
        let bytes = self.read(file);
        let start = bytes.len() - self.rows(file) * Self::DIMS * 4;
        let (numbers, _) = bytes[start..].as_chunks();
        numbers
            .iter()
            .map(|&four| f32::from_le_bytes(four))
            .collect()
    }

    fn rows(&self, file: &str) -> usize {
        match file {
            NODE_VECTORS => Self::NODES,
            _ => 2,
        }
    }

    /// Writes a file of vectors with any header: `header` is what the dict says.
    pub(crate) fn npy(&self, file: &str, descr: &str, fortran: bool, shape: &str, numbers: &[u8]) {
        let fortran = if fortran { "True" } else { "False" };
        let dict =
            format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}");
        let header = format!("{dict:117}\n");
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        let parts = [
            b"\x93NUMPY\x01\0",
            length.as_slice(),
            header.as_bytes(),
            numbers,
        ];
        self.write(file, parts.concat());
    }

    /// Every file with its bytes.
    pub(crate) fn snapshot(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = fs::read(&path).unwrap_or_default();
                    files.insert(path, bytes);
                }
            }
        }
        files
    }
}

fn is(key: &Text<'_>, name: &str) -> bool {
    key.to_str() == Some(name)
}
