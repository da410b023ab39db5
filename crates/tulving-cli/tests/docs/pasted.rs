//! README and guide, pasted: every command that they show is run, in order, in a fresh directory with a
//! fresh database, and must print what they show.
//!
//! A block of commands is fenced as `console`: `$ ` begins a command, what follows is its output on both
//! streams. `…` alone stands for any lines, at the end of a line for the rest of it. A comment before the
//! fence may say `exit N`, of each command in the block, `exit 6, Ctrl-C`, which is then pressed while a
//! migration writes its fourth chunk, or `not run: why`; every other block must be run.
//!
//! `TULVING_PASTE=target/release/tulving cargo test -p tulving-cli --test docs pasted` writes into both pages
//! what that program prints. All of a page is of one run.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::ops::Range;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use testkit::corpus::Corpus;
use testkit::postgres::{Preset, Server};

use crate::alike::{ANY, Alike, comparable};
use crate::ctrl_c;
use crate::{read, root};

/// What the test brings along in place of the reader.
const BROUGHT: &str = "$ export DATABASE_URL=";

#[derive(Debug, PartialEq)]
struct Step {
    line: usize,
    command: String,
    /// The lines of the page that show its output.
    shown: Range<usize>,
    exit: i32,
    is_interrupted: bool,
}

/// The commands of a page, or what the test cannot read.
fn steps(page: &[&str]) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut comment = "";
    let mut lines = page.iter().enumerate();
    while let Some((at, line)) = lines.next() {
        let number = at + 1;
        if let Some(said) = line.strip_prefix("<!-- ") {
            comment = said.trim_end_matches(" -->");
        } else if let Some(language) = line.strip_prefix("```") {
            let length = lines
                .by_ref()
                .take_while(|(_, line)| !is_fence(line))
                .count();
            let end = at + 1 + length;
            if page.get(end) != Some(&"```") {
                return Err(format!(
                    "line {number}: this block does not end with a line of ```"
                ));
            }
            match comment.split_once(": ") {
                Some(("not run", _)) => {}
                _ if language != "console" => {
                    return Err(format!(
                        "line {number}: this block is neither run nor said not to be, and why"
                    ));
                }
                _ => collect(page, number..end, comment, &mut steps)?,
            }
            comment = "";
        } else if is_fence(line) {
            return Err(format!(
                "line {number}: blocks are fenced by ``` at the beginning of a line"
            ));
        } else if !line.is_empty() {
            comment = "";
        }
    }
    Ok(steps)
}

/// Whether a line begins or ends a block of code for a reader of Markdown: in a list or a quotation too.
fn is_fence(line: &str) -> bool {
    let text = line.trim_start_matches(|c: char| c.is_whitespace() || ">-*+".contains(c));
    text.starts_with("```") || text.starts_with("~~~")
}

fn collect(
    page: &[&str],
    block: Range<usize>,
    comment: &str,
    steps: &mut Vec<Step>,
) -> Result<(), String> {
    let (exit, is_interrupted) = match comment.strip_suffix(", Ctrl-C") {
        Some(comment) => (comment, true),
        None => (comment, false),
    };
    let exit = match exit {
        "" => Some(0),
        exit => exit
            .strip_prefix("exit ")
            .and_then(|code| code.parse().ok()),
    };
    let exit = exit.ok_or_else(|| format!("line {}: what is {comment:?}?", block.start))?;
    // What ends the command that is being read, if it goes on.
    let mut until: Option<String> = None;
    let mut is_ours = false;
    for at in block {
        let line = page[at];
        match (steps.last_mut().filter(|_| is_ours), &until) {
            (Some(step), Some(end)) => {
                let ended = line == end || (end.is_empty() && !line.ends_with('\\'));
                step.command.push('\n');
                step.command.push_str(line);
                step.shown = at + 1..at + 1;
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
                    is_ours = true;
                    steps.push(Step {
                        line: at + 1,
                        command: command.to_owned(),
                        shown: at + 1..at + 1,
                        exit,
                        is_interrupted,
                    });
                }
                (None, Some(step)) => step.shown.end = at + 1,
                (None, None) => return Err(format!("line {}: output of no command", at + 1)),
            },
        }
    }
    Ok(())
}

/// The database of a page, on a server of its own: pages make roles.
struct Place {
    server: Server,
    url: String,
}

impl Place {
    fn new() -> Self {
        let server = Server::start(Preset::Fast);
        // In `bare` the server offers no pgvector.
        let sql = "CREATE DATABASE memory;
            CREATE DATABASE bare;
            \\c bare
            SET allow_system_table_mods = on;
            CREATE OR REPLACE VIEW pg_catalog.pg_available_extensions AS
            SELECT e.name, e.default_version, x.extversion AS installed_version, e.comment
            FROM pg_available_extensions() e LEFT JOIN pg_extension x ON e.name = x.extname
            WHERE e.name <> 'vector';";
        let room = TempDir::new().unwrap();
        fs::write(room.path().join("sql"), sql).unwrap();
        let psql = Command::new(server.bin_dir().unwrap().join("psql"))
            .args(["-Xq", "-v", "ON_ERROR_STOP=1", "-f", "sql"])
            .args(["-d", &server.url("postgres")])
            .current_dir(room.path())
            .output()
            .unwrap();
        assert!(psql.status.success(), "{psql:?}");
        let url = server.url("memory");
        Self { server, url }
    }

    /// What was printed, as if the server were at its usual place on this machine.
    fn made_usual(&self, printed: &str) -> String {
        let config: tokio_postgres::Config = self.url.parse().unwrap();
        let [tokio_postgres::config::Host::Unix(socket)] = config.get_hosts() else {
            panic!("a server of our own is reached through a socket");
        };
        printed.replace(&format!("{}:", socket.display()), "localhost:")
    }
}

/// Runs all commands in one shell; gives what each printed, and how it ended.
fn run(steps: &[Step], directory: &Path, program: &Path) -> Vec<(String, i32)> {
    let place = Place::new();
    let room = directory.parent().unwrap();
    let mut script = String::from("exec 2>&1\n");
    for step in steps {
        let command = if step.is_interrupted {
            format!("( {}\nexec {} )", ctrl_c::HAND_OVER, step.command)
        } else {
            format!("{{ {}\n}}", step.command)
        };
        writeln!(script, "printf '\\001'\n{command}\nprintf '\\002%d' $?").unwrap();
    }
    fs::write(room.join("script"), script).unwrap();
    let programs = room.join("bin");
    fs::create_dir(&programs).unwrap();
    symlink(program, programs.join("tulving")).unwrap();
    let path = format!(
        "{}:{}:{}",
        programs.display(),
        place.server.bin_dir().unwrap().display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let output = room.join("output");
    let mut shell = testkit::signals::hearing("/bin/bash")
        .arg("../script")
        .current_dir(directory)
        .env_clear()
        .env("PATH", path)
        .env("HOME", directory)
        .env("LC_ALL", "C.UTF-8")
        .env("COLUMNS", "100")
        .env("DATABASE_URL", &place.url)
        .stdin(Stdio::null())
        .stdout(File::create(&output).unwrap())
        .spawn()
        .unwrap();
    if steps.iter().any(|step| step.is_interrupted) {
        ctrl_c::press(&place.url, room, &mut shell);
    }
    shell.wait().unwrap();
    let printed = place.made_usual(&fs::read_to_string(output).unwrap());
    let printed = printed.split('\u{1}').skip(1).map(|part| {
        let (text, code) = part.split_once('\u{2}').unwrap();
        (text.to_owned(), code.parse().unwrap())
    });
    printed.collect()
}

/// Pastes a document into an empty directory that `prepare` may put something into.
fn paste(name: &str, prepare: impl Fn(&Path)) {
    let text = read(name);
    let page: Vec<&str> = text.lines().collect();
    let steps = steps(&page).unwrap_or_else(|why| panic!("{name}: {why}"));
    assert!(
        steps.len() > 10,
        "{name} shows only {} commands",
        steps.len()
    );
    let room = TempDir::new().unwrap();
    let directory = room.path().join("work");
    fs::create_dir(&directory).unwrap();
    let root = root().canonicalize().unwrap();
    // What the documents name beside the reader's own data.
    for ours in ["docs", "db", "config.example.yaml"] {
        symlink(root.join(ours), directory.join(ours)).unwrap();
    }
    prepare(&directory);
    // Relative paths are from the root, where a person says `cargo test`.
    let pasting = std::env::var_os("TULVING_PASTE").map(|program| root.join(program));
    let built = Path::new(env!("CARGO_BIN_EXE_tulving"));
    let printed = run(&steps, &directory, pasting.as_deref().unwrap_or(built));
    let mut alike = Alike::default();
    let mut wrong = String::new();
    let mut anew: Vec<Vec<&str>> = Vec::new();
    for (step, (text, code)) in steps.iter().zip(&printed) {
        let shown = &page[step.shown.clone()];
        let lines: Vec<&str> = text.lines().collect();
        if pasting.is_some() {
            // What the page shows is of another run, and only `…` stays.
            alike = Alike::default();
        }
        let compared = match alike.compare(shown, &lines) {
            Err(_) if pasting.is_some() && !shown.contains(&ANY) => Ok(comparable(&lines)),
            compared => compared,
        };
        if *code != step.exit || compared.is_err() {
            writeln!(
                wrong,
                "{name}:{}: $ {}\n  exit {code}, not {}; {}\n{text}",
                step.line,
                step.command,
                step.exit,
                compared.as_ref().err().map_or("", String::as_str)
            )
            .unwrap();
        }
        anew.push(compared.unwrap_or_else(|_| shown.to_vec()));
    }
    if pasting.is_some() {
        let mut page = page.clone();
        // From the last to the first, so that the places of the others stay theirs.
        for (step, lines) in steps.iter().zip(anew).rev() {
            page.splice(step.shown.clone(), lines);
        }
        fs::write(root.join(name), page.join("\n") + "\n").unwrap();
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

#[test]
fn every_block_of_a_page_is_run_or_says_why_not() {
    let read = |text: &str| steps(&text.lines().collect::<Vec<_>>());
    let good = "<!-- exit 3 -->\n```console\n$ a \\\n  b\nx\n$ c <<'E'\nd\nE\n```\n\n<!-- not run: why -->\n```text\ny\n```";
    let found = read(good).unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|step| (step.line, &*step.command, step.shown.clone(), step.exit))
        .collect();
    assert_eq!(
        found,
        [(3, "a \\\n  b", 4..5, 3), (6, "c <<'E'\nd\nE", 8..8, 3)]
    );
    for (text, why) in [
        ("```text\na\n```", "neither run nor said not to be"),
        ("```\n$ a\n```", "neither run nor said not to be"),
        (
            "<!-- not run: why -->\ntext\n\n```text\na\n```",
            "neither run",
        ),
        (
            "- a\n  ```console\n  $ a\n  ```",
            "at the beginning of a line",
        ),
        ("> ```console\n> $ a\n> ```", "at the beginning of a line"),
        ("~~~console\n$ a\n~~~", "at the beginning of a line"),
        ("```console\n$ a\n``` \n", "does not end"),
        ("```console\n$ a\n", "does not end"),
        ("```console\na\n```", "output of no command"),
        ("<!-- exot 3 -->\n```console\n$ a\n```", "what is"),
    ] {
        let refused = read(text).unwrap_err();
        assert!(refused.contains(why), "{text:?}: {refused}");
    }
}
