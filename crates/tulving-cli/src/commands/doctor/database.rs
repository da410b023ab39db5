//! Checks of a database.

use tulving::backend::postgres::{Connection, DatabaseError, PostgresBackend, PostgresOptions};
use tulving::backend::{Backend as _, Filter, Request, SearchMethod};
use tulving::model::{Embedding, Kind, Scope};

use super::{Check, Status, embedders, further};
use crate::commands::search::{older_words, renewal};
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::kinds;
use crate::output::counted;
use crate::progress::Tally;
use crate::text::{identifier, owner_flag, shell};

/// Makes the checks in order: each matters only if those before it are well.
pub(super) async fn checks(deep: bool, cx: &Context) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut connection = match cx.connect().await {
        Ok(connection) => connection,
        Err(error) => {
            checks.push(Check::fail("database", error));
            return checks;
        }
    };
    match connection.require_target().await {
        Ok(target) => {
            let detail = format!(
                "PostgreSQL {}, pgvector {}, newest tables in schema {}",
                target.server, target.vector, target.schema
            );
            checks.push(Check::fine("database", detail));
        }
        Err(error) => {
            checks.push(Check::fail("database", error.into()));
            return checks;
        }
    }
    match connection.open_neighbours().await {
        Ok(open) if open.is_empty() => {}
        Ok(open) => checks.push(neighbours(&open)),
        Err(error) => checks.push(Check::fail("server", error.into())),
    }
    match cx.config.scope() {
        Ok(owner) => match owned(&mut connection, owner, deep, cx).await {
            Ok(found) => checks.extend(found),
            Err((name, error)) => checks.push(Check::fail(name, error)),
        },
        Err(error) => checks.push(Check::fail("owner", error)),
    }
    checks
}

/// Returns the application role is the whole server's.
fn neighbours(open: &[String]) -> Check {
    const SHOWN: usize = 3;
    let shown: Vec<String> = open.iter().take(SHOWN).map(|name| shell(name)).collect();
    let more = match open.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let name = open
        .first()
        .map(|name| identifier(name))
        .unwrap_or_default();
    Check::warn(
        "server",
        format!(
            "members of tulving_app may also connect to other databases with such tables, and read them a scope at a time: {}{more}",
            shown.join(", ")
        ),
        format!(
            "psql \"$DATABASE_URL\" -c {}   (then GRANT CONNECT to the logins that belong there)",
            shell(&format!("REVOKE CONNECT ON DATABASE {name} FROM PUBLIC"))
        ),
    )
}

/// Returns the wall around an owner, and what stands behind it.
async fn owned(
    connection: &mut Connection,
    owner: Scope,
    deep: bool,
    cx: &Context,
) -> Result<Vec<Check>, (&'static str, CliError)> {
    let failed = |name| move |error| (name, CliError::from(error));
    let scope = connection.require_scope(owner).await;
    scope.map_err(failed("owner"))?;
    let mut checks = vec![Check::fine("owner", owner.to_string())];
    let wall = connection.require_wall(owner).await;
    wall.map_err(failed("wall"))?;
    checks.push(Check::fine(
        "wall",
        "row-level security is forced on every table, and the role in effect cannot pass it",
    ));
    let memories = memories(owner, cx).await;
    checks.extend(memories.map_err(|error| ("memories", error))?);
    let derived = derived(connection, owner, deep, cx).await;
    checks.push(derived.map_err(|error| ("derived", error))?);
    checks.extend(orphans(connection).await.map_err(failed("indexes"))?);
    Ok(checks)
}

/// Checks whether what search reads is what the memories say.
async fn derived(
    connection: &mut Connection,
    owner: Scope,
    deep: bool,
    cx: &Context,
) -> Result<Check, CliError> {
    let tally = Tally::new("doctor", false, cx.face());
    let progress = |read| tally.advance(read);
    let amiss = connection.inspect(owner, deep, &progress).await?;
    drop(tally);
    if amiss.is_empty() {
        let detail = match deep {
            true => "every posting, vector and count agrees with the memories",
            false => "counts agree with the memories",
        };
        return Ok(Check::fine("derived", detail));
    }
    let told: Vec<String> = amiss.iter().map(ToString::to_string).collect();
    Ok(Check {
        status: Status::Fail(Exit::Different),
        hint: Some(format!(
            "tulving index --rebuild {}   (makes what search reads anew)",
            owner_flag(owner)
        )),
        ..Check::fine("derived", told.join("; "))
    })
}

/// Indexes that owners who are gone have left.
async fn orphans(connection: &Connection) -> Result<Option<Check>, DatabaseError> {
    let names = connection.orphaned_indexes().await?;
    Ok((!names.is_empty()).then(|| {
        let detail = format!("of owners that are gone: {}", names.join(", "));
        Check::warn("indexes", detail, "tulving schema apply   (removes them)")
    }))
}

/// Returns what the owner has, and how it is found.
async fn memories(owner: Scope, cx: &Context) -> Result<Vec<Check>, CliError> {
    let options = PostgresOptions {
        pool_size: 1,
        ..PostgresOptions::default()
    };
    let backend = PostgresBackend::open(cx.database()?, &options).await?;
    let counts = backend.count(owner, &Filter::default()).await?;
    let mut checks = vec![Check::fine("memories", kinds::listed(&counts, ", "))];
    // Any term will do: a search refuses if the index lacks a memory.
    let words = Request::holding(vec!["a".to_owned()], 1, Filter::default());
    let words = backend.search(owner, &words).await;
    let outdated = words.map(|found| found.kinds.map(|_, found| found.outdated).total());
    checks.push(match outdated {
        Ok(0) => Check::fine("words", "every memory is in the keyword index"),
        Ok(outdated) => Check::warn("words", older_words(outdated), renewal(owner)),
        Err(error) => Check::fail("words", error.into()),
    });
    let space = backend.space(owner).await?;
    if let Some(space) = &space {
        let mut numbers = vec![0.0; space.dims];
        if let Some(first) = numbers.first_mut() {
            *first = 1.0;
        }
        let mut found_by = SearchMethod::Exact;
        if let Ok(any) = Embedding::new(space.clone(), numbers) {
            let nodes = Request::near(any, 1, Filter::of(Kind::Node));
            found_by = backend.search(owner, &nodes).await?.kinds[Kind::Node].found_by;
        }
        let how = match found_by {
            SearchMethod::Exact => "searched exactly",
            SearchMethod::Index => "searched through an index",
        };
        checks.push(match backend.without_vector(owner).await? {
            0 => Check::fine("vectors", format!("{space}, {how}")),
            without => Check::warn(
                "vectors",
                format!(
                    "{space}, {how}; {} without, found by words only",
                    counted(without, "memory")
                ),
                "tulving update --missing-vectors   (makes them)",
            ),
        });
    }
    checks.extend(further(&backend.spaces(owner).await?, &counts));
    checks.extend(embedders(space.as_ref(), cx).await);
    Ok(checks)
}
