//! Memories as records of JSON, and back, with nothing lost.
//!
//! [`read`] turns a record into a [`Node`](crate::model::Node) or an
//! [`Episode`](crate::model::Episode): typed columns, plus a *carry* that holds what those columns
//! could not give back. [`write()`] renders the record again. For every record that `read` accepts,
//! `write` gives the same canonical bytes: white space and the spelling of escapes are the only
//! things not kept.
//!
//! ```
//! use tulving::model::{Node, Scope};
//! use tulving::record::{self, Part, Stamp};
//!
//! let source = br#"{"id":"mem_0123456789abcdef","conversation_id":"c1","sequence_index":0,
//!     "human_content":"Why did the worker hang? \ud83d","assistant_content":"The pool was empty.",
//!     "source":"anthropic","created_at":"2024-01-15T10:30:00","mood":NaN}"#;
//! let mut value = tulving::json::parse(source)?;
//! let owner = Scope::User(uuid::Uuid::new_v4());
//!
//! let read = record::read::<Node>(&mut value, &Stamp::only(owner)).unwrap();
//! assert_eq!(read.record.human_content, "Why did the worker hang? \u{fffd}"); // what a column holds
//! assert_eq!(read.zoneless, 1); // a time without a zone is taken as UTC
//!
//! let (mut before, mut after) = (Vec::new(), Vec::new());
//! record::canonical::<Node>(&value, Part::Everything, &mut before);
//! record::write(&read.record, Part::Everything, &mut after)?;
//! assert_eq!(before, after); // nothing was lost
//! # Ok::<(), tulving::json::ParseError>(())
//! ```

/// The names of the fields in which two values differ. Real numbers are compared `.to_bits()`: −0
/// is not 0.
macro_rules! differing {
    ($one:expr, $other:expr; $($field:ident $(.$bits:ident())?),+ $(,)?) => {{
        let mut names = Vec::new();
        $(if $one.$field$(.$bits())? != $other.$field$(.$bits())? { names.push(stringify!($field)); })+
        names
    }};
}

mod carry;
mod episode;
mod fields;
mod flaw;
mod node;
mod stamp;

use crate::json::{self, ParseError, Text, Value};
use crate::model::{Json, Kind, Memory, Timestamp};

pub use fields::is_source;
use fields::{Fields, Member};
pub use flaw::{Flaw, Reason};
pub use stamp::Stamp;

/// Which fields of a record are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What was said and what is known of it.
    Content,
    /// The live fields as well: access counts and clusters, which change while a memory is used.
    Everything,
}

/// A kind of memory that has a form as a JSON record.
pub trait Record: Sized + Clone + PartialEq + Send + Sync + 'static {
    /// Which kind it is.
    const KIND: Kind;
    /// The fields with a column, in the order in which the origin writes them.
    const KNOWN: &'static [&'static str];
    /// Those of them that change while a memory is used.
    const LIVE: &'static [&'static str];

    /// Unique within a scope.
    fn id(&self) -> &str;
    /// The fields without a column: an object.
    fn extra(&self) -> &Json;
    /// What the columns cannot give back.
    fn carry(&self) -> Option<&[u8]>;
    #[doc(hidden)]
    fn set_carry(&mut self, carry: Option<Vec<u8>>);
    /// Every known field as the columns render it, in the order of [`Self::KNOWN`].
    fn render(&self) -> Vec<(&'static str, Value<'_>)>;
    /// Whether the column of a live field holds what this value of the source means.
    fn live_column_says(&self, field: &'static str, value: &Value<'_>) -> bool;
    #[doc(hidden)]
    fn from_object(value: &Value<'_>) -> Result<(Self, u32), Flaw>;
    /// The names of the columns in which two memories differ, the carry left out.
    fn differing(&self, other: &Self) -> Vec<&'static str>;
}

/// A record that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Read<R> {
    /// The memory.
    pub record: R,
    /// How many of its times name no zone and were taken as UTC.
    pub zoneless: u32,
}

/// Reads one record; `value` is replaced by what counts as the source record under `stamp`.
///
/// # Errors
/// Says what is wrong with the record.
pub fn read<R: Record>(value: &mut Value<'_>, stamp: &Stamp) -> Result<Read<R>, Flaw> {
    stamp.apply(value)?;
    let (record, zoneless) = R::from_object(value)?;
    Ok(Read { record, zoneless })
}

/// Appends the source record of a memory in canonical form.
///
/// # Errors
/// If the memory's carry was tampered with.
pub fn write<R: Record>(record: &R, part: Part, out: &mut Vec<u8>) -> Result<(), ParseError> {
    carry::restore(record, part, out)
}

/// Appends a source record in canonical form: what [`write()`] gives for the memory read from it.
pub fn canonical<R: Record>(value: &Value<'_>, part: Part, out: &mut Vec<u8>) {
    if let Value::Object(members) = value {
        carry::canonical::<R>(members, part, out);
    }
}

/// A memory that was made here, as it will be when it is read again: what columns cannot hold is
/// carried.
///
/// # Errors
/// Says what is wrong with it.
pub fn admit(memory: &Memory, stamp: &Stamp) -> Result<Memory, Flaw> {
    with(memory, Vec::new(), stamp)
}

/// The same memory with other values in some fields of its record.
///
/// # Errors
/// Says what would be wrong with it.
pub fn with(
    memory: &Memory,
    fields: Vec<(&str, Value<'_>)>,
    stamp: &Stamp,
) -> Result<Memory, Flaw> {
    Ok(match memory {
        Memory::Node(node) => reread(node, fields, stamp)?.into(),
        Memory::Episode(episode) => reread(episode, fields, stamp)?.into(),
    })
}

/// The same memory with some fields of its record as another has them.
///
/// # Errors
/// Says what would be wrong with it.
pub fn taking(
    memory: &Memory,
    other: &Memory,
    fields: &[&str],
    stamp: &Stamp,
) -> Result<Memory, Flaw> {
    let mut bytes = Vec::new();
    let written = match other {
        Memory::Node(node) => write(node, Part::Everything, &mut bytes),
        Memory::Episode(episode) => write(episode, Part::Everything, &mut bytes),
    };
    let unreadable = |error: ParseError| Flaw::new(Reason::WrongType, error.to_string());
    written.map_err(unreadable)?;
    let other = json::parse(&bytes).map_err(unreadable)?;
    let taken = fields
        .iter()
        .filter_map(|field| Some((*field, other.get(field)?.clone())));
    with(memory, taken.collect(), stamp)
}

fn reread<R: Record>(record: &R, fields: Vec<(&str, Value<'_>)>, stamp: &Stamp) -> Result<R, Flaw> {
    let unreadable = |error: ParseError| Flaw::new(Reason::WrongType, error.to_string());
    let mut bytes = Vec::new();
    write(record, Part::Everything, &mut bytes).map_err(unreadable)?;
    let mut value = json::parse(&bytes).map_err(unreadable)?;
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
    Ok(read(&mut value, stamp)?.record)
}

/// Whether two memories are the same but for their live fields.
#[must_use]
pub fn same_content(one: &Memory, other: &Memory) -> bool {
    fn same<R: Record>(one: &R, other: &R) -> bool {
        let content = |record: &R| {
            let mut bytes = Vec::new();
            write(record, Part::Content, &mut bytes).map(|()| bytes)
        };
        matches!((content(one), content(other)), (Ok(one), Ok(other)) if one == other)
    }
    match (one, other) {
        (Memory::Node(one), Memory::Node(other)) => same(one, other),
        (Memory::Episode(one), Memory::Episode(other)) => same(one, other),
        _ => false,
    }
}

/// The part of reading that is the same for every kind: columns first, then what they lack.
fn assemble<R: Record>(
    value: &Value<'_>,
    columns: impl FnOnce(&Fields<'_>) -> Result<R, Flaw>,
) -> Result<(R, u32), Flaw> {
    let Value::Object(members) = value else {
        return Err(Flaw::new(
            Reason::NotAnObject,
            format!("the element must be an object, but is {}", value.kind()),
        ));
    };
    let members: &[Member<'_>] = members;
    let fields = Fields::new(R::KNOWN, members);
    let mut record = columns(&fields)?;
    record.set_carry(carry::diff(members, &fields, &record));
    Ok((record, fields.zoneless()))
}

fn text(text: &str) -> Value<'_> {
    Value::String(Text::new(text))
}

fn whole(number: i64) -> Value<'static> {
    Value::Number(number.to_string().into())
}

fn time(time: Timestamp) -> Value<'static> {
    Value::String(Text::from(time.isoformat()))
}

/// How a column's number of type f64 is rendered: the shortest digits that give it back.
fn real(value: f64) -> Value<'static> {
    Value::Number(format!("{value:?}").into())
}

/// An object of the columns, its known keys in the origin's order.
fn ordered<'v>(json: &'v Json, known: &[&str]) -> Value<'v> {
    match json.value() {
        Value::Object(mut members) => {
            let place = |key: &[u8]| {
                known
                    .iter()
                    .position(|name| name.as_bytes() == key)
                    .unwrap_or(known.len())
            };
            members.sort_by_key(|(key, _)| place(key.as_bytes()));
            Value::Object(members)
        }
        other => other,
    }
}
