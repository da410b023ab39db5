//! Lines: pieces of text that stand beside each other.

use unicode_normalization::UnicodeNormalization as _;

/// A piece of text, and where it stands: the beginning and the end of its base line, from the left and from below.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) end: f32,
    pub(super) size: f32,
    pub(super) is_bold: bool,
    pub(super) text: String,
}

/// A line of text; a tab stands for each wide gap, as between the cells of a table.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) end: f32,
    pub(super) size: f32,
    pub(super) is_bold: bool,
    pub(super) text: String,
}

/// Gaps, in sizes of the font: from one on it is between words, from the other between columns.
const WORD: f32 = 0.17;
const COLUMN: f32 = 1.5;

/// How far a piece may stand above or below a line, and begin before its end, in sizes of the font.
const ASIDE: f32 = 0.4;

/// Puts pieces into lines, in the order in which they were drawn: that is mostly the order in which they are read,
/// also where there are columns.
pub(super) fn lines(runs: &[Run]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for run in runs {
        let is_blank = run.text.trim().is_empty();
        match lines.last_mut().filter(|line| goes_on(line, run)) {
            Some(line) => line.take(run),
            None if is_blank => {}
            None => lines.push(Line {
                x: run.x,
                y: run.y,
                end: run.end,
                size: run.size,
                is_bold: run.is_bold,
                text: run.text.clone(),
            }),
        }
    }
    for line in &mut lines {
        line.text = whole(line.text.trim());
    }
    lines
}

fn goes_on(line: &Line, run: &Run) -> bool {
    let size = line.size.max(run.size);
    (run.y - line.y).abs() <= ASIDE * size && run.x >= line.end - size && run.end > line.x
}

impl Line {
    fn take(&mut self, run: &Run) {
        let size = self.size.max(run.size);
        let gap = (run.x - self.end) / size.max(1.0);
        let (before, after) = (self.text.chars().last(), run.text.chars().next());
        let is_apart = |c: Option<char>| c.is_none_or(char::is_whitespace);
        if gap >= COLUMN {
            self.text.truncate(self.text.trim_end().len());
            self.text.push('\t');
        } else if gap >= WORD && !is_apart(before) && !is_apart(after) {
            self.text.push(' ');
        }
        self.text.push_str(&run.text);
        self.end = self.end.max(run.end);
        if !run.text.trim().is_empty() {
            self.is_bold &= run.is_bold;
            self.size = size;
        }
    }
}

/// Returns a text with ligatures and forms of Arabic letters as the letters that they are.
fn whole(text: &str) -> String {
    if !text.contains(|c| matches!(c, '\u{FB00}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}')) {
        return text.to_owned();
    }
    text.nfkc().collect()
}
