//! A server for vectors: asked when it is needed, and not before.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;

use serde_json::{Value, json};
use testkit::corpus::Corpus;

use crate::support::{Desk, ids};

/// A server that makes vectors of three numbers: how often a text says "a", "b" and "c".
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || {
                let mut stream = BufReader::new(stream.unwrap());
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    stream.read_line(&mut line).unwrap();
                    let line = line.trim_end().to_lowercase();
                    if let Some(value) = line.strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    if line.is_empty() {
                        break;
                    }
                }
                let mut body = vec![0; length];
                stream.read_exact(&mut body).unwrap();
                let asked: Value = serde_json::from_slice(&body).unwrap();
                let texts = asked["input"].as_array().unwrap();
                let count = |text: &Value, c| text.as_str().unwrap().matches(c).count();
                let vector = |text| ["a", "b", "c"].map(|c| count(text, c));
                let data = texts.iter().enumerate();
                let data: Vec<Value> = data
                    .map(|(index, text)| json!({"index": index, "embedding": vector(text)}))
                    .collect();
                let answer = json!({"model": asked["model"], "data": data}).to_string();
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
                let length = answer.len();
                write!(
                    stream.get_mut(),
                    "{head}\r\nContent-Length: {length}\r\n\r\n{answer}"
                )
                .unwrap();
            });
        }
    });
    url
}

fn configured(url: &str, more: &str) -> Desk {
    let desk = Desk::empty();
    let config = format!("embedding: {{provider: http, url: '{url}', model: abc{more}}}\n");
    desk.write("config.yaml", config);
    desk.run(&["init"]).expect(0);
    desk
}

#[test]
fn texts_are_found_by_the_vectors_of_a_server() {
    let desk = configured(&server(), ", dimensions: 3");
    let bees = desk.add("bbbb", "");
    let seas = desk.add("cccc", "");
    for (query, id) in [("b", &bees), ("c", &seas)] {
        let found = desk.json(&["search", query, "--mode", "vector"]);
        assert_eq!(&ids(&found["hits"])[0], id);
    }
    desk.run(&["doctor"]).expect(0).shows("abc (3 numbers)");
    // The built-in model does not understand them.
    desk.write("config.yaml", "");
    desk.run(&["search", "b", "--mode", "vector"]).expect(2);
}

#[test]
fn words_before_texts_are_put_there_and_are_a_part_of_the_models_name() {
    let url = server();
    let with = |query: &str, text: &str| {
        format!(
            "embedding: {{provider: http, url: '{url}', model: abc, query_prefix: '{query}', text_prefix: '{text}'}}\n"
        )
    };
    let desk = configured(&url, ", dimensions: 3, text_prefix: 'aaaa '");
    let bees = desk.add("bbbb", "");
    let seas = desk.add("cccc", "");
    for (query, id) in [("bbb ", &bees), ("ccc ", &seas)] {
        desk.write("config.yaml", with(query, "aaaa "));
        let found = desk.json(&["search", "x", "--mode", "vector"]);
        assert_eq!(&ids(&found["hits"])[0], id);
    }
    desk.run(&["doctor"])
        .expect(0)
        .shows("abc + \"aaaa \" (3 numbers)");
    // Other words make another model of it, until memory is embedded anew.
    desk.write("config.yaml", with("bbb ", ""));
    let refused = desk.run(&["search", "x", "--mode", "vector"]).expect(2);
    refused.says("text_prefix: \"aaaa \"");
    desk.run(&["reembed", "--cut-over", "--yes"]).expect(0);
    desk.run(&["search", "x", "--mode", "vector"]).expect(0);
    // Flags name a model with its words, and what they leave out of another model the configuration does not add.
    let moved = [
        "reembed",
        "--provider",
        "http",
        "--url",
        &url,
        "--model",
        "abc",
        "--text-prefix",
        "cc ",
        "--query-prefix",
        "b ",
        "--cut-over",
        "--yes",
    ];
    desk.run(&moved)
        .expect(0)
        .shows("  model: abc\n")
        .shows("  query_prefix: \"b \"\n  text_prefix: \"cc \"\n");
    desk.run(&["reembed", "--provider", "builtin", "--text-prefix", "x"])
        .expect(2)
        .says("--text-prefix cannot be given");
}

#[test]
fn a_server_that_is_gone_is_missed_only_where_a_text_needs_a_vector() {
    // Nothing listens there: the port was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let desk = configured(&url, "");
    let refused = desk.run(&["add", "--question", "q"]).expect(7);
    refused.says("embedding server").says("start the server");
    let id = {
        desk.write("builtin.yaml", "");
        let args = ["add", "--question", "zebra", "--config", "builtin.yaml"];
        desk.run(&args).expect(0).stdout.trim_end().to_owned()
    };
    for args in [
        &["list"][..],
        &["get", &id],
        &["search", "zebra", "--mode", "keyword"],
        &["search", "--like", &id],
        &["update", &id, "--tag", "animal"],
        &["compact"],
        &["delete", &id, "--yes"],
    ] {
        desk.run(args).expect(0);
    }
}

#[test]
fn a_key_that_is_not_set_is_asked_for_when_a_server_is() {
    let desk = configured("http://localhost:1", ", api_key_env: NO_SUCH_KEY");
    desk.run(&["list"]).expect(0);
    let refused = desk.run(&["search", "x"]).expect(2);
    refused.says("NO_SUCH_KEY environment variable not set");
}

/// A claimed directory of the Python original, with vectors of three numbers by nobody knows which model,
/// and a server that makes such.
fn unnamed() -> Desk {
    let desk = Desk::empty();
    Corpus::new(20)
        .dim(3)
        .episodes(false)
        .write(&desk.path("data"));
    desk.run(&["init"]).expect(0);
    let config = std::fs::read_to_string(desk.path("config.yaml")).unwrap();
    let http = format!("provider: http\n  url: '{}'\n  model: all-minilm", server());
    desk.write("config.yaml", config.replace("provider: builtin", &http));
    desk
}

/// The command that a note or an error says to try.
fn advised(stderr: &str) -> Vec<&str> {
    let (_, advice) = stderr.split_once("try: tulving ").unwrap();
    let (command, _) = advice.split_once("   (").unwrap();
    command.split(' ').collect()
}

#[test]
fn vectors_of_an_unnamed_model_get_its_name_and_what_was_added_meanwhile_its_vectors() {
    let desk = unnamed();
    let added: Vec<String> = ["b", "bb", "bbb"]
        .iter()
        .map(|text| {
            let ran = desk.run(&["add", "--question", text]).expect(0);
            assert_eq!(advised(&ran.stderr), ["init", "--model", "all-minilm"]);
            ran.stdout.trim_end().to_owned()
        })
        .collect();
    let refused = desk.run(&["search", "b", "--mode", "vector"]).expect(2);
    desk.run(&["update", "--missing-vectors"])
        .expect(2)
        .says("try: tulving init --model all-minilm");
    let records = std::fs::read(desk.path("data/corpus/nodes.json")).unwrap();
    desk.run(&advised(&refused.stderr))
        .expect(0)
        .shows("all-minilm (3 numbers)");
    assert_eq!(
        std::fs::read(desk.path("data/corpus/nodes.json")).unwrap(),
        records
    );

    let doctor = desk.json(&["doctor"]);
    let checks = doctor["checks"].as_array().unwrap();
    let vectors = checks
        .iter()
        .find(|check| check["name"] == "vectors")
        .unwrap();
    for id in &added {
        assert!(
            vectors["detail"].as_str().unwrap().contains(id.as_str()),
            "{vectors}"
        );
    }
    let has_vector = |id: &str| desk.json(&["get", id])["has_vector"] == true;
    assert!(!added.iter().any(|id| has_vector(id)));
    // Its text once more is enough for one; a tag is not.
    desk.run(&["update", &added[0], "--tag", "t"]).expect(0);
    assert!(!has_vector(&added[0]));
    assert_eq!(
        desk.run(&["update", &added[0], "--question", "b"])
            .expect(0)
            .stderr,
        ""
    );
    assert!(has_vector(&added[0]));
    assert!(
        vectors["hint"]
            .as_str()
            .unwrap()
            .starts_with("tulving update --missing-vectors ")
    );
    let made = desk.json(&["update", "--missing-vectors"]);
    assert_eq!(made, json!({"made": 2, "without": 0}));
    assert!(added.iter().all(|id| has_vector(id)));
    assert_eq!(desk.json(&["update", "--missing-vectors"])["made"], 0);
    let found = desk.json(&["search", "b", "--mode", "vector", "--top-k", "100"]);
    let found = ids(&found["hits"]);
    assert!(added.iter().all(|id| found.contains(id)), "{found:?}");
    let doctor = desk.json(&["doctor"]);
    let checks = doctor["checks"].as_array().unwrap().iter();
    assert!(
        checks
            .filter(|check| check["name"] != "access")
            .all(|check| check["status"] == "ok"),
        "{doctor}"
    );
}

#[test]
fn a_model_is_named_once_and_by_any_of_its_names() {
    let desk = unnamed();
    desk.run(&["init", "--model", "sentence-transformers/all-MiniLM-L6-v2"])
        .expect(0);
    assert_eq!(desk.run(&["search", "a"]).expect(0).stderr, "");
    let before = desk.files("data");
    desk.run(&["init", "--model", "all-minilm:22m"]).expect(0);
    let refused = desk.run(&["init", "--model", "all-minilm:33m"]).expect(9);
    refused.says("are of sentence-transformers/all-MiniLM-L6-v2 (3 numbers)");
    assert!(desk.files("data") == before);

    // At the same time as the owner, or not at all.
    let desk = Desk::empty();
    desk.run(&["init", "--model", "m"])
        .expect(2)
        .says("holds no vectors yet");
    assert!(desk.everything().is_empty());
    Corpus::new(20).dim(8).write(&desk.path("data"));
    desk.run(&["init", "--model", "nomic-embed-text"])
        .expect(0)
        .shows("nomic-embed-text (8 numbers)");
    desk.run(&["doctor"])
        .expect(0)
        .shows("nomic-embed-text (8 numbers)");
}
