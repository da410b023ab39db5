//! A memory in the place of another.

use super::copy::CopyRows;
use super::entries::{embedding, vector, width};
use super::postings::Batch;
use super::scoped::Scoped;
use super::spaces::Spaces;
use super::sql::memories::RowNumbers;
use super::sql::{memories, scopes, vectors};
use super::table::{Columns, encode};
use super::writing::absent;
use crate::backend::{BackendError, Entry};
use crate::model::Memory;
use crate::record;
use crate::search::text::{embedded, indexed};

impl Scoped<'_> {
    /// Puts a memory in the place of another.
    pub(super) async fn replace(
        mut self,
        old: &Memory,
        entry: &Entry,
        spaces: &Spaces,
    ) -> Result<(), BackendError> {
        const DOING: &str = "changing a memory";
        let (scope, kind, id) = (self.scope.id(), old.kind(), old.id().to_owned());
        let new = &entry.memory;
        let stored = memories::lock(kind, scope, &id);
        let container = new.position().map(|(container, _)| container);
        let absent = absent(kind, scope, container.into_iter());
        let (statistics, answers) = self.begin_writing(vec![stored, absent], DOING).await?;
        let Some(row) = answers.first().and_then(|rows| rows.first()) else {
            return Err(BackendError::NoSuchMemory { key: old.key() });
        };
        let mut fields = Columns::new(kind, row);
        let stored = fields.memory()?;
        let (doc, tokens): (Option<i32>, Option<i32>) = (fields.get()?, fields.get()?);
        if !record::same_content(old, &stored) {
            return Err(BackendError::Changed { key: old.key() });
        }
        if new.key() != old.key() {
            // The id stays: there is no other place to put it in.
            return Err(BackendError::NoSuchMemory { key: new.key() });
        }
        if let Some(row) = answers.last().and_then(|rows| rows.first()) {
            return Err(BackendError::NoSuchDocument { id: row.get(0) });
        }
        let space_id = self.space_of(std::slice::from_ref(entry), &statistics, spaces);
        let space_id = space_id.await?;
        let embedding = embedding(entry);

        let mut statements = Vec::new();
        let dims = embedding.map(width);
        let mut row = RowNumbers {
            space_id: dims.and(space_id),
            dims,
            vector: vector(embedding),
            doc: None,
            tokens: None,
        };
        let words = indexed(new);
        // Words that stayed as they were need no new postings.
        if words != indexed(&stored) || doc.is_none() {
            let batch = Batch::of(std::iter::once(words));
            let numbers = statistics.of(kind);
            self.require_numbers(kind, numbers.next, 1)?;
            row.doc = Some(numbers.next);
            row.tokens = batch.lengths().first().copied();
            let more = batch.tokens() - i64::from(tokens.unwrap_or_default());
            statements.push(scopes::count_replaced(kind, scope, more, doc));
            statements.extend(batch.write(kind, scope, numbers.next));
        }
        let fields = CopyRows::fields(|fields| encode(new, fields));
        let update = memories::update(kind, scope, id.clone(), row, fields);
        let stays = embedded(new) == embedded(&stored);
        let clear = vectors::clear(kind, scope, &id, statistics.space_id, stays);
        statements.extend(clear);
        statements.push(update);
        if embedding.is_some() {
            statements.push(vectors::fill(kind, scope, vec![id]));
        }
        if statistics.space_id.is_none() {
            statements.extend(space_id.map(|space_id| scopes::keep_space(scope, space_id)));
        }
        self.merge_small(&statistics, &mut statements, DOING)
            .await?;
        self.finish(&statements, DOING).await?;
        Ok(())
    }
}
