//! What an assistant was reminded of and repeats.

use tulving_chats::json::Value;

use crate::support::{counts, heard};

const SESSION: &str = "5e551011-0000-4000-8000-0000000000a1";

#[test]
fn a_transcript_keeps_what_was_recalled_and_does_not_say_it_again() {
    let heard = heard(&["claude-code/recalled"]);
    // The answers to the first and the third question came from memory: by a hook, and by a tool.
    assert_eq!(
        heard.turns(SESSION),
        [
            "Today there were fourteen. What now? → Fourteen in three days is near the limit for June: treat with \
             formic acid this week, and count again in ten days."
        ]
    );
    assert_eq!(heard.skipped(), counts(&[("recalled", 2)]));
    let (conversation, turns) = &heard.conversations[0];
    assert_eq!(turns[0].sequence_index, 1);
    // All of it is there, as it was.
    assert_eq!(conversation.messages.len(), 11);
    let question = &conversation.messages[3];
    assert!(question.text.starts_with("<tulving:memory>"));
    assert!(matches!(question.raw, Value::Object(_)));
    let hook = &conversation.messages[1];
    assert!(hook.hidden && hook.said().is_none());
    // The block alone asks nothing, and what was answered to it belongs to the question before.
    assert!(conversation.messages[9].said().is_none());
}

#[test]
fn an_export_keeps_what_was_recalled_and_does_not_say_it_again() {
    let heard = heard(&["chatgpt/recalled"]);
    let (conversation, turns) = &heard.conversations[0];
    assert_eq!(conversation.messages.len(), 5);
    let [turn] = turns.as_slice() else {
        panic!("{turns:?}");
    };
    assert_eq!(
        (turn.sequence_index, &*turn.human),
        (1, "And what did the piano weigh?")
    );
    assert_eq!(heard.skipped(), counts(&[("recalled", 1)]));
}
