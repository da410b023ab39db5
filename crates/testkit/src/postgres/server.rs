//! A server: our own, or the one of `TEST_DATABASE_URL`.

use std::{
    env,
    fmt::Write,
    net::TcpListener,
    path::Path,
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use super::{
    Database, account::Account, binaries::Binaries, client, database::Templates,
    supervisor::Supervisor,
};

/// A superuser who needs [`PASSWORD`]: see [`Server::start_with_tcp`].
pub const PASSWORD_USER: &str = "keeper";
/// Has characters that a URL must escape, and no message may ever show it.
pub const PASSWORD: &str = "s3cret/w@rd: 100%";

const READY_WITHIN: Duration = Duration::from_secs(60);

/// How a server of our own is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// For tests: quick. No commit is lost when the server crashes, only when the machine does.
    Fast,
    /// For benchmarks and the demo: every commit reaches the disk.
    Durable,
}

/// A PostgreSQL server with pgvector. One of our own stops when the value is dropped or the process ends.
pub struct Server(Kind);

enum Kind {
    Private(Box<Private>),
    /// The URL in `TEST_DATABASE_URL`.
    Given(String),
}

struct Private {
    supervisor: Supervisor,
    bin: &'static Path,
    port: u16,
    templates: Templates,
}

impl Server {
    /// Returns the process's one server: of `TEST_DATABASE_URL` if that is set, else our own, [`Preset::Fast`].
    pub fn shared() -> &'static Server {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| match env::var("TEST_DATABASE_URL") {
            Ok(url) => {
                if let Err(why) = client::run(&url, "SELECT 1") {
                    panic!("TEST_DATABASE_URL is set, but its server cannot be used: {why}");
                }
                Server(Kind::Given(url))
            }
            Err(_) => Server::start(Preset::Fast),
        })
    }

    /// Starts a server of our own, reached through a socket that only this user can open. It is ready.
    pub fn start(preset: Preset) -> Server {
        Self::launch(preset, None).unwrap_or_else(|why| panic!("{why}"))
    }

    /// Does as [`Server::start`], also on 127.0.0.1 and a free port, where a password is asked for.
    pub fn start_with_tcp(preset: Preset) -> Server {
        // Another process may take the port between our look and the server's.
        let server = (0..5).find_map(|_| Self::launch(preset, Some(free_port())).ok());
        let server = server.expect("a free port is found in five tries");
        let create = format!("CREATE ROLE {PASSWORD_USER} SUPERUSER LOGIN PASSWORD '{PASSWORD}'");
        client::run(&server.maintenance_url(), &create)
            .unwrap_or_else(|why| panic!("{create}: {why}"));
        server
    }

    fn launch(preset: Preset, tcp_port: Option<u16>) -> Result<Server, String> {
        let binaries = Binaries::get();
        let port = tcp_port.unwrap_or(5432); // without TCP it is only a part of the socket's name
        let mut private = Private {
            supervisor: Supervisor::new(binaries, &options(preset, port, tcp_port.is_some())),
            bin: &binaries.bin,
            port,
            templates: Templates::default(),
        };
        private.start()?;
        Ok(Server(Kind::Private(Box::new(private))))
    }

    /// Returns a `postgresql://` URL of one of its databases (or, with such a `TEST_DATABASE_URL`, a keyword string).
    pub fn url(&self, database: &str) -> String {
        match &self.0 {
            Kind::Private(private) => private.url(database),
            Kind::Given(url) => with_database(url, database),
        }
    }

    /// Returns a URL over TCP, of a server from [`Server::start_with_tcp`].
    pub fn tcp_url(&self, user: &str, password: &str, database: &str) -> String {
        let (user, password) = (escaped(user), escaped(password));
        format!(
            "postgresql://{user}:{password}@127.0.0.1:{}/{}",
            self.port(),
            escaped(database)
        )
    }

    /// Returns the port of a server from [`Server::start_with_tcp`]. After [`Server::stop`] it refuses connections.
    pub fn port(&self) -> u16 {
        self.private("port").port
    }

    /// Returns where `psql` and `pg_dump` of its version live; `None` with `TEST_DATABASE_URL`: then those in `PATH`
    /// serve.
    pub fn bin_dir(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Private(private) => Some(private.bin),
            Kind::Given(_) => None,
        }
    }

    /// Returns a fresh, empty database.
    pub fn database(&self) -> Database {
        Database::create(self)
    }

    /// Stops it as an administrator would: running statements end with an error that says so.
    pub fn stop(&mut self) {
        self.private_mut("stop").supervisor.stop();
    }

    /// Stops it as a crash would: connections break without a word.
    pub fn crash(&mut self) {
        self.private_mut("crash").supervisor.crash();
    }

    /// Stops it if it runs, starts it again under the same URL, and returns when it is ready.
    pub fn restart(&mut self) {
        let private = self.private_mut("restart");
        private.supervisor.stop();
        private.start().unwrap_or_else(|why| panic!("{why}"));
    }

    /// Returns all that a server of our own has logged since it was started.
    pub fn log(&self) -> String {
        self.private("log").supervisor.log()
    }

    /// Stops it and starts it again as a standby, which takes no writes and never ends its recovery.
    pub fn become_standby(&mut self) {
        let private = self.private_mut("become_standby");
        private.supervisor.stop();
        let signal = private.supervisor.home().join("data/standby.signal");
        let touched = Account::get().command("touch").arg(&signal).status();
        assert!(
            touched.is_ok_and(|status| status.success()),
            "cannot make {}",
            signal.display()
        );
        private.start().unwrap_or_else(|why| panic!("{why}"));
    }

    /// Returns the last lines that the server logged; empty with `TEST_DATABASE_URL`.
    pub fn log_tail(&self) -> String {
        match &self.0 {
            Kind::Private(private) => private.supervisor.log_tail(),
            Kind::Given(_) => String::new(),
        }
    }

    /// The database to be in while creating and dropping others.
    pub(super) fn maintenance_url(&self) -> String {
        match &self.0 {
            Kind::Private(private) => private.url("postgres"),
            Kind::Given(url) => url.clone(),
        }
    }

    pub(super) fn templates(&self) -> Option<&Templates> {
        match &self.0 {
            Kind::Private(private) => Some(&private.templates),
            Kind::Given(_) => None,
        }
    }

    /// The folder of a server of our own, where its socket is.
    pub(super) fn home(&self) -> &Path {
        self.private("home").supervisor.home()
    }

    fn private(&self, what: &str) -> &Private {
        match &self.0 {
            Kind::Private(private) => private,
            Kind::Given(_) => panic!(
                "`{what}` needs a server from Server::start, not the one of TEST_DATABASE_URL"
            ),
        }
    }

    fn private_mut(&mut self, what: &str) -> &mut Private {
        match &mut self.0 {
            Kind::Private(private) => private,
            Kind::Given(_) => panic!(
                "`{what}` needs a server from Server::start, not the one of TEST_DATABASE_URL"
            ),
        }
    }
}

impl Private {
    fn url(&self, database: &str) -> String {
        let home = escaped(&self.supervisor.home().to_string_lossy());
        format!(
            "postgresql://postgres@{home}:{}/{}",
            self.port,
            escaped(database)
        )
    }

    fn start(&mut self) -> Result<(), String> {
        self.supervisor.start();
        let url = self.url("postgres");
        let deadline = Instant::now() + READY_WITHIN;
        while let Err(why) = client::run(&url, "SELECT 1") {
            if self.supervisor.has_exited() {
                return Err(format!(
                    "PostgreSQL ended while starting:\n{}",
                    self.supervisor.log_tail()
                ));
            }
            if Instant::now() > deadline {
                return Err(format!(
                    "PostgreSQL is not ready: {why}\n{}",
                    self.supervisor.log_tail()
                ));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

fn options(preset: Preset, port: u16, tcp: bool) -> Vec<String> {
    let settings: &[&str] = match preset {
        Preset::Fast => &[
            "fsync=off", // synchronous_commit stays on: it costs nothing here, and a crash must lose no commit
            "full_page_writes=off",
            "shared_buffers=128MB",
            "max_connections=200",
        ],
        Preset::Durable => &[
            "fsync=on",
            "max_wal_size=4GB",
            "shared_buffers=1GB",
            "maintenance_work_mem=256MB",
            "max_connections=50",
        ],
    };
    let listen = if tcp {
        "listen_addresses=127.0.0.1"
    } else {
        "listen_addresses="
    };
    let mut options = vec!["-p".to_owned(), port.to_string()];
    for setting in settings.iter().chain([&listen]) {
        options.extend(["-c".to_owned(), (*setting).to_owned()]);
    }
    options
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("127.0.0.1 has a free port")
        .port()
}

/// The same server's URL for another database.
fn with_database(url: &str, database: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return format!("{url} dbname='{database}'"); // keywords: the last one counts
    };
    let (rest, query) = rest
        .split_once('?')
        .map_or((rest, String::new()), |(rest, query)| {
            (rest, format!("?{query}"))
        });
    let authority = rest.split('/').next().unwrap_or_default();
    format!("{scheme}://{authority}/{}{query}", escaped(database))
}

/// Percent-encodes whatever is not plain in a URL.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_given_url_is_exchanged() {
        let cases = [
            (
                "postgresql://u:p%2F@h:5/old?sslmode=require",
                "postgresql://u:p%2F@h:5/new?sslmode=require",
            ),
            ("postgres://h", "postgres://h/new"),
            (
                "host=/tmp user=u dbname=old",
                "host=/tmp user=u dbname=old dbname='new'",
            ),
        ];
        for (given, wanted) in cases {
            assert_eq!(with_database(given, "new"), wanted);
            let config: tokio_postgres::Config = wanted.parse().unwrap();
            assert_eq!(config.get_dbname(), Some("new"));
        }
    }
}
