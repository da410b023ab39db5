//! The minimum spanning tree of all rows by their mutual reachability, exactly.

use crate::distance::Distance;
use crate::error::ClusterError;
use crate::neighbours::{Neighbour, Search};
use crate::pieces::Pieces;
use crate::progress::Watch;
use crate::rows::Rows;

/// How many neighbours a search finds for each row. More make searches that follow rarer, and each slower.
const NEIGHBOURS: usize = 32;

/// Two rows of a spanning tree, and how far apart they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    pub(crate) distance: Distance,
    pub(crate) a: u32,
    pub(crate) b: u32,
}

/// The forest that becomes the tree, and what is known about neighbours.
struct Growing<'a> {
    rows: &'a Rows<'a>,
    threads: usize,
    watch: Watch<'a>,
    /// How many neighbours are listed of each row.
    count: usize,
    /// Of each row the neighbours that are known, nearest first.
    lists: Vec<Neighbour>,
    /// Of each row: no neighbour outside its piece that is not listed is nearer than this.
    bounds: Vec<Distance>,
    cores: Vec<Distance>,
    pieces: Pieces,
    edges: Vec<Edge>,
    searches: usize,
}

/// Returns the edges of a minimum spanning tree. Two rows are as far apart as their distance and the core distances of
/// both say, whichever is greatest; a row's core distance is that to its `samples`-th neighbour.
///
/// Borůvka's way: each piece is joined to its nearest. The lists of neighbours say which that is, as long as a neighbour
/// that is not on them cannot be nearer. When they do not for any piece, a search for neighbours outside of the pieces
/// gives new ones, for those rows that need them. To join pieces by the lists alone, or as if they were far apart, would
/// be no spanning tree, and clusters would be other ones.
pub(crate) fn spanning_tree(
    rows: &Rows<'_>,
    samples: usize,
    threads: usize,
    watch: Watch<'_>,
) -> Result<Vec<Edge>, ClusterError> {
    let mut growing = Growing {
        rows,
        threads,
        watch,
        count: NEIGHBOURS.max(samples.min(rows.len())),
        lists: Vec::new(),
        bounds: vec![0; rows.len()],
        cores: vec![0; rows.len()],
        pieces: Pieces::new(rows.len()),
        edges: Vec::with_capacity(rows.len()),
        searches: 0,
    };
    growing.begin(samples)?;
    while growing.pieces.count() > 1 {
        growing.round()?;
    }
    growing.edges.sort_unstable();
    Ok(growing.edges)
}

impl Growing<'_> {
    /// Finds the first neighbours, and from them the core distances.
    fn begin(&mut self, samples: usize) -> Result<(), ClusterError> {
        let all: Vec<u32> = (0..self.rows.len() as u32).collect();
        self.lists = self.search(&all, all.len(), &all)?;
        let lists = || self.lists.chunks_exact(self.count);
        self.cores = lists()
            .map(|list| {
                let known = list.partition_point(|neighbour| *neighbour < Neighbour::NONE);
                let core = samples.min(known).checked_sub(1);
                core.map_or(0, |core| list[core].distance())
            })
            .collect();
        // From now on lists are of mutual reachability.
        for (row, list) in self.lists.chunks_exact_mut(self.count).enumerate() {
            let core = self.cores[row];
            self.bounds[row] = bound(list).max(core);
            for neighbour in list.iter_mut().filter(|next| **next != Neighbour::NONE) {
                let other = self.cores[neighbour.row() as usize];
                let distance = neighbour.distance().max(core).max(other);
                *neighbour = Neighbour::new(distance, neighbour.row());
            }
            list.sort_unstable();
        }
        Ok(())
    }

    /// Joins each piece whose nearest is certain to that; if there is none, searches.
    fn round(&mut self) -> Result<(), ClusterError> {
        let roots: Vec<u32> = (0..self.rows.len() as u32)
            .map(|row| self.pieces.find(row))
            .collect();
        let mut nearest: Vec<Option<Edge>> = vec![None; roots.len()];
        for (row, list) in self.lists.chunks_exact(self.count).enumerate() {
            let outside = list
                .iter()
                .take_while(|next| **next != Neighbour::NONE)
                .find(|next| roots[next.row() as usize] != roots[row]);
            if let Some(outside) = outside {
                let (row, other) = (row as u32, outside.row());
                let edge = Edge {
                    distance: outside.distance(),
                    a: row.min(other),
                    b: row.max(other),
                };
                let nearest = &mut nearest[roots[row as usize] as usize];
                if nearest.is_none_or(|nearest| edge < nearest) {
                    *nearest = Some(edge);
                }
            }
        }
        let may_be_nearer = |row: u32| {
            let nearest = nearest[roots[row as usize] as usize];
            nearest.is_none_or(|nearest| self.bounds[row as usize] < nearest.distance)
        };
        let unsure: Vec<u32> = (0..self.rows.len() as u32)
            .filter(|row| may_be_nearer(*row))
            .collect();
        let mut certain = nearest;
        for row in &unsure {
            certain[roots[*row as usize] as usize] = None;
        }
        let before = self.pieces.count();
        for edge in certain.into_iter().flatten() {
            if self.pieces.join(edge.a, edge.b).is_some() {
                self.edges.push(edge);
            }
        }
        if self.pieces.count() == before {
            self.search_again(unsure, &roots)?;
        }
        Ok(())
    }

    /// Finds the nearest outside of their pieces for rows whose lists do not say. The largest piece waits until others
    /// are joined to it.
    fn search_again(&mut self, mut unsure: Vec<u32>, roots: &[u32]) -> Result<(), ClusterError> {
        let largest = unsure
            .iter()
            .map(|row| roots[*row as usize])
            .max_by_key(|root| (self.pieces.size(*root), *root));
        let largest = largest.filter(|largest| {
            let size = |root: u32| self.pieces.size(root);
            roots.iter().all(|root| size(*root) <= size(*largest))
        });
        unsure.retain(|row| Some(roots[*row as usize]) != largest);
        unsure.sort_unstable_by_key(|row| (roots[*row as usize], *row));
        let searching = unsure.len();
        let mut searches = vec![false; roots.len()];
        for row in &unsure {
            searches[*row as usize] = true;
        }
        let mut others: Vec<u32> = (0..roots.len() as u32)
            .filter(|row| !searches[*row as usize])
            .collect();
        others.sort_unstable_by_key(|row| (roots[*row as usize], *row));
        unsure.append(&mut others);
        let lists = self.search(&unsure, searching, roots)?;
        for (row, list) in unsure.iter().zip(lists.chunks_exact(self.count)) {
            let row = *row as usize;
            self.bounds[row] = bound(list);
            self.lists[row * self.count..][..self.count].copy_from_slice(list);
        }
        Ok(())
    }

    fn search(
        &mut self,
        order: &[u32],
        searching: usize,
        pieces: &[u32],
    ) -> Result<Vec<Neighbour>, ClusterError> {
        let search = Search {
            rows: self.rows,
            order,
            searching,
            pieces,
            cores: &self.cores,
            count: self.count,
            before: self.searches,
            threads: self.threads,
            watch: self.watch,
        };
        self.searches += 1;
        search.run()
    }
}

/// Returns how far away a neighbour is at least that is not on a list.
fn bound(list: &[Neighbour]) -> Distance {
    list.last().map_or(0, |last| last.distance())
}
