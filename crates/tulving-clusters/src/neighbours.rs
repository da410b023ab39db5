//! Nearest neighbours, exactly: every row is compared with every other, a block of rows with a block of rows at a time.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::distance::{Distance, of_cosine, to_cosine};
use crate::error::ClusterError;
use crate::kernel::{self, LEFT, RIGHT};
use crate::progress::{Progress, Watch};
use crate::rows::Rows;

/// Rows of a block: whole groups of both sides.
const BLOCK: usize = 20 * 48;

/// A neighbour of a row: how far away, then which, so that the order of neighbours is the order of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Neighbour(u64);

impl Neighbour {
    /// Where there is none.
    pub(crate) const NONE: Self = Self(u64::MAX);

    pub(crate) fn new(distance: Distance, row: u32) -> Self {
        Self(u64::from(distance) << 32 | u64::from(row))
    }

    pub(crate) fn distance(self) -> Distance {
        (self.0 >> 32) as Distance
    }

    pub(crate) fn row(self) -> u32 {
        self.0 as u32
    }
}

/// One search: for some rows, the nearest of those that are in another piece.
pub(crate) struct Search<'a> {
    /// The rows.
    pub(crate) rows: &'a Rows<'a>,
    /// All rows; those that search are first.
    pub(crate) order: &'a [u32],
    /// How many search.
    pub(crate) searching: usize,
    /// The piece that each row is in.
    pub(crate) pieces: &'a [u32],
    /// How far two rows are apart at least, whichever of them says more: their core distances.
    pub(crate) cores: &'a [Distance],
    /// How many neighbours each gets.
    pub(crate) count: usize,
    /// How many searches there were before.
    pub(crate) before: usize,
    /// On how many threads.
    pub(crate) threads: usize,
    /// Who looks on.
    pub(crate) watch: Watch<'a>,
}

/// The nearest that were found so far for the rows of a block.
struct Nearest {
    lists: Vec<Neighbour>,
    /// Below this cosine no row is near enough.
    least: Vec<f32>,
}

impl Search<'_> {
    /// Returns the neighbours of each row that searches, in their order, the nearest first. Where there are fewer than
    /// asked for, [`Neighbour::NONE`] fills the list.
    pub(crate) fn run(&self) -> Result<Vec<Neighbour>, ClusterError> {
        let blocks = self.order.len().div_ceil(BLOCK);
        let strips = self.searching.div_ceil(BLOCK);
        let nearest: Vec<_> = (0..strips)
            .map(|strip| {
                let rows = self.block(strip).len();
                Mutex::new(Nearest {
                    lists: vec![Neighbour::NONE; rows * self.count],
                    least: vec![f32::MIN; rows],
                })
            })
            .collect();
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let cancelled = AtomicBool::new(false);
        let of = (0..strips).map(|strip| blocks - strip).sum();
        // Long strips first, so that all threads end at about the same time.
        let work = || {
            let mut tile = Tile::default();
            loop {
                let strip = next.fetch_add(1, Ordering::Relaxed);
                if strip >= strips {
                    return;
                }
                self.rows.pack::<LEFT>(self.block(strip), &mut tile.left);
                for block in strip..blocks {
                    if cancelled.load(Ordering::Relaxed) {
                        return;
                    }
                    if !self.in_one_piece(strip, block) {
                        self.compare(strip, block, &mut tile, &nearest);
                    }
                    let progress = Progress {
                        search: self.before,
                        done: done.fetch_add(1, Ordering::Relaxed) + 1,
                        of,
                    };
                    if (self.watch)(progress).is_break() {
                        cancelled.store(true, Ordering::Relaxed);
                    }
                }
            }
        };
        thread::scope(|scope| {
            for _ in 1..self.threads.min(strips) {
                scope.spawn(work);
            }
            work();
        });
        if cancelled.into_inner() {
            return Err(ClusterError::Cancelled);
        }
        Ok(nearest
            .into_iter()
            .flat_map(|nearest| {
                let nearest = nearest.into_inner();
                nearest.unwrap_or_else(PoisonError::into_inner).lists
            })
            .take(self.searching * self.count)
            .collect())
    }

    fn range(&self, block: usize) -> Range<usize> {
        block * BLOCK..((block + 1) * BLOCK).min(self.order.len())
    }

    fn block(&self, block: usize) -> &[u32] {
        &self.order[self.range(block)]
    }

    /// Returns whether all rows of two blocks are in one piece; those that search are ordered by piece.
    fn in_one_piece(&self, left: usize, right: usize) -> bool {
        let rows = || self.block(left).iter().chain(self.block(right));
        let mut pieces = rows().map(|row| self.pieces[*row as usize]);
        pieces
            .next()
            .is_none_or(|first| pieces.all(|piece| piece == first))
    }

    /// Compares the rows of two blocks, of which the left is packed.
    fn compare(&self, left: usize, right: usize, tile: &mut Tile, nearest: &[Mutex<Nearest>]) {
        self.rows.pack::<RIGHT>(self.block(right), &mut tile.right);
        let dim = self.rows.dim();
        let line = tile.right.len() / dim;
        tile.cosines.resize(tile.left.len() / dim * line, 0.0);
        kernel::products(&tile.left, &tile.right, dim, &mut tile.cosines);
        let lock = |block: usize| {
            let nearest = nearest.get(block)?;
            Some(nearest.lock().unwrap_or_else(PoisonError::into_inner))
        };
        // Always the lower one first.
        let (mut own, mut other) = (lock(left), if left == right { None } else { lock(right) });
        let columns = self.block(right);
        for (i, row) in self.block(left).iter().enumerate() {
            let cosines = &tile.cosines[i * line..][..columns.len()];
            if let Some(own) = &mut own {
                near(cosines, own.least[i], &mut tile.near);
                for j in tile.near.drain(..) {
                    self.meet(*row, i, columns[j as usize], cosines[j as usize], own);
                }
            }
            if let Some(other) = &mut other {
                near_each(cosines, &other.least, &mut tile.near);
                for j in tile.near.drain(..) {
                    let j = j as usize;
                    self.meet(columns[j], j, *row, cosines[j], other);
                }
            }
        }
    }

    /// Enters a row into the list of another, if it is near enough.
    fn meet(&self, row: u32, at: usize, other: u32, cosine: f32, nearest: &mut Nearest) {
        let (r, o) = (row as usize, other as usize);
        if self.pieces[r] == self.pieces[o] {
            return;
        }
        let distance = of_cosine(cosine).max(self.cores[r]).max(self.cores[o]);
        let found = Neighbour::new(distance, other);
        let list = &mut nearest.lists[at * self.count..][..self.count];
        let last = self.count - 1;
        if found < list[last] {
            let place = list.partition_point(|neighbour| *neighbour < found);
            list.copy_within(place..last, place + 1);
            list[place] = found;
            if list[last] != Neighbour::NONE {
                nearest.least[at] = to_cosine(list[last].distance());
            }
        }
    }
}

/// What a thread works with.
#[derive(Default)]
struct Tile {
    left: Vec<f32>,
    right: Vec<f32>,
    cosines: Vec<f32>,
    near: Vec<u32>,
}

/// Numbers that are looked at together, in the hope that none is near.
const LOOK: usize = 16;

/// Finds the cosines that are at least so high.
fn near(cosines: &[f32], least: f32, out: &mut Vec<u32>) {
    for (part, cosines) in cosines.chunks(LOOK).enumerate() {
        if cosines
            .iter()
            .fold(false, |any, cosine| any | (*cosine >= least))
        {
            for (at, cosine) in cosines.iter().enumerate() {
                if *cosine >= least {
                    out.push((part * LOOK + at) as u32);
                }
            }
        }
    }
}

/// Finds the cosines that are at least as high as the numbers at their places.
fn near_each(cosines: &[f32], least: &[f32], out: &mut Vec<u32>) {
    for (part, (cosines, least)) in cosines.chunks(LOOK).zip(least.chunks(LOOK)).enumerate() {
        let both = || cosines.iter().zip(least);
        if both().fold(false, |any, (cosine, least)| any | (cosine >= least)) {
            for (at, (cosine, least)) in both().enumerate() {
                if cosine >= least {
                    out.push((part * LOOK + at) as u32);
                }
            }
        }
    }
}
