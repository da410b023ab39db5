//! PgBouncer before a server, as hosted databases have it.

use std::{
    env, fs,
    path::PathBuf,
    process::{Child, ChildStdin, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{Server, account::Account, client};

/// Where a pooler is not there and cannot be had, this says so: `TULVING_WITHOUT_PGBOUNCER=1`.
const WAIVER: &str = "TULVING_WITHOUT_PGBOUNCER";
const READY_WITHIN: Duration = Duration::from_secs(20);

/// A PgBouncer. It ends with this value, or with the process.
#[derive(Debug)]
pub struct Pooler {
    shell: Child,
    /// Only this process holds it: when it closes, for whatever reason, the pooler goes.
    leash: Option<ChildStdin>,
    home: PathBuf,
}

impl Pooler {
    /// Starts one before a server of our own, in transaction mode: each transaction of a client may run
    /// on another connection of the server. `None` if there is none and the environment says that
    /// this is known.
    ///
    /// # Panics
    /// If there is none, and nobody said that this is known: a promise would go untested in silence.
    pub fn start(server: &Server) -> Option<Self> {
        Self::start_in(server, "transaction")
    }

    /// Starts the same in another mode: `session` or `statement`.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn start_in(server: &Server, mode: &str) -> Option<Self> {
        let Some(program) = program() else {
            assert!(
                env::var_os(WAIVER).is_some(),
                "there is no pgbouncer in PATH or /usr/sbin, and what is promised behind one cannot be tested: \
                 apt-get install pgbouncer, or {WAIVER}=1 to do without"
            );
            eprintln!("NOT TESTED: there is no pgbouncer, and {WAIVER} is set");
            return None;
        };
        let account = Account::get();
        let home = server.home().join(mode);
        account.take_over(&home);
        let (server_home, folder) = (server.home().display(), home.display());
        // Fewer connections to the server than clients have, so that they are handed around.
        let settings = format!(
            "[databases]\n* = host={server_home} port=5432 user=postgres\n\
             [pgbouncer]\nunix_socket_dir = {folder}\nlisten_port = 5432\nauth_type = any\n\
             pool_mode = {mode}\ndefault_pool_size = 3\nreserve_pool_size = 0\nmax_client_conn = 500\n\
             server_idle_timeout = 5\nlogfile = {folder}/log\npidfile = {folder}/pid\n"
        );
        let file = home.join("pgbouncer.ini");
        fs::write(&file, settings)
            .unwrap_or_else(|e| panic!("cannot write {}: {e}", file.display()));
        let mut shell = account
            .command("sh")
            .args(["-c", "\"$0\" -q \"$1\" & read _; kill $!; wait $!"])
            .args([&program, &file])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("cannot run sh: {e}"));
        let leash = shell.stdin.take();
        let pooler = Self { shell, leash, home };
        let deadline = Instant::now() + READY_WITHIN;
        while let Err(why) = client::run(&pooler.url("postgres"), "SELECT 1") {
            let log = fs::read_to_string(pooler.home.join("log")).unwrap_or_default();
            assert!(
                Instant::now() < deadline,
                "pgbouncer is not ready: {why}\n{log}"
            );
            thread::sleep(Duration::from_millis(5));
        }
        Some(pooler)
    }

    /// Returns a `postgresql://` URL of one of the server's databases, through the pooler.
    pub fn url(&self, database: &str) -> String {
        let home = super::server::escaped(&self.home.to_string_lossy());
        let database = super::server::escaped(database);
        format!("postgresql://postgres@{home}:5432/{database}")
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.leash.take());
        let _ = self.shell.wait();
    }
}

/// Debian puts it where only root looks.
fn program() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join("pgbouncer"))
        .find(|program| program.is_file())
}
