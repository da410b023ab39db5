//! HTML, by html5ever's tokens. No tree is built, so that neither time nor memory depends on how deep it is.

mod table;
mod walk;

use html5ever::tokenizer::{BufferQueue, Tokenizer, TokenizerOpts};

use crate::builder::{Builder, floor};
use crate::limits::Measure;
use crate::reason::Reason;

/// Attributes of one element: the tokenizer compares each with all before it.
const ATTRIBUTES: u64 = 10_000;

/// How much is given to the tokenizer between two looks at whether it has refused.
const PIECE: usize = 1 << 16;

/// Reads a page of HTML.
pub(crate) fn read(text: &str, out: &mut Builder<'_>) -> Result<(), Reason> {
    read_part(text, out)
}

/// Reads HTML that may be a part of a page.
pub(crate) fn read_part(text: &str, out: &mut Builder<'_>) -> Result<(), Reason> {
    Measure::Attributes.check(attributes(text), ATTRIBUTES)?;
    let tokenizer = Tokenizer::new(walk::Sink::new(out), TokenizerOpts::default());
    let input = BufferQueue::default();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(floor(rest, PIECE));
        input.push_back(piece.into());
        // It stops where a script ended.
        while !input.is_empty() {
            let _ = tokenizer.feed(&input);
        }
        tokenizer.sink.refused()?;
        rest = after;
    }
    tokenizer.end();
    tokenizer.sink.finish()
}

/// Returns about how many attributes the element has that has most.
fn attributes(text: &str) -> u64 {
    let mut most = 0;
    let mut rest = text.as_bytes();
    while let Some(at) = memchr::memchr(b'<', rest) {
        rest = rest.get(at + 1..).unwrap_or(&[]);
        if !rest.first().is_some_and(u8::is_ascii_alphabetic) {
            continue;
        }
        let (mut quote, mut count, mut between, mut end) = (None, 0_u64, false, rest.len());
        for (at, &byte) in rest.iter().enumerate() {
            match (quote, byte) {
                (Some(open), _) if open == byte => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') if rest.get(at.wrapping_sub(1)) == Some(&b'=') => {
                    quote = Some(byte);
                }
                (None, b'>') => {
                    end = at;
                    break;
                }
                (None, _) => {
                    let space = byte.is_ascii_whitespace() || byte == b'/';
                    count += u64::from(between && !space);
                    between = space;
                }
            }
        }
        most = most.max(count);
        rest = rest.get(end..).unwrap_or(&[]);
    }
    most
}
