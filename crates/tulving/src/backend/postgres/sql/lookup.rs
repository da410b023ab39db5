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
//!   ([`transaction`](super::transaction)).
//!
//! `docs/decisions/0017-plans-and-derived-data.md` says why. The fragments are joined to what comes
//! before them in FROM; their rows are called `m`.

use crate::backend::postgres::table::KindTables as _;
use crate::model::Kind;

/// Names the index of times. Holds for every row.
pub(super) const HAS_TIME: &str = "created_at >= '-infinity'";
/// Names the index of sources. Holds for every row.
pub(super) const HAS_SOURCE: &str = "source >= ''";

/// Selects the row with an id.
pub(super) fn by_id(kind: Kind, scope: &str, id: &str) -> String {
    format!(
        "CROSS JOIN LATERAL (SELECT * FROM {} WHERE scope_id = {scope} AND id = {id} OFFSET 0) m",
        kind.table()
    )
}

/// Selects the row with a number in the keyword index. A range of one, because equal numbers have no order.
pub(super) fn by_doc(kind: Kind, scope: &str, doc: &str) -> String {
    format!(
        "CROSS JOIN LATERAL (SELECT * FROM {} WHERE scope_id = {scope} AND doc >= {doc} AND doc <= {doc} \
                             ORDER BY doc OFFSET 0) m",
        kind.table()
    )
}

/// Selects what is part of a container, or what of it `more` is true for: the nodes of a conversation. Of a kind
/// that is in no sequence, the one with the container's name as its id: the episode that is one.
pub(super) fn by_container(kind: Kind, scope: &str, container: &str, more: &str) -> String {
    let Some(sequence) = kind.sequence() else {
        return by_id(kind, scope, container);
    };
    // That the place is not negative holds for every row, and names the index of places.
    let index = sequence.index;
    format!(
        "CROSS JOIN LATERAL (SELECT * FROM {} WHERE scope_id = {scope} \
                               AND {} = {container} AND {index} >= 0{more} \
                             ORDER BY {index} OFFSET 0) m",
        kind.table(),
        sequence.container,
    )
}

/// Selects the full vector of the row `m` in a space: that of its own column where it is of that space, else the one
/// that is kept beside it.
pub(super) fn full(kind: Kind, scope: &str, space: &str) -> String {
    format!(
        "CASE WHEN m.space_id = {space} THEN m.embedding \
              ELSE (SELECT embedding FROM {} WHERE scope_id = {scope} AND id = m.id AND space_id = {space}) END",
        kind.embeddings()
    )
}

/// Selects all full vectors of the row `m`, as `e`, each with its space.
pub(super) fn every_full(kind: Kind, scope: &str) -> String {
    format!(
        "LATERAL (SELECT m.space_id, m.embedding WHERE m.embedding IS NOT NULL UNION ALL \
                  SELECT space_id, embedding FROM {} WHERE scope_id = {scope} AND id = m.id OFFSET 0) e",
        kind.embeddings()
    )
}

/// Selects the space that is searched.
pub(super) fn current(scope: &str) -> String {
    format!("(SELECT space_id FROM scopes WHERE scope_id = {scope})")
}

/// Selects the half-precision vector of the row `m`, which search reads, as `n`.
pub(super) fn half_precision(kind: Kind, scope: &str, space: &str) -> String {
    format!(
        "LATERAL (SELECT v FROM {} WHERE scope_id = {scope} AND id = m.id AND space_id = {space} OFFSET 0) n",
        kind.vectors()
    )
}
