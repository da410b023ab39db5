//! A server for vectors: asked when it is needed, and not before.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;

use serde_json::{Value, json};

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
