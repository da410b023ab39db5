//! Removing everything that is kept of a scope.

use super::error::DatabaseError;
use super::scoped::Scoped;
use super::sql::{Statement, documents, memories, scopes};
use crate::backend::Counts;
use crate::model::Kind;

impl Scoped<'_> {
    /// Removes all rows of the scope, and begins its counts anew; gives how many memories there were.
    pub(super) async fn erase(mut self) -> Result<Counts, DatabaseError> {
        const DOING: &str = "erasing what the scope holds";
        let scope = self.scope.id();
        let counting = Kind::ALL.map(|kind| memories::count(kind, scope));
        let (_, answers) = self.begin_writing(counting.into(), DOING).await?;
        let mut counts = Counts::default();
        for (kind, rows) in Kind::ALL.into_iter().zip(&answers) {
            counts[kind] = rows
                .first()
                .map_or(0, |row| row.get::<_, i64>(0).unsigned_abs());
        }
        let erasing = memories::erase(scope).chain(scopes::begin_anew(scope));
        let statements: Vec<Statement> = erasing.collect();
        self.finish(&statements, DOING).await?;
        Ok(counts)
    }

    /// Removes what else is kept of a scope without a memory and without a document; whether it was done.
    pub(super) async fn clear(mut self) -> Result<bool, DatabaseError> {
        const DOING: &str = "clearing an empty scope";
        let scope = self.scope.id();
        let mut asked = Vec::from(Kind::ALL.map(|kind| memories::count(kind, scope)));
        asked.push(documents::list(scope, None, 1));
        let (_, mut answers) = self.begin_writing(asked, DOING).await?;
        let has_documents = answers.pop().is_some_and(|rows| !rows.is_empty());
        let counts = answers.iter().filter_map(|rows| rows.first());
        if has_documents
            || counts
                .map(|row| row.get::<_, i64>(0))
                .any(|count| count > 0)
        {
            return Ok(false);
        }
        let erasing = memories::erase(scope).chain(scopes::begin_anew(scope));
        let statements: Vec<Statement> = erasing.collect();
        self.finish(&statements, DOING).await?;
        Ok(true)
    }
}
