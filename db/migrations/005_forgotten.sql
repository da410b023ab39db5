-- Tulving, schema version 5: tombstones of what was forgotten, so that it does not come back unasked.
--
--   tulving schema apply        or        psql "$DATABASE_URL" -f db/migrations/005_forgotten.sql
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
    -- As in version 3: every name is one of this schema.
    PERFORM set_config('search_path', format('%I, pg_temp', home), true);
    PERFORM set_config('quote_all_identifiers', 'off', true);
    PERFORM set_config('tulving.repaired', '', true);
END $$;

-- ---------------------------------------------------------------------------------------------
-- A hash says nothing to whoever has no id to try. All rows of a scope have the same salt, which no other
-- scope has, so that nobody sees that two scopes forgot the same.

CREATE TABLE IF NOT EXISTS forgotten (
    scope_id uuid  NOT NULL REFERENCES scopes (scope_id) ON DELETE CASCADE,
    hash     bytea NOT NULL CHECK (octet_length(hash) = 16),
    salt     bytea NOT NULL CHECK (octet_length(salt) = 16),
    PRIMARY KEY (scope_id, hash)
);

-- What an erasure that is under way has to look for when all is gone; removed once its absence is proved.
CREATE TABLE IF NOT EXISTS forgetting (
    scope_id uuid   NOT NULL REFERENCES scopes (scope_id) ON DELETE CASCADE,
    part     bigint NOT NULL,
    content  bytea  NOT NULL,
    PRIMARY KEY (scope_id, part)
);

DO $$
DECLARE
    -- The first time all of it is new, and not put back.
    repairing bool := EXISTS (SELECT FROM tulving_schema_versions WHERE version = 5);
    done      text[] := '{}';
BEGIN
    IF obj_description('forgotten'::regclass, 'pg_class') IS NULL THEN
        COMMENT ON TABLE forgotten IS 'Tombstones: what was forgotten, and does not come back unless asked to.';
        COMMENT ON COLUMN forgotten.hash IS 'The first 16 bytes of SHA-256 of salt, kind, a zero byte and id.';
        COMMENT ON COLUMN forgotten.salt IS 'Random, and the same in all rows of a scope.';
    END IF;
    IF obj_description('forgetting'::regclass, 'pg_class') IS NULL THEN
        COMMENT ON TABLE forgetting IS 'Records of erasures that are under way: what they look for. Each goes with its proof.';
        COMMENT ON COLUMN forgetting.part IS 'The record in parts, in this order.';
        COMMENT ON COLUMN forgetting.content IS 'JSON: ids, and pieces of texts.';
    END IF;
    done := done || tulving_wall('forgotten', '{DELETE,INSERT,SELECT}');
    done := done || tulving_wall('forgetting', '{DELETE,INSERT,SELECT}');
    IF repairing THEN
        PERFORM set_config('tulving.repaired', array_to_string(done, E'\n'), true);
    END IF;
END $$;

-- ---------------------------------------------------------------------------------------------
-- What was put back.

SELECT unnest(string_to_array(nullif(current_setting('tulving.repaired'), ''), E'\n')) AS repaired;

INSERT INTO tulving_schema_versions (version, name)
SELECT 5, 'forgotten'
WHERE NOT EXISTS (SELECT FROM tulving_schema_versions WHERE version = 5);

COMMIT;
