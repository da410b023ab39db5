//! Times as a page shows them to a person.

use super::Time;
use crate::conversation::TimeSource;

/// Names of months by how they begin, in the languages whose names differ; `mar` and the like are shared.
const MONTHS: [&[&str]; 12] = [
    &["jan", "ene", "gen", "янв"],
    &["feb", "fev", "fév", "фев"],
    &["mar", "mär", "мар"],
    &["apr", "abr", "avr", "апр"],
    &["may", "mai", "mag", "mei", "мая", "май"],
    &["jun", "juin", "giu", "июн"],
    &["jul", "juil", "lug", "июл"],
    &["aug", "ago", "aoû", "авг"],
    &["sep", "set", "сен"],
    &["oct", "out", "okt", "ott", "окт"],
    &["nov", "ноя"],
    &["dec", "dez", "dic", "déc", "дек"],
];

/// Zones by their names, in minutes east of Greenwich.
const ZONES: [(&str, i64); 34] = [
    ("UTC", 0),
    ("GMT", 0),
    ("Z", 0),
    ("WET", 0),
    ("WEST", 60),
    ("BST", 60),
    ("CET", 60),
    ("CEST", 120),
    ("MEZ", 60),
    ("MESZ", 120),
    ("EET", 120),
    ("EEST", 180),
    ("MSK", 180),
    ("IST", 330),
    ("SGT", 480),
    ("HKT", 480),
    ("AWST", 480),
    ("JST", 540),
    ("KST", 540),
    ("AEST", 600),
    ("AEDT", 660),
    ("NZST", 720),
    ("NZDT", 780),
    ("BRT", -180),
    ("BRST", -120),
    ("ART", -180),
    ("EST", -300),
    ("EDT", -240),
    ("CST", -360),
    ("CDT", -300),
    ("MST", -420),
    ("MDT", -360),
    ("PST", -480),
    ("PDT", -420),
];

/// Reads times such as `Jul 25, 2026, 11:07:57 PM PDT`, `25 de jul. de 2026, 23:07:57 BRT` or `2026. 7. 25. 오후
/// 11:07:57 GMT+09:00`. Where the zone is not known, it is taken for UTC and the time is inferred.
pub(crate) fn spoken(text: &str) -> Option<(Time, TimeSource)> {
    if text.len() > 100 || !text.contains(':') {
        return None;
    }
    let plain: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .collect();
    let first = plain.find(':')?;
    let hour_at = plain
        .get(..first)?
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .len();
    let (date, rest) = plain.split_at_checked(hour_at)?;
    let clock_end = rest
        .find(|c: char| !c.is_ascii_digit() && c != ':')
        .unwrap_or(rest.len());
    let (clock, zone) = rest.split_at_checked(clock_end)?;

    let mut clock = clock.split(':').map(str::parse::<i64>);
    let mut hour = clock.next()?.ok()?;
    let minute = clock.next()?.ok()?;
    let second = clock.next().map_or(Ok(0), |second| second).ok()?;

    let zone = zone.trim();
    let mut marks = zone
        .split(' ')
        .chain(date.split(' '))
        .map(|word| word.replace('.', "").to_lowercase());
    let half = marks.find_map(|mark| match mark.as_str() {
        "am" | "오전" | "午前" | "上午" => Some(0),
        "pm" | "오후" | "午後" | "下午" => Some(12),
        _ => None,
    });
    if let Some(half) = half {
        hour = hour % 12 + half;
    }
    let (east, known) = offset(zone);
    let time = Time::civil(calendar(date)?, [hour, minute, second], 0, east * 60)?;
    Some((
        time,
        if known {
            TimeSource::Exact
        } else {
            TimeSource::Inferred
        },
    ))
}

/// Reads a date: numbers, and the name of a month if it has one.
fn calendar(date: &str) -> Option<[i64; 3]> {
    let numbers: Vec<i64> = date
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| (1..=4).contains(&digits.len()))
        .filter_map(|digits| digits.parse().ok())
        .collect();
    let words = date
        .split(|c: char| !c.is_alphabetic())
        .map(str::to_lowercase);
    let month = words
        .filter(|word| word.chars().count() >= 3)
        .find_map(|word| {
            let named = |names: &&[&str]| names.iter().any(|name| word.starts_with(name));
            MONTHS.iter().position(named)
        });
    match (month, numbers.as_slice()) {
        (Some(month), &[day, year]) if year > 31 => Some([year, month as i64 + 1, day]),
        (None, &[year, month, day]) if year > 31 => Some([year, month, day]),
        (None, &[day, month, year]) if year > 31 => Some([year, month, day]),
        _ => None,
    }
}

/// Reads a zone in minutes east of Greenwich, and says whether it is known.
fn offset(zone: &str) -> (i64, bool) {
    for word in zone.split(' ') {
        if let Some(&(_, east)) = ZONES.iter().find(|(name, _)| *name == word) {
            return (east, true);
        }
        let signed = word
            .trim_start_matches("GMT")
            .trim_start_matches("UTC")
            .replace('\u{2212}', "-");
        let (sign, digits) = match signed.split_at_checked(1) {
            Some(("+", digits)) => (1, digits),
            Some(("-", digits)) => (-1, digits),
            _ => continue,
        };
        let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "0"));
        if let (Ok(hours @ 0..=14), Ok(minutes @ 0..60)) =
            (hours.parse::<i64>(), minutes.parse::<i64>())
        {
            return (sign * (hours * 60 + minutes), true);
        }
    }
    (0, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_pages_show_them() {
        for (text, time) in [
            (
                "Jul 25, 2026, 11:07:57\u{202f}PM PDT",
                "2026-07-26T06:07:57Z",
            ),
            (
                "Jul 25, 2026, 12:07:57 AM GMT+02:00",
                "2026-07-24T22:07:57Z",
            ),
            ("25 de jul. de 2026, 23:07:57 BRT", "2026-07-26T02:07:57Z"),
            ("25 jul 2026, 23:07:57 CEST", "2026-07-25T21:07:57Z"),
            ("25. März 2026, 23:07:57 MEZ", "2026-03-25T22:07:57Z"),
            ("25 Aug 2026, 23:07:57 GMT-3", "2026-08-26T02:07:57Z"),
            ("2026. 7. 25. 오후 11:07:57 KST", "2026-07-25T14:07:57Z"),
            ("2026/07/25 23:07:57 JST", "2026-07-25T14:07:57Z"),
            ("25.07.2026, 23:07:57 UTC", "2026-07-25T23:07:57Z"),
        ] {
            let found = spoken(text).map(|(time, source)| (time.to_string(), source));
            assert_eq!(found, Some((time.to_owned(), TimeSource::Exact)), "{text}");
        }
        let (time, source) = spoken("Jul 25, 2026, 11:07:57 PM XYZT").unwrap();
        assert_eq!(
            (time.to_string().as_str(), source),
            ("2026-07-25T23:07:57Z", TimeSource::Inferred)
        );
        for text in [
            "",
            "11:07",
            "meet at 11:07 on day 3",
            "Note: 5 apples",
            "Jul 45, 2026, 11:07:57 PM PDT",
            "Feb 30, 2026, 11:07:57 PM PDT",
            "a: b",
        ] {
            assert_eq!(spoken(text), None, "{text}");
        }
    }
}
