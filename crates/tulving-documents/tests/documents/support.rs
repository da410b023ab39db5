//! Documents that tests write themselves, and short words for what is asked of them.

use std::io::{Cursor, Write as _};

use tulving_documents::{Body, Chunk, Content, Cut, Document, Limits, Reason, estimate, read};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Reads what must be readable.
pub(crate) fn document(bytes: impl AsRef<[u8]>, name: &str) -> Document {
    read(bytes.as_ref(), name, &Limits::default()).unwrap()
}

/// Reads what must be refused.
pub(crate) fn refused(bytes: impl AsRef<[u8]>, name: &str) -> Reason {
    read(bytes.as_ref(), name, &Limits::default()).unwrap_err()
}

/// Blocks as short lines: `H1 words`, `P words`, `I0 1. words`, `T1 a|b / c|d`, `C rust words`.
pub(crate) fn outline(document: &Document) -> Vec<String> {
    let Body::Blocks(blocks) = &document.body else {
        panic!("no blocks");
    };
    let line = |content: &Content| match content {
        Content::Heading { level, text } => format!("H{level} {text}"),
        Content::Paragraph { text } => format!("P {text}"),
        Content::Item {
            depth,
            marker,
            text,
        } => {
            format!("I{depth} {} {text}", marker.as_deref().unwrap_or(".."))
        }
        Content::Table { header, rows } => {
            let rows: Vec<String> = rows.iter().map(|row| row.join("|")).collect();
            format!("T{header} {}", rows.join(" / "))
        }
        Content::Code { language, text } => {
            format!("C {} {text}", language.as_deref().unwrap_or("-"))
        }
    };
    blocks.iter().map(|block| line(&block.content)).collect()
}

/// Cuts with so many tokens and so many repeated ones.
pub(crate) fn cut(document: &Document, budget: usize, overlap: usize) -> Vec<Chunk> {
    document.cut(&Cut { budget, overlap }, &estimate)
}

/// A Word file with parts under `word/`, by their names; the document is given by the content of its body.
pub(crate) fn docx(body: &str, parts: &[(&str, &str)]) -> Vec<u8> {
    let main =
        format!("<w:document xmlns:w=\"w\" xmlns:r=\"r\"><w:body>{body}</w:body></w:document>");
    let mut files = vec![
        ("[Content_Types].xml", "<Types/>"),
        (
            "_rels/.rels",
            "<Relationships><Relationship Id=\"1\" Type=\"http://x/officeDocument\" Target=\"word/document.xml\"/></Relationships>",
        ),
        ("word/document.xml", &main),
    ];
    files.extend_from_slice(parts);
    archive(&files)
}

/// An archive of files.
pub(crate) fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A paragraph of Word with properties.
pub(crate) fn p(properties: &str, text: &str) -> String {
    format!(
        "<w:p><w:pPr>{properties}</w:pPr><w:r><w:t xml:space=\"preserve\">{text}</w:t></w:r></w:p>"
    )
}

/// A paragraph of a style.
pub(crate) fn styled(style: &str, text: &str) -> String {
    p(&format!("<w:pStyle w:val=\"{style}\"/>"), text)
}

/// An item of a list.
pub(crate) fn item(list: u32, level: u32, text: &str) -> String {
    let list = format!("<w:numPr><w:ilvl w:val=\"{level}\"/><w:numId w:val=\"{list}\"/></w:numPr>");
    p(&list, text)
}

/// Lists 1 (1. a. i.), 2 (bullets), and 3 as 1, but begun anew.
pub(crate) const NUMBERING: &str = r#"<w:numbering>
<w:abstractNum w:abstractNumId="7">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerRoman"/><w:lvlText w:val="%3."/></w:lvl>
</w:abstractNum>
<w:abstractNum w:abstractNumId="8"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val=""/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="7"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>
</w:numbering>"#;

/// Styles as Word has them, in a file from Germany: ids are translated, names are not.
pub(crate) const STYLES: &str = r#"<w:styles>
<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
<w:style w:styleId="berschrift2"><w:name w:val="heading 2"/><w:basedOn w:val="berschrift1"/></w:style>
<w:style w:styleId="Abschnitt"><w:name w:val="Section"/><w:basedOn w:val="Kern"/></w:style>
<w:style w:styleId="Kern"><w:name w:val="Core"/><w:basedOn w:val="Abschnitt"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>
<w:style w:styleId="Titel"><w:name w:val="Title"/></w:style>
<w:style w:styleId="Verzeichnis1"><w:name w:val="toc 1"/></w:style>
<w:style w:styleId="Liste"><w:name w:val="List Number"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
</w:styles>"#;
