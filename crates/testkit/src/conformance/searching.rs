//! Finding: everything that is there, scored alike everywhere, and nothing changed by it.

use tulving::backend::{Backend, Cluster, Entry, Filter, KindCandidates, Order, Page, Request};
use tulving::model::{Kind, Memory};
use tulving::search::keyword;

use crate::fixture::Fixture;
use crate::memories::{ALL, Memories, ids};
use crate::naive::Naive;
use crate::question::Question;
use crate::sample::{self, episode, plain, saying, turn, vector, with_vector};
use crate::scoring;

/// The nearest are those that a look at every vector finds, with the same scores to the last bit.
pub async fn nearest_is_what_looking_at_every_vector_gives(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = sample::mixture(40, 200);
    memories.write(entries.clone()).await;
    let naive: Naive = entries.into_iter().collect();
    let all = Filter::default();
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            for numbers in [
                &[1.0][..],
                &[-1.0, 0.3, 7.0],
                &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8],
            ] {
                let query = vector(numbers);
                for limit in [0, 1, 10, 150, ALL, usize::MAX] {
                    assert_eq!(
                        memories.nearest(&query, limit, &all).await,
                        naive.nearest(&query, limit, &all),
                        "{limit} of {query:?}"
                    );
                }
            }
        }
        fixture.maintain().await;
    }
}

/// A candidate that words or neighbours brought has a similarity exactly if it is among the nearest that are
/// wanted, and the same that it has among all.
pub async fn only_the_nearest_have_a_similarity(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let nodes = (0..40).map(|index| {
        let mut node = saying(&format!("node {index:02}"), "hello");
        node.conversation_id = format!("c{}", index % 4);
        node.sequence_index = index / 4;
        with_vector(node, &[1.0, 0.1 * index as f32])
    });
    let others = [
        plain(saying("wordless", "heron")),
        with_vector(episode("an episode"), &[0.3, 0.4]),
    ];
    memories.write(nodes.chain(others)).await;
    let query = vector(&[1.0, 0.5]);
    let nearest = memories.nearest(&query, ALL, &Filter::of(Kind::Node)).await;
    assert_eq!(nearest.len(), 40);
    for (depth, reach) in [(1, 0), (10, 0), (10, 2), (39, 1), (ALL, 2)] {
        let request = Request {
            terms: scoring::asked("hello heron"),
            reach,
            ..Request::near(query.clone(), depth, Filter::default())
        };
        let found = memories.search(&request).await;
        let mut near: Vec<_> = found.kinds[Kind::Node]
            .candidates
            .iter()
            .filter_map(|one| Some((one.facts.id.clone(), one.vector?)))
            .collect();
        near.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        let wanted = nearest.iter().take(depth);
        let wanted: Vec<_> = wanted
            .map(|hit| (hit.facts.id.clone(), hit.score))
            .collect();
        assert_eq!(near, wanted, "{depth}, {reach}");
    }
}

/// One search gives what is found by vector, by words and beside, of every kind, and how much there is.
pub async fn a_search_is_what_looking_at_everything_gives(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = sample::mixture(47, 150);
    memories.write(entries.clone()).await;
    let naive: Naive = entries.into_iter().collect();
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            for words in ["", "rust", "pool worker nowhere"] {
                for (depth, reach) in [
                    (0, 2),
                    (1, 0),
                    (2, 1),
                    (7, 3),
                    (ALL, 2),
                    (usize::MAX, u64::MAX),
                ] {
                    for vector in [None, Some(vector(&[1.0, -0.5])), Some(vector(&[]))] {
                        let question = Question::Search(Request {
                            vector,
                            terms: scoring::asked(words),
                            depth,
                            filter: Filter::default(),
                            reach,
                        });
                        let answer = question.ask(&memories).await;
                        assert_eq!(answer, question.answered_by(&naive), "{question:?}");
                    }
                }
            }
            let request = Request::holding(Vec::new(), 9, Filter::of(Kind::Episode));
            let found = memories.search(&request).await;
            assert_eq!(found.space, Some(sample::space()));
            assert_eq!(found.kinds[Kind::Node], KindCandidates::default());
        }
        fixture.maintain().await;
    }
}

/// A search gives as many memories as were asked for, or as there are: however few pass a filter,
/// however far away they are.
pub async fn as_many_are_found_as_there_are(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let near =
        (0..300).map(|index| with_vector(saying(&format!("near {index}"), "hello"), &[1.0, 0.1]));
    let far = (0..5).map(|index| {
        let mut node = saying(&format!("far {index}"), "hello");
        node.source = "grok".to_owned();
        with_vector(node, &[-1.0, 0.01 * index as f32])
    });
    memories
        .write(near.chain(far).chain([plain(saying("wordless", "hello"))]))
        .await;
    let all = Filter::default();
    let few = Filter {
        sources: vec!["grok".to_owned()],
        ..Filter::default()
    };
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            let query = vector(&[1.0]);
            assert_eq!(memories.nearest(&query, ALL, &all).await.len(), 305);
            assert_eq!(memories.nearest(&query, 303, &all).await.len(), 303);
            let found = ids(&memories.nearest(&query, 10, &few).await);
            assert_eq!(found, ["far 4", "far 3", "far 2", "far 1", "far 0"]);
            let hello = scoring::terms("hello");
            assert_eq!(memories.matching(&hello, ALL, &all).await.len(), 306);
            assert_eq!(memories.matching(&hello, 305, &all).await.len(), 305);
            assert_eq!(memories.matching(&hello, 10, &few).await.len(), 5);
        }
        fixture.maintain().await;
    }
}

/// Of equal scores nodes come first, then the id decides, also which of them are among the first few.
pub async fn equal_vectors_come_by_kind_and_id(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    memories
        .write([
            with_vector(episode("a"), &[1.0]),
            with_vector(saying("c", "x"), &[1.0]),
            with_vector(saying("B", "x"), &[2.0]),
            with_vector(saying("b", "x"), &[4.0]),
            with_vector(episode("0"), &[1.0]),
            with_vector(saying("best", "x"), &[1.0, 1.0]),
        ])
        .await;
    let (query, all) = (vector(&[1.0, 1.0]), Filter::default());
    let expected = ["best", "B", "b", "c", "0", "a"];
    for _ in 0..2 {
        for limit in 0..=6 {
            let found = ids(&memories.nearest(&query, limit, &all).await);
            assert_eq!(found, expected[..limit]);
        }
        fixture.maintain().await;
    }
}

/// A query that is all zero is like nothing.
pub async fn no_direction_is_near_nothing(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    assert_eq!(memories.near(&[1.0]).await, [""; 0]);
    memories.write(sample::mixture(41, 20)).await;
    assert_eq!(memories.near(&[]).await, [""; 0]);
    assert_eq!(memories.near(&[-0.0, 0.0]).await, [""; 0]);
    assert!(!memories.near(&[f32::from_bits(1)]).await.is_empty());
}

/// Directions are compared: neither the largest numbers nor the smallest are lost or overflow.
pub async fn vectors_of_any_length_are_compared(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let least = f32::from_bits(1);
    let entries = [
        with_vector(saying("huge", "x"), &[f32::MAX, f32::MAX]),
        with_vector(saying("least", "x"), &[least, least, least]),
        with_vector(saying("small", "x"), &[1e-20]),
        with_vector(saying("against", "x"), &[-1e38, -1e38]),
    ];
    memories.write(entries.clone()).await;
    let naive: Naive = entries.into_iter().collect();
    for _ in 0..2 {
        for numbers in [[1.0, 1.0], [f32::MAX, f32::MAX], [least, least]] {
            let query = vector(&numbers);
            let found = memories.nearest(&query, ALL, &Filter::default()).await;
            assert_eq!(ids(&found), ["huge", "least", "small", "against"]);
            assert_eq!(found, naive.nearest(&query, ALL, &Filter::default()));
        }
        fixture.maintain().await;
    }
}

/// What holds any of the words is found, with the scores that all of a kind's texts give it.
pub async fn matching_is_what_looking_at_every_word_gives(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = sample::mixture(42, 200);
    memories.write(entries.clone()).await;
    let naive: Naive = entries.into_iter().collect();
    let all = Filter::default();
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            for words in [
                "rust",
                "pool worker",
                "timeout nowhere",
                "rust async index vector cursor",
            ] {
                let terms = scoring::terms(words);
                for limit in [0, 1, 10, ALL, usize::MAX] {
                    let found = memories.matching(&terms, limit, &all).await;
                    assert_eq!(
                        found,
                        naive.matching(&terms, limit, &all),
                        "{limit} of {words}"
                    );
                }
            }
        }
        fixture.maintain().await;
    }
    let found = memories.matching(&scoring::terms("rust"), ALL, &all).await;
    assert!(found.iter().any(|hit| hit.facts.kind == Kind::Node));
    assert!(found.iter().any(|hit| hit.facts.kind == Kind::Episode));
    assert!(found.iter().all(|hit| hit.score > 0.0));
}

/// Of equal scores nodes come first, then the id decides.
pub async fn equal_words_come_by_kind_and_id(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let whole = |id: &str| {
        let mut whole = episode(id);
        whole.title = "same words".to_owned();
        plain(whole)
    };
    let node = |id: &str| plain(saying(id, "same words"));
    memories
        .write([whole("a"), node("c"), node("B"), whole("0"), node("b")])
        .await;
    let (terms, all) = (scoring::terms("words"), Filter::default());
    for _ in 0..2 {
        for (kind, expected) in [
            (Kind::Node, &["B", "b", "c"][..]),
            (Kind::Episode, &["0", "a"]),
        ] {
            for limit in 0..=expected.len() {
                let found = ids(&memories.matching(&terms, limit, &Filter::of(kind)).await);
                assert_eq!(found, expected[..limit]);
            }
        }
        assert_eq!(memories.matching(&terms, ALL, &all).await.len(), 5);
        fixture.maintain().await;
    }
}

/// A memory's score is the same whatever else passes.
pub async fn a_filter_changes_no_score(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    memories.write(sample::mixture(43, 100)).await;
    let terms = scoring::terms("rust pool");
    let all = memories.matching(&terms, ALL, &Filter::default()).await;
    let grok = Filter {
        sources: vec!["grok".to_owned()],
        ..Filter::default()
    };
    let some = memories.matching(&terms, ALL, &grok).await;
    assert!(!some.is_empty() && some.len() < all.len());
    for hit in some {
        assert!(all.contains(&hit), "{hit:?}");
    }
}

/// Whatever script a question is in, and if it is but a sign: what holds it is found, and nothing else.
pub async fn words_of_every_script_are_found(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let all = [
        ("Seoul", "서울은 비가 온다", "서울"),
        ("water", "물이 없다", "물을"),
        ("cat", "子猫がいる", "猫"),
        ("street", "Die Straße", "STRASSE"),
        ("tea", "чай", "ЧАИ\u{306}"),
        ("book", "قرأت الكِتاب", "كتاب"),
        ("Hindi", "हिन्दी", "हिंदी"),
        ("water in Thai", "ดื่มน้ำเย็น", "น้ำ"),
        ("language", "I write C++", "C++"),
        ("party", "we won 🎉", "🎉"),
        ("arrow", "f() -> u8", "->"),
        ("thumb", "ok 👍🏽", "👍"),
    ];
    memories
        .write(all.map(|(id, text, _)| plain(saying(id, text))))
        .await;
    for _ in 0..2 {
        for (id, _, question) in all {
            let terms = keyword::query_terms(question);
            let found = memories.matching(&terms, ALL, &Filter::default()).await;
            assert_eq!(ids(&found), [id], "{question}");
        }
        fixture.maintain().await;
    }
}

/// Neither no words nor words that nobody said.
pub async fn no_words_match_nothing(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let all = Filter::default();
    assert_eq!(memories.with_words("rust").await, [""; 0]);
    memories.write(sample::mixture(44, 30)).await;
    memories.write([plain(saying("silent", ""))]).await;
    assert_eq!(memories.matching(&[], ALL, &all).await, []);
    for words in ["unheard", "", "%", "rus", "ust"] {
        let terms = [words.to_owned()];
        assert_eq!(memories.matching(&terms, ALL, &all).await, [], "{words:?}");
    }
}

/// Nodes of the same conversation, on both sides, no farther than asked; not those that were found
/// themselves, each once.
pub async fn neighbours_stand_within_reach(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let said = |conversation: &str, index: i64, text: &str| {
        let mut node = turn(conversation, index);
        text.clone_into(&mut node.human_content);
        node
    };
    let (birds, trees) = (
        ["crow", "raven", "swift", "heron", "robin", "eagle"],
        ["plum", "pear", "quince", "apple", "cherry"],
    );
    let places = [0, 1, 2, 3, 5, 9].into_iter().zip(birds);
    let nodes = places.map(|(index, bird)| plain(said("c", index, bird)));
    let others = (0..)
        .zip(trees)
        .map(|(index, tree)| plain(said("d", index, tree)));
    memories
        .write(nodes.chain(others).chain([plain(episode("c"))]))
        .await;
    // Two nodes may stand at one place.
    let mut second = said("c", 2, "swallow");
    second.id = "c/2 again".to_owned();
    memories.write([plain(second)]).await;
    #[rustfmt::skip]
    let cases: [(&str, u64, &[&str]); 9] = [
        ("swift", 1, &["c/1", "c/2 again", "c/3"]),
        ("swift", 0, &[]),
        ("heron", 2, &["c/1", "c/2", "c/2 again", "c/5"]),
        ("crow", 1, &["c/1"]),
        ("eagle", 3, &[]),
        ("eagle", 4, &["c/5"]),
        ("raven heron", 1, &["c/0", "c/2", "c/2 again"]),
        ("crow plum", 1, &["c/1", "d/1"]),
        ("about", 9, &[]),
    ];
    let all = Filter::default();
    for _ in 0..2 {
        for (words, reach, expected) in cases {
            let found = memories.beside(words, reach, &all).await;
            assert_eq!(found, expected, "within {reach} of {words:?}");
        }
        assert_eq!(memories.beside("", 9, &all).await, [""; 0]);
        let episodes = Filter::of(Kind::Episode);
        assert_eq!(memories.beside("swift", 9, &episodes).await, [""; 0]);
        fixture.maintain().await;
    }
}

/// Places and reaches may be as large as numbers are.
pub async fn neighbours_at_the_ends_of_the_numbers(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let said = |index: i64, text: &str| {
        let mut node = turn("c", 0);
        (node.id, node.sequence_index) = (text.to_owned(), index);
        text.clone_into(&mut node.human_content);
        plain(node)
    };
    memories
        .write([said(0, "crow"), said(i64::MAX, "heron")])
        .await;
    let all = Filter::default();
    let farthest = i64::MAX.unsigned_abs();
    for (reach, found) in [(u64::MAX, 1), (farthest, 1), (farthest - 1, 0), (1, 0)] {
        for words in ["crow", "heron"] {
            let beside = memories.beside(words, reach, &all).await;
            assert_eq!(beside.len(), found, "{reach} of {words}");
        }
    }
    // The same of what vectors bring.
    let moved = Entry {
        embedding: Some(vector(&[1.0])),
        ..said(i64::MAX, "heron")
    };
    let old = said(i64::MAX, "heron").memory;
    memories.replace(&old, moved).await.expect("replace");
    let request = Request {
        reach: u64::MAX,
        ..Request::near(vector(&[1.0]), 9, all)
    };
    let found = memories.search(&request).await;
    assert_eq!(found.kinds[Kind::Node].candidates.len(), 2);
}

/// The largest first, of equals by id; named as most of its nodes name it.
pub async fn clusters_are_counted_and_named(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    assert_eq!(memories.clusters().await, []);
    let labelled: &[(i64, Option<&str>)] = &[
        (7, Some("pools")),
        (7, Some("waiting")),
        (7, Some("pools")),
        (-1, Some("waiting")),
        (-1, None),
        (-1, Some("Waiting")),
        (4, None),
        (2, Some("rust")),
        (9, Some("b")),
        (9, Some("a")),
        (9, Some("a")),
        (9, Some("b")),
    ];
    let nodes = labelled
        .iter()
        .enumerate()
        .map(|(index, (cluster, label))| {
            let mut node = turn("c", index as i64);
            node.cluster_id = Some(*cluster);
            node.cluster_label = label.map(str::to_owned);
            plain(node)
        });
    let mut unclustered = sample::node("alone");
    unclustered.cluster_label = Some("pools".to_owned());
    memories
        .write(nodes.chain([plain(unclustered), plain(episode("whole"))]))
        .await;
    let cluster = |id, label: Option<&str>, nodes| Cluster {
        id,
        label: label.map(str::to_owned),
        nodes,
    };
    let expected = [
        cluster(9, Some("a"), 4),
        cluster(-1, Some("Waiting"), 3),
        cluster(7, Some("pools"), 3),
        cluster(2, Some("rust"), 1),
        cluster(4, None, 1),
    ];
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            assert_eq!(memories.clusters().await, expected);
        }
        fixture.maintain().await;
    }
    let mixture = sample::mixture(45, 100);
    let naive: Naive = mixture.iter().cloned().collect();
    memories
        .delete(
            &memories
                .all()
                .await
                .iter()
                .map(Memory::key)
                .collect::<Vec<_>>(),
        )
        .await;
    memories.write(mixture).await;
    assert_eq!(memories.clusters().await, naive.clusters());
}

/// To ask is not to touch: what was asked for is as it was, to the last byte.
pub async fn searching_and_reading_change_nothing(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = sample::mixture(46, 40);
    let keys = memories.write(entries.clone()).await;
    let all = Filter::default();
    for _ in 0..3 {
        memories.get_all(&keys).await;
        memories.near(&[1.0]).await;
        memories.with_words("rust pool worker").await;
        memories.beside("rust", 5, &all).await;
        memories.clusters().await;
        memories.count(&all).await;
        let page = Page {
            order: Order::Newest,
            after: None,
            limit: 7,
        };
        let backend: &dyn Backend = &*memories.backend;
        backend
            .list(memories.scope, &all, &page)
            .await
            .expect("list");
    }
    fixture.maintain().await;
    for memories in [memories, Memories::open(fixture).await] {
        for entry in &entries {
            memories.assert_holds(entry).await;
        }
    }
}
