//! A memory with all its fields.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use tulving::model::{self, Column};

use super::verbatim::Source;

/// `tulving get` and `tulving list`: the kind, the fields in their order, and the others.
#[derive(Debug)]
pub struct Memory(model::Memory);

impl From<model::Memory> for Memory {
    fn from(memory: model::Memory) -> Self {
        Self(memory)
    }
}

impl Serialize for Memory {
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
