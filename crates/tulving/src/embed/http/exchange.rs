//! One HTTP request and its answer.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::options::{ApiKey, Endpoint, HttpOptions};
use super::{answer, retry};
use crate::embed::{EmbedError, Unusable};

/// No answer is larger: 4,096 texts of 4,096 numbers, written out.
const MOST_BYTES: u64 = 256 << 20;

/// What is sent. `encoding_format` because some clients' default, base64, has become some servers'.
#[derive(Serialize)]
struct Question<'a> {
    model: &'a str,
    input: &'a [String],
    encoding_format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<usize>,
}

/// A server to exchange texts with for vectors. It keeps connections open.
#[derive(Debug)]
pub(super) struct Exchange {
    agent: Agent,
    endpoint: Endpoint,
    model: String,
    api_key: Option<ApiKey>,
    timeout: Duration,
}

/// A failed try.
pub(super) struct Failure {
    pub(super) error: EmbedError,
    /// The same request may yet succeed.
    pub(super) passing: bool,
    /// How long the server wants us to wait.
    pub(super) retry_after: Option<Duration>,
}

impl Exchange {
    pub(super) fn new(options: &HttpOptions) -> Result<Self, EmbedError> {
        let endpoint = options.endpoint()?;
        let mut config = Agent::config_builder()
            .timeout_global(Some(options.timeout))
            .max_idle_connections_per_host(options.concurrency)
            .http_status_as_error(false)
            // A key is not carried to another host.
            .max_redirects(0)
            // This library reads no environment.
            .proxy(None)
            .user_agent(concat!("tulving/", env!("CARGO_PKG_VERSION")));
        if endpoint.url.starts_with("https:") {
            config = config.tls_config(tls());
        }
        Ok(Self {
            agent: config.build().into(),
            endpoint,
            model: options.model.clone(),
            api_key: options.api_key.clone(),
            timeout: options.timeout,
        })
    }

    /// Sends texts and waits for their vectors. Blocks.
    pub(super) fn ask(
        &self,
        texts: &[String],
        dimensions: Option<usize>,
    ) -> Result<Vec<Vec<f32>>, Failure> {
        let question = Question {
            model: &self.model,
            input: texts,
            encoding_format: "float",
            dimensions,
        };
        let body = serde_json::to_vec(&question)
            .map_err(|error| self.failed(ureq::Error::Other(error.into())))?;
        let mut request = self
            .agent
            .post(&self.endpoint.url)
            .header("content-type", "application/json");
        if let Some(key) = &self.api_key {
            request = request.header("authorization", key.bearer());
        }
        let mut response = request.send(&body).map_err(|error| self.failed(error))?;
        let status = response.status().as_u16();
        let retry_after = response
            .headers()
            .get("retry-after")
            .and_then(|header| retry::retry_after(header.to_str().ok()?, Timestamp::now()));
        let body = response
            .body_mut()
            .with_config()
            .limit(MOST_BYTES)
            .read_to_vec()
            .map_err(|error| self.failed(error))?;
        if status != 200 {
            return Err(Failure {
                error: EmbedError::Refused {
                    url: self.endpoint.shown.clone(),
                    status,
                    message: self.hide(&answer::message(&body)),
                },
                passing: retry::is_passing(status),
                retry_after,
            });
        }
        answer::vectors(&body, texts.len()).map_err(|why| Failure {
            error: self.unusable(why),
            passing: false,
            retry_after: None,
        })
    }

    pub(super) fn unusable(&self, why: Unusable) -> EmbedError {
        EmbedError::Unusable {
            url: self.endpoint.shown.clone(),
            why: match why {
                Unusable::Malformed(message) => Unusable::Malformed(self.hide(&message)),
                why => why,
            },
        }
    }

    /// Makes the failure for a request that was not answered, or not to the end.
    fn failed(&self, error: ureq::Error) -> Failure {
        let url = self.endpoint.shown.clone();
        let timeout = self.timeout.as_secs_f64();
        // A name that nobody knows and a certificate that is not trusted stay so.
        let passing = match &error {
            ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed => true,
            ureq::Error::Io(source) => source.kind() != io::ErrorKind::InvalidData,
            _ => false,
        };
        let error = match error {
            ureq::Error::Timeout(_) => EmbedError::TimedOut {
                url,
                seconds: timeout,
            },
            error => EmbedError::Unreachable {
                url,
                source: error.into_io(),
            },
        };
        Failure {
            error,
            passing,
            retry_after: None,
        }
    }

    fn hide(&self, text: &str) -> String {
        self.api_key
            .as_ref()
            .map_or_else(|| text.to_owned(), |key| key.hide(text))
    }
}

/// Returns the authorities that this machine trusts, as for PostgreSQL.
fn tls() -> TlsConfig {
    let found = rustls_native_certs::load_native_certs();
    let roots: Vec<_> = found
        .certs
        .iter()
        .map(|der| Certificate::from_der(der).to_owned())
        .collect();
    TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}
