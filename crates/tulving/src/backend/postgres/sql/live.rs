//! Fields of memories that change while they are used.

use crate::backend::postgres::table::KindTables as _;
use crate::backend::postgres::values::Sql;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::Statement;
use super::filter::storable;
use super::name::Name;
use super::text::Text;
use crate::backend::LiveChange;

/// Makes one change; gives a row if the memory is there.
pub(crate) fn update(scope: Uuid, change: &LiveChange) -> Statement {
    let kind = change.key().kind;
    let table = kind.table();
    let mut update = Text::default();
    match change {
        LiveChange::Cluster(_, membership) if kind.is_clustered() => {
            let of = membership.as_ref();
            update.text(&format!("UPDATE {table} SET cluster_id = "));
            update.value("cluster", of.map(|of| of.cluster), Type::INT8);
            update.text(", cluster_label = ");
            update.value("label", of.and_then(|of| of.label.clone()), Type::TEXT);
            update.text(", cluster_confidence = ");
            update.value(
                "confidence",
                of.map_or(0.0, |of| of.confidence),
                Type::FLOAT8,
            );
        }
        LiveChange::Cluster(..) => {
            // Nothing of it can change: whether it is there is all that is asked.
            update.text(&format!("SELECT id FROM {table}"));
        }
        LiveChange::Usage(_, count, last) => {
            update.text(&format!("UPDATE {table} SET access_count = "));
            update.value("uses", *count, Type::INT8);
            update.text(", last_accessed = ");
            update.value("last", last.map(Sql), Type::TIMESTAMPTZ);
        }
    }
    let id = storable(std::slice::from_ref(&change.key().id)).pop();
    update
        .text(" WHERE scope_id = ")
        .value("scope", scope, Type::UUID);
    update.text(" AND id = ").value("id", id, Type::TEXT);
    if matches!(change, LiveChange::Usage(..)) || kind.is_clustered() {
        update.text(" RETURNING id");
    }
    update.named(Name::UpdateLive)
}
