//! Memories as a person reads them.

use std::ops::Range;

use tulving::json::{self, Value};
use tulving::model::{Episode, Json, Memory, Node};

use crate::output::{counted, second, summary};
use crate::text::{escape, lines};

const BOLD: &str = "\x1b[1m";
const PLAIN: &str = "\x1b[0m";

/// Columns of a page.
const WIDTH: usize = 92;

/// A question and its answer, then what is known of them.
#[must_use]
pub fn node(node: &Node, has_vector: bool, bold: bool) -> String {
    let mut page = heading(&lines(&node.human_content), bold);
    if !node.assistant_content.is_empty() {
        page.push('\n');
        page.push_str(&lines(&node.assistant_content));
        page.push('\n');
    }
    let mut known = vec![
        ("id", node.id.clone()),
        (
            "said",
            format!("{}, {}", second(node.created_at), node.source),
        ),
        (
            "conversation",
            format!("{}, place {}", node.conversation_id, node.sequence_index),
        ),
    ];
    let tags = words(&node.tags);
    known.extend((!tags.is_empty()).then(|| ("tags", tags.join(", "))));
    known.extend(node.cluster_id.map(|cluster| {
        let label = node.cluster_label.as_deref();
        (
            "cluster",
            label.map_or_else(
                || cluster.to_string(),
                |label| format!("{cluster}, {label}"),
            ),
        )
    }));
    known.push(found_by(has_vector));
    known.extend(recalled(node.access_count, node.last_accessed));
    page.push('\n');
    page.push_str(&summary(&known));
    page
}

/// A conversation, turn by turn, then what is known of it.
#[must_use]
pub fn episode(episode: &Episode, has_vector: bool, bold: bool) -> String {
    let mut page = heading(&lines(&episode.title), bold);
    if let Value::Array(messages) = episode.messages.value() {
        for message in &messages {
            let field = |name| match message.get(name) {
                Some(Value::String(text)) => text.storable().into_owned(),
                Some(other) => {
                    let mut bytes = Vec::new();
                    json::write(other, &mut bytes);
                    String::from_utf8_lossy(&bytes).into_owned()
                }
                None => String::new(),
            };
            page.push('\n');
            page.push_str(&heading(&escape(&field("role")), bold));
            page.push_str(&lines(&field("content")));
            page.push('\n');
        }
    }
    let mut known = vec![
        ("id", episode.id.clone()),
        (
            "began",
            format!("{}, {}", second(episode.created_at), episode.source),
        ),
    ];
    known.extend(episode.updated_at.map(|time| ("ended", second(time))));
    let tags = words(&episode.llm_tags);
    known.extend((!tags.is_empty()).then(|| ("tags", tags.join(", "))));
    known.push((
        "memories",
        counted(episode.memory_node_ids.len() as u64, "node"),
    ));
    known.push(found_by(has_vector));
    known.extend(recalled(episode.access_count, episode.last_accessed));
    page.push('\n');
    page.push_str(&summary(&known));
    page
}

fn found_by(has_vector: bool) -> (&'static str, String) {
    let how = if has_vector {
        "meaning and words"
    } else {
        "words only: it has no vector"
    };
    ("found by", how.to_owned())
}

fn recalled(times: i64, last: Option<tulving::model::Timestamp>) -> Option<(&'static str, String)> {
    let last = last.map_or_else(String::new, |time| format!(", last {}", second(time)));
    let times = u64::try_from(times).ok().filter(|times| *times > 0)?;
    Some(("recalled", format!("{}{last}", counted(times, "time"))))
}

/// Every text in the lists of an object of lists.
fn words(lists: &Json) -> Vec<String> {
    let Value::Object(members) = lists.value() else {
        return Vec::new();
    };
    let items = members.into_iter().flat_map(|(_, list)| match list {
        Value::Array(items) => items,
        _ => Vec::new(),
    });
    let texts = items.filter_map(|item| match item {
        Value::String(text) => Some(text.storable().into_owned()),
        _ => None,
    });
    texts.collect()
}

fn heading(text: &str, bold: bool) -> String {
    if bold {
        format!("{BOLD}{text}{PLAIN}\n")
    } else {
        format!("{text}\n")
    }
}

/// The beginning of a memory on one line, for tables and questions.
#[must_use]
pub fn beginning(memory: &Memory, characters: usize) -> String {
    let text = match memory {
        Memory::Node(node) => &node.human_content,
        Memory::Episode(episode) => &episode.title,
    };
    let mut words = text.split_whitespace();
    let mut line = words.next().unwrap_or_default().to_owned();
    for word in words {
        if line.len() > 4 * characters {
            break;
        }
        line.push(' ');
        line.push_str(word);
    }
    if line.chars().count() > characters {
        line = line.chars().take(characters - 1).chain(['…']).collect();
    }
    line
}

/// A text on lines that fit a screen, indented; what `marks` cover is bold. The text is one line
/// and harmless already.
#[must_use]
pub fn marked(text: &str, marks: &[Range<usize>], indent: usize, bold: bool) -> String {
    let room = WIDTH - indent;
    let mut out = String::new();
    let mut column = 0;
    let mut at = 0;
    for word in text.split_inclusive(' ') {
        let width = word.trim_end().chars().map(columns).sum::<usize>();
        if column > 0 && column + width > room {
            out.truncate(out.trim_end().len());
            out.push('\n');
            column = 0;
        }
        if column == 0 {
            out.extend(std::iter::repeat_n(' ', indent));
        }
        for (offset, c) in word.char_indices() {
            let place = at + offset;
            let covers = |at: &dyn Fn(&Range<usize>) -> usize, place| {
                marks.iter().any(|mark| at(mark) == place)
            };
            if bold && covers(&|mark| mark.start, place) {
                out.push_str(BOLD);
            }
            out.push(c);
            if bold && covers(&|mark| mark.end, place + c.len_utf8()) {
                out.push_str(PLAIN);
            }
        }
        column += word.chars().map(columns).sum::<usize>();
        at += word.len();
    }
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
    out
}

/// Columns that a character takes on a terminal: two if it is East Asian and wide, or an emoji.
fn columns(c: char) -> usize {
    let wide = matches!(c,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}' | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}');
    1 + usize::from(wide)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_bold_across_words_and_lines_end_in_time() {
        let text = "why did the worker hang";
        let marks = [12..18, 19..23];
        assert_eq!(
            marked(text, &marks, 2, true),
            "  why did the \x1b[1mworker\x1b[0m \x1b[1mhang\x1b[0m\n"
        );
        assert_eq!(
            marked(text, &marks, 2, false),
            "  why did the worker hang\n"
        );
        let long = "word ".repeat(60);
        let page = marked(&long, &[], 4, false);
        assert!(
            page.lines()
                .all(|line| line.chars().count() <= WIDTH && line.starts_with("    w"))
        );
        assert_eq!(page.split_whitespace().count(), 60);
    }

    #[test]
    fn a_beginning_is_one_short_line() {
        let time = tulving::model::Timestamp::from_micros(0).unwrap();
        let memory = |text: &str| Memory::from(Node::new("c", 0, text, "", time));
        assert_eq!(beginning(&memory("a\n  b\tc"), 10), "a b c");
        assert_eq!(beginning(&memory("abc def ghi"), 6), "abc d…");
        assert_eq!(beginning(&memory(&"x".repeat(1 << 20)), 4), "xxx…");
        assert_eq!(beginning(&memory(""), 4), "");
    }
}
