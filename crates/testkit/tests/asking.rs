//! What a question says besides its words, and what an answer says about itself.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use testkit::sample;
use testkit::strict::StrictBackend;
use tulving::backend::{Filter, SearchMethod};
use tulving::embed::{Builtin, EmbedError, Embedder, Purpose};
use tulving::model::{Kind, Memory, Node, PerKind, Space};
use tulving::store::{Found, Limit, Mode, NewNode, Query, ScopedStore, Store, StoreError};

fn with(embedder: Arc<dyn Embedder>) -> ScopedStore {
    let owner = sample::user(1);
    let backend = Arc::new(StrictBackend::new([owner]));
    Store::new(backend, embedder).scope(owner)
}

fn empty() -> ScopedStore {
    with(Arc::new(Builtin::new()))
}

fn said(id: &str, text: &str, conversation: &str, index: i64) -> (Memory, Option<Vec<f32>>) {
    let mut node = sample::saying(id, text);
    conversation.clone_into(&mut node.conversation_id);
    node.sequence_index = index;
    (node.into(), None)
}

fn ids(found: &Found) -> Vec<&str> {
    found.hits.iter().map(|hit| hit.memory.id()).collect()
}

/// Three nodes, of which the last says nothing that words or vectors could find, and an episode.
async fn pool() -> ScopedStore {
    let memory = empty();
    let mut elsewhere = sample::saying("elsewhere", "the pool was exhausted");
    "chat".clone_into(&mut elsewhere.source);
    elsewhere.conversation_id = "c".to_owned();
    elsewhere.sequence_index = 1;
    let nodes = vec![
        said("hit", "the pool was exhausted again", "c", 0),
        (elsewhere.into(), None),
        said("beside", "?!", "c", 2),
        (sample::episode("pool").into(), None),
    ];
    memory.insert(nodes).await.unwrap();
    memory
}

#[tokio::test]
async fn what_does_not_pass_the_filter_is_not_found_not_even_beside_a_hit() {
    let memory = pool().await;
    let of = |kind, source: &str| Filter {
        sources: vec![source.to_owned()],
        ..Filter::of(kind)
    };
    for (filter, expected, rows) in [
        (of(Kind::Node, "chat"), vec!["elsewhere"], 3),
        (of(Kind::Node, Node::OWN_SOURCE), vec!["hit", "beside"], 3),
        (Filter::of(Kind::Episode), vec!["pool"], 1),
    ] {
        let query = Query::text("pool exhausted").filter(filter);
        let found = memory.search(&query).await.unwrap();
        assert_eq!(ids(&found), expected);
        assert_eq!(found.rows_in_scope, rows, "those in which was looked");
        assert_eq!(found.found_by, SearchMethod::Exact);
    }
}

#[tokio::test]
async fn what_stands_beside_a_hit_comes_with_it_though_many_are_more_alike() {
    let memory = pool().await;
    let others = (0..250).map(|at| said(&format!("o{at}"), "a pool", "d", at));
    memory.insert(others.collect()).await.unwrap();
    let query = Query::text("pool exhausted").top_k(20);
    let found = memory.search(&query).await.unwrap();
    assert!(ids(&found).contains(&"beside"), "{:?}", ids(&found));
}

#[tokio::test]
async fn a_hit_says_by_what_it_was_found_and_shows_where() {
    let memory = pool().await;
    for (mode, by_vector, by_words) in [
        (Mode::Hybrid, true, true),
        (Mode::Vector, true, false),
        (Mode::Keyword, false, true),
    ] {
        let query = Query::text("pool exhausted").mode(mode).top_k(1);
        let found = memory.search(&query).await.unwrap();
        let hit = &found.hits[0];
        assert_eq!(hit.vector.is_some(), by_vector, "{mode:?}");
        assert_eq!(hit.keyword.is_some(), by_words, "{mode:?}");
        assert!(!hit.snippet.marks.is_empty(), "{mode:?}");
    }
}

#[tokio::test]
async fn hits_score_at_least_as_much_as_is_asked() {
    let memory = pool().await;
    let mut query = Query::text("pool exhausted").mode(Mode::Keyword);
    let all = memory.search(&query).await.unwrap();
    assert_eq!(all.hits.len(), 3);
    query.min_score = Some(all.hits[1].score);
    let found = memory.search(&query).await.unwrap();
    assert_eq!(ids(&found), ids(&all)[..2]);
}

#[tokio::test]
async fn limits_hold_for_many_of_both_kinds() {
    let memory = empty();
    let nodes = (0..250).map(|at| said(&format!("n{at}"), "about the pool", "c", at));
    let episodes = (0..9).map(|at| (Memory::from(sample::episode(&format!("e{at}"))), None));
    memory
        .insert(nodes.chain(episodes).collect())
        .await
        .unwrap();
    let found = memory.search(&Query::text("about").top_k(5)).await.unwrap();
    assert_eq!(found.hits.len(), 5);
    let mut query = Query::text("about");
    query.limit = Limit::Each(PerKind::from([(Kind::Node, 240), (Kind::Episode, 9)]));
    assert_eq!(memory.search(&query).await.unwrap().hits.len(), 249);
    // The memory itself comes first among those like it, and takes nobody's place.
    let query = Query::like("n7")
        .mode(Mode::Vector)
        .filter(Filter::of(Kind::Node));
    let found = memory.search(&query.top_k(249)).await.unwrap();
    assert_eq!(found.hits.len(), 249);
}

/// Two are ahead by words and two by vector; together the evidence is for the fifth.
#[tokio::test]
async fn the_best_by_both_is_found_even_if_one_hit_is_asked_for() {
    let memory = empty();
    let node = |id: &str, text: &str, vector: &[f32]| {
        let (node, _) = said(id, text, id, 0);
        (node, Some(sample::vector(vector).numbers().to_vec()))
    };
    let nodes = vec![
        node("words 1", "pool pool pool", &[0.0, 1.0]),
        node("words 2", "pool pool pool", &[0.0, 1.0]),
        node("near 1", "bread", &[1.0]),
        node("near 2", "bread", &[1.0]),
        node("both", "pool pool it is", &[1.0, 0.1]),
    ];
    memory.insert(nodes).await.unwrap();
    let query = Query::text("pool").with_vector(sample::vector(&[1.0]).numbers().to_vec());
    let found = memory.search(&query.top_k(1)).await.unwrap();
    assert_eq!(ids(&found), ["both"]);
}

#[tokio::test]
async fn a_memory_without_a_vector_is_compared_by_its_words_or_not_at_all() {
    let memory = empty();
    let vector = sample::vector(&[1.0]).numbers().to_vec();
    let (far, _) = said("far", "the pool", "a", 0);
    memory
        .insert(vec![(far, Some(vector.clone()))])
        .await
        .unwrap();
    let plain = vec![said("plain", "a pool", "b", 0)];
    assert!(memory.insert(plain).await.unwrap().words_only.is_some());
    let found = memory.search(&Query::like("plain")).await.unwrap();
    assert_eq!(ids(&found), ["far"]);
    let query = Query::like("plain").mode(Mode::Vector);
    let refused = memory.search(&query).await.unwrap_err();
    assert!(matches!(refused, StoreError::NoVector { .. }), "{refused}");
    let query = Query::text(" ").with_vector(vector).mode(Mode::Keyword);
    let refused = memory.search(&query).await.unwrap_err();
    assert!(matches!(refused, StoreError::EmptyQuery), "{refused}");
}

#[derive(Debug)]
struct Recorder {
    space: Arc<Space>,
    asked: Mutex<Vec<(String, Purpose)>>,
}

#[async_trait]
impl Embedder for Recorder {
    fn space(&self) -> &Arc<Space> {
        &self.space
    }

    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        let asked = texts.iter().map(|text| (text.clone(), purpose));
        self.asked.lock().unwrap().extend(asked);
        Ok(vec![vec![1.0; self.space.dims]; texts.len()])
    }
}

#[tokio::test]
async fn an_embedder_is_told_what_a_text_is_for() {
    let recorder = Arc::new(Recorder {
        space: sample::space(),
        asked: Mutex::default(),
    });
    let memory = with(recorder.clone());
    memory.add(vec![NewNode::new("Why?", "So.")]).await.unwrap();
    memory.search(&Query::text("why so")).await.unwrap();
    assert_eq!(
        *recorder.asked.lock().unwrap(),
        [
            ("Human: Why?\n\nAssistant: So.".to_owned(), Purpose::Memory),
            ("why so".to_owned(), Purpose::Query)
        ]
    );
}

/// Breaks over some texts, or all.
#[derive(Debug)]
struct Breaking {
    space: Arc<Space>,
    over: &'static str,
}

#[async_trait]
impl Embedder for Breaking {
    fn space(&self) -> &Arc<Space> {
        &self.space
    }

    async fn embed(&self, texts: &[String], _: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        if texts.iter().any(|text| text.contains(self.over)) {
            return Err(EmbedError::Refused {
                url: "http://h".to_owned(),
                status: 500,
                message: "unsupported value: NaN".to_owned(),
            });
        }
        Ok(vec![vec![1.0; self.space.dims]; texts.len()])
    }
}

#[tokio::test]
async fn a_text_over_which_the_server_breaks_is_named_and_all_others_get_vectors() {
    let memory = with(Arc::new(Builtin::new()));
    let new = |n| NewNode::new(format!("number {n}"), "said");
    memory.add((0..300).map(new).collect()).await.unwrap();
    let breaking = |over| Breaking {
        space: Arc::new(Space::local("other", 3)),
        over,
    };
    let broken = memory.fill(&breaking(""), &|_| {}).await;
    assert!(matches!(broken, Err(StoreError::Embed(_))), "{broken:?}");
    let filled = memory
        .fill(&breaking("number 77\n"), &|_| {})
        .await
        .unwrap();
    assert_eq!(filled.made, 299);
    let [refused] = filled.refused.as_slice() else {
        panic!("{filled:?}");
    };
    assert!(refused.why.contains("NaN"), "{refused:?}");
}
