//! What the first programs wrote, and said of it: shared by the test binaries.

use std::path::Path;

use serde_json::Value;

/// Where it is; copied before anything is done with it.
pub(crate) const FORMAT_1: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/format-1");

/// What the scores in the fixtures are nearness to.
pub(crate) const VECTOR: &str = "[1, 0.5, -0.25, 0.125, -1, 0.5, -0.25, 0.125]";

/// What the program of then said.
pub(crate) fn said(name: &str, what: &str) -> Value {
    let file = format!("{FORMAT_1}/said/{name}-{what}.json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// The text by which a memory is looked for.
pub(crate) fn words(memory: &Value) -> &str {
    let texts = ["human_content", "title"].into_iter();
    let mut texts = texts.filter_map(|text| memory[text].as_str());
    texts.next().unwrap()
}

/// A folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
