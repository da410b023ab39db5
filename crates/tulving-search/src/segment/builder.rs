//! Making segments.

use std::collections::HashMap;

use twox_hash::XxHash3_64;

use super::{HEADER, MARK};
use crate::bytes::write_varint;
use crate::tokens;

/// A document came after one with an equal or higher number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("document {doc} comes after document {last}; numbers have to rise")]
pub struct OutOfOrder {
    /// The document that was refused.
    pub doc: u32,
    /// The one added before it.
    pub last: u32,
}

/// Collects documents into a segment. Holds postings as compactly as the segment will.
#[derive(Debug, Default)]
pub struct SegmentBuilder {
    /// Number and length.
    documents: Vec<(u32, u32)>,
    terms: HashMap<Box<str>, Encoding>,
}

/// The postings of a term so far. Its last document is not yet encoded: its count may grow.
#[derive(Debug, Default)]
struct Encoding {
    bytes: Vec<u8>,
    /// Place of the last document in `bytes`, or 0.
    before: u64,
    place: u64,
    tf: u64,
}

impl Encoding {
    fn flush(&mut self) {
        let step = (self.place - self.before) << 1;
        if self.tf == 1 {
            write_varint(step, &mut self.bytes);
        } else {
            write_varint(step | 1, &mut self.bytes);
            write_varint(self.tf, &mut self.bytes);
        }
        self.before = self.place;
    }
}

impl SegmentBuilder {
    /// Makes one with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a document. One without words counts too.
    ///
    /// # Errors
    /// If its number is not higher than the last.
    pub fn add(&mut self, doc: u32, text: &str) -> Result<(), OutOfOrder> {
        if let Some(&(last, _)) = self.documents.last()
            && doc <= last
        {
            return Err(OutOfOrder { doc, last });
        }
        let place = self.documents.len() as u64;
        let mut len: u32 = 0;
        tokens::tokens(text, |token| {
            len = len.saturating_add(1);
            let Some(encoding) = self.terms.get_mut(token) else {
                let first = Encoding {
                    place,
                    tf: 1,
                    ..Encoding::default()
                };
                self.terms.insert(token.into(), first);
                return;
            };
            if encoding.place == place {
                encoding.tf = (encoding.tf + 1).min(u64::from(u32::MAX));
            } else {
                encoding.flush();
                (encoding.place, encoding.tf) = (place, 1);
            }
        });
        self.documents.push((doc, len));
        Ok(())
    }

    /// Returns the segment: the same documents always give the same bytes.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let mut terms: Vec<_> = self.terms.into_iter().collect();
        terms.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let mut out = vec![0; HEADER];
        for (doc, len) in &self.documents {
            out.extend(doc.to_le_bytes());
            out.extend(len.to_le_bytes());
        }
        let (mut text_at, mut postings_at) = (0_u64, 0_u64);
        for (text, encoding) in &mut terms {
            encoding.flush();
            out.extend(text_at.to_le_bytes());
            out.extend(postings_at.to_le_bytes());
            text_at += text.len() as u64;
            postings_at += encoding.bytes.len() as u64;
        }
        out.extend(text_at.to_le_bytes());
        out.extend(postings_at.to_le_bytes());
        for (text, _) in &terms {
            out.extend(text.as_bytes());
        }
        for (_, encoding) in &terms {
            out.extend(&encoding.bytes);
        }
        let tokens = self.documents.iter().map(|(_, len)| u64::from(*len)).sum();
        let mut header = Vec::with_capacity(HEADER - 16);
        for field in [
            XxHash3_64::oneshot(&out[HEADER..]),
            self.documents.len() as u64,
            tokens,
            terms.len() as u64,
            text_at,
            postings_at,
        ] {
            header.extend(field.to_le_bytes());
        }
        out[..8].copy_from_slice(MARK);
        out[8..16].copy_from_slice(&XxHash3_64::oneshot(&header).to_le_bytes());
        out[16..HEADER].copy_from_slice(&header);
        out
    }
}
