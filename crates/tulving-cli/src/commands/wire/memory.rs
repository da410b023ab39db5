//! Memories as `--json` prints them.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use tulving::model::{Column, Memory};
use tulving::store::Hit;

use super::verbatim::Source;

/// `tulving get` and `tulving list`: the kind, the fields in their order, and the others.
pub(in crate::commands) struct WireMemory(Memory);

impl From<Memory> for WireMemory {
    fn from(memory: Memory) -> Self {
        Self(memory)
    }
}

impl Serialize for WireMemory {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(memory) = self;
        let (kind, source) = (memory.kind(), Source::of(memory));
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", kind.as_str())?;
        for (field, column) in kind.fields().iter().zip(memory.columns()) {
            let name = field.name;
            match column {
                Column::Null => map.serialize_entry(name, &())?,
                Column::Text(text) => map.serialize_entry(name, &source.text(name, &text))?,
                Column::Whole(number) => map.serialize_entry(name, &number)?,
                Column::Real(number) => map.serialize_entry(name, &number)?,
                Column::Flag(flag) => map.serialize_entry(name, &flag)?,
                Column::Time(time) => map.serialize_entry(name, &time.isoformat())?,
                Column::Json(json) => map.serialize_entry(name, &source.tree(name, &json))?,
                Column::Texts(texts) => map.serialize_entry(name, &source.texts(name, &texts))?,
            }
        }
        map.serialize_entry("extra", &source.extra(memory.extra()))?;
        map.end()
    }
}

/// A hit of `tulving search`
#[derive(serde::Serialize)]
pub(in crate::commands) struct WireHit {
    id: String,
    kind: &'static str,
    score: f64,
    rank: usize,
    arms: WireArms,
    snippet: String,
    created_at: String,
    source: String,
    conversation_id: Option<String>,
}

#[derive(serde::Serialize)]
struct WireArms {
    vector: Option<WireArm>,
    keyword: Option<WireArm>,
}

#[derive(serde::Serialize)]
struct WireArm {
    rank: usize,
    score: f64,
}

impl From<&Hit> for WireHit {
    fn from(hit: &Hit) -> Self {
        let arm = |arm: Option<tulving::search::fusion::Arm>| {
            arm.map(|arm| WireArm {
                rank: arm.rank,
                score: arm.score,
            })
        };
        let facts = hit.memory.facts();
        Self {
            id: facts.id,
            kind: facts.kind.as_str(),
            score: hit.score,
            rank: hit.rank,
            arms: WireArms {
                vector: arm(hit.vector),
                keyword: arm(hit.keyword),
            },
            snippet: hit.snippet.text.clone(),
            created_at: facts.created_at.isoformat(),
            source: hit.memory.source().to_owned(),
            conversation_id: facts.conversation_id,
        }
    }
}
