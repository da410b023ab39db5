//! The documents that are there, and which of them says the same as a new one.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use tulving::json::{self, Value};
use tulving::model::Document;
use tulving_documents::{Fingerprint, Format};

use super::protocol::Read;

/// The documents of a scope.
#[derive(Debug, Default)]
pub struct Catalog {
    by_path: BTreeMap<String, Known>,
}

/// A document that is there.
#[derive(Debug)]
struct Known {
    content_hash: Option<String>,
    department: Option<String>,
    is_chunks: bool,
    fingerprint: Option<Fingerprint>,
    names: HashSet<String>,
}

/// From this share on a file of chunks is taken to be cut from a document whatever both are called.
const NEARLY_ALL: f64 = 0.9;

impl Catalog {
    /// Takes documents in.
    #[must_use]
    pub fn of(documents: &[Document]) -> Self {
        let known = |document: &Document| {
            let fingerprint = field(document, "fingerprint");
            let metadata = field(document, "metadata");
            let metadata = metadata.as_deref().unwrap_or("{}");
            Known {
                content_hash: document.content_hash.clone(),
                department: document.department.clone(),
                is_chunks: document.mime.as_deref() == Some(Format::Chunks.mime()),
                fingerprint: fingerprint.and_then(|text| serde_json::from_str(&text).ok()),
                names: names(&document.path, source_file(metadata).as_deref()),
            }
        };
        let by_path = documents.iter();
        Self {
            by_path: by_path
                .map(|document| (document.path.clone(), known(document)))
                .collect(),
        }
    }

    /// Leaves a document out of all comparisons.
    pub fn forget(&mut self, path: &str) {
        self.by_path.remove(path);
    }

    /// Returns the hash of what was read from a path, if what was stored of it need not change: it is of the same
    /// department.
    pub(super) fn unchanged(&self, path: &str, department: Option<&str>) -> Option<String> {
        let known = self.by_path.get(path)?;
        let is_same = known.department.as_deref() == department;
        known.content_hash.clone().filter(|_| is_same)
    }

    /// Returns the path of a document that says the same as a new one, which is of a path that has none yet.
    ///
    /// The same words are the same document. Two formats of it, or chunks cut from it, differ in some words: there
    /// names decide, too, since two editions of a form may differ in the amounts alone.
    pub(super) fn same_as(&self, path: &str, new: &Read) -> Option<&str> {
        if self.by_path.contains_key(path) {
            return None;
        }
        let is_chunks = new.format == Format::Chunks;
        let metadata = super::intake::object(&new.metadata);
        let own = names(path, source_file(&metadata).as_deref());
        let same = |known: &Known| {
            let Some(fingerprint) = &known.fingerprint else {
                return false;
            };
            if fingerprint.hash == new.fingerprint.hash {
                return true;
            }
            if !is_chunks && !known.is_chunks {
                return false;
            }
            let Some(share) = new.fingerprint.share_in(fingerprint) else {
                return false;
            };
            let is_related = !known.names.is_disjoint(&own);
            let back = || fingerprint.share_in(&new.fingerprint).unwrap_or(0.0);
            (is_related && share >= Fingerprint::SAME)
                || (is_chunks != known.is_chunks
                    && share >= NEARLY_ALL
                    && back() >= Fingerprint::SAME)
        };
        let mut found = self.by_path.iter().filter(|(_, known)| same(known));
        found.next().map(|(path, _)| path.as_str())
    }

    /// A document was stored.
    pub(super) fn put(&mut self, path: &str, department: Option<&str>, new: &Read) {
        let metadata = super::intake::object(&new.metadata);
        let known = Known {
            content_hash: Some(new.content_hash.clone()),
            department: department.map(ToOwned::to_owned),
            is_chunks: new.format == Format::Chunks,
            fingerprint: Some(new.fingerprint.clone()),
            names: names(path, source_file(&metadata).as_deref()),
        };
        self.by_path.insert(path.to_owned(), known);
    }
}

/// Returns a further field of a document as JSON.
fn field(document: &Document, key: &str) -> Option<String> {
    let value = document.extra.value();
    let mut bytes = Vec::new();
    json::write(value.get(key)?, &mut bytes);
    String::from_utf8(bytes).ok()
}

/// Returns how many chunks a document had when it was stored, if that is known.
#[must_use]
pub fn chunks_of(document: &Document) -> Option<u64> {
    match document.extra.value().get("chunks")? {
        Value::Number(number) => number.parse().ok(),
        _ => None,
    }
}

/// Returns the file that chunks were cut from, if they say so.
fn source_file(metadata: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(metadata).ok()?;
    Some(value.get("source_file")?.as_str()?.to_owned())
}

/// Returns what a document may be called by: the name of its file, and of the one that it was cut from, in letters
/// and digits, without what tells forms of one document apart.
fn names(path: &str, source: Option<&str>) -> HashSet<String> {
    let plain = |path: &str| {
        let stem = Path::new(path)
            .file_stem()?
            .to_string_lossy()
            .to_lowercase();
        let words = stem.split(|c: char| !c.is_alphanumeric());
        let told = ["", "chunk", "chunks", "chunked", "enriched", "ready"];
        Some(
            words
                .filter(|word| !told.contains(word))
                .collect::<String>(),
        )
    };
    let names = [Some(path), source].into_iter().flatten();
    names
        .filter_map(plain)
        .filter(|name| !name.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// A text of 300 words; `changed` of them are others.
    fn read(format: Format, changed: usize) -> Read {
        let word = |at: usize| match at % 40 < changed {
            true => format!("other{at}"),
            false => format!("word{at}"),
        };
        let text: Vec<String> = (0..300).map(word).collect();
        let bytes = text.join(" ").into_bytes();
        let document = tulving_documents::read(&bytes, "a.txt", &Default::default()).unwrap();
        Read {
            content_hash: tulving_documents::content_hash(&bytes),
            bytes: 0,
            title: String::new(),
            format,
            pages: None,
            fingerprint: Fingerprint::of(&document),
            metadata: Vec::new(),
            chunks: Vec::new(),
            left_out: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn forms_of_one_document_are_one_and_editions_are_two() {
        let mut catalog = Catalog::default();
        catalog.put("/m/Credit Memo.docx", None, &read(Format::Docx, 0));
        let same = |path: &str, read: &Read| catalog.same_as(path, read).is_some();
        // The same words, wherever they are.
        assert!(same("/elsewhere/copy.md", &read(Format::Markdown, 0)));
        // Chunks that leave a little out.
        assert!(same(
            "/m/credit_memo_enriched_chunks.json",
            &read(Format::Chunks, 1)
        ));
        assert!(!same("/m/pricing_chunks.json", &read(Format::Chunks, 1)));
        // Other amounts are another form, were it called the same in another folder.
        assert!(!same("/2025/Credit Memo.docx", &read(Format::Docx, 1)));
        assert!(!same(
            "/m/credit_memo_chunks.json",
            &read(Format::Chunks, 9)
        ));
        // What is read again from its own place is never left out.
        assert!(!same("/m/Credit Memo.docx", &read(Format::Docx, 0)));
    }

    #[test]
    fn chunks_that_name_their_source_are_known_by_it() {
        let mut catalog = Catalog::default();
        catalog.put("/m/Credit Memo.docx", None, &read(Format::Docx, 0));
        let mut chunks = read(Format::Chunks, 1);
        assert_eq!(catalog.same_as("/m/kb7.json", &chunks), None);
        chunks.metadata = vec![("source_file".to_owned(), "\"Credit_Memo.docx\"".to_owned())];
        let found = catalog.same_as("/m/kb7.json", &chunks);
        assert_eq!(found, Some("/m/Credit Memo.docx"));
    }

    #[test]
    fn a_file_is_unchanged_for_its_own_department_only() {
        let mut catalog = Catalog::default();
        let read = read(Format::Text, 0);
        catalog.put("/m/a.txt", Some("HR"), &read);
        let hash = Some(read.content_hash.clone());
        assert_eq!(catalog.unchanged("/m/a.txt", Some("HR")), hash);
        assert_eq!(catalog.unchanged("/m/a.txt", Some("Sales")), None);
        assert_eq!(catalog.unchanged("/m/b.txt", Some("HR")), None);
    }
}
