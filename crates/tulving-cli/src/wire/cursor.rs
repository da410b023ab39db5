//! A cursor: a position in a list, as text that goes out with one page and comes back for the next.

use tulving::backend::Cursor;
use tulving::model::{Key, Kind, Timestamp};

/// Returns a place as text: `1705314600000000:0:node:mem_0123456789abcdef`.
#[must_use]
pub fn text(cursor: &Cursor) -> String {
    let Cursor {
        created_at,
        sequence_index,
        key,
    } = cursor;
    let kind = key.kind.as_str();
    format!("{}:{sequence_index}:{kind}:{}", created_at.micros(), key.id)
}

/// Reads such a text; `None` if it is none.
#[must_use]
pub fn read(text: &str) -> Option<Cursor> {
    let mut parts = text.splitn(4, ':');
    let created_at = Timestamp::from_micros(parts.next()?.parse().ok()?)?;
    let sequence_index = parts.next()?.parse().ok()?;
    let kind = Kind::named(parts.next()?)?;
    Some(Cursor {
        created_at,
        sequence_index,
        key: Key::new(kind, parts.next()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_whatever_the_id_holds() {
        for id in ["mem_0123456789abcdef", "a:b:'c' %", "", "記憶"] {
            let cursor = Cursor {
                created_at: Timestamp::from_micros(-5).unwrap(),
                sequence_index: 7,
                key: Key::new(Kind::Episode, id),
            };
            assert_eq!(read(&text(&cursor)), Some(cursor));
        }
        for bad in ["", "1:2", "1:2:nodes:x", "x:2:node:y"] {
            assert_eq!(read(bad), None);
        }
    }
}
