//! The origin's keyword rules, as far as they are to be compared: both texts as one, whole words or parts of words.

use std::collections::HashSet;

use super::labelled::Words;

/// Returns what the origin's rules find; its lists of domains are not repeated here.
pub(crate) fn enrich(human: &str, assistant: &str) -> Words {
    let text = format!("Human: {human}\n\nAssistant: {assistant}");
    let small = text.to_lowercase();
    let words: HashSet<&str> = small
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .collect();
    let word = |list: &str| list.split(' ').any(|word| words.contains(word));
    let parts = |list: &str| list.split(' ').filter(|part| small.contains(*part)).count();
    let fences = text.matches("```").count();

    let last_line_ends = |end: char| text.ends_with(end);
    let scores = [
        ("question", u32::from(last_line_ends('?'))),
        (
            "request",
            u32::from(word(
                "please help need want create make write build fix implement",
            )),
        ),
        (
            "complaint",
            u32::from(word(
                "broken wrong bad hate annoying frustrated stuck failing",
            )),
        ),
        (
            "celebration",
            u32::from(word(
                "works working solved fixed success perfect awesome great",
            )) + u32::from(last_line_ends('!')),
        ),
    ];
    let most = scores
        .iter()
        .map(|(_, score)| *score)
        .max()
        .unwrap_or_default();
    let intent = match scores.iter().find(|(_, score)| most > 0 && *score == most) {
        Some((intent, _)) => intent,
        None => "statement",
    };

    let mode = if word("error traceback exception stack crash bug") {
        "debug"
    } else if word("idea think maybe could might alternative") || small.contains("what if") {
        "brainstorm"
    } else if word("review check feedback opinion")
        || small.contains("look at")
        || small.contains("thoughts on")
    {
        "review"
    } else {
        "chat"
    };

    let urgency =
        if word("urgent asap immediately critical blocker production") || text.contains("!!!") {
            "high"
        } else if word("soon important priority needed") {
            "medium"
        } else {
            "low"
        };

    let length = text.chars().count();
    let points = [
        length > 500,
        length > 2_000,
        fences > 0,
        fences > 4,
        text.contains("\n    "),
        text.matches('?').count() > 3,
    ];
    let complexity = match points.into_iter().filter(|point| *point).count() {
        4.. => "complex",
        2..4 => "moderate",
        _ => "simple",
    };

    let error = if ["traceback", "exception", "error:"]
        .iter()
        .any(|part| small.contains(part))
    {
        2
    } else {
        usize::from(small.contains("error"))
    };
    let path = [".py", ".js", ".ts", ".yaml", ".json"]
        .iter()
        .any(|end| small.contains(end) && small.contains('/'));
    let defined = |keyword: &str, end: char| {
        text.split(keyword).skip(1).any(|rest| {
            rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_')
                .starts_with(end)
        })
    };
    let depth = 2 * usize::from(fences > 0)
        + usize::from(defined("def ", '('))
        + usize::from(defined("class ", ':'))
        + parts("api config schema endpoint async await import export module service handler")
            .min(3)
        + error
        + usize::from(path);

    let positive =
        parts("great awesome perfect works solved thanks excellent love helpful success");
    let negative =
        parts("broken wrong hate frustrated stuck failing annoying terrible awful impossible");
    let valence = if positive > negative + 1 {
        "positive"
    } else if negative > positive + 1 {
        "negative"
    } else {
        "neutral"
    };

    let todo = [
        "todo",
        "follow up",
        "next step",
        "action item",
        "need to",
        "should",
        "will",
        "must",
        "remember to",
    ];
    Words {
        intent: intent.to_owned(),
        complexity: complexity.to_owned(),
        depth: depth.min(10) as u8,
        valence: valence.to_owned(),
        urgency: urgency.to_owned(),
        mode: mode.to_owned(),
        action: todo.iter().any(|part| small.contains(part)),
        code: fences > 0 || text.contains("def ") || text.contains("class "),
        error: word("error exception traceback"),
        domains: Vec::new(),
        entities: entities(&text),
    }
}

/// Capitalised words of ASCII letters, versions, acronyms and pairs of words with an underscore. The origin keeps any 20 of
/// them; here it keeps all.
fn entities(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    let is_name = |word: &str| {
        let bytes = word.as_bytes();
        let small = |bytes: &[u8]| !bytes.is_empty() && bytes.iter().all(u8::is_ascii_lowercase);
        match bytes {
            [] => false,
            [b'v', digits @ ..] if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {
                true
            }
            _ if bytes.len() > 1 && bytes.iter().all(u8::is_ascii_uppercase) => true,
            [first, second, rest @ ..]
                if first.is_ascii_uppercase() && second.is_ascii_lowercase() =>
            {
                rest.iter().all(u8::is_ascii_alphabetic)
                    && bytes[bytes.len() - 1].is_ascii_lowercase()
                    && !bytes
                        .windows(2)
                        .any(|pair| pair.iter().all(u8::is_ascii_uppercase))
            }
            _ => word
                .split_once('_')
                .is_some_and(|(one, other)| small(one.as_bytes()) && small(other.as_bytes())),
        }
    };
    words
        .filter(|word| is_name(word))
        .map(str::to_owned)
        .collect()
}
