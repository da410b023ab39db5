//! Snippets: the part of a text that answers a query, short enough to show.

use std::collections::HashMap;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::{keyword, tokens};
use tulving_model::showable::is_showable;

/// Characters of a snippet, at most, without the dots at its ends.
const WIDTH: usize = 220;
/// Characters that a window may reach back to begin with a sentence.
const LEAD: usize = 80;

/// A part of a text, on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// About 220 characters: white space is one space, characters that would control a terminal are
    /// left out, dots stand for what was cut off.
    pub text: String,
    /// The bytes of `text` that the query asked for, in order, apart from each other.
    pub marks: Vec<Range<usize>>,
}

/// A word of the query in the text.
struct Match {
    /// In bytes.
    span: Range<usize>,
    /// Characters before it.
    place: usize,
    /// Which word of the query.
    term: usize,
}

/// Returns the part of `text` that holds most of the query's different words; its beginning, if it
/// holds none.
#[must_use]
pub fn snippet(text: &str, query: &str) -> Snippet {
    let matches = matches(text, query);
    let window = best_window(&matches);
    let start = start(text, &matches[window]);
    render(text, start, &matches)
}

fn matches(text: &str, query: &str) -> Vec<Match> {
    let terms = keyword::query_terms(query);
    let terms: HashMap<&str, usize> = terms
        .iter()
        .enumerate()
        .map(|(number, term)| (term.as_str(), number))
        .collect();
    let mut matches: Vec<Match> = Vec::new();
    let (mut at, mut place) = (0, 0);
    tokens::spans(text, |token, span| {
        if let Some(&term) = terms.get(token) {
            // The parts of a name lie within the name.
            if let Some(between) = text.get(at..span.start) {
                place += between.chars().count();
                at = span.start;
            }
            matches.push(Match { span, place, term });
        }
    });
    matches
}

/// Returns the matches that fit into a window and hold most different words, then most words.
fn best_window(matches: &[Match]) -> Range<usize> {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    let (mut best, mut best_value) = (0..0, (0, 0));
    let mut first = 0;
    for (last, found) in matches.iter().enumerate() {
        *counts.entry(found.term).or_default() += 1;
        while found.place - matches[first].place > WIDTH * 3 / 4 {
            if let Some(count) = counts.get_mut(&matches[first].term) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(&matches[first].term);
                }
            }
            first += 1;
        }
        let value = (counts.len(), last + 1 - first);
        if value > best_value {
            (best, best_value) = (first..last + 1, value);
        }
    }
    best
}

/// Returns where to begin, in bytes: with the sentence of the first match, if that is near, else with a
/// word.
fn start(text: &str, window: &[Match]) -> usize {
    let (Some(first), Some(last)) = (window.first(), window.last()) else {
        return 0;
    };
    let room = (WIDTH - (last.place - first.place).min(WIDTH)) / 2;
    let lead = room.min(LEAD);
    let before = &text[..first.span.start];
    let mut word = first.span.start;
    let mut after: Option<char> = None;
    for (back, (at, c)) in before.char_indices().rev().enumerate() {
        if back >= lead {
            return word;
        }
        let gap = after.is_none_or(char::is_whitespace);
        if gap && matches!(c, '.' | '!' | '?') || matches!(c, '\n' | '。' | '！' | '？') {
            return at + c.len_utf8();
        }
        if c.is_whitespace() {
            word = at + c.len_utf8();
        }
        after = Some(c);
    }
    0
}

fn render(text: &str, start: usize, matches: &[Match]) -> Snippet {
    let mut snippet = Snippet {
        text: String::new(),
        marks: Vec::new(),
    };
    if !text[..start].trim().is_empty() {
        snippet.text.push('…');
    }
    let mut matches = matches.iter().map(|found| &found.span).peekable();
    let (mut shown, mut pending_space) = (0, false);
    // Bytes of the snippet and characters shown up to the last place where a word ends.
    let mut word_end = snippet.text.len();
    let begin = snippet.text.len();
    for (offset, grapheme) in text[start..].grapheme_indices(true) {
        if grapheme.chars().all(is_blank) {
            pending_space = snippet.text.len() > begin;
            word_end = snippet.text.len();
            continue;
        }
        let visible = grapheme.chars().filter(|c| is_showable(*c));
        if visible.clone().next().is_none() {
            continue;
        }
        let count = visible.clone().count() + usize::from(pending_space);
        if shown + count > WIDTH {
            // A word longer than a third of the window is cut within.
            if word_end > begin + (snippet.text.len() - begin) * 2 / 3 {
                snippet.text.truncate(word_end);
            }
            let end = snippet.text.len();
            snippet.marks.retain(|mark| mark.end <= end);
            snippet.text.push('…');
            break;
        }
        if pending_space {
            snippet.text.push(' ');
            pending_space = false;
        }
        let at = snippet.text.len();
        snippet.text.extend(visible);
        shown += count;
        let source = start + offset;
        while matches.next_if(|span| span.end <= source).is_some() {}
        if matches
            .peek()
            .is_some_and(|span| span.start < source + grapheme.len())
        {
            let end = snippet.text.len();
            match snippet.marks.last_mut().filter(|mark| mark.end == at) {
                Some(mark) => mark.end = end,
                None => snippet.marks.push(at..end),
            }
        }
        if !grapheme.chars().all(char::is_alphanumeric) {
            word_end = snippet.text.len();
        }
    }
    snippet
}

/// Returns whether a character is shown as a space: white space, and control characters, which often
/// stood for some.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marked(text: &str, query: &str) -> (String, Vec<String>) {
        let snippet = snippet(text, query);
        let marks = snippet
            .marks
            .iter()
            .map(|mark| snippet.text[mark.clone()].to_owned());
        let marks = marks.collect();
        (snippet.text, marks)
    }

    #[test]
    fn the_best_part_is_shown_with_its_words_marked() {
        let text = format!(
            "{} The worker waited. The pool was exhausted: workers hung for ever.\n\n{}",
            "Nothing of interest here, nor there. ".repeat(20),
            "More of nothing follows. ".repeat(20),
        );
        let (text, marks) = marked(&text, "why did the worker hang, was the pool exhausted?");
        assert_eq!(marks, ["worker", "pool", "exhausted", "workers"]);
        assert!(text.starts_with('…') && text.ends_with('…'), "{text}");
        assert!(text.chars().count() <= WIDTH + 2);
    }

    #[test]
    fn without_a_match_it_is_the_beginning() {
        assert_eq!(
            marked("Hello\n\n  there,\tyou ", "absent"),
            ("Hello there, you".into(), vec![])
        );
        assert_eq!(marked("", "absent"), (String::new(), vec![]));
        let (text, _) = marked(&"word ".repeat(100), "absent");
        assert!(text.ends_with("word…"), "{text}");
    }

    #[test]
    fn names_are_marked_once_and_pairs_run_together() {
        assert_eq!(marked("see src/main.rs there", "main.rs").1, ["main.rs"]);
        assert_eq!(marked("call HTTPServer now", "server").1, ["Server"]);
        assert_eq!(marked("私は東京都に行く", "東京都").1, ["東京都"]);
        assert_eq!(marked("a \u{600}12 b", "12").1, ["\u{600}12"]);
        let long = "日".repeat(500) + "東京" + &"本".repeat(500);
        assert_eq!(marked(&long, "東京").1, ["東京"]);
    }

    #[test]
    fn nothing_reaches_a_terminal_but_text() {
        assert_eq!(marked("a \u{202e} b", "").0, "a b");
        assert_eq!(marked("\u{feff}a\u{200f}b\u{2028}c", "").0, "ab c");
        let (text, marks) = marked("a\u{1b}[31mred\u{7}\u{202e}word\r\nb\u{0}c", "word");
        assert_eq!(text, "a [31mred word b c");
        assert_eq!(marks, ["word"]);
    }

    /// Words without interest, and without the end of a sentence.
    fn filler(characters: usize) -> String {
        "lorem ".repeat(characters / 6)
    }

    #[test]
    fn most_different_words_come_first_then_most_words_then_the_beginning() {
        let (far, near) = (filler(600), filler(300));
        for (text, expected) in [
            (
                format!("alpha alpha alpha {far} alpha beta"),
                vec!["alpha", "beta"],
            ),
            (
                format!("alpha beta {far} gamma gamma gamma"),
                vec!["alpha", "beta"],
            ),
            (
                format!("alpha {near} beta {far} alpha beta"),
                vec!["alpha", "beta"],
            ),
            (
                format!("beta {} alpha {far} alpha alpha", "ä".repeat(100)),
                vec!["beta", "alpha"],
            ),
            (format!("alpha {far} alpha alpha"), vec!["alpha"; 2]),
            (format!("alpha {far} beta"), vec!["alpha"]),
            // All of a wide window is shown, little of what is before it.
            (
                format!("{far} alpha {} beta", filler(150)),
                vec!["alpha", "beta"],
            ),
        ] {
            assert_eq!(marked(&text, "alpha beta gamma").1, expected, "{text}");
        }
        let snippet = snippet(&format!("{far} alpha"), "alpha");
        assert!(snippet.marks[0].start <= LEAD + '…'.len_utf8());
    }

    #[test]
    fn it_begins_with_a_sentence_or_a_word() {
        let far = filler(300);
        for (text, expected) in [
            (format!("{far}End. The alpha"), "…The alpha"),
            (format!("{far}End\nThe alpha"), "…The alpha"),
            (format!("{far}終。The alpha"), "…The alpha"),
            (
                format!("{far}End. See main.rs, alpha"),
                "…See main.rs, alpha",
            ),
            (" \n alpha".to_owned(), "alpha"),
        ] {
            assert_eq!(marked(&text, "alpha").0, expected);
        }
        let (text, _) = marked(&format!("{far}alpha"), "alpha");
        assert!(text.starts_with("…lorem "), "{text}");
    }

    #[test]
    fn it_ends_with_a_word_and_is_not_cut_before_it_is_full() {
        let cut = |text: &str| marked(text, "absent").0;
        assert_eq!(cut(&"x".repeat(WIDTH)), "x".repeat(WIDTH));
        assert_eq!(
            cut(&"x".repeat(WIDTH + 1)),
            format!("{}…", "x".repeat(WIDTH))
        );
        assert!(cut(&"abcdefg ".repeat(100)).ends_with("g abcdefg…"));
        assert!(cut(&"abcdefg,".repeat(100)).ends_with(",abcdefg,…"));
    }

    /// In quadratic time this would not end.
    #[test]
    fn a_megabyte_of_anything_is_taken() {
        for piece in ["a ", "a.", "猫", "a\u{301}", "\u{0}", " ", "\u{301}"] {
            let text = piece.repeat(300_000 / piece.len());
            assert!(snippet(&text, "a 猫猫").text.chars().count() <= WIDTH + 2);
        }
    }

    #[test]
    fn letters_with_their_marks_stay_whole() {
        let family = "👩‍👩‍👧";
        assert_eq!(family.chars().count(), 5);
        let (text, _) = marked(&format!("{}{family}", "x".repeat(WIDTH - 3)), "absent");
        assert_eq!(text, format!("{}…", "x".repeat(WIDTH - 3)));
        let (text, _) = marked(&family.repeat(100), "absent");
        assert!(
            text.trim_end_matches('…').chars().count() % 5 == 0,
            "{text}"
        );
    }

    proptest! {
        #[test]
        fn marks_lie_in_the_text(text in r"(\PC|[ab .\n]|word){0,200}", query in r"(\PC|[ab ]|word){0,8}") {
            let snippet = snippet(&text, &query);
            prop_assert!(snippet.text.chars().count() <= WIDTH + 2);
            prop_assert!(!snippet.text.chars().any(char::is_control));
            let mut end = 0;
            for mark in &snippet.marks {
                prop_assert!(mark.start >= end && snippet.text.get(mark.clone()).is_some_and(|part| !part.is_empty()));
                end = mark.end;
            }
        }
    }
}
