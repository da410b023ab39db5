//! A directory to work in, and the program in it: no database, no environment.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) use crate::ran::{Ran, keys};

/// Somebody.
pub(crate) const ANN: &str = "3f2b8c1e-7d4a-4e0b-9c55-0a1b2c3d4e5f";
/// Somebody else.
pub(crate) const BEN: &str = "018f4a52-9d1e-7c3a-8b6f-5e4d3c2b1a09";

/// A directory to work in.
pub(crate) struct Desk(TempDir);

impl Desk {
    /// With nothing on it.
    pub(crate) fn empty() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// With an empty memory.
    pub(crate) fn new() -> Self {
        let desk = Self::empty();
        desk.run(&["init"]).expect(0);
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tulving"));
        command
            .args(args)
            .current_dir(self.0.path())
            .env_clear()
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.command(args).output().unwrap().into()
    }

    /// On a terminal of so many columns that can show colour; stdout has all that a person sees.
    pub(crate) fn on_terminal(
        &self,
        columns: u16,
        keys: &[(&str, &str)],
        args: &[&str],
    ) -> Command {
        let mut command = testkit::terminal::command(columns, keys, env!("CARGO_BIN_EXE_tulving"));
        command
            .args(args)
            .current_dir(self.0.path())
            .env_clear()
            .env("TERM", "xterm")
            .stdin(Stdio::null());
        command
    }

    /// With a text on stdin.
    pub(crate) fn fed(&self, args: &[&str], stdin: impl AsRef<[u8]>) -> Ran {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that refuses early need not read everything.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_ref());
        child.wait_with_output().unwrap().into()
    }

    /// The one object that a command prints; it must succeed.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        self.run(&[args, &["--json"]].concat()).expect(0).json()
    }

    /// Adds a question and its answer; gives the id.
    #[track_caller]
    pub(crate) fn add(&self, question: &str, answer: &str) -> String {
        let ran = self.run(&["add", "--question", question, "--answer", answer]);
        ran.expect(0).stdout.trim_end().to_owned()
    }

    /// The ids of all memories, the oldest first.
    #[track_caller]
    pub(crate) fn ids(&self) -> Vec<String> {
        let listed = self.json(&["list", "--oldest", "--limit", "10000"]);
        ids(&listed["memories"])
    }

    /// Checks that every file and folder on the desk is as it was.
    #[track_caller]
    pub(crate) fn is_as_it_was(&self, before: &BTreeMap<PathBuf, Option<Vec<u8>>>, what: &str) {
        let now = self.everything();
        let all = before.keys().chain(now.keys());
        let changed: Vec<&PathBuf> = all
            .filter(|path| before.get(*path) != now.get(*path))
            .collect();
        assert!(changed.is_empty(), "{what}: {changed:?}");
    }

    /// Every file and folder on the desk, with the content of files.
    pub(crate) fn everything(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.0.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let content = path.is_file().then(|| std::fs::read(&path).unwrap());
                if content.is_none() {
                    folders.push(path.clone());
                }
                found.insert(path, content);
            }
        }
        found
    }

    /// Every file below a directory, with its content, but for what can be made again.
    pub(crate) fn files(&self, name: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        files(&self.path(name))
    }
}

fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("indexes/tulving") {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    found
}

/// The ids of memories or hits.
#[track_caller]
pub(crate) fn ids(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    let id = |item: &Value| item["id"].as_str().unwrap().to_owned();
    list.iter().map(id).collect()
}
