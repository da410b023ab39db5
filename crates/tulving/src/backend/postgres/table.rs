//! How nodes and episodes lie in their tables.

use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use super::copy::CopyRows;
use super::error::DatabaseError;
use super::wire;
use crate::model::{Episode, Node, UnknownWord};
use crate::record::Record;
use crate::search::text;

/// A memory with its place in the source and its vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored<R> {
    /// Place in the source, from 0.
    pub ord: u64,
    /// The memory.
    pub record: R,
    /// Its vector, as exact as it came.
    pub vector: Option<Vec<f32>>,
}

impl<R> Stored<R> {
    /// Whether two vectors are equal bit for bit: −0 is not 0.
    #[must_use]
    pub fn has_vector_of(&self, other: &Self) -> bool {
        match (&self.vector, &other.vector) {
            (Some(one), Some(other)) => one
                .iter()
                .map(|number| number.to_bits())
                .eq(other.iter().map(|number| number.to_bits())),
            (one, other) => one.is_none() && other.is_none(),
        }
    }
}

/// A kind of memory that has a table.
pub(crate) trait Table: Record {
    /// Where the memories are.
    const TABLE: &'static str;
    /// Where the narrow form of their vectors is.
    const NARROW: &'static str;
    /// Where the postings of their words are.
    const POSTINGS: &'static str;
    /// The columns that differ from row to row, but for `ord` and `embedding`: the record's known
    /// fields, the owner's stamp left out because the scope is the owner.
    fn columns() -> Vec<&'static str> {
        let known = Self::KNOWN.iter().copied();
        let fields = known.filter(|field| !matches!(*field, "user_id" | "tenant_id"));
        fields.chain(["extra", "carry"]).collect()
    }

    /// The text that it is found by.
    fn words(&self) -> String;
    /// Appends the fields of [`Self::columns`].
    fn encode(&self, row: &mut CopyRows);
    /// Reads the fields of [`Self::columns`].
    fn decode(fields: &mut Columns<'_>) -> Result<Self, DatabaseError>;
}

/// Reads the fields of a row from left to right.
pub(crate) struct Columns<'r> {
    table: &'static str,
    row: &'r Row,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(crate) fn new<R: Table>(row: &'r Row) -> Self {
        Self {
            table: R::TABLE,
            row,
            next: 0,
        }
    }

    pub(crate) fn get<T: FromSql<'r>>(&mut self) -> Result<T, DatabaseError> {
        let at = self.next;
        self.next += 1;
        self.row.try_get(at).map_err(|error| {
            let cause = std::error::Error::source(&error)
                .map_or_else(|| error.to_string(), ToString::to_string);
            self.damaged(at, &cause)
        })
    }

    /// Names the row, whose id is its first field, and the column.
    fn damaged(&self, at: usize, why: &str) -> DatabaseError {
        let columns = self.row.columns();
        let column = columns.get(at).map_or("?", |column| column.name());
        let id: &str = self.row.try_get(0).unwrap_or("?");
        let table = self.table;
        DatabaseError::Damaged {
            what: format!("{table}.{column} of {id:?} holds what was never stored there: {why}"),
        }
    }

    fn word<T: std::str::FromStr<Err = UnknownWord>>(&mut self) -> Result<T, DatabaseError> {
        let (at, text) = (self.next, self.get::<&str>()?);
        text.parse()
            .map_err(|UnknownWord { .. }| self.damaged(at, &format!("{text:?}")))
    }

    /// A vector that was selected through `vector_send`.
    pub(crate) fn vector(&mut self) -> Result<Option<Vec<f32>>, DatabaseError> {
        let (at, raw) = (self.next, self.get::<Option<&[u8]>>()?);
        raw.map(|raw| wire::vector(raw).ok_or_else(|| self.damaged(at, "its form is unknown")))
            .transpose()
    }
}

impl Table for Node {
    const TABLE: &'static str = "memory_nodes";
    const NARROW: &'static str = "node_vectors";
    const POSTINGS: &'static str = "node_postings";

    fn words(&self) -> String {
        text::indexed_node(self)
    }

    fn encode(&self, row: &mut CopyRows) {
        row.text(&self.id);
        row.text(&self.conversation_id);
        row.bigint(self.sequence_index);
        row.text(&self.human_content);
        row.text(&self.assistant_content);
        row.text(&self.source);
        row.timestamp(self.created_at);
        row.text(self.intent_type.as_str());
        row.text(self.complexity.as_str());
        row.smallint(self.technical_depth);
        row.text(self.emotional_valence.as_str());
        row.text(self.urgency.as_str());
        row.text(self.conversation_mode.as_str());
        row.boolean(self.action_required);
        row.boolean(self.has_code);
        row.boolean(self.has_error);
        row.jsonb(&self.tags);
        row.optional(self.cluster_id, CopyRows::bigint);
        row.optional(self.cluster_label.as_deref(), CopyRows::text);
        row.double(self.cluster_confidence);
        row.bigint(self.access_count);
        row.optional(self.last_accessed, CopyRows::timestamp);
        row.jsonb(&self.extra);
        row.optional(self.carry.as_deref(), CopyRows::bytea);
    }

    fn decode(fields: &mut Columns<'_>) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: fields.get()?,
            conversation_id: fields.get()?,
            sequence_index: fields.get()?,
            human_content: fields.get()?,
            assistant_content: fields.get()?,
            source: fields.get()?,
            created_at: fields.get()?,
            intent_type: fields.word()?,
            complexity: fields.word()?,
            technical_depth: fields.get()?,
            emotional_valence: fields.word()?,
            urgency: fields.word()?,
            conversation_mode: fields.word()?,
            action_required: fields.get()?,
            has_code: fields.get()?,
            has_error: fields.get()?,
            tags: fields.get()?,
            cluster_id: fields.get()?,
            cluster_label: fields.get()?,
            cluster_confidence: fields.get()?,
            access_count: fields.get()?,
            last_accessed: fields.get()?,
            extra: fields.get()?,
            carry: fields.get()?,
        })
    }
}

impl Table for Episode {
    const TABLE: &'static str = "episodic_memories";
    const NARROW: &'static str = "episode_vectors";
    const POSTINGS: &'static str = "episode_postings";

    fn words(&self) -> String {
        text::episode(self)
    }

    fn encode(&self, row: &mut CopyRows) {
        row.text(&self.id);
        row.text(&self.title);
        row.jsonb(&self.messages);
        row.bigint(self.message_count);
        row.text(&self.source);
        row.timestamp(self.created_at);
        row.optional(self.updated_at, CopyRows::timestamp);
        row.double(self.duration_minutes);
        row.jsonb(&self.llm_tags);
        row.text(&self.dominant_intent);
        row.double(self.avg_complexity);
        row.double(self.avg_technical_depth);
        row.text(&self.emotional_arc);
        row.boolean(self.has_code);
        row.boolean(self.has_errors);
        row.text(&self.urgency_max);
        row.text_array(&self.memory_node_ids);
        row.text_array(&self.related_episode_ids);
        row.bigint(self.access_count);
        row.optional(self.last_accessed, CopyRows::timestamp);
        row.jsonb(&self.extra);
        row.optional(self.carry.as_deref(), CopyRows::bytea);
    }

    fn decode(fields: &mut Columns<'_>) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: fields.get()?,
            title: fields.get()?,
            messages: fields.get()?,
            message_count: fields.get()?,
            source: fields.get()?,
            created_at: fields.get()?,
            updated_at: fields.get()?,
            duration_minutes: fields.get()?,
            llm_tags: fields.get()?,
            dominant_intent: fields.get()?,
            avg_complexity: fields.get()?,
            avg_technical_depth: fields.get()?,
            emotional_arc: fields.get()?,
            has_code: fields.get()?,
            has_errors: fields.get()?,
            urgency_max: fields.get()?,
            memory_node_ids: fields.get()?,
            related_episode_ids: fields.get()?,
            access_count: fields.get()?,
            last_accessed: fields.get()?,
            extra: fields.get()?,
            carry: fields.get()?,
        })
    }
}
