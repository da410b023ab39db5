//! Two texts that are the same but for what is different in every run.

use std::collections::HashMap;

/// Compares line by line. Ids and digests may be others, but the same one must stand wherever the same
/// one is shown.
#[derive(Default)]
pub(crate) struct Alike {
    /// What was printed for an id that is shown.
    ids: HashMap<String, String>,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A UUID, the id of a memory, a digest.
    Id(String),
    /// A day, with or without a time.
    When,
    /// How long something took: `142 ms`, `3.7 s`, `1 min 2 s`.
    Took,
    /// `18,600 rows/s`
    Rate,
    /// A version of the server's programs: `18.6`, `0.8.6`.
    Version,
    /// Where the database is.
    Target,
    /// Any number of spaces or of the dashes of a table.
    Gap(char),
    Text(String),
}

impl Alike {
    /// Says in what the printed lines are not as shown, if in anything.
    pub(crate) fn first_difference<S: AsRef<str>>(
        &mut self,
        shown: &[S],
        printed: &[&str],
    ) -> Option<String> {
        let mut printed = trimmed(printed).iter().copied().peekable();
        let mut shown = shown.iter().map(|line| line.as_ref().trim_end()).peekable();
        while shown.next_if(|line| line.is_empty()).is_some() {}
        while let Some(line) = shown.next() {
            if line == "…" {
                while shown.next_if_eq(&"…").is_some() {}
                let next = shown.peek().filter(|next| !next.is_empty())?;
                while printed.next_if(|line| !self.is(next, line)).is_some() {}
                continue;
            }
            match printed.next() {
                Some(found) if self.is(line, found) => {}
                None if line.is_empty() => {}
                found => return Some(format!("shown is {line:?}, printed was {found:?}")),
            }
        }
        printed
            .next()
            .map(|more| format!("printed was also {more:?}"))
    }

    fn is(&mut self, shown: &str, printed: &str) -> bool {
        let (shown, is_cut) = match shown.strip_suffix(" …") {
            Some(beginning) => (beginning, true),
            None => (shown, false),
        };
        let (shown, mut printed) = (tokens(shown), tokens(printed.trim_end()));
        if is_cut {
            printed.truncate(shown.len());
            if let (Some(Token::Text(wanted)), Some(Token::Text(found))) =
                (shown.last(), printed.last_mut())
                && found.starts_with(wanted)
            {
                found.truncate(wanted.len());
            }
        }
        let mut new = Vec::new();
        let alike = shown.len() == printed.len()
            && shown.iter().zip(&printed).all(|pair| match pair {
                (Token::Id(shown), Token::Id(printed)) => {
                    new.push((shown.clone(), printed.clone()));
                    shown.len() == printed.len()
                        && self.ids.get(shown).is_none_or(|known| known == printed)
                }
                (shown, printed) => shown == printed,
            });
        if alike {
            self.ids.extend(new);
        }
        alike
    }
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
    let mut rest = line;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        let begins = !before.is_alphanumeric();
        let (token, length) =
            special(rest, begins).unwrap_or((Token::Text(c.into()), c.len_utf8()));
        let (taken, after) = rest.split_at(length);
        before = taken.chars().last().unwrap_or(' ');
        rest = after;
        match (tokens.last_mut(), token) {
            (Some(Token::Text(text)), Token::Text(more)) => text.push_str(&more),
            (_, token) => tokens.push(token),
        }
    }
    tokens
}

/// What is different in every run, and how long it is.
fn special(text: &str, begins: bool) -> Option<(Token, usize)> {
    let run = |of: fn(char) -> bool| text.find(|c| !of(c)).unwrap_or(text.len());
    for (gap, least) in [(' ', 2), ('-', 3), ('=', 3)] {
        let length = text.len() - text.trim_start_matches(gap).len();
        if length >= least {
            return Some((Token::Gap(gap), length));
        }
    }
    if !begins {
        return None;
    }
    let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    if text
        .get(..36)
        .is_some_and(|id| uuid::Uuid::try_parse(id).is_ok())
    {
        return Some((Token::Id(text[..36].to_owned()), 36));
    }
    let prefix = if text.starts_with("mem_") { 4 } else { 0 };
    let digits = text[prefix..]
        .find(|c| !is_hex(c))
        .unwrap_or(text.len() - prefix);
    if digits >= 16 {
        let length = prefix + digits;
        return Some((Token::Id(text[..length].to_owned()), length));
    }
    if let Some(where_it_is) = text.strip_prefix("database ")
        && let [name, "at", place, "as", user, ..] = where_it_is.split(' ').collect::<Vec<_>>()[..]
    {
        let user = user.trim_end_matches([',', ':', ';', '?']);
        let length = "database  at  as ".len() + name.len() + place.len() + user.len();
        return Some((Token::Target, length));
    }
    for program in ["PostgreSQL ", "pgvector "] {
        let version = text.strip_prefix(program).unwrap_or_default();
        let digits = version.find(|c: char| !(c.is_ascii_digit() || c == '.'));
        let digits = digits.unwrap_or(version.len());
        if digits > 0 {
            return Some((Token::Version, program.len() + digits));
        }
    }
    let shape: String = text
        .chars()
        .take(10)
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    if shape == "0000-00-00" {
        let rest = &text[10..];
        let time = rest.strip_prefix([' ', 'T']).map_or(0, |time| {
            let end = time.find(|c: char| !(c.is_ascii_digit() || ":.+Z".contains(c)));
            end.unwrap_or(time.len())
        });
        let with_time = if time >= 5 { time + 1 } else { 0 };
        return Some((Token::When, 10 + with_time));
    }
    let number = run(|c| c.is_ascii_digit() || c == ',' || c == '.');
    if number == 0 || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let unit = &text[number..];
    if unit.starts_with(" rows/s") {
        return Some((Token::Rate, number + " rows/s".len()));
    }
    for took in [" ms", " s", " min", " h"] {
        let ends = |rest: &str| !rest.starts_with(char::is_alphanumeric);
        if unit.strip_prefix(took).is_some_and(ends) {
            // `1 min 2 s`
            let more = unit[took.len()..]
                .strip_prefix(' ')
                .and_then(|rest| special(rest, true));
            let more = match more {
                Some((Token::Took, length)) if took.len() > 2 => length + 1,
                _ => 0,
            };
            return Some((Token::Took, number + took.len() + more));
        }
    }
    None
}

#[test]
fn what_is_different_in_every_run_is_alike_and_nothing_else() {
    let one = "3f2b8c1e-7d4a-4e0b-9c55-0a1b2c3d4e5f";
    let other = "018f4a52-9d1e-7c3a-8b6f-5e4d3c2b1a09";
    let mut alike = Alike::default();
    let mut same = |shown: &str, printed: &str| {
        let shown: Vec<&str> = shown.lines().collect();
        let printed: Vec<&str> = printed.lines().collect();
        alike.first_difference(&shown, &printed).is_none()
    };
    assert!(same(
        &format!("owner   user {one}"),
        &format!("owner  user {other}")
    ));
    // The same id stands for the same.
    assert!(same(
        &format!("tulving-{one}.json"),
        &format!("tulving-{other}.json")
    ));
    assert!(!same(one, one));
    assert!(same("mem_0123456789abcdef", "mem_ffffffffffffffff\n"));
    assert!(same(
        "time  163 ms, 12 rows/s",
        "time  1 min 2 s, 1,300 rows/s"
    ));
    assert!(same(
        "2026-11-23 05:33  tulving",
        "2027-01-01 00:00  tulving"
    ));
    assert!(same("on 2026-11-23", "on 2027-01-01"));
    assert!(same(
        "PostgreSQL 18.6, pgvector 0.8.6, x",
        "PostgreSQL 15.14, pgvector 0.8.2, x"
    ));
    let target = "database a at b:1 as c";
    assert!(same(
        &format!("in {target}: no"),
        "in database d at /tmp as e: no"
    ));
    assert!(same("a\n…\nz", "a\nb\nc\nz") && same("a\n…", "a\nb") && same("a b …", "a b c d"));
    for (shown, printed) in [
        ("1  0.225", "1  0.226"),
        ("2 memories", "3 memories"),
        ("a", "a\nb"),
        ("a\nb", "a"),
        ("a\n…\nz", "a\nb"),
        ("a b …", "a c"),
        ("3 ms", "3 mistakes"),
    ] {
        assert!(!same(shown, printed), "{shown:?} {printed:?}");
    }
}
