//! How transactions and sessions begin and end, and locks that last as long as one.

use std::time::Duration;

use uuid::Uuid;

use super::Statement;
use super::name::Name;
use super::text::Text;
use crate::backend::postgres::location::Location;

/// The role that every statement on memories runs under.
pub(crate) const ROLE: &str = "tulving_app";

/// Seconds that a writer waits for those before it.
pub(crate) const WRITERS_WAIT: u64 = 10;

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Reading and writing for as long as it takes.
    Bulk,
    /// One snapshot for all statements, and no writes, for as long as it takes.
    Export,
    /// One snapshot for all statements, and no writes; each statement within a time.
    Reading(Duration),
    /// Each statement sees what was committed before it; within a time.
    Writing(Duration),
}

/// How statements on memories are planned, whatever statistics say: through an index of the scope's rows
/// and never past those of others, and in the order of that index where they ask for one (see
/// [`lookup`](super::lookup)). A plan that has to sort is still found, but may look so dear that
/// compiling it would seem worth while.
const PLANNING: &str =
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL jit = off";

/// One snapshot for all statements, and no writes.
const EXPORT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// What the lock of a scope is named after, before its id.
pub(super) const LOCK: &str = "tulving.run.";

/// What the lock of an import is named after, before its id.
pub(super) const IMPORT_LOCK: &str = "tulving.import.";

/// Begins a transaction under the application role, bound to one scope. None of it says whether writes are
/// let in: that is for who runs the server to set.
pub(crate) fn begin_scoped(place: &Location, scope: Uuid, purpose: Purpose) -> Statement {
    let bind = bind(scope);
    let limited = |begin: &str, limit: Duration| {
        let (millis, settings) = (limit.as_millis(), place.settings());
        format!(
            "{begin}; {settings}; SET LOCAL statement_timeout = {millis}; \
             SET LOCAL idle_in_transaction_session_timeout = {millis}; \
             SET LOCAL lock_timeout = '{WRITERS_WAIT}s'; {bind}"
        )
    };
    let begin = match purpose {
        Purpose::Bulk => format!("{}; {bind}", unlimited(place)),
        Purpose::Export => format!("{EXPORT}; {}; {bind}", place.unlimited()),
        Purpose::Reading(limit) => limited(EXPORT, limit),
        Purpose::Writing(limit) => limited("BEGIN ISOLATION LEVEL READ COMMITTED", limit),
    };
    Text::new(begin).named(Name::BeginScoped)
}

/// Begins a transaction that reads what another one reads, which exported its snapshot under this name.
pub(crate) fn begin_in_snapshot(place: &Location, scope: Uuid, name: &str) -> Statement {
    // What the server itself named.
    let begin = format!(
        "{EXPORT}; SET TRANSACTION SNAPSHOT '{name}'; {}; {}",
        place.unlimited(),
        bind(scope)
    );
    Text::new(begin).named(Name::BeginInSnapshot)
}

/// Exports the snapshot of this transaction for as long as it lasts; gives the name of it.
pub(crate) fn export_snapshot() -> Statement {
    Text::new("SELECT pg_export_snapshot()").named(Name::ExportSnapshot)
}

/// The application role and the scope.
fn bind(scope: Uuid) -> String {
    // The value is a UUID, so there is nothing to escape.
    format!("SET LOCAL ROLE {ROLE}; SET LOCAL tulving.scope_id = '{scope}'; {PLANNING}")
}

/// Begins a transaction outside any scope, under the login role or as a member.
pub(crate) fn begin_unscoped(place: &Location, as_member: bool) -> Statement {
    let begin = unlimited(place);
    let begin = match as_member {
        true => format!("{begin}; SET LOCAL ROLE {ROLE}"),
        false => begin,
    };
    Text::new(begin).named(Name::BeginUnscoped)
}

/// Begins a transaction that takes its time.
pub(super) fn unlimited(place: &Location) -> String {
    format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED; {}",
        place.unlimited()
    )
}

/// Makes everything done lasting and visible.
pub(crate) fn commit() -> Statement {
    Text::new("COMMIT").named(Name::Commit)
}

/// Undoes everything done.
pub(crate) fn rollback() -> Statement {
    Text::new("ROLLBACK").named(Name::Rollback)
}

/// Lets the commit return before it is on disk.
pub(crate) fn defer_durability() -> Statement {
    Text::new("SET LOCAL synchronous_commit = off").named(Name::DeferDurability)
}

/// Sets what a session needs for what the server does in no transaction, and puts it back.
pub(crate) fn of_session(place: &Location, more: Option<(&'static str, &str)>) -> [Statement; 2] {
    let [before, after] = place.of_session(more);
    [
        Text::new(before).named(Name::PrepareSession),
        Text::new(after).named(Name::RestoreSession),
    ]
}

/// Takes the lock of a scope in a transaction of its own, which nothing ends but the end of its session.
pub(crate) fn lock_scope(place: &Location, scope: Uuid, seconds: u64) -> Statement {
    let lock = format!(
        "{}; SET LOCAL lock_timeout TO '{seconds}s'; \
         SELECT pg_advisory_xact_lock(hashtextextended('{LOCK}{scope}', 0))",
        unlimited(place)
    );
    Text::new(lock).named(Name::LockScope)
}

/// Takes the lock of an import, which nobody else takes, in the same way.
pub(crate) fn lock_import(place: &Location, run: Uuid) -> Statement {
    let lock = format!(
        "{}; SELECT pg_advisory_xact_lock(hashtextextended('{IMPORT_LOCK}{run}', 0))",
        unlimited(place)
    );
    Text::new(lock).named(Name::LockImport)
}

/// Waits for others who make owners by this program.
pub(crate) fn lock_owners() -> Statement {
    let lock = "SELECT pg_advisory_xact_lock(hashtextextended('tulving.owners', 0))";
    Text::new(lock).named(Name::LockOwners)
}
