//! The pieces that a tokenizer knows, as its file lists them.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// The pieces of a tokenizer. Read without a tree in between, which would take many times the memory: BGE-M3 has
/// 250,000 pieces.
#[derive(Debug)]
pub(super) enum Vocabulary {
    /// Pieces with their numbers.
    Ids(HashMap<String, u32>),
    /// Pieces in the order of their numbers, with their scores: logarithms of how frequent each is.
    Scores(Vec<(String, f64)>),
}

impl<'de> Deserialize<'de> for Vocabulary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Vocabulary;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of pieces with their numbers, or a list of pieces with their scores")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vocabulary, A::Error> {
        let mut ids = HashMap::new();
        while let Some((piece, id)) = map.next_entry()? {
            ids.insert(piece, id);
        }
        Ok(Vocabulary::Ids(ids))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vocabulary, A::Error> {
        let mut scores = Vec::new();
        while let Some(piece) = list.next_element()? {
            scores.push(piece);
        }
        Ok(Vocabulary::Scores(scores))
    }
}
