-- runs.rs: what it sends. Made by TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql

-- ListAllRuns: Lists the migrations of all scopes, newest first.
-- Names no scope: the tables' owner sees the runs of all; to a member row-level security shows none.
SELECT r.run_id, r.scope_id, r.status, r.phase, r.inputs::text, r.verified, r.result::text, r.error, r.version, r.started_at, greatest(r.updated_at, c.last), r.finished_at, c.rows, c.done, r.status = 'running' AND EXISTS (
  SELECT
  FROM pg_locks l, hashtextextended('tulving.run.' || r.scope_id, 0) AS key
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT oid
    FROM pg_database
    WHERE datname = current_database()) AND l.classid = ((key >> 32) & 4294967295)::oid AND l.objid = (key & 4294967295)::oid), s.began, coalesce(r.finished_at, now()), c.session, now()
FROM runs r
CROSS JOIN LATERAL (
  SELECT
  CASE WHEN r.status = 'finished' THEN (r.result->>'started_at')::timestamptz WHEN r.status = 'running' AND r.phase = 'copy' THEN r.updated_at END AS began) s
CROSS JOIN LATERAL (
  SELECT coalesce(sum(row_count), 0)::bigint AS rows, max(done_at) AS last, coalesce(sum(row_count) FILTER (WHERE done_at IS NOT NULL), 0)::bigint AS done, coalesce(sum(row_count) FILTER (WHERE done_at >= s.began), 0)::bigint AS session
  FROM run_chunks
  WHERE scope_id = r.scope_id AND run_id = r.run_id) c
WHERE r.kind = 'migrate' AND true
ORDER BY r.started_at DESC, r.run_id;

-- ListRuns: Lists the migrations of a scope, newest first.
-- $1 scope uuid
SELECT r.run_id, r.scope_id, r.status, r.phase, r.inputs::text, r.verified, r.result::text, r.error, r.version, r.started_at, greatest(r.updated_at, c.last), r.finished_at, c.rows, c.done, r.status = 'running' AND EXISTS (
  SELECT
  FROM pg_locks l, hashtextextended('tulving.run.' || r.scope_id, 0) AS key
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT oid
    FROM pg_database
    WHERE datname = current_database()) AND l.classid = ((key >> 32) & 4294967295)::oid AND l.objid = (key & 4294967295)::oid), s.began, coalesce(r.finished_at, now()), c.session, now()
FROM runs r
CROSS JOIN LATERAL (
  SELECT
  CASE WHEN r.status = 'finished' THEN (r.result->>'started_at')::timestamptz WHEN r.status = 'running' AND r.phase = 'copy' THEN r.updated_at END AS began) s
CROSS JOIN LATERAL (
  SELECT coalesce(sum(row_count), 0)::bigint AS rows, max(done_at) AS last, coalesce(sum(row_count) FILTER (WHERE done_at IS NOT NULL), 0)::bigint AS done, coalesce(sum(row_count) FILTER (WHERE done_at >= s.began), 0)::bigint AS session
  FROM run_chunks
  WHERE scope_id = r.scope_id AND run_id = r.run_id) c
WHERE r.kind = 'migrate' AND r.scope_id = $1
ORDER BY r.started_at DESC, r.run_id;

-- FindRun: Finds a migration of any scope.
-- Names no scope: the tables' owner sees the runs of all; to a member row-level security shows none.
-- $1 run uuid
SELECT r.run_id, r.scope_id, r.status, r.phase, r.inputs::text, r.verified, r.result::text, r.error, r.version, r.started_at, greatest(r.updated_at, c.last), r.finished_at, c.rows, c.done, r.status = 'running' AND EXISTS (
  SELECT
  FROM pg_locks l, hashtextextended('tulving.run.' || r.scope_id, 0) AS key
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT oid
    FROM pg_database
    WHERE datname = current_database()) AND l.classid = ((key >> 32) & 4294967295)::oid AND l.objid = (key & 4294967295)::oid), s.began, coalesce(r.finished_at, now()), c.session, now()
FROM runs r
CROSS JOIN LATERAL (
  SELECT
  CASE WHEN r.status = 'finished' THEN (r.result->>'started_at')::timestamptz WHEN r.status = 'running' AND r.phase = 'copy' THEN r.updated_at END AS began) s
CROSS JOIN LATERAL (
  SELECT coalesce(sum(row_count), 0)::bigint AS rows, max(done_at) AS last, coalesce(sum(row_count) FILTER (WHERE done_at IS NOT NULL), 0)::bigint AS done, coalesce(sum(row_count) FILTER (WHERE done_at >= s.began), 0)::bigint AS session
  FROM run_chunks
  WHERE scope_id = r.scope_id AND run_id = r.run_id) c
WHERE r.kind = 'migrate' AND r.run_id = $1
ORDER BY r.started_at DESC, r.run_id;

-- FindUnfinishedRun: Finds the migration of a scope that has not come to its end.
-- $1 scope uuid
SELECT r.run_id, r.scope_id, r.status, r.phase, r.inputs::text, r.verified, r.result::text, r.error, r.version, r.started_at, greatest(r.updated_at, c.last), r.finished_at, c.rows, c.done, r.status = 'running' AND EXISTS (
  SELECT
  FROM pg_locks l, hashtextextended('tulving.run.' || r.scope_id, 0) AS key
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT oid
    FROM pg_database
    WHERE datname = current_database()) AND l.classid = ((key >> 32) & 4294967295)::oid AND l.objid = (key & 4294967295)::oid), s.began, coalesce(r.finished_at, now()), c.session, now()
FROM runs r
CROSS JOIN LATERAL (
  SELECT
  CASE WHEN r.status = 'finished' THEN (r.result->>'started_at')::timestamptz WHEN r.status = 'running' AND r.phase = 'copy' THEN r.updated_at END AS began) s
CROSS JOIN LATERAL (
  SELECT coalesce(sum(row_count), 0)::bigint AS rows, max(done_at) AS last, coalesce(sum(row_count) FILTER (WHERE done_at IS NOT NULL), 0)::bigint AS done, coalesce(sum(row_count) FILTER (WHERE done_at >= s.began), 0)::bigint AS session
  FROM run_chunks
  WHERE scope_id = r.scope_id AND run_id = r.run_id) c
WHERE r.kind = 'migrate' AND r.scope_id = $1 AND r.status IN ('running', 'interrupted')
ORDER BY r.started_at DESC, r.run_id LIMIT 1;

-- ListSpacesOfRuns: Lists the spaces of which verified runs brought vectors.
-- $1 scope uuid
SELECT (r.result->'space')::text
FROM runs r
WHERE r.scope_id = $1 AND r.status = 'finished' AND r.verified
ORDER BY r.finished_at DESC;

-- NoteIndex: Notes that the run which is at work removes the index of the scope's vectors, or that it is there again.
-- For: removed.
-- $1 scope uuid
UPDATE runs
SET index_removed = true
WHERE scope_id = $1 AND kind = 'migrate' AND status = 'running';

-- NoteIndex: Notes that the run which is at work removes the index of the scope's vectors, or that it is there again.
-- For: there again.
-- $1 scope uuid
UPDATE runs
SET index_removed = false
WHERE scope_id = $1 AND index_removed;

-- FindIndexRemoved: Finds a run that removed the index, where nobody built it again.
-- $1 scope uuid
SELECT
FROM runs
WHERE scope_id = $1 AND index_removed;

-- EnterRun: Enters a run.
-- $1 scope uuid, $2 run uuid, $3 inputs text, $4 version text
INSERT INTO runs (scope_id, run_id, kind, status, phase, inputs, version)
VALUES ($1, $2, 'migrate', 'running', 'copy', $3::text::jsonb, $4);

-- EnterChunks: Enters the work that a run consists of.
-- $1 scope uuid, $2 run uuid, $3 kinds _text, $4 chunks _int4, $5 first_rows _int8, $6 row_counts _int4, $7 byte_starts _int8, $8 byte_counts _int8
INSERT INTO run_chunks (scope_id, run_id, kind, chunk, first_row, row_count, byte_start, byte_count)
SELECT $1, $2, *
FROM unnest($3::text[], $4::int[], $5::bigint[], $6::int[], $7::bigint[], $8::bigint[]);

-- ListChunks: Lists the work of a run, in source order.
-- $1 scope uuid, $2 run uuid
SELECT kind, chunk, first_row, row_count, byte_start, byte_count, done_at IS NOT NULL, inserted, updated, unchanged, kept, rejected
FROM run_chunks
WHERE scope_id = $1 AND run_id = $2
ORDER BY kind, chunk;

-- FinishChunk: Marks a chunk as done, in the transaction that wrote its rows.
-- $1 scope uuid, $2 run uuid, $3 kind text, $4 chunk int4, $5 inserted int4, $6 updated int4, $7 unchanged int4, $8 kept int4, $9 rejected int4
UPDATE run_chunks
SET done_at = now(), inserted = $5, updated = $6, unchanged = $7, kept = $8, rejected = $9
WHERE scope_id = $1 AND run_id = $2 AND kind = $3 AND chunk = $4;

-- NoteRun: Notes where a run is.
-- $1 scope uuid, $2 run uuid, $3 status text, $4 phase text, $5 error text
UPDATE runs
SET status = $3, phase = $4, error = $5, updated_at = now()
WHERE scope_id = $1 AND run_id = $2;

-- FinishRun: Ends a run with its report.
-- $1 scope uuid, $2 run uuid, $3 verified bool, $4 result text
UPDATE runs
SET status = 'finished', phase = 'done', verified = $3, result = $4::text::jsonb, error = NULL, updated_at = now(), finished_at = now()
WHERE scope_id = $1 AND run_id = $2;

-- ListAllImports: Lists the imports of all scopes, newest first.
-- Names no scope: the tables' owner sees the runs of all; to a member row-level security shows none.
SELECT r.scope_id, r.run_id, r.phase, r.inputs::text, r.result::text, r.error, r.version, r.started_at, r.updated_at, r.finished_at, r.status = 'running' AND EXISTS (
  SELECT
  FROM pg_locks l, hashtextextended('tulving.import.' || r.run_id, 0) AS key
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT oid
    FROM pg_database
    WHERE datname = current_database()) AND l.classid = ((key >> 32) & 4294967295)::oid AND l.objid = (key & 4294967295)::oid)
FROM runs r
WHERE r.kind = 'import' AND true
ORDER BY r.started_at DESC, r.run_id DESC;

-- ListImports: Lists the imports of a scope, newest first.
-- $1 scope uuid
SELECT r.scope_id, r.run_id, r.phase, r.inputs::text, r.result::text, r.error, r.version, r.started_at, r.updated_at, r.finished_at, r.status = 'running' AND EXISTS (
  SELECT
  FROM pg_locks l, hashtextextended('tulving.import.' || r.run_id, 0) AS key
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT oid
    FROM pg_database
    WHERE datname = current_database()) AND l.classid = ((key >> 32) & 4294967295)::oid AND l.objid = (key & 4294967295)::oid)
FROM runs r
WHERE r.kind = 'import' AND r.scope_id = $1
ORDER BY r.started_at DESC, r.run_id DESC;

-- EnterImport: Enters an import.
-- $1 scope uuid, $2 run uuid, $3 phase text, $4 inputs text, $5 version text, $6 started_at timestamptz
INSERT INTO runs (scope_id, run_id, kind, status, phase, inputs, version, started_at, updated_at)
VALUES ($1, $2, 'import', 'running', $3, $4::text::jsonb, $5, $6, $6);

-- LeaveNewestImports: Removes the oldest imports of a scope.
-- $1 scope uuid
DELETE FROM runs
WHERE scope_id = $1 AND kind = 'import' AND run_id IN (
  SELECT r.run_id
  FROM runs r
  WHERE r.scope_id = $1 AND r.kind = 'import'
  ORDER BY r.started_at DESC, r.run_id DESC OFFSET 100);

-- NoteImport: Notes how far an import is.
-- $1 scope uuid, $2 run uuid, $3 status text, $4 phase text, $5 counts text, $6 error text, $7 updated_at timestamptz, $8 finished_at timestamptz
UPDATE runs
SET status = $3, phase = $4, result = $5::text::jsonb, error = $6, updated_at = $7, finished_at = $8
WHERE scope_id = $1 AND run_id = $2 AND kind = 'import';

-- RemoveImports: Removes the imports of a scope.
-- $1 scope uuid
DELETE FROM runs
WHERE scope_id = $1 AND kind = 'import';
