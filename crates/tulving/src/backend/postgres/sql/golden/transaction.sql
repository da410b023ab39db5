-- transaction.rs: what it sends. Made by TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql

-- BeginScoped: Begins a transaction under the application role, bound to one scope.
-- For: work that takes its time.
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL search_path TO "tulving", "public", pg_temp;
SET LOCAL row_security TO on;
SET LOCAL transaction_timeout TO 0;
SET LOCAL client_min_messages TO warning;
SET LOCAL idle_in_transaction_session_timeout TO 0;
SET LOCAL statement_timeout TO 0;
SET LOCAL lock_timeout TO 0;
SET LOCAL client_connection_check_interval TO '1s';
SET LOCAL ROLE tulving_app;
SET LOCAL tulving.scope_id = '00000000-0000-0000-0000-000000000001';
SET LOCAL enable_seqscan = off;
SET LOCAL enable_sort = off;
SET LOCAL jit = off;

-- BeginScoped: Begins a transaction under the application role, bound to one scope.
-- For: reading.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL search_path TO "tulving", "public", pg_temp;
SET LOCAL row_security TO on;
SET LOCAL transaction_timeout TO 0;
SET LOCAL statement_timeout = 1000;
SET LOCAL idle_in_transaction_session_timeout = 1000;
SET LOCAL lock_timeout = '10s';
SET LOCAL ROLE tulving_app;
SET LOCAL tulving.scope_id = '00000000-0000-0000-0000-000000000001';
SET LOCAL enable_seqscan = off;
SET LOCAL enable_sort = off;
SET LOCAL jit = off;

-- BeginScoped: Begins a transaction under the application role, bound to one scope.
-- For: writing.
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL search_path TO "tulving", "public", pg_temp;
SET LOCAL row_security TO on;
SET LOCAL transaction_timeout TO 0;
SET LOCAL statement_timeout = 1000;
SET LOCAL idle_in_transaction_session_timeout = 1000;
SET LOCAL lock_timeout = '10s';
SET LOCAL ROLE tulving_app;
SET LOCAL tulving.scope_id = '00000000-0000-0000-0000-000000000001';
SET LOCAL enable_seqscan = off;
SET LOCAL enable_sort = off;
SET LOCAL jit = off;

-- BeginScoped: Begins a transaction under the application role, bound to one scope.
-- For: exporting.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL search_path TO "tulving", "public", pg_temp;
SET LOCAL row_security TO on;
SET LOCAL transaction_timeout TO 0;
SET LOCAL client_min_messages TO warning;
SET LOCAL idle_in_transaction_session_timeout TO 0;
SET LOCAL statement_timeout TO 0;
SET LOCAL lock_timeout TO 0;
SET LOCAL client_connection_check_interval TO '1s';
SET LOCAL ROLE tulving_app;
SET LOCAL tulving.scope_id = '00000000-0000-0000-0000-000000000001';
SET LOCAL enable_seqscan = off;
SET LOCAL enable_sort = off;
SET LOCAL jit = off;

-- BeginUnscoped: Begins a transaction outside any scope, under the login role or as a member.
-- For: the login role.
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL search_path TO "tulving", "public", pg_temp;
SET LOCAL row_security TO on;
SET LOCAL transaction_timeout TO 0;
SET LOCAL client_min_messages TO warning;
SET LOCAL idle_in_transaction_session_timeout TO 0;
SET LOCAL statement_timeout TO 0;
SET LOCAL lock_timeout TO 0;
SET LOCAL client_connection_check_interval TO '1s';

-- BeginUnscoped: Begins a transaction outside any scope, under the login role or as a member.
-- For: a member.
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL search_path TO "tulving", "public", pg_temp;
SET LOCAL row_security TO on;
SET LOCAL transaction_timeout TO 0;
SET LOCAL client_min_messages TO warning;
SET LOCAL idle_in_transaction_session_timeout TO 0;
SET LOCAL statement_timeout TO 0;
SET LOCAL lock_timeout TO 0;
SET LOCAL client_connection_check_interval TO '1s';
SET LOCAL ROLE tulving_app;

-- BeginInSnapshot: Begins a transaction that reads what another one reads, bound to one scope.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET TRANSACTION SNAPSHOT '00000003-0000001B-1';
SET LOCAL search_path TO "tulving", "public", pg_temp;
SET LOCAL row_security TO on;
SET LOCAL transaction_timeout TO 0;
SET LOCAL client_min_messages TO warning;
SET LOCAL idle_in_transaction_session_timeout TO 0;
SET LOCAL statement_timeout TO 0;
SET LOCAL lock_timeout TO 0;
SET LOCAL client_connection_check_interval TO '1s';
SET LOCAL ROLE tulving_app;
SET LOCAL tulving.scope_id = '00000000-0000-0000-0000-000000000001';
SET LOCAL enable_seqscan = off;
SET LOCAL enable_sort = off;
SET LOCAL jit = off;

-- ExportSnapshot: Exports the snapshot of this transaction, for others to read.
SELECT pg_export_snapshot();

-- Commit: Makes everything done lasting and visible.
COMMIT;

-- Rollback: Undoes everything done.
ROLLBACK;

-- DeferDurability: Lets the commit return before it is on disk: the ledger can repeat what a crash undoes.
SET LOCAL synchronous_commit = off;

-- PrepareSession: Sets what a session needs for what the server does in no transaction.
SET transaction_timeout TO 0;
SET statement_timeout TO 0;
SET lock_timeout TO 0;
SET client_connection_check_interval TO '1s';

-- PrepareSession: Sets what a session needs for what the server does in no transaction.
-- For: building.
SET transaction_timeout TO 0;
SET statement_timeout TO 0;
SET lock_timeout TO 0;
SET client_connection_check_interval TO '1s';
SET maintenance_work_mem TO '65536kB';

-- RestoreSession: Puts that back.
RESET transaction_timeout; RESET statement_timeout; RESET lock_timeout; RESET client_connection_check_interval;

-- RestoreSession: Puts that back.
-- For: building.
RESET transaction_timeout; RESET statement_timeout; RESET lock_timeout; RESET client_connection_check_interval; RESET maintenance_work_mem;

-- LockScope: Holds other runs on a scope off for as long as the session lasts.
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL search_path TO "tulving", "public", pg_temp;
SET LOCAL row_security TO on;
SET LOCAL transaction_timeout TO 0;
SET LOCAL client_min_messages TO warning;
SET LOCAL idle_in_transaction_session_timeout TO 0;
SET LOCAL statement_timeout TO 0;
SET LOCAL lock_timeout TO 0;
SET LOCAL client_connection_check_interval TO '1s';
SET LOCAL lock_timeout TO '10s';
SELECT pg_advisory_xact_lock(hashtextextended('tulving.run.00000000-0000-0000-0000-000000000001', 0));

-- LockImport: Says that somebody is at an import for as long as the session lasts.
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL search_path TO "tulving", "public", pg_temp;
SET LOCAL row_security TO on;
SET LOCAL transaction_timeout TO 0;
SET LOCAL client_min_messages TO warning;
SET LOCAL idle_in_transaction_session_timeout TO 0;
SET LOCAL statement_timeout TO 0;
SET LOCAL lock_timeout TO 0;
SET LOCAL client_connection_check_interval TO '1s';
SELECT pg_advisory_xact_lock(hashtextextended('tulving.import.00000000-0000-0000-0000-000000000002', 0));

-- LockOwners: Waits for others who make owners by this program.
SELECT pg_advisory_xact_lock(hashtextextended('tulving.owners', 0));
