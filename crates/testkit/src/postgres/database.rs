//! A database of a test's own.

use std::{
    collections::HashSet,
    process,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use super::{
    Server,
    client::{self, Rows},
};

/// A fresh database with a unique name. Dropped with the value, whoever is still connected.
#[derive(Debug)]
pub struct Database {
    name: String,
    url: String,
    /// Where to be while dropping it; none for a template, which goes with its server.
    maintenance_url: Option<String>,
}

/// Schemas already built in a server, by name.
#[derive(Debug, Default)]
pub(super) struct Templates(Mutex<HashSet<String>>);

impl Database {
    pub(super) fn create(server: &Server) -> Self {
        Self::copy(server, "template1")
    }

    /// Returns a fresh copy of a database that `init` made: once per server and name, by whoever comes first.
    ///
    /// A server of `TEST_DATABASE_URL` would keep that database for ever, so there `init` runs every time.
    pub fn with_template(server: &Server, name: &str, init: impl FnOnce(&Database)) -> Self {
        let Some(Templates(built)) = server.templates() else {
            let database = Self::create(server);
            init(&database);
            return database;
        };
        let template = format!("template_{name}");
        // Held while copying too: two copies of one template at a time wait for each other in the server anyway.
        let mut built = built.lock().unwrap_or_else(PoisonError::into_inner);
        if !built.contains(name) {
            must(
                &server.maintenance_url(),
                &format!(
                    "DROP DATABASE IF EXISTS {0} WITH (FORCE)",
                    quoted(&template)
                ), // a failed init's
            );
            must(
                &server.maintenance_url(),
                &format!("CREATE DATABASE {}", quoted(&template)),
            );
            init(&Database {
                url: server.url(&template),
                name: template.clone(),
                maintenance_url: None,
            });
            // Nobody connects by mistake, so that every copy finds it unused.
            must(
                &server.maintenance_url(),
                &format!(
                    "ALTER DATABASE {} ALLOW_CONNECTIONS false",
                    quoted(&template)
                ),
            );
            built.insert(name.to_owned());
        }
        Self::copy(server, &template)
    }

    fn copy(server: &Server, template: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.subsec_nanos());
        let name = format!("test_{}_{count}_{now:08x}", process::id());
        let maintenance_url = server.maintenance_url();
        // Copied file by file: block by block through the log takes four times as long.
        must(
            &maintenance_url,
            &format!(
                "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy",
                quoted(&name),
                quoted(template)
            ),
        );
        Self {
            url: server.url(&name),
            name,
            maintenance_url: Some(maintenance_url),
        }
    }

    /// Returns a `postgresql://` URL (or, with such a `TEST_DATABASE_URL`, a keyword string) of this database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs any number of statements.
    pub fn batch(&self, sql: &str) {
        must(&self.url, sql);
    }

    /// Returns the rows of a query, every value as text; `None` is NULL.
    pub fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        must(&self.url, sql)
    }

    /// Returns the first value of the first row as text. No row, or NULL, fails the test.
    pub fn scalar(&self, sql: &str) -> String {
        let first = self
            .rows(sql)
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next());
        match first {
            Some(Some(value)) => value,
            Some(None) => panic!("NULL from: {sql}"),
            None => panic!("no row from: {sql}"),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(url) = &self.maintenance_url {
            // The server may be stopped or gone, and with it the database.
            let _ = client::run(
                url,
                &format!(
                    "DROP DATABASE IF EXISTS {} WITH (FORCE)",
                    quoted(&self.name)
                ),
            );
        }
    }
}

#[track_caller]
fn must(url: &str, sql: &str) -> Rows {
    client::run(url, sql).unwrap_or_else(|why| panic!("{why}\n  in: {sql}"))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
