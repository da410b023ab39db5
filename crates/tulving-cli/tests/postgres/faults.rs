//! Whatever breaks under a migration: a clear end, and the same command goes on.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use testkit::corpus::Corpus;
use testkit::postgres::{PASSWORD, PASSWORD_USER, Preset, Server};

use crate::oracle::Oracle;
use crate::roles::ask;
use crate::support::{Ran, World, program};
use crate::under_way::{UnderWay, wait_until};

/// Enough rows for some 20 chunks.
fn small() -> Corpus {
    Corpus::new(400).dim(8).dirty(true)
}

const CHUNKS: [&str; 4] = ["--batch-rows", "20", "--workers", "2"];

/// A migration that has come some way and has a longer way to go.
fn half_way(world: &World, more: &[&str]) -> UnderWay {
    world.slow_down(100);
    let run = world.start_migrate(&world.user, &[&CHUNKS, more].concat());
    world.wait_for_chunks(&world.user, 3);
    run
}

/// A migration that was stopped half way.
fn interrupted(world: &World, more: &[&str]) {
    let run = half_way(world, more);
    run.signal("INT");
    run.end().expect(6);
    world.full_speed();
}

/// Neither as it is nor as a URL writes it.
#[track_caller]
fn without_password(ran: Ran) -> Ran {
    let beginning = PASSWORD.split('/').next().unwrap();
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains(beginning), "a password is shown: {text}");
    }
    ran
}

#[test]
fn a_closed_door_is_told_without_the_password() {
    let mut server = Server::start_with_tcp(Preset::Fast);
    let world = World::on(&server);
    world.corpus(&small());
    let migrate = |url: &str| {
        let args = [
            "migrate",
            "--user-id",
            &world.user,
            "--model",
            "m",
            "--yes",
            "--json",
        ];
        without_password(
            program(world.directory.path(), url)
                .args(args)
                .output()
                .unwrap()
                .into(),
        )
    };
    let name = world.database.name();
    let url = server.tcp_url(PASSWORD_USER, PASSWORD, name);
    migrate(&url).expect(0);

    let wrong = server.tcp_url(PASSWORD_USER, &format!("{PASSWORD}!"), name);
    migrate(&wrong)
        .expect(7)
        .says("password authentication failed")
        .says("the password, which is in the connection string");
    let unknown = server.tcp_url(PASSWORD_USER, PASSWORD, "nowhere");
    migrate(&unknown)
        .expect(7)
        .says("database \"nowhere\" does not exist")
        .says("try: createdb nowhere ");
    let unknown = server.tcp_url("nobody_at_all", PASSWORD, name);
    migrate(&unknown)
        .expect(7)
        .says("password authentication failed");
    for odd in [
        url.replace("postgresql://", "postgresql:/"),
        format!("{url}?sslmode=sometimes"),
        format!("{url}?no_such_option=1"),
        url.replace("127.0.0.1", "127.0.0.1:port"),
    ] {
        migrate(&odd).expect(2);
    }
    migrate(&format!("{url}?sslmode=require")).expect(7);

    server.stop();
    let refused = migrate(&url).expect(7);
    refused.says("Connection refused").says("pg_isready");
    assert_eq!(
        refused.json()["error"]["exit"],
        json!(7),
        "{}",
        refused.stdout
    );
    let socket = world.run(&["runs", "list"]).expect(7);
    socket.says("no server listens on the socket");
}

#[test]
fn no_database_url_is_a_matter_of_configuration() {
    let world = World::new();
    world.corpus(&small());
    let mut command =
        world.command(&["migrate", "--user-id", &world.user, "--model", "m", "--yes"]);
    let ran: Ran = command.env_remove("DATABASE_URL").output().unwrap().into();
    ran.expect(2)
        .says("DATABASE_URL environment variable not set")
        .says("export DATABASE_URL=");
}

/// A server that goes away in the middle, in order or by a crash; then it is there again.
fn loses_its_server(how: fn(&mut Server)) {
    let mut server = Server::start_with_tcp(Preset::Fast);
    let world = World::on(&server);
    world.corpus(&small());
    let oracle = Oracle::new(&world);
    // Temporary tables of sessions that crashed go when the server vacuums.
    world
        .database
        .batch("ALTER SYSTEM SET autovacuum_naptime = '1s'");
    world.slow_down(100);
    let url = server.tcp_url(PASSWORD_USER, PASSWORD, world.database.name());
    let args = [
        "migrate",
        "--user-id",
        &world.user,
        "--model",
        "test-model",
        "--yes",
        "--json",
    ];
    let run = world.start_at(&url, &[&args[..], &CHUNKS].concat());
    world.wait_for_chunks(&world.user, 3);
    how(&mut server);
    without_password(run.end())
        .expect(7)
        .says("the same command again");
    server.restart();
    world.full_speed();
    oracle.check(&world, &world.user, &["--batch-rows", "70"]);
    assert_no_secret_is_kept(&world);
}

#[test]
fn a_server_that_is_stopped_in_the_middle_is_waited_for_by_resuming() {
    loses_its_server(Server::stop);
}

#[test]
fn a_server_that_crashes_in_the_middle_loses_nothing_that_the_ledger_knows() {
    loses_its_server(Server::crash);
}

#[test]
fn an_administrator_who_cancels_or_disconnects_a_run_can_have_it_resumed() {
    for function in ["pg_cancel_backend", "pg_terminate_backend"] {
        let world = World::new();
        world.corpus(&small());
        let oracle = Oracle::new(&world);
        let run = half_way(&world, &[]);
        let end = format!(
            "SELECT count({function}(pid)) FROM pg_stat_activity \
             WHERE datname = current_database() AND wait_event = 'PgSleep'"
        );
        wait_until("a statement is ended", || {
            world.database.scalar(&end) != "0"
        });
        run.end().expect(7).says("the same command again");
        world.full_speed();
        oracle.check(&world, &world.user, &[]);
    }
}

/// Neither in the ledger nor in a file that was written.
#[track_caller]
fn assert_no_secret_is_kept(world: &World) {
    let beginning = PASSWORD.split('/').next().unwrap();
    let ledger = world.database.rows("SELECT r::text FROM runs r");
    assert!(
        !ledger.is_empty() && !format!("{ledger:?}").contains(beginning),
        "{ledger:?}"
    );
    for file in fs::read_dir(world.directory.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let text = fs::read_to_string(&path).unwrap();
            assert!(
                !text.contains(beginning),
                "{} holds a password",
                path.display()
            );
        }
    }
}

#[test]
fn a_signal_stops_in_order() {
    for signal in ["INT", "TERM", "HUP"] {
        let world = World::new();
        world.corpus(&small());
        let oracle = Oracle::new(&world);
        let run = half_way(&world, &[]);
        let asked = Instant::now();
        run.signal(signal);
        let ran = run.end().expect(6);
        assert!(
            asked.elapsed() < Duration::from_secs(10),
            "the issue's promise"
        );
        ran.says("interrupted during copy")
            .says("the same command again, to resume");
        assert_eq!(ran.json()["error"]["exit"], json!(6), "{}", ran.stdout);
        let status = "SELECT status || ', ' || phase FROM runs WHERE status <> 'finished'";
        assert_eq!(world.database.scalar(status), "interrupted, copy");
        world.full_speed();
        oracle.check(&world, &world.user, &[]);
    }
}

#[test]
fn a_second_run_waits_for_the_first_and_finds_its_rows() {
    let world = World::new();
    world.corpus(&small());
    let first = half_way(&world, &[]);
    let second = world.start_migrate(&world.user, &[]);
    first.end().expect(0);
    let report = second.end().expect(0).json();
    assert_eq!(report["nodes"]["unchanged"], json!(400));
    assert_eq!(report["nodes"]["inserted"], json!(0));
}

#[test]
fn a_run_does_not_wait_for_another_for_ever() {
    let world = World::new();
    world.corpus(&small());
    let hold = format!(
        "SELECT pg_advisory_lock(hashtextextended('tulving.run.{}', 0)); SELECT pg_sleep(60)",
        world.user
    );
    let let_go = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                  WHERE query LIKE '%pg_sleep(60)' AND datname = current_database() AND pid <> pg_backend_pid()";
    let held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted \
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    std::thread::scope(|scope| {
        // It ends by being terminated, which is an error.
        scope.spawn(|| std::panic::catch_unwind(|| world.database.batch(&hold)));
        wait_until("the lock is held", || world.database.scalar(held) == "1");
        let asked = world.start_migrate(&world.user, &[]);
        asked.wait_for_text("is at work; waiting up to 30 s");
        asked.signal("INT");
        asked
            .end()
            .expect(6)
            .says("interrupted during the wait for another run");
        let waiting = world.start_migrate(&world.user, &[]).end().expect(8);
        waiting
            .says("another run holds the lock")
            .says("waited 30 s")
            .says("tulving runs list");
        world.database.batch(let_go);
    });
    assert_eq!(world.database.scalar("SELECT count(*) FROM runs"), "0");
    world.migrate(&[]).expect(0);
}

#[test]
fn different_owners_are_served_at_once() {
    let world = World::new();
    world.corpus(&small());
    let users: Vec<String> = (0..6)
        .map(|number| world.new_user(&format!("user{number}@example.com")))
        .collect();
    let runs: Vec<UnderWay> = users
        .iter()
        .map(|user| world.start_migrate(user, &CHUNKS))
        .collect();
    let digests: Vec<_> = runs
        .into_iter()
        .map(|run| run.end().expect(0).json())
        .map(|report| {
            assert_eq!(report["nodes"]["inserted"], json!(400));
            report["digest"].clone()
        })
        .collect();
    assert!(digests.iter().all(|digest| *digest == digests[0]));
    assert_eq!(
        world.database.scalar("SELECT count(*) FROM memory_nodes"),
        "2400"
    );
}

/// A file system of a few megabytes, unmounted when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None`, and says so, where this process may not mount.
    fn mount() -> Option<Self> {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir_in("/tmp").unwrap();
        // The server's account has to come in.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let disk = Self(directory);
        match disk.sh("mount -t tmpfs -o size=64m tmpfs DISK") {
            Ok(_) => Some(disk),
            Err(why) => {
                eprintln!("SKIPPED: a full disk needs a small file system, and mount says: {why}");
                None
            }
        }
    }

    fn sh(&self, script: &str) -> Result<String, String> {
        let script = script.replace("DISK", &self.0.path().to_string_lossy());
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .output()
            .unwrap();
        if output.status.success() {
            Ok(String::from_utf8(output.stdout).unwrap())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
        }
    }

    /// Leaves so many bytes free.
    fn leave(&self, free: u64) {
        let used = self.sh("df --output=used -B1 DISK | tail -1").unwrap();
        let size = used.trim().parse::<u64>().unwrap() + free;
        self.sh(&format!("mount -o remount,size={size} DISK"))
            .unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.sh("umount -l DISK");
    }
}

#[test]
fn a_full_disk_is_told_and_resumed_from() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let mut server = Server::start(Preset::Fast);
    let world = World::on(&server);
    world.corpus(&Corpus::new(1_000).dim(64).dirty(true));
    // In the usual place: only the copy for the user needs the room.
    let data = world.database.scalar("SHOW data_directory");
    disk.sh(&format!("chown --reference={data} DISK && chmod 700 DISK"))
        .unwrap();
    let disk_at = disk.0.path().display().to_string();
    let server_wide = server.url("postgres");
    let psql = |sql: &str| ask(&server, &server_wide, sql).unwrap();
    psql(&format!("CREATE TABLESPACE small LOCATION '{disk_at}'"));
    psql(&format!(
        "ALTER DATABASE {} SET TABLESPACE small",
        world.database.name()
    ));
    let oracle = Oracle::new(&world);
    disk.leave(1 << 20);
    let ran = world.start_migrate(&world.user, &CHUNKS).end().expect(7);
    ran.says("the database's disk is full")
        .says("No space left on device")
        .says("free space on the server");
    let done = "SELECT count(*) FROM run_chunks WHERE done_at IS NOT NULL AND run_id IN \
                (SELECT run_id FROM runs WHERE status <> 'finished')";
    println!(
        "{} chunks were written before the disk was full",
        world.database.scalar(done)
    );
    disk.leave(64 << 20);
    oracle.check(&world, &world.user, &[]);
    server.stop();
}

#[test]
fn a_database_that_is_not_ready_is_refused_with_what_to_do() {
    let world = World::new();
    world.corpus(&small());
    let empty = Server::shared().database();
    let args = ["migrate", "--user-id", &world.user, "--model", "m", "--yes"];
    let run = |url: &str| -> Ran {
        program(world.directory.path(), url)
            .args(args)
            .output()
            .unwrap()
            .into()
    };
    run(empty.url())
        .expect(9)
        .says("memory_nodes table does not exist")
        .says("tulving schema apply");
    let verify = ["verify", "--user-id", &world.user];
    let ran: Ran = program(world.directory.path(), empty.url())
        .args(verify)
        .output()
        .unwrap()
        .into();
    ran.expect(9).says("memory_nodes table does not exist");
    for args in [
        &["user", "create", "--email", "a@example.com"][..],
        &["user", "list"],
        &["tenant", "create", "--name", "a"],
        &["tenant", "list"],
        &["runs", "list"],
        &["runs", "status"],
    ] {
        let ran: Ran = program(world.directory.path(), empty.url())
            .args(args)
            .output()
            .unwrap()
            .into();
        ran.expect(9)
            .says("memory_nodes table does not exist in")
            .says("try: tulving schema apply");
    }

    let stranger = "00000000-0000-4000-8000-000000000001";
    let ran = world
        .run(&["migrate", "--user-id", stranger, "--model", "m", "--yes"])
        .expect(9);
    ran.says(stranger).says(&format!(
        "tulving user create --email you@example.com --id {stranger}"
    ));
    let ran = world
        .run(&[
            "migrate",
            "--tenant-id",
            &world.user,
            "--model",
            "m",
            "--yes",
        ])
        .expect(9);
    ran.says("tulving tenant create");

    world.database.batch("DROP EXTENSION vector CASCADE");
    run(world.database.url())
        .expect(9)
        .says("pgvector extension missing")
        .says("CREATE EXTENSION vector")
        .says("need a restore");
    world.database.batch("CREATE EXTENSION vector");
    for ran in [run(world.database.url()), world.run(&["schema", "apply"])] {
        ran.expect(9)
            .says("memory_nodes.embedding, node_embeddings.embedding, node_vectors.v, episodic_memories.embedding")
            .says("restore the database from a backup");
    }
    assert_eq!(world.database.scalar("SELECT count(*) FROM runs"), "0");
}

#[test]
fn nothing_is_asked_where_nobody_can_answer() {
    let world = World::new();
    world.corpus(&small());
    let ran = world
        .run(&["migrate", "--user-id", &world.user, "--model", "m"])
        .expect(2);
    ran.says("there is no terminal to ask on").says("--yes");
    assert_eq!(world.database.scalar("SELECT count(*) FROM runs"), "0");
}

#[test]
fn a_receipt_that_cannot_be_written_is_told_before_the_work() {
    let world = World::new();
    world.corpus(&small());
    fs::write(world.path("file"), "").unwrap();
    for path in [
        "nowhere/receipt.json",
        "file/receipt.json",
        "/proc/receipt.json",
    ] {
        world.migrate(&["--receipt", path]).expect(2).says(path);
    }
    assert_eq!(world.database.scalar("SELECT count(*) FROM runs"), "0");
    world.migrate(&["--receipt", "receipt.json"]).expect(0);
    world.verify(&["--against", "receipt.json"]).expect(0);
}

#[test]
fn an_unfinished_run_is_bound_to_its_inputs() {
    let world = World::new();
    // Odd rows have the same ids whatever the seed.
    let small = || Corpus::new(400).dim(8);
    world.corpus(&small());
    interrupted(&world, &[]);
    world
        .migrate(&["--existing", "update"])
        .expect(9)
        .says("existing was \"keep\", is \"update\"")
        .says("--restart");
    world
        .migrate(&["--only", "nodes"])
        .expect(9)
        .says("only was");
    world.corpus(&small().seed(1));
    let ran = world.migrate(&[]).expect(9);
    ran.says("corpus/nodes.json has another content")
        .says("vectors/nodes.npy has another content");
    let report = world.migrate(&["--restart"]).expect(0).json();
    assert_eq!(report["verified"], json!(true));
    assert_eq!(report["nodes"]["inserted"], json!(400));
    let states = "SELECT string_agg(status, ', ' ORDER BY started_at) FROM runs";
    assert_eq!(world.database.scalar(states), "abandoned, finished");
    // After a finished run, other content is simply the next run.
    world.corpus(&small().seed(2));
    let report = world.migrate(&[]).expect(0).json();
    assert_eq!(report["nodes"]["inserted"], json!(400));
}

#[test]
fn a_run_whose_chunks_were_lost_is_done_again() {
    let world = World::new();
    world.corpus(&Corpus::new(400).dim(8));
    interrupted(&world, &[]);
    world.database.batch("DROP TABLE run_chunks");
    world.run(&["schema", "apply"]).expect(0);
    let report = world.migrate(&[]).expect(0).json();
    assert_eq!(report["verified"], json!(true));
    let rows = |what: &str| report["nodes"][what].as_u64().unwrap();
    assert_eq!(rows("inserted") + rows("unchanged"), 400);
    assert_eq!(world.database.scalar("SELECT count(*) FROM runs"), "1");
}

/// Changes one byte of a file where it stands.
fn rewrite_in_place(path: &Path, at: u64, byte: u8) {
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(&[byte], at).unwrap();
    file.sync_all().unwrap();
}

#[test]
fn a_source_that_is_rewritten_under_a_run_is_never_called_verified() {
    for (file, at, byte) in [
        ("data/corpus/nodes.json", 0, b'['),
        ("data/corpus/episodes.json", 0, b'['),
        ("data/vectors/nodes.npy", 400 * 4 * 8, 0x3f),
        ("data/vectors/nodes.npy", 128 + 3, 0x3f),
    ] {
        let world = World::new();
        world.corpus(&small());
        let run = half_way(&world, &[]);
        rewrite_in_place(&world.path(file), at, byte);
        run.end()
            .expect(3)
            .says("changed while it was being read")
            .says("once nobody writes to it");
    }
}

#[test]
fn a_source_that_is_replaced_under_a_run_is_read_as_it_was() {
    let world = World::new();
    let data = world.corpus(&small());
    let oracle = Oracle::new(&world);
    let run = half_way(&world, &[]);
    let old = world.path("old");
    fs::rename(&data, &old).unwrap();
    world.corpus(&small().seed(1));
    let report = run.end().expect(0).json();
    assert_eq!(report["verified"], json!(true));
    fs::remove_dir_all(&data).unwrap();
    fs::rename(&old, &data).unwrap();
    world.full_speed();
    oracle.check(&world, &world.user, &[]);
}
