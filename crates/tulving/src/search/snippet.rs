//! The part of a text that answers a query, short enough to show.

use std::collections::HashMap;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::{keyword, tokens};

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

/// The part of `text` that holds most of the query's different words; its beginning, if it holds none.
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

/// The matches that fit into a window and hold most different words, then most words.
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

/// Where to begin, in bytes: with the sentence of the first match, if that is near, else with a word.
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
        let visible = grapheme.chars().filter(|c| !is_control(*c));
        let count = visible.clone().count() + usize::from(pending_space);
        if shown + count > WIDTH {
            // A word longer than a third of the window is cut within.
            if !pending_space && word_end > begin + (snippet.text.len() - begin) * 2 / 3 {
                snippet.text.truncate(word_end);
            }
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
    let end = snippet.text.len();
    snippet.marks.retain(|mark| mark.end <= end);
    snippet
}

/// Shown as a space: white space, and control characters, which often stood for some.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// Would do something to a terminal other than show: controls, and marks that reverse the direction
/// of what follows.
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
