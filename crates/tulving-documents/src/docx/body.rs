//! The text of a Word file.

use std::collections::HashMap;

use super::footnotes::Notes;
use super::numbering::Numbering;
use super::package::{Element, Part};
use super::styles::{Styles, outline};
use crate::builder::{Builder, one_line};
use crate::note::Omission;
use crate::reason::Reason;
use crate::text::marker;

/// The widest cell: what a file says of columns is not believed beyond.
const SPAN: u64 = 64;

/// Reads the main part. Text boxes and notes make paragraphs within paragraphs, hence the stack; tables within
/// tables are read as text of the cell that they are in.
pub(super) struct Body<'b, 'l> {
    out: &'b mut Builder<'l>,
    links: HashMap<String, String>,
    styles: Styles,
    numbering: Numbering,
    footnotes: Notes,
    endnotes: Notes,
    paragraphs: Vec<Paragraph>,
    /// Tables around what is read.
    tables: u32,
    table: Table,
    /// Elements that are open since one whose content is left out.
    skipped: u32,
    in_run: u32,
    in_text: bool,
    /// Where links lead to, and where their text begins.
    open_links: Vec<(Option<String>, usize)>,
    /// Numbers of footnotes and endnotes given so far.
    notes: u32,
}

#[derive(Default)]
struct Paragraph {
    style: Option<String>,
    outline: Option<u64>,
    list: Option<String>,
    level: Option<u64>,
    text: String,
    notes: Vec<String>,
}

#[derive(Default)]
struct Table {
    rows: Vec<Vec<String>>,
    header: usize,
    first_is_header: bool,
    /// Columns to leave empty after the cell that is open.
    wider: u64,
    /// How many cells have ended.
    cells: u64,
}

impl<'b, 'l> Body<'b, 'l> {
    pub(super) fn new(
        out: &'b mut Builder<'l>,
        links: HashMap<String, String>,
        styles: Styles,
        numbering: Numbering,
        footnotes: Notes,
        endnotes: Notes,
    ) -> Self {
        Self {
            out,
            links,
            styles,
            numbering,
            footnotes,
            endnotes,
            paragraphs: Vec::new(),
            tables: 0,
            table: Table::default(),
            skipped: 0,
            in_run: 0,
            in_text: false,
            open_links: Vec::new(),
            notes: 0,
        }
    }

    fn write(&mut self, text: &str) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.text.push_str(text);
        }
    }

    /// Takes the properties of a paragraph.
    fn property(&mut self, element: &Element<'_>) {
        let Some(paragraph) = self.paragraphs.last_mut() else {
            return;
        };
        match element.name() {
            "pStyle" => paragraph.style = element.value(),
            "outlineLvl" => paragraph.outline = element.number(),
            "numId" => paragraph.list = element.value(),
            "ilvl" => paragraph.level = element.number(),
            _ => {}
        }
    }

    /// Takes what belongs to the frame of a table; within others it is text.
    fn frame(&mut self, element: &Element<'_>) {
        if self.tables != 1 {
            return;
        }
        let table = &mut self.table;
        match element.name() {
            "tr" => table.rows.push(Vec::new()),
            "tc" => {
                table.wider = 0;
                if let Some(row) = table.rows.last_mut() {
                    row.push(String::new());
                }
            }
            "gridSpan" => table.wider = element.number().unwrap_or(1).clamp(1, SPAN) - 1,
            "tblHeader" if table.header + 1 == table.rows.len() => table.header += 1,
            "tblLook" => {
                let flags = element
                    .value()
                    .and_then(|flags| u32::from_str_radix(&flags, 16).ok());
                table.first_is_header = element.attribute("firstRow").as_deref() == Some("1")
                    || flags.unwrap_or(0) & 0x20 != 0;
            }
            _ => {}
        }
    }

    fn note(&mut self, name: &str, id: Option<String>) {
        let notes = if name == "footnoteReference" {
            &mut self.footnotes
        } else {
            &mut self.endnotes
        };
        if let Some(text) = id.and_then(|id| notes.take(&id)) {
            self.notes += 1;
            let mark = format!("[{}]", self.notes);
            self.write(&mark);
            if let Some(paragraph) = self.paragraphs.last_mut() {
                paragraph.notes.push(format!("{mark} {text}"));
            }
        }
    }

    /// Puts a paragraph down as what its style says that it is.
    fn close(&mut self, paragraph: Paragraph) -> Result<(), Reason> {
        let style = paragraph.style.as_deref();
        if style.is_some_and(|style| self.styles.is_contents(style)) {
            if !paragraph.text.trim().is_empty() {
                self.out.leave_out(Omission::TableOfContents);
            }
            return Ok(());
        }
        let heading = match paragraph.outline {
            Some(level) => outline(level),
            None => style.and_then(|style| self.styles.heading(style)),
        };
        let of_style = style.and_then(|style| self.styles.list(style));
        let level = paragraph
            .level
            .or(of_style.as_ref().map(|(_, level)| *level))
            .unwrap_or(0);
        let list = paragraph.list.or(of_style.map(|(list, _)| list));
        let text = paragraph.text.trim();
        // An empty paragraph has no number.
        let mut number = list
            .filter(|_| !text.is_empty())
            .and_then(|list| self.numbering.next(&list, level));
        let mut text = text;
        if number.is_none()
            && heading.is_none()
            && let Some((typed, rest)) = marker(text)
        {
            number = Some(typed.to_owned());
            text = rest;
        }
        let numbered = |number: &Option<String>| match number {
            Some(number) if number != "-" => format!("{number} {text}"),
            _ => text.to_owned(),
        };
        if self.tables > 0 {
            self.cell(&numbered(&number));
            paragraph.notes.iter().for_each(|note| self.cell(note));
            return Ok(());
        }
        let depth = usize::try_from(level).unwrap_or(usize::MAX);
        let is_item = number.is_some();
        match (heading, number) {
            (Some(0), number) => {
                self.out.title(text);
                self.out.heading(0, &numbered(&number))?;
            }
            (Some(heading), number) => self.out.heading(heading, &numbered(&number))?,
            (None, Some(number)) => self.out.item(depth, Some(number), text)?,
            (None, None) => self.out.paragraph(text)?,
        }
        for note in &paragraph.notes {
            if is_item && heading.is_none() {
                self.out.item(depth, None, note)?;
            } else {
                self.out.paragraph(note)?;
            }
        }
        Ok(())
    }

    fn cell(&mut self, text: &str) {
        if let Some(cell) = self.table.rows.last_mut().and_then(|row| row.last_mut()) {
            if !cell.is_empty() && !text.is_empty() {
                cell.push(' ');
            }
            cell.push_str(&one_line(text));
        }
    }

    fn link(&mut self) {
        let Some((Some(url), from)) = self.open_links.pop() else {
            return;
        };
        let Some(paragraph) = self.paragraphs.last() else {
            return;
        };
        let text = paragraph.text.get(from..).unwrap_or("").trim();
        if !text.is_empty() && !url.ends_with(text) {
            self.write(&format!(" ({url})"));
        }
    }
}

impl Part for Body<'_, '_> {
    fn start(&mut self, element: &Element<'_>) -> Result<(), Reason> {
        if self.skipped > 0 {
            self.skipped += 1;
            return Ok(());
        }
        match element.name() {
            "del" | "moveFrom" => {
                self.skipped = 1;
                if self.in_run == 0 {
                    self.out.leave_out(Omission::DeletedText);
                }
            }
            // Text boxes come twice, the second time for old programs; properties too, as they were before.
            "Fallback" | "pPrChange" | "rPrChange" | "tblPrChange" | "trPrChange"
            | "tcPrChange" | "sectPrChange" => {
                self.skipped = 1;
            }
            "p" => self.paragraphs.push(Paragraph::default()),
            "r" => self.in_run += 1,
            "t" => self.in_text = true,
            "tab" if self.in_run > 0 => self.write("\t"),
            "br" | "cr" if self.in_run > 0 => self.write("\n"),
            "noBreakHyphen" => self.write("-"),
            "footnoteReference" | "endnoteReference" => {
                self.note(element.name(), element.attribute("id"));
            }
            "commentReference" => self.out.leave_out(Omission::Comments),
            "pic" | "imagedata" => self.out.leave_out(Omission::Pictures),
            "docPr" => {
                if let Some(text) = element.attribute("descr").filter(|text| !text.is_empty()) {
                    self.write(&format!(" [{}] ", one_line(&text)));
                }
            }
            "hyperlink" => {
                let url = element
                    .attribute("id")
                    .and_then(|id| self.links.get(&id).cloned());
                let from = self
                    .paragraphs
                    .last()
                    .map_or(0, |paragraph| paragraph.text.len());
                self.open_links.push((url, from));
            }
            "tbl" => self.tables += 1,
            _ => {
                self.property(element);
                self.frame(element);
            }
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), Reason> {
        if self.skipped > 0 {
            self.skipped -= 1;
            return Ok(());
        }
        match name {
            "p" => {
                if let Some(paragraph) = self.paragraphs.pop() {
                    self.close(paragraph)?;
                }
            }
            "r" => self.in_run = self.in_run.saturating_sub(1),
            "t" => self.in_text = false,
            "hyperlink" => self.link(),
            "tc" if self.tables == 1 => {
                let wider = usize::try_from(std::mem::take(&mut self.table.wider)).unwrap_or(0);
                if let Some(row) = self.table.rows.last_mut() {
                    row.resize(row.len() + wider, String::new());
                    // While it is read: what a table claims is far larger than what it takes to claim it.
                    self.table.cells += 1 + wider as u64;
                }
                self.out.cells(self.table.cells)?;
            }
            "tbl" => {
                self.tables = self.tables.saturating_sub(1);
                if self.tables == 0 {
                    let table = std::mem::take(&mut self.table);
                    let header = table.header.max(usize::from(table.first_is_header));
                    self.out.table(header, table.rows)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if self.in_text && self.skipped == 0 {
            self.write(text);
        }
    }
}
