//! Whether two texts say the same, and how much of one is in the other.
//!
//! | question | answer |
//! |---|---|
//! | is it the same text? | [`normal`] forms are compared, and found by their [`content_hash`] |
//! | does it say the same in nearly the same words? | [`Wording::is_near`] |
//! | how much of it is taken from another? | [`Wording::share_in`] |
//!
//! The normal form leaves out how a text was laid out: the Unicode form of letters, ends of lines, blanks between
//! words and at the ends of lines, blank lines. Capital letters and indentation stay, because in a command and
//! in Python they are what is said.
//!
//! Near texts are compared by what carries meaning. A text that adds a `please` or a `really`, or has other signs
//! between its words, is near; one with another number, name, sign of a formula or `not` is another text, however
//! long the rest. So each word of one has to be in the other, in about the same order.

use twox_hash::XxHash3_64;
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};
use unicode_segmentation::UnicodeSegmentation as _;

/// From this resemblance on two texts are near. Measured on labelled pairs (`crates/tulving/tests/sameness`).
pub const NEAR: f64 = 0.8;

/// Words that are looked at together.
const SHINGLE: usize = 3;

/// With fewer telling words than this, every word counts.
const SHORT: usize = 4;

/// Of a text with fewer shingles nobody can say that it is a quotation.
const FEWEST: usize = 12;

/// Words that may come or go and leave what is said as it was.
#[rustfmt::skip]
const LIGHT: [&str; 44] = [
    "a", "actually", "also", "an", "auch", "basically", "bitte", "danke", "das", "dem", "den", "der", "des", "die",
    "doch", "eben", "eigentlich", "ein", "eine", "einem", "einen", "einer", "eines", "halt", "hallo", "hello", "hey",
    "hi", "just", "kindly", "mal", "nun", "oh", "ok", "okay", "please", "really", "so", "thank", "thanks", "that", "the",
    "very", "well",
];

/// Words that turn what is said into its contrary.
#[rustfmt::skip]
const NEGATIONS: [&str; 21] = [
    "cannot", "kein", "keine", "keinem", "keinen", "keiner", "keines", "neither", "never", "nicht", "nichts", "nie",
    "niemals", "no", "nor", "not", "ohne", "weder", "without", "nein", "none",
];

/// The same in scripts without spaces.
const NEGATING: [&str; 11] = [
    "ない", "なか", "なく", "なし", "ませ", "不", "没", "無", "无", "非", "未",
];

/// Returns the normal form of a text: what it says, however it was laid out.
#[must_use]
pub fn normal(text: &str) -> String {
    let composed: String;
    let text = match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text,
        _ => {
            composed = text.nfc().collect();
            &composed
        }
    };
    let mut normal = String::with_capacity(text.len());
    for line in text.split(['\n', '\r']) {
        let words = line.trim_start();
        let mut before = match normal.is_empty() {
            true => "",
            false => &line[..line.len() - words.len()],
        };
        for (place, word) in words.split_whitespace().enumerate() {
            if place == 0 && !normal.is_empty() {
                normal.push('\n');
            }
            normal.push_str(before);
            normal.push_str(word);
            before = " ";
        }
    }
    normal
}

/// Returns the hash of a text's [`normal`] form. Texts that say the same have the same hash; two that do not may have
/// it by chance. It is kept in databases and files, so every version has to reckon it alike.
#[must_use]
pub fn content_hash(text: &str) -> u64 {
    hash_of_normal(&normal(text))
}

/// Returns the same of a text that is in its normal form.
#[must_use]
pub fn hash_of_normal(text: &str) -> u64 {
    XxHash3_64::oneshot(text.as_bytes())
}

/// A text as it is compared with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// All words in order.
    words: Vec<u64>,
    /// Those that tell something, by number.
    telling: Vec<u64>,
    /// Hashes of telling words that stand together, each once, by number.
    shingles: Vec<u64>,
    /// Numbers, identifiers, options: what is no plain word, in order.
    figures: Vec<u64>,
    negations: usize,
}

impl Wording {
    /// Reads a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let text: String = text
            .nfkc()
            .map(|c| if c == '’' { '\'' } else { c })
            .collect();
        let lower = text.to_lowercase();
        let (mut words, mut telling) = (Vec::new(), Vec::new());
        let mut negations = 0;
        for word in lower.unicode_words() {
            let hash = XxHash3_64::oneshot(word.as_bytes());
            words.push(hash);
            negations += usize::from(NEGATIONS.contains(&word) || word.ends_with("n't"));
            if !LIGHT.contains(&word) {
                telling.push(hash);
            }
        }
        negations += NEGATING
            .iter()
            .map(|negating| lower.matches(negating).count())
            .sum::<usize>();
        let mut shingles: Vec<u64> = match telling.len() {
            0 => Vec::new(),
            1..SHINGLE => vec![joined(&telling)],
            _ => telling.windows(SHINGLE).map(joined).collect(),
        };
        shingles.sort_unstable();
        shingles.dedup();
        telling.sort_unstable();
        Self {
            words,
            telling,
            shingles,
            figures: figures(&text)
                .map(|figure| XxHash3_64::oneshot(figure.as_bytes()))
                .collect(),
            negations,
        }
    }

    /// Returns how alike two texts are, from 0 to 1: the shingles that both have, of those that either has.
    #[must_use]
    pub fn resemblance(&self, other: &Self) -> f64 {
        let shared = shared(&self.shingles, &other.shingles);
        let either = self.shingles.len() + other.shingles.len() - shared;
        shared as f64 / either.max(1) as f64
    }

    /// Returns whether two texts say the same in nearly the same words.
    #[must_use]
    pub fn is_near(&self, other: &Self) -> bool {
        self.may_be_near(other) && self.resemblance(other) >= NEAR
    }

    /// Returns whether nothing but their resemblance speaks against it that two texts say the same.
    #[must_use]
    pub fn may_be_near(&self, other: &Self) -> bool {
        let fewer = self.telling.len().min(other.telling.len());
        if fewer < SHORT && self.words != other.words {
            return false;
        }
        fewer > 0
            && self.negations == other.negations
            && self.figures == other.figures
            && shared(&self.telling, &other.telling) == fewer
    }

    /// Returns how much of it is in another, from 0 to 1; nothing where it is too short to tell.
    #[must_use]
    pub fn share_in(&self, other: &Self) -> Option<f64> {
        let all = self.shingles.len();
        (all >= FEWEST).then(|| shared(&self.shingles, &other.shingles) as f64 / all as f64)
    }

    /// Returns hashes of words that stand together: near texts have some in common.
    #[must_use]
    pub fn shingles(&self) -> &[u64] {
        &self.shingles
    }
}

fn joined(words: &[u64]) -> u64 {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    XxHash3_64::oneshot(&bytes)
}

/// Returns how many two sorted lists have in common, each as often as it is in both.
fn shared(one: &[u64], other: &[u64]) -> usize {
    let (mut rest, mut shared) = (other.iter().peekable(), 0);
    for hash in one {
        while rest.next_if(|next| *next < hash).is_some() {}
        shared += usize::from(rest.next_if_eq(&hash).is_some());
    }
    shared
}

/// Returns what of a text is no plain word: what holds a digit, or a sign between its letters or without any,
/// and options such as `-a`. Signs around a word are those of a sentence or of Markdown.
fn figures(text: &str) -> impl Iterator<Item = &str> {
    let runs = text.split(|c: char| c.is_whitespace() || is_unspaced(c));
    runs.filter_map(|run| {
        let is_around = |c: char| ".,;:!?()[]{}\"'`*_„“”‚‘…«»#|".contains(c);
        let core = run.trim_matches(is_around);
        let is_word = |c: char| c.is_alphabetic() || c == '\'';
        let inside = core.trim_start_matches('-');
        let is_option = inside.len() < core.len() && inside.starts_with(is_word);
        let has_sign = core.contains(|c: char| !is_word(c) && c != '-' && !is_dash(c));
        (is_option || has_sign).then_some(core)
    })
}

fn is_dash(c: char) -> bool {
    ('\u{2010}'..='\u{2015}').contains(&c)
}

/// Whether a character is of a script that is written without spaces, or one of its signs.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' | '\u{e00}'..='\u{e7f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_near(one: &str, other: &str) -> bool {
        Wording::of(one).is_near(&Wording::of(other))
    }

    #[test]
    fn layout_is_no_part_of_the_normal_form() {
        for text in [
            "  Zu\u{308}rich \t is\u{a0}far.\r\n\r\n\r\n  if x:\n    go \n\n",
            "Zürich is far.\n  if x:\n    go",
        ] {
            assert_eq!(normal(text), "Zürich is far.\n  if x:\n    go");
        }
        for (one, other) in [
            ("ls -a", "ls -A"),
            ("if x:\n  a\n  b", "if x:\n  a\nb"),
            ("Yes.", "Yes!"),
            ("a b", "ab"),
        ] {
            assert_ne!(content_hash(one), content_hash(other), "{one}");
        }
        assert_eq!(normal(" \n\t"), "");
    }

    /// Databases and files keep it.
    #[test]
    fn the_hash_stays_what_it_is() {
        assert_eq!(content_hash("Why?\n\nBecause."), 17953564932177766321);
    }

    #[test]
    fn what_is_no_plain_word_is_a_figure() {
        let of = |text| figures(text).collect::<Vec<_>>();
        let text =
            "**Run** `ls -a`, then well-known (a+b) on v1.2: x < 3; “src/main.rs” don't – 30 %.";
        assert_eq!(
            of(text),
            ["-a", "a+b", "v1.2", "<", "3", "src/main.rs", "30", "%"]
        );
        assert_eq!(of("ポート5432を、使う。"), ["5432"]);
        assert_eq!(of(""), Vec::<&str>::new());
    }

    #[test]
    fn short_texts_are_the_same_word_for_word_or_not_at_all() {
        assert!(is_near("Yes.", "yes"));
        assert!(!is_near("yes", "yes please"));
        assert!(!is_near("ok", "okay"));
        assert!(!is_near("👍", "👎"));
        assert!(!is_near("", ""));
    }

    #[test]
    fn a_quotation_is_found_in_what_it_was_taken_from() {
        let memory = "The pool was exhausted because every request opened a connection of its own and none was ever \
                      given back, so the worker waited for one until the health check killed it.";
        let answer = Wording::of(&format!("As noted: {}", &memory[..120]));
        let memory = Wording::of(memory);
        assert!(answer.share_in(&memory).unwrap() > 0.8);
        assert!(memory.share_in(&answer).unwrap() < 0.8);
        assert_eq!(
            Wording::of("The pool was exhausted.").share_in(&memory),
            None
        );
    }

    proptest! {
        #[test]
        fn the_normal_form_is_its_own(text in r"(\PC|[a-z \n\r\t]|\u{308}){0,60}") {
            let once = normal(&text);
            prop_assert_eq!(normal(&once), once);
        }

        #[test]
        fn blanks_and_unicode_forms_make_no_difference(words in prop::collection::vec("[a-zäöüé]{1,8}", 1..30)) {
            let other: String = words.join(" \t").nfd().collect();
            prop_assert_eq!(content_hash(&words.join(" ")), content_hash(&format!("\n{other} \r\n")));
        }

        #[test]
        fn nearness_has_no_direction_and_a_text_is_near_itself(
            one in r"([a-e]|[0-9]|[。な不い]| |the |not ){0,40}",
            other in r"([a-e]|[0-9]|[。な不い]| |the |not ){0,40}",
        ) {
            prop_assert_eq!(is_near(&one, &other), is_near(&other, &one));
            let read = Wording::of(&one);
            prop_assert_eq!(read.is_near(&read), !read.telling.is_empty());
            prop_assert!((0.0..=1.0).contains(&read.resemblance(&Wording::of(&other))));
        }

        #[test]
        fn any_text_is_read(text in r"\PC{0,80}") {
            let read = Wording::of(&text);
            prop_assert!(read.share_in(&read).is_none_or(|share| share == 1.0));
        }
    }
}
