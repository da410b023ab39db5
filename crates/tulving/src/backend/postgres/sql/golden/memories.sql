-- memories.rs: what it sends. Made by TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql

-- InsertMemory: Writes a new memory; its number is its place as well.
-- For: node.
-- $1 scope uuid, $2 user uuid, $3 tenant uuid, $4 space int4, $5 dims int4, $6 place int8, $7 number int4, $8 words int4, $9 id unknown, $10 conversation_id unknown, $11 sequence_index unknown, $12 human_content unknown, $13 assistant_content unknown, $14 source unknown, $15 created_at unknown, $16 intent_type unknown, $17 complexity unknown, $18 technical_depth unknown, $19 emotional_valence unknown, $20 urgency unknown, $21 conversation_mode unknown, $22 action_required unknown, $23 has_code unknown, $24 has_error unknown, $25 tags unknown, $26 cluster_id unknown, $27 cluster_label unknown, $28 cluster_confidence unknown, $29 access_count unknown, $30 last_accessed unknown, $31 extra unknown, $32 carry unknown, $33 vector unknown
INSERT INTO memory_nodes (scope_id, user_id, tenant_id, space_id, dims, ord, doc, tokens, id, conversation_id, sequence_index, human_content, assistant_content, source, created_at, intent_type, complexity, technical_depth, emotional_valence, urgency, conversation_mode, action_required, has_code, has_error, tags, cluster_id, cluster_label, cluster_confidence, access_count, last_accessed, extra, carry, embedding)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33);

-- InsertMemory: Writes a new memory; its number is its place as well.
-- For: episode.
-- $1 scope uuid, $2 user uuid, $3 tenant uuid, $4 space int4, $5 dims int4, $6 place int8, $7 number int4, $8 words int4, $9 id unknown, $10 title unknown, $11 messages unknown, $12 message_count unknown, $13 source unknown, $14 created_at unknown, $15 updated_at unknown, $16 duration_minutes unknown, $17 llm_tags unknown, $18 dominant_intent unknown, $19 avg_complexity unknown, $20 avg_technical_depth unknown, $21 emotional_arc unknown, $22 has_code unknown, $23 has_errors unknown, $24 urgency_max unknown, $25 memory_node_ids unknown, $26 related_episode_ids unknown, $27 access_count unknown, $28 last_accessed unknown, $29 extra unknown, $30 carry unknown, $31 vector unknown
INSERT INTO episodic_memories (scope_id, user_id, tenant_id, space_id, dims, ord, doc, tokens, id, title, messages, message_count, source, created_at, updated_at, duration_minutes, llm_tags, dominant_intent, avg_complexity, avg_technical_depth, emotional_arc, has_code, has_errors, urgency_max, memory_node_ids, related_episode_ids, access_count, last_accessed, extra, carry, embedding)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31);

-- InsertMemory: Writes a new memory; its number is its place as well.
-- For: chunk.
-- $1 scope uuid, $2 user uuid, $3 tenant uuid, $4 space int4, $5 dims int4, $6 place int8, $7 number int4, $8 words int4, $9 id unknown, $10 document_id unknown, $11 chunk_index unknown, $12 content unknown, $13 heading_path unknown, $14 page unknown, $15 source unknown, $16 created_at unknown, $17 has_code unknown, $18 tags unknown, $19 access_count unknown, $20 last_accessed unknown, $21 extra unknown, $22 carry unknown, $23 vector unknown
INSERT INTO document_chunks (scope_id, user_id, tenant_id, space_id, dims, ord, doc, tokens, id, document_id, chunk_index, content, heading_path, page, source, created_at, has_code, tags, access_count, last_accessed, extra, carry, embedding)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23);

-- UpdateMemory: Puts a memory in the place of another; words that stayed keep their number.
-- For: node, the same words.
-- $1 space int4, $2 dims int4, $3 vector unknown, $4 conversation_id unknown, $5 sequence_index unknown, $6 human_content unknown, $7 assistant_content unknown, $8 source unknown, $9 created_at unknown, $10 intent_type unknown, $11 complexity unknown, $12 technical_depth unknown, $13 emotional_valence unknown, $14 urgency unknown, $15 conversation_mode unknown, $16 action_required unknown, $17 has_code unknown, $18 has_error unknown, $19 tags unknown, $20 cluster_id unknown, $21 cluster_label unknown, $22 cluster_confidence unknown, $23 extra unknown, $24 carry unknown, $25 scope uuid, $26 id text
UPDATE memory_nodes
SET space_id = $1, dims = $2, embedding = $3, conversation_id = $4, sequence_index = $5, human_content = $6, assistant_content = $7, source = $8, created_at = $9, intent_type = $10, complexity = $11, technical_depth = $12, emotional_valence = $13, urgency = $14, conversation_mode = $15, action_required = $16, has_code = $17, has_error = $18, tags = $19, cluster_id = $20, cluster_label = $21, cluster_confidence = $22, extra = $23, carry = $24
WHERE scope_id = $25 AND id = $26;

-- UpdateMemory: Puts a memory in the place of another; words that stayed keep their number.
-- For: node, other words.
-- $1 space int4, $2 dims int4, $3 vector unknown, $4 conversation_id unknown, $5 sequence_index unknown, $6 human_content unknown, $7 assistant_content unknown, $8 source unknown, $9 created_at unknown, $10 intent_type unknown, $11 complexity unknown, $12 technical_depth unknown, $13 emotional_valence unknown, $14 urgency unknown, $15 conversation_mode unknown, $16 action_required unknown, $17 has_code unknown, $18 has_error unknown, $19 tags unknown, $20 cluster_id unknown, $21 cluster_label unknown, $22 cluster_confidence unknown, $23 extra unknown, $24 carry unknown, $25 number int4, $26 words int4, $27 scope uuid, $28 id text
UPDATE memory_nodes
SET space_id = $1, dims = $2, embedding = $3, conversation_id = $4, sequence_index = $5, human_content = $6, assistant_content = $7, source = $8, created_at = $9, intent_type = $10, complexity = $11, technical_depth = $12, emotional_valence = $13, urgency = $14, conversation_mode = $15, action_required = $16, has_code = $17, has_error = $18, tags = $19, cluster_id = $20, cluster_label = $21, cluster_confidence = $22, extra = $23, carry = $24, doc = $25, tokens = $26
WHERE scope_id = $27 AND id = $28;

-- UpdateMemory: Puts a memory in the place of another; words that stayed keep their number.
-- For: episode, the same words.
-- $1 space int4, $2 dims int4, $3 vector unknown, $4 title unknown, $5 messages unknown, $6 message_count unknown, $7 source unknown, $8 created_at unknown, $9 updated_at unknown, $10 duration_minutes unknown, $11 llm_tags unknown, $12 dominant_intent unknown, $13 avg_complexity unknown, $14 avg_technical_depth unknown, $15 emotional_arc unknown, $16 has_code unknown, $17 has_errors unknown, $18 urgency_max unknown, $19 memory_node_ids unknown, $20 related_episode_ids unknown, $21 extra unknown, $22 carry unknown, $23 scope uuid, $24 id text
UPDATE episodic_memories
SET space_id = $1, dims = $2, embedding = $3, title = $4, messages = $5, message_count = $6, source = $7, created_at = $8, updated_at = $9, duration_minutes = $10, llm_tags = $11, dominant_intent = $12, avg_complexity = $13, avg_technical_depth = $14, emotional_arc = $15, has_code = $16, has_errors = $17, urgency_max = $18, memory_node_ids = $19, related_episode_ids = $20, extra = $21, carry = $22
WHERE scope_id = $23 AND id = $24;

-- UpdateMemory: Puts a memory in the place of another; words that stayed keep their number.
-- For: episode, other words.
-- $1 space int4, $2 dims int4, $3 vector unknown, $4 title unknown, $5 messages unknown, $6 message_count unknown, $7 source unknown, $8 created_at unknown, $9 updated_at unknown, $10 duration_minutes unknown, $11 llm_tags unknown, $12 dominant_intent unknown, $13 avg_complexity unknown, $14 avg_technical_depth unknown, $15 emotional_arc unknown, $16 has_code unknown, $17 has_errors unknown, $18 urgency_max unknown, $19 memory_node_ids unknown, $20 related_episode_ids unknown, $21 extra unknown, $22 carry unknown, $23 number int4, $24 words int4, $25 scope uuid, $26 id text
UPDATE episodic_memories
SET space_id = $1, dims = $2, embedding = $3, title = $4, messages = $5, message_count = $6, source = $7, created_at = $8, updated_at = $9, duration_minutes = $10, llm_tags = $11, dominant_intent = $12, avg_complexity = $13, avg_technical_depth = $14, emotional_arc = $15, has_code = $16, has_errors = $17, urgency_max = $18, memory_node_ids = $19, related_episode_ids = $20, extra = $21, carry = $22, doc = $23, tokens = $24
WHERE scope_id = $25 AND id = $26;

-- UpdateMemory: Puts a memory in the place of another; words that stayed keep their number.
-- For: chunk, the same words.
-- $1 space int4, $2 dims int4, $3 vector unknown, $4 document_id unknown, $5 chunk_index unknown, $6 content unknown, $7 heading_path unknown, $8 page unknown, $9 source unknown, $10 created_at unknown, $11 has_code unknown, $12 tags unknown, $13 extra unknown, $14 carry unknown, $15 scope uuid, $16 id text
UPDATE document_chunks
SET space_id = $1, dims = $2, embedding = $3, document_id = $4, chunk_index = $5, content = $6, heading_path = $7, page = $8, source = $9, created_at = $10, has_code = $11, tags = $12, extra = $13, carry = $14
WHERE scope_id = $15 AND id = $16;

-- UpdateMemory: Puts a memory in the place of another; words that stayed keep their number.
-- For: chunk, other words.
-- $1 space int4, $2 dims int4, $3 vector unknown, $4 document_id unknown, $5 chunk_index unknown, $6 content unknown, $7 heading_path unknown, $8 page unknown, $9 source unknown, $10 created_at unknown, $11 has_code unknown, $12 tags unknown, $13 extra unknown, $14 carry unknown, $15 number int4, $16 words int4, $17 scope uuid, $18 id text
UPDATE document_chunks
SET space_id = $1, dims = $2, embedding = $3, document_id = $4, chunk_index = $5, content = $6, heading_path = $7, page = $8, source = $9, created_at = $10, has_code = $11, tags = $12, extra = $13, carry = $14, doc = $15, tokens = $16
WHERE scope_id = $17 AND id = $18;

-- LockMemory: Reads a memory that is to be replaced, and keeps others from it.
-- For: node.
-- $1 scope uuid, $2 id text
SELECT id, conversation_id, sequence_index, human_content, assistant_content, source, created_at, intent_type, complexity, technical_depth, emotional_valence, urgency, conversation_mode, action_required, has_code, has_error, tags, cluster_id, cluster_label, cluster_confidence, access_count, last_accessed, extra, carry, doc, tokens
FROM memory_nodes
WHERE scope_id = $1 AND id = $2 FOR NO KEY UPDATE;

-- LockMemory: Reads a memory that is to be replaced, and keeps others from it.
-- For: episode.
-- $1 scope uuid, $2 id text
SELECT id, title, messages, message_count, source, created_at, updated_at, duration_minutes, llm_tags, dominant_intent, avg_complexity, avg_technical_depth, emotional_arc, has_code, has_errors, urgency_max, memory_node_ids, related_episode_ids, access_count, last_accessed, extra, carry, doc, tokens
FROM episodic_memories
WHERE scope_id = $1 AND id = $2 FOR NO KEY UPDATE;

-- LockMemory: Reads a memory that is to be replaced, and keeps others from it.
-- For: chunk.
-- $1 scope uuid, $2 id text
SELECT id, document_id, chunk_index, content, heading_path, page, source, created_at, has_code, tags, access_count, last_accessed, extra, carry, doc, tokens
FROM document_chunks
WHERE scope_id = $1 AND id = $2 FOR NO KEY UPDATE;

-- RemoveMemory: Removes a memory; gives id, number and words of the row that was there.
-- For: node.
-- $1 scope uuid, $2 id text
DELETE FROM memory_nodes
WHERE scope_id = $1 AND id = $2
RETURNING id, doc, tokens;

-- RemoveMemory: Removes a memory; gives id, number and words of the row that was there.
-- For: episode.
-- $1 scope uuid, $2 id text
DELETE FROM episodic_memories
WHERE scope_id = $1 AND id = $2
RETURNING id, doc, tokens;

-- RemoveMemory: Removes a memory; gives id, number and words of the row that was there.
-- For: chunk.
-- $1 scope uuid, $2 id text
DELETE FROM document_chunks
WHERE scope_id = $1 AND id = $2
RETURNING id, doc, tokens;

-- FindMemories: Reads memories, each with its vector in the current space.
-- For: node.
-- $1 scope uuid, $2 ids _text
SELECT m.id, m.conversation_id, m.sequence_index, m.human_content, m.assistant_content, m.source, m.created_at, m.intent_type, m.complexity, m.technical_depth, m.emotional_valence, m.urgency, m.conversation_mode, m.action_required, m.has_code, m.has_error, m.tags, m.cluster_id, m.cluster_label, m.cluster_confidence, m.access_count, m.last_accessed, m.extra, m.carry, vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = $1) THEN m.embedding ELSE (SELECT embedding
    FROM node_embeddings
    WHERE scope_id = $1 AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = $1)) END)
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m;

-- FindMemories: Reads memories, each with its vector in the current space.
-- For: episode.
-- $1 scope uuid, $2 ids _text
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry, vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = $1) THEN m.embedding ELSE (SELECT embedding
    FROM episode_embeddings
    WHERE scope_id = $1 AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = $1)) END)
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m;

-- FindMemories: Reads memories, each with its vector in the current space.
-- For: chunk.
-- $1 scope uuid, $2 ids _text
SELECT m.id, m.document_id, m.chunk_index, m.content, m.heading_path, m.page, m.source, m.created_at, m.has_code, m.tags, m.access_count, m.last_accessed, m.extra, m.carry, vector_send(CASE WHEN m.space_id = (SELECT space_id
    FROM scopes
    WHERE scope_id = $1) THEN m.embedding ELSE (SELECT embedding
    FROM chunk_embeddings
    WHERE scope_id = $1 AND id = m.id AND space_id = (SELECT space_id
      FROM scopes
      WHERE scope_id = $1)) END)
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m;

-- FindTexts: Reads memories without their vectors.
-- For: node.
-- $1 scope uuid, $2 ids _text
SELECT m.id, m.conversation_id, m.sequence_index, m.human_content, m.assistant_content, m.source, m.created_at, m.intent_type, m.complexity, m.technical_depth, m.emotional_valence, m.urgency, m.conversation_mode, m.action_required, m.has_code, m.has_error, m.tags, m.cluster_id, m.cluster_label, m.cluster_confidence, m.access_count, m.last_accessed, m.extra, m.carry, m.space_id
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m;

-- FindTexts: Reads memories without their vectors.
-- For: episode.
-- $1 scope uuid, $2 ids _text
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry, m.space_id
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m;

-- FindTexts: Reads memories without their vectors.
-- For: chunk.
-- $1 scope uuid, $2 ids _text
SELECT m.id, m.document_id, m.chunk_index, m.content, m.heading_path, m.page, m.source, m.created_at, m.has_code, m.tags, m.access_count, m.last_accessed, m.extra, m.carry, m.space_id
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m;

-- FindTaken: Finds which of these ids are taken.
-- For: node.
-- $1 scope uuid, $2 ids _text
SELECT m.id
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m;

-- FindTaken: Finds which of these ids are taken.
-- For: episode.
-- $1 scope uuid, $2 ids _text
SELECT m.id
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m;

-- FindTaken: Finds which of these ids are taken.
-- For: chunk.
-- $1 scope uuid, $2 ids _text
SELECT m.id
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m;

-- FindAbsent: Finds which of these containers are not there, where they have rows of their own.
-- For: node; episode.
SELECT
WHERE false;

-- FindAbsent: Finds which of these containers are not there, where they have rows of their own.
-- For: chunk.
-- $1 scope uuid, $2 ids _text
SELECT c.id
FROM unnest($2) AS c (id)
LEFT JOIN LATERAL (SELECT id
  FROM documents
  WHERE scope_id = $1 AND id = c.id OFFSET 0) m ON true
WHERE m.id IS NULL;

-- FindEnds: Finds the highest place in each of these containers.
-- For: node.
-- $1 scope uuid, $2 containers _text
SELECT c.id, (SELECT sequence_index
  FROM memory_nodes
  WHERE scope_id = $1 AND conversation_id = c.id AND sequence_index >= 0
  ORDER BY sequence_index DESC LIMIT 1)
FROM unnest($2) AS c (id);

-- FindEnds: Finds the highest place in each of these containers.
-- For: episode.
SELECT
WHERE false;

-- FindEnds: Finds the highest place in each of these containers.
-- For: chunk.
-- $1 scope uuid, $2 containers _text
SELECT c.id, (SELECT chunk_index
  FROM document_chunks
  WHERE scope_id = $1 AND document_id = c.id AND chunk_index >= 0
  ORDER BY chunk_index DESC LIMIT 1)
FROM unnest($2) AS c (id);

-- Touch: Counts a use of a memory; gives a row if it is there.
-- For: node.
-- $1 scope uuid, $2 id text, $3 at timestamptz
UPDATE memory_nodes
SET access_count = least(access_count, 9223372036854775806) + 1, last_accessed = $3
WHERE scope_id = $1 AND id = $2
RETURNING id;

-- Touch: Counts a use of a memory; gives a row if it is there.
-- For: episode.
-- $1 scope uuid, $2 id text, $3 at timestamptz
UPDATE episodic_memories
SET access_count = least(access_count, 9223372036854775806) + 1, last_accessed = $3
WHERE scope_id = $1 AND id = $2
RETURNING id;

-- Touch: Counts a use of a memory; gives a row if it is there.
-- For: chunk.
-- $1 scope uuid, $2 id text, $3 at timestamptz
UPDATE document_chunks
SET access_count = least(access_count, 9223372036854775806) + 1, last_accessed = $3
WHERE scope_id = $1 AND id = $2
RETURNING id;

-- CountMemories: Counts the memories of a kind.
-- For: node.
-- $1 scope uuid
SELECT count(*)
FROM memory_nodes
WHERE scope_id = $1;

-- CountMemories: Counts the memories of a kind.
-- For: episode.
-- $1 scope uuid
SELECT count(*)
FROM episodic_memories
WHERE scope_id = $1;

-- CountMemories: Counts the memories of a kind.
-- For: chunk.
-- $1 scope uuid
SELECT count(*)
FROM document_chunks
WHERE scope_id = $1;

-- ListIds: Lists ids in their order, from after one.
-- For: node.
-- $1 scope uuid, $2 after text, $3 limit int8
SELECT id
FROM memory_nodes
WHERE scope_id = $1 AND id > $2
ORDER BY id LIMIT $3;

-- ListIds: Lists ids in their order, from after one.
-- For: episode.
-- $1 scope uuid, $2 after text, $3 limit int8
SELECT id
FROM episodic_memories
WHERE scope_id = $1 AND id > $2
ORDER BY id LIMIT $3;

-- ListIds: Lists ids in their order, from after one.
-- For: chunk.
-- $1 scope uuid, $2 after text, $3 limit int8
SELECT id
FROM document_chunks
WHERE scope_id = $1 AND id > $2
ORDER BY id LIMIT $3;

-- Erase: Removes all rows of the scope in a table.
-- $1 scope uuid
DELETE FROM node_embeddings
WHERE scope_id = $1;

-- Erase: Removes all rows of the scope in a table.
-- $1 scope uuid
DELETE FROM node_vectors
WHERE scope_id = $1;

-- Erase: Removes all rows of the scope in a table.
-- $1 scope uuid
DELETE FROM node_postings
WHERE scope_id = $1;

-- Erase: Removes all rows of the scope in a table.
-- $1 scope uuid
DELETE FROM memory_nodes
WHERE scope_id = $1;

-- Erase: Removes all rows of the scope in a table.
-- $1 scope uuid
DELETE FROM episode_embeddings
WHERE scope_id = $1;

-- Erase: Removes all rows of the scope in a table.
-- $1 scope uuid
DELETE FROM episode_vectors
WHERE scope_id = $1;

-- Erase: Removes all rows of the scope in a table.
-- $1 scope uuid
DELETE FROM episode_postings
WHERE scope_id = $1;

-- Erase: Removes all rows of the scope in a table.
-- $1 scope uuid
DELETE FROM episodic_memories
WHERE scope_id = $1;

-- Erase: Removes all rows of the scope in a table.
-- $1 scope uuid
DELETE FROM chunk_embeddings
WHERE scope_id = $1;

-- Erase: Removes all rows of the scope in a table.
-- $1 scope uuid
DELETE FROM chunk_vectors
WHERE scope_id = $1;

-- Erase: Removes all rows of the scope in a table.
-- $1 scope uuid
DELETE FROM chunk_postings
WHERE scope_id = $1;

-- Erase: Removes all rows of the scope in a table.
-- $1 scope uuid
DELETE FROM document_chunks
WHERE scope_id = $1;

-- Erase: Removes all rows of the scope in a table.
-- $1 scope uuid
DELETE FROM documents
WHERE scope_id = $1;

-- Erase: Removes all rows of the scope in a table.
-- $1 scope uuid
DELETE FROM run_chunks
WHERE scope_id = $1;

-- Erase: Removes all rows of the scope in a table.
-- $1 scope uuid
DELETE FROM runs
WHERE scope_id = $1;
