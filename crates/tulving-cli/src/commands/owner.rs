//! What making a user and making a tenant have in common.

use std::path::Path;

use serde::Serialize;
use serde_json::json;
use tulving::backend::postgres::{DatabaseError, Owner};
use tulving::model::ScopeKind;
use uuid::Uuid;

use crate::config::parse_id;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output;

/// The id that was asked for, or a new one.
pub(super) fn id(given: Option<&str>, kind: ScopeKind) -> Result<Uuid, CliError> {
    given.map_or_else(|| Ok(Uuid::new_v4()), |text| parse_id(text, kind, "--id"))
}

/// Prints the id alone, or the object that `--json` asks for.
pub(super) fn print_id(cx: &Context, id: Uuid, object: &impl Serialize) -> Result<Exit, CliError> {
    if cx.json {
        output::json(object)?;
    } else {
        output::text(&id.to_string())?;
    }
    Ok(Exit::Done)
}

/// Prints the statements that make the owners, or writes them to a file.
pub(super) fn print_sql(
    cx: &Context,
    id: Uuid,
    owners: &[&dyn Owner],
    file: Option<&Path>,
) -> Result<Exit, CliError> {
    for owner in owners {
        owner.check().map_err(DatabaseError::from)?;
    }
    let statements: Vec<String> = owners.iter().map(|owner| owner.sql()).collect();
    let sql = match statements.as_slice() {
        [one] => format!("{one}\n"),
        several => format!("BEGIN;\n{}\nCOMMIT;\n", several.join("\n")),
    };
    if let Some(path) = file {
        std::fs::write(path, &sql).map_err(|error| {
            CliError::usage(format!("writing {}", path.display())).because(&error)
        })?;
        return print_id(
            cx,
            id,
            &json!({"id": id, "file": path.display().to_string()}),
        );
    }
    if cx.json {
        output::json(&json!({"id": id, "sql": sql}))?;
    } else {
        output::text(&sql)?;
    }
    Ok(Exit::Done)
}
