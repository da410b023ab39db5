//! Claude, from one text a message to five archives.

use tulving_chats::MessageKind;

use crate::support::{counts, heard, of_bytes};

#[test]
fn texts_are_read_without_what_stands_for_blocks_that_are_not_there() {
    let heard = heard(&["claude/2023"]);
    assert_eq!(heard.turns("c-old"), ["Which bees sting? → Workers do."]);
}

#[test]
fn of_blocks_what_was_said_is_a_turn_and_the_branch_is_followed() {
    let heard = heard(&["claude/2026/data-1-batch-0000"]);
    assert_eq!(
        heard.turns("c-blocks"),
        [
            "Look up the weather → I will look.\n\nIt rains.\n\nTake an umbrella.",
            "[notes.txt, photo.jpg] → Those are notes."
        ]
    );
    let conversation = heard.conversation("c-blocks");
    assert_eq!(conversation.title, None);
    let of = |id: &str| {
        conversation
            .messages
            .iter()
            .find(|message| message.id == id)
            .unwrap()
    };
    // The first message names a parent that stands for none.
    assert_eq!(of("b1").parent, None);
    assert_eq!(of("b2").parent.as_deref(), Some("b1"));
    assert!(!of("b5old").active);
    assert_eq!(of("b3").kind, MessageKind::ToolCall);
    assert_eq!(of("b5").kind, MessageKind::Attachment);
    assert_eq!(
        heard.file("conversations.json").unknown.get("hologram"),
        Some(&1)
    );
}

#[test]
fn exports_of_one_account_are_one_by_id_and_the_newest_form_wins() {
    for order in [
        ["claude/2023", "claude/2026"],
        ["claude/2026", "claude/2023"],
    ] {
        let heard = heard(&order);
        assert_eq!(
            heard.turns("c-old"),
            [
                "Which bees sting? → Workers do.",
                "And drones? → They cannot."
            ]
        );
        assert_eq!(
            heard.conversation("c-old").title.as_deref(),
            Some("Old shape, renamed")
        );
    }
    // Accounts, memories, projects and manifests are no conversations.
    assert_eq!(
        heard(&["claude/2026"]).skipped(),
        counts(&[("empty", 1), ("unrecognised", 4)])
    );
}

#[test]
fn of_two_forms_the_later_is_newer_and_where_no_time_says_so_the_longer() {
    let form = |time: &str, texts: &[&str]| {
        let updated = match time {
            "" => String::new(),
            time => format!(r#""updated_at": "2026-07-{time}T10:00:00Z", "#),
        };
        let said: Vec<String> = texts
            .iter()
            .map(|text| format!(r#"{{"sender": "human", "text": "{text}"}}"#))
            .collect();
        format!(
            r#"{{"uuid": "c", {updated}"chat_messages": [{}]}}"#,
            said.join(",")
        )
    };
    let (short, long): (&[&str], &[&str]) = (&["a"], &["a", "b"]);
    for (first, second, is_newer) in [
        (("01", long), ("02", short), true),
        (("02", short), ("01", long), false),
        (("01", short), ("01", long), true),
        (("01", long), ("01", long), false),
        (("01", short), ("", long), true),
        (("", short), ("01", long), true),
        (("01", long), ("", short), false),
        (("", long), ("01", short), false),
    ] {
        let file = format!("[{},{}]", form(first.0, first.1), form(second.0, second.1));
        let given = of_bytes(&file).ids().len();
        assert_eq!(given, 1 + usize::from(is_newer), "{file}");
    }
}
