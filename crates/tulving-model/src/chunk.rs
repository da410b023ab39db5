//! Chunks: the searchable pieces of documents.

use sha2::{Digest as _, Sha256};

use super::column::{Column, FieldType};
use super::field::{ColumnSource, Field, Form, Record, Shape, record_kind};
use super::{Json, Node, Sequence, Timestamp};
use crate::hex;

record_kind! {
    /// A piece of a document. Text fields hold what a database can: U+FFFD stands for NUL and for lone
    /// surrogates; [`carry`](Self::carry) gives the original back.
    Chunk {
        /// Unique within a scope; 1 to 255 characters.
        id: String = Shape::Id,
        /// The document that it is a piece of, which must be there: at most 1024 bytes.
        document_id: String = Shape::Text { most: 1024 },
        /// Place in the document, from 0.
        chunk_index: i64 = Shape::Position,
        /// The text.
        content: String = Shape::Text { most: usize::MAX },
        /// The headings above it, the outermost first.
        heading_path: Vec<String> = Shape::Texts,
        /// The page that it begins on, where the document has pages.
        page: Option<i64> = Shape::MaybeWhole,
        /// Who made it: `[a-z0-9_-]{1,32}`.
        source: String = Shape::Source,
        /// When the document was read.
        created_at: Timestamp = Shape::Time,
        /// Whether it holds code.
        has_code: bool = Shape::Flag,
        /// An object of lists of strings.
        tags: Json = Shape::Object { keys: &[] },
        /// How often it was recalled.
        access_count: i64 = Shape::Whole { least: 0, most: i64::MAX }; live,
        /// When it was last recalled.
        last_accessed: Option<Timestamp> = Shape::MaybeTime; live,
    }
}

impl Record for Chunk {
    const SEQUENCE: Option<Sequence> = Some(Sequence {
        container: "document_id",
        index: "chunk_index",
    });
    const TAGS: &'static str = "tags";

    fn tags(&self) -> &Json {
        &self.tags
    }

    fn position(&self) -> Option<(&str, i64)> {
        Some((&self.document_id, self.chunk_index))
    }

    fn place(&mut self, index: i64, keeps_id: bool) {
        if !keeps_id {
            self.id = Self::id_for(&self.document_id, index, &self.content);
        }
        self.chunk_index = index;
    }
}

impl Chunk {
    /// Makes a chunk with nothing but its text, and everything else as it is when nobody knows.
    #[must_use]
    pub fn new(document_id: &str, chunk_index: i64, content: &str, created_at: Timestamp) -> Self {
        Self {
            id: Self::id_for(document_id, chunk_index, content),
            document_id: document_id.to_owned(),
            chunk_index,
            content: content.to_owned(),
            heading_path: Vec::new(),
            page: None,
            source: Node::OWN_SOURCE.to_owned(),
            created_at,
            has_code: false,
            tags: Json::empty_object(),
            access_count: 0,
            last_accessed: None,
            extra: Json::empty_object(),
            carry: None,
        }
    }

    /// Returns the id of a chunk: `chunk_` and 16 hex digits of the SHA-256 of document, place and the
    /// first 100 code points of the text, with a NUL between them, which no id of a document holds.
    #[must_use]
    pub fn id_for(document_id: &str, chunk_index: i64, content: &str) -> String {
        let beginning: String = content.chars().take(100).collect();
        let hash = Sha256::digest(format!("{document_id}\0{chunk_index}\0{beginning}"));
        format!("chunk_{}", hex(&hash[..8]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_different_documents_have_different_ids() {
        let ids = [("d", 1, "2:X"), ("d:1", 2, "X"), ("d:1:2", 0, "X")];
        let ids = ids.map(|(document, index, text)| Chunk::id_for(document, index, text));
        assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
        let longer = "é".repeat(101);
        let id = Chunk::id_for("d", 1, &longer);
        assert_eq!(id, Chunk::id_for("d", 1, &"é".repeat(100)));
        assert_eq!((id.len(), &id[..6]), (22, "chunk_"));
    }
}
