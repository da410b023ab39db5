//! The course of it: each file is read in a process of its own, compared with what is there, and stored.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;
use tulving::backend::BackendError;
use tulving::embed::EmbedError;
use tulving::model::Document;
use tulving::store::{NewChunk, NewDocument, ScopedStore, StoreError, WordsOnly};
use tulving::transfer::{Cancel, Progress};
use tulving_documents::Chunk;

use super::catalog::{BY_WORDS, Catalog};
use super::metadata;
use super::protocol::{Read, Reply, Request};
use super::reader::Reader;
use super::walk::{Skipped, is_gone};
use crate::exit::{CliError, Exit};
use crate::output::counted;

/// What takes documents in.
pub struct Intake {
    /// Where they go.
    pub memory: ScopedStore,
    /// What is there.
    pub catalog: Catalog,
    /// Whose all of them are, in place of what their folders say.
    pub department: Option<String>,
    /// Whether no vectors can be made, so that they are stored without.
    pub by_words: bool,
    /// Who is told how far it is: files.
    pub progress: Arc<dyn Progress>,
    /// Who may want it to stop.
    pub cancel: Cancel,
}

/// What became of the files.
#[derive(Debug, Default)]
pub struct Report {
    /// What was stored, in order.
    pub stored: Vec<Stored>,
    /// How many were there already as they are.
    pub unchanged: u64,
    /// Files that say the same as a document that is there, and which.
    pub same: Vec<(String, String)>,
    /// What cannot be read or kept, and why.
    pub skipped: Vec<Skipped>,
    /// What should be known of files that were stored.
    pub notes: Vec<(String, String)>,
    /// How many bytes the stored files have.
    pub bytes: u64,
    /// Why documents will be found by words only.
    pub words_only: Option<WordsOnly>,
}

/// A document that was stored.
#[derive(Debug)]
pub struct Stored {
    /// Its id.
    pub id: String,
    /// Where it was read from.
    pub path: String,
    /// What it is called.
    pub title: String,
    /// How many chunks it has.
    pub chunks: u64,
    /// Whether it is new.
    pub outcome: Outcome,
}

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Added,
    /// It took the place of what was read there before.
    Changed,
}

/// Documents that are read ahead, while one is stored.
const AHEAD: usize = 2;

impl Intake {
    /// Takes files in, one after the other. Each is stored whole or not at all, and when this returns early the
    /// same call goes on.
    ///
    /// # Errors
    /// If no more can be read or stored at all, or somebody wants it to stop.
    pub async fn take(&mut self, files: Vec<String>, reader: Reader) -> Result<Report, CliError> {
        let mut report = Report::default();
        // What is known first: what is new is compared with what the others say now.
        let is_known = |path: &String| self.catalog.knows(path);
        let (known, new) = files.into_iter().partition::<Vec<_>, _>(is_known);
        let files = known.into_iter().chain(new).collect();
        let mut arriving = self.read_ahead(files, reader);
        loop {
            let arrived = tokio::select! {
                arrived = arriving.recv() => arrived,
                () = self.cancel.wait() => return Err(interrupted(&report)),
            };
            let Some((path, arrived)) = arrived else {
                self.settle(&mut report).await?;
                return Ok(report);
            };
            // A reader that fell because everything is being stopped says nothing of its file.
            if self.cancel.cancelled() {
                return Err(interrupted(&report));
            }
            let done = match arrived {
                Ok(Ok(Reply::Unchanged)) => {
                    report.unchanged += 1;
                    Ok(())
                }
                Ok(Ok(Reply::Read(read))) => self.store(path, *read, &mut report).await,
                Ok(Ok(Reply::Refused(reason))) => {
                    report.skip(path, reason.to_string());
                    Ok(())
                }
                Ok(Ok(Reply::Unreadable(reason))) => {
                    report.skip(
                        path,
                        format!("the file cannot be read ({reason}): see that this account may"),
                    );
                    Ok(())
                }
                Ok(Err(lost)) => {
                    report.skip(path, lost);
                    Ok(())
                }
                Err(error) => Err(error),
            };
            done.map_err(|error| kept(error, &report))?;
            self.progress.advance(1);
        }
    }

    /// Has files read on a thread of their own.
    #[expect(
        clippy::type_complexity,
        reason = "what became of a file: the process, the file, the answer"
    )]
    fn read_ahead(
        &self,
        files: Vec<String>,
        mut reader: Reader,
    ) -> mpsc::Receiver<(String, Result<Result<Reply, String>, CliError>)> {
        let (send, receive) = mpsc::channel(AHEAD);
        let known: Vec<Option<String>> = files
            .iter()
            .map(|path| {
                self.catalog
                    .unchanged(path, self.department_of(path).as_deref(), self.by_words)
            })
            .collect();
        std::thread::spawn(move || {
            for (path, known) in files.into_iter().zip(known) {
                let request = Request {
                    path: path.clone(),
                    known,
                };
                let read = reader.read(&request);
                let is_over = read.is_err();
                if send.blocking_send((path, read)).is_err() || is_over {
                    return;
                }
            }
        });
        receive
    }

    /// Another run may have stored another form of the same meanwhile: one of both goes.
    async fn settle(&self, report: &mut Report) -> Result<(), CliError> {
        let added = report.stored.iter();
        let added = added.filter(|stored| stored.outcome == Outcome::Added);
        let added: Vec<&str> = added.map(|stored| stored.path.as_str()).collect();
        if added.is_empty() {
            return Ok(());
        }
        let now = Catalog::of(&self.memory.all_documents().await?);
        let doubled = now.doubled(&added, &self.catalog);
        let gone = doubled.iter().map(|(goes, _)| Document::id_for(goes));
        let gone: Vec<String> = gone.collect();
        if !gone.is_empty() {
            self.memory.remove_documents(&gone).await?;
        }
        report
            .stored
            .retain(|stored| !doubled.iter().any(|(goes, _)| *goes == stored.path));
        report.same.extend(doubled);
        Ok(())
    }

    /// Returns whose a document is: of the folder that it is in, unless one was named.
    fn department_of(&self, path: &str) -> Option<String> {
        let folder = || Path::new(path).parent()?.file_name()?.to_str();
        let named = self.department.as_deref().or_else(folder);
        named.map(ToOwned::to_owned)
    }

    async fn store(
        &mut self,
        path: String,
        read: Read,
        report: &mut Report,
    ) -> Result<(), CliError> {
        let department = self.department_of(&path);
        // What says the same of a file that is gone takes its place.
        let is_there = |path: &str| !is_gone(Path::new(path));
        let same = self
            .catalog
            .same_as(&path, department.as_deref(), &read, &is_there);
        if let Some(same) = same {
            if !same.is_equal {
                let note = format!(
                    "not every word of it is in {}, of which it is taken to be another form: if it is not, move it to another folder",
                    same.path
                );
                report.notes.push((path.clone(), note));
            }
            report.same.push((path, same.path.to_owned()));
            return Ok(());
        }
        let (title, chunks) = (read.title.clone(), read.chunks.len() as u64);
        let (mut new, rest) = document(&path, department.clone(), read);
        if self.by_words {
            new.further.push((BY_WORDS.to_owned(), "true".to_owned()));
        }
        let put = match self.memory.put_document(new).await {
            Ok(put) => put,
            Err(StoreError::BadDocument { flaw, .. }) => {
                report.skip(path, format!("it cannot be kept: {flaw}"));
                return Ok(());
            }
            Err(StoreError::Forgotten { .. }) => {
                let reason =
                    "it or a piece of it was forgotten: --restore-forgotten brings it back";
                report.skip(path, reason.to_owned());
                return Ok(());
            }
            Err(StoreError::Backend(BackendError::TooLarge { bytes, limit })) => {
                report.skip(
                    path,
                    format!(
                        "it takes {bytes} bytes, of which one document may take {limit}: split it"
                    ),
                );
                return Ok(());
            }
            // Its own words: where the server knows the model and lets this account in, others may do.
            Err(StoreError::Embed(
                error @ EmbedError::Refused {
                    status: 400 | 413 | 422,
                    ..
                },
            )) => {
                report.skip(path, format!("its vectors cannot be made: {error}"));
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        self.catalog
            .put(&path, department.as_deref(), &rest, self.by_words);
        let notes = rest.notes.iter().map(ToString::to_string);
        let left_out = rest
            .left_out
            .iter()
            .map(|(what, count)| format!("left out: {count} {what}"));
        report
            .notes
            .extend(notes.chain(left_out).map(|note| (path.clone(), note)));
        report.bytes += rest.bytes;
        report.words_only = report.words_only.take().or(put.words_only);
        report.stored.push(Stored {
            id: put.id,
            path,
            title,
            chunks,
            outcome: match put.replaced {
                true => Outcome::Changed,
                false => Outcome::Added,
            },
        });
        Ok(())
    }
}

impl Report {
    fn skip(&mut self, path: String, reason: String) {
        self.skipped.push(Skipped { path, reason });
    }
}

/// Returns what is stored of a document, and what else is known of it.
fn document(path: &str, department: Option<String>, mut read: Read) -> (NewDocument, Read) {
    let mut further = vec![("chunks".to_owned(), read.chunks.len().to_string())];
    further.extend(
        read.pages
            .map(|pages| ("pages".to_owned(), pages.to_string())),
    );
    // A fingerprint is always JSON.
    let fingerprint = serde_json::to_string(&read.fingerprint);
    further.extend(
        fingerprint
            .ok()
            .map(|text| ("fingerprint".to_owned(), text)),
    );
    if !read.metadata.is_empty() {
        further.push(("metadata".to_owned(), metadata::object(&read.metadata)));
    }
    let new = NewDocument {
        path: path.to_owned(),
        title: read.title.clone(),
        department,
        content_hash: Some(read.content_hash.clone()),
        mime: Some(read.format.mime().to_owned()),
        further,
        chunks: std::mem::take(&mut read.chunks)
            .into_iter()
            .map(piece)
            .collect(),
    };
    (new, read)
}

fn piece(chunk: Chunk) -> NewChunk {
    let mut said = chunk.metadata;
    // Two files may use one id, so chunks get ids of their own.
    let id = chunk.id.map(|id| serde_json::Value::String(id).to_string());
    said.splice(0..0, id.map(|id| ("id".to_owned(), id)));
    NewChunk {
        content: chunk.content,
        heading_path: chunk.heading_path,
        page: chunk.page.map(i64::from),
        has_code: chunk.has_code,
        further: match said.is_empty() {
            true => Vec::new(),
            false => vec![("metadata".to_owned(), metadata::object(&said))],
        },
    }
}

fn interrupted(report: &Report) -> CliError {
    let error = CliError::new(Exit::Interrupted, "interrupted before all files were read")
        .hint("the same command again, which goes on where this one stopped");
    kept(error, report)
}

/// Says what was stored before an error.
fn kept(error: CliError, report: &Report) -> CliError {
    match report.stored.len() as u64 {
        0 => error.cause("no document was stored"),
        stored => error.cause(format!(
            "{} stored and kept",
            match stored {
                1 => "1 document was".to_owned(),
                _ => format!("{} were", counted(stored, "document")),
            }
        )),
    }
}
