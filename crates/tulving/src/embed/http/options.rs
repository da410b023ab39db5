//! The settings of an embedder behind a server: address, model, batches, time limits.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use ureq::http::{Uri, uri::Scheme};

use crate::embed::EmbedError;

/// How to reach a server that embeds.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// The server, with or without `/v1` and `/embeddings`: `http://localhost:11434`,
    /// `https://api.openai.com/v1`. Redirects are not followed.
    pub url: String,
    /// The model's name, as the server knows it.
    pub model: String,
    /// Numbers in a vector. None: one short text is embedded to see.
    ///
    /// A server whose vectors have another width is asked once for this one (`dimensions`); not before,
    /// because many servers refuse the question even where the answer is yes.
    pub dims: Option<usize>,
    /// Sent as a bearer token: over https, or to this machine.
    pub api_key: Option<ApiKey>,
    /// Most texts in a request.
    pub batch: usize,
    /// Most requests at a time.
    pub concurrency: usize,
    /// How long one request may take, from the first byte to the last.
    pub timeout: Duration,
    /// How often a request that may yet succeed is sent again.
    pub retries: u32,
    /// Where vectors are kept, so that no text is embedded twice: at most 65,536 files, readable by their
    /// owner alone. They hold no text. Whoever forgets memories for good removes this folder as well.
    pub cache_dir: Option<PathBuf>,
}

impl HttpOptions {
    /// Makes the usual settings for a server and a model: 32 texts in a request, 4 requests at a time,
    /// 60 seconds for each, 4 more tries, no key, no cache.
    pub fn new(url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            model: model.into(),
            dims: None,
            api_key: None,
            batch: 32,
            concurrency: 4,
            timeout: Duration::from_secs(60),
            retries: 4,
            cache_dir: None,
        }
    }

    /// Returns the address that texts are sent to, if all of this can work.
    pub(super) fn endpoint(&self) -> Result<Endpoint, EmbedError> {
        let endpoint = Endpoint::of(&self.url)?;
        let refused = |why: &str| Err(EmbedError::Options(why.to_owned()));
        if self.model.trim().is_empty() {
            return refused("the model has no name");
        }
        if self.batch == 0
            || self.concurrency == 0
            || self.timeout.is_zero()
            || self.dims == Some(0)
        {
            return refused("batch, concurrency, timeout and dimensions are at least 1");
        }
        if let Some(key) = &self.api_key {
            if !key.0.bytes().all(|byte| byte.is_ascii_graphic()) || key.0.is_empty() {
                return refused("an API key is made of visible ASCII characters");
            }
            // Anyone on the way could read it and use it.
            if !endpoint.is_private {
                return refused(
                    "an API key is not sent over plain http to another machine: use https, or a tunnel to localhost",
                );
            }
        }
        Ok(endpoint)
    }
}

/// A secret that is sent and never shown.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    pub(super) fn bearer(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// Returns the text without the key, should a server repeat it.
    pub(super) fn hide(&self, text: &str) -> String {
        text.replace(&self.0, "…")
    }
}

impl From<String> for ApiKey {
    fn from(key: String) -> Self {
        Self(key.trim().to_owned())
    }
}

impl From<&str> for ApiKey {
    fn from(key: &str) -> Self {
        key.to_owned().into()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// Where texts are sent.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    /// The whole address.
    pub(super) url: String,
    /// The address without its query, for messages.
    pub(super) shown: String,
    /// Nobody on the way can listen.
    is_private: bool,
}

impl Endpoint {
    fn of(url: &str) -> Result<Self, EmbedError> {
        // The address itself is not repeated before it is known to hold no password.
        let refused =
            |why: &str| EmbedError::Options(format!("the url of the embedding server {why}"));
        let url = url.trim();
        let uri: Uri = url.parse().map_err(|_| refused("cannot be understood"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(refused("does not begin with http:// or https://"));
        };
        if scheme != &Scheme::HTTP && scheme != &Scheme::HTTPS {
            return Err(refused("does not begin with http:// or https://"));
        }
        if authority.as_str().contains('@') {
            return Err(refused("holds a user or password: use the API key"));
        }
        let path = uri.path().trim_end_matches('/');
        let (_, last) = path.rsplit_once('/').unwrap_or_default();
        let more = match last {
            "embeddings" => "",
            version if is_version(version) => "/embeddings",
            _ => "/v1/embeddings",
        };
        let shown = format!("{scheme}://{authority}{path}{more}");
        let query = uri
            .query()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        Ok(Self {
            url: format!("{shown}{query}"),
            shown,
            is_private: scheme == &Scheme::HTTPS || is_this_machine(authority.host()),
        })
    }
}

/// Returns whether a part of a path is a version: `v1`, `v3`.
fn is_version(part: &str) -> bool {
    let number = part.strip_prefix('v').unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_this_machine(host: &str) -> bool {
    let host = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_ascii_lowercase();
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_be_given_in_any_length() {
        for (given, endpoint) in [
            (
                "http://localhost:11434",
                "http://localhost:11434/v1/embeddings",
            ),
            (
                " http://localhost:11434/ ",
                "http://localhost:11434/v1/embeddings",
            ),
            (
                "https://api.openai.com/v1",
                "https://api.openai.com/v1/embeddings",
            ),
            (
                "https://api.openai.com/v1/",
                "https://api.openai.com/v1/embeddings",
            ),
            (
                "https://api.openai.com/v1/embeddings",
                "https://api.openai.com/v1/embeddings",
            ),
            ("https://x.test/llm", "https://x.test/llm/v1/embeddings"),
            ("https://x.test/api/v3", "https://x.test/api/v3/embeddings"),
            ("https://x.test/vllm", "https://x.test/vllm/v1/embeddings"),
            (
                "https://x.test/d/embeddings/?api-version=2",
                "https://x.test/d/embeddings?api-version=2",
            ),
        ] {
            let found = Endpoint::of(given).unwrap();
            assert_eq!(found.url, endpoint);
            assert!(!found.shown.contains('?'));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_and_no_password_repeated() {
        for url in [
            "",
            "localhost:11434",
            "ftp://x.test",
            "http://",
            "/v1",
            "https://me:hunter2@x.test",
        ] {
            let error = Endpoint::of(url).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_key_goes_over_https_or_stays_on_this_machine() {
        for (url, allowed) in [
            ("https://x.test", true),
            ("http://localhost:1", true),
            ("http://LocalHost:1", true),
            ("http://127.0.0.9", true),
            ("http://[::1]:80", true),
            ("http://x.test", false),
            ("http://10.0.0.1", false),
            ("http://localhost.x.test", false),
            ("http://not-localhost", false),
        ] {
            let mut options = HttpOptions::new(url, "m");
            assert!(options.endpoint().is_ok());
            options.api_key = Some("sk-secret".into());
            assert_eq!(options.endpoint().is_ok(), allowed, "{url}");
        }
    }

    #[test]
    fn a_key_is_never_shown() {
        let mut options = HttpOptions::new("http://x.test", "m");
        options.api_key = Some("sk-secret\n".into());
        assert!(!format!("{options:?} {:?}", options.endpoint()).contains("secret"));
        options.api_key = Some("sk-se\ncret".into());
        assert!(!format!("{options:?} {:?}", options.endpoint()).contains("sk-se"));
    }

    #[test]
    fn a_key_is_one_visible_word_whatever_is_around_it() {
        let mut options = HttpOptions::new("https://x.test", "m");
        for key in ["", " ", "sk secret", "sk-\u{e4}", "sk-\r\nx: y"] {
            options.api_key = Some(key.into());
            assert!(options.endpoint().is_err(), "{key:?}");
        }
        let key = ApiKey::from(" sk-secret\n");
        assert_eq!(key.bearer(), "Bearer sk-secret");
        assert_eq!(key.hide("sk-secret, sk-secret"), "…, …");
        options.api_key = Some(key);
        assert!(options.endpoint().is_ok());
    }

    #[test]
    fn options_that_cannot_work_are_refused() {
        let good = HttpOptions::new("http://localhost", "m");
        let broken: [fn(&mut HttpOptions); 5] = [
            |o| o.model = " ".to_owned(),
            |o| o.batch = 0,
            |o| o.concurrency = 0,
            |o| o.timeout = Duration::ZERO,
            |o| o.dims = Some(0),
        ];
        for change in broken {
            let mut options = good.clone();
            change(&mut options);
            assert!(options.endpoint().is_err(), "{options:?}");
        }
    }
}
