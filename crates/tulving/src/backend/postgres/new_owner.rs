//! Owners that are to be made: what they must be called, and the statement that makes one.

use uuid::Uuid;

use crate::model::is_blank;

/// A user to be made.
#[derive(Debug, Clone)]
pub struct UserToCreate {
    /// Its id.
    pub id: Uuid,
    /// Who vouches for the person.
    pub auth_provider: String,
    /// The person's id there.
    pub external_id: String,
    /// The person's address, if it is known.
    pub email: Option<String>,
    /// The tenant the person belongs to.
    pub tenant_id: Option<Uuid>,
}

/// A tenant to be made.
#[derive(Debug, Clone)]
pub struct TenantToCreate {
    /// Its id.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// Its id at its identity provider.
    pub azure_tenant_id: Option<String>,
}

/// Why somebody is not made an owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OwnerFlaw {
    /// It has no name that can be read.
    #[error("the {what} is blank")]
    Blank {
        /// What of it.
        what: &'static str,
    },
    /// Mail cannot be sent there.
    #[error("{address:?} is not an e-mail address such as ann@example.com")]
    Address {
        /// As it was given.
        address: String,
    },
}

/// A statement that makes an owner: what `create` runs, and what `--sql` prints.
pub trait Owner {
    /// Checks that it can be told from others by what it is called.
    ///
    /// # Errors
    /// If a name is blank, or an address is none.
    fn check(&self) -> Result<(), OwnerFlaw>;
    /// Returns the INSERT with its values written out, ending in a semicolon.
    fn sql(&self) -> String;
    /// Returns what it is, for messages.
    fn describe(&self) -> String;
}

/// Refuses what does not name anybody.
pub(super) fn check_name(what: &'static str, text: &str) -> Result<(), OwnerFlaw> {
    if is_blank(text) {
        return Err(OwnerFlaw::Blank { what });
    }
    Ok(())
}

/// Refuses what is no address: something, one `@`, something, nowhere a blank, and no longer than
/// mail takes (RFC 5321, 4.5.3.1.3), which is less than an index takes. Whether mail arrives there
/// only a mail shows.
pub(super) fn check_address(address: &str) -> Result<(), OwnerFlaw> {
    const LONGEST: usize = 254;
    let parts = address
        .split_once('@')
        .filter(|_| address.len() <= LONGEST)
        .filter(|(_, host)| !host.contains('@'));
    let has_gap = address
        .chars()
        .any(|c| is_blank(c.encode_utf8(&mut [0; 4])));
    match parts {
        Some((name, host)) if !name.is_empty() && !host.is_empty() && !has_gap => Ok(()),
        _ => Err(OwnerFlaw::Address {
            address: address.to_owned(),
        }),
    }
}

impl Owner for UserToCreate {
    fn check(&self) -> Result<(), OwnerFlaw> {
        self.email.as_deref().map_or(Ok(()), check_address)?;
        check_name("authentication provider", &self.auth_provider)?;
        check_name("external id", &self.external_id)
    }

    fn sql(&self) -> String {
        let tenant = self
            .tenant_id
            .map_or_else(|| "NULL".to_owned(), |id| format!("'{id}'"));
        format!(
            "INSERT INTO users (id, auth_provider, external_id, email, tenant_id)\nVALUES ('{}', {}, {}, {}, {tenant});",
            self.id,
            literal(&self.auth_provider),
            literal(&self.external_id),
            self.email
                .as_deref()
                .map_or_else(|| "NULL".to_owned(), literal),
        )
    }

    fn describe(&self) -> String {
        match &self.email {
            Some(email) => format!("user {email}"),
            None => format!("user {}", self.id),
        }
    }
}

impl Owner for TenantToCreate {
    fn check(&self) -> Result<(), OwnerFlaw> {
        check_name("name", &self.name)?;
        let azure = self.azure_tenant_id.as_deref();
        azure.map_or(Ok(()), |id| check_name("Azure tenant id", id))
    }

    fn sql(&self) -> String {
        let azure = self
            .azure_tenant_id
            .as_deref()
            .map_or_else(|| "NULL".to_owned(), literal);
        format!(
            "INSERT INTO tenants (id, name, azure_tenant_id)\nVALUES ('{}', {}, {azure});",
            self.id,
            literal(&self.name),
        )
    }

    fn describe(&self) -> String {
        format!("tenant {}", self.name)
    }
}

/// Returns a string literal of SQL, whatever `standard_conforming_strings` says.
fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') {
        format!(" E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}
