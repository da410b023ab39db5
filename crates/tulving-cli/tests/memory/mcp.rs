//! Memory for assistants, with memory in files: what every tool does, and what the server stands.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::assistant::{Assistant, records};
use crate::support::{ANN, Desk, Ran};
use crate::tools::{self, Served};

fn in_files(promise: impl FnOnce(&Served<'_>, &Desk)) {
    let desk = Desk::empty();
    desk.run(&["init", "--user-id", ANN]).expect(0);
    let served = Served {
        command: &|args| desk.command(args),
        owner: format!("user {ANN}"),
    };
    promise(&served, &desk);
}

#[test]
fn clients_of_both_eras_are_served() {
    in_files(|served, _| tools::both_eras(served));
}

#[test]
fn every_tool_does_its_work() {
    in_files(|served, _| tools::every_tool(served));
}

#[test]
fn bad_arguments_are_said_so_that_a_model_can_do_better() {
    in_files(|served, _| tools::bad_arguments(served));
}

#[test]
fn a_server_that_only_reads_has_no_tool_that_writes() {
    in_files(|served, _| tools::only_reads(served));
}

#[test]
fn chatgpt_finds_its_two_tools() {
    in_files(|served, _| tools::as_chatgpt_asks(served));
}

#[test]
fn four_servers_share_a_directory_also_while_it_is_compacted() {
    in_files(|served, desk| {
        let compact = || drop(desk.run(&["compact"]).expect(0));
        tools::several_at_once(served, &compact);
    });
}

#[test]
fn what_is_recalled_is_data() {
    in_files(|served, _| tools::is_data(served));
}

#[test]
fn long_memories_are_cut_and_can_be_read_to_the_end() {
    in_files(|served, _| tools::long_memories(served));
}

#[test]
fn a_memory_that_is_not_there_yet_is_told_with_what_to_do_and_found_once_it_is() {
    let desk = Desk::empty();
    let mut assistant = Assistant::start(desk.command(&["mcp"]));
    assert!(assistant.ask("initialize", json!({}))["result"].is_object());
    let said = assistant.call("memory_search", json!({"query": "x"}));
    assert!(
        said.is_error && said.text.contains("try: tulving init"),
        "{}",
        said.text
    );
    desk.run(&["init", "--user-id", ANN]).expect(0);
    let said = assistant.does("memory_search", json!({"query": "x"}));
    assert_eq!(said, format!("Nothing found: 0 memories of user {ANN}.\n"));
    assistant.end();
}

#[test]
fn another_owner_is_refused() {
    let desk = Desk::new();
    let mut assistant = Assistant::start(desk.command(&["mcp", "--user-id", ANN]));
    let said = assistant.is_refused("memory_list", json!({}), "refused");
    assert!(said.contains("belongs to"), "{said}");
    assistant.end();
}

#[test]
fn nothing_that_is_said_stops_the_server() {
    let desk = Desk::new();
    let mut assistant = Assistant::start(desk.command(&["mcp"]));
    let deep = "[".repeat(100_000);
    for (line, code) in [
        ("{", -32700),
        ("GET / HTTP/1.1", -32700),
        ("[]", -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"no/such"}"#, -32601),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"no"}}"#,
            -32602,
        ),
        (deep.as_str(), -32600),
    ] {
        assistant.say(line);
        assert_eq!(assistant.hear()["error"]["code"], code, "{line:.60}");
    }
    for unanswered in [
        "",
        "\u{feff}",
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}"#,
        r#"{"jsonrpc":"2.0","id":5,"result":{}}"#,
    ] {
        assistant.say(unanswered);
    }
    assert_eq!(assistant.ask("ping", json!({}))["result"], json!({}));
    // What a program makes of a text that it cut within an emoji.
    assistant.say(r#"{"jsonrpc":"2.0","id":"half","method":"tools/call","params":{"name":"memory_add","arguments":{"text":"cut \ud83d"}}}"#);
    assert_eq!(assistant.hear()["id"], "half");
    assert_eq!(assistant.end(), "");
}

#[test]
fn a_line_of_50_mb_is_refused_by_its_id_and_one_of_100_by_its_length() {
    let desk = Desk::new();
    let mut assistant = Assistant::start(desk.command(&["mcp"]));
    let text = "x".repeat(50_000_000);
    let line = format!(
        r#"{{"method":"tools/call","params":{{"name":"memory_add","arguments":{{"text":"{text}"}}}},"jsonrpc":"2.0","id":"long"}}"#
    );
    assistant.say(&line);
    let refused = assistant.hear();
    assert_eq!(
        (&refused["id"], &refused["error"]["code"]),
        (&json!("long"), &json!(-32600))
    );
    assistant.say(&format!("{{\"a\":\"{text}{text}\"}}"));
    assert!(
        assistant.hear()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("more than 67108864 bytes")
    );
    assert_eq!(assistant.ask("ping", json!({}))["result"], json!({}));
    assistant.end();
}

#[test]
fn what_is_asked_before_stdin_ends_is_answered() {
    let desk = Desk::new();
    let line = |id: u64, method: &str, params: Value| {
        json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
    };
    let lines = [
        line(1, "initialize", json!({"protocolVersion": "2025-11-25"})),
        line(
            2,
            "tools/call",
            json!({"name": "memory_add", "arguments": {"text": "So."}}),
        ),
        // Without a line end.
        line(
            3,
            "tools/call",
            json!({"name": "memory_list", "arguments": {}}),
        ),
    ];
    let ran = desk.fed(&["mcp"], lines.join("\n")).expect(0);
    let ids = ran.stdout.lines().map(|line| {
        let answer: Value = serde_json::from_str(line).unwrap();
        assert!(answer["result"].is_object(), "{answer}");
        answer["id"].as_u64().unwrap()
    });
    let mut ids: Vec<u64> = ids.collect();
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 3]);
    assert_eq!(desk.fed(&["mcp"], "").expect(0).stdout, "");
}

#[test]
fn a_client_that_reads_nothing_or_has_gone_does_not_keep_the_server() {
    let desk = Desk::new();
    let start = |stdout: Stdio| {
        let mut command = desk.command(&["mcp"]);
        command
            .stdin(Stdio::piped())
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let listing = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}\n";
    // More than a pipe holds is to be said, and less than makes the server stop reading.
    let mut child = start(Stdio::piped());
    let stdout = child.stdout.take().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(listing.repeat(34).as_bytes())
        .unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    drop(stdout);
    // It goes on as it is read.
    let mut child = start(Stdio::piped());
    let mut stdin = child.stdin.take().unwrap();
    let asking =
        std::thread::spawn(move || stdin.write_all(listing.repeat(200).as_bytes()).unwrap());
    let mut said = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    asking.join().unwrap();
    assert_eq!(
        (said.lines().count(), child.wait().unwrap().code()),
        (200, Some(0))
    );
    // Nobody is there to read.
    let mut child = start(Stdio::piped());
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    // The server may have ended before it has read all.
    let _ = stdin.write_all(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n");
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!((ended.status.code(), said.as_str()), (Some(0), ""));
}

/// A server of embeddings that hears and never answers.
fn mute(desk: &Desk) -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = listener.local_addr().unwrap();
    desk.write(
        "config.yaml",
        format!("embedding: {{provider: http, url: 'http://{url}/v1', model: m, dimensions: 3}}\n"),
    );
    desk.run(&["init"]).expect(0);
    listener
}

#[test]
fn a_call_that_is_cancelled_is_not_answered_and_others_are() {
    let desk = Desk::empty();
    let embedder = mute(&desk);
    let mut assistant = Assistant::start(desk.command(&["mcp"]));
    let call = json!({"name": "memory_add", "arguments": {"text": "x"}});
    assistant.say(
        &json!({"jsonrpc": "2.0", "id": "slow", "method": "tools/call", "params": call})
            .to_string(),
    );
    // It is under way.
    let (connection, _) = embedder.accept().unwrap();
    assert_eq!(assistant.ask("ping", json!({}))["result"], json!({}));
    assistant.say(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"slow","reason":"enough"}}"#);
    assert_eq!(assistant.ask("ping", json!({}))["result"], json!({}));
    assert_eq!(assistant.end(), "");
    drop(connection);
    assert_eq!(desk.ids().len(), 0);
}

#[test]
fn a_signal_ends_the_server_well_also_while_a_call_hangs() {
    for signal in ["TERM", "INT", "HUP"] {
        let desk = Desk::empty();
        let embedder = mute(&desk);
        let mut command = testkit::signals::hearing(env!("CARGO_BIN_EXE_tulving"));
        command.arg("mcp").current_dir(desk.path(".")).env_clear();
        let mut assistant = Assistant::start(command);
        assert_eq!(assistant.ask("ping", json!({}))["result"], json!({}));
        let call = json!({"name": "memory_add", "arguments": {"text": "x"}});
        assistant.say(
            &json!({"jsonrpc": "2.0", "id": "slow", "method": "tools/call", "params": call})
                .to_string(),
        );
        let connection = embedder.accept().unwrap();
        let kill = format!("kill -{signal} {}", assistant.process.id());
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
        let ended = assistant.process.wait().unwrap();
        assert_eq!(ended.code(), Some(0), "{signal}");
        drop(connection);
    }
}

#[test]
fn without_its_embedder_memory_is_searched_by_words_and_read() {
    let desk = Desk::new();
    desk.add("Why did the worker hang?", "The pool was exhausted.");
    // Nobody listens there any more.
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    desk.write(
        "config.yaml",
        format!("embedding: {{provider: http, url: 'http://{gone}/v1', model: m}}\n"),
    );
    let mut assistant = Assistant::start(desk.command(&["mcp"]));
    let said = assistant.does("memory_search", json!({"query": "pool"}));
    assert!(said.starts_with("note: by words only, since "), "{said}");
    assert_eq!(records(&said).len(), 1);
    assert_eq!(records(&assistant.does("memory_list", json!({}))).len(), 1);
    assistant.is_refused(
        "memory_search",
        json!({"query": "pool", "mode": "vector"}),
        "unreachable",
    );
    assistant.is_refused("memory_add", json!({"text": "x"}), "unreachable");
    assistant.end();
}

#[test]
fn json_is_for_what_is_pasted_alone() {
    let desk = Desk::new();
    desk.run(&["mcp", "--json"]).expect(2);
}

/// What is printed, with names in place of paths.
fn snippet(desk: &Desk, args: &[&str]) -> Ran {
    let mut ran = desk
        .run(&[&["mcp", "--print-config"], args].concat())
        .expect(0);
    let root = std::fs::canonicalize(desk.path(".")).unwrap();
    let program = std::fs::canonicalize(env!("CARGO_BIN_EXE_tulving")).unwrap();
    for (path, name) in [(&program, "PROGRAM"), (&root, "/ROOT")] {
        ran.stdout = ran.stdout.replace(path.to_str().unwrap(), name);
    }
    ran
}

#[test]
fn what_is_pasted_names_the_program_and_the_memory_by_their_paths() {
    let desk = Desk::new();
    let args = r#"["mcp","--config","/ROOT/config.yaml","--data-dir","/ROOT/data"]"#;
    let code = snippet(&desk, &["claude-code", "--read-only"]);
    code.says("Paste this into a shell");
    assert_eq!(
        code.stdout,
        "claude mcp add tulving --scope user -- PROGRAM mcp --config /ROOT/config.yaml --data-dir /ROOT/data --read-only\n"
    );
    let codex = snippet(&desk, &["codex"]);
    assert_eq!(
        codex.stdout,
        format!("[mcp_servers.tulving]\ncommand = \"PROGRAM\"\nargs = {args}\n")
    );
    codex.says("~/.codex/config.toml");
    let args: Value = serde_json::from_str(args).unwrap();
    for (client, config) in [
        (
            "cursor",
            json!({"mcpServers": {"tulving": {"command": "PROGRAM", "args": args}}}),
        ),
        (
            "claude-desktop",
            json!({"mcpServers": {"tulving": {"command": "PROGRAM", "args": args}}}),
        ),
        (
            "other",
            json!({"mcpServers": {"tulving": {"command": "PROGRAM", "args": args}}}),
        ),
        (
            "vscode",
            json!({"servers": {"tulving": {"type": "stdio", "command": "PROGRAM", "args": args}}}),
        ),
    ] {
        let printed: Value = serde_json::from_str(&snippet(&desk, &[client]).stdout).unwrap();
        assert_eq!(printed, config, "{client}");
    }
    let told = snippet(&desk, &["codex", "--json"]).json();
    assert_eq!(
        (&told["client"], &told["file"]),
        (&json!("codex"), &json!("~/.codex/config.toml"))
    );
    let nowhere = Desk::empty();
    nowhere
        .run(&["mcp", "--print-config", "cursor"])
        .expect(2)
        .says("try: tulving init");
}

/// The command that is printed starts a server, from anywhere.
#[test]
fn what_is_pasted_works() {
    let desk = Desk::new();
    let id = desk.add("Why did the worker hang?", "The pool was exhausted.");
    let printed = desk
        .run(&["mcp", "--print-config", "claude-code"])
        .expect(0)
        .stdout;
    let (_, command) = printed.trim_end().split_once(" -- ").unwrap();
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &format!("exec {command}")])
        .current_dir("/")
        .env_clear();
    let mut assistant = Assistant::start(shell);
    let said = assistant.does("memory_search", json!({"query": "pool"}));
    assert_eq!(records(&said)[0]["id"], id.as_str());
    assistant.end();
}

#[test]
#[ignore = "fetches the Python client from PyPI: make soak"]
fn the_python_client_is_served_in_both_eras() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mcp-2.3.0");
    let python = folder.join("bin/python");
    let run = |command: &mut Command| Ran::from(command.output().unwrap()).expect(0);
    if !folder.join("whole").exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "mcp==2.3.0"]));
        std::fs::write(folder.join("whole"), "").unwrap();
    }
    let desk = Desk::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mcp_client.py");
    let mut client = Command::new(&python);
    client
        .arg(script)
        .arg(env!("CARGO_BIN_EXE_tulving"))
        .current_dir(desk.path("."));
    let said = run(&mut client).stdout;
    assert_eq!(
        said,
        "legacy: 2025-11-25, 6 tools\nauto: 2026-07-28, 6 tools\n"
    );
}
