//! Any text gets fields, the same each time, and in time that grows with its length.

use proptest::prelude::*;
use tulving_enrich::{Conversation, Fields, enrich};

/// Pieces that texts are made of: signs that open something, what has a meaning, and what only looks so.
const PIECES: [&str; 36] = [
    "```",
    "`",
    "\"",
    "„",
    "“",
    "”",
    "«",
    "»",
    "「",
    "://",
    "http://",
    "?",
    "？",
    "!",
    ". ",
    "\n",
    "    ",
    "\u{301}",
    "e\u{301}",
    "\u{200d}",
    "🎉",
    "not ",
    "please ",
    "why ",
    "what if ",
    "error",
    "Error: ",
    "  File \"a\", line 3",
    "at a.b(c:1)",
    "SELECT ",
    "A",
    "x_y",
    "v2.0",
    "東京",
    "エラー",
    "'",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![3 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned), 1 => any::<String>(), 1 => "[a-zA-Z ]{0,12}"];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_gets_fields_within_their_ranges(human in text(), assistant in text()) {
        let fields = enrich(&human, &assistant);
        prop_assert!(fields.technical_depth <= 10);
        prop_assert!((1..=2).contains(&fields.domains.len()));
        prop_assert!(fields.entities.len() <= 20);
        prop_assert!(fields.entities.iter().all(|name| !name.is_empty()));
        prop_assert_eq!(enrich(&human, &assistant), fields);
    }

    #[test]
    fn what_the_assistant_says_changes_nothing_of_the_human(human in text(), assistant in text()) {
        let (alone, answered) = (enrich(&human, ""), enrich(&human, &assistant));
        prop_assert_eq!(
            (alone.valence, alone.urgency, alone.action_required),
            (answered.valence, answered.urgency, answered.action_required)
        );
    }

    #[test]
    fn letters_and_accents_apart_are_read_as_one(text in "(was|für|né|où|über|müde|schön|[A-Z]é[a-z]{2}| |[.?])+") {
        use unicode_normalization::UnicodeNormalization as _;
        let apart: String = text.nfd().collect();
        prop_assert_eq!(enrich(&apart, &apart), enrich(&text, &text));
    }

    #[test]
    fn a_conversation_has_the_ends_of_its_valence(texts in prop::collection::vec(text(), 1..6)) {
        let turns: Vec<Fields> = texts.iter().map(|text| enrich(text, "")).collect();
        let whole = Conversation::of(&turns);
        prop_assert!((1.0..=3.0).contains(&whole.avg_complexity));
        prop_assert!((0.0..=10.0).contains(&whole.avg_technical_depth));
        prop_assert_eq!(whole.emotional_arc(), format!("{}→{}", turns[0].valence, turns[turns.len() - 1].valence));
        prop_assert!(turns.iter().any(|turn| turn.intent == whole.dominant_intent));
        prop_assert_eq!(Some(whole.urgency_max), turns.iter().map(|turn| turn.urgency).max());
    }
}

/// Quadratic work would take many minutes here: that these end is the test.
#[test]
fn long_texts_of_one_kind_are_read_in_linear_time() {
    for unit in [
        "a", "é", "\u{301}", "„", "`", "\"a", "?", "://", "not ", "東", "ア", "🎉", "A ", "_", "'",
        "(", "#\n", "\n", ": why ", "x.y/",
    ] {
        // A megabyte without a space, and less of what costs more.
        let size = if unit == "a" { 1 << 20 } else { 1 << 17 };
        let text = unit.repeat(size / unit.len());
        let fields = enrich(&text, &text);
        assert!(fields.entities.len() <= 20, "{unit:?}");
    }
}
