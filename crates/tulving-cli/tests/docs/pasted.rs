//! README and guide, pasted: every command that they show is run, in order, in a fresh directory with a
//! fresh database, and must print what they show.
//!
//! A block of commands is fenced as `console`: `$ ` begins a command, what follows is its output on both
//! streams. `…` alone stands for any lines, at the end of a line for the rest of it. A comment before the
//! fence may say `exit N`, of each command in the block, or `not run: why`; every other block must be run.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use testkit::corpus::Corpus;
use testkit::postgres::Server;

use crate::alike::Alike;
use crate::{read, root};

/// What the test brings along in place of the reader.
const BROUGHT: &str = "$ export DATABASE_URL=";

struct Step {
    line: usize,
    command: String,
    shown: Vec<String>,
    exit: i32,
}

/// The commands of a document.
fn steps(name: &str) -> Vec<Step> {
    let text = read(name);
    let mut steps: Vec<Step> = Vec::new();
    let mut lines = text.lines().enumerate();
    let mut comment = "";
    while let Some((at, line)) = lines.next() {
        if let Some(said) = line.strip_prefix("<!-- ") {
            comment = said.trim_end_matches(" -->");
        } else if let Some(language) = line.strip_prefix("```") {
            let block: Vec<_> = lines
                .by_ref()
                .take_while(|(_, line)| *line != "```")
                .collect();
            let is_run = language == "console" && !comment.starts_with("not run: ");
            assert!(
                is_run || comment.starts_with("not run: "),
                "{name}:{}: this block is neither run nor said not to be, and why",
                at + 1
            );
            if is_run {
                let exit = comment
                    .strip_prefix("exit ")
                    .map_or(0, |code| code.parse().unwrap());
                collect(&block, exit, &mut steps);
            }
            comment = "";
        }
    }
    steps
}

fn collect(block: &[(usize, &str)], exit: i32, steps: &mut Vec<Step>) {
    // What ends the command that is being read, if it goes on.
    let mut until: Option<String> = None;
    for (at, line) in block {
        match (steps.last_mut(), &until) {
            (Some(step), Some(end)) => {
                let ended = line == end || (end.is_empty() && !line.ends_with('\\'));
                step.command.push('\n');
                step.command.push_str(line);
                until = until.filter(|_| !ended);
            }
            (last, _) => match (line.strip_prefix("$ "), last) {
                (Some(_), _) if line.starts_with(BROUGHT) => {}
                (Some(command), _) => {
                    let heredoc = command
                        .split_once("<<'")
                        .and_then(|(_, word)| word.split_once('\''));
                    until = match heredoc {
                        Some((word, _)) => Some(word.to_owned()),
                        None => command.ends_with('\\').then(String::new),
                    };
                    steps.push(Step {
                        line: at + 1,
                        command: command.to_owned(),
                        shown: Vec::new(),
                        exit,
                    });
                }
                (None, Some(step)) => step.shown.push((*line).to_owned()),
                (None, None) => panic!("line {}: output before any command", at + 1),
            },
        }
    }
}

/// Runs all commands in one shell; gives what each printed, and how it ended.
fn run(steps: &[Step], directory: &Path) -> Vec<(String, i32)> {
    let mut script = String::from("exec 2>&1\n");
    for step in steps {
        writeln!(
            script,
            "printf '\\001'\n{{ {}\n}}\nprintf '\\002%d' $?",
            step.command
        )
        .unwrap();
    }
    fs::write(directory.join("../script"), script).unwrap();
    let database = Server::shared().database();
    let programs = directory.join("../bin");
    fs::create_dir(&programs).unwrap();
    symlink(env!("CARGO_BIN_EXE_tulving"), programs.join("tulving")).unwrap();
    let postgres = Server::shared().bin_dir().unwrap_or(Path::new("/usr/bin"));
    let path = format!(
        "{}:{}:{}",
        programs.display(),
        postgres.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let output = Command::new("bash")
        .arg("../script")
        .current_dir(directory)
        .env_clear()
        .env("PATH", path)
        .env("HOME", directory)
        .env("LC_ALL", "C.UTF-8")
        .env("COLUMNS", "100")
        .env("DATABASE_URL", database.url())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let printed = printed.split('\u{1}').skip(1).map(|part| {
        let (text, code) = part.split_once('\u{2}').unwrap();
        (text.to_owned(), code.parse().unwrap())
    });
    printed.collect()
}

/// Pastes a document into an empty directory that `prepare` may put something into.
fn paste(name: &str, prepare: impl Fn(&Path)) {
    let steps = steps(name);
    assert!(
        steps.len() > 10,
        "{name} shows only {} commands",
        steps.len()
    );
    let room = TempDir::new().unwrap();
    let directory = room.path().join("work");
    fs::create_dir(&directory).unwrap();
    // What the documents name beside the reader's own data.
    for ours in ["docs", "db", "config.example.yaml"] {
        symlink(
            root().canonicalize().unwrap().join(ours),
            directory.join(ours),
        )
        .unwrap();
    }
    prepare(&directory);
    let printed = run(&steps, &directory);
    let mut alike = Alike::default();
    let mut wrong = String::new();
    for (step, (text, code)) in steps.iter().zip(&printed) {
        let lines: Vec<&str> = text.lines().collect();
        let differs = alike.first_difference(&step.shown, &lines);
        if *code != step.exit || differs.is_some() {
            writeln!(
                wrong,
                "{name}:{}: $ {}\n  exit {code}, not {}; {}\n{text}",
                step.line,
                step.command,
                step.exit,
                differs.unwrap_or_default()
            )
            .unwrap();
        }
    }
    assert_eq!(printed.len(), steps.len(), "{name}: the shell ended early");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_readme_pasted_line_by_line_prints_what_it_shows() {
    paste("README.md", |_| {});
}

#[test]
fn the_migration_guide_pasted_line_by_line_prints_what_it_shows() {
    // What `gen-corpus data 1000 --episodes --dirty` writes.
    let corpus = Corpus::new(1_000).episodes(true).dirty(true);
    paste("docs/migration-guide.md", |directory| {
        corpus.write(&directory.join("data"));
    });
}
