//! New vectors go where they belong, or nowhere.

use tulving_clusters::Centroids;

use crate::support::{anywhere, around, axis};

const DIM: usize = 32;

fn two_groups(seed: u64) -> (Vec<f32>, Vec<i64>) {
    let mut vectors = around(&axis(0, DIM), 0.1, 100, seed);
    vectors.extend(around(&axis(1, DIM), 0.1, 50, seed + 1));
    vectors.extend(anywhere(20, DIM, seed + 2));
    let ids = [vec![7; 100], vec![3; 50], vec![-1; 20]].concat();
    (vectors, ids)
}

#[test]
fn most_of_what_belongs_to_a_cluster_is_put_there_and_nothing_elsewhere() {
    let (vectors, ids) = two_groups(1);
    let centroids = Centroids::of(&vectors, DIM, &ids);
    let (others, truth) = two_groups(4);
    let mut right = 0;
    for (vector, truth) in others.chunks(DIM).zip(&truth) {
        let assigned = centroids.assign(vector);
        if let Some((id, confidence)) = assigned {
            assert_eq!(id, *truth);
            assert!(confidence > 0.0 && confidence <= 1.0);
        }
        right += usize::from(assigned.map_or(-1, |(id, _)| id) == *truth);
    }
    assert!(right >= 155, "{right} of 170");
}

#[test]
fn confidence_falls_towards_the_border() {
    let (vectors, ids) = two_groups(1);
    let centroids = Centroids::of(&vectors, DIM, &ids);
    let confidence = |away: f32| {
        let mut vector = axis(0, DIM);
        vector[9] = away;
        centroids.assign(&vector).map(|(_, confidence)| confidence)
    };
    assert_eq!(confidence(0.0), Some(1.0));
    let (near, far) = (confidence(0.5).unwrap(), confidence(0.6).unwrap());
    assert!(far < near && near < 1.0, "{far} {near}");
    assert_eq!(confidence(1.5), None);
}

#[test]
fn lengths_do_not_matter_and_what_has_no_direction_is_in_no_cluster() {
    let (mut vectors, ids) = two_groups(1);
    let plain = Centroids::of(&vectors, DIM, &ids);
    let vector = axis(0, DIM);
    let longer: Vec<f32> = vector.iter().map(|x| x * 1e30).collect();
    assert_eq!(plain.assign(&longer), plain.assign(&vector));
    vectors.iter_mut().for_each(|x| *x *= 4.0);
    assert_eq!(Centroids::of(&vectors, DIM, &ids), plain);
    for strange in [0.0, f32::NAN, f32::INFINITY] {
        assert_eq!(plain.assign(&[strange; DIM]), None);
    }
    assert_eq!(plain.assign(&vector[1..]), None);
    assert_eq!(Centroids::default().assign(&[]), None);
}

#[test]
fn a_cluster_of_copies_takes_copies() {
    let centroids = Centroids::of(&axis(2, DIM).repeat(9), DIM, &[5; 9]);
    assert_eq!(centroids.assign(&axis(2, DIM)), Some((5, 1.0)));
    assert_eq!(centroids.assign(&axis(3, DIM)), None);
}
