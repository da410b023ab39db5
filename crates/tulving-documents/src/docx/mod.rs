//! Word files: XML in an archive, read as a stream; nothing is built but the text.

mod body;
mod footnotes;
mod numbering;
mod package;
mod styles;

use std::collections::HashMap;

use package::{Element, Package, Part};

use crate::builder::Builder;
use crate::limits::Limits;
use crate::note::Omission;
use crate::reason::Reason;

/// Reads a Word file.
pub(crate) fn read(bytes: &[u8], name: &str, out: &mut Builder<'_>) -> Result<(), Reason> {
    let mut package = Package::open(bytes, name, out.limits)?;
    let main = package.main_part(name)?;
    let mut title = Title::default();
    package.walk("docProps/core.xml", &mut title)?;
    out.title(&title.text);

    let links = package.links(&main)?;
    let mut styles = styles::Styles::default();
    package.walk_beside(&main, "styles.xml", &mut styles)?;
    let mut numbering = numbering::Numbering::default();
    package.walk_beside(&main, "numbering.xml", &mut numbering)?;
    let mut footnotes = footnotes::Notes::default();
    package.walk_beside(&main, "footnotes.xml", &mut footnotes)?;
    let mut endnotes = footnotes::Notes::default();
    package.walk_beside(&main, "endnotes.xml", &mut endnotes)?;
    for _ in 0..package.headers_and_footers(&main) {
        out.leave_out(Omission::HeadersAndFooters);
    }

    let mut body = body::Body::new(out, links, styles, numbering, footnotes, endnotes);
    package.walk(&main, &mut body)?;
    Ok(())
}

/// Reads bytes as each of the parts in turn, for fuzzers, which do not find their way through an archive.
pub(crate) fn explore(bytes: &[u8]) {
    let limits = Limits::default();
    let mut styles = styles::Styles::default();
    let mut numbering = numbering::Numbering::default();
    let mut footnotes = footnotes::Notes::default();
    let _ = package::events(bytes, &limits, &mut styles);
    let _ = package::events(bytes, &limits, &mut numbering);
    let _ = package::events(bytes, &limits, &mut footnotes);
    let mut out = Builder::new(&limits);
    let endnotes = footnotes::Notes::default();
    let mut body = body::Body::new(
        &mut out,
        HashMap::new(),
        styles,
        numbering,
        footnotes,
        endnotes,
    );
    let _ = package::events(bytes, &limits, &mut body);
}

/// The title among a file's properties.
#[derive(Default)]
struct Title {
    inside: bool,
    text: String,
}

impl Part for Title {
    fn start(&mut self, element: &Element<'_>) -> Result<(), Reason> {
        self.inside = element.name() == "title";
        Ok(())
    }

    fn end(&mut self, _name: &str) -> Result<(), Reason> {
        self.inside = false;
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if self.inside {
            self.text.push_str(text);
        }
    }
}
