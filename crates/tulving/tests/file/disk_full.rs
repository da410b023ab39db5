//! A disk that is full: the shell's limit on the size of files stands in for it.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use tulving::ErrorClass;
use tulving::backend::file::{FileBackend, FileError};
use tulving::backend::{Backend as _, BackendError, Draft};
use tulving::model::Memory;

use super::support::{OWNER, World, entry};

/// Not a test: a process that may write no file of more than 64 KiB.
#[tokio::test]
async fn child_that_writes_until_the_disk_is_full() {
    let Ok(directory) = env::var("TULVING_FULL_DIRECTORY") else {
        return;
    };
    let backend = FileBackend::open(Path::new(&directory)).unwrap();
    let mut acknowledged = 0;
    let full = loop {
        let draft = Draft::Whole(entry(acknowledged));
        match backend.insert(OWNER, vec![draft]).await {
            Ok(_) => acknowledged += 1,
            Err(error) => break error,
        }
    };
    let is_full = |error: &BackendError| {
        let is_full = matches!(error.downcast_ref(), Some(FileError::DiskFull { .. }));
        is_full && error.class() == ErrorClass::Full
    };
    assert!(is_full(&full), "{full:?}");
    // Still full, and still there.
    let draft = Draft::Whole(entry(acknowledged));
    assert!(is_full(
        &backend.insert(OWNER, vec![draft]).await.unwrap_err()
    ));
    let compacted = backend.compact();
    assert!(
        matches!(compacted, Err(FileError::DiskFull { .. })),
        "{compacted:?}"
    );
    fs::write(
        Path::new(&directory).join("acknowledged"),
        acknowledged.to_string(),
    )
    .unwrap();
}

/// Not a test: the same process, in which one write waits for another that does not fit.
#[tokio::test]
async fn child_in_which_writes_wait_for_each_other() {
    let Ok(directory) = env::var("TULVING_CROWDED_DIRECTORY") else {
        return;
    };
    let backend = Arc::new(FileBackend::open(Path::new(&directory)).unwrap());
    // While it is held, writers come together.
    let lock = fs::File::open(Path::new(&directory).join("journal/lock")).unwrap();
    lock.lock().unwrap();
    let mut writers = Vec::new();
    for number in 0..3 {
        let (backend, mut entry) = (Arc::clone(&backend), entry(number));
        if let (1, Memory::Node(node)) = (number, &mut entry.memory) {
            node.assistant_content = "does not fit ".repeat(10_000);
        }
        writers.push(tokio::spawn(async move {
            backend.insert(OWNER, vec![Draft::Whole(entry)]).await
        }));
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    lock.unlock().unwrap();
    let mut written = Vec::new();
    for writer in writers {
        written.push(writer.await.unwrap().is_ok());
    }
    assert_eq!(written, [true, false, true]);
}

fn run(child: &str, variable: &str, world: &World) {
    let output = Command::new("bash")
        .args([
            "-c",
            r#"trap '' XFSZ; ulimit -f 64; exec "$0" --exact "$1" --nocapture"#,
        ])
        .arg(env::current_exe().unwrap())
        .arg(format!("file::disk_full::{child}"))
        .env(variable, world.root())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
}

#[test]
fn what_waits_for_a_write_that_does_not_fit_is_written_all_the_same() {
    let world = World::new();
    let child = "child_in_which_writes_wait_for_each_other";
    run(child, "TULVING_CROWDED_DIRECTORY", &world);
    assert_eq!(world.numbers(&world.open()), [0, 2]);
}

#[test]
fn what_does_not_fit_is_refused_and_everything_else_stays() {
    let world = World::new();
    let child = "child_that_writes_until_the_disk_is_full";
    run(child, "TULVING_FULL_DIRECTORY", &world);
    let acknowledged: u64 = fs::read_to_string(world.path("acknowledged"))
        .unwrap()
        .parse()
        .unwrap();
    assert!(acknowledged > 10, "{acknowledged}");
    let backend = world.open();
    let expected: Vec<u64> = (0..acknowledged).collect();
    assert_eq!(world.numbers(&backend), expected);
    assert!(backend.problems().unwrap().is_empty());
    world.insert(&backend, [acknowledged]);
    backend.compact().unwrap();
    assert_eq!(world.numbers(&backend).len() as u64, acknowledged + 1);
}
