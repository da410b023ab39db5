//! The terms of a text: words that can say what it is about.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::fold::fold;
use crate::stop_words;

/// The most letters of a term; what is longer was not written by a person.
const LONGEST: usize = 40;
/// The most Chinese characters of a term.
const RUN: usize = 4;

/// Gives each term of a text, in the form in which terms are compared and as it is spelled. Blocks of code and
/// addresses of the web are left out, and so are words that every text has.
pub(crate) fn each_term(text: &str, mut take: impl FnMut(String, &str)) {
    let mut fence: Option<&str> = None;
    for line in text.lines() {
        let start = line.trim_start();
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| start.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => {}
            (None, None) => line
                .split_whitespace()
                .filter(|word| !word.contains("://") && !word.starts_with("www."))
                .for_each(|word| each_in(word, &mut take)),
        }
    }
}

/// Gives the terms of what stands between two spaces.
fn each_in(word: &str, take: &mut impl FnMut(String, &str)) {
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let script = Script::of(first);
        let end = rest.find(|c| Script::of(c) != script).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        match script {
            Script::Han => each_in_run(run, take),
            Script::Katakana if run.chars().nth(1).is_some() => take(fold(run), run),
            // Hiragana writes endings and particles.
            Script::Katakana | Script::Hiragana => {}
            Script::Other => run
                .unicode_words()
                .flat_map(|word| word.split(['\'', '’']))
                .for_each(|word| spaced(word, take)),
        }
        rest = after;
    }
}

/// Gives a word of a script with spaces, if it is a term.
fn spaced(word: &str, take: &mut impl FnMut(String, &str)) {
    let letters = word.chars().count();
    if !(2..=LONGEST).contains(&letters) || !word.chars().any(char::is_alphabetic) {
        return;
    }
    let folded = fold(word);
    if !stop_words::contain(&folded) {
        take(folded, word);
    }
}

/// Gives the terms of a run of Chinese characters, between which there are no spaces: all that stand in a row, from two
/// to [`RUN`]. Of those that are no words few come again.
fn each_in_run(run: &str, take: &mut impl FnMut(String, &str)) {
    for run in run.split(stop_words::is_han) {
        let places = run.char_indices().map(|(at, _)| at);
        let places: Vec<usize> = places.chain([run.len()]).collect();
        for (at, from) in places.iter().enumerate() {
            for to in places.iter().skip(at + 2).take(RUN - 1) {
                let term = &run[*from..*to];
                take(fold(term), term);
            }
        }
    }
}

/// Returns whether two terms are one to a reader: two forms of a word, or a part of a Chinese one and the whole.
pub(crate) fn are_variants(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.chars().all(|c| Script::of(c) == Script::Han) {
        return long.contains(short);
    }
    let stem: usize = short
        .chars()
        .zip(long.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let rest = |word: &str| word.chars().count() - stem;
    stem >= 3 && rest(short) <= 1 && rest(long) <= 3
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Han,
    Hiragana,
    Katakana,
    Other,
}

impl Script {
    fn of(c: char) -> Self {
        match u32::from(c) {
            0x3040..=0x309F => Self::Hiragana,
            0x30A0..=0x30FF | 0x31F0..=0x31FF | 0xFF66..=0xFF9F => Self::Katakana,
            0x3005 | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF => {
                Self::Han
            }
            _ => Self::Other,
        }
    }
}
