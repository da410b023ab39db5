//! One door for all formats.

use std::collections::BTreeMap;

use crate::builder::{Builder, one_line};
use crate::document::{Block, Body, Content, Document};
use crate::format::{self, Foreign, Format};
use crate::limits::{Limits, Measure};
use crate::note::{Note, Omission};
use crate::reason::Reason;
use crate::signature::{self, Signature, unsupported};
use crate::{docx, encoding, html, markdown, ready, text};

/// Reads a document. Its content says what it is; among formats of text its name does, and a name that says otherwise
/// is noted.
///
/// Time and memory grow with what is read and are bounded by `limits`. PDF alone is read by code that is not
/// ours to answer for: give it to a process of its own.
pub fn read(bytes: &[u8], name: &str, limits: &Limits) -> Result<Document, Reason> {
    Measure::Bytes.check(bytes.len() as u64, limits.bytes)?;
    if bytes.is_empty() {
        return Err(Reason::Empty);
    }
    let mut notes = Vec::new();
    let mut out = Builder::new(limits);
    let mut pages = None;
    let mut ready = None;
    let format = match signature::signature(bytes, name)? {
        Signature::Pdf => {
            pages = Some(pdf(bytes, name, &mut out)?);
            Format::Pdf
        }
        Signature::Zip => {
            docx::read(bytes, name, &mut out)?;
            Format::Docx
        }
        Signature::None => {
            let text = encoding::decode(bytes, &mut notes);
            let format = text_format(&text, name)?;
            match format {
                Format::Markdown => markdown::read(&text, &mut out)?,
                Format::Html => html::read(&text, &mut out)?,
                Format::Chunks => ready = Some(ready::read(&text, name, &mut out)?),
                Format::Text | Format::Docx | Format::Pdf => text::read(&text, &mut out)?,
            }
            pages = out.page;
            format
        }
    };
    if let Some(extension) = format::extension(name)
        && Format::of_name(name).is_some_and(|said| said != format)
    {
        notes.push(Note::Extension {
            extension,
            found: format,
        });
    }

    let (blocks, title, left_out) = out.finish();
    let title = title
        .or_else(|| first_heading(&blocks))
        .unwrap_or_else(|| stem(name));
    let (body, metadata) = match ready {
        Some(ready) => (Body::Chunks(ready.chunks), ready.metadata),
        None => (Body::Blocks(blocks), Vec::new()),
    };
    let document = Document {
        title,
        format,
        body,
        pages,
        metadata,
        left_out,
        notes,
    };
    if document.is_empty() {
        return Err(nothing(pages, format, &document.left_out));
    }
    Ok(document)
}

/// Tells the formats that are text apart.
fn text_format(text: &str, name: &str) -> Result<Format, Reason> {
    let said = Format::of_name(name);
    if format::is_binary(text) {
        return Err(match said {
            Some(format @ (Format::Pdf | Format::Docx)) => Reason::Broken {
                format,
                detail: "it does not begin as one".to_owned(),
            },
            _ => unsupported(Foreign::Binary, name),
        });
    }
    Ok(match said {
        Some(Format::Html) => Format::Html,
        _ if format::is_html(text) => Format::Html,
        Some(Format::Chunks) => Format::Chunks,
        _ if ready::is_likely(text)
            && ready::read(text, name, &mut Builder::new(&Limits::default())).is_ok() =>
        {
            Format::Chunks
        }
        Some(Format::Markdown) => Format::Markdown,
        _ => Format::Text,
    })
}

#[cfg(feature = "pdf")]
fn pdf(bytes: &[u8], _: &str, out: &mut Builder<'_>) -> Result<u32, Reason> {
    crate::pdf::read(bytes, out)
}

#[cfg(not(feature = "pdf"))]
fn pdf(_: &[u8], name: &str, _: &mut Builder<'_>) -> Result<u32, Reason> {
    Err(unsupported(Foreign::PdfNotBuilt, name))
}

fn nothing(pages: Option<u32>, format: Format, left_out: &BTreeMap<Omission, u64>) -> Reason {
    match pages {
        Some(pages)
            if format == Format::Pdf && left_out.contains_key(&Omission::PagesWithoutText) =>
        {
            Reason::NoText { pages }
        }
        _ => Reason::Empty,
    }
}

fn first_heading(blocks: &[Block]) -> Option<String> {
    blocks
        .iter()
        .take(50)
        .find_map(|block| match &block.content {
            Content::Heading { text, .. } => Some(text.clone()),
            _ => None,
        })
}

/// Returns the name of a file without folders and extension.
fn stem(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    one_line(file.rsplit_once('.').map_or(file, |(stem, _)| stem))
}
