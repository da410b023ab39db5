//! What every reader writes into.

use std::collections::BTreeMap;

use crate::document::{Block, Content};
use crate::limits::{Limits, Measure};
use crate::note::Omission;
use crate::reason::Reason;

/// The longest heading, in bytes: what is longer is a paragraph that looks like one.
const HEADING: usize = 400;

/// Blocks as they come, counted.
pub(crate) struct Builder<'l> {
    pub(crate) limits: &'l Limits,
    pub(crate) page: Option<u32>,
    pub(crate) title: Option<String>,
    pub(crate) left_out: BTreeMap<Omission, u64>,
    blocks: Vec<Block>,
    count: u64,
}

impl<'l> Builder<'l> {
    pub(crate) fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            page: None,
            title: None,
            left_out: BTreeMap::new(),
            blocks: Vec::new(),
            count: 0,
        }
    }

    /// Counts what is not taken over.
    pub(crate) fn leave_out(&mut self, what: Omission) {
        *self.left_out.entry(what).or_default() += 1;
    }

    /// Takes a title, if there is none yet.
    pub(crate) fn title(&mut self, text: &str) {
        let text = one_line(text);
        if self.title.is_none() && !text.is_empty() {
            self.title = Some(text);
        }
    }

    pub(crate) fn heading(&mut self, level: u8, text: &str) -> Result<(), Reason> {
        let text = one_line(text);
        let content = if text.len() > HEADING {
            Content::Paragraph { text }
        } else {
            Content::Heading { level, text }
        };
        self.push(content)
    }

    pub(crate) fn paragraph(&mut self, text: &str) -> Result<(), Reason> {
        let text = text.trim().to_owned();
        self.push(Content::Paragraph { text })
    }

    pub(crate) fn item(
        &mut self,
        depth: usize,
        marker: Option<String>,
        text: &str,
    ) -> Result<(), Reason> {
        let text = text.trim().to_owned();
        let depth = u8::try_from(depth).unwrap_or(u8::MAX);
        self.push(Content::Item {
            depth,
            marker,
            text,
        })
    }

    pub(crate) fn code(&mut self, language: Option<String>, text: &str) -> Result<(), Reason> {
        let text = text.trim_matches('\n').to_owned();
        self.push(Content::Code { language, text })
    }

    /// Takes a table. One of a single column is no table but a frame around paragraphs.
    pub(crate) fn table(
        &mut self,
        header: usize,
        mut rows: Vec<Vec<String>>,
    ) -> Result<(), Reason> {
        for row in &mut rows {
            while row.last().is_some_and(String::is_empty) {
                row.pop();
            }
        }
        rows.retain(|row| !row.is_empty());
        let width = rows.iter().map(Vec::len).max().unwrap_or(0);
        if width < 2 {
            return rows
                .iter()
                .flatten()
                .try_for_each(|cell| self.paragraph(cell));
        }
        self.count += rows.iter().map(|row| row.len() as u64).sum::<u64>();
        for cell in rows.iter_mut().flatten() {
            if cell.contains('\n') {
                *cell = one_line(cell);
            }
        }
        let header = header.min(rows.len());
        self.push(Content::Table { header, rows })
    }

    pub(crate) fn push(&mut self, content: Content) -> Result<(), Reason> {
        if content.texts().all(str::is_empty) {
            return Ok(());
        }
        self.count += 1;
        Measure::Blocks.check(self.count, self.limits.blocks)?;
        self.blocks.push(Block {
            page: self.page,
            content,
        });
        Ok(())
    }

    /// Goes to a page, counted from 1.
    pub(crate) fn turn_to(&mut self, page: u32) -> Result<(), Reason> {
        self.page = Some(page);
        Measure::Pages.check(page.into(), self.limits.pages)
    }

    /// Refuses a table that has too many cells already.
    pub(crate) fn cells(&self, cells: u64) -> Result<(), Reason> {
        Measure::Blocks.check(self.count + cells, self.limits.blocks)
    }

    /// Refuses what is nested too deeply.
    pub(crate) fn depth(&self, depth: usize) -> Result<(), Reason> {
        Measure::Depth.check(depth as u64, self.limits.depth)
    }

    pub(crate) fn finish(self) -> (Vec<Block>, Option<String>, BTreeMap<Omission, u64>) {
        (self.blocks, self.title, self.left_out)
    }
}

/// Returns a text with each run of white space as one space, and none around it.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Returns the last place not behind `at` where a text can be cut.
pub(crate) fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
