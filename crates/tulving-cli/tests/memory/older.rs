//! Data directories as the first programs wrote them, before a manifest had a form: each is read whole,
//! found in, written to and folded in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::fixtures::{FORMAT_1, VECTOR, copy, said, words};
use crate::support::{ANN, Desk, Ran, ids};

/// A copy of a fixture, and what was said of it.
struct Older {
    desk: Desk,
    list: Value,
    near: Value,
}

impl Older {
    fn of(directory: &str, memories: &str) -> Self {
        let desk = Desk::empty();
        copy(&Path::new(FORMAT_1).join(directory), &desk.path("data"));
        desk.write("vector.json", VECTOR);
        Self {
            desk,
            list: said(memories, "list"),
            near: said(memories, "near"),
        }
    }

    fn json(&self, args: &[&str]) -> Value {
        self.desk.json(&[args, &["--user-id", ANN]].concat())
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.desk.run(&[args, &["--user-id", ANN]].concat())
    }

    fn memories(&self) -> &[Value] {
        self.list["memories"].as_array().unwrap()
    }

    /// That every memory is what it was, found by its words and as near as it was, and the directory sound.
    #[track_caller]
    fn is_whole(&self) {
        let list = self.json(&["list", "--oldest", "--limit", "100"]);
        assert_eq!(list["memories"], self.list["memories"]);
        let near = ["search", "--vector", "vector.json", "--mode", "vector"];
        let near = self.json(&[&near[..], &["--top-k", "100"]].concat());
        assert_eq!(near["hits"], self.near["hits"]);
        for memory in self.memories() {
            let found = self.json(&["search", words(memory), "--mode", "keyword"]);
            let found = ids(&found["hits"]);
            assert!(found.contains(&id(memory)), "{found:?}: {memory}");
        }
        self.run(&["doctor", "--deep"]).expect(0);
    }

    /// Remembers, changes and forgets one more memory, which leaves all others as they were.
    #[track_caller]
    fn goes_on(&self) {
        let args = ["add", "--question", "Whose is the egret?", "--vector"];
        let ran = self.run(&[&args[..], &["vector.json"]].concat()).expect(0);
        let added = ran.stdout.trim();
        let near = ["search", "--vector", "vector.json", "--mode", "vector"];
        assert_eq!(ids(&self.json(&near)["hits"])[0], added);
        self.run(&["update", added, "--answer", "Of the ibis."])
            .expect(0);
        let found = self.json(&["search", "ibis", "--mode", "keyword"]);
        assert_eq!(ids(&found["hits"]), [added]);
        self.run(&["delete", added, "--yes"]).expect(0);
    }

    #[track_caller]
    fn folds(&self) {
        self.run(&["compact"]).expect(0);
        assert!(!self.desk.path("data/journal/commit.json").exists());
        self.is_whole();
    }
}

fn id(memory: &Value) -> String {
    memory["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_directory_with_a_journal_is_read_and_written_to() {
    let older = Older::of("pending", "pending");
    older.is_whole();
    older.goes_on();
    older.is_whole();
    older.folds();
}

#[test]
fn a_directory_whose_journal_was_folded_in_is_read_and_written_to() {
    let older = Older::of("folded", "folded");
    assert_eq!(
        older.memories(),
        said("pending", "list")["memories"].as_array().unwrap()
    );
    older.is_whole();
    older.goes_on();
    older.is_whole();
    older.folds();
}

/// The new files count and have not all taken their names: read where they stand, then brought to an end
/// by the first who writes.
#[test]
fn a_directory_that_was_left_while_its_journal_was_folded_in_is_read_and_written_to() {
    let older = Older::of("interrupted", "folded");
    let commit = older.desk.path("data/journal/commit.json");
    assert!(commit.exists());
    older.is_whole();
    older.goes_on();
    assert!(!commit.exists());
    older.is_whole();
    older.folds();
}

/// Made beside those of the older program, which it can still use; nobody is told. What is damaged or was
/// written by a newer one under the same name is replaced.
#[test]
fn what_another_program_derived_is_made_anew_in_silence() {
    let older = Older::of("folded", "folded");
    let folder = older.desk.path("data/indexes/tulving");
    let derived = || -> BTreeMap<PathBuf, Vec<u8>> {
        let files = std::fs::read_dir(&folder).unwrap();
        let files = files.map(|file| file.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|end| end == "bin"));
        files
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect()
    };
    let first = derived();
    older.is_whole();
    let mut made = derived();
    assert!(
        first
            .iter()
            .all(|(path, bytes)| made.remove(path).as_ref() == Some(bytes))
    );
    // Of the same kinds, as many: words, vectors and a catalog of each.
    assert_eq!(made.len(), first.len());
    for (path, bytes) in &made {
        let (mark, version) = bytes.split_at(16);
        assert_eq!(
            (mark, version[0]),
            (&b"tulving derived\n"[..], 2),
            "{}",
            path.display()
        );
        let mut newer = bytes.clone();
        newer[16] = 3;
        std::fs::write(path, newer).unwrap();
    }
    older.is_whole();
    for (path, bytes) in made {
        assert!(std::fs::read(&path).unwrap() == bytes, "{}", path.display());
    }
}

/// Of whatever a newer program wrote that cannot be made again, nothing is read and nothing changed.
#[test]
fn what_a_newer_program_wrote_is_refused() {
    type Forge = fn(&Path);
    let journal = |data: &Path| {
        let logs = std::fs::read_dir(data.join("journal")).unwrap();
        let mut logs = logs.map(|file| file.unwrap().path());
        let log = logs.find(|path| path.extension().is_some_and(|end| end == "log"));
        let mut bytes = std::fs::read(log.as_ref().unwrap()).unwrap();
        bytes[16] = 3;
        std::fs::write(log.unwrap(), bytes).unwrap();
    };
    let commit = |data: &Path| {
        let record = r#"{"version": 2, "steps": []}"#;
        std::fs::write(data.join("journal/commit.json"), record).unwrap();
    };
    let manifest = |data: &Path| {
        let file = data.join("manifest.json");
        let said = std::fs::read_to_string(&file).unwrap();
        let said = said.replacen('{', r#"{"tulving": {"format": 4},"#, 1);
        std::fs::write(file, said).unwrap();
    };
    let newer: [(Forge, &str); 3] = [
        (journal, "has version 3, this program knows 2"),
        (commit, "has version 2, this program knows 1"),
        (manifest, "has version 4, this program knows 3"),
    ];
    for (make, said) in newer {
        let older = Older::of("pending", "pending");
        make(&older.desk.path("data"));
        let before = older.desk.files("data");
        for args in [&["list"][..], &["add", "--question", "Q"], &["compact"]] {
            let ran = older.run(args).expect(9);
            ran.says(said).says("use a newer tulving");
        }
        assert_eq!(older.desk.files("data"), before, "{said}");
    }
}
