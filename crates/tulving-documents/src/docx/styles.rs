//! What the styles of a Word file mean for its structure.

use std::collections::HashMap;

use super::package::{Element, Part};
use crate::reason::Reason;

/// How many styles may be based on each other: a file can make a circle of them.
const CHAIN: usize = 20;

/// The styles of a file, by id.
#[derive(Default)]
pub(super) struct Styles {
    styles: HashMap<String, Style>,
    current: Option<(String, Style)>,
}

#[derive(Default)]
struct Style {
    name: String,
    based_on: Option<String>,
    outline: Option<u64>,
    list: Option<String>,
    level: Option<u64>,
}

impl Styles {
    fn chain<'s>(&'s self, id: &'s str) -> impl Iterator<Item = (&'s str, &'s Style)> {
        let mut next = Some(id);
        std::iter::from_fn(move || {
            let id = next?;
            let style = self.styles.get(id)?;
            next = style.based_on.as_deref();
            Some((id, style))
        })
        .take(CHAIN)
    }

    /// Returns the level of the headings of a style: 0 for a title, from 1 for others.
    pub(super) fn heading(&self, id: &str) -> Option<u8> {
        if !self.styles.contains_key(id) {
            return by_name(&id.to_ascii_lowercase());
        }
        self.chain(id).find_map(|(_, style)| match style.outline {
            Some(level) => outline(level),
            None => by_name(&style.name),
        })
    }

    /// Returns the list of a style and the level in it.
    pub(super) fn list(&self, id: &str) -> Option<(String, u64)> {
        let list = self.chain(id).find_map(|(_, style)| style.list.clone())?;
        let level = self.chain(id).find_map(|(_, style)| style.level);
        Some((list, level.unwrap_or(0)))
    }

    /// Returns whether a style is one of tables of contents.
    pub(super) fn is_contents(&self, id: &str) -> bool {
        let name = self.styles.get(id).map_or(id, |style| &style.name);
        let name = name.to_ascii_lowercase();
        name.strip_prefix("toc")
            .is_some_and(|rest| rest.trim().parse::<u8>().is_ok())
    }
}

/// Returns the heading that an outline level means; the tenth is plain text.
pub(super) fn outline(level: u64) -> Option<u8> {
    u8::try_from(level)
        .ok()
        .filter(|&level| level < 9)
        .map(|level| level + 1)
}

fn by_name(name: &str) -> Option<u8> {
    if name == "title" {
        return Some(0);
    }
    let level = name.strip_prefix("heading")?.trim().parse().ok()?;
    (1..=9).contains(&level).then_some(level)
}

impl Part for Styles {
    fn start(&mut self, element: &Element<'_>) -> Result<(), Reason> {
        if element.name() == "style" {
            let id = element.attribute("styleId").unwrap_or_default();
            self.current = Some((id, Style::default()));
        }
        let Some((_, style)) = &mut self.current else {
            return Ok(());
        };
        match element.name() {
            "name" => style.name = element.value().unwrap_or_default().to_ascii_lowercase(),
            "basedOn" => style.based_on = element.value(),
            "outlineLvl" => style.outline = element.number(),
            "numId" => style.list = element.value(),
            "ilvl" => style.level = element.number(),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), Reason> {
        if name == "style"
            && let Some((id, style)) = self.current.take()
        {
            self.styles.insert(id, style);
        }
        Ok(())
    }

    fn text(&mut self, _text: &str) {}
}
