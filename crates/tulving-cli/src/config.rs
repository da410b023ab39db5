//! What the program was told: flags over environment over `config.yaml` over defaults.
//!
//! This module alone reads the environment. A value of the file may hold `${VAR}`, which is put
//! in when the value is asked for and not before: so the file backend works without
//! `DATABASE_URL`, though the file names it.
//!
//! | module | holds |
//! |---|---|
//! | `key` | every key that is known |
//! | `file`, `tree` | the file, found and read; a tree that remembers its lines |
//! | `env` | the environment |
//! | `expand`, `home` | `${VAR}` and `~` in values |
//! | `values` | the values, each in its type |
//! | `scope`, `embedding` | whose memory; what makes vectors |
//! | `secret` | values that are not printed |
//! | `show`, `unused` | what `config show` prints; settings without effect |

mod embedding;
mod env;
mod expand;
mod file;
mod home;
mod key;
mod scope;
mod secret;
mod show;
mod tree;
mod unused;
mod values;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

pub use embedding::{Embedding, EmbeddingFlags, Http, Local, NEXT, Prefixes};
pub use env::Env;
use expand::Fault;
pub use home::path;
pub use key::{KEYS, Key, Kind};
pub use scope::{create_command, parse_id};
pub use secret::Secret;
pub use show::Shown;
pub use unused::Unused;
pub use values::{Retrieval, nobody_named};

use crate::exit::CliError;

/// Where memory lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// A data directory.
    File,
    /// PostgreSQL with pgvector.
    Postgres,
}

impl Backend {
    /// Returns the name that the configuration uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Postgres => "postgres",
        }
    }
}

/// What flags say. They come before everything else.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--backend`
    pub backend: Option<Backend>,
    /// `--user-id`
    pub user_id: Option<String>,
    /// `--tenant-id`
    pub tenant_id: Option<String>,
    /// `--data-dir`
    pub data_dir: Option<PathBuf>,
    /// `--schema`
    pub schema: Option<String>,
}

/// Where a value was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Flag(&'static str),
    Variable,
    File(usize),
    Default,
}

struct Setting {
    text: String,
    origin: Origin,
}

/// Everything the program was told.
pub struct Config {
    file: Option<PathBuf>,
    flags: Overrides,
    env: Env,
    settings: BTreeMap<&'static str, Setting>,
    /// What cannot be understood, but keeps nothing else from being so.
    faults: Vec<CliError>,
}

impl Config {
    /// Reads the file, looks at the environment and lays the flags on top.
    ///
    /// # Errors
    /// All of them exit 2: a file that cannot be read or has an unknown key, a value of the wrong
    /// kind, both a user and a tenant in one place.
    pub fn load(flags: Overrides, env: Env) -> Result<Self, CliError> {
        Self::look(flags, env)?.sound()
    }

    /// Returns the same for commands that show what is wrong: only a file that cannot be read at all is
    /// an error.
    ///
    /// # Errors
    /// When the file cannot be read, or is not YAML.
    pub fn look(flags: Overrides, env: Env) -> Result<Self, CliError> {
        let file = file::read(flags.config.as_deref())?;
        Ok(Self::over(file, flags, env))
    }

    /// Returns the same for the command that makes the file: a file that is named need not be there.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_if_there(flags: Overrides, env: Env) -> Result<Self, CliError> {
        let file = match flags.config.as_deref() {
            Some(named) if !named.exists() => None,
            named => file::read(named)?,
        };
        Self::over(file, flags, env).sound()
    }

    /// Returns the configuration, if nothing is wrong with it. The first error is told in full, and
    /// what else there is below it.
    fn sound(self) -> Result<Self, CliError> {
        let mut errors = self.faults.clone();
        for key in &KEYS {
            let setting = self.settings.get(key.path);
            // A value with a variable in it is checked when it is needed.
            let known = setting.filter(|setting| {
                !matches!(setting.origin, Origin::File(_)) || expand::is_literal(&setting.text)
            });
            let checked =
                known.map(|setting| key.check(&setting.text, &self.place(key, setting.origin)));
            errors.extend(checked.and_then(Result::err));
        }
        let mut errors = errors.into_iter();
        let Some(first) = errors.next() else {
            return Ok(self);
        };
        Err(errors.fold(first, |first, other| {
            first.cause(format!("also: {}", other.message))
        }))
    }

    /// Returns what cannot be understood of the file and of the variables.
    #[must_use]
    pub fn faults(&self) -> &[CliError] {
        &self.faults
    }

    fn over(file: Option<file::File>, flags: Overrides, env: Env) -> Self {
        let mut config = Self {
            file: None,
            flags,
            env,
            settings: BTreeMap::new(),
            faults: Vec::new(),
        };
        for key in &KEYS {
            if let Some(default) = key.default {
                config.set(key.path, default.to_owned(), Origin::Default);
            }
        }
        if let Some(file) = file {
            let layer = file.values.into_iter();
            let layer = layer.map(|given| (given.key, given.text, Origin::File(given.line)));
            let layer = layer.collect();
            config.file = Some(file.path);
            config.faults = file.faults;
            config.lay(layer);
        }
        let mut layer = Vec::new();
        for key in &KEYS {
            match config.env.get(key.variable) {
                Ok(text) => layer.extend(text.map(|text| (key, text, Origin::Variable))),
                Err(error) => config.faults.push(error),
            }
        }
        config.lay(layer);
        config.lay(config.flags.layer());
        config
    }

    /// Lays one layer over those below. A user hides the tenant of a lower layer and the other way
    /// round: the two are one setting, whose memory.
    fn lay(&mut self, layer: Vec<(&'static Key, String, Origin)>) {
        let scopes: Vec<_> = layer
            .iter()
            .filter(|(key, ..)| key.kind == Kind::Uuid)
            .collect();
        if let [(first, _, at), (second, _, and)] = scopes[..] {
            let (at, and) = (self.place(first, *at), self.place(second, *and));
            let message = format!("both a user and a tenant are named ({at}, {and})");
            let error = CliError::usage(message);
            self.faults
                .push(error.hint("name one: a memory belongs to one user or to one tenant"));
        }
        if !scopes.is_empty() {
            for kind in scope::BOTH {
                self.settings.remove(scope::key(kind));
            }
        }
        for (key, text, origin) in layer {
            self.set(key.path, text, origin);
        }
    }

    fn set(&mut self, path: &'static str, text: String, origin: Origin) {
        self.settings.insert(path, Setting { text, origin });
    }

    /// Returns the file that was read, if any.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Returns the file that was read, or would be if it were there.
    #[must_use]
    pub fn usual_file(&self) -> &Path {
        let named = self.file.as_deref().or(self.flags.config.as_deref());
        named.unwrap_or(Path::new(file::USUAL))
    }

    /// Returns what flags say.
    #[must_use]
    pub fn flags(&self) -> &Overrides {
        &self.flags
    }

    /// Returns how an error names the place a value comes from.
    fn place(&self, key: &Key, origin: Origin) -> String {
        match origin {
            Origin::Flag(flag) => flag.to_owned(),
            Origin::Variable => key.variable.to_owned(),
            Origin::File(line) => file::place(
                self.file.as_deref().unwrap_or(Path::new("config.yaml")),
                line,
            ),
            Origin::Default => "default".to_owned(),
        }
    }

    /// Returns a value with its variables put in, and where it comes from.
    fn get(&self, path: &str) -> Result<Option<(String, String)>, CliError> {
        let (Some(key), Some(setting)) = (key::find(path), self.settings.get(path)) else {
            return Ok(None);
        };
        let place = self.place(key, setting.origin);
        if !matches!(setting.origin, Origin::File(_)) {
            key.check(&setting.text, &place)?;
            return self.at_home(key, setting.text.clone(), place).map(Some);
        }
        let text = expand::expand(&setting.text, &self.env).map_err(|fault| match fault {
            Fault::Unreadable(error) => error,
            Fault::Unset(name) if name == DATABASE_URL => {
                self.database_url_missing().unwrap_or_else(|error| error)
            }
            Fault::Unset(name) => {
                let why = format!("{name} environment variable not set: {path} ({place}) needs it");
                CliError::usage(why).hint(format!("export {name}=…"))
            }
            Fault::Malformed => CliError::usage(format!(
                "{path} ({place}): a ${{…}} in it cannot be understood"
            ))
            .hint("write ${NAME} or ${NAME:-default}, and $$ for a $ before a brace"),
        })?;
        if text.is_empty() {
            let default = key
                .default
                .map(|text| (text.to_owned(), "default".to_owned()));
            return Ok(default);
        }
        key.check(&text, &place)?;
        self.at_home(key, text, place).map(Some)
    }

    /// Returns the same with the home directory put in, where it is a path.
    fn at_home(
        &self,
        key: &Key,
        text: String,
        place: String,
    ) -> Result<(String, String), CliError> {
        if key.kind != Kind::Path {
            return Ok((text, place));
        }
        let path = home::expand(PathBuf::from(text), &self.env)
            .map_err(|why| CliError::usage(format!("{} ({place}): {why}", key.path)))?;
        Ok((path.to_string_lossy().into_owned(), place))
    }
}

impl Overrides {
    fn layer(&self) -> Vec<(&'static Key, String, Origin)> {
        let flags = [
            (
                "memory.backend",
                "--backend",
                self.backend.map(|backend| backend.as_str().to_owned()),
            ),
            ("memory.postgres.schema", "--schema", self.schema.clone()),
            ("scope.user_id", "--user-id", self.user_id.clone()),
            ("scope.tenant_id", "--tenant-id", self.tenant_id.clone()),
            (
                "paths.data_dir",
                "--data-dir",
                self.data_dir
                    .as_ref()
                    .map(|dir| dir.to_string_lossy().into_owned()),
            ),
        ];
        let given = flags.into_iter();
        let given = given.filter_map(|(path, flag, text)| Some((key::find(path)?, flag, text?)));
        given
            .map(|(key, flag, text)| (key, text, Origin::Flag(flag)))
            .collect()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The settings hold secrets.
        f.debug_struct("Config")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

const DATABASE_URL: &str = "DATABASE_URL";
