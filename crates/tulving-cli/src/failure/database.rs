//! Advice on errors of a database.

use tulving::ErrorClass;
use tulving::backend::postgres::{DatabaseError, Fault, OwnerFlaw, Refusal, RequiredRole};

use super::{connection, told};
use crate::config::create_command;
use crate::exit::CliError;
use crate::text::{identifier, owner_flag, shell};

impl From<DatabaseError> for CliError {
    fn from(error: DatabaseError) -> Self {
        Self::from(&error)
    }
}

impl From<&DatabaseError> for CliError {
    fn from(error: &DatabaseError) -> Self {
        let told = told(error.class(), error, hint(error));
        match error {
            DatabaseError::Unreachable { notes, .. } => notes.iter().fold(told, Self::cause),
            _ => told,
        }
    }
}

const BUSY_SERVER: &str =
    "the same command again; if it happens again, look what else keeps the server busy";

fn hint(error: &DatabaseError) -> Option<String> {
    let hint = match error {
        DatabaseError::Dsn(dsn) => return Some(dsn.advice().to_string()),
        DatabaseError::Unreachable { barrier, .. } => return Some(connection::hint(barrier)),
        DatabaseError::TimedOut { .. } | DatabaseError::Stopped { .. } => BUSY_SERVER,
        DatabaseError::Lost { .. } => {
            "the same command again once the server answers; what was committed is kept"
        }
        DatabaseError::Uncertain { .. } => {
            "look whether it is there once the server answers, then the same command again if not"
        }
        DatabaseError::Busy { .. } => {
            "the same again in a moment; or a larger memory.postgres.pool_size in config.yaml"
        }
        DatabaseError::DiskFull { .. } => {
            "free space on the server, then the same command again, to resume"
        }
        DatabaseError::Locked { .. } => {
            "tulving runs list   (shows who is at work); then the same command again"
        }
        DatabaseError::Refused(refusal) => return refusal_hint(refusal),
        DatabaseError::Owner(OwnerFlaw::Address { .. }) => {
            "an address with one @ and no spaces, such as --email ann@example.com"
        }
        DatabaseError::Owner(_) => "a name that can be read",
        DatabaseError::DamagedRow { table, id, .. } => {
            let delete = format!(
                "DELETE FROM {table} WHERE id = '{}'",
                id.replace('\'', "''")
            );
            return Some(format!(
                "psql \"$DATABASE_URL\" -c 'SET ROLE tulving_app' -c \"SET tulving.scope_id = 'OWNER'\" -c {}   \
                 (OWNER is the owner's id); then tulving index --rebuild, and tulving migrate, which writes anew what files have",
                shell(&delete)
            ));
        }
        DatabaseError::Server { fault, .. } => return Some(refused(*fault, error)),
        error if error.class() == ErrorClass::Damaged => {
            "tulving schema apply   (puts back rows that each owner needs); what else was changed by hand, a backup has"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

/// What to do about what a server refused for a reason of its own.
fn refused(fault: Fault, error: &DatabaseError) -> String {
    let hint = match fault {
        Fault::Exhausted => {
            "the same command again once the server has room, or its administrator has raised the limit that the cause names"
        }
        Fault::Contended => "the same command again",
        Fault::Broken => "look into the server's log; then the same command again",
        Fault::Session => {
            "connect to the server itself, or to its pooler in session mode: another host or port in DATABASE_URL"
        }
        Fault::Constraint => {
            let table = shell(&format!("\\d {}", error.table().unwrap_or("TABLE")));
            return format!(
                "psql \"$DATABASE_URL\" -c {table}   (shows the constraint; if somebody added it, take it away)"
            );
        }
        Fault::Foreign => {
            let function = error.function().unwrap_or("what the cause names");
            return format!("have it changed, or disabled, by whoever made it: {function}");
        }
        Fault::Differs | Fault::Value => {
            "tulving schema apply   (puts back tables, indexes and rights; what became of a column, a backup has)"
        }
        Fault::Unsupported => {
            "use PostgreSQL 15 or newer itself: other servers that speak its language may lack parts of it"
        }
        Fault::TooLarge => {
            "something shorter, or less at a time: the cause names the limit; some can be raised on the server"
        }
        Fault::Unready => {
            "the same command again once the server is ready; the cause says for what"
        }
        Fault::Library => {
            "install on the server what the cause names (pgvector: such as apt install postgresql-18-pgvector), then the same command again"
        }
        _ => "look into the server's log, which says more",
    };
    hint.to_owned()
}

fn refusal_hint(refusal: &Refusal) -> Option<String> {
    let hint = match refusal {
        Refusal::TableMissing { elsewhere, .. } => match elsewhere.first() {
            Some(schema) => format!(
                "--schema {}   (the tables are there); or, for others here, tulving schema apply",
                shell(schema)
            ),
            None => "tulving schema apply".to_owned(),
        },
        Refusal::SchemaOlder { .. } => "tulving schema apply".to_owned(),
        Refusal::NoSchema { .. } => {
            "tulving schema apply --schema tulving   (makes it); then --schema tulving with every command, or TULVING_SCHEMA".to_owned()
        }
        Refusal::Occupied { .. } => {
            "tulving schema apply --schema tulving   (a schema of its own); then --schema tulving with every command, or TULVING_SCHEMA".to_owned()
        }
        Refusal::Encoding { .. } => {
            "psql \"$DATABASE_URL\" -c \"CREATE DATABASE tulving TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'\"; then name it in DATABASE_URL".to_owned()
        }
        Refusal::RightsMissing { .. } => {
            "tulving schema apply   (as the tables' owner; puts back what is missing)".to_owned()
        }
        Refusal::ExtensionMissing { available: true, .. } => {
            "psql \"$DATABASE_URL\" -c 'CREATE EXTENSION vector'   (as a role that may; columns that were dropped with it need a restore)".to_owned()
        }
        Refusal::ExtensionMissing { available: false, .. } => {
            "install pgvector on the server (such as apt install postgresql-18-pgvector), then tulving schema apply"
                .to_owned()
        }
        Refusal::TablesLost { .. } => {
            "restore the database from a backup: nothing else holds what was in them".to_owned()
        }
        Refusal::ColumnsMissing { .. } => {
            "restore the database from a backup: the vectors went with the extension".to_owned()
        }
        Refusal::ExtensionTooOld { enabled: true, .. } => {
            "install a newer pgvector on the server, then psql \"$DATABASE_URL\" -c 'ALTER EXTENSION vector UPDATE'"
                .to_owned()
        }
        // There is nothing in the database to be updated.
        Refusal::ExtensionTooOld { enabled: false, .. } => {
            "install a newer pgvector on the server, then tulving schema apply".to_owned()
        }
        Refusal::UnknownScope { scope, .. } => format!("{} --id {}", create_command(scope.kind()), scope.id()),
        Refusal::Exists { .. } | Refusal::IdTaken { .. } => {
            "tulving user list, tulving tenant list   (show who is there)".to_owned()
        }
        Refusal::OwnerExists { .. } => {
            "the same with --if-not-exists, which gives that id; tulving user list, tulving tenant list   (show all)".to_owned()
        }
        Refusal::Nobody { .. } => {
            "tulving user list, tulving tenant list   (show who is there)".to_owned()
        }
        Refusal::Namesakes { .. } => {
            "the id of the one that is meant; to create with --if-not-exists it is --id ID".to_owned()
        }
        Refusal::OtherOwner { there, .. } => format!(
            "the same with --id {}, if that one is meant; or another address or name for a new one",
            there.id()
        ),
        Refusal::Privilege { role, required, .. } => {
            let role = role.as_deref().map_or_else(|| "ROLE".to_owned(), identifier);
            match required {
                RequiredRole::Maker { sql } if sql.is_empty() => {
                    "log in as an administrator for this".to_owned()
                }
                RequiredRole::Maker { sql } => format!("as an administrator: {sql}"),
                RequiredRole::Role => {
                    "tulving schema apply   (as the tables' owner; puts back what the role tulving_app lacks)".to_owned()
                }
                RequiredRole::Owner => {
                    "log in as the tables' owner: those of users and tenants are the owner's alone".to_owned()
                }
                _ => format!("as an administrator: GRANT tulving_app TO {role}"),
            }
        }
        Refusal::RoleMissing { .. } => {
            "tulving schema apply   (makes the role and gives it its rights)".to_owned()
        }
        Refusal::ReadOnly { .. } => {
            "name the primary server in DATABASE_URL, or set default_transaction_read_only to off".to_owned()
        }
        Refusal::WallOpen { sql: Some(sql), .. } => {
            format!("as an administrator: psql \"$DATABASE_URL\" -c {}", shell(sql))
        }
        Refusal::WallOpen { sql: None, .. } => {
            "tulving schema apply   (puts policies and rights back)".to_owned()
        }
        Refusal::SchemaNewer { .. } => "use a newer tulving".to_owned(),
        Refusal::SchemaChanged { .. } => "use the tulving that made it".to_owned(),
        Refusal::Unindexed { scope, .. } => {
            format!("tulving index {}", owner_flag(*scope))
        }
        Refusal::WordsDamaged { scope, .. } => {
            format!("tulving index --rebuild {}", owner_flag(*scope))
        }
        Refusal::NumbersUsedUp { scope, .. } => format!(
            "tulving index --rebuild {}   (begins with the numbers anew)",
            owner_flag(*scope)
        ),
        Refusal::TooManyIndexes { .. } => {
            "tulving schema apply   (removes those of owners that are gone); without an index every search of this scope is exact, as before".to_owned()
        }
        Refusal::ServerTooOld { .. } => {
            "name a server of PostgreSQL 15 or newer in DATABASE_URL, or have this one upgraded".to_owned()
        }
        Refusal::UnknownRun { .. } => "tulving runs list".to_owned(),
        _ => return None,
    };
    Some(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;
    use tulving::model::Scope;

    #[test]
    fn an_unknown_owner_is_told_how_to_be_made() {
        let id = uuid::Uuid::from_u128(7);
        let refusal = Refusal::UnknownScope {
            scope: Scope::User(id),
            target: "database d".to_owned(),
        };
        let told = CliError::from(DatabaseError::from(refusal));
        assert_eq!(told.exit, Exit::Refused);
        assert_eq!(
            told.hint,
            Some(format!(
                "tulving user create --email you@example.com --id {id}"
            ))
        );
    }

    #[test]
    fn an_old_pgvector_is_updated_where_it_is_enabled() {
        let hint = |enabled| {
            let refusal = Refusal::ExtensionTooOld {
                found: "0.6.2".to_owned(),
                needed: "0.8.2",
                enabled,
            };
            CliError::from(DatabaseError::from(refusal)).hint.unwrap()
        };
        assert!(hint(true).ends_with("-c 'ALTER EXTENSION vector UPDATE'"));
        assert!(hint(false).ends_with("then tulving schema apply"));
    }

    #[test]
    fn a_server_that_went_silent_is_not_said_to_be_connected_to() {
        let told = CliError::from(DatabaseError::TimedOut {
            target: "database d".to_owned(),
            seconds: 30,
        });
        assert_eq!(told.exit, Exit::Unreachable);
        assert_eq!(told.message, "no answer within 30 s from database d");
    }

    #[test]
    fn a_right_that_is_missing_is_told_as_sql_takes_it() {
        let refusal = Refusal::Privilege {
            role: Some("ann@example".to_owned()),
            required: RequiredRole::Member,
            doing: "binding the scope".to_owned(),
            source: None,
        };
        let told = CliError::from(DatabaseError::from(refusal));
        assert_eq!(
            told.message,
            "the role ann@example may not do this: binding the scope"
        );
        assert_eq!(
            told.hint.as_deref(),
            Some("as an administrator: GRANT tulving_app TO \"ann@example\"")
        );
    }
}
