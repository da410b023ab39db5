//! The cards of an activity page, cut out of it while it streams by.

use std::io::Read;

use memchr::memmem;

use crate::reason::Reason;

/// How each card begins.
const BEGIN: &[u8] = b"<div class=\"outer-cell";

/// The largest card.
const LARGEST: usize = 4 << 20;

/// How much may come before the first card.
const PREAMBLE: usize = 8 << 20;

/// Gives the cards of a page, each from its beginning to that of the next.
pub(crate) struct Cards<'r> {
    reader: &'r mut dyn Read,
    /// What has been read, and where in it the next card begins; before the first card, anything.
    held: Vec<u8>,
    at: usize,
    /// Whether a card begins there.
    in_card: bool,
    passed: usize,
    ended: bool,
}

impl<'r> Cards<'r> {
    pub(crate) fn new(reader: &'r mut dyn Read) -> Self {
        Self {
            reader,
            held: Vec::new(),
            at: 0,
            in_card: false,
            passed: 0,
            ended: false,
        }
    }

    /// Returns the next card; `None` behind the last. After a reason the next card can be asked for.
    pub(crate) fn next(&mut self) -> Result<Option<String>, Reason> {
        // Where looking for the next beginning goes on.
        let mut from = self.at + usize::from(self.in_card);
        loop {
            let rest = self.held.get(from..).unwrap_or_default();
            if let Some(found) = memmem::find(rest, BEGIN) {
                let end = from + found;
                let begin = std::mem::replace(&mut self.at, end);
                if std::mem::replace(&mut self.in_card, true) {
                    return self.card(begin, end).map(Some);
                }
                from = end + 1;
                continue;
            }
            if self.ended {
                let end = self.held.len();
                let begin = std::mem::replace(&mut self.at, end);
                return if std::mem::take(&mut self.in_card) {
                    self.card(begin, end).map(Some)
                } else {
                    Ok(None)
                };
            }
            // Cards that were given go when more is read, and not each for itself.
            self.held.drain(..std::mem::take(&mut self.at));
            let keep = BEGIN.len() - 1;
            let end = self.held.len().saturating_sub(keep);
            if self.in_card && self.held.len() <= LARGEST + keep {
                from = end.max(1);
            } else {
                // Nobody wants these bytes: what comes before the first card, or more of a card than is taken.
                let kept = if self.in_card { LARGEST + 1 } else { 0 };
                self.passed += end.saturating_sub(kept);
                self.held.drain(kept.min(end)..end);
                from = kept.min(end);
                if !self.in_card && self.passed > PREAMBLE {
                    self.ended = true;
                    self.held.clear();
                    continue;
                }
            }
            let before = self.held.len();
            let read = (&mut self.reader).take(1 << 18).read_to_end(&mut self.held);
            self.ended = self.held.len() == before;
            if read.is_err() {
                self.ended = true;
                return Err(Reason::Unreadable);
            }
        }
    }

    fn card(&self, begin: usize, end: usize) -> Result<String, Reason> {
        match self.held.get(begin..end) {
            Some(card) if card.len() <= LARGEST => Ok(String::from_utf8_lossy(card).into_owned()),
            _ => Err(Reason::TooLarge),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(page: &str) -> Vec<Result<String, Reason>> {
        let mut bytes = page.as_bytes();
        let mut cards = Cards::new(&mut bytes);
        let mut found = Vec::new();
        loop {
            match cards.next() {
                Ok(Some(card)) => found.push(Ok(card)),
                Ok(None) => return found,
                Err(reason) => found.push(Err(reason)),
            }
        }
    }

    #[test]
    fn cards_are_cut_and_too_large_ones_passed() {
        let card = |text: &str| format!("<div class=\"outer-cell x\">{text}</div>");
        assert!(read("").is_empty());
        assert!(read("<html><body>").is_empty());
        let page = format!("<html>{}{}", card("a"), card("b"));
        assert_eq!(read(&page), [Ok(card("a")), Ok(card("b"))]);
        let large = "l".repeat(3 * LARGEST);
        let page = format!("{}{}{}", card("a"), card(&large), card("b"));
        assert_eq!(
            read(&page),
            [Ok(card("a")), Err(Reason::TooLarge), Ok(card("b"))]
        );
    }
}
