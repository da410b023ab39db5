-- schema.rs: what it sends. Made by TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql

-- MakeSchema: Makes a schema that was asked for by name.
CREATE SCHEMA IF NOT EXISTS "name";

-- ApplySchema: Runs what the schema needs, in one transaction: files of `db/migrations`, and what is below.
BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL search_path TO "tulving", "public", pg_temp; SET LOCAL row_security TO on; SET LOCAL transaction_timeout TO 0; SET LOCAL client_min_messages TO warning; SET LOCAL idle_in_transaction_session_timeout TO 0; SET LOCAL statement_timeout TO 0; SET LOCAL lock_timeout TO 0; SET LOCAL client_connection_check_interval TO '1s';
-- files of db/migrations

COMMIT;

-- ApplySchema: Runs what the schema needs, in one transaction: files of `db/migrations`, and what is below.
BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL search_path TO "tulving", "public", pg_temp; SET LOCAL row_security TO on; SET LOCAL transaction_timeout TO 0; SET LOCAL client_min_messages TO warning; SET LOCAL idle_in_transaction_session_timeout TO 0; SET LOCAL statement_timeout TO 0; SET LOCAL lock_timeout TO 0; SET LOCAL client_connection_check_interval TO '1s';
CREATE EXTENSION IF NOT EXISTS vector SCHEMA "public";
COMMIT;

-- ApplySchema: Runs what the schema needs, in one transaction: files of `db/migrations`, and what is below.
BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL search_path TO "tulving", "public", pg_temp; SET LOCAL row_security TO on; SET LOCAL transaction_timeout TO 0; SET LOCAL client_min_messages TO warning; SET LOCAL idle_in_transaction_session_timeout TO 0; SET LOCAL statement_timeout TO 0; SET LOCAL lock_timeout TO 0; SET LOCAL client_connection_check_interval TO '1s';
DROP TABLE IF EXISTS run_chunks;

COMMIT;

-- ApplySchema: Runs what the schema needs, in one transaction: files of `db/migrations`, and what is below.
BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL search_path TO "tulving", "public", pg_temp; SET LOCAL row_security TO on; SET LOCAL transaction_timeout TO 0; SET LOCAL client_min_messages TO warning; SET LOCAL idle_in_transaction_session_timeout TO 0; SET LOCAL statement_timeout TO 0; SET LOCAL lock_timeout TO 0; SET LOCAL client_connection_check_interval TO '1s';
UPDATE tulving_schema_versions SET checksum = '…' WHERE version = 1 AND checksum IS NULL;

COMMIT;
