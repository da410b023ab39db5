//! The vector arm: candidates come from the narrow form, scores from the full vectors.

use std::sync::Arc;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::conditions::{from_passing, passes};
use super::error::DatabaseError;
use super::holdings::Holdings;
use super::index::EXACT;
use super::listing::{FACTS, facts_of, read_facts};
use super::look_up;
use super::matching::in_order;
use super::own_index::{index_name, own};
use super::rows::ids;
use super::scoped::Scoped;
use super::spaces::Spaces;
use super::statement::Statement;
use super::wire::{raw_vector, vector};
use crate::backend::{BackendError, Filter, FoundBy, Nearest, Scored};
use crate::model::{Embedding, Key, Kind, Space};
use crate::search::vector::similarity;

const DOING: &str = "searching by vector";

/// What is being looked for.
struct Query<'q> {
    /// Of length 1.
    direction: Vec<f32>,
    full: &'q [f32],
    space_id: i32,
    limit: usize,
    filter: &'q Filter,
}

/// What came back of one kind.
struct Found {
    hits: Vec<Scored>,
    by: FoundBy,
}

impl Scoped<'_> {
    /// The memories nearest to a vector.
    pub(super) async fn nearest(
        mut self,
        query: &Embedding,
        limit: usize,
        filter: &Filter,
        spaces: &Spaces,
    ) -> Result<Nearest, BackendError> {
        let nothing = Nearest {
            hits: Vec::new(),
            found_by: FoundBy::Exact,
        };
        let scope = self.scope;
        let statements = [Holdings::query(scope, false), indexes(scope.id())];
        let answers = self.send(&statements, DOING).await?;
        let [holdings, indexes] = answers.as_slice() else {
            return Ok(nothing);
        };
        let holdings = Holdings::read(holdings, scope, self.target())?;
        let Some(space_id) = holdings.space_id else {
            self.leave();
            return Ok(nothing);
        };
        let space = spaces.get(space_id, &mut self).await?;
        if space != *query.space() {
            return Err(BackendError::WrongSpace {
                stored: space,
                given: Arc::clone(query.space()),
            });
        }
        let Some(direction) = direction(query.numbers()).filter(|_| limit > 0) else {
            self.leave();
            return Ok(nothing);
        };
        let query = Query {
            direction,
            full: query.numbers(),
            space_id,
            limit,
            filter,
        };
        let is_indexed = |kind: Kind| {
            let name = index_name(kind, scope.id(), space_id);
            holdings.of(kind).statistics().documents > EXACT
                && indexes.iter().any(|row| row.get::<_, &str>(0) == name)
        };
        let mut found = Vec::new();
        for kind in filter.wanted() {
            let indexed = is_indexed(kind);
            found.push(self.of_kind(kind, &query, &space, indexed).await?);
        }
        self.leave();
        let through_index = found.iter().any(|found| found.by == FoundBy::Index);
        let mut hits: Vec<Scored> = found.into_iter().flat_map(|found| found.hits).collect();
        hits.sort_by(in_order);
        hits.truncate(limit);
        Ok(Nearest {
            hits,
            found_by: if through_index {
                FoundBy::Index
            } else {
                FoundBy::Exact
            },
        })
    }

    /// How similar memories are to a vector, of those that may reach `least`.
    pub(super) async fn similarities(
        mut self,
        query: &Embedding,
        keys: &[Key],
        least: f64,
        spaces: &Spaces,
    ) -> Result<Vec<(Key, f64)>, BackendError> {
        let (scope, mut found) = (self.scope, Vec::new());
        let rows = self.send(&[Holdings::query(scope, false)], DOING).await?;
        let rows = rows.first().map_or(&[][..], Vec::as_slice);
        let holdings = Holdings::read(rows, scope, self.target())?;
        let (Some(space_id), Some(direction)) = (holdings.space_id, direction(query.numbers()))
        else {
            self.leave();
            return Ok(found);
        };
        let space = spaces.get(space_id, &mut self).await?;
        if space != *query.space() {
            return Err(BackendError::WrongSpace {
                stored: space,
                given: Arc::clone(query.space()),
            });
        }
        // The narrow form tells all but a few that cannot reach it.
        let farthest = margin(space.dims) - least;
        let statements =
            Kind::ALL.map(|kind| reaching(kind, scope.id(), space_id, &direction, keys, farthest));
        let answers = self.send(&statements, DOING).await?;
        self.leave();
        for (kind, rows) in Kind::ALL.into_iter().zip(&answers) {
            for row in rows {
                let full = row.get::<_, Option<&[u8]>>(1).and_then(vector);
                let similarity = full.map(|full| similarity(query.numbers(), &full));
                if let Some(similarity) = similarity.filter(|similarity| *similarity >= least) {
                    found.push((Key::new(kind, row.get::<_, String>(0)), similarity));
                }
            }
        }
        Ok(found)
    }

    async fn of_kind(
        &mut self,
        kind: Kind,
        query: &Query<'_>,
        space: &Space,
        indexed: bool,
    ) -> Result<Found, DatabaseError> {
        if indexed && !self.is_small(kind, query.filter).await? {
            let hits = self.by_index(kind, query, space).await?;
            // Fewer than asked for: what is missing may be where the index did not look.
            if hits.len() >= query.limit {
                return Ok(Found {
                    hits,
                    by: FoundBy::Index,
                });
            }
        }
        Ok(Found {
            hits: self.exactly(kind, query, space).await?,
            by: FoundBy::Exact,
        })
    }

    /// Whether a filter lets so few memories pass that they are searched exactly.
    async fn is_small(&mut self, kind: Kind, filter: &Filter) -> Result<bool, DatabaseError> {
        if filter.is_open() {
            return Ok(false);
        }
        let mut query = Statement::new("SELECT count(*) FROM (SELECT");
        from_passing(kind, self.scope.id(), filter, "", &mut query);
        query
            .text(" LIMIT ")
            .value(i64::try_from(EXACT).unwrap_or(i64::MAX), Type::INT8);
        query.text(") passing");
        let rows = self.send(&[query], DOING).await?;
        let passing = rows
            .iter()
            .flatten()
            .next()
            .map_or(0, |row| row.get::<_, i64>(0));
        Ok(passing.unsigned_abs() < EXACT)
    }

    /// Looks at every vector.
    async fn exactly(
        &mut self,
        kind: Kind,
        query: &Query<'_>,
        space: &Space,
    ) -> Result<Vec<Scored>, DatabaseError> {
        let margin = margin(space.dims);
        let mut most = query.limit.saturating_mul(2).saturating_add(50);
        loop {
            let near = every(kind, query, self.scope.id(), most);
            let rows = self
                .send(
                    &[rescored(kind, near, query.limit, margin, self.scope.id())],
                    DOING,
                )
                .await?;
            let rows = rows.into_iter().next().unwrap_or_default();
            if reaches_beyond(&rows, most) {
                most = most.saturating_mul(4);
                continue;
            }
            return scored(kind, &rows, query.full);
        }
    }

    /// Follows the scope's own graph.
    async fn by_index(
        &mut self,
        kind: Kind,
        query: &Query<'_>,
        space: &Space,
    ) -> Result<Vec<Scored>, DatabaseError> {
        let (dims, margin) = (space.dims, margin(space.dims));
        let mut most = query.limit.saturating_mul(2).saturating_add(20);
        loop {
            // Settings of this transaction, which sorts nothing as it is.
            let mut statements: Vec<Statement> = [
                format!(
                    "hnsw.ef_search = {}",
                    most.saturating_mul(3).clamp(SIGHT, WIDEST_SIGHT)
                ),
                "hnsw.iterative_scan = strict_order".to_owned(),
                "enable_bitmapscan = off".to_owned(),
            ]
            .into_iter()
            .map(|setting| Statement::new(format!("SET LOCAL {setting}")))
            .collect();
            let search = statements.len();
            let near = through_index(kind, query, self.scope.id(), dims, most);
            statements.push(rescored(kind, near, query.limit, margin, self.scope.id()));
            statements.push(Statement::new("SET LOCAL enable_bitmapscan TO DEFAULT"));
            let answers = self.send(&statements, DOING).await?;
            let rows = answers.get(search).map_or(&[][..], Vec::as_slice);
            if reaches_beyond(rows, most) && most < WIDEST_SIGHT {
                most = most.saturating_mul(4);
                continue;
            }
            return scored(kind, rows, query.full);
        }
    }
}

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
fn margin(dims: usize) -> f64 {
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

/// The ids of the `most` candidates that pass, with their distance `d`, from every vector. The type without
/// a width is what no index is on.
fn every(kind: Kind, query: &Query<'_>, scope: uuid::Uuid, most: usize) -> Statement {
    let space_id = query.space_id;
    let mut near = distance(query, "n.v", "halfvec");
    if query.filter.is_open() {
        near.text(&format!(
            " FROM {} n WHERE n.scope_id = '{scope}' AND n.space_id = {space_id}",
            kind.vectors()
        ));
    } else {
        let narrow = look_up::narrow(kind, &format!("'{scope}'"), &space_id.to_string());
        near.text(" FROM (SELECT m.id, n.v");
        let joined = format!("CROSS JOIN {narrow}");
        from_passing(kind, scope, query.filter, &joined, &mut near);
        near.text(") n");
    }
    nearest_first(near, most)
}

/// The same from the scope's own graph.
fn through_index(
    kind: Kind,
    query: &Query<'_>,
    scope: uuid::Uuid,
    dims: usize,
    most: usize,
) -> Statement {
    let space_id = query.space_id;
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
    nearest_first(near, most)
}

fn distance(query: &Query<'_>, column: &str, ty: &str) -> Statement {
    let mut near = Statement::new(format!("SELECT n.id, {column} <#> "));
    near.value(raw_vector(&query.direction), Type::UNKNOWN);
    near.text(&format!("::vector::{ty} AS d"));
    near
}

fn nearest_first(mut near: Statement, most: usize) -> Statement {
    near.text(" ORDER BY d LIMIT ");
    near.value(i64::try_from(most).unwrap_or(i64::MAX), Type::INT8);
    near
}

/// Those of these memories whose distance is at most `farthest`, with their full vectors.
fn reaching(
    kind: Kind,
    scope: uuid::Uuid,
    space_id: i32,
    direction: &[f32],
    keys: &[Key],
    farthest: f64,
) -> Statement {
    let look_up = look_up::by_id(kind, "$1", "n.id");
    Statement::new(format!(
        "SELECT n.id, vector_send(m.embedding) FROM unnest($2) AS wanted (id) \
         CROSS JOIN LATERAL (SELECT id, v FROM {} WHERE scope_id = $1 AND id = wanted.id AND space_id = $3 OFFSET 0) n \
         {look_up} WHERE n.v <#> $4::vector::halfvec <= $5",
        kind.vectors()
    ))
    .with(scope, Type::UUID)
    .with(ids(keys, kind), Type::TEXT_ARRAY)
    .with(space_id, Type::INT4)
    .with(raw_vector(direction), Type::UNKNOWN)
    .with(farthest, Type::FLOAT8)
}

/// Those candidates that can be among the first `limit`, with their full vectors. Each row begins with
/// how many candidates there were, and whether the last of them could be.
fn rescored(
    kind: Kind,
    near: Statement,
    limit: usize,
    margin: f64,
    scope: uuid::Uuid,
) -> Statement {
    let before = "WITH near AS MATERIALIZED (";
    let after = "), cut AS (SELECT coalesce((SELECT d FROM near ORDER BY d OFFSET ";
    let mut query = Statement::default();
    query.wrap(before, near, after);
    let last = i64::try_from(limit).unwrap_or(i64::MAX).saturating_sub(1);
    query
        .value(last, Type::INT8)
        .text(" LIMIT 1), 'infinity') + ");
    query.value(margin, Type::FLOAT8);
    // Sub-selects that depend on nothing are worked out once.
    query.text(&format!(
        " AS d) SELECT (SELECT count(*) FROM near), (SELECT max(d) FROM near) <= (SELECT d FROM cut), \
                       vector_send(m.embedding), {} \
         FROM near {} WHERE near.d <= (SELECT d FROM cut)",
        facts_of(kind),
        look_up::by_id(kind, &format!("'{scope}'"), "near.id")
    ));
    query
}

/// Scores from the full vectors.
fn scored(kind: Kind, rows: &[Row], query: &[f32]) -> Result<Vec<Scored>, DatabaseError> {
    debug_assert!(rows.iter().all(|row| row.len() == 3 + FACTS));
    rows.iter()
        .filter_map(|row| {
            let full = vector(row.get::<_, Option<&[u8]>>(2)?)?;
            let score = similarity(query, &full);
            Some(read_facts(kind, row, 3).map(|facts| Scored { facts, score }))
        })
        .collect()
}

/// The names of the scope's finished indexes.
fn indexes(scope: uuid::Uuid) -> Statement {
    let query = format!("{} AND i.indisvalid AND c.relname LIKE $1", own());
    let like = format!("%\\_vectors\\_{}\\_%", scope.simple());
    Statement::new(query).with(like, Type::TEXT)
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
