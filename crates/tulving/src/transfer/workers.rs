//! Chunks, worked through by several tasks at once.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::cancel::Cancel;
use super::error::TransferError;
use super::source::{KindSource, Loaded, Reading};
use crate::backend::postgres::{Connection, Database, RunChunk};

/// Source bytes in flight at once, in KiB. A record may have 64 MiB and takes some times that
/// while it is looked at, so only one of that size is in flight.
const BUDGET_KIB: u32 = 96 << 10;

/// What is done with the rows of a chunk.
pub(crate) trait Work: Send + Sync + 'static {
    /// What comes of it.
    type Done: Send + 'static;

    /// Does it on a connection that the task has to itself.
    fn work(
        &self,
        connection: &mut Connection,
        chunk: &RunChunk,
        loaded: Loaded,
    ) -> impl Future<Output = Result<Self::Done, TransferError>> + Send;
}

/// One kind's chunks and what they are read with.
pub(crate) struct Conveyor {
    pub(crate) source: Arc<KindSource>,
    pub(crate) reading: Arc<Reading>,
    pub(crate) chunks: Arc<[RunChunk]>,
    pub(crate) workers: usize,
    pub(crate) cancel: Cancel,
    budget: Arc<Semaphore>,
}

impl Conveyor {
    pub(crate) fn new(
        source: Arc<KindSource>,
        reading: Reading,
        chunks: Vec<RunChunk>,
        workers: usize,
        cancel: Cancel,
    ) -> Arc<Self> {
        Arc::new(Self {
            source,
            reading: Arc::new(reading),
            chunks: chunks.into(),
            workers,
            cancel,
            budget: Arc::new(Semaphore::new(BUDGET_KIB as usize)),
        })
    }

    /// Loads a chunk on a thread that may block, once there is room for it.
    async fn load(&self, chunk: RunChunk) -> Result<Loaded, TransferError> {
        let kib = u32::try_from(chunk.byte_count >> 10)
            .unwrap_or(u32::MAX)
            .clamp(1, BUDGET_KIB);
        let room = Arc::clone(&self.budget).acquire_many_owned(kib).await;
        let (source, reading) = (Arc::clone(&self.source), Arc::clone(&self.reading));
        tokio::task::spawn_blocking(move || {
            let _room = room;
            source.load(&chunk, &reading)
        })
        .await?
    }

    /// Loads every chunk and hands it over in source order, without a database.
    pub(crate) async fn inspect(
        self: &Arc<Self>,
        mut each: impl FnMut(&RunChunk, Loaded),
    ) -> Result<(), TransferError> {
        let mut ahead = std::collections::VecDeque::new();
        let mut chunks = self.chunks.iter();
        loop {
            if self.cancel.cancelled() {
                return Err(TransferError::Interrupted { phase: "validate" });
            }
            while ahead.len() <= self.workers {
                let Some(chunk) = chunks.next() else { break };
                let (conveyor, loading) = (Arc::clone(self), *chunk);
                ahead.push_back((
                    chunk,
                    tokio::spawn(async move { conveyor.load(loading).await }),
                ));
            }
            let Some((chunk, loading)) = ahead.pop_front() else {
                return Ok(());
            };
            each(chunk, loading.await??);
        }
    }

    /// Puts every chunk through `work`; `each` is handed what comes of it, in source order.
    ///
    /// Every worker has a connection of its own and loads its next chunk while the database is
    /// busy with the present one. Where the server has fewer connections to give, there are fewer
    /// workers. On an error or a wish to stop, chunks that are under way are
    /// finished and no more are begun.
    pub(crate) async fn run<W: Work>(
        self: &Arc<Self>,
        database: &Database,
        work: W,
        phase: &'static str,
        mut each: impl FnMut(&RunChunk, W::Done),
    ) -> Result<(), TransferError> {
        // Before the others ask: where there is one to have, it is not for one that may do without.
        let mut first = Some(database.connect().await?);
        let work = Arc::new(work);
        let next = Arc::new(AtomicUsize::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let (done, mut results) = mpsc::channel(self.workers.max(1));
        let mut tasks = JoinSet::new();
        for _ in 0..self.workers.clamp(1, self.chunks.len().max(1)) {
            let worker = Worker {
                connection: first.take(),
                conveyor: Arc::clone(self),
                next: Arc::clone(&next),
                stop: Arc::clone(&stop),
                done: done.clone(),
            };
            let (database, work) = (database.clone(), Arc::clone(&work));
            tasks.spawn(async move { worker.run(&database, &*work).await });
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
        while let Some(ended) = tasks.join_next().await {
            failure = failure.or(ended?.err());
        }
        match failure {
            Some(error) => Err(error),
            None if self.cancel.cancelled() && expected + behind < self.chunks.len() => {
                Err(TransferError::Interrupted { phase })
            }
            None => Ok(()),
        }
    }
}

struct Worker<D> {
    /// The first one's. The server need not have connections for the others.
    connection: Option<Connection>,
    conveyor: Arc<Conveyor>,
    next: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    done: mpsc::Sender<(usize, D)>,
}

impl<D: Send + 'static> Worker<D> {
    async fn run<W: Work<Done = D>>(
        mut self,
        database: &Database,
        work: &W,
    ) -> Result<(), TransferError> {
        let result = self.work(database, work).await;
        if result.is_err() {
            self.stop.store(true, Ordering::Relaxed);
        }
        result
    }

    async fn work<W: Work<Done = D>>(
        &mut self,
        database: &Database,
        work: &W,
    ) -> Result<(), TransferError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => match database.connect().await {
                Err(error) if error.is_crowded() => return Ok(()),
                connected => connected?,
            },
        };
        let Some(mut taken) = self.take() else {
            return Ok(());
        };
        loop {
            let (at, loading) = taken;
            let following = self.take();
            let done = work
                .work(&mut connection, &self.conveyor.chunks[at], loading.await??)
                .await?;
            // The receiver lives as long as there are workers.
            let _ = self.done.send((at, done)).await;
            match following {
                Some(following) => taken = following,
                None => return Ok(()),
            }
        }
    }

    /// The next chunk that nobody has, already being loaded.
    fn take(
        &self,
    ) -> Option<(
        usize,
        tokio::task::JoinHandle<Result<Loaded, TransferError>>,
    )> {
        if self.stop.load(Ordering::Relaxed) || self.conveyor.cancel.cancelled() {
            return None;
        }
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        let chunk = *self.conveyor.chunks.get(at)?;
        let conveyor = Arc::clone(&self.conveyor);
        Some((at, tokio::spawn(async move { conveyor.load(chunk).await })))
    }
}
