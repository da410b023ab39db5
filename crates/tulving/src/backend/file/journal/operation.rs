//! Operations: what a write does, as bytes, the payload of one frame.

use super::super::catalog::Extent;
use super::super::vector_bytes;
use crate::json::{self, Value};
use crate::model::{Kind, Space, Timestamp};

/// One change of one memory or, for touches, of several.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operation {
    /// A memory is new, or takes the place of the one with its id.
    Put {
        /// Of which kind.
        kind: Kind,
        /// The record in canonical form.
        record: Vec<u8>,
        /// Its vector; without one it is found by words only.
        vector: Option<Vec<f32>>,
    },
    /// A memory is gone.
    Delete {
        /// Of which kind.
        kind: Kind,
        /// Its id.
        id: String,
    },
    /// Memories were recalled: counted once each.
    Touch {
        /// Nodes or episodes.
        kind: Kind,
        /// Their ids.
        ids: Vec<String>,
        /// When.
        time: Timestamp,
    },
    /// A document is new, or takes the place of the one with its id. Its chunks are operations of their own.
    PutDocument {
        /// The record in canonical form.
        record: Vec<u8>,
    },
    /// A document is gone.
    DeleteDocument {
        /// Its id.
        id: String,
    },
    /// A memory has a vector in a space, in the place of the one that it had there.
    Vector {
        /// Of which kind.
        kind: Kind,
        /// Its id.
        id: String,
        /// The number of the space.
        space: u32,
        /// The vector.
        vector: Vec<f32>,
    },
    /// Vectors of a further space are kept.
    AddSpace {
        /// Its number.
        number: u32,
        /// The space.
        space: Space,
    },
    /// A space is the current one.
    CutOver {
        /// Its number.
        number: u32,
    },
    /// A space is kept no longer.
    DropSpace {
        /// Its number.
        number: u32,
    },
}

/// An operation as it lies in a log: long parts are borrowed.
#[derive(Debug, PartialEq)]
pub(crate) enum Decoded<'p> {
    /// See [`Operation::Put`].
    Put {
        kind: Kind,
        record: Part<'p>,
        /// Little-endian `f32`s.
        vector: Option<Part<'p>>,
    },
    /// See [`Operation::Delete`].
    Delete { kind: Kind, id: &'p str },
    /// See [`Operation::Touch`].
    Touch {
        kind: Kind,
        ids: Vec<&'p str>,
        time: Timestamp,
    },
    /// See [`Operation::PutDocument`].
    PutDocument { record: Part<'p> },
    /// See [`Operation::DeleteDocument`].
    DeleteDocument { id: &'p str },
    /// See [`Operation::Vector`].
    Vector {
        kind: Kind,
        id: &'p str,
        space: u32,
        vector: Part<'p>,
    },
    /// See [`Operation::AddSpace`].
    AddSpace { number: u32, space: Space },
    /// See [`Operation::CutOver`].
    CutOver { number: u32 },
    /// See [`Operation::DropSpace`].
    DropSpace { number: u32 },
}

/// A part of an operation, and where it lies in the log.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Part<'p> {
    pub(crate) bytes: &'p [u8],
    pub(crate) extent: Extent,
}

impl Part<'_> {
    /// Returns the id that a record bears; `None` if it bears none.
    pub(crate) fn id(&self) -> Option<String> {
        match json::parse(self.bytes).ok()?.get("id") {
            Some(Value::String(id)) => Some(id.storable().into_owned()),
            _ => None,
        }
    }
}

const PUT: u8 = 1;
const DELETE: u8 = 2;
const TOUCH: u8 = 3;
const PUT_DOCUMENT: u8 = 4;
const DELETE_DOCUMENT: u8 = 5;
const VECTOR: u8 = 6;
const ADD_SPACE: u8 = 7;
const CUT_OVER: u8 = 8;
const DROP_SPACE: u8 = 9;

/// Appends an operation to a payload.
pub(crate) fn encode(operation: &Operation, out: &mut Vec<u8>) {
    match operation {
        Operation::Put {
            kind,
            record,
            vector,
        } => {
            out.extend([PUT, kind_byte(*kind)]);
            long(record, out);
            let numbers = vector.as_deref().unwrap_or_default();
            length(numbers.len() * 4, out);
            vector_bytes(numbers, out);
        }
        Operation::Delete { kind, id } => {
            out.extend([DELETE, kind_byte(*kind)]);
            long(id.as_bytes(), out);
        }
        Operation::Touch { kind, ids, time } => {
            out.extend([TOUCH, kind_byte(*kind)]);
            out.extend(time.micros().to_le_bytes());
            length(ids.len(), out);
            for id in ids {
                long(id.as_bytes(), out);
            }
        }
        Operation::PutDocument { record } => {
            out.push(PUT_DOCUMENT);
            long(record, out);
        }
        Operation::DeleteDocument { id } => {
            out.push(DELETE_DOCUMENT);
            long(id.as_bytes(), out);
        }
        Operation::Vector {
            kind,
            id,
            space,
            vector,
        } => {
            out.extend([VECTOR, kind_byte(*kind)]);
            long(id.as_bytes(), out);
            out.extend(space.to_le_bytes());
            length(vector.len() * 4, out);
            vector_bytes(vector, out);
        }
        Operation::AddSpace { number, space } => {
            out.push(ADD_SPACE);
            out.extend(number.to_le_bytes());
            long(space.provider.as_bytes(), out);
            long(space.model.as_bytes(), out);
            length(space.dims, out);
        }
        Operation::CutOver { number } => {
            out.push(CUT_OVER);
            out.extend(number.to_le_bytes());
        }
        Operation::DropSpace { number } => {
            out.push(DROP_SPACE);
            out.extend(number.to_le_bytes());
        }
    }
}

/// Reads the operations of a payload that begins at `offset` of its log; `None` if it is not what
/// [`encode`] writes.
pub(crate) fn decode(offset: u64, payload: &[u8]) -> Option<Vec<Decoded<'_>>> {
    let mut reader = Reader {
        payload,
        at: 0,
        offset,
    };
    let mut operations = Vec::new();
    while reader.at < payload.len() {
        let [tag] = reader.array()?;
        operations.push(match tag {
            PUT => {
                let kind = reader.kind()?;
                let (record, vector) = (reader.long()?, reader.long()?);
                if !vector.bytes.len().is_multiple_of(4) {
                    return None;
                }
                Decoded::Put {
                    kind,
                    record,
                    vector: (!vector.bytes.is_empty()).then_some(vector),
                }
            }
            DELETE => Decoded::Delete {
                kind: reader.kind()?,
                id: reader.text()?,
            },
            TOUCH => {
                let kind = reader.kind()?;
                let time = Timestamp::from_micros(i64::from_le_bytes(reader.array()?))?;
                let count = u32::from_le_bytes(reader.array()?) as usize;
                // Not trusted with an allocation: every id takes four bytes at least.
                let mut ids = Vec::with_capacity(count.min(payload.len() / 4));
                for _ in 0..count {
                    ids.push(reader.text()?);
                }
                Decoded::Touch { kind, ids, time }
            }
            PUT_DOCUMENT => Decoded::PutDocument {
                record: reader.long()?,
            },
            DELETE_DOCUMENT => Decoded::DeleteDocument { id: reader.text()? },
            VECTOR => {
                let (kind, id) = (reader.kind()?, reader.text()?);
                let (space, vector) = (reader.number()?, reader.long()?);
                if !vector.bytes.len().is_multiple_of(4) {
                    return None;
                }
                Decoded::Vector {
                    kind,
                    id,
                    space,
                    vector,
                }
            }
            ADD_SPACE => Decoded::AddSpace {
                number: reader.number()?,
                space: Space {
                    provider: reader.text()?.to_owned(),
                    model: reader.text()?.to_owned(),
                    dims: reader.number()? as usize,
                },
            },
            CUT_OVER => Decoded::CutOver {
                number: reader.number()?,
            },
            DROP_SPACE => Decoded::DropSpace {
                number: reader.number()?,
            },
            _ => return None,
        });
    }
    Some(operations)
}

/// Returns its place among all kinds.
fn kind_byte(kind: Kind) -> u8 {
    kind as u8
}

/// A payload's own limit is far below what 32 bits count.
fn length(count: usize, out: &mut Vec<u8>) {
    out.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

fn long(bytes: &[u8], out: &mut Vec<u8>) {
    length(bytes.len(), out);
    out.extend(bytes);
}

struct Reader<'p> {
    payload: &'p [u8],
    at: usize,
    /// Where the payload begins in its log.
    offset: u64,
}

impl<'p> Reader<'p> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let bytes = self.payload.get(self.at..)?.first_chunk::<N>()?;
        self.at += N;
        Some(*bytes)
    }

    fn kind(&mut self) -> Option<Kind> {
        let [kind] = self.array()?;
        Kind::ALL.get(usize::from(kind)).copied()
    }

    fn number(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn long(&mut self) -> Option<Part<'p>> {
        let length = u32::from_le_bytes(self.array()?) as usize;
        let bytes = self.payload.get(self.at..)?.get(..length)?;
        let extent = Extent {
            offset: self.offset + self.at as u64,
            len: length as u64,
        };
        self.at += length;
        Some(Part { bytes, extent })
    }

    fn text(&mut self) -> Option<&'p str> {
        std::str::from_utf8(self.long()?.bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        let time = Timestamp::from_micros(-5).unwrap();
        let operations = [
            Operation::Put {
                kind: Kind::Episode,
                record: b"{}".to_vec(),
                vector: Some(vec![1.0, -0.0]),
            },
            Operation::Put {
                kind: Kind::Node,
                record: b"[]".to_vec(),
                vector: None,
            },
            Operation::Delete {
                kind: Kind::Node,
                id: "한".to_owned(),
            },
            Operation::Touch {
                kind: Kind::Node,
                ids: vec!["a".to_owned(), String::new()],
                time,
            },
            Operation::PutDocument {
                record: b"{}".to_vec(),
            },
            Operation::DeleteDocument { id: "d".to_owned() },
            Operation::Vector {
                kind: Kind::Node,
                id: "v".to_owned(),
                space: 7,
                vector: vec![1.0],
            },
            Operation::AddSpace {
                number: 7,
                space: Space::local("m", 1),
            },
            Operation::CutOver { number: 7 },
            Operation::DropSpace { number: 0 },
        ];
        let mut payload = Vec::new();
        for operation in &operations {
            encode(operation, &mut payload);
        }
        let decoded = decode(1000, &payload).unwrap();
        let Decoded::Put {
            record,
            vector: Some(vector),
            ..
        } = decoded[0]
        else {
            panic!("not a put with a vector")
        };
        let at = |part: Part<'_>| {
            let start = part.extent.offset as usize - 1000;
            payload[start..start + part.extent.len as usize].to_vec()
        };
        assert_eq!((at(record), record.bytes), (b"{}".to_vec(), &b"{}"[..]));
        assert_eq!(
            (at(vector), vector.bytes),
            (
                vector.bytes.to_vec(),
                &[0, 0, 0x80, 0x3F, 0, 0, 0, 0x80][..]
            )
        );
        assert!(matches!(decoded[1], Decoded::Put { vector: None, .. }));
        assert!(matches!(decoded[2], Decoded::Delete { id: "한", .. }));
        let expected = Decoded::Touch {
            kind: Kind::Node,
            ids: vec!["a", ""],
            time,
        };
        assert_eq!(decoded[3], expected);
        assert!(matches!(decoded[4], Decoded::PutDocument { record } if record.bytes == b"{}"));
        assert_eq!(decoded[5], Decoded::DeleteDocument { id: "d" });
        assert!(matches!(
            decoded[6],
            Decoded::Vector { id: "v", space: 7, vector, .. } if vector.bytes == [0, 0, 0x80, 0x3F]
        ));
        let space = Space::local("m", 1);
        assert_eq!(decoded[7], Decoded::AddSpace { number: 7, space });
        assert_eq!(decoded[8], Decoded::CutOver { number: 7 });
        assert_eq!(decoded[9], Decoded::DropSpace { number: 0 });
        for len in 1..payload.len() {
            // A payload that is cut ends between two operations, or is refused.
            assert!(decode(0, &payload[..len]).is_none_or(|read| read.len() < 10));
        }
    }
}
