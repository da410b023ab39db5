//! How often a memory was recalled, and when.
//!
//! Told to the record itself, not to the memory that was read from it: a record that has no such
//! members would be rendered without them again.

use crate::json::{Text, Value};
use crate::model::{Memory, Timestamp};

/// How often a memory was recalled since it was last written, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Touched {
    pub(super) times: i64,
    pub(super) last: Timestamp,
}

/// How often a memory was recalled in all, and when.
pub(super) fn of(memory: &Memory) -> (i64, Option<Timestamp>) {
    match memory {
        Memory::Node(node) => (node.access_count, node.last_accessed),
        Memory::Episode(episode) => (episode.access_count, episode.last_accessed),
    }
}

/// Says so of a memory.
pub(super) fn tell(memory: &mut Memory, (count, last): (i64, Option<Timestamp>)) {
    let (access_count, last_accessed) = match memory {
        Memory::Node(node) => (&mut node.access_count, &mut node.last_accessed),
        Memory::Episode(episode) => (&mut episode.access_count, &mut episode.last_accessed),
    };
    (*access_count, *last_accessed) = (count, last);
}

/// Adds to what a record says.
pub(super) fn add(record: &mut Value<'_>, touched: Touched) {
    let before = match record.get("access_count") {
        Some(Value::Number(number)) => number.parse::<i64>().unwrap_or(0),
        _ => 0,
    };
    set(record, before.saturating_add(touched.times), touched.last);
}

/// Says in a record how often, and when last.
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
