//! Words brought to the form they are compared in.

use unicode_normalization::UnicodeNormalization;

use super::LONGEST;
use super::script::is_unseen;

/// Folds one word after the other into one buffer.
#[derive(Default)]
pub(super) struct Folder {
    buffer: String,
}

impl Folder {
    /// A word in lower case, without accents, in the singular, at most [`LONGEST`] letters.
    pub(super) fn word(&mut self, word: &str) -> &str {
        self.whole(word);
        singular(&mut self.buffer);
        &self.buffer
    }

    /// As [`word`](Self::word), but a name keeps its plural.
    pub(super) fn whole(&mut self, word: &str) -> &str {
        self.buffer.clear();
        if word.is_ascii() {
            self.buffer.push_str(&word[..word.len().min(LONGEST)]);
            self.buffer.make_ascii_lowercase();
        } else {
            // Compatibility first, since it can bring capitals (`℡`); composed again at the end,
            // since it takes Hangul apart.
            self.buffer.extend(
                word.chars()
                    .filter(|c| !is_unseen(*c))
                    .nfkd()
                    .filter(|c| !is_accent(*c))
                    .flat_map(char::to_lowercase)
                    // Some capitals are an accented letter when small: `İ`.
                    .filter(|c| !is_accent(*c))
                    .map(|c| match c {
                        'ς' => 'σ',
                        '’' => '\'',
                        other => other,
                    })
                    .nfc()
                    .take(LONGEST),
            );
        }
        &self.buffer
    }
}

/// The accents of Latin, Greek and Cyrillic. Marks of other scripts are vowels, or tell words apart.
fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Takes an English plural's ending off, and takes nothing off what only looks like one.
fn singular(word: &mut String) {
    let letters = word.len();
    if letters < 4 || !word.ends_with('s') || !word.bytes().all(|b| b.is_ascii_alphabetic()) {
        return;
    }
    if word.ends_with("ies") && letters > 4 {
        word.truncate(letters - 3);
        word.push('y');
    } else if !word.ends_with("ss") && !word.ends_with("us") && !word.ends_with("is") {
        word.truncate(letters - 1);
    }
}
