//! Normalisation: words are brought to the form in which they are compared.
//!
//! Compatibility first, since it can bring capitals (`℡`); then what readers of each script take
//! for the same ([`letters`](super::letters)); then case, folded in full (`ß` as `ss`); composed
//! again at the end, since the first step takes Hangul apart.
//!
//! Who writes without accents finds what has them, and the other way round. So that the word as it
//! was written still counts for more, it is a second token: `phở` is `pho` and `phở`. And `ü` can be
//! spelled `ue`, which is a third.

use unicode_normalization::UnicodeNormalization;

use super::letters::{self, Accents, Lost};
use super::script::is_apostrophe;
use super::stem::stem;
use tulving_model::is_unseen;

/// Letters of the longest token; what is longer is cut. Nobody types it, and a page of Base64 would
/// be one term of the index.
pub(super) const LONGEST: usize = 64;

/// Bytes from which [`LONGEST`] letters are composed, be they Hangul in three parts: the rest of a long
/// word need not be looked at.
const ENOUGH: usize = 16 * LONGEST;

/// Folds one word after the other into one buffer.
#[derive(Debug, Default)]
pub(super) struct Folder {
    buffer: String,
    letters: String,
}

impl Folder {
    /// Calls `each` with every form that a word is found by; the first is [`word`](Self::word).
    pub(super) fn forms(&mut self, word: &str, mut each: impl FnMut(&str)) {
        let lost = self.fold(word, Accents::Dropped);
        stem(&mut self.buffer);
        each(&self.buffer);
        letters::without_prefixes(&self.buffer, &mut each);
        if lost.accents {
            self.fold(word, Accents::Kept);
            each(&self.buffer);
        }
        if lost.umlauts {
            self.fold(word, Accents::Spelled);
            stem(&mut self.buffer);
            each(&self.buffer);
        }
    }

    /// Returns a word without case, accents and endings (folded and stemmed), at most [`LONGEST`]
    /// letters.
    pub(super) fn word(&mut self, word: &str) -> &str {
        self.fold(word, Accents::Dropped);
        stem(&mut self.buffer);
        &self.buffer
    }

    /// Folds as [`word`](Self::word) does, but a name keeps its ending.
    pub(super) fn whole(&mut self, name: &str) -> &str {
        self.fold(name, Accents::Dropped);
        &self.buffer
    }

    /// Returns a letter behind a sign that tells what it is found as.
    pub(super) fn marked(&mut self, mark: char, letter: &str) -> &str {
        self.fold(letter, Accents::Dropped);
        if !self.buffer.is_empty() {
            self.buffer.insert(0, mark);
        }
        &self.buffer
    }

    /// Signs, as they are.
    pub(super) fn signs(&mut self, signs: impl Iterator<Item = char>) -> &str {
        self.buffer.clear();
        self.buffer.extend(signs);
        &self.buffer
    }

    fn fold(&mut self, word: &str, accents: Accents) -> Lost {
        self.buffer.clear();
        let mut lost = Lost::default();
        if word.is_ascii() {
            self.buffer.push_str(&word[..word.len().min(LONGEST)]);
            self.buffer.make_ascii_lowercase();
            self.buffer.retain(|c| !is_apostrophe(c));
            return lost;
        }
        self.letters.clear();
        for c in word.chars().filter(|c| !is_unseen(*c)).nfkd() {
            if self.letters.len() > ENOUGH {
                break;
            }
            letters::push(c, accents, &mut self.letters, &mut lost);
        }
        // Small, capital and small again is the full folding of Unicode, and makes one of the four
        // letters that Turkish has for `i`.
        self.buffer.extend(
            self.letters
                .chars()
                .flat_map(char::to_lowercase)
                .flat_map(char::to_uppercase)
                .flat_map(char::to_lowercase)
                .nfc()
                .take(LONGEST),
        );
        lost
    }
}
