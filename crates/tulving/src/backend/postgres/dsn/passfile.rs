//! `~/.pgpass`: `host:port:database:user:password`, a line each.

use std::path::Path;

/// What the password belongs to.
pub(super) struct Wanted<'a> {
    /// `localhost` for the machine's own sockets.
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) database: &'a str,
    pub(super) user: &'a str,
}

/// Returns the password of the first line that fits, and a warning if the file was not looked into.
pub(super) fn look_up(path: &Path, wanted: &Wanted<'_>) -> (Option<String>, Option<String>) {
    let Ok(about) = std::fs::metadata(path) else {
        return (None, None);
    };
    let shown = path.display();
    if !about.is_file() {
        let warning = format!("the password file {shown} is not a plain file: it is not read");
        return (None, Some(warning));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if about.permissions().mode() & 0o077 != 0 {
            let warning = format!(
                "the password file {shown} can be read by others: it is not used until chmod 0600 {shown}"
            );
            return (None, Some(warning));
        }
    }
    match std::fs::read_to_string(path) {
        Ok(text) => (text.lines().find_map(|line| password(line, wanted)), None),
        Err(error) => {
            let warning = format!("the password file {shown} cannot be read: {error}");
            (None, Some(warning))
        }
    }
}

fn password(line: &str, wanted: &Wanted<'_>) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let port = wanted.port.to_string();
    let mut rest = line;
    for value in [wanted.host, &port, wanted.database, wanted.user] {
        rest = match rest.strip_prefix("*:") {
            Some(rest) => rest,
            None => field(rest, value)?,
        };
    }
    let mut password = String::new();
    let mut chars = rest.trim_end_matches('\r').chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => password.extend(chars.next()),
            // What is written after another colon is not the password's.
            ':' => break,
            c => password.push(c),
        }
    }
    Some(password).filter(|password| !password.is_empty())
}

/// What follows the field and its colon, if the field is that value; `\` takes the next character
/// as it is.
fn field<'a>(line: &'a str, value: &str) -> Option<&'a str> {
    let mut found = String::new();
    let mut chars = line.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => found.push(chars.next()?.1),
            ':' => return (found == value).then(|| &line[at + 1..]),
            c => found.push(c),
        }
    }
    None
}
