//! A migration on a terminal: the question, the line that is drawn, Ctrl-C, and what is said after.

use serde_json::json;
use testkit::corpus::Corpus;
use testkit::terminal::visible;
use tulving_cli::width::columns;

use crate::support::{Ran, World};
use crate::under_way::wait_until;

const CTRL_C: &str = "\u{3}";

impl World {
    fn on_terminal(&self, columns: u16, keys: &[(&str, &str)], args: &[&str]) -> Ran {
        let program = env!("CARGO_BIN_EXE_tulving");
        let mut command = testkit::terminal::command(columns, keys, program);
        command
            .args(args)
            .args(["--user-id", &self.user])
            .current_dir(self.directory.path())
            .env_clear()
            .env("DATABASE_URL", self.database.url())
            .env("TERM", "xterm");
        command.output().unwrap().into()
    }
}

/// What stays on the screen of all that was drawn: of each line what was drawn there last.
fn left_standing(shown: &str) -> Vec<&str> {
    shown
        .split("\r\n")
        .map(|line| line.rsplit("\r\x1b[K").next().unwrap_or_default())
        .collect()
}

#[test]
fn every_table_fits_the_terminal() {
    let world = World::new();
    world.corpus(&Corpus::new(20).dim(4));
    world.migrate(&[]).expect(0);
    for width in [100, 80, 60] {
        for args in [
            &["runs", "list"][..],
            &["runs", "status"],
            &["list", "--limit", "100", "--backend", "postgres"],
            &[
                "search",
                "what",
                "--mode",
                "keyword",
                "--backend",
                "postgres",
            ],
            &["index"],
        ] {
            let ran = world.on_terminal(width, &[], args);
            assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stdout);
            let shown = visible(&ran.stdout);
            assert!(shown.lines().count() > 2, "{args:?} at {width}: {shown}");
            for line in shown.split(['\r', '\n']) {
                assert!(
                    columns(line) <= usize::from(width),
                    "{args:?} at {width}: {line}"
                );
            }
        }
    }
}

#[test]
fn ctrl_c_at_the_question_ends_it_at_once_and_nothing_is_begun() {
    let world = World::new();
    world.corpus(&Corpus::new(20).dim(4));
    let ran = world.on_terminal(80, &[("[y/N] ", CTRL_C)], &["migrate", "--model", "m"]);
    assert_eq!(ran.code, Some(6), "{}", ran.stdout);
    assert!(
        ran.stdout
            .contains("\r\n\x1b[1m\x1b[31merror:\x1b[0m interrupted: nothing was done\r\n"),
        "{:?}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("stopping"), "{}", ran.stdout);
    assert_eq!(world.database.scalar("SELECT count(*) FROM runs"), "0");
}

#[test]
fn after_ctrl_c_the_last_count_is_what_was_written() {
    let world = World::new();
    world.corpus(&Corpus::new(400).dim(4).episodes(false));
    world.slow_down(50);
    let args = [
        "migrate",
        "--model",
        "m",
        "--yes",
        "--batch-rows",
        "10",
        "--workers",
        "2",
    ];
    for width in [60, 80] {
        let ran = world.on_terminal(width, &[(" of 400 rows  ", ""), (" left", CTRL_C)], &args);
        assert_eq!(ran.code, Some(6), "{}", ran.stdout);
        let left = left_standing(&ran.stdout);
        let copies: Vec<&&str> = left
            .iter()
            .filter(|line| line.starts_with("copy "))
            .collect();
        let [last] = copies[..] else {
            panic!("one line is left of the copy: {left:?}")
        };
        let written = world.database.scalar("SELECT count(*) FROM memory_nodes");
        assert!(
            last.starts_with(&format!("copy      {written} of 400 rows")),
            "{last}, {written}"
        );
        assert!(
            ran.stdout.contains("stopping after what is on its way"),
            "{}",
            ran.stdout
        );
        for drawn in visible(&ran.stdout).split(['\r', '\n']) {
            assert!(columns(drawn) <= usize::from(width), "{drawn}");
        }
    }
    // The second session counted its own rows alone.
    let ran = world.on_terminal(80, &[], &args[..4]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    let left = left_standing(&ran.stdout);
    let copy = left.iter().find(|line| line.starts_with("copy ")).unwrap();
    let number = |text: &str| text.replace(',', "").parse::<u64>().unwrap();
    let own = number(copy["copy".len()..].split_whitespace().next().unwrap());
    let before = copy
        .split_once("; ")
        .unwrap()
        .1
        .strip_suffix(" before")
        .unwrap();
    assert_eq!(own + number(before), 400, "{copy}");
}

#[test]
fn a_run_whose_process_is_gone_is_told_from_one_at_work() {
    let world = World::new();
    world.corpus(&Corpus::new(400).dim(4).episodes(false));
    world.slow_down(50);
    let mut run = world.start_migrate(&world.user, &["--batch-rows", "10", "--workers", "1"]);
    let status = || world.run(&["runs", "status", "--json"]).expect(0).json();
    world.wait_for_chunks(&world.user, 3);
    let one = status();
    world.wait_for_chunks(&world.user, 6);
    let other = status();
    assert_eq!(
        (&one["status"], &one["live"]),
        (&json!("running"), &json!(true))
    );
    for key in ["rows_done", "seconds"] {
        assert!(
            one[key].as_f64() < other[key].as_f64(),
            "{key}: {one} {other}"
        );
    }
    assert!(
        one["updated_at"].as_str() < other["updated_at"].as_str(),
        "{one} {other}"
    );
    assert!(other["rate"].as_f64() > Some(0.0), "{other}");
    let told = world.run(&["runs", "status"]).expect(0).stdout;
    assert!(
        told.contains("running: copy") && told.contains(" ago\n"),
        "{told}"
    );

    assert!(run.kill());
    // The server notices within a second or two that nobody is there any more.
    wait_until("the lock is gone", || status()["live"] == json!(false));
    let gone = status();
    assert_eq!(gone["status"], json!("interrupted"));
    let listed = world.run(&["runs", "list", "--json"]).expect(0).json();
    assert_eq!(listed["runs"][0]["live"], json!(false));
    let told = world.run(&["runs", "status"]).expect(0).stdout;
    for line in [
        "interrupted: copy",
        "its process is gone",
        "run the same command again",
    ] {
        assert!(told.contains(line), "{told}");
    }
    world.full_speed();
    world.migrate(&["--batch-rows", "10"]).expect(0);
    assert_eq!(status()["status"], json!("finished"));
}
