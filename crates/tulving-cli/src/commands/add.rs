//! `tulving add`: remembering questions and their answers.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tulving::backend::BackendError;
use tulving::model::{EmbeddingError, Kind, PerKind, Timestamp};
use tulving::store::{IfThere, NewMemory, NewNode, Outcome, Remembered, ScopedStore, StoreError};

use super::duplicates::OnDuplicate;
use super::source::SourceAs;
use super::tags;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::input::{self, Given, Line, Lines};
use crate::output::{self, count, counted};
use crate::progress::Tally;
use crate::text::{escape, shell};
use crate::wire;

/// Remembers a question and its answer, or many of them
///
/// Prints the id of the memory when it is safely stored.
///
/// With `--jsonl` each line of a file is a JSON object. A question with its answer has `question` and,
/// optionally, `answer`, `conversation_id`, `created_at`, `source`, `tags` (a list of topics, or an
/// object of lists) and `embedding` (the memory's own vector). A whole conversation has `messages`, a
/// list of objects with `role` (human or user, assistant, system, tool) and `content`, and, optionally,
/// `title`, `created_at`, `updated_at` and `source`. The conversation is stored whole, and each question
/// in it with its answer.
///
/// A line with `node`, `episode` or `chunk` holds the whole record of a memory and, optionally, its
/// `embedding`; one with `document` holds the record of a document, before its chunks. `tulving export
/// --format jsonl` writes such lines.
///
/// A line that has an `id` is stored under that id. If the id exists with the same content, nothing
/// changes. If it exists with other content, the line is refused; with `--existing update` it replaces
/// what is there.
///
/// A memory that says the same as one that is there is stored and reported; `--on-duplicate` says otherwise.
///
/// Lines are written in batches of up to 1,000. A batch is written whole or not at all; with `--on-duplicate link`, lines
/// without an id that say the same as an earlier one of their batch are written after the others. If a line cannot
/// be used, the error says from which line to continue.
#[derive(Debug, Args)]
#[command(after_help = "With --json:\n\
    {\"id\": ID}; if another memory says the same, {\"id\": ID, \"duplicate_of\": ID, \"near\": BOOL}\n\
    With --jsonl:\n\
    {\"ids\": [ID…] in the order of the lines, \"added\": N, \"updated\": N, \"unchanged\": N, \"skipped\": N,\n\
    \"duplicates\": [{\"id\": ID or null, \"duplicate_of\": ID, \"near\": BOOL}…]}\n\
    Of a memory that was not stored, the id is that of the one that says the same.")]
#[command(group(clap::ArgGroup::new("what").required(true).args(["question", "jsonl"])))]
pub struct Add {
    /// What was asked or said; `-` reads it from stdin
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub question: Option<String>,

    /// What was answered; `-` reads it from stdin
    #[arg(
        long,
        value_name = "TEXT",
        allow_hyphen_values = true,
        conflicts_with = "jsonl"
    )]
    pub answer: Option<String>,

    /// The id of the memory [default: a new one, made from its conversation]
    #[arg(long, value_name = "ID", conflicts_with = "jsonl")]
    pub id: Option<String>,

    /// What to do if the id exists with other content
    #[arg(long, value_name = "WHAT", default_value = "refuse")]
    pub existing: Existing,

    /// Brings back what was forgotten with `tulving forget`; otherwise it is refused
    #[arg(long)]
    pub restore_forgotten: bool,

    /// The conversation that the memory belongs to [default: a new one]
    #[arg(long, value_name = "ID", conflicts_with = "jsonl")]
    pub conversation: Option<String>,

    /// When it was said, in UTC unless a time zone is given; `--since` of `tulving list` shows the
    /// formats [default: now]
    #[arg(long, value_name = "TIME", conflicts_with = "jsonl", value_parser = input::time)]
    pub created_at: Option<Timestamp>,

    /// Where it was said: lower-case letters, digits, _ and - [default: tulving; in files of the
    /// Python program, the most frequent there]
    #[arg(long, value_name = "NAME", conflicts_with = "jsonl", value_parser = input::source)]
    pub source: Option<String>,

    /// The source to write if the Python program that reads these files too does not know the true
    /// one, which is then kept as the tag `processes: ["source:NAME"]`
    #[arg(long, value_name = "NAME")]
    pub source_as: Option<SourceAs>,

    /// A topic; may be repeated
    #[arg(long, value_name = "TAG", conflicts_with = "jsonl")]
    pub tag: Vec<String>,

    /// The memory's vector, instead of one made from its text: a JSON array (`-`: from stdin) or an .npy
    /// file with one row
    #[arg(long, value_name = "FILE", conflicts_with = "jsonl", value_parser = crate::config::path())]
    pub vector: Option<PathBuf>,

    /// A file with one JSON object a line; `-` reads stdin
    #[arg(long, value_name = "FILE", value_parser = crate::config::path())]
    pub jsonl: Option<PathBuf>,

    /// What to do with a memory that says the same as one that is there; for `skip` and `link`, capital letters, signs between
    /// words, and words such as `please` make no difference. A memory that was skipped does not come back by itself when
    /// the other one is removed
    #[arg(long, value_name = "WHAT", default_value = "keep")]
    pub on_duplicate: OnDuplicate,
}

/// What happens to an id that is there already with other content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Existing {
    /// Nothing is written, and the difference is an error
    Refuse,
    /// What is said takes its place
    Update,
}

impl From<Existing> for IfThere {
    fn from(existing: Existing) -> Self {
        match existing {
            Existing::Refuse => Self::Refuse,
            Existing::Update => Self::Update,
        }
    }
}

/// Lines that are written together.
const BATCH: usize = 1_000;
/// A batch ends early with the line that takes it past so much text.
const BATCH_BYTES: usize = 16 << 20;

/// Runs it.
///
/// # Errors
/// When the memory cannot be opened, or what is given cannot be kept.
pub async fn run(add: Add, cx: &Context) -> Result<Exit, CliError> {
    if let Some(path) = &add.jsonl {
        return many(Lines::open(path)?, &add, cx).await;
    }
    let (existing, on_duplicate) = (add.existing.into(), add.on_duplicate);
    let node = NewMemory::Node(one(&add)?);
    let memory = opened(&add, cx).await?;
    let added = memory.remember(vec![node], existing).await;
    let added = added.map_err(|error| match error {
        // There is one, so it is not told which.
        StoreError::Flawed { flaw, .. } => {
            CliError::new(Exit::Source, format!("the memory cannot be kept: {flaw}"))
                .hint("tulving add --help")
        }
        error => error.into(),
    })?;
    if added.outcomes == [Outcome::Unchanged] {
        output::aside("note: it was there already, and is the same");
    }
    if let Some(why) = &added.words_only {
        output::words_only(why, cx);
    }
    if let Some(why) = &added.left_out {
        output::left_out(why, cx);
    }
    let duplicate = added.duplicates.into_iter().next();
    if let Some(duplicate) = &duplicate {
        output::aside(&on_duplicate.of_one(duplicate));
    }
    let id = added.ids.into_iter().next().unwrap_or_default();
    let told = if cx.json {
        output::json(&wire::Written {
            near: duplicate.as_ref().map(|duplicate| duplicate.is_near),
            duplicate_of: duplicate.map(|duplicate| duplicate.of),
            id: id.clone(),
        })
    } else {
        output::text(&escape(&id))
    };
    told.map_err(|error| error.cause(format!("the memory is stored, as {id}")))?;
    Ok(Exit::Done)
}

fn one(add: &Add) -> Result<NewNode, CliError> {
    let vector = add.vector.as_deref().and_then(|path| path.to_str());
    input::once([add.question.as_deref(), add.answer.as_deref(), vector])?;
    Ok(NewNode {
        id: add.id.clone(),
        question: input::text(add.question.clone().unwrap_or_default())?,
        question_verbatim: None,
        answer_verbatim: None,
        answer: input::text(add.answer.clone().unwrap_or_default())?,
        conversation_id: add.conversation.clone(),
        created_at: add.created_at,
        source: add.source.clone(),
        source_as: add.source_as.map(|name| name.as_str().to_owned()),
        tags: (!add.tag.is_empty()).then(|| tags::topics(&add.tag)),
        embedding: add.vector.as_deref().map(input::vector).transpose()?,
    })
}

/// Adds line after line, a batch at a time.
async fn many(mut lines: Lines, add: &Add, cx: &Context) -> Result<Exit, CliError> {
    let memory = opened(add, cx).await?;
    let tally = Tally::new("added", !cx.json, cx.face());
    let (mut ids, mut duplicates, mut same) = (Vec::new(), Vec::new(), 0);
    let (mut written, mut updated, mut unchanged, mut skipped) = (0, 0, 0, 0);
    // The last line that is written.
    let mut behind = 0;
    let (mut words_only, mut left_out) = (None, None);
    loop {
        let (mut batch, over) =
            batch(&mut lines).map_err(|error| go_on(error, &lines, add, written, behind))?;
        for line in &mut batch {
            let source_as = add.source_as.map(|name| name.as_str().to_owned());
            match &mut line.given {
                Given::Memory(NewMemory::Node(node)) => node.source_as = source_as,
                Given::Memory(NewMemory::Conversation(whole)) => whole.source_as = source_as,
                // A record says its source itself.
                Given::Memory(NewMemory::Record(_)) | Given::Document(_) => {}
            }
        }
        let Some(last) = batch.last().map(|line| line.number) else {
            break;
        };
        let added = write(&memory, &lines, add.existing.into(), batch).await;
        let added = added.map_err(|error| go_on(error, &lines, add, written, behind))?;
        behind = last;
        written += added.ids.len() as u64;
        for outcome in &added.outcomes {
            match outcome {
                Outcome::Added => {}
                Outcome::Updated => updated += 1,
                Outcome::Unchanged => unchanged += 1,
                Outcome::Skipped => skipped += 1,
            }
        }
        same += added.duplicates.len() as u64;
        words_only = words_only.or(added.words_only);
        left_out = left_out.or(added.left_out);
        tally.advance(added.ids.len() as u64);
        if cx.json {
            ids.extend(added.ids);
            duplicates.extend(added.duplicates.into_iter().map(wire::Duplicate::from));
        } else {
            let shown: Vec<String> = added.ids.iter().map(|id| escape(id)).collect();
            output::text(&shown.join("\n")).map_err(|error| stored(error, written))?;
        }
        if over {
            break;
        }
    }
    drop(tally);
    if let Some(why) = &words_only {
        output::words_only(why, cx);
    }
    if let Some(why) = &left_out {
        output::left_out(why, cx);
    }
    if cx.json {
        let added = written - updated - unchanged - skipped;
        let batch = wire::Batch {
            added,
            duplicates,
            ids,
            skipped,
            unchanged,
            updated,
        };
        output::json(&batch).map_err(|error| stored(error, written))?;
    } else if updated + unchanged > 0 {
        output::aside(&format!(
            "note: {} were there already: {} updated, {} the same",
            count(updated + unchanged),
            count(updated),
            count(unchanged)
        ));
    }
    if same > 0 && !cx.json {
        output::aside(&add.on_duplicate.of_many(same));
    }
    Ok(Exit::Done)
}

/// Makes the error for ids that could not be printed, although the memories are stored.
fn stored(error: CliError, written: u64) -> CliError {
    error.cause(format!("{} were stored", counted(written, "memory")))
}

/// Returns the next lines, and whether they are the last. A document is a batch of its own.
fn batch(lines: &mut Lines) -> Result<(Vec<Line>, bool), CliError> {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while batch.len() < BATCH && bytes < BATCH_BYTES {
        let Some(line) = lines.read()? else {
            return Ok((batch, true));
        };
        let is_document = matches!(line.given, Given::Document(_));
        if is_document && !batch.is_empty() {
            lines.put_back(line);
            break;
        }
        bytes += line.bytes;
        batch.push(line);
        if is_document {
            break;
        }
    }
    Ok((batch, false))
}

/// Opens the memory, to be written to as the options say.
async fn opened(add: &Add, cx: &Context) -> Result<ScopedStore, CliError> {
    let memory = cx.memory().await?;
    let memory = match add.restore_forgotten {
        true => memory.restoring(),
        false => memory,
    };
    Ok(memory.on_duplicate(add.on_duplicate.into()))
}

async fn write(
    memory: &ScopedStore,
    lines: &Lines,
    existing: IfThere,
    batch: Vec<Line>,
) -> Result<Remembered, CliError> {
    let numbers: Vec<u64> = batch.iter().map(|line| line.number).collect();
    let widths: Vec<_> = batch
        .iter()
        .map(|line| match &line.given {
            Given::Memory(NewMemory::Node(node)) => node.embedding.as_ref().map(Vec::len),
            Given::Memory(NewMemory::Record(record)) => record.embedding.as_ref().map(Vec::len),
            Given::Memory(NewMemory::Conversation(_)) | Given::Document(_) => None,
        })
        .collect();
    let is_whole = |line: &Line| matches!(line.given, Given::Memory(NewMemory::Conversation(_)));
    let whole: Vec<bool> = batch.iter().map(is_whole).collect();
    remember(memory, batch, existing).await.map_err(|error| {
        // Which line it was that the store did not take, and why.
        let of_width = |wanted| widths.iter().position(|width| *width == Some(wanted));
        let refused = match &error {
            StoreError::Flawed { index, flaw } => Some((*index, flaw.to_string())),
            StoreError::ForeignSource { index, why, .. } => Some((*index, why.to_string())),
            StoreError::Blank { index } if whole.get(*index) == Some(&true) => {
                let why = "a conversation in which nothing is said is not kept: it has no message, or only blank ones";
                Some((*index, why.to_owned()))
            }
            StoreError::Blank { index }
            | StoreError::Differs { index, .. }
            | StoreError::Forgotten { index, .. } => {
                Some((*index, error.to_string()))
            }
            StoreError::GivenVector(why) => {
                let index = match why {
                    EmbeddingError::Width { found, .. } => of_width(*found),
                    EmbeddingError::NotFinite { .. } => None,
                };
                index.map(|index| (index, format!("embedding: {why}")))
            }
            StoreError::Backend(BackendError::WrongSpace { given, .. }) => {
                of_width(given.dims).map(|index| (index, format!("embedding: {error}")))
            }
            _ => None,
        };
        let line = refused.and_then(|(index, why)| Some((numbers.get(index)?, why)));
        // That a conversation has no place for the name of its source, its questions make up for.
        let error = match error {
            StoreError::ForeignSource { index, why, .. } => StoreError::ForeignSource {
                index,
                kind: Kind::Node,
                why,
            },
            error => error,
        };
        match line {
            // It is told as ever, but for the line.
            Some((line, why))
                if matches!(
                    error,
                    StoreError::ForeignSource { .. }
                        | StoreError::Differs { .. }
                        | StoreError::Forgotten { .. }
                ) =>
            {
                let message = lines.wrong(*line, &why).message;
                CliError {
                    message,
                    ..error.into()
                }
            }
            Some((line, why)) => lines.wrong(*line, &why),
            None => error.into(),
        }
    })
}

async fn remember(
    memory: &ScopedStore,
    batch: Vec<Line>,
    existing: IfThere,
) -> Result<Remembered, StoreError> {
    let mut memories = Vec::with_capacity(batch.len());
    for line in batch {
        match line.given {
            Given::Memory(memory) => memories.push(memory),
            Given::Document(record) => {
                let (id, outcome) = memory.remember_document(record, existing).await?;
                return Ok(Remembered {
                    ids: vec![id],
                    outcomes: vec![outcome],
                    memories: PerKind::default(),
                    duplicates: Vec::new(),
                    words_only: None,
                    left_out: None,
                });
            }
        }
    }
    memory.remember(memories, existing).await
}

/// Says how much was written before an error, and how to go on.
fn go_on(error: CliError, lines: &Lines, add: &Add, written: u64, behind: u64) -> CliError {
    if written == 0 {
        let in_the_input = error.exit == Exit::Source;
        let error = error.cause("nothing was written");
        return if in_the_input && error.hint.is_none() {
            error.hint("correct that line, then the same command again")
        } else {
            error
        };
    }
    let mut error = error.cause(format!(
        "{}, the lines up to {}, were written and stay",
        counted(written, "memory"),
        count(behind)
    ));
    let file = lines.file().map(|path| shell(&path.to_string_lossy()));
    let file = file.as_deref().unwrap_or("FILE");
    let mut command = format!("tail -n +{} {file} | tulving add --jsonl -", behind + 1);
    if add.existing == Existing::Update {
        command.push_str(" --existing update");
    }
    command.extend(add.on_duplicate.again());
    if let Some(name) = add.source_as {
        command.push_str(&format!(" --source-as {}", name.as_str()));
    }
    let hint = match error.hint.take() {
        None => format!("correct that line, then {command}"),
        Some(hint) => match hint.strip_prefix("the same command with ") {
            Some(flag) => format!("{command} {flag}"),
            None => format!("{hint}; for the lines that are not written yet: {command}"),
        },
    };
    error.hint(hint)
}
