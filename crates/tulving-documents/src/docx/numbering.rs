//! Numbers of lists: a Word file says how they are made, not what they are.

use std::collections::HashMap;

use super::package::{Element, Part};
use crate::reason::Reason;

/// Levels that a list of Word has.
const LEVELS: usize = 9;
/// The longest form of a number, in bytes: it stands before each item.
const MARKER: usize = 64;

/// The lists of a file, and where each has got to.
#[derive(Default)]
pub(super) struct Numbering {
    /// Levels by the id of their definition.
    definitions: HashMap<String, [Level; LEVELS]>,
    /// Lists by their id.
    lists: HashMap<String, List>,
    /// The numbers reached, by definition: lists of one definition go on from each other.
    reached: HashMap<String, [Option<u64>; LEVELS]>,
    /// Where reading is: a definition, a list, a level.
    definition: Option<String>,
    list: Option<String>,
    level: usize,
}

#[derive(Clone, Default)]
struct Level {
    format: String,
    text: String,
    start: Option<u64>,
}

#[derive(Default)]
struct List {
    definition: String,
    /// Where levels begin anew in this list, until they have.
    starts: [Option<u64>; LEVELS],
}

impl Numbering {
    /// Returns what stands before the next item of a list, `3.` or `b)` or `-`, and counts it. Nothing for a list
    /// that is not there.
    pub(super) fn next(&mut self, list: &str, level: u64) -> Option<String> {
        let level = usize::try_from(level)
            .ok()
            .filter(|&level| level < LEVELS)?;
        let list = self.lists.get_mut(list)?;
        let levels = self.definitions.get(&list.definition)?;
        let reached = self.reached.entry(list.definition.clone()).or_default();
        let own = levels.get(level)?;
        let now = match list.starts.get_mut(level).and_then(Option::take) {
            Some(start) => start,
            None => match *reached.get(level)? {
                Some(last) => last.saturating_add(1),
                None => own.start.unwrap_or(1),
            },
        };
        for (at, number) in reached.iter_mut().enumerate().skip(level) {
            *number = (at == level).then_some(now);
        }
        if own.format == "bullet" || own.format.is_empty() {
            return Some("-".to_owned());
        }
        let mut marker = String::new();
        let mut signs = own.text.chars();
        while let Some(sign) = signs.next() {
            let digit = (sign == '%').then(|| signs.next()).flatten();
            match digit
                .and_then(|digit| digit.to_digit(10))
                .filter(|&digit| digit > 0)
            {
                Some(digit) => {
                    let at = digit as usize - 1;
                    let above = levels.get(at)?;
                    let number = reached.get(at).copied().flatten();
                    marker.push_str(&written(number.or(above.start).unwrap_or(1), &above.format));
                }
                None => marker.push(sign),
            }
        }
        let marker = marker.trim();
        Some(if marker.is_empty() { "-" } else { marker }.to_owned())
    }
}

/// Writes a number in a format of Word's; those that are not known as digits.
fn written(number: u64, format: &str) -> String {
    match format {
        "lowerLetter" => letters(number).to_ascii_lowercase(),
        "upperLetter" => letters(number),
        "lowerRoman" => roman(number).to_ascii_lowercase(),
        "upperRoman" => roman(number),
        "none" => String::new(),
        "decimalZero" => format!("{number:02}"),
        _ => number.to_string(),
    }
}

/// A to Z, then AA, BB, …
fn letters(number: u64) -> String {
    let Some(from_0) = number.checked_sub(1).filter(|&number| number < 780) else {
        return number.to_string();
    };
    let letter = char::from(b'A' + (from_0 % 26) as u8);
    std::iter::repeat_n(letter, (from_0 / 26) as usize + 1).collect()
}

fn roman(number: u64) -> String {
    const SIGNS: [(u64, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if !(1..4000).contains(&number) {
        return number.to_string();
    }
    let mut rest = number;
    let mut written = String::new();
    for (value, sign) in SIGNS {
        while rest >= value {
            written.push_str(sign);
            rest -= value;
        }
    }
    written
}

impl Part for Numbering {
    fn start(&mut self, element: &Element<'_>) -> Result<(), Reason> {
        match element.name() {
            "abstractNum" => self.definition = element.attribute("abstractNumId"),
            "num" => {
                self.definition = None;
                self.list = element.attribute("numId");
                if let Some(list) = &self.list {
                    self.lists.insert(list.clone(), List::default());
                }
            }
            "lvl" | "lvlOverride" => {
                let level = element
                    .attribute("ilvl")
                    .and_then(|level| level.parse().ok());
                self.level = level.unwrap_or(LEVELS);
            }
            name => self.property(name, element),
        }
        Ok(())
    }

    fn end(&mut self, _name: &str) -> Result<(), Reason> {
        Ok(())
    }

    fn text(&mut self, _text: &str) {}
}

impl Numbering {
    fn property(&mut self, name: &str, element: &Element<'_>) {
        if let Some(definition) = &self.definition {
            let levels = self.definitions.entry(definition.clone()).or_default();
            let Some(level) = levels.get_mut(self.level) else {
                return;
            };
            match name {
                "numFmt" => level.format = element.value().unwrap_or_default(),
                "lvlText" => {
                    let text = element.value().filter(|text| text.len() <= MARKER);
                    level.text = text.unwrap_or_default();
                }
                "start" => level.start = element.number(),
                _ => {}
            }
        } else if let Some(list) = self.list.as_ref().and_then(|list| self.lists.get_mut(list)) {
            match name {
                "abstractNumId" => list.definition = element.value().unwrap_or_default(),
                "startOverride" => {
                    if let Some(start) = list.starts.get_mut(self.level) {
                        *start = element.number();
                    }
                }
                _ => {}
            }
        }
    }
}
