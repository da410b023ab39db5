-- Tulving, schema version 1: owners, scopes, memories, the ledger of runs.
--
--   tulving schema apply        or        psql "$DATABASE_URL" -f db/migrations/001_memory_tables.sql
--
-- One transaction, safe to run again, safe from several sessions at once.
-- PostgreSQL 15 or newer, pgvector 0.8.2 or newer.

\set ON_ERROR_STOP on
BEGIN;

SET LOCAL client_min_messages = warning;

-- Two sessions that apply at once go one after the other.
DO $$ BEGIN PERFORM pg_advisory_xact_lock(hashtextextended('tulving.schema', 0)); END $$;

CREATE EXTENSION IF NOT EXISTS vector;

-- ---------------------------------------------------------------------------------------------
-- The role under which every statement on memories runs. It owns nothing, cannot log in and
-- cannot bypass row-level security. Roles belong to the whole server: a session in another
-- database may be creating it, or granting it, at this moment.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tulving_app') THEN
        CREATE ROLE tulving_app NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- the other session made it
END $$;

-- A login role that is no superuser must be a member to take the role on.
DO $$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT tulving_app TO %I', current_user);
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        NULL;
    WHEN insufficient_privilege THEN
        -- Someone else administers the role: being a member already is enough.
        IF NOT pg_has_role(current_user, 'tulving_app', 'MEMBER') THEN
            RAISE EXCEPTION 'role % may not take on the role tulving_app', current_user
                USING ERRCODE = 'insufficient_privilege',
                      HINT = format('As an administrator of the server: GRANT tulving_app TO %I', current_user);
        END IF;
END $$;

-- ---------------------------------------------------------------------------------------------
-- Versions of this schema.

CREATE TABLE IF NOT EXISTS tulving_schema_versions (
    version    integer     PRIMARY KEY CHECK (version > 0),
    name       text        NOT NULL,
    checksum   text,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tulving_schema_versions IS 'Which files of db/migrations this database has seen.';
COMMENT ON COLUMN tulving_schema_versions.checksum IS 'SHA-256 of the file, in hex; NULL until tulving schema apply fills it in after psql.';

-- ---------------------------------------------------------------------------------------------
-- Owners.

CREATE TABLE IF NOT EXISTS tenants (
    id              uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    name            text        NOT NULL,
    azure_tenant_id text        UNIQUE,
    config          jsonb       NOT NULL DEFAULT '{}',
    voice_engine    text,
    created_at      timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tenants IS 'Organisations. Inserting one makes its scope.';
COMMENT ON COLUMN tenants.azure_tenant_id IS 'The tenant''s id at its identity provider.';
COMMENT ON COLUMN tenants.config IS 'Settings of the assistant for this tenant; Tulving does not read them.';
COMMENT ON COLUMN tenants.voice_engine IS 'Kept for the assistant; Tulving does not read it.';

CREATE TABLE IF NOT EXISTS users (
    id            uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    auth_provider text        NOT NULL DEFAULT 'local',
    external_id   text        NOT NULL DEFAULT gen_random_uuid()::text,
    email         text,
    tenant_id     uuid        REFERENCES tenants (id) ON DELETE SET NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (auth_provider, external_id)
);
CREATE INDEX IF NOT EXISTS users_tenant ON users (tenant_id) WHERE tenant_id IS NOT NULL;
COMMENT ON TABLE users IS 'People. Inserting one makes the scope of their own memories.';
COMMENT ON COLUMN users.auth_provider IS 'Who vouches for the person; unique together with external_id.';
COMMENT ON COLUMN users.external_id IS 'The person''s id at auth_provider.';
COMMENT ON COLUMN users.email IS 'Not readable by tulving_app.';
COMMENT ON COLUMN users.tenant_id IS 'The organisation the person belongs to. The tenant''s memories are not the person''s.';

-- ---------------------------------------------------------------------------------------------
-- Scopes: who owns a memory. Exactly one user or one tenant.

CREATE TABLE IF NOT EXISTS scopes (
    scope_id   uuid        PRIMARY KEY,
    user_id    uuid        UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    tenant_id  uuid        UNIQUE REFERENCES tenants (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT scopes_one_owner
        CHECK (num_nonnulls(user_id, tenant_id) = 1 AND scope_id = coalesce(user_id, tenant_id))
);
COMMENT ON TABLE scopes IS 'One row for each user and each tenant; every memory belongs to one. Made by triggers on users and tenants.';
COMMENT ON COLUMN scopes.scope_id IS 'The UUID of the user or of the tenant.';

-- ---------------------------------------------------------------------------------------------
-- Embedding spaces: vectors of different spaces are never compared.

CREATE TABLE IF NOT EXISTS embedding_spaces (
    space_id   integer     GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    provider   text        NOT NULL,
    model      text        NOT NULL,
    dims       integer     NOT NULL CHECK (dims BETWEEN 1 AND 16000),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (provider, model, dims),
    UNIQUE (space_id, dims)
);
COMMENT ON TABLE embedding_spaces IS 'One embedding model with its dimension.';
COMMENT ON COLUMN embedding_spaces.provider IS 'Who ran the model: builtin, http or local.';
COMMENT ON COLUMN embedding_spaces.dims IS 'Numbers in a vector.';

INSERT INTO embedding_spaces (provider, model, dims)
SELECT 'local', 'BAAI/bge-m3', 1024
WHERE NOT EXISTS (SELECT FROM embedding_spaces WHERE provider = 'local' AND model = 'BAAI/bge-m3' AND dims = 1024);

-- ---------------------------------------------------------------------------------------------
-- Nodes: one question and its answer.

CREATE TABLE IF NOT EXISTS memory_nodes (
    scope_id           uuid             NOT NULL REFERENCES scopes (scope_id) ON DELETE CASCADE,
    id                 text             NOT NULL CHECK (char_length(id) BETWEEN 1 AND 255),
    user_id            uuid,
    tenant_id          uuid,
    ord                bigint           NOT NULL CHECK (ord >= 0),
    conversation_id    text             NOT NULL,
    sequence_index     bigint           NOT NULL CHECK (sequence_index >= 0),
    human_content      text             NOT NULL,
    assistant_content  text             NOT NULL,
    source             text             NOT NULL,
    created_at         timestamptz      NOT NULL,
    intent_type        text             NOT NULL DEFAULT 'statement'
        CHECK (intent_type IN ('question', 'request', 'statement', 'complaint', 'celebration')),
    complexity         text             NOT NULL DEFAULT 'simple'
        CHECK (complexity IN ('simple', 'moderate', 'complex')),
    technical_depth    smallint         NOT NULL DEFAULT 0 CHECK (technical_depth BETWEEN 0 AND 10),
    emotional_valence  text             NOT NULL DEFAULT 'neutral'
        CHECK (emotional_valence IN ('positive', 'neutral', 'negative')),
    urgency            text             NOT NULL DEFAULT 'low' CHECK (urgency IN ('low', 'medium', 'high')),
    conversation_mode  text             NOT NULL DEFAULT 'chat'
        CHECK (conversation_mode IN ('chat', 'debug', 'brainstorm', 'review')),
    action_required    boolean          NOT NULL DEFAULT false,
    has_code           boolean          NOT NULL DEFAULT false,
    has_error          boolean          NOT NULL DEFAULT false,
    tags               jsonb            NOT NULL DEFAULT '{}',
    cluster_id         bigint,
    cluster_label      text,
    cluster_confidence double precision NOT NULL DEFAULT 0 CHECK (cluster_confidence BETWEEN 0 AND 1),
    access_count       bigint           NOT NULL DEFAULT 0 CHECK (access_count >= 0),
    last_accessed      timestamptz,
    extra              jsonb            NOT NULL DEFAULT '{}',
    carry              bytea,
    space_id           integer,
    dims               integer,
    embedding          vector,
    PRIMARY KEY (scope_id, id),
    FOREIGN KEY (space_id, dims) REFERENCES embedding_spaces (space_id, dims),
    CONSTRAINT memory_nodes_one_owner
        CHECK (num_nonnulls(user_id, tenant_id) = 1 AND scope_id = coalesce(user_id, tenant_id)),
    CONSTRAINT memory_nodes_dims
        CHECK (embedding IS NULL OR num_nonnulls(space_id, dims) = 2 AND vector_dims(embedding) = dims)
) WITH (toast_tuple_target = 4080); -- wide vectors go out of line; texts of ordinary length are not compressed
CREATE INDEX IF NOT EXISTS memory_nodes_conversation ON memory_nodes (scope_id, conversation_id, sequence_index);
CREATE INDEX IF NOT EXISTS memory_nodes_cluster ON memory_nodes (scope_id, cluster_id) WHERE cluster_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS memory_nodes_source ON memory_nodes (scope_id, source);
CREATE INDEX IF NOT EXISTS memory_nodes_time ON memory_nodes (scope_id, created_at);

COMMENT ON TABLE memory_nodes IS 'Process memory: one question and its answer.';
COMMENT ON COLUMN memory_nodes.scope_id IS 'Owner; equal ids in two scopes are two rows.';
COMMENT ON COLUMN memory_nodes.id IS 'mem_ and 16 hex digits in newer data; older data holds other strings.';
COMMENT ON COLUMN memory_nodes.user_id IS 'scope_id once more where the owner is a user.';
COMMENT ON COLUMN memory_nodes.tenant_id IS 'scope_id once more where the owner is a tenant.';
COMMENT ON COLUMN memory_nodes.ord IS 'Place in the source, from 0.';
COMMENT ON COLUMN memory_nodes.sequence_index IS 'Place in the conversation, from 0.';
COMMENT ON COLUMN memory_nodes.human_content IS 'The question; U+FFFD where text cannot hold a character (carry has it).';
COMMENT ON COLUMN memory_nodes.assistant_content IS 'The answer; U+FFFD where text cannot hold a character (carry has it).';
COMMENT ON COLUMN memory_nodes.source IS 'Where the conversation was held: anthropic, openai, grok, gemini, …';
COMMENT ON COLUMN memory_nodes.created_at IS 'Times without a zone are taken as UTC.';
COMMENT ON COLUMN memory_nodes.technical_depth IS '0 to 10.';
COMMENT ON COLUMN memory_nodes.tags IS 'domains, topics, entities, processes: lists of strings.';
COMMENT ON COLUMN memory_nodes.cluster_id IS '-1 is noise, NULL is not clustered.';
COMMENT ON COLUMN memory_nodes.cluster_confidence IS '0 to 1.';
COMMENT ON COLUMN memory_nodes.extra IS 'Fields of the source that this table has no column for.';
COMMENT ON COLUMN memory_nodes.carry IS 'What the columns cannot give back of the source record, verbatim; NULL where they can.';
COMMENT ON COLUMN memory_nodes.space_id IS 'The embedding space of the vector.';
COMMENT ON COLUMN memory_nodes.dims IS 'Numbers in the vector.';
COMMENT ON COLUMN memory_nodes.embedding IS 'The exact floats of the source.';

-- ---------------------------------------------------------------------------------------------
-- Episodes: whole conversations.

CREATE TABLE IF NOT EXISTS episodic_memories (
    scope_id            uuid             NOT NULL REFERENCES scopes (scope_id) ON DELETE CASCADE,
    id                  text             NOT NULL CHECK (char_length(id) BETWEEN 1 AND 255),
    user_id             uuid,
    tenant_id           uuid,
    ord                 bigint           NOT NULL CHECK (ord >= 0),
    title               text             NOT NULL DEFAULT '',
    messages            jsonb            NOT NULL,
    message_count       bigint           NOT NULL DEFAULT 0 CHECK (message_count >= 0),
    source              text             NOT NULL,
    created_at          timestamptz      NOT NULL,
    updated_at          timestamptz,
    duration_minutes    double precision NOT NULL DEFAULT 0,
    llm_tags            jsonb            NOT NULL DEFAULT '{}',
    dominant_intent     text             NOT NULL DEFAULT 'statement',
    avg_complexity      double precision NOT NULL DEFAULT 0,
    avg_technical_depth double precision NOT NULL DEFAULT 0,
    emotional_arc       text             NOT NULL DEFAULT '',
    has_code            boolean          NOT NULL DEFAULT false,
    has_errors          boolean          NOT NULL DEFAULT false,
    urgency_max         text             NOT NULL DEFAULT 'low',
    memory_node_ids     text[]           NOT NULL DEFAULT '{}',
    related_episode_ids text[]           NOT NULL DEFAULT '{}',
    access_count        bigint           NOT NULL DEFAULT 0 CHECK (access_count >= 0),
    last_accessed       timestamptz,
    extra               jsonb            NOT NULL DEFAULT '{}',
    carry               bytea,
    space_id            integer,
    dims                integer,
    embedding           vector,
    PRIMARY KEY (scope_id, id),
    FOREIGN KEY (space_id, dims) REFERENCES embedding_spaces (space_id, dims),
    CONSTRAINT episodic_memories_one_owner
        CHECK (num_nonnulls(user_id, tenant_id) = 1 AND scope_id = coalesce(user_id, tenant_id)),
    CONSTRAINT episodic_memories_dims
        CHECK (embedding IS NULL OR num_nonnulls(space_id, dims) = 2 AND vector_dims(embedding) = dims)
);
CREATE INDEX IF NOT EXISTS episodic_memories_source ON episodic_memories (scope_id, source);
CREATE INDEX IF NOT EXISTS episodic_memories_time ON episodic_memories (scope_id, created_at);

COMMENT ON TABLE episodic_memories IS 'Episodic memory: a whole conversation.';
COMMENT ON COLUMN episodic_memories.scope_id IS 'Owner; equal ids in two scopes are two rows.';
COMMENT ON COLUMN episodic_memories.ord IS 'Place in the source, from 0.';
COMMENT ON COLUMN episodic_memories.messages IS 'All messages, in order: objects with at least role and content.';
COMMENT ON COLUMN episodic_memories.duration_minutes IS 'Minutes from the first message to the last.';
COMMENT ON COLUMN episodic_memories.llm_tags IS 'What a language model said of the conversation: summary, outcome, …';
COMMENT ON COLUMN episodic_memories.emotional_arc IS 'Such as neutral→positive.';
COMMENT ON COLUMN episodic_memories.memory_node_ids IS 'Ids of the nodes of this conversation, in the same scope.';
COMMENT ON COLUMN episodic_memories.extra IS 'Fields of the source that this table has no column for.';
COMMENT ON COLUMN episodic_memories.carry IS 'What the columns cannot give back of the source record, verbatim; NULL where they can.';
COMMENT ON COLUMN episodic_memories.embedding IS 'The exact floats of the source.';

-- ---------------------------------------------------------------------------------------------
-- The narrow form that vector search reads: normalised, half precision, in line on its pages.
-- No row for an all-zero vector. Derived from embedding; verified against it.

CREATE TABLE IF NOT EXISTS node_vectors (
    scope_id uuid    NOT NULL,
    id       text    NOT NULL,
    space_id integer NOT NULL,
    v        halfvec NOT NULL,
    PRIMARY KEY (scope_id, id, space_id),
    FOREIGN KEY (scope_id, id) REFERENCES memory_nodes (scope_id, id) ON DELETE CASCADE
) WITH (toast_tuple_target = 8160);
COMMENT ON TABLE node_vectors IS 'memory_nodes.embedding, normalised and in half precision, for search.';
COMMENT ON COLUMN node_vectors.v IS 'Length 1; a node whose vector is all zero has no row here.';

CREATE TABLE IF NOT EXISTS episode_vectors (
    scope_id uuid    NOT NULL,
    id       text    NOT NULL,
    space_id integer NOT NULL,
    v        halfvec NOT NULL,
    PRIMARY KEY (scope_id, id, space_id),
    FOREIGN KEY (scope_id, id) REFERENCES episodic_memories (scope_id, id) ON DELETE CASCADE
) WITH (toast_tuple_target = 8160);
COMMENT ON TABLE episode_vectors IS 'episodic_memories.embedding, normalised and in half precision, for search.';
COMMENT ON COLUMN episode_vectors.v IS 'Length 1; an episode whose vector is all zero has no row here.';

-- ---------------------------------------------------------------------------------------------
-- The ledger: what was moved, and how far it came. A chunk and its rows commit together.

CREATE TABLE IF NOT EXISTS runs (
    scope_id    uuid        NOT NULL REFERENCES scopes (scope_id) ON DELETE CASCADE,
    run_id      uuid        NOT NULL,
    kind        text        NOT NULL CHECK (kind IN ('migrate')),
    status      text        NOT NULL CHECK (status IN ('running', 'interrupted', 'finished', 'abandoned')),
    phase       text        NOT NULL,
    inputs      jsonb       NOT NULL,
    verified    boolean,
    result      jsonb,
    error       text,
    version     text        NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    PRIMARY KEY (scope_id, run_id)
);
CREATE INDEX IF NOT EXISTS runs_started ON runs (started_at);
COMMENT ON TABLE runs IS 'One row for each migration of a scope.';
COMMENT ON COLUMN runs.inputs IS 'What an unfinished run is bound to: checksums of the source files, target, options.';
COMMENT ON COLUMN runs.verified IS 'Whether source and target were proved equal at the end.';
COMMENT ON COLUMN runs.version IS 'Version of the program.';

CREATE TABLE IF NOT EXISTS run_chunks (
    scope_id   uuid    NOT NULL,
    run_id     uuid    NOT NULL,
    kind       text    NOT NULL CHECK (kind IN ('node', 'episode')),
    chunk      integer NOT NULL,
    first_row  bigint  NOT NULL,
    row_count  integer NOT NULL,
    byte_start bigint  NOT NULL,
    byte_count bigint  NOT NULL,
    inserted   integer,
    updated    integer,
    unchanged  integer,
    kept       integer,
    rejected   integer,
    done_at    timestamptz,
    PRIMARY KEY (scope_id, run_id, kind, chunk),
    FOREIGN KEY (scope_id, run_id) REFERENCES runs (scope_id, run_id) ON DELETE CASCADE
);
COMMENT ON TABLE run_chunks IS 'The work of a run, cut once in source order.';
COMMENT ON COLUMN run_chunks.first_row IS 'Index of the first row in the source file.';
COMMENT ON COLUMN run_chunks.byte_start IS 'Where the first row begins in the source file.';
COMMENT ON COLUMN run_chunks.done_at IS 'Set in the transaction that wrote the rows.';

-- ---------------------------------------------------------------------------------------------
-- Row-level security: no scope bound, no rows. Forced, so that the owner is held to it as well.

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['scopes', 'memory_nodes', 'episodic_memories', 'node_vectors',
                             'episode_vectors', 'runs', 'run_chunks']
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

-- Scopes are made by the triggers below, not by the application role.
REVOKE INSERT, UPDATE, DELETE ON scopes FROM tulving_app;
-- What a member of the role needs besides memories, so that membership is all it needs.
GRANT SELECT ON tulving_schema_versions TO tulving_app;
GRANT SELECT, INSERT ON embedding_spaces TO tulving_app;
REVOKE ALL ON users, tenants FROM PUBLIC, tulving_app;

-- Bulk loads stage rows in temporary tables. Everyone may make them unless an administrator
-- took that away; then only the owner of the database can give it back.
DO $$
BEGIN
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO tulving_app', current_database());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END $$;

-- Whoever keeps the schema may list the runs of all scopes; they hold no memories.
DROP POLICY IF EXISTS keeper_reads ON runs;
CREATE POLICY keeper_reads ON runs FOR SELECT TO CURRENT_USER USING (true);
DROP POLICY IF EXISTS keeper_reads ON run_chunks;
CREATE POLICY keeper_reads ON run_chunks FOR SELECT TO CURRENT_USER USING (true);

-- ---------------------------------------------------------------------------------------------
-- A new owner's scope comes by itself. The trigger binds the scope it makes, so that it works
-- for an owner under forced row-level security too, and puts the former binding back.

CREATE OR REPLACE FUNCTION tulving_make_scope() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    bound text := coalesce(current_setting('tulving.scope_id', true), '');
BEGIN
    PERFORM set_config('tulving.scope_id', NEW.id::text, true);
    IF TG_TABLE_NAME = 'users' THEN
        INSERT INTO scopes (scope_id, user_id) VALUES (NEW.id, NEW.id);
    ELSE
        INSERT INTO scopes (scope_id, tenant_id) VALUES (NEW.id, NEW.id);
    END IF;
    PERFORM set_config('tulving.scope_id', bound, true);
    RETURN NULL;
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'a user and a tenant cannot share the id %', NEW.id
        USING ERRCODE = 'unique_violation',
              DETAIL = 'A scope is one user or one tenant, and each has its own UUID.';
END $$;
COMMENT ON FUNCTION tulving_make_scope() IS 'Makes the scope of a new user or tenant.';

DROP TRIGGER IF EXISTS make_scope ON users;
CREATE TRIGGER make_scope AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION tulving_make_scope();
DROP TRIGGER IF EXISTS make_scope ON tenants;
CREATE TRIGGER make_scope AFTER INSERT ON tenants FOR EACH ROW EXECUTE FUNCTION tulving_make_scope();

INSERT INTO tulving_schema_versions (version, name)
SELECT 1, 'memory_tables'
WHERE NOT EXISTS (SELECT FROM tulving_schema_versions WHERE version = 1);

COMMIT;
