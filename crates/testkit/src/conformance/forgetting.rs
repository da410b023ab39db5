//! What is deleted is gone: for every method, for everybody who looks, for good.

use tulving::backend::{Counts, Filter};
use tulving::model::{Facts, Kind};

use crate::fixture::Fixture;
use crate::memories::{ALL, Memories, episode_key, node_key};
use crate::naive::Naive;
use crate::sample::{self, episode, plain, saying, turn, vector, with_vector};
use crate::scoring;

/// A conversation of three, the middle one with a canary, in a cluster of its own; and an episode
/// with a canary.
async fn write_canaries(memories: &Memories) {
    let mut canary = turn("c", 1);
    canary.human_content = "canary".to_owned();
    canary.cluster_id = Some(7);
    let mut neighbour = turn("c", 0);
    neighbour.human_content = "heron".to_owned();
    let mut whole = episode("canary");
    whole.title = "canary".to_owned();
    memories
        .write([
            with_vector(neighbour, &[0.0, 1.0]),
            with_vector(canary, &[1.0]),
            with_vector(turn("c", 2), &[0.0, 0.0, 1.0]),
            with_vector(whole, &[1.0]),
        ])
        .await;
}

/// What finds the canaries, by method.
async fn finders(memories: &Memories) -> Vec<&'static str> {
    let all = Filter::default();
    let is_canary = |facts: &Facts| facts.key() == node_key("c/1") || facts.id == "canary";
    let keys = [node_key("c/1"), episode_key("canary")];
    let mut finders = Vec::new();
    let mut note = |method, found| {
        if found {
            finders.push(method);
        }
    };
    let got = memories.get_all(&keys).await;
    note("get", got.iter().any(Option::is_some));
    let listed = memories.all().await;
    note(
        "list",
        listed.iter().any(|memory| is_canary(&memory.facts())),
    );
    note("count", memories.count(&all).await.total() > 2);
    let near = memories.nearest(&vector(&[1.0]), ALL, &all).await;
    note("nearest", near.iter().any(|hit| is_canary(&hit.facts)));
    let words = memories
        .matching(&scoring::terms("canary"), ALL, &all)
        .await;
    note("matching", !words.is_empty());
    let said = memories
        .saying(Kind::Node, &["canary\n\nThis is the answer."])
        .await;
    note("content hash", !said.is_empty());
    let beside = memories.beside("heron", 9, &all).await;
    note("neighbours", beside.contains(&"c/1".to_owned()));
    note("clusters", !memories.clusters().await.is_empty());
    note("touch", memories.touch(&keys, 1).await > 0);
    finders
}

/// A deleted memory is found by no method: not at once, not by others, not after the backend has
/// tidied up and is opened again.
pub async fn deleted_memories_are_found_by_nothing(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let another = Memories::open(fixture).await;
    write_canaries(&memories).await;
    let everything = [
        "get",
        "list",
        "count",
        "nearest",
        "matching",
        "content hash",
        "neighbours",
        "clusters",
        "touch",
    ];
    assert_eq!(finders(&memories).await, everything);
    assert_eq!(finders(&another).await, everything);

    let deleted = [node_key("c/1"), episode_key("canary")];
    assert_eq!(
        sorted(memories.delete(&deleted).await),
        sorted(deleted.to_vec())
    );
    assert_eq!(finders(&memories).await, [""; 0]);
    assert_eq!(finders(&another).await, [""; 0]);
    fixture.maintain().await;
    assert_eq!(finders(&another).await, [""; 0]);
    let reopened = Memories::open(fixture).await;
    assert_eq!(finders(&reopened).await, [""; 0]);
}

fn sorted<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items
}

/// Ids that are not there are no error, and are not among those that were deleted; one that is named
/// twice is deleted once.
pub async fn what_was_never_there_is_deleted_in_silence(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    assert_eq!(memories.delete(&[]).await, []);
    assert_eq!(memories.delete(&[node_key("nobody")]).await, []);
    memories.write([plain(turn("c", 0))]).await;
    let (there, nowhere) = (node_key("c/0"), node_key("nobody"));
    let asked = [nowhere, there.clone(), episode_key("c/0"), there.clone()];
    assert_eq!(memories.delete(&asked).await, [there]);
    assert_eq!(memories.delete(&asked).await, []);
}

/// Deleting one leaves every other whole.
pub async fn deleting_leaves_everything_else_as_it_is(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = sample::mixture(1, 40);
    memories.write(entries.clone()).await;
    let keys: Vec<_> = entries.iter().map(|entry| entry.memory.key()).collect();
    memories
        .delete(&[keys[3].clone(), keys[17].clone(), keys[39].clone()])
        .await;
    fixture.maintain().await;
    for memories in [memories, Memories::open(fixture).await] {
        for (index, entry) in entries.iter().enumerate() {
            if [3, 17, 39].contains(&index) {
                assert_eq!(memories.get(&keys[index]).await, None);
            } else {
                memories.assert_holds(entry).await;
            }
        }
        assert_eq!(memories.count(&Filter::default()).await.total(), 37);
    }
}

/// A node and an episode with one id are two memories.
pub async fn deleting_one_kind_leaves_the_other(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let whole = with_vector(episode("one"), &[1.0]);
    memories
        .write([with_vector(sample::node("one"), &[1.0]), whole.clone()])
        .await;
    assert_eq!(memories.near(&[1.0]).await, ["one", "one"]);
    assert_eq!(memories.delete(&[node_key("one")]).await, [node_key("one")]);
    memories.assert_holds(&whole).await;
    assert_eq!(memories.near(&[1.0]).await, ["one"]);
    let counts = memories.count(&Filter::default()).await;
    assert_eq!(counts, Counts::from([(Kind::Node, 0), (Kind::Episode, 1)]));
}

/// A scope can be emptied, and used again.
pub async fn deleting_everything_leaves_nothing(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let keys = memories.write(sample::mixture(2, 20)).await;
    assert_eq!(memories.delete(&keys).await.len(), 20);
    fixture.maintain().await;
    for memories in [memories.clone(), Memories::open(fixture).await] {
        assert_eq!(memories.count(&Filter::default()).await, Counts::default());
        assert_eq!(memories.all().await, []);
        assert_eq!(memories.clusters().await, []);
        assert_eq!(memories.near(&[1.0]).await, [""; 0]);
        assert_eq!(memories.with_words("pool worker rust").await, [""; 0]);
    }
    memories.write(sample::mixture(2, 20)).await;
    assert_eq!(memories.count(&Filter::default()).await.total(), 20);
}

/// Who takes a deleted memory's id inherits nothing of it.
pub async fn deleted_ids_begin_anew(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    memories
        .write([with_vector(saying("one", "canary"), &[1.0])])
        .await;
    memories.touch(&[node_key("one")], 5).await;
    memories.delete(&[node_key("one")]).await;
    let successor = plain(saying("one", "swallow"));
    memories.write([successor.clone()]).await;
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            memories.assert_holds(&successor).await;
            assert_eq!(memories.with_words("canary").await, [""; 0]);
            assert_eq!(memories.with_words("swallow").await, ["one"]);
            assert_eq!(memories.near(&[1.0]).await, [""; 0]);
        }
        fixture.maintain().await;
    }
}

/// A replaced memory is not found by what it used to say, by the vector or in the places it used to
/// have.
pub async fn replaced_words_and_vectors_find_nothing(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let mut before = saying("one", "canary");
    before.conversation_id = "cage".to_owned();
    before.cluster_id = Some(7);
    before.tags = sample::json(r#"{"topics":["yellow"]}"#);
    let before = with_vector(before, &[1.0]);
    let mut caged = saying("three", "heron");
    caged.conversation_id = "cage".to_owned();
    caged.sequence_index = 1;
    memories
        .write([
            before.clone(),
            with_vector(saying("two", "crow"), &[0.0, 1.0]),
            plain(caged),
        ])
        .await;
    let mut after = saying("one", "swallow");
    after.conversation_id = "sky".to_owned();
    let after = plain(after);
    memories
        .replace(&before.memory, after.clone())
        .await
        .expect("replace");
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            memories.assert_holds(&after).await;
            assert_eq!(memories.with_words("canary").await, [""; 0]);
            assert_eq!(memories.with_words("swallow").await, ["one"]);
            assert_eq!(memories.near(&[1.0]).await, ["two"]);
            assert_eq!(memories.clusters().await, []);
            let in_cage = Filter {
                conversations: vec!["cage".to_owned()],
                ..Filter::default()
            };
            assert_eq!(memories.ids(&in_cage).await, ["three"]);
            let yellow = Filter {
                tags: vec!["yellow".to_owned()],
                ..Filter::default()
            };
            assert_eq!(memories.ids(&yellow).await, [""; 0]);
            let beside = memories.beside("heron", 9, &Filter::default()).await;
            assert_eq!(beside, [""; 0]);
        }
        fixture.maintain().await;
    }
}

/// Scores are those of a scope that never held what was deleted: no count of words remembers it.
pub async fn deleted_memories_weigh_nothing(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = sample::mixture(3, 60);
    let keys = memories.write(entries.clone()).await;
    memories.delete(&keys[20..]).await;
    let naive: Naive = entries[..20].iter().cloned().collect();
    let terms = scoring::terms("pool rust cursor");
    let expected = naive.matching(&terms, ALL, &Filter::default());
    assert!(!expected.is_empty());
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            let found = memories.matching(&terms, ALL, &Filter::default()).await;
            assert_eq!(found, expected);
        }
        fixture.maintain().await;
    }
}
