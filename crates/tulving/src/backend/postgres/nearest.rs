//! The vector retriever (nearest neighbours, HNSW or exact): candidates come from the half-precision vectors, scores from the full vectors.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio_postgres::Row;
use uuid::Uuid;

use super::error::DatabaseError;
use super::listing::read_facts;
use super::scoped::Scoped;
use super::sql::search::{BEFORE_INDEX, FACTS, Near, WIDEST_SIGHT};
use super::sql::{Statement, search as sql};
use super::values::vector;
use crate::backend::{Filter, Request, Scored, SearchMethod};
use crate::model::{Kind, Scope};
use crate::search::vector::similarity;

const DOING: &str = "searching by vector";

/// What is being looked for.
pub(super) struct Query<'q> {
    scope: Uuid,
    /// Of length 1.
    direction: Vec<f32>,
    full: &'q [f32],
    limit: usize,
    filter: &'q Filter,
}

/// The nearest of a kind.
pub(super) struct Nearest {
    pub(super) hits: Vec<Scored>,
    pub(super) by: SearchMethod,
}

/// The graphs that searches went through lately: the space of each and its width. What it says is tried and
/// never relied on; there are no more than there can be indexes.
#[derive(Debug, Default)]
pub(super) struct Graphs(Mutex<HashMap<(Scope, Kind), Graph>>);

/// The graph of a scope's vectors of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Graph {
    space_id: i32,
    dims: usize,
}

impl Graphs {
    /// Returns the graph that a kind was last searched through.
    pub(super) fn of(&self, scope: Scope, kind: Kind) -> Option<Graph> {
        let graphs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        graphs.get(&(scope, kind)).copied()
    }

    /// Notes whether there is one.
    pub(super) fn note(&self, scope: Scope, kind: Kind, graph: Option<Graph>) {
        let mut graphs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match graph {
            Some(graph) => graphs.insert((scope, kind), graph),
            None => graphs.remove(&(scope, kind)),
        };
    }
}

/// What was asked of a kind before it was known how the scope is searched.
pub(super) struct First {
    graph: Option<Graph>,
    dims: usize,
}

/// The answers to that.
pub(super) struct Came {
    dims: usize,
    /// Whether there is an index.
    indexed: bool,
    /// Whether it is to be used.
    through_index: bool,
    every: Vec<Row>,
    graph: Option<(Graph, Vec<Row>)>,
}

impl First {
    /// Takes the answers to its statements.
    pub(super) fn read(self, answers: &mut impl Iterator<Item = Vec<Row>>) -> Came {
        let way = answers.next().unwrap_or_default();
        let (indexed, through_index) = way
            .first()
            .map_or((false, false), |row| (row.get(0), row.get(1)));
        let every = answers.next().unwrap_or_default();
        let graph = self.graph.map(|graph| {
            let rows = answers.nth(BEFORE_INDEX).unwrap_or_default();
            answers.next(); // the setting that is put back
            (graph, rows)
        });
        Came {
            dims: self.dims,
            indexed,
            through_index,
            every,
            graph,
        }
    }
}

impl Came {
    /// Returns the graph that a later search may ask at once.
    pub(super) fn graph(&self, space_id: i32) -> Option<Graph> {
        let dims = self.dims;
        self.indexed.then_some(Graph { space_id, dims })
    }
}

impl<'q> Query<'q> {
    /// Takes the vector of a request; none if it has no direction, or nothing is wanted.
    pub(super) fn new(scope: Scope, request: &'q Request) -> Option<Self> {
        let full = request.vector.as_ref()?.numbers();
        let direction = direction(full).filter(|_| request.depth > 0)?;
        Some(Self {
            scope: scope.id(),
            direction,
            full,
            limit: request.depth,
            filter: &request.filter,
        })
    }

    /// Returns the vector at length 1.
    pub(super) fn direction(&self) -> &[f32] {
        &self.direction
    }

    fn dims(&self) -> usize {
        self.full.len()
    }

    /// Asks a kind's nearest without knowing anything of the scope: exactly, unless they are to be found
    /// through an index; and through the one that is remembered.
    pub(super) fn first(
        &self,
        kind: Kind,
        remembered: Option<Graph>,
        statements: &mut Vec<Statement>,
    ) -> First {
        // The same number stands for vectors of the same width for ever.
        let graph = remembered.filter(|graph| graph.dims == self.dims());
        statements.push(sql::decide(kind, self.scope, self.filter));
        statements.push(sql::exactly(kind, &self.near(), self.few(), Some(false)));
        if let Some(Graph { space_id, .. }) = graph {
            let some = self.some();
            statements.extend(sql::through_index(
                kind,
                &self.near(),
                space_id,
                some,
                Some(true),
            ));
        }
        let dims = self.dims();
        First { graph, dims }
    }

    /// Returns how many candidates an exact search looks at, at first.
    fn few(&self) -> usize {
        self.limit.saturating_mul(2).saturating_add(50)
    }

    /// Returns how many candidates a search of the graph looks at, at first.
    fn some(&self) -> usize {
        self.limit.saturating_mul(2).saturating_add(20)
    }

    fn near(&self) -> Near<'_> {
        Near {
            scope: self.scope,
            direction: &self.direction,
            limit: self.limit,
            margin: margin(self.dims()),
            filter: self.filter,
        }
    }
}

impl Scoped<'_> {
    /// Returns the nearest of a kind, as far as they did not come at first.
    pub(super) async fn nearest(
        &mut self,
        kind: Kind,
        query: &Query<'_>,
        space_id: i32,
        came: Came,
    ) -> Result<Nearest, DatabaseError> {
        let mut every = Some(came.every);
        if came.through_index {
            every = None;
            let graph = came.graph.filter(|(graph, _)| graph.space_id == space_id);
            let rows = graph.map(|(_, rows)| rows);
            let hits = self.by_index(kind, query, space_id, rows).await?;
            // Fewer than asked for: what is missing may be where the index did not look.
            if hits.len() >= query.limit {
                let by = SearchMethod::Index;
                return Ok(Nearest { hits, by });
            }
        }
        let hits = self.exactly(kind, query, every).await?;
        let by = SearchMethod::Exact;
        Ok(Nearest { hits, by })
    }

    /// Looks at every vector.
    async fn exactly(
        &mut self,
        kind: Kind,
        query: &Query<'_>,
        mut came: Option<Vec<Row>>,
    ) -> Result<Vec<Scored>, DatabaseError> {
        let mut most = query.few();
        loop {
            let rows = match came.take() {
                Some(rows) => rows,
                None => {
                    let ask = [sql::exactly(kind, &query.near(), most, None)];
                    self.send(&ask, DOING)
                        .await?
                        .into_iter()
                        .flatten()
                        .collect()
                }
            };
            if reaches_beyond(&rows, most) {
                most = most.saturating_mul(4);
                continue;
            }
            return scored(kind, &rows, query);
        }
    }

    /// Follows the scope's own graph.
    async fn by_index(
        &mut self,
        kind: Kind,
        query: &Query<'_>,
        space_id: i32,
        mut came: Option<Vec<Row>>,
    ) -> Result<Vec<Scored>, DatabaseError> {
        let mut most = query.some();
        loop {
            let rows = match came.take() {
                Some(rows) => rows,
                None => {
                    let ask = sql::through_index(kind, &query.near(), space_id, most, None);
                    self.send(&ask, DOING)
                        .await?
                        .into_iter()
                        .flatten()
                        .collect()
                }
            };
            if reaches_beyond(&rows, most) && most < WIDEST_SIGHT {
                most = most.saturating_mul(4);
                continue;
            }
            return scored(kind, &rows, query);
        }
    }
}

/// Returns whether more than the `most` candidates that were asked for could be among the first.
fn reaches_beyond(rows: &[Row], most: usize) -> bool {
    rows.first().is_some_and(|row| {
        let (candidates, last_could_be): (i64, bool) = (row.get(0), row.get(1));
        last_could_be && candidates.unsigned_abs() >= most as u64
    })
}

/// Returns how far the half-precision score of a vector can be from its true one, twice: a memory among the
/// true first k has a score of at least that of the k-th candidate less this.
///
/// Rounding a vector of length 1 moves it by at most 2⁻¹¹ (what is too small for that by 2⁻²⁵ a
/// number), and both vectors are rounded; the sum is made in single precision, which adds at most
/// 2⁻²⁴ for each number.
pub(super) fn margin(dims: usize) -> f64 {
    let dims = dims as f64;
    let rounding = 2.0 * (2f64.powi(-11) * 1.001 + dims.sqrt() * 2f64.powi(-25));
    let summing = dims * 2f64.powi(-24) * 1.01;
    2.0 * (rounding + summing + 2f64.powi(-20))
}

/// The vector at length 1; none if it has no direction.
fn direction(numbers: &[f32]) -> Option<Vec<f32>> {
    let squares: f64 = numbers
        .iter()
        .map(|number| f64::from(*number).powi(2))
        .sum();
    let length = squares.sqrt();
    (length > 0.0).then(|| {
        let normal = |number: &f32| (f64::from(*number) / length) as f32;
        numbers.iter().map(normal).collect()
    })
}

/// The nearest, scored from the full vectors, the best first.
fn scored(kind: Kind, rows: &[Row], query: &Query<'_>) -> Result<Vec<Scored>, DatabaseError> {
    debug_assert!(rows.iter().all(|row| row.len() == 3 + FACTS));
    let scored = rows.iter().filter_map(|row| {
        let full = vector(row.get::<_, Option<&[u8]>>(2)?)?;
        let score = similarity(query.full, &full);
        Some(read_facts(kind, row, 3).map(|facts| Scored { facts, score }))
    });
    let mut scored: Vec<Scored> = scored.collect::<Result<_, _>>()?;
    scored.sort_by(Scored::better);
    scored.truncate(query.limit);
    Ok(scored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_to_half_precision_stays_within_half_the_margin() {
        // The worst case for one number is halfway between two that half precision has.
        let between = 1.0 + 2f64.powi(-11);
        for dims in [1, 8, 1024, 16_000] {
            let number = between / (dims as f64).sqrt();
            let error = (between - 1.0) / between * 2.0;
            assert!(error < margin(dims) / 2.0, "{dims}: {number}");
        }
        assert!(margin(1024) < 0.0025);
    }

    #[test]
    fn what_is_long_or_short_has_a_direction_and_zero_has_none() {
        assert_eq!(direction(&[3e38, 0.0]).unwrap(), [1.0, 0.0]);
        assert_eq!(direction(&[0.0, 1e-45]).unwrap(), [0.0, 1.0]);
        assert_eq!(direction(&[0.0, -0.0]), None);
    }
}
