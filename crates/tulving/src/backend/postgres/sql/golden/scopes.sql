-- scopes.rs: what it sends. Made by TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql

-- ReadStatistics: Reads whose the scope is, its spaces, and the statistics of its keyword index; a writer locks them.
-- For: reading.
-- $1 scope uuid
SELECT s.user_id, s.tenant_id, s.space_id, s.tokenizer, k.kind, k.next, k.fresh, k.memories, k.tokens, k.dead, s.further
FROM scopes s
LEFT JOIN scope_kinds k ON k.scope_id = s.scope_id
WHERE s.scope_id = $1;

-- ReadStatistics: Reads whose the scope is, its spaces, and the statistics of its keyword index; a writer locks them.
-- For: writing.
-- $1 scope uuid
SELECT s.user_id, s.tenant_id, s.space_id, s.tokenizer, k.kind, k.next, k.fresh, k.memories, k.tokens, k.dead, s.further
FROM scopes s
JOIN scope_kinds k ON k.scope_id = s.scope_id
WHERE s.scope_id = $1 FOR NO KEY UPDATE OF s, k;

-- FindScope: Reads whose the scope is.
-- $1 scope uuid
SELECT user_id, tenant_id
FROM scopes
WHERE scope_id = $1;

-- KeepSpace: Notes that vectors of a space are kept: it is the one that is searched if there is none yet.
-- $1 scope uuid, $2 space int4
UPDATE scopes
SET space_id = coalesce(space_id, $2), further =
CASE WHEN space_id IS NULL THEN further ELSE further || $2 END
WHERE scope_id = $1 AND (space_id IS NULL OR space_id <> $2 AND $2 <> ALL (further));

-- CutOver: Makes a space that is kept the current one.
-- $1 scope uuid, $2 space int4
UPDATE scopes
SET further = array_remove(further, $2) || space_id, space_id = $2
WHERE scope_id = $1;

-- ForgetSpace: Notes that a further space is kept no more.
-- $1 scope uuid, $2 space int4
UPDATE scopes
SET further = array_remove(further, $2)
WHERE scope_id = $1;

-- AdoptSpace: Makes the space of the first vector the scope's, where it has none.
-- For: node.
-- $1 scope uuid
UPDATE scopes
SET space_id = (SELECT space_id
  FROM memory_nodes
  WHERE scope_id = $1 AND space_id IS NOT NULL
  ORDER BY ord LIMIT 1)
WHERE scope_id = $1 AND space_id IS NULL;

-- AdoptSpace: Makes the space of the first vector the scope's, where it has none.
-- For: episode.
-- $1 scope uuid
UPDATE scopes
SET space_id = (SELECT space_id
  FROM episodic_memories
  WHERE scope_id = $1 AND space_id IS NOT NULL
  ORDER BY ord LIMIT 1)
WHERE scope_id = $1 AND space_id IS NULL;

-- AdoptSpace: Makes the space of the first vector the scope's, where it has none.
-- For: chunk.
-- $1 scope uuid
UPDATE scopes
SET space_id = (SELECT space_id
  FROM document_chunks
  WHERE scope_id = $1 AND space_id IS NOT NULL
  ORDER BY ord LIMIT 1)
WHERE scope_id = $1 AND space_id IS NULL;

-- NoteTokenizer: Notes by which rules the words of all memories were made.
-- $1 scope uuid, $2 tokenizer int4
UPDATE scopes
SET tokenizer = $2
WHERE scope_id = $1;

-- CountInserted: Counts new memories in, numbered from the next number on.
-- For: node.
-- $1 scope uuid, $2 memories int4, $3 words int8
UPDATE scope_kinds
SET next = next + $2, memories = memories + $2, tokens = tokens + $3
WHERE scope_id = $1 AND kind = 'node';

-- CountInserted: Counts new memories in, numbered from the next number on.
-- For: episode.
-- $1 scope uuid, $2 memories int4, $3 words int8
UPDATE scope_kinds
SET next = next + $2, memories = memories + $2, tokens = tokens + $3
WHERE scope_id = $1 AND kind = 'episode';

-- CountInserted: Counts new memories in, numbered from the next number on.
-- For: chunk.
-- $1 scope uuid, $2 memories int4, $3 words int8
UPDATE scope_kinds
SET next = next + $2, memories = memories + $2, tokens = tokens + $3
WHERE scope_id = $1 AND kind = 'chunk';

-- CountReplaced: Counts the new words of a memory in, and its old number, if it had one, among the dead.
-- For: node.
-- $1 scope uuid, $2 memories int4, $3 words int8, $4 old_number int4
UPDATE scope_kinds
SET next = next + 1, memories = memories + $2, tokens = tokens + $3, dead =
CASE WHEN $4::int IS NULL THEN dead ELSE dead || $4 END
WHERE scope_id = $1 AND kind = 'node';

-- CountReplaced: Counts the new words of a memory in, and its old number, if it had one, among the dead.
-- For: episode.
-- $1 scope uuid, $2 memories int4, $3 words int8, $4 old_number int4
UPDATE scope_kinds
SET next = next + 1, memories = memories + $2, tokens = tokens + $3, dead =
CASE WHEN $4::int IS NULL THEN dead ELSE dead || $4 END
WHERE scope_id = $1 AND kind = 'episode';

-- CountReplaced: Counts the new words of a memory in, and its old number, if it had one, among the dead.
-- For: chunk.
-- $1 scope uuid, $2 memories int4, $3 words int8, $4 old_number int4
UPDATE scope_kinds
SET next = next + 1, memories = memories + $2, tokens = tokens + $3, dead =
CASE WHEN $4::int IS NULL THEN dead ELSE dead || $4 END
WHERE scope_id = $1 AND kind = 'chunk';

-- CountRemoved: Counts removed memories out.
-- For: node.
-- $1 scope uuid, $2 numbers _int4, $3 words int8
UPDATE scope_kinds
SET memories = memories - cardinality($2), tokens = tokens - $3, dead = dead || $2
WHERE scope_id = $1 AND kind = 'node';

-- CountRemoved: Counts removed memories out.
-- For: episode.
-- $1 scope uuid, $2 numbers _int4, $3 words int8
UPDATE scope_kinds
SET memories = memories - cardinality($2), tokens = tokens - $3, dead = dead || $2
WHERE scope_id = $1 AND kind = 'episode';

-- CountRemoved: Counts removed memories out.
-- For: chunk.
-- $1 scope uuid, $2 numbers _int4, $3 words int8
UPDATE scope_kinds
SET memories = memories - cardinality($2), tokens = tokens - $3, dead = dead || $2
WHERE scope_id = $1 AND kind = 'chunk';

-- CountNumbered: Counts memories in that were there and get their numbers now.
-- For: node.
-- $1 scope uuid, $2 memories int4, $3 words int8
UPDATE scope_kinds
SET next = next + $2, fresh = next + $2, memories = memories + $2, tokens = tokens + $3
WHERE scope_id = $1 AND kind = 'node';

-- CountNumbered: Counts memories in that were there and get their numbers now.
-- For: episode.
-- $1 scope uuid, $2 memories int4, $3 words int8
UPDATE scope_kinds
SET next = next + $2, fresh = next + $2, memories = memories + $2, tokens = tokens + $3
WHERE scope_id = $1 AND kind = 'episode';

-- CountNumbered: Counts memories in that were there and get their numbers now.
-- For: chunk.
-- $1 scope uuid, $2 memories int4, $3 words int8
UPDATE scope_kinds
SET next = next + $2, fresh = next + $2, memories = memories + $2, tokens = tokens + $3
WHERE scope_id = $1 AND kind = 'chunk';

-- CountLoaded: Counts memories in whose numbers were set aside before, and those that they replaced out.
-- For: node.
-- $1 scope uuid, $2 memories int8, $3 words int8, $4 numbers _int4
UPDATE scope_kinds
SET memories = memories + $2, tokens = tokens + $3, dead = dead || $4
WHERE scope_id = $1 AND kind = 'node';

-- CountLoaded: Counts memories in whose numbers were set aside before, and those that they replaced out.
-- For: episode.
-- $1 scope uuid, $2 memories int8, $3 words int8, $4 numbers _int4
UPDATE scope_kinds
SET memories = memories + $2, tokens = tokens + $3, dead = dead || $4
WHERE scope_id = $1 AND kind = 'episode';

-- CountLoaded: Counts memories in whose numbers were set aside before, and those that they replaced out.
-- For: chunk.
-- $1 scope uuid, $2 memories int8, $3 words int8, $4 numbers _int4
UPDATE scope_kinds
SET memories = memories + $2, tokens = tokens + $3, dead = dead || $4
WHERE scope_id = $1 AND kind = 'chunk';

-- CountAnew: Sets the counts to what was found when the postings were made anew.
-- For: node.
-- $1 scope uuid, $2 next int4, $3 memories int8, $4 words int8, $5 numbers _int4
UPDATE scope_kinds
SET next = greatest(next, $2), fresh = greatest(next, $2), memories = $3, tokens = $4, dead = $5
WHERE scope_id = $1 AND kind = 'node';

-- CountAnew: Sets the counts to what was found when the postings were made anew.
-- For: episode.
-- $1 scope uuid, $2 next int4, $3 memories int8, $4 words int8, $5 numbers _int4
UPDATE scope_kinds
SET next = greatest(next, $2), fresh = greatest(next, $2), memories = $3, tokens = $4, dead = $5
WHERE scope_id = $1 AND kind = 'episode';

-- CountAnew: Sets the counts to what was found when the postings were made anew.
-- For: chunk.
-- $1 scope uuid, $2 next int4, $3 memories int8, $4 words int8, $5 numbers _int4
UPDATE scope_kinds
SET next = greatest(next, $2), fresh = greatest(next, $2), memories = $3, tokens = $4, dead = $5
WHERE scope_id = $1 AND kind = 'chunk';

-- CountMerged: Notes that blocks were merged, and which of the dead are forgotten.
-- For: node, small blocks.
-- $1 scope uuid
UPDATE scope_kinds
SET fresh = next
WHERE scope_id = $1 AND kind = 'node';

-- CountMerged: Notes that blocks were merged, and which of the dead are forgotten.
-- For: node, all.
-- $1 numbers _int4, $2 scope uuid
UPDATE scope_kinds
SET fresh = next, dead = ARRAY(SELECT unnest(dead) EXCEPT
  SELECT unnest($1))
WHERE scope_id = $2 AND kind = 'node';

-- CountMerged: Notes that blocks were merged, and which of the dead are forgotten.
-- For: episode, small blocks.
-- $1 scope uuid
UPDATE scope_kinds
SET fresh = next
WHERE scope_id = $1 AND kind = 'episode';

-- CountMerged: Notes that blocks were merged, and which of the dead are forgotten.
-- For: episode, all.
-- $1 numbers _int4, $2 scope uuid
UPDATE scope_kinds
SET fresh = next, dead = ARRAY(SELECT unnest(dead) EXCEPT
  SELECT unnest($1))
WHERE scope_id = $2 AND kind = 'episode';

-- CountMerged: Notes that blocks were merged, and which of the dead are forgotten.
-- For: chunk, small blocks.
-- $1 scope uuid
UPDATE scope_kinds
SET fresh = next
WHERE scope_id = $1 AND kind = 'chunk';

-- CountMerged: Notes that blocks were merged, and which of the dead are forgotten.
-- For: chunk, all.
-- $1 numbers _int4, $2 scope uuid
UPDATE scope_kinds
SET fresh = next, dead = ARRAY(SELECT unnest(dead) EXCEPT
  SELECT unnest($1))
WHERE scope_id = $2 AND kind = 'chunk';

-- ReserveNumbers: Sets numbers aside for memories that will be written.
-- For: node.
-- $1 scope uuid, $2 memories int4
UPDATE scope_kinds
SET next = next + $2, fresh =
CASE WHEN $2 >= 256 THEN next + $2 ELSE fresh END
WHERE scope_id = $1 AND kind = 'node';

-- ReserveNumbers: Sets numbers aside for memories that will be written.
-- For: episode.
-- $1 scope uuid, $2 memories int4
UPDATE scope_kinds
SET next = next + $2, fresh =
CASE WHEN $2 >= 256 THEN next + $2 ELSE fresh END
WHERE scope_id = $1 AND kind = 'episode';

-- ReserveNumbers: Sets numbers aside for memories that will be written.
-- For: chunk.
-- $1 scope uuid, $2 memories int4
UPDATE scope_kinds
SET next = next + $2, fresh =
CASE WHEN $2 >= 256 THEN next + $2 ELSE fresh END
WHERE scope_id = $1 AND kind = 'chunk';

-- RestartNumbers: Begins with the numbers anew where more than half of them are used up.
-- For: node.
-- $1 scope uuid
WITH far AS (UPDATE scope_kinds
  SET next = 0, fresh = 0, memories = 0, tokens = 0, dead = '{}'
  WHERE scope_id = $1 AND kind = 'node' AND next > 1073741823
  RETURNING scope_id), gone AS (DELETE FROM node_postings p
  USING far
  WHERE p.scope_id = far.scope_id) UPDATE memory_nodes m
SET doc = NULL
FROM far
WHERE m.scope_id = far.scope_id;

-- RestartNumbers: Begins with the numbers anew where more than half of them are used up.
-- For: episode.
-- $1 scope uuid
WITH far AS (UPDATE scope_kinds
  SET next = 0, fresh = 0, memories = 0, tokens = 0, dead = '{}'
  WHERE scope_id = $1 AND kind = 'episode' AND next > 1073741823
  RETURNING scope_id), gone AS (DELETE FROM episode_postings p
  USING far
  WHERE p.scope_id = far.scope_id) UPDATE episodic_memories m
SET doc = NULL
FROM far
WHERE m.scope_id = far.scope_id;

-- RestartNumbers: Begins with the numbers anew where more than half of them are used up.
-- For: chunk.
-- $1 scope uuid
WITH far AS (UPDATE scope_kinds
  SET next = 0, fresh = 0, memories = 0, tokens = 0, dead = '{}'
  WHERE scope_id = $1 AND kind = 'chunk' AND next > 1073741823
  RETURNING scope_id), gone AS (DELETE FROM chunk_postings p
  USING far
  WHERE p.scope_id = far.scope_id) UPDATE document_chunks m
SET doc = NULL
FROM far
WHERE m.scope_id = far.scope_id;

-- BeginCountsAnew: Begins the counts of an erased scope anew.
-- $1 scope uuid
UPDATE scope_kinds
SET next = 0, fresh = 0, memories = 0, tokens = 0, dead = '{}'
WHERE scope_id = $1;

-- BeginSpacesAnew: Begins the further spaces and the words of an erased scope anew.
-- $1 scope uuid, $2 tokenizer int4
UPDATE scopes
SET tokenizer = $2, further = '{}'
WHERE scope_id = $1;
