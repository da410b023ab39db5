//! What a file is, told from its content.

use std::fmt;

use memchr::memmem;
use serde::{Deserialize, Serialize};

use crate::reason::Reason;

/// A format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Format {
    /// Plain text.
    Text,
    /// Markdown.
    Markdown,
    /// HTML.
    Html,
    /// A Word file since 2007.
    Docx,
    /// PDF.
    Pdf,
    /// A file of ready chunks.
    Chunks,
}

/// What is known and not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Foreign {
    /// A Word file from before 2007.
    OldWord,
    /// Another file of an office program: a workbook, slides, OpenDocument, RTF.
    Office,
    /// A picture.
    Picture,
    /// An archive.
    Archive,
    /// JSON that is no file of ready chunks.
    Json,
    /// PDF, in a program that was built without it.
    PdfNotBuilt,
    /// Bytes that are neither text nor a known format.
    Binary,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 6] = [
        Self::Text,
        Self::Markdown,
        Self::Html,
        Self::Docx,
        Self::Pdf,
        Self::Chunks,
    ];

    /// Returns the ends of names that say that a file is of this format.
    #[must_use]
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["txt", "text"],
            Self::Markdown => &["md", "markdown"],
            Self::Html => &["html", "htm", "xhtml"],
            Self::Docx => &["docx", "docm"],
            Self::Pdf => &["pdf"],
            Self::Chunks => &["json"],
        }
    }

    /// Returns what the name of a file says that it is.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let extension = extension(name)?;
        Self::ALL
            .into_iter()
            .find(|format| format.extensions().contains(&extension.as_str()))
    }

    /// Returns its media type.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Text => "text/plain",
            Self::Markdown => "text/markdown",
            Self::Html => "text/html",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Pdf => "application/pdf",
            Self::Chunks => "application/json",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "plain text",
            Self::Markdown => "Markdown",
            Self::Html => "HTML",
            Self::Docx => "a Word file",
            Self::Pdf => "PDF",
            Self::Chunks => "a file of chunks",
        })
    }
}

impl Foreign {
    /// Returns what to do about it.
    pub(crate) const fn advice(self) -> &'static str {
        match self {
            Self::OldWord => "open it in Word, and save it as .docx",
            Self::Office => "save it as .docx, PDF or text",
            Self::Picture => "run text recognition (OCR) over it, and add the text",
            Self::Archive => "unpack it, and add the files",
            Self::Json => "only files of chunks are read, an object with a list \"chunks\"",
            Self::PdfNotBuilt => "take a program with the feature pdf",
            Self::Binary => "save it as text, or leave it out",
        }
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OldWord => "a Word file of before 2007",
            Self::Office => "an office file of a kind that is not read",
            Self::Picture => "a picture",
            Self::Archive => "an archive",
            Self::Json => "JSON, but no file of chunks",
            Self::PdfNotBuilt => "PDF, which this program cannot read",
            Self::Binary => "not text",
        })
    }
}

/// Returns the end of a file's name, in small letters.
pub(crate) fn extension(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let (stem, extension) = name.rsplit_once('.')?;
    (!stem.is_empty() && !extension.is_empty()).then(|| extension.to_ascii_lowercase())
}

/// What the first bytes say, before any decoding.
pub(crate) enum Signature {
    Pdf,
    Zip,
    /// Nothing: if anything, then text.
    None,
}

/// Tells what bytes are by how they begin.
pub(crate) fn signature(bytes: &[u8], name: &str) -> Result<Signature, Reason> {
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    let foreign = |found| Err(unsupported(found, name));

    // Some programs put a few bytes before a PDF; a text may speak of one.
    let said_pdf = Format::of_name(name) == Some(Format::Pdf);
    let head = bytes.get(..1024).unwrap_or(bytes);
    if begins(b"%PDF-") || (said_pdf && memmem::find(head, b"%PDF-").is_some()) {
        return Ok(Signature::Pdf);
    }
    if begins(b"PK\x03\x04") || begins(b"PK\x05\x06") {
        return Ok(Signature::Zip);
    }
    if begins(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return compound(bytes, name);
    }
    if begins(b"{\\rtf") {
        return foreign(Foreign::Office);
    }
    let pictures: [&[u8]; 6] = [
        b"\x89PNG",
        b"\xFF\xD8\xFF",
        b"GIF8",
        b"II*\0",
        b"MM\0*",
        b"RIFF",
    ];
    if pictures.iter().any(|magic| begins(magic)) {
        return foreign(Foreign::Picture);
    }
    let archives: [&[u8]; 5] = [
        b"\x1F\x8B",
        b"7z\xBC\xAF\x27\x1C",
        b"Rar!\x1A",
        b"\x28\xB5\x2F\xFD",
        b"BZh9",
    ];
    if archives.iter().any(|magic| begins(magic)) {
        return foreign(Foreign::Archive);
    }
    Ok(Signature::None)
}

/// Tells what a compound file of Microsoft is, by the names of its streams: a locked .docx is one too.
fn compound(bytes: &[u8], name: &str) -> Result<Signature, Reason> {
    let holds = |stream: &str| {
        let name: Vec<u8> = stream.encode_utf16().flat_map(u16::to_le_bytes).collect();
        memmem::find(bytes, &name).is_some()
    };
    Err(if holds("EncryptedPackage") {
        Reason::Encrypted
    } else if holds("WordDocument") {
        unsupported(Foreign::OldWord, name)
    } else {
        unsupported(Foreign::Office, name)
    })
}

/// Returns that a file is something that is not read.
pub(crate) fn unsupported(found: Foreign, name: &str) -> Reason {
    let said = Format::of_name(name);
    let expected = match found {
        Foreign::PdfNotBuilt => Some(Format::Pdf),
        Foreign::Json => Some(Format::Chunks),
        _ => None,
    };
    let extension = extension(name).filter(|_| said.is_some() && said != expected);
    Reason::Unsupported { found, extension }
}

/// Whether a text was none before it was decoded: many of its characters are controls, or could not be read.
pub(crate) fn is_binary(text: &str) -> bool {
    let (mut all, mut odd) = (0_u32, 0_u32);
    for c in text.chars().take(1 << 16) {
        let control = c < ' ' && !matches!(c, '\t' | '\n' | '\r' | '\x0C' | '\x1B');
        all += 1;
        odd += u32::from(control || c == char::REPLACEMENT_CHARACTER);
    }
    odd >= 32 && odd * 10 > all
}

/// Whether a text begins as a page of HTML does.
pub(crate) fn is_html(text: &str) -> bool {
    let mut rest = text.trim_start();
    while let Some(comment) = rest.strip_prefix("<!--") {
        let Some(end) = comment.find("-->") else {
            break;
        };
        rest = comment.get(end + 3..).unwrap_or("").trim_start();
    }
    let begins = |tag: &str| {
        rest.get(..tag.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(tag))
    };
    begins("<!doctype html") || begins("<html")
}
