//! What turns texts into vectors.

use std::path::PathBuf;

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
    /// Where vectors are kept, so that no text is sent twice; nowhere if there is no such place.
    pub cache: Option<PathBuf>,
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
    /// `--dimensions`
    pub dimensions: Option<usize>,
    /// `--api-key-env`
    pub api_key_env: Option<String>,
}

impl EmbeddingFlags {
    fn are_of_server(&self) -> bool {
        let names_one = self.model.is_some() || self.url.is_some();
        names_one || self.dimensions.is_some() || self.api_key_env.is_some()
    }

    /// Returns the error of an embedder that flags and a section name, where what to do names those.
    #[must_use]
    pub fn named_in(&self, section: &str, mut error: CliError) -> CliError {
        for (given, name, flag) in [
            (&self.url, "url", "--url"),
            (&self.model, "model", "--model"),
            (&self.api_key_env, "api_key_env", "--api-key-env"),
        ] {
            let named = match given {
                Some(_) => flag.to_owned(),
                None => format!("{section}.{name}"),
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
        let key = format!("{section}.provider");
        let (provider, place) = match (&flags.provider, &flags.url) {
            (Some(provider), _) => (provider.clone(), "--provider".to_owned()),
            (None, Some(_)) => ("http".to_owned(), "--url".to_owned()),
            (None, None) => self.get(&key)?.unwrap_or_default(),
        };
        match provider.as_str() {
            "http" => Ok(Embedding::Http(self.http(section, flags)?)),
            "local" => Err(CliError::usage(format!(
                "{key} ({place}): a local model cannot be run yet"
            ))
            .hint("provider: builtin; or run the model in a server (Ollama, vLLM, TEI, LM Studio): provider: http, with url and model")),
            _ if flags.are_of_server() => Err(CliError::usage(
                "--model, --url, --dimensions and --api-key-env are a server's, and the built-in model has none of them",
            )
            .hint("--provider http --url http://localhost:11434/v1 --model bge-m3")),
            _ => Ok(Embedding::Builtin),
        }
    }

    fn http(&self, section: &str, flags: &EmbeddingFlags) -> Result<Http, CliError> {
        let needed = |flag: &Option<String>, name: &str, example: &str| match flag {
            Some(value) => Ok(value.clone()),
            None => self.text(&format!("{section}.{name}"))?.ok_or_else(|| {
                if flags.provider.is_some() || flags.url.is_some() {
                    let message = format!("--{name} is not given, and {section}.{name} is not set");
                    return CliError::usage(message)
                        .hint(format!("--{}", example.replacen(": ", " ", 1)));
                }
                CliError::usage(format!(
                    "{section}.{name} is not set, and {section}.provider is http"
                ))
                .hint(format!("in config.yaml, such as {example}"))
            }),
        };
        // What the configuration says of one model or of one server does not hold for another.
        let dimensions = match (flags.dimensions, &flags.model) {
            (None, None) => self.number(&format!("{section}.dimensions"))?,
            (given, _) => given,
        };
        let api_key = match (&flags.api_key_env, &flags.url) {
            (Some(name), _) => Some((name.clone(), "--api-key-env".to_owned())),
            (None, Some(_)) => None,
            (None, None) => self.get(&format!("{section}.api_key_env"))?,
        };
        Ok(Http {
            url: Secret::new(needed(&flags.url, "url", "url: http://localhost:11434/v1")?),
            model: needed(&flags.model, "model", "model: bge-m3")?,
            dimensions,
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
