//! `options`: what the server is told at start-up, as on its own command line.

use std::fmt::Write as _;

/// The words of `options`, without `search_path`, which poolers refuse at start-up and which each
/// transaction sets for itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ServerOptions {
    /// What is left, as the server takes it.
    pub(super) rest: Option<String>,
    /// The schemas, as `search_path` takes them: `tulving, extensions`.
    pub(super) search_path: Option<String>,
}

impl ServerOptions {
    /// Reads `-c name=value` and `--name=value` as the server does; other words stay as they are.
    pub(super) fn read(text: &str) -> Self {
        let mut read = Self::default();
        let mut kept = String::new();
        let mut words = split(text).into_iter();
        while let Some(word) = words.next() {
            let (flag, setting) = match word.as_str() {
                "-c" => (Some("-c"), words.next().unwrap_or_default()),
                word => match word.strip_prefix("--").or(word.strip_prefix("-c")) {
                    Some(setting) => (None, setting.to_owned()),
                    None => (None, String::new()),
                },
            };
            match setting.split_once('=') {
                Some((name, value)) if is_search_path(name) => {
                    read.search_path = Some(value.to_owned());
                }
                _ => {
                    if flag.is_some() {
                        keep(&mut kept, "-c");
                        keep(&mut kept, &setting);
                    } else {
                        keep(&mut kept, &word);
                    }
                }
            }
        }
        read.rest = Some(kept).filter(|kept| !kept.is_empty());
        read
    }
}

/// Names of settings are the same in capitals, and with `-` for `_`.
fn is_search_path(name: &str) -> bool {
    name.replace('-', "_").eq_ignore_ascii_case("search_path")
}

/// Cuts at white space; a backslash takes the next character as it is.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => word.get_or_insert_default().extend(chars.next()),
            c if c.is_ascii_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The reverse of [`split`], one word at a time.
fn keep(text: &mut String, word: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    for c in word.chars() {
        if c == '\\' || c.is_ascii_whitespace() {
            text.push('\\');
        }
        // Writing to a string cannot fail.
        let _ = text.write_char(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_path_is_taken_out_and_all_else_stays() {
        for (text, rest, path) in [
            ("", None, None),
            ("-c search_path=tulving", None, Some("tulving")),
            ("-csearch_path=a,b", None, Some("a,b")),
            ("--search-path=a", None, Some("a")),
            (
                r"-c search_path=a,\ b -c work_mem=1MB",
                Some("-c work_mem=1MB"),
                Some("a, b"),
            ),
            (
                r"-c application_name=a\ b\\c --geqo=off endpoint=x",
                Some(r"-c application_name=a\ b\\c --geqo=off endpoint=x"),
                None,
            ),
            ("-c", Some("-c "), None),
            // The last one counts.
            ("-c SEARCH_PATH=a --search_path=b", None, Some("b")),
        ] {
            let read = ServerOptions::read(text);
            assert_eq!(
                (read.rest.as_deref(), read.search_path.as_deref()),
                (rest, path),
                "{text}"
            );
        }
    }
}
