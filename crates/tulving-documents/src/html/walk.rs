//! Tokens become blocks.

use std::cell::RefCell;

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{EndTag, StartTag, Tag, Token, TokenSink, TokenSinkResult};

use super::table::Table;
use crate::builder::{Builder, one_line};
use crate::note::Omission;
use crate::reason::Reason;

/// What takes the tokens. The tokenizer hands them to a shared reference, hence the cell.
pub(super) struct Sink<'b, 'l>(RefCell<Walk<'b, 'l>>);

struct Walk<'b, 'l> {
    out: &'b mut Builder<'l>,
    refused: Option<Reason>,
    text: String,
    kind: Kind,
    /// The next number of each list around; none for one without numbers.
    lists: Vec<Option<u64>>,
    marker: Option<String>,
    tables: Vec<Table>,
    /// The element whose content is left out, and how many of its name are open within.
    skipped: Option<(String, u32)>,
    links: Vec<(String, usize)>,
}

/// What the text that is gathered will be.
#[derive(Clone, PartialEq)]
enum Kind {
    Prose,
    Heading(u8),
    Code(Option<String>),
    Title,
}

impl<'b, 'l> Sink<'b, 'l> {
    pub(super) fn new(out: &'b mut Builder<'l>) -> Self {
        Self(RefCell::new(Walk {
            out,
            refused: None,
            text: String::new(),
            kind: Kind::Prose,
            lists: Vec::new(),
            marker: None,
            tables: Vec::new(),
            skipped: None,
            links: Vec::new(),
        }))
    }

    /// Returns why reading has stopped, if it has.
    pub(super) fn refused(&self) -> Result<(), Reason> {
        self.0.borrow_mut().refused.take().map_or(Ok(()), Err)
    }

    pub(super) fn finish(&self) -> Result<(), Reason> {
        self.refused()?;
        let mut walk = self.0.borrow_mut();
        walk.flush()?;
        while walk
            .tables
            .pop()
            .map(|table| table.finish(walk.out))
            .transpose()?
            .is_some()
        {}
        Ok(())
    }
}

impl TokenSink for Sink<'_, '_> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut walk = self.0.borrow_mut();
        if walk.refused.is_some() {
            return TokenSinkResult::Continue;
        }
        match token {
            Token::TagToken(tag) => {
                let (done, next) = match tag.kind {
                    StartTag => (walk.start(&tag), raw(&tag)),
                    EndTag => (walk.end(&tag.name), TokenSinkResult::Continue),
                };
                walk.refused = done.err();
                return next;
            }
            Token::CharacterTokens(text) if walk.skipped.is_none() => walk.characters(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// Tells the tokenizer that what an element holds is no markup.
fn raw(tag: &Tag) -> TokenSinkResult<()> {
    match &*tag.name {
        "script" => TokenSinkResult::RawData(RawKind::ScriptData),
        "style" | "iframe" | "noembed" | "noframes" | "xmp" => {
            TokenSinkResult::RawData(RawKind::Rawtext)
        }
        "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
        _ => TokenSinkResult::Continue,
    }
}

fn attribute<'t>(tag: &'t Tag, name: &str) -> Option<&'t str> {
    let attribute = tag
        .attrs
        .iter()
        .find(|attribute| &*attribute.name.local == name)?;
    Some(&attribute.value)
}

impl Walk<'_, '_> {
    fn start(&mut self, tag: &Tag) -> Result<(), Reason> {
        let name = &*tag.name;
        if let Some((skipped, open)) = &mut self.skipped {
            *open += u32::from(skipped == name);
            return Ok(());
        }
        let omission = match name {
            "script" | "style" => Some(Omission::Scripts),
            "nav" => Some(Omission::Navigation),
            "template" | "svg" | "iframe" | "noembed" | "noframes" => Some(Omission::Embedded),
            _ => None,
        };
        if let Some(what) = omission {
            self.out.leave_out(what);
            if !tag.self_closing
                || matches!(name, "script" | "style" | "iframe" | "noembed" | "noframes")
            {
                self.skipped = Some((name.to_owned(), 1));
            }
            return Ok(());
        }
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.flush()?;
                self.free_from_table()?;
                self.kind = Kind::Heading(name.as_bytes().get(1).map_or(1, |digit| digit - b'0'));
            }
            "title" => {
                self.flush()?;
                self.kind = Kind::Title;
            }
            "pre" | "xmp" | "listing" => {
                self.flush()?;
                self.kind = Kind::Code(None);
            }
            "code" => {
                if let (Kind::Code(language), Some(class)) =
                    (&mut self.kind, attribute(tag, "class"))
                {
                    let names = class.split_whitespace();
                    *language = names
                        .filter_map(|name| name.strip_prefix("language-"))
                        .next()
                        .map(str::to_owned);
                }
            }
            "ul" | "ol" | "menu" => {
                self.flush()?;
                let start = attribute(tag, "start").and_then(|start| start.parse().ok());
                self.lists.push((name == "ol").then(|| start.unwrap_or(1)));
                self.out.depth(self.lists.len() + self.tables.len())?;
            }
            "li" => {
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
            "table" => {
                self.flush()?;
                self.free_from_table()?;
                self.tables.push(Table::default());
                self.out.depth(self.lists.len() + self.tables.len())?;
            }
            "caption" | "thead" | "tbody" | "tfoot" => {
                self.flush()?;
                if let Some(table) = self.tables.last_mut() {
                    table.part(name);
                }
            }
            "tr" => {
                self.flush()?;
                if let Some(table) = self.tables.last_mut() {
                    table.row();
                }
            }
            "td" | "th" => {
                self.flush()?;
                let span = attribute(tag, "colspan").and_then(|span| span.parse().ok());
                if let Some(table) = self.tables.last_mut() {
                    table.cell(name == "th", span.unwrap_or(1), self.out)?;
                }
            }
            "br" => self.text.push('\n'),
            "img" => {
                self.out.leave_out(Omission::Pictures);
                self.text.push_str(attribute(tag, "alt").unwrap_or(""));
            }
            "a" => self.links.push((
                attribute(tag, "href").unwrap_or("").to_owned(),
                self.text.len(),
            )),
            // One that begins in a heading or in code, before any text of it, is a part of that.
            _ if is_block(name) && !self.text.trim().is_empty() => self.flush()?,
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), Reason> {
        if let Some((skipped, open)) = &mut self.skipped {
            *open -= u32::from(skipped == name);
            if *open == 0 {
                self.skipped = None;
            }
            return Ok(());
        }
        match name {
            "ul" | "ol" | "menu" => {
                self.flush()?;
                self.lists.pop();
                self.marker = None;
            }
            "table" => {
                self.flush()?;
                if let Some(table) = self.tables.pop() {
                    table.finish(self.out)?;
                }
            }
            "a" => self.link(),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "title" | "pre" | "xmp" | "listing"
            | "li" | "td" | "th" | "caption" | "tr" => self.flush()?,
            _ if is_block(name) => self.flush()?,
            _ => {}
        }
        Ok(())
    }

    /// Takes text. Only in code do its lines mean anything.
    fn characters(&mut self, text: &str) {
        if matches!(self.kind, Kind::Code(_)) {
            self.text.push_str(text);
        } else {
            self.text
                .extend(text.chars().map(|c| if c == '\n' { ' ' } else { c }));
        }
    }

    /// Puts down what has been gathered.
    fn flush(&mut self) -> Result<(), Reason> {
        let kind = std::mem::replace(&mut self.kind, Kind::Prose);
        if self.text.trim().is_empty() {
            self.text.clear();
            return Ok(());
        }
        let text = std::mem::take(&mut self.text);
        if kind == Kind::Title {
            self.out.title(&text);
            return Ok(());
        }
        if let Some(table) = self.tables.last_mut()
            && let Some(text) = table.take(text.as_str(), self.out)?
        {
            return self.block(kind, text);
        } else if self.tables.is_empty() {
            return self.block(kind, &text);
        }
        Ok(())
    }

    fn block(&mut self, kind: Kind, text: &str) -> Result<(), Reason> {
        match kind {
            Kind::Title => Ok(()),
            Kind::Heading(level) => self.out.heading(level, text),
            Kind::Code(language) => self.out.code(language, text),
            Kind::Prose => {
                let lines: Vec<String> = text.split('\n').map(one_line).collect();
                let text = lines.join("\n");
                match self.lists.len().checked_sub(1) {
                    Some(depth) => self.out.item(depth, self.marker.take(), &text),
                    None => self.out.paragraph(&text),
                }
            }
        }
    }

    /// A table that holds headings or tables is a frame: what is in its cells is read as if it were not there.
    fn free_from_table(&mut self) -> Result<(), Reason> {
        match self.tables.last_mut() {
            Some(table) => table.dissolve(self.out),
            None => Ok(()),
        }
    }

    /// Says where a link leads to, unless its text says so already.
    fn link(&mut self) {
        let Some((url, from)) = self.links.pop() else {
            return;
        };
        let text = self.text.get(from..).unwrap_or("").trim();
        let leads_away = ["http://", "https://", "mailto:"]
            .iter()
            .any(|scheme| url.starts_with(scheme));
        if leads_away && !text.is_empty() && !url.ends_with(text) {
            self.text.push_str(&format!(" ({url})"));
        }
    }
}

/// Elements that begin a line of their own.
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "section"
            | "article"
            | "main"
            | "aside"
            | "header"
            | "footer"
            | "address"
            | "blockquote"
            | "dl"
            | "dt"
            | "dd"
            | "figure"
            | "figcaption"
            | "form"
            | "fieldset"
            | "legend"
            | "details"
            | "summary"
            | "hr"
            | "body"
            | "html"
            | "head"
            | "option"
            | "center"
            | "hgroup"
            | "search"
            | "dialog"
    )
}
