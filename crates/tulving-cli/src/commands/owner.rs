//! What making a user and making a tenant have in common.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;
use tulving::backend::postgres::{ChosenId, DatabaseError, Made, Making, Owner};
use tulving::backend::{Counts, Filter};
use tulving::embed::Builtin;
use tulving::model::{Scope, ScopeKind, Timestamp};
use uuid::Uuid;

use crate::config::parse_id;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::kinds;
use crate::output::{self, moment};
use crate::table::summary;
use crate::text::safe;

/// The id that a new owner is to get, and how it came to be.
pub(super) struct Wanted {
    pub(super) id: Uuid,
    chosen: ChosenId,
    /// The owner that is configured, and where.
    configured: Option<(Scope, String)>,
}

impl Wanted {
    /// Returns the id that is given, else that of the configured owner, else a random one.
    pub(super) fn new(
        given: Option<&str>,
        kind: ScopeKind,
        configured: Option<(Scope, String)>,
    ) -> Result<Self, CliError> {
        let (id, chosen) = match (given, &configured) {
            (Some(text), _) => (parse_id(text, kind, "--id")?, ChosenId::Given),
            (None, Some((owner, _))) if owner.kind() == kind => (owner.id(), ChosenId::Wished),
            (None, _) => (Uuid::new_v4(), ChosenId::Random),
        };
        Ok(Self {
            id,
            chosen,
            configured,
        })
    }

    pub(super) fn making(&self, if_not_exists: bool) -> Making {
        Making {
            id: self.chosen,
            if_not_exists,
        }
    }

    /// Says whose id it is, if it was not asked for by name. On stderr, since scripts take the id
    /// from stdout.
    pub(super) fn tell(&self, made: Made, called: &str) {
        let called = safe(called);
        if made.was_there {
            output::aside(&format!("note: {called} was there already"));
        }
        let Some((owner, place)) = self
            .configured
            .as_ref()
            .filter(|_| self.chosen != ChosenId::Given)
        else {
            return;
        };
        let place = safe(place);
        let note = if made.id == owner.id() {
            format!("{called} is the owner that {place} names")
        } else if made.was_there {
            format!("{place} names another owner, {owner}")
        } else if self.chosen == ChosenId::Wished {
            format!(
                "{owner}, whom {place} names, is there already; {called} is another owner, with a new id"
            )
        } else {
            format!("{place} names {owner}; {called} is another owner, with a new id")
        };
        output::aside(&format!("note: {note}"));
    }
}

/// Returns how much an owner remembers.
pub(super) async fn counts(cx: &Context, owner: Scope) -> Result<Counts, CliError> {
    let memory = cx.in_database(owner, Arc::new(Builtin::new())).await?;
    Ok(memory.count(&Filter::default()).await?)
}

/// Prints what is known of an owner.
pub(super) fn print(
    cx: &Context,
    mut lines: Vec<(&str, String)>,
    created_at: Timestamp,
    counts: Counts,
) -> Result<Exit, CliError> {
    lines.push(("created", moment(created_at)));
    lines.push(("memories", kinds::listed(&counts, ", ")));
    output::text(&summary(&lines, cx.out))?;
    Ok(Exit::Done)
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
        output::file(path, sql.as_bytes(), cx.force)?;
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
