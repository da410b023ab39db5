//! Whether two texts say the same.
//!
//! | question | answer |
//! |---|---|
//! | is it the same text? | their [`normal`] forms are equal |
//! | does it say the same in nearly the same words? | their [`near`] forms are equal |
//! | which texts come into question? | those with the same [`content_hash`] |
//!
//! The normal form leaves out how a text was laid out: the Unicode form of letters, ends of lines, blanks between
//! words and at the ends of lines, blank lines. Capital letters and indentation stay, because in a command and
//! in Python they are what is said.
//!
//! The near form leaves out what carries no meaning: signs between words, the capital letter that a word begins with, and
//! words such as `please` and `really`. What tells something stays, in order: a text with another number, name, sign of
//! a formula or `not`, or with words in another order, is another text. Being near is therefore as transitive as being
//! the same, and one hash finds both.

use std::fmt::Write as _;

use twox_hash::XxHash3_64;
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};
use unicode_segmentation::UnicodeSegmentation as _;

/// With fewer telling words than this, every word counts.
const SHORT: usize = 4;

/// Bytes of the longest text that is looked at word by word. A longer one is not said again in nearly the same words.
const LONGEST: usize = 1 << 16;

/// Words that may come or go and leave what is said as it was.
#[rustfmt::skip]
const LIGHT: [&str; 44] = [
    "a", "actually", "also", "an", "auch", "basically", "bitte", "danke", "das", "dem", "den", "der", "des", "die",
    "doch", "eben", "eigentlich", "ein", "eine", "einem", "einen", "einer", "eines", "hallo", "halt", "hello", "hey",
    "hi", "just", "kindly", "mal", "nun", "oh", "ok", "okay", "please", "really", "so", "thank", "thanks", "that", "the",
    "very", "well",
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

/// Returns the near form of a text: the words that tell something, in order, with what is no plain word, and how much
/// is asked after the first line, which in a node is the question. `None` where nothing is told, where the
/// layout is part of what is said (indented lines and blocks of code), and of texts above 64 KiB.
#[must_use]
pub fn near(text: &str) -> Option<String> {
    near_of(&normal(text))
}

/// Returns the near form of a text that is in its normal form.
fn near_of(normal: &str) -> Option<String> {
    if normal.len() > LONGEST || is_laid_out(normal) {
        return None;
    }
    let text: String = normal
        .nfkc()
        .map(|c| if c == '’' { '\'' } else { c })
        .collect();
    let words: Vec<String> = text.unicode_words().map(uncapitalised).collect();
    let tells = |word: &&String| LIGHT.binary_search(&word.to_lowercase().as_str()).is_err();
    let telling: Vec<&String> = words.iter().filter(tells).collect();
    let told = match telling.len() {
        0 => return None,
        1..SHORT => words.iter().collect(),
        _ => telling,
    };
    let mut near = String::with_capacity(text.len());
    for part in told.into_iter().map(String::as_str).chain(figures(&text)) {
        near.push_str(part);
        near.push('\n');
    }
    let answer = text.split_once('\n').map_or("", |(_, answer)| answer);
    // Writing to a string does not fail.
    let _ = write!(near, "{}", answer.matches('?').count());
    Some(near)
}

/// Returns the hash of what a text says. Texts whose [`normal`] or [`near`] forms are equal have the same hash; two that
/// say something else may have it by chance. It is kept in databases and files, so every version has to reckon it alike.
#[must_use]
pub fn content_hash(text: &str) -> u64 {
    let normal = normal(text);
    let said = near_of(&normal).unwrap_or(normal);
    XxHash3_64::oneshot(said.as_bytes())
}

/// Returns whether lines are indented, or a block of code is marked.
fn is_laid_out(text: &str) -> bool {
    text.contains("```") || text.contains("\n\t") || text.contains("\n  ")
}

fn uncapitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().into_iter().flat_map(char::to_lowercase);
    first.chain(letters).collect()
}

/// Returns what of a text is no plain word: what holds a digit, or a sign between its letters, behind them or without
/// any, and options such as `-a`. Signs around a word are those of a sentence or of Markdown, and so is one that
/// a line begins with.
fn figures(text: &str) -> impl Iterator<Item = &str> {
    let of_line = |line| {
        let runs = str::split(line, |c: char| c.is_whitespace() || is_unspaced(c));
        runs.filter(|run| !run.is_empty()).enumerate()
    };
    text.lines().flat_map(of_line).filter_map(|(at, run)| {
        let is_around = |c: char| ".,;:!?()[]{}\"'`*_„“”‚‘…«»|".contains(c);
        let core = run.trim_end_matches(is_around);
        let core = core.trim_start_matches(|c| is_around(c) || c == '#');
        if core.is_empty() {
            let alone = run.trim_matches(|c| is_around(c) && !"*_|".contains(c));
            return (at > 0 && alone.chars().count() == 1).then_some(alone);
        }
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
        near(one).is_some_and(|form| Some(form) == near(other))
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
            ("Yes.", "Yes, sir."),
            ("a b", "ab"),
        ] {
            assert_ne!(content_hash(one), content_hash(other), "{one}");
        }
        assert_eq!(normal(" \n\t"), "");
    }

    /// Databases and files keep it.
    #[test]
    fn the_hash_stays_what_it_is() {
        assert_eq!(
            content_hash("Why?\n\nBecause it rained in May, please."),
            3324694072741469314
        );
        assert_eq!(content_hash("if x:\n    go"), 12877248810936058473);
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
        assert_eq!(of("# C# is not C\n* x * y | z"), ["C#", "*", "|"]);
        assert_eq!(of("ポート5432を、使う。"), ["5432"]);
        assert_eq!(of(""), Vec::<&str>::new());
    }

    #[test]
    fn a_long_text_is_the_same_or_another() {
        assert!(LIGHT.is_sorted());
        let long = "It rained in May. ".repeat(4_000);
        assert_eq!(near(&long), None);
        assert_eq!(content_hash(&long), content_hash(&format!("{long}\n")));
        assert_ne!(content_hash(&long), content_hash(&long.to_lowercase()));
    }

    #[test]
    fn short_texts_are_the_same_word_for_word_or_not_at_all() {
        assert!(is_near("Yes.", "yes"));
        assert!(!is_near("yes", "yes please"));
        assert!(!is_near("ok", "okay"));
        assert!(!is_near("👍", "👎"));
        assert!(!is_near("", ""));
    }

    /// However long the rest is.
    #[test]
    fn what_tells_something_else_is_another_text() {
        let rest = "and both of them wrote it down in the notes of the meeting that they keep in the shared folder. "
            .repeat(20);
        for (one, other) in [
            ("Anna owes Ben ten euros", "Ben owes Anna ten euros"),
            ("It is written in C# there", "It is written in C there"),
            ("We take x * y of those", "We take x | y of those"),
            ("Il server non risponde mai", "Il server risponde mai"),
            ("She did not go and he came", "She did go and he not came"),
            ("Done", "Done? Marta leads the project now"),
        ] {
            assert!(
                !is_near(&format!("{rest}{one}"), &format!("{rest}{other}")),
                "{one}"
            );
        }
        let loops = |end: &str| format!("Why does it hang?\n\nfor t in all:\n  t.join()\n{end}");
        assert!(!is_near(&loops("  log()"), &loops("log()")));
        assert!(!is_near(
            "Is it down?\n\nYes it is down again.",
            "Is it down?\n\nYes it is down again?"
        ));
        assert!(is_near(
            "Is it down?\n\nYes it is down again.",
            "is it down\n\nyes, it is really down again"
        ));
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

        /// What is the same is found by its hash.
        #[test]
        fn equal_forms_have_one_hash(
            one in r"([a-e]|[0-9]|[。な不い]|\n| |the |not ){0,40}",
            other in r"([a-e]|[0-9]|[。な不い]|\n| |the |not ){0,40}",
        ) {
            let is_same = normal(&one) == normal(&other) || is_near(&one, &other);
            prop_assert!(!is_same || content_hash(&one) == content_hash(&other));
        }

        #[test]
        fn any_text_has_a_hash(text in r"\PC{0,80}") {
            prop_assert_eq!(content_hash(&text), content_hash(&normal(&text)));
        }
    }
}
