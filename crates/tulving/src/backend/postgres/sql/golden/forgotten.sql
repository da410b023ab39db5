-- forgotten.rs: what it sends. Made by TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql

-- ReadForgotten: Reads the tombstones of a scope, each with the salt.
-- $1 scope uuid
SELECT salt, hash
FROM forgotten
WHERE scope_id = $1;

-- SetForgotten: Sets tombstones that are not there yet.
-- $1 scope uuid, $2 salt bytea, $3 hashes _bytea
INSERT INTO forgotten (scope_id, salt, hash)
SELECT $1, $2, h.hash
FROM unnest($3) AS h (hash)
ON CONFLICT DO NOTHING;

-- RemoveForgotten: Takes tombstones away.
-- $1 scope uuid, $2 hashes _bytea
DELETE FROM forgotten
WHERE scope_id = $1 AND hash = ANY ($2);

-- ListScopedTables: Lists every table with a scope, and what of its rows is text or bytes.
SELECT c.relname::text, has_table_privilege(c.oid, 'SELECT'), array_remove(array_agg(CASE t.typname WHEN 'bytea' THEN format('%I', a.attname) WHEN '_text' THEN format('convert_to(array_to_json(%I)::text, ''UTF8'')', a.attname) WHEN '_varchar' THEN format('convert_to(array_to_json(%I)::text, ''UTF8'')', a.attname) ELSE
    CASE WHEN t.typcategory IN ('S', 'U') AND t.typname NOT IN ('uuid', 'vector', 'halfvec') THEN format('convert_to(%I::text, ''UTF8'')', a.attname) END END
    ORDER BY a.attnum), NULL)
FROM pg_class c
JOIN pg_attribute s ON s.attrelid = c.oid AND s.attname = 'scope_id' AND NOT s.attisdropped
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relnamespace = (SELECT relnamespace
  FROM pg_class
  WHERE oid = to_regclass('memory_nodes')) AND c.relkind IN ('r', 'p') GROUP BY c.oid, c.relname
ORDER BY c.relname;

-- ReadRaw: Reads all rows of the scope in a table, whatever they are for.
-- $1 scope uuid
SELECT id
FROM "tulving"."memory_nodes"
WHERE scope_id = $1;

-- ReadRaw: Reads all rows of the scope in a table, whatever they are for.
-- For: no text.
-- $1 scope uuid
SELECT NULL::bytea
FROM "tulving"."forgotten"
WHERE scope_id = $1;

-- MayVacuum: Asks whether the login role may remove dead rows.
-- $1 tables _text
SELECT coalesce(bool_and(pg_has_role(c.relowner, 'USAGE')), false)
FROM unnest($1) AS t (name)
JOIN pg_class c ON c.oid = to_regclass(t.name);

-- Vacuum: Removes dead rows, and samples of them from the planner's statistics.
VACUUM (ANALYZE) "tulving"."memory_nodes", "tulving"."forgotten";
