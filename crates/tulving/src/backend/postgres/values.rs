//! Values in PostgreSQL's binary format, where the driver has no type of ours for them.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::model::{Json, Timestamp};

/// Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL counts from.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// A value of the model, as the driver reads and writes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sql<T>(pub(super) T);

impl<'r> FromSql<'r> for Sql<Timestamp> {
    fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let micros = i64::from_be_bytes(raw.try_into()?);
        micros
            .checked_add(POSTGRES_EPOCH)
            .and_then(Timestamp::from_micros)
            .map(Self)
            .ok_or_else(|| "the time is not within the years 1 to 9999".into())
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::TIMESTAMPTZ
    }
}

/// Returns the time as PostgreSQL counts it.
pub(super) fn timestamp(time: Timestamp) -> i64 {
    // Years 1 to 9999 are far from the ends of an i64.
    time.micros() - POSTGRES_EPOCH
}

impl<'r> FromSql<'r> for Sql<Json> {
    fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        // jsonb: a version byte, then text.
        let text = raw.strip_prefix(&[1]).ok_or("unknown version of jsonb")?;
        Ok(Self(Json::from_jsonb_text(std::str::from_utf8(text)?)?))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::JSONB
    }
}

/// Returns a vector in the form that `vector_send` gives: dimension and zero as u16, then f32, all
/// big-endian.
pub(super) fn vector(raw: &[u8]) -> Option<Vec<f32>> {
    let (dims, rest) = raw.split_first_chunk::<2>()?;
    let (_, floats) = rest.split_first_chunk::<2>()?;
    let (floats, remainder) = floats.as_chunks::<4>();
    let expected = usize::from(u16::from_be_bytes(*dims));
    (remainder.is_empty() && floats.len() == expected).then(|| {
        floats
            .iter()
            .map(|float| f32::from_be_bytes(*float))
            .collect()
    })
}

impl ToSql for Sql<Timestamp> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.put_i64(timestamp(self.0));
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::TIMESTAMPTZ
    }

    to_sql_checked!();
}

/// A value that was written in PostgreSQL's binary form before, of whatever type is needed.
#[derive(Debug)]
pub(super) struct Raw(pub(super) Option<Vec<u8>>);

impl ToSql for Raw {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match &self.0 {
            Some(bytes) => {
                out.put_slice(bytes);
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Returns a vector in the form that `vector_recv` takes; see [`vector`].
pub(super) fn raw_vector(numbers: &[f32]) -> Raw {
    let mut bytes = Vec::with_capacity(4 + 4 * numbers.len());
    // No vector is wider than 16,000.
    bytes.put_u16(u16::try_from(numbers.len()).unwrap_or(u16::MAX));
    bytes.put_u16(0);
    for number in numbers {
        bytes.put_f32(*number);
    }
    Raw(Some(bytes))
}
