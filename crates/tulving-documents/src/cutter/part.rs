//! Blocks become text.

use crate::document::{Block, Content};

/// A block as text, to be put into a chunk whole or in pieces.
pub(super) struct Part {
    pub(super) text: String,
    pub(super) tokens: usize,
    /// What stands between it and the part before it.
    pub(super) separator: &'static str,
    pub(super) page: Option<u32>,
    pub(super) form: Form,
}

/// How a part is cut if it must be.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// At sentences.
    Prose,
    /// Between rows; so many first lines are its head.
    Table { head: usize },
    /// Between lines; the first and last are its fence.
    Code,
}

impl Part {
    pub(super) fn new(
        block: &Block,
        before: Option<&Block>,
        count: &dyn Fn(&str) -> usize,
    ) -> Self {
        let (text, form) = match &block.content {
            Content::Heading { text, .. } | Content::Paragraph { text } => {
                (text.clone(), Form::Prose)
            }
            Content::Item {
                depth,
                marker,
                text,
            } => {
                let indent = "  ".repeat(usize::from(*depth).min(8));
                let text = match marker {
                    Some(marker) => format!("{indent}{marker} {text}"),
                    None => format!("{indent}  {text}"),
                };
                (text, Form::Prose)
            }
            Content::Table { header, rows } => table(*header, rows),
            Content::Code { language, text } => code(language.as_deref(), text),
        };
        let is_item = |block: &Block| matches!(block.content, Content::Item { .. });
        let goes_on = is_item(block) && before.is_some_and(is_item);
        let separator = if goes_on { "\n" } else { "\n\n" };
        Self {
            tokens: count(&text),
            text,
            separator,
            page: block.page,
            form,
        }
    }
}

fn table(header: usize, rows: &[Vec<String>]) -> (String, Form) {
    let mut text = String::new();
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        text.push('|');
        for cell in row {
            text.push(' ');
            text.push_str(cell);
            text.push_str(" |");
        }
        if at + 1 == header {
            text.push_str("\n|");
            row.iter().for_each(|_| text.push_str(" --- |"));
        }
    }
    let head = if header > 0 { header + 1 } else { 0 };
    (text, Form::Table { head })
}

fn code(language: Option<&str>, text: &str) -> (String, Form) {
    let mut longest = 0;
    let mut run = 0;
    for byte in text.bytes() {
        run = if byte == b'`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat((longest + 1).clamp(3, 16));
    let language = language.unwrap_or("");
    (format!("{fence}{language}\n{text}\n{fence}"), Form::Code)
}
