//! Schema versions: the files of `db/migrations`, and the names that they use.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use super::table::KindTables as _;
use crate::model::Kind;

/// One file of `db/migrations`.
#[derive(Debug, Clone, Copy)]
pub struct SchemaVersion {
    /// Counts from 1.
    pub version: i32,
    /// What the file is about.
    pub name: &'static str,
    /// The file, as psql runs it.
    pub sql: &'static str,
}

/// Every version, oldest first.
pub(super) const VERSIONS: &[SchemaVersion] = &[
    SchemaVersion {
        version: 1,
        name: "memory_tables",
        sql: include_str!("../../../../../db/migrations/001_memory_tables.sql"),
    },
    SchemaVersion {
        version: 2,
        name: "search",
        sql: include_str!("../../../../../db/migrations/002_search.sql"),
    },
    SchemaVersion {
        version: 3,
        name: "upkeep",
        sql: include_str!("../../../../../db/migrations/003_upkeep.sql"),
    },
    SchemaVersion {
        version: 4,
        name: "kinds",
        sql: include_str!("../../../../../db/migrations/004_kinds.sql"),
    },
    SchemaVersion {
        version: 5,
        name: "forgotten",
        sql: include_str!("../../../../../db/migrations/005_forgotten.sql"),
    },
    SchemaVersion {
        version: 6,
        name: "content_hashes",
        sql: include_str!("../../../../../db/migrations/006_content_hashes.sql"),
    },
];

impl SchemaVersion {
    /// Returns every version, oldest first.
    #[must_use]
    pub fn all() -> &'static [Self] {
        VERSIONS
    }

    /// Returns the newest version that this program knows.
    #[must_use]
    pub fn newest() -> i32 {
        VERSIONS.last().map_or(0, |last| last.version)
    }

    /// Returns the SHA-256 of the file, in hex.
    #[must_use]
    pub fn checksum(&self) -> String {
        crate::hex(&Sha256::digest(self.sql.as_bytes()))
    }

    /// Returns whether its file makes this table.
    pub(super) fn makes(&self, table: &str) -> bool {
        let make = format!("CREATE TABLE IF NOT EXISTS {table} (");
        self.sql.contains(&make)
    }

    /// Returns the file's statements, without the lines that only psql understands and the transaction around
    /// them: what runs them brings its own.
    pub(super) fn statements(&self) -> String {
        self.sql
            .lines()
            .filter(|line| !line.starts_with('\\') && !matches!(*line, "BEGIN;" | "COMMIT;"))
            .flat_map(|line| [line, "\n"])
            .collect()
    }
}

/// The names that the schema uses, as the files have them.
pub(super) static NAMES: LazyLock<Names> = LazyLock::new(Names::read);

/// The names that the schema uses.
#[derive(Debug)]
pub(super) struct Names {
    /// Its tables.
    pub(super) tables: Vec<String>,
    /// Its tables and indexes: none of them may be taken.
    pub(super) all: Vec<String>,
}

impl Names {
    fn read() -> Self {
        let lines = || VERSIONS.iter().flat_map(|version| version.sql.lines());
        let named = |what: &str| -> Vec<String> {
            let after = |line: &'static str| line.strip_prefix("CREATE ")?.split_once(what);
            let name = |(_, rest): (&str, &'static str)| rest.split_whitespace().next();
            let names = lines().filter_map(|line| after(line).and_then(name));
            names.map(ToOwned::to_owned).collect()
        };
        let mut tables = named("TABLE IF NOT EXISTS ");
        // Of a kind that came later, a function makes these.
        let made = Kind::ALL.map(|kind| [kind.embeddings(), kind.vectors(), kind.postings()]);
        for table in made.as_flattened() {
            if !tables.iter().any(|known| known == table) {
                tables.push((*table).to_owned());
            }
        }
        let all = [tables.clone(), named("INDEX IF NOT EXISTS ")].concat();
        Self { tables, all }
    }
}

/// Returns whether the schema has a table of this name.
pub(super) fn is_own_table(name: &str) -> bool {
    NAMES.tables.iter().any(|own| own == name)
}

#[cfg(test)]
mod tests {
    use super::{NAMES, Names};

    #[test]
    fn the_names_are_read_in_the_files() {
        let Names { tables, all } = &*NAMES;
        assert_eq!(tables.len(), 23, "{tables:?}");
        for name in ["users", "memory_nodes", "run_chunks", "episode_postings"] {
            assert!(tables.iter().any(|table| table == name), "{name}");
        }
        for name in ["users_tenant", "memory_nodes_doc", "runs_started"] {
            assert!(all.iter().any(|known| known == name), "{name}");
        }
    }
}
