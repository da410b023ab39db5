//! A memory of any kind, and how it is named.

use std::fmt;

use super::column::Column;
use super::field::{self, ColumnSource, Field, Form, Record, Recorded};
use super::{Chunk, Episode, Json, Kind, Node, Sequence, Timestamp};

/// A memory of any kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Memory {
    /// One question and its answer.
    Node(Node),
    /// A whole conversation.
    Episode(Episode),
    /// A piece of a document.
    Chunk(Chunk),
}

/// What all kinds have, asked of the one that a memory is.
macro_rules! of_any {
    ($memory:expr, $record:ident => $answer:expr) => {
        match $memory {
            Memory::Node($record) => $answer,
            Memory::Episode($record) => $answer,
            Memory::Chunk($record) => $answer,
        }
    };
}

/// What the declarations of all kinds have, asked of one of them.
macro_rules! of_kind {
    ($kind:expr, $declared:ident => $answer:expr) => {
        match $kind {
            Kind::Node => {
                type $declared = Node;
                $answer
            }
            Kind::Episode => {
                type $declared = Episode;
                $answer
            }
            Kind::Chunk => {
                type $declared = Chunk;
                $answer
            }
        }
    };
}

impl Kind {
    /// Returns the fields of its memories, in the order in which the origin writes them.
    #[must_use]
    pub fn fields(self) -> &'static [Field] {
        self.form().fields
    }

    /// Returns the fields that say where its memories stand, where they stand one after the other.
    #[must_use]
    pub fn sequence(self) -> Option<Sequence> {
        of_kind!(self, Declared => Declared::SEQUENCE)
    }

    /// Returns the name of the field whose lists hold the tags of its memories.
    #[must_use]
    pub fn tags(self) -> &'static str {
        of_kind!(self, Declared => Declared::TAGS)
    }

    /// Returns whether its memories can be in a cluster.
    #[must_use]
    pub fn is_clustered(self) -> bool {
        self.field("cluster_id").is_some()
    }

    /// Returns the keys of a record that are not among its further fields
    /// ([`extra`](Memory::extra)): the fields' names and those of the owner's stamp.
    #[must_use]
    pub fn known_keys(self) -> &'static [&'static str] {
        self.form().known
    }

    /// Returns how its records look.
    pub fn form(self) -> Form {
        of_kind!(self, Declared => Declared::FORM)
    }

    /// Returns whether a field with this name changes while a memory is used.
    #[must_use]
    pub fn is_live(self, name: &str) -> bool {
        self.field(name).is_some_and(|field| field.live)
    }

    /// Returns the field with this name.
    #[must_use]
    pub fn field(self, name: &str) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.name == name)
    }
}

impl Memory {
    /// Returns its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Node(_) => Kind::Node,
            Self::Episode(_) => Kind::Episode,
            Self::Chunk(_) => Kind::Chunk,
        }
    }

    /// Returns its id, unique among the memories of its kind in one scope.
    #[must_use]
    pub fn id(&self) -> &str {
        of_any!(self, record => &record.id)
    }

    /// Returns its kind and id.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(self.kind(), self.id())
    }

    /// Returns when it was said, or began.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        of_any!(self, record => record.created_at)
    }

    /// Returns where the conversation was held.
    #[must_use]
    pub fn source(&self) -> &str {
        of_any!(self, record => &record.source)
    }

    /// Returns what it is part of, and its place in it from 0: a node in its conversation, a chunk in
    /// its document.
    #[must_use]
    pub fn position(&self) -> Option<(&str, i64)> {
        of_any!(self, record => Record::position(record))
    }

    /// Puts it at a place in what it is part of; its id goes with the place, unless it is kept.
    pub fn place(&mut self, index: i64, keeps_id: bool) {
        of_any!(self, record => Record::place(record, index, keeps_id));
    }

    /// Returns the number of the cluster that it is in; −1 is noise.
    #[must_use]
    pub fn cluster_id(&self) -> Option<i64> {
        of_any!(self, record => Record::cluster_id(record))
    }

    /// Returns what its cluster is about, if somebody said.
    #[must_use]
    pub fn cluster_label(&self) -> Option<&str> {
        of_any!(self, record => Record::cluster_label(record))
    }

    /// Says which cluster it is in, if any, what that is about, and how certain that is. What is in no clusters
    /// stays as it is.
    pub fn set_cluster(&mut self, id: Option<i64>, label: Option<String>, confidence: f64) {
        of_any!(self, record => Record::set_cluster(record, id, label, confidence));
    }

    /// Returns how often it was recalled, and when last.
    #[must_use]
    pub fn usage(&self) -> (i64, Option<Timestamp>) {
        of_any!(self, record => (record.access_count, record.last_accessed))
    }

    /// Says how often it was recalled, and when last.
    pub fn set_usage(&mut self, (count, last): (i64, Option<Timestamp>)) {
        of_any!(self, record => (record.access_count, record.last_accessed) = (count, last));
    }

    /// Returns its tags: an object of lists of texts, among other things.
    #[must_use]
    pub fn tags(&self) -> &Json {
        of_any!(self, record => Record::tags(record))
    }

    /// Returns whether it holds code.
    #[must_use]
    pub fn has_code(&self) -> bool {
        of_any!(self, record => record.has_code)
    }

    /// Returns an object of the fields that its kind does not declare.
    #[must_use]
    pub fn extra(&self) -> &Json {
        of_any!(self, record => &record.extra)
    }

    /// Returns what its fields cannot give back of its source record (see [`crate::record`]).
    #[must_use]
    pub fn carry(&self) -> Option<&[u8]> {
        of_any!(self, record => record.carry.as_deref())
    }

    /// Replaces its further fields; `extra` is an object.
    pub fn set_extra(&mut self, extra: Json) {
        of_any!(self, record => record.extra = extra);
    }

    /// Replaces what its fields cannot give back of its source record.
    pub fn set_carry(&mut self, carry: Option<Vec<u8>>) {
        of_any!(self, record => record.carry = carry);
    }

    /// Returns the values of the fields of its kind ([`Kind::fields`]), in their order.
    #[must_use]
    pub fn columns(&self) -> Vec<Column<'_>> {
        of_any!(self, record => record.columns())
    }

    /// Puts a memory together from the values of its fields.
    pub fn from_columns<S: ColumnSource>(kind: Kind, source: &mut S) -> Result<Self, S::Error> {
        of_kind!(kind, Record => Record::from_columns(source).map(Self::from))
    }

    /// Returns the names of the fields in which two memories of one kind differ, the carry left out.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<&'static str> {
        field::differing(self, other)
    }

    /// Returns what searching needs to know of it.
    #[must_use]
    pub fn facts(&self) -> Facts {
        let (conversation_id, sequence_index) =
            self.position().map_or((None, 0), |(container, index)| {
                (Some(container.to_owned()), index)
            });
        Facts {
            kind: self.kind(),
            id: self.id().to_owned(),
            conversation_id,
            sequence_index,
            created_at: self.created_at(),
            cluster_id: self.cluster_id(),
        }
    }
}

impl Recorded for Memory {
    fn form(&self) -> Form {
        self.kind().form()
    }

    fn columns(&self) -> Vec<Column<'_>> {
        self.columns()
    }

    fn extra(&self) -> &Json {
        self.extra()
    }

    fn carry(&self) -> Option<&[u8]> {
        self.carry()
    }
}

impl From<Node> for Memory {
    fn from(node: Node) -> Self {
        Self::Node(node)
    }
}

impl From<Episode> for Memory {
    fn from(episode: Episode) -> Self {
        Self::Episode(episode)
    }
}

impl From<Chunk> for Memory {
    fn from(chunk: Chunk) -> Self {
        Self::Chunk(chunk)
    }
}

/// What names a memory within a scope: each kind has ids of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Which kind it is.
    pub kind: Kind,
    /// Its id.
    pub id: String,
}

impl Key {
    /// Makes the key of a memory of this kind with this id.
    #[must_use]
    pub fn new(kind: Kind, id: impl Into<String>) -> Self {
        Self {
            kind,
            id: id.into(),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.kind.as_str(), self.id)
    }
}

/// What searching needs to know of a memory besides its score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Which kind it is.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// What it is part of: the conversation of a node, the document of a chunk; none for an episode.
    pub conversation_id: Option<String>,
    /// Its place in that; 0 for an episode.
    pub sequence_index: i64,
    /// When it was said, or began.
    pub created_at: Timestamp,
    /// A node's cluster: −1 is noise.
    pub cluster_id: Option<i64>,
}

impl Facts {
    /// Returns its kind and id.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(self.kind, self.id.clone())
    }
}
