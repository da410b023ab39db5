-- spaces.rs: what it sends. Made by TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql

-- FindSpace: Finds the number of a space.
-- $1 provider text, $2 model text, $3 dims int4
SELECT space_id
FROM embedding_spaces
WHERE provider = $1 AND model = $2 AND dims = $3;

-- MakeSpace: Gives a space a number, if it has none.
-- $1 provider text, $2 model text, $3 dims int4
INSERT INTO embedding_spaces (provider, model, dims)
VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING;

-- ListSpaces: Lists the spaces but for those that were seen.
-- $1 seen _int4
SELECT space_id, provider, model, dims
FROM embedding_spaces
WHERE space_id <> ALL ($1);
