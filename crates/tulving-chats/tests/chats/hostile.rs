//! Files that are damaged, or made to exhaust whoever reads them.

use std::fs;

use tempfile::TempDir;
use tulving_chats::{Limits, find, read};

use crate::support::{Heard, counts, of_bytes, of_bytes_within, read_all};

fn chat(id: &str, text: &str) -> String {
    format!(
        r#"{{"uuid": "{id}", "name": "", "chat_messages": [{{"uuid": "{id}-1", "sender": "human", "text": "{text}"}}]}}"#
    )
}

fn chatgpt(id: &str, nodes: &[(String, String)]) -> String {
    let node = |(at, parent): &(String, String)| {
        let role = if at.len() % 2 == 0 {
            "user"
        } else {
            "assistant"
        };
        format!(
            r#""{at}": {{"id": "{at}", "parent": "{parent}", "message": {{"id": "{at}", "author": {{"role": "{role}"}}, "create_time": 1.7e9, "content": {{"content_type": "text", "parts": ["t"]}}}}}}"#
        )
    };
    let nodes: Vec<String> = nodes.iter().map(node).collect();
    format!(
        r#"{{"conversation_id": "{id}", "create_time": 1.7e9, "mapping": {{{}}}}}"#,
        nodes.join(",")
    )
}

#[test]
fn a_chain_of_forty_thousand_messages_is_followed() {
    let nodes: Vec<(String, String)> = (0..40_000)
        .map(|at| (format!("n{at}"), format!("n{}", at - 1)))
        .collect();
    let heard = of_bytes(format!("[{}]", chatgpt("long", &nodes)));
    let conversation = heard.conversation("long");
    assert_eq!(conversation.messages.len(), 40_000);
    assert!(conversation.messages.iter().all(|message| message.active));
    assert_eq!(conversation.messages[39_999].id, "n39999");
}

/// Three bytes each, of which a conversation could hold millions, and take gigabytes.
#[test]
fn messages_that_are_empty_objects_are_too_many_before_they_take_memory() {
    let empty = "{},".repeat(1_000_000);
    let export = format!(
        r#"[{{"uuid": "many", "chat_messages": [{empty}{{}}]}}, {}]"#,
        chat("behind", "Why?")
    );
    let heard = of_bytes(export);
    assert_eq!(heard.ids(), ["behind"]);
    assert_eq!(heard.skipped(), counts(&[("too_large", 1)]));
}

#[test]
fn forty_thousand_answers_to_one_question_are_kept_and_one_is_told() {
    let nodes: Vec<(String, String)> = std::iter::once(("q".to_owned() + "q", String::new()))
        .chain((0..40_000).map(|at| (format!("{at:05}"), "qq".to_owned())))
        .collect();
    let heard = of_bytes(format!("[{}]", chatgpt("wide", &nodes)));
    assert_eq!(heard.conversation("wide").messages.len(), 40_001);
    assert_eq!(
        heard
            .conversation("wide")
            .messages
            .iter()
            .filter(|message| message.active)
            .count(),
        2
    );
}

#[test]
fn what_has_no_id_or_a_monstrous_one_is_given_one_that_stays() {
    let monstrous = "i".repeat(10_000);
    for id in ["", &monstrous] {
        let once = of_bytes(format!("[{}]", chat(id, "Who am I?")));
        let again = of_bytes(format!(" [ {} ]", chat(id, "Who am I?")));
        assert_eq!(once.ids(), again.ids());
        assert!((1..=255).contains(&once.ids()[0].len()));
        let other = of_bytes(format!("[{}]", chat(id, "Who are you?")));
        assert_ne!(once.ids(), other.ids());
    }
}

#[test]
fn loops_end() {
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(at, parent)| ((*at).to_owned(), (*parent).to_owned()))
            .collect()
    };
    for nodes in [
        pairs(&[("aa", "aa")]),
        pairs(&[("aa", "b"), ("b", "aa")]),
        pairs(&[("aa", "b"), ("b", "cc"), ("cc", "aa"), ("dd", "b")]),
    ] {
        let heard = of_bytes(format!("[{}]", chatgpt("loop", &nodes)));
        assert_eq!(heard.conversation("loop").messages.len(), nodes.len());
    }
}

#[test]
fn of_a_repeated_key_the_last_counts() {
    let text = r#"[{"uuid": "a", "uuid": "b", "chat_messages": [{"sender": "human", "text": "x", "text": "y"}]}]"#;
    assert_eq!(of_bytes(text).turns("b"), ["y → "]);
    let twice = chatgpt(
        "twice",
        &[("aa".into(), String::new()), ("aa".into(), "b".into())],
    );
    assert_eq!(
        of_bytes(format!("[{twice}]"))
            .conversation("twice")
            .messages
            .len(),
        1
    );
}

#[test]
fn what_is_damaged_is_counted_and_its_neighbours_are_read() {
    let (first, last) = (chat("first", "1"), chat("last", "2"));
    for (damaged, reason) in [
        (
            r#"{"uuid": "x", "chat_messages": [{"text": "\x"}]}"#,
            "damaged",
        ),
        (r#"{"uuid": "x", "chat_messages": [nul]}"#, "damaged"),
        (r#"{"uuid": "x", "chat_messages": {}}"#, "no_messages"),
        (r#"{"uuid": "x", "chat_messages": []}"#, "empty"),
        (
            r#"{"uuid": "x", "chat_messages": [null, 5, "a", [], {}]}"#,
            "empty",
        ),
        (
            r#"{"uuid": "x", "chat_messages": [{"sender": 5, "text": [], "content": {}, "created_at": {}}]}"#,
            "empty",
        ),
    ] {
        let heard = of_bytes(format!("[{first},{damaged},{last}]"));
        assert_eq!(heard.ids(), ["first", "last"], "{damaged}");
        assert_eq!(heard.skipped(), counts(&[(reason, 1)]), "{damaged}");
    }
    let deep = format!("{{\"chat_messages\": {}", "[".repeat(100_000)) + &"]".repeat(100_000) + "}";
    let heard = of_bytes(format!("[{first},{deep},{last}]"));
    assert_eq!(heard.ids(), ["first", "last"]);
}

#[test]
fn what_stands_before_a_file_was_cut_off_is_read() {
    let whole = format!("[{},{},{}]", chat("a", "1"), chat("b", "2"), chat("c", "3"));
    let heard = of_bytes(&whole[..whole.len() - 20]);
    assert_eq!(heard.ids(), ["a", "b"]);
    assert_eq!(heard.skipped(), counts(&[("cut_off", 1)]));
}

#[test]
fn bytes_that_are_no_text_are_replaced_and_counted() {
    let mut file = b"\xEF\xBB\xBF".to_vec();
    file.extend(format!("[{},{}]", chat("a", "be~es"), chat("b", "fine")).bytes());
    let at = file.iter().position(|&byte| byte == b'~').unwrap();
    file[at] = 0xFF;
    let heard = of_bytes(file);
    assert_eq!(heard.turns("a"), ["be\u{fffd}es → "]);
    assert_eq!(heard.ids(), ["a", "b"]);
    assert_eq!(heard.files[0].invalid_utf8, 1);
}

#[test]
fn a_conversation_beyond_the_limit_is_passed_by_and_the_next_one_read() {
    let limits = Limits {
        conversation: 1000,
        ..Limits::default()
    };
    let heard = of_bytes_within(
        format!(
            "[{},{}]",
            chat("large", &"x".repeat(2000)),
            chat("small", "y")
        ),
        &limits,
    );
    assert_eq!(heard.ids(), ["small"]);
    assert_eq!(heard.skipped(), counts(&[("too_large", 1)]));
}

#[test]
fn a_string_of_three_hundred_megabytes_is_passed_by() {
    let heard = of_bytes(format!(
        "[{},{}]",
        chat("large", &"x".repeat(300 << 20)),
        chat("small", "y")
    ));
    assert_eq!(heard.ids(), ["small"]);
    assert_eq!(heard.skipped(), counts(&[("too_large", 1)]));
}

#[test]
fn a_file_without_conversations_says_why() {
    for (file, reason) in [
        (&b""[..], "empty"),
        (b"{}", "unrecognised"),
        (b"[]", "unrecognised"),
        (b"[1, 2, {\"a\": []}]", "unrecognised"),
        (b"a text about bees", "unrecognised"),
        (b"<html><body>no cards</body></html>", "unrecognised"),
        (b"\x89PNG\r\n\x1a\n\0\0", "media"),
        (b"\xFF\xFE[\0]\0", "foreign"),
        (b"\x1F\x8B\x08\0", "foreign"),
        (b"[{\"chat_messages\": [", "cut_off"),
    ] {
        let heard = of_bytes(file);
        assert_eq!(
            heard.skipped(),
            counts(&[(reason, 1)]),
            "{}",
            file.escape_ascii()
        );
        assert_eq!(heard.files.len(), 1);
    }
}

#[test]
fn files_of_nothing_but_strangers_are_not_read_to_their_end() {
    let many = format!("[{}{}]", "{\"a\": 1},".repeat(5000), chat("late", "x"));
    assert_eq!(of_bytes(many).skipped(), counts(&[("unrecognised", 1)]));
    let few = format!("[{}{}]", "{\"a\": 1},".repeat(500), chat("late", "x"));
    assert_eq!(of_bytes(few).ids(), ["late"]);
}

/// Quadratic work would take many minutes here: that these end is the test.
#[test]
fn what_is_made_to_take_long_is_read_in_linear_time() {
    let brackets = chatgpt_saying(&"【".repeat(1 << 20));
    assert_eq!(of_bytes(brackets).ids(), ["said"]);
    let links = chatgpt_saying(&"](sandbox:".repeat(1 << 20));
    assert_eq!(of_bytes(links).ids(), ["said"]);

    let files: Vec<String> = (0..200_000)
        .map(|at| format!(r#"{{"file_name": "{at}"}}"#))
        .collect();
    let heard = of_bytes(format!(
        r#"[{{"uuid": "files", "chat_messages": [{{"sender": "human", "text": "x", "attachments": [{}]}}]}}]"#,
        files.join(",")
    ));
    assert_eq!(
        heard.conversation("files").messages[0].attachments.len(),
        200_000
    );

    // Line breaks without end before a time that does not come, and cards without end.
    let card = |asked: &str| {
        format!(
            r#"<div class="outer-cell"><p class="mdl-typography--title">Gemini</p><div class="mdl-cell--6-col mdl-typography--body-1">{asked}</div></div>"#
        )
    };
    for mark in ["<br>", "<br/>", "<br />", "<br", "<br:>", "<br  ", "1<br>"] {
        let heard = of_bytes(card(&mark.repeat((2 << 20) / mark.len())));
        assert_eq!(heard.skipped(), counts(&[("not_a_turn", 1)]), "{mark}");
    }
    let heard = of_bytes(card("").repeat(200_000));
    assert_eq!(heard.skipped(), counts(&[("not_a_turn", 200_000)]));
}

/// A conversation of ChatGPT in which one thing is said.
fn chatgpt_saying(text: &str) -> String {
    format!(
        r#"[{{"conversation_id": "said", "create_time": 1.7e9, "mapping": {{"a": {{"message": {{"author": {{"role": "user"}}, "content": {{"content_type": "text", "parts": ["{text}"]}}}}}}}}}}]"#
    )
}

#[cfg(unix)]
#[test]
fn links_in_folders_are_not_followed() {
    let (outside, folder) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::write(
        outside.path().join("secret.json"),
        format!("[{}]", chat("secret", "x")),
    )
    .unwrap();
    fs::write(
        folder.path().join("own.json"),
        format!("[{}]", chat("own", "x")),
    )
    .unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("folder")).unwrap();
    std::os::unix::fs::symlink(
        outside.path().join("secret.json"),
        folder.path().join("file.json"),
    )
    .unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
    let heard = read_all(&[folder.path().to_owned()], &Limits::default());
    assert_eq!(heard.ids(), ["own"]);
    assert_eq!(heard.skipped(), counts(&[("link", 3)]));
}

#[test]
fn a_path_that_is_not_there_is_an_error_before_anything_is_read() {
    let folder = TempDir::new().unwrap();
    let good = folder.path().join("good.json");
    fs::write(&good, format!("[{}]", chat("good", "x"))).unwrap();
    let missing = folder.path().join("missing.json");
    let mut heard = Heard::default();
    let error = read(&[&good, &missing], &Limits::default(), &mut heard).unwrap_err();
    assert_eq!(error.path, missing);
    assert!(heard.ids().is_empty());
    assert!(find(&[&missing], &Limits::default()).is_err());
}

#[test]
fn who_listens_may_stop() {
    let folder = TempDir::new().unwrap();
    for name in ["a.json", "b.json"] {
        fs::write(
            folder.path().join(name),
            format!("[{},{}]", chat(name, "x"), chat(&format!("{name}2"), "y")),
        )
        .unwrap();
    }
    let mut heard = Heard {
        enough: Some(1),
        ..Heard::default()
    };
    read(&[folder.path()], &Limits::default(), &mut heard).unwrap();
    assert_eq!(heard.ids(), ["a.json"]);
}

#[test]
fn who_has_stopped_is_told_nothing_more() {
    // A log whose conversations are given when another format begins, which gives its own at once.
    let logged = |day: u32| {
        format!(
            r#"{{"header": "Gemini Apps", "title": "Prompted What is day {day}?", "time": "2026-07-{day:02}T10:00:00Z"}}"#
        )
    };
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join("a.json"),
        format!(
            "[{},{},{},{}]",
            logged(2),
            logged(1),
            chat("c", "x"),
            chat("d", "y")
        ),
    )
    .unwrap();
    fs::write(
        folder.path().join("b.json"),
        format!("[{}]", chat("e", "z")),
    )
    .unwrap();
    let mut heard = Heard {
        enough: Some(1),
        ..Heard::default()
    };
    read(&[folder.path()], &Limits::default(), &mut heard).unwrap();
    assert_eq!(heard.ids().len(), 1);
    assert_eq!(heard.files.len(), 1);
    let all = read_all(&[folder.path().to_owned()], &Limits::default());
    assert_eq!(all.ids().len(), 5);
}
