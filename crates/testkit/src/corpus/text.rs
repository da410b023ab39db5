//! Text that a tokenizer and a keyword index take for English: common short words, rare long ones, topics.

use crate::rng::Rng;

const COMMON: &[&str] = &[
    "the", "of", "and", "to", "in", "is", "that", "it", "for", "you", "was", "with", "on", "as",
    "are", "be", "this", "have", "from", "or", "had", "by", "not", "but", "what", "all", "were",
    "when", "we", "there", "can", "an", "your", "which", "their", "if", "do", "will", "how",
    "each", "about", "then", "them", "would", "so", "these", "some",
];
const ONSETS: &[&str] = &[
    "b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "pl",
    "qu", "r", "s", "sh", "st", "t", "tr", "v", "w", "z",
];
const NUCLEI: &[&str] = &["a", "e", "i", "o", "u", "ai", "ea", "ou", "io"];
const CODAS: &[&str] = &["", "", "", "n", "r", "l", "s", "t", "m", "ck", "nd", "st"];

const WORDS: usize = 4000;
const TOPIC_WORDS: usize = 24;

pub(super) struct Vocabulary {
    words: Vec<String>,
    /// For each cluster, the words it speaks of.
    topics: Vec<[u16; TOPIC_WORDS]>,
}

impl Vocabulary {
    /// The words are the same for every seed; what the clusters speak of is not.
    pub(super) fn new(seed: u64, clusters: usize) -> Self {
        let mut rng = Rng::new(0, 1, 0);
        let words = (0..WORDS)
            .map(|rank| {
                word(
                    &mut rng,
                    1 + usize::from(rank > 100) + usize::from(rank > 1500),
                )
            })
            .collect();
        let topics = (0..clusters).map(|cluster| {
            let mut rng = Rng::new(seed, 2, cluster);
            std::array::from_fn(|_| rng.below(WORDS) as u16)
        });
        Self {
            words,
            topics: topics.collect(),
        }
    }

    /// A word of the cluster's own, such as its entities.
    pub(super) fn topic_word(&self, cluster: usize, rng: &mut Rng) -> &str {
        &self.words[usize::from(rng.pick(&self.topics[cluster]))]
    }

    /// Sentences of at least this many characters. All ASCII.
    pub(super) fn text(&self, cluster: usize, characters: usize, rng: &mut Rng) -> String {
        let mut text = String::with_capacity(characters + 120);
        while text.len() < characters {
            if !text.is_empty() {
                text.push_str(if rng.one_in(7) { "\n\n" } else { " " });
            }
            self.sentence(cluster, rng, &mut text);
        }
        text
    }

    fn sentence(&self, cluster: usize, rng: &mut Rng, text: &mut String) {
        let start = text.len();
        for position in 0..rng.between(5, 16) {
            if position > 0 {
                text.push_str(if rng.one_in(12) { ", " } else { " " });
            }
            match rng.below(100) {
                0..40 => text.push_str(rng.pick(COMMON)),
                40..58 => text.push_str(self.topic_word(cluster, rng)),
                58..60 => text.push_str(&rng.below(3000).to_string()),
                60..62 => {
                    text.push_str(self.any(rng));
                    text.push('_');
                    text.push_str(self.any(rng));
                }
                _ => text.push_str(self.any(rng)),
            }
        }
        text[start..=start].make_ascii_uppercase();
        text.push_str(rng.pick(&[".", ".", ".", "?", "!"]));
    }

    /// Words of low rank come often, as in a real language.
    fn any(&self, rng: &mut Rng) -> &str {
        let u = rng.unit();
        &self.words[(u * u * u * WORDS as f64) as usize]
    }
}

fn word(rng: &mut Rng, syllables: usize) -> String {
    (0..syllables)
        .flat_map(|_| [rng.pick(ONSETS), rng.pick(NUCLEI), rng.pick(CODAS)])
        .collect()
}
