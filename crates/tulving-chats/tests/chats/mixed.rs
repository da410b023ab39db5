//! Everything in one folder, and how far the reading is.

use std::fs;

use tempfile::TempDir;
use tulving_chats::{
    Conversation, Format, Limits, Message, Out, Reading, Reason, Record, Role, find, read_with,
};

use crate::support::{Heard, archive, counts, fixture, heard, read_all};

#[test]
fn all_formats_are_told_apart_in_one_folder_whatever_they_are_called() {
    let folder = TempDir::new().unwrap();
    let files = [
        ("chatgpt/2023/conversations.json", "openai"),
        (
            "claude/2026/data-1-batch-0000/conversations.json",
            "anthropic",
        ),
        (
            "grok/ttl/30d/export_data/11111111-1111-4111-8111-111111111111/prod-grok-backend.json",
            "grok",
        ),
        (
            "gemini/Takeout/My Activity/Gemini Apps/MyActivity.html",
            "gemini",
        ),
        ("gemini/Google AI Studio/Rhymes", "gemini"),
        (
            "codex/sessions/2026/06/02/rollout-2026-06-02T08-00-00-c0de.jsonl",
            "codex",
        ),
        (
            "claude-code/projects/-home-ada-bees/5e551011-0000-4000-8000-000000000001.jsonl",
            "claude-code",
        ),
        ("normal/conversations.json", "anthropic"),
    ];
    for (at, (file, _)) in files.iter().enumerate() {
        fs::copy(fixture(file), folder.path().join(format!("{at}.bin"))).unwrap();
    }
    let mut all = Heard::default();
    tulving_chats::read(&[folder.path()], &Limits::default(), &mut all).unwrap();
    for (at, (_, provider)) in files.iter().enumerate() {
        assert_eq!(
            all.file(&format!("/{at}.bin")).provider.as_deref(),
            Some(*provider)
        );
    }
}

#[test]
fn arrays_of_several_formats_are_read_whole() {
    let text = |path: &str| {
        let text = fs::read_to_string(fixture(path)).unwrap();
        text.trim().trim_matches(['[', ']']).to_owned()
    };
    let both = format!(
        "[{},{}]",
        text("claude/2023/conversations.json"),
        text("normal/conversations.json")
    );
    assert_eq!(crate::support::of_bytes(both).ids(), ["c-old", "c1"]);
}

#[test]
fn progress_never_goes_back_and_ends_with_what_was_found() {
    let paths = [fixture("chatgpt"), fixture("claude"), fixture("gemini")];
    let found = find(&paths, &Limits::default()).unwrap();
    let heard = heard(&["chatgpt", "claude", "gemini"]);
    assert!(heard.progress.is_sorted());
    assert_eq!(heard.progress.last(), Some(&found.bytes()));
    assert!(heard.progress.len() as u64 > found.files());
}

/// What was found is read, and not looked for again: a file that is gone by then is told, one that came is not read.
#[test]
fn what_was_found_is_what_is_read() {
    let folder = TempDir::new().unwrap();
    let chat = |id: &str| {
        format!(r#"[{{"uuid": "{id}", "chat_messages": [{{"sender": "human", "text": "Why?"}}]}}]"#)
    };
    for name in ["a.json", "b.json"] {
        fs::write(folder.path().join(name), chat(name)).unwrap();
    }
    let found = find(&[folder.path()], &Limits::default()).unwrap();
    fs::remove_file(folder.path().join("b.json")).unwrap();
    fs::write(folder.path().join("c.json"), chat("c.json")).unwrap();
    let mut heard = Heard::default();
    found.read(&Limits::default(), &mut heard);
    let read = heard.conversations.iter();
    let read: Vec<&str> = read.map(|(of, _)| of.id.as_str()).collect();
    assert_eq!(read, ["a.json"]);
    assert_eq!(heard.skipped(), [("unreadable", 1)].into());
}

#[test]
fn reading_twice_gives_the_same() {
    let all = [
        "chatgpt",
        "claude",
        "grok",
        "gemini",
        "claude-code",
        "codex",
        "normal",
    ];
    let (first, second) = (heard(&all), heard(&all));
    assert_eq!(first.conversations, second.conversations);
    assert_eq!(first.files, second.files);
}

#[test]
fn a_data_directory_below_a_folder_is_no_export() {
    let folder = TempDir::new().unwrap();
    let chat = |id: &str| {
        format!(r#"[{{"id": "{id}", "messages": [{{"role": "user", "content": "Why {id}?"}}]}}]"#)
    };
    for (file, content) in [
        (
            "memory/data/manifest.json",
            r#"{"version": 2, "structure": "unified"}"#.to_owned(),
        ),
        ("memory/data/corpus/episodes.json", chat("kept")),
        ("app/manifest.json", r#"{"structure": "flat"}"#.to_owned()),
        ("app/chats.json", chat("app")),
        (
            "broken/manifest.json",
            r#"{"structure": "unified""#.to_owned(),
        ),
        ("broken/chats.json", chat("broken")),
    ] {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let limits = Limits::default();
    let heard = read_all(&[folder.path().to_owned()], &limits);
    assert_eq!(heard.ids(), ["app", "broken"]);
    assert_eq!(heard.skipped().get("data_directory"), Some(&1));
    assert_eq!(find(&[folder.path()], &limits).unwrap().files(), 4);
    // Given by its name, it says why nothing came of it.
    let heard = read_all(&[folder.path().join("memory/data")], &limits);
    assert!(heard.ids().is_empty());
    assert_eq!(heard.skipped(), counts(&[("data_directory", 1)]));
    // A file of it that is named is what was asked for.
    let named = folder.path().join("memory/data/corpus/episodes.json");
    assert_eq!(read_all(&[named], &limits).ids(), ["kept"]);
}

#[test]
fn what_is_no_chat_is_counted_with_the_folder_or_archive_that_it_was_found_in() {
    let folder = TempDir::new().unwrap();
    let chat = br#"[{"uuid": "c", "chat_messages": [{"sender": "human", "text": "Why?"}]}]"#;
    let zip = archive(&[
        ("a.json", b"{}"),
        ("b.html", b"<p>b</p>"),
        ("chat.json", chat),
    ]);
    for (file, content) in [
        ("a.json", &b"{}"[..]),
        ("b.json", b"[1, 2]"),
        ("c.html", b"<html></html>"),
        ("cut.json", b"[{\"a\": 1}, {\"b\""),
        ("zip", &zip),
    ] {
        fs::write(folder.path().join(file), content).unwrap();
    }
    let heard = read_all(&[folder.path().to_owned()], &Limits::default());
    let reports = heard.files.iter().map(|file| {
        let path = file.path.strip_prefix(&*folder.path().to_string_lossy());
        let skipped = file.skipped.iter();
        let skipped = skipped.map(|(reason, count)| (reason.name(), *count));
        (path.unwrap(), skipped.collect())
    });
    assert_eq!(
        reports.collect::<Vec<(&str, Vec<(&str, u64)>)>>(),
        [
            ("/cut.json", vec![("cut_off", 1)]),
            ("/zip/chat.json", vec![]),
            ("/zip", vec![("unrecognised", 2)]),
            ("", vec![("unrecognised", 3)]),
        ]
    );
    // Who names a file is told of it.
    let heard = read_all(
        &[folder.path().join("a.json"), folder.path().join("c.html")],
        &Limits::default(),
    );
    assert_eq!(heard.file("/a.json").skipped.len(), 1);
    assert_eq!(heard.file("/c.html").skipped.len(), 1);
}

#[test]
fn every_reason_says_what_it_is_in_a_sentence_of_its_own() {
    let mut names: Vec<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
    let mut sentences: Vec<String> = Reason::ALL.iter().map(Reason::to_string).collect();
    names.sort_unstable();
    names.dedup();
    sentences.sort_unstable();
    sentences.dedup();
    assert_eq!(
        (names.len(), sentences.len()),
        (Reason::ALL.len(), Reason::ALL.len())
    );
}

#[test]
fn the_exports_of_the_demo_are_read_whole() {
    let exports = fixture("../../demo/exports");
    let mut heard = Heard::default();
    tulving_chats::read(&[exports], &Limits::default(), &mut heard).unwrap();
    let turns: usize = heard
        .conversations
        .iter()
        .map(|(_, turns)| turns.len())
        .sum();
    assert_eq!((heard.conversations.len(), turns), (69, 300));
    let answered = heard.conversations.iter().flat_map(|(_, turns)| turns);
    assert!(
        answered
            .into_iter()
            .all(|turn| !turn.unanswered && turn.created_at.is_some())
    );
    // A chat without a word, what somebody did in an application, and files that are no conversations.
    assert_eq!(
        heard.skipped(),
        counts(&[
            ("empty", 1),
            ("media", 1),
            ("not_a_turn", 3),
            ("unrecognised", 5)
        ])
    );
}

/// A format of somebody else's.
struct Notes;

impl Format for Notes {
    fn name(&self) -> &'static str {
        "notes"
    }

    fn lists(&self) -> &'static [&'static str] {
        &["notes"]
    }

    fn recognises(&self, record: &Record<'_>) -> bool {
        record.json().is_some_and(|note| note.get("note").is_some())
    }

    fn reading(&self) -> Box<dyn Reading> {
        Box::new(Export)
    }
}

struct Export;

impl Reading for Export {
    fn record(&mut self, record: Record<'_>, out: &mut Out<'_>) {
        let Record::Json(note) = record else { return };
        let mut conversation = Conversation::new("notes", "n".to_owned());
        conversation
            .messages
            .push(Message::new(Role::Human, "noted".to_owned(), None, note));
        out.conversation(conversation);
    }
}

#[test]
fn a_format_of_ones_own_is_asked_before_those_that_are_built_in() {
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join("a"),
        r#"{"notes": [{"note": 1, "chat_messages": []}]}"#,
    )
    .unwrap();
    let mut heard = Heard::default();
    read_with(&[folder.path()], &Limits::default(), &[&Notes], &mut heard).unwrap();
    assert_eq!(heard.turns("n"), ["noted → "]);
}
