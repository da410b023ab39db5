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
    /// A word in lower case, without accents and endings, at most [`LONGEST`] letters.
    pub(super) fn word(&mut self, word: &str) -> &str {
        self.whole(word);
        stem(&mut self.buffer);
        &self.buffer
    }

    /// As [`word`](Self::word), but a name keeps its ending.
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

/// Takes the commonest English endings off a word: plurals, `-ed`, `-ing`, and the `-e` that these
/// replace, so that `cached`, `caching`, `caches` and `cache` are one. Light on purpose: what is left
/// need not be a word, but two words that mean different things seldom meet.
fn stem(word: &mut String) {
    if word.len() < 3 || !word.bytes().all(|b| b.is_ascii_alphabetic()) {
        return;
    }
    let ends =
        |word: &str, ending: &str, least: usize| word.len() >= least && word.ends_with(ending);
    if ends(word, "ies", 5) || ends(word, "ied", 5) {
        word.truncate(word.len() - 2);
        return;
    }
    if ends(word, "s", 4) && !["ss", "us", "is"].iter().any(|end| word.ends_with(end)) {
        word.pop();
    }
    // Something that can be spoken has to stay: `string`, `speed`.
    let spoken = |word: &str, ending: usize| word[..word.len() - ending].contains(VOWELS);
    let ending = if ends(word, "ing", 6) && spoken(word, 3) {
        3
    } else if ends(word, "ed", 5) && !word.ends_with("eed") && spoken(word, 2) {
        2
    } else {
        0
    };
    word.truncate(word.len() - ending);
    let mut last = word.chars().rev();
    let (last, before) = (last.next(), last.next());
    let doubled = ending > 0 && last == before && !matches!(last, Some('l' | 's' | 'z'));
    if word.len() > 3 && (doubled || last == Some('e')) {
        word.pop();
    } else if last == Some('y') && before.is_some_and(|before| !VOWELS.contains(&before)) {
        // `try` as `tries` and `tried`, which may also come from `-ie`.
        word.pop();
        word.push('i');
    }
}

const VOWELS: [char; 6] = ['a', 'e', 'i', 'o', 'u', 'y'];
