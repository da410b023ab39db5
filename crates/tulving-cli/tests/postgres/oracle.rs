//! What must hold after any fault, once the same command has come to its end.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::World;
use crate::under_way::wait_until;

/// Every table that holds rows of a scope.
pub(crate) const SCOPED: [&str; 19] = [
    "scopes",
    "scope_kinds",
    "memory_nodes",
    "episodic_memories",
    "documents",
    "document_chunks",
    "node_embeddings",
    "episode_embeddings",
    "chunk_embeddings",
    "node_vectors",
    "episode_vectors",
    "chunk_vectors",
    "node_postings",
    "episode_postings",
    "chunk_postings",
    "runs",
    "run_chunks",
    "forgotten",
    "forgetting",
];

/// A source, the digest that an undisturbed migration of it has, and another owner's rows.
pub(crate) struct Oracle {
    digest: String,
    nodes: u64,
    episodes: u64,
    source: PathBuf,
    bytes: BTreeMap<PathBuf, Vec<u8>>,
    canary: String,
    canary_rows: String,
}

impl Oracle {
    /// Migrates ./data undisturbed, for a user of its own: the canary.
    pub(crate) fn new(world: &World) -> Self {
        let canary = world.new_user("canary@example.com");
        let report = world.start_migrate(&canary, &[]).end().expect(0).json();
        assert_eq!(report["verified"], json!(true));
        let source = world.path("data");
        Self {
            digest: report["digest"].as_str().unwrap().to_owned(),
            nodes: report["nodes"]["found"].as_u64().unwrap(),
            episodes: report["episodes"]["found"].as_u64().unwrap(),
            bytes: contents(&source),
            source,
            canary_rows: rows_of(world, &canary),
            canary,
        }
    }

    /// Runs the command that was disturbed once more, and checks everything.
    #[track_caller]
    pub(crate) fn check(&self, world: &World, user: &str, more: &[&str]) {
        let report = world.start_migrate(user, more).end().expect(0).json();
        assert_eq!(report["verified"], json!(true));
        assert_eq!(report["digest"], json!(self.digest));
        // Nothing lost, nothing doubled, by counting.
        let (nodes, episodes) = (self.nodes, self.episodes);
        let count = |table: &str| {
            world.database.scalar(&format!(
                "SELECT count(*) || ' ' || count(DISTINCT id) FROM {table} WHERE scope_id = '{user}'"
            ))
        };
        assert_eq!(count("memory_nodes"), format!("{nodes} {nodes}"));
        assert_eq!(count("episodic_memories"), format!("{episodes} {episodes}"));
        // The report of a run that was resumed counts all of it, once.
        for (kind, found) in [("nodes", nodes), ("episodes", episodes)] {
            let counted = ["inserted", "updated", "unchanged", "kept", "rejected"]
                .map(|what| report[kind][what].as_u64().unwrap());
            assert_eq!(counted.iter().sum::<u64>(), found, "{report}");
        }
        let again = world.start_migrate(user, more).end().expect(0).json();
        for kind in ["nodes", "episodes"] {
            assert_eq!(
                (&again[kind]["inserted"], &again[kind]["updated"]),
                (&json!(0), &json!(0))
            );
        }
        assert_eq!(again["digest"], json!(self.digest));
        self.check_surroundings(world);
    }

    /// Others' rows, the source, and what a run may leave behind.
    #[track_caller]
    pub(crate) fn check_surroundings(&self, world: &World) {
        assert_eq!(
            rows_of(world, &self.canary),
            self.canary_rows,
            "another owner's rows moved"
        );
        assert!(
            contents(&self.source) == self.bytes,
            "the source was written to"
        );
        let nothing = |what: &str, query: &str| {
            wait_until(what, || world.database.scalar(query) == "0");
        };
        nothing(
            "advisory locks are gone",
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' \
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        );
        nothing(
            "open transactions are gone",
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
             AND state LIKE 'idle in transaction%'",
        );
        nothing(
            "staging tables are gone",
            "SELECT count(*) FROM pg_class WHERE relname LIKE '%staged%' OR relname LIKE '%staging%'",
        );
        nothing(
            "unfinished runs are gone",
            "SELECT count(*) FROM runs WHERE status IN ('running', 'interrupted')",
        );
        let files = fs::read_dir(world.directory.path()).unwrap();
        let files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
        assert!(
            files
                .iter()
                .all(|file| !file.to_string_lossy().contains("partial")),
            "files are left: {files:?}"
        );
    }
}

/// A digest by SQL over every row of a scope.
pub(crate) fn rows_of(world: &World, scope: &str) -> String {
    let digests = SCOPED.map(|table| {
        world.database.scalar(&format!(
            "SELECT '{table} ' || count(*) || ' ' || coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '') \
             FROM {table} t WHERE scope_id = '{scope}'"
        ))
    });
    digests.join("\n")
}

/// Every file below a directory.
fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}
