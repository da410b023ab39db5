//! Labels of clusters, from the words of their members.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::terms::{are_variants, each_term};

/// Terms of a label.
const TERMS: usize = 4;
/// The last of them stands only if it says at least this share of what the first says.
const WORTH: f64 = 0.5;

/// Counts the words of memories, and tells from them what each cluster is about.
///
/// Words for which a cluster stands out are those that many of its memories have and few others do (c-TF-IDF, with the
/// memories in which a word is counted, not how often it is in them).
#[derive(Debug, Default)]
pub struct Words {
    terms: HashMap<String, u32>,
    known: Vec<Term>,
    clusters: BTreeMap<i64, Cluster>,
    /// Terms of all memories together.
    total: u64,
}

/// What is known about a term.
#[derive(Debug, Default)]
struct Term {
    folded: String,
    /// In how many memories it is.
    memories: u32,
    /// How often it is spelled in which way.
    spellings: HashMap<String, u32>,
}

/// What is known about a cluster.
#[derive(Debug, Default)]
struct Cluster {
    memories: u32,
    /// In how many of them each term is.
    terms: HashMap<u32, u32>,
}

impl Words {
    /// Counts the words of a memory in a cluster. Those of noise, −1, count for what is common everywhere.
    pub fn add(&mut self, cluster: i64, text: &str) {
        let mut found = HashSet::new();
        each_term(text, |folded, spelling| {
            let next = self.known.len() as u32;
            let term = *self.terms.entry(folded).or_insert_with_key(|folded| {
                self.known.push(Term {
                    folded: folded.clone(),
                    ..Term::default()
                });
                next
            });
            self.known[term as usize].spell(spelling);
            found.insert(term);
        });
        self.total += found.len() as u64;
        for term in &found {
            self.known[*term as usize].memories += 1;
        }
        if cluster >= 0 {
            let cluster = self.clusters.entry(cluster).or_default();
            cluster.memories += 1;
            for term in found {
                *cluster.terms.entry(term).or_default() += 1;
            }
        }
    }

    /// Returns the label of each cluster: three or four of its words, the most telling first. It is empty where no memory
    /// has words.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<i64, String> {
        let average = self.total as f64 / self.clusters.len().max(1) as f64;
        self.clusters
            .iter()
            .map(|(id, cluster)| (*id, self.label(cluster, average)))
            .collect()
    }

    fn label(&self, cluster: &Cluster, average: f64) -> String {
        let all = f64::from(cluster.memories);
        let mut terms: Vec<(f64, u32, &Term)> = cluster
            .terms
            .iter()
            .map(|(term, memories)| {
                let term = &self.known[*term as usize];
                let telling = (1.0 + average / f64::from(term.memories)).ln();
                (f64::from(*memories) / all * telling, *memories, term)
            })
            .collect();
        // A word of a single memory says what that is about.
        let shared = terms.iter().any(|(_, memories, _)| *memories > 1);
        terms.retain(|(_, memories, _)| !shared || *memories > 1);
        terms.sort_unstable_by(|(a, _, x), (b, _, y)| {
            let longer = y.folded.len().cmp(&x.folded.len());
            b.total_cmp(a)
                .then(longer)
                .then_with(|| x.folded.cmp(&y.folded))
        });
        let mut label: Vec<&Term> = Vec::new();
        let first = terms.first().map_or(0.0, |(score, _, _)| *score);
        for (score, _, term) in &terms {
            let worth = label.len() + 1 < TERMS || *score >= WORTH * first;
            if label.len() == TERMS || !worth {
                break;
            }
            if !label
                .iter()
                .any(|other| are_variants(&other.folded, &term.folded))
            {
                label.push(term);
            }
        }
        let label: Vec<&str> = label.into_iter().map(Term::spelling).collect();
        label.join(", ")
    }
}

impl Term {
    fn spell(&mut self, spelling: &str) {
        match self.spellings.get_mut(spelling) {
            Some(count) => *count += 1,
            None => {
                self.spellings.insert(spelling.to_owned(), 1);
            }
        }
    }

    /// Returns the most frequent spelling; of several the last in the alphabet, which has small letters last.
    fn spelling(&self) -> &str {
        let most = self
            .spellings
            .iter()
            .max_by_key(|(spelling, count)| (**count, *spelling));
        most.map_or(&self.folded, |(spelling, _)| spelling)
    }
}
