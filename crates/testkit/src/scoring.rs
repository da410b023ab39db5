//! How well a memory answers: what the library is asked for, since every backend asks it of the same
//! functions.

use tulving::model::{Embedding, Memory};
use tulving::search::keyword::{self, Posting, Statistics, TermPostings};
use tulving::search::{text, tokens, vector};

/// The words that a memory is found by, as often as it holds them.
pub(crate) fn words(memory: &Memory) -> Vec<String> {
    terms(&text::indexed(memory))
}

/// A text as words.
pub(crate) fn terms(text: &str) -> Vec<String> {
    tokens::terms(text)
}

/// A text as the words that a query asks for: each once.
pub(crate) fn asked(text: &str) -> Vec<String> {
    let mut terms = terms(text);
    terms.sort();
    terms.dedup();
    terms
}

/// How near two vectors are.
pub(crate) fn similarity(one: &Embedding, other: &Embedding) -> f64 {
    vector::similarity(one.numbers(), other.numbers())
}

/// How well each of these documents, given by their words, answers; none if it holds no term.
pub(crate) fn keyword(documents: &[Vec<String>], terms: &[String]) -> Vec<Option<f64>> {
    let mut terms = terms.to_vec();
    terms.sort();
    terms.dedup();
    let postings: Vec<TermPostings> = terms
        .into_iter()
        .map(|term| {
            let postings: Vec<Posting> = (0..)
                .zip(documents)
                .map(|(doc, words)| Posting {
                    doc,
                    tf: words.iter().filter(|word| **word == term).count() as u32,
                    len: words.len() as u32,
                })
                .filter(|posting| posting.tf > 0)
                .collect();
            TermPostings {
                term,
                df: postings.len() as u64,
                postings,
            }
        })
        .collect();
    let statistics = Statistics {
        documents: documents.len() as u64,
        tokens: documents.iter().map(|words| words.len() as u64).sum(),
    };
    let mut scores = vec![None; documents.len()];
    for (doc, score) in keyword::score(statistics, &postings) {
        scores[doc as usize] = Some(score);
    }
    scores
}
