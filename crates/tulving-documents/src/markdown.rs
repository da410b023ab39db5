//! Markdown, by pulldown-cmark's events.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::builder::{Builder, one_line};
use crate::html;
use crate::note::Omission;
use crate::reason::Reason;

/// Reads Markdown with tables, footnotes, lists of tasks and struck words; HTML within it as HTML.
pub(crate) fn read(text: &str, out: &mut Builder<'_>) -> Result<(), Reason> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut reader = Reader {
        out,
        depth: 0,
        text: String::new(),
        lists: Vec::new(),
        marker: None,
        rows: Vec::new(),
        links: Vec::new(),
        language: None,
    };
    for event in Parser::new_ext(text, options) {
        reader.event(event)?;
    }
    reader.flush()
}

struct Reader<'b, 'l> {
    out: &'b mut Builder<'l>,
    /// Containers around what is read.
    depth: usize,
    text: String,
    /// The next number of each list around, the innermost last; none for one without numbers.
    lists: Vec<Option<u64>>,
    /// The marker of an item whose text has not begun.
    marker: Option<String>,
    rows: Vec<Vec<String>>,
    /// Where links lead to, and where their text begins.
    links: Vec<(String, usize)>,
    /// What the code that is read is written in.
    language: Option<String>,
}

impl Reader<'_, '_> {
    fn event(&mut self, event: Event<'_>) -> Result<(), Reason> {
        match event {
            Event::Start(tag) => {
                self.depth += 1;
                self.out.depth(self.depth)?;
                self.start(tag)
            }
            Event::End(tag) => {
                self.depth = self.depth.saturating_sub(1);
                self.end(tag)
            }
            Event::Text(text) | Event::Html(text) => {
                self.text.push_str(&text);
                Ok(())
            }
            Event::Code(text) => {
                self.text.push('`');
                self.text.push_str(&text);
                self.text.push('`');
                Ok(())
            }
            Event::InlineHtml(tag) => {
                if tag.starts_with("<br") {
                    self.text.push('\n');
                }
                Ok(())
            }
            Event::SoftBreak | Event::HardBreak => {
                self.text.push('\n');
                Ok(())
            }
            Event::FootnoteReference(name) => {
                self.text.push_str("[^");
                self.text.push_str(&name);
                self.text.push(']');
                Ok(())
            }
            Event::TaskListMarker(done) => {
                self.text.push_str(if done { "[x] " } else { "[ ] " });
                Ok(())
            }
            Event::Rule => self.flush(),
            Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.text.push_str(&text);
                Ok(())
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) -> Result<(), Reason> {
        match tag {
            Tag::List(first) => {
                self.flush()?;
                self.lists.push(first);
            }
            Tag::Item => {
                self.flush()?;
                self.marker = Some(match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let marker = format!("{number}.");
                        *number = number.saturating_add(1);
                        marker
                    }
                    _ => "-".to_owned(),
                });
            }
            Tag::TableHead | Tag::TableRow => self.rows.push(Vec::new()),
            Tag::TableCell | Tag::Emphasis | Tag::Strong | Tag::Strikethrough => {}
            Tag::Link { dest_url, .. } => {
                self.links.push((dest_url.into_string(), self.text.len()));
            }
            Tag::Image { .. } => self.out.leave_out(Omission::Pictures),
            Tag::FootnoteDefinition(name) => {
                self.flush()?;
                self.text = format!("[^{name}]: ");
            }
            Tag::CodeBlock(kind) => {
                self.flush()?;
                self.language = language(&kind);
            }
            // A footnote's first paragraph follows its name.
            Tag::Paragraph if self.text.starts_with("[^") => {}
            _ => self.flush()?,
        }
        Ok(())
    }

    fn end(&mut self, tag: TagEnd) -> Result<(), Reason> {
        match tag {
            TagEnd::Heading(level) => {
                let text = std::mem::take(&mut self.text);
                self.marker = None;
                self.out.heading(level as u8, &text)
            }
            TagEnd::CodeBlock => {
                let text = std::mem::take(&mut self.text);
                self.out.code(self.language.take(), &text)
            }
            TagEnd::MetadataBlock(_) => {
                let text = std::mem::take(&mut self.text);
                let title = text.lines().find_map(|line| line.strip_prefix("title:"));
                self.out
                    .title(title.unwrap_or("").trim().trim_matches(['"', '\'']));
                self.out.code(Some("yaml".to_owned()), &text)
            }
            TagEnd::HtmlBlock => {
                let source = std::mem::take(&mut self.text);
                html::read_part(&source, self.out)
            }
            TagEnd::List(_) => {
                self.flush()?;
                self.lists.pop();
                Ok(())
            }
            TagEnd::Item => {
                self.flush()?;
                self.marker = None;
                Ok(())
            }
            TagEnd::TableCell => {
                let cell = one_line(&std::mem::take(&mut self.text));
                if let Some(row) = self.rows.last_mut() {
                    row.push(cell);
                }
                Ok(())
            }
            TagEnd::Table => {
                let rows = std::mem::take(&mut self.rows);
                let header = usize::from(
                    rows.first()
                        .is_some_and(|row| row.iter().any(|cell| !cell.is_empty())),
                );
                self.out.table(header, rows)
            }
            TagEnd::Link => {
                self.link();
                Ok(())
            }
            TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Image
            | TagEnd::TableHead
            | TagEnd::TableRow => Ok(()),
            _ => self.flush(),
        }
    }

    /// Puts down what has been gathered, as a paragraph or an item.
    fn flush(&mut self) -> Result<(), Reason> {
        if self.text.trim().is_empty() {
            self.text.clear();
            return Ok(());
        }
        let text = std::mem::take(&mut self.text);
        match self.lists.len().checked_sub(1) {
            Some(depth) => self.out.item(depth, self.marker.take(), &text),
            None => self.out.paragraph(&text),
        }
    }

    /// Says where a link leads to, unless its text says so already.
    fn link(&mut self) {
        let Some((url, from)) = self.links.pop() else {
            return;
        };
        let text = self.text.get(from..).unwrap_or("");
        let leads_away = ["http://", "https://", "mailto:"]
            .iter()
            .any(|scheme| url.starts_with(scheme));
        if leads_away && !url.ends_with(text.trim()) {
            self.text.push_str(" (");
            self.text.push_str(&url);
            self.text.push(')');
        }
    }
}

/// Returns the language of a block of code.
fn language(kind: &CodeBlockKind<'_>) -> Option<String> {
    match kind {
        CodeBlockKind::Fenced(info) => info
            .split([' ', ',', '{'])
            .next()
            .filter(|name| !name.is_empty())
            .map(str::to_owned),
        CodeBlockKind::Indented => None,
    }
}
