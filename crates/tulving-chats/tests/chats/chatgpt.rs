//! ChatGPT, from 2023 to 2026.

use tulving_chats::{MessageKind, TimeSource};

use crate::support::{counts, heard};

#[test]
fn the_branch_that_was_seen_last_becomes_turns_and_nothing_else_does() {
    let heard = heard(&["chatgpt/2023"]);
    assert_eq!(
        heard.turns("conv-full"),
        [
            "How do I satisfy the borrow checker here? → Let me run it first.\n\nShorten the first borrow.",
            "And what is in this picture? → A bee\u{fffd}",
        ]
    );
    // The branch that was chosen, though another is newer; where none is named, the newest.
    assert_eq!(
        heard.turns("conv-older"),
        ["Name three trees → Oak, ash, elm."]
    );
    assert_eq!(
        heard.turns("conv-slim"),
        ["What is a slim export? → One without children."]
    );
    assert_eq!(
        heard.turns("conv-voice"),
        ["Can you hear me? → Loud and clear."]
    );
    assert_eq!(heard.turns("conv-cycle"), ["Round and round? → Round."]);
    assert_eq!(
        heard.turns("conv-unknown"),
        ["Show me a hologram → There it is."]
    );
}

#[test]
fn the_episode_keeps_every_message_with_what_it_is() {
    let heard = heard(&["chatgpt/2023"]);
    let conversation = heard.conversation("conv-full");
    let ids: Vec<&str> = conversation
        .messages
        .iter()
        .map(|message| message.id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "s1", "p1", "q1", "a1old", "th1", "rr1", "a1", "c1", "x1", "a2", "q2old", "q2", "b1",
            "hid", "dl", "w0", "a3"
        ]
    );
    let of = |id: &str| {
        conversation
            .messages
            .iter()
            .find(|message| message.id == id)
            .unwrap()
    };
    assert!(!of("a1old").active && !of("q2old").active && of("a1").active);
    assert!(of("p1").hidden && of("p1").kind == MessageKind::Context);
    assert_eq!(of("dl").kind, MessageKind::ToolCall);
    assert!(of("hid").hidden && of("w0").hidden);
    assert_eq!(of("th1").kind, MessageKind::Reasoning);
    assert_eq!(of("c1").kind, MessageKind::ToolCall);
    assert_eq!(of("x1").kind, MessageKind::ToolResult);
    assert_eq!(of("q2").attachments, ["hive.png"]);
    assert_eq!(of("a2").model.as_deref(), Some("gpt-4o"));
    assert_eq!(of("a1").parent.as_deref(), Some("rr1"));
    assert!(of("c1").raw.get("content").unwrap().get("text").is_some());
    assert_eq!(conversation.title.as_deref(), Some("Borrow checker"));
    assert_eq!(heard.conversation("conv-older").title, None);
}

#[test]
fn times_are_exact_or_inherited_and_say_which() {
    let heard = heard(&["chatgpt/2023"]);
    let conversation = heard.conversation("conv-full");
    let of = |id: &str| {
        conversation
            .messages
            .iter()
            .find(|message| message.id == id)
            .unwrap()
    };
    assert_eq!(
        of("q1").created_at.unwrap().to_string(),
        "2023-11-14T22:13:21.250000Z"
    );
    assert_eq!(of("q1").time_source, TimeSource::Exact);
    assert_eq!(of("a3").time_source, TimeSource::Inherited);
    assert_eq!(of("a3").created_at, of("w0").created_at);
    let (_, turns) = heard
        .conversations
        .iter()
        .find(|(found, _)| found.id == "conv-older")
        .unwrap();
    assert_eq!(turns[0].time_source, TimeSource::Inherited);
    assert_eq!(
        turns[0].created_at,
        heard.conversation("conv-older").created_at
    );
}

#[test]
fn what_cannot_be_read_is_counted_and_costs_nothing_else() {
    let heard = heard(&["chatgpt/2023"]);
    let report = heard.file("conversations.json");
    assert_eq!(
        (
            report.provider.as_deref(),
            report.conversations,
            report.turns
        ),
        (Some("openai"), 6, 7)
    );
    assert_eq!(heard.skipped(), counts(&[("no_messages", 2), ("empty", 1)]));
    assert_eq!(report.unknown.get("hologram"), Some(&1));
    assert_eq!(report.invalid_times, 1);
}

#[test]
fn shards_are_one_export_in_which_the_newest_form_wins() {
    let heard = heard(&["chatgpt/sharded"]);
    assert_eq!(heard.ids(), ["conv-older", "conv-slim", "conv-older"]);
    assert_eq!(
        heard.turns("conv-older"),
        ["Name three trees → Birch, lime, yew.", "And a fourth? → "]
    );
    // The oldest again; two files that are no text; a file of another kind.
    assert_eq!(
        heard.skipped(),
        counts(&[("duplicate", 1), ("media", 2), ("unrecognised", 1)])
    );
}
