//! A server of embedding models, a double for tests: its vectors put "item N" in an order of each model's own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};

/// As many items as can be told apart.
pub(crate) const ITEMS: u64 = 601;

/// How wide the vectors of the model `up` are; those of `down` have one number more.
pub(crate) const WIDTH: usize = 3;

/// A server that runs the models `up` and `down`. It lives as long as the test.
#[derive(Clone)]
pub(crate) struct Models {
    pub(crate) url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    texts: AtomicU64,
    /// So many requests are answered before it has enough; 0: all.
    enough: AtomicU64,
    requests: AtomicU64,
    wrong_width: AtomicBool,
    zeros: AtomicBool,
    busy: AtomicBool,
}

/// What happens before texts are embedded by a model.
type Meanwhile = dyn Fn(&str, &[&str]) + Send + Sync;

impl Models {
    pub(crate) fn start() -> Self {
        Self::start_with(Arc::new(|_, _| {}))
    }

    /// With something that happens before each answer.
    pub(crate) fn start_with(meanwhile: Arc<Meanwhile>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        let served = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (state, meanwhile) = (Arc::clone(&served), Arc::clone(&meanwhile));
                std::thread::spawn(move || serve(stream.unwrap(), &state, &*meanwhile));
            }
        });
        Self { url, state }
    }

    /// How many texts were embedded so far.
    pub(crate) fn texts(&self) -> u64 {
        self.state.texts.load(Ordering::SeqCst)
    }

    /// After so many more requests it refuses all; 0: never.
    pub(crate) fn has_enough_after(&self, requests: u64) {
        self.state.requests.store(0, Ordering::SeqCst);
        self.state.enough.store(requests, Ordering::SeqCst);
    }

    /// Its vectors are one number too wide from now on, or as they were.
    pub(crate) fn is_wrong(&self, wrong: bool) {
        self.state.wrong_width.store(wrong, Ordering::SeqCst);
    }

    /// Its vectors are zeros from now on, or as they were.
    pub(crate) fn knows_nothing(&self, nothing: bool) {
        self.state.zeros.store(nothing, Ordering::SeqCst);
    }

    /// Every second request is to come again.
    pub(crate) fn is_busy(&self) {
        self.state.busy.store(true, Ordering::SeqCst);
    }

    /// A section of the configuration, for a model.
    pub(crate) fn section(&self, model: &str) -> String {
        let dims = WIDTH + usize::from(model == "down");
        let url = &self.url;
        format!("provider: http, url: '{url}', model: {model}, dimensions: {dims}")
    }
}

/// The places of the items when "item 0" is asked for, in the order of a model.
pub(crate) fn order(model: &str, items: u64) -> Vec<u64> {
    let mut order: Vec<u64> = (0..items).collect();
    order.sort_by_key(|item| place(model, *item));
    order
}

fn place(model: &str, item: u64) -> u64 {
    match model {
        "up" => item,
        _ => item * 7 % ITEMS,
    }
}

fn vector(model: &str, text: &str) -> Vec<f64> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let item = digits.parse().unwrap_or(ITEMS / 2);
    let angle = place(model, item) as f64 / ITEMS as f64;
    let mut numbers = vec![angle.cos(), angle.sin(), 0.0];
    numbers.extend((model == "down").then_some(0.0));
    numbers
}

fn serve(stream: TcpStream, state: &State, meanwhile: &Meanwhile) {
    let mut stream = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        // A client that was killed has gone.
        if stream.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let line = line.trim_end().to_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    if stream.read_exact(&mut body).is_err() {
        return;
    }
    let (status, answer) = answer(&serde_json::from_slice(&body).unwrap(), state, meanwhile);
    let length = answer.len();
    let _ = write!(
        stream.get_mut(),
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nRetry-After: 0\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n{answer}"
    );
}

fn answer(asked: &Value, state: &State, meanwhile: &Meanwhile) -> (&'static str, String) {
    let number = state.requests.fetch_add(1, Ordering::SeqCst);
    let enough = state.enough.load(Ordering::SeqCst);
    if enough > 0 && number >= enough {
        return (
            "402 Payment Required",
            json!({"error": "you have had enough"}).to_string(),
        );
    }
    if state.busy.load(Ordering::SeqCst) && number.is_multiple_of(2) {
        return (
            "429 Too Many Requests",
            json!({"error": "slowly"}).to_string(),
        );
    }
    let model = asked["model"].as_str().unwrap();
    let texts: Vec<&str> = asked["input"]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap())
        .collect();
    meanwhile(model, &texts);
    if texts.iter().any(|text| text.contains("endless")) {
        return (
            "400 Bad Request",
            json!({"error": "a text is too long"}).to_string(),
        );
    }
    state.texts.fetch_add(texts.len() as u64, Ordering::SeqCst);
    let data: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let mut numbers = vector(model, text);
            if state.zeros.load(Ordering::SeqCst) {
                numbers.fill(0.0);
            }
            numbers.extend(state.wrong_width.load(Ordering::SeqCst).then_some(0.5));
            json!({"index": index, "embedding": numbers})
        })
        .collect();
    ("200 OK", json!({"model": model, "data": data}).to_string())
}
