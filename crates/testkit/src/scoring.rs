//! How well a memory answers: the one thing that is asked of the library, since every backend asks
//! it of the same functions.

use std::collections::BTreeSet;

use tulving::model::{Embedding, Memory};

/// The words that a memory is found by, as often as it holds them.
pub(crate) fn words(memory: &Memory) -> Vec<String> {
    match memory {
        Memory::Node(node) => terms(&format!(
            "{}\n{}",
            node.human_content, node.assistant_content
        )),
        Memory::Episode(episode) => terms(&episode.title),
    }
}

/// A text as words.
pub(crate) fn terms(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// How near two vectors are.
pub(crate) fn similarity(one: &Embedding, other: &Embedding) -> f64 {
    let dot = |a: &Embedding, b: &Embedding| -> f64 {
        let pairs = a.numbers().iter().zip(b.numbers());
        pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    dot(one, other) / (dot(one, one).sqrt() * dot(other, other).sqrt())
}

/// How well each of these documents, given by their words, answers; none if it holds no term.
pub(crate) fn keyword(documents: &[Vec<String>], terms: &[String]) -> Vec<Option<f64>> {
    let terms: BTreeSet<&String> = terms.iter().collect();
    let total: usize = documents.iter().map(Vec::len).sum();
    let average = total as f64 / documents.len() as f64;
    let count =
        |document: &[String], term: &String| document.iter().filter(|word| *word == term).count();
    let mut scores = vec![None; documents.len()];
    for term in terms {
        let held = documents
            .iter()
            .filter(|words| count(words, term) > 0)
            .count() as f64;
        let weight = (1.0 + (documents.len() as f64 - held + 0.5) / (held + 0.5)).ln();
        for (score, words) in scores.iter_mut().zip(documents) {
            let often = count(words, term) as f64;
            if often > 0.0 {
                let length = 0.25 + 0.75 * words.len() as f64 / average;
                *score.get_or_insert(0.0) += weight * often * 2.2 / (often + 1.2 * length);
            }
        }
    }
    scores
}
