//! The program, a database with the schema, and data directories to move.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use testkit::corpus::Corpus;
use testkit::postgres::{Database, Server};

pub(crate) use crate::ran::{Ran, keys};

/// A database with the schema and one user, and an empty directory to work in.
pub(crate) struct World {
    pub(crate) database: Database,
    pub(crate) directory: TempDir,
    pub(crate) user: String,
}

impl World {
    /// Schema applied, one user made.
    pub(crate) fn new() -> Self {
        Self::on(Server::shared())
    }

    /// The same on a server of the test's own, which it may stop.
    pub(crate) fn on(server: &Server) -> Self {
        let database = Database::with_template(server, "schema", |database| {
            let output = program(Path::new("/"), database.url())
                .args(["schema", "apply"])
                .output()
                .unwrap();
            Ran::from(output).expect(0);
        });
        let directory = TempDir::new().unwrap();
        let mut world = Self {
            database,
            directory,
            user: String::new(),
        };
        world.user = world.new_user("test@example.com");
        world
    }

    pub(crate) fn new_user(&self, email: &str) -> String {
        self.run(&["user", "create", "--email", email])
            .expect(0)
            .stdout
            .trim()
            .to_owned()
    }

    pub(crate) fn new_tenant(&self, name: &str) -> String {
        self.run(&["tenant", "create", "--name", name])
            .expect(0)
            .stdout
            .trim()
            .to_owned()
    }

    /// Where the data directory is, and other files of the test.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a data directory of `nodes` nodes, 8 wide unless the corpus says otherwise.
    pub(crate) fn corpus(&self, corpus: &Corpus) -> PathBuf {
        let data = self.path("data");
        corpus.write(&data);
        data
    }

    /// The program in the test's directory, with this database.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = program(self.directory.path(), self.database.url());
        command.args(args);
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.command(args).output().unwrap().into()
    }

    /// `tulving migrate` for the user from ./data, with the model named, asking nothing.
    pub(crate) fn migrate(&self, more: &[&str]) -> Ran {
        self.migrate_for(&self.user, more)
    }

    /// The same for another user.
    pub(crate) fn migrate_for(&self, user: &str, more: &[&str]) -> Ran {
        let mut args = vec![
            "migrate",
            "--user-id",
            user,
            "--model",
            "test-model",
            "--yes",
            "--json",
        ];
        args.extend(more);
        self.run(&args)
    }

    /// `tulving verify` for the user from ./data.
    pub(crate) fn verify(&self, more: &[&str]) -> Ran {
        self.verify_for(&self.user, more)
    }

    /// The same for another user.
    pub(crate) fn verify_for(&self, user: &str, more: &[&str]) -> Ran {
        let mut args = vec!["verify", "--user-id", user, "--json"];
        args.extend(more);
        self.run(&args)
    }

    /// `tulving migrate` for a user or tenant from any directory; the model is named in `more`.
    pub(crate) fn migrate_as(&self, owner: &[&str], more: &[&str]) -> Ran {
        self.run(&[&["migrate", "--yes", "--json"], owner, more].concat())
    }

    /// How many rows each table holds, as the server's owner sees it.
    pub(crate) fn counts(&self) -> Vec<String> {
        let tables = self.column(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1",
        );
        assert!(tables.len() >= 10, "{tables:?}");
        let count = |table: &String| {
            let rows = self
                .database
                .scalar(&format!("SELECT count(*) FROM {table}"));
            format!("{table}: {rows}")
        };
        tables.iter().map(count).collect()
    }

    /// A program of PostgreSQL's own.
    pub(crate) fn psql(&self, args: &[&str]) -> Ran {
        let folder = Server::shared().bin_dir();
        let psql = folder.map_or_else(|| PathBuf::from("psql"), |folder| folder.join("psql"));
        let mut command = Command::new(psql);
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", self.database.url()]);
        command.args(args).stdin(Stdio::null());
        command.output().unwrap().into()
    }

    /// The first column of a query's rows.
    pub(crate) fn column(&self, query: &str) -> Vec<String> {
        let rows = self.database.rows(query);
        rows.into_iter()
            .flat_map(|row| row.into_iter().next()?)
            .collect()
    }
}

/// The program with nothing in its environment but a database.
pub(crate) fn program(directory: &Path, url: &str) -> Command {
    let mut command = testkit::signals::hearing(env!("CARGO_BIN_EXE_tulving"));
    command
        .current_dir(directory)
        .env_clear()
        .env("DATABASE_URL", url)
        .stdin(Stdio::null());
    command
}

/// A string as SQL writes it.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Every file below a directory, with its content.
pub(crate) fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    found
}

/// The id of the first node in a data directory.
pub(crate) fn first_node(data: &Path) -> String {
    let nodes = std::fs::read(data.join("corpus/nodes.json")).unwrap();
    let nodes: serde_json::Value = serde_json::from_slice(&nodes).unwrap();
    nodes[0]["id"].as_str().unwrap().to_owned()
}
