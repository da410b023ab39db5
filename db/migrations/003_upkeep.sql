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

-- ---------------------------------------------------------------------------------------------
-- The keyword index.

-- ---------------------------------------------------------------------------------------------
-- Owners.

INSERT INTO tulving_schema_versions (version, name)
SELECT 3, 'upkeep'
WHERE NOT EXISTS (SELECT FROM tulving_schema_versions WHERE version = 3);

COMMIT;
