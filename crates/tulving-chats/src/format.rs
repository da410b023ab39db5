//! What a format of chats is, and which there are.

use tulving_json::Value;

use crate::formats;
use crate::out::Out;

/// A format of exports or transcripts: it says which records are its own, and makes conversations of them.
///
/// `docs/writing-a-format.md` shows how one is written.
pub trait Format: Sync {
    /// Returns the source of its conversations, such as `openai`.
    fn name(&self) -> &'static str;

    /// Returns the keys under which an object holds the list of its records, for exports that are an object.
    fn lists(&self) -> &'static [&'static str] {
        &[]
    }

    /// Returns whether a record is one of this format, by how it is built and never by the name of its file.
    fn recognises(&self, record: &Record<'_>) -> bool;

    /// Begins to read a file.
    fn reading(&self) -> Box<dyn Reading>;
}

/// A file that is being read: it takes one record after the other.
pub trait Reading {
    /// Takes a record of the file. It may be one that the format does not recognise, if no other does.
    fn record(&mut self, record: Record<'_>, out: &mut Out<'_>);

    /// Takes that there are no more.
    fn end(&mut self, _out: &mut Out<'_>) {}
}

/// A piece of a file: what is read at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Record<'a> {
    /// An element of an array, an object of its own, or a line.
    Json(Value<'a>),
    /// A card of an activity page, as HTML.
    Html(&'a str),
}

impl<'a> Record<'a> {
    /// Returns the JSON, if it is that.
    #[must_use]
    pub fn json(&self) -> Option<&Value<'a>> {
        match self {
            Self::Json(value) => Some(value),
            Self::Html(_) => None,
        }
    }
}

/// All formats, in the order in which they are asked.
pub(crate) const FORMATS: &[&dyn Format] = &[
    &formats::ChatGpt,
    &formats::Claude,
    &formats::Grok,
    &formats::GeminiActivity,
    &formats::GeminiWorkspace,
    &formats::AiStudio,
    &formats::ClaudeCode,
    &formats::Codex,
    &formats::Normal,
];
