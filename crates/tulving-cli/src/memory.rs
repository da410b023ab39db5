//! The memory that the configuration names: where it lives, whose it is, and what makes its
//! vectors. Commands on memories take what it gives, whatever the backend. Those about one kind of backend
//! open that one themselves, and `init` and `doctor` look at either.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tulving::backend::file::{Compaction, FileBackend, FileError};
use tulving::backend::postgres::PostgresOptions;
use tulving::embed::{ApiKey, Builtin, Embedder, Http, HttpOptions, Prefixed};
use tulving::model::{Scope, Space};
use tulving::store::{self, ScopedStore, Store, StoreConfig};

use crate::config::{Backend, Embedding, EmbeddingFlags, Local, NEXT, Prefixes, nobody_named};
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output;
use crate::text::owner_flag;

/// Where memory lives.
#[derive(Debug)]
pub enum Location {
    /// In this data directory.
    Files(PathBuf),
    /// In the database that the configuration names.
    Database,
}

impl Context {
    /// Returns where memory lives.
    ///
    /// # Errors
    /// When the configuration cannot be understood.
    pub fn location(&self) -> Result<Location, CliError> {
        Ok(match self.config.backend()? {
            Backend::File => Location::Files(self.config.data_dir()?),
            Backend::Postgres => Location::Database,
        })
    }

    /// Returns the memories of the owner that is named, or that the data directory names.
    ///
    /// # Errors
    /// When it cannot be opened, belongs to somebody else (exit 9), or its embedder cannot be used.
    pub async fn memory(&self) -> Result<ScopedStore, CliError> {
        let next = match self.config.next_embedding() {
            Ok(None) => return self.open(self.embedder().await?).await,
            Ok(Some(next)) => Ok(next),
            Err(error) => Err(error),
        };
        let (usual, memory) = (self.config.embedding()?, self.records().await?);
        let searched = memory.space().await?;
        let makes = |embedding: &Embedding| {
            let mut searched = searched.iter();
            searched.any(|space| makes(embedding, space))
        };
        // Whichever makes the vectors that are searched is needed, and waited for.
        let waits = match next.as_ref().is_ok_and(makes) && !makes(&usual) {
            true => [Wait::Short, Wait::Usual],
            false => [Wait::Usual, Wait::Short],
        };
        let next = match next {
            Ok(next) => connect(next, waits[1]).await,
            Err(error) => Err(error),
        };
        let next = next.map_err(|error| EmbeddingFlags::default().named_in(NEXT, error));
        match (connect(usual, waits[0]).await, next) {
            (Ok(usual), Ok(next)) => Ok(memory.by(usual).with_embedder(next)),
            (Ok(usual), Err(error)) => self.without(memory, usual, error, false).await,
            (Err(error), Ok(next)) => self.without(memory, next, error, true).await,
            (Err(error), Err(_)) => Err(error),
        }
    }

    /// Returns a memory with one of two embedders, where the other, which may be the `usual`, cannot work: what it
    /// would have made is left out. One that is only out of reach may be that of the vectors which are searched.
    async fn without(
        &self,
        memory: ScopedStore,
        embedder: Arc<dyn Embedder>,
        error: CliError,
        usual: bool,
    ) -> Result<ScopedStore, CliError> {
        let memory = memory.by(Arc::clone(&embedder));
        if error.exit != Exit::Unreachable {
            let searched = memory.space().await?;
            let is_needed =
                searched.map_or(usual, |space| !space.is_comparable_with(embedder.space()));
            if is_needed {
                return Err(error);
            }
        }
        let (space, why) = (embedder.space(), &error.message);
        let remark = format!("only {space} makes vectors now: {why}");
        output::note(&remark, "tulving doctor", self);
        Ok(memory)
    }

    /// Returns the same for a command that turns no text into a vector: it works while the embedder is
    /// out of reach.
    ///
    /// # Errors
    /// As [`Self::memory`].
    pub async fn records(&self) -> Result<ScopedStore, CliError> {
        self.open(Arc::new(Builtin::new())).await
    }

    async fn open(&self, embedder: Arc<dyn Embedder>) -> Result<ScopedStore, CliError> {
        match self.location()? {
            Location::Files(directory) => self.in_files(directory, embedder).await,
            // A database keeps the memories of many and names none as its own.
            Location::Database => self.in_database(self.config.scope()?, embedder).await,
        }
    }

    /// Returns the memory of a data directory.
    ///
    /// # Errors
    /// As [`Self::memory`].
    pub async fn in_files(
        &self,
        directory: PathBuf,
        embedder: Arc<dyn Embedder>,
    ) -> Result<ScopedStore, CliError> {
        let memory = Store::open_directory(&directory, embedder).await;
        let memory = memory.map_err(|error| self.of_files(error))?;
        self.owner_is(&directory, memory.owner())?;
        Ok(memory)
    }

    /// Returns an owner's memory in the database that the configuration names.
    ///
    /// # Errors
    /// As [`Self::memory`].
    pub async fn in_database(
        &self,
        owner: Scope,
        embedder: Arc<dyn Embedder>,
    ) -> Result<ScopedStore, CliError> {
        let options = PostgresOptions {
            pool_size: self.config.pool_size()?,
            ..PostgresOptions::default()
        };
        let location = store::Location::Postgres(Box::new(self.database()?), options);
        let config = StoreConfig { location, embedder };
        Ok(Store::open(config).await?.scope(owner))
    }

    /// Returns the owner whose memories are moved: the one that is named, else that of the data
    /// directory.
    ///
    /// # Errors
    /// When nobody is named, and the directory names nobody.
    pub fn owner_to_move(&self) -> Result<Scope, CliError> {
        let owner = self.configured_owner()?.map(|(owner, _)| owner);
        owner.ok_or_else(nobody_named)
    }

    /// Returns the owner that the configuration names, else the one of the data directory; and which of
    /// them says so.
    ///
    /// # Errors
    /// When either cannot be read.
    pub fn configured_owner(&self) -> Result<Option<(Scope, String)>, CliError> {
        if let Some(named) = self.config.scope_and_place()? {
            return Ok(Some(named));
        }
        let directory = self.config.data_dir()?;
        let owner = FileBackend::owner_of(&directory).map_err(|error| self.of_files(error))?;
        Ok(owner.map(|owner| (owner, format!("the directory {}", directory.display()))))
    }

    /// Returns the owner of a directory, who must be the one that is named, if anyone is.
    ///
    /// # Errors
    /// When somebody else is named, exit 9.
    pub fn owner_of(&self, directory: &Path, files: &FileBackend) -> Result<Scope, CliError> {
        let owner = files.owner().map_err(|error| self.of_files(error))?;
        self.owner_is(directory, owner)?;
        Ok(owner)
    }

    /// Refuses a directory whose owner is not the one that is named, if anyone is.
    ///
    /// # Errors
    /// When somebody else is named, exit 9.
    pub fn owner_is(&self, directory: &Path, owner: Scope) -> Result<(), CliError> {
        match self.config.scope_if_named()? {
            Some(named) if named != owner => {
                let (flag, path) = (owner_flag(owner), directory.display());
                let message = format!("{path} belongs to {owner}, not to {named}");
                Err(CliError::new(Exit::Refused, message).hint(format!(
                    "{flag}, or --data-dir with the directory of {named}   (where the id comes from: tulving config show)"
                )))
            }
            _ => Ok(()),
        }
    }

    /// Folds the journal of a data directory into its files, also if others have changed them
    /// when it is to be a `rebase`. `None` where there is no journal.
    ///
    /// # Errors
    /// When the directory cannot be opened, belongs to somebody else, or cannot be written.
    pub fn compact(&self, rebase: bool) -> Result<Option<Compaction>, CliError> {
        let Location::Files(directory) = self.location()? else {
            return Ok(None);
        };
        match FileBackend::open(&directory) {
            Ok(files) => {
                self.owner_of(&directory, &files)?;
                Ok(Some(files.compact()?))
            }
            Err(FileError::BaseChanged { .. }) if rebase => {
                if let Some(owner) = FileBackend::owner_of(&directory)? {
                    self.owner_is(&directory, owner)?;
                }
                Ok(Some(FileBackend::rebase(&directory)?))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the embedder, which turns texts into vectors.
    ///
    /// # Errors
    /// When the configuration of it lacks something, or the server does not say how wide its
    /// vectors are.
    pub async fn embedder(&self) -> Result<Arc<dyn Embedder>, CliError> {
        connect(self.config.embedding()?, Wait::Usual).await
    }

    /// Makes the embedder of the next model, if the configuration names one.
    ///
    /// # Errors
    /// As [`Self::embedder`].
    pub async fn next_embedder(&self) -> Result<Option<Arc<dyn Embedder>>, CliError> {
        match self.config.next_embedding()? {
            Some(next) => match connect(next, Wait::Short).await {
                Ok(embedder) => Ok(Some(embedder)),
                Err(error) => Err(EmbeddingFlags::default().named_in(NEXT, error)),
            },
            None => Ok(None),
        }
    }
}

/// Returns whether the model that a section names makes vectors of a space, as far as that can be told without it.
#[must_use]
pub fn makes(embedding: &Embedding, space: &Space) -> bool {
    let (model, dimensions) = match embedding {
        Embedding::Builtin => return Builtin::new().space().is_comparable_with(space),
        Embedding::Http(http) => (http.prefixes.name(&http.model), http.dimensions),
        Embedding::Local(local) => {
            // What is not said the directory says, which is not looked at here.
            let said = local.prefixes.text.as_deref();
            let before = said.unwrap_or(space.apart().1);
            (Space::prefixed(&local.model, before), local.dimensions)
        }
    };
    let is_as_wide = dimensions.is_none_or(|dims| dims == space.dims);
    is_as_wide && space.is_of_model(&model)
}

/// How long a server is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// As long as one waits for what is needed.
    Usual,
    /// Less: what it would make can be made later.
    Short,
}

/// So long an answer is waited for that is not needed now.
const SHORT: Duration = Duration::from_secs(15);

/// Makes an embedder.
///
/// # Errors
/// When it cannot work, or the server does not say how wide its vectors are.
pub async fn connect(embedding: Embedding, wait: Wait) -> Result<Arc<dyn Embedder>, CliError> {
    Ok(match embedding {
        Embedding::Builtin => Arc::new(Builtin::new()),
        Embedding::Http(http) => {
            let mut options = HttpOptions::new(http.url.expose(), http.model);
            options.dims = http.dimensions;
            options.api_key = http.api_key.map(|key| ApiKey::from(key.expose()));
            options.cache_dir = http.cache;
            if wait == Wait::Short {
                options.retries = 1;
                options.timeout = SHORT;
            }
            let Prefixes { query, text } = http.prefixes;
            let server = Arc::new(Http::connect(options).await?);
            prefixed(server, query.unwrap_or_default(), text.unwrap_or_default())
        }
        Embedding::Local(local) => open(local).await?,
    })
}

/// Puts words before the texts of an embedder whose model wants some.
fn prefixed(embedder: Arc<dyn Embedder>, query: String, text: String) -> Arc<dyn Embedder> {
    match query.is_empty() && text.is_empty() {
        true => embedder,
        false => Arc::new(Prefixed::new(embedder, query, text)),
    }
}

/// Makes the embedder of a model in a directory. Its weights are read when they are needed.
#[cfg(feature = "local")]
async fn open(local: Local) -> Result<Arc<dyn Embedder>, CliError> {
    let open = move || tulving::embed::Local::open(local.path, local.model, local.dimensions);
    let opened = tokio::task::spawn_blocking(open).await;
    let opened = opened.map_err(tulving::embed::EmbedError::Stopped)??;
    let Prefixes { query, text } = local.prefixes;
    let wanted = opened.prompts().clone();
    let (query, text) = (query.unwrap_or(wanted.query), text.unwrap_or(wanted.text));
    Ok(prefixed(Arc::new(opened), query, text))
}

#[cfg(not(feature = "local"))]
async fn open(local: Local) -> Result<Arc<dyn Embedder>, CliError> {
    let message = format!(
        "{} is a local model, and this tulving was built without them",
        crate::text::quote(&local.model)
    );
    Err(CliError::usage(message).hint(
        "cargo install --locked --path crates/tulving-cli --features local   (in the repository: builds it with them); \
         or run the model in a server: provider: http, with url and model",
    ))
}
