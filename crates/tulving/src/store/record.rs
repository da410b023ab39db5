//! Whole records: memories and documents as another memory wrote them.

use super::part::{Part, Placing};
use super::remembered::{IfThere, Outcome};
use super::{ScopedStore, StoreError};
use crate::json::Value;
use crate::model::{Document, Kind};
use crate::record::{self, Flaw, Stamp};

/// A memory as its record says it, with its id and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRecord {
    /// Of which kind.
    pub kind: Kind,
    /// The record, as files have it.
    pub record: Value<'static>,
    /// Its vector, of the space of the scope's vectors; made from the text if absent.
    pub embedding: Option<Vec<f32>>,
}

impl NewRecord {
    pub(super) fn into_part(mut self, index: usize, stamp: &Stamp) -> Result<Part, Flaw> {
        let memory = record::read(self.kind, &mut self.record, stamp)?.memory;
        Ok(Part {
            index,
            is_head: true,
            memory,
            vector: self.embedding,
            said: None,
            follows: Vec::new(),
            placing: Placing::Whole,
        })
    }
}

impl ScopedStore {
    /// Remembers a document as its record says it; returns its id, and what became of it. One that is there
    /// and is to be updated loses its chunks: they are pieces of what it was.
    ///
    /// # Errors
    /// [`StoreError::Flawed`] if it cannot be kept; [`StoreError::Differs`] if its id is there already with
    /// something else to it, unless that is to be updated; [`StoreError::Forgotten`] if it was forgotten.
    pub async fn remember_document(
        &self,
        mut record: Value<'static>,
        if_there: IfThere,
    ) -> Result<(String, Outcome), StoreError> {
        let flawed = |flaw| StoreError::Flawed { index: 0, flaw };
        let stamp = Stamp::only(self.scope);
        let document = record::document::read(&mut record, &stamp).map_err(flawed)?;
        let document = record::document::admit(&document, &stamp).map_err(flawed)?;
        let id = document.id.clone();
        let ids = std::slice::from_ref(&id);
        let there = self.backend.documents(self.scope, ids).await?;
        let outcome = match there.into_iter().flatten().next() {
            None => Outcome::Added,
            Some(there) if is_same(&there, &document) => return Ok((id, Outcome::Unchanged)),
            Some(_) if if_there == IfThere::Update => Outcome::Updated,
            Some(there) => {
                let mut fields = document.differing(&there);
                if fields.is_empty() {
                    // What no column has.
                    fields.push("record");
                }
                return Err(StoreError::Differs {
                    index: 0,
                    id,
                    fields,
                });
            }
        };
        self.put_parts(document, Vec::new()).await?;
        Ok((id, outcome))
    }
}

fn is_same(one: &Document, other: &Document) -> bool {
    let bytes = |document: &Document| {
        let mut bytes = Vec::new();
        record::document::write(document, &mut bytes).map(|()| bytes)
    };
    matches!((bytes(one), bytes(other)), (Ok(one), Ok(other)) if one == other)
}
