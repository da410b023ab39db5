//! What holds for all files.

use std::fs;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::support::{fixture, of_bytes};

/// Fixtures, and what stands before and behind one of their records for a neighbour to be put there.
const FILES: [&str; 8] = [
    "chatgpt/2023/conversations.json",
    "claude/2026/data-1-batch-0000/conversations.json",
    "grok/ttl/30d/export_data/11111111-1111-4111-8111-111111111111/prod-grok-backend.json",
    "gemini/Takeout/My Activity/Gemini Apps/MyActivity.json",
    "gemini/Takeout/My Activity/Gemini Apps/MyActivity.html",
    "claude-code/projects/-home-ada-bees/5e551011-0000-4000-8000-000000000001.jsonl",
    "codex/sessions/2026/06/02/rollout-2026-06-02T08-00-00-c0de.jsonl",
    "gemini/Google AI Studio/Rhymes",
];

const PIECES: [&str; 28] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "null",
    "0",
    "-1e400",
    "\\u0000",
    "\"\\ud83d\"",
    "{}",
    "[]",
    "\n",
    "\\",
    "true",
    "\"mapping\":",
    "\"chat_messages\":",
    "\"conversations\":[",
    "\"parent\":\"q1\",",
    "\u{e200}",
    "【",
    "<div class=\"outer-cell",
    "<br>",
    "</div>",
    "\"content\":{},",
    "\"text\":[],",
];

/// A value that stands where another type was due, without a bracket or quote too many.
const VALUES: [&str; 9] = [
    "null",
    "true",
    "-0.5",
    "1e999",
    "\"x\"",
    "[]",
    "{}",
    "[[{\"a\":null}]]",
    "{\"text\":{\"text\":[1]}}",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn no_damage_makes_it_panic(file in select(FILES.to_vec()), edits in prop::collection::vec((any::<Index>(), 0_usize..40, select(PIECES.to_vec())), 1..12), end in any::<Index>()) {
        let mut bytes = fs::read(fixture(file)).unwrap();
        for (at, removed, piece) in edits {
            let at = at.index(bytes.len());
            let until = bytes.len().min(at + removed);
            bytes.splice(at..until, piece.bytes());
        }
        of_bytes(&bytes);
        bytes.truncate(end.index(bytes.len()));
        of_bytes(&bytes);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), begin in select(vec!["", "[", "{", "<", "PK\x03\x04", "[{\"mapping\":"])) {
        let mut file = begin.as_bytes().to_vec();
        file.extend(bytes);
        let heard = of_bytes(file);
        prop_assert!(heard.files.len() == 1);
    }

    /// Whatever stands in the place of whichever value of a conversation, the conversations beside it are read.
    #[test]
    fn no_neighbour_is_lost(file in select(vec![FILES[0], FILES[1]]), at in any::<Index>(), value in select(VALUES.to_vec())) {
        let text = fs::read_to_string(fixture(file)).unwrap();
        let values: Vec<(usize, usize)> = scalars(&text);
        let (from, to) = values[at.index(values.len())];
        let mangled = format!("{}{value}{}", &text[..from], &text[to..]);
        let chat = |id: &str| format!(r#"{{"uuid": "{id}", "chat_messages": [{{"sender": "human", "text": "{id}"}}]}}"#);
        let inside = mangled.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap();
        let heard = of_bytes(format!("[{},{inside},{}]", chat("before"), chat("behind")));
        let ids = heard.ids();
        prop_assert!(ids.first() == Some(&"before") && ids.last() == Some(&"behind"), "{ids:?}");
    }

    /// Whatever is torn out of a conversation or put into it, quotes and brackets too, the conversations beside it are read.
    #[test]
    fn no_damage_costs_a_neighbour(file in select(vec![FILES[0], FILES[1]]), at in any::<Index>(), removed in 0_usize..60, piece in select(PIECES.to_vec())) {
        let text = fs::read(fixture(file)).unwrap();
        let inside = text.trim_ascii().strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")).unwrap();
        let at = at.index(inside.len());
        let until = inside.len().min(at + removed);
        let mut mangled = inside.to_vec();
        mangled.splice(at..until, piece.bytes());
        let chat = |id: &str| format!("{{\n  \"title\": \"\", \"uuid\": \"{id}\", \"chat_messages\": [{{\"sender\": \"human\", \"text\": \"{id}\"}}]}}");
        let opening = if file == FILES[0] { "title" } else { "uuid" };
        let chat = |id: &str| chat(id).replacen("\"title\": \"\", ", if opening == "title" { "\"title\": \"\", " } else { "" }, 1);
        let file = [b"[", chat("before").as_bytes(), b",", &mangled, b",", chat("behind").as_bytes(), b",", chat("last").as_bytes(), b"]"].concat();
        let heard = of_bytes(&file);
        let ids = heard.ids();
        prop_assert!(["before", "behind", "last"].iter().all(|id| ids.contains(id)), "{ids:?} {:?}", heard.skipped());
    }

    /// A file that is cut anywhere gives what stands whole before the cut.
    #[test]
    fn what_stands_before_a_cut_is_read(cut in any::<Index>()) {
        let text = fs::read_to_string(fixture(FILES[0])).unwrap();
        let (whole, cut) = (of_bytes(&text), of_bytes(&text.as_bytes()[..cut.index(text.len())]));
        let (whole, cut) = (whole.ids(), cut.ids());
        prop_assert_eq!(&whole[..cut.len()], &cut[..]);
    }
}

/// Where the strings, numbers and words stand that are values of members, in a file as Python writes it.
fn scalars(json: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = json[from..].find("\": ") {
        let start = from + at + 3;
        let line = json[start..]
            .find('\n')
            .map_or(json.len(), |end| start + end);
        let end = start + json[start..line].trim_end_matches(',').len();
        if !json[start..end].ends_with(['{', '[']) {
            found.push((start, end));
        }
        from = line;
    }
    found
}
