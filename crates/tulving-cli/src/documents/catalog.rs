//! The documents that are there, and which of them says the same as a new one.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use tulving::json::{self, Value};
use tulving::model::Document;
use tulving_documents::{Fingerprint, Format};

use super::metadata;
use super::protocol::Read;
use super::walk::is_gone;

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
    /// Whether its chunks were stored without vectors.
    by_words: bool,
    fingerprint: Option<Fingerprint>,
    names: HashSet<String>,
    source: Option<(String, String)>,
}

/// A document that says the same as a new one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Same<'c> {
    /// Where it was read from.
    pub(super) path: &'c str,
    /// Whether it has the same words, or chunks of the same file.
    pub(super) is_equal: bool,
}

/// The further field of a document whose chunks were stored without vectors.
pub(super) const BY_WORDS: &str = "by_words";

/// From this share on a file of chunks is taken to be cut from a document whatever both are called.
const NEARLY_ALL: f64 = 0.9;

impl Catalog {
    /// Takes documents in.
    #[must_use]
    pub fn of(documents: &[Document]) -> Self {
        let known = |document: &Document| (document.path.clone(), Known::of(document));
        Self {
            by_path: documents.iter().map(known).collect(),
        }
    }

    /// Whether there is a document of a path.
    pub(super) fn knows(&self, path: &str) -> bool {
        self.by_path.contains_key(path)
    }

    /// Leaves a document out of all comparisons.
    pub fn forget(&mut self, path: &str) {
        self.by_path.remove(path);
    }

    /// Returns the hash of what was read from a path, if what was stored of it need not change: it is of the same
    /// department, and has its vectors where they can be made.
    pub(super) fn unchanged(
        &self,
        path: &str,
        department: Option<&str>,
        by_words: bool,
    ) -> Option<String> {
        let known = self.by_path.get(path)?;
        let is_same = known.department.as_deref() == department && (by_words || !known.by_words);
        known.content_hash.clone().filter(|_| is_same)
    }

    /// Returns a document that says the same as a new one, which is of a path that has none yet; `is_there` says
    /// of which files the documents count.
    ///
    /// The same words are the same document, and so are chunks of the same file. A file and chunks cut from it
    /// differ in some words: there folder or department and names decide, too, since two editions of a form may differ in
    /// the amounts alone. Two files of one form, and two of chunks, are then always taken to be two.
    pub(super) fn same_as(
        &self,
        path: &str,
        department: Option<&str>,
        new: &Read,
        is_there: &dyn Fn(&str) -> bool,
    ) -> Option<Same<'_>> {
        if self.knows(path) {
            return None;
        }
        self.twin(path, &Known::read(path, department, new, false), is_there)
    }

    /// Returns another document that says the same as one of a path.
    fn twin(&self, path: &str, new: &Known, is_there: &dyn Fn(&str) -> bool) -> Option<Same<'_>> {
        let equal = |known: &Known| {
            let is_of_one_file = new.is_chunks && known.is_chunks && new.source.is_some();
            let hashes = [known, new].map(|it| it.fingerprint.as_ref().map(|it| &it.hash));
            (hashes[0].is_some() && hashes[0] == hashes[1])
                || (is_of_one_file && known.source == new.source)
        };
        let form = |there: &str, known: &Known| {
            let is_near = Path::new(there).parent() == Path::new(path).parent()
                || (new.department.is_some() && known.department == new.department);
            let (Some(theirs), Some(own)) = (&known.fingerprint, &new.fingerprint) else {
                return false;
            };
            if new.is_chunks == known.is_chunks || !is_near {
                return false;
            }
            let Some(share) = own.share_in(theirs) else {
                return false;
            };
            let is_related = !known.names.is_disjoint(&new.names);
            let back = || theirs.share_in(own).unwrap_or(0.0);
            (is_related && share >= Fingerprint::SAME)
                || (share >= NEARLY_ALL && back() >= Fingerprint::SAME)
        };
        let all = || self.by_path.iter().filter(|(there, _)| *there != path);
        let found = all()
            .find(|(there, known)| equal(known) && is_there(there))
            .map(|(there, _)| (there, true));
        let found = found.or_else(|| {
            all()
                .find(|(there, known)| form(there, known) && is_there(there))
                .map(|(there, _)| (there, false))
        });
        found.map(|(path, is_equal)| Same { path, is_equal })
    }

    /// A document was stored.
    pub(super) fn put(&mut self, path: &str, department: Option<&str>, new: &Read, by_words: bool) {
        let known = Known::read(path, department, new, by_words);
        self.by_path.insert(path.to_owned(), known);
    }

    /// Returns pairs of documents that say the same: one of those that were `added` here, and one that another run
    /// stored since, which the catalog of `before` does not know. The first of a pair is the one to go, and whichever
    /// run asks, it is the same.
    pub(super) fn doubled(&self, added: &[&str], before: &Self) -> Vec<(String, String)> {
        let of_others: Vec<(&String, &Known)> = self
            .by_path
            .iter()
            .filter(|(path, _)| !before.knows(path) && !is_gone(Path::new(path)))
            .collect();
        let mut doubled = Vec::new();
        for path in added {
            let Some((own, known)) = self.by_path.get_key_value(*path) else {
                continue;
            };
            let is_twin = |(path, other): &(&String, &Known)| {
                let is = |it: &str| it == own.as_str() || it == path.as_str();
                self.twin(own, known, &is).is_some() || self.twin(path, other, &is).is_some()
            };
            if let Some((other, theirs)) = of_others.iter().copied().find(is_twin) {
                // A document rather than chunks of it.
                let rank = |path: &'_ str, known: &Known| (known.is_chunks, path.to_owned());
                let mut pair = [rank(own, known), rank(other, theirs)];
                pair.sort();
                let [(_, stays), (_, goes)] = pair;
                doubled.push((goes, stays));
            }
        }
        doubled
    }
}

impl Known {
    /// What is known of a document that is there.
    fn of(document: &Document) -> Self {
        let fingerprint = field(document, "fingerprint");
        let metadata = field(document, "metadata");
        let metadata = metadata.as_deref().unwrap_or("{}");
        Self {
            content_hash: document.content_hash.clone(),
            department: document.department.clone(),
            is_chunks: document.mime.as_deref() == Some(Format::Chunks.mime()),
            by_words: field(document, BY_WORDS).as_deref() == Some("true"),
            fingerprint: fingerprint.and_then(|text| serde_json::from_str(&text).ok()),
            names: names(&document.path, said(metadata, "source_file").as_deref()),
            source: source(metadata),
        }
    }

    /// What is known of one that was read.
    fn read(path: &str, department: Option<&str>, new: &Read, by_words: bool) -> Self {
        let metadata = metadata::object(&new.metadata);
        Self {
            content_hash: Some(new.content_hash.clone()),
            department: department.map(ToOwned::to_owned),
            is_chunks: new.format == Format::Chunks,
            by_words,
            fingerprint: Some(new.fingerprint.clone()),
            names: names(path, said(&metadata, "source_file").as_deref()),
            source: source(&metadata),
        }
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

/// Returns what chunks say of themselves under a key.
fn said(metadata: &str, key: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(metadata).ok()?;
    Some(value.get(key)?.as_str()?.to_owned())
}

/// Returns the file that chunks were cut from and its hash, if they say both.
fn source(metadata: &str) -> Option<(String, String)> {
    Some((said(metadata, "source_file")?, said(metadata, "file_hash")?))
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
        catalog.put("/m/Credit Memo.docx", None, &read(Format::Docx, 0), false);
        let same = |path: &str, read: &Read| catalog.same_as(path, None, read, &|_| true).is_some();
        // The same words, wherever they are.
        assert!(same("/elsewhere/copy.md", &read(Format::Markdown, 0)));
        // Chunks that leave a little out.
        assert!(same(
            "/m/credit_memo_enriched_chunks.json",
            &read(Format::Chunks, 1)
        ));
        assert!(!same("/m/pricing_chunks.json", &read(Format::Chunks, 1)));
        // In another folder it may be the edition of another year.
        assert!(!same(
            "/2025/credit_memo_chunks.json",
            &read(Format::Chunks, 1)
        ));
        // Where the file is gone, nothing is the same as it.
        let copy = read(Format::Markdown, 0);
        assert_eq!(catalog.same_as("/m/copy.md", None, &copy, &|_| false), None);
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
        catalog.put("/m/Credit Memo.docx", None, &read(Format::Docx, 0), false);
        let mut chunks = read(Format::Chunks, 1);
        let found = |chunks: &Read| {
            let same = catalog.same_as("/m/kb7.json", None, chunks, &|_| true)?;
            Some((same.path.to_owned(), same.is_equal))
        };
        assert_eq!(found(&chunks), None);
        chunks.metadata = vec![("source_file".to_owned(), "\"Credit_Memo.docx\"".to_owned())];
        assert_eq!(
            found(&chunks),
            Some(("/m/Credit Memo.docx".to_owned(), false))
        );
    }

    #[test]
    fn two_files_of_chunks_are_one_if_they_were_cut_from_one_file() {
        let chunks = |hash: &str, changed| {
            let mut chunks = read(Format::Chunks, changed);
            let said = [("source_file", "\"memo.docx\""), ("file_hash", hash)];
            chunks.metadata = said.map(|(key, value)| (key.into(), value.into())).to_vec();
            chunks
        };
        let mut catalog = Catalog::default();
        catalog.put("/m/memo_chunks.json", None, &chunks("\"1\"", 0), false);
        let found = |new: &Read| {
            let same = catalog.same_as("/m/memo-chunks.json", None, new, &|_| true);
            same.map(|same| same.is_equal)
        };
        assert_eq!(found(&chunks("\"1\"", 1)), Some(true));
        assert_eq!(found(&chunks("\"2\"", 1)), None);
        assert_eq!(found(&chunks("\"2\"", 0)), Some(true));
    }

    #[test]
    fn a_file_is_unchanged_for_its_own_department_only() {
        let mut catalog = Catalog::default();
        let read = read(Format::Text, 0);
        catalog.put("/m/a.txt", Some("HR"), &read, false);
        let hash = Some(read.content_hash.clone());
        assert_eq!(catalog.unchanged("/m/a.txt", Some("HR"), false), hash);
        assert_eq!(catalog.unchanged("/m/a.txt", Some("Sales"), false), None);
        assert_eq!(catalog.unchanged("/m/b.txt", Some("HR"), false), None);
        // Without vectors, as long as none can be made.
        catalog.put("/m/a.txt", Some("HR"), &read, true);
        assert_eq!(catalog.unchanged("/m/a.txt", Some("HR"), true), hash);
        assert_eq!(catalog.unchanged("/m/a.txt", Some("HR"), false), None);
    }
}
