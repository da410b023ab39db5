//! JSON as Python writes it, kept as it stands.
//!
//! Files that `json.dump` wrote hold what strict readers refuse or quietly change: `NaN` and
//! `Infinity`, lone surrogates (`"\ud83d"`), `\u0000`, integers of any length, repeated keys.
//! Here a number is its own spelling, a string may hold what a Python `str` may, and keys keep
//! their order and their repetitions, so that what was read can be written back.
//!
//! [`Records`] cuts a file into the elements of its array, [`parse()`] judges one of them,
//! [`Values`] does it with a file of any shape, [`document()`] reads a file that is one value, and [`write()`] gives the one canonical form that digests are taken of.
//!
//! | module | holds |
//! |---|---|
//! | `parse`, `value`, `text` | the parser, and what it gives |
//! | `write`, `escape` | the serializer, of values and of strings |
//! | `records` | a file with one array, cut into its elements |
//! | `values` | a file of any shape (array, list in an object, lines), cut into values |
//! | `input` | the part of a file that has been read and not used |
//! | `scan` | the next byte that matters, found eight at a time |
//! | `encoding` | byte order marks, and encodings other than UTF-8 |

mod encoding;
mod escape;
mod input;
mod parse;
mod records;
mod scan;
mod text;
mod value;
mod values;
mod write;

pub use encoding::{Foreign, unmarked};
pub use escape::write_text;
pub use parse::{MAX_DEPTH, ParseError, Reason, document, parse, parse_within};
pub use records::{DEFAULT_LIMIT, Records, RecordsError, Span};
pub use text::Text;
pub use value::Value;
pub use values::{Values, ValuesError};
pub use write::{write, write_indented};
