//! The built-in model's tokenizer.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Characters of a text that are looked at. A conversation is embedded by its first 16,000; the rest is room.
const MOST_CHARACTERS: usize = 32_768;

/// The words of a text: runs of letters and digits, lower-case, without accents, each ideograph a word of its own.
///
/// They are kept in one string with single spaces between them, so that a pair of words is a slice of it.
pub(super) struct Words {
    text: String,
    ends: Vec<usize>,
}

impl Words {
    pub(super) fn of(text: &str) -> Self {
        let mut words = Self {
            text: String::with_capacity(text.len().min(MOST_CHARACTERS)),
            ends: Vec::new(),
        };
        let mut inside = false;
        for c in text.chars().take(MOST_CHARACTERS).nfd() {
            if is_combining_mark(c) {
                continue;
            }
            let alone = is_ideograph(c);
            if inside && (alone || !c.is_alphanumeric()) {
                words.ends.push(words.text.len());
                inside = false;
            }
            if !alone && !c.is_alphanumeric() {
                continue;
            }
            if !inside && !words.text.is_empty() {
                words.text.push(' ');
            }
            words.text.extend(c.to_lowercase());
            inside = !alone;
            if alone {
                words.ends.push(words.text.len());
            }
        }
        if inside {
            words.ends.push(words.text.len());
        }
        words
    }

    /// Returns each word, and the pair that it makes with the one before.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let mut before = None;
        self.ends.iter().map(move |&end| {
            let start = before.map_or(0, |(_, end)| end + 1);
            let pair = before.map(|(start, _)| &self.text[start..end]);
            before = Some((start, end));
            (&self.text[start..end], pair)
        })
    }
}

/// Characters of scripts without spaces, which the model takes one by one.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let words = Words::of(text);
        words.iter().map(|(word, _)| word.to_owned()).collect()
    }

    #[test]
    fn words_have_no_case_no_accents_and_no_punctuation() {
        assert_eq!(
            words("Crème-BRÛLÉE, snake_case!"),
            ["creme", "brulee", "snake", "case"]
        );
        assert_eq!(words("I don't 42x"), ["i", "don", "t", "42x"]);
        assert_eq!(words(" \u{301}🦀…\0 "), [""; 0]);
    }

    #[test]
    fn each_ideograph_is_a_word() {
        assert_eq!(words("ab漢字cd 記"), ["ab", "漢", "字", "cd", "記"]);
    }

    #[test]
    fn pairs_are_neighbours() {
        let words = Words::of("New York, 漢x");
        let pairs: Vec<_> = words.iter().map(|(_, pair)| pair).collect();
        assert_eq!(
            pairs,
            [None, Some("new york"), Some("york 漢"), Some("漢 x")]
        );
    }
}
