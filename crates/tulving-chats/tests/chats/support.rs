//! Short words for what tests ask.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tulving_chats::{Conversation, FileReport, Limits, Reason, Sink, Turn, read, read_bytes};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// All that was read.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) conversations: Vec<(Conversation<'static>, Vec<Turn>)>,
    pub(crate) files: Vec<FileReport>,
    pub(crate) progress: Vec<u64>,
    /// After how many conversations to stop.
    pub(crate) enough: Option<usize>,
}

impl Sink for Heard {
    fn conversation(
        &mut self,
        conversation: Conversation<'_>,
        turns: Vec<Turn>,
    ) -> ControlFlow<()> {
        self.conversations.push((conversation.into_owned(), turns));
        if self.enough == Some(self.conversations.len()) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn file(&mut self, report: FileReport) {
        self.files.push(report);
    }

    fn progress(&mut self, bytes: u64) {
        self.progress.push(bytes);
    }
}

impl Heard {
    /// The conversation of an id: of several the last, which replaces those before.
    pub(crate) fn conversation(&self, id: &str) -> &Conversation<'static> {
        let mut found = self
            .conversations
            .iter()
            .rev()
            .filter(|(conversation, _)| conversation.id == id);
        &found
            .next()
            .unwrap_or_else(|| panic!("no conversation {id}"))
            .0
    }

    /// Its turns as `human → assistant`.
    pub(crate) fn turns(&self, id: &str) -> Vec<String> {
        let mut found = self
            .conversations
            .iter()
            .rev()
            .filter(|(conversation, _)| conversation.id == id);
        let turns = &found
            .next()
            .unwrap_or_else(|| panic!("no conversation {id}"))
            .1;
        turns
            .iter()
            .map(|turn| format!("{} → {}", turn.human, turn.assistant))
            .collect()
    }

    /// The ids in the order in which they came.
    pub(crate) fn ids(&self) -> Vec<&str> {
        self.conversations
            .iter()
            .map(|(conversation, _)| conversation.id.as_str())
            .collect()
    }

    /// What was passed over in all files.
    pub(crate) fn skipped(&self) -> BTreeMap<&'static str, u64> {
        let mut all = BTreeMap::new();
        for (reason, count) in self.files.iter().flat_map(|file| &file.skipped) {
            *all.entry(Reason::name(*reason)).or_default() += count;
        }
        all
    }

    /// The report of the file whose path ends so.
    pub(crate) fn file(&self, end: &str) -> &FileReport {
        let found = self.files.iter().find(|file| file.path.ends_with(end));
        found.unwrap_or_else(|| panic!("no report of {end}: {:?}", self.files))
    }
}

/// What is in the fixtures under a path.
pub(crate) fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/chats")
        .join(path)
}

/// Reads fixtures.
pub(crate) fn heard(paths: &[&str]) -> Heard {
    let paths: Vec<PathBuf> = paths.iter().map(|path| fixture(path)).collect();
    read_all(&paths, &Limits::default())
}

/// Reads one file of these bytes.
pub(crate) fn of_bytes(bytes: impl AsRef<[u8]>) -> Heard {
    of_bytes_within(bytes, &Limits::default())
}

/// Reads one file of these bytes, within limits.
pub(crate) fn of_bytes_within(bytes: impl AsRef<[u8]>, limits: &Limits) -> Heard {
    let mut heard = Heard::default();
    read_bytes("given/file", bytes.as_ref(), limits, &mut heard);
    heard
}

pub(crate) fn read_all(paths: &[PathBuf], limits: &Limits) -> Heard {
    let mut heard = Heard::default();
    read(paths, limits, &mut heard).unwrap();
    heard
}

/// An archive of files.
pub(crate) fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Counts by reason, as tests write them.
pub(crate) fn counts(expected: &[(&'static str, u64)]) -> BTreeMap<&'static str, u64> {
    expected.iter().copied().collect()
}
