//! `tulving schema`: the tables of a database and their version.

use clap::Subcommand;

/// `tulving schema …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Brings a database to the newest schema
    ///
    /// Creates the tables, indexes, row-level security and the role `tulving_app`, or brings older
    /// ones up to date. Safe to run twice, from two processes at once, and after
    /// `psql -f db/migrations/….sql`. The database needs the extension pgvector, 0.8.2 or newer.
    Apply,

    /// Shows which versions a database has, and which are missing
    Status,

    /// Prints the SQL of the schema; needs no database
    Print,
}
