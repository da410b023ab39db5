//! Whose memory: the user or tenant that flags, environment and file name.

use tulving::model::{Scope, ScopeKind};
use uuid::Uuid;

use crate::exit::CliError;
use crate::text::quote;

/// Both, the user first.
pub(super) const BOTH: [ScopeKind; 2] = [ScopeKind::User, ScopeKind::Tenant];

/// Returns the key of the configuration file.
pub(super) fn key(kind: ScopeKind) -> &'static str {
    match kind {
        ScopeKind::User => "scope.user_id",
        ScopeKind::Tenant => "scope.tenant_id",
    }
}

/// Returns the scope that an id of this kind stands for.
pub(super) fn with(kind: ScopeKind, id: Uuid) -> Scope {
    match kind {
        ScopeKind::User => Scope::User(id),
        ScopeKind::Tenant => Scope::Tenant(id),
    }
}

/// Returns the command that makes one.
#[must_use]
pub fn create_command(kind: ScopeKind) -> &'static str {
    match kind {
        ScopeKind::User => "tulving user create --email you@example.com",
        ScopeKind::Tenant => "tulving tenant create --name NAME",
    }
}

/// Reads the id of a user or tenant; `from` is where it was given, such as `--user-id`.
///
/// # Errors
/// `Invalid UUID format`, exit 2. The nil UUID is refused too: it is what a program sends that
/// forgot to fill in the id, and would become a scope that strangers share.
pub fn parse_id(text: &str, kind: ScopeKind, from: &str) -> Result<Uuid, CliError> {
    let why = match Uuid::try_parse(text) {
        Ok(id) if id.is_nil() => "is the nil UUID, which belongs to nobody",
        Ok(id) => return Ok(id),
        Err(_) => "is not a UUID, which looks like 3f2b8c1e-7d4a-4e0b-9c55-0a1b2c3d4e5f",
    };
    let message = format!("Invalid UUID format: {} (from {from}) {why}", quote(text));
    let (kind, command) = (kind.as_str(), create_command(kind));
    // What is written down is read by every command, also by those that are advised here.
    let first = match from.starts_with("--") {
        true => String::new(),
        false => format!("take it out of {from}, then "),
    };
    Err(CliError::usage(message).hint(format!(
        "{first}{command}   (makes a {kind} in the database and prints its id; for memory in files: tulving init, without an id)"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_uuid_of_somebody() {
        let id = "3f2b8c1e-7d4a-4e0b-9c55-0a1b2c3d4e5f";
        assert!(parse_id(id, ScopeKind::User, "--user-id").is_ok());
        for bad in [
            "",
            "me",
            "3f2b8c1e-7d4a-4e0b-9c55-0a1b2c3d4e5",
            &Uuid::nil().to_string(),
        ] {
            let error = parse_id(bad, ScopeKind::Tenant, "config.yaml line 3").unwrap_err();
            assert!(error.message.starts_with("Invalid UUID format"), "{error}");
            assert!(
                error
                    .message
                    .contains(&format!("{bad:?} (from config.yaml line 3)")),
                "{error}"
            );
            // Whoever has files alone needs no id of their own making.
            assert_eq!(
                error.hint.as_deref(),
                Some(
                    "take it out of config.yaml line 3, then tulving tenant create --name NAME   (makes a tenant in the database and prints its id; for memory in files: tulving init, without an id)"
                )
            );
            assert_eq!(error.exit.code(), 2);
        }
    }
}
