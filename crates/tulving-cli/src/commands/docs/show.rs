//! `tulving docs show`: one document, with its chunks.

use clap::Args;
use tulving::model::{Chunk, Document};

use super::named::named;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, counted, moment};
use crate::page::prose;
use crate::table::{beside, summary};
use crate::terminal::Screen;
use crate::wire;

/// Shows a document with its chunks
#[derive(Debug, Args)]
#[command(after_help = "With --json:\n\
    {\"document\": {\"id\", \"path\", \"title\", \"department\", \"mime\", \"chunks\": N or null, \"content_hash\", \"created_at\",\n\
    \"updated_at\"}, \"chunks\": [{\"kind\": \"chunk\", …as tulving get prints them, without has_vector…}]}")]
pub struct Show {
    /// Its id, the path of its file, or the name of its file if no other has it
    #[arg(value_name = "DOCUMENT")]
    pub document: String,
}

/// Runs it.
///
/// # Errors
/// When there is no such document, exit 10, or several are meant.
pub(super) async fn run(show: &Show, cx: &Context) -> Result<Exit, CliError> {
    let memory = cx.records().await?;
    let documents = memory.all_documents().await?;
    let found = named(&show.document, &documents)?;
    let [document] = found.as_slice() else {
        let message = format!("{} are meant", counted(found.len() as u64, "document"));
        return Err(CliError::usage(message).hint("tulving docs list"));
    };
    let chunks = memory.chunks_of(&document.id).await?;
    if cx.json {
        output::json(&wire::Shown::new((*document).clone(), chunks))?;
    } else {
        output::text(&page(document, &chunks, cx.out))?;
    }
    Ok(Exit::Done)
}

fn page(document: &Document, chunks: &[Chunk], screen: Screen) -> String {
    let mut known = vec![
        ("title", document.title.clone()),
        ("id", document.id.clone()),
        ("path", document.path.clone()),
    ];
    known.extend(document.department.clone().map(|name| ("department", name)));
    known.extend(document.mime.clone().map(|mime| ("format", mime)));
    known.push(("added", moment(document.created_at)));
    known.extend(document.updated_at.map(|time| ("changed", moment(time))));
    known.push(("chunks", chunks.len().to_string()));
    let mut page = summary(&known, screen);
    for chunk in chunks {
        let at = chunk
            .page
            .map_or_else(String::new, |page| format!("  page {page}"));
        let headings = chunk.heading_path.join(" › ");
        let head = format!("{}{at}  {}  {headings}", chunk.chunk_index, chunk.id);
        page.push('\n');
        page.push_str(&beside("", head.trim_end(), screen));
        page.push_str(&prose(&chunk.content, screen));
    }
    page
}
