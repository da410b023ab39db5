//! A server that does what a test says.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use super::HttpOptions;

/// What the server got: headers as they came, body as JSON.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) head: String,
    pub(super) body: Value,
}

impl Request {
    pub(super) fn texts(&self) -> Vec<&str> {
        self.body["input"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| t.as_str().unwrap())
            .collect()
    }
}

/// What it does about it.
pub(super) enum Reply {
    Status(u16, &'static str, String),
    /// Closes the connection in the middle of the answer.
    HangUp,
    /// Something other than HTTP.
    Noise,
    /// Keeps the connection open and says nothing, until the test is over.
    Silence,
}

pub(super) fn ok(body: &Value) -> Reply {
    Reply::Status(200, "", body.to_string())
}

/// Three numbers that tell the text: its length, its first byte, 1.
fn vector(text: &str) -> Value {
    json!([text.len(), text.as_bytes()[0], 1])
}

pub(super) fn right(request: &Request) -> Reply {
    let data: Vec<_> = request
        .texts()
        .iter()
        .enumerate()
        .rev()
        .map(|(index, text)| json!({"index": index, "embedding": vector(text)}))
        .collect();
    ok(&json!({ "data": data }))
}

pub(super) struct Server {
    pub(super) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// `answer` is told how many requests came before.
    pub(super) fn start(answer: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let answer = Arc::new(answer);
        let count = Arc::new(AtomicUsize::new(0));
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (seen, answer, count) =
                    (Arc::clone(&seen), Arc::clone(&answer), Arc::clone(&count));
                thread::spawn(move || serve(&connection.unwrap(), &seen, &*answer, &count));
            }
        });
        Self { url, requests }
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    pub(super) fn options(&self) -> HttpOptions {
        HttpOptions {
            dims: Some(3),
            retries: 2,
            ..HttpOptions::new(&self.url, "model-x")
        }
    }
}

fn serve(
    stream: &TcpStream,
    seen: &Mutex<Vec<Request>>,
    answer: &dyn Fn(usize, &Request) -> Reply,
    count: &AtomicUsize,
) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let request = Request {
            head,
            body: serde_json::from_slice(&body).unwrap(),
        };
        seen.lock().unwrap().push(request.clone());
        let mut out = stream;
        match answer(count.fetch_add(1, Ordering::SeqCst), &request) {
            Reply::Status(status, header, body) => {
                let head = format!(
                    "HTTP/1.1 {status} x\r\n{header}content-length: {}\r\n\r\n",
                    body.len()
                );
                if out.write_all(format!("{head}{body}").as_bytes()).is_err() {
                    return;
                }
            }
            Reply::HangUp => {
                let _ = out.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"da");
                return;
            }
            Reply::Noise => {
                let _ = out.write_all(b"noise\r\n\r\n");
                return;
            }
            Reply::Silence => {
                // Until the client gives up.
                let _ = reader.read_line(&mut String::new());
                return;
            }
        }
    }
}
