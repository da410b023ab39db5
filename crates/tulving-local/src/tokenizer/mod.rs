//! Texts into tokens, as `tokenizer.json` says: WordPiece of BERT, and SentencePiece's Unigram of XLM-RoBERTa.
//!
//! A text goes through five steps: tokens that are named in it are taken out (`added`), what is left is brought to one
//! form (`normalizer`), cut into words (`split`), and these into pieces (`word_piece`, `unigram`); then the tokens that
//! stand around a text are put there (`around`). What a tokenizer asks for beyond that is refused when it is read.

mod added;
mod around;
mod bounds;
mod charsmap;
mod normalizer;
mod split;
mod unigram;
mod vocabulary;
mod word_piece;

use std::borrow::Cow;
use std::path::Path;

use serde::Deserialize;

use self::added::{Added, AddedToken, Part};
use self::around::{Around, GivenAround};
use self::bounds::{MOST_STEPS, boundary};
use self::normalizer::{GivenNormalizer, Normalizer};
use self::split::{GivenSplit, Split};
use self::unigram::Unigram;
use self::vocabulary::Vocabulary;
use self::word_piece::WordPiece;
use crate::layout::Layout;
use crate::{LocalError, files};

/// Bytes of a text that are looked at for each token that it may have. Hardly any token is half as long, and a text of
/// megabytes should not take seconds only to be cut off.
const BYTES_PER_TOKEN: usize = 100;

/// White space makes few tokens or none: so many times as much of a text is looked at if it is mostly that.
const WHITE: usize = 64;

/// What cuts texts into tokens.
#[derive(Debug)]
pub(crate) struct Tokenizer {
    /// Tokens that are looked for in texts as they are, and in what the normalizer has made of them.
    plain: Added,
    normalized: Added,
    normalizer: Normalizer,
    split: Split,
    pieces: Pieces,
    around: Around,
    /// Most tokens of a text, those around it included.
    longest: usize,
    small_letters: bool,
}

#[derive(Debug)]
enum Pieces {
    WordPiece(WordPiece),
    Unigram(Unigram),
}

/// `tokenizer.json`. What it says of truncation and of filling up is of its training, or of somebody's example.
#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
    normalizer: Option<GivenNormalizer>,
    pre_tokenizer: Option<GivenSplit>,
    post_processor: Option<GivenAround>,
    model: GivenPieces,
}

#[derive(Deserialize)]
struct GivenPieces {
    r#type: Option<String>,
    vocab: Vocabulary,
    unk_id: Option<usize>,
    unk_token: Option<String>,
    continuing_subword_prefix: Option<String>,
    max_input_chars_per_word: Option<usize>,
    #[serde(default)]
    byte_fallback: bool,
}

impl Tokenizer {
    /// Reads it.
    ///
    /// # Errors
    /// When it cannot be read, is damaged, is of another kind, or leaves no place for a text.
    pub(crate) fn read(layout: &Layout) -> Result<Self, LocalError> {
        let path = layout.transformer.join("tokenizer.json");
        let given: Given = files::json(&path)?;
        let wrong = |why: String| LocalError::malformed(&path, why);
        let normalizer = Normalizer::new(given.normalizer).map_err(wrong)?;
        let (normalized, plain) = given
            .added_tokens
            .into_iter()
            .partition(|token| token.normalized);
        let split = Split::new(given.pre_tokenizer);
        if split.steps() > MOST_STEPS {
            let why = format!(
                "its pre_tokenizer has {} steps, and {MOST_STEPS} are the most",
                split.steps()
            );
            return Err(wrong(why));
        }
        let around = Around::new(given.post_processor).map_err(wrong)?;
        if layout.longest <= around.count() {
            let (longest, around) = (layout.longest, around.count());
            let why = format!(
                "a text may have {longest} tokens, and {around} stand around it: none is left"
            );
            return Err(wrong(why));
        }
        Ok(Self {
            plain: Added::new(plain, &Normalizer::default()).map_err(wrong)?,
            normalized: Added::new(normalized, &normalizer).map_err(wrong)?,
            normalizer,
            split,
            pieces: given.model.read(&path)?,
            around,
            longest: layout.longest,
            small_letters: layout.small_letters,
        })
    }

    /// Returns the tokens of a text with those around it, at most as many as the model takes.
    pub(crate) fn tokens(&self, text: &str) -> Vec<u32> {
        let most = self.longest.saturating_mul(BYTES_PER_TOKEN);
        let text = &text[..window(text, most)];
        let text = match self.small_letters {
            true => Cow::Owned(text.to_lowercase()),
            false => Cow::Borrowed(text),
        };
        let room = self.longest - self.around.count();
        let mut tokens = Vec::new();
        self.plain.look(&text, &mut |part, is_first| match part {
            Part::Token(id) => tokens.push(id),
            Part::Text(text) if tokens.len() < room => {
                let text = self.normalizer.apply(text);
                self.normalized
                    .look(&text, &mut |part, is_first_of_it| match part {
                        Part::Token(id) => tokens.push(id),
                        Part::Text(text) => {
                            self.split
                                .words(text, is_first && is_first_of_it, &mut |word| {
                                    self.pieces.cut(word, &mut tokens);
                                });
                        }
                    });
            }
            Part::Text(_) => {}
        });
        tokens.truncate(room);
        self.around.put(tokens)
    }
}

impl Pieces {
    fn cut(&self, word: &str, tokens: &mut Vec<u32>) {
        match self {
            Self::WordPiece(pieces) => pieces.cut(word, tokens),
            Self::Unigram(pieces) => pieces.cut(word, tokens),
        }
    }
}

impl GivenPieces {
    fn read(self, path: &Path) -> Result<Pieces, LocalError> {
        let kind = self.r#type.as_deref();
        let wrong = |why: String| LocalError::malformed(path, why);
        match (kind, self.vocab) {
            (Some("WordPiece") | None, Vocabulary::Ids(ids)) => Ok(Pieces::WordPiece(
                WordPiece::new(
                    ids,
                    self.unk_token.as_deref().unwrap_or("[UNK]"),
                    self.continuing_subword_prefix
                        .unwrap_or_else(|| "##".to_owned()),
                    self.max_input_chars_per_word.unwrap_or(100),
                )
                .map_err(wrong)?,
            )),
            (Some("Unigram") | None, Vocabulary::Scores(scores)) => Ok(Pieces::Unigram(
                Unigram::new(scores, self.unk_id, self.byte_fallback).map_err(wrong)?,
            )),
            (kind, _) => {
                let what = format!("a tokenizer of the kind {:?}", kind.unwrap_or("?"));
                let instead = "WordPiece and Unigram are";
                Err(LocalError::unsupported(path, what, instead))
            }
        }
    }
}

/// Returns where a text is cut off: behind so many bytes that are not white space.
fn window(text: &str, most: usize) -> usize {
    if text.len() <= most {
        return text.len();
    }
    let near = &text[..boundary(text, most.saturating_mul(WHITE))];
    let mut seen = 0;
    let beyond = near.char_indices().find(|(_, c)| {
        seen += if c.is_whitespace() { 0 } else { c.len_utf8() };
        seen > most
    });
    beyond.map_or(near.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_off_by_what_is_not_white() {
        assert_eq!(window("abc", 3), 3);
        assert_eq!(window("abcd", 3), 3);
        assert_eq!(window(" a  b c d ", 3), 8);
        assert_eq!(window("aéé", 4), 3);
        // A text of nothing but white space has an end, too.
        assert_eq!(window(&" ".repeat(1000), 3), 3 * WHITE);
    }
}
