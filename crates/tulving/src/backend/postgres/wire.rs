//! Values as PostgreSQL sends them, where the driver has no type of ours for them.

use std::error::Error;

use tokio_postgres::types::{FromSql, Type};

use crate::model::{Json, Timestamp};

/// Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL counts from.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

impl<'r> FromSql<'r> for Timestamp {
    fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let micros = i64::from_be_bytes(raw.try_into()?);
        micros
            .checked_add(POSTGRES_EPOCH)
            .and_then(Self::from_micros)
            .ok_or_else(|| "the time is not within the years 1 to 9999".into())
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::TIMESTAMPTZ
    }
}

/// The time as PostgreSQL counts it.
pub(super) fn timestamp(time: Timestamp) -> i64 {
    // Years 1 to 9999 are far from the ends of an i64.
    time.micros() - POSTGRES_EPOCH
}

impl<'r> FromSql<'r> for Json {
    fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        // jsonb: a version byte, then text.
        let text = raw.strip_prefix(&[1]).ok_or("unknown version of jsonb")?;
        Ok(Self::from_jsonb_text(std::str::from_utf8(text)?)?)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::JSONB
    }
}

/// A vector in the form that `vector_send` gives: dimension and zero as u16, then f32, all
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
