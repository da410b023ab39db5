//! The keyword retriever: BM25 over the posting lists of inverted indexes. Backends bring these and statistics,
//! which are scored here.

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

/// Returns the terms a query asks for: its tokens, each once, sorted, without stop words. A query of
/// nothing but stop words asks for them.
#[must_use]
pub fn query_terms(query: &str) -> Vec<String> {
    let mut terms = tokens::asked(query);
    terms.sort_unstable();
    terms.dedup();
    if terms.iter().any(|term| !is_stop_word(term)) {
        terms.retain(|term| !is_stop_word(term));
    }
    terms
}

/// Returns the documents that hold any of the terms, each with its BM25 score (above 0), by number.
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

/// Returns the `n` best documents, best first; of equal scores the smaller number comes first.
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

/// Returns the inverse document frequency (IDF) of a term; above 0 even for one that every document
/// holds.
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

/// Returns whether a token is a stop word: so frequent in English questions that it says nothing about
/// the answer.
fn is_stop_word(term: &str) -> bool {
    STOP_WORDS.binary_search(&term).is_ok()
}

/// As tokens, sorted.
const STOP_WORDS: &[&str] = &[
    "a", "about", "am", "an", "and", "ani", "are", "as", "at", "be", "been", "being", "but", "by",
    "can", "could", "did", "do", "doe", "doing", "for", "from", "had", "has", "hav", "he", "her",
    "his", "how", "i", "if", "in", "into", "is", "it", "its", "me", "my", "of", "on", "or", "our",
    "she", "should", "so", "som", "that", "the", "their", "them", "then", "ther", "thes", "they",
    "this", "thos", "to", "was", "we", "wer", "what", "when", "wher", "whi", "which", "who",
    "whos", "will", "with", "would", "you", "your",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn term(name: &str, df: u64, postings: &[(u32, u32, u32)]) -> TermPostings {
        let posting = |&(doc, tf, len)| Posting { doc, tf, len };
        TermPostings {
            term: name.to_owned(),
            df,
            postings: postings.iter().map(posting).collect(),
        }
    }

    const STATISTICS: Statistics = Statistics {
        documents: 10,
        tokens: 100,
    };

    #[test]
    fn stop_words_are_known_as_tokens() {
        assert!(STOP_WORDS.is_sorted());
        for word in ["any", "does", "have", "those", "why", "where", "were"] {
            assert!(is_stop_word(&tokens::terms(word)[0]), "{word}");
        }
    }

    #[test]
    fn a_query_of_stop_words_asks_for_them() {
        assert_eq!(
            query_terms("How did the Worker, the worker hang?"),
            ["hang", "worker"]
        );
        assert_eq!(query_terms("To be or not"), ["not"]);
        assert_eq!(query_terms("who is it"), ["is", "it", "who"]);
        assert_eq!(query_terms("what is 🎉?"), ["🎉"]);
        assert!(query_terms(" …?! ").is_empty());
    }

    #[test]
    fn rare_repeated_and_short_count_more() {
        let score_of = |terms: &[TermPostings]| score(STATISTICS, terms)[0].1;
        let base = score_of(&[term("a", 5, &[(0, 1, 10)])]);
        assert!(score_of(&[term("a", 2, &[(0, 1, 10)])]) > base);
        assert!(score_of(&[term("a", 5, &[(0, 2, 10)])]) > base);
        assert!(score_of(&[term("a", 5, &[(0, 1, 5)])]) > base);
        // Even what every document holds is worth something, so that it is found.
        assert!(score_of(&[term("a", 10, &[(0, 1, 10)])]) > 0.0);
    }

    #[test]
    fn of_equal_scores_the_lower_number_comes_first() {
        let scores = vec![(7, 1.0), (3, 2.0), (5, 1.0), (1, 1.0)];
        assert_eq!(top(scores.clone(), 3), [(3, 2.0), (1, 1.0), (5, 1.0)]);
        assert_eq!(top(scores.clone(), 9).len(), 4);
        assert!(top(scores, 0).is_empty());
    }

    proptest! {
        #[test]
        fn scores_do_not_depend_on_order_or_on_how_numbers_are_spread(
            postings in prop::collection::vec(prop::collection::btree_map(0_u32..50, (1_u32..9, 1_u32..300), 0..20), 1..6),
            rotate in 0_usize..20,
            spread in prop::sample::select(vec![1_u32, 3, 50_000_000]),
        ) {
            let terms: Vec<TermPostings> = postings.iter().enumerate().map(|(n, postings)| {
                let list: Vec<_> = postings.iter().map(|(doc, (tf, len))| (*doc, *tf, *len)).collect();
                term(&n.to_string(), list.len() as u64, &list)
            }).collect();
            let mut shuffled = terms.clone();
            shuffled.reverse();
            for term in &mut shuffled {
                let by = rotate % term.postings.len().max(1);
                term.postings.rotate_left(by);
                term.postings.iter_mut().for_each(|posting| posting.doc *= spread);
            }
            let expected: Vec<_> = score(STATISTICS, &terms).into_iter().map(|(doc, score)| (doc * spread, score.to_bits())).collect();
            let found: Vec<_> = score(STATISTICS, &shuffled).into_iter().map(|(doc, score)| (doc, score.to_bits())).collect();
            prop_assert_eq!(expected, found);
        }
    }
}
