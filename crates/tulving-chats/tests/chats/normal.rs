//! The normal form.

use tulving_chats::{Limits, TimeSource};

use crate::support::{fixture, heard, read_all};

#[test]
fn messages_of_one_side_are_folded_and_what_comes_first_from_the_assistant_is_kept_aside() {
    let heard = heard(&["normal"]);
    assert_eq!(
        heard.turns("c1"),
        [
            "First part.\n\nSecond part? → One.\n\nTwo.",
            "Still there? → "
        ]
    );
    let (conversation, turns) = &heard.conversations[0];
    assert_eq!(conversation.source, "anthropic");
    assert_eq!(conversation.messages.len(), 6);
    assert_eq!(turns[0].message_ids, ["m1", "m2", "m3", "m4"]);
    assert_eq!(
        turns[0].created_at.unwrap().to_string(),
        "2024-01-15T10:30:10Z"
    );
    assert_eq!(turns[0].time_source, TimeSource::Exact);
    assert_eq!((turns[0].sequence_index, turns[1].sequence_index), (0, 1));
    assert!(turns[1].unanswered && !turns[0].unanswered);
}

#[test]
fn a_file_that_holds_nothing_new_is_named_after_who_its_conversations_were_with() {
    let file = fixture("normal/conversations.json");
    let heard = read_all(&[file.clone(), file], &Limits::default());
    let providers: Vec<_> = heard.files.iter().map(|file| &file.provider).collect();
    assert_eq!(heard.files[1].conversations, 0);
    assert_eq!(providers[0].as_deref(), Some("anthropic"));
    assert_eq!(providers[0], providers[1]);
}
