//! What each fuzzer does with the bytes it is given. A test of the workspace replays the seeds
//! through the same functions, so nothing here knows libFuzzer.

use std::ops::ControlFlow;

use tulving::backend::file::npy::Header;
use tulving::json::{Records, Value, parse, write};
use tulving::model::{Kind, Scope};
use tulving::record::{self, Part, Stamp};
use tulving_chats::{Conversation, FileReport, Time, Turn, read_bytes};
use tulving_documents::{Cut, Limits, estimate, explore_docx, read};
use uuid::Uuid;

/// A fuzzer's name, and what it does with bytes.
pub type Fuzzer = (&'static str, fn(&[u8]));

/// All fuzzers: each has a file in `fuzz_targets` and a folder in `seeds`.
pub const TARGETS: [Fuzzer; 9] = [
    ("chats", chats),
    ("document_docx", document_docx),
    ("document_html", document_html),
    ("document_markdown", document_markdown),
    ("episode_reader", episode_reader),
    ("journal", journal),
    ("json_record", json_record),
    ("node_reader", node_reader),
    ("npy_header", npy_header),
];

/// Exports of chats, in any format or in an archive: never a panic, and nothing given that a memory could not be made of.
/// One fuzzer for all formats, since nothing tells a file's format but what it holds.
pub fn chats(bytes: &[u8]) {
    let limits = tulving_chats::Limits {
        conversation: 1 << 20,
        inflated: 1 << 20,
        nested: 1 << 16,
        ..tulving_chats::Limits::default()
    };
    read_bytes("export", bytes, &limits, &mut Chats);
}

/// The parts of a Word file: never a panic.
pub fn document_docx(bytes: &[u8]) {
    explore_docx(bytes);
    document(bytes, "a.docx");
}

/// A page of HTML, read and cut: never a panic, and no chunk beyond its budget.
pub fn document_html(bytes: &[u8]) {
    document(bytes, "a.html");
}

/// Markdown, read and cut: never a panic, and no chunk beyond its budget.
pub fn document_markdown(bytes: &[u8]) {
    document(bytes, "a.md");
}

/// Records read as episodes: never a panic, and what is accepted is written back whole.
pub fn episode_reader(bytes: &[u8]) {
    reader(Kind::Episode, bytes);
}

/// A journal of any bytes: never a panic, and no more memory than the bytes take.
pub fn journal(bytes: &[u8]) {
    tulving::backend::file::explore(bytes);
}

/// JSON records: never a panic, and nothing is changed on the way through.
pub fn json_record(bytes: &[u8]) {
    let whole = parse(bytes);
    if let Ok(value) = &whole {
        let mut written = Vec::new();
        write(value, &mut written);
        assert_eq!(parse(&written).as_ref(), Ok(value));
    }

    let mut records = Records::new(bytes).with_limit(1 << 10);
    let mut elements = Vec::new();
    let mut buf = Vec::new();
    let ended_well = loop {
        match records.next(&mut buf) {
            Ok(Some(span)) => {
                assert_eq!(bytes[span.offset as usize..][..span.len as usize], buf);
                elements.push(parse(&buf).map(Value::into_owned));
            }
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    // Of a valid array, the records are the elements.
    if let (true, Ok(Value::Array(expected))) = (ended_well, whole) {
        assert!(
            elements
                .iter()
                .map(Result::as_ref)
                .eq(expected.iter().map(Ok))
        );
    }
}

/// Records read as nodes: never a panic, and what is accepted is written back whole.
pub fn node_reader(bytes: &[u8]) {
    reader(Kind::Node, bytes);
}

/// The header of a file of vectors: never a panic, and what is accepted fits the file.
pub fn npy_header(bytes: &[u8]) {
    let file_len = bytes.len() as u64;
    if let Ok(header) = Header::parse(bytes, file_len) {
        let size = header.dtype.float.size() as u64;
        assert_eq!(header.rows * header.dims as u64 * size, header.data_bytes);
        assert_eq!(header.data_offset + header.data_bytes, file_len);
    }
}

/// What is said of whatever is read as chats.
struct Chats;

impl tulving_chats::Sink for Chats {
    fn conversation(
        &mut self,
        conversation: Conversation<'_>,
        turns: Vec<Turn>,
    ) -> ControlFlow<()> {
        assert!(!conversation.id.is_empty() && !conversation.source.is_empty());
        let active = conversation
            .messages
            .iter()
            .filter(|message| message.is_said())
            .count();
        assert!(turns.len() <= active);
        for (at, turn) in turns.iter().enumerate() {
            assert_eq!(turn.sequence_index as usize, at);
            assert!(!turn.human.trim().is_empty());
            assert_eq!(turn.unanswered, turn.assistant.is_empty());
            let time = turn
                .created_at
                .map(|time| (Time::of_iso(&time.to_string()), time));
            assert!(time.is_none_or(|(again, time)| again == Some(time)));
        }
        ControlFlow::Continue(())
    }

    fn file(&mut self, report: FileReport) {
        assert!(
            report.conversations > 0 || !report.skipped.is_empty() || report.provider.is_some()
        );
    }
}

fn document(bytes: &[u8], name: &str) {
    let Ok(document) = read(bytes, name, &Limits::default()) else {
        return;
    };
    let cut = Cut {
        budget: 48,
        overlap: 8,
    };
    for chunk in document.cut(&cut, &estimate) {
        let headings = estimate(&chunk.heading_path.join(" › "));
        assert!(chunk.id.is_some() || headings + estimate(&chunk.content) <= cut.budget);
        assert!(!chunk.own().trim().is_empty());
    }
}

fn reader(kind: Kind, bytes: &[u8]) {
    let Ok(source) = parse(bytes) else { return };
    let scope = Scope::User(Uuid::nil());
    let Ok(read) = record::read(kind, &mut source.clone(), &Stamp::only(scope)) else {
        return;
    };
    let mut expected = Vec::new();
    write(&source, &mut expected);
    let mut written = Vec::new();
    let readable = record::write(&read.memory, Part::Everything, &mut written);
    assert!(readable.is_ok() && written == expected);

    let again = parse(&written)
        .ok()
        .map(|mut value| record::read(kind, &mut value, &Stamp::only(scope)));
    assert_eq!(again, Some(Ok(read)));
}
