-- Tulving, schema version 6: memories are found by the hash of what they say.
--
--   tulving schema apply        or        psql "$DATABASE_URL" -f db/migrations/006_content_hashes.sql
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
END $$;

-- ---------------------------------------------------------------------------------------------
-- The hash of what a memory says is among the terms of the keyword index: the third edition of its rules. A
-- scope without memories gets those of today, as all scopes to come; of the others tulving schema apply makes the
-- index anew.

DO $$
DECLARE
    bound text := coalesce(current_setting('tulving.scope_id', true), '');
    -- By itself: beside the condition, other columns' defaults would be read as numbers.
    usual text := (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
                   JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
                   WHERE d.adrelid = 'scopes'::regclass AND a.attname = 'tokenizer');
    owner uuid;
BEGIN
    IF usual::integer >= 3 THEN
        RETURN;
    END IF;
    ALTER TABLE scopes ALTER COLUMN tokenizer SET DEFAULT 3;
    FOR owner IN SELECT id FROM users UNION ALL SELECT id FROM tenants
    LOOP
        PERFORM set_config('tulving.scope_id', owner::text, true);
        UPDATE scopes SET tokenizer = DEFAULT
        WHERE scope_id = owner
          AND NOT EXISTS (SELECT FROM scope_kinds k WHERE k.scope_id = owner AND k.memories > 0);
    END LOOP;
    PERFORM set_config('tulving.scope_id', bound, true);
    COMMENT ON COLUMN scopes.tokenizer IS 'Number of the rules by which texts became the terms of the keyword index; of others than the program''s, tulving index makes them anew.';
    COMMENT ON COLUMN node_postings.bucket IS 'FNV-1a of the term, halves folded, modulo 512; content hashes are in 512 to 575.';
END $$;

INSERT INTO tulving_schema_versions (version, name)
SELECT 6, 'content_hashes'
WHERE NOT EXISTS (SELECT FROM tulving_schema_versions WHERE version = 6);

COMMIT;
