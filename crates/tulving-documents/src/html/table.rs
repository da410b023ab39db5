//! A table of HTML while it is read.

use crate::builder::{Builder, one_line};
use crate::reason::Reason;

/// The widest cell: what a page says of columns is not believed beyond.
const SPAN: usize = 64;

/// A table while it is read.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
    /// How many cells they have.
    cells: u64,
    /// Rows of the head, as long as only such have come.
    header: usize,
    in_head: bool,
    /// Whether each cell of the row is a heading.
    all_headings: bool,
    /// Whether the text that comes belongs to no cell: a caption.
    caption: bool,
    /// Columns to leave empty before the next cell.
    pending: usize,
    /// Whether it is a frame around other things.
    dissolved: bool,
}

impl Table {
    /// Begins a caption, the head or the body.
    pub(super) fn part(&mut self, name: &str) {
        self.close_row();
        self.in_head = name == "thead";
        self.caption = name == "caption";
    }

    pub(super) fn row(&mut self) {
        self.close_row();
        self.caption = false;
        self.all_headings = true;
        self.rows.push(Vec::new());
    }

    /// Begins a cell, which may claim more columns than it has. So cells are counted before there are too many.
    pub(super) fn cell(
        &mut self,
        heading: bool,
        span: usize,
        out: &Builder<'_>,
    ) -> Result<(), Reason> {
        self.caption = false;
        self.all_headings &= heading;
        if self.rows.is_empty() {
            self.row();
        }
        self.cells += self.pending as u64 + 1;
        out.cells(self.cells)?;
        if let Some(row) = self.rows.last_mut() {
            row.resize(row.len() + self.pending + 1, String::new());
        }
        self.pending = span.clamp(1, SPAN) - 1;
        Ok(())
    }

    /// Takes text into the cell that is open. Returns it if it belongs outside the table.
    pub(super) fn take<'t>(
        &mut self,
        text: &'t str,
        out: &mut Builder<'_>,
    ) -> Result<Option<&'t str>, Reason> {
        if self.dissolved {
            return Ok(Some(text));
        }
        match self.rows.last_mut().and_then(|row| row.last_mut()) {
            Some(cell) if !self.caption => {
                if !cell.is_empty() {
                    cell.push(' ');
                }
                cell.push_str(&one_line(text));
                Ok(None)
            }
            _ => out.paragraph(&one_line(text)).map(|()| None),
        }
    }

    /// Puts down what there is, and reads on as if there were no table.
    pub(super) fn dissolve(&mut self, out: &mut Builder<'_>) -> Result<(), Reason> {
        self.dissolved = true;
        let rows = std::mem::take(&mut self.rows);
        out.table(std::mem::take(&mut self.header), rows)
    }

    pub(super) fn finish(mut self, out: &mut Builder<'_>) -> Result<(), Reason> {
        self.close_row();
        out.table(self.header, self.rows)
    }

    fn close_row(&mut self) {
        self.pending = 0;
        if self.rows.last().is_some_and(|row| !row.is_empty())
            && self.header + 1 == self.rows.len()
            && (self.in_head || self.all_headings)
        {
            self.header += 1;
        }
    }
}
