//! The hierarchy of pieces that a spanning tree falls into, from one to single rows.

use crate::distance::Distance;
use crate::pieces::Pieces;
use crate::spanning::Edge;

/// The hierarchy of pieces: rows are leaves, numbered from 0, and each edge joins two nodes to one more.
pub(crate) struct Hierarchy {
    rows: usize,
    joints: Vec<Joint>,
    /// At this distance and below, rows are copies of each other, and are not told apart.
    same: Distance,
}

struct Joint {
    distance: Distance,
    nodes: [u32; 2],
    size: u32,
}

impl Hierarchy {
    /// Builds it from the edges of a spanning tree, the shortest first.
    pub(crate) fn of(rows: usize, edges: &[Edge], same: Distance) -> Self {
        let mut pieces = Pieces::new(rows);
        let mut nodes: Vec<u32> = (0..rows as u32).collect();
        let mut joints = Vec::with_capacity(edges.len());
        for edge in edges {
            if let Some([a, b, root]) = pieces.join(edge.a, edge.b) {
                let below = [nodes[a as usize], nodes[b as usize]];
                nodes[root as usize] = (rows + joints.len()) as u32;
                joints.push(Joint {
                    distance: edge.distance,
                    nodes: below,
                    size: pieces.size(root),
                });
            }
        }
        Self { rows, joints, same }
    }

    /// Returns the node above all others, if there are rows.
    pub(crate) fn root(&self) -> Option<u32> {
        (self.rows + self.joints.len())
            .checked_sub(1)
            .map(|root| root as u32)
    }

    /// Returns how many rows are below a node.
    pub(crate) fn size(&self, node: u32) -> u32 {
        self.joint(node).map_or(1, |joint| joint.size)
    }

    /// Returns at which distance a node falls apart, and into which nodes; nothing where that is a row, or rows that
    /// are copies.
    ///
    /// All that are joined at the same distance fall apart at once: which of them a spanning tree joined first must not
    /// decide anything.
    pub(crate) fn parts(&self, node: u32) -> Option<(Distance, Vec<u32>)> {
        let distance = self.joint(node)?.distance;
        if distance <= self.same {
            return None;
        }
        let (mut parts, mut open) = (Vec::new(), vec![node]);
        while let Some(node) = open.pop() {
            match self.joint(node) {
                Some(joint) if joint.distance == distance => open.extend(joint.nodes),
                _ => parts.push(node),
            }
        }
        Some((distance, parts))
    }

    /// Returns the rows below a node.
    pub(crate) fn rows(&self, node: u32) -> Vec<u32> {
        let (mut rows, mut open) = (Vec::new(), vec![node]);
        while let Some(node) = open.pop() {
            match self.joint(node) {
                Some(joint) => open.extend(joint.nodes),
                None => rows.push(node),
            }
        }
        rows
    }

    fn joint(&self, node: u32) -> Option<&Joint> {
        self.joints.get((node as usize).checked_sub(self.rows)?)
    }
}
