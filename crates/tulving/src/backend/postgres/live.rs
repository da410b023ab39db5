//! Fields of memories that change while they are used.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::conditions::texts;
use super::error::DatabaseError;
use super::holdings::Holdings;
use super::scoped::Scoped;
use super::statement::Statement;
use crate::backend::LiveChange;

impl Scoped<'_> {
    /// Changes live fields; gives how many of the memories were there. Rows are locked, and not the scope:
    /// nothing else that a writer rests on changes.
    pub(super) async fn update_live(
        mut self,
        changes: &[LiveChange],
    ) -> Result<u64, DatabaseError> {
        const DOING: &str = "changing what changes in use";
        let scope = self.scope;
        // In one order, so that two who change the same do not wait for each other; changes of one memory stay
        // in theirs.
        let mut changes: Vec<&LiveChange> = changes.iter().collect();
        changes.sort_by_key(|change| change.key());
        let updates: Vec<Statement> = changes
            .iter()
            .map(|change| update(scope.id(), change))
            .collect();
        let holdings = self.send(&[Holdings::query(scope, false)], DOING).await?;
        let holdings = holdings.first().map_or(&[][..], Vec::as_slice);
        Holdings::read(holdings, scope, self.target())?;
        let answers = self.finish(&updates, DOING).await?;
        let there = changes
            .iter()
            .zip(&answers)
            .filter(|(_, rows)| !rows.is_empty());
        let mut there: Vec<_> = there.map(|(change, _)| change.key()).collect();
        there.dedup();
        Ok(there.len() as u64)
    }
}

/// The statement that makes one change; it gives a row if the memory is there.
fn update(scope: Uuid, change: &LiveChange) -> Statement {
    let kind = change.key().kind;
    let table = kind.table();
    let mut update = Statement::new("");
    match change {
        LiveChange::Cluster(_, membership) if kind.is_clustered() => {
            let of = membership.as_ref();
            update.text(&format!("UPDATE {table} SET cluster_id = "));
            update.value(of.map(|of| of.cluster), Type::INT8);
            update.text(", cluster_label = ");
            update.value(of.and_then(|of| of.label.clone()), Type::TEXT);
            update.text(", cluster_confidence = ");
            update.value(of.map_or(0.0, |of| of.confidence), Type::FLOAT8);
        }
        LiveChange::Cluster(..) => {
            // Nothing of it can change: whether it is there is all that is asked.
            update.text(&format!("SELECT id FROM {table}"));
        }
        LiveChange::Usage(_, count, last) => {
            update.text(&format!("UPDATE {table} SET access_count = "));
            update.value(*count, Type::INT8);
            update.text(", last_accessed = ");
            update.value(*last, Type::TIMESTAMPTZ);
        }
    }
    let id = texts(std::slice::from_ref(&change.key().id)).pop();
    update.text(" WHERE scope_id = ").value(scope, Type::UUID);
    update.text(" AND id = ").value(id, Type::TEXT);
    if matches!(change, LiveChange::Usage(..)) || kind.is_clustered() {
        update.text(" RETURNING id");
    }
    update
}
