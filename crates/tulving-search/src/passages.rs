//! A long text cut down to the passages that answer.
//!
//! The text is taken apart into sentences, long ones into pieces. First comes the beginning, which says
//! what it is about; then the sentences that hold what was asked, those with most words that are not
//! there yet first, as far as half of the room goes; then what stands after and before each of them,
//! in turn, until the room is full. A text that holds nothing of what was asked is its beginning. What
//! is left out between two passages is `[…]`. Nothing is cut within a letter and its marks.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::tokens;

/// Characters of a piece, at most and at least.
const LONGEST: usize = 160;
const SHORTEST: usize = 16;

/// Something that was said, and by whom.
#[derive(Debug, Clone)]
pub(super) struct Paragraph {
    pub(super) label: &'static str,
    pub(super) text: String,
}

/// Returns the whole text.
pub(super) fn whole(paragraphs: &[Paragraph]) -> String {
    let paragraphs: Vec<String> = paragraphs
        .iter()
        .map(|Paragraph { label, text }| format!("{label}: {text}"))
        .collect();
    paragraphs.join("\n")
}

/// Returns how many characters [`whole`] has.
pub(super) fn length(paragraphs: &[Paragraph]) -> usize {
    let of = |Paragraph { label, text }: &Paragraph| label.chars().count() + text.chars().count();
    let lines = paragraphs
        .iter()
        .map(|paragraph| of(paragraph) + ": ".len());
    // Each ends its line but the last.
    lines.sum::<usize>() + paragraphs.len().saturating_sub(1)
}

/// Returns the whole if it has no more than `room` characters, else the passages that hold these terms;
/// `None` if there is no room for any.
pub(super) fn cut(paragraphs: &[Paragraph], terms: &[String], room: usize) -> Option<String> {
    if length(paragraphs) <= room {
        return Some(whole(paragraphs));
    }
    let mut passages = Passages::of(paragraphs, terms, room);
    let seeds = passages.sow();
    passages.grow(&seeds);
    passages.fill(&seeds);
    let mut text = String::new();
    passages.write(|part| text.push_str(part));
    (!passages.taken.is_empty()).then_some(text)
}

/// A sentence, or a piece of a long one.
#[derive(Debug)]
struct Piece {
    paragraph: usize,
    /// In the paragraph's text.
    span: Range<usize>,
    /// What it holds of what was asked, as often as it does.
    terms: Vec<usize>,
    /// How many bytes of it are taken.
    taken: usize,
}

struct Passages<'p> {
    paragraphs: &'p [Paragraph],
    pieces: Vec<Piece>,
    /// The pieces that are left out so far.
    open: BTreeSet<usize>,
    /// The pieces that are taken, whole or in part.
    taken: BTreeSet<usize>,
    /// Characters of what is taken, with all that stands between.
    length: usize,
    room: usize,
}

impl<'p> Passages<'p> {
    fn of(paragraphs: &'p [Paragraph], terms: &[String], room: usize) -> Self {
        let numbers = terms.iter().map(String::as_str).zip(0..);
        let numbers: HashMap<&str, usize> = numbers.collect();
        let longest = (room / 4).clamp(SHORTEST, LONGEST);
        let mut pieces: Vec<Piece> = Vec::new();
        for (paragraph, Paragraph { text, .. }) in paragraphs.iter().enumerate() {
            let first = pieces.len();
            pieces.extend(spans(text, longest).map(|span| Piece {
                paragraph,
                span,
                terms: Vec::new(),
                taken: 0,
            }));
            let of_paragraph = &mut pieces[first..];
            tokens::spans(text, |token, span| {
                if let Some(number) = numbers.get(token) {
                    let at = of_paragraph.partition_point(|piece| piece.span.end <= span.start);
                    if let Some(piece) = of_paragraph.get_mut(at) {
                        piece.terms.push(*number);
                    }
                }
            });
        }
        Self {
            paragraphs,
            open: (0..pieces.len()).collect(),
            taken: BTreeSet::new(),
            length: 0,
            pieces,
            room,
        }
    }

    /// Takes the beginning and what was asked for; returns the pieces to grow from.
    fn sow(&mut self) -> Vec<usize> {
        self.take(0, self.room / 4);
        let (mut seeds, mut there) = (Vec::new(), BTreeSet::new());
        let value = |piece: &Piece, at: usize, there: &BTreeSet<usize>| {
            let different: BTreeSet<usize> = piece.terms.iter().copied().collect();
            let new = different.difference(there).count();
            (new, different.len(), piece.terms.len(), Reverse(at))
        };
        let pieces = self.pieces.iter().zip(0..);
        let holding = pieces.filter(|(piece, _)| !piece.terms.is_empty());
        let mut waiting: BinaryHeap<_> = holding
            .map(|(piece, at)| value(piece, at, &there))
            .collect();
        while let Some((.., Reverse(best))) = waiting.pop() {
            // What is there by now makes others worth less too, but never more.
            let now = value(&self.pieces[best], best, &there);
            if waiting.peek().is_some_and(|next| *next > now) {
                waiting.push(now);
                continue;
            }
            let room = if seeds.is_empty() {
                self.room
            } else {
                self.room / 2
            };
            if !self.take(best, room) {
                break;
            }
            there.extend(self.pieces[best].terms.iter().copied());
            seeds.push(best);
        }
        if seeds.is_empty() {
            self.take(0, self.room);
            seeds.push(0);
        }
        seeds
    }

    /// Takes what stands around these pieces.
    fn grow(&mut self, seeds: &[usize]) {
        let mut grown = true;
        while std::mem::take(&mut grown) {
            for seed in seeds {
                let after = self.open.range(*seed..).next().copied();
                let before = self.open.range(..*seed).next_back().copied();
                for at in [after, before].into_iter().flatten() {
                    grown |= self.take(at, self.room);
                }
            }
        }
    }

    /// Takes as much of the next piece as there is room for.
    fn fill(&mut self, seeds: &[usize]) {
        for seed in seeds {
            let next = self.open.range(*seed..).next().copied();
            let Some(next) = next.filter(|next| {
                *next > 0 && self.pieces[*next].paragraph == self.pieces[*next - 1].paragraph
            }) else {
                continue;
            };
            // A space may come in before it.
            let left = self.room.saturating_sub(self.length + 1);
            let end = beginning(self.text(next), left);
            if end > 0 {
                self.take_some(next, end, self.room);
            }
            return;
        }
    }

    /// Takes a piece if all that is taken then has no more than `room` characters; whether it is.
    fn take(&mut self, at: usize, room: usize) -> bool {
        if self.taken.contains(&at) {
            return self.length <= room;
        }
        let whole = self.pieces.get(at).map(|piece| piece.span.len());
        whole.is_some_and(|whole| self.take_some(at, whole, room))
    }

    /// Takes so many bytes of a piece of which nothing is taken, if there is room; returns whether it did.
    fn take_some(&mut self, at: usize, bytes: usize, room: usize) -> bool {
        let last = self.taken.range(..at).next_back().copied();
        let next = self.taken.range(at..).next().copied();
        let without = self.length - self.length_behind(last, next);
        self.pieces[at].taken = bytes;
        let length =
            without + self.length_behind(last, Some(at)) + self.length_behind(Some(at), next);
        if length > room {
            self.pieces[at].taken = 0;
            return false;
        }
        self.length = length;
        self.open.remove(&at);
        self.taken.insert(at);
        true
    }

    /// Returns the text of a piece.
    fn text(&self, at: usize) -> &'p str {
        let piece = &self.pieces[at];
        &self.paragraphs[piece.paragraph].text[piece.span.clone()]
    }

    /// Returns what is taken of a piece.
    fn shown(&self, at: usize) -> &'p str {
        &self.text(at)[..self.pieces[at].taken]
    }

    /// Calls `part` with what is taken, part by part.
    fn write(&self, mut part: impl FnMut(&str)) {
        let mut last = None;
        for at in &self.taken {
            self.write_behind(last, Some(*at), &mut part);
            last = Some(*at);
        }
        self.write_behind(last, None, part);
    }

    fn length_behind(&self, last: Option<usize>, next: Option<usize>) -> usize {
        let mut length = 0;
        self.write_behind(last, next, |part| length += part.chars().count());
        length
    }

    /// Calls `part` with what stands behind the piece that was written last, up to the end of the next, or
    /// of everything.
    fn write_behind(&self, last: Option<usize>, next: Option<usize>, mut part: impl FnMut(&str)) {
        let Some(at) = next else {
            if last.is_some_and(|last| last + 1 < self.pieces.len() || !self.is_whole(last)) {
                part(" […]");
            }
            return;
        };
        let paragraph = self.pieces[at].paragraph;
        let follows = match last {
            None => at == 0,
            Some(last) => last + 1 == at && self.is_whole(last),
        };
        let begins = at == 0 || self.pieces[at - 1].paragraph != paragraph;
        if let Some(last) = last.filter(|last| self.pieces[*last].paragraph == paragraph) {
            let text = self.shown(last);
            let space = &text[text.trim_end().len()..];
            part(if follows { space } else { " […] " });
        } else {
            match (last, begins && !follows) {
                (None, true) => part("[…]\n"),
                (Some(_), true) => part(" […]\n"),
                (None, false) => {}
                (Some(_), false) => part("\n"),
            }
            part(self.paragraphs[paragraph].label);
            part(": ");
            if !begins && !follows {
                part("[…] ");
            }
        }
        let text = self.shown(at).trim_end();
        part(if follows { text } else { text.trim_start() });
    }

    fn is_whole(&self, at: usize) -> bool {
        self.pieces[at].taken == self.pieces[at].span.len()
    }
}

/// Returns the sentences of a text, none longer than so many characters.
fn spans(text: &str, longest: usize) -> impl Iterator<Item = Range<usize>> {
    text.split_sentence_bound_indices()
        .flat_map(move |(start, sentence)| {
            let mut at = 0;
            std::iter::from_fn(move || {
                let rest = sentence.get(at..).filter(|rest| !rest.is_empty())?;
                let begin = start + at;
                // A letter with more marks than that is one piece.
                let first = rest.graphemes(true).next().map_or(rest.len(), str::len);
                at += beginning(rest, longest).max(first);
                Some(begin..start + at)
            })
        })
}

/// Returns how many bytes of a text have at most so many characters, to the end of a word if there is
/// one in the second half, and never within a letter.
fn beginning(text: &str, characters: usize) -> usize {
    let (mut end, mut word, mut count) = (0, 0, 0);
    for (at, grapheme) in text.grapheme_indices(true) {
        count += grapheme.chars().count();
        if count > characters {
            return if word * 2 > end { word } else { end };
        }
        end = at + grapheme.len();
        if grapheme.chars().all(char::is_whitespace) {
            word = end;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keyword::query_terms;

    fn paragraphs(texts: &[&str]) -> Vec<Paragraph> {
        let labels = ["Human", "Assistant"].into_iter().cycle();
        texts
            .iter()
            .zip(labels)
            .map(|(text, label)| Paragraph {
                label,
                text: (*text).to_owned(),
            })
            .collect()
    }

    fn cut_to(texts: &[&str], question: &str, room: usize) -> String {
        let text = cut(&paragraphs(texts), &query_terms(question), room).unwrap_or_default();
        assert!(text.chars().count() <= room, "{text}");
        text
    }

    #[test]
    fn what_has_room_is_whole() {
        assert_eq!(
            cut_to(&["One. Two.", "Three."], "two", 99),
            "Human: One. Two.\nAssistant: Three."
        );
    }

    #[test]
    fn the_beginning_the_match_and_what_is_around_it_are_shown() {
        let dull = "So it goes on and on. ".repeat(40);
        let deep = format!("{dull}Before it. The lake was cold. After it. {dull}");
        let text = cut_to(&["Where?", &deep, &dull], "lake", 200);
        assert!(text.starts_with("Human: Where?\nAssistant: […] "), "{text}");
        assert!(
            text.contains("Before it. The lake was cold. After it."),
            "{text}"
        );
        assert!(
            text.ends_with(" […]") && text.chars().count() > 190,
            "{text}"
        );
    }

    #[test]
    fn matches_far_apart_are_each_shown() {
        let dull = "So it goes on and on. ".repeat(40);
        let text = format!(
            "{dull}The lake was cold. {dull}A boat came. {dull}The lake and the boat. {dull}"
        );
        let text = cut_to(&[&text], "a boat on the lake", 400);
        for said in [
            "The lake was cold.",
            "A boat came.",
            "The lake and the boat.",
        ] {
            assert!(text.contains(said), "{text}");
        }
        assert_eq!(text.matches("[…]").count(), 4, "{text}");
    }

    #[test]
    fn turns_that_are_left_out_are_one_mark() {
        let dull = "So it goes on and on. ".repeat(40);
        let text = cut_to(&["Hello.", &dull, "The lake.", &dull], "lake", 80);
        assert_eq!(
            text,
            "Human: Hello. […]\nHuman: The lake.\nAssistant: So it goes on and on. So it […]"
        );
    }

    #[test]
    fn without_a_match_it_is_the_beginning() {
        let text = cut_to(&[&"Word after word. ".repeat(40)], "absent", 100);
        assert!(
            text.starts_with("Human: Word after word. Word") && text.ends_with(" […]"),
            "{text}"
        );
        assert_eq!(text.matches("[…]").count(), 1);
        assert!(text.chars().count() > 90, "{text}");
        assert_eq!(cut_to(&["long enough to be cut"], "absent", 5), "");
    }

    #[test]
    fn letters_with_their_marks_stay_whole() {
        let family = "👩‍👩‍👧";
        let text = family.repeat(50) + "猫" + &family.repeat(50);
        for room in 40..200 {
            let text = cut_to(&[&text], "猫", room);
            assert!(text.is_empty() || text.contains('猫'), "{room}: {text}");
            assert_eq!(
                text.matches('👩').count(),
                2 * text.matches(family).count(),
                "{text}"
            );
        }
    }

    /// If each piece that is taken were counted among all the others, this would not end.
    #[test]
    fn a_long_text_is_cut_to_a_long_one() {
        let text = "The lake was cold. So it goes on and on. ".repeat(20_000);
        let cut = cut_to(&[&text], "lake", 400_000);
        assert!(cut.len() > 399_000, "{}", cut.len());
    }

    proptest! {
        #[test]
        fn any_text_is_cut_to_any_room(
            texts in prop::collection::vec(r"(\PC|[ab .\n]|word |lake\. ){0,80}", 1..5),
            room in 0_usize..300,
        ) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let text = cut_to(&texts, "lake word", room);
            let all = whole(&paragraphs(&texts));
            prop_assert!(text.len() <= all.len() + room);
            for part in text.split("[…]").flat_map(|part| part.split('\n')) {
                let part = part.trim();
                let part = part.strip_prefix("Human:").or(part.strip_prefix("Assistant:")).unwrap_or(part);
                prop_assert!(all.contains(part.trim()), "{part}");
            }
        }
    }
}
