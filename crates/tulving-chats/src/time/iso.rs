//! ISO 8601.

use super::Time;

/// Reads a date with or without a clock, a fraction and a zone.
pub(super) fn read(text: &str) -> Option<Time> {
    let mut rest = text;
    let year = number(&mut rest, 4)?;
    let month = after(&mut rest, "-")?;
    let day = after(&mut rest, "-")?;
    let mut clock = [0; 3];
    let (mut micros, mut east) = (0, 0);
    if let Some(behind) = rest.strip_prefix(['T', 't', ' ']) {
        rest = behind;
        clock[0] = number(&mut rest, 2)?;
        clock[1] = after(&mut rest, ":")?;
        if rest.starts_with(':') {
            clock[2] = after(&mut rest, ":")?;
        }
        if let Some(behind) = rest.strip_prefix(['.', ',']) {
            let end = behind
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(behind.len());
            let (digits, behind) = behind.split_at(end);
            micros = format!("{digits:0<6}").get(..6)?.parse().ok()?;
            rest = behind;
        }
        east = zone(&mut rest)?;
    }
    if rest.is_empty() {
        Time::civil([year, month, day], clock, micros, east)
    } else {
        None
    }
}

/// Reads the zone in seconds east of Greenwich; none is Greenwich.
fn zone(rest: &mut &str) -> Option<i64> {
    *rest = rest.trim_start();
    if let Some(behind) = rest.strip_prefix(['Z', 'z']) {
        *rest = behind;
        return Some(0);
    }
    let sign = match rest.chars().next() {
        Some('+') => 1,
        Some('-') => -1,
        _ => return Some(0),
    };
    *rest = rest.get(1..)?;
    let hours = number(rest, 2)?;
    *rest = rest.strip_prefix(':').unwrap_or(rest);
    let minutes = if rest.is_empty() { 0 } else { number(rest, 2)? };
    Some(sign * (hours * 3600 + minutes * 60))
}

fn after(rest: &mut &str, mark: &str) -> Option<i64> {
    *rest = rest.strip_prefix(mark)?;
    number(rest, 2)
}

/// Reads exactly so many digits.
fn number(rest: &mut &str, digits: usize) -> Option<i64> {
    let (number, behind) = rest.split_at_checked(digits)?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    *rest = behind;
    number.parse().ok()
}
