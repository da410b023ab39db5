//! `postgresql://user:password@host:port,host:port/database?name=value&…`, cut where libpq cuts.
//!
//! People forget to percent-encode their passwords. libpq then cuts in the middle of one, prints a
//! part of it and looks it up as a host. Where that may be, nothing of the string is used here.

use super::error::{DsnError, ENCODE};
use super::text::{Given, Text};

/// Reads what follows `postgresql://`.
pub(super) fn read(rest: &str) -> Result<Text, DsnError> {
    let mut text = Text::default();
    // As in libpq: credentials end at the first @, if that comes before the first slash.
    let head = rest.find('/').map_or(rest, |slash| &rest[..slash]);
    let (credentials, rest) = match head.find('@') {
        Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
        None => (None, rest),
    };
    let (place, query) = match rest.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (rest, None),
    };
    let holds_password = credentials.is_some_and(|user| user.contains(':'));
    if place.contains('@') || (holds_password && rest.contains('@')) {
        return Err(uncertain());
    }
    if let Some(credentials) = credentials {
        let (user, password) = match credentials.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (credentials, None),
        };
        text.user_is_empty = user.is_empty();
        if !user.is_empty() {
            text.push("user", decoded(user, "the user")?);
        }
        if let Some(password) = password {
            text.push("password", decoded(password, "the password")?);
        }
    }
    let (hosts, database) = match place.split_once('/') {
        Some((hosts, database)) => (hosts, Some(database)),
        None => (place, None),
    };
    // Without an @, a name and a password may stand where a host and a port belong.
    read_hosts(&mut text, hosts, credentials.is_some())?;
    if let Some(database) = database.filter(|name| !name.is_empty()) {
        text.push("dbname", decoded(database, "the database")?);
    }
    if let Some(query) = query {
        read_query(&mut text, query)?;
    }
    Ok(text)
}

fn uncertain() -> DsnError {
    DsnError::form(
        "there is an @ where none can be, so where the password ends is not certain",
        ENCODE,
    )
}

fn read_hosts(text: &mut Text, list: &str, certain: bool) -> Result<(), DsnError> {
    if list.is_empty() {
        return Ok(());
    }
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for one in list.split(',') {
        let (host, port) = if let Some(bracketed) = one.strip_prefix('[') {
            let wrong = || {
                DsnError::form(
                    "a host that begins with [ is not an IPv6 address and a ]",
                    "write postgresql://USER@[2001:db8::1]:5432/DATABASE",
                )
            };
            let (address, after) = bracketed.split_once(']').ok_or_else(wrong)?;
            if address.is_empty() || !(after.is_empty() || after.starts_with(':')) {
                return Err(wrong());
            }
            (address, after.strip_prefix(':'))
        } else {
            match one.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (one, None),
            }
        };
        let port = decoded(port.unwrap_or_default(), "the port")?;
        if !port.is_empty() && !port.bytes().all(|byte| byte.is_ascii_digit()) {
            let advice = if certain {
                "write the port as a number, as in HOST:5432; an IPv6 address stands between [ and ]".to_owned()
            } else {
                format!("write postgresql://USER@HOST:5432/DATABASE; {ENCODE}")
            };
            return Err(DsnError::form(
                "what follows the host and a : is no port",
                advice,
            ));
        }
        hosts.push(decoded(host, "the host")?);
        ports.push(port);
    }
    if hosts.iter().any(|host| !host.is_empty()) {
        text.push("host", hosts.join(","));
    }
    if ports.iter().any(|port| !port.is_empty()) {
        text.push("port", ports.join(","));
        text.port_is_certain = certain;
    }
    Ok(())
}

fn read_query(text: &mut Text, query: &str) -> Result<(), DsnError> {
    let mut after_password = query.contains('@');
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(DsnError::form(
                "a part after the ? is not name=value",
                format!("write ?NAME=VALUE&NAME=VALUE; {ENCODE}, and & is %26"),
            ));
        };
        let name = decoded(name, "a name after the ?")?;
        let part = if name.eq_ignore_ascii_case("password") {
            "the password".to_owned()
        } else {
            "a value after the ?".to_owned()
        };
        let value = decoded(value, &part)?;
        text.given.push(Given {
            certain: !after_password,
            value,
            name: name.clone(),
        });
        // An & in a password that is not encoded cuts it.
        after_password |= name.to_ascii_lowercase().contains("password");
    }
    Ok(())
}

/// Percent-decoding. Everything but `%` and two digits stands for itself, `+` too.
fn decoded(text: &str, part: &str) -> Result<String, DsnError> {
    let wrong = |what: &str| {
        DsnError::form(
            format!("{part} {what}"),
            "write %25 for a % that stands for itself",
        )
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || {
            let digit = char::from(rest.next()?).to_digit(16)?;
            u8::try_from(digit).ok()
        };
        match (digit(), digit()) {
            (Some(0), Some(0)) => return Err(wrong("has %00 in it, which no value may have")),
            (Some(high), Some(low)) => bytes.push(high << 4 | low),
            _ => return Err(wrong("has a % in it that no two hexadecimal digits follow")),
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong("is not UTF-8 once it is percent-decoded"))
}
