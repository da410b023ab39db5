//! Removing everything that is kept of a scope.

use tokio_postgres::types::Type;

use super::error::DatabaseError;
use super::scoped::Scoped;
use super::statement::Statement;
use crate::backend::Counts;
use crate::model::Kind;
use crate::search::tokens;

/// Tables with rows of a scope beside those of its memories: what falls with another table comes before it.
const RUNS: [&str; 2] = ["run_chunks", "runs"];

impl Scoped<'_> {
    /// Removes all rows of the scope, and begins its counts anew; gives how many memories there were.
    pub(super) async fn erase(mut self) -> Result<Counts, DatabaseError> {
        const DOING: &str = "erasing what the scope holds";
        let scope = self.scope.id();
        let counting = Kind::ALL.map(|kind| {
            let count = format!("SELECT count(*) FROM {} WHERE scope_id = $1", kind.table());
            Statement::new(count).with(scope, Type::UUID)
        });
        let (_, answers) = self.begin_writing(counting.into(), DOING).await?;
        let mut counts = Counts::default();
        for (kind, rows) in Kind::ALL.into_iter().zip(&answers) {
            counts[kind] = rows
                .first()
                .map_or(0, |row| row.get::<_, i64>(0).unsigned_abs());
        }
        let tables = Kind::ALL
            .into_iter()
            .flat_map(|kind| {
                let vectors = [kind.embeddings(), kind.vectors()];
                let tables = [kind.postings(), kind.table()];
                vectors.into_iter().chain(tables).chain(kind.containers())
            })
            .chain(RUNS);
        let mut statements: Vec<Statement> = tables
            .map(|table| {
                Statement::new(format!("DELETE FROM {table} WHERE scope_id = $1"))
                    .with(scope, Type::UUID)
            })
            .collect();
        let begin_anew = "UPDATE scope_kinds SET next = 0, fresh = 0, memories = 0, tokens = 0, dead = '{}' \
                          WHERE scope_id = $1";
        statements.push(Statement::new(begin_anew).with(scope, Type::UUID));
        statements.push(
            Statement::new("UPDATE scopes SET tokenizer = $2, further = '{}' WHERE scope_id = $1")
                .with(scope, Type::UUID)
                .with(tokens::NUMBER, Type::INT4),
        );
        self.finish(&statements, DOING).await?;
        Ok(counts)
    }
}
