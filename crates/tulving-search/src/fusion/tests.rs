use super::*;
use tulving_model::{Facts, Kind, Timestamp};

fn at(day: i64) -> Timestamp {
    Timestamp::from_micros(day * 86_400_000_000).unwrap()
}

fn candidate(id: &str, vector: Option<f64>, keyword: Option<f64>) -> Candidate {
    Candidate {
        facts: Facts {
            kind: Kind::Node,
            id: id.to_owned(),
            conversation_id: Some(format!("alone-{id}")),
            sequence_index: 0,
            created_at: at(0),
            cluster_id: None,
        },
        vector,
        keyword,
    }
}

fn within(mut candidate: Candidate, conversation: &str, index: i64) -> Candidate {
    candidate.facts.conversation_id = Some(conversation.to_owned());
    candidate.facts.sequence_index = index;
    candidate
}

fn order(candidates: &[Candidate], options: &Fusion) -> Vec<String> {
    let mut reversed = candidates.to_vec();
    reversed.reverse();
    let ranked = fuse(candidates.to_vec(), options);
    assert_eq!(
        ranked,
        fuse(reversed, options),
        "depends on the order given"
    );
    let mut rotated = candidates.to_vec();
    rotated.rotate_left(1);
    assert_eq!(ranked, fuse(rotated, options), "depends on the order given");
    assert!(ranked.is_sorted_by(|a, b| a.score >= b.score));
    ranked.into_iter().map(|ranked| ranked.facts.id).collect()
}

#[test]
fn one_retriever_alone_keeps_its_order_and_its_scores() {
    let candidates = [
        within(candidate("a", Some(-0.5), None), "c", 0),
        within(candidate("b", Some(0.9), None), "c", 1),
        within(candidate("c", Some(0.2), None), "d", 0),
        within(candidate("beside", None, None), "c", 2),
    ];
    assert_eq!(order(&candidates, &Fusion::default()), ["b", "c", "a"]);
    let ranked = fuse(candidates.to_vec(), &Fusion::default());
    assert_eq!((ranked[0].score, ranked[2].score), (0.9, -0.5));
    assert_eq!(
        ranked[1].vector,
        Some(RetrieverHit {
            rank: 2,
            score: 0.2
        })
    );
    assert_eq!(ranked[1].keyword, None);
    assert!(fuse(Vec::new(), &Fusion::default()).is_empty());
}

#[test]
fn found_by_both_comes_before_found_by_one() {
    let candidates = [
        candidate("words", None, Some(8.0)),
        candidate("meaning", Some(0.8), None),
        candidate("both", Some(0.75), Some(7.0)),
        candidate("floor", Some(0.1), None),
    ];
    assert_eq!(order(&candidates, &Fusion::default())[0], "both");
    let ranked = fuse(candidates.to_vec(), &Fusion::default());
    assert!(
        ranked
            .iter()
            .all(|ranked| (0.0..=1.0).contains(&ranked.score))
    );
    assert_eq!(
        ranked[0].keyword,
        Some(RetrieverHit {
            rank: 2,
            score: 7.0
        })
    );
    assert_eq!(
        ranked[0].vector,
        Some(RetrieverHit {
            rank: 2,
            score: 0.75
        })
    );
}

#[test]
fn neighbours_of_a_good_hit_rise_and_the_nearer_the_more() {
    let candidates = [
        within(candidate("hit", Some(0.9), Some(9.0)), "c", 10),
        within(candidate("next", None, None), "c", 11),
        within(candidate("after", None, None), "c", 12),
        within(candidate("beyond", None, None), "c", 13),
        within(candidate("a far one", None, None), "c", 40),
        within(candidate("elsewhere", None, None), "d", 11),
        candidate("weak", Some(0.1), Some(0.5)),
    ];
    assert_eq!(
        order(&candidates, &Fusion::default()),
        [
            "hit",
            "next",
            "after",
            "a far one",
            "beyond",
            "weak",
            "elsewhere"
        ]
    );
    let off = Fusion {
        lending: 0.0,
        conversation: 0.0,
        ..Fusion::default()
    };
    assert_eq!(order(&candidates, &off)[..2], ["hit", "weak"]);
}

/// As after importing a conversation twice.
#[test]
fn two_in_one_place_lend_nothing_to_each_other() {
    let candidates = [
        within(candidate("hit", Some(0.9), Some(9.0)), "c", 10),
        within(candidate("twin", None, None), "c", 10),
        within(candidate("next", None, None), "c", 11),
    ];
    assert_eq!(
        order(&candidates, &Fusion::default()),
        ["hit", "next", "twin"]
    );
    let ranked = fuse(candidates.to_vec(), &Fusion::default());
    assert!(ranked.iter().all(|ranked| ranked.score <= 1.0));
}

#[test]
fn retrievers_are_weighed_on_one_scale() {
    let episode = |id: &str, score: f64| {
        let mut episode = candidate(id, Some(score), None);
        episode.facts.kind = Kind::Episode;
        episode
    };
    let candidates = [
        candidate("words", None, Some(8.0)),
        candidate("fewer words", None, Some(4.0)),
        candidate("meaning", Some(0.8), None),
        candidate("half", Some(0.45), None),
        candidate("floor", Some(0.1), None),
        episode("episode", 0.5),
        episode("its floor", 0.3),
    ];
    let scores = |vector_weight: f64| {
        let options = Fusion {
            vector_weight,
            lending: 0.0,
            conversation: 0.0,
            ..Fusion::default()
        };
        let scores = fuse(candidates.to_vec(), &options).into_iter();
        scores.map(|ranked| (ranked.facts.id, (ranked.score * 120.0).round() / 10.0))
    };
    let expected = [
        ("words", 8.0),
        ("fewer words", 4.0),
        ("meaning", 4.0),
        ("half", 2.0),
        ("episode", 1.6),
        ("floor", 0.0),
        ("its floor", 0.0),
    ];
    assert!(scores(0.5).eq(expected.map(|(id, score)| (id.to_owned(), score))));
    assert_eq!(scores(2.0).next().unwrap().0, "meaning");
    // One alone is best and worst at once.
    let ranked = fuse(candidates[1..3].to_vec(), &Fusion::default());
    assert!(ranked.iter().all(|ranked| ranked.score.is_finite()));
}

#[test]
fn a_memory_counts_half_after_each_half_life() {
    let aged = |id: &str, score: f64, day: i64| {
        let mut candidate = candidate(id, Some(score), None);
        candidate.facts.created_at = at(day);
        candidate
    };
    let options = Fusion {
        recency: Some(Recency {
            now: at(60),
            half_life_days: 30.0,
        }),
        ..Fusion::default()
    };
    let candidates = [
        aged("yet to come", 0.9, 90),
        aged("now", 0.8, 60),
        aged("once", 0.8, 30),
        aged("twice", 0.8, 0),
        aged("unlike", -0.1, 60),
        aged("old and unlike", -0.2, 0),
    ];
    let ranked = fuse(candidates.to_vec(), &options);
    let scores: Vec<f64> = ranked.iter().map(|ranked| ranked.score).collect();
    assert_eq!(scores, [0.9, 0.8, 0.4, 0.2, -0.1, -0.2]);
}

#[test]
fn equal_scores_go_by_kind_and_id() {
    let mut episode = candidate("a", Some(0.5), None);
    episode.facts.kind = Kind::Episode;
    let candidates = [
        episode,
        candidate("c", Some(0.5), None),
        candidate("b", Some(0.5), None),
    ];
    assert_eq!(order(&candidates, &Fusion::default()), ["b", "c", "a"]);
}

#[test]
fn clusters_and_recency_count_only_when_asked_for() {
    let mut candidates: Vec<_> = [
        ("a", 0.9),
        ("b", 0.8),
        ("c", 0.7),
        ("d", 0.6),
        ("e", 0.5),
        ("f", 0.4),
    ]
    .map(|(id, score)| candidate(id, Some(score), None))
    .into();
    for (candidate, cluster) in candidates.iter_mut().zip([7, -1, 3, 5, 9, 7]) {
        candidate.facts.cluster_id = Some(cluster);
    }
    candidates[4].facts.created_at = at(30);
    let plain = Fusion::default();
    assert_eq!(order(&candidates, &plain), ["a", "b", "c", "d", "e", "f"]);
    let clusters = Fusion {
        cluster_boost: 0.6,
        ..plain.clone()
    };
    assert_eq!(
        order(&candidates, &clusters),
        ["a", "c", "b", "f", "d", "e"]
    );
    let recency = Some(Recency {
        now: at(30),
        half_life_days: 30.0,
    });
    let recent = Fusion { recency, ..plain };
    assert_eq!(order(&candidates, &recent), ["e", "a", "b", "c", "d", "f"]);
}

#[test]
fn pieces_of_documents_stand_for_themselves_and_count_more_by_meaning() {
    let of_kind = |kind, mut candidates: Vec<Candidate>| {
        for candidate in &mut candidates {
            candidate.facts.kind = kind;
        }
        fuse(candidates, &Fusion::default())
    };
    let beside = vec![
        within(candidate("good", Some(0.9), Some(5.0)), "d", 0),
        within(candidate("beside", None, None), "d", 1),
        within(candidate("other", Some(0.1), None), "e", 0),
    ];
    let lent = |kind| {
        let ranked = of_kind(kind, beside.clone());
        let beside = ranked.iter().find(|ranked| ranked.facts.id == "beside");
        beside.map(|ranked| ranked.score)
    };
    assert_eq!(lent(Kind::Chunk), Some(0.0));
    assert!(lent(Kind::Node) > Some(0.0));
    let apart = vec![
        candidate("meant", Some(0.9), None),
        candidate("worded", Some(0.1), Some(5.0)),
    ];
    let best = |kind| of_kind(kind, apart.clone())[0].facts.id.clone();
    assert_eq!(best(Kind::Node), "worded");
    assert_eq!(best(Kind::Chunk), "meant");
}
