-- Tulving, schema version 2: what search reads besides memories and their narrow vectors.
--
--   tulving schema apply        or        psql "$DATABASE_URL" -f db/migrations/002_search.sql
--
-- One transaction, safe to run again, safe from several sessions at once. After psql, memories that
-- were there before are found by words once `tulving index` has gone through them; `tulving schema
-- apply` does that by itself.

\set ON_ERROR_STOP on
BEGIN;

SET LOCAL client_min_messages = warning;

DO $$ BEGIN PERFORM pg_advisory_xact_lock(hashtextextended('tulving.schema', 0)); END $$;

-- ---------------------------------------------------------------------------------------------
-- The keyword index numbers memories, nodes and episodes apart, within their scope.

ALTER TABLE memory_nodes ADD COLUMN IF NOT EXISTS doc integer, ADD COLUMN IF NOT EXISTS tokens integer;
ALTER TABLE episodic_memories ADD COLUMN IF NOT EXISTS doc integer, ADD COLUMN IF NOT EXISTS tokens integer;
CREATE UNIQUE INDEX IF NOT EXISTS memory_nodes_doc ON memory_nodes (scope_id, doc) WHERE doc IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS episodic_memories_doc ON episodic_memories (scope_id, doc) WHERE doc IS NOT NULL;
-- Almost always empty, so that looking whether it is costs nothing.
CREATE INDEX IF NOT EXISTS memory_nodes_unread ON memory_nodes (scope_id) WHERE doc IS NULL;
CREATE INDEX IF NOT EXISTS episodic_memories_unread ON episodic_memories (scope_id) WHERE doc IS NULL;
COMMENT ON COLUMN memory_nodes.doc IS 'Number in the keyword index; NULL: not found by words until tulving index.';
COMMENT ON COLUMN memory_nodes.tokens IS 'How many words the keyword index counts.';
COMMENT ON COLUMN episodic_memories.doc IS 'Number in the keyword index; NULL: not found by words until tulving index.';
COMMENT ON COLUMN episodic_memories.tokens IS 'How many words the keyword index counts.';

-- A row for each bucket of terms and batch of memories: a bulk load writes few, and reading those of a
-- term is one range of the key. There is no GIN index, because PostgreSQL uses none under row-level
-- security.

CREATE TABLE IF NOT EXISTS node_postings (
    scope_id uuid     NOT NULL REFERENCES scopes (scope_id) ON DELETE CASCADE,
    block    integer  NOT NULL,
    bucket   smallint NOT NULL,
    postings bytea    NOT NULL,
    PRIMARY KEY (scope_id, bucket, block)
);
CREATE TABLE IF NOT EXISTS episode_postings (LIKE node_postings INCLUDING ALL);
DO $$
BEGIN
    -- LIKE does not take foreign keys along.
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'episode_postings'::regclass AND contype = 'f') THEN
        ALTER TABLE episode_postings ADD FOREIGN KEY (scope_id) REFERENCES scopes (scope_id) ON DELETE CASCADE;
    END IF;
END $$;
-- Postings are compressed already.
ALTER TABLE node_postings ALTER COLUMN postings SET STORAGE EXTERNAL;
ALTER TABLE episode_postings ALTER COLUMN postings SET STORAGE EXTERNAL;
COMMENT ON TABLE node_postings IS 'Which nodes hold which terms: the keyword index.';
COMMENT ON COLUMN node_postings.block IS 'The lowest number that a node of the batch can have.';
COMMENT ON COLUMN node_postings.bucket IS 'FNV-1a of the term, halves folded, modulo 512.';
COMMENT ON COLUMN node_postings.postings IS 'For each term: length, term, length of what follows; then for each node its doc less the one before (the first: less block), how often it holds the term, how many words it has. All numbers as seven bits a byte, lowest first.';
COMMENT ON TABLE episode_postings IS 'Which episodes hold which terms: the keyword index.';
COMMENT ON COLUMN episode_postings.block IS 'The lowest number that an episode of the batch can have.';
COMMENT ON COLUMN episode_postings.bucket IS 'As in node_postings.';
COMMENT ON COLUMN episode_postings.postings IS 'As in node_postings.';

-- ---------------------------------------------------------------------------------------------
-- What a scope holds. Writers lock the row, and so happen one after the other.

ALTER TABLE scopes
    ADD COLUMN IF NOT EXISTS space_id          integer REFERENCES embedding_spaces (space_id),
    ADD COLUMN IF NOT EXISTS node_next         integer   NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS node_fresh        integer   NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS node_documents    bigint    NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS node_tokens       bigint    NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS node_dead         integer[] NOT NULL DEFAULT '{}',
    ADD COLUMN IF NOT EXISTS episode_next      integer   NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS episode_fresh     integer   NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS episode_documents bigint    NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS episode_tokens    bigint    NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS episode_dead      integer[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN scopes.space_id IS 'The space of the vectors that are searched: that of the first that was written.';
COMMENT ON COLUMN scopes.node_next IS 'The number that the next node gets in the keyword index.';
COMMENT ON COLUMN scopes.node_fresh IS 'Blocks of postings from this number on are small, and not yet merged.';
COMMENT ON COLUMN scopes.node_documents IS 'Nodes in the keyword index.';
COMMENT ON COLUMN scopes.node_tokens IS 'Words of all of them.';
COMMENT ON COLUMN scopes.node_dead IS 'Numbers of nodes that are gone and still have postings.';
COMMENT ON COLUMN scopes.episode_next IS 'The number that the next episode gets in the keyword index.';
COMMENT ON COLUMN scopes.episode_fresh IS 'Blocks of postings from this number on are small, and not yet merged.';
COMMENT ON COLUMN scopes.episode_documents IS 'Episodes in the keyword index.';
COMMENT ON COLUMN scopes.episode_tokens IS 'Words of all of them.';
COMMENT ON COLUMN scopes.episode_dead IS 'Numbers of episodes that are gone and still have postings.';

-- ---------------------------------------------------------------------------------------------
-- The wall, as in version 1.

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['node_postings', 'episode_postings']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('DROP POLICY IF EXISTS bound_scope ON %I', t);
        EXECUTE format(
            'CREATE POLICY bound_scope ON %I '
            'USING (scope_id = nullif(current_setting(''tulving.scope_id'', true), '''')::uuid) '
            'WITH CHECK (scope_id = nullif(current_setting(''tulving.scope_id'', true), '''')::uuid)', t);
        EXECUTE format('REVOKE ALL ON %I FROM PUBLIC, tulving_app', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO tulving_app', t);
    END LOOP;
END $$;

-- Who owns a scope stays out of the application role's reach.
GRANT UPDATE (space_id,
              node_next, node_fresh, node_documents, node_tokens, node_dead,
              episode_next, episode_fresh, episode_documents, episode_tokens, episode_dead)
    ON scopes TO tulving_app;

-- Scopes that hold vectors already have a space. Each is bound in turn, because the owner of the
-- tables is held to the wall as well.
DO $$
DECLARE
    owner uuid;
BEGIN
    FOR owner IN SELECT id FROM users UNION ALL SELECT id FROM tenants
    LOOP
        PERFORM set_config('tulving.scope_id', owner::text, true);
        UPDATE scopes
        SET space_id = coalesce(
            (SELECT space_id FROM memory_nodes
             WHERE scope_id = owner AND space_id IS NOT NULL ORDER BY ord LIMIT 1),
            (SELECT space_id FROM episodic_memories
             WHERE scope_id = owner AND space_id IS NOT NULL ORDER BY ord LIMIT 1))
        WHERE scope_id = owner AND space_id IS NULL;
    END LOOP;
    PERFORM set_config('tulving.scope_id', '', true);
END $$;

INSERT INTO tulving_schema_versions (version, name)
SELECT 2, 'search'
WHERE NOT EXISTS (SELECT FROM tulving_schema_versions WHERE version = 2);

COMMIT;
