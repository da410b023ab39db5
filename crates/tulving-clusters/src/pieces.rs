//! Rows that are joined, in pieces.

/// Rows that are joined, in pieces: a disjoint-set forest.
pub(crate) struct Pieces {
    parents: Vec<u32>,
    sizes: Vec<u32>,
    count: usize,
}

impl Pieces {
    /// Makes a piece of each row.
    pub(crate) fn new(rows: usize) -> Self {
        Self {
            parents: (0..rows as u32).collect(),
            sizes: vec![1; rows],
            count: rows,
        }
    }

    /// Returns how many pieces there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Returns the row that stands for the piece that a row is in.
    pub(crate) fn find(&mut self, mut row: u32) -> u32 {
        while self.parents[row as usize] != row {
            let above = self.parents[self.parents[row as usize] as usize];
            self.parents[row as usize] = above;
            row = above;
        }
        row
    }

    /// Returns how many rows the piece has that a row stands for.
    pub(crate) fn size(&self, root: u32) -> u32 {
        self.sizes[root as usize]
    }

    /// Joins the pieces of two rows; returns the rows that stood for them and the one that stands for both, or nothing
    /// if they are joined already.
    pub(crate) fn join(&mut self, a: u32, b: u32) -> Option<[u32; 3]> {
        let (a, b) = (self.find(a), self.find(b));
        if a == b {
            return None;
        }
        let (small, large) = if self.size(a) < self.size(b) {
            (a, b)
        } else {
            (b, a)
        };
        self.parents[small as usize] = large;
        self.sizes[large as usize] += self.sizes[small as usize];
        self.count -= 1;
        Some([a, b, large])
    }
}
