//! Ready chunk files, in the three forms that occur.

use tulving_documents::{Body, Cut, Document, Omission, Reason, estimate};

use crate::support::{document, refused};

fn value<'d>(entries: &'d [(String, String)], key: &str) -> &'d str {
    let entry = entries.iter().find(|(own, _)| own == key);
    entry.map_or("", |(_, value)| value)
}

fn chunks(document: &Document) -> Vec<tulving_documents::Chunk> {
    assert!(matches!(document.body, Body::Chunks(_)));
    document.cut(&Cut::default(), &estimate)
}

#[test]
fn written_by_hand() {
    let file = r#"{"knowledge_base": "Phone menu", "version": "1.0", "chunks": [
        {"id": "menu-1", "content": "Press 1.", "category": "billing", "keywords": ["pay", "bill"], "menu_path": "1>2"},
        {"id": 7, "content": "Press \ud83d 2.", "category": "other"}, {"id": "x", "content": " "}, 5]}"#;
    let document = document(file, "menu_chunks.json");
    assert_eq!(document.title, "Phone menu");
    assert_eq!(
        document.metadata,
        [
            ("knowledge_base".into(), "\"Phone menu\"".into()),
            ("version".into(), "\"1.0\"".into())
        ]
    );
    assert_eq!(
        document.left_out.get(&Omission::ChunksWithoutText),
        Some(&2)
    );
    let chunks = chunks(&document);
    assert_eq!(chunks[0].id.as_deref(), Some("menu-1"));
    assert_eq!(chunks[0].content, "Press 1.");
    assert_eq!(value(&chunks[0].metadata, "keywords"), r#"["pay", "bill"]"#);
    assert_eq!(value(&chunks[0].metadata, "menu_path"), r#""1>2""#);
    assert_eq!(chunks[1].id.as_deref(), Some("7"));
    assert!(
        chunks[1].content.starts_with("Press \u{FFFD}"),
        "half of a pair costs no chunk"
    );
}

#[test]
fn cut_from_a_document() {
    let file = r#"{"knowledge_base": "kb", "version": "2", "description": "d", "source_file": "Credit memos.docx", "file_hash": "ab",
        "chunks": [{"id": "c1", "content": "To make one:\n1. Open", "category": "p", "section_title": "Making one", "keywords": [], "chunk_token_count": 9}]}"#;
    let document = document(file, "x_chunks.json");
    assert_eq!(
        value(&document.metadata, "source_file"),
        "\"Credit memos.docx\""
    );
    let chunks = chunks(&document);
    assert_eq!(chunks[0].heading_path, ["Making one"]);
    assert_eq!(
        value(&chunks[0].metadata, "section_title"),
        "\"Making one\""
    );
    assert_eq!(value(&chunks[0].metadata, "chunk_token_count"), "9");
}

#[test]
fn enriched() {
    let long = "A long text. ".repeat(2000);
    let file = format!(
        r#"{{"source_file": "Returns.docx", "enriched_at": "2025-01-01", "chunk_count": 1, "chunks": [{{"id": "e1", "chunk_index": 0,
        "content": "{long}", "section_title": "", "department_id": "billing", "acronyms": {{"CM": "credit memo"}},
        "confidence_score": 1.10, "_original": {{"id": "c1"}}, "is_form": false}}]}}"#
    );
    let document = document(&file, "x.json");
    assert_eq!(document.title, "Returns.docx");
    let chunks = chunks(&document);
    assert_eq!(chunks.len(), 1, "one that is long stays whole");
    assert_eq!(chunks[0].content, long);
    assert_eq!(chunks[0].heading_path, [""; 0]);
    assert_eq!(
        value(&chunks[0].metadata, "confidence_score"),
        "1.10",
        "as it is written"
    );
    assert_eq!(value(&chunks[0].metadata, "_original"), r#"{"id": "c1"}"#);
    assert_eq!(value(&chunks[0].metadata, "is_form"), "false");
}

#[test]
fn what_is_no_json_is_broken() {
    let reason = refused("{\"chunks\": [{\"content\": \"x\"}", "a.json");
    assert!(matches!(reason, Reason::Broken { .. }), "{reason:?}");
}
