//! The values as the commands ask for them, each in its type.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use tulving::backend::postgres::Surroundings;
use tulving::model::{PerKind, Scope, ScopeKind};
use uuid::Uuid;

use super::scope::{self, parse_id};
use super::{Backend, Config, Env, Origin, Overrides, Secret};
use crate::exit::CliError;

/// How much a search brings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retrieval {
    /// The most hits of each kind.
    pub top_k: PerKind<usize>,
    /// Hits that score less are left out; none if it is not set.
    pub min_score: Option<f64>,
}

/// The key that says how many hits of each kind a search brings, and how many it is otherwise.
static TOP_K: PerKind<(&str, usize)> = PerKind::new([
    ("retrieval.process_top_k", 10),
    ("retrieval.episodic_top_k", 5),
    ("retrieval.document_top_k", 5),
]);

/// Makes the error for a command that needs an owner, where none is named.
#[must_use]
pub fn nobody_named() -> CliError {
    CliError::usage("no user or tenant is named: a memory belongs to one of them")
        .hint("--user-id UUID or --tenant-id UUID, or scope.user_id in config.yaml")
}

impl Config {
    pub(super) fn text(&self, path: &str) -> Result<Option<String>, CliError> {
        Ok(self.get(path)?.map(|(text, _)| text))
    }

    /// Returns a number, whose text was checked on its way in.
    pub(super) fn number<T: FromStr>(&self, path: &str) -> Result<Option<T>, CliError> {
        match self.get(path)? {
            None => Ok(None),
            Some((text, place)) => text.parse().map(Some).map_err(|_| {
                CliError::usage(format!("{path} ({place}): this number cannot be used"))
            }),
        }
    }

    fn number_or<T: FromStr>(&self, path: &str, otherwise: T) -> Result<T, CliError> {
        Ok(self.number(path)?.unwrap_or(otherwise))
    }

    /// Returns where memory lives.
    ///
    /// # Errors
    /// When a variable in the value is not set, or the value is none of the two words; so too
    /// with all that follows.
    pub fn backend(&self) -> Result<Backend, CliError> {
        Ok(match self.text("memory.backend")?.as_deref() {
            Some("postgres") => Backend::Postgres,
            _ => Backend::File,
        })
    }

    /// Returns whether the file says that memory is in PostgreSQL, and not only a flag or a variable.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn is_backend_written_down(&self) -> Result<bool, CliError> {
        let flags = Overrides {
            config: self.file().map(Path::to_owned),
            ..Overrides::default()
        };
        Ok(Self::load(flags, Env::of([]))?.backend()? == Backend::Postgres)
    }

    /// Returns the connection string, from `DATABASE_URL` or the file.
    ///
    /// # Errors
    /// `DATABASE_URL environment variable not set`, exit 2.
    pub fn database_url(&self) -> Result<Secret, CliError> {
        let text = self.text("memory.postgres.connection_string")?;
        match text {
            Some(text) => Ok(Secret::new(text)),
            None => Err(self.database_url_missing()?),
        }
    }

    /// Returns what the connection string leaves open, from the variables that psql reads too.
    ///
    /// # Errors
    /// When one of them is not UTF-8.
    pub fn surroundings(&self) -> Result<Surroundings, CliError> {
        let mut around = Surroundings {
            home: self.env.get("HOME")?.map(PathBuf::from),
            user: whoami::username().ok(),
            ..Surroundings::default()
        };
        for name in Surroundings::variables() {
            if let Some(value) = self.env.get(name)? {
                around.variables.insert(name.to_owned(), value);
            }
        }
        Ok(around)
    }

    /// Variables such as `PGHOST` alone do not choose a database: a shell has them for another
    /// purpose. One word makes them do.
    pub(super) fn database_url_missing(&self) -> Result<CliError, CliError> {
        let message = "DATABASE_URL environment variable not set: it says which PostgreSQL to use";
        let around = self.surroundings()?.variables;
        let named = ["PGHOST", "PGHOSTADDR", "PGDATABASE", "PGSERVICE"];
        let hint = if named.iter().any(|name| around.contains_key(*name)) {
            "export DATABASE_URL=postgresql://   (and PGHOST, PGDATABASE and the like say the rest, as for psql)"
        } else {
            "export DATABASE_URL=postgresql://USER@HOST:5432/DATABASE"
        };
        Ok(CliError::usage(message).hint(hint))
    }

    /// Returns the schema that the tables are in, where one is named.
    ///
    /// # Errors
    /// As [`Config::backend`].
    pub fn schema(&self) -> Result<Option<String>, CliError> {
        self.text("memory.postgres.schema")
    }

    /// Returns how many connections may be open at once.
    ///
    /// # Errors
    /// As [`Config::backend`].
    pub fn pool_size(&self) -> Result<usize, CliError> {
        self.number_or("memory.postgres.pool_size", 8)
    }

    /// Returns the data directory; a relative one in the file is relative to the file's directory.
    ///
    /// # Errors
    /// As [`Config::backend`].
    pub fn data_dir(&self) -> Result<PathBuf, CliError> {
        if let Some(dir) = &self.flags.data_dir {
            return Ok(dir.clone());
        }
        let dir = self.directory("paths.data_dir")?;
        Ok(dir.unwrap_or_else(|| PathBuf::from("data")))
    }

    /// Returns a directory; a relative one in the file is relative to the file's directory.
    pub(super) fn directory(&self, path: &str) -> Result<Option<PathBuf>, CliError> {
        let Some(dir) = self.text(path)?.map(PathBuf::from) else {
            return Ok(None);
        };
        Ok(Some(
            match self.settings.get(path).map(|setting| setting.origin) {
                Some(Origin::Variable | Origin::Flag(_)) => dir,
                // Also where the file is yet to be made.
                _ => self
                    .usual_file()
                    .parent()
                    .unwrap_or(Path::new(""))
                    .join(dir),
            },
        ))
    }

    /// Returns the directory in which receipts and rejects go unless named: the configuration file's,
    /// or the working directory.
    #[must_use]
    pub fn beside(&self) -> PathBuf {
        let parent = self.file.as_deref().and_then(Path::parent);
        match parent {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        }
    }

    /// Returns the same where it is not in a data directory, else what the data directory is in.
    #[must_use]
    pub fn beside_but_outside(&self, data: &Path) -> PathBuf {
        let beside = self.beside();
        let (Ok(inner), Ok(outer)) = (beside.canonicalize(), data.canonicalize()) else {
            return beside;
        };
        match outer.parent() {
            Some(parent) if inner.starts_with(&outer) => parent.to_owned(),
            _ => beside,
        }
    }

    /// Returns the user or tenant to work for, if one is named.
    ///
    /// # Errors
    /// `Invalid UUID format`, exit 2.
    pub fn scope_if_named(&self) -> Result<Option<Scope>, CliError> {
        Ok(self.scope_and_place()?.map(|(scope, _)| scope))
    }

    /// Returns the same, and where it is named.
    ///
    /// # Errors
    /// As [`Config::scope_if_named`].
    pub fn scope_and_place(&self) -> Result<Option<(Scope, String)>, CliError> {
        for kind in scope::BOTH {
            if let Some((text, place)) = self.get(scope::key(kind))? {
                let id = parse_id(&text, kind, &place)?;
                return Ok(Some((scope::with(kind, id), place)));
            }
        }
        Ok(None)
    }

    /// Returns the user or tenant to work for.
    ///
    /// # Errors
    /// As [`Config::scope_if_named`], and when none is named.
    pub fn scope(&self) -> Result<Scope, CliError> {
        self.scope_if_named()?.ok_or_else(nobody_named)
    }

    /// Returns the tenant that `--tenant-id` names, for commands such as `user create` in which it is
    /// not the scope to work for, and which must not take one from the file by accident.
    ///
    /// # Errors
    /// `Invalid UUID format`, exit 2.
    pub fn tenant_flag(&self) -> Result<Option<Uuid>, CliError> {
        let given = self.flags.tenant_id.as_deref();
        given
            .map(|text| parse_id(text, ScopeKind::Tenant, "--tenant-id"))
            .transpose()
    }

    /// Returns how much a search brings.
    ///
    /// # Errors
    /// As [`Config::backend`].
    pub fn retrieval(&self) -> Result<Retrieval, CliError> {
        Ok(Retrieval {
            top_k: PerKind::try_from_fn(|kind| {
                let (key, usual) = TOP_K[kind];
                self.number_or(key, usual)
            })?,
            min_score: self.number("retrieval.min_score")?,
        })
    }
}
