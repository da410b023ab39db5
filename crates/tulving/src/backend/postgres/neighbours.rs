//! Neighbours: what stands beside the memories that were found, and what is known of those whose words were.

use tokio_postgres::Row;
use uuid::Uuid;

use super::sql::search::{FACTS, Found, Missed};
use super::sql::{Statement, search as sql};
use crate::backend::{Request, Scored};
use crate::model::Kind;

/// One statement on one kind. Its rows are the best documents that pass, as many as are wanted, and what
/// stands beside these or beside the nearest.
pub(super) struct Around {
    pub(super) kind: Kind,
    statement: Option<Statement>,
    asks: bool,
    /// Whether it names all documents that were found.
    whole: bool,
    wanted: usize,
}

impl Around {
    /// The column of the document's number; NULL for what stands beside.
    pub(super) const DOC: usize = 0;
    /// The first column of what is known.
    pub(super) const FACTS: usize = 1;
    /// The column of the full vector of what an index missed.
    pub(super) const FULL: usize = Self::FACTS + FACTS;

    /// Asks about the first `most` documents, the best of which come first, and those that score as the last
    /// of them.
    pub(super) fn new(
        kind: Kind,
        scope: Uuid,
        request: &Request,
        nearest: &[Scored],
        matching: &[(u32, f64)],
        most: usize,
        missed: Option<Missed<'_>>,
    ) -> Self {
        let last = matching.get(most.saturating_sub(1));
        let named = match last.filter(|_| most > 0) {
            Some((_, last)) => matching.partition_point(|(_, score)| score >= last),
            None if most == 0 => 0,
            None => matching.len(),
        };
        let reach = match kind.sequence() {
            Some(_) => i64::try_from(request.reach).unwrap_or(i64::MAX),
            None => 0,
        };
        let documents = &matching[..named];
        let nothing = documents.is_empty() && (reach == 0 || nearest.is_empty());
        let ask = || {
            let found = Found {
                nearest,
                documents,
                reach,
                filter: &request.filter,
                depth: request.depth,
                missed,
            };
            sql::around(kind, scope, &found)
        };
        Self {
            kind,
            statement: (!nothing).then(ask),
            asks: !nothing,
            // With a filter that is open, none of the others could come before one that is named.
            whole: named == matching.len() || request.filter.is_open(),
            wanted: request.depth,
        }
    }

    /// Returns whether there was anything to ask.
    pub(super) fn asks(&self) -> bool {
        self.asks
    }

    /// Gives the statement away.
    pub(super) fn take(&mut self) -> Option<Statement> {
        self.statement.take()
    }

    /// Returns whether no more documents can be needed.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Returns whether too few of the documents passed, and there are more.
    pub(super) fn needs_more(&self, rows: &[Row]) -> bool {
        let passed = rows
            .iter()
            .filter(|row| row.get::<_, Option<i32>>(Self::DOC).is_some());
        !self.whole && passed.count() < self.wanted
    }
}
