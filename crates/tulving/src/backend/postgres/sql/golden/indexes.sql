-- indexes.rs: what it sends. Made by TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql

-- ListIndexes: Lists a scope's indexes of vectors, and whether each is whole.
-- $1 names text
SELECT c.relname::text, i.indisvalid
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid IN (to_regclass('node_vectors'), to_regclass('episode_vectors'), to_regclass('chunk_vectors')) AND c.relname LIKE $1;

-- MayKnowOwners: Asks whether the login role may know who the owners are.
SELECT coalesce(has_table_privilege(to_regclass('users'), 'SELECT') AND has_table_privilege(to_regclass('tenants'), 'SELECT'), false);

-- ListOrphanedIndexes: Lists the indexes whose scope is gone.
SELECT c.relname::text, i.indisvalid
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid IN (to_regclass('node_vectors'), to_regclass('episode_vectors'), to_regclass('chunk_vectors')) AND c.relname ~ '^(node|episode|chunk)_vectors_[0-9a-f]{32}_' AND substring(c.relname
  FROM '_vectors_([0-9a-f]{32})_')::uuid NOT IN (SELECT id
  FROM users
  UNION ALL SELECT id
  FROM tenants)
ORDER BY 1;

-- DropIndex: Removes an index beside readers and writers.
DROP INDEX CONCURRENTLY IF EXISTS "tulving"."name";

-- CountIndexes: Counts the indexes of single scopes on a kind's vectors.
-- For: node; episode; chunk.
-- $1 table text
SELECT count(*)
FROM pg_index i
JOIN pg_am a ON a.amname = 'hnsw'
JOIN pg_class c ON c.oid = i.indexrelid AND c.relam = a.oid
WHERE i.indrelid = to_regclass($1);

-- FindIndexBuilder: Asks which process serves the session, and how much memory it builds an index in.
SELECT pg_backend_pid(), pg_size_bytes(current_setting('maintenance_work_mem')) / 1024;

-- BuildIndex: Builds an index of a scope's vectors of one space.
-- For: node.
CREATE INDEX CONCURRENTLY "name" ON "tulving"."node_vectors"
USING hnsw ((v::"public".halfvec(3)) "public".halfvec_ip_ops) WITH (m = 16, ef_construction = 64)
WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND space_id = 1;

-- BuildIndex: Builds an index of a scope's vectors of one space.
-- For: episode.
CREATE INDEX CONCURRENTLY "name" ON "tulving"."episode_vectors"
USING hnsw ((v::"public".halfvec(3)) "public".halfvec_ip_ops) WITH (m = 16, ef_construction = 64)
WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND space_id = 1;

-- BuildIndex: Builds an index of a scope's vectors of one space.
-- For: chunk.
CREATE INDEX CONCURRENTLY "name" ON "tulving"."chunk_vectors"
USING hnsw ((v::"public".halfvec(3)) "public".halfvec_ip_ops) WITH (m = 16, ef_construction = 64)
WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND space_id = 1;

-- RebuildIndex: Builds one anew that is there.
REINDEX INDEX CONCURRENTLY "tulving"."name";

-- ReadIndexProgress: Asks how far a process is with building an index.
-- $1 process int4
SELECT tuples_done
FROM pg_stat_progress_create_index
WHERE pid = $1;
