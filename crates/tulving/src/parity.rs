//! Whether two stores answer alike: the same questions to both, and every difference named.
//!
//! The questions are made from the owner's own memories, drawn evenly from the first store, so that
//! nobody has to think of some. Nothing is written.

use std::fmt;
use std::sync::Arc;

use crate::backend::{Cursor, Filter, Order, Page};
use crate::model::{Kind, Memory, Space};
use crate::search::text;
use crate::store::{Found, Limit, Mode, Query, ScopedStore, StoreError};

/// How far two scores may lie apart and still be called equal: less than what reordering a sum of
/// a few hundred terms can do.
const TOLERANCE: f64 = 1e-9;

/// Words of a memory that a question is made of.
const WORDS: usize = 8;

/// Most differences that are kept in full; the others are counted.
const SHOWN: usize = 20;

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
    /// Whether every question was answered alike.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.different == 0
    }

    fn note(&mut self, question: &str, what: Option<String>) {
        let Some(what) = what else { return };
        self.different += 1;
        if self.differences.len() < SHOWN {
            self.differences.push(Difference {
                question: question.to_owned(),
                what,
            });
        }
    }
}

/// Asks both stores the same: counts, the space of vectors, clusters, and in every mode `questions` questions.
///
/// # Errors
/// If the first store cannot be read. An error that only one of them gives to a question is a
/// difference.
pub async fn compare(
    one: &ScopedStore,
    other: &ScopedStore,
    questions: usize,
) -> Result<Parity, StoreError> {
    let mut parity = Parity::default();
    let everything = Filter::default();
    let (counted, counted_too) = (one.count(&everything).await, other.count(&everything).await);
    let counts = unequal(&counted, &counted_too, |counts| {
        format!("{} nodes and {} episodes", counts.nodes, counts.episodes)
    });
    parity.note("count", counts);
    let (space, space_too) = (one.space().await, other.space().await);
    // A directory may not know what a database was told with `--model`.
    let unnamed = |space: &Result<Option<Arc<Space>>, _>| matches!(space, Ok(Some(space)) if !space.is_named());
    if !unnamed(&space) && !unnamed(&space_too) {
        let model = unequal(&space, &space_too, |space| {
            space
                .as_ref()
                .map_or_else(|| "no vectors".to_owned(), |space| space.model.clone())
        });
        parity.note("model of the vectors", model);
    }
    let (clusters, clusters_too) = (one.clusters().await, other.clusters().await);
    let clusters = unequal(&clusters, &clusters_too, |clusters| {
        format!("{} clusters, {clusters:?}", clusters.len())
    });
    parity.note("clusters", clusters);
    for memory in draw(one, questions).await? {
        for (name, query) in about(&memory) {
            let (mine, theirs) = tokio::join!(one.search(&query), other.search(&query));
            parity.questions += 1;
            parity.hits += mine.as_ref().map_or(0, |found| found.hits.len());
            parity.note(&name, differing(&mine, &theirs));
        }
    }
    Ok(parity)
}

/// `wanted` memories (all, if there are fewer), evenly from the oldest to the newest.
async fn draw(store: &ScopedStore, wanted: usize) -> Result<Vec<Memory>, StoreError> {
    const PAGE: usize = 1000;
    let total = store.count(&Filter::default()).await?.total();
    let total = usize::try_from(total).unwrap_or(usize::MAX);
    let wanted = wanted.min(total);
    let mut drawn = Vec::with_capacity(wanted);
    let (mut seen, mut after): (usize, Option<Cursor>) = (0, None);
    while drawn.len() < wanted {
        let page = Page {
            order: Order::Oldest,
            after,
            limit: PAGE,
        };
        let listing = store.list(&Filter::default(), &page).await?;
        for memory in listing.memories {
            // The one with which the share of those drawn falls behind.
            if drawn.len() * total <= seen * wanted && drawn.len() < wanted {
                drawn.push(memory);
            }
            seen += 1;
        }
        after = listing.next;
        if after.is_none() {
            break;
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

fn differing(one: &Result<Found, StoreError>, other: &Result<Found, StoreError>) -> Option<String> {
    let (Ok(mine), Ok(theirs)) = (one, other) else {
        return unequal(one, other, |found| format!("{} hits", found.hits.len()));
    };
    if mine.hits.len() != theirs.hits.len() {
        let (mine, theirs) = (mine.hits.len(), theirs.hits.len());
        return Some(format!("{mine} hits, the other {theirs}"));
    }
    let differs = |(mine, theirs): &(&crate::store::Hit, &crate::store::Hit)| {
        mine.memory.key() != theirs.memory.key() || (mine.score - theirs.score).abs() > TOLERANCE
    };
    let (mine, theirs) = mine.hits.iter().zip(&theirs.hits).find(differs)?;
    Some(format!(
        "hit {} is {} with {}, the other's {} with {}",
        mine.rank,
        mine.memory.key(),
        mine.score,
        theirs.memory.key(),
        theirs.score
    ))
}

/// How two outcomes differ: in what was found, or in whether anything was.
fn unequal<T>(
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
    (!same).then(|| format!("{}, the other {}", said(one), said(other)))
}
