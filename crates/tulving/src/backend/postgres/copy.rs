//! Rows in the form of COPY … (FORMAT BINARY).
//!
//! Source: PostgreSQL manual, COPY, "Binary Format"; pgvector, `vector_recv`.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::values;
use crate::model::{Json, Timestamp};

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// Builds the bytes of one COPY.
pub(crate) struct CopyRows {
    bytes: BytesMut,
}

impl CopyRows {
    pub(super) fn new() -> Self {
        let mut bytes = BytesMut::with_capacity(1 << 20);
        bytes.put_slice(SIGNATURE);
        bytes.put_u32(0); // flags
        bytes.put_u32(0); // length of the header's extension
        Self { bytes }
    }

    /// Returns the fields of one row, each by itself.
    pub(super) fn fields(write: impl FnOnce(&mut Self)) -> Vec<values::Raw> {
        let mut row = Self {
            bytes: BytesMut::new(),
        };
        write(&mut row);
        let mut rest = row.bytes.freeze();
        let mut fields = Vec::new();
        while rest.has_remaining() {
            let length = usize::try_from(rest.get_i32()).ok();
            fields.push(values::Raw(
                length.map(|length| rest.split_to(length).to_vec()),
            ));
        }
        fields
    }

    /// Begins a row of so many fields; exactly so many must follow.
    pub(super) fn row(&mut self, fields: usize) -> &mut Self {
        self.bytes
            .put_u16(u16::try_from(fields).unwrap_or(u16::MAX));
        self
    }

    fn field(&mut self, value: &[u8]) {
        // A record has at most 64 MiB, so a field's length fits.
        self.bytes
            .put_u32(u32::try_from(value.len()).unwrap_or(u32::MAX));
        self.bytes.put_slice(value);
    }

    pub(super) fn null(&mut self) {
        self.bytes.put_i32(-1);
    }

    pub(super) fn text(&mut self, value: &str) {
        self.field(value.as_bytes());
    }

    pub(super) fn bytea(&mut self, value: &[u8]) {
        self.field(value);
    }

    pub(super) fn bigint(&mut self, value: i64) {
        self.field(&value.to_be_bytes());
    }

    pub(super) fn integer(&mut self, value: i32) {
        self.field(&value.to_be_bytes());
    }

    pub(super) fn smallint(&mut self, value: i16) {
        self.field(&value.to_be_bytes());
    }

    pub(super) fn double(&mut self, value: f64) {
        self.field(&value.to_be_bytes());
    }

    pub(super) fn boolean(&mut self, value: bool) {
        self.field(&[u8::from(value)]);
    }

    pub(super) fn timestamp(&mut self, value: Timestamp) {
        self.field(&values::timestamp(value).to_be_bytes());
    }

    pub(super) fn jsonb(&mut self, value: &Json) {
        let text = value.as_str().as_bytes();
        self.bytes
            .put_u32(u32::try_from(text.len() + 1).unwrap_or(u32::MAX));
        self.bytes.put_u8(1); // version of jsonb's binary form
        self.bytes.put_slice(text);
    }

    pub(super) fn text_array(&mut self, values: &[String]) {
        const TEXT: u32 = 25;
        let dimensions = u32::from(!values.is_empty());
        let body: usize = values.iter().map(|value| 4 + value.len()).sum();
        let length = 12 + dimensions as usize * 8 + body;
        self.bytes
            .put_u32(u32::try_from(length).unwrap_or(u32::MAX));
        self.bytes.put_u32(dimensions);
        self.bytes.put_u32(0); // no NULLs
        self.bytes.put_u32(TEXT);
        if dimensions > 0 {
            self.bytes
                .put_u32(u32::try_from(values.len()).unwrap_or(u32::MAX));
            self.bytes.put_u32(1); // first index
        }
        for value in values {
            self.text(value);
        }
    }

    pub(super) fn vector(&mut self, value: &[f32]) {
        self.bytes
            .put_u32(u32::try_from(4 + 4 * value.len()).unwrap_or(u32::MAX));
        self.bytes
            .put_u16(u16::try_from(value.len()).unwrap_or(u16::MAX));
        self.bytes.put_u16(0);
        for number in value {
            self.bytes.put_f32(*number);
        }
    }

    pub(super) fn optional<T>(&mut self, value: Option<T>, put: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => put(self, value),
            None => self.null(),
        }
    }

    /// Returns how many bytes are waiting to be sent.
    pub(super) fn waiting(&self) -> usize {
        self.bytes.len()
    }

    /// Takes what is waiting.
    pub(super) fn take(&mut self) -> Bytes {
        self.bytes.split().freeze()
    }

    /// Ends the COPY and takes what is waiting.
    pub(super) fn finish(mut self) -> Bytes {
        self.bytes.put_i16(-1);
        self.bytes.freeze()
    }
}
