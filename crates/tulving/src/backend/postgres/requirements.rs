//! Requirements: what must be true of a database before it is worked with.

use super::facts::Facts;
use super::location::{Location, Site};
use super::refusal::{Refusal, RequiredRole};
use super::sql::transaction::ROLE;

/// Below this, building an index in parallel could leak other tables' rows (CVE-2026-3172).
const VECTOR_NEEDED: &str = "0.8.2";
const SERVER_NEEDED: i32 = 150_000;

impl Facts {
    /// Requires a server and a database that can hold memories at all.
    pub(super) fn require_server(&self, target: &str) -> Result<(), Refusal> {
        if self.server_number < SERVER_NEEDED {
            let found = self.server.clone();
            return Err(Refusal::ServerTooOld { found });
        }
        if self.encoding != "UTF8" {
            return Err(Refusal::Encoding {
                found: self.encoding.clone(),
                target: target.to_owned(),
            });
        }
        Ok(())
    }

    /// Requires the schema that the tables are in, with the first of them.
    pub(super) fn require_tables(&self, site: &Site, target: &str) -> Result<Location, Refusal> {
        const TABLE: &str = "memory_nodes";
        match self.location() {
            Some(place) if self.applied && !self.lacks(&[TABLE]) => Ok(place),
            found => {
                let schema = found.map(|place| place.schema).or(site.schema.clone());
                let mut elsewhere = self.homes.clone();
                elsewhere.retain(|home| Some(home) != schema.as_ref());
                Err(Refusal::TableMissing {
                    table: TABLE,
                    target: target.to_owned(),
                    schema,
                    elsewhere,
                })
            }
        }
    }

    /// Returns whether one of these tables is missing.
    pub(super) fn lacks(&self, tables: &[&str]) -> bool {
        let mut missing = self.missing.iter();
        missing.any(|table| tables.contains(&table.as_str()))
    }

    /// Looks for what goes with the extension and does not come back with it.
    pub(super) fn require_columns(&self, target: &str) -> Result<(), Refusal> {
        match &self.columns_missing {
            None => Ok(()),
            Some(columns) => Err(Refusal::ColumnsMissing {
                columns: columns.clone(),
                target: target.to_owned(),
            }),
        }
    }

    /// Requires pgvector, enabled and new enough; gives its version.
    pub(super) fn require_vector(&self, target: &str) -> Result<String, Refusal> {
        match &self.vector {
            Some(vector) => new_enough(&vector.version, true),
            None => Err(self.no_extension(target)),
        }
    }

    /// Requires the extension that applying the schema would enable.
    pub(super) fn require_available(&self, target: &str) -> Result<(), Refusal> {
        let enabled = self.vector.as_ref().map(|vector| &vector.version);
        match enabled.or(self.available.as_ref()) {
            Some(version) => new_enough(version, enabled.is_some()).map(drop),
            None => Err(self.no_extension(target)),
        }
    }

    pub(super) fn no_extension(&self, target: &str) -> Refusal {
        Refusal::ExtensionMissing {
            target: target.to_owned(),
            available: self.available.is_some(),
        }
    }

    /// Requires a schema that the login role may use: what it makes would else go into another.
    pub(super) fn require_usable(&self, schema: &str) -> Result<(), Refusal> {
        if self.usable {
            return Ok(());
        }
        Err(Refusal::Privilege {
            role: Some(self.login.clone()),
            required: RequiredRole::Owner,
            doing: format!("using the schema {schema}"),
            source: None,
        })
    }

    /// Requires the role that statements on memories run under: there, within reach, and with its rights.
    pub(super) fn require_role(&self) -> Result<(), Refusal> {
        if !self.role {
            return Err(Refusal::RoleMissing { role: ROLE });
        }
        if !self.member {
            return Err(Refusal::Privilege {
                role: Some(self.login.clone()),
                required: RequiredRole::Member,
                doing: format!("taking on the role {ROLE}"),
                source: None,
            });
        }
        match self.lacking.as_slice() {
            [] => Ok(()),
            [first, rest @ ..] => Err(Refusal::RightsMissing {
                role: ROLE,
                rights: match rest.len() {
                    0 => first.clone(),
                    more => format!("{first} and {more} more"),
                },
            }),
        }
    }
}

fn new_enough(found: &str, enabled: bool) -> Result<String, Refusal> {
    if older(found, VECTOR_NEEDED) {
        return Err(Refusal::ExtensionTooOld {
            found: found.to_owned(),
            needed: VECTOR_NEEDED,
            enabled,
        });
    }
    Ok(found.to_owned())
}

/// Compares versions number by number.
pub(super) fn older(found: &str, needed: &str) -> bool {
    let numbers = |version: &str| -> Vec<u32> {
        version
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|part| part.parse().ok())
            .collect()
    };
    numbers(found) < numbers(needed)
}

#[cfg(test)]
mod tests {
    use super::older;

    #[test]
    fn versions_are_compared_by_number() {
        assert!(older("0.8.1", "0.8.2"));
        assert!(older("0.7.12", "0.8.2"));
        assert!(!older("0.10.0", "0.8.2"));
        assert!(!older("0.8.2", "0.8.2"));
    }
}
