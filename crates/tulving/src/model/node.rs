//! Nodes: one question and its answer.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use super::{Json, Timestamp};
use crate::hex;

/// A word that is not among those a field may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord {
    /// The words the field may hold.
    pub known: &'static [&'static str],
}

/// A closed set of words: an enum, its default, and the text of each.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$default:meta])? $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub enum $name { $(#[doc = concat!("`", $text, "`")] $(#[$default])? $variant),+ }

        impl $name {
            /// Every word, in the order of the documentation.
            pub const WORDS: &'static [&'static str] = &[$($text),+];

            /// The word, as files and the database hold it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
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
    };
}

words! {
    /// What the person wanted.
    IntentType { Question = "question", Request = "request", #[default] Statement = "statement", Complaint = "complaint", Celebration = "celebration" }
}
words! {
    /// How involved the exchange is.
    Complexity { #[default] Simple = "simple", Moderate = "moderate", Complex = "complex" }
}
words! {
    /// The mood of the exchange.
    EmotionalValence { Positive = "positive", #[default] Neutral = "neutral", Negative = "negative" }
}
words! {
    /// How pressing it was.
    Urgency { #[default] Low = "low", Medium = "medium", High = "high" }
}
words! {
    /// What kind of conversation it was part of.
    ConversationMode { #[default] Chat = "chat", Debug = "debug", Brainstorm = "brainstorm", Review = "review" }
}

/// One question and its answer. Text fields hold what a database can: U+FFFD stands for NUL and
/// for lone surrogates; [`carry`](Self::carry) gives the original back.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Unique within a scope; 1 to 255 characters.
    pub id: String,
    /// The conversation it belongs to; at most 1024 bytes.
    pub conversation_id: String,
    /// Place in the conversation, from 0.
    pub sequence_index: i64,
    /// The question.
    pub human_content: String,
    /// The answer.
    pub assistant_content: String,
    /// Where the conversation was held: `[a-z0-9_-]{1,32}`.
    pub source: String,
    /// When it was said.
    pub created_at: Timestamp,
    /// What the person wanted.
    pub intent_type: IntentType,
    /// How involved the exchange is.
    pub complexity: Complexity,
    /// 0 to 10.
    pub technical_depth: i16,
    /// The mood of the exchange.
    pub emotional_valence: EmotionalValence,
    /// How pressing it was.
    pub urgency: Urgency,
    /// What kind of conversation it was part of.
    pub conversation_mode: ConversationMode,
    /// Whether something was left to do.
    pub action_required: bool,
    /// Whether it holds code.
    pub has_code: bool,
    /// Whether it holds an error message.
    pub has_error: bool,
    /// An object: `domains`, `topics`, `entities`, `processes`, each a list of strings.
    pub tags: Json,
    /// −1 is noise; `None` is not clustered.
    pub cluster_id: Option<i64>,
    /// What the cluster is about.
    pub cluster_label: Option<String>,
    /// 0 to 1.
    pub cluster_confidence: f64,
    /// How often it was recalled.
    pub access_count: i64,
    /// When it was last recalled.
    pub last_accessed: Option<Timestamp>,
    /// An object of the fields that are not named above.
    pub extra: Json,
    /// What the fields above cannot give back of the source record (see [`crate::record`]).
    pub carry: Option<Vec<u8>>,
}

impl Node {
    /// A node with nothing but what was said, and everything else as it is when nobody knows.
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

    /// The id of a node, by the rule of the layout: `mem_` and 16 hex digits of the SHA-256 of
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
