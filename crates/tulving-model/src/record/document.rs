//! Documents as records of JSON, and back, with nothing lost: as memories in [`record`](super).

use super::fields::Fields;
use super::{Flaw, Part, Stamp, carry, members, unreadable};
use crate::Document;
use tulving_json::{self as json, ParseError, Text, Value};

/// Reads one record; `value` is replaced by what counts as the source record under `stamp`.
///
/// # Errors
/// Says what is wrong with the record.
pub fn read(value: &mut Value<'_>, stamp: &Stamp) -> Result<Document, Flaw> {
    stamp.apply(value)?;
    let members = members(value)?;
    let mut fields = Fields::new(Document::FORM, members);
    let mut document = Document::from_columns(&mut fields)?;
    document.extra = fields.others();
    document.carry = carry::diff(members, &fields, &document);
    Ok(document)
}

/// Appends the source record of a document in canonical form.
///
/// # Errors
/// If the document's carry was tampered with.
pub fn write(document: &Document, out: &mut Vec<u8>) -> Result<(), ParseError> {
    carry::restore(document, Part::Everything, out)
}

/// Appends a source record of a document in canonical form: what [`write()`] gives for the document read
/// from it.
pub fn canonical(value: &Value<'_>, out: &mut Vec<u8>) {
    if let Value::Object(members) = value {
        carry::canonical(Document::FORM, members, Part::Everything, out);
    }
}

/// Returns a document that was made here, as it will be when it is read again: what columns cannot hold is carried.
///
/// # Errors
/// Says what is wrong with it.
pub fn admit(document: &Document, stamp: &Stamp) -> Result<Document, Flaw> {
    with(document, Vec::new(), stamp)
}

/// Returns the same document with further fields, of which it has none yet.
///
/// # Errors
/// Says what would be wrong with it.
pub fn with(
    document: &Document,
    further: Vec<(&str, Value<'_>)>,
    stamp: &Stamp,
) -> Result<Document, Flaw> {
    let mut bytes = Vec::new();
    write(document, &mut bytes).map_err(unreadable)?;
    let mut value = json::parse(&bytes).map_err(unreadable)?;
    if let Value::Object(members) = &mut value {
        let further = further.into_iter();
        members.extend(further.map(|(key, value)| (Text::from(key.to_owned()), value)));
    }
    read(&mut value, stamp)
}
