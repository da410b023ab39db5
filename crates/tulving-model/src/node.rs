//! Nodes: one question and its answer.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use super::column::{Column, FieldType};
use super::field::{ColumnSource, Field, Form, Record, Shape, record_kind};
use super::{Json, Sequence, Timestamp};
use crate::hex;

/// A word that is not among those a field may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord {
    /// The words the field may hold.
    pub known: &'static [&'static str],
}

/// A closed set of words: an enum, the word that counts where none is given, and the text of each.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident = $missing:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $(#[doc = concat!("`", $text, "`")] $variant),+ }

        impl $name {
            /// Every word, in the order of the documentation.
            pub const WORDS: &'static [&'static str] = &[$($text),+];

            const SHAPE: Shape = Shape::Word { words: Self::WORDS, missing: Self::$missing.as_str() };

            /// Returns the word, as files and the database hold it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl Default for $name {
            fn default() -> Self { Self::$missing }
        }

        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text { $($text => Ok(Self::$variant),)+ _ => Err(UnknownWord { known: Self::WORDS }) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }

        impl FieldType for $name {
            fn to_column(&self) -> Column<'_> { Column::Text(Cow::Borrowed(self.as_str())) }

            fn from_column(column: Column<'static>) -> Option<Self> {
                match column {
                    Column::Text(text) => text.parse().ok(),
                    _ => None,
                }
            }
        }
    };
}

words! {
    /// What the person wanted.
    IntentType = Statement { Question = "question", Request = "request", Statement = "statement", Complaint = "complaint", Celebration = "celebration" }
}
words! {
    /// How involved the exchange is.
    Complexity = Simple { Simple = "simple", Moderate = "moderate", Complex = "complex" }
}
words! {
    /// The mood of the exchange.
    EmotionalValence = Neutral { Positive = "positive", Neutral = "neutral", Negative = "negative" }
}
words! {
    /// How pressing it was.
    Urgency = Low { Low = "low", Medium = "medium", High = "high" }
}
words! {
    /// What kind of conversation it was part of.
    ConversationMode = Chat { Chat = "chat", Debug = "debug", Brainstorm = "brainstorm", Review = "review" }
}

record_kind! {
    /// One question and its answer. Text fields hold what a database can: U+FFFD stands for NUL and
    /// for lone surrogates; [`carry`](Self::carry) gives the original back.
    Node {
        /// Unique within a scope; 1 to 255 characters.
        id: String = Shape::Id,
        /// The conversation it belongs to; at most 1024 bytes.
        conversation_id: String = Shape::Text { most: 1024 },
        /// Place in the conversation, from 0.
        sequence_index: i64 = Shape::Position,
        /// The question.
        human_content: String = Shape::Text { most: usize::MAX },
        /// The answer.
        assistant_content: String = Shape::Text { most: usize::MAX },
        /// Where the conversation was held: `[a-z0-9_-]{1,32}`.
        source: String = Shape::Source,
        /// When it was said.
        created_at: Timestamp = Shape::Time,
        /// What the person wanted.
        intent_type: IntentType = IntentType::SHAPE,
        /// How involved the exchange is.
        complexity: Complexity = Complexity::SHAPE,
        /// 0 to 10.
        technical_depth: i16 = Shape::Whole { least: 0, most: 10 },
        /// The mood of the exchange.
        emotional_valence: EmotionalValence = EmotionalValence::SHAPE,
        /// How pressing it was.
        urgency: Urgency = Urgency::SHAPE,
        /// What kind of conversation it was part of.
        conversation_mode: ConversationMode = ConversationMode::SHAPE,
        /// Whether something was left to do.
        action_required: bool = Shape::Flag,
        /// Whether it holds code.
        has_code: bool = Shape::Flag,
        /// Whether it holds an error message.
        has_error: bool = Shape::Flag,
        /// An object: `domains`, `topics`, `entities`, `processes`, each a list of strings.
        tags: Json = Shape::Object { keys: TAGS },
        /// −1 is noise; `None` is not clustered.
        cluster_id: Option<i64> = Shape::MaybeWhole; live,
        /// What the cluster is about.
        cluster_label: Option<String> = Shape::MaybeText; live,
        /// 0 to 1.
        cluster_confidence: f64 = Shape::Real { least: 0.0, most: 1.0 }; live,
        /// How often it was recalled.
        access_count: i64 = Shape::Whole { least: 0, most: i64::MAX }; live,
        /// When it was last recalled.
        last_accessed: Option<Timestamp> = Shape::MaybeTime; live,
    }
}

const TAGS: &[&str] = &["domains", "topics", "entities", "processes"];

impl Record for Node {
    const SEQUENCE: Option<Sequence> = Some(Sequence {
        container: "conversation_id",
        index: "sequence_index",
    });
    const TAGS: &'static str = "tags";

    fn tags(&self) -> &Json {
        &self.tags
    }

    fn position(&self) -> Option<(&str, i64)> {
        Some((&self.conversation_id, self.sequence_index))
    }

    fn place(&mut self, index: i64, keeps_id: bool) {
        match keeps_id {
            true => self.sequence_index = index,
            false => self.place(index),
        }
    }

    fn cluster_id(&self) -> Option<i64> {
        self.cluster_id
    }

    fn cluster_label(&self) -> Option<&str> {
        self.cluster_label.as_deref()
    }

    fn set_cluster(&mut self, id: Option<i64>, label: Option<String>, confidence: f64) {
        (self.cluster_id, self.cluster_label) = (id, label);
        self.cluster_confidence = confidence;
    }
}

impl Node {
    /// Makes a node with nothing but what was said, and everything else as it is when nobody knows.
    #[must_use]
    pub fn new(
        conversation_id: &str,
        sequence_index: i64,
        human_content: &str,
        assistant_content: &str,
        created_at: Timestamp,
    ) -> Self {
        Self {
            id: Self::id_for(conversation_id, sequence_index, human_content),
            conversation_id: conversation_id.to_owned(),
            sequence_index,
            human_content: human_content.to_owned(),
            assistant_content: assistant_content.to_owned(),
            source: Self::OWN_SOURCE.to_owned(),
            created_at,
            intent_type: IntentType::default(),
            complexity: Complexity::default(),
            technical_depth: 0,
            emotional_valence: EmotionalValence::default(),
            urgency: Urgency::default(),
            conversation_mode: ConversationMode::default(),
            action_required: false,
            has_code: false,
            has_error: false,
            tags: Json::empty_object(),
            cluster_id: None,
            cluster_label: None,
            cluster_confidence: 0.0,
            access_count: 0,
            last_accessed: None,
            extra: Json::empty_object(),
            carry: None,
        }
    }

    /// The source of memories that were made here.
    pub const OWN_SOURCE: &'static str = "tulving";

    /// Returns the id of a node, by the rule of the layout: `mem_` and 16 hex digits of the SHA-256 of
    /// conversation, place and the first 100 code points of the question.
    #[must_use]
    pub fn id_for(conversation_id: &str, sequence_index: i64, human_content: &str) -> String {
        let beginning: String = human_content.chars().take(100).collect();
        let hash = Sha256::digest(format!("{conversation_id}:{sequence_index}:{beginning}"));
        format!("mem_{}", hex(&hash[..8]))
    }

    /// Puts it at a place in its conversation: the id goes with the place.
    pub fn place(&mut self, sequence_index: i64) {
        self.id = Self::id_for(&self.conversation_id, sequence_index, &self.human_content);
        self.sequence_index = sequence_index;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_as_python_makes_it() {
        // hashlib.sha256(("c1:3:" + ("é" * 101)[:100]).encode()).hexdigest()[:16]
        let id = Node::id_for("c1", 3, &"é".repeat(101));
        assert_eq!(id, "mem_1805096d2aa93c45");
        let now = Timestamp::from_micros(0).unwrap();
        let mut node = Node::new("c1", 0, &"é".repeat(101), "a", now);
        assert_ne!(node.id, id);
        node.place(3);
        assert_eq!((node.id, node.sequence_index), (id, 3));
    }
}
