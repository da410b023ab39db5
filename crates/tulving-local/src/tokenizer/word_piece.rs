//! WordPiece: a word is cut into the longest pieces that are known, from its beginning on.

use std::collections::HashMap;

use super::bounds::boundary;

/// Characters of the longest word that is cut: the time that it takes grows with the square.
const LONGEST_WORD: usize = 1000;

/// The pieces of WordPiece.
#[derive(Debug)]
pub(super) struct WordPiece {
    ids: HashMap<String, u32>,
    /// Stands for a word that has no pieces.
    unknown: u32,
    /// What pieces begin with that are not at the beginning of a word.
    inside: String,
    /// Longer words are not known.
    longest_word: usize,
    /// Bytes of the longest piece.
    longest: usize,
}

impl WordPiece {
    /// Takes pieces.
    ///
    /// # Errors
    /// A sentence about the piece for unknown words, if it is missing, or about words that are too long.
    pub(super) fn new(
        ids: HashMap<String, u32>,
        unknown: &str,
        inside: String,
        longest_word: usize,
    ) -> Result<Self, String> {
        if longest_word > LONGEST_WORD {
            return Err(format!(
                "it cuts words of {longest_word} characters, and {LONGEST_WORD} are the most"
            ));
        }
        let unknown = ids.get(unknown).copied();
        Ok(Self {
            unknown: unknown.ok_or("its vocabulary has no piece for unknown words")?,
            longest: ids.keys().map(String::len).max().unwrap_or_default(),
            ids,
            inside,
            longest_word,
        })
    }

    /// Appends the tokens of a word.
    pub(super) fn cut(&self, word: &str, tokens: &mut Vec<u32>) {
        let before = tokens.len();
        if word.chars().count() > self.longest_word || !self.cut_known(word, tokens) {
            tokens.truncate(before);
            tokens.push(self.unknown);
        }
    }

    fn cut_known(&self, word: &str, tokens: &mut Vec<u32>) -> bool {
        let (mut rest, mut piece) = (word, String::new());
        while !rest.is_empty() {
            let inside = if rest.len() == word.len() {
                ""
            } else {
                &self.inside
            };
            let mut end = boundary(rest, self.longest.saturating_sub(inside.len()));
            loop {
                if end == 0 {
                    return false;
                }
                piece.clear();
                piece.push_str(inside);
                piece.push_str(&rest[..end]);
                if let Some(id) = self.ids.get(&piece) {
                    tokens.push(*id);
                    break;
                }
                end = boundary(rest, end - 1);
            }
            rest = &rest[end..];
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_cut_into_the_longest_pieces_or_is_unknown() {
        let pieces = ["?", "a", "ab", "##c", "##cd", "é", "##é"];
        let ids = pieces
            .iter()
            .zip(0..)
            .map(|(piece, id)| ((*piece).to_owned(), id));
        let pieces = WordPiece::new(ids.collect(), "?", "##".to_owned(), 5).unwrap();
        for (word, expected) in [
            ("ab", &[2][..]),
            ("abcd", &[2, 4]),
            ("acc", &[1, 3, 3]),
            ("éé", &[5, 6]),
            ("abx", &[0]),
            ("accccc", &[0]),
        ] {
            let mut tokens = vec![9];
            pieces.cut(word, &mut tokens);
            assert_eq!(tokens[1..], *expected, "{word}");
        }
        assert!(WordPiece::new(HashMap::new(), "?", String::new(), 5).is_err());
    }
}
