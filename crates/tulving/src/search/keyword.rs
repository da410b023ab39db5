//! The keyword arm: BM25 over postings. Backends bring postings and statistics; this scores.

use std::cmp::Ordering;

use super::arithmetic::ln;
use super::tokens;

/// How soon repeating a word stops to count.
const SATURATION: f64 = 0.9;
/// How much a long text is held against it, 0 to 1.
const LENGTH: f64 = 0.4;

/// What a scope holds of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Memories with words.
    pub documents: u64,
    /// Tokens of all of them.
    pub tokens: u64,
}

/// That a document holds a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    /// The document's number, given by the backend.
    pub doc: u32,
    /// How often it holds the term.
    pub tf: u32,
    /// How many tokens it has.
    pub len: u32,
}

/// Where a term occurs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TermPostings {
    /// The term.
    pub term: String,
    /// How many documents of the scope hold it, whatever filters say.
    pub df: u64,
    /// The documents that pass the filters, each once, in any order.
    pub postings: Vec<Posting>,
}

/// The terms a query asks for: its tokens, each once, sorted, without stop words. A query of
/// nothing but stop words asks for them.
#[must_use]
pub fn query_terms(query: &str) -> Vec<String> {
    let mut terms = tokens::terms(query);
    terms.sort_unstable();
    terms.dedup();
    if terms.iter().any(|term| !is_stop_word(term)) {
        terms.retain(|term| !is_stop_word(term));
    }
    terms
}

/// The documents that hold any of the terms, each with its score (above 0), by number.
///
/// The score does not depend on the order of terms or postings, nor on the machine.
#[must_use]
pub fn score(statistics: Statistics, terms: &[TermPostings]) -> Vec<(u32, f64)> {
    let mut terms: Vec<&TermPostings> = terms.iter().collect();
    // Floating-point sums depend on their order, so there is one.
    terms.sort_unstable_by(|a, b| a.term.cmp(&b.term));
    let average = statistics.tokens as f64 / statistics.documents.max(1) as f64;
    let mut sums = Sums::for_postings(&terms);
    for term in terms {
        let weight = inverse_frequency(statistics.documents, term.df);
        for posting in &term.postings {
            sums.add(posting.doc, weight * saturated(*posting, average));
        }
    }
    sums.finish()
}

/// The `n` best, best first; of equal scores the smaller number comes first.
#[must_use]
pub fn top(mut scores: Vec<(u32, f64)>, n: usize) -> Vec<(u32, f64)> {
    let order = |a: &(u32, f64), b: &(u32, f64)| -> Ordering {
        b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0))
    };
    if n == 0 {
        return Vec::new();
    }
    if scores.len() > n {
        scores.select_nth_unstable_by(n - 1, order);
        scores.truncate(n);
    }
    scores.sort_unstable_by(order);
    scores
}

/// How rare a term is; above 0 even for one that every document holds.
#[must_use]
pub fn inverse_frequency(documents: u64, df: u64) -> f64 {
    let (documents, df) = (documents.max(df) as f64, df as f64);
    ln(1.0 + (documents - df + 0.5) / (df + 0.5))
}

fn saturated(posting: Posting, average: f64) -> f64 {
    let tf = f64::from(posting.tf);
    let length = if average > 0.0 {
        f64::from(posting.len) / average
    } else {
        1.0
    };
    tf * (SATURATION + 1.0) / (tf + SATURATION * (1.0 - LENGTH + LENGTH * length))
}

/// Scores being added up: by number where numbers are dense, else in a list that is sorted at the end.
enum Sums {
    Dense(Vec<f64>),
    Sparse(Vec<(u32, f64)>),
}

impl Sums {
    fn for_postings(terms: &[&TermPostings]) -> Self {
        let postings = terms.iter().flat_map(|term| &term.postings);
        let (mut count, mut highest) = (0, 0);
        for posting in postings {
            count += 1;
            highest = highest.max(posting.doc as usize);
        }
        if highest < 16 * count + 1024 {
            Self::Dense(vec![0.0; highest + 1])
        } else {
            Self::Sparse(Vec::with_capacity(count))
        }
    }

    fn add(&mut self, doc: u32, score: f64) {
        match self {
            Self::Dense(sums) => {
                if let Some(sum) = sums.get_mut(doc as usize) {
                    *sum += score;
                }
            }
            Self::Sparse(list) => list.push((doc, score)),
        }
    }

    fn finish(self) -> Vec<(u32, f64)> {
        match self {
            Self::Dense(sums) => (0u32..)
                .zip(sums)
                .filter(|(_, score)| *score > 0.0)
                .collect(),
            Self::Sparse(mut list) => {
                // Stable: a document's terms stay in their order.
                list.sort_by_key(|(doc, _)| *doc);
                list.dedup_by(|next, kept| {
                    let same = next.0 == kept.0;
                    if same {
                        kept.1 += next.1;
                    }
                    same
                });
                list
            }
        }
    }
}

/// Words so frequent in English questions that they say nothing about the answer, as tokens.
fn is_stop_word(term: &str) -> bool {
    STOP_WORDS.binary_search(&term).is_ok()
}

/// As tokens, sorted.
const STOP_WORDS: &[&str] = &[
    "a", "about", "am", "an", "and", "any", "are", "as", "at", "be", "been", "being", "but", "by",
    "can", "could", "did", "do", "doe", "doing", "for", "from", "had", "has", "hav", "he", "her",
    "his", "how", "i", "if", "in", "into", "is", "it", "its", "me", "my", "of", "on", "or", "our",
    "she", "should", "so", "som", "that", "the", "their", "them", "then", "ther", "thes", "they",
    "this", "thos", "to", "was", "we", "wer", "what", "when", "wher", "which", "who", "whos",
    "why", "will", "with", "would", "you", "your",
];
