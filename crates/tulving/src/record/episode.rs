//! An episode as a record.

use super::fields::Fields;
use super::flaw::Flaw;
use super::{Record, assemble, ordered, real, text, time, whole};
use crate::json::{Text, Value};
use crate::model::{Episode, Json, Kind};

const LLM_TAGS: &[&str] = &[
    "summary",
    "primary_intent",
    "outcome",
    "interruption_reason",
    "key_entities",
    "emotional_arc",
    "domains",
    "time_context",
];

impl Record for Episode {
    const KIND: Kind = Kind::Episode;
    const KNOWN: &'static [&'static str] = &[
        "id",
        "title",
        "messages",
        "message_count",
        "source",
        "created_at",
        "updated_at",
        "duration_minutes",
        "llm_tags",
        "dominant_intent",
        "avg_complexity",
        "avg_technical_depth",
        "emotional_arc",
        "has_code",
        "has_errors",
        "urgency_max",
        "memory_node_ids",
        "related_episode_ids",
        "access_count",
        "last_accessed",
        "user_id",
        "tenant_id",
    ];
    const LIVE: &'static [&'static str] = &["access_count", "last_accessed"];

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
            ("title", text(&self.title)),
            ("messages", self.messages.value()),
            ("message_count", whole(self.message_count)),
            ("source", text(&self.source)),
            ("created_at", time(self.created_at)),
            ("updated_at", self.updated_at.map_or(Value::Null, time)),
            ("duration_minutes", real(self.duration_minutes)),
            ("llm_tags", ordered(&self.llm_tags, LLM_TAGS)),
            ("dominant_intent", text(&self.dominant_intent)),
            ("avg_complexity", real(self.avg_complexity)),
            ("avg_technical_depth", real(self.avg_technical_depth)),
            ("emotional_arc", text(&self.emotional_arc)),
            ("has_code", Value::Bool(self.has_code)),
            ("has_errors", Value::Bool(self.has_errors)),
            ("urgency_max", text(&self.urgency_max)),
            ("memory_node_ids", texts(&self.memory_node_ids)),
            ("related_episode_ids", texts(&self.related_episode_ids)),
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
            "access_count" => access_count(&fields).is_ok_and(|count| count == self.access_count),
            _ => fields
                .optional_time(field)
                .is_ok_and(|time| time == self.last_accessed),
        }
    }

    fn from_object(value: &Value<'_>) -> Result<(Self, u32), Flaw> {
        assemble(value, |fields| {
            let id = fields.id()?;
            let title = fields.optional_text("title")?.unwrap_or_default();
            let (messages, held) = fields.objects("messages")?;
            let held = i64::try_from(held).unwrap_or(i64::MAX);
            Ok(Self {
                id,
                title,
                messages,
                message_count: fields
                    .optional_integer("message_count", 0..=i64::MAX)?
                    .unwrap_or(held),
                source: fields.source()?,
                created_at: fields.time("created_at")?,
                updated_at: fields.optional_time("updated_at")?,
                duration_minutes: any_real(fields, "duration_minutes")?,
                llm_tags: fields.object("llm_tags")?,
                dominant_intent: fields
                    .optional_text("dominant_intent")?
                    .unwrap_or_else(|| "statement".to_owned()),
                avg_complexity: any_real(fields, "avg_complexity")?,
                avg_technical_depth: any_real(fields, "avg_technical_depth")?,
                emotional_arc: fields.optional_text("emotional_arc")?.unwrap_or_default(),
                has_code: fields.flag("has_code")?,
                has_errors: fields.flag("has_errors")?,
                urgency_max: fields
                    .optional_text("urgency_max")?
                    .unwrap_or_else(|| "low".to_owned()),
                memory_node_ids: fields.texts("memory_node_ids")?,
                related_episode_ids: fields.texts("related_episode_ids")?,
                access_count: access_count(fields)?,
                last_accessed: fields.optional_time("last_accessed")?,
                extra: fields.others(),
                carry: None,
            })
        })
    }

    fn differing(&self, other: &Self) -> Vec<&'static str> {
        differing!(self, other;
            id, title, messages, message_count, source, created_at, updated_at, duration_minutes.to_bits(), llm_tags,
            dominant_intent, avg_complexity.to_bits(), avg_technical_depth.to_bits(), emotional_arc, has_code, has_errors,
            urgency_max, memory_node_ids, related_episode_ids, access_count, last_accessed, extra)
    }
}

fn any_real(fields: &Fields<'_>, key: &str) -> Result<f64, Flaw> {
    Ok(fields
        .optional_real(key, f64::MIN..=f64::MAX)?
        .unwrap_or_default())
}

fn access_count(fields: &Fields<'_>) -> Result<i64, Flaw> {
    Ok(fields
        .optional_integer("access_count", 0..=i64::MAX)?
        .unwrap_or_default())
}

fn texts(items: &[String]) -> Value<'_> {
    Value::Array(items.iter().map(|item| text(item)).collect())
}
