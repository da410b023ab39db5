//! Unigram: of all ways to cut a word into pieces, the one that is likeliest.

use std::collections::HashMap;

/// What a character that is in no piece costs beside the rarest piece.
const PENALTY: f64 = 10.0;

/// Bytes of the longest piece: each place of a text is compared with pieces of up to that length.
const LONGEST: usize = 512;

/// The pieces of Unigram.
#[derive(Debug)]
pub(super) struct Unigram {
    /// Sorted.
    pieces: Vec<Piece>,
    /// Stands for what is in no piece.
    unknown: u32,
    unknown_score: f64,
    /// The piece of each byte, for what is in no other piece.
    bytes: Option<Vec<u32>>,
}

#[derive(Debug)]
struct Piece {
    text: String,
    score: f64,
    id: u32,
}

/// The best way to the end of a piece.
#[derive(Clone, Copy)]
struct Way {
    score: f64,
    start: usize,
    /// None: a character that is in no piece.
    id: Option<u32>,
}

impl Unigram {
    /// Takes pieces in the order of their numbers.
    ///
    /// # Errors
    /// A sentence about the piece for unknown characters, if it is missing, or about one that is too long.
    pub(super) fn new(
        scores: Vec<(String, f64)>,
        unknown: Option<usize>,
        byte_fallback: bool,
    ) -> Result<Self, String> {
        let unknown = unknown.filter(|unknown| *unknown < scores.len());
        let unknown = unknown.ok_or("its vocabulary has no piece for unknown characters")?;
        if let Some(longest) = scores.iter().map(|(text, _)| text.len()).max()
            && longest > LONGEST
        {
            return Err(format!(
                "its vocabulary has a piece of {longest} bytes, and {LONGEST} are the most"
            ));
        }
        let lowest = scores
            .iter()
            .map(|(_, score)| *score)
            .fold(f64::INFINITY, f64::min);
        // Of two that are the same the later counts.
        let pieces: HashMap<String, (f64, u32)> = scores
            .into_iter()
            .zip(0..)
            .map(|((text, score), id)| (text, (score, id)))
            .collect();
        let bytes = (0..=255_u8).map(|byte| Some(pieces.get(&format!("<0x{byte:02X}>"))?.1));
        let bytes = bytes
            .collect::<Option<Vec<u32>>>()
            .filter(|_| byte_fallback);
        let pieces = pieces.into_iter().filter(|(text, _)| !text.is_empty());
        let mut pieces: Vec<Piece> = pieces
            .map(|(text, (score, id))| Piece { text, score, id })
            .collect();
        pieces.sort_unstable_by(|one, other| one.text.cmp(&other.text));
        Ok(Self {
            pieces,
            unknown: unknown as u32,
            unknown_score: lowest - PENALTY,
            bytes,
        })
    }

    /// Appends the tokens of a word.
    pub(super) fn cut(&self, word: &str, tokens: &mut Vec<u32>) {
        let mut ways: Vec<Option<Way>> = vec![None; word.len() + 1];
        for (start, c) in word.char_indices() {
            let so_far = ways[start].map_or(0.0, |way| way.score);
            let mut take = |end: usize, score: f64, id| {
                let score = so_far + score;
                if ways[end].is_none_or(|way| score > way.score) {
                    ways[end] = Some(Way { score, start, id });
                }
            };
            let next = start + c.len_utf8();
            let mut is_in_a_piece = false;
            self.each_at(&word.as_bytes()[start..], |piece| {
                let end = start + piece.text.len();
                take(end, piece.score, Some(piece.id));
                is_in_a_piece |= end == next;
            });
            if !is_in_a_piece {
                take(next, self.unknown_score, None);
            }
        }
        let mut parts = Vec::new();
        let mut end = word.len();
        // Each way begins before its end.
        while let Some(way) = ways[end].filter(|_| end > 0) {
            parts.push((way.start, end, way.id));
            end = way.start;
        }
        let mut after_unknown = false;
        for (start, end, id) in parts.into_iter().rev() {
            match (id.filter(|id| *id != self.unknown), &self.bytes) {
                (Some(id), _) => tokens.push(id),
                (None, Some(bytes)) => {
                    let of = |byte: &u8| bytes.get(usize::from(*byte));
                    tokens.extend(word.as_bytes()[start..end].iter().filter_map(of));
                }
                // Unknown characters that follow each other are one.
                (None, None) if after_unknown => {}
                (None, None) => tokens.push(self.unknown),
            }
            after_unknown = id.is_none_or(|id| id == self.unknown);
        }
    }

    /// Gives all pieces that a text begins with, the shortest first.
    fn each_at(&self, text: &[u8], mut give: impl FnMut(&Piece)) {
        let mut begun = self.pieces.as_slice();
        for (at, byte) in text.iter().enumerate() {
            // All have the bytes before this one, and the next one or none more.
            let next = |piece: &Piece| piece.text.as_bytes().get(at).copied();
            let from = begun.partition_point(|piece| next(piece) < Some(*byte));
            let to = begun.partition_point(|piece| next(piece) <= Some(*byte));
            begun = &begun[from..to];
            match begun.first() {
                Some(piece) if piece.text.len() == at + 1 => give(piece),
                Some(_) => {}
                None => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(byte_fallback: bool, more: &[&str], word: &str) -> Vec<u32> {
        let mut scores: Vec<(String, f64)> = [
            ("?", 0.0),
            ("a", -1.0),
            ("b", -1.0),
            ("c", -1.0),
            ("ab", -1.5),
            ("bc", -1.2),
            ("abcd", -9.0),
            ("é", -2.0),
        ]
        .map(|(piece, score)| (piece.to_owned(), score))
        .into();
        scores.extend(more.iter().map(|piece| ((*piece).to_owned(), -5.0)));
        let mut tokens = Vec::new();
        Unigram::new(scores, Some(0), byte_fallback)
            .unwrap()
            .cut(word, &mut tokens);
        tokens
    }

    #[test]
    fn a_word_is_cut_the_likeliest_way() {
        assert!(cut(false, &[], "").is_empty());
        assert_eq!(cut(false, &[], "abc"), [1, 5]);
        assert_eq!(cut(false, &[], "abab"), [4, 4]);
        assert_eq!(cut(false, &[], "aéa"), [1, 7, 1]);
        // Better than three pieces and something unknown.
        assert_eq!(cut(false, &[], "abcd"), [6]);
        assert_eq!(cut(false, &[], "axyzb日"), [1, 0, 2, 0]);
    }

    #[test]
    fn what_is_in_no_piece_becomes_bytes_if_there_are_pieces_for_them() {
        let bytes: Vec<String> = (0..=255)
            .map(|byte: u8| format!("<0x{byte:02X}>"))
            .collect();
        let bytes: Vec<&str> = bytes.iter().map(String::as_str).collect();
        assert_eq!(cut(true, &bytes, "aß"), [1, 8 + 0xc3, 8 + 0x9f]);
        assert_eq!(cut(true, &bytes[1..], "aß"), [1, 0]);
    }

    #[test]
    fn a_vocabulary_without_a_piece_for_the_unknown_is_refused() {
        for unknown in [None, Some(1), Some(usize::MAX)] {
            assert!(Unigram::new(vec![("a".to_owned(), 0.0)], unknown, false).is_err());
        }
    }
}
