//! The record of a memory, as the origin's files and the journal have it.

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
    Ok(bytes)
}

/// Appends a record in canonical form as a file of records has it, indented.
///
/// # Errors
/// If it is no JSON.
pub(super) fn lay_out(canonical: &[u8], out: &mut Vec<u8>) -> Result<(), json::ParseError> {
    json::write_indented(&json::parse(canonical)?, 1, out);
    Ok(())
}

/// How a file of records begins.
pub(super) const BEGIN: &[u8] = b"[";

/// Returns what stands before a record of a file.
pub(super) fn before(is_first: bool) -> &'static [u8] {
    if is_first { b"\n  " } else { b",\n  " }
}

/// Returns how a file of records ends.
pub(super) fn end(is_empty: bool) -> &'static [u8] {
    if is_empty { b"]" } else { b"\n]" }
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
