//! `tulving schema`: the tables of a database and their version.

use clap::Subcommand;
use serde_json::json;
use tulving::backend::postgres::SchemaVersion;

use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, counted, minute};
use crate::table::Table;
use crate::text::safe;

/// `tulving schema …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Brings the tables of a database to the newest version
    ///
    /// Creates the tables, indexes, row-level security and the role `tulving_app`, or brings older ones
    /// up to date. If the database has the newest version already, whatever is missing is made again:
    /// rights, row-level security, triggers, indexes, tables. Only the tables of owners and of embedding
    /// spaces, to which all others refer, have to come from a backup (exit 9). It is safe to run this
    /// command twice, from two processes at once, and after `psql -f db/migrations/….sql`. The database
    /// needs the extension pgvector, 0.8.2 or newer.
    ///
    /// The tables go into the first schema of the search path, or into the one that `--schema` names,
    /// which is created if it does not exist.
    #[command(after_help = "With --json:\n\
    {\"applied\": [VERSION…], \"repaired\": [TEXT…], \"removed\": [TEXT…], \"version\": N, \"schema\": NAME, \"words\": N}")]
    Apply,

    /// Shows which versions a database has, and which are missing
    #[command(after_help = "With --json:\n\
    {\"applied\": [{\"version\", \"name\", \"checksum\", \"applied_at\"}], \"pending\": [{\"version\", \"name\", \"checksum\"}]}")]
    Status,

    /// Prints the SQL of the schema; needs no database
    #[command(after_help = "With --json:\n\
    {\"versions\": [{\"version\", \"name\", \"sql\"}]}")]
    Print,
}

/// Runs it.
///
/// # Errors
/// When the database cannot be reached or refuses.
pub async fn run(command: &Command, cx: &Context) -> Result<Exit, CliError> {
    match command {
        Command::Apply => apply(cx).await,
        Command::Status => status(cx).await,
        Command::Print => print(cx),
    }
}

async fn apply(cx: &Context) -> Result<Exit, CliError> {
    let mut connection = cx.connect().await?;
    let brought = connection.apply_schema().await?;
    // Whatever version the tables had, words may be of another version of the program.
    let words = cx.database()?.renew_words(&mut connection, &|_| {}).await?;
    let newest = SchemaVersion::newest();
    if cx.json {
        let applied: Vec<i32> = brought.versions.iter().map(|known| known.version).collect();
        output::json(&json!({
            "applied": applied,
            "repaired": brought.repaired,
            "removed": brought.orphans,
            "version": newest,
            "schema": brought.schema,
            "words": words,
        }))?;
        return Ok(Exit::Done);
    }
    for version in &brought.versions {
        output::text(&format!("applied   {} {}", version.version, version.name))?;
    }
    for repaired in &brought.repaired {
        output::text(&format!("repaired  {}", safe(repaired)))?;
    }
    for orphan in &brought.orphans {
        output::text(&format!(
            "removed   index {}, whose owner is gone",
            safe(orphan)
        ))?;
    }
    let schema = safe(&brought.schema);
    output::text(&match (brought.versions.len(), brought.repaired.len()) {
        (0, 0) => {
            format!("Schema {schema} is at version {newest} already, and nothing is missing.")
        }
        _ => format!("Schema {schema} is at version {newest}."),
    })?;
    if words > 0 {
        let memories = counted(words, "memory");
        output::text(&format!("The words of {memories} were made anew."))?;
    }
    Ok(Exit::Done)
}

async fn status(cx: &Context) -> Result<Exit, CliError> {
    let connection = cx.connect().await?;
    let status = connection.schema_status().await?;
    if cx.json {
        let applied: Vec<_> = status
            .applied
            .iter()
            .map(|seen| {
                let applied_at = seen.applied_at.isoformat();
                json!({"version": seen.version, "name": seen.name, "checksum": seen.checksum, "applied_at": applied_at})
            })
            .collect();
        let pending: Vec<_> = status
            .pending
            .iter()
            .map(|known| json!({"version": known.version, "name": known.name, "checksum": known.checksum()}))
            .collect();
        output::json(&json!({"applied": applied, "pending": pending}))?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(["VERSION", "NAME", "APPLIED (UTC)"]);
    for seen in status.applied {
        let by_psql = if seen.checksum.is_none() {
            ", by psql"
        } else {
            ""
        };
        table.row([
            seen.version.to_string(),
            seen.name,
            minute(seen.applied_at) + by_psql,
        ]);
    }
    for known in status.pending {
        table.row([
            known.version.to_string(),
            known.name.to_owned(),
            format!("not yet: {}", cx.advice("tulving schema apply")),
        ]);
    }
    output::text(&table.render(cx.out))?;
    Ok(Exit::Done)
}

fn print(cx: &Context) -> Result<Exit, CliError> {
    let versions = SchemaVersion::all();
    if cx.json {
        let versions: Vec<_> = versions
            .iter()
            .map(|known| json!({"version": known.version, "name": known.name, "sql": known.sql}))
            .collect();
        output::json(&json!({"versions": versions}))?;
    } else {
        versions
            .iter()
            .try_for_each(|known| output::text(known.sql))?;
    }
    Ok(Exit::Done)
}
