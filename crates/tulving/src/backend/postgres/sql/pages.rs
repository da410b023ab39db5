//! Pages, counts and clusters of the memories that pass a filter.

use std::cmp::Ordering;

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::Statement;
use super::filter::from_passing;
use super::lookup::HAS_TIME;
use super::name::Name;
use super::text::Text;
use crate::backend::postgres::table::{KindTables as _, listed_of_row};
use crate::backend::postgres::values::Sql;
use crate::backend::{Cursor, Filter, Order, Page};
use crate::model::Kind;

/// Lists one row more than the page holds, of one kind. Conversations are read by their index and sorted;
/// all else in the order of the index of times, from the place where the page begins.
pub(crate) fn page(kind: Kind, scope: Uuid, filter: &Filter, page: &Page) -> Statement {
    let mut query = Text::new(format!("SELECT {}", listed_of_row(kind)));
    from_passing(kind, scope, filter, "", &mut query);
    if filter.conversations.is_empty() {
        query.text(" AND m.").text(HAS_TIME);
    }
    if let Some(after) = &page.after {
        beyond(kind, after, page.order, &mut query);
    }
    let way = match page.order {
        Order::Oldest => "",
        Order::Newest => " DESC",
    };
    let sequence = kind.sequence().map_or_else(String::new, |sequence| {
        format!(" m.{}{way},", sequence.index)
    });
    query.text(&format!(
        " ORDER BY m.created_at{way},{sequence} m.id COLLATE \"C\"{way} LIMIT "
    ));
    let limit = i64::try_from(page.limit)
        .unwrap_or(i64::MAX)
        .saturating_add(1);
    query.value("limit", limit, Type::INT8);
    query.named(Name::ListPage)
}

/// Adds that a row comes after a place: one comparison of rows, which the index of times serves.
fn beyond(kind: Kind, after: &Cursor, order: Order, query: &mut Text) {
    let (sign, comes_later) = match order {
        Order::Oldest => (">", Ordering::Greater),
        Order::Newest => ("<", Ordering::Less),
    };
    // At one time and place the kinds come in their order, then the id decides.
    let mut tie = kind.cmp(&after.key.kind);
    let sequence = kind.sequence();
    if sequence.is_none() {
        // What is in no sequence stands at place 0.
        tie = 0.cmp(&after.sequence_index).then(tie);
    }
    let by_id = tie.is_eq();
    let mut columns = vec!["m.created_at".to_owned()];
    columns.extend(sequence.map(|sequence| format!("m.{}", sequence.index)));
    if by_id {
        columns.push("m.id COLLATE \"C\"".to_owned());
    }
    query.text(" AND (").text(&columns.join(", ")).text(") ");
    query
        .text(sign)
        .text(if tie == comes_later { "= (" } else { " (" });
    query.value("after_time", Sql(after.created_at), Type::TIMESTAMPTZ);
    if sequence.is_some() {
        query
            .text(", ")
            .value("after_place", after.sequence_index, Type::INT8);
    }
    if by_id {
        query.text(", ");
        query.value("after_id", after.key.id.replace('\0', ""), Type::TEXT);
    }
    query.text(")");
}

/// Counts the memories that pass.
pub(crate) fn count(kind: Kind, scope: Uuid, filter: &Filter) -> Statement {
    let mut query = Text::new("SELECT count(*)");
    from_passing(kind, scope, filter, "", &mut query);
    query.named(Name::CountPassing)
}

/// Lists the clusters of a kind with how many memories each has.
pub(crate) fn clusters(kind: Kind, scope: Uuid) -> Statement {
    Text::new(format!(
        "SELECT cluster_id, cluster_label, count(*) FROM {} \
         WHERE scope_id = $1 AND cluster_id IS NOT NULL GROUP BY 1, 2",
        kind.table()
    ))
    .scope(scope)
    .named(Name::ListClusters)
}
