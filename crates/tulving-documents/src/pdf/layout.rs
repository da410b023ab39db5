//! Blocks: what lines belong together, and what is a heading.

use std::collections::HashMap;

use super::lines::Line;
use super::page::Page;
use crate::builder::Builder;
use crate::note::Omission;
use crate::reason::Reason;
use crate::text::marker;

/// The longest line that may be a heading, in characters.
const HEADING: usize = 120;

/// How much larger than the text a heading is.
const LARGER: f32 = 1.12;

/// How far the next line of a paragraph may be, in what is usual.
const APART: f32 = 1.35;

/// How the text of a file looks.
pub(super) struct Style {
    /// The size of most letters.
    body: f32,
    /// From one line to the next.
    leading: f32,
    /// The sizes of headings, the largest first.
    headings: Vec<f32>,
}

impl Style {
    pub(super) fn of(pages: &[Page]) -> Self {
        let lines = || pages.iter().flat_map(|page| &page.lines);
        let body = most_frequent(lines().map(|line| (line.size, line.text.len())));
        let steps = pages.iter().flat_map(|page| page.lines.windows(2));
        let steps = steps.filter_map(|two| match two {
            [above, below] => Some((above.y - below.y, 1)),
            _ => None,
        });
        let leading = most_frequent(steps.filter(|(step, _)| *step > 0.0 && *step < 3.0 * body));
        let mut headings: Vec<f32> = lines()
            .filter(|line| is_short(line) && line.size >= LARGER * body)
            .map(|line| halves(line.size))
            .collect();
        headings.sort_by(|one, other| other.total_cmp(one));
        headings.dedup();
        Self {
            body,
            leading: if leading > 0.0 { leading } else { 1.2 * body },
            headings,
        }
    }

    /// Returns the level of a line that is a heading.
    fn level(&self, line: &Line) -> Option<u8> {
        if !is_short(line) {
            return None;
        }
        let lowest = self.headings.len();
        if line.size >= LARGER * self.body {
            let larger = self
                .headings
                .iter()
                .filter(|size| **size > halves(line.size));
            return Some(1 + larger.count().min(5) as u8);
        }
        let ends = line.text.ends_with(['.', ',', ';', ':', '!', '?']);
        let is_marked = marker(&line.text).is_some();
        (line.is_bold && !ends && !is_marked).then_some(1 + lowest.min(5) as u8)
    }

    /// Returns whether a line follows another as the next of the same paragraph.
    fn goes_on(&self, above: &Line, below: &Line) -> bool {
        let step = above.y - below.y;
        let usual = self.leading.max(1.1 * below.size);
        step > 0.0 && step <= APART * usual
    }
}

fn is_short(line: &Line) -> bool {
    line.text.chars().count() <= HEADING
        && line.text.contains(char::is_alphabetic)
        && !line.text.contains('\t')
}

fn halves(size: f32) -> f32 {
    (size * 2.0).round() / 2.0
}

/// Returns the value that weighs most, of those that are the same when rounded to halves.
fn most_frequent(values: impl Iterator<Item = (f32, usize)>) -> f32 {
    let mut weights: HashMap<i64, usize> = HashMap::new();
    for (value, weight) in values {
        *weights.entry((value * 2.0).round() as i64).or_default() += weight;
    }
    let most = weights
        .into_iter()
        .max_by_key(|(value, weight)| (*weight, *value));
    most.map_or(0.0, |(value, _)| value as f32 / 2.0)
}

/// Takes the lines out that stand at the top or the bottom of most pages: titles, and numbers of pages.
pub(super) fn take_out_furniture(pages: &mut [Page], out: &mut Builder<'_>) {
    /// Fewer pages do not show what is repeated.
    const FEWEST: usize = 4;
    let pattern = |line: &Line| -> String {
        let signs = line.text.chars();
        signs
            .map(|c| if c.is_ascii_digit() { '#' } else { c })
            .collect()
    };
    let written = pages.iter().filter(|page| page.lines.len() > 2).count();
    if written < FEWEST {
        return;
    }
    for last in [false, true] {
        let edge = |page: &Page| {
            let line = if last {
                page.lines.last()
            } else {
                page.lines.first()
            };
            line.map(pattern)
        };
        let mut counts: HashMap<String, usize> = HashMap::new();
        for found in pages.iter().filter_map(edge) {
            *counts.entry(found).or_default() += 1;
        }
        for page in pages.iter_mut() {
            let is_repeated = edge(page).is_some_and(|found| counts[&found] * 2 > written);
            if is_repeated && page.lines.len() > 1 {
                page.lines
                    .remove(if last { page.lines.len() - 1 } else { 0 });
                out.leave_out(Omission::HeadersAndFooters);
            }
        }
    }
}

/// Gives the lines of a page as blocks.
pub(super) fn blocks(lines: &[Line], style: &Style, out: &mut Builder<'_>) -> Result<(), Reason> {
    let mut rest = lines;
    while let Some(line) = rest.first() {
        let rows = rest
            .iter()
            .take_while(|line| line.text.contains('\t'))
            .count();
        let taken = if rows >= 2 {
            let cells = |line: &Line| {
                line.text
                    .split('\t')
                    .map(|cell| cell.trim().to_owned())
                    .collect()
            };
            out.table(1, rest.iter().take(rows).map(cells).collect())?;
            rows
        } else if let Some(level) = style.level(line) {
            let (text, taken) = together(rest, style, |next| style.level(next) == Some(level));
            out.heading(level, &text)?;
            taken
        } else {
            let goes_on = |next: &Line| style.level(next).is_none() && marker(&next.text).is_none();
            let (text, taken) = together(rest, style, goes_on);
            match marker(&text) {
                Some((marker, text)) => out.item(0, Some(marker.to_owned()), text)?,
                None => out.paragraph(&text)?,
            }
            taken
        };
        rest = rest.get(taken..).unwrap_or(&[]);
    }
    Ok(())
}

/// Returns the text of the first line and of those that go on with it, and how many they are. A word that was
/// divided at the end of a line is put together.
fn together(lines: &[Line], style: &Style, goes_on: impl Fn(&Line) -> bool) -> (String, usize) {
    let mut text = lines
        .first()
        .map_or(String::new(), |line| line.text.replace('\t', " "));
    let mut taken = 1;
    for two in lines.windows(2) {
        let [above, below] = two else { break };
        if !style.goes_on(above, below) || !goes_on(below) {
            break;
        }
        let mut before = text.chars().rev();
        let is_divided = before.next() == Some('-')
            && before.next().is_some_and(char::is_alphabetic)
            && below.text.starts_with(char::is_lowercase);
        if is_divided {
            text.pop();
        } else {
            text.push(' ');
        }
        text.push_str(&below.text.replace('\t', " "));
        taken += 1;
    }
    (text, taken)
}
