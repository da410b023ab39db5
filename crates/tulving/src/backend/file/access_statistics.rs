//! Access statistics: how often a memory was recalled, and when.
//!
//! Told to the record itself, not to the memory that was read from it: a record that has no such
//! members would be rendered without them again.

use crate::json::{Text, Value};
use crate::model::Timestamp;

/// How often a memory was recalled since it was last written, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct AccessStatistics {
    pub(super) times: i64,
    pub(super) last: Timestamp,
}

/// Adds them to what a record says.
pub(super) fn add(record: &mut Value<'_>, touched: AccessStatistics) {
    let before = match record.get("access_count") {
        Some(Value::Number(number)) => number.parse::<i64>().unwrap_or(0),
        _ => 0,
    };
    set(record, before.saturating_add(touched.times), touched.last);
}

/// Writes into a record how often it was recalled, and when last.
pub(super) fn set(record: &mut Value<'_>, count: i64, last: Timestamp) {
    let Value::Object(members) = record else {
        return;
    };
    for (key, value) in [
        ("access_count", Value::Number(count.to_string().into())),
        ("last_accessed", Value::String(Text::from(last.isoformat()))),
    ] {
        // Of repeated keys the last counts.
        let place = members
            .iter()
            .rposition(|(name, _)| name.as_bytes() == key.as_bytes());
        match place {
            Some(place) => members[place].1 = value,
            None => members.push((Text::from(key.to_owned()), value)),
        }
    }
}
