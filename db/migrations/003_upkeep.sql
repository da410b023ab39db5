-- Tulving, schema version 3: at home in any schema, and repaired where something is missing.
--
--   tulving schema apply        or        psql "$DATABASE_URL" -f db/migrations/003_upkeep.sql
--
-- One transaction, safe to run again, safe from several sessions at once.

\set ON_ERROR_STOP on
BEGIN;

SET LOCAL client_min_messages = warning;

DO $$ BEGIN PERFORM pg_advisory_xact_lock(hashtextextended('tulving.schema', 0)); END $$;

-- ---------------------------------------------------------------------------------------------
-- Functions and privileges.

-- ---------------------------------------------------------------------------------------------
-- How memories are read by id, by number and by conversation.
--
-- An id is read by the primary key and nothing else, whatever the planner believes of a scope. So every
-- other index has a condition, and serves only statements that name it. Those of conversations, times and
-- sources hold for every row. Foreign keys ask by id as well, with statements of their own.

DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN
        SELECT of_table, name, format('%s WHERE (%s)', columns, condition) AS what
        FROM (VALUES
            ('memory_nodes', 'memory_nodes_conversation',
             '(scope_id, conversation_id, sequence_index)', 'sequence_index >= 0'),
            ('memory_nodes', 'memory_nodes_source',
             '(scope_id, source)', $q$source >= ''::text$q$),
            ('memory_nodes', 'memory_nodes_time',
             '(scope_id, created_at, sequence_index, id COLLATE "C")',
             $q$created_at >= '-infinity'::timestamp with time zone$q$),
            ('memory_nodes', 'memory_nodes_unread', '(scope_id, ord)', 'doc IS NULL'),
            ('episodic_memories', 'episodic_memories_source',
             '(scope_id, source)', $q$source >= ''::text$q$),
            ('episodic_memories', 'episodic_memories_time',
             '(scope_id, created_at, id COLLATE "C")',
             $q$created_at >= '-infinity'::timestamp with time zone$q$),
            ('episodic_memories', 'episodic_memories_unread', '(scope_id, ord)', 'doc IS NULL')
        ) AS indexes (of_table, name, columns, condition)
    LOOP
        CONTINUE WHEN right(pg_get_indexdef(to_regclass(wanted.name)), length(wanted.what)) = wanted.what;
        EXECUTE format('DROP INDEX IF EXISTS %I', wanted.name);
        EXECUTE format('CREATE INDEX %I ON %I %s', wanted.name, wanted.of_table, wanted.what);
    END LOOP;
END $$;

-- ---------------------------------------------------------------------------------------------
-- The keyword index.

-- ---------------------------------------------------------------------------------------------
-- Owners.

INSERT INTO tulving_schema_versions (version, name)
SELECT 3, 'upkeep'
WHERE NOT EXISTS (SELECT FROM tulving_schema_versions WHERE version = 3);

COMMIT;
