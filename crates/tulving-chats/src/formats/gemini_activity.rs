//! Gemini in a Takeout's "My Activity", as JSON or as a page: a log of single turns, newest first.

use std::collections::HashMap;

use tulving_json::{Text, Value};

use crate::conversation::{Conversation, Message, Role, TimeSource};
use crate::fields::{Fields as _, size};
use crate::format::{Format, Reading, Record};
use crate::out::{Out, hash};
use crate::page;
use crate::reason::Reason;
use crate::time::{Time, spoken};

/// Two turns further apart than this are two conversations, if nothing says to which they belong: 30 minutes, in seconds.
const GAP: i64 = 30 * 60;

/// What stands before what was asked, in the languages known.
const ASKED: [&str; 16] = [
    "Prompted with:",
    "Prompted",
    "Asked Gemini:",
    "Asked Bard:",
    "Asked",
    "Said",
    "Branched",
    "Answered",
    "Fez uma pergunta:",
    "Perguntou:",
    "Preguntó:",
    "Preguntaste:",
    "Gefragt:",
    "A demandé :",
    "A demandé:",
    "Ha chiesto:",
];

/// What stands before what was done and not asked.
const DONE: [&str; 11] = [
    "Created", "Used", "Gave", "Selected", "Added", "Shared", "Deleted", "Cleared", "Viewed",
    "Visited", "Opened",
];

/// The format.
pub(crate) struct GeminiActivity;

impl Format for GeminiActivity {
    fn name(&self) -> &'static str {
        "gemini"
    }

    fn recognises(&self, record: &Record<'_>) -> bool {
        match record {
            Record::Json(value) => {
                value.str_at("title").is_some()
                    && value.str_at("time").is_some()
                    && (value.str_at("header").is_some_and(is_gemini)
                        || value
                            .items_at("products")
                            .iter()
                            .any(|name| name.str().is_some_and(is_gemini)))
            }
            Record::Html(card) => product(card).is_some_and(is_gemini),
        }
    }

    fn reading(&self) -> Box<dyn Reading> {
        Box::new(Log::default())
    }
}

fn is_gemini(product: &str) -> bool {
    ["Gemini", "Bard", "제미나이"]
        .iter()
        .any(|name| product.contains(name))
}

/// A log that is being read: its turns are put together at the end, since they come newest first.
#[derive(Default)]
struct Log {
    turns: Vec<LoggedTurn>,
    held: u64,
}

struct LoggedTurn {
    time: Time,
    time_source: TimeSource,
    asked: String,
    answered: String,
    attachments: Vec<String>,
    /// The conversation, where a link says which.
    conversation: Option<String>,
    raw: Value<'static>,
}

impl LoggedTurn {
    /// Returns about how many bytes it takes.
    fn size(&self) -> u64 {
        (self.asked.len() + self.answered.len()) as u64 + size(&self.raw)
    }

    /// Returns the second in which it was asked: the page has no more of the time that the JSON has.
    fn second(&self) -> i64 {
        self.time.micros().div_euclid(1_000_000)
    }

    /// Makes its id of what it has in common in the page and in the JSON: the second, and the question but for its white space.
    fn id(&self) -> String {
        let asked: String = self.asked.split_whitespace().collect();
        format!("{:016x}", hash(&[&self.second().to_string(), &asked]))
    }
}

impl Reading for Log {
    fn record(&mut self, record: Record<'_>, out: &mut Out<'_>) {
        if !GeminiActivity.recognises(&record) {
            return out.skip(Reason::OtherProduct);
        }
        let turn = match record {
            Record::Json(value) => of_json(value, out),
            Record::Html(card) => of_card(card),
        };
        match turn {
            Ok(turn) => {
                if !out.is_new(&[GeminiActivity.name(), &turn.id()]) {
                    return out.skip(Reason::Duplicate);
                }
                self.held += turn.size();
                self.turns.push(turn);
                if self.held > out.limit() {
                    self.give(true, out);
                }
            }
            Err(reason) => out.skip(reason),
        }
    }

    fn end(&mut self, out: &mut Out<'_>) {
        self.give(false, out);
    }
}

impl Log {
    /// Gives the conversations of the turns that are held. Where the log goes on, it does so with what is older: the oldest
    /// conversation waits for that, unless it is large.
    fn give(&mut self, goes_on: bool, out: &mut Out<'_>) {
        self.held = 0;
        let mut conversations = grouped(std::mem::take(&mut self.turns));
        if goes_on && conversations.len() > 1 {
            let held: u64 = conversations[0].iter().map(LoggedTurn::size).sum();
            if held < out.limit() / 2 {
                self.turns = conversations.remove(0);
                self.turns.reverse();
                self.held = held;
            }
        }
        for turns in conversations {
            conversation(turns, out);
        }
    }
}

/// Puts turns, newest first, together to conversations, in the order in which they began.
fn grouped(mut turns: Vec<LoggedTurn>) -> Vec<Vec<LoggedTurn>> {
    turns.reverse();
    turns.sort_by_key(LoggedTurn::second);
    let mut conversations: Vec<Vec<LoggedTurn>> = Vec::new();
    let mut named: HashMap<String, usize> = HashMap::new();
    let mut last: Option<(usize, i64)> = None;
    for turn in turns {
        let near = last.filter(|(_, second)| turn.second() - second <= GAP);
        let place = match &turn.conversation {
            Some(id) => *named.entry(id.clone()).or_insert(conversations.len()),
            None => near.map_or(conversations.len(), |(place, _)| place),
        };
        if turn.conversation.is_none() {
            last = Some((place, turn.second()));
        }
        match conversations.get_mut(place) {
            Some(conversation) => conversation.push(turn),
            None => conversations.push(vec![turn]),
        }
    }
    conversations
}

fn conversation(turns: Vec<LoggedTurn>, out: &mut Out<'_>) {
    let Some(first) = turns.first() else {
        return;
    };
    let begun = first.time;
    let is_grouped = first.conversation.is_none();
    let id = match &first.conversation {
        // Other turns of it were given, of another file or before the log went on: they must not be replaced.
        Some(id) if out.has_given(GeminiActivity.name(), id) => format!("{id}-{}", first.id()),
        Some(id) => id.clone(),
        None => format!("gemini-{}", first.id()),
    };
    let mut conversation = Conversation::new(GeminiActivity.name(), id);
    conversation.is_grouped = is_grouped;
    conversation.created_at = Some(begun);
    conversation.updated_at = turns.last().map(|turn| turn.time);
    for turn in turns {
        let id = turn.id();
        let answered = (!turn.answered.is_empty()).then(|| Message {
            id: format!("{id}-answer"),
            parent: Some(id.clone()),
            // Only when it was asked is known.
            time_source: TimeSource::Inferred,
            ..Message::new(Role::Assistant, turn.answered, Some(turn.time), Value::Null)
        });
        conversation.messages.push(Message {
            id,
            attachments: turn.attachments,
            time_source: turn.time_source,
            ..Message::new(Role::Human, turn.asked, Some(turn.time), turn.raw)
        });
        conversation.messages.extend(answered);
    }
    out.conversation(conversation);
}

fn of_json(value: Value<'_>, out: &mut Out<'_>) -> Result<LoggedTurn, Reason> {
    let title = value.string_at("title").unwrap_or_default();
    let answers: Vec<String> = value
        .items_at("safeHtmlItem")
        .iter()
        .filter_map(|item| item.string_at("html"))
        .map(|html| page::text(&html))
        .filter(|text| !text.trim().is_empty())
        .collect();
    let answered = answers.join("\n\n");
    let asked = asked(&title, !answered.is_empty())?;
    let time = out.time(&value, "time").ok_or(Reason::Damaged)?;
    let attachments: Vec<String> = value
        .items_at("subtitles")
        .iter()
        .chain(value.items_at("details"))
        .filter_map(|item| item.string_at("name"))
        .filter(|name| is_file_name(name))
        .collect();
    let link = value.string_at("titleUrl");
    Ok(LoggedTurn {
        time,
        time_source: TimeSource::Exact,
        asked,
        answered,
        attachments,
        conversation: link.as_deref().and_then(linked),
        raw: value.into_owned(),
    })
}

fn of_card(card: &str) -> Result<LoggedTurn, Reason> {
    let (body, behind_body) = body(card).ok_or(Reason::Damaged)?;
    let mut before = String::new();
    let mut rest = body;
    // Up to the line that is a time, the text is the title; behind it, the answer.
    let (time, time_source) = loop {
        let (line, behind) = line(rest);
        if let Some(found) = time_of(line) {
            rest = behind;
            break found;
        }
        if behind.len() == rest.len() || behind.is_empty() {
            return Err(Reason::NotATurn);
        }
        before.push_str(line);
        before.push_str("<br>");
        rest = behind;
    };
    let (title, files) = without_files(&before);
    let answered = page::text(rest);
    let asked = asked(&page::text(title), !answered.trim().is_empty())?;
    let raw = vec![(
        Text::from("html".to_owned()),
        Value::String(Text::from(card.to_owned())),
    )];
    Ok(LoggedTurn {
        time,
        time_source,
        asked,
        answered,
        attachments: files,
        // Links in the answer lead to other conversations.
        conversation: linked_in(&before).or_else(|| linked_in(behind_body)),
        raw: Value::Object(raw),
    })
}

/// Reads a line that is a time. Most lines are told by their bytes, without being read as a page.
fn time_of(line: &str) -> Option<(Time, TimeSource)> {
    /// The longest such line, with its tags.
    const LONGEST: usize = 1000;
    let has_digits = || line.bytes().any(|byte| byte.is_ascii_digit());
    let may_be = line.len() <= LONGEST && line.contains(':') && has_digits();
    may_be.then(|| spoken(page::text(line).trim())).flatten()
}

/// Returns the product that a card is about.
fn product(card: &str) -> Option<&str> {
    let from = card
        .split_once("mdl-typography--title")?
        .1
        .split_once('>')?
        .1;
    from.split(['<', '\n']).next()
}

/// Returns the part of a card that says what was asked, when, and the answer; and what is behind that.
fn body(card: &str) -> Option<(&str, &str)> {
    let body = card
        .split_once("mdl-cell--6-col mdl-typography--body-1\"")?
        .1
        .split_once('>')?
        .1;
    let end = body
        .find("</div><div class=\"content-cell")
        .or_else(|| body.find("<div class=\"content-cell"));
    body.split_at_checked(end.unwrap_or(body.len()))
}

/// Splits HTML behind its first line break.
fn line(html: &str) -> (&str, &str) {
    let mut rest = html;
    while let Some((_, tag)) = rest.split_once("<br") {
        let end = tag.trim_start_matches(' ');
        if let Some(behind) = end.strip_prefix('/').unwrap_or(end).strip_prefix('>') {
            let line = html.len() - tag.len() - "<br".len();
            return (html.get(..line).unwrap_or(html), behind);
        }
        rest = tag;
    }
    (html, "")
}

/// Splits the list of files from what was asked: `2 attachments.<br>- <a …>name</a><br>…`.
fn without_files(html: &str) -> (&str, Vec<String>) {
    let mut at = 0;
    for part in html.split("<br>") {
        if is_count(part, "attachment") {
            let files = html.get(at..).unwrap_or("").split("<br>").skip(1);
            let names =
                files.map(|file| page::text(file).trim_start_matches("- ").trim().to_owned());
            return (
                html.get(..at).unwrap_or(""),
                names.filter(|name| !name.is_empty()).collect(),
            );
        }
        at += part.len() + "<br>".len();
    }
    (html, Vec::new())
}

/// Returns whether a text says how many there are of something: `1 file.`, `2 files.`
fn is_count(text: &str, what: &str) -> bool {
    let text = text.trim().trim_end_matches('.');
    text.split_once(' ').is_some_and(|(count, named)| {
        count.parse::<u32>().is_ok() && named.strip_suffix('s').unwrap_or(named) == what
    })
}

/// Returns what was asked, without the verb before it and the count of files behind it.
fn asked(title: &str, is_answered: bool) -> Result<String, Reason> {
    let title = title.trim();
    let behind = |verb: &&str| {
        let rest = title.strip_prefix(*verb)?;
        rest.starts_with(|c: char| c.is_whitespace())
            .then(|| rest.trim())
    };
    let asked = match ASKED.iter().find_map(behind) {
        Some(asked) => asked,
        None if DONE.iter().find_map(behind).is_some() => return Err(Reason::NotATurn),
        // In another language: what was answered was asked.
        None if is_answered => title,
        None => return Err(Reason::NotATurn),
    };
    let asked = match asked.rsplit_once("Attached ") {
        Some((before, files)) if is_count(files, "file") => before.trim(),
        _ => asked,
    };
    if asked.is_empty() {
        return Err(Reason::NotATurn);
    }
    Ok(asked.to_owned())
}

/// Returns the conversation that a link of a page leads to.
fn linked_in(html: &str) -> Option<String> {
    let links = html.split("href=\"").skip(1);
    links
        .filter_map(|link| link.split('"').next())
        .find_map(linked)
}

/// Returns the conversation that an address leads to.
fn linked(address: &str) -> Option<String> {
    let behind = address.split_once("gemini.google.com/app/")?.1;
    let behind = behind.strip_prefix("c/").unwrap_or(behind);
    let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
    let id = behind.get(..end.unwrap_or(behind.len()))?;
    (!id.is_empty()).then(|| id.to_owned())
}

fn is_file_name(name: &str) -> bool {
    let extension = name
        .trim_start_matches("- ")
        .rsplit_once('.')
        .map(|(_, extension)| extension);
    extension.is_some_and(|extension| {
        (1..=5).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_alphanumeric())
    })
}
