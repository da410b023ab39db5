//! What a caller can rely on, turn by turn.

use tulving_enrich::{
    Complexity, Conversation, Domain, Fields, Intent, Mode, Urgency, Valence, enrich,
};

fn of(human: &str) -> Fields {
    enrich(human, "")
}

#[test]
fn an_empty_turn_has_the_defaults() {
    let empty = of("");
    assert_eq!(
        empty,
        Fields {
            intent: Intent::Statement,
            complexity: Complexity::Simple,
            technical_depth: 0,
            valence: Valence::Neutral,
            urgency: Urgency::Low,
            mode: Mode::Chat,
            action_required: false,
            has_code: false,
            has_error: false,
            domains: vec![Domain::General],
            entities: Vec::new(),
        }
    );
    assert_eq!(of(" \n\t "), empty);
}

#[test]
fn a_question_is_known_by_its_mark_in_any_language() {
    for question in [
        "It rains?",
        "雨ですか？",
        "هل تمطر؟",
        "¿Llueve?",
        "Dźwięk działa?",
    ] {
        assert_eq!(of(question).intent, Intent::Question, "{question}");
    }
}

#[test]
fn a_question_is_known_by_its_first_word_where_it_has_no_mark() {
    for question in [
        "how do magnets work",
        "ok, and why is that",
        "wie hoch ist der Turm",
        "pourquoi le ciel est bleu",
        "por qué llueve",
        "onde fica a estação",
        "为什么下雨",
        "なぜ雨が降る",
        "왜 비가 와요",
    ] {
        assert_eq!(of(question).intent, Intent::Question, "{question}");
    }
}

#[test]
fn who_asks_for_something_to_be_done_has_a_request_however_it_is_put() {
    for request in [
        "Could you translate this for me?",
        "Write a note to the caretaker.",
        "Kannst du das kürzen?",
        "Peux-tu corriger ce texte ?",
        "この文章を直してください",
        "请帮我写一封信",
    ] {
        assert_eq!(of(request).intent, Intent::Request, "{request}");
    }
}

#[test]
fn an_answer_does_not_change_what_the_human_is_after() {
    let turn = enrich(
        "What is the tallest tree?",
        "Great question! Please write if you need more. Is there anything else?",
    );
    assert_eq!(
        (turn.intent, turn.valence, turn.mode),
        (Intent::Question, Valence::Neutral, Mode::Chat)
    );
}

#[test]
fn a_negation_within_three_words_turns_a_feeling() {
    assert_eq!(of("I am happy with it").valence, Valence::Positive);
    assert_eq!(of("I am not very happy with it").valence, Valence::Negative);
    assert_eq!(of("I don't hate it").valence, Valence::Neutral);
    // The reach ends with the sentence.
    assert_eq!(of("Not today. I am so happy!").valence, Valence::Positive);
}

#[test]
fn what_is_quoted_is_not_what_the_human_feels_or_asks() {
    let turn = of("He wrote \"I hate this, it is urgent, please help!\" yesterday.");
    assert_eq!(
        (turn.intent, turn.valence, turn.urgency),
        (Intent::Statement, Valence::Neutral, Urgency::Low)
    );
}

#[test]
fn code_is_known_without_a_fence() {
    for code in [
        "```\nx\n```",
        "def area(r):\n    return 3 * r * r",
        "let x = 5;",
        "see `cargo build --release`",
        "$ ls -la",
    ] {
        assert!(of(code).has_code, "{code}");
    }
    for prose in [
        "We return to the class on Monday.",
        "From here on, let me drive.",
        "Select a seat, and pay.",
        "the `README` file",
    ] {
        assert!(!of(prose).has_code, "{prose}");
    }
}

#[test]
fn an_error_is_what_a_program_printed_or_a_human_reports() {
    assert!(
        of("Traceback (most recent call last):\n  File \"a.py\", line 3, in <module>").has_error
    );
    assert!(of("I get an error when it starts").has_error);
    assert!(of("bekomme eine Fehlermeldung").has_error);
    assert!(!of("Add error handling to it").has_error);
    assert!(
        !enrich(
            "How do I write to a file?",
            "Open it, and handle the error if there is one."
        )
        .has_error
    );
}

#[test]
fn an_error_is_debugged() {
    let turn = of("TypeError: x is not a function\n    at main (app.js:3:1)");
    assert_eq!(
        (turn.mode, turn.has_error, turn.has_code),
        (Mode::Debug, true, true)
    );
}

#[test]
fn what_remains_to_be_done_is_told_apart_from_a_question_about_it() {
    assert!(of("I have to call the bank before Friday").action_required);
    assert!(of("ich muss noch den Vertrag kündigen").action_required);
    assert!(!of("Do I have to call the bank?").action_required);
}

#[test]
fn names_come_by_count_then_by_their_text() {
    let turn = enrich(
        "Does Zed know Kafka? We met Zed in Oslo with `max_connections` set.",
        "Anna and Zed use Kafka v2.1 over TCP.",
    );
    assert_eq!(
        turn.entities,
        ["Zed", "Kafka", "Oslo", "TCP", "max_connections", "v2.1"]
    );
}

#[test]
fn a_german_noun_is_not_a_name() {
    let turn = of(
        "Ich habe das Auto in die Werkstatt gebracht, und Frau Keller hat mit der Firma in Leipzig telefoniert.",
    );
    assert_eq!(turn.entities, ["Keller", "Leipzig"]);
}

#[test]
fn at_most_twenty_names_are_kept() {
    let text: String = (0..60)
        .map(|number| format!("and name_{number:02}x "))
        .collect();
    let entities = of(&text).entities;
    assert_eq!(entities.len(), 20);
    assert_eq!(entities[0], "name_00x");
}

#[test]
fn a_second_domain_is_named_where_it_says_nearly_as_much() {
    assert_eq!(
        of("My daughter plays the piano").domains,
        [Domain::Creative, Domain::Family]
    );
    assert_eq!(of("It was there.").domains, [Domain::General]);
}

#[test]
fn a_conversation_is_what_most_of_its_turns_are() {
    let turn = |intent, complexity, valence, urgency| Fields {
        intent,
        complexity,
        valence,
        urgency,
        ..of("")
    };
    let turns = [
        turn(
            Intent::Complaint,
            Complexity::Simple,
            Valence::Negative,
            Urgency::Low,
        ),
        turn(
            Intent::Question,
            Complexity::Complex,
            Valence::Neutral,
            Urgency::High,
        ),
        turn(
            Intent::Question,
            Complexity::Moderate,
            Valence::Neutral,
            Urgency::Low,
        ),
        turn(
            Intent::Complaint,
            Complexity::Simple,
            Valence::Positive,
            Urgency::Medium,
        ),
    ];
    let whole = Conversation::of(&turns);
    // Two and two: the one that came first.
    assert_eq!(whole.dominant_intent, Intent::Complaint);
    assert_eq!(whole.avg_complexity, 1.75);
    assert_eq!(whole.emotional_arc(), "negative→positive");
    assert_eq!(whole.urgency_max, Urgency::High);
    assert_eq!(Conversation::of([]), Conversation::default());
    assert_eq!(Conversation::of([]).emotional_arc(), "neutral→neutral");
}

#[test]
fn values_are_called_as_in_data_files() {
    let words = |values: Vec<&str>| values.join(" ");
    assert_eq!(
        words(Intent::ALL.iter().map(|v| v.as_str()).collect()),
        "question request statement complaint celebration"
    );
    assert_eq!(
        words(Mode::ALL.iter().map(|v| v.as_str()).collect()),
        "chat debug brainstorm review"
    );
    assert_eq!(
        words(Urgency::ALL.iter().map(|v| v.as_str()).collect()),
        "low medium high"
    );
    assert_eq!(
        words(Complexity::ALL.iter().map(|v| v.as_str()).collect()),
        "simple moderate complex"
    );
    assert_eq!(
        words(Valence::ALL.iter().map(|v| v.as_str()).collect()),
        "negative neutral positive"
    );
    assert_eq!(Domain::ALL.len(), 24);
}
