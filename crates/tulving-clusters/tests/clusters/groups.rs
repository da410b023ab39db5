//! What is a cluster, and what is not.

use tulving_clusters::Options;

use crate::support::{OPTIONS, around, axis, found};

const DIM: usize = 16;

#[test]
fn groups_that_are_far_apart_are_clusters_whatever_their_sizes() {
    let sizes = [60, 20, 7];
    let groups = sizes.iter().zip(0..);
    let vectors: Vec<f32> = groups
        .flat_map(|(size, at)| around(&axis(at, DIM), 0.05, *size, at as u64))
        .collect();
    for options in [OPTIONS, Options::default()] {
        let found = found(&vectors, DIM, &options);
        let truth: Vec<i32> = (0..)
            .zip(sizes)
            .flat_map(|(at, size)| vec![at; size])
            .collect();
        assert_eq!(found.labels, truth, "{options:?}");
        assert_eq!(found.clusters, 3);
        assert!(found.probabilities.iter().all(|p| *p > 0.0 && *p <= 1.0));
    }
}

#[test]
fn all_dimensions_count() {
    const MANY: usize = 600;
    let axes = [0, 100, 300, 400, 599];
    let vectors: Vec<f32> = axes
        .into_iter()
        .flat_map(|at| around(&axis(at, MANY), 0.01, 10, at as u64))
        .collect();
    let found = found(&vectors, MANY, &OPTIONS);
    assert_eq!(found.labels, (0..50).map(|i| i / 10).collect::<Vec<i32>>());
}

#[test]
fn what_is_like_nothing_else_is_noise() {
    const WIDE: usize = 64;
    let mut other = axis(0, WIDE);
    other[1] = 0.8;
    let mut vectors = around(&axis(0, WIDE), 0.02, 30, 1);
    vectors.extend(around(&other, 0.02, 30, 2));
    // Each in a direction of its own.
    vectors.extend((2..22).flat_map(|at| axis(at, WIDE)));
    let found = found(&vectors, WIDE, &Options::default());
    assert_eq!(found.clusters, 2, "{:?}", found.labels);
    assert_eq!(found.labels[..30], [0; 30]);
    assert_eq!(found.labels[30..60], [1; 30]);
    assert_eq!(found.labels[60..], [-1; 20]);
    assert_eq!(found.probabilities[60..], [0.0; 20]);
}

#[test]
fn a_collection_of_topics_is_not_one_cluster() {
    // Eight topics near each other, and a ninth elsewhere: the eight are most of all, and a little denser than nothing.
    let mut vectors = Vec::new();
    for topic in 0..8 {
        let mut centre = axis(8, DIM);
        centre[topic] = 0.5;
        vectors.extend(around(&centre, 0.09, 30, topic as u64));
    }
    vectors.extend(around(&axis(9, DIM), 0.09, 30, 9));
    let found = found(&vectors, DIM, &Options::default());
    let most = (0..found.clusters as i32)
        .map(|label| found.labels.iter().filter(|found| **found == label).count())
        .max();
    assert!(most.is_some_and(|most| most <= 60), "{most:?} in one");
    assert!(found.clusters >= 8, "{} clusters", found.clusters);
}

#[test]
fn a_cluster_may_have_any_shape() {
    // Two arcs in one plane, side by side: no centre tells them apart.
    let arc = |height: f32| {
        (0..200_u8).flat_map(move |i| {
            let angle = f32::from(i) * 0.01;
            [angle.cos(), angle.sin(), height]
        })
    };
    let vectors: Vec<f32> = arc(0.0).chain(arc(0.3)).collect();
    let found = found(&vectors, 3, &OPTIONS);
    assert_eq!(found.clusters, 2);
    assert_eq!(found.labels[..200], [0; 200]);
    assert_eq!(found.labels[200..], [1; 200]);
}

#[test]
fn groups_of_more_rows_than_have_neighbours_listed_are_joined_by_their_real_distances() {
    // Pairs of groups: each group is a piece by itself, since all neighbours that are listed are in it, and the two of
    // a pair are close. Only true distances between pieces tell that pairs are pairs.
    let mut vectors = Vec::new();
    for pair in 0..4 {
        for side in [-0.12, 0.12] {
            let mut centre = axis(pair, DIM);
            centre[pair + 8] = side;
            vectors.extend(around(
                &centre,
                0.02,
                70,
                pair as u64 * 2 + u64::from(side > 0.0),
            ));
        }
    }
    // Five or more as a cluster give eight groups, more than a group has four pairs.
    let eight = found(&vectors, DIM, &OPTIONS);
    let four = found(
        &vectors,
        DIM,
        &Options {
            min_cluster_size: 100,
            ..OPTIONS
        },
    );
    let truth = |size: i32| (0..560).map(|i| i / size).collect::<Vec<i32>>();
    assert_eq!(eight.labels, truth(70));
    assert_eq!(four.labels, truth(140));
}

#[test]
fn lengths_do_not_matter_and_what_has_no_direction_is_noise() {
    let mut vectors = around(&axis(0, DIM), 0.05, 10, 1);
    vectors.extend(around(&axis(1, DIM), 0.05, 10, 2));
    let plain = found(&vectors, DIM, &OPTIONS);
    assert_eq!(plain.clusters, 2);
    for (vector, length) in vectors
        .chunks_exact_mut(DIM)
        .zip([1e-30, 1e30, 3.0].into_iter().cycle())
    {
        vector.iter_mut().for_each(|x| *x *= length);
    }
    for strange in [0.0, f32::NAN, f32::INFINITY] {
        vectors.extend([strange; DIM]);
    }
    let found = found(&vectors, DIM, &OPTIONS);
    assert_eq!(found.labels[..20], plain.labels);
    assert_eq!(found.labels[20..], [-1; 3]);
}

#[test]
fn few_vectors_are_noise() {
    for count in 0..5 {
        let vectors = around(&axis(0, DIM), 0.05, count, 1);
        let found = found(&vectors, DIM, &OPTIONS);
        assert_eq!(found.labels, vec![-1; count]);
        assert_eq!(found.probabilities, vec![0.0; count]);
        assert_eq!(found.clusters, 0);
    }
}

#[test]
fn vectors_that_are_all_equal_are_no_cluster_since_nothing_is_outside_of_it() {
    for same in [0.0, 0.1] {
        let found = found(&[0.5; 100 * DIM], DIM, &Options { same, ..OPTIONS });
        assert_eq!(found.labels, [-1; 100]);
    }
}

#[test]
fn thousands_of_copies_are_a_cluster_each_and_do_not_stop_others() {
    // All the neighbours that a copy has on its list are copies.
    let mut vectors = Vec::new();
    for (at, copies) in [2000, 1000, 4].into_iter().enumerate() {
        vectors.extend(axis(at, DIM).repeat(copies));
    }
    vectors.extend(around(&axis(5, DIM), 0.05, 30, 1));
    let found = found(&vectors, DIM, &OPTIONS);
    assert_eq!(found.labels[..2000], [0; 2000]);
    assert_eq!(found.labels[2000..3000], [1; 1000]);
    assert_eq!(found.labels[3000..3004], [-1; 4]);
    assert_eq!(found.labels[3004..], [2; 30]);
    assert!(found.probabilities.iter().all(|p| p.is_finite()));
}

#[test]
fn copies_within_a_topic_do_not_make_noise_of_the_rest() {
    let mut vectors = around(&axis(0, DIM), 0.1, 60, 1);
    // Six times the same thing, within rounding, as a server in batches gives it.
    let same = vectors[..DIM].to_vec();
    for i in 0..6_u8 {
        vectors.extend(same.iter().map(|x| x + f32::from(i) * 1e-4));
    }
    vectors.extend(around(&axis(1, DIM), 0.1, 66, 2));
    let found = found(&vectors, DIM, &Options::default());
    assert_eq!(found.labels[..66], [0; 66]);
    assert_eq!(found.labels[66..], [1; 66]);
}
