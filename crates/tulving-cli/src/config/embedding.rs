//! What turns texts into vectors.

use std::path::PathBuf;

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

impl Config {
    /// Returns what turns texts into vectors. The key is looked for only now, when a server is about to
    /// be asked.
    ///
    /// # Errors
    /// When a value is missing, or the variable that should hold the key is not set.
    pub fn embedding(&self) -> Result<Embedding, CliError> {
        let (provider, place) = self.get("embedding.provider")?.unwrap_or_default();
        match provider.as_str() {
            "http" => Ok(Embedding::Http(self.http()?)),
            "local" => Err(CliError::usage(format!(
                "embedding.provider ({place}): a local model cannot be run yet"
            ))
            .hint("provider: builtin; or run the model in a server (Ollama, vLLM, TEI, LM Studio): provider: http, with url and model")),
            _ => Ok(Embedding::Builtin),
        }
    }

    fn http(&self) -> Result<Http, CliError> {
        let needed = |path: &str, example: &str| {
            self.text(path)?.ok_or_else(|| {
                CliError::usage(format!("{path} is not set, and embedding.provider is http"))
                    .hint(format!("in config.yaml, such as {example}"))
            })
        };
        Ok(Http {
            url: Secret::new(needed("embedding.url", "url: http://localhost:11434/v1")?),
            model: needed("embedding.model", "model: bge-m3")?,
            dimensions: self.number("embedding.dimensions")?,
            api_key: self.api_key()?,
            cache: self.cache()?,
        })
    }

    fn api_key(&self) -> Result<Option<Secret>, CliError> {
        let Some((name, place)) = self.get("embedding.api_key_env")? else {
            return Ok(None);
        };
        let key = self.env.get(&name)?.map(Secret::new);
        let key = key.ok_or_else(|| {
            let key = "embedding.api_key_env";
            let message = format!("{name} environment variable not set: {key} ({place}) names it");
            CliError::usage(message).hint(format!("export {name}=…"))
        });
        key.map(Some)
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
