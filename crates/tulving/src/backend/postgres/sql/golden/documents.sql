-- documents.rs: what it sends. Made by TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql

-- InsertDocument: Writes a new document, at a place that is given or the next.
-- For: at a place.
-- $1 scope uuid, $2 user uuid, $3 tenant uuid, $4 place int8, $5 id unknown, $6 path unknown, $7 title unknown, $8 department unknown, $9 content_hash unknown, $10 mime unknown, $11 created_at unknown, $12 updated_at unknown, $13 extra unknown, $14 carry unknown
INSERT INTO documents (scope_id, user_id, tenant_id, ord, id, path, title, department, content_hash, mime, created_at, updated_at, extra, carry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- InsertDocument: Writes a new document, at a place that is given or the next.
-- For: at the next place.
-- $1 scope uuid, $2 user uuid, $3 tenant uuid, $4 id unknown, $5 path unknown, $6 title unknown, $7 department unknown, $8 content_hash unknown, $9 mime unknown, $10 created_at unknown, $11 updated_at unknown, $12 extra unknown, $13 carry unknown
INSERT INTO documents (scope_id, user_id, tenant_id, ord, id, path, title, department, content_hash, mime, created_at, updated_at, extra, carry)
VALUES ($1, $2, $3, coalesce((SELECT ord + 1
      FROM documents
      WHERE scope_id = $1 AND ord >= 0
      ORDER BY ord DESC LIMIT 1), 0), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- ExportDocuments: Reads all documents with their places.
-- $1 scope uuid
SELECT id, path, title, department, content_hash, mime, created_at, updated_at, extra, carry, ord
FROM documents
WHERE scope_id = $1;

-- UpsertDocument: Writes a document, new or in the place of the one with its id.
-- For: at a place.
-- $1 scope uuid, $2 user uuid, $3 tenant uuid, $4 place int8, $5 id unknown, $6 path unknown, $7 title unknown, $8 department unknown, $9 content_hash unknown, $10 mime unknown, $11 created_at unknown, $12 updated_at unknown, $13 extra unknown, $14 carry unknown
INSERT INTO documents (scope_id, user_id, tenant_id, ord, id, path, title, department, content_hash, mime, created_at, updated_at, extra, carry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (scope_id, id) DO UPDATE SET path = EXCLUDED.path, title = EXCLUDED.title, department = EXCLUDED.department, content_hash = EXCLUDED.content_hash, mime = EXCLUDED.mime, created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at, extra = EXCLUDED.extra, carry = EXCLUDED.carry;

-- UpsertDocument: Writes a document, new or in the place of the one with its id.
-- For: at the next place.
-- $1 scope uuid, $2 user uuid, $3 tenant uuid, $4 id unknown, $5 path unknown, $6 title unknown, $7 department unknown, $8 content_hash unknown, $9 mime unknown, $10 created_at unknown, $11 updated_at unknown, $12 extra unknown, $13 carry unknown
INSERT INTO documents (scope_id, user_id, tenant_id, ord, id, path, title, department, content_hash, mime, created_at, updated_at, extra, carry)
VALUES ($1, $2, $3, coalesce((SELECT ord + 1
      FROM documents
      WHERE scope_id = $1 AND ord >= 0
      ORDER BY ord DESC LIMIT 1), 0), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (scope_id, id) DO UPDATE SET path = EXCLUDED.path, title = EXCLUDED.title, department = EXCLUDED.department, content_hash = EXCLUDED.content_hash, mime = EXCLUDED.mime, created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at, extra = EXCLUDED.extra, carry = EXCLUDED.carry;

-- RemoveDocument: Removes a document with its chunks; gives its id if it was there.
-- $1 scope uuid, $2 id text
DELETE FROM documents
WHERE scope_id = $1 AND id = $2
RETURNING id;

-- FindDocuments: Reads documents by their ids.
-- $1 scope uuid, $2 ids _text
SELECT m.id, m.path, m.title, m.department, m.content_hash, m.mime, m.created_at, m.updated_at, m.extra, m.carry
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM documents
  WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m;

-- ListDocuments: Lists documents in the order of their ids, from after one.
-- For: from the beginning.
-- $1 scope uuid, $2 limit int8
SELECT id, path, title, department, content_hash, mime, created_at, updated_at, extra, carry
FROM documents
WHERE scope_id = $1
ORDER BY id LIMIT $2;

-- ListDocuments: Lists documents in the order of their ids, from after one.
-- For: after one.
-- $1 scope uuid, $2 after text, $3 limit int8
SELECT id, path, title, department, content_hash, mime, created_at, updated_at, extra, carry
FROM documents
WHERE scope_id = $1 AND id > $2
ORDER BY id LIMIT $3;

-- FindPieces: Lists the ids of the chunks of these documents.
-- $1 scope uuid, $2 documents _text
SELECT m.id
FROM unnest($2) AS wanted (id)
CROSS JOIN LATERAL (SELECT *
  FROM document_chunks
  WHERE scope_id = $1 AND document_id = wanted.id AND chunk_index >= 0
  ORDER BY chunk_index OFFSET 0) m;
