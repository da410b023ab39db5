//! `make bench`: a migration beside what else could be done with the same rows, from one run.
//!
//! Every figure is a median over `TULVING_BENCH_RUNS` (3) rounds; sizes are `TULVING_BENCH_ROWS`
//! (10000,100000) nodes of 1024. The server is private and durable: fsync is on. A second table says how
//! fast owner after owner of one database migrates; the tenth is to be within 15 % of the first.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on has failed"
)]

use std::error::Error;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use testkit::corpus::Corpus;
use testkit::postgres::{Database, Preset, Server};
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

const USER: &str = "3f2b8c1e-7d4a-4e0b-9c55-0a1b2c3d4e5f";

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let server = Server::start(Preset::Durable);
    let sizes = std::env::var("TULVING_BENCH_ROWS").unwrap_or_else(|_| "10000,100000".to_owned());
    let rounds = std::env::var("TULVING_BENCH_RUNS").map_or(3, |runs| runs.parse().unwrap());
    for size in sizes.split(',') {
        measure(&server, size.parse().unwrap(), rounds);
    }
    measure_owners(&server, rounds);
}

/// How many nodes each owner has, how many owners there are, and which of them are told.
const OWNER_ROWS: usize = 12_000;
const OWNERS: usize = 10;
const TOLD: [usize; 3] = [1, 2, 10];

/// One owner after the other into one database, whose statistics know the first and none of the others.
fn measure_owners(server: &Server, rounds: usize) {
    let directory = tempfile::tempdir().unwrap();
    Corpus::new(OWNER_ROWS)
        .episodes(false)
        .write(&directory.path().join("data"));
    let mut rates = vec![Vec::new(); OWNERS];
    for _ in 0..rounds {
        let database = server.database();
        let program = |args: &[&str]| finish(program(&database, directory.path(), args));
        program(&["schema", "apply"]);
        for table in ["memory_nodes", "node_vectors", "node_postings", "scopes"] {
            database.batch(&format!(
                "ALTER TABLE {table} SET (autovacuum_enabled = off)"
            ));
        }
        for (number, rates) in rates.iter_mut().enumerate() {
            let email = format!("owner-{number}@example.com");
            let (_, _, owner) = program(&["user", "create", "--email", &email]);
            let (took, _, _) = program(&["migrate", "--user-id", owner.trim(), "--yes"]);
            rates.push(rate(OWNER_ROWS, took));
            if number == 0 {
                database.batch("ANALYZE");
            }
        }
    }
    let rates: Vec<f64> = rates.into_iter().map(median).collect();
    println!("\n{OWNER_ROWS} nodes of 1024 for each owner, median of {rounds}");
    println!(
        "{:52} {:>9}  {:>6}",
        "owner of the database", "rows/s", "ratio"
    );
    for number in TOLD {
        let rate = rates[number - 1];
        println!("{number:<52} {rate:>9.0}  {:>5.2}x", rate / rates[0]);
    }
}

/// One round's figures: rows per second, and MiB.
#[derive(Default)]
struct Figures {
    reading: Vec<f64>,
    migrate: Vec<f64>,
    writing: Vec<f64>,
    export: Vec<f64>,
    script: Vec<f64>,
    insert: Vec<f64>,
    copy: Vec<f64>,
    resident: Vec<f64>,
    /// Of forgetting everything, with the proof: from the database, and from files.
    forget: [(Vec<f64>, Vec<f64>); 2],
}

fn measure(server: &Server, rows: usize, rounds: usize) {
    let directory = tempfile::tempdir().unwrap();
    Corpus::new(rows)
        .episodes(false)
        .write(&directory.path().join("data"));
    let mut figures = Figures::default();
    for _ in 0..rounds {
        let database = server.database();
        let program = |args: &[&str]| program(&database, directory.path(), args);
        finish(program(&["schema", "apply"]));
        finish(program(&[
            "user",
            "create",
            "--email",
            "bench@example.com",
            "--id",
            USER,
        ]));
        let (took, _, _) = finish(program(&["migrate", "--user-id", USER, "--dry-run"]));
        figures.reading.push(rate(rows, took));
        let (took, resident, output) =
            finish(program(&["migrate", "--user-id", USER, "--yes", "--json"]));
        figures.migrate.push(rate(rows, took));
        figures.resident.push(resident);
        let report: serde_json::Value = serde_json::from_str(&output).unwrap();
        assert_eq!(report["verified"], serde_json::json!(true));
        figures.writing.push(report["rate"].as_f64().unwrap());
        let export = ["export", "--out", "back", "--backend", "postgres", "--json"];
        let (took, _, output) = finish(program(&[&export[..], &["--user-id", USER]].concat()));
        let report: serde_json::Value = serde_json::from_str(&output).unwrap();
        assert_eq!(report["verified"], serde_json::json!(true));
        figures.export.push(rate(rows, took));
        figures
            .script
            .push(rate(rows, one_insert_per_row(&database, Style::Script)));
        figures
            .insert
            .push(rate(rows, one_insert_per_row(&database, Style::Prepared)));
        figures
            .copy
            .push(rate(rows, copy_of_a_ready_file(&database)));
        let forget = ["forget", "--user-id", USER, "--yes", "--json", "--backend"];
        for (backend, figures) in ["postgres", "file"].into_iter().zip(&mut figures.forget) {
            if backend == "file" {
                copy_folder(
                    &directory.path().join("data"),
                    &directory.path().join("copy"),
                );
                let claim = [
                    "init",
                    "--user-id",
                    USER,
                    "--model",
                    "bench",
                    "--data-dir",
                    "copy",
                ];
                finish(program(&claim));
            }
            let args = [&forget[..], &[backend, "--data-dir", "copy"]].concat();
            let (took, resident, output) = finish(program(&args));
            let certificate: serde_json::Value = serde_json::from_str(&output).unwrap();
            assert_eq!(certificate["absent"], serde_json::json!(true));
            assert_eq!(certificate["forgotten"]["nodes"], serde_json::json!(rows));
            figures.0.push(took.as_secs_f64());
            figures.1.push(resident);
        }
        for made in ["copy", "back", "config.yaml"] {
            let path = directory.path().join(made);
            let _ = std::fs::remove_dir_all(&path);
            let _ = std::fs::remove_file(&path);
        }
    }
    let script = median(figures.script);
    let migrate = median(figures.migrate);
    println!("\n{rows} nodes of 1024, median of {rounds}");
    println!("{:52} {:>9}  {:>6}", "", "rows/s", "ratio");
    for (what, rate) in [
        ("one INSERT per row, as a script does it", script),
        (
            "one INSERT per row, prepared, one transaction",
            median(figures.insert),
        ),
        (
            "tulving migrate, everything (start, plan … verify)",
            migrate,
        ),
        (
            "tulving migrate, copy and verify alone",
            median(figures.writing),
        ),
        ("tulving export, everything, proved", median(figures.export)),
        (
            "the server's COPY of a ready file, no index",
            median(figures.copy),
        ),
        (
            "reading and validating alone (--dry-run)",
            median(figures.reading),
        ),
    ] {
        println!("{what:52} {rate:>9.0}  {:>5.1}x", rate / script);
    }
    println!(
        "{:52} {:>5.0} MiB",
        "peak resident memory of tulving migrate",
        median(figures.resident)
    );
    for (from, (took, resident)) in ["PostgreSQL", "files"].into_iter().zip(figures.forget) {
        let what = format!("tulving forget, everything, proved, from {from}");
        let (took, resident) = (median(took), median(resident));
        println!("{what:52} {took:>7.1} s  {resident:>4.0} MiB");
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn rate(rows: usize, took: Duration) -> f64 {
    rows as f64 / took.as_secs_f64()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn program(database: &Database, directory: &Path, args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_tulving"))
        .args(args)
        .current_dir(directory)
        .env_clear()
        .env("DATABASE_URL", database.url())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits for the program: how long it took, its peak resident memory in MiB, its output.
fn finish(mut child: Child) -> (Duration, f64, String) {
    let began = Instant::now();
    let mut resident = 0.0;
    while child.try_wait().unwrap().is_none() {
        resident = peak(child.id()).unwrap_or(resident);
        std::thread::sleep(Duration::from_millis(2));
    }
    let took = began.elapsed();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    (took, resident, String::from_utf8(output.stdout).unwrap())
}

/// The kernel's high-water mark; nothing once the process is gone.
fn peak(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0)
}

/// A value as the server sent it, to be sent back: no driver could be faster at binding.
#[derive(Debug)]
struct Raw(Option<Vec<u8>>);

impl<'r> FromSql<'r> for Raw {
    fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Some(raw.to_owned())))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl ToSql for Raw {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let Some(bytes) = &self.0 else {
            return Ok(IsNull::Yes);
        };
        out.extend_from_slice(bytes);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// How a row is inserted.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    /// As the origin's migration and most scripts: values as text, each row committed by itself.
    Script,
    /// As fast as one statement a row can be: prepared, binary, all in one transaction.
    Prepared,
}

/// The same rows into a table with the same columns, checks and indexes, one statement each. The
/// time to read them is not counted.
fn one_insert_per_row(database: &Database, style: Style) -> Duration {
    database.batch(
        "DROP TABLE IF EXISTS inserted; CREATE TABLE inserted (LIKE memory_nodes INCLUDING ALL)",
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (mut client, connection) = tokio_postgres::connect(database.url(), NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        let (reader, connection) = tokio_postgres::connect(database.url(), NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        reader
            .batch_execute("BEGIN; DECLARE c CURSOR FOR SELECT * FROM memory_nodes")
            .await
            .unwrap();
        match style {
            Style::Script => insert_texts(&reader, &client).await,
            Style::Prepared => insert_prepared(&reader, &mut client).await,
        }
    })
}

const FETCH: &str = "FETCH 1000 FROM c";

async fn insert_texts(reader: &Client, client: &Client) -> Duration {
    let mut took = Duration::ZERO;
    loop {
        let page = reader.simple_query(FETCH).await.unwrap();
        let statements: Vec<String> = page.iter().filter_map(statement).collect();
        if statements.is_empty() {
            return took;
        }
        let began = Instant::now();
        for statement in &statements {
            client.batch_execute(statement).await.unwrap();
        }
        took += began.elapsed();
    }
}

fn statement(message: &SimpleQueryMessage) -> Option<String> {
    let SimpleQueryMessage::Row(row) = message else {
        return None;
    };
    let literal = |at| {
        row.get(at).map_or("NULL".to_owned(), |text| {
            format!("'{}'", text.replace('\'', "''"))
        })
    };
    let literals: Vec<String> = (0..row.len()).map(literal).collect();
    Some(format!(
        "INSERT INTO inserted VALUES ({})",
        literals.join(", ")
    ))
}

async fn insert_prepared(reader: &Client, client: &mut Client) -> Duration {
    let columns = reader
        .prepare("SELECT * FROM memory_nodes")
        .await
        .unwrap()
        .columns()
        .len();
    let places: Vec<String> = (1..=columns).map(|place| format!("${place}")).collect();
    let transaction = client.transaction().await.unwrap();
    let insert = format!("INSERT INTO inserted VALUES ({})", places.join(", "));
    let insert = transaction.prepare(&insert).await.unwrap();
    let fetch = reader.prepare(FETCH).await.unwrap();
    let mut took = Duration::ZERO;
    loop {
        let page = reader.query(&fetch, &[]).await.unwrap();
        let page: Vec<Vec<Raw>> = page
            .iter()
            .map(|row| (0..columns).map(|at| row.get(at)).collect())
            .collect();
        let began = Instant::now();
        if page.is_empty() {
            transaction.commit().await.unwrap();
            return took + began.elapsed();
        }
        for row in &page {
            let values: Vec<&(dyn ToSql + Sync)> = row.iter().map(|value| value as _).collect();
            transaction.execute(&insert, &values).await.unwrap();
        }
        took += began.elapsed();
    }
}

/// The floor: the server reads the rows from its own disk into a table without indexes.
fn copy_of_a_ready_file(database: &Database) -> Duration {
    let file = database.scalar("SELECT current_setting('data_directory') || '/bench.copy'");
    database.batch(&format!("COPY memory_nodes TO '{file}' (FORMAT BINARY)"));
    database.batch("CREATE TABLE copied (LIKE memory_nodes)");
    let began = Instant::now();
    database.batch(&format!("COPY copied FROM '{file}' (FORMAT BINARY)"));
    began.elapsed()
}
