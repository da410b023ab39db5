//! Embedding spaces, which all scopes share.

use tokio_postgres::types::Type;

use super::Statement;
use super::name::Name;
use super::text::Text;
use crate::model::Space;

/// Finds the number of a space.
pub(crate) fn find(space: &Space) -> Statement {
    let find =
        "SELECT space_id FROM embedding_spaces WHERE provider = $1 AND model = $2 AND dims = $3";
    of(find, space).named(Name::FindSpace)
}

/// Gives a space a number, if it has none.
pub(crate) fn make(space: &Space) -> Statement {
    let make = "INSERT INTO embedding_spaces (provider, model, dims) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    of(make, space).named(Name::MakeSpace)
}

fn of(sql: &str, space: &Space) -> Text {
    let dims = i32::try_from(space.dims).unwrap_or(i32::MAX);
    Text::new(sql)
        .with("provider", space.provider.clone(), Type::TEXT)
        .with("model", space.model.clone(), Type::TEXT)
        .with("dims", dims, Type::INT4)
}

/// Lists the spaces but for those that were seen.
pub(crate) fn unseen(seen: Vec<i32>) -> Statement {
    Text::new(
        "SELECT space_id, provider, model, dims FROM embedding_spaces WHERE space_id <> ALL ($1)",
    )
    .with("seen", seen, Type::INT4_ARRAY)
    .named(Name::ListSpaces)
}
