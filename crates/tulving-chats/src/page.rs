//! HTML as text: what is said in a page, with the marks of Markdown.

use tulving_documents::{Body, Content, Limits, read};

/// Returns what a piece of HTML says; nothing if it is made to exhaust who reads it.
#[must_use]
pub fn text(html: &str) -> String {
    let Ok(document) = read(html.as_bytes(), "answer.html", &Limits::default()) else {
        return String::new();
    };
    let Body::Blocks(blocks) = document.body else {
        return String::new();
    };
    let mut text = String::new();
    let mut in_list = false;
    for block in blocks {
        let is_item = matches!(block.content, Content::Item { .. });
        if !text.is_empty() {
            text.push_str(if is_item && in_list { "\n" } else { "\n\n" });
        }
        in_list = is_item;
        match block.content {
            Content::Heading {
                level,
                text: heading,
            } => {
                text.extend(std::iter::repeat_n('#', usize::from(level)));
                text.push(' ');
                text.push_str(&heading);
            }
            Content::Paragraph { text: paragraph } => text.push_str(&paragraph),
            Content::Item {
                depth,
                marker,
                text: item,
            } => {
                text.extend(std::iter::repeat_n("  ", usize::from(depth)));
                text.push_str(marker.as_deref().unwrap_or(" "));
                text.push(' ');
                text.push_str(&item);
            }
            Content::Table { header, rows } => {
                for (at, row) in rows.iter().enumerate() {
                    if at > 0 {
                        text.push('\n');
                    }
                    text.push_str(&format!("| {} |", row.join(" | ")));
                    if at + 1 == header {
                        text.push_str(&format!("\n|{}", "---|".repeat(row.len())));
                    }
                }
            }
            Content::Code {
                language,
                text: code,
            } => {
                text.push_str(&format!(
                    "```{}\n{}\n```",
                    language.unwrap_or_default(),
                    code.trim_end()
                ));
            }
        }
    }
    text
}
