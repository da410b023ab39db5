//! Grok.

use tulving_chats::MessageKind;

use crate::support::{counts, heard};

#[test]
fn responses_are_read_in_wrappers_and_without_whoever_signs_them() {
    let heard = heard(&["grok"]);
    assert_eq!(
        heard.turns("g-one"),
        [
            "Why are there two tides a day? → Because of the Moon.",
            "Draw it → [tide.jpg]\n\nThere is your picture."
        ]
    );
    assert_eq!(
        heard.turns("g-flat"),
        ["Is a response without wrapper read? → It is."]
    );
    let conversation = heard.conversation("g-one");
    let of = |id: &str| {
        conversation
            .messages
            .iter()
            .find(|message| message.id == id)
            .unwrap()
    };
    assert!(!of("g3old").active && !of("g4old").active);
    assert_eq!(of("g4old").model.as_deref(), Some("grok-3"));
    assert_eq!(of("g5").model.as_deref(), Some("grok-4"));
    assert_eq!(of("g2").model, None);
    assert_eq!(of("g3").attachments, ["asset-1"]);
    assert_eq!(of("g4").kind, MessageKind::Attachment);
}

#[test]
fn both_forms_of_time_are_read() {
    let heard = heard(&["grok"]);
    let conversation = heard.conversation("g-one");
    assert_eq!(
        conversation.created_at.unwrap().to_string(),
        "2025-06-15T15:06:40Z"
    );
    assert_eq!(
        conversation.messages[1].created_at.unwrap().to_string(),
        "2025-06-15T15:06:45Z"
    );
    let flat = heard.conversation("g-flat");
    assert_eq!(
        flat.messages[0].created_at.unwrap().to_string(),
        "2025-06-16T00:00:00Z"
    );
    assert_eq!(heard.file("backend.json").invalid_times, 0);
}

#[test]
fn accounts_bills_and_pictures_beside_it_are_no_conversations() {
    let heard = heard(&["grok"]);
    assert_eq!(heard.ids(), ["g-one", "g-flat"]);
    assert_eq!(
        heard.skipped(),
        counts(&[("empty", 1), ("media", 1), ("unrecognised", 2)])
    );
}
