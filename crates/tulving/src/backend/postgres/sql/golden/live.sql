-- live.rs: what it sends. Made by TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql

-- UpdateLive: Changes fields that change in use; gives a row if the memory is there.
-- For: node, its cluster.
-- $1 cluster int8, $2 label text, $3 confidence float8, $4 scope uuid, $5 id text
UPDATE memory_nodes
SET cluster_id = $1, cluster_label = $2, cluster_confidence = $3
WHERE scope_id = $4 AND id = $5
RETURNING id;

-- UpdateLive: Changes fields that change in use; gives a row if the memory is there.
-- For: node, its use.
-- $1 uses int8, $2 last timestamptz, $3 scope uuid, $4 id text
UPDATE memory_nodes
SET access_count = $1, last_accessed = $2
WHERE scope_id = $3 AND id = $4
RETURNING id;

-- UpdateLive: Changes fields that change in use; gives a row if the memory is there.
-- For: episode, its cluster.
-- $1 scope uuid, $2 id text
SELECT id
FROM episodic_memories
WHERE scope_id = $1 AND id = $2;

-- UpdateLive: Changes fields that change in use; gives a row if the memory is there.
-- For: episode, its use.
-- $1 uses int8, $2 last timestamptz, $3 scope uuid, $4 id text
UPDATE episodic_memories
SET access_count = $1, last_accessed = $2
WHERE scope_id = $3 AND id = $4
RETURNING id;

-- UpdateLive: Changes fields that change in use; gives a row if the memory is there.
-- For: chunk, its cluster.
-- $1 scope uuid, $2 id text
SELECT id
FROM document_chunks
WHERE scope_id = $1 AND id = $2;

-- UpdateLive: Changes fields that change in use; gives a row if the memory is there.
-- For: chunk, its use.
-- $1 uses int8, $2 last timestamptz, $3 scope uuid, $4 id text
UPDATE document_chunks
SET access_count = $1, last_accessed = $2
WHERE scope_id = $3 AND id = $4
RETURNING id;
