//! What real files hold besides the plain case. All of it is valid input and must come back unchanged.

use Kind::{Change, Set};

use super::{
    NODES_PER_EPISODE,
    json::{Fields, Json},
    record::time,
};

enum Kind {
    /// Fields and their raw values, in which `{i}` is the node's index, `{i12}` the same with 12 digits, and `{time}` its time without a zone.
    Set(&'static [(&'static str, &'static str)]),
    Change(fn(&mut Fields)),
}

/// Every conversation begins with a clean node; the others take turns.
pub(super) fn node(node: &mut Fields, index: usize) {
    if index.is_multiple_of(NODES_PER_EPISODE) {
        return;
    }
    match KINDS[index % KINDS.len()] {
        Change(change) => change(node),
        Set(fields) => {
            for (name, value) in fields {
                let value = value
                    .replace("{i}", &index.to_string())
                    .replace("{i12}", &format!("{index:012}"))
                    .replace("{time}", &time(index));
                node.set_raw(name, value);
            }
        }
    }
}

/// Whether this record stands on one line, although the file is indented.
pub(super) fn is_on_one_line(index: usize) -> bool {
    index % 13 == 4
}

/// An odd number of them, so that in 64 nodes none meets only the clean ones.
#[rustfmt::skip] // a table
const KINDS: [Kind; 31] = [
    // Times
    Set(&[("created_at", r#""{time}""#)]),
    Set(&[("created_at", r#""{time}Z""#)]),
    Set(&[("created_at", r#""{time}.123456+00:00""#)]),
    Set(&[("created_at", r#""{time}.000001""#)]),
    Set(&[("created_at", r#""{time}.120Z""#)]),
    Set(&[("created_at", r#""{time}-05:30""#)]),
    Set(&[("last_accessed", r#""{time}.500000""#), ("access_count", "2147483648")]),
    // Keys
    Change(|node| node.keep(REQUIRED)),
    Change(|node| node.remove(&["user_id", "tenant_id", "cluster_confidence", "last_accessed"])),
    Change(|node| node.0.reverse()),
    Change(|node| node.0.rotate_left(11)),
    Set(&[("dia_ids", r#"["D1:1", "D1:2"]"#), ("extra", r#"{"b": 1, "a": [null, true, {"": ""}], "z": {}}"#)]),
    Set(&[("", r#""a key without a name""#)]),
    Set(&[(r"k\u00e9y \ud83d \u0000 \ud83d\ude00", "1")]),
    // Numbers
    Set(&[("score", "NaN")]),
    Set(&[("weights", "[NaN, Infinity, -Infinity, 1.5]")]),
    Set(&[("cluster_confidence", "-0.0"), ("bias", "-0.0")]),
    Set(&[("big", "[1e22, 1E+22, 1e-7, 1.0, 100000000000000000000000, 0.1000000000000000055, 1e400]")]),
    Set(&[("cluster_confidence", "1")]),
    Set(&[("cluster_confidence", "2.5e-1")]),
    Set(&[("cluster_id", "null")]),
    // Text
    Set(&[("assistant_content", r#""cut in the middle: \ud83d""#)]),
    Set(&[("human_content", r#""\udc00 the wrong way round \ude00\ud83d""#)]),
    Set(&[("human_content", "\"a zero \\u0000 in {i}, and a real U+FFFD: \\ufffd \u{FFFD}\"")]),
    Set(&[("human_content", "\"raw 😀 👩\u{200D}👩\u{200D}👧, escaped \\ud83d\\ude00, e\\u0301, é, 日本語のテキスト, שלום\"")]),
    Set(&[("assistant_content", "\"\\/ \\u0041 \\b\\f\\t \u{7f} \u{2028}\u{feff} C:\\\\new 'one' \\\"two\\\" $1 {} %s \\\\x00\"")]),
    Set(&[("human_content", r#""""#), ("assistant_content", r#"" \n ""#), ("cluster_label", r#""""#)]),
    Change(|node| node.set_raw("assistant_content", format!("\"{}\"", r"a line\tof many\n".repeat(1500)))),
    // Values
    Set(&[("id", r#""550e8400-e29b-41d4-a716-{i12}""#), ("source", r#""claude_code-2""#)]),
    Set(&[("id", r#""it's \"quoted\", {i}\\; é\u00e9 😀 -- \t""#)]),
    Set(&[
        ("tags", r#"{"topics": ["日本", "\ud83d", "a,b", "{\"}", ""], "unknown": 1, "domains": []}"#),
        ("technical_depth", "10"),
        ("action_required", "true"),
    ]),
];

const REQUIRED: &[&str] = &[
    "id",
    "conversation_id",
    "sequence_index",
    "human_content",
    "assistant_content",
    "source",
    "created_at",
];

pub(super) fn episode(episode: &mut Fields, index: usize) {
    let first = index * NODES_PER_EPISODE;
    match index % 8 {
        1 => {
            episode.set_raw("created_at", format!("\"{}\"", time(first)));
            episode.set_raw("updated_at", format!("\"{}.654321\"", time(first)));
            episode.set_raw("duration_minutes", "-0.0");
        }
        2 => {
            episode.set_raw("title", r#""lone \ud83d, zero \u0000, 😀, \"quoted\"""#);
            episode.set_raw("avg_complexity", "1");
        }
        3 => episode.remove(&[
            "llm_tags",
            "related_episode_ids",
            "last_accessed",
            "urgency_max",
        ]),
        4 => {
            let Some((_, Json::List(messages))) =
                episode.0.iter_mut().find(|(name, _)| name == "messages")
            else {
                return;
            };
            messages.push(Json::raw(
                r#"{"content": "first the content", "role": "assistant", "model": "m-1", "tokens": 1e22, "score": NaN}"#,
            ));
            episode.set_raw("message_count", (2 * NODES_PER_EPISODE + 1).to_string());
        }
        5 => {
            episode.set_raw("emotional_arc", "\"neutral→positive\"");
            episode.set_raw("participants", r#"["a", {"b": -0.0}]"#);
            episode.set_raw("related_episode_ids", r#"["conv-of-another-time", ""]"#);
        }
        6 => episode.0.reverse(),
        7 => {
            let llm_tags = r#"{"summary": "Zusammenfassung: größer", "key_entities": ["\u00e9"], "confidence": 1e-7}"#;
            episode.set_raw("llm_tags", llm_tags);
        }
        _ => {}
    }
}

/// All zero, zeros with a sign, not of length 1, with numbers too small to be normal.
pub(super) fn vector(vector: &mut [f32], index: usize) {
    match index % 16 {
        5 => vector.fill(0.0),
        7 => vector.iter_mut().step_by(3).for_each(|x| *x = -0.0),
        9 => vector.iter_mut().for_each(|x| *x *= 3.5),
        11 => vector.iter_mut().step_by(2).for_each(|x| *x = 1e-40),
        13 if index % 32 == 13 => vector.fill(-0.0),
        _ => {}
    }
}
