-- postings.rs: what it sends. Made by TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql

-- InsertPostings: Writes postings, by bucket.
-- For: node.
-- $1 scope uuid, $2 block int4, $3 buckets _int2, $4 postings _bytea
INSERT INTO node_postings (scope_id, block, bucket, postings)
SELECT $1, $2, bucket, postings
FROM unnest($3, $4) AS u (bucket, postings);

-- InsertPostings: Writes postings, by bucket.
-- For: episode.
-- $1 scope uuid, $2 block int4, $3 buckets _int2, $4 postings _bytea
INSERT INTO episode_postings (scope_id, block, bucket, postings)
SELECT $1, $2, bucket, postings
FROM unnest($3, $4) AS u (bucket, postings);

-- InsertPostings: Writes postings, by bucket.
-- For: chunk.
-- $1 scope uuid, $2 block int4, $3 buckets _int2, $4 postings _bytea
INSERT INTO chunk_postings (scope_id, block, bucket, postings)
SELECT $1, $2, bucket, postings
FROM unnest($3, $4) AS u (bucket, postings);

-- TakePostings: Takes the blocks of some buckets away that are to be merged.
-- For: node.
-- $1 scope uuid, $2 low int2, $3 high int2, $4 block int4
DELETE FROM node_postings
WHERE scope_id = $1 AND bucket >= $2 AND bucket < $3 AND block >= $4
RETURNING block, postings;

-- TakePostings: Takes the blocks of some buckets away that are to be merged.
-- For: episode.
-- $1 scope uuid, $2 low int2, $3 high int2, $4 block int4
DELETE FROM episode_postings
WHERE scope_id = $1 AND bucket >= $2 AND bucket < $3 AND block >= $4
RETURNING block, postings;

-- TakePostings: Takes the blocks of some buckets away that are to be merged.
-- For: chunk.
-- $1 scope uuid, $2 low int2, $3 high int2, $4 block int4
DELETE FROM chunk_postings
WHERE scope_id = $1 AND bucket >= $2 AND bucket < $3 AND block >= $4
RETURNING block, postings;

-- FindPostings: Reads the postings of buckets.
-- For: node.
-- $1 scope uuid, $2 buckets _int2
SELECT p.block, p.postings
FROM unnest($2) AS wanted (bucket)
CROSS JOIN LATERAL (SELECT *
  FROM node_postings
  WHERE scope_id = $1 AND bucket = wanted.bucket OFFSET 0) p;

-- FindPostings: Reads the postings of buckets.
-- For: episode.
-- $1 scope uuid, $2 buckets _int2
SELECT p.block, p.postings
FROM unnest($2) AS wanted (bucket)
CROSS JOIN LATERAL (SELECT *
  FROM episode_postings
  WHERE scope_id = $1 AND bucket = wanted.bucket OFFSET 0) p;

-- FindPostings: Reads the postings of buckets.
-- For: chunk.
-- $1 scope uuid, $2 buckets _int2
SELECT p.block, p.postings
FROM unnest($2) AS wanted (bucket)
CROSS JOIN LATERAL (SELECT *
  FROM chunk_postings
  WHERE scope_id = $1 AND bucket = wanted.bucket OFFSET 0) p;

-- ReadPostings: Reads all postings of some buckets.
-- For: node.
-- $1 scope uuid, $2 low int2, $3 high int2
SELECT bucket, block, postings
FROM node_postings
WHERE scope_id = $1 AND bucket >= $2 AND bucket < $3;

-- ReadPostings: Reads all postings of some buckets.
-- For: episode.
-- $1 scope uuid, $2 low int2, $3 high int2
SELECT bucket, block, postings
FROM episode_postings
WHERE scope_id = $1 AND bucket >= $2 AND bucket < $3;

-- ReadPostings: Reads all postings of some buckets.
-- For: chunk.
-- $1 scope uuid, $2 low int2, $3 high int2
SELECT bucket, block, postings
FROM chunk_postings
WHERE scope_id = $1 AND bucket >= $2 AND bucket < $3;

-- CountUnindexed: Counts the memories that are not in the keyword index.
-- For: node.
-- $1 scope uuid
SELECT count(*)
FROM (SELECT
  FROM memory_nodes
  WHERE scope_id = $1 AND doc IS NULL
  ORDER BY ord OFFSET 0) unindexed;

-- CountUnindexed: Counts the memories that are not in the keyword index.
-- For: episode.
-- $1 scope uuid
SELECT count(*)
FROM (SELECT
  FROM episodic_memories
  WHERE scope_id = $1 AND doc IS NULL
  ORDER BY ord OFFSET 0) unindexed;

-- CountUnindexed: Counts the memories that are not in the keyword index.
-- For: chunk.
-- $1 scope uuid
SELECT count(*)
FROM (SELECT
  FROM document_chunks
  WHERE scope_id = $1 AND doc IS NULL
  ORDER BY ord OFFSET 0) unindexed;

-- LockUnindexed: Reads some memories that are not in the keyword index, and keeps others from them.
-- For: node.
-- $1 scope uuid
SELECT id, conversation_id, sequence_index, human_content, assistant_content, source, created_at, intent_type, complexity, technical_depth, emotional_valence, urgency, conversation_mode, action_required, has_code, has_error, tags, cluster_id, cluster_label, cluster_confidence, access_count, last_accessed, extra, carry
FROM memory_nodes
WHERE scope_id = $1 AND doc IS NULL
ORDER BY ord LIMIT 512 FOR NO KEY UPDATE;

-- LockUnindexed: Reads some memories that are not in the keyword index, and keeps others from them.
-- For: episode.
-- $1 scope uuid
SELECT id, title, messages, message_count, source, created_at, updated_at, duration_minutes, llm_tags, dominant_intent, avg_complexity, avg_technical_depth, emotional_arc, has_code, has_errors, urgency_max, memory_node_ids, related_episode_ids, access_count, last_accessed, extra, carry
FROM episodic_memories
WHERE scope_id = $1 AND doc IS NULL
ORDER BY ord LIMIT 512 FOR NO KEY UPDATE;

-- LockUnindexed: Reads some memories that are not in the keyword index, and keeps others from them.
-- For: chunk.
-- $1 scope uuid
SELECT id, document_id, chunk_index, content, heading_path, page, source, created_at, has_code, tags, access_count, last_accessed, extra, carry
FROM document_chunks
WHERE scope_id = $1 AND doc IS NULL
ORDER BY ord LIMIT 512 FOR NO KEY UPDATE;

-- NumberMemory: Gives a memory its number, and how many words it has.
-- For: node.
-- $1 scope uuid, $2 id text, $3 number int4, $4 words int4
UPDATE memory_nodes
SET doc = $3, tokens = $4
WHERE scope_id = $1 AND id = $2;

-- NumberMemory: Gives a memory its number, and how many words it has.
-- For: episode.
-- $1 scope uuid, $2 id text, $3 number int4, $4 words int4
UPDATE episodic_memories
SET doc = $3, tokens = $4
WHERE scope_id = $1 AND id = $2;

-- NumberMemory: Gives a memory its number, and how many words it has.
-- For: chunk.
-- $1 scope uuid, $2 id text, $3 number int4, $4 words int4
UPDATE document_chunks
SET doc = $3, tokens = $4
WHERE scope_id = $1 AND id = $2;

-- CorrectLength: Corrects how many words a memory has, while its number is the same.
-- For: node.
-- $1 scope uuid, $2 id text, $3 number int4, $4 words int4
UPDATE memory_nodes
SET tokens = $4
WHERE scope_id = $1 AND id = $2 AND doc = $3;

-- CorrectLength: Corrects how many words a memory has, while its number is the same.
-- For: episode.
-- $1 scope uuid, $2 id text, $3 number int4, $4 words int4
UPDATE episodic_memories
SET tokens = $4
WHERE scope_id = $1 AND id = $2 AND doc = $3;

-- CorrectLength: Corrects how many words a memory has, while its number is the same.
-- For: chunk.
-- $1 scope uuid, $2 id text, $3 number int4, $4 words int4
UPDATE document_chunks
SET tokens = $4
WHERE scope_id = $1 AND id = $2 AND doc = $3;

-- RemoveImpossibleNumbers: Takes numbers away that no posting can have.
-- For: node.
-- $1 scope uuid
UPDATE memory_nodes
SET doc = NULL
WHERE scope_id = $1 AND doc < 0;

-- RemoveImpossibleNumbers: Takes numbers away that no posting can have.
-- For: episode.
-- $1 scope uuid
UPDATE episodic_memories
SET doc = NULL
WHERE scope_id = $1 AND doc < 0;

-- RemoveImpossibleNumbers: Takes numbers away that no posting can have.
-- For: chunk.
-- $1 scope uuid
UPDATE document_chunks
SET doc = NULL
WHERE scope_id = $1 AND doc < 0;

-- ListNumbers: Lists the numbers of all memories of a kind.
-- For: node.
-- $1 scope uuid
SELECT doc
FROM memory_nodes
WHERE scope_id = $1 AND doc >= 0
ORDER BY doc;

-- ListNumbers: Lists the numbers of all memories of a kind.
-- For: episode.
-- $1 scope uuid
SELECT doc
FROM episodic_memories
WHERE scope_id = $1 AND doc >= 0
ORDER BY doc;

-- ListNumbers: Lists the numbers of all memories of a kind.
-- For: chunk.
-- $1 scope uuid
SELECT doc
FROM document_chunks
WHERE scope_id = $1 AND doc >= 0
ORDER BY doc;

-- FindByNumber: Reads memories by their numbers.
-- For: node.
-- $1 scope uuid, $2 numbers _int4
SELECT m.id, m.conversation_id, m.sequence_index, m.human_content, m.assistant_content, m.source, m.created_at, m.intent_type, m.complexity, m.technical_depth, m.emotional_valence, m.urgency, m.conversation_mode, m.action_required, m.has_code, m.has_error, m.tags, m.cluster_id, m.cluster_label, m.cluster_confidence, m.access_count, m.last_accessed, m.extra, m.carry, m.doc, m.tokens
FROM unnest($2) AS wanted (doc)
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = $1 AND doc >= wanted.doc AND doc <= wanted.doc
  ORDER BY doc OFFSET 0) m;

-- FindByNumber: Reads memories by their numbers.
-- For: episode.
-- $1 scope uuid, $2 numbers _int4
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry, m.doc, m.tokens
FROM unnest($2) AS wanted (doc)
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = $1 AND doc >= wanted.doc AND doc <= wanted.doc
  ORDER BY doc OFFSET 0) m;

-- FindByNumber: Reads memories by their numbers.
-- For: chunk.
-- $1 scope uuid, $2 numbers _int4
SELECT m.id, m.document_id, m.chunk_index, m.content, m.heading_path, m.page, m.source, m.created_at, m.has_code, m.tags, m.access_count, m.last_accessed, m.extra, m.carry, m.doc, m.tokens
FROM unnest($2) AS wanted (doc)
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = $1 AND doc >= wanted.doc AND doc <= wanted.doc
  ORDER BY doc OFFSET 0) m;

-- ReadNotes: Reads what new postings cover that were made beside the others.
-- For: node.
-- $1 scope uuid, $2 notes int2
SELECT block, postings
FROM node_postings
WHERE scope_id = $1 AND bucket = $2;

-- ReadNotes: Reads what new postings cover that were made beside the others.
-- For: episode.
-- $1 scope uuid, $2 notes int2
SELECT block, postings
FROM episode_postings
WHERE scope_id = $1 AND bucket = $2;

-- ReadNotes: Reads what new postings cover that were made beside the others.
-- For: chunk.
-- $1 scope uuid, $2 notes int2
SELECT block, postings
FROM chunk_postings
WHERE scope_id = $1 AND bucket = $2;

-- RemoveLeftover: Removes what a rebuilding that was killed left.
-- For: node.
-- $1 scope uuid
DELETE FROM node_postings
WHERE scope_id = $1 AND bucket < 0;

-- RemoveLeftover: Removes what a rebuilding that was killed left.
-- For: episode.
-- $1 scope uuid
DELETE FROM episode_postings
WHERE scope_id = $1 AND bucket < 0;

-- RemoveLeftover: Removes what a rebuilding that was killed left.
-- For: chunk.
-- $1 scope uuid
DELETE FROM chunk_postings
WHERE scope_id = $1 AND bucket < 0;

-- PutPostingsInPlace: Puts new postings in the place of the old ones.
-- For: node.
-- $1 scope uuid
DELETE FROM node_postings
WHERE scope_id = $1 AND bucket >= 0;

-- PutPostingsInPlace: Puts new postings in the place of the old ones.
-- For: node.
-- $1 scope uuid, $2 notes int2
DELETE FROM node_postings
WHERE scope_id = $1 AND bucket = $2;

-- PutPostingsInPlace: Puts new postings in the place of the old ones.
-- For: node.
-- $1 scope uuid, $2 beside int2
UPDATE node_postings
SET bucket = bucket + $2
WHERE scope_id = $1 AND bucket < 0;

-- PutPostingsInPlace: Puts new postings in the place of the old ones.
-- For: episode.
-- $1 scope uuid
DELETE FROM episode_postings
WHERE scope_id = $1 AND bucket >= 0;

-- PutPostingsInPlace: Puts new postings in the place of the old ones.
-- For: episode.
-- $1 scope uuid, $2 notes int2
DELETE FROM episode_postings
WHERE scope_id = $1 AND bucket = $2;

-- PutPostingsInPlace: Puts new postings in the place of the old ones.
-- For: episode.
-- $1 scope uuid, $2 beside int2
UPDATE episode_postings
SET bucket = bucket + $2
WHERE scope_id = $1 AND bucket < 0;

-- PutPostingsInPlace: Puts new postings in the place of the old ones.
-- For: chunk.
-- $1 scope uuid
DELETE FROM chunk_postings
WHERE scope_id = $1 AND bucket >= 0;

-- PutPostingsInPlace: Puts new postings in the place of the old ones.
-- For: chunk.
-- $1 scope uuid, $2 notes int2
DELETE FROM chunk_postings
WHERE scope_id = $1 AND bucket = $2;

-- PutPostingsInPlace: Puts new postings in the place of the old ones.
-- For: chunk.
-- $1 scope uuid, $2 beside int2
UPDATE chunk_postings
SET bucket = bucket + $2
WHERE scope_id = $1 AND bucket < 0;
