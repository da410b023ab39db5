-- forgotten.rs: what it sends. Made by TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql

-- ReadForgotten: Reads the tombstones of a scope, each with the salt.
-- $1 scope uuid
SELECT salt, hash
FROM forgotten
WHERE scope_id = $1;

-- FindForgotten: Finds the first of some memories and documents that has a tombstone.
-- $1 scope uuid, $2 names _bytea
SELECT n.place
FROM (SELECT salt
  FROM forgotten
  WHERE scope_id = $1 LIMIT 1) s
CROSS JOIN unnest($2) WITH ORDINALITY AS n (name, place)
CROSS JOIN LATERAL (SELECT hash
  FROM forgotten
  WHERE scope_id = $1 AND hash = substring(sha256(s.salt || n.name) FOR 16) OFFSET 0) f
ORDER BY n.place LIMIT 1;

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

-- LiftForgotten: Takes the tombstones of some memories away.
-- $1 scope uuid, $2 names _bytea
DELETE FROM forgotten
WHERE scope_id = $1 AND hash = ANY (ARRAY(
    SELECT substring(sha256(s.salt || n.name) FOR 16)
    FROM (SELECT salt
      FROM forgotten
      WHERE scope_id = $1 LIMIT 1) s
    CROSS JOIN unnest($2) AS n (name)));

-- RemoveUnfinished: Removes the record of an erasure that is under way.
-- $1 scope uuid
DELETE FROM forgetting
WHERE scope_id = $1;

-- KeepUnfinished: Keeps the record of an erasure that is under way.
-- $1 scope uuid, $2 parts _bytea
INSERT INTO forgetting (scope_id, part, content)
SELECT $1, p.part, p.content
FROM unnest($2) WITH ORDINALITY AS p (content, part);

-- ReadUnfinished: Reads the record of an erasure that was not finished.
-- $1 scope uuid
SELECT content
FROM forgetting
WHERE scope_id = $1
ORDER BY part;

-- ListScopedTables: Lists every table with a scope, and what of its rows is text or bytes.
SELECT c.relname::text, has_table_privilege(c.oid, 'SELECT'), bool_and(s.atttypid = 'uuid'::regtype), array_remove(array_agg(CASE WHEN t.typname = 'bytea' THEN format('%I', a.attname) WHEN t.typcategory = 'A' THEN format('convert_to(array_to_json(%I)::text, ''UTF8'')', a.attname) WHEN t.typcategory IN ('S', 'U') AND t.typname NOT IN ('uuid', 'vector', 'halfvec') THEN format('convert_to(%I::text, ''UTF8'')', a.attname) END
    ORDER BY a.attnum), NULL)
FROM pg_class c
JOIN pg_attribute s ON s.attrelid = c.oid AND s.attname = 'scope_id' AND NOT s.attisdropped
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type d ON d.oid = a.atttypid
JOIN pg_type t ON t.oid =
CASE d.typtype WHEN 'd' THEN d.typbasetype ELSE d.oid END
WHERE c.relnamespace = (SELECT relnamespace
  FROM pg_class
  WHERE oid = to_regclass('memory_nodes')) AND c.relkind IN ('r', 'p', 'm') GROUP BY c.oid, c.relname
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

-- MayVacuum: Asks of which tables the login role may remove dead rows.
-- $1 tables _text
SELECT t.name
FROM unnest($1) AS t (name)
JOIN pg_class c ON c.oid = to_regclass(t.name)
WHERE pg_has_role(c.relowner, 'USAGE');

-- Vacuum: Removes dead rows, and samples of them from the planner's statistics.
VACUUM (ANALYZE) "tulving"."memory_nodes", "tulving"."forgotten";
