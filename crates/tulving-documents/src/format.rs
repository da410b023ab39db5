//! What a file is, told from its content.

use std::fmt;

use serde::{Deserialize, Serialize};

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

/// Returns whether a text was none before it was decoded: many of its characters are controls, or could not be read.
pub(crate) fn is_binary(text: &str) -> bool {
    let (mut all, mut odd) = (0_u32, 0_u32);
    for c in text.chars().take(1 << 16) {
        let control = c < ' ' && !matches!(c, '\t' | '\n' | '\r' | '\x0C' | '\x1B');
        all += 1;
        odd += u32::from(control || c == char::REPLACEMENT_CHARACTER);
    }
    odd >= 32 && odd * 10 > all
}

/// Returns whether a text begins as a page of HTML does.
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
