//! Rows read by a key, in statements that cannot be planned as a scan of the scope.
//!
//! The planner goes by statistics, and those of a scope that was loaded since the last ANALYZE say that
//! it holds one row: then every index that begins with the scope looks as good as the key, and reading
//! the whole scope for each of many ids looks cheap. So nothing is left to choose:
//!
//! - `OFFSET 0` keeps a sub-select apart: each wanted key is looked up by itself, and not joined with
//!   the whole scope.
//! - The primary key alone serves an id. All other indexes of memories are partial, with a condition
//!   that holds for every row; a statement that does not name it cannot use them.
//! - The others serve what asks for their order, since sorting is switched off
//!   ([`PLANNING`](super::scoped)).
//!
//! `docs/decisions/0017-plans-and-derived-data.md` says why. The fragments are joined to what comes
//! before them in FROM; their rows are called `m`.

use super::table::Table;
use crate::model::Kind;

/// Names the index of conversations. Holds for every row.
pub(super) const HAS_PLACE: &str = "sequence_index >= 0";
/// Names the index of times. Holds for every row.
pub(super) const HAS_TIME: &str = "created_at >= '-infinity'";
/// Names the index of sources. Holds for every row.
pub(super) const HAS_SOURCE: &str = "source >= ''";

/// The row with an id.
pub(super) fn by_id<R: Table>(scope: &str, id: &str) -> String {
    format!(
        "CROSS JOIN LATERAL (SELECT * FROM {} WHERE scope_id = {scope} AND id = {id} OFFSET 0) m",
        R::TABLE
    )
}

/// The row with a number in the keyword index. A range of one, because equal numbers have no order.
pub(super) fn by_doc<R: Table>(scope: &str, doc: &str) -> String {
    format!(
        "CROSS JOIN LATERAL (SELECT * FROM {} WHERE scope_id = {scope} AND doc >= {doc} AND doc <= {doc} \
                             ORDER BY doc OFFSET 0) m",
        R::TABLE
    )
}

/// The nodes of a conversation, or those of them that `more` is true for; the episode that is one.
pub(super) fn by_conversation<R: Table>(scope: &str, conversation: &str, more: &str) -> String {
    match R::KIND {
        Kind::Node => format!(
            "CROSS JOIN LATERAL (SELECT * FROM {} WHERE scope_id = {scope} \
                                   AND conversation_id = {conversation} AND {HAS_PLACE}{more} \
                                 ORDER BY sequence_index OFFSET 0) m",
            R::TABLE
        ),
        Kind::Episode => by_id::<R>(scope, conversation),
    }
}

/// The vector that search reads of the row `m`, as `n`.
pub(super) fn narrow<R: Table>(scope: &str, space: &str) -> String {
    format!(
        "LATERAL (SELECT v FROM {} WHERE scope_id = {scope} AND id = m.id AND space_id = {space} OFFSET 0) n",
        R::NARROW
    )
}
