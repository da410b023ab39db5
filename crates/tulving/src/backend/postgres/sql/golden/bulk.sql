-- bulk.rs: what it sends. Made by TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql

-- ListRows: Lists all rows of a kind: places, ids, bytes and versions.
-- For: node.
-- $1 scope uuid, $2 space int4
SELECT m.ord, m.id, (coalesce(octet_length(m.id), 0)::bigint + coalesce(octet_length(m.conversation_id), 0)::bigint + coalesce(pg_column_size(m.sequence_index), 0)::bigint + coalesce(octet_length(m.human_content), 0)::bigint + coalesce(octet_length(m.assistant_content), 0)::bigint + coalesce(octet_length(m.source), 0)::bigint + coalesce(pg_column_size(m.created_at), 0)::bigint + coalesce(octet_length(m.intent_type), 0)::bigint + coalesce(octet_length(m.complexity), 0)::bigint + coalesce(pg_column_size(m.technical_depth), 0)::bigint + coalesce(octet_length(m.emotional_valence), 0)::bigint + coalesce(octet_length(m.urgency), 0)::bigint + coalesce(octet_length(m.conversation_mode), 0)::bigint + coalesce(pg_column_size(m.action_required), 0)::bigint + coalesce(pg_column_size(m.has_code), 0)::bigint + coalesce(pg_column_size(m.has_error), 0)::bigint + coalesce(pg_column_size(m.tags), 0)::bigint + coalesce(pg_column_size(m.cluster_id), 0)::bigint + coalesce(octet_length(m.cluster_label), 0)::bigint + coalesce(pg_column_size(m.cluster_confidence), 0)::bigint + coalesce(pg_column_size(m.access_count), 0)::bigint + coalesce(pg_column_size(m.last_accessed), 0)::bigint + coalesce(pg_column_size(m.extra), 0)::bigint + coalesce(pg_column_size(m.carry), 0)::bigint), m.xmin::text::bigint, coalesce(e.version, 0)
FROM memory_nodes m
LEFT JOIN LATERAL (SELECT xmin::text::bigint AS version
  FROM node_embeddings
  WHERE scope_id = $1 AND id = m.id AND space_id = $2 OFFSET 0) e ON true
WHERE m.scope_id = $1;

-- ListRows: Lists all rows of a kind: places, ids, bytes and versions.
-- For: episode.
-- $1 scope uuid, $2 space int4
SELECT m.ord, m.id, (coalesce(octet_length(m.id), 0)::bigint + coalesce(octet_length(m.title), 0)::bigint + coalesce(pg_column_size(m.messages), 0)::bigint + coalesce(pg_column_size(m.message_count), 0)::bigint + coalesce(octet_length(m.source), 0)::bigint + coalesce(pg_column_size(m.created_at), 0)::bigint + coalesce(pg_column_size(m.updated_at), 0)::bigint + coalesce(pg_column_size(m.duration_minutes), 0)::bigint + coalesce(pg_column_size(m.llm_tags), 0)::bigint + coalesce(octet_length(m.dominant_intent), 0)::bigint + coalesce(pg_column_size(m.avg_complexity), 0)::bigint + coalesce(pg_column_size(m.avg_technical_depth), 0)::bigint + coalesce(octet_length(m.emotional_arc), 0)::bigint + coalesce(pg_column_size(m.has_code), 0)::bigint + coalesce(pg_column_size(m.has_errors), 0)::bigint + coalesce(octet_length(m.urgency_max), 0)::bigint + coalesce(pg_column_size(m.memory_node_ids), 0)::bigint + coalesce(pg_column_size(m.related_episode_ids), 0)::bigint + coalesce(pg_column_size(m.access_count), 0)::bigint + coalesce(pg_column_size(m.last_accessed), 0)::bigint + coalesce(pg_column_size(m.extra), 0)::bigint + coalesce(pg_column_size(m.carry), 0)::bigint), m.xmin::text::bigint, coalesce(e.version, 0)
FROM episodic_memories m
LEFT JOIN LATERAL (SELECT xmin::text::bigint AS version
  FROM episode_embeddings
  WHERE scope_id = $1 AND id = m.id AND space_id = $2 OFFSET 0) e ON true
WHERE m.scope_id = $1;

-- ListRows: Lists all rows of a kind: places, ids, bytes and versions.
-- For: chunk.
-- $1 scope uuid, $2 space int4
SELECT m.ord, m.id, (coalesce(octet_length(m.id), 0)::bigint + coalesce(octet_length(m.document_id), 0)::bigint + coalesce(pg_column_size(m.chunk_index), 0)::bigint + coalesce(octet_length(m.content), 0)::bigint + coalesce(pg_column_size(m.heading_path), 0)::bigint + coalesce(pg_column_size(m.page), 0)::bigint + coalesce(octet_length(m.source), 0)::bigint + coalesce(pg_column_size(m.created_at), 0)::bigint + coalesce(pg_column_size(m.has_code), 0)::bigint + coalesce(pg_column_size(m.tags), 0)::bigint + coalesce(pg_column_size(m.access_count), 0)::bigint + coalesce(pg_column_size(m.last_accessed), 0)::bigint + coalesce(pg_column_size(m.extra), 0)::bigint + coalesce(pg_column_size(m.carry), 0)::bigint), m.xmin::text::bigint, coalesce(e.version, 0)
FROM document_chunks m
LEFT JOIN LATERAL (SELECT xmin::text::bigint AS version
  FROM chunk_embeddings
  WHERE scope_id = $1 AND id = m.id AND space_id = $2 OFFSET 0) e ON true
WHERE m.scope_id = $1;

-- FindExisting: Reads memories by their ids with a vector, and whether the half-precision one is as that says.
-- For: node.
-- $1 scope uuid, $2 ids _text, $3 space int4
SELECT m.id, m.conversation_id, m.sequence_index, m.human_content, m.assistant_content, m.source, m.created_at, m.intent_type, m.complexity, m.technical_depth, m.emotional_valence, m.urgency, m.conversation_mode, m.action_required, m.has_code, m.has_error, m.tags, m.cluster_id, m.cluster_label, m.cluster_confidence, m.access_count, m.last_accessed, m.extra, m.carry, m.ord, vector_send(e.v), f.v IS NOT NULL,
CASE WHEN vector_norm(u.direction) > 0 THEN n.v IS NOT DISTINCT FROM u.direction::halfvec ELSE n.v IS NULL END
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m
CROSS JOIN LATERAL (SELECT
  CASE WHEN m.space_id = $3 THEN m.embedding ELSE (SELECT embedding
    FROM node_embeddings
    WHERE scope_id = $1 AND id = m.id AND space_id = $3) END AS v OFFSET 0) f
CROSS JOIN LATERAL (SELECT coalesce(f.v, m.embedding) AS v,
  CASE WHEN f.v IS NULL THEN m.space_id ELSE $3 END AS space_id OFFSET 0) e
CROSS JOIN LATERAL (SELECT l2_normalize(e.v) AS direction OFFSET 0) u
LEFT JOIN LATERAL (SELECT v
  FROM node_vectors
  WHERE scope_id = $1 AND id = m.id AND space_id = e.space_id OFFSET 0) n ON true;

-- FindExisting: Reads memories by their ids with a vector, and whether the half-precision one is as that says.
-- For: episode.
-- $1 scope uuid, $2 ids _text, $3 space int4
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry, m.ord, vector_send(e.v), f.v IS NOT NULL,
CASE WHEN vector_norm(u.direction) > 0 THEN n.v IS NOT DISTINCT FROM u.direction::halfvec ELSE n.v IS NULL END
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m
CROSS JOIN LATERAL (SELECT
  CASE WHEN m.space_id = $3 THEN m.embedding ELSE (SELECT embedding
    FROM episode_embeddings
    WHERE scope_id = $1 AND id = m.id AND space_id = $3) END AS v OFFSET 0) f
CROSS JOIN LATERAL (SELECT coalesce(f.v, m.embedding) AS v,
  CASE WHEN f.v IS NULL THEN m.space_id ELSE $3 END AS space_id OFFSET 0) e
CROSS JOIN LATERAL (SELECT l2_normalize(e.v) AS direction OFFSET 0) u
LEFT JOIN LATERAL (SELECT v
  FROM episode_vectors
  WHERE scope_id = $1 AND id = m.id AND space_id = e.space_id OFFSET 0) n ON true;

-- FindExisting: Reads memories by their ids with a vector, and whether the half-precision one is as that says.
-- For: chunk.
-- $1 scope uuid, $2 ids _text, $3 space int4
SELECT m.id, m.document_id, m.chunk_index, m.content, m.heading_path, m.page, m.source, m.created_at, m.has_code, m.tags, m.access_count, m.last_accessed, m.extra, m.carry, m.ord, vector_send(e.v), f.v IS NOT NULL,
CASE WHEN vector_norm(u.direction) > 0 THEN n.v IS NOT DISTINCT FROM u.direction::halfvec ELSE n.v IS NULL END
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m
CROSS JOIN LATERAL (SELECT
  CASE WHEN m.space_id = $3 THEN m.embedding ELSE (SELECT embedding
    FROM chunk_embeddings
    WHERE scope_id = $1 AND id = m.id AND space_id = $3) END AS v OFFSET 0) f
CROSS JOIN LATERAL (SELECT coalesce(f.v, m.embedding) AS v,
  CASE WHEN f.v IS NULL THEN m.space_id ELSE $3 END AS space_id OFFSET 0) e
CROSS JOIN LATERAL (SELECT l2_normalize(e.v) AS direction OFFSET 0) u
LEFT JOIN LATERAL (SELECT v
  FROM chunk_vectors
  WHERE scope_id = $1 AND id = m.id AND space_id = e.space_id OFFSET 0) n ON true;

-- MakeStaging: Makes the staging table, which belongs to the session.
-- Names no scope: it takes the form of a table and reads none of its rows.
-- For: node.
CREATE TEMPORARY TABLE IF NOT EXISTS tulving_staged_memory_nodes WITH (toast_tuple_target = 8160) ON COMMIT DELETE ROWS AS
SELECT id, conversation_id, sequence_index, human_content, assistant_content, source, created_at, intent_type, complexity, technical_depth, emotional_valence, urgency, conversation_mode, action_required, has_code, has_error, tags, cluster_id, cluster_label, cluster_confidence, access_count, last_accessed, extra, carry, ord, embedding, doc, tokens
FROM memory_nodes WITH NO DATA;

-- MakeStaging: Makes the staging table, which belongs to the session.
-- Names no scope: it takes the form of a table and reads none of its rows.
-- For: episode.
CREATE TEMPORARY TABLE IF NOT EXISTS tulving_staged_episodic_memories WITH (toast_tuple_target = 8160) ON COMMIT DELETE ROWS AS
SELECT id, title, messages, message_count, source, created_at, updated_at, duration_minutes, llm_tags, dominant_intent, avg_complexity, avg_technical_depth, emotional_arc, has_code, has_errors, urgency_max, memory_node_ids, related_episode_ids, access_count, last_accessed, extra, carry, ord, embedding, doc, tokens
FROM episodic_memories WITH NO DATA;

-- MakeStaging: Makes the staging table, which belongs to the session.
-- Names no scope: it takes the form of a table and reads none of its rows.
-- For: chunk.
CREATE TEMPORARY TABLE IF NOT EXISTS tulving_staged_document_chunks WITH (toast_tuple_target = 8160) ON COMMIT DELETE ROWS AS
SELECT id, document_id, chunk_index, content, heading_path, page, source, created_at, has_code, tags, access_count, last_accessed, extra, carry, ord, embedding, doc, tokens
FROM document_chunks WITH NO DATA;

-- CopyToStaging: Copies rows into the staging table.
-- For: node.
COPY pg_temp.tulving_staged_memory_nodes
FROM STDIN (FORMAT BINARY);

-- CopyToStaging: Copies rows into the staging table.
-- For: episode.
COPY pg_temp.tulving_staged_episodic_memories
FROM STDIN (FORMAT BINARY);

-- CopyToStaging: Copies rows into the staging table.
-- For: chunk.
COPY pg_temp.tulving_staged_document_chunks
FROM STDIN (FORMAT BINARY);

-- InsertStaged: Writes new memories from the staging table.
-- For: node.
-- $1 scope uuid, $2 user uuid, $3 tenant uuid, $4 space int4
INSERT INTO memory_nodes (scope_id, user_id, tenant_id, space_id, dims, ord, id, conversation_id, sequence_index, human_content, assistant_content, source, created_at, intent_type, complexity, technical_depth, emotional_valence, urgency, conversation_mode, action_required, has_code, has_error, tags, cluster_id, cluster_label, cluster_confidence, access_count, last_accessed, extra, carry, embedding, doc, tokens)
SELECT $1, $2, $3,
CASE WHEN embedding IS NOT NULL THEN $4 END, vector_dims(embedding), ord, id, conversation_id, sequence_index, human_content, assistant_content, source, created_at, intent_type, complexity, technical_depth, emotional_valence, urgency, conversation_mode, action_required, has_code, has_error, tags, cluster_id, cluster_label, cluster_confidence, access_count, last_accessed, extra, carry, embedding, doc, tokens
FROM pg_temp.tulving_staged_memory_nodes;

-- InsertStaged: Writes new memories from the staging table.
-- For: episode.
-- $1 scope uuid, $2 user uuid, $3 tenant uuid, $4 space int4
INSERT INTO episodic_memories (scope_id, user_id, tenant_id, space_id, dims, ord, id, title, messages, message_count, source, created_at, updated_at, duration_minutes, llm_tags, dominant_intent, avg_complexity, avg_technical_depth, emotional_arc, has_code, has_errors, urgency_max, memory_node_ids, related_episode_ids, access_count, last_accessed, extra, carry, embedding, doc, tokens)
SELECT $1, $2, $3,
CASE WHEN embedding IS NOT NULL THEN $4 END, vector_dims(embedding), ord, id, title, messages, message_count, source, created_at, updated_at, duration_minutes, llm_tags, dominant_intent, avg_complexity, avg_technical_depth, emotional_arc, has_code, has_errors, urgency_max, memory_node_ids, related_episode_ids, access_count, last_accessed, extra, carry, embedding, doc, tokens
FROM pg_temp.tulving_staged_episodic_memories;

-- InsertStaged: Writes new memories from the staging table.
-- For: chunk.
-- $1 scope uuid, $2 user uuid, $3 tenant uuid, $4 space int4
INSERT INTO document_chunks (scope_id, user_id, tenant_id, space_id, dims, ord, id, document_id, chunk_index, content, heading_path, page, source, created_at, has_code, tags, access_count, last_accessed, extra, carry, embedding, doc, tokens)
SELECT $1, $2, $3,
CASE WHEN embedding IS NOT NULL THEN $4 END, vector_dims(embedding), ord, id, document_id, chunk_index, content, heading_path, page, source, created_at, has_code, tags, access_count, last_accessed, extra, carry, embedding, doc, tokens
FROM pg_temp.tulving_staged_document_chunks;

-- FillStaged: Writes their half-precision vectors.
-- For: node.
-- $1 scope uuid, $2 space int4
INSERT INTO node_vectors (scope_id, id, space_id, v)
SELECT $1, id, $2, l2_normalize(embedding)::halfvec
FROM pg_temp.tulving_staged_memory_nodes
WHERE vector_norm(embedding) > 0;

-- FillStaged: Writes their half-precision vectors.
-- For: episode.
-- $1 scope uuid, $2 space int4
INSERT INTO episode_vectors (scope_id, id, space_id, v)
SELECT $1, id, $2, l2_normalize(embedding)::halfvec
FROM pg_temp.tulving_staged_episodic_memories
WHERE vector_norm(embedding) > 0;

-- FillStaged: Writes their half-precision vectors.
-- For: chunk.
-- $1 scope uuid, $2 space int4
INSERT INTO chunk_vectors (scope_id, id, space_id, v)
SELECT $1, id, $2, l2_normalize(embedding)::halfvec
FROM pg_temp.tulving_staged_document_chunks
WHERE vector_norm(embedding) > 0;
