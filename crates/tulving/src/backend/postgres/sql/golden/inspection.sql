-- inspection.rs: what it sends. Made by TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql

-- CountUp: Counts memories and words, whether their numbers are below the next, and full vectors.
-- For: node.
-- $1 scope uuid, $2 next int4
SELECT count(doc), coalesce(sum(tokens) FILTER (WHERE doc IS NOT NULL), 0), coalesce(max(doc), -1) < $2, count(embedding)
FROM memory_nodes
WHERE scope_id = $1;

-- CountUp: Counts memories and words, whether their numbers are below the next, and full vectors.
-- For: episode.
-- $1 scope uuid, $2 next int4
SELECT count(doc), coalesce(sum(tokens) FILTER (WHERE doc IS NOT NULL), 0), coalesce(max(doc), -1) < $2, count(embedding)
FROM episodic_memories
WHERE scope_id = $1;

-- CountUp: Counts memories and words, whether their numbers are below the next, and full vectors.
-- For: chunk.
-- $1 scope uuid, $2 next int4
SELECT count(doc), coalesce(sum(tokens) FILTER (WHERE doc IS NOT NULL), 0), coalesce(max(doc), -1) < $2, count(embedding)
FROM document_chunks
WHERE scope_id = $1;

-- CountVectors: Counts the full vectors beside, or the half-precision ones.
-- For: node.
-- $1 scope uuid
SELECT count(*)
FROM node_embeddings
WHERE scope_id = $1;

-- CountVectors: Counts the full vectors beside, or the half-precision ones.
-- For: node.
-- $1 scope uuid
SELECT count(*)
FROM node_vectors
WHERE scope_id = $1;

-- CountVectors: Counts the full vectors beside, or the half-precision ones.
-- For: episode.
-- $1 scope uuid
SELECT count(*)
FROM episode_embeddings
WHERE scope_id = $1;

-- CountVectors: Counts the full vectors beside, or the half-precision ones.
-- For: episode.
-- $1 scope uuid
SELECT count(*)
FROM episode_vectors
WHERE scope_id = $1;

-- CountVectors: Counts the full vectors beside, or the half-precision ones.
-- For: chunk.
-- $1 scope uuid
SELECT count(*)
FROM chunk_embeddings
WHERE scope_id = $1;

-- CountVectors: Counts the full vectors beside, or the half-precision ones.
-- For: chunk.
-- $1 scope uuid
SELECT count(*)
FROM chunk_vectors
WHERE scope_id = $1;

-- CountLackingVectors: Counts the full vectors without a half-precision one that should have it.
-- For: node.
-- $1 scope uuid
SELECT count(*)
FROM memory_nodes m
CROSS JOIN LATERAL (SELECT m.space_id, m.embedding
  WHERE m.embedding IS NOT NULL
  UNION ALL SELECT space_id, embedding
  FROM node_embeddings
  WHERE scope_id = $1 AND id = m.id OFFSET 0) e
LEFT JOIN LATERAL (SELECT v
  FROM node_vectors
  WHERE scope_id = $1 AND id = m.id AND space_id = e.space_id OFFSET 0) n ON true
WHERE m.scope_id = $1 AND n.v IS NULL AND vector_norm(l2_normalize(e.embedding)) > 0;

-- CountLackingVectors: Counts the full vectors without a half-precision one that should have it.
-- For: episode.
-- $1 scope uuid
SELECT count(*)
FROM episodic_memories m
CROSS JOIN LATERAL (SELECT m.space_id, m.embedding
  WHERE m.embedding IS NOT NULL
  UNION ALL SELECT space_id, embedding
  FROM episode_embeddings
  WHERE scope_id = $1 AND id = m.id OFFSET 0) e
LEFT JOIN LATERAL (SELECT v
  FROM episode_vectors
  WHERE scope_id = $1 AND id = m.id AND space_id = e.space_id OFFSET 0) n ON true
WHERE m.scope_id = $1 AND n.v IS NULL AND vector_norm(l2_normalize(e.embedding)) > 0;

-- CountLackingVectors: Counts the full vectors without a half-precision one that should have it.
-- For: chunk.
-- $1 scope uuid
SELECT count(*)
FROM document_chunks m
CROSS JOIN LATERAL (SELECT m.space_id, m.embedding
  WHERE m.embedding IS NOT NULL
  UNION ALL SELECT space_id, embedding
  FROM chunk_embeddings
  WHERE scope_id = $1 AND id = m.id OFFSET 0) e
LEFT JOIN LATERAL (SELECT v
  FROM chunk_vectors
  WHERE scope_id = $1 AND id = m.id AND space_id = e.space_id OFFSET 0) n ON true
WHERE m.scope_id = $1 AND n.v IS NULL AND vector_norm(l2_normalize(e.embedding)) > 0;

-- ReadTexts: Reads memories from after one, each with its number and how its half-precision vectors compare.
-- For: node.
-- $1 scope uuid, $2 after text
SELECT m.id, m.conversation_id, m.sequence_index, m.human_content, m.assistant_content, m.source, m.created_at, m.intent_type, m.complexity, m.technical_depth, m.emotional_valence, m.urgency, m.conversation_mode, m.action_required, m.has_code, m.has_error, m.tags, m.cluster_id, m.cluster_label, m.cluster_confidence, m.access_count, m.last_accessed, m.extra, m.carry, m.doc, m.tokens, c.lacking, c.differing, c.same
FROM (SELECT *
  FROM memory_nodes
  WHERE scope_id = $1 AND id > $2
  ORDER BY id LIMIT 512) m
CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE n.v IS NULL) AS lacking, count(*) FILTER (WHERE n.v <> u.v::halfvec) AS differing, count(*) FILTER (WHERE n.v = u.v::halfvec) AS same
  FROM LATERAL (SELECT m.space_id, m.embedding
    WHERE m.embedding IS NOT NULL
    UNION ALL SELECT space_id, embedding
    FROM node_embeddings
    WHERE scope_id = $1 AND id = m.id OFFSET 0) e
  CROSS JOIN LATERAL (SELECT l2_normalize(e.embedding) AS v OFFSET 0) u
  LEFT JOIN LATERAL (SELECT v
    FROM node_vectors
    WHERE scope_id = $1 AND id = m.id AND space_id = e.space_id OFFSET 0) n ON true
  WHERE vector_norm(u.v) > 0) c
ORDER BY m.id;

-- ReadTexts: Reads memories from after one, each with its number and how its half-precision vectors compare.
-- For: episode.
-- $1 scope uuid, $2 after text
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry, m.doc, m.tokens, c.lacking, c.differing, c.same
FROM (SELECT *
  FROM episodic_memories
  WHERE scope_id = $1 AND id > $2
  ORDER BY id LIMIT 512) m
CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE n.v IS NULL) AS lacking, count(*) FILTER (WHERE n.v <> u.v::halfvec) AS differing, count(*) FILTER (WHERE n.v = u.v::halfvec) AS same
  FROM LATERAL (SELECT m.space_id, m.embedding
    WHERE m.embedding IS NOT NULL
    UNION ALL SELECT space_id, embedding
    FROM episode_embeddings
    WHERE scope_id = $1 AND id = m.id OFFSET 0) e
  CROSS JOIN LATERAL (SELECT l2_normalize(e.embedding) AS v OFFSET 0) u
  LEFT JOIN LATERAL (SELECT v
    FROM episode_vectors
    WHERE scope_id = $1 AND id = m.id AND space_id = e.space_id OFFSET 0) n ON true
  WHERE vector_norm(u.v) > 0) c
ORDER BY m.id;

-- ReadTexts: Reads memories from after one, each with its number and how its half-precision vectors compare.
-- For: chunk.
-- $1 scope uuid, $2 after text
SELECT m.id, m.document_id, m.chunk_index, m.content, m.heading_path, m.page, m.source, m.created_at, m.has_code, m.tags, m.access_count, m.last_accessed, m.extra, m.carry, m.doc, m.tokens, c.lacking, c.differing, c.same
FROM (SELECT *
  FROM document_chunks
  WHERE scope_id = $1 AND id > $2
  ORDER BY id LIMIT 512) m
CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE n.v IS NULL) AS lacking, count(*) FILTER (WHERE n.v <> u.v::halfvec) AS differing, count(*) FILTER (WHERE n.v = u.v::halfvec) AS same
  FROM LATERAL (SELECT m.space_id, m.embedding
    WHERE m.embedding IS NOT NULL
    UNION ALL SELECT space_id, embedding
    FROM chunk_embeddings
    WHERE scope_id = $1 AND id = m.id OFFSET 0) e
  CROSS JOIN LATERAL (SELECT l2_normalize(e.embedding) AS v OFFSET 0) u
  LEFT JOIN LATERAL (SELECT v
    FROM chunk_vectors
    WHERE scope_id = $1 AND id = m.id AND space_id = e.space_id OFFSET 0) n ON true
  WHERE vector_norm(u.v) > 0) c
ORDER BY m.id;

-- FindIdsOfNumbers: Finds the ids of memories by their numbers.
-- For: node.
-- $1 scope uuid, $2 numbers _int4
SELECT m.id, m.doc
FROM unnest($2) AS wanted (doc)
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = $1 AND doc >= wanted.doc AND doc <= wanted.doc
  ORDER BY doc OFFSET 0) m;

-- FindIdsOfNumbers: Finds the ids of memories by their numbers.
-- For: episode.
-- $1 scope uuid, $2 numbers _int4
SELECT m.id, m.doc
FROM unnest($2) AS wanted (doc)
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = $1 AND doc >= wanted.doc AND doc <= wanted.doc
  ORDER BY doc OFFSET 0) m;

-- FindIdsOfNumbers: Finds the ids of memories by their numbers.
-- For: chunk.
-- $1 scope uuid, $2 numbers _int4
SELECT m.id, m.doc
FROM unnest($2) AS wanted (doc)
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = $1 AND doc >= wanted.doc AND doc <= wanted.doc
  ORDER BY doc OFFSET 0) m;
