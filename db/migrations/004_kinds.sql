-- Tulving, schema version 4: what a scope holds of each kind of memory, a row a kind.
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
    kind     text      NOT NULL CHECK (kind IN ('node', 'episode')),
    next     integer   NOT NULL DEFAULT 0,
    fresh    integer   NOT NULL DEFAULT 0,
    memories bigint    NOT NULL DEFAULT 0,
    tokens   bigint    NOT NULL DEFAULT 0,
    dead     integer[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (scope_id, kind)
);
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
END $$;

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
    INSERT INTO scope_kinds (scope_id, kind) SELECT NEW.id, unnest(ARRAY['node', 'episode']);
    PERFORM set_config('tulving.scope_id', bound, true);
    RETURN NULL;
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'a user and a tenant cannot share the id %', NEW.id
        USING ERRCODE = 'unique_violation',
              DETAIL = 'A scope is one user or one tenant, and each has its own UUID.';
END $$;

DO $$
DECLARE
    bound CONSTANT text := '(scope_id = (NULLIF(current_setting(''tulving.scope_id''::text, true), ''''::text))::uuid)';
    app   CONSTANT oid  := 'tulving_app'::regrole;
    former         text := coalesce(current_setting('tulving.scope_id', true), '');
    columns        bool := EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'scopes'::regclass
                                     AND attname = 'node_next' AND NOT attisdropped);
    done           text[] := '{}';
    t              text;
    added          bigint;
    owner          uuid;
BEGIN
    -- The wall, as around every table with a scope.
    IF NOT (SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = 'scope_kinds'::regclass) THEN
        ALTER TABLE scope_kinds ENABLE ROW LEVEL SECURITY;
        ALTER TABLE scope_kinds FORCE ROW LEVEL SECURITY;
        done := done || 'row-level security on scope_kinds'::text;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_policy
                   WHERE polrelid = 'scope_kinds'::regclass AND polname = 'bound_scope' AND polcmd = '*' AND polpermissive
                     AND polroles = '{0}' AND pg_get_expr(polqual, polrelid) = bound
                     AND pg_get_expr(polwithcheck, polrelid) = bound) THEN
        DROP POLICY IF EXISTS bound_scope ON scope_kinds;
        EXECUTE format('CREATE POLICY bound_scope ON scope_kinds USING %s WITH CHECK %s', bound, bound);
        done := done || 'policy bound_scope on scope_kinds'::text;
    END IF;
    -- Rows come and go with their scope; the application role counts in them, and no more.
    IF EXISTS (SELECT FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = 'scope_kinds'::regclass AND a.grantee = 0)
       OR (SELECT array_agg(a.privilege_type::text)
           FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = 'scope_kinds'::regclass AND a.grantee = app)
          IS DISTINCT FROM '{SELECT}'::text[]
       OR (SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute
           WHERE attrelid = 'scope_kinds'::regclass AND attnum > 0 AND NOT attisdropped
             AND has_column_privilege(app, attrelid, attnum, 'UPDATE'))
          IS DISTINCT FROM '{next,fresh,memories,tokens,dead}'::text[] THEN
        REVOKE ALL ON scope_kinds FROM PUBLIC, tulving_app;
        REVOKE ALL (scope_id, kind) ON scope_kinds FROM PUBLIC, tulving_app;
        GRANT SELECT, UPDATE (next, fresh, memories, tokens, dead) ON scope_kinds TO tulving_app;
        done := done || 'rights on scope_kinds'::text;
    END IF;

    -- Each scope is bound in turn, because the owner of the tables is held to the wall as well.
    FOR owner IN SELECT id FROM users UNION ALL SELECT id FROM tenants
    LOOP
        PERFORM set_config('tulving.scope_id', owner::text, true);
        IF columns THEN
            INSERT INTO scope_kinds (scope_id, kind, next, fresh, memories, tokens, dead)
            SELECT s.scope_id, k.kind, k.next, k.fresh, k.memories, k.tokens, k.dead
            FROM scopes s, LATERAL (VALUES
                ('node', s.node_next, s.node_fresh, s.node_documents, s.node_tokens, s.node_dead),
                ('episode', s.episode_next, s.episode_fresh, s.episode_documents, s.episode_tokens, s.episode_dead)
            ) AS k (kind, next, fresh, memories, tokens, dead)
            WHERE s.scope_id = owner
            ON CONFLICT DO NOTHING;
        ELSE
            INSERT INTO scope_kinds (scope_id, kind)
            SELECT s.scope_id, k.kind FROM scopes s, unnest(ARRAY['node', 'episode']) AS k (kind)
            WHERE s.scope_id = owner
            ON CONFLICT DO NOTHING;
            GET DIAGNOSTICS added = ROW_COUNT;
            IF added > 0 THEN
                done := done || format('rows of scope_kinds of %s', owner);
            END IF;
        END IF;
    END LOOP;
    PERFORM set_config('tulving.scope_id', former, true);

    -- The columns for every kind, pasted together of its name. What is as it should be is not locked.
    IF columns THEN
        ALTER TABLE scopes
            DROP COLUMN node_next, DROP COLUMN node_fresh, DROP COLUMN node_documents,
            DROP COLUMN node_tokens, DROP COLUMN node_dead,
            DROP COLUMN episode_next, DROP COLUMN episode_fresh, DROP COLUMN episode_documents,
            DROP COLUMN episode_tokens, DROP COLUMN episode_dead;
    END IF;

    -- That a user and a tenant have one scope each follows from the check: the scope has their id. Without
    -- constraints that do not hold the key, the table can be distributed by it.
    FOR t IN SELECT conname FROM pg_constraint
             WHERE conrelid = 'scopes'::regclass AND contype = 'u'
    LOOP
        EXECUTE format('ALTER TABLE scopes DROP CONSTRAINT %I', t);
    END LOOP;

    PERFORM set_config('tulving.repaired', array_to_string(done, E'\n'), true);
END $$;

-- ---------------------------------------------------------------------------------------------
-- What was put back.

SELECT unnest(string_to_array(nullif(current_setting('tulving.repaired'), ''), E'\n')) AS repaired;

INSERT INTO tulving_schema_versions (version, name)
SELECT 4, 'kinds'
WHERE NOT EXISTS (SELECT FROM tulving_schema_versions WHERE version = 4);

COMMIT;
