//! One record a line, to stdout or into a file.

use std::collections::VecDeque;
use std::io::{self, BufWriter, ErrorKind, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use tulving::fsutil::{Doing, OutputFile, OutputWriter};
use tulving::model::PerKind;
use tulving::record::{self, Part};
use tulving::transfer::{
    Cancel, Flawed, Loaded, Reading, RunChunk, Snapshot, SourceRow, TransferError,
};
use uuid::Uuid;

use super::advice::{CORRECT, told};
use crate::exit::{CliError, Exit};
use crate::output;
use crate::progress::Tally;

/// Where lines go.
pub(super) enum Lines {
    Stdout {
        out: BufWriter<io::Stdout>,
        is_terminal: bool,
    },
    File(Box<(OutputFile, OutputWriter)>),
}

/// How many lines were written.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) memories: PerKind<u64>,
    pub(super) documents: u64,
}

impl Lines {
    /// Begins them: in a file that gets its name when all are there, or on stdout.
    pub(super) fn begin(file: Option<&Path>) -> Result<Self, CliError> {
        let Some(path) = file else {
            let out = io::stdout();
            let is_terminal = out.is_terminal();
            let out = BufWriter::new(out);
            return Ok(Self::Stdout { out, is_terminal });
        };
        let file = OutputFile::at(path)?;
        let writer = file.create(&Uuid::new_v4().to_string())?;
        Ok(Self::File(Box::new((file, writer))))
    }

    /// Writes one; says whether anybody takes more. A reader that went away (`tulving … | head`) is no error.
    fn write(&mut self, line: &[u8]) -> Result<bool, CliError> {
        match self {
            Self::Stdout { out, is_terminal } => taken(match is_terminal {
                true => out.write_all(
                    output::escape_unshowable(&String::from_utf8_lossy(line)).as_bytes(),
                ),
                false => out.write_all(line),
            }),
            Self::File(named) => {
                let (file, out) = &mut **named;
                out.write_all(line)
                    .map_err(|error| file.io(Doing::Writing, error))?;
                Ok(true)
            }
        }
    }

    /// Ends them; another file of that name is replaced with `force` alone.
    pub(super) fn end(self, force: bool) -> Result<(), CliError> {
        match self {
            Self::Stdout { mut out, .. } => taken(out.flush()).map(drop),
            Self::File(named) => {
                let (file, mut out) = *named;
                out.keep(&file, force)?;
                Ok(())
            }
        }
    }
}

/// Writes all that a survey found: documents, then memories kind by kind, in source order.
///
/// # Errors
/// If a record cannot be read or is no memory, the lines cannot be written, or the user asked to stop.
pub(super) async fn write(
    snapshot: &Arc<dyn Snapshot>,
    (vectors, workers): (bool, usize),
    lines: &mut Lines,
    tally: &Tally,
    cancel: &Cancel,
) -> Result<Written, CliError> {
    let mut written = Written::default();
    for document in snapshot.documents() {
        let mut line = b"{\"document\":".to_vec();
        record::document::write(&document.document, &mut line).map_err(damaged)?;
        line.extend_from_slice(b"}\n");
        if !lines.write(&line)? {
            return Ok(written);
        }
        written.documents += 1;
    }
    let chunks = snapshot.plan().kinds.iter().flat_map(|kind| &kind.chunks);
    let mut chunks = chunks.copied();
    let mut loading = VecDeque::new();
    let mut line = Vec::new();
    loop {
        while loading.len() < workers {
            let Some(chunk) = chunks.next() else { break };
            loading.push_back((chunk, tokio::spawn(load(Arc::clone(snapshot), chunk))));
        }
        let Some((chunk, next)) = loading.pop_front() else {
            return Ok(written);
        };
        if cancel.cancelled() {
            return Err(interrupted());
        }
        let loaded = next.await.map_err(TransferError::from)?.map_err(told)?;
        if !loaded.flawed.is_empty() {
            return Err(flawed(&loaded.flawed));
        }
        for row in &loaded.rows {
            line.clear();
            put(row, vectors, &mut line)?;
            if !lines.write(&line)? {
                return Ok(written);
            }
        }
        written.memories[chunk.kind] += loaded.rows.len() as u64;
        tally.advance(loaded.rows.len() as u64);
    }
}

async fn load(snapshot: Arc<dyn Snapshot>, chunk: RunChunk) -> Result<Loaded, TransferError> {
    snapshot.load(&chunk, &Arc::new(Reading::default())).await
}

fn put(row: &SourceRow, vectors: bool, line: &mut Vec<u8>) -> Result<(), CliError> {
    let memory = &row.stored.memory;
    line.extend_from_slice(format!("{{\"{}\":", memory.kind().as_str()).as_bytes());
    record::write(memory, Part::Everything, line).map_err(damaged)?;
    // Where there is none these are zeros, so that none is made when they are taken back.
    if let Some(numbers) = row.stored.vector.as_deref().filter(|_| vectors) {
        line.extend_from_slice(b",\"embedding\":[");
        for (at, number) in numbers.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            // The shortest text that is read as this number again.
            line.extend_from_slice(format!("{comma}{number}").as_bytes());
        }
        line.push(b']');
    }
    line.extend_from_slice(b"}\n");
    Ok(())
}

/// Says that nothing of a run is kept: lines that were read are gone, and a file is there only when it is whole.
pub(super) fn interrupted() -> CliError {
    CliError::new(
        Exit::Interrupted,
        "interrupted before all lines were written",
    )
    .hint("the same command again, which starts over")
}

/// Records of one chunk that are no memories.
fn flawed(records: &[Flawed]) -> CliError {
    let message = "not all lines can be written: the files hold records that are no memories";
    let mut error = CliError::new(Exit::Source, message).hint(CORRECT);
    error.causes.extend(records.iter().map(ToString::to_string));
    error
}

fn damaged(error: tulving::json::ParseError) -> CliError {
    CliError::new(Exit::Source, "a record cannot be written").because(&error)
}

fn taken(written: io::Result<()>) -> Result<bool, CliError> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => {
            Err(CliError::new(Exit::Unreachable, "writing to stdout failed").because(&error))
        }
        Ok(()) => Ok(true),
    }
}
