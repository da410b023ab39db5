//! Tables, and names with their values.

use tulving::model::Kind;

use crate::output::count;
use crate::terminal::Screen;
use crate::text::{escape, safe};
use crate::width::{Long, columns, shorten, wrap};

/// Between two columns of a table.
const GAP: usize = 2;
/// Before the columns of a row that go into a second line.
const INDENT: usize = 4;
/// A column that may be shortened gets a line of its own where less room than this is left.
const LEAST: usize = 20;

/// Rows under headings, aligned.
#[derive(Debug, Clone)]
pub struct Table {
    /// The kinds under whose names numbers stand.
    kinds: Vec<Kind>,
    rows: Vec<Vec<String>>,
    numbers: bool,
    shortened: Option<usize>,
}

impl Table {
    /// Makes a table with these headings and no rows.
    #[must_use]
    pub fn new<const N: usize>(headings: [&str; N]) -> Self {
        Self {
            kinds: Vec::new(),
            rows: vec![headings.iter().map(ToString::to_string).collect()],
            numbers: false,
            shortened: None,
        }
    }

    /// Makes a table of numbers, with a column for each kind of memory. A kind that the origin does not know
    /// has one only if there is something of it.
    #[must_use]
    pub fn of_kinds(has: impl Fn(Kind) -> bool) -> Self {
        let told = |kind: &Kind| kind.is_of_origin() || has(*kind);
        let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(told).collect();
        let headings = std::iter::once("").chain(kinds.iter().map(|kind| kind.plural()));
        Self {
            rows: vec![headings.map(ToOwned::to_owned).collect()],
            kinds,
            numbers: true,
            shortened: None,
        }
    }

    /// Shortens the cells of the last column where a screen has too little room. All other cells stay whole, since
    /// people copy ids.
    #[must_use]
    pub fn shorten_last(mut self) -> Self {
        self.shortened = self.rows.first().map(|headings| headings.len() - 1);
        self
    }

    /// Adds a row with a cell for each kind.
    pub fn each(&mut self, name: &str, cell: impl FnMut(Kind) -> String) {
        let cells: Vec<String> = self.kinds.iter().copied().map(cell).collect();
        self.row(std::iter::once(name.to_owned()).chain(cells));
    }

    /// Adds a row with a number for each kind, unless there is nothing to tell.
    pub fn told(&mut self, name: &str, number: impl Fn(Kind) -> u64) {
        if self.kinds.iter().any(|kind| number(*kind) > 0) {
            self.each(name, |kind| count(number(kind)));
        }
    }

    /// Adds a row; its cells may hold anything.
    pub fn row<I: IntoIterator<Item = S>, S: AsRef<str>>(&mut self, cells: I) {
        let cells = cells.into_iter().map(|cell| escape(cell.as_ref()));
        self.rows.push(cells.collect());
    }

    /// Returns the text: a line for each row. Where a screen is too narrow, the columns that do not fit
    /// go into a second line, indented.
    #[must_use]
    pub fn render(&self, screen: Screen) -> String {
        let mut widths = self.widths();
        let lines = match screen.columns {
            Some(room) => self.break_up(&mut widths, room),
            None => vec![0],
        };
        let mut out = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                if column > 0 && lines.contains(&column) {
                    out.push_str(line.trim_end());
                    out.push('\n');
                    line = " ".repeat(INDENT);
                }
                let cell = shorten(cell, *width);
                let gap = " ".repeat(width.saturating_sub(columns(&cell)));
                if self.numbers && column > 0 {
                    line.push_str(&gap);
                    line.push_str(&cell);
                } else {
                    line.push_str(&cell);
                    line.push_str(&gap);
                }
                line.push_str(&" ".repeat(GAP));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    fn widths(&self) -> Vec<usize> {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self
                .rows
                .iter()
                .filter_map(|row: &Vec<String>| row.get(column));
            cells.map(|cell| columns(cell)).max().unwrap_or(0)
        };
        (0..count).map(width).collect()
    }

    /// Returns the columns with which a line begins. The one that may be shortened gets the width that
    /// is left for it.
    fn break_up(&self, widths: &mut [usize], room: usize) -> Vec<usize> {
        let mut lines = vec![0];
        let mut used = 0;
        for (column, width) in widths.iter_mut().enumerate() {
            let shortened = self.shortened == Some(column);
            let least = if shortened { LEAST.min(*width) } else { *width };
            if column > 0 && used + least > room {
                lines.push(column);
                used = INDENT;
            }
            if shortened {
                *width = (*width).min(room.saturating_sub(used).max(1));
            }
            used += *width + GAP;
        }
        lines
    }
}

/// Writes names and values under one another, aligned: the end of a long command. A name that repeats
/// the one above is not said again. A value that is too long for the screen goes on below itself.
#[must_use]
pub fn summary<S: AsRef<str>>(lines: &[(&str, S)], screen: Screen) -> String {
    let width = lines.iter().map(|(name, _)| columns(name)).max();
    let width = width.unwrap_or(0);
    let mut out = String::new();
    let mut before = "";
    for (name, value) in lines {
        let name = if *name == before { "" } else { *name };
        before = if name.is_empty() { before } else { name };
        out.push_str(&beside(&format!("{name:width$}  "), value.as_ref(), screen));
    }
    out
}

/// Returns lines under a heading, set off from what stands above; nothing where there are none. They may hold anything.
#[must_use]
pub fn list(heading: &str, lines: impl IntoIterator<Item = String>) -> String {
    let lines: String = lines
        .into_iter()
        .map(|line| format!("  {}\n", safe(&line)))
        .collect();
    match lines.is_empty() {
        true => lines,
        false => format!("\n{heading}\n{lines}"),
    }
}

/// Returns a text beside what it belongs to, below which it goes on where it is too long for the
/// screen. It may hold anything; words stay whole, since people copy paths and ids.
#[must_use]
pub fn beside(name: &str, text: &str, screen: Screen) -> String {
    let text = escape(text);
    let indent = columns(name);
    let room = screen
        .columns
        .map(|columns| columns.saturating_sub(indent).max(LEAST));
    let lines = match room {
        Some(room) => wrap(&text, room, Long::Whole),
        None => std::iter::once(0..text.len()).collect(),
    };
    let mut out = String::new();
    for (number, line) in lines.into_iter().enumerate() {
        let before = if number == 0 {
            name
        } else {
            &" ".repeat(indent)
        };
        out.push_str(format!("{before}{}", &text[line]).trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_stands_under_its_heading_if_there_is_anything_in_it() {
        let lines = ["one".to_owned(), "postgres://u:canary@h\x1b[2J".to_owned()];
        assert_eq!(
            list("Left out:", lines),
            "\nLeft out:\n  one\n  postgres://u:***@h\\u{1b}[2J\n"
        );
        assert_eq!(list("Left out:", []), "");
    }

    #[test]
    fn tables_align_and_hold_no_control_characters() {
        let mut table = Table::new(["id", "email"]);
        table.row(["1", "a@b\x1b[2J"]);
        table.row(["longer".to_owned(), "é\nf".to_owned()]);
        assert_eq!(
            table.render(Screen::PLAIN),
            "id      email\n1       a@b\\u{1b}[2J\nlonger  é\\nf\n"
        );
        assert_eq!(
            summary(
                &[("nodes", "742"), ("rate", "a\rb"), ("rate", "c")],
                Screen::PLAIN
            ),
            "nodes  742\nrate   a\\rb\n       c\n"
        );
        let mut table = Table::of_kinds(|_| false);
        let nodes = |number| move |kind| if kind == Kind::Node { number } else { 0 };
        table.told("equal", nodes(7));
        table.told("missing", nodes(0));
        table.told("extra", nodes(12_345));
        assert_eq!(
            table.render(Screen::PLAIN),
            "        nodes  episodes\nequal       7         0\nextra  12,345         0\n"
        );
    }

    #[test]
    fn wide_letters_keep_a_table_aligned() {
        let mut table = Table::new(["what", "n"]);
        table.row(["記憶", "1"]);
        table.row(["e\u{301}👩‍👩‍👧", "2"]);
        assert_eq!(
            table.render(Screen::PLAIN),
            "what  n\n記憶  1\ne\u{301}👩‍👩‍👧   2\n"
        );
    }

    #[test]
    fn the_last_column_is_shortened_for_a_screen_and_for_nothing_else() {
        let mut table = Table::new(["ID", "WHAT"]).shorten_last();
        let what = "what was said ".repeat(10);
        table.row(["mem_0123456789abcdef", what.trim_end()]);
        assert!(
            table
                .render(Screen::PLAIN)
                .ends_with(&format!("{}\n", what.trim_end()))
        );
        assert_eq!(
            table.render(Screen::of_columns(46)),
            "ID                    WHAT\nmem_0123456789abcdef  what was said what was…\n"
        );
        // Too little is left beside the id.
        assert_eq!(
            table.render(Screen::of_columns(40)),
            "ID\n    WHAT\nmem_0123456789abcdef\n    what was said what was said what wa…\n"
        );
    }

    #[test]
    fn columns_that_do_not_fit_go_below_whole() {
        let id = "3f2b8c1e-7d4a-4e0b-9c55-0a1b2c3d4e5f";
        let mut table = Table::new(["ID", "EMAIL", "TENANT"]);
        table.row([id, "ann@example.com", id]);
        assert_eq!(
            table.render(Screen::of_columns(80)),
            format!(
                "ID                                    EMAIL\n    TENANT\n{id}  ann@example.com\n    {id}\n"
            )
        );
        // An id stays whole on any screen.
        assert_eq!(table.render(Screen::of_columns(20)).matches(id).count(), 2);
    }

    #[test]
    fn a_long_value_goes_on_below_itself() {
        let value = "one two three four five six";
        assert_eq!(
            summary(&[("a", value)], Screen::of_columns(24)),
            "a  one two three four\n   five six\n"
        );
        let path = "/a/long/path/that/nobody/breaks/in/two";
        assert!(summary(&[("a", path)], Screen::of_columns(24)).contains(path));
    }
}
