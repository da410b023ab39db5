//! An erasure that is counted, asked about, done and certified: what `forget` and deleting an owner have in
//! common.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::Value;
use tulving::embed::Builtin;
use tulving::fsutil::OutputFile;
use tulving::model::Scope;
use tulving::store::{Certificate, ForgetStep, Forgetting, Proof, Selection};
use uuid::Uuid;

use crate::config::Embedding;
use crate::confirm::confirm_by_word;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, bytes, count, counted};
use crate::table::summary;
use crate::terminal::{Look, Screen};
use crate::text::safe;
use crate::{interrupt, kinds, progress, wire};

/// How an owner is deleted.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    /// Only counts what would go
    #[arg(long)]
    pub dry_run: bool,

    /// Where to write the certificate, as with `tulving forget` [default: beside the configuration]
    #[arg(long, value_name = "FILE", value_parser = crate::config::path())]
    pub certificate: Option<PathBuf>,
}

/// What is to be erased.
pub(super) struct Erasure {
    forgetting: Forgetting,
    owner: Scope,
    /// What is asked for on a terminal.
    word: &'static str,
    /// Whom it is about, where the owner goes too.
    with_owner: Option<String>,
}

/// Where the certificate goes, looked at before anything is erased.
pub(super) struct Certificates {
    file: OutputFile,
    replace: bool,
}

/// A certificate that was written, and where.
pub(super) struct Erased {
    certificate: Certificate,
    path: PathBuf,
    with_owner: Option<String>,
}

impl Certificates {
    /// Returns a file that a person named, else one of its own beside the configuration.
    pub(super) fn at(
        named: Option<PathBuf>,
        data: Option<&Path>,
        erasure: &Erasure,
        cx: &Context,
    ) -> Result<Self, CliError> {
        let mut path = named.unwrap_or_else(|| match data {
            Some(data) => cx.config.beside_but_outside(data),
            None => cx.config.beside(),
        });
        if path.is_dir() {
            path.push(format!("tulving-{}.certificate.json", Uuid::new_v4()));
        }
        let file = OutputFile::private_at(&path)?;
        let is_within = |data: &Path| {
            let data = data.canonicalize().ok();
            data.zip(file.true_path())
                .is_some_and(|(data, path)| path.starts_with(data))
        };
        if data.is_some_and(is_within) {
            let message = "the certificate cannot be in the directory that it is about";
            return Err(CliError::usage(message).hint("name another place with --certificate FILE"));
        }
        // One of this very forgetting, which was interrupted after it, is written again.
        let unfinished = erasure.forgetting.unfinished();
        let is_own = |path: &Path| {
            let written = std::fs::read(path).ok();
            let written = written.and_then(|it| serde_json::from_slice::<Value>(&it).ok());
            written.is_some_and(|it| unfinished.is_some_and(|(id, _)| it["id"] == id.to_string()))
        };
        let replace = cx.force || file.present().is_some_and(is_own);
        if let Some(present) = file.present().filter(|_| !replace) {
            let message = format!("{} is there already", safe(&present.display().to_string()));
            return Err(CliError::usage(message).hint("--force replaces it"));
        }
        Ok(Self { file, replace })
    }

    /// Writes a certificate. One of before it is replaced from then on.
    pub(super) fn write(&mut self, certificate: &Certificate) -> Result<(), CliError> {
        let tag = Uuid::new_v4().to_string();
        let written = self.file.write(&tag, &certificate.to_bytes(), self.replace);
        written.map_err(|error| {
            CliError::from(error).cause(
                "the memories were forgotten; there is no certificate yet, and the same command writes it",
            )
        })?;
        self.replace = true;
        Ok(())
    }

    /// Returns whether it is written to a file, and to no pipe or device, which would hold it twice.
    fn is_file(&self) -> bool {
        self.file.true_path().is_some()
    }

    /// Returns what is told of it.
    pub(super) fn told(self, certificate: Certificate, with_owner: Option<String>) -> Erased {
        Erased {
            certificate,
            path: self.file.given().to_owned(),
            with_owner,
        }
    }
}

impl Erasure {
    /// Returns an erasure whose question is answered with `forget`.
    ///
    /// # Errors
    /// When the configuration of the embedder cannot be understood.
    pub(super) fn of(forgetting: Forgetting, owner: Scope, cx: &Context) -> Result<Self, CliError> {
        let mut forgetting = forgetting;
        let next = cx.config.next_embedding()?;
        for embedding in std::iter::once(cx.config.embedding()?).chain(next) {
            if let Embedding::Http(http) = embedding
                && let Some(folder) = &http.cache
            {
                forgetting = forgetting.with_cache(folder, &http.prefixes.name(&http.model));
            }
        }
        Ok(Self {
            forgetting,
            owner,
            word: "forget",
            with_owner: None,
        })
    }

    /// Says that the owner goes too; the question is answered with `delete`.
    pub(super) fn with_owner(mut self, called: String) -> Self {
        self.word = "delete";
        self.with_owner = Some(called);
        self
    }

    /// Returns what would go, in words.
    fn what(&self) -> String {
        let mut what = kinds::listed(&self.forgetting.counts(), ", ");
        let documents = self.forgetting.documents();
        if documents > 0 {
            what.push_str(&format!(", {}", counted(documents, "document")));
        }
        what
    }

    /// Tells what would go.
    pub(super) fn tell_counts(&self, cx: &Context) -> Result<(), CliError> {
        self.note_unfinished();
        if cx.json {
            let (counts, documents) = (self.forgetting.counts(), self.forgetting.documents());
            return output::json(&wire::WouldForget::new(self.owner, counts, documents));
        }
        let owner = match &self.with_owner {
            Some(called) => format!(" and {called} itself"),
            None => String::new(),
        };
        output::text(&format!(
            "Would be forgotten of {}: {}{owner}.",
            self.owner,
            self.what()
        ))
    }

    /// Says that one that was interrupted is finished too.
    fn note_unfinished(&self) {
        if let Some((_, memories)) = self.forgetting.unfinished() {
            output::aside(&format!(
                "note: a forgetting of {} was interrupted, and is finished together with this",
                counted(memories, "memory")
            ));
        }
    }

    /// Asks, and takes nothing but the whole word for a yes.
    pub(super) fn confirm(&self, cx: &Context) -> Result<(), CliError> {
        self.note_unfinished();
        let question = match &self.with_owner {
            Some(called) => format!("Delete {called} for good, with {}?", self.what()),
            None => format!("Forget {} of {} for good?", self.what(), self.owner),
        };
        confirm_by_word(&question, self.word, cx.yes)
    }

    /// Erases, until somebody wants it to stop.
    pub(super) async fn run(self, cx: &Context) -> Result<Proof, CliError> {
        let progress = progress::on_stderr(cx.err);
        let cancel = interrupt::listen(&progress, cx.face())?.cancel;
        let mut last = String::new();
        let mut tell = |step: ForgetStep| {
            let news = text_of(step);
            if news != last {
                progress.note(&news);
                last = news;
            }
        };
        tokio::select! {
            proof = self.forgetting.prove(&mut tell) => Ok(proof?),
            () = cancel.wait() => {
                let message = "stopped before it was proved; some of it may be gone already";
                Err(CliError::new(Exit::Interrupted, message)
                    .hint("the same command again, which erases the rest and proves the whole"))
            }
        }
    }
}

/// Deletes an owner with everything that belongs to it: what it remembers first, by the rules of `forget`. Where
/// something of that is found afterwards the owner stays.
pub(super) async fn delete_owner(
    owner: Scope,
    called: String,
    args: DeleteArgs,
    cx: &Context,
) -> Result<Exit, CliError> {
    let memory = cx.in_database(owner, Arc::new(Builtin::new())).await?;
    let forgetting = memory.forget(Selection::Everything).await?;
    let erasure = Erasure::of(forgetting, owner, cx)?.with_owner(called.clone());
    if args.dry_run {
        erasure.tell_counts(cx)?;
        return Ok(Exit::Done);
    }
    let mut certificates = Certificates::at(args.certificate, None, &erasure, cx)?;
    cx.connect().await?.require_may_delete(owner).await?;
    erasure.confirm(cx)?;
    let proof = erasure.run(cx).await?;
    let mut certificate = proof.certificate().clone();
    if !certificate.absent {
        certificates.write(&certificate)?;
        return certificates.told(certificate, Some(called)).tell(cx);
    }
    certificate.owner_deleted = Some(false);
    // What a pipe was given cannot be taken back.
    if certificates.is_file() {
        certificates.write(&certificate)?;
    }
    // What was kept for the proof goes with the owner.
    cx.connect().await?.delete_owner(owner).await?;
    certificate.owner_deleted = Some(true);
    certificate.add_dead_owner();
    certificates.write(&certificate)?;
    certificates.told(certificate, Some(called)).tell(cx)
}

/// Returns a step in words, the same as long as little was done.
fn text_of(step: ForgetStep) -> String {
    const OFTEN: u64 = 10_000;
    let about = |done: u64| count(done / OFTEN * OFTEN);
    match step {
        ForgetStep::Reading(done) if done < OFTEN => "reading what is to be forgotten …".to_owned(),
        ForgetStep::Reading(done) => format!("reading what is to be forgotten … {}", about(done)),
        ForgetStep::Erasing(done) if done < OFTEN => "erasing …".to_owned(),
        ForgetStep::Erasing(done) => format!("erasing … {}", about(done)),
        ForgetStep::Purging => "writing anew what held them …".to_owned(),
        ForgetStep::Scanning => "looking for what is left …".to_owned(),
    }
}

impl Erased {
    /// Returns whether nothing was found.
    pub(super) fn is_absent(&self) -> bool {
        self.certificate.absent
    }

    /// Tells what was done; a difference is exit 5.
    pub(super) fn tell(&self, cx: &Context) -> Result<Exit, CliError> {
        let told = if cx.json {
            output::json(&wire::Forgotten::new(&self.certificate, &self.path))
        } else {
            output::report(&self.report(cx.out))
        };
        told.map_err(|error| error.cause("the memories were forgotten"))?;
        Ok(match self.is_absent() {
            true => Exit::Done,
            false => Exit::Different,
        })
    }

    fn report(&self, screen: Screen) -> String {
        let certificate = &self.certificate;
        let searched = &certificate.searched;
        let mut what = kinds::listed(&certificate.forgotten, ", ");
        if certificate.forgotten_documents > 0 {
            let documents = counted(certificate.forgotten_documents, "document");
            what.push_str(&format!(", {documents}"));
        }
        let all: u64 = searched.places.iter().map(|place| place.bytes).sum();
        let is_table = searched.places.iter().any(|place| place.rows.is_some());
        let noun = if is_table { "table" } else { "file" };
        let places = counted(searched.places.len() as u64, noun);
        let mut lines = vec![
            ("forgotten", what),
            ("searched", format!("{places}, {}", bytes(all))),
            (
                "for",
                format!(
                    "{} and a piece of {}",
                    counted(searched.ids, "id"),
                    counted(searched.texts, "text")
                ),
            ),
        ];
        if searched.short_ids + searched.short_texts > 0 {
            lines.push((
                "not for",
                format!(
                    "{} and {} that are too short; the ids were looked up",
                    counted(searched.short_ids, "id"),
                    counted(searched.short_texts, "text")
                ),
            ));
        }
        if searched.said_by_what_stays > 0 {
            let said = count(searched.said_by_what_stays);
            lines.push((
                "unproved",
                format!("{said} that memories which stay say too"),
            ));
        }
        lines.push(("certificate", self.path.display().to_string()));
        let has_looked = searched.ids + searched.short_ids + searched.texts > 0;
        let mut text = match (self.is_absent(), &self.with_owner) {
            // Nobody proves the absence of what nobody names.
            (true, Some(called)) if !has_looked => {
                format!("{} is deleted; it remembered nothing.\n\n", safe(called))
            }
            (true, None) if !has_looked => {
                "Nothing was there to be forgotten, and nothing was looked for.\n\n".to_owned()
            }
            (true, Some(called)) => format!(
                "{}: {} is deleted, and nothing is left of what it remembered.\n\n",
                screen.paint(Look::Good, "Proved"),
                safe(called)
            ),
            (true, None) => format!(
                "{}: nothing is left of it.\n\n",
                screen.paint(Look::Good, "Proved")
            ),
            (false, _) => format!(
                "{}: something of it is still there.\n\n",
                screen.paint(Look::Bad, "NOT PROVED")
            ),
        };
        text.push_str(&summary(&lines, screen));
        for place in searched.places.iter().filter(|place| place.left_over > 0) {
            let (found, name) = (count(place.left_over), safe(&place.name));
            text.push_str(&format!("\nfound in {name}: {found} of them\n"));
        }
        if searched.still_there > 0 {
            let there = counted(searched.still_there, "memory");
            text.push_str(&format!(
                "\n{there} came back while this was done: the same command again\n"
            ));
        }
        for unread in &searched.unread {
            text.push_str(&format!("\nnot searched: {}\n", safe(unread)));
        }
        text.push_str("\nNot within reach from here:\n");
        for beyond in &certificate.beyond_reach {
            let (what, remedy) = (safe(&beyond.what), safe(&beyond.remedy));
            text.push_str(&format!("  {what}\n    {remedy}\n"));
        }
        text
    }
}
