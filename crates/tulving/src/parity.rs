//! Whether two stores answer alike: the same questions to both, and every difference named.
//!
//! The questions are made from the owner's own memories, drawn evenly from the first store, so that
//! nobody has to think of some. Nothing is written.

use std::fmt;
use std::sync::Arc;

use crate::backend::{Filter, SearchMethod};
use crate::model::{Kind, Memory, Space};
use crate::search::fusion::RetrieverHit;
use crate::search::text;
use crate::store::{Found, Hit, Limit, Mode, Query, ScopedStore, StoreError};

/// How far two scores may lie apart and still be called equal: less than what reordering a sum of
/// a few hundred terms can do.
const TOLERANCE: f64 = 1e-9;

/// Words of a memory that a question is made of.
const WORDS: usize = 8;

/// Most differences that are kept in full; the others are counted.
const SHOWN: usize = 20;

/// How many hits of an answer an index has to bring.
const FIRST: usize = 10;

/// Of a thousand of those hits an index may miss so many.
const MISSED: usize = 10;

/// A store, and what differences call it.
#[derive(Debug, Clone, Copy)]
pub struct Side<'s> {
    /// Such as `files`.
    pub name: &'s str,
    /// The store.
    pub store: &'s ScopedStore,
}

/// What came of comparing two stores.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parity {
    /// Searches that both were asked; counts, space and clusters come on top.
    pub questions: usize,
    /// Hits that were compared.
    pub hits: usize,
    /// Questions that were answered differently.
    pub different: usize,
    /// The first of the differences.
    pub differences: Vec<Difference>,
    /// How many memories either holds, in the order they were given; none of one that cannot say.
    pub memories: [Option<u64>; 2],
    /// What an index missed.
    pub index: Recall,
}

/// How much of the exact answers came through an index.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recall {
    /// Questions that one of the stores answered through an index.
    pub questions: usize,
    /// The first ten hits of the exact answers to these.
    pub wanted: usize,
    /// How many of them were not among the first ten, or scored otherwise for what the index missed.
    pub missed: usize,
    /// The first of the questions in which one was missed.
    pub misses: Vec<Difference>,
}

impl Recall {
    /// Returns the share that came.
    #[must_use]
    pub fn at_ten(&self) -> f64 {
        1.0 - self.missed as f64 / self.wanted.max(1) as f64
    }

    /// Returns whether it is as high as an index promises: 0.99.
    #[must_use]
    pub fn suffices(&self) -> bool {
        self.missed * 1000 <= self.wanted * MISSED
    }
}

/// A question that was answered differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What was asked: its mode and its text, or the memory it was made of.
    pub question: String,
    /// What differs.
    pub what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.question, self.what)
    }
}

impl Parity {
    /// Returns whether every question was answered alike, but for what an index may miss.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.different == 0 && self.index.suffices()
    }

    fn note(&mut self, question: &str, what: Option<String>) {
        let Some(what) = what else { return };
        self.different += 1;
        keep(&mut self.differences, question, what);
    }
}

fn keep(differences: &mut Vec<Difference>, question: &str, what: String) {
    if differences.len() < SHOWN {
        differences.push(Difference {
            question: question.to_owned(),
            what,
        });
    }
}

/// Asks both stores the same: counts, the space of vectors, clusters, and in every mode `questions` questions.
/// `progress` is told how many memories of how many were made questions of.
///
/// Where one answers through an index, memories that it misses are counted and not called a difference;
/// every memory that it brings must have the evidence that the other has for it.
///
/// # Errors
/// If the first store cannot be read. An error that only one of them gives to a question is a
/// difference.
pub async fn compare(
    one: Side<'_>,
    other: Side<'_>,
    questions: usize,
    progress: &(dyn Fn(usize, usize) + Send + Sync),
) -> Result<Parity, StoreError> {
    let mut parity = Parity::default();
    let names = [one.name, other.name];
    let (one, other) = (one.store, other.store);
    let everything = Filter::default();
    let (counted, counted_too) = (one.count(&everything).await, other.count(&everything).await);
    parity.memories = [&counted, &counted_too].map(|counted| Some(counted.as_ref().ok()?.total()));
    let counts = unequal(names, &counted, &counted_too, |counts| {
        let counts = counts
            .iter()
            .map(|(kind, count)| format!("{count} {}", kind.plural()));
        counts.collect::<Vec<_>>().join(" and ")
    });
    parity.note("count", counts);
    let (space, space_too) = (one.space().await, other.space().await);
    // A directory may not know what a database was told with `--model`.
    let unnamed = |space: &Result<Option<Arc<Space>>, _>| matches!(space, Ok(Some(space)) if !space.is_named());
    if !unnamed(&space) && !unnamed(&space_too) {
        let model = unequal(names, &space, &space_too, |space| {
            space
                .as_ref()
                .map_or_else(|| "no vectors".to_owned(), |space| space.model.clone())
        });
        parity.note("model of the vectors", model);
    }
    let (clusters, clusters_too) = (one.clusters().await, other.clusters().await);
    let clusters = unequal(names, &clusters, &clusters_too, |clusters| {
        format!("{} clusters, {clusters:?}", clusters.len())
    });
    parity.note("clusters", clusters);
    let drawn = draw(one, questions).await?;
    for (done, memory) in drawn.iter().enumerate() {
        progress(done, drawn.len());
        for (name, query) in about(memory) {
            let (mine, theirs) = tokio::join!(one.search(&query), other.search(&query));
            parity.questions += 1;
            parity.hits += mine.as_ref().map_or(0, |found| found.hits.len());
            match (&mine, &theirs) {
                (Ok(mine), Ok(theirs)) if mine.found_by != theirs.found_by => {
                    let (exact, indexed) = match mine.found_by {
                        SearchMethod::Exact => (mine, theirs),
                        SearchMethod::Index => (theirs, mine),
                    };
                    parity.note(&name, other_evidence(exact, indexed));
                    missed(exact, indexed, &name, &mut parity.index);
                }
                _ => parity.note(&name, differing(names, &mine, &theirs)),
            }
        }
    }
    progress(drawn.len(), drawn.len());
    Ok(parity)
}

/// `wanted` memories (all, if there are fewer), evenly from the oldest to the newest.
async fn draw(store: &ScopedStore, wanted: usize) -> Result<Vec<Memory>, StoreError> {
    const PAGE: usize = 1000;
    let total = store.count(&Filter::default()).await?.total();
    let total = usize::try_from(total).unwrap_or(usize::MAX);
    let wanted = wanted.min(total);
    let mut drawn = Vec::with_capacity(wanted);
    let (mut seen, mut pages) = (0_usize, store.pages(Filter::default(), PAGE));
    while drawn.len() < wanted {
        let Some(memories) = pages.next().await? else {
            break;
        };
        for memory in memories {
            // The one with which the share of those drawn falls behind.
            if drawn.len() * total <= seen * wanted && drawn.len() < wanted {
                drawn.push(memory);
            }
            seen += 1;
        }
    }
    Ok(drawn)
}

/// One question in each mode, made of a memory: some of its words, and its vector.
fn about(memory: &Memory) -> Vec<(String, Query)> {
    let words: Vec<String> = text::indexed(memory)
        .split_whitespace()
        .take(WORDS)
        .map(ToOwned::to_owned)
        .collect();
    let words = words.join(" ");
    let mut queries = vec![(
        format!("vector, like {}", memory.key()),
        Query::like(memory.id()).mode(Mode::Vector),
    )];
    if !words.is_empty() {
        queries.push((
            format!("keyword, {words:?}"),
            Query::text(&words).mode(Mode::Keyword),
        ));
        queries.push((
            format!("hybrid, like {}", memory.key()),
            Query::like(memory.id()),
        ));
        queries.push((format!("hybrid, {words:?}"), Query::text(&words)));
        queries.push((
            format!("keyword among nodes with code, {words:?}"),
            Query::text(&words).mode(Mode::Keyword).filter(Filter {
                has_code: Some(true),
                kinds: vec![Kind::Node],
                ..Filter::default()
            }),
        ));
    }
    for (_, query) in &mut queries {
        query.limit = Limit::default();
    }
    queries
}

fn differing(
    names: [&str; 2],
    one: &Result<Found, StoreError>,
    other: &Result<Found, StoreError>,
) -> Option<String> {
    let (Ok(mine), Ok(theirs)) = (one, other) else {
        return unequal(names, one, other, |found| {
            format!("{} hits", found.hits.len())
        });
    };
    let [ours, others] = names;
    if mine.hits.len() != theirs.hits.len() {
        let (mine, theirs) = (mine.hits.len(), theirs.hits.len());
        return Some(format!("{ours}: {mine} hits, {others}: {theirs}"));
    }
    let differs = |(mine, theirs): &(&Hit, &Hit)| {
        mine.memory.key() != theirs.memory.key() || !is_equal(mine.score, theirs.score)
    };
    let (mine, theirs) = mine.hits.iter().zip(&theirs.hits).find(differs)?;
    Some(format!(
        "hit {} is {} with {} in {ours}, {} with {} in {others}",
        mine.rank,
        mine.memory.key(),
        mine.score,
        theirs.memory.key(),
        theirs.score
    ))
}

fn is_equal(one: f64, other: f64) -> bool {
    (one - other).abs() <= TOLERANCE
}

/// Returns the first memory that both found and for which they have other evidence.
fn other_evidence(exact: &Found, indexed: &Found) -> Option<String> {
    let scores = |hit: Option<RetrieverHit>| hit.map(|hit| hit.score);
    let differs = |one: Option<f64>, other: Option<f64>| match (one, other) {
        (Some(one), Some(other)) => !is_equal(one, other),
        _ => false,
    };
    let (exact, indexed) = common(exact, indexed).find(|(exact, indexed)| {
        differs(scores(exact.vector), scores(indexed.vector))
            || differs(scores(exact.keyword), scores(indexed.keyword))
    })?;
    let said = |hit: &Hit| format!("{:?} and {:?}", scores(hit.vector), scores(hit.keyword));
    Some(format!(
        "{} has by vector and by words {}, through the index {}",
        exact.memory.key(),
        said(exact),
        said(indexed)
    ))
}

/// Memories that both found.
fn common<'f>(exact: &'f Found, indexed: &'f Found) -> impl Iterator<Item = (&'f Hit, &'f Hit)> {
    exact.hits.iter().filter_map(|hit| {
        let key = hit.memory.key();
        let same = indexed.hits.iter().find(|same| same.memory.key() == key)?;
        Some((hit, same))
    })
}

/// Counts what of the first hits did not come through the index, or not with its score.
fn missed(exact: &Found, indexed: &Found, question: &str, recall: &mut Recall) {
    let first = |found: &Found| found.hits.len().min(FIRST);
    let came = common(exact, indexed)
        .filter(|(hit, same)| hit.rank <= FIRST && same.rank <= FIRST)
        .filter(|(hit, same)| is_equal(hit.score, same.score));
    let missed = first(exact) - came.count();
    recall.questions += 1;
    recall.wanted += first(exact);
    recall.missed += missed;
    if missed > 0 {
        let what = format!("{missed} of the first {}", first(exact));
        keep(&mut recall.misses, question, what);
    }
}

/// Returns how two outcomes differ: in what was found, or in whether anything was.
fn unequal<T>(
    names: [&str; 2],
    one: &Result<T, StoreError>,
    other: &Result<T, StoreError>,
    show: impl Fn(&T) -> String,
) -> Option<String> {
    let said = |outcome: &Result<T, StoreError>| match outcome {
        Ok(found) => show(found),
        Err(error) => format!("an error ({error})"),
    };
    let same = match (one, other) {
        (Ok(one), Ok(other)) => show(one) == show(other),
        (Err(one), Err(other)) => one.to_string() == other.to_string(),
        _ => false,
    };
    let [ours, others] = names;
    (!same).then(|| format!("{ours}: {}, {others}: {}", said(one), said(other)))
}
