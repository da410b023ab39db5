//! What turns texts into vectors.

use std::path::PathBuf;

use tulving::model::Space;

use super::key::find;
use super::{Config, Secret};
use crate::exit::CliError;

/// What turns texts into vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Embedding {
    /// The model that is part of the program.
    Builtin,
    /// A server.
    Http(Http),
    /// A model in a directory, run by this program.
    Local(Local),
}

/// A server that speaks `/v1/embeddings`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// Its address, up to and with `/v1`. People put keys into addresses.
    pub url: Secret,
    /// The model's name.
    pub model: String,
    /// The width of its vectors, if it is to be asked for one or is known beforehand.
    pub dimensions: Option<usize>,
    /// The key for that server.
    pub api_key: Option<Secret>,
    /// What is put before each text.
    pub prefixes: Prefixes,
    /// Where vectors are kept, so that no text is sent twice; nowhere if there is no such place.
    pub cache: Option<PathBuf>,
}

/// A model in a directory, as Hugging Face lays it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// The directory.
    pub path: PathBuf,
    /// The model's name, by which its vectors are known.
    pub model: String,
    /// The width of its vectors, if it is known beforehand.
    pub dimensions: Option<usize>,
    /// What is put before each text; what is not said the directory may say.
    pub prefixes: Prefixes,
}

/// What a model wants before its texts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prefixes {
    /// Before what somebody looks for.
    pub query: Option<String>,
    /// Before what is kept.
    pub text: Option<String>,
}

impl Prefixes {
    /// Returns the name by which vectors of a model are known, if these are put before its texts.
    #[must_use]
    pub fn name(&self, model: &str) -> String {
        Space::prefixed(model, self.text.as_deref().unwrap_or_default())
    }
}

/// The section of the model that makes vectors and embeds questions.
pub(super) const USUAL: &str = "embedding";
/// The section of the model that memory is moved to, or was moved from.
pub const NEXT: &str = "embedding.next";

/// What flags say of a model; what they leave open the configuration says.
#[derive(Debug, Clone, Default)]
pub struct EmbeddingFlags {
    /// `--provider`
    pub provider: Option<String>,
    /// `--model`
    pub model: Option<String>,
    /// `--url`
    pub url: Option<String>,
    /// `--path`
    pub path: Option<PathBuf>,
    /// `--dimensions`
    pub dimensions: Option<usize>,
    /// `--api-key-env`
    pub api_key_env: Option<String>,
    /// `--query-prefix` and `--text-prefix`
    pub prefixes: Prefixes,
}

impl EmbeddingFlags {
    /// Returns the flags that are given of these, which are of models of another kind.
    fn misplaced(&self, names: &[&'static str]) -> Vec<&'static str> {
        let given = [
            ("--model", self.model.is_some()),
            ("--dimensions", self.dimensions.is_some()),
            ("--url", self.url.is_some()),
            ("--api-key-env", self.api_key_env.is_some()),
            ("--path", self.path.is_some()),
            ("--query-prefix", self.prefixes.query.is_some()),
            ("--text-prefix", self.prefixes.text.is_some()),
        ];
        let given = given
            .into_iter()
            .filter(|(name, is_given)| *is_given && names.contains(name));
        given.map(|(name, _)| name).collect()
    }

    /// Returns the error of an embedder that flags and a section name, where what to do names those.
    #[must_use]
    pub fn named_in(&self, section: &str, mut error: CliError) -> CliError {
        for (is_given, name, flag) in [
            (self.url.is_some(), "url", "--url"),
            (self.path.is_some(), "path", "--path"),
            (self.model.is_some(), "model", "--model"),
            (self.api_key_env.is_some(), "api_key_env", "--api-key-env"),
        ] {
            let named = match is_given {
                true => flag.to_owned(),
                false => format!("{section}.{name}"),
            };
            let usual = format!("{USUAL}.{name}");
            error.hint = error.hint.map(|hint| hint.replace(&usual, &named));
        }
        error
    }
}

impl Config {
    /// Returns what turns texts into vectors. The key is looked for only now, when a server is about to
    /// be asked.
    ///
    /// # Errors
    /// When a value is missing, or the variable that should hold the key is not set.
    pub fn embedding(&self) -> Result<Embedding, CliError> {
        self.embedding_in(USUAL, &EmbeddingFlags::default())
    }

    /// Returns what makes vectors of the space beside the one of [`embedding`](Self::embedding), if the
    /// configuration names it.
    ///
    /// # Errors
    /// As [`embedding`](Self::embedding).
    pub fn next_embedding(&self) -> Result<Option<Embedding>, CliError> {
        match self.names_next()? {
            true => Ok(Some(self.embedding_in(NEXT, &EmbeddingFlags::default())?)),
            false => Ok(None),
        }
    }

    /// Returns what memory is to be embedded by anew: what the flags say, and for the rest the configuration,
    /// of the next model if it names one.
    ///
    /// # Errors
    /// As [`embedding`](Self::embedding), and when flags contradict each other.
    pub fn embedding_with(&self, flags: &EmbeddingFlags) -> Result<Embedding, CliError> {
        self.embedding_in(self.section_of(flags)?, flags)
    }

    /// Returns the section that says what flags leave open: that of the next model if there is one, unless they
    /// name the model in use.
    ///
    /// # Errors
    /// As [`embedding`](Self::embedding).
    pub fn section_of(&self, flags: &EmbeddingFlags) -> Result<&'static str, CliError> {
        if !self.names_next()? {
            return Ok(USUAL);
        }
        let model = self.text("embedding.model")?;
        let next = self.text("embedding.next.model")?;
        Ok(match &flags.model {
            given @ Some(_) if *given == model && *given != next => USUAL,
            _ => NEXT,
        })
    }

    fn names_next(&self) -> Result<bool, CliError> {
        Ok(self.get("embedding.next.provider")?.is_some())
    }

    fn embedding_in(&self, section: &str, flags: &EmbeddingFlags) -> Result<Embedding, CliError> {
        let provider = match (&flags.provider, &flags.url, &flags.path) {
            (Some(provider), ..) => provider.clone(),
            (None, Some(_), _) => "http".to_owned(),
            (None, None, Some(_)) => "local".to_owned(),
            (None, None, None) => self
                .text(&format!("{section}.provider"))?
                .unwrap_or_default(),
        };
        let (others, example): (&[_], _) = match provider.as_str() {
            "http" => (
                &["--path"],
                "--provider local --path models/bge-m3 --model BAAI/bge-m3",
            ),
            "local" => (
                &["--url", "--api-key-env"],
                "--provider http --url http://localhost:11434/v1 --model bge-m3",
            ),
            _ => (
                &[
                    "--model",
                    "--dimensions",
                    "--url",
                    "--api-key-env",
                    "--path",
                    "--query-prefix",
                    "--text-prefix",
                ],
                "--provider http --url http://localhost:11434/v1 --model bge-m3",
            ),
        };
        let misplaced = flags.misplaced(others);
        if !misplaced.is_empty() {
            let misplaced = misplaced.join(", ");
            let provider = if provider.is_empty() {
                "builtin"
            } else {
                &provider
            };
            let message = format!("{misplaced} cannot be given where the provider is {provider}");
            return Err(CliError::usage(message).hint(example));
        }
        match provider.as_str() {
            "http" => Ok(Embedding::Http(self.http(section, flags)?)),
            "local" => Ok(Embedding::Local(self.local(section, flags)?)),
            _ => Ok(Embedding::Builtin),
        }
    }

    /// Makes the error for a setting that a model needs and has not.
    fn needed(section: &str, provider: &str, flags: &EmbeddingFlags, example: &str) -> CliError {
        let name = example.split(':').next().unwrap_or_default();
        if flags.provider.is_some() || flags.url.is_some() || flags.path.is_some() {
            let message = format!("--{name} is not given, and {section}.{name} is not set");
            return CliError::usage(message).hint(format!("--{}", example.replacen(": ", " ", 1)));
        }
        CliError::usage(format!(
            "{section}.{name} is not set, and {section}.provider is {provider}"
        ))
        .hint(format!("in config.yaml, such as {example}"))
    }

    /// Returns the width that is said of a model: what the configuration says of one does not hold for another.
    fn dimensions(&self, section: &str, flags: &EmbeddingFlags) -> Result<Option<usize>, CliError> {
        match (flags.dimensions, &flags.model) {
            (None, None) => self.number(&format!("{section}.dimensions")),
            (given, _) => Ok(given),
        }
    }

    /// Returns what is put before texts of a model: what the configuration says of one model does not hold for another.
    fn prefixes(&self, section: &str, flags: &EmbeddingFlags) -> Result<Prefixes, CliError> {
        let said = |given: &Option<String>, name| match (given, &flags.model) {
            (None, None) => self.text(&format!("{section}.{name}")),
            (given, _) => Ok(given.clone()),
        };
        Ok(Prefixes {
            query: said(&flags.prefixes.query, "query_prefix")?,
            text: said(&flags.prefixes.text, "text_prefix")?,
        })
    }

    fn local(&self, section: &str, flags: &EmbeddingFlags) -> Result<Local, CliError> {
        let needed = |example| Self::needed(section, "local", flags, example);
        let path = match &flags.path {
            Some(path) => Some(path.clone()),
            None => self.directory(&format!("{section}.path"))?,
        };
        let model = match (&flags.model, &flags.path) {
            (Some(model), _) => Some(model.clone()),
            // The name of what is in another directory is not that of this one.
            (None, Some(_)) => None,
            (None, None) => self.text(&format!("{section}.model"))?,
        };
        Ok(Local {
            path: path.ok_or_else(|| needed("path: models/bge-m3"))?,
            model: model.ok_or_else(|| needed("model: BAAI/bge-m3"))?,
            dimensions: self.dimensions(section, flags)?,
            prefixes: self.prefixes(section, flags)?,
        })
    }

    fn http(&self, section: &str, flags: &EmbeddingFlags) -> Result<Http, CliError> {
        let needed = |flag: &Option<String>, name: &str, example: &str| match flag {
            Some(value) => Ok(value.clone()),
            None => self
                .text(&format!("{section}.{name}"))?
                .ok_or_else(|| Self::needed(section, "http", flags, example)),
        };
        // What the configuration says of one server does not hold for another.
        let api_key = match (&flags.api_key_env, &flags.url) {
            (Some(name), _) => Some((name.clone(), "--api-key-env".to_owned())),
            (None, Some(_)) => None,
            (None, None) => self.get(&format!("{section}.api_key_env"))?,
        };
        Ok(Http {
            url: Secret::new(needed(&flags.url, "url", "url: http://localhost:11434/v1")?),
            model: needed(&flags.model, "model", "model: bge-m3")?,
            dimensions: self.dimensions(section, flags)?,
            prefixes: self.prefixes(section, flags)?,
            api_key: api_key
                .map(|(name, place)| self.api_key(section, &name, &place))
                .transpose()?,
            cache: self.cache()?,
        })
    }

    fn api_key(&self, section: &str, name: &str, place: &str) -> Result<Secret, CliError> {
        let key = format!("{section}.api_key_env");
        if let Some(known) = find(&key) {
            known.check(name, place)?;
        }
        let value = self.env.get(name)?.map(Secret::new);
        value.ok_or_else(|| {
            let message = format!("{name} environment variable not set: {key} ({place}) names it");
            CliError::usage(message).hint(format!("export {name}=…"))
        })
    }

    /// Returns the place that the platform has for what can be made again. One for all data
    /// directories: what is kept there has no owner, and names its texts by their hash alone.
    fn cache(&self) -> Result<Option<PathBuf>, CliError> {
        let caches = match self.env.get("XDG_CACHE_HOME")? {
            Some(caches) => Some(PathBuf::from(caches)),
            None => self.env.get("HOME")?.map(|home| {
                let usual = if cfg!(target_os = "macos") {
                    "Library/Caches"
                } else {
                    ".cache"
                };
                PathBuf::from(home).join(usual)
            }),
        };
        // The standard wants an absolute path; another would put files where the person happens to be.
        let caches = caches.filter(|caches| caches.is_absolute());
        Ok(caches.map(|caches| caches.join("tulving").join("embeddings")))
    }
}
