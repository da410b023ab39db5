//! A node as a record.

use super::fields::Fields;
use super::flaw::{Flaw, Reason};
use super::{Record, assemble, ordered, real, text, time, whole};
use crate::json::{Text, Value};
use crate::model::{Json, Kind, Node};

const LONGEST_CONVERSATION_ID: usize = 1024;
const TAGS: &[&str] = &["domains", "topics", "entities", "processes"];

impl Record for Node {
    const KIND: Kind = Kind::Node;
    const KNOWN: &'static [&'static str] = &[
        "id",
        "conversation_id",
        "sequence_index",
        "human_content",
        "assistant_content",
        "source",
        "created_at",
        "intent_type",
        "complexity",
        "technical_depth",
        "emotional_valence",
        "urgency",
        "conversation_mode",
        "action_required",
        "has_code",
        "has_error",
        "tags",
        "cluster_id",
        "cluster_label",
        "cluster_confidence",
        "access_count",
        "last_accessed",
        "user_id",
        "tenant_id",
    ];
    const LIVE: &'static [&'static str] = &[
        "cluster_id",
        "cluster_label",
        "cluster_confidence",
        "access_count",
        "last_accessed",
    ];

    fn id(&self) -> &str {
        &self.id
    }

    fn extra(&self) -> &Json {
        &self.extra
    }

    fn carry(&self) -> Option<&[u8]> {
        self.carry.as_deref()
    }

    fn set_carry(&mut self, carry: Option<Vec<u8>>) {
        self.carry = carry;
    }

    fn render(&self) -> Vec<(&'static str, Value<'_>)> {
        vec![
            ("id", text(&self.id)),
            ("conversation_id", text(&self.conversation_id)),
            ("sequence_index", whole(self.sequence_index)),
            ("human_content", text(&self.human_content)),
            ("assistant_content", text(&self.assistant_content)),
            ("source", text(&self.source)),
            ("created_at", time(self.created_at)),
            ("intent_type", text(self.intent_type.as_str())),
            ("complexity", text(self.complexity.as_str())),
            ("technical_depth", whole(i64::from(self.technical_depth))),
            ("emotional_valence", text(self.emotional_valence.as_str())),
            ("urgency", text(self.urgency.as_str())),
            ("conversation_mode", text(self.conversation_mode.as_str())),
            ("action_required", Value::Bool(self.action_required)),
            ("has_code", Value::Bool(self.has_code)),
            ("has_error", Value::Bool(self.has_error)),
            ("tags", ordered(&self.tags, TAGS)),
            ("cluster_id", self.cluster_id.map_or(Value::Null, whole)),
            (
                "cluster_label",
                self.cluster_label.as_deref().map_or(Value::Null, text),
            ),
            ("cluster_confidence", real(self.cluster_confidence)),
            ("access_count", whole(self.access_count)),
            (
                "last_accessed",
                self.last_accessed.map_or(Value::Null, time),
            ),
            // The owner is the scope; a stamp that the source bears is carried.
            ("user_id", Value::Null),
            ("tenant_id", Value::Null),
        ]
    }

    fn live_column_says(&self, field: &'static str, value: &Value<'_>) -> bool {
        let member = [(Text::new(field), value.clone())];
        let fields = Fields::new(Self::LIVE, &member);
        match field {
            "cluster_id" => cluster_id(&fields).is_ok_and(|id| id == self.cluster_id),
            "cluster_label" => fields
                .optional_text(field)
                .is_ok_and(|label| label == self.cluster_label),
            "cluster_confidence" => {
                cluster_confidence(&fields).is_ok_and(|c| c == self.cluster_confidence)
            }
            "access_count" => access_count(&fields).is_ok_and(|count| count == self.access_count),
            _ => fields
                .optional_time(field)
                .is_ok_and(|time| time == self.last_accessed),
        }
    }

    fn from_object(value: &Value<'_>) -> Result<(Self, u32), Flaw> {
        assemble(value, |fields| {
            Ok(Self {
                id: fields.id()?,
                conversation_id: conversation_id(fields)?,
                sequence_index: fields.integer("sequence_index", 0..=i64::MAX)?,
                human_content: fields.stored_text("human_content")?,
                assistant_content: fields.stored_text("assistant_content")?,
                source: fields.source()?,
                created_at: fields.time("created_at")?,
                intent_type: fields.word("intent_type")?,
                complexity: fields.word("complexity")?,
                technical_depth: technical_depth(fields)?,
                emotional_valence: fields.word("emotional_valence")?,
                urgency: fields.word("urgency")?,
                conversation_mode: fields.word("conversation_mode")?,
                action_required: fields.flag("action_required")?,
                has_code: fields.flag("has_code")?,
                has_error: fields.flag("has_error")?,
                tags: fields.object("tags")?,
                cluster_id: cluster_id(fields)?,
                cluster_label: fields.optional_text("cluster_label")?,
                cluster_confidence: cluster_confidence(fields)?,
                access_count: access_count(fields)?,
                last_accessed: fields.optional_time("last_accessed")?,
                extra: fields.others(),
                carry: None,
            })
        })
    }

    fn differing(&self, other: &Self) -> Vec<&'static str> {
        differing!(self, other;
            id, conversation_id, sequence_index, human_content, assistant_content, source, created_at,
            intent_type, complexity, technical_depth, emotional_valence, urgency, conversation_mode,
            action_required, has_code, has_error, tags, cluster_id, cluster_label, cluster_confidence.to_bits(),
            access_count, last_accessed, extra)
    }
}

fn conversation_id(fields: &Fields<'_>) -> Result<String, Flaw> {
    let id = fields.stored_text("conversation_id")?;
    if id.len() <= LONGEST_CONVERSATION_ID {
        return Ok(id);
    }
    Err(Flaw::new(
        Reason::TooLong,
        format!(
            "`conversation_id` has {} bytes; {LONGEST_CONVERSATION_ID} are allowed",
            id.len()
        ),
    ))
}

fn technical_depth(fields: &Fields<'_>) -> Result<i16, Flaw> {
    let depth = fields.optional_integer("technical_depth", 0..=10)?;
    Ok(depth
        .and_then(|depth| i16::try_from(depth).ok())
        .unwrap_or_default())
}

fn cluster_id(fields: &Fields<'_>) -> Result<Option<i64>, Flaw> {
    fields.optional_integer("cluster_id", i64::MIN..=i64::MAX)
}

fn cluster_confidence(fields: &Fields<'_>) -> Result<f64, Flaw> {
    Ok(fields
        .optional_real("cluster_confidence", 0.0..=1.0)?
        .unwrap_or_default())
}

fn access_count(fields: &Fields<'_>) -> Result<i64, Flaw> {
    Ok(fields
        .optional_integer("access_count", 0..=i64::MAX)?
        .unwrap_or_default())
}
