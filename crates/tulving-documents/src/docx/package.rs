//! The archive of a Word file, and its parts.

use std::collections::HashMap;
use std::fmt;
use std::io::{BufReader, Cursor, Error, Read};

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use zip::ZipArchive;
use zip::result::ZipError;

use crate::format::{Foreign, Format};
use crate::limits::{Limits, Measure};
use crate::reason::Reason;
use crate::signature::unsupported;

/// The longest address of a link, in bytes.
const ADDRESS: usize = 2048;

/// An open archive, and how much more may be inflated of it.
pub(super) struct Package<'b> {
    archive: ZipArchive<Cursor<&'b [u8]>>,
    left: u64,
    limits: &'b Limits,
}

/// What reads a part: elements by their names without prefix.
pub(super) trait Part {
    fn start(&mut self, element: &Element<'_>) -> Result<(), Reason>;
    fn end(&mut self, name: &str) -> Result<(), Reason>;
    fn text(&mut self, text: &str);
}

/// The beginning of an element.
pub(super) struct Element<'e>(&'e BytesStart<'e>);

impl Element<'_> {
    pub(super) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// Returns an attribute by its name without prefix.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        let mut attributes = self.0.attributes();
        let all = attributes.with_checks(false).flatten();
        let mut named = all.filter(|attribute| attribute.key.local_name().into_inner() == name);
        let value = named
            .next()?
            .normalized_value(XmlVersion::Implicit1_0)
            .ok()?;
        Some(value.into_owned())
    }

    /// Returns the attribute `val`, in which Word keeps nearly all values.
    pub(super) fn value(&self) -> Option<String> {
        self.attribute("val")
    }

    pub(super) fn number(&self) -> Option<u64> {
        self.value()?.parse().ok()
    }
}

fn broken(detail: impl fmt::Display) -> Reason {
    Reason::Broken {
        format: Format::Docx,
        detail: detail.to_string(),
    }
}

fn zip_error(error: ZipError) -> Reason {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => Reason::Encrypted,
        error => broken(error),
    }
}

impl<'b> Package<'b> {
    pub(super) fn open(bytes: &'b [u8], name: &str, limits: &'b Limits) -> Result<Self, Reason> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| {
            match Format::of_name(name) {
                // A damaged archive of another name says nothing of Word.
                Some(Format::Docx) | None => zip_error(error),
                Some(_) => unsupported(Foreign::Archive, name),
            }
        })?;
        Measure::Entries.check(archive.len() as u64, limits.entries)?;
        if archive.has_overlapping_files().map_err(zip_error)? {
            return Err(broken("its files lie over each other, as in a bomb"));
        }
        Ok(Self {
            archive,
            left: limits.inflated,
            limits,
        })
    }

    /// Returns where the text is. What has none is no Word file.
    pub(super) fn main_part(&mut self, name: &str) -> Result<String, Reason> {
        let links = self.relations("_rels/.rels")?;
        let office = links
            .into_values()
            .find(|(kind, _)| kind.ends_with("/officeDocument"));
        let main = office.map_or("word/document.xml".to_owned(), |(_, target)| {
            target.trim_start_matches('/').to_owned()
        });
        let has = |part: &str| self.archive.index_for_name(part).is_some();
        // Word Online calls it document2.xml.
        let is_word = main.starts_with("word/") || main.ends_with("document.xml");
        if is_word && has(&main) {
            return Ok(main);
        }
        if has("[Content_Types].xml") || has("content.xml") || has("META-INF/container.xml") {
            Err(unsupported(Foreign::Office, name))
        } else {
            Err(unsupported(Foreign::Archive, name))
        }
    }

    /// Returns where links of a part lead to, by their ids. Each is written wherever it is referred to.
    pub(super) fn links(&mut self, part: &str) -> Result<HashMap<String, String>, Reason> {
        let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
        let relations = self.relations(&format!("{folder}/_rels/{file}.rels"))?;
        let links = relations
            .into_iter()
            .filter(|(_, (kind, target))| kind.ends_with("/hyperlink") && target.len() <= ADDRESS);
        Ok(links.map(|(id, (_, target))| (id, target)).collect())
    }

    /// Returns how many parts hold what is repeated on each page.
    pub(super) fn headers_and_footers(&self, main: &str) -> usize {
        let folder = main.rsplit_once('/').map_or("", |(folder, _)| folder);
        let names = self.archive.file_names().flatten();
        let repeated = names.filter(|name| {
            let file = name
                .strip_prefix(folder)
                .and_then(|rest| rest.strip_prefix('/'));
            file.is_some_and(|file| file.starts_with("header") || file.starts_with("footer"))
        });
        repeated.count()
    }

    /// Reads a part that lies in the folder of another.
    pub(super) fn walk_beside(
        &mut self,
        main: &str,
        file: &str,
        part: &mut impl Part,
    ) -> Result<(), Reason> {
        let folder = main.rsplit_once('/').map_or("", |(folder, _)| folder);
        self.walk(&format!("{folder}/{file}"), part)
    }

    /// Reads a part from beginning to end, if it is there.
    pub(super) fn walk(&mut self, name: &str, part: &mut impl Part) -> Result<(), Reason> {
        let Some(index) = self.archive.index_for_name(name) else {
            return Ok(());
        };
        let file = self.archive.by_index(index).map_err(zip_error)?;
        let mut exceeded = false;
        let counted = Counted {
            file,
            left: &mut self.left,
            exceeded: &mut exceeded,
        };
        let done = events(counted, self.limits, part);
        if exceeded {
            Measure::Inflated.check(u64::MAX, self.limits.inflated)?;
        }
        done
    }

    fn relations(&mut self, name: &str) -> Result<HashMap<String, (String, String)>, Reason> {
        let mut relations = Relations::default();
        self.walk(name, &mut relations)?;
        Ok(relations.0)
    }
}

/// Hands a part's events on, each level of nesting counted.
pub(super) fn events(file: impl Read, limits: &Limits, part: &mut impl Part) -> Result<(), Reason> {
    let mut reader = Reader::from_reader(BufReader::with_capacity(1 << 15, file));
    reader.config_mut().expand_empty_elements = true;
    let mut buffer = Vec::new();
    let mut depth = 0_u64;
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(broken)? {
            Event::Start(element) => {
                depth += 1;
                Measure::Depth.check(depth, limits.depth)?;
                part.start(&Element(&element))?;
            }
            Event::End(element) => {
                depth = depth.saturating_sub(1);
                part.end(element.local_name().into_inner())?;
            }
            Event::Text(text) => part.text(&text.xml10_content()),
            Event::CData(text) => part.text(&text.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(c)) => part.text(c.encode_utf8(&mut [0; 4])),
                _ => part.text(entity(&reference.into_inner())),
            },
            Event::Eof if depth == 0 => return Ok(()),
            Event::Eof => return Err(broken("it ends in the middle")),
            Event::Empty(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_) => {}
        }
    }
}

/// Returns what one of XML's own five names stands for; what a file defines itself is not expanded.
fn entity(name: &str) -> &'static str {
    match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => "\u{FFFD}",
    }
}

/// A part whose inflated bytes are counted.
struct Counted<'c, R> {
    file: R,
    left: &'c mut u64,
    exceeded: &'c mut bool,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        let Some(left) = self.left.checked_sub(read as u64) else {
            *self.exceeded = true;
            return Err(Error::other("too much"));
        };
        *self.left = left;
        Ok(read)
    }
}

/// What a part points at: kind and target by id.
#[derive(Default)]
struct Relations(HashMap<String, (String, String)>);

impl Part for Relations {
    fn start(&mut self, element: &Element<'_>) -> Result<(), Reason> {
        let [id, kind, target] = ["Id", "Type", "Target"].map(|name| element.attribute(name));
        if let (Some(id), Some(kind), Some(target)) = (id, kind, target) {
            self.0.insert(id, (kind, target));
        }
        Ok(())
    }

    fn end(&mut self, _name: &str) -> Result<(), Reason> {
        Ok(())
    }

    fn text(&mut self, _text: &str) {}
}
