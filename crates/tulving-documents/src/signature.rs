//! What a file is by its first bytes, and what is said of one that is not read.

use memchr::memmem;

use crate::format::{Foreign, Format, extension};
use crate::reason::Reason;

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
