-- pages.rs: what it sends. Made by TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql

-- ListPage: Lists one row more than the page holds.
-- For: node, all.
-- $1 limit int8
SELECT m.id, m.conversation_id, m.sequence_index, m.human_content, m.assistant_content, m.source, m.created_at, m.intent_type, m.complexity, m.technical_depth, m.emotional_valence, m.urgency, m.conversation_mode, m.action_required, m.has_code, m.has_error, m.tags, m.cluster_id, m.cluster_label, m.cluster_confidence, m.access_count, m.last_accessed, m.extra, m.carry
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.sequence_index DESC, m.id COLLATE "C" DESC LIMIT $1;

-- ListPage: Lists one row more than the page holds.
-- For: node, sources.
-- $1 sources _text, $2 limit int8
SELECT m.id, m.conversation_id, m.sequence_index, m.human_content, m.assistant_content, m.source, m.created_at, m.intent_type, m.complexity, m.technical_depth, m.emotional_valence, m.urgency, m.conversation_mode, m.action_required, m.has_code, m.has_error, m.tags, m.cluster_id, m.cluster_label, m.cluster_confidence, m.access_count, m.last_accessed, m.extra, m.carry
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.source >= '' AND m.source = ANY ($1) AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.sequence_index DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: node, since.
-- $1 since timestamptz, $2 limit int8
SELECT m.id, m.conversation_id, m.sequence_index, m.human_content, m.assistant_content, m.source, m.created_at, m.intent_type, m.complexity, m.technical_depth, m.emotional_valence, m.urgency, m.conversation_mode, m.action_required, m.has_code, m.has_error, m.tags, m.cluster_id, m.cluster_label, m.cluster_confidence, m.access_count, m.last_accessed, m.extra, m.carry
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND m.created_at >= $1 AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.sequence_index DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: node, until.
-- $1 until timestamptz, $2 limit int8
SELECT m.id, m.conversation_id, m.sequence_index, m.human_content, m.assistant_content, m.source, m.created_at, m.intent_type, m.complexity, m.technical_depth, m.emotional_valence, m.urgency, m.conversation_mode, m.action_required, m.has_code, m.has_error, m.tags, m.cluster_id, m.cluster_label, m.cluster_confidence, m.access_count, m.last_accessed, m.extra, m.carry
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND m.created_at < $1 AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.sequence_index DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: node, clusters.
-- $1 clusters _int8, $2 limit int8
SELECT m.id, m.conversation_id, m.sequence_index, m.human_content, m.assistant_content, m.source, m.created_at, m.intent_type, m.complexity, m.technical_depth, m.emotional_valence, m.urgency, m.conversation_mode, m.action_required, m.has_code, m.has_error, m.tags, m.cluster_id, m.cluster_label, m.cluster_confidence, m.access_count, m.last_accessed, m.extra, m.carry
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.cluster_id = ANY ($1) AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.sequence_index DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: node, conversations.
-- $1 conversations _text, $2 limit int8
SELECT m.id, m.conversation_id, m.sequence_index, m.human_content, m.assistant_content, m.source, m.created_at, m.intent_type, m.complexity, m.technical_depth, m.emotional_valence, m.urgency, m.conversation_mode, m.action_required, m.has_code, m.has_error, m.tags, m.cluster_id, m.cluster_label, m.cluster_confidence, m.access_count, m.last_accessed, m.extra, m.carry
FROM unnest($1) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND conversation_id = wanted.id AND sequence_index >= 0
  ORDER BY sequence_index OFFSET 0) m
WHERE true
ORDER BY m.created_at DESC, m.sequence_index DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: node, code.
-- $1 has_code bool, $2 limit int8
SELECT m.id, m.conversation_id, m.sequence_index, m.human_content, m.assistant_content, m.source, m.created_at, m.intent_type, m.complexity, m.technical_depth, m.emotional_valence, m.urgency, m.conversation_mode, m.action_required, m.has_code, m.has_error, m.tags, m.cluster_id, m.cluster_label, m.cluster_confidence, m.access_count, m.last_accessed, m.extra, m.carry
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.has_code = $1 AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.sequence_index DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: node, tags.
-- $1 tags _text, $2 limit int8
SELECT m.id, m.conversation_id, m.sequence_index, m.human_content, m.assistant_content, m.source, m.created_at, m.intent_type, m.complexity, m.technical_depth, m.emotional_valence, m.urgency, m.conversation_mode, m.action_required, m.has_code, m.has_error, m.tags, m.cluster_id, m.cluster_label, m.cluster_confidence, m.access_count, m.last_accessed, m.extra, m.carry
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND $1 <@ ARRAY(SELECT item #>> '{}'
  FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
  WHERE jsonb_typeof(item) = 'string') AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.sequence_index DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: node, a tag that no column holds.
-- $1 limit int8
SELECT m.id, m.conversation_id, m.sequence_index, m.human_content, m.assistant_content, m.source, m.created_at, m.intent_type, m.complexity, m.technical_depth, m.emotional_valence, m.urgency, m.conversation_mode, m.action_required, m.has_code, m.has_error, m.tags, m.cluster_id, m.cluster_label, m.cluster_confidence, m.access_count, m.last_accessed, m.extra, m.carry
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND false AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.sequence_index DESC, m.id COLLATE "C" DESC LIMIT $1;

-- ListPage: Lists one row more than the page holds.
-- For: node, oldest first, after a node.
-- $1 after_time timestamptz, $2 after_place int8, $3 after_id text, $4 limit int8
SELECT m.id, m.conversation_id, m.sequence_index, m.human_content, m.assistant_content, m.source, m.created_at, m.intent_type, m.complexity, m.technical_depth, m.emotional_valence, m.urgency, m.conversation_mode, m.action_required, m.has_code, m.has_error, m.tags, m.cluster_id, m.cluster_label, m.cluster_confidence, m.access_count, m.last_accessed, m.extra, m.carry
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND (m.created_at, m.sequence_index, m.id COLLATE "C") > ($1, $2, $3)
ORDER BY m.created_at, m.sequence_index, m.id COLLATE "C" LIMIT $4;

-- ListPage: Lists one row more than the page holds.
-- For: node, oldest first, after a episode; node, oldest first, after a chunk.
-- $1 after_time timestamptz, $2 after_place int8, $3 limit int8
SELECT m.id, m.conversation_id, m.sequence_index, m.human_content, m.assistant_content, m.source, m.created_at, m.intent_type, m.complexity, m.technical_depth, m.emotional_valence, m.urgency, m.conversation_mode, m.action_required, m.has_code, m.has_error, m.tags, m.cluster_id, m.cluster_label, m.cluster_confidence, m.access_count, m.last_accessed, m.extra, m.carry
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND (m.created_at, m.sequence_index) > ($1, $2)
ORDER BY m.created_at, m.sequence_index, m.id COLLATE "C" LIMIT $3;

-- ListPage: Lists one row more than the page holds.
-- For: node, newest first, after a node.
-- $1 after_time timestamptz, $2 after_place int8, $3 after_id text, $4 limit int8
SELECT m.id, m.conversation_id, m.sequence_index, m.human_content, m.assistant_content, m.source, m.created_at, m.intent_type, m.complexity, m.technical_depth, m.emotional_valence, m.urgency, m.conversation_mode, m.action_required, m.has_code, m.has_error, m.tags, m.cluster_id, m.cluster_label, m.cluster_confidence, m.access_count, m.last_accessed, m.extra, m.carry
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND (m.created_at, m.sequence_index, m.id COLLATE "C") < ($1, $2, $3)
ORDER BY m.created_at DESC, m.sequence_index DESC, m.id COLLATE "C" DESC LIMIT $4;

-- ListPage: Lists one row more than the page holds.
-- For: node, newest first, after a episode; node, newest first, after a chunk.
-- $1 after_time timestamptz, $2 after_place int8, $3 limit int8
SELECT m.id, m.conversation_id, m.sequence_index, m.human_content, m.assistant_content, m.source, m.created_at, m.intent_type, m.complexity, m.technical_depth, m.emotional_valence, m.urgency, m.conversation_mode, m.action_required, m.has_code, m.has_error, m.tags, m.cluster_id, m.cluster_label, m.cluster_confidence, m.access_count, m.last_accessed, m.extra, m.carry
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND (m.created_at, m.sequence_index) <= ($1, $2)
ORDER BY m.created_at DESC, m.sequence_index DESC, m.id COLLATE "C" DESC LIMIT $3;

-- ListPage: Lists one row more than the page holds.
-- For: episode, all.
-- $1 limit int8
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.id COLLATE "C" DESC LIMIT $1;

-- ListPage: Lists one row more than the page holds.
-- For: episode, sources.
-- $1 sources _text, $2 limit int8
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.source >= '' AND m.source = ANY ($1) AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: episode, since.
-- $1 since timestamptz, $2 limit int8
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND m.created_at >= $1 AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: episode, until.
-- $1 until timestamptz, $2 limit int8
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND m.created_at < $1 AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: episode, conversations.
-- $1 conversations _text, $2 limit int8
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry
FROM unnest($1) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = wanted.id OFFSET 0) m
WHERE true
ORDER BY m.created_at DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: episode, code.
-- $1 has_code bool, $2 limit int8
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.has_code = $1 AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: episode, tags.
-- $1 tags _text, $2 limit int8
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND $1 <@ ARRAY(SELECT item #>> '{}'
  FROM jsonb_each(CASE jsonb_typeof(m.llm_tags) WHEN 'object' THEN m.llm_tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
  WHERE jsonb_typeof(item) = 'string') AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: episode, a tag that no column holds.
-- $1 limit int8
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND false AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.id COLLATE "C" DESC LIMIT $1;

-- ListPage: Lists one row more than the page holds.
-- For: episode, oldest first, after a node.
-- $1 after_time timestamptz, $2 limit int8
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND (m.created_at) >= ($1)
ORDER BY m.created_at, m.id COLLATE "C" LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: episode, oldest first, after a episode.
-- $1 after_time timestamptz, $2 after_id text, $3 limit int8
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND (m.created_at, m.id COLLATE "C") > ($1, $2)
ORDER BY m.created_at, m.id COLLATE "C" LIMIT $3;

-- ListPage: Lists one row more than the page holds.
-- For: episode, oldest first, after a chunk.
-- $1 after_time timestamptz, $2 limit int8
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND (m.created_at) > ($1)
ORDER BY m.created_at, m.id COLLATE "C" LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: episode, newest first, after a node.
-- $1 after_time timestamptz, $2 limit int8
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND (m.created_at) < ($1)
ORDER BY m.created_at DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: episode, newest first, after a episode.
-- $1 after_time timestamptz, $2 after_id text, $3 limit int8
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND (m.created_at, m.id COLLATE "C") < ($1, $2)
ORDER BY m.created_at DESC, m.id COLLATE "C" DESC LIMIT $3;

-- ListPage: Lists one row more than the page holds.
-- For: episode, newest first, after a chunk.
-- $1 after_time timestamptz, $2 limit int8
SELECT m.id, m.title, m.messages, m.message_count, m.source, m.created_at, m.updated_at, m.duration_minutes, m.llm_tags, m.dominant_intent, m.avg_complexity, m.avg_technical_depth, m.emotional_arc, m.has_code, m.has_errors, m.urgency_max, m.memory_node_ids, m.related_episode_ids, m.access_count, m.last_accessed, m.extra, m.carry
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND (m.created_at) <= ($1)
ORDER BY m.created_at DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: chunk, all.
-- $1 limit int8
SELECT m.id, m.document_id, m.chunk_index, m.content, m.heading_path, m.page, m.source, m.created_at, m.has_code, m.tags, m.access_count, m.last_accessed, m.extra, m.carry
FROM document_chunks m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.chunk_index DESC, m.id COLLATE "C" DESC LIMIT $1;

-- ListPage: Lists one row more than the page holds.
-- For: chunk, sources.
-- $1 sources _text, $2 limit int8
SELECT m.id, m.document_id, m.chunk_index, m.content, m.heading_path, m.page, m.source, m.created_at, m.has_code, m.tags, m.access_count, m.last_accessed, m.extra, m.carry
FROM document_chunks m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.source >= '' AND m.source = ANY ($1) AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.chunk_index DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: chunk, since.
-- $1 since timestamptz, $2 limit int8
SELECT m.id, m.document_id, m.chunk_index, m.content, m.heading_path, m.page, m.source, m.created_at, m.has_code, m.tags, m.access_count, m.last_accessed, m.extra, m.carry
FROM document_chunks m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND m.created_at >= $1 AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.chunk_index DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: chunk, until.
-- $1 until timestamptz, $2 limit int8
SELECT m.id, m.document_id, m.chunk_index, m.content, m.heading_path, m.page, m.source, m.created_at, m.has_code, m.tags, m.access_count, m.last_accessed, m.extra, m.carry
FROM document_chunks m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND m.created_at < $1 AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.chunk_index DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: chunk, conversations.
-- $1 conversations _text, $2 limit int8
SELECT m.id, m.document_id, m.chunk_index, m.content, m.heading_path, m.page, m.source, m.created_at, m.has_code, m.tags, m.access_count, m.last_accessed, m.extra, m.carry
FROM unnest($1) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND document_id = wanted.id AND chunk_index >= 0
  ORDER BY chunk_index OFFSET 0) m
WHERE true
ORDER BY m.created_at DESC, m.chunk_index DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: chunk, code.
-- $1 has_code bool, $2 limit int8
SELECT m.id, m.document_id, m.chunk_index, m.content, m.heading_path, m.page, m.source, m.created_at, m.has_code, m.tags, m.access_count, m.last_accessed, m.extra, m.carry
FROM document_chunks m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.has_code = $1 AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.chunk_index DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: chunk, tags.
-- $1 tags _text, $2 limit int8
SELECT m.id, m.document_id, m.chunk_index, m.content, m.heading_path, m.page, m.source, m.created_at, m.has_code, m.tags, m.access_count, m.last_accessed, m.extra, m.carry
FROM document_chunks m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND $1 <@ ARRAY(SELECT item #>> '{}'
  FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
  WHERE jsonb_typeof(item) = 'string') AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.chunk_index DESC, m.id COLLATE "C" DESC LIMIT $2;

-- ListPage: Lists one row more than the page holds.
-- For: chunk, a tag that no column holds.
-- $1 limit int8
SELECT m.id, m.document_id, m.chunk_index, m.content, m.heading_path, m.page, m.source, m.created_at, m.has_code, m.tags, m.access_count, m.last_accessed, m.extra, m.carry
FROM document_chunks m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND false AND m.created_at >= '-infinity'
ORDER BY m.created_at DESC, m.chunk_index DESC, m.id COLLATE "C" DESC LIMIT $1;

-- ListPage: Lists one row more than the page holds.
-- For: chunk, oldest first, after a node; chunk, oldest first, after a episode.
-- $1 after_time timestamptz, $2 after_place int8, $3 limit int8
SELECT m.id, m.document_id, m.chunk_index, m.content, m.heading_path, m.page, m.source, m.created_at, m.has_code, m.tags, m.access_count, m.last_accessed, m.extra, m.carry
FROM document_chunks m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND (m.created_at, m.chunk_index) >= ($1, $2)
ORDER BY m.created_at, m.chunk_index, m.id COLLATE "C" LIMIT $3;

-- ListPage: Lists one row more than the page holds.
-- For: chunk, oldest first, after a chunk.
-- $1 after_time timestamptz, $2 after_place int8, $3 after_id text, $4 limit int8
SELECT m.id, m.document_id, m.chunk_index, m.content, m.heading_path, m.page, m.source, m.created_at, m.has_code, m.tags, m.access_count, m.last_accessed, m.extra, m.carry
FROM document_chunks m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND (m.created_at, m.chunk_index, m.id COLLATE "C") > ($1, $2, $3)
ORDER BY m.created_at, m.chunk_index, m.id COLLATE "C" LIMIT $4;

-- ListPage: Lists one row more than the page holds.
-- For: chunk, newest first, after a node; chunk, newest first, after a episode.
-- $1 after_time timestamptz, $2 after_place int8, $3 limit int8
SELECT m.id, m.document_id, m.chunk_index, m.content, m.heading_path, m.page, m.source, m.created_at, m.has_code, m.tags, m.access_count, m.last_accessed, m.extra, m.carry
FROM document_chunks m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND (m.created_at, m.chunk_index) < ($1, $2)
ORDER BY m.created_at DESC, m.chunk_index DESC, m.id COLLATE "C" DESC LIMIT $3;

-- ListPage: Lists one row more than the page holds.
-- For: chunk, newest first, after a chunk.
-- $1 after_time timestamptz, $2 after_place int8, $3 after_id text, $4 limit int8
SELECT m.id, m.document_id, m.chunk_index, m.content, m.heading_path, m.page, m.source, m.created_at, m.has_code, m.tags, m.access_count, m.last_accessed, m.extra, m.carry
FROM document_chunks m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND (m.created_at, m.chunk_index, m.id COLLATE "C") < ($1, $2, $3)
ORDER BY m.created_at DESC, m.chunk_index DESC, m.id COLLATE "C" DESC LIMIT $4;

-- CountPassing: Counts the memories that pass a filter.
-- For: node, all.
SELECT count(*)
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001';

-- CountPassing: Counts the memories that pass a filter.
-- For: node, sources.
-- $1 sources _text
SELECT count(*)
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.source >= '' AND m.source = ANY ($1);

-- CountPassing: Counts the memories that pass a filter.
-- For: node, since.
-- $1 since timestamptz
SELECT count(*)
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND m.created_at >= $1;

-- CountPassing: Counts the memories that pass a filter.
-- For: node, until.
-- $1 until timestamptz
SELECT count(*)
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND m.created_at < $1;

-- CountPassing: Counts the memories that pass a filter.
-- For: node, clusters.
-- $1 clusters _int8
SELECT count(*)
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.cluster_id = ANY ($1);

-- CountPassing: Counts the memories that pass a filter.
-- For: node, conversations.
-- $1 conversations _text
SELECT count(*)
FROM unnest($1) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM memory_nodes
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND conversation_id = wanted.id AND sequence_index >= 0
  ORDER BY sequence_index OFFSET 0) m
WHERE true;

-- CountPassing: Counts the memories that pass a filter.
-- For: node, code.
-- $1 has_code bool
SELECT count(*)
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.has_code = $1;

-- CountPassing: Counts the memories that pass a filter.
-- For: node, tags.
-- $1 tags _text
SELECT count(*)
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND $1 <@ ARRAY(SELECT item #>> '{}'
  FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
  WHERE jsonb_typeof(item) = 'string');

-- CountPassing: Counts the memories that pass a filter.
-- For: node, a tag that no column holds.
SELECT count(*)
FROM memory_nodes m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND false;

-- CountPassing: Counts the memories that pass a filter.
-- For: episode, all.
SELECT count(*)
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001';

-- CountPassing: Counts the memories that pass a filter.
-- For: episode, sources.
-- $1 sources _text
SELECT count(*)
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.source >= '' AND m.source = ANY ($1);

-- CountPassing: Counts the memories that pass a filter.
-- For: episode, since.
-- $1 since timestamptz
SELECT count(*)
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND m.created_at >= $1;

-- CountPassing: Counts the memories that pass a filter.
-- For: episode, until.
-- $1 until timestamptz
SELECT count(*)
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND m.created_at < $1;

-- CountPassing: Counts the memories that pass a filter.
-- For: episode, conversations.
-- $1 conversations _text
SELECT count(*)
FROM unnest($1) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM episodic_memories
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND id = wanted.id OFFSET 0) m
WHERE true;

-- CountPassing: Counts the memories that pass a filter.
-- For: episode, code.
-- $1 has_code bool
SELECT count(*)
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.has_code = $1;

-- CountPassing: Counts the memories that pass a filter.
-- For: episode, tags.
-- $1 tags _text
SELECT count(*)
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND $1 <@ ARRAY(SELECT item #>> '{}'
  FROM jsonb_each(CASE jsonb_typeof(m.llm_tags) WHEN 'object' THEN m.llm_tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
  WHERE jsonb_typeof(item) = 'string');

-- CountPassing: Counts the memories that pass a filter.
-- For: episode, a tag that no column holds.
SELECT count(*)
FROM episodic_memories m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND false;

-- CountPassing: Counts the memories that pass a filter.
-- For: chunk, all.
SELECT count(*)
FROM document_chunks m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001';

-- CountPassing: Counts the memories that pass a filter.
-- For: chunk, sources.
-- $1 sources _text
SELECT count(*)
FROM document_chunks m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.source >= '' AND m.source = ANY ($1);

-- CountPassing: Counts the memories that pass a filter.
-- For: chunk, since.
-- $1 since timestamptz
SELECT count(*)
FROM document_chunks m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND m.created_at >= $1;

-- CountPassing: Counts the memories that pass a filter.
-- For: chunk, until.
-- $1 until timestamptz
SELECT count(*)
FROM document_chunks m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.created_at >= '-infinity' AND m.created_at < $1;

-- CountPassing: Counts the memories that pass a filter.
-- For: chunk, conversations.
-- $1 conversations _text
SELECT count(*)
FROM unnest($1) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = '00000000-0000-0000-0000-000000000001' AND document_id = wanted.id AND chunk_index >= 0
  ORDER BY chunk_index OFFSET 0) m
WHERE true;

-- CountPassing: Counts the memories that pass a filter.
-- For: chunk, code.
-- $1 has_code bool
SELECT count(*)
FROM document_chunks m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND m.has_code = $1;

-- CountPassing: Counts the memories that pass a filter.
-- For: chunk, tags.
-- $1 tags _text
SELECT count(*)
FROM document_chunks m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND $1 <@ ARRAY(SELECT item #>> '{}'
  FROM jsonb_each(CASE jsonb_typeof(m.tags) WHEN 'object' THEN m.tags ELSE '{}' END) AS list, jsonb_array_elements(CASE jsonb_typeof(list.value) WHEN 'array' THEN list.value ELSE '[]' END) AS item
  WHERE jsonb_typeof(item) = 'string');

-- CountPassing: Counts the memories that pass a filter.
-- For: chunk, a tag that no column holds.
SELECT count(*)
FROM document_chunks m
WHERE m.scope_id = '00000000-0000-0000-0000-000000000001' AND false;

-- ListClusters: Lists clusters, each with how many memories it has.
-- For: node.
-- $1 scope uuid
SELECT cluster_id, cluster_label, count(*)
FROM memory_nodes
WHERE scope_id = $1 AND cluster_id IS NOT NULL GROUP BY 1, 2;
