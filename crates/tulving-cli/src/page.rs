//! Memories as a person reads them.

use std::ops::Range;

use tulving::json::{self, Value};
use tulving::model::{Chunk, Document, Episode, Json, Memory, Node, is_blank};

use crate::output::{counted, moment};
use crate::table::summary;
use crate::terminal::{Look, Screen};
use crate::text::lines;
use crate::width::{Long, wrap};

/// Columns of a page where the reader is no terminal, and on one that is wider.
const WIDTH: usize = 92;

/// Returns a memory as a person reads it: what was said, then what is known of it.
#[must_use]
pub fn memory(
    memory: &Memory,
    document: Option<&Document>,
    has_vector: bool,
    screen: Screen,
) -> String {
    match memory {
        Memory::Node(node) => self::node(node, has_vector, screen),
        Memory::Episode(episode) => self::episode(episode, has_vector, screen),
        Memory::Chunk(chunk) => self::chunk(chunk, document, has_vector, screen),
    }
}

/// Returns a question and its answer, then what is known of them.
fn node(node: &Node, has_vector: bool, screen: Screen) -> String {
    let mut page = heading(&node.human_content, screen);
    if !node.assistant_content.is_empty() {
        page.push('\n');
        page.push_str(&prose(&node.assistant_content, screen));
    }
    let mut known = vec![
        ("id", node.id.clone()),
        (
            "said",
            format!("{}, {}", moment(node.created_at), node.source),
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
    page.push_str(&summary(&known, screen));
    page
}

/// Returns a conversation, turn by turn, then what is known of it.
fn episode(episode: &Episode, has_vector: bool, screen: Screen) -> String {
    let mut page = heading(&episode.title, screen);
    if let Value::Array(messages) = episode.messages.value() {
        for message in &messages {
            page.push('\n');
            page.push_str(&heading(&field(message, "role"), screen));
            page.push_str(&prose(&field(message, "content"), screen));
        }
    }
    let mut known = vec![
        ("id", episode.id.clone()),
        (
            "began",
            format!("{}, {}", moment(episode.created_at), episode.source),
        ),
    ];
    known.extend(episode.updated_at.map(|time| ("ended", moment(time))));
    let tags = words(&episode.llm_tags);
    known.extend((!tags.is_empty()).then(|| ("tags", tags.join(", "))));
    known.push((
        "memories",
        counted(episode.memory_node_ids.len() as u64, "node"),
    ));
    known.push(found_by(has_vector));
    known.extend(recalled(episode.access_count, episode.last_accessed));
    page.push('\n');
    page.push_str(&summary(&known, screen));
    page
}

/// Returns the document that a memory is a piece of.
#[must_use]
pub fn document_of<'d>(memory: &Memory, documents: &'d [Document]) -> Option<&'d Document> {
    let Memory::Chunk(chunk) = memory else {
        return None;
    };
    documents
        .iter()
        .find(|document| document.id == chunk.document_id)
}

/// Returns where in a document a memory stands, for people: file, title, headings, page.
#[must_use]
pub fn place_in_document(memory: &Memory, document: Option<&Document>) -> Option<String> {
    let Memory::Chunk(chunk) = memory else {
        return None;
    };
    let title = document
        .map(|document| document.title.as_str())
        .filter(|title| !is_blank(title))
        .unwrap_or(&chunk.document_id);
    let headings = chunk.heading_path.iter().map(String::as_str);
    // Mostly the title is the first heading, too.
    let mut place: Vec<&str> = std::iter::once(title).chain(headings).collect();
    place.dedup();
    let file = document.map_or_else(String::new, |document| {
        format!("{}: ", document.file_name())
    });
    let page = chunk
        .page
        .map_or_else(String::new, |page| format!(", page {page}"));
    Some(format!("{file}{}{page}", place.join(" › ")))
}

/// Renders a piece of a document under its headings, then what is known of it.
fn chunk(chunk: &Chunk, document: Option<&Document>, has_vector: bool, screen: Screen) -> String {
    let mut page = String::new();
    if !chunk.heading_path.is_empty() {
        page.push_str(&heading(&chunk.heading_path.join(" › "), screen));
        page.push('\n');
    }
    page.push_str(&prose(&chunk.content, screen));
    let mut known = vec![("id", chunk.id.clone())];
    known.extend(document.map(|document| ("from", document.path.clone())));
    known.push((
        "document",
        format!("{}, place {}", chunk.document_id, chunk.chunk_index),
    ));
    known.extend(chunk.page.map(|page| ("page", page.to_string())));
    known.push((
        "read",
        format!("{}, {}", moment(chunk.created_at), chunk.source),
    ));
    let tags = words(&chunk.tags);
    known.extend((!tags.is_empty()).then(|| ("tags", tags.join(", "))));
    known.push(found_by(has_vector));
    known.extend(recalled(chunk.access_count, chunk.last_accessed));
    page.push('\n');
    page.push_str(&summary(&known, screen));
    page
}

/// Returns what a turn of a conversation says in a field.
fn field(message: &Value<'_>, name: &str) -> String {
    match message.get(name) {
        Some(Value::String(text)) => text.storable().into_owned(),
        Some(other) => {
            let mut bytes = Vec::new();
            json::write(other, &mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        }
        None => String::new(),
    }
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
    let last = last.map_or_else(String::new, |time| format!(", last {}", moment(time)));
    let times = u64::try_from(times).ok().filter(|times| *times > 0)?;
    Some(("recalled", format!("{}{last}", counted(times, "time"))))
}

/// Returns every text in the lists of an object of lists.
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

fn heading(text: &str, screen: Screen) -> String {
    let text = prose(text, screen);
    let lines = text
        .lines()
        .map(|line| screen.paint(Look::Strong, line) + "\n");
    lines.collect()
}

/// Returns what was said, with unsafe characters escaped. Its lines are cut to fit a screen, but for
/// those of code: indented, or between fences.
#[must_use]
pub fn prose(text: &str, screen: Screen) -> String {
    let Some(room) = screen.columns else {
        return lines(text) + "\n";
    };
    let mut out = String::new();
    let mut is_code = false;
    for line in lines(text).lines() {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        if is_code || is_fence || line.starts_with([' ', '\t']) {
            out.push_str(line);
            out.push('\n');
            continue;
        }
        for part in wrap(line, room, Long::Broken) {
            out.push_str(&line[part]);
            out.push('\n');
        }
    }
    out
}

/// What stands for a memory that says nothing.
const NO_TEXT: &str = "(no text)";

/// Returns a memory on one line, for tables and questions: what was asked; where nothing was, the
/// answer.
#[must_use]
pub fn one_line(memory: &Memory) -> String {
    let text = match memory {
        Memory::Node(node) if is_blank(&node.human_content) => &node.assistant_content,
        Memory::Node(node) => &node.human_content,
        Memory::Episode(episode) if is_blank(&episode.title) => return first_turn(episode),
        Memory::Episode(episode) => &episode.title,
        Memory::Chunk(chunk) => &chunk.content,
    };
    if is_blank(text) {
        return NO_TEXT.to_owned();
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// Returns what the first turn of a conversation that says anything says.
fn first_turn(episode: &Episode) -> String {
    let turns = match episode.messages.value() {
        Value::Array(messages) => messages,
        _ => Vec::new(),
    };
    let said = turns.iter().map(|message| field(message, "content"));
    let words = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = said.map(words).find(|text| !is_blank(text));
    said.unwrap_or_else(|| NO_TEXT.to_owned())
}

/// Returns a text on lines that fit a screen, indented; what `marks` cover is set apart. The text is
/// one line and harmless already.
#[must_use]
pub fn marked(text: &str, marks: &[Range<usize>], indent: usize, screen: Screen) -> String {
    let columns = screen.columns.unwrap_or(WIDTH).min(WIDTH);
    let room = columns.saturating_sub(indent).max(indent);
    let mut out = String::new();
    for line in wrap(text, room, Long::Broken) {
        out.push_str(&" ".repeat(indent));
        let mut at = line.start;
        for mark in marks {
            let (start, end) = (mark.start.max(at), mark.end.min(line.end));
            if start < end {
                out.push_str(&text[at..start]);
                out.push_str(&screen.paint(Look::Strong, &text[start..end]));
                at = end;
            }
        }
        out.push_str(&text[at..line.end]);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::width::columns;

    #[test]
    fn marks_are_set_apart_across_words_and_lines_end_in_time() {
        let text = "why did the worker hang";
        let marks = [12..18, 19..23];
        assert_eq!(
            marked(text, &marks, 2, Screen::PLAIN.coloured()),
            "  why did the \x1b[1mworker\x1b[0m \x1b[1mhang\x1b[0m\n"
        );
        assert_eq!(
            marked(text, &marks, 2, Screen::PLAIN),
            "  why did the worker hang\n"
        );
        // A mark that runs over the end of a line is set apart on both.
        let over = 0..12;
        assert_eq!(
            marked(
                "東京都庁",
                std::slice::from_ref(&over),
                0,
                Screen::of_columns(4).coloured()
            ),
            "\x1b[1m東京\x1b[0m\n\x1b[1m都庁\x1b[0m\n"
        );
        for screen in [
            Screen::PLAIN,
            Screen::of_columns(60),
            Screen::of_columns(200),
        ] {
            let page = marked(&"word 憶 ".repeat(60), &[], 4, screen);
            let most = screen.columns.unwrap_or(WIDTH).min(WIDTH);
            assert!(
                page.lines()
                    .all(|line| columns(line) <= most && line.starts_with("    "))
            );
            assert_eq!(page.split_whitespace().count(), 120);
        }
    }

    #[test]
    fn prose_is_cut_to_the_screen_and_code_is_not() {
        let text =
            "one two three four\n  indented code stays\n```\nfenced code stays too\n```\nend";
        assert_eq!(
            prose(text, Screen::of_columns(9)),
            "one two\nthree\nfour\n  indented code stays\n```\nfenced code stays too\n```\nend\n"
        );
        assert_eq!(
            prose("one two three four", Screen::PLAIN),
            "one two three four\n"
        );
    }

    #[test]
    fn a_memory_on_one_line_always_says_something() {
        let time = tulving::model::Timestamp::from_micros(0).unwrap();
        let node = |question: &str, answer: &str| {
            one_line(&Memory::from(Node::new("c", 0, question, answer, time)))
        };
        assert_eq!(node("a\n  b\tc", "d"), "a b c");
        assert_eq!(node(" \n", "an\nanswer"), "an answer");
        assert_eq!(node("", ""), "(no text)");
        // What shows nothing is as good as nothing.
        assert_eq!(node("\u{200b}", "an answer"), "an answer");
    }
}
