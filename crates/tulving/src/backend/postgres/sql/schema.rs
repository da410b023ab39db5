//! The scripts that bring a database to the newest schema; the files themselves are in `db/migrations`.

use super::Statement;
use super::name::Name;
use super::text::Text;
use super::transaction::unlimited;
use crate::backend::postgres::location::{Location, quoted};

/// Makes a schema that was asked for by name.
pub(crate) fn make(name: &str) -> Statement {
    Text::new(format!("CREATE SCHEMA IF NOT EXISTS {}", quoted(name))).named(Name::MakeSchema)
}

/// Runs what the schema needs in one transaction.
pub(crate) fn apply(place: &Location, sql: &str) -> Statement {
    Text::new(format!("{};\n{sql}\nCOMMIT;", unlimited(place))).named(Name::ApplySchema)
}

/// Enables pgvector.
pub(crate) fn enable_vector(schema: &str) -> String {
    format!(
        "CREATE EXTENSION IF NOT EXISTS vector SCHEMA {};",
        quoted(schema)
    )
}

/// Removes tables whose rows are only of another's rows.
pub(crate) fn drop_tables(tables: &str) -> String {
    format!("DROP TABLE IF EXISTS {tables};\n")
}

/// Records the checksum of a version that psql applied.
pub(crate) fn record_checksum(version: i32, checksum: &str) -> String {
    format!(
        "UPDATE tulving_schema_versions SET checksum = '{checksum}' WHERE version = {version} AND checksum IS NULL;\n"
    )
}
