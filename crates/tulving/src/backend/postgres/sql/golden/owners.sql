-- owners.rs: what it sends. Made by TULVING_RENEW_SQL=1 cargo test -p tulving --lib postgres::sql

-- ListOwners: Lists the ids of all owners, and whether each is a user.
SELECT u.id, true
FROM users u
UNION ALL SELECT t.id, false
FROM tenants t;

-- ListUsers: Lists all users, oldest first.
SELECT id, email, tenant_id, created_at
FROM users
ORDER BY created_at, id;

-- ListTenants: Lists all tenants, oldest first.
SELECT id, name, created_at
FROM tenants
ORDER BY created_at, id;

-- MakeOwner: Makes an owner; its values are written out, as they are printed too.
-- For: a user.
INSERT INTO users (id, auth_provider, external_id, email, tenant_id)
VALUES ('00000000-0000-0000-0000-000000000001', 'local', 'ann@example.com', 'ann@example.com', NULL);

-- MakeOwner: Makes an owner; its values are written out, as they are printed too.
-- For: a tenant.
INSERT INTO tenants (id, name, azure_tenant_id)
VALUES ('00000000-0000-0000-0000-000000000001', 'Acme', NULL);

-- FindUsersCalled: Finds users of an identity or an address.
-- $1 provider text, $2 external_id text, $3 address text
SELECT id, tenant_id, (auth_provider, external_id) = ($1, $2)
FROM users
WHERE (auth_provider, external_id) = ($1, $2) OR lower(email) = lower($3)
ORDER BY created_at, id;

-- FindTenantsCalled: Finds tenants of an Azure id, or of a name where none is given.
-- $1 name text, $2 azure_id text
SELECT id, NULL::uuid, azure_tenant_id IS NOT DISTINCT FROM $2 AND $2 IS NOT NULL
FROM tenants
WHERE azure_tenant_id = $2 OR ($2 IS NULL AND name = $1)
ORDER BY created_at, id;

-- FindOwnerWithId: Finds who has an id, in words.
-- $1 id uuid
SELECT 'user ' || coalesce(email, '')
FROM users
WHERE id = $1
UNION ALL SELECT 'tenant ' || name
FROM tenants
WHERE id = $1;

-- FindUser: Finds the user with an id, or with an address.
-- $1 id uuid, $2 called text
SELECT id, email, tenant_id, created_at
FROM users
WHERE id = $1 OR ($1 IS NULL AND lower(email) = lower($2))
ORDER BY created_at, id;

-- FindTenant: Finds the tenant with an id, or with a name.
-- $1 id uuid, $2 called text
SELECT id, name, created_at
FROM tenants
WHERE id = $1 OR ($1 IS NULL AND name = $2)
ORDER BY created_at, id;

-- RenameUser: Gives a user another address. Who was known by the old one is known by the new one.
-- $1 id uuid, $2 called text
UPDATE users
SET email = $2, external_id =
CASE WHEN auth_provider = 'local' AND external_id IN (email, id::text) THEN $2 ELSE external_id END
WHERE id = $1;

-- RenameTenant: Calls a tenant something else.
-- $1 id uuid, $2 called text
UPDATE tenants
SET name = $2
WHERE id = $1;

-- MayDeleteOwner: Asks whether the login role may remove owners.
SELECT has_table_privilege('users', 'SELECT') AND has_table_privilege('users', 'DELETE');

-- DeleteOwner: Removes an owner, with whom its scope goes.
-- For: a user.
-- $1 id uuid
DELETE FROM users
WHERE id = $1;

-- DeleteOwner: Removes an owner, with whom its scope goes.
-- For: a tenant.
-- $1 id uuid
DELETE FROM tenants
WHERE id = $1;
