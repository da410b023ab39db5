//! A document becomes chunks.

mod cut;
mod packer;
mod part;
mod split;
mod unit;

use crate::chunk::Chunk;
use crate::document::{Body, Content, Document};
use packer::Packer;

pub use cut::Cut;

impl Document {
    /// Cuts it into chunks, in reading order. Ready chunks stay as they are.
    ///
    /// A chunk lies under one heading. Lists, tables and blocks of code, with the line that leads to them, stay
    /// whole where they fit. What does not fit is cut between steps, between rows with the head of the table
    /// repeated, between lines; then at sentences, words, letters. A heading that nothing is under becomes a chunk
    /// of its own, so that each word is in a chunk or above one.
    ///
    /// `count` says how many tokens a text is. The budget is kept if it never finds fewer in the parts of a text
    /// than in the whole; a single letter that is beyond the budget stays whole. The same document, sizes and
    /// function make the same chunks. Time grows with the length of the text, and `count` sees each part of it about
    /// three times.
    #[must_use]
    pub fn cut(&self, cut: &Cut, count: &dyn Fn(&str) -> usize) -> Vec<Chunk> {
        let blocks = match &self.body {
            Body::Chunks(chunks) => return chunks.clone(),
            Body::Blocks(blocks) => blocks.as_slice(),
        };
        let mut packer = Packer::new(*cut, count);
        let mut rest = blocks;
        while let Some((block, after)) = rest.split_first() {
            if let Content::Heading { level, text } = &block.content
                && packer.heading(*level, text, block.page)
            {
                rest = after;
                continue;
            }
            // A heading that is too long for one stands in the text.
            let more = after
                .iter()
                .take_while(|block| !matches!(block.content, Content::Heading { .. }));
            let (section, after) = rest.split_at(1 + more.count());
            for unit in unit::units(section) {
                packer.unit(section.get(unit).unwrap_or(&[]));
            }
            rest = after;
        }
        packer.finish()
    }
}
