//! A conversation as it was, whoever it was with.

use std::borrow::Cow;

use tulving_json::Value;

use crate::recalled::without_blocks;
use crate::time::Time;

/// A conversation with all its messages. It borrows from the file that it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation<'a> {
    /// Whose assistant it was with: `openai`, `anthropic`, `grok`, `gemini`, `claude-code`, `codex`, or what the normal form says.
    pub source: Cow<'static, str>,
    /// Its id in the export; made from what it holds, where the export has none.
    pub id: String,
    /// What it is called.
    pub title: Option<String>,
    /// When it began.
    pub created_at: Option<Time>,
    /// When it was last changed.
    pub updated_at: Option<Time>,
    /// All messages in the order of their tree: the active branch in its order, others where they leave it.
    pub messages: Vec<Message<'a>>,
    /// Whether the export knows only single turns, and these were put together by their times.
    pub is_grouped: bool,
    /// Whether it may begin with messages of another: a session that was resumed or forked copies those of the one before.
    pub may_repeat: bool,
}

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub struct Message<'a> {
    /// Its id in the export; empty where there is none.
    pub id: String,
    /// The id of the message that it answers or follows.
    pub parent: Option<String>,
    /// Who wrote it.
    pub role: Role,
    /// What it is.
    pub kind: MessageKind,
    /// What a person sees of it; empty for what is not text.
    pub text: String,
    /// When it was written.
    pub created_at: Option<Time>,
    /// How that is known.
    pub time_source: TimeSource,
    /// The model that wrote it.
    pub model: Option<String>,
    /// Whether it is on the branch that the person saw last, and not on one that was edited or regenerated away.
    pub active: bool,
    /// Whether the person never saw it.
    pub hidden: bool,
    /// Names of files that came with it.
    pub attachments: Vec<String>,
    /// The message as it stands in the export.
    pub raw: Value<'a>,
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The person.
    Human,
    /// The assistant.
    Assistant,
    /// A tool that the assistant used.
    Tool,
    /// Whoever set the assistant up.
    System,
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// What is said.
    Text,
    /// What the assistant thought before it said something.
    Reasoning,
    /// The assistant calls a tool.
    ToolCall,
    /// What the tool gave.
    ToolResult,
    /// What the assistant was told without the person seeing it: instructions, memories, what was found.
    Context,
    /// Files without a word.
    Attachment,
}

/// How the time of a message is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeSource {
    /// The export says it.
    Exact,
    /// It is that of the message before, or of the conversation.
    Inherited,
    /// The export says something close to it: a time without its zone, the time of the question for the answer.
    Inferred,
    /// It is not known.
    None,
}

impl Role {
    /// Returns its name: `human`, `assistant`, `tool`, `system`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
            Self::System => "system",
        }
    }
}

impl MessageKind {
    /// Returns its name, such as `text` or `tool_call`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Reasoning => "reasoning",
            Self::ToolCall => "tool_call",
            Self::ToolResult => "tool_result",
            Self::Context => "context",
            Self::Attachment => "attachment",
        }
    }
}

impl TimeSource {
    /// Returns its name, such as `exact`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Inherited => "inherited",
            Self::Inferred => "inferred",
            Self::None => "none",
        }
    }
}

impl<'a> Conversation<'a> {
    /// Makes a conversation of a source, without messages.
    #[must_use]
    pub fn new(source: impl Into<Cow<'static, str>>, id: String) -> Self {
        Self {
            source: source.into(),
            id,
            title: None,
            created_at: None,
            updated_at: None,
            messages: Vec::new(),
            is_grouped: false,
            may_repeat: false,
        }
    }

    /// Returns the same conversation, free of the file that it was read from.
    #[must_use]
    pub fn into_owned(self) -> Conversation<'static> {
        let messages = self.messages.into_iter().map(Message::into_owned);
        Conversation {
            source: self.source,
            id: self.id,
            title: self.title,
            created_at: self.created_at,
            updated_at: self.updated_at,
            messages: messages.collect(),
            is_grouped: self.is_grouped,
            may_repeat: self.may_repeat,
        }
    }
}

impl<'a> Message<'a> {
    /// Makes a message of visible text on the active branch. Its time is exact if there is one.
    #[must_use]
    pub fn new(role: Role, text: String, created_at: Option<Time>, raw: Value<'a>) -> Self {
        Self {
            id: String::new(),
            parent: None,
            role,
            kind: MessageKind::Text,
            text,
            created_at,
            time_source: match created_at {
                Some(_) => TimeSource::Exact,
                None => TimeSource::None,
            },
            model: None,
            active: true,
            hidden: false,
            attachments: Vec::new(),
            raw,
        }
    }

    /// Returns the same message, free of the file that it was read from.
    #[must_use]
    pub fn into_owned(self) -> Message<'static> {
        Message {
            id: self.id,
            parent: self.parent,
            role: self.role,
            kind: self.kind,
            text: self.text,
            created_at: self.created_at,
            time_source: self.time_source,
            model: self.model,
            active: self.active,
            hidden: self.hidden,
            attachments: self.attachments,
            raw: self.raw.into_owned(),
        }
    }

    /// Returns whether it is a part of what the person and the assistant said to each other.
    #[must_use]
    pub fn is_said(&self) -> bool {
        self.active
            && !self.hidden
            && matches!(self.role, Role::Human | Role::Assistant)
            && match self.kind {
                MessageKind::Text => !without_blocks(&self.text).trim().is_empty(),
                MessageKind::Attachment => !self.attachments.is_empty(),
                _ => false,
            }
    }

    /// Returns what it says as a part of that: its text, or the names of files without a word, as `[notes.pdf]`. What was
    /// recalled from memory (`<tulving:memory>…`) is left out: it was said before.
    #[must_use]
    pub fn said(&self) -> Option<String> {
        self.is_said().then(|| match self.kind {
            MessageKind::Attachment => format!("[{}]", self.attachments.join(", ")),
            _ => without_blocks(&self.text).trim().to_owned(),
        })
    }
}
