//! Finds what a memory is about: vectors and texts in, clusters, their labels and their ids out, and nothing else is
//! touched.
//!
//! ```
//! use std::ops::ControlFlow;
//! use tulving_clusters::{Centroids, Options, Words, carry, cluster};
//!
//! // Two directions, a little apart from each other in each, and one that is far from both.
//! let vectors: Vec<f32> = (0..6_u8)
//!     .flat_map(|i| [1.0, 0.1 * f32::from(i), 0.0])
//!     .chain((0..6_u8).flat_map(|i| [0.0, 1.0, 0.1 * f32::from(i)]))
//!     .chain([-1.0, -1.0, -1.0])
//!     .collect();
//! let found = cluster(&vectors, 3, &Options::default(), &|_| ControlFlow::Continue(()))?;
//! assert_eq!(found.clusters, 2);
//! assert_eq!(found.labels, [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, -1]);
//!
//! // Clusters keep their ids from one clustering to the next.
//! let before = [7, 7, 7, 7, -1, -1, 3, 3, 3, 3, 3, 3, -1];
//! let ids = carry(&before, &found.labels, 8);
//! assert_eq!(ids, [7, 7, 7, 7, 7, 7, 3, 3, 3, 3, 3, 3, -1]);
//!
//! // What is new is put into a cluster that is there.
//! let centroids = Centroids::of(&vectors, 3, &ids);
//! assert_eq!(centroids.assign(&[2.0, 0.5, 0.0]).map(|(id, _)| id), Some(7));
//! assert_eq!(centroids.assign(&[-1.0, 0.0, 0.0]), None);
//!
//! let mut words = Words::default();
//! words.add(7, "How do lifetimes work?");
//! words.add(7, "The lifetimes of a borrow");
//! assert_eq!(words.labels()[&7], "lifetimes");
//! # Ok::<(), tulving_clusters::ClusterError>(())
//! ```
//!
//! | | |
//! |---|---|
//! | [`cluster`] | vectors → which of them are in which cluster, and what is noise |
//! | [`carry`] | two clusterings → ids that stay the same |
//! | [`Centroids`] | clusters → where a new vector belongs |
//! | [`Words`] | texts of clusters → what each is about |

mod carry;
mod centroids;
mod cluster;
mod condensed;
mod distance;
mod error;
mod fold;
mod hierarchy;
mod kernel;
mod neighbours;
mod pieces;
mod progress;
mod rows;
mod spanning;
mod stop_words;
mod terms;
mod words;

pub use carry::carry;
pub use centroids::Centroids;
pub use cluster::{Clustering, NOISE, Options, cluster};
pub use error::ClusterError;
pub use progress::{Progress, Watch};
pub use words::Words;
