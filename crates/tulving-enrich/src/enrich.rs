//! From a turn to its fields.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

use crate::fields::Fields;
use crate::lexicon::Mark;
use crate::side::{Side, Voice};
use crate::{action, complexity, depth, domain, entities, intent, mode, urgency, valence};

/// Returns what is known of a turn.
///
/// Intent, urgency, mode, valence and whether something remains to be done are those of the human's text alone; the
/// rest is of both. Words are known of English and German, and fewer of French, Spanish, Portuguese, Italian, Dutch,
/// Japanese, Chinese and Korean; of other languages only question marks, code and names.
///
/// What the technical depth means: 0 nothing technical, 1 or 2 technology in passing, 3 or 4 questions about using it, 5 or
/// 6 short code and commands, 7 or 8 code, faults and systems in detail, 9 or 10 internals.
#[must_use]
pub fn enrich(human: &str, assistant: &str) -> Fields {
    let (human_text, assistant_text) = (composed(human), composed(assistant));
    let (human, assistant) = (Side::read(&human_text), Side::read(&assistant_text));
    let valence = valence::of(&human);
    let has_code = has_code(&human) || has_code(&assistant);
    let has_error = has_error(&human, &assistant);
    let domains = domain::of(&human, &assistant);
    let technical_depth = depth::of(&human, &assistant, has_code, has_error);
    Fields {
        intent: intent::of(&human, valence, has_error),
        complexity: complexity::of(&human, &assistant, technical_depth),
        technical_depth,
        valence,
        urgency: urgency::of(&human),
        mode: mode::of(&human, has_error),
        action_required: action::of(&human),
        has_code,
        has_error,
        domains,
        entities: entities::of([(&human_text, &human), (&assistant_text, &assistant)]),
    }
}

/// Returns a text with letters and their accents as one, as the tables have them.
fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

fn has_code(side: &Side) -> bool {
    side.code_lines > 0
        || side.code_spans > 0
        || side.trace_lines > 0
        || side.hits.iter().any(|hit| hit.mark == Mark::Command)
}

/// Of the human any word for an error counts, of the assistant only what a program printed or threw.
fn has_error(human: &Side, assistant: &Side) -> bool {
    let printed = |side: &Side| side.trace_lines > 0 || side.names_exception;
    let told = human
        .hits
        .iter()
        .any(|hit| hit.mark == Mark::Error && hit.place.voice != Voice::Code);
    printed(human) || printed(assistant) || told
}
