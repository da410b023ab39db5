//! Plain text: paragraphs between empty lines, lists by their markers, headings by how they look.

use crate::builder::Builder;
use crate::reason::Reason;

/// The longest line that may be a heading, in characters.
const HEADING: usize = 80;

/// Reads plain text. A form feed ends a page.
pub(crate) fn read(text: &str, out: &mut Builder<'_>) -> Result<(), Reason> {
    let mut reader = Reader {
        out,
        open: String::new(),
        item: None,
        after_item: None,
    };
    if text.contains('\x0C') {
        reader.out.page = Some(1);
    }
    let mut lines = text.split('\n').peekable();
    while let Some(mut line) = lines.next() {
        while let Some((before, after)) = line.split_once('\x0C') {
            reader.line(before, None)?;
            reader.close()?;
            reader.out.turn_to(reader.out.page.unwrap_or(1) + 1)?;
            line = after;
        }
        if reader.line(line, lines.peek().copied())? {
            lines.next();
        }
    }
    reader.close()
}

struct Reader<'b, 'l> {
    out: &'b mut Builder<'l>,
    /// The lines of the paragraph or item so far.
    open: String,
    /// Depth and marker, if what is open is an item.
    item: Option<(usize, Option<String>)>,
    /// How far the text of the last item is indented, while what follows may belong to it.
    after_item: Option<usize>,
}

impl Reader<'_, '_> {
    /// Takes a line; true if the next belongs to it, being a rule under a heading.
    fn line(&mut self, line: &str, next: Option<&str>) -> Result<bool, Reason> {
        let line = line.trim_end();
        let text = line.trim_start();
        if text.is_empty() || is_line(text) {
            self.close()?;
            return Ok(false);
        }
        let indent = line.len() - text.len();
        if self.open.is_empty() {
            let rule = next.and_then(|next| rule(next, text));
            if let Some(level) = rule.or_else(|| looks_like_heading(text, next)) {
                self.after_item = None;
                self.out.heading(level, text)?;
                return Ok(rule.is_some());
            }
        }
        if let Some((marker, rest)) = marker(text) {
            // In a paragraph a dash or a number may begin a line by chance; in a list it does not.
            let chance = self.item.is_none() && !self.open.is_empty() && !self.open.ends_with(':');
            if !chance || marker == "1." || marker == "1)" {
                self.close()?;
                self.after_item = Some(indent + 1);
                self.item = Some((indent / 2, Some(marker.to_owned())));
                self.open.push_str(rest);
                return Ok(false);
            }
        }
        if self.open.is_empty() {
            match self.after_item {
                Some(least) if indent >= least => self.item = Some((least / 2, None)),
                _ => self.after_item = None,
            }
        } else {
            self.open.push('\n');
        }
        self.open.push_str(text);
        Ok(false)
    }

    fn close(&mut self) -> Result<(), Reason> {
        if self.open.is_empty() {
            return Ok(());
        }
        let done = match self.item.take() {
            Some((depth, marker)) => self.out.item(depth, marker, &self.open),
            None => self.out.paragraph(&self.open),
        };
        self.open.clear();
        done
    }
}

/// Returns whether a line is drawn, not written.
fn is_line(text: &str) -> bool {
    text.len() >= 3 && text.bytes().all(|byte| b"-=_*~#".contains(&byte))
}

/// Returns the level of a heading that is underlined by its next line.
fn rule(line: &str, over: &str) -> Option<u8> {
    let line = line.trim();
    let sign = line
        .chars()
        .next()
        .filter(|sign| matches!(sign, '=' | '-' | '~'))?;
    let fits =
        line.len() >= 3 && line.len() * 2 >= over.chars().count() && line.len() <= 2 * HEADING;
    if !fits || over.chars().count() > HEADING || line.chars().any(|c| c != sign) {
        return None;
    }
    Some(match sign {
        '=' => 1,
        '-' => 2,
        _ => 3,
    })
}

/// Returns the level of a line that is a heading by its looks: all in capitals, or alone and numbered as in
/// `2.3 Refunds`.
fn looks_like_heading(line: &str, next: Option<&str>) -> Option<u8> {
    if line.chars().count() > HEADING || line.ends_with(['.', ',', ';', '!', '?', '|']) {
        return None;
    }
    let next = next.map_or("", str::trim);
    let (numbers, rest) = numbering(line);
    if numbers >= 2 && next.is_empty() && rest.chars().any(char::is_alphabetic) {
        return Some(numbers.saturating_add(3));
    }
    (is_capitals(line) && !is_capitals(next)).then_some(3)
}

fn is_capitals(line: &str) -> bool {
    let letters = line.chars().filter(|c| c.is_uppercase()).count();
    letters >= 4 && !line.chars().any(char::is_lowercase)
}

/// Returns how many numbers with points between them a line begins with, and what follows.
fn numbering(line: &str) -> (u8, &str) {
    let end = line
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(line.len());
    let (number, rest) = line.split_at(end);
    let numbers = number
        .split('.')
        .filter(|part| !part.is_empty() && part.len() <= 2)
        .count();
    if rest.starts_with(' ') && numbers <= 5 {
        (numbers as u8, rest)
    } else {
        (0, line)
    }
}

/// Returns the marker of an item and what follows it: `-`, `*`, `•`, `3.`, `3)`, `(3)`, `a)`, `Step 3:`.
pub(crate) fn marker(line: &str) -> Option<(&str, &str)> {
    let mut signs = line.chars();
    let first = signs.next()?;
    if matches!(
        first,
        '-' | '*' | '+' | '•' | '◦' | '▪' | '–' | '·' | '\u{F0B7}'
    ) {
        return split(line, first.len_utf8());
    }
    if let Some(head) = line
        .get(..5)
        .filter(|head| head.eq_ignore_ascii_case("step "))
    {
        let digits = digits(line.get(5..)?);
        let end = head.len() + digits + 1;
        let ends_well = line.get(..end)?.ends_with([':', '.', ')']);
        return (digits > 0 && ends_well)
            .then(|| split(line, end))
            .flatten();
    }
    let open = usize::from(first == '(');
    let inner = line.get(open..)?;
    let mut length = digits(inner);
    if length == 0 && inner.starts_with(|c: char| c.is_ascii_alphabetic()) {
        length = 1;
        // A sentence may begin with an initial: only a) and (a) are markers.
        if inner.get(1..2) != Some(")") {
            return None;
        }
    }
    let sign = inner.get(length..=length)?;
    let ends_well = if open == 1 {
        sign == ")"
    } else {
        matches!(sign, "." | ")")
    };
    ((1..=3).contains(&length) && ends_well)
        .then(|| split(line, open + length + 1))
        .flatten()
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn split(line: &str, end: usize) -> Option<(&str, &str)> {
    let (marker, rest) = line.split_at_checked(end)?;
    let text = rest.trim_start();
    (rest.len() > text.len() && !text.is_empty()).then_some((marker, text))
}
