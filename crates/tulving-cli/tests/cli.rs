//! The program as a shell sees it: texts, exit codes, and which stream says what.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const A: &str = "3f2b8c1e-7d4a-4e0b-9c55-0a1b2c3d4e5f";
const CANARY: &str = "postgresql://owner:canary@db.example:5433/memory";

/// The program in an empty directory with an empty environment.
struct Shell(TempDir);

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Shell {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn write(self, name: &str, text: &str) -> Self {
        std::fs::write(self.0.path().join(name), text).unwrap();
        self
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tulving"));
        command
            .args(args)
            .current_dir(self.0.path())
            .env_clear()
            .stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.command(args).output().unwrap())
    }

    fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Ran {
        let variables = variables.iter().copied();
        Ran::from(self.command(args).envs(variables).output().unwrap())
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{}", self.stdout);
        serde_json::from_str(&self.stdout).unwrap()
    }
}

#[test]
fn an_id_that_a_script_left_empty_is_an_error_that_says_so() {
    let shell = Shell::new();
    for args in [
        &["--user-id", "", "list"][..],
        &["list", "--tenant-id="],
        &["--user-id", "", "schema", "status"],
        &["--user-id", "doctor"],
        &["--user-id", "migrate", "--dry-run"],
        &["--tenant-id", "user", "create", "--email", "a@b.c"],
        &["init", "--user-id", ""],
    ] {
        let ran = shell.run(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stdout);
        let says = ran.stderr.contains("lacks its id")
            && ran
                .stderr
                .contains("variable that should hold the id is empty");
        assert!(says, "{args:?}: {}", ran.stderr);
    }
    // What is no id is told by its own text.
    let ran = shell.run(&["--user-id", "me", "migrate"]);
    assert!(ran.stderr.contains("Invalid UUID format"), "{}", ran.stderr);
}

#[test]
fn options_without_a_command_ask_for_nothing() {
    for args in [
        &["--user-id", A][..],
        &["--json"],
        &["-y"],
        &["--data-dir", "d"],
    ] {
        let ran = Shell::new().run(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stdout);
        assert!(ran.stderr.contains("no command is given"), "{}", ran.stderr);
    }
    let told = Shell::new().run(&["--json"]).json();
    assert_eq!(told["error"]["exit"], 2);
}

#[test]
fn alone_it_prints_help() {
    let ran = Shell::new().run(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("Usage: tulving"), "{}", ran.stdout);
    assert_eq!(
        Shell::new().run(&["--version"]).stdout,
        concat!("tulving ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn help_needs_no_valid_configuration() {
    let shell = Shell::new().write("config.yaml", "nonsense: 1\n");
    for args in [&["migrate", "--help"][..], &[], &["help", "user", "create"]] {
        assert_eq!(shell.run(args).code, Some(0), "{args:?}");
    }
}

#[test]
fn misuse_exits_2_and_says_how_it_is_meant() {
    for args in [
        &["migrat"][..],
        &["user"],
        &["user", "create"],
        &["user", "create", "--email", "a@b", "--output", "x.sql"],
        &["migrate", "--workers", "0"],
        &["migrate", "--only", "nodes,persons"],
        &["add"],
        &["add", "--question", "q", "--jsonl", "-"],
        &["add", "--jsonl", "-", "--tag", "t"],
        &["search"],
        &["search", "q", "--like", "mem_1"],
        &["search", "q", "--budget", "100"],
        &["list", "--limit", "0"],
        &["list", "--kind", "person"],
        &["delete"],
        &["completions", "cmd"],
        &["--backend", "sqlite", "config", "show"],
        &["--user-id", A, "--tenant-id", A, "config", "show"],
        &["--user-id", A, "list", "--tenant-id", A],
        &["--user-id", "doctor"],
        &["--json=x"],
        &["--color", "sometimes", "list"],
    ] {
        let ran = Shell::new().run(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stderr);
        assert!(ran.stdout.is_empty(), "{args:?}: {}", ran.stdout);
        // `tulving user` alone shows the help.
        let advised = ran.stderr.contains("\n  try: ") || ran.stderr.contains("Commands:");
        assert!(advised, "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn with_json_there_is_always_one_object() {
    let shell = Shell::new().write("config.yaml", "memroy: {}\n");
    for args in [
        &["list", "--json"][..],
        &["--json", "migrat"],
        &["user", "--json"],
        &["user", "create", "--json"],
        &["--json"],
    ] {
        let ran = shell.run(args);
        assert_eq!(ran.code, Some(2), "{args:?}");
        let error = &ran.json()["error"];
        assert_eq!(error["exit"], 2, "{error}");
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{error}"
        );
        assert!(
            error["causes"].is_array() && error["hint"].is_string(),
            "{error}"
        );
        assert!(!ran.stderr.is_empty());
    }
}

#[test]
fn an_unknown_key_names_the_nearest() {
    let shell = Shell::new().write("config.yaml", "memory:\n  backnd: file\n");
    let ran = shell.run(&["list"]);
    assert_eq!(ran.code, Some(2));
    assert_eq!(
        ran.stderr,
        "error: config.yaml, line 2: unknown key \"memory.backnd\"\n  try: did you mean memory.backend?\n"
    );
}

#[test]
fn a_named_file_must_be_there_and_the_usual_one_need_not() {
    let ran = Shell::new().run(&["config", "show", "--config", "other.yaml"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr
            .contains("reading the configuration other.yaml failed"),
        "{}",
        ran.stderr
    );
    assert_eq!(Shell::new().run(&["config", "show"]).code, Some(0));
}

#[test]
fn config_show_tells_values_and_sources_but_no_secret() {
    let text = format!(
        "memory: {{postgres: {{connection_string: '{CANARY}'}}}}\nscope: {{user_id: {A}}}\n\
         embedding: {{url: 'https://canary@h/v1'}}\n"
    );
    let shell = Shell::new().write("config.yaml", &text);
    for variables in [&[][..], &[("DATABASE_URL", CANARY)]] {
        for args in [&["config", "show"][..], &["config", "show", "--json"]] {
            let ran = shell.run_with(args, variables);
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
            assert!(
                !ran.stdout.contains("canary") && ran.stdout.contains("(hidden)"),
                "{}",
                ran.stdout
            );
            assert!(
                ran.stdout.contains(A) && ran.stdout.contains("config.yaml line 2"),
                "{}",
                ran.stdout
            );
        }
    }
}

#[test]
fn config_show_works_without_database_url() {
    let shell = Shell::new().write(
        "config.yaml",
        "memory: {postgres: {connection_string: '${DATABASE_URL}'}}\n",
    );
    let shown = shell.run(&["config", "show", "--json"]).json();
    let setting = |key: &str| {
        let settings = shown["settings"].as_array().unwrap();
        settings
            .iter()
            .find(|setting| setting["key"] == key)
            .unwrap()
            .clone()
    };
    let connection = setting("memory.postgres.connection_string");
    assert_eq!(connection["from"], "DATABASE_URL is not set");
    assert!(connection["value"].is_null() && connection["problem"].is_null());
    assert_eq!(setting("memory.backend")["value"], "file");
}

#[test]
fn a_password_typed_in_the_wrong_place_is_not_repeated() {
    for args in [
        &[CANARY][..],
        &["--backend", CANARY, "config", "show"],
        &["config", CANARY, "--json"],
        &["config", "show", "--config", CANARY],
        &["runs", "status", "--workers", CANARY],
    ] {
        let ran = Shell::new().run(args);
        assert_eq!(ran.code, Some(2), "{args:?}");
        assert!(
            !ran.stderr.contains("canary") && !ran.stdout.contains("canary"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn terminal_control_in_an_argument_stays_text() {
    let ran = Shell::new().run(&["\x1b]0;owned\x07"]);
    assert!(!ran.stderr.contains(['\x1b', '\x07']), "{:?}", ran.stderr);
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let shell = Shell::new();
    let mut command = shell.command(&["help-markdown"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ran = child.wait_with_output().unwrap();
    assert_eq!((ran.status.code(), ran.stderr), (Some(0), Vec::new()));
}

#[test]
fn shells_get_completions_and_commands_man_pages() {
    // Neither needs a configuration that can be read.
    let shell = Shell::new().write("config.yaml", "nonsense: 1\n");
    for name in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = shell.run(&["completions", name]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(ran.stdout.contains("search"), "{name}");
    }
    assert_eq!(
        shell.run(&["completions", "fish", "--json"]).json()["shell"],
        "fish"
    );
    assert!(shell.run(&["man"]).stdout.contains(".TH tulving 1"));
    let written = shell.run(&["man", "--out", "pages", "--json"]).json();
    let files = written["files"].as_array().unwrap();
    for page in ["tulving.1", "tulving-search.1", "tulving-schema-apply.1"] {
        assert!(
            files.iter().any(|file| *file == format!("pages/{page}")),
            "{files:?}"
        );
        assert!(shell.0.path().join("pages").join(page).exists());
    }
}

#[test]
fn the_manual_is_up_to_date() {
    let made = Shell::new().run(&["help-markdown"]).stdout;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        made == kept,
        "docs/cli.md is stale: cargo run -p tulving-cli -- help-markdown > docs/cli.md"
    );
}

#[test]
fn every_problem_of_a_configuration_is_shown_at_once() {
    let text = "memory: {postgres: {pool_size: many}, colour: red}\nretrieval: [1]\nembedding: {dimensions: -1}\n";
    let shell = Shell::new().write("config.yaml", text);
    let told = [
        "unknown key \"memory.colour\"",
        "retrieval must be a section",
        "memory.postgres.pool_size",
        "embedding.dimensions",
    ];
    // A command stops and names them all.
    let ran = shell.run(&["list"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    for problem in told {
        assert!(ran.stderr.contains(problem), "{}", ran.stderr);
    }
    assert!(ran.stderr.contains("  try: "), "{}", ran.stderr);
    // Those that look at the configuration show it all the same.
    let shown = shell.run(&["config", "show", "--json"]);
    assert_eq!(shown.code, Some(2), "{}", shown.stderr);
    let shown = shown.json();
    assert_eq!(shown["problems"].as_array().unwrap().len(), 2, "{shown}");
    let settings = shown["settings"].as_array().unwrap();
    let bad = settings
        .iter()
        .filter(|setting| setting["problem"].is_string());
    assert_eq!(bad.count(), 2, "{shown}");
    let doctor = shell.run(&["doctor", "--json"]);
    assert_eq!(doctor.code, Some(2), "{}", doctor.stderr);
    let detail = doctor.json()["checks"][0]["detail"].to_string();
    for problem in told {
        assert!(detail.contains(&problem.replace('"', "\\\"")), "{detail}");
    }
}

#[test]
fn what_is_given_and_has_no_effect_is_said() {
    let shell = Shell::new().write(
        "config.yaml",
        "embedding: {url: 'http://h/v1', dimensions: 8}\n",
    );
    let variables = [("TULVING_PG_URL", "postgresql://h/d")];
    let ran = shell.run_with(&["list"], &variables);
    for text in [
        "note: the environment variable TULVING_PG_URL has no effect",
        "try: did you mean DATABASE_URL?",
        "note: embedding.dimensions (config.yaml line 1), embedding.url (config.yaml line 1) has no effect, \
         since embedding.provider is builtin",
    ] {
        assert!(ran.stderr.contains(text), "{}", ran.stderr);
    }
    let shown = shell
        .run_with(&["config", "show", "--json"], &variables)
        .json();
    assert_eq!(shown["unused"].as_array().unwrap().len(), 2, "{shown}");
    assert!(
        shell
            .run_with(&["doctor"], &variables)
            .stdout
            .contains("TULVING_PG_URL")
    );
}

#[test]
fn numbers_of_the_configuration_are_numbers() {
    let shown = Shell::new().run(&["config", "show", "--json"]).json();
    let value = |key: &str| {
        let settings = shown["settings"].as_array().unwrap();
        let setting = settings.iter().find(|setting| setting["key"] == key);
        setting.unwrap()["value"].clone()
    };
    assert_eq!(value("memory.postgres.pool_size"), 8);
    assert_eq!(value("memory.backend"), "file");
    assert!(value("scope.user_id").is_null());
}
