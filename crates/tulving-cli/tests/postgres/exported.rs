//! Directories that were exported.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tulving::backend::file::npy::{Npy, Options};
use tulving::json;

use crate::support::{Ran, World, files};
use crate::under_way::{UnderWay, wait_until};

impl World {
    /// `tulving export` of the user into a directory.
    pub(crate) fn export(&self, out: &str, more: &[&str]) -> Ran {
        self.run(&[&self.export_args(out)[..], &["--json"], more].concat())
    }

    /// The same by one worker, in the background, as a person sees it.
    pub(crate) fn start_export(&self, out: &str) -> UnderWay {
        self.start(&[&self.export_args(out)[..], &["--workers", "1"]].concat())
    }

    fn export_args<'a>(&'a self, out: &'a str) -> [&'a str; 7] {
        let user = &self.user;
        let (of, to) = (["--user-id", user], ["--out", out]);
        [
            "export",
            "--backend",
            "postgres",
            of[0],
            of[1],
            to[0],
            to[1],
        ]
    }

    /// Waits until so many chunks of an export are done.
    pub(crate) fn wait_for_parts(&self, out: &str, count: usize) {
        let parts = self.path(&format!(".{out}.export/parts"));
        let is_done =
            |entry: fs::DirEntry| entry.path().extension().is_some_and(|end| end == "done");
        wait_until("chunks are done", || {
            let entries = fs::read_dir(&parts).into_iter().flatten().flatten();
            entries.map(is_done).filter(|done| *done).count() >= count
        });
    }
}

/// The elements of a file of records, as JSON values.
pub(crate) fn records(path: &Path) -> Vec<json::Value<'static>> {
    let bytes = fs::read(path).unwrap();
    match json::parse(&bytes).unwrap() {
        json::Value::Array(records) => records.into_iter().map(json::Value::into_owned).collect(),
        other => panic!("{other:?}"),
    }
}

/// The numbers of a file of vectors, as their bits.
pub(crate) fn vectors(path: &Path) -> Vec<u32> {
    let npy = Npy::open(path, Options::default()).unwrap();
    let mut numbers = Vec::new();
    let rows = usize::try_from(npy.rows()).unwrap();
    npy.read_rows(0, rows, &mut numbers).unwrap();
    numbers.into_iter().map(f32::to_bits).collect()
}

pub(crate) fn assert_equal_memories(one: &Path, other: &Path) {
    for name in ["nodes", "episodes"] {
        let file = PathBuf::from("corpus").join(format!("{name}.json"));
        let (one_file, other_file) = (one.join(&file), other.join(&file));
        if !one_file.exists() && !other_file.exists() {
            continue;
        }
        assert!(records(&one_file) == records(&other_file), "{name}");
        let file = PathBuf::from("vectors").join(format!("{name}.npy"));
        let (one_file, other_file) = (one.join(&file), other.join(&file));
        assert!(vectors(&one_file) == vectors(&other_file), "{name}");
    }
}

/// The files of a directory by their names, with their checksums.
pub(crate) fn sums(directory: &Path) -> BTreeMap<String, String> {
    let name = |path: &Path| {
        let name = path.strip_prefix(directory).unwrap();
        name.to_str().unwrap().to_owned()
    };
    let files = files(directory).into_iter();
    files
        .map(|(path, bytes)| (name(&path), tulving::hex(&Sha256::digest(bytes))))
        .collect()
}
