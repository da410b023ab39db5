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
-- Functions and privileges. Puts back what is missing, as after a restore without privileges or on
-- another server, and touches nothing else; says at the end what it was.

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
    -- From here on every name is one of this schema, and so in the functions: another may hold tables
    -- and indexes of the same names, that of pgvector as well, of which nothing here needs a type.
    PERFORM set_config('search_path', format('%I, pg_temp', home), true);
    PERFORM set_config('quote_all_identifiers', 'off', true);
    PERFORM set_config('tulving.repaired', '', true);
END $$;

-- As in version 1: roles are not in a database's backup.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tulving_app') THEN
        CREATE ROLE tulving_app NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
        PERFORM set_config('tulving.repaired', 'role tulving_app', true);
    ELSIF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tulving_app' AND (rolsuper OR rolbypassrls)) THEN
        ALTER ROLE tulving_app NOSUPERUSER NOBYPASSRLS;
        PERFORM set_config('tulving.repaired', 'row-level security binds the role tulving_app', true);
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        NULL; -- another session made it
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'role % may neither make the role tulving_app nor take its attributes away', current_user
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'As an administrator of the server: CREATE ROLE tulving_app NOLOGIN, or ALTER ROLE tulving_app NOSUPERUSER NOBYPASSRLS';
END $$;

DO $$
BEGIN
    -- Since PostgreSQL 16, who makes a role administers it and may still not take it on.
    IF NOT pg_has_role(current_user, 'tulving_app',
                       CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN
        EXECUTE format('GRANT tulving_app TO %I', current_user);
        PERFORM set_config('tulving.repaired', concat_ws(E'\n', nullif(current_setting('tulving.repaired'), ''),
                           format('membership of %I in tulving_app', current_user)), true);
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        NULL;
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'role % may not take on the role tulving_app', current_user
            USING ERRCODE = 'insufficient_privilege',
                  HINT = format('As an administrator of the server: GRANT tulving_app TO %I', current_user);
END $$;

-- Makes the scope of a new owner, wherever the caller's search path leads. It binds the scope that it
-- makes, so that it works for an owner under forced row-level security too, and puts the former
-- binding back.

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
    PERFORM set_config('tulving.scope_id', bound, true);
    RETURN NULL;
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'a user and a tenant cannot share the id %', NEW.id
        USING ERRCODE = 'unique_violation',
              DETAIL = 'A scope is one user or one tenant, and each has its own UUID.';
END $$;
COMMENT ON FUNCTION tulving_make_scope() IS 'Makes the scope of a new user or tenant.';

DO $$
DECLARE
    bound CONSTANT text := '(scope_id = (NULLIF(current_setting(''tulving.scope_id''::text, true), ''''::text))::uuid)';
    app   CONSTANT oid  := 'tulving_app'::regrole;
    done  text[] := '{}';
    owner oid;
    t     text;
    item  text;
    id    uuid;
BEGIN
    -- Indexes that a restore left out; those of the next section are looked at there.
    FOREACH item IN ARRAY ARRAY[
        'INDEX users_tenant ON users (tenant_id) WHERE tenant_id IS NOT NULL',
        'INDEX memory_nodes_cluster ON memory_nodes (scope_id, cluster_id) WHERE cluster_id IS NOT NULL',
        'UNIQUE INDEX memory_nodes_doc ON memory_nodes (scope_id, doc) WHERE doc IS NOT NULL',
        'UNIQUE INDEX episodic_memories_doc ON episodic_memories (scope_id, doc) WHERE doc IS NOT NULL',
        'INDEX runs_started ON runs (started_at)']
    LOOP
        t := split_part(split_part(item, 'INDEX ', 2), ' ', 1);
        IF to_regclass(t) IS NULL THEN
            EXECUTE 'CREATE ' || item;
            done := done || format('index %s', t);
        END IF;
    END LOOP;

    -- The wall: enabled, forced, one policy, and no right beyond rows.
    FOREACH t IN ARRAY ARRAY['scopes', 'memory_nodes', 'episodic_memories', 'node_vectors', 'episode_vectors',
                             'node_postings', 'episode_postings', 'runs', 'run_chunks']
    LOOP
        IF NOT (SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = t::regclass) THEN
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
            EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
            done := done || format('row-level security on %s', t);
        END IF;
        IF NOT EXISTS (SELECT FROM pg_policy
                       WHERE polrelid = t::regclass AND polname = 'bound_scope' AND polcmd = '*' AND polpermissive
                         AND polroles = '{0}' AND pg_get_expr(polqual, polrelid) = bound
                         AND pg_get_expr(polwithcheck, polrelid) = bound) THEN
            EXECUTE format('DROP POLICY IF EXISTS bound_scope ON %I', t);
            EXECUTE format('CREATE POLICY bound_scope ON %I USING %s WITH CHECK %s', t, bound, bound);
            done := done || format('policy bound_scope on %s', t);
        END IF;
        IF EXISTS (SELECT FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = t::regclass AND a.grantee = 0)
           OR (SELECT array_agg(a.privilege_type::text ORDER BY a.privilege_type::text)
               FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = t::regclass AND a.grantee = app)
              IS DISTINCT FROM (CASE t WHEN 'scopes' THEN '{SELECT}'::text[] ELSE '{DELETE,INSERT,SELECT,UPDATE}' END) THEN
            EXECUTE format('REVOKE ALL ON %I FROM PUBLIC, tulving_app', t);
            EXECUTE format('GRANT %s ON %I TO tulving_app',
                           CASE t WHEN 'scopes' THEN 'SELECT' ELSE 'SELECT, INSERT, UPDATE, DELETE' END, t);
            done := done || format('rights on %s', t);
        END IF;
    END LOOP;

    -- Who owns a scope stays out of the application role's reach; all else in it is for counting.
    SELECT string_agg(quote_ident(attname), ', ') INTO item
    FROM pg_attribute
    WHERE attrelid = 'scopes'::regclass AND attnum > 0 AND NOT attisdropped
      AND attname NOT IN ('scope_id', 'user_id', 'tenant_id', 'created_at')
      AND NOT has_column_privilege(app, attrelid, attnum, 'UPDATE');
    IF item IS NOT NULL THEN
        EXECUTE format('GRANT UPDATE (%s) ON scopes TO tulving_app', item);
        done := done || 'right to count in scopes'::text;
    END IF;
    IF NOT has_table_privilege(app, 'tulving_schema_versions', 'SELECT') THEN
        GRANT SELECT ON tulving_schema_versions TO tulving_app;
        done := done || 'rights on tulving_schema_versions'::text;
    END IF;
    IF NOT (has_table_privilege(app, 'embedding_spaces', 'SELECT') AND has_table_privilege(app, 'embedding_spaces', 'INSERT')) THEN
        GRANT SELECT, INSERT ON embedding_spaces TO tulving_app;
        done := done || 'rights on embedding_spaces'::text;
    END IF;
    IF EXISTS (SELECT FROM pg_class c, aclexplode(c.relacl) a
               WHERE c.oid IN ('users'::regclass, 'tenants'::regclass) AND a.grantee IN (0, app)) THEN
        REVOKE ALL ON users, tenants FROM PUBLIC, tulving_app;
        done := done || 'rights that others had on users and tenants taken away'::text;
    END IF;

    -- Names are looked up in the schema of the tables and in that of pgvector.
    FOR t IN
        SELECT n.nspname FROM pg_namespace n
        WHERE n.oid IN (SELECT relnamespace FROM pg_class WHERE oid = 'memory_nodes'::regclass
                        UNION SELECT extnamespace FROM pg_extension WHERE extname = 'vector')
          AND NOT has_schema_privilege(app, n.oid, 'USAGE')
    LOOP
        BEGIN
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO tulving_app', t);
        EXCEPTION WHEN insufficient_privilege THEN
            NULL;
        END;
        -- Without the right to pass it on, GRANT says no more than a warning.
        IF NOT has_schema_privilege(app, t, 'USAGE') THEN
            RAISE EXCEPTION 'role % may not let tulving_app use the schema %', current_user, t
                USING ERRCODE = 'insufficient_privilege',
                      HINT = format('As the owner of the schema: GRANT USAGE ON SCHEMA %I TO tulving_app', t);
        END IF;
        done := done || format('use of schema %s', t);
    END LOOP;

    -- Bulk loads stage rows in temporary tables. Everyone may make them unless an administrator took
    -- that away; then only the owner of the database can give it back.
    IF NOT has_database_privilege(app, current_database(), 'TEMPORARY') THEN
        BEGIN
            EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO tulving_app', current_database());
        EXCEPTION WHEN insufficient_privilege THEN
            NULL;
        END;
        IF has_database_privilege(app, current_database(), 'TEMPORARY') THEN
            done := done || 'temporary tables'::text;
        END IF;
    END IF;

    -- Whoever keeps the schema may list the runs of all scopes; they hold no memories.
    FOREACH t IN ARRAY ARRAY['runs', 'run_chunks']
    LOOP
        SELECT relowner INTO owner FROM pg_class WHERE oid = t::regclass;
        IF NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = t::regclass AND polname = 'keeper_reads' AND polcmd = 'r'
                         AND polroles = ARRAY[owner]) THEN
            EXECUTE format('DROP POLICY IF EXISTS keeper_reads ON %I', t);
            EXECUTE format('CREATE POLICY keeper_reads ON %I FOR SELECT TO %s USING (true)', t, owner::regrole);
            done := done || format('policy keeper_reads on %s', t);
        END IF;
    END LOOP;

    -- A new owner's scope comes by itself; so do those of owners that came while it did not.
    FOREACH t IN ARRAY ARRAY['users', 'tenants']
    LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_trigger
                              WHERE tgrelid = t::regclass AND tgname = 'make_scope' AND tgenabled <> 'D'
                                AND tgfoid = 'tulving_make_scope()'::regprocedure);
        EXECUTE format('DROP TRIGGER IF EXISTS make_scope ON %I', t);
        EXECUTE format('CREATE TRIGGER make_scope AFTER INSERT ON %I FOR EACH ROW EXECUTE FUNCTION tulving_make_scope()', t);
        done := done || format('trigger make_scope on %s', t);
        item := current_setting('tulving.scope_id', true);
        FOR id IN EXECUTE format('SELECT id FROM %I', t)
        LOOP
            PERFORM set_config('tulving.scope_id', id::text, true);
            EXECUTE format('INSERT INTO scopes (scope_id, %I) SELECT $1, $1 WHERE NOT EXISTS (SELECT FROM scopes WHERE scope_id = $1)',
                           CASE t WHEN 'users' THEN 'user_id' ELSE 'tenant_id' END) USING id;
        END LOOP;
        PERFORM set_config('tulving.scope_id', coalesce(item, ''), true);
    END LOOP;

    PERFORM set_config('tulving.repaired', concat_ws(E'\n', nullif(current_setting('tulving.repaired'), ''),
                                                     nullif(array_to_string(done, E'\n'), '')), true);
END $$;

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
        PERFORM set_config('tulving.repaired', concat_ws(E'\n', nullif(current_setting('tulving.repaired'), ''),
                           format('index %s', wanted.name)), true);
    END LOOP;
END $$;

-- ---------------------------------------------------------------------------------------------
-- The keyword index.
--
-- By which rules a scope's words were made. What is older than this column was made by the first; a scope
-- without words gets those of today, as all scopes to come.

DO $$
DECLARE
    bound text := coalesce(current_setting('tulving.scope_id', true), '');
    owner uuid;
BEGIN
    IF EXISTS (SELECT FROM pg_attribute
               WHERE attrelid = 'scopes'::regclass AND attname = 'tokenizer' AND NOT attisdropped) THEN
        RETURN;
    END IF;
    ALTER TABLE scopes ADD COLUMN tokenizer integer NOT NULL DEFAULT 1;
    ALTER TABLE scopes ALTER COLUMN tokenizer SET DEFAULT 2;
    GRANT UPDATE (tokenizer) ON scopes TO tulving_app;
    FOR owner IN SELECT id FROM users UNION ALL SELECT id FROM tenants
    LOOP
        PERFORM set_config('tulving.scope_id', owner::text, true);
        UPDATE scopes SET tokenizer = DEFAULT
        WHERE scope_id = owner AND node_documents = 0 AND episode_documents = 0;
    END LOOP;
    PERFORM set_config('tulving.scope_id', bound, true);
END $$;
COMMENT ON COLUMN scopes.tokenizer IS 'Number of the rules by which texts became the words of the keyword index; of others than the program''s, tulving index makes them anew.';

-- ---------------------------------------------------------------------------------------------
-- What was put back.

SELECT unnest(string_to_array(nullif(current_setting('tulving.repaired'), ''), E'\n')) AS repaired;

INSERT INTO tulving_schema_versions (version, name)
SELECT 3, 'upkeep'
WHERE NOT EXISTS (SELECT FROM tulving_schema_versions WHERE version = 3);

COMMIT;
