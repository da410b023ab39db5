//! A filter as the condition of a query.

use crate::backend::postgres::table::KindTables as _;
use crate::backend::postgres::values::Sql;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::lookup::{HAS_SOURCE, HAS_TIME, by_container};
use super::text::Text;
use crate::backend::Filter;
use crate::model::Kind;

/// Adds `FROM … WHERE …`: the rows `m` of a scope that pass, with what is joined to them. Where the filter
/// names conversations, they are read by their index.
pub(super) fn from_passing(kind: Kind, scope: Uuid, filter: &Filter, joined: &str, to: &mut Text) {
    let scope = format!("'{scope}'");
    if filter.conversations.is_empty() {
        to.text(&format!(
            " FROM {} m {joined} WHERE m.scope_id = {scope}",
            kind.table()
        ));
    } else {
        let mut wanted = storable(&filter.conversations);
        wanted.sort_unstable();
        wanted.dedup();
        to.text(" FROM unnest(")
            .value("conversations", wanted, Type::TEXT_ARRAY);
        let look_up = by_container(kind, &scope, "wanted.id", "");
        to.text(&format!(") AS wanted (id) {look_up} {joined} WHERE true"));
    }
    passes_otherwise(kind, filter, to);
}

/// Adds what a row of the table `m` must be like to pass: nothing, or `AND …`.
pub(super) fn passes(kind: Kind, filter: &Filter, to: &mut Text) {
    if !filter.conversations.is_empty() {
        let conversation = kind.sequence().map_or("id", |sequence| sequence.container);
        to.text(" AND m.").text(conversation).text(" = ANY (");
        to.value(
            "conversations",
            storable(&filter.conversations),
            Type::TEXT_ARRAY,
        );
        to.text(")");
    }
    passes_otherwise(kind, filter, to);
}

/// The same, whatever its conversation.
fn passes_otherwise(kind: Kind, filter: &Filter, to: &mut Text) {
    let Filter {
        kinds: _, // decides which tables are asked
        sources,
        since,
        until,
        clusters,
        conversations: _,
        has_code,
        tags,
    } = filter;
    let tags_column = format!("m.{}", kind.tags());
    if !sources.is_empty() {
        to.text(" AND m.").text(HAS_SOURCE);
        to.text(" AND m.source = ANY (")
            .value("sources", storable(sources), Type::TEXT_ARRAY);
        to.text(")");
    }
    if since.is_some() || until.is_some() {
        to.text(" AND m.").text(HAS_TIME);
    }
    if let Some(since) = since {
        to.text(" AND m.created_at >= ")
            .value("since", Sql(*since), Type::TIMESTAMPTZ);
    }
    if let Some(until) = until {
        to.text(" AND m.created_at < ")
            .value("until", Sql(*until), Type::TIMESTAMPTZ);
    }
    if !clusters.is_empty() {
        to.text(" AND m.cluster_id = ANY (")
            .value("clusters", clusters.clone(), Type::INT8_ARRAY);
        to.text(")");
    }
    if let Some(code) = has_code {
        to.text(" AND m.has_code = ")
            .value("has_code", *code, Type::BOOL);
    }
    if tags.iter().any(|tag| tag.contains('\0')) {
        to.text(" AND false");
    } else if !tags.is_empty() {
        to.text(" AND ")
            .value("tags", tags.clone(), Type::TEXT_ARRAY);
        to.text(" <@ ARRAY(SELECT item #>> '{}' FROM jsonb_each(CASE jsonb_typeof(")
            .text(&tags_column)
            .text(") WHEN 'object' THEN ")
            .text(&tags_column)
            .text(
                " ELSE '{}' END) AS list, \
                 jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item \
                 WHERE jsonb_typeof(item) = 'string')",
            );
    }
}

/// Returns those that a column can hold: PostgreSQL takes no NUL, so nothing is equal to the others.
pub(crate) fn storable(texts: &[String]) -> Vec<String> {
    let storable = texts.iter().filter(|text| !text.contains('\0'));
    storable.cloned().collect()
}
