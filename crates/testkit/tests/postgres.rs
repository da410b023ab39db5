//! The private server: there when asked for, separate per test, and gone with its owner.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use testkit::postgres::{Database, PASSWORD, PASSWORD_USER, Preset, Server};

#[test]
fn pgvector_is_there_and_new_enough() {
    let database = Server::shared().database();
    database.batch("CREATE EXTENSION vector");
    assert_eq!(database.scalar("SELECT '[1,2]'::vector <-> '[1,5]'"), "3");
    let version = database.scalar("SELECT extversion FROM pg_extension WHERE extname = 'vector'");
    let version: Vec<u32> = version
        .split('.')
        .map(|part| part.parse().unwrap())
        .collect();
    assert!(version >= vec![0, 8, 2], "{version:?}");
}

#[test]
fn databases_are_separate_and_dropped() {
    let server = Server::shared();
    let (one, two) = (server.database(), server.database());
    one.batch("CREATE TABLE only_in_one (x int)");
    let count = "SELECT count(*) FROM pg_class WHERE relname = 'only_in_one'";
    assert_eq!(
        (one.scalar(count), two.scalar(count)),
        ("1".into(), "0".into())
    );

    let name = one.name().to_owned();
    drop(one);
    assert_eq!(
        two.scalar(&format!(
            "SELECT count(*) FROM pg_database WHERE datname = '{name}'"
        )),
        "0"
    );
}

#[test]
fn a_template_is_built_once_and_its_copies_are_separate() {
    let server = Server::shared();
    let mut built = 0;
    let copies: Vec<Database> = (0..3)
        .map(|_| {
            Database::with_template(server, "numbers", |database| {
                built += 1;
                database.batch("CREATE TABLE numbers (n int); INSERT INTO numbers VALUES (1)");
            })
        })
        .collect();
    assert_eq!(built, if server.bin_dir().is_some() { 1 } else { 3 });
    copies[0].batch("DELETE FROM numbers");
    let counts: Vec<String> = copies
        .iter()
        .map(|copy| copy.scalar("SELECT count(*) FROM numbers"))
        .collect();
    assert_eq!(counts, ["0", "1", "1"]);
}

#[test]
fn values_come_back_as_text() {
    let database = Server::shared().database();
    let rows = database.rows("SELECT 1, NULL, 'a' UNION ALL SELECT 2, 'é', ''");
    let text = |value: &str| Some(value.to_owned());
    assert_eq!(
        rows,
        [
            [text("1"), None, text("a")],
            [text("2"), text("é"), text("")]
        ]
    );
}

#[tokio::test]
async fn the_helpers_work_inside_a_runtime() {
    assert_eq!(
        Server::shared().database().scalar("SHOW server_encoding"),
        "UTF8"
    );
}

#[test]
fn what_was_committed_survives_stops_and_crashes() {
    let mut server = Server::start(Preset::Fast);
    let database = server.database();
    database.batch("CREATE TABLE kept (x int); INSERT INTO kept VALUES (1)");
    server.stop();
    assert!(std::panic::catch_unwind(|| database.scalar("SELECT 1")).is_err());
    server.restart();
    for _ in 0..20 {
        database.batch("INSERT INTO kept VALUES (2)");
    }
    server.crash();
    server.restart();
    assert_eq!(database.scalar("SELECT count(*) FROM kept"), "21");
}

#[tokio::test]
async fn over_tcp_a_password_is_asked_for() {
    let server = Server::start_with_tcp(Preset::Fast);
    let connect = async |url: String| {
        tokio_postgres::connect(&url, tokio_postgres::NoTls)
            .await
            .map(|_| ())
    };
    assert!(
        connect(server.tcp_url(PASSWORD_USER, PASSWORD, "postgres"))
            .await
            .is_ok()
    );
    let refused = connect(server.tcp_url(PASSWORD_USER, "wrong", "postgres"))
        .await
        .unwrap_err();
    assert_eq!(
        refused.code(),
        Some(&tokio_postgres::error::SqlState::INVALID_PASSWORD)
    );

    let url = server.tcp_url(PASSWORD_USER, PASSWORD, "postgres");
    drop(server);
    assert!(
        connect(url).await.unwrap_err().code().is_none(),
        "nobody listens any more"
    );
}

#[test]
fn durable_servers_reach_the_disk() {
    let server = Server::start(Preset::Durable);
    let database = server.database();
    assert_eq!(database.scalar("SHOW fsync"), "on");
    assert_eq!(database.scalar("SHOW synchronous_commit"), "on");
}

#[test]
fn dropping_a_server_leaves_nothing() {
    let server = Server::start(Preset::Fast);
    let home = home(&server.url("x"));
    assert!(home.is_dir());
    drop(server);
    assert!(!home.exists());
}

#[test]
fn the_server_goes_when_its_owner_is_killed() {
    // The command it runs lives on: it must not hold what keeps the server alive.
    let mut owner = Owner::start(&[], "echo $$; echo $DATABASE_URL; exec sleep 600");
    let bystander = owner.line();
    let home = home(&owner.line());
    let postmaster = fs::read_to_string(home.join("data/postmaster.pid")).unwrap();
    let postmaster = postmaster.lines().next().unwrap().to_owned();
    assert!(alive(&postmaster) && alive(&bystander));

    owner.0.kill().unwrap(); // SIGKILL
    owner.0.wait().unwrap();
    within("the server is gone", || !alive(&postmaster));
    within("its folder is gone", || !home.exists());
    assert!(alive(&bystander));
    signal("-9", &bystander);
}

#[test]
fn an_owner_killed_at_once_leaves_nothing_either() {
    let temporary = open_folder();
    for delay in [0, 5, 20, 40, 60, 80, 120] {
        let mut owner = Owner::start(&[("TMPDIR", temporary.path())], "exec sleep 600");
        thread::sleep(Duration::from_millis(delay));
        owner.0.kill().unwrap();
        owner.0.wait().unwrap();
    }
    within("all folders are gone", || {
        fs::read_dir(temporary.path()).unwrap().count() == 0
    });
}

#[test]
fn several_first_starts_at_once_share_one_cache() {
    let cache = open_folder();
    // The programs are those at hand, so that the test downloads nothing.
    let variables = [
        ("TULVING_CACHE_DIR", cache.path()),
        ("TULVING_PG_BIN", testkit::postgres::bin_dir()),
    ];
    let mut owners: Vec<Owner> = (0..3)
        .map(|_| Owner::start(&variables, "psql -Atqc 'SELECT 7' $DATABASE_URL"))
        .collect();
    for owner in &mut owners {
        assert_eq!(owner.line(), "7");
        assert!(owner.0.wait().unwrap().success());
    }
    let templates = fs::read_dir(cache.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().is_dir());
    assert_eq!(templates.count(), 1);
}

#[test]
fn a_half_made_template_is_made_again() {
    let cache = open_folder();
    let variables = [
        ("TULVING_CACHE_DIR", cache.path()),
        ("TULVING_PG_BIN", testkit::postgres::bin_dir()),
    ];
    let run = || {
        Owner::start(&variables, "echo $DATABASE_URL")
            .0
            .wait()
            .unwrap()
            .success()
    };
    assert!(run());
    let made = fs::read_dir(cache.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.is_dir())
        .unwrap();
    let partial = PathBuf::from(format!("{}.partial", made.display()));
    fs::rename(&made, &partial).unwrap();
    fs::remove_file(partial.join("data/PG_VERSION")).unwrap();
    assert!(run());
    assert!(made.is_dir() && !partial.exists());
}

#[test]
fn the_command_decides_the_exit_status() {
    let status = |command| Owner::start(&[], command).0.wait().unwrap().code();
    assert_eq!(status("exit 0"), Some(0));
    assert_eq!(status("exit 6"), Some(6));
    assert_eq!(status("kill -9 $$"), Some(137));
}

#[test]
fn an_interrupt_waits_for_the_command_and_then_stops_the_server() {
    let command = "trap 'psql -Atqc \"SELECT 5\" $DATABASE_URL; exit 3' INT; echo $$; echo $DATABASE_URL; while :; do sleep 0.05; done";
    let mut owner = Owner::start(&[], command);
    let command = owner.line();
    let home = home(&owner.line());
    // As a terminal does: to both.
    signal("-INT", &owner.0.id().to_string());
    signal("-INT", &command);
    assert_eq!(owner.line(), "5", "the server outlives the command");
    assert_eq!(owner.0.wait().unwrap().code(), Some(3));
    within("the folder is gone", || !home.exists());
}

#[test]
fn programs_that_will_not_do_are_refused_loudly() {
    let output = Command::new(env!("CARGO_BIN_EXE_private-postgres"))
        .arg("fetch")
        .env("TULVING_PG_BIN", "/nonexistent")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        said.contains("TULVING_PG_BIN cannot be used: /nonexistent has no `postgres`"),
        "{said}"
    );
}

/// A `private-postgres run -- sh -c COMMAND`, which owns a server.
struct Owner(Child, Option<BufReader<std::process::ChildStdout>>);

impl Owner {
    fn start(variables: &[(&str, &Path)], command: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_private-postgres"))
            .args(["run", "--", "sh", "-c", command])
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = child.stdout.take().map(BufReader::new);
        Owner(child, output)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.1.as_mut().unwrap().read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

/// A temporary folder that the account which runs the server may use.
fn open_folder() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("tk").tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    folder
}

/// The server's folder, from the URL of its socket.
fn home(url: &str) -> PathBuf {
    let host = url
        .split(['@', ':'])
        .nth(2)
        .unwrap_or_else(|| panic!("{url}"));
    PathBuf::from(host.replace("%2F", "/"))
}

fn alive(process: &str) -> bool {
    signal("-0", process)
}

fn signal(signal: &str, process: &str) -> bool {
    let mut shell = Command::new("sh"); // its own `kill`: the program is not everywhere
    shell
        .args(["-c", "kill $0 $1 2>/dev/null", signal, process])
        .status()
        .unwrap()
        .success()
}

fn within(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !done() {
        assert!(Instant::now() < deadline, "not within 10 s: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
