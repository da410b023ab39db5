//! What is made beside memories is for those who may read the memories, and for nobody else.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Desk, Ran};

/// Everything in a directory, however deep, and the directory itself.
fn all(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![path.to_owned()];
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            found.extend(all(&entry.unwrap().path()));
        }
    }
    found
}

fn set_modes(path: &Path, folder: u32, file: u32) {
    for path in all(path) {
        let mode = if path.is_dir() { folder } else { file };
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
}

#[test]
fn beside_private_memories_everything_is_private() {
    let desk = Desk::new();
    set_modes(&desk.path("data"), 0o755, 0o600);
    // Nothing is left that was made before.
    fs::remove_file(desk.path("data/journal/1.log")).unwrap();
    fs::remove_dir_all(desk.path("data/indexes")).unwrap();
    let private = |when: &str| {
        for path in all(&desk.path("data")) {
            // Those who may not read memories may see that there are some.
            let holds_none = path.is_dir() || path.ends_with("manifest.json");
            let mode = fs::metadata(&path).unwrap().mode();
            assert!(
                holds_none || mode & 0o077 == 0,
                "{when}: {path:?}: {mode:o}"
            );
        }
    };
    desk.add("Where is the key?", "Under the stone.");
    desk.run(&["search", "key"]).expect(0);
    private("pending");
    let talk = r#"{"id":"talk","messages":[{"role":"user","content":"Who has it?"}]}"#;
    desk.fed(&["add", "--jsonl", "-"], talk).expect(0);
    desk.run(&["compact"]).expect(0);
    assert!(desk.path("data/corpus/episodes.json").exists());
    private("folded in");
    desk.run(&["search", "key"]).expect(0);
    private("found");
    // What a killed writer left of a write is a part of a memory.
    desk.add("Where is the other?", "In the drawer.");
    let log = fs::read_dir(desk.path("data/journal")).unwrap();
    let log = log.map(|entry| entry.unwrap().path());
    let log = log.filter(|path| path.extension().is_some_and(|end| end == "log"));
    for log in log {
        let bytes = fs::read(&log).unwrap();
        fs::write(&log, &bytes[..bytes.len() - 1]).unwrap();
    }
    desk.add("And the third?", "Lost.");
    let torn = |path: &PathBuf| path.to_string_lossy().contains("torn-");
    assert_eq!(
        all(&desk.path("data"))
            .iter()
            .filter(|path| torn(path))
            .count(),
        1
    );
    private("torn");
}

#[test]
fn a_directory_that_a_group_shares_stays_the_groups() {
    const TEAM: u32 = 40_001;
    let desk = Desk::new();
    if fs::metadata(desk.path(".")).unwrap().uid() != 0 {
        eprintln!("only root can be several people; nothing is tested");
        return;
    }
    for name in [".", "config.yaml"] {
        fs::set_permissions(desk.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    set_modes(&desk.path("data"), 0o2770, 0o660);
    let (ann, ben) = (40_002, 40_003);
    for path in all(&desk.path("data")) {
        chown(path, Some(ann), Some(TEAM)).unwrap();
    }
    // Each has a group of their own, and is in the other too.
    let run = |who: u32, args: &[&str]| -> Ran {
        let mut command = Command::new("setpriv");
        command
            .arg(format!("--reuid={who}"))
            .arg(format!("--regid={who}"))
            .arg(format!("--groups={TEAM}"))
            .arg(env!("CARGO_BIN_EXE_tulving"))
            .args(args)
            .current_dir(desk.path("."))
            .env_clear();
        command.output().unwrap().into()
    };
    for (who, other) in [(ben, ann), (ann, ben), (ben, ann)] {
        let said = format!("{who} was here.");
        run(who, &["add", "--question", &said]).expect(0);
        run(other, &["search", &said]).expect(0).shows(&said);
        run(who, &["compact"]).expect(0);
        for folder in ["corpus", "vectors", "journal"] {
            for path in all(&desk.path("data").join(folder)) {
                let found = fs::metadata(&path).unwrap();
                let mode = found.mode() & 0o777;
                let expected = if path.is_dir() { 0o770 } else { 0o660 };
                assert_eq!((found.gid(), mode), (TEAM, expected), "{path:?}");
            }
        }
        run(other, &["list"]).expect(0).shows(&said);
    }
}
