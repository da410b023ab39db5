//! The pipeline: chunks, read ahead and put through one task by several workers at once.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};

use super::cancel::Cancel;
use super::chunk::RunChunk;
use super::error::TransferError;
use super::progress::Phase;
use super::row::Loaded;
use super::source::{Reading, Snapshot};

/// Source bytes in flight at once, in KiB. A record may have 64 MiB and takes some times that
/// while it is looked at, so only one of that size is in flight.
const BUDGET_KIB: u32 = 96 << 10;

/// What is done with the rows of a chunk.
pub(super) trait Task: Send + Sync + 'static {
    /// What a worker works with, which it has to itself.
    type Session: Send;
    /// What comes of a chunk.
    type Done: Send + 'static;

    /// Opens a session.
    fn open(&self) -> impl Future<Output = Result<Self::Session, TransferError>> + Send;

    /// Processes the rows of a chunk.
    fn process(
        &self,
        session: &mut Self::Session,
        chunk: &RunChunk,
        loaded: Loaded,
    ) -> impl Future<Output = Result<Self::Done, TransferError>> + Send;
}

/// Chunks of one source, and what they are read with.
pub(super) struct Pipeline {
    snapshot: Arc<dyn Snapshot>,
    reading: Arc<Reading>,
    chunks: Arc<[RunChunk]>,
    workers: usize,
    cancel: Cancel,
    budget: Arc<Semaphore>,
}

impl Pipeline {
    pub(super) fn new(
        snapshot: &Arc<dyn Snapshot>,
        reading: Reading,
        chunks: Vec<RunChunk>,
        workers: usize,
        cancel: &Cancel,
    ) -> Arc<Self> {
        Arc::new(Self {
            snapshot: Arc::clone(snapshot),
            reading: Arc::new(reading),
            chunks: chunks.into(),
            workers,
            cancel: cancel.clone(),
            budget: Arc::new(Semaphore::new(BUDGET_KIB as usize)),
        })
    }

    /// Begins to load a chunk, once there is room for it.
    fn load(self: &Arc<Self>, chunk: RunChunk) -> JoinHandle<Result<Loaded, TransferError>> {
        let kib = u32::try_from(chunk.byte_count >> 10)
            .unwrap_or(u32::MAX)
            .clamp(1, BUDGET_KIB);
        let pipeline = Arc::clone(self);
        tokio::spawn(async move {
            let _room = pipeline.budget.acquire_many(kib).await;
            let loaded = pipeline.snapshot.load(&chunk, &pipeline.reading).await;
            loaded.map(|mut loaded| {
                loaded.leave_out(&pipeline.reading.forgotten);
                loaded
            })
        })
    }

    /// Loads every chunk and hands it over in source order, without a target.
    pub(super) async fn inspect(
        self: &Arc<Self>,
        mut each: impl FnMut(&RunChunk, Loaded),
    ) -> Result<(), TransferError> {
        let mut ahead = VecDeque::new();
        let mut chunks = self.chunks.iter();
        loop {
            if self.cancel.cancelled() {
                let phase = Phase::Validate.as_str();
                return Err(TransferError::Interrupted { phase });
            }
            while ahead.len() <= self.workers {
                let Some(chunk) = chunks.next() else { break };
                ahead.push_back((chunk, self.load(*chunk)));
            }
            let Some((chunk, loading)) = ahead.pop_front() else {
                return Ok(());
            };
            each(chunk, loading.await??);
        }
    }

    /// Puts every chunk through `task`; `each` is handed what comes of it, in source order.
    ///
    /// Every worker has a session of its own and loads its next chunk while the target is busy with the
    /// present one. Where the target has fewer sessions to give, there are fewer workers. On an error or
    /// a wish to stop, chunks that are under way are finished and no more are begun.
    pub(super) async fn run<T: Task>(
        self: &Arc<Self>,
        task: T,
        phase: Phase,
        mut each: impl FnMut(&RunChunk, T::Done),
    ) -> Result<(), TransferError> {
        // Before the others ask: where there is one to have, it is not for one that may do without.
        let mut first = Some(task.open().await?);
        let task = Arc::new(task);
        let next = Arc::new(AtomicUsize::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let (done, mut results) = mpsc::channel(self.workers.max(1));
        let mut workers = JoinSet::new();
        for _ in 0..self.workers.clamp(1, self.chunks.len().max(1)) {
            let worker = Worker {
                session: first.take(),
                pipeline: Arc::clone(self),
                task: Arc::clone(&task),
                next: Arc::clone(&next),
                stop: Arc::clone(&stop),
                done: done.clone(),
            };
            workers.spawn(worker.run());
        }
        drop(done);
        // Chunks come in any order; a few wait here for their predecessors.
        let mut waiting = BTreeMap::new();
        let mut expected = 0;
        while let Some((at, result)) = results.recv().await {
            waiting.insert(at, result);
            while let Some(result) = waiting.remove(&expected) {
                each(&self.chunks[expected], result);
                expected += 1;
            }
        }
        // Behind a chunk that failed others may be done, and stay so.
        let behind = waiting.len();
        for (at, result) in waiting {
            each(&self.chunks[at], result);
        }
        let mut failure = None;
        while let Some(ended) = workers.join_next().await {
            failure = failure.or(ended?.err());
        }
        match failure {
            Some(error) => Err(error),
            None if self.cancel.cancelled() && expected + behind < self.chunks.len() => {
                let phase = phase.as_str();
                Err(TransferError::Interrupted { phase })
            }
            None => Ok(()),
        }
    }
}

struct Worker<T: Task> {
    /// The first one's. The target need not have sessions for the others.
    session: Option<T::Session>,
    pipeline: Arc<Pipeline>,
    task: Arc<T>,
    next: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    done: mpsc::Sender<(usize, T::Done)>,
}

impl<T: Task> Worker<T> {
    async fn run(mut self) -> Result<(), TransferError> {
        let result = self.work().await;
        if result.is_err() {
            self.stop.store(true, Ordering::Relaxed);
        }
        result
    }

    async fn work(&mut self) -> Result<(), TransferError> {
        let mut session = match self.session.take() {
            Some(session) => session,
            None => match self.task.open().await {
                Err(TransferError::Crowded(_)) => return Ok(()),
                opened => opened?,
            },
        };
        let Some(mut taken) = self.next_chunk() else {
            return Ok(());
        };
        loop {
            let (at, loading) = taken;
            let following = self.next_chunk();
            let chunk = &self.pipeline.chunks[at];
            let done = self
                .task
                .process(&mut session, chunk, loading.await??)
                .await?;
            // The receiver lives as long as there are workers.
            let _ = self.done.send((at, done)).await;
            match following {
                Some(following) => taken = following,
                None => return Ok(()),
            }
        }
    }

    /// Returns the next chunk that no worker has, already being loaded.
    fn next_chunk(&self) -> Option<(usize, JoinHandle<Result<Loaded, TransferError>>)> {
        if self.stop.load(Ordering::Relaxed) || self.pipeline.cancel.cancelled() {
            return None;
        }
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        let chunk = *self.pipeline.chunks.get(at)?;
        Some((at, self.pipeline.load(chunk)))
    }
}
