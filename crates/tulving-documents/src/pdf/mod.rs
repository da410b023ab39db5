//! PDF: text where pages put it, put back into lines, paragraphs, lists and headings. `lopdf` reads the file.
//!
//! | module | does |
//! |---|---|
//! | `content` | what a page draws → pieces of text with their places |
//! | `font` | codes → letters and widths |
//! | `lines` | pieces of text → lines |
//! | `page` | what a page shows |
//! | `layout` | lines of all pages → blocks |

mod content;
mod font;
mod layout;
mod lines;
mod page;

use lopdf::{Error, LoadOptions};

use crate::builder::Builder;
use crate::format::Format;
use crate::limits::Measure;
use crate::note::Omission;
use crate::reason::Reason;
use content::Walker;
use page::Page;

/// Reads a PDF, and returns how many pages it has.
pub(crate) fn read(bytes: &[u8], out: &mut Builder<'_>) -> Result<u32, Reason> {
    let most = usize::try_from(out.limits.inflated).unwrap_or(usize::MAX);
    let options = LoadOptions::with_max_decompressed_size(most);
    let file =
        lopdf::Document::load_mem_with_options(bytes, options).map_err(|error| reason(&error))?;
    // Where no password is needed to read it, it was opened by the way.
    if file.trailer.get(b"Encrypt").is_ok() && !file.was_encrypted() {
        return Err(Reason::Encrypted);
    }
    let ids: Vec<_> = file.page_iter().collect();
    let count = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    Measure::Pages.check(count.into(), out.limits.pages)?;
    if ids.is_empty() {
        return Err(broken("it has no pages".to_owned()));
    }
    let mut walker = Walker::new(&file, most);
    let mut pages: Vec<Page> = ids.into_iter().map(|id| walker.page(id)).collect();
    layout::take_out_furniture(&mut pages, out);
    let style = layout::Style::of(&pages);
    for (number, page) in (1..).zip(&pages) {
        out.turn_to(number)?;
        match page.lines.as_slice() {
            [] if page.has_picture => out.leave_out(Omission::PagesWithoutText),
            lines => layout::blocks(lines, &style, out)?,
        }
    }
    Ok(count)
}

fn reason(error: &Error) -> Reason {
    match error {
        Error::Decryption(_) | Error::InvalidPassword => Reason::Encrypted,
        error => broken(error.to_string()),
    }
}

fn broken(detail: String) -> Reason {
    Reason::Broken {
        format: Format::Pdf,
        detail,
    }
}
