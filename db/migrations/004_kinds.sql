-- Tulving, schema version 4: kinds of memory, each made by one function and counted in a row of its own;
-- documents and their chunks, which are the third.
--
--   tulving schema apply        or        psql "$DATABASE_URL" -f db/migrations/004_kinds.sql
--
-- One transaction, safe to run again, safe from several sessions at once.

\set ON_ERROR_STOP on
BEGIN;

SET LOCAL client_min_messages = warning;

DO $$ BEGIN PERFORM pg_advisory_xact_lock(hashtextextended('tulving.schema', 0)); END $$;

DO $$
DECLARE
    home text := (SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE c.oid = to_regclass('memory_nodes'));
BEGIN
    IF home IS NULL THEN
        RAISE EXCEPTION 'the search path has no table memory_nodes'
            USING ERRCODE = 'undefined_table',
                  HINT = 'Name the schema of the tables: PGOPTIONS=''-c search_path=NAME'' psql …';
    END IF;
    -- As in version 3: every name is one of this schema, and so in the functions.
    PERFORM set_config('search_path', format('%I, pg_temp', home), true);
    PERFORM set_config('quote_all_identifiers', 'off', true);
    PERFORM set_config('tulving.repaired', '', true);
END $$;

-- ---------------------------------------------------------------------------------------------
-- What a scope holds of a kind, as far as the keyword index goes. Writers lock the scope's row in
-- scopes first, then these, and so happen one after the other.

CREATE TABLE IF NOT EXISTS scope_kinds (
    scope_id uuid      NOT NULL REFERENCES scopes (scope_id) ON DELETE CASCADE,
    kind     text      NOT NULL CHECK (kind IN ('node', 'episode', 'chunk')),
    next     integer   NOT NULL DEFAULT 0,
    fresh    integer   NOT NULL DEFAULT 0,
    memories bigint    NOT NULL DEFAULT 0,
    tokens   bigint    NOT NULL DEFAULT 0,
    dead     integer[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (scope_id, kind)
);

-- ---------------------------------------------------------------------------------------------
-- Documents: what was uploaded. They are not searched; their chunks are, and fall with them.

CREATE TABLE IF NOT EXISTS documents (
    scope_id     uuid        NOT NULL REFERENCES scopes (scope_id) ON DELETE CASCADE,
    id           text        COLLATE "C" NOT NULL CHECK (char_length(id) BETWEEN 1 AND 255),
    user_id      uuid,
    tenant_id    uuid,
    ord          bigint      NOT NULL CHECK (ord >= 0),
    path         text        NOT NULL,
    title        text        NOT NULL DEFAULT '',
    department   text,
    content_hash text,
    mime         text,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz,
    extra        jsonb       NOT NULL DEFAULT '{}',
    carry        bytea,
    PRIMARY KEY (scope_id, id),
    CONSTRAINT documents_one_owner
        CHECK (num_nonnulls(user_id, tenant_id) = 1 AND scope_id = coalesce(user_id, tenant_id))
);

-- What every kind has besides its fields is added below.

CREATE TABLE IF NOT EXISTS document_chunks (
    scope_id      uuid        NOT NULL REFERENCES scopes (scope_id) ON DELETE CASCADE,
    id            text        NOT NULL CHECK (char_length(id) BETWEEN 1 AND 255),
    user_id       uuid,
    tenant_id     uuid,
    ord           bigint      NOT NULL CHECK (ord >= 0),
    document_id   text        NOT NULL,
    chunk_index   bigint      NOT NULL CHECK (chunk_index >= 0),
    content       text        NOT NULL,
    heading_path  text[]      NOT NULL DEFAULT '{}',
    page          bigint,
    source        text        NOT NULL,
    created_at    timestamptz NOT NULL,
    has_code      boolean     NOT NULL DEFAULT false,
    tags          jsonb       NOT NULL DEFAULT '{}',
    access_count  bigint      NOT NULL DEFAULT 0 CHECK (access_count >= 0),
    last_accessed timestamptz,
    extra         jsonb       NOT NULL DEFAULT '{}',
    carry         bytea,
    PRIMARY KEY (scope_id, id),
    FOREIGN KEY (scope_id, document_id) REFERENCES documents (scope_id, id) ON DELETE CASCADE,
    CONSTRAINT document_chunks_one_owner
        CHECK (num_nonnulls(user_id, tenant_id) = 1 AND scope_id = coalesce(user_id, tenant_id))
) WITH (toast_tuple_target = 4080); -- as of memory_nodes

DO $$
BEGIN
    IF obj_description('scope_kinds'::regclass, 'pg_class') IS NULL THEN
        COMMENT ON TABLE scope_kinds IS 'What the keyword index holds of each kind of memory of a scope. Made with the scope.';
        COMMENT ON COLUMN scope_kinds.next IS 'The number that the next memory gets in the keyword index.';
        COMMENT ON COLUMN scope_kinds.fresh IS 'Blocks of postings from this number on are small, and not yet merged.';
        COMMENT ON COLUMN scope_kinds.memories IS 'Memories in the keyword index.';
        COMMENT ON COLUMN scope_kinds.tokens IS 'Words of all of them.';
        COMMENT ON COLUMN scope_kinds.dead IS 'Numbers of memories that are gone and still have postings.';
    END IF;
    IF obj_description('documents'::regclass, 'pg_class') IS NULL THEN
        COMMENT ON TABLE documents IS 'What was uploaded; found by its chunks.';
        COMMENT ON COLUMN documents.scope_id IS 'Owner; equal ids in two scopes are two rows.';
        COMMENT ON COLUMN documents.ord IS 'Place in the source, from 0.';
        COMMENT ON COLUMN documents.path IS 'Where it was read from.';
        COMMENT ON COLUMN documents.content_hash IS 'SHA-256 of what was read, in hex: one that stayed as it was need not be read again.';
        COMMENT ON COLUMN documents.mime IS 'What it is: text/markdown, application/pdf, …';
        COMMENT ON COLUMN documents.extra IS 'Fields of the source that this table has no column for.';
        COMMENT ON COLUMN documents.carry IS 'What the columns cannot give back of the source record, verbatim; NULL where they can.';
    END IF;
    IF obj_description('document_chunks'::regclass, 'pg_class') IS NULL THEN
        COMMENT ON TABLE document_chunks IS 'Pieces of documents, which are searched. They fall with their document.';
        COMMENT ON COLUMN document_chunks.scope_id IS 'Owner; equal ids in two scopes are two rows.';
        COMMENT ON COLUMN document_chunks.ord IS 'Place in the source, from 0.';
        COMMENT ON COLUMN document_chunks.chunk_index IS 'Place in the document, from 0.';
        COMMENT ON COLUMN document_chunks.content IS 'The text; U+FFFD where text cannot hold a character (carry has it).';
        COMMENT ON COLUMN document_chunks.heading_path IS 'The headings above it, the outermost first.';
        COMMENT ON COLUMN document_chunks.page IS 'The page it begins on, from 1, where there are pages.';
        COMMENT ON COLUMN document_chunks.source IS 'Who made it a chunk.';
        COMMENT ON COLUMN document_chunks.extra IS 'Fields of the source that this table has no column for.';
        COMMENT ON COLUMN document_chunks.carry IS 'What the columns cannot give back of the source record, verbatim; NULL where they can.';
    END IF;
END $$;

-- ---------------------------------------------------------------------------------------------
-- As in version 3, with a row for each kind.

CREATE OR REPLACE FUNCTION tulving_make_scope() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    bound text := coalesce(current_setting('tulving.scope_id', true), '');
BEGIN
    PERFORM set_config('tulving.scope_id', NEW.id::text, true);
    IF TG_TABLE_NAME = 'users' THEN
        INSERT INTO scopes (scope_id, user_id) VALUES (NEW.id, NEW.id);
    ELSE
        INSERT INTO scopes (scope_id, tenant_id) VALUES (NEW.id, NEW.id);
    END IF;
    INSERT INTO scope_kinds (scope_id, kind) SELECT NEW.id, unnest(ARRAY['node', 'episode', 'chunk']);
    PERFORM set_config('tulving.scope_id', bound, true);
    RETURN NULL;
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'a user and a tenant cannot share the id %', NEW.id
        USING ERRCODE = 'unique_violation',
              DETAIL = 'A scope is one user or one tenant, and each has its own UUID.';
END $$;

-- ---------------------------------------------------------------------------------------------
-- The wall around a table with a scope: row-level security that is enabled and forced, one policy, and
-- no right of the application role but those that are named. Says what was missing.

CREATE OR REPLACE FUNCTION tulving_wall(walled text, rights text[] DEFAULT '{DELETE,INSERT,SELECT,UPDATE}') RETURNS text[]
LANGUAGE plpgsql SET search_path FROM CURRENT SET quote_all_identifiers TO off AS $$
DECLARE
    bound CONSTANT text := '(scope_id = (NULLIF(current_setting(''tulving.scope_id''::text, true), ''''::text))::uuid)';
    app   CONSTANT oid  := 'tulving_app'::regrole;
    it    CONSTANT oid  := walled::regclass;
    done  text[] := '{}';
BEGIN
    IF NOT (SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = it) THEN
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', walled);
        done := done || format('row-level security on %s', walled);
    END IF;
    IF NOT EXISTS (SELECT FROM pg_policy
                   WHERE polrelid = it AND polname = 'bound_scope' AND polcmd = '*' AND polpermissive
                     AND polroles = '{0}' AND pg_get_expr(polqual, polrelid) = bound
                     AND pg_get_expr(polwithcheck, polrelid) = bound) THEN
        EXECUTE format('DROP POLICY IF EXISTS bound_scope ON %I', walled);
        EXECUTE format('CREATE POLICY bound_scope ON %I USING %s WITH CHECK %s', walled, bound, bound);
        done := done || format('policy bound_scope on %s', walled);
    END IF;
    IF EXISTS (SELECT FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = it AND a.grantee = 0)
       OR (SELECT array_agg(a.privilege_type::text ORDER BY a.privilege_type::text)
           FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = it AND a.grantee = app)
          IS DISTINCT FROM rights THEN
        EXECUTE format('REVOKE ALL ON %I FROM PUBLIC, tulving_app', walled);
        EXECUTE format('GRANT %s ON %I TO tulving_app', array_to_string(rights, ', '), walled);
        done := done || format('rights on %s', walled);
    END IF;
    RETURN done;
END $$;

COMMENT ON FUNCTION tulving_wall(text, text[]) IS 'Closes a table to all but the scope that is bound.';

-- ---------------------------------------------------------------------------------------------
-- Makes a kind of memory of a table that has its fields, with scope_id, id, user_id, tenant_id, ord, source
-- and created_at among them: the columns that search needs, the tables of further vectors, of narrow vectors
-- and of postings, indexes, the wall around all four, and a row of scope_kinds for every owner. Where memories stand one
-- after the other, `container` and `place` are the columns that say where. What is there is left alone; says
-- what was missing.

CREATE OR REPLACE FUNCTION tulving_add_kind(name text, memories text, container text DEFAULT NULL, place text DEFAULT NULL)
RETURNS text[]
LANGUAGE plpgsql SET search_path FROM CURRENT SET quote_all_identifiers TO off AS $$
DECLARE
    embeddings CONSTANT text := name || '_embeddings';
    vectors  CONSTANT text := name || '_vectors';
    postings CONSTANT text := name || '_postings';
    -- Types of the extension may be in another schema.
    types    CONSTANT text := (SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                               WHERE e.extname = 'vector');
    done     text[] := '{}';
    wanted   record;
    owner    uuid;
    former   text := coalesce(current_setting('tulving.scope_id', true), '');
BEGIN
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = memories::regclass AND attname = 'space_id' AND NOT attisdropped) THEN
        EXECUTE format(
            'ALTER TABLE %1$I ADD COLUMN space_id integer, ADD COLUMN dims integer, ADD COLUMN embedding %2$s.vector, '
            'ADD COLUMN doc integer, ADD COLUMN tokens integer, '
            'ADD FOREIGN KEY (space_id, dims) REFERENCES embedding_spaces (space_id, dims), '
            'ADD CONSTRAINT %3$I CHECK (embedding IS NULL OR num_nonnulls(space_id, dims) = 2 AND %2$s.vector_dims(embedding) = dims)',
            memories, types, memories || '_dims');
        EXECUTE format('COMMENT ON COLUMN %I.space_id IS %L', memories, 'The embedding space of the vector.');
        EXECUTE format('COMMENT ON COLUMN %I.dims IS %L', memories, 'Numbers in the vector.');
        EXECUTE format('COMMENT ON COLUMN %I.embedding IS %L', memories, 'The exact floats of the source.');
        EXECUTE format('COMMENT ON COLUMN %I.doc IS %L', memories, 'Number in the keyword index; NULL: not found by words until tulving index.');
        EXECUTE format('COMMENT ON COLUMN %I.tokens IS %L', memories, 'How many words the keyword index counts.');
        done := done || format('columns of %s', memories);
    END IF;

    -- A vector is either in the memory's own row, which says its space, or here.
    IF to_regclass(embeddings) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE %1$I (scope_id uuid NOT NULL, id text NOT NULL, space_id integer NOT NULL, dims integer NOT NULL, '
            'embedding %2$s.vector NOT NULL, PRIMARY KEY (scope_id, id, space_id), '
            'FOREIGN KEY (scope_id, id) REFERENCES %3$I (scope_id, id) ON DELETE CASCADE, '
            'FOREIGN KEY (space_id, dims) REFERENCES embedding_spaces (space_id, dims), '
            'CONSTRAINT %4$I CHECK (%2$s.vector_dims(embedding) = dims))',
            embeddings, types, memories, embeddings || '_dims');
        EXECUTE format('COMMENT ON TABLE %I IS %L', embeddings,
                       format('Vectors of the spaces of a scope that %s.embedding does not hold.', memories));
        EXECUTE format('COMMENT ON COLUMN %I.embedding IS %L', embeddings, 'The exact floats of the model.');
        done := done || format('table %s', embeddings);
    END IF;

    IF to_regclass(vectors) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE %1$I (scope_id uuid NOT NULL, id text NOT NULL, space_id integer NOT NULL, v %2$s.halfvec NOT NULL, '
            'PRIMARY KEY (scope_id, id, space_id), '
            'FOREIGN KEY (scope_id, id) REFERENCES %3$I (scope_id, id) ON DELETE CASCADE) WITH (toast_tuple_target = 8160)',
            vectors, types, memories);
        EXECUTE format('COMMENT ON TABLE %I IS %L', vectors, memories || '.embedding, normalised and in half precision, for search.');
        EXECUTE format('COMMENT ON COLUMN %I.v IS %L', vectors, 'Length 1; what has a vector that is all zero has no row here.');
        done := done || format('table %s', vectors);
    END IF;

    -- As in version 2: a row for each bucket of terms and batch of memories.
    IF to_regclass(postings) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE %1$I (scope_id uuid NOT NULL REFERENCES scopes (scope_id) ON DELETE CASCADE, '
            'block integer NOT NULL, bucket smallint NOT NULL, postings bytea NOT NULL, PRIMARY KEY (scope_id, bucket, block))',
            postings);
        EXECUTE format('ALTER TABLE %I ALTER COLUMN postings SET STORAGE EXTERNAL', postings);
        EXECUTE format('COMMENT ON TABLE %I IS %L', postings, format('Which rows of %s hold which terms: the keyword index.', memories));
        EXECUTE format('COMMENT ON COLUMN %I.block IS %L', postings, 'The lowest number that a memory of the batch can have.');
        EXECUTE format('COMMENT ON COLUMN %I.bucket IS %L', postings, 'As in node_postings.');
        EXECUTE format('COMMENT ON COLUMN %I.postings IS %L', postings, 'As in node_postings.');
        done := done || format('table %s', postings);
    END IF;

    -- As in version 3: an id is read by the primary key and nothing else, so that every other index has a
    -- condition.
    FOR wanted IN
        SELECT format('%s_%s', memories, of_what) AS index, maker, format('%s WHERE (%s)', columns, condition) AS what
        FROM (VALUES
            ('doc', 'CREATE UNIQUE INDEX', '(scope_id, doc)', 'doc IS NOT NULL'),
            ('unread', 'CREATE INDEX', '(scope_id, ord)', 'doc IS NULL'),
            ('source', 'CREATE INDEX', '(scope_id, source)', $q$source >= ''::text$q$),
            ('time', 'CREATE INDEX', format('(%s)', concat_ws(', ', 'scope_id', 'created_at', place, 'id COLLATE "C"')),
             $q$created_at >= '-infinity'::timestamp with time zone$q$),
            (replace(container, '_id', ''), 'CREATE INDEX', format('(scope_id, %s, %s)', container, place), format('%s >= 0', place))
        ) AS indexes (of_what, maker, columns, condition)
        WHERE of_what IS NOT NULL
    LOOP
        CONTINUE WHEN right(pg_get_indexdef(to_regclass(wanted.index)), length(wanted.what)) = wanted.what;
        EXECUTE format('DROP INDEX IF EXISTS %I', wanted.index);
        EXECUTE format('%s %I ON %I %s', wanted.maker, wanted.index, memories, wanted.what);
        done := done || format('index %s', wanted.index);
    END LOOP;

    done := done || tulving_wall(memories) || tulving_wall(embeddings) || tulving_wall(vectors) || tulving_wall(postings);

    -- Each scope is bound in turn, because the owner of the tables is held to the wall as well.
    FOR owner IN
        SELECT o.id FROM (SELECT id FROM users UNION ALL SELECT id FROM tenants) AS o (id)
        WHERE NOT EXISTS (SELECT FROM scope_kinds k WHERE k.scope_id = o.id AND k.kind = name)
    LOOP
        PERFORM set_config('tulving.scope_id', owner::text, true);
        INSERT INTO scope_kinds (scope_id, kind) SELECT scope_id, name FROM scopes WHERE scope_id = owner
        ON CONFLICT DO NOTHING;
        IF FOUND THEN
            done := done || format('rows of scope_kinds of %s', owner);
        END IF;
    END LOOP;
    PERFORM set_config('tulving.scope_id', former, true);
    RETURN done;
END $$;
COMMENT ON FUNCTION tulving_add_kind(text, text, text, text) IS 'Makes what a kind of memory has besides its table.';

DO $$
DECLARE
    app   CONSTANT oid := 'tulving_app'::regrole;
    former         text := coalesce(current_setting('tulving.scope_id', true), '');
    -- The first time all of it is new, and not put back.
    repairing      bool := EXISTS (SELECT FROM tulving_schema_versions WHERE version = 4);
    done           text[] := '{}';
    t              text;
    wanted         record;
    keeper         oid;
    owner          uuid;
BEGIN
    -- They are the keeper's. Others could do nothing with them, and need not call them.
    FOREACH t IN ARRAY ARRAY['tulving_wall(text, text[])', 'tulving_add_kind(text, text, text, text)']
    LOOP
        IF has_function_privilege('tulving_app', t, 'EXECUTE') THEN
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC, tulving_app', t);
            done := done || format('rights on %s', t);
        END IF;
    END LOOP;

    -- The wall, as around every table with a scope. Of scope_kinds rows come and go with their scope; the
    -- application role counts in them, and no more.
    done := done || tulving_wall('documents') || tulving_wall('scope_kinds', '{SELECT}');
    IF (SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = 'scope_kinds'::regclass AND attnum > 0 AND NOT attisdropped
          AND has_column_privilege(app, attrelid, attnum, 'UPDATE'))
       IS DISTINCT FROM '{next,fresh,memories,tokens,dead}'::text[] THEN
        REVOKE ALL (scope_id, kind) ON scope_kinds FROM PUBLIC, tulving_app;
        GRANT UPDATE (next, fresh, memories, tokens, dead) ON scope_kinds TO tulving_app;
        done := array_remove(done, 'rights on scope_kinds') || 'rights on scope_kinds'::text;
    END IF;
    -- As of runs in version 3: whoever keeps the schema sees at once whose rows are missing. They hold no
    -- memories.
    SELECT relowner INTO keeper FROM pg_class WHERE oid = 'scope_kinds'::regclass;
    IF NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = 'scope_kinds'::regclass AND polname = 'keeper_reads'
                     AND polcmd = 'r' AND polroles = ARRAY[keeper]) THEN
        DROP POLICY IF EXISTS keeper_reads ON scope_kinds;
        EXECUTE format('CREATE POLICY keeper_reads ON scope_kinds FOR SELECT TO %s USING (true)', keeper::regrole);
        done := done || 'policy keeper_reads on scope_kinds'::text;
    END IF;

    -- The columns for every kind, pasted together of its name. What is as it should be is not locked.
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'scopes'::regclass AND attname = 'node_next' AND NOT attisdropped) THEN
        FOR owner IN SELECT id FROM users UNION ALL SELECT id FROM tenants
        LOOP
            PERFORM set_config('tulving.scope_id', owner::text, true);
            INSERT INTO scope_kinds (scope_id, kind, next, fresh, memories, tokens, dead)
            SELECT s.scope_id, k.kind, k.next, k.fresh, k.memories, k.tokens, k.dead
            FROM scopes s, LATERAL (VALUES
                ('node', s.node_next, s.node_fresh, s.node_documents, s.node_tokens, s.node_dead),
                ('episode', s.episode_next, s.episode_fresh, s.episode_documents, s.episode_tokens, s.episode_dead),
                ('chunk', 0, 0, 0, 0, '{}')
            ) AS k (kind, next, fresh, memories, tokens, dead)
            WHERE s.scope_id = owner
            ON CONFLICT DO NOTHING;
        END LOOP;
        PERFORM set_config('tulving.scope_id', former, true);
        ALTER TABLE scopes
            DROP COLUMN node_next, DROP COLUMN node_fresh, DROP COLUMN node_documents,
            DROP COLUMN node_tokens, DROP COLUMN node_dead,
            DROP COLUMN episode_next, DROP COLUMN episode_fresh, DROP COLUMN episode_documents,
            DROP COLUMN episode_tokens, DROP COLUMN episode_dead;
    END IF;

    -- Several vector spaces in a scope: scopes.space_id is the one that is searched.
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'scopes'::regclass AND attname = 'further' AND NOT attisdropped) THEN
        ALTER TABLE scopes ADD COLUMN further integer[] NOT NULL DEFAULT '{}';
        COMMENT ON COLUMN scopes.further IS 'The spaces of the vectors that are kept beside those that are searched.';
        GRANT UPDATE (further) ON scopes TO tulving_app;
        done := done || 'column further of scopes'::text;
    END IF;

    done := done || tulving_add_kind('node', 'memory_nodes', 'conversation_id', 'sequence_index')
                 || tulving_add_kind('episode', 'episodic_memories')
                 || tulving_add_kind('chunk', 'document_chunks', 'document_id', 'chunk_index');

    -- A document's chunks fall with it: the key of others begins with the scope, and could serve by mistake
    -- what asks for an id. A new document is the last.
    FOR wanted IN
        SELECT * FROM (VALUES
            ('document_chunks_falling', 'document_chunks', '(document_id, scope_id)'),
            ('documents_order', 'documents', '(scope_id, ord) WHERE (ord >= 0)')
        ) AS indexes (index, of_table, what)
    LOOP
        CONTINUE WHEN right(pg_get_indexdef(to_regclass(wanted.index)), length(wanted.what)) = wanted.what;
        EXECUTE format('DROP INDEX IF EXISTS %I', wanted.index);
        EXECUTE format('CREATE INDEX %I ON %I %s', wanted.index, wanted.of_table, wanted.what);
        done := done || format('index %s', wanted.index);
    END LOOP;

    -- An index that a run removed has to be built again, whatever becomes of the run.
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'runs'::regclass AND attname = 'index_removed' AND NOT attisdropped) THEN
        ALTER TABLE runs ADD COLUMN index_removed boolean NOT NULL DEFAULT false;
        COMMENT ON COLUMN runs.index_removed IS 'Whether it removed an index of vectors that is not built again yet.';
        done := done || 'column index_removed of runs'::text;
    END IF;

    -- Rows are of a kind that this version knows; what a run does, the program says.
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'run_chunks'::regclass AND conname = 'run_chunks_of_kind') THEN
        ALTER TABLE run_chunks DROP CONSTRAINT IF EXISTS run_chunks_kind_check,
            ADD CONSTRAINT run_chunks_of_kind CHECK (kind IN ('node', 'episode', 'chunk'));
        done := done || 'constraint run_chunks_of_kind'::text;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'runs'::regclass AND conname = 'runs_of_kind') THEN
        ALTER TABLE runs DROP CONSTRAINT IF EXISTS runs_kind_check,
            ADD CONSTRAINT runs_of_kind CHECK (kind ~ '^[a-z]+$');
        done := done || 'constraint runs_of_kind'::text;
    END IF;

    -- That a user and a tenant have one scope each follows from the check: the scope has their id. Without
    -- constraints that do not hold the key, the table can be distributed by it.
    FOR t IN SELECT conname FROM pg_constraint
             WHERE conrelid = 'scopes'::regclass AND contype = 'u'
    LOOP
        EXECUTE format('ALTER TABLE scopes DROP CONSTRAINT %I', t);
    END LOOP;

    IF repairing THEN
        PERFORM set_config('tulving.repaired', array_to_string(done, E'\n'), true);
    END IF;
END $$;

-- ---------------------------------------------------------------------------------------------
-- What was put back.

SELECT unnest(string_to_array(nullif(current_setting('tulving.repaired'), ''), E'\n')) AS repaired;

INSERT INTO tulving_schema_versions (version, name)
SELECT 4, 'kinds'
WHERE NOT EXISTS (SELECT FROM tulving_schema_versions WHERE version = 4);

COMMIT;
