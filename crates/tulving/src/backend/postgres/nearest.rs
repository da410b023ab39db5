//! The vector arm: candidates come from the narrow form, scores from the full vectors.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::conditions::{from_passing, passes};
use super::error::DatabaseError;
use super::index::EXACT;
use super::listing::{FACTS, facts_of, read_facts};
use super::look_up;
use super::own_index::is_ready;
use super::scoped::Scoped;
use super::statement::Statement;
use super::wire::{raw_vector, vector};
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
            let rows = answers.nth(SETTINGS.len() + 1).unwrap_or_default();
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
    /// The graph that a later search may ask at once.
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

    /// The vector at length 1.
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
        statements.push(way(kind, self));
        statements.push(self.exactly(kind, self.few(), Some(false)));
        if let Some(Graph { space_id, .. }) = graph {
            statements.extend(self.through_index(kind, space_id, self.some(), Some(true)));
        }
        let dims = self.dims();
        First { graph, dims }
    }

    /// How many candidates an exact search looks at, at first.
    fn few(&self) -> usize {
        self.limit.saturating_mul(2).saturating_add(50)
    }

    /// How many candidates a search of the graph looks at, at first.
    fn some(&self) -> usize {
        self.limit.saturating_mul(2).saturating_add(20)
    }

    /// Looks at every vector.
    fn exactly(&self, kind: Kind, most: usize, only: Option<bool>) -> Statement {
        let near = every(kind, self, most, only);
        let space = look_up::current(&format!("'{}'", self.scope));
        rescored(kind, near, self, &space)
    }

    /// Follows the scope's own graph, with the settings of this transaction, which sorts nothing as it is.
    fn through_index(
        &self,
        kind: Kind,
        space_id: i32,
        most: usize,
        only: Option<bool>,
    ) -> Vec<Statement> {
        let sight = most.saturating_mul(3).clamp(SIGHT, WIDEST_SIGHT);
        let sight = format!("SET LOCAL hnsw.ef_search = {sight}");
        let settings = SETTINGS.map(ToOwned::to_owned);
        let mut statements: Vec<Statement> = [sight]
            .into_iter()
            .chain(settings)
            .map(Statement::new)
            .collect();
        let near = through_index(kind, self, space_id, most, only);
        statements.push(rescored(kind, near, self, &space_id.to_string()));
        statements.push(Statement::new("SET LOCAL enable_bitmapscan TO DEFAULT"));
        statements
    }
}

/// Besides how many candidates are kept in sight.
const SETTINGS: [&str; 2] = [
    "SET LOCAL hnsw.iterative_scan = strict_order",
    "SET LOCAL enable_bitmapscan = off",
];

impl Scoped<'_> {
    /// The nearest of a kind, as far as they did not come at first.
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
                    let ask = [query.exactly(kind, most, None)];
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
                    let ask = query.through_index(kind, space_id, most, None);
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

/// Decides, and notes for the statements that follow, whether a kind is searched through an index: where it
/// is there and the scope is large, unless a filter lets so few memories pass that they are searched exactly.
/// Its row says whether there is an index, and whether it is to be used.
fn way(kind: Kind, query: &Query<'_>) -> Statement {
    let scope = query.scope;
    let indexed = format!(
        "SELECT k.memories > {EXACT} AND {} AS indexed FROM scopes s JOIN scope_kinds k ON k.scope_id = s.scope_id \
         WHERE s.scope_id = '{scope}' AND k.kind = '{kind}' OFFSET 0",
        is_ready(kind, scope, "s.space_id")
    );
    let mut way = Statement::default();
    let before = format!("SELECT indexed, set_config('{WAY}', CASE WHEN indexed THEN (");
    let after = format!(")::text ELSE 'false' END, true)::bool FROM ({indexed}) k");
    if query.filter.is_open() {
        way.text(&before).text("true").text(&after);
        return way;
    }
    let mut passing = Statement::new("SELECT count(*) FROM (SELECT");
    from_passing(kind, scope, query.filter, "", &mut passing);
    passing.text(&format!(" LIMIT {EXACT}) passing"));
    let after = format!(") >= {EXACT}{after}");
    way.wrap(&format!("{before}("), passing, &after);
    way
}

/// A setting of the transaction: whether an index is used. A statement that is sent before this is known and
/// for `only` one of both brings nothing in the other case.
const WAY: &str = "tulving.through_index";

/// Whether more than the `most` candidates that were asked for could be among the first.
fn reaches_beyond(rows: &[Row], most: usize) -> bool {
    rows.first().is_some_and(|row| {
        let (candidates, last_could_be): (i64, bool) = (row.get(0), row.get(1));
        last_could_be && candidates.unsigned_abs() >= most as u64
    })
}

/// How many candidates a search of the graph keeps in sight, at least and, as pgvector has it, at most; three
/// times as many as it brings. Of vectors without any structure, which are the hardest, it then finds 998 in
/// 1,000 of those, and 967 where it keeps in sight only what it brings.
const SIGHT: usize = 100;
const WIDEST_SIGHT: usize = 1000;

/// How far the half-precision score of a vector can be from its true one, twice: a memory among the
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

/// The ids of the `most` candidates that pass, with their distance `d`, from every vector of the scope's space,
/// if it is as wide as the query. The type without a width is what no index is on.
fn every(kind: Kind, query: &Query<'_>, most: usize, only: Option<bool>) -> Statement {
    let scope = format!("'{}'", query.scope);
    let space_id = format!(
        "(SELECT s.space_id FROM scopes s JOIN embedding_spaces e ON e.space_id = s.space_id \
          WHERE s.scope_id = {scope} AND e.dims = {})",
        query.dims()
    );
    let mut near = distance(query, "n.v", "halfvec");
    if query.filter.is_open() {
        near.text(&format!(
            " FROM {} n WHERE n.scope_id = {scope} AND n.space_id = {space_id}",
            kind.vectors()
        ));
    } else {
        let narrow = look_up::narrow(kind, &scope, &space_id);
        near.text(" FROM (SELECT m.id, n.v");
        let joined = format!("CROSS JOIN {narrow}");
        from_passing(kind, query.scope, query.filter, &joined, &mut near);
        near.text(") n WHERE true");
    }
    nearest_first(near, most, only)
}

/// The same from the scope's own graph.
fn through_index(
    kind: Kind,
    query: &Query<'_>,
    space_id: i32,
    most: usize,
    only: Option<bool>,
) -> Statement {
    let (scope, dims) = (query.scope, query.dims());
    let column = format!("(n.v::halfvec({dims}))");
    let mut near = distance(query, &column, &format!("halfvec({dims})"));
    near.text(&format!(" FROM {} n", kind.vectors()));
    if !query.filter.is_open() {
        let look_up = look_up::by_id(kind, &format!("'{scope}'"), "n.id");
        near.text(" ").text(&look_up);
    }
    // Scope and space are written out: a partial index is taken only where its condition can be seen.
    near.text(&format!(
        " WHERE n.scope_id = '{scope}' AND n.space_id = {space_id}"
    ));
    passes(kind, query.filter, &mut near);
    nearest_first(near, most, only)
}

fn distance(query: &Query<'_>, column: &str, ty: &str) -> Statement {
    let mut near = Statement::new(format!("SELECT n.id, {column} <#> "));
    near.value(raw_vector(&query.direction), Type::UNKNOWN);
    near.text(&format!("::vector::{ty} AS d"));
    near
}

fn nearest_first(mut near: Statement, most: usize, only: Option<bool>) -> Statement {
    if let Some(only) = only {
        near.text(&format!(" AND current_setting('{WAY}', true) = '{only}'"));
    }
    near.text(" ORDER BY d LIMIT ");
    near.value(i64::try_from(most).unwrap_or(i64::MAX), Type::INT8);
    near
}

/// Those candidates that can be among the first `limit`, with their full vectors in a space. Each row begins with
/// how many candidates there were, and whether the last of them could be.
fn rescored(kind: Kind, near: Statement, query: &Query<'_>, space: &str) -> Statement {
    let before = "WITH near AS MATERIALIZED (";
    let after = "), cut AS (SELECT coalesce((SELECT d FROM near ORDER BY d OFFSET ";
    let scope = format!("'{}'", query.scope);
    let last = i64::try_from(query.limit)
        .unwrap_or(i64::MAX)
        .saturating_sub(1);
    let mut rescored = Statement::default();
    rescored.wrap(before, near, after);
    rescored
        .value(last, Type::INT8)
        .text(" LIMIT 1), 'infinity') + ");
    rescored.value(margin(query.dims()), Type::FLOAT8);
    // Sub-selects that depend on nothing are worked out once.
    rescored.text(&format!(
        " AS d) SELECT (SELECT count(*) FROM near), (SELECT max(d) FROM near) <= (SELECT d FROM cut), \
                       vector_send({}), {} \
         FROM near {} WHERE near.d <= (SELECT d FROM cut)",
        look_up::full(kind, &scope, space),
        facts_of(kind),
        look_up::by_id(kind, &scope, "near.id")
    ));
    rescored
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
