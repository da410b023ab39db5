-- search.rs: what it sends. Made by TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql

-- DecideIndexUse: Decides whether a kind is searched through an index, and notes it for the statements that follow.
-- For: node, all.
SELECT indexed, set_config('tulving.through_index',
  CASE WHEN indexed THEN (true)::text ELSE 'false' END, true)::bool
FROM (SELECT k.memories > 10000 AND EXISTS (SELECT
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = to_regclass('node_vectors') AND i.indisvalid AND c.relname = ('node_vectors_00000000000000000000000000000001_' || s.space_id)::name) AS indexed
  FROM scopes s
  JOIN scope_kinds k ON k.scope_id = s.scope_id
  WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND k.kind = 'node' OFFSET 0) k;

-- DecideIndexUse: Decides whether a kind is searched through an index, and notes it for the statements that follow.
-- For: node, conversations.
-- $1 conversations _text
SELECT indexed, set_config('tulving.through_index',
  CASE WHEN indexed THEN ((SELECT count(*)
      FROM (SELECT
        FROM unnest($1) AS wanted (id)
        CROSS JOIN LATERAL (SELECT *
          FROM memory_nodes
          WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND conversation_id = wanted.id AND sequence_index >= 0
          ORDER BY sequence_index OFFSET 0) m
        WHERE true LIMIT 10000) passing) >= 10000)::text ELSE 'false' END, true)::bool
FROM (SELECT k.memories > 10000 AND EXISTS (SELECT
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = to_regclass('node_vectors') AND i.indisvalid AND c.relname = ('node_vectors_00000000000000000000000000000001_' || s.space_id)::name) AS indexed
  FROM scopes s
  JOIN scope_kinds k ON k.scope_id = s.scope_id
  WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND k.kind = 'node' OFFSET 0) k;

-- DecideIndexUse: Decides whether a kind is searched through an index, and notes it for the statements that follow.
-- For: node, tags.
-- $1 tags _text
SELECT indexed, set_config('tulving.through_index',
  CASE WHEN indexed THEN ((SELECT count(*)
      FROM (SELECT
        FROM memory_nodes m
        WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND $1 <@ ARRAY(SELECT item #>> '{}'
          FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
          WHERE jsonb_typeof(item) = 'string') LIMIT 10000) passing) >= 10000)::text ELSE 'false' END, true)::bool
FROM (SELECT k.memories > 10000 AND EXISTS (SELECT
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = to_regclass('node_vectors') AND i.indisvalid AND c.relname = ('node_vectors_00000000000000000000000000000001_' || s.space_id)::name) AS indexed
  FROM scopes s
  JOIN scope_kinds k ON k.scope_id = s.scope_id
  WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND k.kind = 'node' OFFSET 0) k;

-- DecideIndexUse: Decides whether a kind is searched through an index, and notes it for the statements that follow.
-- For: episode, all.
SELECT indexed, set_config('tulving.through_index',
  CASE WHEN indexed THEN (true)::text ELSE 'false' END, true)::bool
FROM (SELECT k.memories > 10000 AND EXISTS (SELECT
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = to_regclass('episode_vectors') AND i.indisvalid AND c.relname = ('episode_vectors_00000000000000000000000000000001_' || s.space_id)::name) AS indexed
  FROM scopes s
  JOIN scope_kinds k ON k.scope_id = s.scope_id
  WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND k.kind = 'episode' OFFSET 0) k;

-- DecideIndexUse: Decides whether a kind is searched through an index, and notes it for the statements that follow.
-- For: episode, conversations.
-- $1 conversations _text
SELECT indexed, set_config('tulving.through_index',
  CASE WHEN indexed THEN ((SELECT count(*)
      FROM (SELECT
        FROM unnest($1) AS wanted (id)
        CROSS JOIN LATERAL (SELECT *
          FROM episodic_memories
          WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = wanted.id OFFSET 0) m
        WHERE true LIMIT 10000) passing) >= 10000)::text ELSE 'false' END, true)::bool
FROM (SELECT k.memories > 10000 AND EXISTS (SELECT
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = to_regclass('episode_vectors') AND i.indisvalid AND c.relname = ('episode_vectors_00000000000000000000000000000001_' || s.space_id)::name) AS indexed
  FROM scopes s
  JOIN scope_kinds k ON k.scope_id = s.scope_id
  WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND k.kind = 'episode' OFFSET 0) k;

-- DecideIndexUse: Decides whether a kind is searched through an index, and notes it for the statements that follow.
-- For: episode, tags.
-- $1 tags _text
SELECT indexed, set_config('tulving.through_index',
  CASE WHEN indexed THEN ((SELECT count(*)
      FROM (SELECT
        FROM episodic_memories m
        WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND $1 <@ ARRAY(SELECT item #>> '{}'
          FROM jsonb_each(CASE jsonb_typeof(m.llm_tags) WHEN 'object' THEN m.llm_tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
          WHERE jsonb_typeof(item) = 'string') LIMIT 10000) passing) >= 10000)::text ELSE 'false' END, true)::bool
FROM (SELECT k.memories > 10000 AND EXISTS (SELECT
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = to_regclass('episode_vectors') AND i.indisvalid AND c.relname = ('episode_vectors_00000000000000000000000000000001_' || s.space_id)::name) AS indexed
  FROM scopes s
  JOIN scope_kinds k ON k.scope_id = s.scope_id
  WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND k.kind = 'episode' OFFSET 0) k;

-- DecideIndexUse: Decides whether a kind is searched through an index, and notes it for the statements that follow.
-- For: chunk, all.
SELECT indexed, set_config('tulving.through_index',
  CASE WHEN indexed THEN (true)::text ELSE 'false' END, true)::bool
FROM (SELECT k.memories > 10000 AND EXISTS (SELECT
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = to_regclass('chunk_vectors') AND i.indisvalid AND c.relname = ('chunk_vectors_00000000000000000000000000000001_' || s.space_id)::name) AS indexed
  FROM scopes s
  JOIN scope_kinds k ON k.scope_id = s.scope_id
  WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND k.kind = 'chunk' OFFSET 0) k;

-- DecideIndexUse: Decides whether a kind is searched through an index, and notes it for the statements that follow.
-- For: chunk, conversations.
-- $1 conversations _text
SELECT indexed, set_config('tulving.through_index',
  CASE WHEN indexed THEN ((SELECT count(*)
      FROM (SELECT
        FROM unnest($1) AS wanted (id)
        CROSS JOIN LATERAL (SELECT *
          FROM document_chunks
          WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND document_id = wanted.id AND chunk_index >= 0
          ORDER BY chunk_index OFFSET 0) m
        WHERE true LIMIT 10000) passing) >= 10000)::text ELSE 'false' END, true)::bool
FROM (SELECT k.memories > 10000 AND EXISTS (SELECT
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = to_regclass('chunk_vectors') AND i.indisvalid AND c.relname = ('chunk_vectors_00000000000000000000000000000001_' || s.space_id)::name) AS indexed
  FROM scopes s
  JOIN scope_kinds k ON k.scope_id = s.scope_id
  WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND k.kind = 'chunk' OFFSET 0) k;

-- DecideIndexUse: Decides whether a kind is searched through an index, and notes it for the statements that follow.
-- For: chunk, tags.
-- $1 tags _text
SELECT indexed, set_config('tulving.through_index',
  CASE WHEN indexed THEN ((SELECT count(*)
      FROM (SELECT
        FROM document_chunks m
        WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND $1 <@ ARRAY(SELECT item #>> '{}'
          FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
          WHERE jsonb_typeof(item) = 'string') LIMIT 10000) passing) >= 10000)::text ELSE 'false' END, true)::bool
FROM (SELECT k.memories > 10000 AND EXISTS (SELECT
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = to_regclass('chunk_vectors') AND i.indisvalid AND c.relname = ('chunk_vectors_00000000000000000000000000000001_' || s.space_id)::name) AS indexed
  FROM scopes s
  JOIN scope_kinds k ON k.scope_id = s.scope_id
  WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND k.kind = 'chunk' OFFSET 0) k;

-- NearestExactly: Finds the nearest among every vector of the current space.
-- For: node, all.
-- $1 direction unknown, $2 candidates int8, $3 last int8, $4 margin float8
WITH near AS MATERIALIZED (SELECT n.id, n.v <#> $1::vector::halfvec AS d
  FROM node_vectors n
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = (SELECT s.space_id
    FROM scopes s
    JOIN embedding_spaces e ON e.space_id = s.space_id
    WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND e.dims = 3)
  ORDER BY d LIMIT $2), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $3 LIMIT 1), 'infinity') + $4 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001') THEN m.embedding ELSE (SELECT embedding
    FROM node_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001')) END), m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestExactly: Finds the nearest among every vector of the current space.
-- For: node, all, before it is known whether.
-- $1 direction unknown, $2 candidates int8, $3 last int8, $4 margin float8
WITH near AS MATERIALIZED (SELECT n.id, n.v <#> $1::vector::halfvec AS d
  FROM node_vectors n
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = (SELECT s.space_id
    FROM scopes s
    JOIN embedding_spaces e ON e.space_id = s.space_id
    WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND e.dims = 3) AND current_setting('tulving.through_index', true) = 'false'
  ORDER BY d LIMIT $2), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $3 LIMIT 1), 'infinity') + $4 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001') THEN m.embedding ELSE (SELECT embedding
    FROM node_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001')) END), m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestExactly: Finds the nearest among every vector of the current space.
-- For: node, conversations.
-- $1 direction unknown, $2 conversations _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, n.v <#> $1::vector::halfvec AS d
  FROM (SELECT m.id, n.v
    FROM unnest($2) AS wanted (id)
    CROSS JOIN LATERAL (SELECT *
      FROM memory_nodes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND conversation_id = wanted.id AND sequence_index >= 0
      ORDER BY sequence_index OFFSET 0) m
    CROSS JOIN LATERAL (SELECT v
      FROM node_vectors
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT s.space_id
        FROM scopes s
        JOIN embedding_spaces e ON e.space_id = s.space_id
        WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND e.dims = 3) OFFSET 0) n
    WHERE true) n
  WHERE true
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001') THEN m.embedding ELSE (SELECT embedding
    FROM node_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001')) END), m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestExactly: Finds the nearest among every vector of the current space.
-- For: node, conversations, before it is known whether.
-- $1 direction unknown, $2 conversations _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, n.v <#> $1::vector::halfvec AS d
  FROM (SELECT m.id, n.v
    FROM unnest($2) AS wanted (id)
    CROSS JOIN LATERAL (SELECT *
      FROM memory_nodes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND conversation_id = wanted.id AND sequence_index >= 0
      ORDER BY sequence_index OFFSET 0) m
    CROSS JOIN LATERAL (SELECT v
      FROM node_vectors
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT s.space_id
        FROM scopes s
        JOIN embedding_spaces e ON e.space_id = s.space_id
        WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND e.dims = 3) OFFSET 0) n
    WHERE true) n
  WHERE true AND current_setting('tulving.through_index', true) = 'false'
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001') THEN m.embedding ELSE (SELECT embedding
    FROM node_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001')) END), m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestExactly: Finds the nearest among every vector of the current space.
-- For: node, tags.
-- $1 direction unknown, $2 tags _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, n.v <#> $1::vector::halfvec AS d
  FROM (SELECT m.id, n.v
    FROM memory_nodes m
    CROSS JOIN LATERAL (SELECT v
      FROM node_vectors
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT s.space_id
        FROM scopes s
        JOIN embedding_spaces e ON e.space_id = s.space_id
        WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND e.dims = 3) OFFSET 0) n
    WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND $2 <@ ARRAY(SELECT item #>> '{}'
      FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
      WHERE jsonb_typeof(item) = 'string')) n
  WHERE true
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001') THEN m.embedding ELSE (SELECT embedding
    FROM node_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001')) END), m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestExactly: Finds the nearest among every vector of the current space.
-- For: node, tags, before it is known whether.
-- $1 direction unknown, $2 tags _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, n.v <#> $1::vector::halfvec AS d
  FROM (SELECT m.id, n.v
    FROM memory_nodes m
    CROSS JOIN LATERAL (SELECT v
      FROM node_vectors
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT s.space_id
        FROM scopes s
        JOIN embedding_spaces e ON e.space_id = s.space_id
        WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND e.dims = 3) OFFSET 0) n
    WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND $2 <@ ARRAY(SELECT item #>> '{}'
      FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
      WHERE jsonb_typeof(item) = 'string')) n
  WHERE true AND current_setting('tulving.through_index', true) = 'false'
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001') THEN m.embedding ELSE (SELECT embedding
    FROM node_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001')) END), m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestExactly: Finds the nearest among every vector of the current space.
-- For: episode, all.
-- $1 direction unknown, $2 candidates int8, $3 last int8, $4 margin float8
WITH near AS MATERIALIZED (SELECT n.id, n.v <#> $1::vector::halfvec AS d
  FROM episode_vectors n
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = (SELECT s.space_id
    FROM scopes s
    JOIN embedding_spaces e ON e.space_id = s.space_id
    WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND e.dims = 3)
  ORDER BY d LIMIT $2), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $3 LIMIT 1), 'infinity') + $4 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001') THEN m.embedding ELSE (SELECT embedding
    FROM episode_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001')) END), m.id, m.created_at, NULL::text, 0::bigint, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestExactly: Finds the nearest among every vector of the current space.
-- For: episode, all, before it is known whether.
-- $1 direction unknown, $2 candidates int8, $3 last int8, $4 margin float8
WITH near AS MATERIALIZED (SELECT n.id, n.v <#> $1::vector::halfvec AS d
  FROM episode_vectors n
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = (SELECT s.space_id
    FROM scopes s
    JOIN embedding_spaces e ON e.space_id = s.space_id
    WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND e.dims = 3) AND current_setting('tulving.through_index', true) = 'false'
  ORDER BY d LIMIT $2), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $3 LIMIT 1), 'infinity') + $4 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001') THEN m.embedding ELSE (SELECT embedding
    FROM episode_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001')) END), m.id, m.created_at, NULL::text, 0::bigint, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestExactly: Finds the nearest among every vector of the current space.
-- For: episode, conversations.
-- $1 direction unknown, $2 conversations _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, n.v <#> $1::vector::halfvec AS d
  FROM (SELECT m.id, n.v
    FROM unnest($2) AS wanted (id)
    CROSS JOIN LATERAL (SELECT *
      FROM episodic_memories
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = wanted.id OFFSET 0) m
    CROSS JOIN LATERAL (SELECT v
      FROM episode_vectors
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT s.space_id
        FROM scopes s
        JOIN embedding_spaces e ON e.space_id = s.space_id
        WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND e.dims = 3) OFFSET 0) n
    WHERE true) n
  WHERE true
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001') THEN m.embedding ELSE (SELECT embedding
    FROM episode_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001')) END), m.id, m.created_at, NULL::text, 0::bigint, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestExactly: Finds the nearest among every vector of the current space.
-- For: episode, conversations, before it is known whether.
-- $1 direction unknown, $2 conversations _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, n.v <#> $1::vector::halfvec AS d
  FROM (SELECT m.id, n.v
    FROM unnest($2) AS wanted (id)
    CROSS JOIN LATERAL (SELECT *
      FROM episodic_memories
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = wanted.id OFFSET 0) m
    CROSS JOIN LATERAL (SELECT v
      FROM episode_vectors
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT s.space_id
        FROM scopes s
        JOIN embedding_spaces e ON e.space_id = s.space_id
        WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND e.dims = 3) OFFSET 0) n
    WHERE true) n
  WHERE true AND current_setting('tulving.through_index', true) = 'false'
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001') THEN m.embedding ELSE (SELECT embedding
    FROM episode_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001')) END), m.id, m.created_at, NULL::text, 0::bigint, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestExactly: Finds the nearest among every vector of the current space.
-- For: episode, tags.
-- $1 direction unknown, $2 tags _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, n.v <#> $1::vector::halfvec AS d
  FROM (SELECT m.id, n.v
    FROM episodic_memories m
    CROSS JOIN LATERAL (SELECT v
      FROM episode_vectors
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT s.space_id
        FROM scopes s
        JOIN embedding_spaces e ON e.space_id = s.space_id
        WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND e.dims = 3) OFFSET 0) n
    WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND $2 <@ ARRAY(SELECT item #>> '{}'
      FROM jsonb_each(CASE jsonb_typeof(m.llm_tags) WHEN 'object' THEN m.llm_tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
      WHERE jsonb_typeof(item) = 'string')) n
  WHERE true
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001') THEN m.embedding ELSE (SELECT embedding
    FROM episode_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001')) END), m.id, m.created_at, NULL::text, 0::bigint, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestExactly: Finds the nearest among every vector of the current space.
-- For: episode, tags, before it is known whether.
-- $1 direction unknown, $2 tags _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, n.v <#> $1::vector::halfvec AS d
  FROM (SELECT m.id, n.v
    FROM episodic_memories m
    CROSS JOIN LATERAL (SELECT v
      FROM episode_vectors
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT s.space_id
        FROM scopes s
        JOIN embedding_spaces e ON e.space_id = s.space_id
        WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND e.dims = 3) OFFSET 0) n
    WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND $2 <@ ARRAY(SELECT item #>> '{}'
      FROM jsonb_each(CASE jsonb_typeof(m.llm_tags) WHEN 'object' THEN m.llm_tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
      WHERE jsonb_typeof(item) = 'string')) n
  WHERE true AND current_setting('tulving.through_index', true) = 'false'
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001') THEN m.embedding ELSE (SELECT embedding
    FROM episode_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001')) END), m.id, m.created_at, NULL::text, 0::bigint, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestExactly: Finds the nearest among every vector of the current space.
-- For: chunk, all.
-- $1 direction unknown, $2 candidates int8, $3 last int8, $4 margin float8
WITH near AS MATERIALIZED (SELECT n.id, n.v <#> $1::vector::halfvec AS d
  FROM chunk_vectors n
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = (SELECT s.space_id
    FROM scopes s
    JOIN embedding_spaces e ON e.space_id = s.space_id
    WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND e.dims = 3)
  ORDER BY d LIMIT $2), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $3 LIMIT 1), 'infinity') + $4 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001') THEN m.embedding ELSE (SELECT embedding
    FROM chunk_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001')) END), m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestExactly: Finds the nearest among every vector of the current space.
-- For: chunk, all, before it is known whether.
-- $1 direction unknown, $2 candidates int8, $3 last int8, $4 margin float8
WITH near AS MATERIALIZED (SELECT n.id, n.v <#> $1::vector::halfvec AS d
  FROM chunk_vectors n
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = (SELECT s.space_id
    FROM scopes s
    JOIN embedding_spaces e ON e.space_id = s.space_id
    WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND e.dims = 3) AND current_setting('tulving.through_index', true) = 'false'
  ORDER BY d LIMIT $2), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $3 LIMIT 1), 'infinity') + $4 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001') THEN m.embedding ELSE (SELECT embedding
    FROM chunk_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001')) END), m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestExactly: Finds the nearest among every vector of the current space.
-- For: chunk, conversations.
-- $1 direction unknown, $2 conversations _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, n.v <#> $1::vector::halfvec AS d
  FROM (SELECT m.id, n.v
    FROM unnest($2) AS wanted (id)
    CROSS JOIN LATERAL (SELECT *
      FROM document_chunks
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND document_id = wanted.id AND chunk_index >= 0
      ORDER BY chunk_index OFFSET 0) m
    CROSS JOIN LATERAL (SELECT v
      FROM chunk_vectors
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT s.space_id
        FROM scopes s
        JOIN embedding_spaces e ON e.space_id = s.space_id
        WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND e.dims = 3) OFFSET 0) n
    WHERE true) n
  WHERE true
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001') THEN m.embedding ELSE (SELECT embedding
    FROM chunk_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001')) END), m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestExactly: Finds the nearest among every vector of the current space.
-- For: chunk, conversations, before it is known whether.
-- $1 direction unknown, $2 conversations _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, n.v <#> $1::vector::halfvec AS d
  FROM (SELECT m.id, n.v
    FROM unnest($2) AS wanted (id)
    CROSS JOIN LATERAL (SELECT *
      FROM document_chunks
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND document_id = wanted.id AND chunk_index >= 0
      ORDER BY chunk_index OFFSET 0) m
    CROSS JOIN LATERAL (SELECT v
      FROM chunk_vectors
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT s.space_id
        FROM scopes s
        JOIN embedding_spaces e ON e.space_id = s.space_id
        WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND e.dims = 3) OFFSET 0) n
    WHERE true) n
  WHERE true AND current_setting('tulving.through_index', true) = 'false'
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001') THEN m.embedding ELSE (SELECT embedding
    FROM chunk_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001')) END), m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestExactly: Finds the nearest among every vector of the current space.
-- For: chunk, tags.
-- $1 direction unknown, $2 tags _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, n.v <#> $1::vector::halfvec AS d
  FROM (SELECT m.id, n.v
    FROM document_chunks m
    CROSS JOIN LATERAL (SELECT v
      FROM chunk_vectors
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT s.space_id
        FROM scopes s
        JOIN embedding_spaces e ON e.space_id = s.space_id
        WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND e.dims = 3) OFFSET 0) n
    WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND $2 <@ ARRAY(SELECT item #>> '{}'
      FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
      WHERE jsonb_typeof(item) = 'string')) n
  WHERE true
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001') THEN m.embedding ELSE (SELECT embedding
    FROM chunk_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001')) END), m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestExactly: Finds the nearest among every vector of the current space.
-- For: chunk, tags, before it is known whether.
-- $1 direction unknown, $2 tags _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, n.v <#> $1::vector::halfvec AS d
  FROM (SELECT m.id, n.v
    FROM document_chunks m
    CROSS JOIN LATERAL (SELECT v
      FROM chunk_vectors
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT s.space_id
        FROM scopes s
        JOIN embedding_spaces e ON e.space_id = s.space_id
        WHERE s.scope_id = '00000000-0000-0000-0000-000000000001' AND e.dims = 3) OFFSET 0) n
    WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND $2 <@ ARRAY(SELECT item #>> '{}'
      FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
      WHERE jsonb_typeof(item) = 'string')) n
  WHERE true AND current_setting('tulving.through_index', true) = 'false'
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001') THEN m.embedding ELSE (SELECT embedding
    FROM chunk_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = '00000000-0000-0000-0000-000000000001')) END), m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- SetIndexScan: Sets how the index is gone through, and puts it back.
-- For: node, all; node, all, before it is known whether; node, conversations; node, conversations, before it is known whether; node, tags; node, tags, before it is known whether; episode, all; episode, all, before it is known whether; episode, conversations; episode, conversations, before it is known whether; episode, tags; episode, tags, before it is known whether; chunk, all; chunk, all, before it is known whether; chunk, conversations; chunk, conversations, before it is known whether; chunk, tags; chunk, tags, before it is known whether.
SET LOCAL hnsw.ef_search = 120;

-- SetIndexScan: Sets how the index is gone through, and puts it back.
-- For: node, all; node, all, before it is known whether; node, conversations; node, conversations, before it is known whether; node, tags; node, tags, before it is known whether; episode, all; episode, all, before it is known whether; episode, conversations; episode, conversations, before it is known whether; episode, tags; episode, tags, before it is known whether; chunk, all; chunk, all, before it is known whether; chunk, conversations; chunk, conversations, before it is known whether; chunk, tags; chunk, tags, before it is known whether.
SET LOCAL hnsw.iterative_scan = strict_order;

-- SetIndexScan: Sets how the index is gone through, and puts it back.
-- For: node, all; node, all, before it is known whether; node, conversations; node, conversations, before it is known whether; node, tags; node, tags, before it is known whether; episode, all; episode, all, before it is known whether; episode, conversations; episode, conversations, before it is known whether; episode, tags; episode, tags, before it is known whether; chunk, all; chunk, all, before it is known whether; chunk, conversations; chunk, conversations, before it is known whether; chunk, tags; chunk, tags, before it is known whether.
SET LOCAL enable_bitmapscan = off;

-- SetIndexScan: Sets how the index is gone through, and puts it back.
-- For: node, all; node, all, before it is known whether; node, conversations; node, conversations, before it is known whether; node, tags; node, tags, before it is known whether; episode, all; episode, all, before it is known whether; episode, conversations; episode, conversations, before it is known whether; episode, tags; episode, tags, before it is known whether; chunk, all; chunk, all, before it is known whether; chunk, conversations; chunk, conversations, before it is known whether; chunk, tags; chunk, tags, before it is known whether.
SET LOCAL enable_bitmapscan TO DEFAULT;

-- NearestThroughIndex: Finds the nearest through the scope's own index.
-- For: node, all.
-- $1 direction unknown, $2 candidates int8, $3 last int8, $4 margin float8
WITH near AS MATERIALIZED (SELECT n.id, (n.v::halfvec(3)) <#> $1::vector::halfvec(3) AS d
  FROM node_vectors n
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = 1
  ORDER BY d LIMIT $2), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $3 LIMIT 1), 'infinity') + $4 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
    FROM node_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END), m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestThroughIndex: Finds the nearest through the scope's own index.
-- For: node, all, before it is known whether.
-- $1 direction unknown, $2 candidates int8, $3 last int8, $4 margin float8
WITH near AS MATERIALIZED (SELECT n.id, (n.v::halfvec(3)) <#> $1::vector::halfvec(3) AS d
  FROM node_vectors n
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = 1 AND current_setting('tulving.through_index', true) = 'true'
  ORDER BY d LIMIT $2), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $3 LIMIT 1), 'infinity') + $4 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
    FROM node_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END), m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestThroughIndex: Finds the nearest through the scope's own index.
-- For: node, conversations.
-- $1 direction unknown, $2 conversations _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, (n.v::halfvec(3)) <#> $1::vector::halfvec(3) AS d
  FROM node_vectors n
  CROSS JOIN LATERAL (SELECT *
    FROM memory_nodes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = 1 AND m.conversation_id = ANY ($2)
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
    FROM node_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END), m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestThroughIndex: Finds the nearest through the scope's own index.
-- For: node, conversations, before it is known whether.
-- $1 direction unknown, $2 conversations _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, (n.v::halfvec(3)) <#> $1::vector::halfvec(3) AS d
  FROM node_vectors n
  CROSS JOIN LATERAL (SELECT *
    FROM memory_nodes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = 1 AND m.conversation_id = ANY ($2) AND current_setting('tulving.through_index', true) = 'true'
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
    FROM node_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END), m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestThroughIndex: Finds the nearest through the scope's own index.
-- For: node, tags.
-- $1 direction unknown, $2 tags _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, (n.v::halfvec(3)) <#> $1::vector::halfvec(3) AS d
  FROM node_vectors n
  CROSS JOIN LATERAL (SELECT *
    FROM memory_nodes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = 1 AND $2 <@ ARRAY(SELECT item #>> '{}'
    FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
    WHERE jsonb_typeof(item) = 'string')
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
    FROM node_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END), m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestThroughIndex: Finds the nearest through the scope's own index.
-- For: node, tags, before it is known whether.
-- $1 direction unknown, $2 tags _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, (n.v::halfvec(3)) <#> $1::vector::halfvec(3) AS d
  FROM node_vectors n
  CROSS JOIN LATERAL (SELECT *
    FROM memory_nodes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = 1 AND $2 <@ ARRAY(SELECT item #>> '{}'
    FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
    WHERE jsonb_typeof(item) = 'string') AND current_setting('tulving.through_index', true) = 'true'
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
    FROM node_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END), m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestThroughIndex: Finds the nearest through the scope's own index.
-- For: episode, all.
-- $1 direction unknown, $2 candidates int8, $3 last int8, $4 margin float8
WITH near AS MATERIALIZED (SELECT n.id, (n.v::halfvec(3)) <#> $1::vector::halfvec(3) AS d
  FROM episode_vectors n
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = 1
  ORDER BY d LIMIT $2), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $3 LIMIT 1), 'infinity') + $4 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
    FROM episode_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END), m.id, m.created_at, NULL::text, 0::bigint, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestThroughIndex: Finds the nearest through the scope's own index.
-- For: episode, all, before it is known whether.
-- $1 direction unknown, $2 candidates int8, $3 last int8, $4 margin float8
WITH near AS MATERIALIZED (SELECT n.id, (n.v::halfvec(3)) <#> $1::vector::halfvec(3) AS d
  FROM episode_vectors n
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = 1 AND current_setting('tulving.through_index', true) = 'true'
  ORDER BY d LIMIT $2), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $3 LIMIT 1), 'infinity') + $4 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
    FROM episode_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END), m.id, m.created_at, NULL::text, 0::bigint, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestThroughIndex: Finds the nearest through the scope's own index.
-- For: episode, conversations.
-- $1 direction unknown, $2 conversations _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, (n.v::halfvec(3)) <#> $1::vector::halfvec(3) AS d
  FROM episode_vectors n
  CROSS JOIN LATERAL (SELECT *
    FROM episodic_memories
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = 1 AND m.id = ANY ($2)
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
    FROM episode_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END), m.id, m.created_at, NULL::text, 0::bigint, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestThroughIndex: Finds the nearest through the scope's own index.
-- For: episode, conversations, before it is known whether.
-- $1 direction unknown, $2 conversations _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, (n.v::halfvec(3)) <#> $1::vector::halfvec(3) AS d
  FROM episode_vectors n
  CROSS JOIN LATERAL (SELECT *
    FROM episodic_memories
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = 1 AND m.id = ANY ($2) AND current_setting('tulving.through_index', true) = 'true'
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
    FROM episode_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END), m.id, m.created_at, NULL::text, 0::bigint, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestThroughIndex: Finds the nearest through the scope's own index.
-- For: episode, tags.
-- $1 direction unknown, $2 tags _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, (n.v::halfvec(3)) <#> $1::vector::halfvec(3) AS d
  FROM episode_vectors n
  CROSS JOIN LATERAL (SELECT *
    FROM episodic_memories
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = 1 AND $2 <@ ARRAY(SELECT item #>> '{}'
    FROM jsonb_each(CASE jsonb_typeof(m.llm_tags) WHEN 'object' THEN m.llm_tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
    WHERE jsonb_typeof(item) = 'string')
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
    FROM episode_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END), m.id, m.created_at, NULL::text, 0::bigint, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestThroughIndex: Finds the nearest through the scope's own index.
-- For: episode, tags, before it is known whether.
-- $1 direction unknown, $2 tags _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, (n.v::halfvec(3)) <#> $1::vector::halfvec(3) AS d
  FROM episode_vectors n
  CROSS JOIN LATERAL (SELECT *
    FROM episodic_memories
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = 1 AND $2 <@ ARRAY(SELECT item #>> '{}'
    FROM jsonb_each(CASE jsonb_typeof(m.llm_tags) WHEN 'object' THEN m.llm_tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
    WHERE jsonb_typeof(item) = 'string') AND current_setting('tulving.through_index', true) = 'true'
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
    FROM episode_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END), m.id, m.created_at, NULL::text, 0::bigint, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestThroughIndex: Finds the nearest through the scope's own index.
-- For: chunk, all.
-- $1 direction unknown, $2 candidates int8, $3 last int8, $4 margin float8
WITH near AS MATERIALIZED (SELECT n.id, (n.v::halfvec(3)) <#> $1::vector::halfvec(3) AS d
  FROM chunk_vectors n
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = 1
  ORDER BY d LIMIT $2), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $3 LIMIT 1), 'infinity') + $4 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
    FROM chunk_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END), m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestThroughIndex: Finds the nearest through the scope's own index.
-- For: chunk, all, before it is known whether.
-- $1 direction unknown, $2 candidates int8, $3 last int8, $4 margin float8
WITH near AS MATERIALIZED (SELECT n.id, (n.v::halfvec(3)) <#> $1::vector::halfvec(3) AS d
  FROM chunk_vectors n
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = 1 AND current_setting('tulving.through_index', true) = 'true'
  ORDER BY d LIMIT $2), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $3 LIMIT 1), 'infinity') + $4 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
    FROM chunk_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END), m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestThroughIndex: Finds the nearest through the scope's own index.
-- For: chunk, conversations.
-- $1 direction unknown, $2 conversations _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, (n.v::halfvec(3)) <#> $1::vector::halfvec(3) AS d
  FROM chunk_vectors n
  CROSS JOIN LATERAL (SELECT *
    FROM document_chunks
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = 1 AND m.document_id = ANY ($2)
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
    FROM chunk_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END), m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestThroughIndex: Finds the nearest through the scope's own index.
-- For: chunk, conversations, before it is known whether.
-- $1 direction unknown, $2 conversations _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, (n.v::halfvec(3)) <#> $1::vector::halfvec(3) AS d
  FROM chunk_vectors n
  CROSS JOIN LATERAL (SELECT *
    FROM document_chunks
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = 1 AND m.document_id = ANY ($2) AND current_setting('tulving.through_index', true) = 'true'
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
    FROM chunk_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END), m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestThroughIndex: Finds the nearest through the scope's own index.
-- For: chunk, tags.
-- $1 direction unknown, $2 tags _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, (n.v::halfvec(3)) <#> $1::vector::halfvec(3) AS d
  FROM chunk_vectors n
  CROSS JOIN LATERAL (SELECT *
    FROM document_chunks
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = 1 AND $2 <@ ARRAY(SELECT item #>> '{}'
    FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
    WHERE jsonb_typeof(item) = 'string')
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
    FROM chunk_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END), m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- NearestThroughIndex: Finds the nearest through the scope's own index.
-- For: chunk, tags, before it is known whether.
-- $1 direction unknown, $2 tags _text, $3 candidates int8, $4 last int8, $5 margin float8
WITH near AS MATERIALIZED (SELECT n.id, (n.v::halfvec(3)) <#> $1::vector::halfvec(3) AS d
  FROM chunk_vectors n
  CROSS JOIN LATERAL (SELECT *
    FROM document_chunks
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.scope_id = '00000000-0000-0000-0000-000000000001' AND n.space_id = 1 AND $2 <@ ARRAY(SELECT item #>> '{}'
    FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
    WHERE jsonb_typeof(item) = 'string') AND current_setting('tulving.through_index', true) = 'true'
  ORDER BY d LIMIT $3), cut AS (SELECT coalesce((SELECT d
      FROM near
      ORDER BY d OFFSET $4 LIMIT 1), 'infinity') + $5 AS d)
SELECT (SELECT count(*)
  FROM near), (SELECT max(d)
  FROM near) <= (SELECT d
  FROM cut), vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
    FROM chunk_embeddings
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END), m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
FROM near
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = near.id OFFSET 0) m
WHERE near.d <= (SELECT d
  FROM cut);

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: node, all.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 limit int8
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM memory_nodes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $4), beside AS MATERIALIZED (SELECT *
  FROM hits
  WHERE false), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, NULL::bytea
FROM found;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: node, all, with neighbours.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 limit int8, $5 containers _text, $6 low _int8, $7 high _int8, $8 nearest _text
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM memory_nodes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $4), beside AS MATERIALIZED (SELECT DISTINCT NULL::int4 AS doc, m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
  FROM (SELECT container, place - 2, least(place, 9223372036854775805) + 2
    FROM hits
    WHERE container IS NOT NULL
    UNION
    SELECT *
    FROM unnest($5, $6, $7)) AS near (container, low, high)
  CROSS JOIN LATERAL (SELECT *
    FROM memory_nodes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND conversation_id = near.container AND sequence_index >= 0 AND sequence_index BETWEEN near.low AND near.high
    ORDER BY sequence_index OFFSET 0) m
  WHERE m.id <> ALL ($8) AND m.id NOT IN (SELECT id
    FROM hits)), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, NULL::bytea
FROM found;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: node, all, with what an index missed.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 limit int8, $5 direction unknown, $6 farthest float8, $7 nearest _text
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM memory_nodes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $4), beside AS MATERIALIZED (SELECT *
  FROM hits
  WHERE false), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, exact.full_vector
FROM found
LEFT JOIN LATERAL (SELECT vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
      FROM node_embeddings
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END) AS full_vector
  FROM (SELECT id, v
    FROM node_vectors
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = found.id AND space_id = 1 OFFSET 0) n
  CROSS JOIN LATERAL (SELECT *
    FROM memory_nodes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.v <#> $5::vector::halfvec <= $6 AND found.id <> ALL ($7)) AS exact ON true;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: node, conversations.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 conversations _text, $5 limit int8
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM memory_nodes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true AND m.conversation_id = ANY ($4)
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $5), beside AS MATERIALIZED (SELECT *
  FROM hits
  WHERE false), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, NULL::bytea
FROM found;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: node, conversations, with neighbours.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 conversations _text, $5 limit int8, $6 containers _text, $7 low _int8, $8 high _int8, $9 nearest _text, $10 conversations _text
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM memory_nodes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true AND m.conversation_id = ANY ($4)
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $5), beside AS MATERIALIZED (SELECT DISTINCT NULL::int4 AS doc, m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
  FROM (SELECT container, place - 2, least(place, 9223372036854775805) + 2
    FROM hits
    WHERE container IS NOT NULL
    UNION
    SELECT *
    FROM unnest($6, $7, $8)) AS near (container, low, high)
  CROSS JOIN LATERAL (SELECT *
    FROM memory_nodes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND conversation_id = near.container AND sequence_index >= 0 AND sequence_index BETWEEN near.low AND near.high
    ORDER BY sequence_index OFFSET 0) m
  WHERE m.id <> ALL ($9) AND m.id NOT IN (SELECT id
    FROM hits) AND m.conversation_id = ANY ($10)), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, NULL::bytea
FROM found;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: node, conversations, with what an index missed.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 conversations _text, $5 limit int8, $6 direction unknown, $7 farthest float8, $8 nearest _text
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM memory_nodes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true AND m.conversation_id = ANY ($4)
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $5), beside AS MATERIALIZED (SELECT *
  FROM hits
  WHERE false), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, exact.full_vector
FROM found
LEFT JOIN LATERAL (SELECT vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
      FROM node_embeddings
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END) AS full_vector
  FROM (SELECT id, v
    FROM node_vectors
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = found.id AND space_id = 1 OFFSET 0) n
  CROSS JOIN LATERAL (SELECT *
    FROM memory_nodes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.v <#> $6::vector::halfvec <= $7 AND found.id <> ALL ($8)) AS exact ON true;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: node, tags.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 tags _text, $5 limit int8
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM memory_nodes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true AND $4 <@ ARRAY(SELECT item #>> '{}'
    FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
    WHERE jsonb_typeof(item) = 'string')
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $5), beside AS MATERIALIZED (SELECT *
  FROM hits
  WHERE false), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, NULL::bytea
FROM found;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: node, tags, with neighbours.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 tags _text, $5 limit int8, $6 containers _text, $7 low _int8, $8 high _int8, $9 nearest _text, $10 tags _text
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM memory_nodes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true AND $4 <@ ARRAY(SELECT item #>> '{}'
    FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
    WHERE jsonb_typeof(item) = 'string')
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $5), beside AS MATERIALIZED (SELECT DISTINCT NULL::int4 AS doc, m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
  FROM (SELECT container, place - 2, least(place, 9223372036854775805) + 2
    FROM hits
    WHERE container IS NOT NULL
    UNION
    SELECT *
    FROM unnest($6, $7, $8)) AS near (container, low, high)
  CROSS JOIN LATERAL (SELECT *
    FROM memory_nodes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND conversation_id = near.container AND sequence_index >= 0 AND sequence_index BETWEEN near.low AND near.high
    ORDER BY sequence_index OFFSET 0) m
  WHERE m.id <> ALL ($9) AND m.id NOT IN (SELECT id
    FROM hits) AND $10 <@ ARRAY(SELECT item #>> '{}'
    FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
    WHERE jsonb_typeof(item) = 'string')), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, NULL::bytea
FROM found;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: node, tags, with what an index missed.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 tags _text, $5 limit int8, $6 direction unknown, $7 farthest float8, $8 nearest _text
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM memory_nodes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true AND $4 <@ ARRAY(SELECT item #>> '{}'
    FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
    WHERE jsonb_typeof(item) = 'string')
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $5), beside AS MATERIALIZED (SELECT *
  FROM hits
  WHERE false), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, exact.full_vector
FROM found
LEFT JOIN LATERAL (SELECT vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
      FROM node_embeddings
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END) AS full_vector
  FROM (SELECT id, v
    FROM node_vectors
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = found.id AND space_id = 1 OFFSET 0) n
  CROSS JOIN LATERAL (SELECT *
    FROM memory_nodes
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.v <#> $6::vector::halfvec <= $7 AND found.id <> ALL ($8)) AS exact ON true;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: episode, all.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 limit int8
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, NULL::text, 0::bigint, NULL::bigint
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM episodic_memories
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $4), beside AS MATERIALIZED (SELECT *
  FROM hits
  WHERE false), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, NULL::bytea
FROM found;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: episode, all, with what an index missed.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 limit int8, $5 direction unknown, $6 farthest float8, $7 nearest _text
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, NULL::text, 0::bigint, NULL::bigint
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM episodic_memories
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $4), beside AS MATERIALIZED (SELECT *
  FROM hits
  WHERE false), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, exact.full_vector
FROM found
LEFT JOIN LATERAL (SELECT vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
      FROM episode_embeddings
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END) AS full_vector
  FROM (SELECT id, v
    FROM episode_vectors
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = found.id AND space_id = 1 OFFSET 0) n
  CROSS JOIN LATERAL (SELECT *
    FROM episodic_memories
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.v <#> $5::vector::halfvec <= $6 AND found.id <> ALL ($7)) AS exact ON true;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: episode, conversations.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 conversations _text, $5 limit int8
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, NULL::text, 0::bigint, NULL::bigint
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM episodic_memories
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true AND m.id = ANY ($4)
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $5), beside AS MATERIALIZED (SELECT *
  FROM hits
  WHERE false), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, NULL::bytea
FROM found;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: episode, conversations, with what an index missed.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 conversations _text, $5 limit int8, $6 direction unknown, $7 farthest float8, $8 nearest _text
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, NULL::text, 0::bigint, NULL::bigint
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM episodic_memories
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true AND m.id = ANY ($4)
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $5), beside AS MATERIALIZED (SELECT *
  FROM hits
  WHERE false), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, exact.full_vector
FROM found
LEFT JOIN LATERAL (SELECT vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
      FROM episode_embeddings
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END) AS full_vector
  FROM (SELECT id, v
    FROM episode_vectors
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = found.id AND space_id = 1 OFFSET 0) n
  CROSS JOIN LATERAL (SELECT *
    FROM episodic_memories
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.v <#> $6::vector::halfvec <= $7 AND found.id <> ALL ($8)) AS exact ON true;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: episode, tags.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 tags _text, $5 limit int8
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, NULL::text, 0::bigint, NULL::bigint
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM episodic_memories
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true AND $4 <@ ARRAY(SELECT item #>> '{}'
    FROM jsonb_each(CASE jsonb_typeof(m.llm_tags) WHEN 'object' THEN m.llm_tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
    WHERE jsonb_typeof(item) = 'string')
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $5), beside AS MATERIALIZED (SELECT *
  FROM hits
  WHERE false), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, NULL::bytea
FROM found;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: episode, tags, with what an index missed.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 tags _text, $5 limit int8, $6 direction unknown, $7 farthest float8, $8 nearest _text
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, NULL::text, 0::bigint, NULL::bigint
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM episodic_memories
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true AND $4 <@ ARRAY(SELECT item #>> '{}'
    FROM jsonb_each(CASE jsonb_typeof(m.llm_tags) WHEN 'object' THEN m.llm_tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
    WHERE jsonb_typeof(item) = 'string')
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $5), beside AS MATERIALIZED (SELECT *
  FROM hits
  WHERE false), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, exact.full_vector
FROM found
LEFT JOIN LATERAL (SELECT vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
      FROM episode_embeddings
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END) AS full_vector
  FROM (SELECT id, v
    FROM episode_vectors
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = found.id AND space_id = 1 OFFSET 0) n
  CROSS JOIN LATERAL (SELECT *
    FROM episodic_memories
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.v <#> $6::vector::halfvec <= $7 AND found.id <> ALL ($8)) AS exact ON true;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: chunk, all.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 limit int8
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM document_chunks
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $4), beside AS MATERIALIZED (SELECT *
  FROM hits
  WHERE false), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, NULL::bytea
FROM found;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: chunk, all, with neighbours.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 limit int8, $5 containers _text, $6 low _int8, $7 high _int8, $8 nearest _text
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM document_chunks
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $4), beside AS MATERIALIZED (SELECT DISTINCT NULL::int4 AS doc, m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
  FROM (SELECT container, place - 2, least(place, 9223372036854775805) + 2
    FROM hits
    WHERE container IS NOT NULL
    UNION
    SELECT *
    FROM unnest($5, $6, $7)) AS near (container, low, high)
  CROSS JOIN LATERAL (SELECT *
    FROM document_chunks
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND document_id = near.container AND chunk_index >= 0 AND chunk_index BETWEEN near.low AND near.high
    ORDER BY chunk_index OFFSET 0) m
  WHERE m.id <> ALL ($8) AND m.id NOT IN (SELECT id
    FROM hits)), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, NULL::bytea
FROM found;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: chunk, all, with what an index missed.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 limit int8, $5 direction unknown, $6 farthest float8, $7 nearest _text
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM document_chunks
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $4), beside AS MATERIALIZED (SELECT *
  FROM hits
  WHERE false), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, exact.full_vector
FROM found
LEFT JOIN LATERAL (SELECT vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
      FROM chunk_embeddings
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END) AS full_vector
  FROM (SELECT id, v
    FROM chunk_vectors
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = found.id AND space_id = 1 OFFSET 0) n
  CROSS JOIN LATERAL (SELECT *
    FROM document_chunks
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.v <#> $5::vector::halfvec <= $6 AND found.id <> ALL ($7)) AS exact ON true;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: chunk, conversations.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 conversations _text, $5 limit int8
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM document_chunks
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true AND m.document_id = ANY ($4)
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $5), beside AS MATERIALIZED (SELECT *
  FROM hits
  WHERE false), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, NULL::bytea
FROM found;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: chunk, conversations, with neighbours.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 conversations _text, $5 limit int8, $6 containers _text, $7 low _int8, $8 high _int8, $9 nearest _text, $10 conversations _text
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM document_chunks
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true AND m.document_id = ANY ($4)
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $5), beside AS MATERIALIZED (SELECT DISTINCT NULL::int4 AS doc, m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
  FROM (SELECT container, place - 2, least(place, 9223372036854775805) + 2
    FROM hits
    WHERE container IS NOT NULL
    UNION
    SELECT *
    FROM unnest($6, $7, $8)) AS near (container, low, high)
  CROSS JOIN LATERAL (SELECT *
    FROM document_chunks
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND document_id = near.container AND chunk_index >= 0 AND chunk_index BETWEEN near.low AND near.high
    ORDER BY chunk_index OFFSET 0) m
  WHERE m.id <> ALL ($9) AND m.id NOT IN (SELECT id
    FROM hits) AND m.document_id = ANY ($10)), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, NULL::bytea
FROM found;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: chunk, conversations, with what an index missed.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 conversations _text, $5 limit int8, $6 direction unknown, $7 farthest float8, $8 nearest _text
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM document_chunks
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true AND m.document_id = ANY ($4)
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $5), beside AS MATERIALIZED (SELECT *
  FROM hits
  WHERE false), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, exact.full_vector
FROM found
LEFT JOIN LATERAL (SELECT vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
      FROM chunk_embeddings
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END) AS full_vector
  FROM (SELECT id, v
    FROM chunk_vectors
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = found.id AND space_id = 1 OFFSET 0) n
  CROSS JOIN LATERAL (SELECT *
    FROM document_chunks
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.v <#> $6::vector::halfvec <= $7 AND found.id <> ALL ($8)) AS exact ON true;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: chunk, tags.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 tags _text, $5 limit int8
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM document_chunks
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true AND $4 <@ ARRAY(SELECT item #>> '{}'
    FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
    WHERE jsonb_typeof(item) = 'string')
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $5), beside AS MATERIALIZED (SELECT *
  FROM hits
  WHERE false), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, NULL::bytea
FROM found;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: chunk, tags, with neighbours.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 tags _text, $5 limit int8, $6 containers _text, $7 low _int8, $8 high _int8, $9 nearest _text, $10 tags _text
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM document_chunks
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true AND $4 <@ ARRAY(SELECT item #>> '{}'
    FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
    WHERE jsonb_typeof(item) = 'string')
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $5), beside AS MATERIALIZED (SELECT DISTINCT NULL::int4 AS doc, m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
  FROM (SELECT container, place - 2, least(place, 9223372036854775805) + 2
    FROM hits
    WHERE container IS NOT NULL
    UNION
    SELECT *
    FROM unnest($6, $7, $8)) AS near (container, low, high)
  CROSS JOIN LATERAL (SELECT *
    FROM document_chunks
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND document_id = near.container AND chunk_index >= 0 AND chunk_index BETWEEN near.low AND near.high
    ORDER BY chunk_index OFFSET 0) m
  WHERE m.id <> ALL ($9) AND m.id NOT IN (SELECT id
    FROM hits) AND $10 <@ ARRAY(SELECT item #>> '{}'
    FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
    WHERE jsonb_typeof(item) = 'string')), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, NULL::bytea
FROM found;

-- FindAround: Reads what is known of the documents that hold a term, and what stands beside them and the nearest.
-- For: chunk, tags, with what an index missed.
-- $1 firsts _int4, $2 lasts _int4, $3 numbers _int4, $4 tags _text, $5 limit int8, $6 direction unknown, $7 farthest float8, $8 nearest _text
WITH hits (doc, id, created_at, container, place, cluster) AS MATERIALIZED (SELECT m.doc, m.id, m.created_at, m.document_id, m.chunk_index, NULL::bigint
  FROM unnest($1, $2) WITH ORDINALITY AS equal (first, last, place)
  CROSS JOIN LATERAL unnest(($3)[equal.first:equal.last]) AS wanted (doc)
  CROSS JOIN LATERAL (SELECT *
    FROM document_chunks
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND doc >= wanted.doc AND doc <= wanted.doc
    ORDER BY doc OFFSET 0) m
  WHERE true AND $4 <@ ARRAY(SELECT item #>> '{}'
    FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
    WHERE jsonb_typeof(item) = 'string')
  ORDER BY equal.place, m.id COLLATE "C" LIMIT $5), beside AS MATERIALIZED (SELECT *
  FROM hits
  WHERE false), found AS (SELECT *
  FROM hits
  UNION ALL SELECT *
  FROM beside)
SELECT found.*, exact.full_vector
FROM found
LEFT JOIN LATERAL (SELECT vector_send(CASE WHEN m.space_id = 1 THEN m.embedding ELSE (SELECT embedding
      FROM chunk_embeddings
      WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = m.id AND space_id = 1) END) AS full_vector
  FROM (SELECT id, v
    FROM chunk_vectors
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = found.id AND space_id = 1 OFFSET 0) n
  CROSS JOIN LATERAL (SELECT *
    FROM document_chunks
    WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = n.id OFFSET 0) m
  WHERE n.v <#> $6::vector::halfvec <= $7 AND found.id <> ALL ($8)) AS exact ON true;
