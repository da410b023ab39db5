//! `cargo bench -p testkit --bench manuals`: questions of employees over the documents in `crates/testkit/manuals`,
//! with the built-in embedder and memory in files. How many of them are answered by one of the first five hits: a
//! chunk under the heading that was asked about, and one that holds the answer.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on has failed"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use testkit::sample;
use tulving::backend::Filter;
use tulving::backend::file::FileBackend;
use tulving::model::{Chunk, Kind, Memory};
use tulving::store::{Mode, NewChunk, NewDocument, Query, ScopedStore, Store, StoreConfig};
use tulving_documents::{Cut, Limits, estimate, read};

/// How many hits are looked at.
const HITS: usize = 5;

struct Question {
    text: String,
    document: String,
    section: String,
    answer: String,
    class: String,
}

/// How many were asked, and answered by the place and by the words.
type Sums = BTreeMap<String, (usize, usize, usize)>;

#[tokio::main]
async fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("manuals");
    let owner = sample::user(1);
    let directory = tempfile::tempdir().unwrap();
    let config = StoreConfig::files(directory.path());
    let backend = FileBackend::create(directory.path(), owner, Some(config.embedder.space()));
    drop(backend.unwrap());
    let memory = Store::open(config).await.unwrap().scope(owner);
    let chunks = add(&memory, &folder.join("documents")).await;
    let questions = questions(&folder.join("questions.json"));
    println!(
        "{} questions over {chunks} chunks: answered by the first {HITS} hits, by section and by words, in %",
        questions.len()
    );
    let modes = [Mode::Keyword, Mode::Vector, Mode::Hybrid];
    let mut sums = modes.map(|_| Sums::new());
    for (mode, sums) in modes.into_iter().zip(&mut sums) {
        for question in &questions {
            ask(question, &memory, mode, sums).await;
        }
    }
    let classes: Vec<&String> = sums[0].keys().collect();
    for class in classes {
        print!("{class:12} {:4}", sums[0][class].0);
        for (mode, sums) in modes.iter().zip(&sums) {
            let (asked, placed, worded) = sums[class];
            let share = |answered: usize| 100.0 * answered as f64 / asked as f64;
            print!("   {mode:?} {:5.1} {:5.1}", share(placed), share(worded));
        }
        println!();
    }
}

/// Adds the documents of all departments; returns how many chunks they have.
async fn add(memory: &ScopedStore, folder: &Path) -> usize {
    let mut paths: Vec<PathBuf> = Vec::new();
    for department in fs::read_dir(folder).unwrap() {
        let files = fs::read_dir(department.unwrap().path()).unwrap();
        paths.extend(files.map(|file| file.unwrap().path()));
    }
    paths.sort();
    let mut count = 0;
    for path in paths {
        let bytes = fs::read(&path).unwrap();
        let path = path.strip_prefix(folder).unwrap().to_str().unwrap();
        let document = read(&bytes, path, &Limits::default()).unwrap();
        let chunks = document.cut(&Cut::default(), &estimate);
        count += chunks.len();
        let piece = |chunk: tulving_documents::Chunk| NewChunk {
            content: chunk.content,
            heading_path: chunk.heading_path,
            page: chunk.page.map(i64::from),
            has_code: chunk.has_code,
            further: Vec::new(),
        };
        let new = NewDocument {
            path: path.to_owned(),
            title: document.title,
            chunks: chunks.into_iter().map(piece).collect(),
            ..NewDocument::default()
        };
        memory.put_document(new).await.unwrap();
    }
    count
}

fn questions(path: &Path) -> Vec<Question> {
    let list: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let text = |question: &Value, key: &str| question[key].as_str().unwrap().to_owned();
    let list = list.as_array().unwrap().iter();
    list.map(|question| Question {
        text: text(question, "question"),
        document: text(question, "document"),
        section: text(question, "section"),
        answer: text(question, "answer"),
        class: text(question, "class"),
    })
    .collect()
}

async fn ask(question: &Question, memory: &ScopedStore, mode: Mode, sums: &mut Sums) {
    let query = Query::text(question.text.as_str()).mode(mode).top_k(HITS);
    let found = memory
        .search(&query.filter(Filter::of(Kind::Chunk)))
        .await
        .unwrap();
    let documents = memory
        .documents_of(found.hits.iter().map(|hit| &hit.memory))
        .await
        .unwrap();
    let is_of = |chunk: &Chunk| {
        let mut documents = documents.iter();
        documents
            .any(|document| document.id == chunk.document_id && document.path == question.document)
    };
    let chunks = || {
        found.hits.iter().filter_map(|hit| match &hit.memory {
            Memory::Chunk(chunk) if is_of(chunk) => Some(chunk),
            _ => None,
        })
    };
    let section = plain(&question.section);
    let placed = chunks().any(|chunk| {
        let under = chunk
            .heading_path
            .iter()
            .any(|heading| plain(heading) == section);
        under || plain(&chunk.content).contains(&section)
    });
    let answer = plain(&question.answer);
    let worded = chunks().any(|chunk| plain(&chunk.content).contains(&answer));
    for class in ["all", &question.class] {
        let sum = sums.entry(class.to_owned()).or_default();
        sum.0 += 1;
        sum.1 += usize::from(placed);
        sum.2 += usize::from(worded);
    }
}

/// Returns the letters and digits of a text, in lower case: marks of Markdown and HTML differ.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    format!(" {} ", words.join(" "))
}
