//! Documents: what chunks are pieces of.

use sha2::{Digest as _, Sha256};

use super::column::{Column, FieldType};
use super::field::{self, ColumnSource, Field, Form, Recorded, Shape, record_kind};
use super::{Json, Kind, Timestamp};
use crate::hex;

record_kind! {
    /// What was uploaded. It is not searched itself: its [chunks](super::Chunk) are, and fall with it. Text
    /// fields hold what a database can, as those of memories.
    Document {
        /// Unique among the documents of a scope; 1 to 255 characters.
        id: String = Shape::Id,
        /// Where it was read from.
        path: String = Shape::Text { most: usize::MAX },
        /// What it is called.
        title: String = Shape::TextOr { missing: "" },
        /// Whose it is within an organisation: the name of its folder.
        department: Option<String> = Shape::MaybeText,
        /// SHA-256 of what was read, in hex: one that stayed as it was need not be read again.
        content_hash: Option<String> = Shape::MaybeText,
        /// What it is: `text/markdown`, `application/pdf`, …
        mime: Option<String> = Shape::MaybeText,
        /// When it was first read.
        created_at: Timestamp = Shape::Time,
        /// When it was last read anew.
        updated_at: Option<Timestamp> = Shape::MaybeTime,
    }
}

impl Recorded for Document {
    fn form(&self) -> Form {
        Self::FORM
    }

    fn columns(&self) -> Vec<Column<'_>> {
        self.columns()
    }

    fn extra(&self) -> &Json {
        &self.extra
    }

    fn carry(&self) -> Option<&[u8]> {
        self.carry.as_deref()
    }
}

impl Document {
    /// The kind of the memories that are pieces of documents.
    pub const PIECES: Kind = Kind::Chunk;

    /// Returns the last part of its path.
    #[must_use]
    pub fn file_name(&self) -> &str {
        let name = self.path.rsplit(['/', '\\']).find(|part| !part.is_empty());
        name.unwrap_or(&self.path)
    }

    /// Returns the names of the fields in which two documents differ, the carry left out.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<&'static str> {
        field::differing(self, other)
    }

    /// Returns the id of a document that was read from a place: `doc_` and 16 hex digits of the SHA-256 of the
    /// path. So what is read again takes the place of what was read there before.
    #[must_use]
    pub fn id_for(path: &str) -> String {
        format!("doc_{}", hex(&Sha256::digest(path)[..8]))
    }

    /// Returns a document with nothing but a place where it was read, and everything else as it is when nobody
    /// knows.
    #[must_use]
    pub fn new(id: &str, path: &str, created_at: Timestamp) -> Self {
        Self {
            id: id.to_owned(),
            path: path.to_owned(),
            title: String::new(),
            department: None,
            content_hash: None,
            mime: None,
            created_at,
            updated_at: None,
            extra: Json::empty_object(),
            carry: None,
        }
    }
}
