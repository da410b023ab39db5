//! Text that does not fit is cut: at sentences, words, letters.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::builder::floor;

/// How much is searched for sentences at once. Rules for their ends look ahead without bound, so that on some
/// texts they would take quadratic time.
const WINDOW: usize = 1 << 13;

/// Letters that stay together while a word without end is cut.
const RUN: usize = 16;

/// A piece of a text.
pub(super) struct Piece<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: usize,
    /// Whether a sentence ends with it.
    pub(super) ends: bool,
}

/// Hands on the pieces of a text, in order and without gaps, each within `room` tokens as far as letters go.
pub(super) fn pieces<'t>(
    text: &'t str,
    room: usize,
    count: &dyn Fn(&str) -> usize,
    take: &mut dyn FnMut(Piece<'t>),
) {
    for sentence in sentences(text) {
        let tokens = count(sentence);
        if tokens <= room {
            take(Piece {
                text: sentence,
                tokens,
                ends: true,
            });
            continue;
        }
        for word in sentence.split_word_bounds() {
            let tokens = count(word);
            if tokens <= room {
                take(Piece {
                    text: word,
                    tokens,
                    ends: false,
                });
            } else {
                letters(word, room, count, take);
            }
        }
    }
}

/// Cuts a word: into runs of letters, those that are still too long into letters and their marks, and those too.
fn letters<'t>(
    word: &'t str,
    room: usize,
    count: &dyn Fn(&str) -> usize,
    take: &mut dyn FnMut(Piece<'t>),
) {
    let mut ends = word
        .grapheme_indices(true)
        .map(|(at, letter)| at + letter.len());
    let mut from = 0;
    while let Some(to) = ends.by_ref().take(RUN).last() {
        let run = word.get(from..to).unwrap_or("");
        let tokens = count(run);
        from = to;
        if tokens <= room {
            take(Piece {
                text: run,
                tokens,
                ends: false,
            });
            continue;
        }
        for letter in run.graphemes(true) {
            let tokens = count(letter);
            if tokens <= room {
                take(Piece {
                    text: letter,
                    tokens,
                    ends: false,
                });
                continue;
            }
            for mark in letter.split_inclusive(|_| true) {
                take(Piece {
                    text: mark,
                    tokens: count(mark),
                    ends: false,
                });
            }
        }
    }
}

/// Returns the sentences of a text with what is between them, without gaps. A line that begins with a small letter
/// goes on with the sentence of the line before.
pub(super) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    windows(text).flat_map(|window| {
        let soft = softened(window);
        let mut ends: Vec<usize> = soft
            .split_sentence_bound_indices()
            .map(|(at, _)| at)
            .skip(1)
            .collect();
        ends.push(window.len());
        let mut from = 0;
        ends.into_iter().filter_map(move |to| {
            let sentence = window.get(from..to);
            from = to;
            sentence.filter(|sentence| !sentence.is_empty())
        })
    })
}

/// Cuts a text where a line, a sentence or a word probably ends, for sentences to be looked for in each part.
fn windows(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (window, after) = if rest.len() <= WINDOW {
            (rest, "")
        } else {
            let most = floor(rest, WINDOW);
            let least = floor(rest, WINDOW / 2);
            let tail = rest.get(least..most).unwrap_or("");
            let end = tail
                .rfind('\n')
                .or_else(|| tail.rfind(". "))
                .or_else(|| tail.rfind(' '))
                .map_or(most, |at| least + at + 1);
            rest.split_at(end)
        };
        rest = after;
        (!window.is_empty()).then_some(window)
    })
}

/// Returns a text of the same length in which lines that go on are one.
fn softened(text: &str) -> String {
    let mut soft = String::with_capacity(text.len());
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        soft.push_str(line);
        if let Some(next) = lines.peek() {
            let goes_on = next.trim_start().starts_with(char::is_lowercase);
            soft.push(if goes_on { ' ' } else { '\n' });
        }
    }
    soft
}
