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
    /// What has been read, from the beginning of a card; before the first card, from anywhere.
    held: Vec<u8>,
    /// Whether `held` begins with a card.
    in_card: bool,
    passed: usize,
    ended: bool,
}

impl<'r> Cards<'r> {
    pub(crate) fn new(reader: &'r mut dyn Read) -> Self {
        Self {
            reader,
            held: Vec::new(),
            in_card: false,
            passed: 0,
            ended: false,
        }
    }

    /// Returns the next card; `None` behind the last. After a reason the next card can be asked for.
    pub(crate) fn next(&mut self) -> Result<Option<String>, Reason> {
        // Where looking for the next beginning goes on.
        let mut from = usize::from(self.in_card);
        loop {
            let found = self
                .held
                .get(from..)
                .and_then(|rest| memmem::find(rest, BEGIN));
            if let Some(at) = found.map(|at| from + at) {
                let card: Vec<u8> = self.held.drain(..at).collect();
                if std::mem::replace(&mut self.in_card, true) {
                    return self.card(&card).map(Some);
                }
                from = 1;
                continue;
            }
            if self.ended {
                let rest = std::mem::take(&mut self.held);
                return if std::mem::take(&mut self.in_card) {
                    self.card(&rest).map(Some)
                } else {
                    Ok(None)
                };
            }
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

    fn card(&self, bytes: &[u8]) -> Result<String, Reason> {
        if bytes.len() > LARGEST {
            return Err(Reason::TooLarge);
        }
        Ok(String::from_utf8_lossy(bytes).into_owned())
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
