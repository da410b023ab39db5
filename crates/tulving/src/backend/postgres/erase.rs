//! Removing everything that is kept of a scope.

use super::error::DatabaseError;
use super::scoped::Scoped;
use super::sql::{Statement, memories, scopes};
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
}
