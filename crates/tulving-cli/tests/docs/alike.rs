//! Two texts that are the same but for what is different in every run.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// Compares what a page shows with what was printed, line by line. The whole page is of one run: an id
/// that is shown stands for one that was printed and for no other, and the day of the run is one day.
#[derive(Default, Clone)]
pub(crate) struct Alike {
    /// What was printed for an id that is shown.
    printed: HashMap<String, String>,
    /// Where it is shown.
    shown: HashMap<String, String>,
    /// The day on which the page was made.
    made_on: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A UUID, the id of a memory, a digest or its beginning.
    Id(String),
    /// A day, with or without a time.
    When(String),
    /// How long something took, where that is told: `in 142 ms`, `exact, 3.7 s`, `time  1 min 2 s`.
    Took,
    /// `18,600 rows/s`
    Rate,
    /// A version of the server's programs: `18.6`, `0.8.6`.
    Version,
    /// Any number of spaces or of the dashes of a table.
    Gap(char),
    Text(String),
}

/// Stands for any lines, none among them.
pub(crate) const ANY: &str = "…";

impl Alike {
    /// The lines as this run would show them, or in what they are not as shown.
    pub(crate) fn compare<'p>(
        &mut self,
        shown: &[&'p str],
        printed: &[&'p str],
    ) -> Result<Vec<&'p str>, String> {
        let printed = comparable(printed);
        let mut rest = &printed[..];
        let parts: Vec<&[&str]> = trimmed(shown).split(|line| *line == ANY).collect();
        let mut anew = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            let (is_first, is_last) = (number == 0, number + 1 == parts.len());
            let latest = rest.len().saturating_sub(part.len());
            // The first part is where the output begins, the last where it ends.
            let places = match (is_first, is_last && !part.is_empty()) {
                (true, _) => 0..=0,
                (false, true) => latest..=latest,
                (false, false) => 0..=latest,
            };
            let mut differs = String::new();
            let found = places.into_iter().find_map(|at| {
                let mut tried = self.clone();
                let there = &rest[at..rest.len().min(at + part.len())];
                match tried.part(part, there) {
                    Ok(lines) => Some((tried, lines, at + part.len())),
                    Err(why) => {
                        differs = why;
                        None
                    }
                }
            });
            let Some((tried, lines, end)) = found else {
                return Err(differs);
            };
            *self = tried;
            if !is_first {
                anew.push(ANY);
            }
            anew.extend(lines);
            rest = &rest[end..];
            if let (true, true, Some(more)) = (is_first, is_last, rest.first()) {
                return Err(format!("printed was also {more:?}"));
            }
        }
        Ok(anew)
    }

    /// The same of lines none of which is left out.
    fn part<'p>(&mut self, shown: &[&'p str], printed: &[&'p str]) -> Result<Vec<&'p str>, String> {
        let lines = shown.iter().enumerate().map(|(at, line)| {
            let found = printed.get(at).map(|found| found.trim_end());
            match found.filter(|found| self.is(line.trim_end(), found)) {
                // The rest of a line stays left out.
                Some(_) if line.ends_with(" …") => Ok(*line),
                Some(found) => Ok(found),
                None => Err(format!("shown is {line:?}, printed was {found:?}")),
            }
        });
        lines.collect()
    }

    fn is(&mut self, shown: &str, printed: &str) -> bool {
        let (shown, is_cut) = match shown.strip_suffix(" …") {
            Some(beginning) if shown != printed => (beginning, true),
            _ => (shown, false),
        };
        let (shown, mut printed) = (tokens(shown), tokens(printed));
        if is_cut {
            printed.truncate(shown.len());
            if let (Some(Token::Text(wanted)), Some(Token::Text(found))) =
                (shown.last(), printed.last_mut())
                && found.starts_with(wanted)
            {
                found.truncate(wanted.len());
            }
        }
        let mut tried = self.clone();
        let alike = shown.len() == printed.len()
            && shown
                .iter()
                .zip(&printed)
                .all(|(shown, printed)| tried.fits(shown, printed));
        if alike {
            *self = tried;
        }
        alike
    }

    fn fits(&mut self, shown: &Token, printed: &Token) -> bool {
        match (shown, printed) {
            (Token::Id(shown), Token::Id(printed)) => {
                // A digest is shown whole in one place and its beginning in another.
                let is_digest = |id: &str| id.len() > 16 && id.chars().all(char::is_alphanumeric);
                shown.len() == printed.len()
                    && self.stands_for(shown, printed)
                    && (!is_digest(shown) || self.stands_for(&shown[..16], &printed[..16]))
            }
            (Token::When(shown), Token::When(printed)) => {
                shown == printed || (is_about_now(printed) && self.was_made_then(shown, printed))
            }
            (shown, printed) => shown == printed,
        }
    }

    /// Whether an id is shown for this one alone, and this one is not shown as another.
    fn stands_for(&mut self, shown: &str, printed: &str) -> bool {
        let known = self.printed.entry(shown.to_owned());
        let back = self.shown.entry(printed.to_owned());
        known.or_insert_with(|| printed.to_owned()) == printed
            && back.or_insert_with(|| shown.to_owned()) == shown
    }

    /// Whether a moment of this run is shown as one of the run that the page was made from.
    fn was_made_then(&mut self, shown: &str, printed: &str) -> bool {
        let day = &shown[..10];
        shown.len() == printed.len() && self.made_on.get_or_insert_with(|| day.to_owned()) == day
    }
}

/// Whether a moment is of today, wherever in the world, and also shortly after midnight.
fn is_about_now(moment: &str) -> bool {
    [-24, 0, 24].iter().any(|hours| {
        let day = Timestamp::now() + SignedDuration::from_hours(*hours);
        day.to_string()[..10] == moment[..10]
    })
}

/// A line that says how far a phase is, which only a slow machine prints:
/// `copy      12,000 of 100,000 rows, 11,900 rows/s, 7.4 s left`.
fn is_midway(line: &str) -> bool {
    let far = |rest: &str| {
        let words: Vec<&str> = rest.split_whitespace().collect();
        matches!(words[..], [_, _, "of", _, noun, ..] if noun.ends_with(','))
    };
    (line.ends_with(" left") || line.ends_with(" so far")) && far(line)
}

/// What of an output does not hang on the speed of the machine, without empty lines before and after.
pub(crate) fn comparable<'p>(printed: &[&'p str]) -> Vec<&'p str> {
    let lines: Vec<&str> = printed
        .iter()
        .copied()
        .filter(|line| !is_midway(line))
        .collect();
    trimmed(&lines).to_vec()
}

/// Without empty lines before and after.
fn trimmed<'a, 'l>(lines: &'l [&'a str]) -> &'l [&'a str] {
    let first = lines.iter().position(|line| !line.trim().is_empty());
    let last = lines.iter().rposition(|line| !line.trim().is_empty());
    match (first, last) {
        (Some(first), Some(last)) => &lines[first..=last],
        _ => &[],
    }
}

fn tokens(line: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(c) = line[at..].chars().next() {
        let (token, length) =
            special(&line[..at], &line[at..]).unwrap_or((Token::Text(c.into()), c.len_utf8()));
        at += length;
        match (tokens.last_mut(), token) {
            (Some(Token::Text(text)), Token::Text(more)) => text.push_str(&more),
            (_, token) => tokens.push(token),
        }
    }
    tokens
}

/// What is different in every run, and how long it is.
fn special(before: &str, text: &str) -> Option<(Token, usize)> {
    for (gap, least) in [(' ', 2), ('-', 3), ('=', 3)] {
        let length = text.len() - text.trim_start_matches(gap).len();
        if length >= least {
            return Some((Token::Gap(gap), length));
        }
    }
    if before.ends_with(char::is_alphanumeric) {
        return None;
    }
    id(text)
        .map(|length| (Token::Id(text[..length].to_owned()), length))
        .or_else(|| version(text).map(|length| (Token::Version, length)))
        .or_else(|| moment(text).map(|length| (Token::When(text[..length].to_owned()), length)))
        .or_else(|| rate(text).map(|length| (Token::Rate, length)))
        .or_else(|| {
            let told = ["in", "exact,", "index,", "time"];
            let word = before.split_whitespace().next_back()?;
            let length = told.contains(&word).then(|| took(text))??;
            Some((Token::Took, length))
        })
}

fn id(text: &str) -> Option<usize> {
    if text
        .get(..36)
        .is_some_and(|id| uuid::Uuid::try_parse(id).is_ok())
    {
        return Some(36);
    }
    let digits = text.strip_prefix("mem_").unwrap_or(text);
    let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let after = digits.trim_start_matches(is_hex);
    (digits.len() - after.len() >= 16).then(|| text.len() - after.len())
}

fn version(text: &str) -> Option<usize> {
    ["PostgreSQL ", "pgvector ", "postgresql-"]
        .iter()
        .find_map(|program| {
            let digits = text.strip_prefix(program)?;
            let after = digits.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            (after.len() < digits.len()).then(|| text.len() - after.len())
        })
}

fn moment(text: &str) -> Option<usize> {
    let shape: String = text
        .chars()
        .take(10)
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    if shape != "0000-00-00" {
        return None;
    }
    let time = text[10..].strip_prefix([' ', 'T']).map_or(0, |time| {
        let end = time.find(|c: char| !(c.is_ascii_digit() || ":.+Z".contains(c)));
        end.unwrap_or(time.len())
    });
    Some(if time >= 5 { 11 + time } else { 10 })
}

/// The length of a number.
fn number(text: &str) -> Option<usize> {
    let after = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == ',' || c == '.');
    let length = text.len() - after.len();
    (length > 0 && text.starts_with(|c: char| c.is_ascii_digit())).then_some(length)
}

fn rate(text: &str) -> Option<usize> {
    let number = number(text)?;
    let unit = " rows/s";
    text[number..]
        .starts_with(unit)
        .then(|| number + unit.len())
}

fn took(text: &str) -> Option<usize> {
    let number = number(text)?;
    [" ms", " s", " min", " h"].iter().find_map(|unit| {
        let after = text[number..].strip_prefix(unit)?;
        let ends = !after.starts_with(char::is_alphanumeric);
        let length = number + unit.len();
        // `1 min 2 s`
        let more = after
            .strip_prefix(' ')
            .filter(|_| unit.len() > 2)
            .and_then(took);
        ends.then(|| length + more.map_or(0, |more| 1 + more))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "3f2b8c1e-7d4a-4e0b-9c55-0a1b2c3d4e5f";
    const OTHER: &str = "018f4a52-9d1e-7c3a-8b6f-5e4d3c2b1a09";

    fn same(alike: &mut Alike, shown: &str, printed: &str) -> bool {
        let shown: Vec<&str> = shown.lines().collect();
        let printed: Vec<&str> = printed.lines().collect();
        alike.compare(&shown, &printed).is_ok()
    }

    fn today() -> String {
        Timestamp::now().to_string()[..10].to_owned()
    }

    #[test]
    fn what_is_different_in_every_run_is_alike() {
        let today = today();
        let (minute, second) = (format!("{today} 05:33"), format!("{today}T05:33:01Z"));
        for (shown, printed) in [
            (
                &*format!("owner   user {ONE}"),
                &*format!("owner  user {OTHER}"),
            ),
            ("mem_0123456789abcdef", "mem_ffffffffffffffff\n"),
            ("time  163 ms, 12 rows/s", "time  1 min 2 s, 1,300 rows/s"),
            (
                "2 of 2 memories, exact, 15 ms; x",
                "2 of 2 memories, exact, 1.2 s; x",
            ),
            ("2026-11-23 00:00  tulving", &format!("{minute}  tulving")),
            ("at 2026-11-23T01:02:03Z", &format!("at {second}")),
            ("on 2026-11-23", &format!("on {today}")),
            (
                "PostgreSQL 18.6, pgvector 0.8.6, x",
                "PostgreSQL 15.14, pgvector 0.8.2, x",
            ),
            (
                "apt install postgresql-18-pgvector",
                "apt install postgresql-15-pgvector",
            ),
            ("a\n…\nz", "a\nb\nc\nz"),
            ("a\n…", "a\nb"),
            ("…\nz", "z"),
            ("a b …", "a b c d"),
            ("a …", "a …"),
            ("…\n\nb\n…\n\nc", "a\n\nx\n\nb\n\nd\n\nc"),
            (
                "copy  9 rows",
                "copy  3 of 9 rows, 2 rows/s, 7.4 s left\ncopy  9 rows",
            ),
            (
                "copy  9 rows",
                "copy  0 of 9 rows, 5.1 s so far\ncopy  9 rows",
            ),
        ] {
            assert!(
                same(&mut Alike::default(), shown, printed),
                "{shown:?} {printed:?}"
            );
        }
    }

    #[test]
    fn nothing_else_is() {
        for (shown, printed) in [
            ("1  0.225", "1  0.226"),
            ("2 memories", "3 memories"),
            ("a", "a\nb"),
            ("a\nb", "a"),
            ("a\n…\nz", "a\nb"),
            ("a\n…\nb\n…\nz", "a\nz\nb"),
            ("a b …", "a c"),
            ("in 3 ms", "in 3 mistakes"),
            ("3 rows/s", "3 rows/hour"),
            // What follows `…` is compared, an empty line too.
            ("…\n\nb", "a\n\nc"),
            ("…\n\nb", "a\nb"),
            // Constants are no measurements.
            ("waited for 30 s", "waited for 10 s"),
            ("from 2023-01-01", "from 2023-01-02"),
            ("from 2023-01-01 10:00", "from 2023-01-01 10:01"),
            ("copy  3 of 9 rows in 1 s", "copy  4 of 9 rows in 1 s"),
        ] {
            assert!(
                !same(&mut Alike::default(), shown, printed),
                "{shown:?} {printed:?}"
            );
        }
    }

    #[test]
    fn one_id_is_shown_as_one_and_stands_for_one() {
        let alike = || {
            let mut alike = Alike::default();
            assert!(same(&mut alike, ONE, OTHER));
            alike
        };
        assert!(same(
            &mut alike(),
            &format!("t-{ONE}.json"),
            &format!("t-{OTHER}.json")
        ));
        // What is shown twice was printed as two.
        assert!(!same(&mut alike(), ONE, ONE));
        // What was printed twice is shown as two.
        assert!(!same(&mut alike(), OTHER, OTHER));
        // A line that is not the one that is looked for leaves nothing behind.
        assert!(same(
            &mut alike(),
            &format!("…\n{OTHER} b"),
            &format!("{ONE} a\n{ONE} b")
        ));
    }

    #[test]
    fn a_digest_and_its_beginning_are_one() {
        let whole = |c: char| c.to_string().repeat(64);
        let beginning = |c: char| format!("{}…", c.to_string().repeat(16));
        let mut alike = Alike::default();
        assert!(same(&mut alike, &beginning('a'), &beginning('b')));
        assert!(same(&mut alike, &whole('a'), &whole('b')));
        assert!(!same(&mut alike, &whole('a'), &whole('c')));
        assert!(!same(&mut alike, &whole('c'), &whole('b')));
        assert!(!same(&mut alike, &beginning('d'), &beginning('b')));
    }

    #[test]
    fn a_page_was_made_on_one_day() {
        let mut alike = Alike::default();
        let today = today();
        assert!(same(&mut alike, "2026-11-23", &today));
        assert!(same(
            &mut alike,
            "2026-11-23 10:00",
            &format!("{today} 11:00")
        ));
        assert!(!same(&mut alike, "2026-11-24", &today));
        assert!(!same(&mut alike, "2026-11-23", &format!("{today} 11:00")));
    }
}
