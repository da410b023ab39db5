-- vectors.rs: what it sends. Made by TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql

-- FillVectors: Fills the half-precision vectors of new rows.
-- For: node.
-- $1 scope uuid, $2 ids _text
INSERT INTO node_vectors (scope_id, id, space_id, v)
SELECT m.scope_id, m.id, m.space_id, l2_normalize(m.embedding)::halfvec
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m
WHERE vector_norm(m.embedding) > 0;

-- FillVectors: Fills the half-precision vectors of new rows.
-- For: episode.
-- $1 scope uuid, $2 ids _text
INSERT INTO episode_vectors (scope_id, id, space_id, v)
SELECT m.scope_id, m.id, m.space_id, l2_normalize(m.embedding)::halfvec
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m
WHERE vector_norm(m.embedding) > 0;

-- FillVectors: Fills the half-precision vectors of new rows.
-- For: chunk.
-- $1 scope uuid, $2 ids _text
INSERT INTO chunk_vectors (scope_id, id, space_id, v)
SELECT m.scope_id, m.id, m.space_id, l2_normalize(m.embedding)::halfvec
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m
WHERE vector_norm(m.embedding) > 0;

-- PutCurrentVector: Writes a full vector of the current space into the memory's own row.
-- For: node.
-- $1 scope uuid, $2 id text, $3 space int4, $4 dims int4, $5 vector unknown
UPDATE memory_nodes
SET space_id = $3, dims = $4, embedding = $5::vector
WHERE scope_id = $1 AND id = $2;

-- PutCurrentVector: Writes a full vector of the current space into the memory's own row.
-- For: episode.
-- $1 scope uuid, $2 id text, $3 space int4, $4 dims int4, $5 vector unknown
UPDATE episodic_memories
SET space_id = $3, dims = $4, embedding = $5::vector
WHERE scope_id = $1 AND id = $2;

-- PutCurrentVector: Writes a full vector of the current space into the memory's own row.
-- For: chunk.
-- $1 scope uuid, $2 id text, $3 space int4, $4 dims int4, $5 vector unknown
UPDATE document_chunks
SET space_id = $3, dims = $4, embedding = $5::vector
WHERE scope_id = $1 AND id = $2;

-- PutFurtherVector: Writes a full vector of a further space into the memory's own row, which has not followed a cut-over yet.
-- For: node.
-- $1 scope uuid, $2 id text, $3 space int4, $4 dims int4, $5 vector unknown
UPDATE memory_nodes
SET dims = $4, embedding = $5::vector
WHERE scope_id = $1 AND id = $2 AND space_id = $3;

-- PutFurtherVector: Writes a full vector of a further space into the memory's own row, which has not followed a cut-over yet.
-- For: episode.
-- $1 scope uuid, $2 id text, $3 space int4, $4 dims int4, $5 vector unknown
UPDATE episodic_memories
SET dims = $4, embedding = $5::vector
WHERE scope_id = $1 AND id = $2 AND space_id = $3;

-- PutFurtherVector: Writes a full vector of a further space into the memory's own row, which has not followed a cut-over yet.
-- For: chunk.
-- $1 scope uuid, $2 id text, $3 space int4, $4 dims int4, $5 vector unknown
UPDATE document_chunks
SET dims = $4, embedding = $5::vector
WHERE scope_id = $1 AND id = $2 AND space_id = $3;

-- PutVectorsBeside: Writes full vectors of a further space beside the memories.
-- For: node.
-- $1 scope uuid, $2 ids _text, $3 numbers _float4, $4 dims int4, $5 space int4
INSERT INTO node_embeddings (scope_id, id, space_id, dims, embedding)
SELECT $1, g.id, $5, $4, g.v
FROM (SELECT w.id, ($3)[(w.n::integer - 1) * $4 + 1 : w.n::integer * $4]::vector AS v
  FROM unnest($2) WITH ORDINALITY AS w (id, n) OFFSET 0) g
ON CONFLICT (scope_id, id, space_id) DO UPDATE SET embedding = excluded.embedding;

-- PutVectorsBeside: Writes full vectors of a further space beside the memories.
-- For: episode.
-- $1 scope uuid, $2 ids _text, $3 numbers _float4, $4 dims int4, $5 space int4
INSERT INTO episode_embeddings (scope_id, id, space_id, dims, embedding)
SELECT $1, g.id, $5, $4, g.v
FROM (SELECT w.id, ($3)[(w.n::integer - 1) * $4 + 1 : w.n::integer * $4]::vector AS v
  FROM unnest($2) WITH ORDINALITY AS w (id, n) OFFSET 0) g
ON CONFLICT (scope_id, id, space_id) DO UPDATE SET embedding = excluded.embedding;

-- PutVectorsBeside: Writes full vectors of a further space beside the memories.
-- For: chunk.
-- $1 scope uuid, $2 ids _text, $3 numbers _float4, $4 dims int4, $5 space int4
INSERT INTO chunk_embeddings (scope_id, id, space_id, dims, embedding)
SELECT $1, g.id, $5, $4, g.v
FROM (SELECT w.id, ($3)[(w.n::integer - 1) * $4 + 1 : w.n::integer * $4]::vector AS v
  FROM unnest($2) WITH ORDINALITY AS w (id, n) OFFSET 0) g
ON CONFLICT (scope_id, id, space_id) DO UPDATE SET embedding = excluded.embedding;

-- PutHalfVectors: Writes the half-precision vectors that go with them.
-- For: node.
-- $1 scope uuid, $2 ids _text, $3 numbers _float4, $4 dims int4, $5 space int4
INSERT INTO node_vectors (scope_id, id, space_id, v)
SELECT $1, g.id, $5, l2_normalize(g.v)::halfvec
FROM (SELECT w.id, ($3)[(w.n::integer - 1) * $4 + 1 : w.n::integer * $4]::vector AS v
  FROM unnest($2) WITH ORDINALITY AS w (id, n) OFFSET 0) g
WHERE vector_norm(g.v) > 0
ON CONFLICT (scope_id, id, space_id) DO UPDATE SET v = excluded.v;

-- PutHalfVectors: Writes the half-precision vectors that go with them.
-- For: episode.
-- $1 scope uuid, $2 ids _text, $3 numbers _float4, $4 dims int4, $5 space int4
INSERT INTO episode_vectors (scope_id, id, space_id, v)
SELECT $1, g.id, $5, l2_normalize(g.v)::halfvec
FROM (SELECT w.id, ($3)[(w.n::integer - 1) * $4 + 1 : w.n::integer * $4]::vector AS v
  FROM unnest($2) WITH ORDINALITY AS w (id, n) OFFSET 0) g
WHERE vector_norm(g.v) > 0
ON CONFLICT (scope_id, id, space_id) DO UPDATE SET v = excluded.v;

-- PutHalfVectors: Writes the half-precision vectors that go with them.
-- For: chunk.
-- $1 scope uuid, $2 ids _text, $3 numbers _float4, $4 dims int4, $5 space int4
INSERT INTO chunk_vectors (scope_id, id, space_id, v)
SELECT $1, g.id, $5, l2_normalize(g.v)::halfvec
FROM (SELECT w.id, ($3)[(w.n::integer - 1) * $4 + 1 : w.n::integer * $4]::vector AS v
  FROM unnest($2) WITH ORDINALITY AS w (id, n) OFFSET 0) g
WHERE vector_norm(g.v) > 0
ON CONFLICT (scope_id, id, space_id) DO UPDATE SET v = excluded.v;

-- PutHalfVector: Writes the half-precision vector that goes with it.
-- For: node.
-- $1 scope uuid, $2 id text, $3 space int4, $4 vector unknown
INSERT INTO node_vectors (scope_id, id, space_id, v)
SELECT $1, $2, $3, l2_normalize($4::vector)::halfvec
WHERE vector_norm($4::vector) > 0
ON CONFLICT (scope_id, id, space_id) DO UPDATE SET v = excluded.v;

-- PutHalfVector: Writes the half-precision vector that goes with it.
-- For: episode.
-- $1 scope uuid, $2 id text, $3 space int4, $4 vector unknown
INSERT INTO episode_vectors (scope_id, id, space_id, v)
SELECT $1, $2, $3, l2_normalize($4::vector)::halfvec
WHERE vector_norm($4::vector) > 0
ON CONFLICT (scope_id, id, space_id) DO UPDATE SET v = excluded.v;

-- PutHalfVector: Writes the half-precision vector that goes with it.
-- For: chunk.
-- $1 scope uuid, $2 id text, $3 space int4, $4 vector unknown
INSERT INTO chunk_vectors (scope_id, id, space_id, v)
SELECT $1, $2, $3, l2_normalize($4::vector)::halfvec
WHERE vector_norm($4::vector) > 0
ON CONFLICT (scope_id, id, space_id) DO UPDATE SET v = excluded.v;

-- PutVectorBeside: Puts the vector of another space that is in a memory's own row beside.
-- For: node.
-- $1 scope uuid, $2 id text, $3 space int4
INSERT INTO node_embeddings (scope_id, id, space_id, dims, embedding)
SELECT scope_id, id, space_id, dims, embedding
FROM memory_nodes
WHERE scope_id = $1 AND id = $2 AND space_id <> $3
ON CONFLICT (scope_id, id, space_id) DO UPDATE SET embedding = excluded.embedding;

-- PutVectorBeside: Puts the vector of another space that is in a memory's own row beside.
-- For: episode.
-- $1 scope uuid, $2 id text, $3 space int4
INSERT INTO episode_embeddings (scope_id, id, space_id, dims, embedding)
SELECT scope_id, id, space_id, dims, embedding
FROM episodic_memories
WHERE scope_id = $1 AND id = $2 AND space_id <> $3
ON CONFLICT (scope_id, id, space_id) DO UPDATE SET embedding = excluded.embedding;

-- PutVectorBeside: Puts the vector of another space that is in a memory's own row beside.
-- For: chunk.
-- $1 scope uuid, $2 id text, $3 space int4
INSERT INTO chunk_embeddings (scope_id, id, space_id, dims, embedding)
SELECT scope_id, id, space_id, dims, embedding
FROM document_chunks
WHERE scope_id = $1 AND id = $2 AND space_id <> $3
ON CONFLICT (scope_id, id, space_id) DO UPDATE SET embedding = excluded.embedding;

-- TakeVectorFromBeside: Removes the one beside that belongs in the row.
-- For: node.
-- $1 scope uuid, $2 id text, $3 space int4
DELETE FROM node_embeddings
WHERE scope_id = $1 AND id = $2 AND space_id = $3;

-- TakeVectorFromBeside: Removes the one beside that belongs in the row.
-- For: episode.
-- $1 scope uuid, $2 id text, $3 space int4
DELETE FROM episode_embeddings
WHERE scope_id = $1 AND id = $2 AND space_id = $3;

-- TakeVectorFromBeside: Removes the one beside that belongs in the row.
-- For: chunk.
-- $1 scope uuid, $2 id text, $3 space int4
DELETE FROM chunk_embeddings
WHERE scope_id = $1 AND id = $2 AND space_id = $3;

-- ClearVectors: Removes vectors that a replaced memory has no more.
-- For: node, no space yet; node, another text.
-- $1 scope uuid, $2 id text
DELETE FROM node_vectors
WHERE scope_id = $1 AND id = $2;

-- ClearVectors: Removes vectors that a replaced memory has no more.
-- For: node, the text stays.
-- $1 scope uuid, $2 id text, $3 space int4
DELETE FROM node_vectors
WHERE scope_id = $1 AND id = $2 AND space_id = $3;

-- ClearVectors: Removes vectors that a replaced memory has no more.
-- For: node, another text.
-- $1 scope uuid, $2 id text
DELETE FROM node_embeddings
WHERE scope_id = $1 AND id = $2;

-- ClearVectors: Removes vectors that a replaced memory has no more.
-- For: episode, no space yet; episode, another text.
-- $1 scope uuid, $2 id text
DELETE FROM episode_vectors
WHERE scope_id = $1 AND id = $2;

-- ClearVectors: Removes vectors that a replaced memory has no more.
-- For: episode, the text stays.
-- $1 scope uuid, $2 id text, $3 space int4
DELETE FROM episode_vectors
WHERE scope_id = $1 AND id = $2 AND space_id = $3;

-- ClearVectors: Removes vectors that a replaced memory has no more.
-- For: episode, another text.
-- $1 scope uuid, $2 id text
DELETE FROM episode_embeddings
WHERE scope_id = $1 AND id = $2;

-- ClearVectors: Removes vectors that a replaced memory has no more.
-- For: chunk, no space yet; chunk, another text.
-- $1 scope uuid, $2 id text
DELETE FROM chunk_vectors
WHERE scope_id = $1 AND id = $2;

-- ClearVectors: Removes vectors that a replaced memory has no more.
-- For: chunk, the text stays.
-- $1 scope uuid, $2 id text, $3 space int4
DELETE FROM chunk_vectors
WHERE scope_id = $1 AND id = $2 AND space_id = $3;

-- ClearVectors: Removes vectors that a replaced memory has no more.
-- For: chunk, another text.
-- $1 scope uuid, $2 id text
DELETE FROM chunk_embeddings
WHERE scope_id = $1 AND id = $2;

-- FindVectors: Reads the full vectors of memories in one space.
-- For: node.
-- $1 scope uuid, $2 ids _text, $3 space int4
SELECT m.id, vector_send(CASE WHEN m.space_id = $3 THEN m.embedding ELSE (SELECT embedding
    FROM node_embeddings
    WHERE scope_id = $1 AND id = m.id AND space_id = $3) END)
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m;

-- FindVectors: Reads the full vectors of memories in one space.
-- For: episode.
-- $1 scope uuid, $2 ids _text, $3 space int4
SELECT m.id, vector_send(CASE WHEN m.space_id = $3 THEN m.embedding ELSE (SELECT embedding
    FROM episode_embeddings
    WHERE scope_id = $1 AND id = m.id AND space_id = $3) END)
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m;

-- FindVectors: Reads the full vectors of memories in one space.
-- For: chunk.
-- $1 scope uuid, $2 ids _text, $3 space int4
SELECT m.id, vector_send(CASE WHEN m.space_id = $3 THEN m.embedding ELSE (SELECT embedding
    FROM chunk_embeddings
    WHERE scope_id = $1 AND id = m.id AND space_id = $3) END)
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m;

-- ListLacking: Lists memories without a vector in a space, from after one.
-- For: node.
-- $1 scope uuid, $2 after text, $3 space int4, $4 limit int8
SELECT m.id, m.conversation_id, m.sequence_index, m.human_content, m.assistant_content, m.source, m.created_at, m.intent_type, m.complexity, m.technical_depth, m.emotional_valence, m.urgency, m.conversation_mode, m.action_required, m.has_code, m.has_error, m.tags, m.cluster_id, m.cluster_label, m.cluster_confidence, m.access_count, m.last_accessed, m.extra, m.carry
FROM (SELECT *
  FROM memory_nodes
  WHERE scope_id = $1 AND id > $2
  ORDER BY id) m
LEFT JOIN LATERAL (SELECT v
  FROM node_vectors
  WHERE scope_id = $1 AND id = m.id AND space_id = $3 OFFSET 0) n ON true
WHERE n.v IS NULL
ORDER BY m.id LIMIT $4;

-- ListLacking: Lists memories without a vector in a space, from after one.
-- For: episode.
-- $1 scope uuid, $2 after text, $3 space int4, $4 limit int8
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry
FROM (SELECT *
  FROM episodic_memories
  WHERE scope_id = $1 AND id > $2
  ORDER BY id) m
LEFT JOIN LATERAL (SELECT v
  FROM episode_vectors
  WHERE scope_id = $1 AND id = m.id AND space_id = $3 OFFSET 0) n ON true
WHERE n.v IS NULL
ORDER BY m.id LIMIT $4;

-- ListLacking: Lists memories without a vector in a space, from after one.
-- For: chunk.
-- $1 scope uuid, $2 after text, $3 space int4, $4 limit int8
SELECT m.id, m.document_id, m.chunk_index, m.content, m.heading_path, m.page, m.source, m.created_at, m.has_code, m.tags, m.access_count, m.last_accessed, m.extra, m.carry
FROM (SELECT *
  FROM document_chunks
  WHERE scope_id = $1 AND id > $2
  ORDER BY id) m
LEFT JOIN LATERAL (SELECT v
  FROM chunk_vectors
  WHERE scope_id = $1 AND id = m.id AND space_id = $3 OFFSET 0) n ON true
WHERE n.v IS NULL
ORDER BY m.id LIMIT $4;

-- CountBehind: Counts the memories that have to follow a cut-over.
-- For: node.
-- $1 scope uuid
SELECT count(*)
FROM memory_nodes m
LEFT JOIN LATERAL (SELECT true AS there
  FROM node_embeddings
  WHERE scope_id = $1 AND id = m.id AND space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = $1) OFFSET 0) f ON true
WHERE m.scope_id = $1 AND (f.there OR m.space_id <> (SELECT space_id
    FROM scopes
    WHERE scope_id = $1));

-- CountBehind: Counts the memories that have to follow a cut-over.
-- For: episode.
-- $1 scope uuid
SELECT count(*)
FROM episodic_memories m
LEFT JOIN LATERAL (SELECT true AS there
  FROM episode_embeddings
  WHERE scope_id = $1 AND id = m.id AND space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = $1) OFFSET 0) f ON true
WHERE m.scope_id = $1 AND (f.there OR m.space_id <> (SELECT space_id
    FROM scopes
    WHERE scope_id = $1));

-- CountBehind: Counts the memories that have to follow a cut-over.
-- For: chunk.
-- $1 scope uuid
SELECT count(*)
FROM document_chunks m
LEFT JOIN LATERAL (SELECT true AS there
  FROM chunk_embeddings
  WHERE scope_id = $1 AND id = m.id AND space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = $1) OFFSET 0) f ON true
WHERE m.scope_id = $1 AND (f.there OR m.space_id <> (SELECT space_id
    FROM scopes
    WHERE scope_id = $1));

-- ListBehind: Lists the memories that have to follow a cut-over, from after one.
-- For: node.
-- $1 scope uuid, $2 after text, $3 limit int8
SELECT m.id
FROM memory_nodes m
LEFT JOIN LATERAL (SELECT true AS there
  FROM node_embeddings
  WHERE scope_id = $1 AND id = m.id AND space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = $1) OFFSET 0) f ON true
WHERE m.scope_id = $1 AND (f.there OR m.space_id <> (SELECT space_id
    FROM scopes
    WHERE scope_id = $1)) AND m.id > $2
ORDER BY m.id LIMIT $3;

-- ListBehind: Lists the memories that have to follow a cut-over, from after one.
-- For: episode.
-- $1 scope uuid, $2 after text, $3 limit int8
SELECT m.id
FROM episodic_memories m
LEFT JOIN LATERAL (SELECT true AS there
  FROM episode_embeddings
  WHERE scope_id = $1 AND id = m.id AND space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = $1) OFFSET 0) f ON true
WHERE m.scope_id = $1 AND (f.there OR m.space_id <> (SELECT space_id
    FROM scopes
    WHERE scope_id = $1)) AND m.id > $2
ORDER BY m.id LIMIT $3;

-- ListBehind: Lists the memories that have to follow a cut-over, from after one.
-- For: chunk.
-- $1 scope uuid, $2 after text, $3 limit int8
SELECT m.id
FROM document_chunks m
LEFT JOIN LATERAL (SELECT true AS there
  FROM chunk_embeddings
  WHERE scope_id = $1 AND id = m.id AND space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = $1) OFFSET 0) f ON true
WHERE m.scope_id = $1 AND (f.there OR m.space_id <> (SELECT space_id
    FROM scopes
    WHERE scope_id = $1)) AND m.id > $2
ORDER BY m.id LIMIT $3;

-- MoveVectorIn: Puts a memory's vector of the current space into its own row.
-- For: node.
-- $1 scope uuid, $2 id text, $3 space int4
UPDATE memory_nodes m
SET (space_id, dims, embedding) = (SELECT f.space_id, f.dims, f.embedding
  FROM node_embeddings f
  WHERE f.scope_id = $1 AND f.id = $2 AND f.space_id = $3)
WHERE m.scope_id = $1 AND m.id = $2;

-- MoveVectorIn: Puts a memory's vector of the current space into its own row.
-- For: episode.
-- $1 scope uuid, $2 id text, $3 space int4
UPDATE episodic_memories m
SET (space_id, dims, embedding) = (SELECT f.space_id, f.dims, f.embedding
  FROM episode_embeddings f
  WHERE f.scope_id = $1 AND f.id = $2 AND f.space_id = $3)
WHERE m.scope_id = $1 AND m.id = $2;

-- MoveVectorIn: Puts a memory's vector of the current space into its own row.
-- For: chunk.
-- $1 scope uuid, $2 id text, $3 space int4
UPDATE document_chunks m
SET (space_id, dims, embedding) = (SELECT f.space_id, f.dims, f.embedding
  FROM chunk_embeddings f
  WHERE f.scope_id = $1 AND f.id = $2 AND f.space_id = $3)
WHERE m.scope_id = $1 AND m.id = $2;

-- DropVectors: Removes all vectors of a space.
-- For: node.
-- $1 scope uuid, $2 space int4
UPDATE memory_nodes
SET space_id = NULL, dims = NULL, embedding = NULL
WHERE scope_id = $1 AND space_id = $2;

-- DropVectors: Removes all vectors of a space.
-- For: node.
-- $1 scope uuid, $2 space int4
DELETE FROM node_embeddings
WHERE scope_id = $1 AND space_id = $2;

-- DropVectors: Removes all vectors of a space.
-- For: node.
-- $1 scope uuid, $2 space int4
DELETE FROM node_vectors
WHERE scope_id = $1 AND space_id = $2;

-- DropVectors: Removes all vectors of a space.
-- For: episode.
-- $1 scope uuid, $2 space int4
UPDATE episodic_memories
SET space_id = NULL, dims = NULL, embedding = NULL
WHERE scope_id = $1 AND space_id = $2;

-- DropVectors: Removes all vectors of a space.
-- For: episode.
-- $1 scope uuid, $2 space int4
DELETE FROM episode_embeddings
WHERE scope_id = $1 AND space_id = $2;

-- DropVectors: Removes all vectors of a space.
-- For: episode.
-- $1 scope uuid, $2 space int4
DELETE FROM episode_vectors
WHERE scope_id = $1 AND space_id = $2;

-- DropVectors: Removes all vectors of a space.
-- For: chunk.
-- $1 scope uuid, $2 space int4
UPDATE document_chunks
SET space_id = NULL, dims = NULL, embedding = NULL
WHERE scope_id = $1 AND space_id = $2;

-- DropVectors: Removes all vectors of a space.
-- For: chunk.
-- $1 scope uuid, $2 space int4
DELETE FROM chunk_embeddings
WHERE scope_id = $1 AND space_id = $2;

-- DropVectors: Removes all vectors of a space.
-- For: chunk.
-- $1 scope uuid, $2 space int4
DELETE FROM chunk_vectors
WHERE scope_id = $1 AND space_id = $2;

-- CountBySpace: Counts the vectors of each space.
-- For: node.
-- $1 scope uuid
SELECT space_id, count(*)
FROM node_vectors
WHERE scope_id = $1 GROUP BY space_id;

-- CountBySpace: Counts the vectors of each space.
-- For: episode.
-- $1 scope uuid
SELECT space_id, count(*)
FROM episode_vectors
WHERE scope_id = $1 GROUP BY space_id;

-- CountBySpace: Counts the vectors of each space.
-- For: chunk.
-- $1 scope uuid
SELECT space_id, count(*)
FROM chunk_vectors
WHERE scope_id = $1 GROUP BY space_id;

-- CountInSpace: Counts the vectors of one space.
-- For: node.
-- $1 scope uuid, $2 space int4
SELECT count(*)
FROM node_vectors
WHERE scope_id = $1 AND space_id = $2;

-- CountInSpace: Counts the vectors of one space.
-- For: episode.
-- $1 scope uuid, $2 space int4
SELECT count(*)
FROM episode_vectors
WHERE scope_id = $1 AND space_id = $2;

-- CountInSpace: Counts the vectors of one space.
-- For: chunk.
-- $1 scope uuid, $2 space int4
SELECT count(*)
FROM chunk_vectors
WHERE scope_id = $1 AND space_id = $2;

-- CountWithoutVector: Counts the memories of all kinds that have no vector in the current space.
-- $1 scope uuid
SELECT (SELECT count(*)
  FROM memory_nodes m
  WHERE m.scope_id = $1 AND
  CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = $1) THEN m.embedding ELSE (SELECT embedding
    FROM node_embeddings
    WHERE scope_id = $1 AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = $1)) END IS NULL) + (SELECT count(*)
  FROM episodic_memories m
  WHERE m.scope_id = $1 AND
  CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = $1) THEN m.embedding ELSE (SELECT embedding
    FROM episode_embeddings
    WHERE scope_id = $1 AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = $1)) END IS NULL) + (SELECT count(*)
  FROM document_chunks m
  WHERE m.scope_id = $1 AND
  CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = $1) THEN m.embedding ELSE (SELECT embedding
    FROM chunk_embeddings
    WHERE scope_id = $1 AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = $1)) END IS NULL);

-- RebuildVectors: Writes half-precision vectors that are not there or other than the full ones say.
-- For: node.
-- $1 scope uuid, $2 ids _text
INSERT INTO node_vectors AS n (scope_id, id, space_id, v)
SELECT m.scope_id, m.id, e.space_id, u.v::halfvec
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m
CROSS JOIN LATERAL (SELECT m.space_id, m.embedding
  WHERE m.embedding IS NOT NULL
  UNION ALL SELECT space_id, embedding
  FROM node_embeddings
  WHERE scope_id = $1 AND id = m.id OFFSET 0) e
CROSS JOIN LATERAL (SELECT l2_normalize(e.embedding) AS v OFFSET 0) u
WHERE vector_norm(u.v) > 0
ON CONFLICT (scope_id, id, space_id) DO UPDATE SET v = excluded.v
WHERE n.v IS DISTINCT FROM excluded.v
RETURNING true;

-- RebuildVectors: Writes half-precision vectors that are not there or other than the full ones say.
-- For: episode.
-- $1 scope uuid, $2 ids _text
INSERT INTO episode_vectors AS n (scope_id, id, space_id, v)
SELECT m.scope_id, m.id, e.space_id, u.v::halfvec
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m
CROSS JOIN LATERAL (SELECT m.space_id, m.embedding
  WHERE m.embedding IS NOT NULL
  UNION ALL SELECT space_id, embedding
  FROM episode_embeddings
  WHERE scope_id = $1 AND id = m.id OFFSET 0) e
CROSS JOIN LATERAL (SELECT l2_normalize(e.embedding) AS v OFFSET 0) u
WHERE vector_norm(u.v) > 0
ON CONFLICT (scope_id, id, space_id) DO UPDATE SET v = excluded.v
WHERE n.v IS DISTINCT FROM excluded.v
RETURNING true;

-- RebuildVectors: Writes half-precision vectors that are not there or other than the full ones say.
-- For: chunk.
-- $1 scope uuid, $2 ids _text
INSERT INTO chunk_vectors AS n (scope_id, id, space_id, v)
SELECT m.scope_id, m.id, e.space_id, u.v::halfvec
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m
CROSS JOIN LATERAL (SELECT m.space_id, m.embedding
  WHERE m.embedding IS NOT NULL
  UNION ALL SELECT space_id, embedding
  FROM chunk_embeddings
  WHERE scope_id = $1 AND id = m.id OFFSET 0) e
CROSS JOIN LATERAL (SELECT l2_normalize(e.embedding) AS v OFFSET 0) u
WHERE vector_norm(u.v) > 0
ON CONFLICT (scope_id, id, space_id) DO UPDATE SET v = excluded.v
WHERE n.v IS DISTINCT FROM excluded.v
RETURNING true;

-- FindSurplusVectors: Lists half-precision vectors that are of no full vector.
-- For: node.
-- $1 scope uuid, $2 ids _text
SELECT m.id, n.space_id
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m
CROSS JOIN LATERAL (SELECT space_id
  FROM node_vectors
  WHERE scope_id = $1 AND id = m.id OFFSET 0) n
LEFT JOIN LATERAL (SELECT u.v
  FROM LATERAL (SELECT m.space_id, m.embedding
    WHERE m.embedding IS NOT NULL
    UNION ALL SELECT space_id, embedding
    FROM node_embeddings
    WHERE scope_id = $1 AND id = m.id OFFSET 0) e
  CROSS JOIN LATERAL (SELECT l2_normalize(e.embedding) AS v OFFSET 0) u
  WHERE e.space_id = n.space_id OFFSET 0) u ON true
WHERE (vector_norm(u.v) > 0) IS NOT TRUE;

-- FindSurplusVectors: Lists half-precision vectors that are of no full vector.
-- For: episode.
-- $1 scope uuid, $2 ids _text
SELECT m.id, n.space_id
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m
CROSS JOIN LATERAL (SELECT space_id
  FROM episode_vectors
  WHERE scope_id = $1 AND id = m.id OFFSET 0) n
LEFT JOIN LATERAL (SELECT u.v
  FROM LATERAL (SELECT m.space_id, m.embedding
    WHERE m.embedding IS NOT NULL
    UNION ALL SELECT space_id, embedding
    FROM episode_embeddings
    WHERE scope_id = $1 AND id = m.id OFFSET 0) e
  CROSS JOIN LATERAL (SELECT l2_normalize(e.embedding) AS v OFFSET 0) u
  WHERE e.space_id = n.space_id OFFSET 0) u ON true
WHERE (vector_norm(u.v) > 0) IS NOT TRUE;

-- FindSurplusVectors: Lists half-precision vectors that are of no full vector.
-- For: chunk.
-- $1 scope uuid, $2 ids _text
SELECT m.id, n.space_id
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m
CROSS JOIN LATERAL (SELECT space_id
  FROM chunk_vectors
  WHERE scope_id = $1 AND id = m.id OFFSET 0) n
LEFT JOIN LATERAL (SELECT u.v
  FROM LATERAL (SELECT m.space_id, m.embedding
    WHERE m.embedding IS NOT NULL
    UNION ALL SELECT space_id, embedding
    FROM chunk_embeddings
    WHERE scope_id = $1 AND id = m.id OFFSET 0) e
  CROSS JOIN LATERAL (SELECT l2_normalize(e.embedding) AS v OFFSET 0) u
  WHERE e.space_id = n.space_id OFFSET 0) u ON true
WHERE (vector_norm(u.v) > 0) IS NOT TRUE;

-- RemoveHalfVector: Removes a half-precision vector.
-- For: node.
-- $1 scope uuid, $2 id text, $3 space int4
DELETE FROM node_vectors
WHERE scope_id = $1 AND id = $2 AND space_id = $3;

-- RemoveHalfVector: Removes a half-precision vector.
-- For: episode.
-- $1 scope uuid, $2 id text, $3 space int4
DELETE FROM episode_vectors
WHERE scope_id = $1 AND id = $2 AND space_id = $3;

-- RemoveHalfVector: Removes a half-precision vector.
-- For: chunk.
-- $1 scope uuid, $2 id text, $3 space int4
DELETE FROM chunk_vectors
WHERE scope_id = $1 AND id = $2 AND space_id = $3;
