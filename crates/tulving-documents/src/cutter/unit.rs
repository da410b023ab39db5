//! What stays whole if it fits: a paragraph, a list, a table.

use std::ops::Range;

use crate::document::{Block, Content};

/// How many blocks may stand between two steps of a procedure: a note, a picture's text, a table.
const BETWEEN: usize = 3;

/// Groups the blocks of a section. A list, a table or code is taken with the line before it that ends in a colon.
pub(super) fn units(section: &[Block]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let from = at;
        let mut content = &section.get(at)?.content;
        at += 1;
        if let (true, Some(next)) = (leads_in(content), section.get(at)) {
            content = &next.content;
            at += usize::from(!is_plain(content));
        }
        if let Content::Item { .. } = content {
            at = list_end(section, at);
        }
        Some(from..at)
    })
}

/// Returns whether a paragraph announces what follows it.
pub(super) fn leads_in(content: &Content) -> bool {
    matches!(content, Content::Paragraph { text } if text.ends_with([':', '：']))
}

fn is_plain(content: &Content) -> bool {
    matches!(content, Content::Paragraph { .. } | Content::Heading { .. })
}

/// Returns where a list ends of which something is before `at`. It goes on behind a few other blocks if there its
/// numbers do.
fn list_end(section: &[Block], mut at: usize) -> usize {
    let number_at = |at: usize| section.get(at).and_then(|block| number(&block.content));
    let mut last = at.checked_sub(1).and_then(number_at);
    loop {
        match section.get(at).map(|block| &block.content) {
            Some(Content::Item { .. }) => {
                last = number_at(at).or(last);
                at += 1;
            }
            Some(_) => {
                let next = (at + 1..=at + BETWEEN).find(|&at| is_item(section, at));
                let expected = last.and_then(|last| last.checked_add(1));
                match next {
                    Some(next) if expected.is_some() && number_at(next) == expected => at = next,
                    _ => return at,
                }
            }
            None => return at,
        }
    }
}

fn is_item(section: &[Block], at: usize) -> bool {
    section
        .get(at)
        .is_some_and(|block| matches!(block.content, Content::Item { .. }))
}

/// Returns the number of a step on the first level.
fn number(content: &Content) -> Option<u64> {
    let Content::Item {
        depth: 0,
        marker: Some(marker),
        ..
    } = content
    else {
        return None;
    };
    let digits = marker.trim_matches(|c: char| !c.is_ascii_digit());
    digits.parse().ok()
}
