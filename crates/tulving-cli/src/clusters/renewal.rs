//! Clusters that are brought up to what is in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tulving::backend::{Filter, Membership};
use tulving::model::Kind;
use tulving::search::text::indexed;
use tulving::store::{NodeVectors, ScopedStore};
use tulving::transfer::{Cancel, Progress};
use tulving_clusters::{Centroids, Clustering, NOISE, Options, Words, carry, cluster};

use crate::exit::{CliError, Exit};

/// Where more than one node in so many is in no cluster yet, all are clustered anew.
const SHARE: usize = 10;

/// Brings the clusters of a memory up to what is in it.
pub struct Renewal<'m> {
    /// The memory.
    pub memory: &'m ScopedStore,
    /// Who is told how far it is: nodes.
    pub progress: Arc<dyn Progress>,
    /// Who may want it to stop.
    pub cancel: Cancel,
}

impl Renewal<'_> {
    /// Puts nodes that are in no cluster yet into those that are there, and into none where they are like none. If
    /// there are no clusters yet, or many such nodes, all are clustered anew. Returns how many clusters there are;
    /// nothing if there are too few nodes for any.
    ///
    /// # Errors
    /// When the memory cannot be read or written, and when it was interrupted.
    pub async fn renew(self) -> Result<Option<u64>, CliError> {
        let known = self.memory.clusters().await?;
        let inside: u64 = known.iter().map(|cluster| cluster.nodes).sum();
        let nodes = self.memory.count(&Filter::of(Kind::Node)).await?.total();
        if nodes > 0 && inside == nodes {
            let ids = known.iter().map(|cluster| cluster.id);
            return Ok(Some(ids.filter(|id| *id >= 0).count() as u64));
        }
        self.bring_up(false).await
    }

    /// Clusters all nodes anew. A cluster that is still the same keeps its id. Returns how many there are; nothing
    /// if there are too few nodes for any.
    ///
    /// # Errors
    /// As [`renew`](Self::renew).
    pub async fn rebuild(self) -> Result<Option<u64>, CliError> {
        self.bring_up(true).await
    }

    async fn bring_up(self, anew: bool) -> Result<Option<u64>, CliError> {
        let nodes = tokio::select! {
            nodes = self.memory.node_vectors() => nodes?,
            () = self.cancel.wait() => return Err(interrupted()),
        };
        // One cluster alone is no topic among others.
        if nodes.keys.len() < 2 * Options::default().min_cluster_size {
            return Ok(None);
        }
        let present = nodes.memberships.iter().flatten();
        let are_clusters = present.clone().any(|membership| membership.cluster >= 0);
        let outside = nodes.keys.len() - present.count();
        if outside == 0 && !anew {
            return Ok(Some(clusters_in(&nodes.memberships)));
        }
        let anew = anew || !are_clusters || outside * SHARE > nodes.keys.len();
        let nodes = Arc::new(nodes);
        let memberships = match anew {
            true => self.anew(&nodes).await?,
            false => self.with_new(&nodes).await?,
        };
        if self.cancel.cancelled() {
            return Err(interrupted());
        }
        let clusters = clusters_in(&memberships);
        let placed = nodes.keys.iter().zip(&nodes.memberships).zip(memberships);
        let changed = placed.filter(|((_, before), now)| *before != now);
        // Those in no cluster yet come last: if this does not come to its end, many are still missing, and the next
        // renewal clusters anew.
        let (old, new): (Vec<_>, Vec<_>) = changed.partition(|((_, before), _)| before.is_some());
        let changes = old
            .into_iter()
            .chain(new)
            .filter_map(|((key, _), membership)| Some((key.clone(), membership?)));
        self.memory.put_into_clusters(changes.collect()).await?;
        Ok(Some(clusters))
    }

    /// Clusters all nodes; what is the same as before keeps its id.
    async fn anew(&self, nodes: &Arc<NodeVectors>) -> Result<Vec<Option<Membership>>, CliError> {
        let found = self.cluster(nodes).await?;
        // Nodes without a vector may be in clusters, too, that another program found, meanwhile perhaps.
        let known = self.memory.clusters().await?;
        let next = known.iter().map(|cluster| cluster.id).max();
        let next = next.map_or(0, |id| id.saturating_add(1).max(0));
        let all = Arc::clone(nodes);
        let carried = move || {
            let before = ids_of(&all.memberships);
            (carry(&before, &found.labels, next), found.probabilities)
        };
        let (ids, probabilities) = self.apart(carried).await?;
        let labels = self.labels(nodes, &ids).await?;
        let placed = ids.iter().zip(&probabilities);
        Ok(placed
            .map(|(id, confidence)| Some(membership(*id, *confidence, labels.get(id))))
            .collect())
    }

    async fn cluster(&self, nodes: &Arc<NodeVectors>) -> Result<Clustering, CliError> {
        let (nodes, cancel) = (Arc::clone(nodes), self.cancel.clone());
        let progress = Arc::clone(&self.progress);
        let clustering = move || {
            let told = AtomicU64::new(0);
            // The last one is done when everything is.
            let all = nodes.keys.len() as u64 - 1;
            cluster(&nodes.vectors, nodes.dims, &Options::default(), &|at| {
                if at.search == 0 {
                    let done = all * at.done as u64 / at.of.max(1) as u64;
                    let before = told.fetch_max(done, Ordering::Relaxed);
                    progress.advance(done.saturating_sub(before));
                }
                match cancel.cancelled() {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            })
        };
        let found = self.apart(clustering).await?;
        found.map_err(|error| match self.cancel.cancelled() {
            true => interrupted(),
            false => CliError::new(Exit::Bug, "clustering failed").because(&error),
        })
    }

    /// Returns what each cluster is about.
    async fn labels(
        &self,
        nodes: &NodeVectors,
        ids: &[i64],
    ) -> Result<BTreeMap<i64, String>, CliError> {
        let keys = nodes.keys.iter().map(|key| key.id.clone());
        let clusters: HashMap<String, i64> = keys.zip(ids.iter().copied()).collect();
        let clusters = Arc::new(clusters);
        let mut words = Words::default();
        let mut pages = self.memory.node_pages();
        loop {
            let page = tokio::select! {
                page = pages.next() => page?,
                () = self.cancel.wait() => return Err(interrupted()),
            };
            let Some(memories) = page else {
                return self.apart(move || words.labels()).await;
            };
            let clusters = Arc::clone(&clusters);
            let count = move || {
                for memory in &memories {
                    if let Some(id) = clusters.get(memory.id()) {
                        words.add(*id, &indexed(memory));
                    }
                }
                words
            };
            words = self.apart(count).await?;
        }
    }

    /// Puts nodes that are in no cluster yet into those that are there.
    async fn with_new(
        &self,
        nodes: &Arc<NodeVectors>,
    ) -> Result<Vec<Option<Membership>>, CliError> {
        // Of clusters that the nodes are in, some may be newer than what was known before they were read.
        let known = self.memory.clusters().await?;
        let nodes = Arc::clone(nodes);
        let put = move || {
            let labels: BTreeMap<i64, String> = known
                .into_iter()
                .filter_map(|cluster| Some((cluster.id, cluster.label?)))
                .collect();
            let ids = ids_of(&nodes.memberships);
            let centroids = Centroids::of(&nodes.vectors, nodes.dims, &ids);
            let vectors = nodes.vectors.chunks_exact(nodes.dims);
            let placed = nodes.memberships.iter().zip(vectors);
            let placed = placed.map(|(before, vector)| {
                Some(before.clone().unwrap_or_else(|| {
                    let noise = (i64::from(NOISE), 0.0);
                    let (id, confidence) = centroids.assign(vector).unwrap_or(noise);
                    membership(id, confidence, labels.get(&id))
                }))
            });
            placed.collect()
        };
        self.apart(put).await
    }

    /// Computes on a thread that may take its time. Who is interrupted does not wait for the end of it.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, CliError> {
        tokio::select! {
            done = tokio::task::spawn_blocking(work) => done
                .map_err(|error| CliError::new(Exit::Bug, "clustering failed").because(&error)),
            () = self.cancel.wait() => Err(interrupted()),
        }
    }
}

/// Returns the cluster that each is in.
fn ids_of(memberships: &[Option<Membership>]) -> Vec<i64> {
    let ids = memberships.iter().map(|membership| membership.as_ref());
    ids.map(|of| of.map_or(i64::from(NOISE), |of| of.cluster))
        .collect()
}

fn membership(id: i64, confidence: f32, label: Option<&String>) -> Membership {
    Membership {
        cluster: id,
        label: label.filter(|label| !label.is_empty()).cloned(),
        // As many digits as it is worth.
        confidence: (f64::from(confidence) * 1e4).round() / 1e4,
    }
}

fn clusters_in(memberships: &[Option<Membership>]) -> u64 {
    let ids = memberships.iter().flatten().map(|of| of.cluster);
    let ids: BTreeSet<i64> = ids.filter(|id| *id >= 0).collect();
    ids.len() as u64
}

fn interrupted() -> CliError {
    let message = "interrupted before the memories were clustered";
    CliError::new(Exit::Interrupted, message).hint("tulving clusters --rebuild")
}

#[cfg(test)]
mod tests {
    use tulving::embed::Builtin;
    use tulving::store::{NewNode, Store};
    use tulving::transfer::{Phase, Silent};

    use super::*;

    /// Asks to stop as soon as something is done.
    struct Stops(Cancel);

    impl Progress for Stops {
        fn phase(&self, _: Phase, _: Option<u64>) {}
        fn resumed(&self, _: u64) {}
        fn advance(&self, _: u64) {
            self.0.cancel();
        }
        fn note(&self, _: &str) {}
    }

    async fn renewed(
        memory: &ScopedStore,
        progress: Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<Option<u64>, CliError> {
        let renewal = Renewal {
            memory,
            progress,
            cancel: cancel.clone(),
        };
        renewal.renew().await
    }

    #[tokio::test]
    async fn who_is_interrupted_has_changed_nothing_and_can_go_on() {
        let directory = tempfile::TempDir::new().unwrap();
        let embedder = Arc::new(Builtin::new());
        let memory = Store::open_or_create(directory.path().join("data"), embedder).await;
        let memory = memory.unwrap();
        let nodes = (0..20).map(|number| {
            let topic = ["sourdough flour", "borrow checker"][number % 2];
            NewNode::new(format!("{topic} {number}"), String::new())
        });
        memory.add(nodes.collect()).await.unwrap();
        let before = Cancel::new();
        before.cancel();
        let midway = Cancel::new();
        let stops: Arc<dyn Progress> = Arc::new(Stops(midway.clone()));
        for (progress, cancel) in [(Arc::new(Silent) as _, before), (stops, midway)] {
            let error = renewed(&memory, progress, &cancel).await.unwrap_err();
            assert_eq!(error.exit, Exit::Interrupted);
            assert!(cancel.cancelled());
            assert!(memory.clusters().await.unwrap().is_empty());
        }
        let clusters = renewed(&memory, Arc::new(Silent), &Cancel::new()).await;
        assert_eq!(clusters.unwrap(), Some(2));
    }

    /// What is computed has no say in when an interruption is answered.
    #[tokio::test]
    async fn who_is_interrupted_does_not_wait_for_what_is_computed() {
        let directory = tempfile::TempDir::new().unwrap();
        let embedder = Arc::new(Builtin::new());
        let memory = Store::open_or_create(directory.path().join("data"), embedder).await;
        let renewal = Renewal {
            memory: &memory.unwrap(),
            progress: Arc::new(Silent),
            cancel: Cancel::new(),
        };
        let (end, ends) = std::sync::mpsc::channel::<()>();
        let (begin, begun) = tokio::sync::oneshot::channel();
        let work = renewal.apart(move || {
            let _ = begin.send(());
            ends.recv()
        });
        let cancel = async {
            begun.await.unwrap();
            renewal.cancel.cancel();
        };
        let (done, ()) = tokio::join!(work, cancel);
        assert_eq!(done.unwrap_err().exit, Exit::Interrupted);
        drop(end);
    }
}
