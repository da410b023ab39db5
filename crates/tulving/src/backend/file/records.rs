//! The record of a memory, as the origin's files and the journal have it.

use super::access_statistics;
use super::error::FileError;
use crate::json::{self, Value};
use crate::model::{Kind, Memory, Scope};
use crate::record::{self, Flaw, Part, Reason, Stamp};

/// Reads a record as a memory of the scope.
pub(super) fn read(kind: Kind, value: &mut Value<'_>, scope: Scope) -> Result<Memory, Flaw> {
    let stamp = Stamp::only(scope);
    Ok(record::read(kind, value, &stamp)?.memory)
}

/// Renders a memory as the record that is stored, in canonical form.
///
/// # Errors
/// If its carry was tampered with.
pub(super) fn render(memory: &Memory) -> Result<Vec<u8>, FileError> {
    let refused = |source: json::ParseError| FileError::Refused {
        kind: memory.kind(),
        id: memory.id().to_owned(),
        flaw: Flaw::new(Reason::WrongType, source.to_string()),
    };
    let mut bytes = Vec::new();
    record::write(memory, Part::Everything, &mut bytes).map_err(refused)?;
    let (count, last) = memory.usage();
    if let Some(last) = last {
        let mut value = json::parse(&bytes).map_err(refused)?;
        let says = |key| value.get(key).is_some_and(|value| *value != Value::Null);
        if !(says("access_count") && says("last_accessed")) {
            access_statistics::set(&mut value, count, last);
            let mut told = Vec::new();
            json::write(&value, &mut told);
            return Ok(told);
        }
    }
    Ok(bytes)
}

/// Returns the cluster that a record names, sound or not: its place in the file counts for clusters.json.
pub(super) fn cluster(value: &Value<'_>) -> Option<i64> {
    match value.get("cluster_id") {
        Some(Value::Number(number)) => number.parse().ok(),
        _ => None,
    }
}

/// Returns whether a record has a key for whose it is, whatever that says.
pub(super) fn is_stamped(value: &Value<'_>) -> bool {
    ["user_id", "tenant_id"]
        .into_iter()
        .any(|key| value.get(key).is_some())
}
