//! A mutable inverted index in memory (a memtable), for what was written since the last segment.

use std::collections::HashMap;

use super::index::Index;
use super::keyword::{Posting, Statistics};
use super::tokens;

/// An index that grows and shrinks.
#[derive(Debug, Clone, Default)]
pub struct Delta {
    terms: HashMap<Box<str>, Vec<Posting>>,
    documents: HashMap<u32, Held>,
    tokens: u64,
}

/// What has to be taken out again with a document.
#[derive(Debug, Clone)]
struct Held {
    /// Each once.
    terms: Box<[Box<str>]>,
    len: u32,
}

impl Delta {
    /// Makes one with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a document, in place of one with the same number.
    pub fn add(&mut self, doc: u32, text: &str) {
        self.remove(doc);
        let mut counts: HashMap<Box<str>, u32> = HashMap::new();
        let mut len: u32 = 0;
        tokens::tokens(text, |token| {
            len = len.saturating_add(1);
            match counts.get_mut(token) {
                Some(tf) => *tf += 1,
                None => {
                    counts.insert(token.into(), 1);
                }
            }
        });
        for (term, &tf) in &counts {
            let posting = Posting { doc, tf, len };
            self.terms.entry(term.clone()).or_default().push(posting);
        }
        let terms = counts.into_keys().collect();
        self.documents.insert(doc, Held { terms, len });
        self.tokens += u64::from(len);
    }

    /// Takes a document out; whether it was there.
    pub fn remove(&mut self, doc: u32) -> bool {
        let Some(Held { terms, len }) = self.documents.remove(&doc) else {
            return false;
        };
        self.tokens -= u64::from(len);
        for term in terms {
            if let Some(postings) = self.terms.get_mut(&term) {
                postings.retain(|posting| posting.doc != doc);
                if postings.is_empty() {
                    self.terms.remove(&term);
                }
            }
        }
        true
    }

    /// Returns whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }
}

impl Index for Delta {
    fn statistics(&self) -> Statistics {
        Statistics {
            documents: self.documents.len() as u64,
            tokens: self.tokens,
        }
    }

    fn len_of(&self, doc: u32) -> Option<u32> {
        self.documents.get(&doc).map(|held| held.len)
    }

    fn postings(&self, term: &str, each: &mut dyn FnMut(Posting)) {
        for posting in self.terms.get(term).into_iter().flatten() {
            each(*posting);
        }
    }
}
