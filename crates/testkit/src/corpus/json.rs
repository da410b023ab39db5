//! JSON as Python's `json.dump(…, indent=2)` writes it, and as it never would: values are raw text.

use std::{borrow::Cow, fmt::Write};

#[derive(Debug, Clone)]
pub(super) enum Json {
    /// Written as it is.
    Raw(Cow<'static, str>),
    List(Vec<Json>),
    Object(Fields),
}

/// The fields of an object in their order; names are raw text too, without the quotes.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields(pub(super) Vec<(Cow<'static, str>, Json)>);

impl Json {
    pub(super) fn text(text: &str) -> Self {
        Self::Raw(quoted(text).into())
    }

    pub(super) fn raw(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Raw(text.into())
    }

    pub(super) fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }

    /// On one line.
    pub(super) fn compact(&self, out: &mut String) {
        match self {
            Self::Raw(text) => out.push_str(text),
            Self::List(items) => join(out, "[]", items, None, |out, item| item.compact(out)),
            Self::Object(fields) => fields.compact(out),
        }
    }

    fn pretty(&self, out: &mut String, depth: usize) {
        match self {
            Self::Raw(text) => out.push_str(text),
            Self::List(items) => join(out, "[]", items, Some(depth), |out, item| {
                item.pretty(out, depth + 1);
            }),
            Self::Object(fields) => fields.pretty(out, depth),
        }
    }
}

impl Fields {
    /// On one line.
    pub(super) fn compact(&self, out: &mut String) {
        join(out, "{}", &self.0, None, |out, (name, value)| {
            let _ = write!(out, "\"{name}\":");
            value.compact(out);
        });
    }

    /// Indented by 2, as part of something already indented by `depth` times 2.
    pub(super) fn pretty(&self, out: &mut String, depth: usize) {
        join(out, "{}", &self.0, Some(depth), |out, (name, value)| {
            let _ = write!(out, "\"{name}\": ");
            value.pretty(out, depth + 1);
        });
    }

    /// In place if it is there, else at the end.
    pub(super) fn set(&mut self, name: &'static str, value: Json) {
        match self.0.iter_mut().find(|(have, _)| have == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.into(), value)),
        }
    }

    pub(super) fn set_raw(&mut self, name: &'static str, raw: impl Into<Cow<'static, str>>) {
        self.set(name, Json::raw(raw));
    }

    pub(super) fn get(&self, name: &str) -> Option<&Json> {
        self.0
            .iter()
            .find(|(have, _)| have == name)
            .map(|(_, value)| value)
    }

    pub(super) fn keep(&mut self, names: &[&str]) {
        self.0.retain(|(name, _)| names.contains(&name.as_ref()));
    }

    pub(super) fn remove(&mut self, names: &[&str]) {
        self.0.retain(|(name, _)| !names.contains(&name.as_ref()));
    }
}

/// Quoted as Python does by default: everything beyond ASCII escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
    out
}

/// Each item in its own line if there is a depth, which is that of the brackets.
fn join<T>(
    out: &mut String,
    brackets: &str,
    items: &[T],
    depth: Option<usize>,
    each: impl Fn(&mut String, &T),
) {
    let (open, close) = brackets.split_at(1);
    let depth = depth.filter(|_| !items.is_empty());
    let new_line = |out: &mut String, deeper: usize| {
        if let Some(depth) = depth {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", depth + deeper));
        }
    };
    out.push_str(open);
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        new_line(out, 1);
        each(out, item);
    }
    new_line(out, 0);
    out.push_str(close);
}
