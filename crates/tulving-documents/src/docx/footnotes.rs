//! Footnotes and endnotes of a Word file.

use std::collections::HashMap;

use super::package::{Element, Part};
use crate::reason::Reason;

/// The notes of a part, by id.
#[derive(Default)]
pub(super) struct Notes {
    notes: HashMap<String, String>,
    open: Option<(String, String)>,
    in_text: bool,
}

impl Notes {
    /// Returns the text of a note, once: it stands where it is first referred to.
    pub(super) fn take(&mut self, id: &str) -> Option<String> {
        self.notes.remove(id).filter(|text| !text.is_empty())
    }
}

impl Part for Notes {
    fn start(&mut self, element: &Element<'_>) -> Result<(), Reason> {
        match element.name() {
            // Lines between text and notes are notes with a type.
            "footnote" | "endnote" if element.attribute("type").is_none() => {
                self.open = element.attribute("id").map(|id| (id, String::new()));
            }
            "t" => self.in_text = true,
            "p" | "br" | "tab" => self.text_of(" "),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), Reason> {
        match name {
            "footnote" | "endnote" => {
                if let Some((id, text)) = self.open.take() {
                    self.notes.insert(id, text.trim().to_owned());
                }
            }
            "t" => self.in_text = false,
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if self.in_text {
            self.text_of(text);
        }
    }
}

impl Notes {
    fn text_of(&mut self, text: &str) {
        if let Some((_, open)) = &mut self.open {
            open.push_str(text);
        }
    }
}
