//! The ledger: runs, and the chunks of work that they consist of.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::Statement;
use super::name::Name;
use super::text::Text;
use super::transaction::{IMPORT_LOCK, LOCK};
use crate::backend::postgres::values::Sql;
use crate::backend::{Import, KEPT_IMPORTS};
use crate::transfer::{ChunkCounts, RunChunk, RunStatus};

/// Asks whether somebody holds the lock whose name is given as SQL.
fn is_locked(name: &str) -> String {
    format!(
        "EXISTS ( \
            SELECT FROM pg_locks l, hashtextextended({name}, 0) AS key \
            WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
              AND l.classid = ((key >> 32) & 4294967295)::oid AND l.objid = (key & 4294967295)::oid)"
    )
}

/// Migrations with their chunks summed up. The last session of a run that is at work began when that was
/// noted, which nothing overwrites while it copies; that of a finished one is in its receipt.
fn select_runs(condition: &str) -> String {
    format!(
        "SELECT r.run_id, r.scope_id, r.status, r.phase, r.inputs::text, r.verified, r.result::text, r.error, \
                r.version, r.started_at, greatest(r.updated_at, c.last), r.finished_at, c.rows, c.done, \
                r.status = 'running' AND {}, \
                s.began, coalesce(r.finished_at, now()), c.session, now() \
         FROM runs r \
         CROSS JOIN LATERAL ( \
             SELECT CASE WHEN r.status = 'finished' THEN (r.result->>'started_at')::timestamptz \
                         WHEN r.status = 'running' AND r.phase = 'copy' THEN r.updated_at END AS began) s \
         CROSS JOIN LATERAL ( \
             SELECT coalesce(sum(row_count), 0)::bigint AS rows, max(done_at) AS last, \
                    coalesce(sum(row_count) FILTER (WHERE done_at IS NOT NULL), 0)::bigint AS done, \
                    coalesce(sum(row_count) FILTER (WHERE done_at >= s.began), 0)::bigint AS session \
             FROM run_chunks WHERE scope_id = r.scope_id AND run_id = r.run_id) c \
         WHERE r.kind = 'migrate' AND {condition} ORDER BY r.started_at DESC, r.run_id",
        is_locked(&format!("'{LOCK}' || r.scope_id"))
    )
}

/// Imports, newest first.
fn select_imports(condition: &str) -> String {
    format!(
        "SELECT r.scope_id, r.run_id, r.phase, r.inputs::text, r.result::text, r.error, r.version, \
                r.started_at, r.updated_at, r.finished_at, r.status = 'running' AND {} \
         FROM runs r WHERE r.kind = 'import' AND {condition} ORDER BY r.started_at DESC, r.run_id DESC",
        is_locked(&format!("'{IMPORT_LOCK}' || r.run_id"))
    )
}

/// Lists the migrations of all scopes, newest first: the tables' owner sees them all, a member none.
pub(crate) fn all() -> Statement {
    Text::new(select_runs("true")).named(Name::ListAllRuns)
}

/// Lists the migrations of a scope, newest first.
pub(crate) fn of_scope(scope: Uuid) -> Statement {
    Text::new(select_runs("r.scope_id = $1"))
        .scope(scope)
        .named(Name::ListRuns)
}

/// Finds a migration of any scope.
pub(crate) fn find(run: Uuid) -> Statement {
    Text::new(select_runs("r.run_id = $1"))
        .with("run", run, Type::UUID)
        .named(Name::FindRun)
}

/// Finds the migration of a scope that has not come to its end.
pub(crate) fn unfinished(scope: Uuid) -> Statement {
    let runs = select_runs("r.scope_id = $1 AND r.status IN ('running', 'interrupted')");
    Text::new(format!("{runs} LIMIT 1"))
        .scope(scope)
        .named(Name::FindUnfinishedRun)
}

/// Lists the spaces of which verified runs brought vectors.
pub(crate) fn spaces(scope: Uuid) -> Statement {
    Text::new(
        "SELECT (r.result->'space')::text FROM runs r \
         WHERE r.scope_id = $1 AND r.status = 'finished' AND r.verified \
         ORDER BY r.finished_at DESC",
    )
    .scope(scope)
    .named(Name::ListSpacesOfRuns)
}

/// Notes that the run which is at work removes the index of the scope's vectors, or that it is there again.
pub(crate) fn note_index(scope: Uuid, is_removed: bool) -> Statement {
    let note = match is_removed {
        true => {
            "UPDATE runs SET index_removed = true WHERE scope_id = $1 AND kind = 'migrate' AND status = 'running'"
        }
        false => "UPDATE runs SET index_removed = false WHERE scope_id = $1 AND index_removed",
    };
    Text::new(note).scope(scope).named(Name::NoteIndex)
}

/// Finds a run that removed the index, where nobody built it again.
pub(crate) fn index_removed(scope: Uuid) -> Statement {
    Text::new("SELECT FROM runs WHERE scope_id = $1 AND index_removed")
        .scope(scope)
        .named(Name::FindIndexRemoved)
}

/// Enters a run.
pub(crate) fn enter(scope: Uuid, run: Uuid, inputs: String, version: &'static str) -> Statement {
    let enter = "INSERT INTO runs (scope_id, run_id, kind, status, phase, inputs, version) \
                 VALUES ($1, $2, 'migrate', 'running', 'copy', $3::text::jsonb, $4)";
    of_run(enter, scope, run)
        .with("inputs", inputs, Type::TEXT)
        .with("version", version, Type::TEXT)
        .named(Name::EnterRun)
}

/// A text on the run `$2` of the scope `$1`.
fn of_run(sql: &str, scope: Uuid, run: Uuid) -> Text {
    Text::new(sql).scope(scope).with("run", run, Type::UUID)
}

/// Enters the work that a run consists of.
pub(crate) fn enter_chunks(scope: Uuid, run: Uuid, chunks: &[RunChunk]) -> Statement {
    let add = "INSERT INTO run_chunks (scope_id, run_id, kind, chunk, first_row, row_count, byte_start, byte_count) \
               SELECT $1, $2, * FROM unnest($3::text[], $4::int[], $5::bigint[], $6::int[], $7::bigint[], $8::bigint[])";
    let signed = |of: fn(&RunChunk) -> u64| -> Vec<i64> {
        let numbers = chunks.iter().map(of);
        numbers
            .map(|number| i64::try_from(number).unwrap_or(i64::MAX))
            .collect()
    };
    let small = |of: fn(&RunChunk) -> u32| -> Vec<i32> {
        let numbers = chunks.iter().map(of);
        numbers
            .map(|number| i32::try_from(number).unwrap_or(i32::MAX))
            .collect()
    };
    let kinds: Vec<&'static str> = chunks.iter().map(|chunk| chunk.kind.as_str()).collect();
    of_run(add, scope, run)
        .with("kinds", kinds, Type::TEXT_ARRAY)
        .with("chunks", small(|chunk| chunk.chunk), Type::INT4_ARRAY)
        .with(
            "first_rows",
            signed(|chunk| chunk.first_row),
            Type::INT8_ARRAY,
        )
        .with("row_counts", small(|chunk| chunk.rows), Type::INT4_ARRAY)
        .with(
            "byte_starts",
            signed(|chunk| chunk.byte_start),
            Type::INT8_ARRAY,
        )
        .with(
            "byte_counts",
            signed(|chunk| chunk.byte_count),
            Type::INT8_ARRAY,
        )
        .named(Name::EnterChunks)
}

/// Lists the work of a run, in source order.
pub(crate) fn chunks(scope: Uuid, run: Uuid) -> Statement {
    let query = "SELECT kind, chunk, first_row, row_count, byte_start, byte_count, done_at IS NOT NULL, \
                        inserted, updated, unchanged, kept, rejected \
                 FROM run_chunks WHERE scope_id = $1 AND run_id = $2 ORDER BY kind, chunk";
    of_run(query, scope, run).named(Name::ListChunks)
}

/// Marks a chunk as done.
pub(crate) fn finish_chunk(
    scope: Uuid,
    run: Uuid,
    chunk: &RunChunk,
    counts: ChunkCounts,
) -> Statement {
    let mark = "UPDATE run_chunks SET done_at = now(), inserted = $5, updated = $6, unchanged = $7, kept = $8, rejected = $9 \
                WHERE scope_id = $1 AND run_id = $2 AND kind = $3 AND chunk = $4";
    let small = |number: u64| i32::try_from(number).unwrap_or(i32::MAX);
    let number = i32::try_from(chunk.chunk).unwrap_or(i32::MAX);
    of_run(mark, scope, run)
        .with("kind", chunk.kind.as_str(), Type::TEXT)
        .with("chunk", number, Type::INT4)
        .with("inserted", small(counts.inserted), Type::INT4)
        .with("updated", small(counts.updated), Type::INT4)
        .with("unchanged", small(counts.unchanged), Type::INT4)
        .with("kept", small(counts.kept), Type::INT4)
        .with("rejected", small(counts.rejected), Type::INT4)
        .named(Name::FinishChunk)
}

/// Notes where a run is.
pub(crate) fn note(
    scope: Uuid,
    run: Uuid,
    status: RunStatus,
    phase: &str,
    error: Option<&str>,
) -> Statement {
    let note = "UPDATE runs SET status = $3, phase = $4, error = $5, updated_at = now() \
                WHERE scope_id = $1 AND run_id = $2";
    of_run(note, scope, run)
        .with("status", status.as_str(), Type::TEXT)
        .with("phase", phase.to_owned(), Type::TEXT)
        .with("error", error.map(ToOwned::to_owned), Type::TEXT)
        .named(Name::NoteRun)
}

/// Ends a run with its report.
pub(crate) fn finish(scope: Uuid, run: Uuid, verified: bool, result: String) -> Statement {
    let finish = "UPDATE runs SET status = 'finished', phase = 'done', verified = $3, result = $4::text::jsonb, \
                         error = NULL, updated_at = now(), finished_at = now() \
                  WHERE scope_id = $1 AND run_id = $2";
    of_run(finish, scope, run)
        .with("verified", verified, Type::BOOL)
        .with("result", result, Type::TEXT)
        .named(Name::FinishRun)
}

/// Lists the imports of all scopes, newest first: the tables' owner sees them all, a member none.
pub(crate) fn all_imports() -> Statement {
    Text::new(select_imports("true")).named(Name::ListAllImports)
}

/// Lists the imports of a scope, newest first.
pub(crate) fn imports(scope: Uuid) -> Statement {
    Text::new(select_imports("r.scope_id = $1"))
        .scope(scope)
        .named(Name::ListImports)
}

/// Enters an import.
pub(crate) fn enter_import(scope: Uuid, import: &Import, inputs: String) -> Statement {
    let enter = "INSERT INTO runs (scope_id, run_id, kind, status, phase, inputs, version, started_at, updated_at) \
                 VALUES ($1, $2, 'import', 'running', $3, $4::text::jsonb, $5, $6, $6)";
    of_run(enter, scope, import.run_id)
        .with("phase", import.phase.as_str(), Type::TEXT)
        .with("inputs", inputs, Type::TEXT)
        .with("version", import.version.clone(), Type::TEXT)
        .with("started_at", Sql(import.started_at), Type::TIMESTAMPTZ)
        .named(Name::EnterImport)
}

/// Removes the imports of a scope that are older than as many as are kept.
pub(crate) fn leave_newest_imports(scope: Uuid) -> Statement {
    let remove = format!(
        "DELETE FROM runs WHERE scope_id = $1 AND kind = 'import' AND run_id IN ( \
             SELECT r.run_id FROM runs r WHERE r.scope_id = $1 AND r.kind = 'import' \
             ORDER BY r.started_at DESC, r.run_id DESC OFFSET {KEPT_IMPORTS})"
    );
    Text::new(remove)
        .scope(scope)
        .named(Name::LeaveNewestImports)
}

/// Notes how far an import is.
pub(crate) fn note_import(
    scope: Uuid,
    import: &Import,
    status: RunStatus,
    counts: String,
) -> Statement {
    let note = "UPDATE runs SET status = $3, phase = $4, result = $5::text::jsonb, error = $6, updated_at = $7, \
                                finished_at = $8 \
                WHERE scope_id = $1 AND run_id = $2 AND kind = 'import'";
    of_run(note, scope, import.run_id)
        .with("status", status.as_str(), Type::TEXT)
        .with("phase", import.phase.as_str(), Type::TEXT)
        .with("counts", counts, Type::TEXT)
        .with("error", import.error.clone(), Type::TEXT)
        .with("updated_at", Sql(import.updated_at), Type::TIMESTAMPTZ)
        .with(
            "finished_at",
            import.finished_at.map(Sql),
            Type::TIMESTAMPTZ,
        )
        .named(Name::NoteImport)
}

/// Removes the imports of a scope.
pub(crate) fn remove_imports(scope: Uuid) -> Statement {
    Text::new("DELETE FROM runs WHERE scope_id = $1 AND kind = 'import'")
        .scope(scope)
        .named(Name::RemoveImports)
}
