//! What a store promises beyond its backend: vectors by themselves, as many hits as there are, and
//! honest words where vectors cannot be compared.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::sync::Arc;

use testkit::sample;
use testkit::strict::StrictBackend;
use tulving::backend::file::FileBackend;
use tulving::backend::{Filter, Inserted, LiveChange, Membership, Page};
use tulving::embed::{Builtin, Embedder as _};
use tulving::model::{Kind, Memory, PerKind};
use tulving::parity;
use tulving::record;
use tulving::store::{
    Change, Limit, Mode, NewNode, Query, ScopedStore, Store, StoreConfig, StoreError,
};

fn empty() -> ScopedStore {
    let owner = sample::user(1);
    let backend = Arc::new(StrictBackend::new([owner]));
    Store::new(backend, Arc::new(Builtin::new())).scope(owner)
}

async fn pool() -> ScopedStore {
    let memory = empty();
    let turns = [
        (
            "Why did the worker hang?",
            "The connection pool was exhausted.",
        ),
        ("What is the capital of France?", "Paris."),
        (
            "How do I bake bread?",
            "Flour, water, salt, yeast, and time.",
        ),
    ];
    let nodes = turns.map(|(question, answer)| NewNode::new(question, answer));
    memory.add(nodes.to_vec()).await.unwrap();
    memory
}

/// A memory whose vectors no embedder here makes.
async fn foreign() -> ScopedStore {
    let memory = empty();
    let node = Memory::from(sample::saying("far", "the pool was exhausted"));
    let vector = sample::vector(&[1.0]).numbers().to_vec();
    memory.insert(vec![(node, Some(vector))]).await.unwrap();
    memory
}

fn ids(found: &tulving::store::Found) -> Vec<&str> {
    found.hits.iter().map(|hit| hit.memory.id()).collect()
}

#[tokio::test]
async fn the_same_import_twice_writes_once_and_says_what_was_there() {
    let memory = empty();
    let old = Memory::from(sample::saying("old", "the pool was exhausted"));
    let other = Memory::from(sample::saying("old", "the pool was full"));
    let new = Memory::from(sample::saying("new", "sixteen workers"));
    let first = memory.import(vec![(old.clone(), None)]).await.unwrap();
    assert_eq!(first, [Inserted::New(old.key())]);
    let there = |is_same| Inserted::There {
        key: old.key(),
        is_same,
    };
    let again = memory.import(vec![
        (new.clone(), None),
        (old.clone(), None),
        (other, None),
    ]);
    assert_eq!(
        again.await.unwrap(),
        [Inserted::New(new.key()), there(true), there(false),]
    );
    let stored = memory.get("old").await.unwrap();
    assert!(record::same_content(&stored.memory, &old));
    assert!(stored.embedding.is_some(), "made as `add` makes it");
}

#[tokio::test]
async fn live_fields_that_no_record_holds_are_refused_before_any_is_changed() {
    let memory = empty();
    let node = Memory::from(sample::saying("one", "crow"));
    memory.insert(vec![(node.clone(), None)]).await.unwrap();
    let cluster = |confidence| {
        let membership = Membership {
            cluster: 3,
            label: Some("birds".to_owned()),
            confidence,
        };
        LiveChange::Cluster(node.key(), Some(membership))
    };
    let usage = |count| LiveChange::Usage(node.key(), count, None);
    for flawed in [cluster(f64::NAN), cluster(1.5), usage(-1)] {
        let refused = memory.update_live(vec![usage(9), flawed]).await;
        assert!(matches!(refused, Err(StoreError::Flawed { index: 1, .. })));
    }
    assert_eq!(memory.get("one").await.unwrap().memory.usage(), (0, None));
    let changed = memory.update_live(vec![cluster(0.5), usage(9)]).await;
    assert_eq!(changed.unwrap(), 1);
    let stored = memory.get("one").await.unwrap().memory;
    assert_eq!((stored.cluster_id(), stored.usage().0), (Some(3), 9));
}

#[tokio::test]
async fn an_owner_that_is_erased_begins_anew() {
    let memory = pool().await;
    assert_eq!(memory.erase().await.unwrap().total(), 3);
    assert_eq!(memory.count(&Filter::default()).await.unwrap().total(), 0);
    let found = memory.search(&Query::text("pool")).await.unwrap();
    assert!(found.hits.is_empty());
    memory
        .add(vec![NewNode::new("Why?", "The pool.")])
        .await
        .unwrap();
    let found = memory.search(&Query::text("pool")).await.unwrap();
    assert_eq!(found.hits.len(), 1);
}

#[tokio::test]
async fn what_is_asked_in_other_words_is_found_by_meaning() {
    let memory = pool().await;
    let query = Query::text("recipe for a loaf").mode(Mode::Vector).top_k(1);
    let found = memory.search(&query).await.unwrap();
    let Memory::Node(best) = &found.hits[0].memory else {
        panic!("nodes only")
    };
    assert_eq!(best.human_content, "How do I bake bread?");
    assert_eq!((found.rows_in_scope, found.words_only), (3, None));
}

#[tokio::test]
async fn a_search_brings_as_many_as_are_asked_for_or_as_there_are() {
    let memory = pool().await;
    let episodes = (0..4).map(|at| (Memory::from(sample::episode(&format!("e{at}"))), None));
    memory.insert(episodes.collect()).await.unwrap();
    let many = (0..300).map(|at| NewNode::new(format!("bread number {at}"), ""));
    memory.add(many.collect()).await.unwrap();
    for (limit, nodes, episodes) in [
        (Limit::Total(0), 0, 0),
        (Limit::Total(307), 303, 4),
        (Limit::Total(9_999), 303, 4),
        (
            Limit::Each(PerKind::from([(Kind::Node, 2), (Kind::Episode, 9)])),
            2,
            4,
        ),
        (
            Limit::Each(PerKind::from([(Kind::Node, 0), (Kind::Episode, 3)])),
            0,
            3,
        ),
    ] {
        let mut query = Query::text("bread about hello");
        query.limit = limit;
        let found = memory.search(&query).await.unwrap();
        let of = |kind| {
            found
                .hits
                .iter()
                .filter(|hit| hit.memory.kind() == kind)
                .count()
        };
        assert_eq!(
            (of(Kind::Node), of(Kind::Episode)),
            (nodes, episodes),
            "{limit:?}"
        );
        let ranks: Vec<usize> = found.hits.iter().map(|hit| hit.rank).collect();
        assert_eq!(ranks, (1..=nodes + episodes).collect::<Vec<_>>());
        assert!(
            found.hits.is_sorted_by(|a, b| a.score >= b.score),
            "{limit:?}"
        );
        assert_eq!(found.rows_in_scope, 307);
    }
}

#[tokio::test]
async fn what_is_like_a_memory_is_not_the_memory_itself() {
    let memory = pool().await;
    let silent = Memory::from(sample::saying("silent", ""));
    let vector = vec![0.5; Builtin::new().space().dims];
    memory.insert(vec![(silent, Some(vector))]).await.unwrap();
    let found = memory.search(&Query::like("silent")).await.unwrap();
    assert_eq!(found.hits.len(), 3);
    memory
        .delete(&[tulving::model::Key::new(Kind::Node, "silent")])
        .await
        .unwrap();

    let listing = memory.list(&Filter::default(), &page(1)).await.unwrap();
    let id = listing.memories[0].id();
    for mode in [Mode::Hybrid, Mode::Vector, Mode::Keyword] {
        let found = memory.search(&Query::like(id).mode(mode)).await.unwrap();
        assert!(!ids(&found).contains(&id), "{mode:?}");
        assert!(mode == Mode::Keyword || found.hits.len() == 2, "{mode:?}");
    }
    // The labels that a text is embedded with are no words of it.
    let labels = vec![NewNode::new("assistant human", "")];
    let labels = memory.add(labels).await.unwrap().ids;
    let query = Query::like(id).mode(Mode::Keyword);
    let found = memory.search(&query).await.unwrap();
    assert!(!ids(&found).contains(&labels[0].as_str()));
    let unknown = memory.search(&Query::like("mem_0")).await.unwrap_err();
    assert!(
        matches!(unknown, StoreError::NoSuchMemory { .. }),
        "{unknown}"
    );
}

#[tokio::test]
async fn where_vectors_cannot_be_compared_words_are_looked_for_and_that_is_said() {
    let memory = foreign().await;
    let found = memory.search(&Query::text("exhausted")).await.unwrap();
    assert_eq!(ids(&found), ["far"]);
    let why = found.words_only.unwrap();
    assert_eq!(
        (why.stored.dims, &why.embedder),
        (8, Builtin::new().space())
    );

    let query = Query::text("exhausted").mode(Mode::Vector);
    let refused = memory.search(&query).await.unwrap_err();
    assert!(matches!(refused, StoreError::NoEmbedder(_)), "{refused}");

    let given = Query::vector(sample::vector(&[1.0, 0.5]).numbers().to_vec());
    assert_eq!(ids(&memory.search(&given).await.unwrap()), ["far"]);
    let narrow = memory.search(&Query::vector(vec![1.0])).await.unwrap_err();
    assert!(matches!(narrow, StoreError::GivenVector(_)), "{narrow}");

    let added = memory
        .add(vec![NewNode::new("a late remark", "")])
        .await
        .unwrap();
    assert!(added.words_only.is_some());
    let entry = memory.get(&added.ids[0]).await.unwrap();
    assert_eq!(entry.embedding, None);
    assert_eq!(
        ids(&memory.search(&Query::text("remark")).await.unwrap()),
        [&added.ids[0]]
    );
}

#[tokio::test]
async fn nothing_asked_is_an_error() {
    let memory = pool().await;
    for query in [
        Query::text(""),
        Query::text(" \n"),
        Query::vector(vec![0.0; 256]).mode(Mode::Keyword),
    ] {
        let refused = memory.search(&query).await.unwrap_err();
        assert!(matches!(refused, StoreError::EmptyQuery), "{refused}");
    }
    let found = memory.search(&Query::text("?!")).await.unwrap();
    assert_eq!(found.hits.len(), 0);
}

#[tokio::test]
async fn a_change_of_text_is_a_change_of_vector() {
    let memory = pool().await;
    let query = Query::text("Paris").mode(Mode::Keyword);
    let id = memory.search(&query).await.unwrap().hits[0]
        .memory
        .id()
        .to_owned();
    let before = memory.get(&id).await.unwrap();
    let change = Change {
        answer: Some("Lyon, for a while.".to_owned()),
        ..Change::default()
    };
    memory.update(&id, &change).await.unwrap();
    let after = memory.get(&id).await.unwrap();
    assert_ne!(after.embedding, before.embedding);
    assert_eq!(memory.search(&query).await.unwrap().hits.len(), 0);

    let change = Change {
        source: Some("elsewhere".to_owned()),
        ..Change::default()
    };
    memory.update(&id, &change).await.unwrap();
    let moved = memory.get(&id).await.unwrap();
    assert_eq!(
        (moved.memory.source(), moved.embedding),
        ("elsewhere", after.embedding)
    );

    let change = Change {
        title: Some("t".to_owned()),
        ..Change::default()
    };
    let refused = memory.update(&id, &change).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::NoSuchField { field: "title", .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn a_change_outlives_what_was_carried() {
    let memory = empty();
    let node = sample::from_record(
        Kind::Node,
        r#"{"id":"a","conversation_id":"c","sequence_index":0,"human_content":"q \ud83d",
            "assistant_content":"a","source":"x","created_at":"2024-01-15T10:30:00","mood":NaN}"#,
    );
    memory.insert(vec![(node, None)]).await.unwrap();
    let change = Change {
        question: Some("q, mended".to_owned()),
        created_at: Some(sample::at(5)),
        ..Change::default()
    };
    memory.update("a", &change).await.unwrap();
    let record = sample::record_of(&memory.get("a").await.unwrap().memory);
    assert!(
        record.contains(r#""human_content":"q, mended""#),
        "{record}"
    );
    assert!(record.contains(&sample::at(5).isoformat()), "{record}");
    assert!(record.contains(r#""mood":NaN"#), "{record}");
}

#[tokio::test]
async fn of_a_batch_all_are_kept_or_none() {
    let memory = empty();
    let mut bad = NewNode::new("second", "");
    bad.source = Some("Not A Source".to_owned());
    let refused = memory
        .add(vec![NewNode::new("first", ""), bad])
        .await
        .unwrap_err();
    assert!(
        matches!(refused, StoreError::Flawed { index: 1, .. }),
        "{refused}"
    );
    assert_eq!(memory.count(&Filter::default()).await.unwrap().total(), 0);
}

#[tokio::test]
async fn writers_of_one_memory_lose_nothing_of_each_other() {
    let memory = pool().await;
    let listing = memory.list(&Filter::default(), &page(1)).await.unwrap();
    let id = listing.memories[0].id().to_owned();
    let source = Change {
        source: Some("by-one".to_owned()),
        ..Change::default()
    };
    let answer = Change {
        answer: Some("by the other".to_owned()),
        ..Change::default()
    };
    let (one, other) = tokio::join!(memory.update(&id, &source), memory.update(&id, &answer));
    one.unwrap();
    other.unwrap();
    let Memory::Node(node) = memory.get(&id).await.unwrap().memory else {
        panic!("a node")
    };
    assert_eq!(
        (&*node.source, &*node.assistant_content),
        ("by-one", "by the other")
    );
}

#[tokio::test]
async fn a_directory_is_made_once_and_then_opened_for_its_owner() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("memory");
    let open = || Store::open_or_create(directory.clone(), Arc::new(Builtin::new()));

    let nothing = Store::open_directory(directory.clone(), Arc::new(Builtin::new())).await;
    assert!(nothing.is_err() && !directory.exists());

    let together = tokio::join!(open(), open(), open());
    let owners = [together.0, together.1, together.2].map(|memory| memory.unwrap().owner());
    assert_eq!(owners, [owners[0]; 3]);

    open()
        .await
        .unwrap()
        .add(vec![NewNode::new("q", "a")])
        .await
        .unwrap();
    let again = Store::open_directory(directory.clone(), Arc::new(Builtin::new()))
        .await
        .unwrap();
    assert_eq!(again.owner(), owners[0]);
    assert_eq!(again.count(&Filter::default()).await.unwrap().total(), 1);
}

#[tokio::test]
async fn a_directory_of_something_else_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("thesis.tex"), "x").unwrap();
    let refused = Store::open_or_create(home.path(), Arc::new(Builtin::new())).await;
    assert!(refused.is_err());
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn files_answer_as_memory_does_until_one_word_differs() {
    let strict = pool().await;
    let directory = tempfile::tempdir().unwrap();
    let config = StoreConfig::files(directory.path());
    let owner = strict.owner();
    FileBackend::create(directory.path(), owner, Some(config.embedder.space())).unwrap();
    let files = Store::open(config).await.unwrap().scope(owner);
    let all = strict
        .list(&Filter::default(), &page(10))
        .await
        .unwrap()
        .memories;
    let copies = all.iter().map(|memory| (memory.clone(), None)).collect();
    files.insert(copies).await.unwrap();

    let compare = || {
        let (files, strict) = (side("files", &files), side("memory", &strict));
        parity::compare(files, strict, 10, &|_, _| {})
    };
    let same = compare().await.unwrap();
    assert_eq!((same.holds(), same.questions), (true, 15), "{same:?}");

    let change = Change {
        answer: Some("Something else.".to_owned()),
        ..Change::default()
    };
    files.update(all[0].id(), &change).await.unwrap();
    let different = compare().await.unwrap();
    assert!(!different.holds());
    let what = &different.differences[0].what;
    assert!(
        what.contains("in files") && what.contains("in memory"),
        "{what}"
    );
}

fn side<'s>(name: &'s str, store: &'s ScopedStore) -> parity::Side<'s> {
    parity::Side { name, store }
}

fn page(limit: usize) -> Page {
    Page::default().limit(limit)
}
