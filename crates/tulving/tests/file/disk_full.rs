//! A disk that is full: the shell's limit on the size of files stands in for it.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use tulving::backend::file::FileError;
use tulving::backend::{Backend as _, BackendError, Draft};

use super::support::{OWNER, World, entry};

/// Not a test: a process that may write no file of more than 64 KiB.
#[tokio::test]
async fn child_that_writes_until_the_disk_is_full() {
    let Ok(directory) = env::var("TULVING_FULL_DIRECTORY") else {
        return;
    };
    let backend = tulving::backend::file::FileBackend::open(Path::new(&directory)).unwrap();
    let mut acknowledged = 0;
    let full = loop {
        let draft = Draft::Whole(entry(acknowledged));
        match backend.insert(OWNER, vec![draft]).await {
            Ok(_) => acknowledged += 1,
            Err(error) => break error,
        }
    };
    let is_full =
        |error: &BackendError| matches!(error, BackendError::File(FileError::DiskFull { .. }));
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

#[test]
fn what_does_not_fit_is_refused_and_everything_else_stays() {
    let world = World::new();
    let program = env::current_exe().unwrap();
    let output = Command::new("bash")
        .args([
            "-c",
            r#"trap '' XFSZ; ulimit -f 64; exec "$0" --exact "$1" --nocapture"#,
        ])
        .arg(program)
        .arg("file::disk_full::child_that_writes_until_the_disk_is_full")
        .env("TULVING_FULL_DIRECTORY", world.root())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
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
