//! Inserting, replacing, touching: as a whole or not at all, and for good.

use tulving::backend::{
    BackendError, Draft, Entry, Filter, IfTaken, Inserted, LARGEST_WRITE, LiveChange,
    size_of_document, size_of_entry, size_of_id, size_of_key,
};
use tulving::model::{Key, Kind, Memory, Node};

use crate::fixture::Fixture;
use crate::memories::{Memories, assert_same, episode_key, node_key};
use crate::sample::{self, at, document, episode, piece, plain, saying, turn, with_vector};

/// What is written is what is read, to the last byte of the record and the last bit of the vector.
pub async fn what_is_written_comes_back_whole(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = sample::mixture(10, 50);
    memories.write(entries.clone()).await;
    for entry in &entries {
        memories.assert_holds(entry).await;
    }
    let listed = memories.all().await;
    assert_eq!(listed.len(), entries.len());
    for memory in listed {
        let written = entries
            .iter()
            .find(|entry| entry.memory.key() == memory.key());
        let written = written.expect("only what was written is listed");
        assert_eq!(
            sample::record_of(&memory),
            sample::record_of(&written.memory)
        );
    }
}

/// The keys of what was inserted come in the order of the drafts.
pub async fn keys_come_in_order(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let mut entries = sample::mixture(11, 30);
    entries.reverse();
    let expected: Vec<Key> = entries.iter().map(|entry| entry.memory.key()).collect();
    assert_eq!(memories.write(entries).await, expected);
}

/// No drafts are written in no time.
pub async fn writing_nothing_is_no_error(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    assert_eq!(memories.write([]).await, []);
    assert_eq!(memories.all().await, []);
}

fn assert_exists(answer: Result<Vec<Key>, BackendError>, taken: &Key) {
    match answer {
        Err(BackendError::Exists { key }) => assert_eq!(key, *taken),
        other => panic!("writing {taken}, which is taken: {other:?}"),
    }
}

/// If one id of a batch is taken, nothing of the batch is written, and what was there stays.
pub async fn a_taken_id_is_refused_and_nothing_is_written(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let first = with_vector(saying("one", "first"), &[1.0]);
    memories.write([first.clone(), plain(episode("two"))]).await;
    let batch = [
        with_vector(saying("zero", "second"), &[1.0]),
        with_vector(saying("one", "second"), &[1.0]),
        with_vector(saying("two", "second"), &[1.0]),
    ];
    let refused = memories.insert(batch.map(Draft::Whole).to_vec()).await;
    assert_exists(refused, &node_key("one"));
    for memories in [memories.clone(), Memories::open(fixture).await] {
        memories.assert_holds(&first).await;
        assert_eq!(memories.all().await.len(), 2);
        assert_eq!(memories.with_words("second").await, [""; 0]);
        assert_eq!(memories.near(&[1.0]).await, ["one"]);
    }
    // An episode's id is no node's.
    memories.write([plain(saying("two", "third"))]).await;
    let refused = memories
        .insert(vec![Draft::Whole(plain(episode("two")))])
        .await;
    assert_exists(refused, &episode_key("two"));
}

/// An id can be taken by the same batch.
pub async fn one_id_twice_in_a_batch_is_refused(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let batch = [saying("one", "a"), saying("two", "b"), saying("one", "c")];
    let drafts = batch.map(|node| Draft::Whole(plain(node))).to_vec();
    assert_exists(memories.insert(drafts).await, &node_key("one"));
    assert_eq!(memories.all().await, []);
    assert_eq!(memories.with_words("a b c").await, [""; 0]);
}

/// A thousand at once.
pub async fn big_batches_are_written_whole(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = sample::mixture(12, 1000);
    let keys = memories.write(entries.clone()).await;
    fixture.maintain().await;
    let memories = Memories::open(fixture).await;
    assert_eq!(memories.count(&Filter::default()).await.total(), 1000);
    let found = memories.get_all(&keys).await;
    for (found, entry) in found.iter().zip(&entries) {
        assert_same(found.as_ref().expect("each of the thousand"), entry);
    }
}

fn next(conversation: &str, text: &str) -> Draft {
    let mut node = saying("yet without an id", text);
    conversation.clone_into(&mut node.conversation_id);
    node.sequence_index = 999;
    Draft::Next(plain(node))
}

async fn place(memories: &Memories, key: &Key) -> (String, i64) {
    let entry = memories.get(key).await.expect("what was just written");
    let facts = entry.memory.facts();
    (
        facts.conversation_id.unwrap_or_default(),
        facts.sequence_index,
    )
}

/// The next node of a conversation gets the place after the highest, 0 in a new one, and the id of
/// its place; also within a batch, after a gap, and after the last was deleted.
pub async fn next_goes_to_the_end_of_its_conversation(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let batch = vec![next("a", "one"), next("b", "one"), next("a", "two")];
    let keys = memories.insert(batch).await.expect("insert");
    let expected = [("a", 0, "one"), ("b", 0, "one"), ("a", 1, "two")];
    for (key, (conversation, index, text)) in keys.iter().zip(expected) {
        assert_eq!(
            place(&memories, key).await,
            (conversation.to_owned(), index)
        );
        assert_eq!(*key, node_key(&Node::id_for(conversation, index, text)));
    }
    memories
        .write([plain(turn("a", 40)), plain(turn("a", 7))])
        .await;
    let memories = Memories::open(fixture).await;
    let keys = memories
        .insert(vec![next("a", "three"), next("a", "three")])
        .await;
    let keys = keys.expect("equal texts have different places");
    assert_eq!(place(&memories, &keys[0]).await.1, 41);
    assert_eq!(place(&memories, &keys[1]).await.1, 42);
    memories
        .delete(&[keys[0].clone(), keys[1].clone(), node_key("a/40")])
        .await;
    fixture.maintain().await;
    let keys = memories
        .insert(vec![next("a", "four")])
        .await
        .expect("insert");
    assert_eq!(place(&memories, &keys[0]).await.1, 8);
    let keys = memories
        .insert(vec![next("", "in no conversation")])
        .await
        .expect("insert");
    assert_eq!(place(&memories, &keys[0]).await, (String::new(), 0));
}

/// An id that follows from a place can be taken like any other.
pub async fn next_is_refused_if_its_id_is_taken(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let taken = Node::id_for("a", 1, "two");
    memories.write([plain(saying(&taken, "squatter"))]).await;
    let refused = memories
        .insert(vec![next("a", "one"), next("a", "two")])
        .await;
    assert_exists(refused, &node_key(&taken));
    assert_eq!(memories.ids(&Filter::default()).await, [taken]);
}

/// A node that keeps its id goes to the end of its conversation all the same, between those that do
/// not; its id can be taken.
pub async fn a_named_node_goes_to_the_end_and_keeps_its_id(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let named = |id: &str| {
        let mut node = saying(id, "named");
        "a".clone_into(&mut node.conversation_id);
        node.sequence_index = 999;
        Draft::NextNamed(plain(node))
    };
    let batch = vec![next("a", "one"), named("x"), next("a", "two")];
    let keys = memories.insert(batch).await.expect("insert");
    assert_eq!(keys[1], node_key("x"));
    let keys = [
        &keys[..],
        &memories.insert(vec![named("y")]).await.expect("insert"),
    ]
    .concat();
    for (key, index) in keys.iter().zip(0..) {
        assert_eq!(place(&memories, key).await, ("a".to_owned(), index));
    }
    for batch in [vec![named("x")], vec![named("z"), named("z")]] {
        let id = batch.last().map(|draft| match draft {
            Draft::NextNamed(entry) => entry.memory.key(),
            _ => unreachable!(),
        });
        assert_exists(memories.insert(batch).await, &id.expect("a draft"));
    }
    assert_eq!(memories.count(&Filter::default()).await.total(), 4);
}

/// Where what is there is to be kept, it stays as it is, whatever the draft says; all else is written.
pub async fn what_is_there_is_kept_and_the_rest_is_written(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let first = with_vector(saying("one", "first"), &[1.0]);
    memories.write([first.clone()]).await;
    let batch = [
        saying("zero", "second"),
        saying("one", "second"),
        saying("two", "second"),
        saying("two", "third"),
    ];
    let batch = batch.map(|node| Draft::Whole(with_vector(node, &[0.0, 1.0])));
    let there = |id: &str, is_same| {
        let key = node_key(id);
        Inserted::There { key, is_same }
    };
    let expected = [
        Inserted::New(node_key("zero")),
        there("one", false),
        Inserted::New(node_key("two")),
        there("two", false),
    ];
    assert_eq!(memories.keep(batch.to_vec()).await, expected);
    for memories in [memories.clone(), Memories::open(fixture).await] {
        memories.assert_holds(&first).await;
        assert_eq!(memories.with_words("second").await, ["two", "zero"]);
        assert_eq!(memories.with_words("third").await, [""; 0]);
    }
    // Twice is once.
    let again = memories.keep(batch[..3].to_vec()).await;
    assert_eq!(
        again,
        [there("zero", true), there("one", false), there("two", true)]
    );
    assert_eq!(memories.all().await.len(), 3);
    // A kind has ids of its own.
    let episode = plain(episode("one"));
    let inserted = memories.keep(vec![Draft::Whole(episode)]).await;
    assert_eq!(inserted, [Inserted::New(episode_key("one"))]);
}

/// The same is said by the same content and the same vector: what a memory was used for makes no difference,
/// nor does a vector that the draft leaves out, nor a place that it leaves to the backend.
pub async fn what_is_kept_is_compared_with_what_was_said(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let stored = with_vector(saying("one", "said"), &[1.0]);
    memories.write([plain(turn("c", 7))]).await;
    memories
        .insert(vec![Draft::NextNamed(stored.clone())])
        .await
        .expect("insert");
    memories.touch(&[node_key("one")], 1).await;
    for (draft, expected) in [
        (Draft::NextNamed(stored.clone()), true),
        (Draft::NextNamed(plain(saying("one", "said"))), true),
        (
            Draft::NextNamed(with_vector(saying("one", "said"), &[0.5])),
            false,
        ),
        (Draft::NextNamed(plain(saying("one", "other"))), false),
        // It stands somewhere else.
        (Draft::Whole(plain(turn("c", 7))), true),
    ] {
        let inserted = memories.keep(vec![draft.clone()]).await;
        let [Inserted::There { is_same, .. }] = inserted.as_slice() else {
            panic!("{draft:?}: {inserted:?}")
        };
        assert_eq!(*is_same, expected, "{draft:?}");
    }
    assert_eq!(memories.all().await.len(), 2);
}

/// An id that follows from a place was given by nobody: what has it already is another memory.
pub async fn a_place_that_is_taken_is_refused_even_where_ids_are_kept(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let taken = Node::id_for("a", 1, "two");
    memories.write([plain(saying(&taken, "squatter"))]).await;
    let drafts = vec![next("a", "one"), next("a", "two")];
    let refused = memories
        .backend
        .insert_each(memories.scope, drafts, IfTaken::Keep);
    match refused.await {
        Err(BackendError::Exists { key }) => assert_eq!(key, node_key(&taken)),
        other => panic!("{other:?}"),
    }
    assert_eq!(memories.all().await.len(), 1);
    // One that is kept takes no place.
    let named = |id: &str| {
        let mut node = saying(id, "named");
        "b".clone_into(&mut node.conversation_id);
        Draft::NextNamed(plain(node))
    };
    memories
        .keep(vec![named("x"), named("x"), named("y")])
        .await;
    assert_eq!(place(&memories, &node_key("y")).await.1, 1);
}

/// A draft that is not written says nothing of the scope's space.
pub async fn what_is_kept_decides_no_space(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    memories.write([plain(saying("one", "said"))]).await;
    let before = memories.backend.space(memories.scope).await.expect("space");
    let draft = Draft::Whole(with_vector(saying("one", "said"), &[1.0]));
    memories.keep(vec![draft]).await;
    let after = memories.backend.space(memories.scope).await.expect("space");
    assert_eq!(after, before);
    assert_eq!(
        memories.get(&node_key("one")).await.expect("one").embedding,
        None
    );
}

/// Every backend takes as much at once, and says the same of what is more.
pub async fn writes_that_are_too_large_are_refused(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let stored = plain(saying("one", "said"));
    memories.write([stored.clone()]).await;
    let (backend, scope) = (&memories.backend, memories.scope);
    let much = usize::try_from(LARGEST_WRITE).expect("it is in memory");
    let large = plain(saying("large", &"x".repeat(much)));
    let bytes = size_of_entry(&large);
    let drafts = vec![
        Draft::Whole(plain(saying("two", "said"))),
        Draft::Whole(large),
    ];
    let sum = bytes + size_of_entry(drafts[0].entry());
    let answer = backend.insert(scope, drafts).await;
    assert_too_large(answer.map(drop), sum);
    let large = with_vector(saying("one", &"x".repeat(much)), &[1.0]);
    let size = size_of_entry(&large);
    let answer = backend.put_vectors(scope, vec![large.clone()]).await;
    assert_too_large(answer.map(drop), size);
    let answer = backend.replace(scope, &stored.memory, large).await;
    assert_too_large(answer, size);
    let key = node_key(&"x".repeat(much));
    let change = LiveChange::Usage(key.clone(), 1, None);
    let (size, keys) = (size_of_key(&key), std::slice::from_ref(&key));
    for answer in [
        backend.delete(scope, keys).await.map(drop),
        backend.touch(scope, keys, at(1)).await.map(drop),
        backend.update_live(scope, vec![change]).await.map(drop),
        backend.bury(scope, keys, &[]).await,
        backend.exhume(scope, keys, &[]).await,
    ] {
        assert_too_large(answer, size);
    }
    let (whole, chunk) = (document("d"), plain(piece("d", 0)));
    let mut large = whole.clone();
    large.title = "x".repeat(much);
    let size = size_of_document(&large) + size_of_entry(&chunk);
    let answer = backend.put_document(scope, large, vec![chunk]).await;
    assert_too_large(answer, size);
    let ids = ["x".repeat(much)];
    let size = size_of_id(&ids[0]);
    for answer in [
        backend.remove_documents(scope, &ids).await.map(drop),
        backend.bury(scope, &[], &ids).await,
        backend.exhume(scope, &[], &ids).await,
    ] {
        assert_too_large(answer, size);
    }
    let half = vec!["x".repeat(much / 2 + 1)];
    let key = node_key(&half[0]);
    let size = size_of_key(&key) + size_of_id(&half[0]);
    let answer = backend.bury(scope, &[key], &half).await;
    assert_too_large(answer, size);
    let forgotten = backend.forgotten(scope).await.expect("forgotten");
    assert!(forgotten.tombstones.is_empty());
    memories.assert_holds(&stored).await;
    assert_eq!(memories.all().await.len(), 1);
    assert_eq!(memories.document("d").await, None);
}

/// What is exactly as large as a write may be is taken.
pub async fn the_largest_write_is_taken(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    memories.write([plain(saying("one", "said"))]).await;
    let most = LARGEST_WRITE - size_of_key(&node_key(""));
    let most = usize::try_from(most).expect("it is in memory");
    let key = node_key(&"x".repeat(most));
    assert_eq!(size_of_key(&key), LARGEST_WRITE);
    assert_eq!(memories.delete(&[key]).await, []);
    assert_eq!(memories.ids(&Filter::default()).await, ["one"]);
}

fn assert_too_large(answer: Result<(), BackendError>, size: u64) {
    match answer {
        Err(BackendError::TooLarge { bytes, limit }) => {
            assert_eq!((bytes, limit), (size, LARGEST_WRITE));
        }
        other => panic!("{other:?}"),
    }
}

/// An episode has no place in a conversation, so it is written as it stands.
pub async fn an_episode_has_no_next(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let whole = with_vector(episode("whole"), &[1.0]);
    let keys = memories.insert(vec![Draft::Next(whole.clone())]).await;
    assert_eq!(keys.expect("insert"), [episode_key("whole")]);
    memories.assert_holds(&whole).await;
    let refused = memories.insert(vec![Draft::Next(whole)]).await;
    assert_exists(refused, &episode_key("whole"));
}

/// Everything is as in the new memory, but for how often and when it was recalled.
pub async fn replacing_changes_all_but_what_touching_counts(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let before = with_vector(saying("one", "before"), &[1.0]);
    memories.write([before.clone()]).await;
    memories.touch(&[node_key("one")], 5).await;
    memories.touch(&[node_key("one")], 6).await;

    let mut after = saying("one", "after");
    after.has_code = true;
    after.technical_depth = 9;
    after.cluster_id = Some(3);
    after.cluster_label = Some("new".to_owned());
    after.extra = sample::json(r#"{"mood":"calm"}"#);
    // What a caller has read may be old; the counts are not his to set.
    after.access_count = 77;
    after.last_accessed = Some(at(900));
    let replaced = with_vector(after.clone(), &[0.0, 1.0]);
    memories
        .replace(&before.memory, replaced)
        .await
        .expect("replace");

    (after.access_count, after.last_accessed) = (2, Some(at(6)));
    let expected = with_vector(after, &[0.0, 1.0]);
    memories.assert_holds(&expected).await;
    fixture.maintain().await;
    let reopened = Memories::open(fixture).await;
    reopened.assert_holds(&expected).await;
    assert_eq!(reopened.all().await.len(), 1);

    let mut whole = episode("one");
    memories.write([plain(whole.clone())]).await;
    memories.touch(&[episode_key("one")], 8).await;
    let old = sample::admitted(whole.clone());
    whole.title = "Another".to_owned();
    memories
        .replace(&old, plain(whole.clone()))
        .await
        .expect("replace");
    (whole.access_count, whole.last_accessed) = (1, Some(at(8)));
    memories.assert_holds(&plain(whole)).await;
}

/// A memory that gets another time, conversation or place is found there.
pub async fn replacing_moves_a_memory_to_its_new_place(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    memories
        .write((0..4).map(|index| plain(turn("c", index))))
        .await;
    let mut moved = turn("c", 1);
    moved.created_at = at(99);
    moved.conversation_id = "d".to_owned();
    moved.sequence_index = 5;
    let moved = plain(moved);
    let old = sample::admitted(turn("c", 1));
    memories
        .replace(&old, moved.clone())
        .await
        .expect("replace");
    assert_eq!(
        memories.ids(&Filter::default()).await,
        ["c/0", "c/2", "c/3", "c/1"]
    );
    let in_d = Filter {
        conversations: vec!["d".to_owned()],
        ..Filter::default()
    };
    assert_eq!(memories.ids(&in_d).await, ["c/1"]);
    let keys = memories
        .insert(vec![next("d", "a heron")])
        .await
        .expect("insert");
    assert_eq!(place(&memories, &keys[0]).await.1, 6);
    let beside = memories.beside("heron", 9, &Filter::default()).await;
    assert_eq!(beside, ["c/1"], "only what it follows in d");
}

/// Who replaces says what he believes to be there; if it is not, nothing changes.
pub async fn only_what_is_stored_can_be_replaced(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let (first, second, third) = (
        with_vector(saying("one", "first"), &[1.0]),
        with_vector(saying("one", "second"), &[0.0, 1.0]),
        with_vector(saying("one", "third"), &[0.0, 0.0, 1.0]),
    );
    let missing = memories.replace(&first.memory, second.clone()).await;
    match missing {
        Err(BackendError::NoSuchMemory { key }) => assert_eq!(key, node_key("one")),
        other => panic!("replacing what is not there: {other:?}"),
    }
    assert_eq!(memories.all().await, []);
    memories.write([first.clone()]).await;
    memories
        .replace(&first.memory, second.clone())
        .await
        .expect("replace");
    match memories.replace(&first.memory, third.clone()).await {
        Err(BackendError::Changed { key }) => assert_eq!(key, node_key("one")),
        other => panic!("replacing what was replaced: {other:?}"),
    }
    memories.assert_holds(&second).await;
    assert_eq!(memories.with_words("third").await, [""; 0]);
    // What nobody knows a field for is content too.
    let mut other = saying("one", "second");
    other.extra = sample::json(r#"{"mood":1}"#);
    let changed = memories
        .replace(&sample::admitted(other), third.clone())
        .await;
    assert!(
        matches!(changed, Err(BackendError::Changed { .. })),
        "{changed:?}"
    );
    memories
        .replace(&second.memory, third.clone())
        .await
        .expect("replace");
    memories.assert_holds(&third).await;
}

/// A memory that was recalled in between is still the same.
pub async fn touching_does_not_stand_in_the_way_of_replacing(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let before = plain(saying("one", "before"));
    memories.write([before.clone()]).await;
    memories.touch(&[node_key("one")], 3).await;
    let mut seen = memories
        .get(&node_key("one"))
        .await
        .expect("the memory")
        .memory;
    memories.touch(&[node_key("one")], 4).await;
    if let Memory::Node(node) = &mut seen {
        node.cluster_id = Some(9);
    }
    memories
        .replace(&seen, plain(saying("one", "after")))
        .await
        .expect("replace");
    let mut expected = saying("one", "after");
    (expected.access_count, expected.last_accessed) = (2, Some(at(4)));
    memories.assert_holds(&plain(expected)).await;
}

/// One more for each key that is there, however often it is named; the time is the last given.
pub async fn touching_counts_each_key_once(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let mut busy = turn("c", 0);
    busy.access_count = 41;
    busy.last_accessed = Some(at(500));
    memories
        .write([plain(busy), plain(turn("c", 1)), plain(episode("c/0"))])
        .await;
    let (zero, one) = (node_key("c/0"), node_key("c/1"));
    assert_eq!(memories.touch(&[], 1).await, 0);
    assert_eq!(
        memories
            .touch(&[node_key("nobody"), episode_key("c/1")], 1)
            .await,
        0
    );
    let named = [zero.clone(), one.clone(), zero.clone(), node_key("nobody")];
    assert_eq!(memories.touch(&named, 7).await, 2);
    let touched = |entry: Option<Entry>| entry.expect("the memory").memory.usage();
    for memories in [memories.clone(), Memories::open(fixture).await] {
        assert_eq!(touched(memories.get(&zero).await), (42, Some(at(7))));
        assert_eq!(touched(memories.get(&one).await), (1, Some(at(7))));
        assert_eq!(touched(memories.get(&episode_key("c/0")).await), (0, None));
    }
    assert_eq!(
        memories.touch(&[episode_key("c/0"), one.clone()], 6).await,
        2
    );
    fixture.maintain().await;
    let memories = Memories::open(fixture).await;
    assert_eq!(touched(memories.get(&one).await), (2, Some(at(6))));
    assert_eq!(
        touched(memories.get(&episode_key("c/0")).await),
        (1, Some(at(6)))
    );
}

/// A memory that was recalled as often as can be counted stays at that, and has the time of the last.
pub async fn the_highest_count_stays_the_highest(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let mut busy = turn("c", 0);
    busy.access_count = i64::MAX;
    memories.write([plain(busy), plain(turn("c", 1))]).await;
    let keys = [node_key("c/0"), node_key("c/1")];
    assert_eq!(memories.touch(&keys, 7).await, 2);
    let most = LiveChange::Usage(keys[1].clone(), i64::MAX, None);
    assert_eq!(memories.update_live(vec![most]).await, 1);
    assert_eq!(memories.touch(&keys, 8).await, 2);
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            for key in &keys {
                let usage = memories.get(key).await.expect("a node").memory.usage();
                assert_eq!(usage, (i64::MAX, Some(at(8))), "{key}");
            }
        }
        fixture.maintain().await;
    }
}

/// What was said, and the vector, stay to the last byte.
pub async fn touching_changes_nothing_else(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let record = r#"{"last_accessed":"2024-01-15T10:30:00","mood":NaN,"id":"odd","title":null,
        "messages":[{"role":"user","content":"\ud83d\u0000","weight":1e2}],"source":"grok",
        "created_at":"2024-01-15","access_count":3,"duration_minutes":1.50}"#;
    let odd = Entry {
        memory: sample::from_record(Kind::Episode, record),
        embedding: Some(sample::vector(&[-0.0, 1.0])),
    };
    memories.write([odd.clone()]).await;
    memories.assert_holds(&odd).await;
    memories.touch(&[episode_key("odd")], 7).await;
    let text = sample::record_of(&odd.memory)
        .replace(r#""access_count":3"#, r#""access_count":4"#)
        .replace("2024-01-15T10:30:00", &at(7).isoformat());
    let expected = Entry {
        memory: sample::from_record(Kind::Episode, &text),
        ..odd
    };
    fixture.maintain().await;
    for memories in [memories, Memories::open(fixture).await] {
        memories.assert_holds(&expected).await;
    }
}

/// Each key has its answer, in the order of the keys, as often as it is named.
pub async fn keys_are_asked_for_in_any_order(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    memories
        .write([
            plain(turn("c", 0)),
            plain(turn("c", 1)),
            plain(episode("c/1")),
        ])
        .await;
    assert_eq!(memories.get_all(&[]).await, []);
    let keys = ["c/1", "nobody", "c/0", "c/1"].map(node_key);
    let keys = [&keys[..], &[episode_key("c/1"), episode_key("c/0")]].concat();
    let found = memories.get_all(&keys).await;
    let found: Vec<_> = found
        .iter()
        .map(|entry| entry.as_ref().map(|e| e.memory.key()))
        .collect();
    let expected = [Some(0), None, Some(2), Some(3), Some(4), None];
    assert_eq!(
        found,
        expected.map(|at: Option<usize>| at.map(|at| keys[at].clone()))
    );
}

/// What was written, replaced and deleted is so for everybody who opens the place afterwards, before
/// and after the backend has tidied up.
pub async fn everything_is_there_when_it_is_opened_again(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let mut entries = sample::mixture(13, 60);
    memories.write(entries[..30].to_vec()).await;
    fixture.maintain().await;
    memories.write(entries[30..].to_vec()).await;
    for index in [5, 45] {
        let old = entries[index].memory.clone();
        let mut new = old.clone();
        match &mut new {
            Memory::Node(node) => node.human_content = "replaced".to_owned(),
            Memory::Episode(episode) => episode.title = "replaced".to_owned(),
            Memory::Chunk(chunk) => chunk.content = "replaced".to_owned(),
        }
        entries[index].memory = sample::admitted(new);
        memories
            .replace(&old, entries[index].clone())
            .await
            .expect("replace");
    }
    let gone = [entries.remove(50), entries.remove(20)].map(|entry| entry.memory.key());
    memories.delete(&gone).await;
    drop(memories);
    for _ in 0..2 {
        let memories = Memories::open(fixture).await;
        assert_eq!(memories.all().await.len(), entries.len());
        for entry in &entries {
            memories.assert_holds(entry).await;
        }
        assert_eq!(memories.get_all(&gone).await, [None, None]);
        fixture.maintain().await;
    }
}
