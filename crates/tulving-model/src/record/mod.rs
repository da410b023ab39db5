//! Memories as records of JSON, and back, with nothing lost.
//!
//! [`read`] turns a record into a [`Memory`]: typed columns, plus a *carry* that holds what those
//! columns could not give back. [`write()`] renders the record again. For every record that `read` accepts,
//! `write` gives the same canonical bytes: white space and the spelling of escapes are the only
//! things not kept.
//!
//! | module | holds |
//! |---|---|
//! | `fields`, `render` | a record's fields to typed columns, and back |
//! | `carry` | what columns cannot give back |
//! | `part` | which fields are meant: all, or those that do not change while a memory is used |
//! | [`document`] | the same for documents |
//! | `stamp` | the owner that a record names |
//! | `flaw` | what can be wrong with a record |
//!
//! ```
//! use tulving_model::{Kind, Memory, Scope};
//! use tulving_model::record::{self, Part, Stamp};
//!
//! let source = br#"{"id":"mem_0123456789abcdef","conversation_id":"c1","sequence_index":0,
//!     "human_content":"Why did the worker hang? \ud83d","assistant_content":"The pool was empty.",
//!     "source":"anthropic","created_at":"2024-01-15T10:30:00","mood":NaN}"#;
//! let mut value = tulving_json::parse(source)?;
//! let owner = Scope::User(uuid::Uuid::new_v4());
//!
//! let read = record::read(Kind::Node, &mut value, &Stamp::only(owner)).unwrap();
//! let Memory::Node(node) = &read.memory else { unreachable!("a node was read") };
//! assert_eq!(node.human_content, "Why did the worker hang? \u{fffd}"); // what a column holds
//! assert_eq!(read.zoneless, 1); // a time without a zone is taken as UTC
//!
//! let (mut before, mut after) = (Vec::new(), Vec::new());
//! record::canonical(Kind::Node, &value, Part::Everything, &mut before);
//! record::write(&read.memory, Part::Everything, &mut after)?;
//! assert_eq!(before, after); // nothing was lost
//! # Ok::<(), tulving_json::ParseError>(())
//! ```

mod carry;
pub mod document;
mod fields;
mod flaw;
mod part;
mod render;
mod stamp;

use crate::{Kind, Memory};
use tulving_json::{self as json, ParseError, Text, Value};

use fields::Fields;
pub use fields::is_source;
pub use flaw::{Flaw, Reason};
pub use part::Part;
pub use render::render;
pub use stamp::Stamp;

/// A record that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The memory.
    pub memory: Memory,
    /// How many of its times name no zone and were taken as UTC.
    pub zoneless: u32,
}

/// Reads one record of a kind; `value` is replaced by what counts as the source record under
/// `stamp`.
///
/// # Errors
/// Says what is wrong with the record.
pub fn read(kind: Kind, value: &mut Value<'_>, stamp: &Stamp) -> Result<Read, Flaw> {
    stamp.apply(value)?;
    let members = members(value)?;
    let mut fields = Fields::new(kind.form(), members);
    let mut memory = Memory::from_columns(kind, &mut fields)?;
    memory.set_extra(fields.others());
    memory.set_carry(carry::diff(members, &fields, &memory));
    Ok(Read {
        memory,
        zoneless: fields.zoneless(),
    })
}

/// Returns the members of a record.
fn members<'v>(value: &'v Value<'v>) -> Result<&'v [fields::Member<'v>], Flaw> {
    match value {
        Value::Object(members) => Ok(members),
        other => Err(Flaw::new(
            Reason::NotAnObject,
            format!("the element must be an object, but is {}", other.kind()),
        )),
    }
}

/// Appends the source record of a memory in canonical form.
///
/// # Errors
/// If the memory's carry was tampered with.
pub fn write(memory: &Memory, part: Part, out: &mut Vec<u8>) -> Result<(), ParseError> {
    carry::restore(memory, part, out)
}

/// Appends a source record of a kind in canonical form: what [`write()`] gives for the memory read
/// from it.
pub fn canonical(kind: Kind, value: &Value<'_>, part: Part, out: &mut Vec<u8>) {
    if let Value::Object(members) = value {
        carry::canonical(kind.form(), members, part, out);
    }
}

/// Returns a memory that was made here, as it will be when it is read again: what columns cannot hold is
/// carried.
///
/// # Errors
/// Says what is wrong with it.
pub fn admit(memory: &Memory, stamp: &Stamp) -> Result<Memory, Flaw> {
    let bytes = whole(memory)?;
    if bytes.len() as u64 > json::DEFAULT_LIMIT {
        let (takes, limit) = (bytes.len(), json::DEFAULT_LIMIT);
        let message = format!("its record takes {takes} bytes, of which one may take {limit}");
        return Err(Flaw::new(Reason::TooLong, message));
    }
    having(memory.kind(), &bytes, Vec::new(), stamp)
}

/// Returns the same memory with other values in some fields of its record.
///
/// # Errors
/// Says what would be wrong with it.
pub fn with(
    memory: &Memory,
    fields: Vec<(&str, Value<'_>)>,
    stamp: &Stamp,
) -> Result<Memory, Flaw> {
    having(memory.kind(), &whole(memory)?, fields, stamp)
}

fn having(
    kind: Kind,
    bytes: &[u8],
    fields: Vec<(&str, Value<'_>)>,
    stamp: &Stamp,
) -> Result<Memory, Flaw> {
    let mut value = json::parse(bytes).map_err(unreadable)?;
    if let Value::Object(members) = &mut value {
        for (field, new) in fields {
            // Of a repeated key the last counts.
            match members
                .iter_mut()
                .rfind(|(key, _)| key.to_str() == Some(field))
            {
                Some((_, value)) => *value = new,
                None => members.push((Text::from(field.to_owned()), new)),
            }
        }
    }
    Ok(read(kind, &mut value, stamp)?.memory)
}

/// Returns the same memory with some fields of its record as another has them.
///
/// # Errors
/// Says what would be wrong with it.
pub fn taking(
    memory: &Memory,
    other: &Memory,
    fields: &[&str],
    stamp: &Stamp,
) -> Result<Memory, Flaw> {
    let bytes = whole(other)?;
    let other = json::parse(&bytes).map_err(unreadable)?;
    let taken = fields
        .iter()
        .filter_map(|field| Some((*field, other.get(field)?.clone())));
    with(memory, taken.collect(), stamp)
}

fn whole(memory: &Memory) -> Result<Vec<u8>, Flaw> {
    let mut bytes = Vec::new();
    write(memory, Part::Everything, &mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

fn unreadable(error: ParseError) -> Flaw {
    Flaw::new(Reason::WrongType, error.to_string())
}

/// Returns whether two memories are the same but for their live fields.
#[must_use]
pub fn same_content(one: &Memory, other: &Memory) -> bool {
    let content = |memory: &Memory| {
        let mut bytes = Vec::new();
        write(memory, Part::Content, &mut bytes).map(|()| bytes)
    };
    one.kind() == other.kind()
        && matches!((content(one), content(other)), (Ok(one), Ok(other)) if one == other)
}
