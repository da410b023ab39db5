//! A long text cut down to the passages that answer.
//!
//! The text is taken apart into sentences, long ones into pieces. First comes the beginning, which says
//! what it is about; then the sentences that hold what was asked, those with most words that are not
//! there yet first, as far as half of the room goes; then what stands after and before each of them,
//! in turn, until the room is full. A text that holds nothing of what was asked is its beginning. What
//! is left out between two passages is `[…]`. Nothing is cut within a letter and its marks.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
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

/// All of it.
pub(super) fn whole(paragraphs: &[Paragraph]) -> String {
    let paragraphs: Vec<String> = paragraphs
        .iter()
        .map(|Paragraph { label, text }| format!("{label}: {text}"))
        .collect();
    paragraphs.join("\n")
}

/// The whole if it has no more than `room` characters, else the passages that hold these terms; `None`
/// if there is no room for any.
pub(super) fn cut(paragraphs: &[Paragraph], terms: &[String], room: usize) -> Option<String> {
    let whole = whole(paragraphs);
    if whole.chars().count() <= room {
        return Some(whole);
    }
    let mut passages = Passages::of(paragraphs, terms, room);
    let seeds = passages.sow();
    passages.grow(&seeds);
    passages.fill(&seeds);
    let mut text = String::new();
    passages.write(|part| text.push_str(part));
    passages.any().then_some(text)
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
            pieces,
            room,
        }
    }

    /// Takes the beginning and what was asked for; gives the pieces to grow from.
    fn sow(&mut self) -> Vec<usize> {
        self.take(0, self.room / 4);
        let mut open: Vec<usize> = (0..self.pieces.len())
            .filter(|at| !self.pieces[*at].terms.is_empty())
            .collect();
        let (mut seeds, mut there) = (Vec::new(), BTreeSet::new());
        loop {
            let value = |at: &&usize| {
                let terms = &self.pieces[**at].terms;
                let different: BTreeSet<usize> = terms.iter().copied().collect();
                let new = different.difference(&there).count();
                (new, different.len(), terms.len(), Reverse(**at))
            };
            let Some(&best) = open.iter().max_by_key(value) else {
                break;
            };
            open.retain(|at| *at != best);
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
                let open = |at: &usize| self.pieces[*at].taken == 0;
                let after = (*seed..self.pieces.len()).find(open);
                let before = (0..*seed).rev().find(open);
                for at in [after, before].into_iter().flatten() {
                    grown |= self.take(at, self.room);
                }
            }
        }
    }

    /// Takes as much of the next piece as there is room for.
    fn fill(&mut self, seeds: &[usize]) {
        for seed in seeds {
            let next = (*seed..self.pieces.len()).find(|at| self.pieces[*at].taken == 0);
            let Some(next) = next.filter(|next| {
                *next > 0 && self.pieces[*next].paragraph == self.pieces[*next - 1].paragraph
            }) else {
                continue;
            };
            // A space may come in before it.
            let left = self.room.saturating_sub(self.length() + 1);
            let text = self.text(next);
            let end = beginning(text, left);
            self.pieces[next].taken = end;
            if self.length() > self.room {
                self.pieces[next].taken = 0;
            }
            return;
        }
    }

    /// Takes a piece if all that is taken then has no more than `room` characters; whether it is.
    fn take(&mut self, at: usize, room: usize) -> bool {
        let Some(piece) = self.pieces.get_mut(at) else {
            return false;
        };
        let before = std::mem::replace(&mut piece.taken, piece.span.len());
        let fits = self.length() <= room;
        if !fits {
            self.pieces[at].taken = before;
        }
        fits
    }

    fn any(&self) -> bool {
        self.pieces.iter().any(|piece| piece.taken > 0)
    }

    /// The text of a piece.
    fn text(&self, at: usize) -> &'p str {
        let piece = &self.pieces[at];
        &self.paragraphs[piece.paragraph].text[piece.span.clone()]
    }

    fn length(&self) -> usize {
        let mut length = 0;
        self.write(|part| length += part.chars().count());
        length
    }

    /// Calls `part` with what is taken, part by part.
    fn write(&self, mut part: impl FnMut(&str)) {
        let mut last: Option<usize> = None;
        // White space between what was written and what follows it.
        let mut space = "";
        for (at, piece) in self.pieces.iter().enumerate() {
            if piece.taken == 0 {
                continue;
            }
            let follows = match last {
                None => at == 0,
                Some(last) => last + 1 == at && self.is_whole(last),
            };
            let begins = at == 0 || self.pieces[at - 1].paragraph != piece.paragraph;
            if last.is_some_and(|last| self.pieces[last].paragraph == piece.paragraph) {
                part(if follows { space } else { " […] " });
            } else {
                match (last, begins && !follows) {
                    (None, true) => part("[…]\n"),
                    (Some(_), true) => part(" […]\n"),
                    (None, false) => {}
                    (Some(_), false) => part("\n"),
                }
                part(self.paragraphs[piece.paragraph].label);
                part(": ");
                if !begins && !follows {
                    part("[…] ");
                }
            }
            let text = &self.text(at)[..piece.taken];
            let shown = text.trim_end();
            space = &text[shown.len()..];
            part(if follows { shown } else { shown.trim_start() });
            last = Some(at);
        }
        if last.is_some_and(|last| last + 1 < self.pieces.len() || !self.is_whole(last)) {
            part(" […]");
        }
    }

    fn is_whole(&self, at: usize) -> bool {
        self.pieces[at].taken == self.pieces[at].span.len()
    }
}

/// The sentences of a text, none longer than so many characters.
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

/// How many bytes of a text have at most so many characters, to the end of a word if there is one in
/// the second half, and never within a letter.
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
    use crate::search::keyword::query_terms;

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
