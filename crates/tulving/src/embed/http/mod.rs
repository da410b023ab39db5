//! An embedding model behind a server that speaks OpenAI's `/v1/embeddings`.
//!
//! | module | holds |
//! |---|---|
//! | `options` | the settings: address, model, batches, time limits |
//! | `exchange`, `answer` | one HTTP request, and reading its answer |
//! | `retry` | when a request is sent again |
//! | `cache` | vectors that were computed before |

mod answer;
mod cache;
mod exchange;
mod options;
mod retry;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{iter, mem};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::task;
use uuid::Uuid;

use self::cache::Cache;
pub use self::cache::forget_cached;
use self::exchange::Exchange;
pub use self::options::{ApiKey, HttpOptions};
use self::retry::Backoff;
use super::{EmbedError, Embedder, Purpose, Unusable};
use crate::model::Space;

/// Most bytes of text in a request of more than one.
const MOST_BYTES: usize = 128 << 10;
/// The first wait before a request is sent again.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// What is embedded to learn how wide vectors are.
const PROBE: &str = "hello";

/// An embedder behind a server: OpenAI, Ollama, vLLM, Text Embeddings Inference, LM Studio and others.
///
/// Texts travel in batches, a few at a time. What may pass (a timeout, a lost connection, 408, 429, 5xx) is
/// tried again, with growing waits or when the server says; the rest is an error at once. A text without
/// visible characters gets zeros and is not sent: servers refuse it.
#[derive(Debug)]
pub struct Http {
    space: Arc<Space>,
    exchange: Arc<Exchange>,
    cache: Option<Arc<Cache>>,
    backoff: Backoff,
    batch: usize,
    concurrency: usize,
    /// The width of our space was given to us, not learned from the server.
    dims_given: bool,
    /// The server's own width is another, and it has to be told ours.
    tell_dims: AtomicBool,
}

/// Texts of one request, with their places among all texts.
type Batch = (Vec<usize>, Vec<String>);

impl Http {
    /// Checks the options. Nothing is sent if they say how wide vectors are; else one short text is.
    ///
    /// # Errors
    /// Options that cannot work; a server that does not answer the short text.
    pub async fn connect(options: HttpOptions) -> Result<Self, EmbedError> {
        Self::connect_with(options, FIRST_WAIT).await
    }

    async fn connect_with(mut options: HttpOptions, first: Duration) -> Result<Self, EmbedError> {
        let cache_dir = options.cache_dir.take();
        let settings = options.clone();
        // The machine's certificates are read from files.
        let (exchange, cache) = blocking(move || {
            let exchange = Exchange::new(&settings)?;
            Ok::<_, EmbedError>((exchange, cache_dir.map(Cache::open).transpose()?))
        })
        .await??;
        let mut http = Self {
            space: Arc::new(Space {
                provider: "http".to_owned(),
                dims: options.dims.unwrap_or_default(),
                model: options.model,
            }),
            exchange: Arc::new(exchange),
            cache: cache.map(Arc::new),
            backoff: Backoff {
                first,
                retries: options.retries,
            },
            batch: options.batch,
            concurrency: options.concurrency,
            dims_given: options.dims.is_some(),
            tell_dims: AtomicBool::new(false),
        };
        if options.dims.is_none() {
            let probe = http.ask(vec![PROBE.to_owned()], None).await?;
            Arc::make_mut(&mut http.space).dims = probe.iter().map(Vec::len).sum();
        }
        Ok(http)
    }

    /// Sends one request until it is answered or there is no hope.
    async fn ask(
        &self,
        texts: Vec<String>,
        dimensions: Option<usize>,
    ) -> Result<Vec<Vec<f32>>, EmbedError> {
        let texts = Arc::new(texts);
        let mut failed = 0;
        loop {
            let (exchange, shared) = (Arc::clone(&self.exchange), Arc::clone(&texts));
            let failure = match blocking(move || exchange.ask(&shared, dimensions)).await? {
                Ok(vectors) => return Ok(vectors),
                Err(failure) => failure,
            };
            failed += 1;
            let dice = Uuid::new_v4().as_u64_pair().1;
            match self.backoff.wait(failed, failure.retry_after, dice) {
                Some(wait) if failure.passing => tokio::time::sleep(wait).await,
                _ => return Err(failure.error),
            }
        }
    }

    /// Returns the vectors of a batch, as wide as our space.
    async fn vectors(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let dims = self.space.dims;
        loop {
            let tell = self.tell_dims.load(Ordering::Relaxed);
            let vectors = self.ask(texts.to_vec(), tell.then_some(dims)).await?;
            let Some(got) = vectors.iter().map(Vec::len).find(|&got| got != dims) else {
                return Ok(vectors);
            };
            if tell || !self.dims_given {
                return Err(self.exchange.unusable(Unusable::Width { dims, got }));
            }
            self.tell_dims.store(true, Ordering::Relaxed);
        }
    }

    /// Returns the vectors of a batch with their places; they are kept for the next time.
    async fn compute(
        &self,
        (places, texts): Batch,
        purpose: Purpose,
    ) -> Result<Vec<(usize, Vec<f32>)>, EmbedError> {
        let vectors = self.vectors(&texts).await?;
        let Some(cache) = self.cache.clone() else {
            return Ok(iter::zip(places, vectors).collect());
        };
        let space = Arc::clone(&self.space);
        blocking(move || {
            for (text, vector) in iter::zip(&texts, &vectors) {
                cache.put(&cache::key(&space, purpose, text), vector);
            }
            iter::zip(places, vectors).collect()
        })
        .await
    }

    /// Returns the vectors that need no server: of blank texts, and those that were computed before.
    async fn known(
        &self,
        texts: &[String],
        purpose: Purpose,
    ) -> Result<Vec<Option<Vec<f32>>>, EmbedError> {
        let dims = self.space.dims;
        let is_blank = |text: &String| text.trim().is_empty();
        let Some(cache) = self.cache.clone() else {
            return Ok(texts
                .iter()
                .map(|text| is_blank(text).then(|| vec![0.0; dims]))
                .collect());
        };
        let keys: Vec<_> = texts
            .iter()
            .map(|text| (!is_blank(text)).then(|| cache::key(&self.space, purpose, text)))
            .collect();
        blocking(move || {
            keys.iter()
                .map(|key| key.map_or_else(|| Some(vec![0.0; dims]), |key| cache.get(&key, dims)))
                .collect()
        })
        .await
    }

    /// Returns the texts that have no vector yet, cut into requests by number and by size.
    fn batches(&self, texts: &[String], known: &[Option<Vec<f32>>]) -> Vec<Batch> {
        let (mut batches, mut batch, mut bytes) = (Vec::new(), Batch::default(), 0);
        for (place, text) in texts
            .iter()
            .enumerate()
            .filter(|(place, _)| known[*place].is_none())
        {
            bytes += text.len();
            if batch.0.len() == self.batch || (bytes > MOST_BYTES && !batch.0.is_empty()) {
                batches.push(mem::take(&mut batch));
                bytes = text.len();
            }
            batch.0.push(place);
            batch.1.push(text.clone());
        }
        if !batch.0.is_empty() {
            batches.push(batch);
        }
        batches
    }
}

#[async_trait::async_trait]
impl Embedder for Http {
    fn space(&self) -> &Arc<Space> {
        &self.space
    }

    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = self.known(texts, purpose).await?;
        let requests: Vec<_> = self
            .batches(texts, &vectors)
            .into_iter()
            .map(|batch| self.compute(batch, purpose))
            .collect();
        let mut answers = stream::iter(requests).buffer_unordered(self.concurrency);
        while let Some(answer) = answers.try_next().await? {
            for (place, vector) in answer {
                vectors[place] = Some(vector);
            }
        }
        Ok(vectors.into_iter().flatten().collect())
    }
}

/// Work that waits for files or sockets, away from the threads that must not.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, EmbedError> {
    task::spawn_blocking(work)
        .await
        .map_err(EmbedError::Stopped)
}
