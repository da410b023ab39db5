//! The condensed tree: of a hierarchy only the groups that are large enough; and which of them are clusters.

use crate::distance::length;
use crate::hierarchy::Hierarchy;

/// A group of rows that stay together over a range of densities. Density is one over the distance.
struct Group {
    /// How many rows it begins with.
    size: u32,
    /// The group that it split off from.
    parent: usize,
    /// The density at which it split off.
    birth: f64,
    /// The density at which it falls apart.
    death: f64,
    /// How many rows it holds, over how much density: its excess of mass.
    mass: f64,
}

/// A row in the condensed tree.
#[derive(Clone, Copy)]
struct Leaf {
    /// The last group that it was in.
    group: usize,
    /// The density at which it left.
    left: f64,
}

/// The groups of a hierarchy, and where the rows are in them.
pub(crate) struct Condensed {
    groups: Vec<Group>,
    leaves: Vec<Leaf>,
}

/// A row in a cluster, and how firmly: 1 where it stays until the cluster falls apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Membership {
    /// One of the groups.
    pub(crate) group: usize,
    pub(crate) probability: f64,
}

/// The group of all rows, which is no cluster: there is nothing that tells it from.
const ALL: usize = 0;
/// By what share sums that should be equal may differ, according to the order in which they were added.
const ROUNDING: f64 = 1e-9;
impl Condensed {
    /// Goes down the hierarchy. Where a group falls apart into two or more parts of at least `smallest` rows, each is a
    /// group of its own; where there is one such part the group goes on in it, and the other rows leave it.
    pub(crate) fn of(hierarchy: &Hierarchy, rows: usize, smallest: usize) -> Self {
        let all = Group {
            size: rows as u32,
            parent: ALL,
            birth: 0.0,
            death: 0.0,
            mass: 0.0,
        };
        let leaf = Leaf {
            group: ALL,
            left: 0.0,
        };
        let mut tree = Self {
            groups: vec![all],
            leaves: vec![leaf; rows],
        };
        let mut open: Vec<(u32, usize, f64)> = Vec::new();
        open.extend(hierarchy.root().map(|root| (root, ALL, 0.0)));
        while let Some((node, group, density)) = open.pop() {
            let Some((distance, parts)) = hierarchy.parts(node) else {
                // A row that is left, or copies. Those are infinitely dense, which would outweigh everything: they leave
                // when the last others did. They count for the size of a group, and not for its density.
                tree.leave(hierarchy, node, group, density);
                continue;
            };
            let density = 1.0 / length(distance);
            let (large, small): (Vec<u32>, Vec<u32>) = parts
                .into_iter()
                .partition(|part| hierarchy.size(*part) as usize >= smallest);
            for part in small {
                tree.leave(hierarchy, part, group, density);
            }
            let splits = large.len() > 1;
            for part in large {
                let group = if splits {
                    tree.split(group, density, hierarchy.size(part))
                } else {
                    group
                };
                open.push((part, group, density));
            }
        }
        tree
    }

    /// Rows leave a group.
    fn leave(&mut self, hierarchy: &Hierarchy, node: u32, group: usize, density: f64) {
        self.weigh(group, density, hierarchy.size(node));
        for row in hierarchy.rows(node) {
            self.leaves[row as usize] = Leaf {
                group,
                left: density,
            };
        }
    }

    /// A new group splits off from another.
    fn split(&mut self, parent: usize, density: f64, size: u32) -> usize {
        self.weigh(parent, density, size);
        self.groups.push(Group {
            size,
            parent,
            birth: density,
            death: density,
            mass: 0.0,
        });
        self.groups.len() - 1
    }

    fn weigh(&mut self, group: usize, density: f64, size: u32) {
        let group = &mut self.groups[group];
        group.mass += (density - group.birth) * f64::from(size);
        group.death = group.death.max(density);
    }

    /// Returns of each row which cluster it is in, if any. Clusters are the groups with the greatest excess of mass, of
    /// which none is in another: a group, or what is best below it, if that has more in all.
    ///
    /// The mass of a group counts for the share of all rows that is outside of it. Otherwise, where things differ little
    /// from each other, most of all would be one cluster, since it is a little denser than its edges, and that says
    /// nothing. A small group it takes nothing from, nor a large one that is truly apart what makes it best.
    pub(crate) fn memberships(&self) -> Vec<Option<Membership>> {
        let count = self.groups.len();
        let all = f64::from(self.groups[ALL].size);
        // A group comes before those that split off from it.
        let mut below = vec![0.0; count];
        let mut best = vec![false; count];
        for at in (1..count).rev() {
            let group = &self.groups[at];
            let mass = group.mass * (1.0 - f64::from(group.size) / all);
            best[at] = below[at] <= mass * (1.0 + ROUNDING);
            below[group.parent] += if best[at] { mass } else { below[at] };
        }
        let mut clusters: Vec<Option<usize>> = vec![None; count];
        for at in 1..count {
            clusters[at] = clusters[self.groups[at].parent].or(best[at].then_some(at));
        }
        let membership = |leaf: &Leaf| {
            let group = clusters[leaf.group]?;
            let death = self.groups[group].death;
            let probability = if death > 0.0 {
                (leaf.left / death).min(1.0)
            } else {
                1.0
            };
            Some(Membership { group, probability })
        };
        self.leaves.iter().map(membership).collect()
    }
}
