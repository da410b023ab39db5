//! `host=… port=… user='…'`, with libpq's quoting.

use super::error::DsnError;
use super::text::{Given, Text};

const QUOTE: &str =
    "put a value that has spaces between ' and ', and write \\' and \\\\ for ' and \\ in it";

/// Reads white space, a name, `=`, a value, and so on. White space may stand around the `=`. A
/// value ends at white space, or at the second of two `'`; a backslash takes the next character
/// as it is.
pub(super) fn read(text: &str) -> Result<Text, DsnError> {
    let mut read = Text::default();
    let mut chars = text.chars().peekable();
    // A password that has a space or a quote which is not escaped goes on where names are looked for.
    let mut after_password = false;
    loop {
        while chars.next_if(char::is_ascii_whitespace).is_some() {}
        if chars.peek().is_none() {
            return Ok(read);
        }
        let mut name = String::new();
        while let Some(c) = chars.next_if(|&c| c != '=' && !c.is_ascii_whitespace()) {
            name.push(c);
        }
        while chars.next_if(char::is_ascii_whitespace).is_some() {}
        if chars.next() != Some('=') {
            let why = match read.given.last() {
                Some(last) if last.certain => {
                    format!("what follows {}=… is not name=value", last.name)
                }
                _ => "a part of it is not name=value".to_owned(),
            };
            return Err(DsnError::form(
                why,
                format!("write host=… port=… dbname=… user=…, or a URL; {QUOTE}"),
            ));
        }
        while chars.next_if(char::is_ascii_whitespace).is_some() {}
        let quoted = chars.next_if_eq(&'\'').is_some();
        let mut value = String::new();
        let mut closed = !quoted;
        while let Some(c) = chars.next() {
            match c {
                '\\' => value.extend(chars.next()),
                '\'' if quoted => {
                    closed = true;
                    break;
                }
                c if !quoted && c.is_ascii_whitespace() => break,
                c => value.push(c),
            }
        }
        if !closed {
            return Err(DsnError::form("a ' has no second one", QUOTE));
        }
        let certain = !after_password;
        after_password |= name.contains("password");
        read.given.push(Given {
            name,
            value,
            certain,
        });
    }
}
