//! What assistants write down themselves: Claude Code, Codex.

use std::fs;

use tempfile::TempDir;
use tulving_chats::json::Value;
use tulving_chats::{Limits, MessageKind, Role};

use crate::support::{Heard, counts, heard, read_all};

const SESSION: &str = "5e551011-0000-4000-8000-000000000001";
const FORK: &str = "5e551011-0000-4000-8000-000000000002";

#[test]
fn a_session_is_what_the_person_typed_and_what_was_answered() {
    let heard = heard(&["claude-code/projects"]);
    assert_eq!(
        heard.turns(SESSION),
        [
            "Sort the hives by weight → I will look at the file.\n\nThey are sorted.",
            "Now by age, please → Done."
        ]
    );
    let conversation = heard.conversation(SESSION);
    assert_eq!(
        (&*conversation.source, conversation.title.as_deref()),
        ("claude-code", Some("Sorting the hives"))
    );
    let of = |id: &str| {
        conversation
            .messages
            .iter()
            .find(|message| message.id == id)
            .unwrap()
    };
    assert_eq!(
        (of("u5").role, of("u5").kind),
        (Role::Tool, MessageKind::ToolResult)
    );
    assert!(of("u9").hidden && of("u0b").hidden && of("u0").hidden);
    assert!(!of("s1").active);
    assert_eq!(of("u6").model.as_deref(), Some("claude-opus-4"));
    assert_eq!(
        conversation.updated_at.unwrap().to_string(),
        "2026-06-01T08:07:00Z"
    );
}

/// Whoever stores it finds that it repeats another, in whichever order the two are read.
#[test]
fn a_fork_is_whole_and_may_repeat_what_the_session_said() {
    let heard = heard(&["claude-code/projects"]);
    let turns = heard.turns(FORK);
    assert_eq!(
        turns.last().map(String::as_str),
        Some("Fork: what about wasps? → Not here.")
    );
    // It was forked in the middle of an answer.
    assert!(heard.turns(SESSION)[0].starts_with(&turns[0]));
    assert!(heard.conversation(FORK).may_repeat);
    assert!(heard.file(&format!("{FORK}.jsonl")).skipped.is_empty());
}

#[test]
fn a_line_that_was_cut_off_and_a_sub_agents_file_are_counted() {
    let heard = heard(&["claude-code/projects"]);
    assert_eq!(heard.skipped(), counts(&[("cut_off", 1), ("sub_agent", 1)]));
    assert_eq!(
        heard
            .file(&format!("{SESSION}.jsonl"))
            .unknown
            .get("hologram"),
        Some(&1)
    );
}

#[test]
fn a_history_of_prompts_is_no_conversation() {
    let heard = heard(&["claude-code/history.jsonl"]);
    assert!(heard.ids().is_empty());
    assert_eq!(heard.skipped(), counts(&[("unrecognised", 1)]));
}

#[test]
fn codex_is_read_without_what_the_program_put_in() {
    let heard = heard(&["codex"]);
    assert_eq!(
        heard.turns("c0de"),
        ["Fix the test → I will run it.\n\nIt is fixed."]
    );
    let (conversation, turns) = &heard.conversations[0];
    assert_eq!(conversation.source, "codex");
    assert_eq!(conversation.messages.len(), 8);
    assert_eq!(turns[0].model.as_deref(), Some("gpt-5-codex"));
    assert_eq!(
        turns[0].created_at.unwrap().to_string(),
        "2026-06-02T08:01:00Z"
    );
}

/// Reads files of lines that stand in a folder under these names.
fn sessions(files: &[(&str, &[String])]) -> Heard {
    let folder = TempDir::new().unwrap();
    for (name, lines) in files {
        fs::write(folder.path().join(name), lines.join("\n")).unwrap();
    }
    read_all(&[folder.path().to_owned()], &Limits::default())
}

/// Two lines of Claude Code, of a session and a minute: a question and its answer.
fn asked(session: &str, uuid: &str, minute: u32) -> String {
    let line = |role: &str, uuid: &str, text: &str| {
        format!(
            r#"{{"type": "{role}", "sessionId": "{session}", "uuid": "{uuid}", "parentUuid": null, "timestamp": "2026-06-01T08:{minute:02}:00Z", "message": {{"role": "{role}", "content": "{text}"}}}}"#
        )
    };
    let question = line("user", uuid, &format!("What is {uuid}?"));
    let answer = line("assistant", &format!("{uuid}-a"), "A bee.");
    format!("{question}\n{answer}")
}

#[test]
fn a_fork_that_keeps_the_name_of_its_session_on_what_it_copied_has_its_own() {
    let [first, second] = [asked("A", "u1", 1), asked("A", "u2", 2)];
    let session = [first.clone(), second.clone(), asked("A", "u3", 3)];
    let fork = [first, second, asked("B", "u4", 9)];
    let heard = sessions(&[("a.jsonl", &session), ("b.jsonl", &fork)]);
    assert_eq!(heard.ids(), ["A", "B"]);
    assert_eq!(heard.turns("A").len(), 3);
    let both = ["What is u1? → A bee.", "What is u2? → A bee."];
    assert_eq!(heard.turns("B")[..2], both);
    assert_eq!(heard.turns("B")[2], "What is u4? → A bee.");
}

#[test]
fn a_session_that_goes_on_in_another_file_replaces_nothing() {
    let begun = [asked("A", "u1", 1), asked("A", "u2", 2)];
    let resumed = [
        begun[0].clone(),
        begun[1].clone(),
        asked("A", "u3", 3),
        asked("A", "u4", 4),
    ];
    let again = [begun[1].clone(), asked("A", "u5", 5)];
    let files: [(&str, &[String]); 3] = [
        ("a.jsonl", &begun),
        ("b.jsonl", &resumed),
        ("c.jsonl", &again),
    ];
    let heard = sessions(&files);
    assert_eq!(heard.ids(), ["A", "A", "A-u2"]);
    assert_eq!(heard.turns("A").len(), 4);
    assert_eq!(
        heard.turns("A-u2"),
        ["What is u2? → A bee.", "What is u5? → A bee."]
    );
    // Whichever file comes first, nothing is lost, and what is there already is counted.
    let heard = sessions(&[
        ("a.jsonl", &resumed),
        ("b.jsonl", &begun),
        ("c.jsonl", &again),
        ("d.jsonl", &again),
    ]);
    assert_eq!(heard.ids(), ["A", "A-u2"]);
    assert_eq!(heard.turns("A").len(), 4);
    assert_eq!(heard.skipped(), counts(&[("duplicate", 2)]));
}

/// A line of Codex: which session it is.
fn meta(session: &str, day: u32) -> String {
    format!(
        r#"{{"timestamp": "2026-06-{day:02}T08:00:00Z", "type": "session_meta", "payload": {{"id": "{session}", "timestamp": "2026-06-{day:02}T08:00:00Z"}}}}"#
    )
}

/// Two lines of Codex: a question and its answer.
fn item(question: &str, day: u32) -> String {
    let line = |role: &str, second: u32, text: &str| {
        format!(
            r#"{{"timestamp": "2026-06-{day:02}T08:00:{second:02}Z", "type": "response_item", "payload": {{"type": "message", "role": "{role}", "content": [{{"type": "text", "text": "{text}"}}]}}}}"#
        )
    };
    let (question, answer) = (line("user", 1, question), line("assistant", 2, "So."));
    format!("{question}\n{answer}")
}

#[test]
fn a_codex_session_that_goes_on_from_another_has_its_own_name() {
    let begun = [meta("A", 1), item("How?", 1)];
    let forked = [
        meta("B", 2),
        begun[0].clone(),
        begun[1].clone(),
        item("Why?", 2),
    ];
    let behind = [
        begun[0].clone(),
        begun[1].clone(),
        meta("C", 3),
        // The same words at another time are no copy.
        item("How?", 3),
    ];
    let resumed = [begun[0].clone(), begun[1].clone(), item("When?", 4)];
    let heard = sessions(&[
        ("a.jsonl", &begun),
        ("b.jsonl", &forked),
        ("c.jsonl", &behind),
        ("d.jsonl", &resumed),
        ("e.jsonl", &begun),
    ]);
    assert_eq!(heard.ids(), ["A", "B", "C", "A"]);
    assert_eq!(heard.turns("B"), ["How? → So.", "Why? → So."]);
    assert_eq!(heard.turns("C"), ["How? → So.", "How? → So."]);
    assert_eq!(heard.turns("A"), ["How? → So.", "When? → So."]);
    assert_eq!(heard.skipped(), counts(&[("duplicate", 1)]));
    let begun = |id| heard.conversation(id).created_at.unwrap().to_string();
    assert_eq!(begun("B"), "2026-06-02T08:00:00Z");
    assert_eq!(begun("C"), "2026-06-03T08:00:00Z");
}

#[test]
fn a_session_in_which_nothing_was_said_is_counted_as_empty() {
    let line = |kind: &str| {
        format!(
            r#"{{"type": "{kind}", "sessionId": "A", "uuid": "{kind}", "parentUuid": null, "timestamp": "2026-06-01T08:00:00Z"}}"#
        )
    };
    let begun = [line("system"), line("progress")];
    let session = [asked("B", "u1", 1)];
    let files: [(&str, &[String]); 4] = [
        ("a.jsonl", &begun),
        ("b.jsonl", &session),
        // Nothing that is new is not nothing.
        ("c.jsonl", &session),
        ("d.jsonl", &[meta("D", 1)]),
    ];
    let heard = sessions(&files);
    assert_eq!(heard.ids(), ["B"]);
    assert_eq!(heard.skipped(), counts(&[("duplicate", 1), ("empty", 2)]));
}

#[test]
fn a_session_without_end_is_held_no_further_than_twice_what_a_conversation_may_be() {
    let lines: Vec<String> = (0..200)
        .map(|at| asked("A", &format!("u{at}{}", "x".repeat(100)), at % 60))
        .collect();
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.jsonl"), lines.join("\n")).unwrap();
    let limits = Limits {
        conversation: 4000,
        ..Limits::default()
    };
    let heard = read_all(&[folder.path().to_owned()], &limits);
    let messages = &heard.conversation("A").messages;
    let whole = messages
        .iter()
        .take_while(|message| message.raw != Value::Null);
    let (whole, texts) = (
        whole.count(),
        messages.iter().map(|message| message.text.len()),
    );
    let texts: usize = texts.sum();
    assert!(whole > 0 && whole < messages.len(), "{whole}");
    assert!((2000..8000).contains(&texts), "{texts}");
    let skipped = heard.skipped()["too_large"];
    assert_eq!(skipped, (400 - whole) as u64);
}
