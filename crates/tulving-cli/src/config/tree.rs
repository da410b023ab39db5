//! The configuration file as a small tree that remembers its lines.

use std::path::Path;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use crate::exit::CliError;
use crate::text::quote;

/// Deeper than any configuration; bounds what a hostile file can build.
const DEEPEST: usize = 16;

/// One value and the line on which it begins.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) value: Value,
}

/// What a node holds. YAML's types are left alone: the key decides what a scalar must be, so
/// `no` stays a word and a version such as `1.10` keeps its zero.
#[derive(Debug)]
pub(super) enum Value {
    /// Nothing, `~` or `null`: as if the key were not there.
    Null,
    Scalar(String),
    List,
    Map(Vec<Entry>),
}

/// A key of a mapping.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) line: usize,
    pub(super) node: Node,
}

impl Value {
    /// Returns the word for an error message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Scalar(_) => "a single value",
            Self::List => "a list",
            Self::Map(_) => "a section",
        }
    }
}

/// A collection that is still open.
enum Open {
    List,
    Map {
        entries: Vec<Entry>,
        key: Option<(String, usize)>,
    },
}

/// Reads the text of a configuration file; `None` if it holds nothing.
///
/// Events are pulled one by one and the open collections kept on a stack of our own, so that no
/// nesting in the file can exhaust the program's.
pub(super) fn parse(path: &Path, text: &str) -> Result<Option<Node>, CliError> {
    let mut stack: Vec<(usize, Open)> = Vec::new();
    let mut root: Option<Node> = None;
    for event in Parser::new_from_str(text) {
        let (event, Span { start, .. }) = event.map_err(|error| {
            fault(path, error.marker().line(), "this is not valid YAML")
                .cause(error.info().to_owned())
                .hint("correct that line: `key: value`, two spaces further in than its section; quotes around a value that holds : or #")
        })?;
        let line = start.line();
        let node = match event {
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => {
                return Err(fault(
                    path,
                    line,
                    "YAML tags (!name) are not used in this file",
                ));
            }
            Event::Alias(_) => {
                return Err(fault(
                    path,
                    line,
                    "YAML aliases (*name) are not used in this file",
                ));
            }
            Event::DocumentStart(_) if root.is_some() => {
                return Err(fault(
                    path,
                    line,
                    "a second document begins; there may be one",
                ));
            }
            Event::SequenceStart(..) => {
                open(&mut stack, line, Open::List, path)?;
                continue;
            }
            Event::MappingStart(..) => {
                let map = Open::Map {
                    entries: Vec::new(),
                    key: None,
                };
                open(&mut stack, line, map, path)?;
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match stack.pop() {
                Some((line, Open::List)) => Node {
                    line,
                    value: Value::List,
                },
                Some((line, Open::Map { entries, .. })) => Node {
                    line,
                    value: Value::Map(entries),
                },
                None => continue,
            },
            Event::Scalar(text, style, ..) => Node {
                line,
                value: scalar(text.into_owned(), style),
            },
            _ => continue,
        };
        place(&mut stack, &mut root, node, path)?;
    }
    Ok(root)
}

fn scalar(text: String, style: ScalarStyle) -> Value {
    let null = matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL");
    if null && style == ScalarStyle::Plain {
        Value::Null
    } else {
        Value::Scalar(text)
    }
}

fn open(
    stack: &mut Vec<(usize, Open)>,
    line: usize,
    what: Open,
    path: &Path,
) -> Result<(), CliError> {
    if stack.len() == DEEPEST {
        return Err(fault(path, line, "this is nested too deeply"));
    }
    stack.push((line, what));
    Ok(())
}

/// Puts a finished node where it belongs: root, list, key or value.
fn place(
    stack: &mut [(usize, Open)],
    root: &mut Option<Node>,
    node: Node,
    path: &Path,
) -> Result<(), CliError> {
    match stack.last_mut() {
        None => *root = Some(node),
        // No known key takes a list, so what is in it does not matter.
        Some((_, Open::List)) => {}
        Some((_, Open::Map { entries, key })) => match (key.take(), node.value) {
            (Some((key, line)), value) => {
                let node = Node {
                    line: node.line,
                    value,
                };
                entries.push(Entry { key, line, node });
            }
            (None, Value::Scalar(name)) => {
                if let Some(first) = entries.iter().find(|entry| entry.key == name) {
                    let first = first.line;
                    let what = format!("key {} stands here again", quote(&name));
                    return Err(
                        fault(path, node.line, &what).cause(format!("first on line {first}"))
                    );
                }
                *key = Some((name, node.line));
            }
            (None, value) => {
                let what = format!("a key must be a name, not {}", value.kind());
                return Err(fault(path, node.line, &what));
            }
        },
    }
    Ok(())
}

/// Returns an error at a line of the file.
pub(super) fn fault(path: &Path, line: usize, what: &str) -> CliError {
    CliError::usage(format!("{}, line {line}: {what}", path.display()))
        .hint("correct that line; tulving config show   (lists the settings)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Option<Node>, String> {
        parse(Path::new("c.yaml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn lines_and_words_are_kept() {
        let root = read("# note\na:\n  b: 1.10\n  c: ~\nd: 'null'\n")
            .unwrap()
            .unwrap();
        let Value::Map(entries) = root.value else {
            panic!("{root:?}")
        };
        let Value::Map(inner) = &entries[0].node.value else {
            panic!("{entries:?}")
        };
        assert!(matches!(&inner[0].node.value, Value::Scalar(text) if text == "1.10"));
        assert_eq!((inner[0].line, inner[1].line), (3, 4));
        assert!(matches!(inner[1].node.value, Value::Null));
        assert!(matches!(&entries[1].node.value, Value::Scalar(text) if text == "null"));
        assert!(read("").unwrap().is_none());
        assert!(read("# only a comment\n").unwrap().is_none());
    }

    #[test]
    fn what_a_configuration_does_not_need_is_refused() {
        for (text, said) in [
            ("a: 1\nb: 2\na: 3\n", "line 3: key \"a\" stands here again"),
            ("a: &x 1\nb: *x\n", "line 2: YAML aliases"),
            ("a: !!str 1\n", "line 1: YAML tags"),
            ("a: 1\n---\nb: 2\n", "a second document"),
            ("[a]: 1\n", "line 1: a key must be a name, not a list"),
            ("a: [1\n", "not valid YAML"),
            ("a: b: c\n", "not valid YAML"),
        ] {
            let error = read(text).unwrap_err();
            assert!(
                error.contains(said) && error.contains("c.yaml"),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn deep_nesting_ends_in_an_error_not_in_a_crash() {
        for bracket in ["[", "{a: ", "- ", "? "] {
            let error = read(&bracket.repeat(100_000)).unwrap_err();
            assert!(error.contains("line 1"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-:{}\\[\\],&*!|>'\"%@`#~? \n\ta-c]{0,60}") {
            let _ = read(&text);
        }
    }
}
