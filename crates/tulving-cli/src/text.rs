//! Text that is safe to show: no terminal control, no password.

use std::fmt::Write as _;

use tulving::model::Scope;
use tulving::showable::is_showable;

/// Makes `text` one harmless line.
///
/// A row's text, a file's name or a server's message may hold escape sequences that move the
/// cursor, retitle the window or reverse the direction of writing; each such character is shown
/// as its escape instead ([`is_showable`] has the list).
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if !is_showable(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// Makes `text` harmless and keeps its lines and tabs: what a memory says, as a person reads it.
#[must_use]
pub fn lines(text: &str) -> String {
    let harmless = |line: &str| {
        let tabs: Vec<String> = line.split('\t').map(escape).collect();
        tabs.join("\t")
    };
    let lines: Vec<String> = text.lines().map(harmless).collect();
    lines.join("\n")
}

/// Escapes as [`escape`] does, then hides what looks like a password.
///
/// This is a net below the real guards (a [`Secret`](crate::config::Secret) cannot be printed):
/// it catches what a person typed in the wrong place and what other people's error texts repeat.
#[must_use]
pub fn safe(text: &str) -> String {
    hide_assignments(&hide_credentials(&escape(text)))
}

const HIDDEN: &str = "***";

/// Returns `scheme://user:password@host` becomes `scheme://user:***@host`. For the web a user alone may
/// be a token, so there all of it goes.
fn hide_credentials(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        // Quotes do not end it: a password may hold one, and hiding too much does no harm.
        let end = after.find(char::is_whitespace).unwrap_or(after.len());
        let (url, tail) = after.split_at(end);
        rest = tail;
        // The last @ counts: people forget to encode the one in their password.
        let Some((credentials, host)) = url.rsplit_once('@') else {
            out.push_str(url);
            continue;
        };
        let web = before.ends_with("http://") || before.ends_with("https://");
        match credentials.split_once(':') {
            _ if web => out.push_str(HIDDEN),
            Some((user, _)) => {
                let _ = write!(out, "{user}:{HIDDEN}");
            }
            None => out.push_str(credentials),
        }
        out.push('@');
        out.push_str(host);
    }
    out.push_str(rest);
    out
}

/// Hides `password=…` as in a key-value connection string or the query of a URL.
fn hide_assignments(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    while let Some(found) = lower[done..].find("password") {
        let word = done + found + "password".len();
        out.push_str(&text[done..word]);
        done = word;
        let gap = text[word..].len() - text[word..].trim_start().len();
        if !text[word + gap..].starts_with('=') {
            continue;
        }
        let start = word + gap + 1;
        let value = text[start..].trim_start();
        let start = text.len() - value.len();
        let length = value.strip_prefix('\'').map_or_else(
            || value.find(|c: char| c.is_whitespace() || matches!(c, '&' | '"' | '`' | '\'')),
            |quoted| quoted.find('\'').map(|end| end + 2),
        );
        out.push('=');
        out.push_str(HIDDEN);
        done = length.map_or(text.len(), |length| start + length);
    }
    out.push_str(&text[done..]);
    out
}

/// Returns a value as an error message quotes it: harmless and not too long.
#[must_use]
pub fn quote(value: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown: String = safe(value).chars().take(LONGEST + 1).collect();
    if shown.chars().count() > LONGEST {
        shown = shown.chars().take(LONGEST).collect();
        shown.push('…');
    }
    format!("\"{shown}\"")
}

/// Returns a word of a command line as one types it: quoted if a shell would take it apart, and
/// harmless.
#[must_use]
pub fn shell(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-~:".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        escape(&format!("'{}'", word.replace('\'', "'\\''")))
    }
}

/// Returns a name as SQL takes it: quoted where it has to be.
#[must_use]
pub fn identifier(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// Returns the flag that names an owner, as one types it.
#[must_use]
pub fn owner_flag(owner: Scope) -> String {
    format!("--{}-id {}", owner.kind().as_str(), owner.id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn terminal_control_is_shown_as_text() {
        assert_eq!(
            escape("a\x1b[2Jb\u{9b}31m\u{202e}c\nd\x7f"),
            "a\\u{1b}[2Jb\\u{9b}31m\\u{202e}c\\nd\\u{7f}"
        );
        assert_eq!(escape("Überraschung 記憶 🧠"), "Überraschung 記憶 🧠");
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(lines("a\x1b[2J\n\n\tb\rc\r\n"), "a\\u{1b}[2J\n\n\tb\\rc");
    }

    #[test]
    fn passwords_are_hidden_wherever_they_stand() {
        for (text, shown) in [
            (
                "postgresql://u:canary@h:5432/d",
                "postgresql://u:***@h:5432/d",
            ),
            (
                "to 'postgres://u:ca/na@ry@h/d' failed",
                "to 'postgres://u:***@h/d' failed",
            ),
            ("https://canary@h/v1", "https://***@h/v1"),
            (
                "host=h password=canary user=u",
                "host=h password=*** user=u",
            ),
            (
                "host=h PASSWORD = 'can ary' user=u",
                "host=h PASSWORD=*** user=u",
            ),
            (
                "postgres://h/d?password=canary&x=1",
                "postgres://h/d?password=***&x=1",
            ),
            (
                "postgresql://user@host/database",
                "postgresql://user@host/database",
            ),
            (
                "password authentication failed",
                "password authentication failed",
            ),
        ] {
            assert_eq!(safe(text), shown);
        }
    }

    #[test]
    fn long_values_are_cut() {
        assert_eq!(quote("ab\"c"), "\"ab\"c\"");
        assert_eq!(quote(&"é".repeat(200)).chars().count(), 83);
    }

    proptest! {
        #[test]
        fn any_text_becomes_one_harmless_line(text in any::<String>()) {
            prop_assert!(safe(&text).chars().all(is_showable));
        }

        #[test]
        fn no_password_of_a_url_survives(password in "[!-~]{4,12}") {
            let canary = format!("Kanarie{password}");
            let shown = safe(&format!("x postgres://u:{canary}@h/d y"));
            prop_assert!(!shown.contains("Kanarie"), "{}", shown);
        }
    }
}
