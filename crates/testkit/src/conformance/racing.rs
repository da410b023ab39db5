//! Several writers at once, each with a view of its own, as if each were a process.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinSet;
use tulving::backend::{BackendError, Draft, Entry, Filter, Inserted, Request};
use tulving::model::{Key, Kind, Memory};

use crate::fixture::Fixture;
use crate::memories::{Memories, node_key};
use crate::sample::{self, plain, saying, turn, vector, with_vector};
use crate::scoring;

const WRITERS: usize = 32;

/// What each of the writers says, by number; every second one looks through a view of its own.
async fn race<A, W>(fixture: &dyn Fixture, write: impl Fn(usize, Memories) -> W) -> Vec<A>
where
    A: Send + 'static,
    W: Future<Output = A> + Send + 'static,
{
    let shared = Memories::open(fixture).await;
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        let memories = if number % 2 == 0 {
            shared.clone()
        } else {
            Memories::open(fixture).await
        };
        let writing = write(number, memories);
        writers.spawn(async move { (number, writing.await) });
    }
    let mut answers = writers.join_all().await;
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Nobody who writes something of his own is turned away, and nothing is lost.
pub async fn writers_of_different_ids_all_succeed(fixture: &dyn Fixture) {
    race(fixture, |number, memories| async move {
        for round in 0..3 {
            let node = saying(&format!("{number}/{round}"), &format!("canary {number}"));
            memories
                .write([with_vector(node, &[1.0, number as f32])])
                .await;
        }
    })
    .await;
    fixture.maintain().await;
    let memories = Memories::open(fixture).await;
    assert_eq!(memories.all().await.len(), 3 * WRITERS);
    assert_eq!(memories.with_words("canary").await.len(), 3 * WRITERS);
    assert_eq!(memories.near(&[1.0]).await.len(), 3 * WRITERS);
}

/// Of those who import the same at once, one writes each memory, and all are told that it is there.
pub async fn of_imports_of_the_same_one_writes_each_memory(fixture: &dyn Fixture) {
    let answers = race(fixture, |number, memories| async move {
        // Each begins somewhere else.
        let ids = (0..WRITERS).map(|n| (n + number) % WRITERS);
        let drafts = ids.map(|id| Draft::Whole(plain(saying(&format!("n{id}"), "imported"))));
        memories.keep(drafts.collect()).await
    })
    .await;
    let mut new = 0;
    for inserted in answers.into_iter().flatten() {
        match inserted {
            Inserted::New(_) => new += 1,
            Inserted::There { is_same, key } => assert!(is_same, "{key}"),
        }
    }
    assert_eq!(new, WRITERS);
    fixture.maintain().await;
    let memories = Memories::open(fixture).await;
    assert_eq!(memories.all().await.len(), WRITERS);
    assert_eq!(memories.with_words("imported").await.len(), WRITERS);
}

/// Exactly one gets the id; the others are told that it is taken, and none of what they brought along
/// is there.
pub async fn of_writers_of_one_id_one_succeeds(fixture: &dyn Fixture) {
    let answers = race(fixture, |number, memories| async move {
        let batch = vec![
            Draft::Whole(plain(saying(&format!("luggage of {number}"), "luggage"))),
            Draft::Whole(plain(saying("prize", &format!("number {number}")))),
        ];
        match memories.insert(batch).await {
            Ok(_) => true,
            Err(BackendError::Exists { key }) if key == node_key("prize") => false,
            Err(other) => panic!("writer {number}: {other:?}"),
        }
    })
    .await;
    let winners: Vec<usize> = (0..WRITERS).filter(|number| answers[*number]).collect();
    assert_eq!(winners.len(), 1, "{winners:?}");
    let memories = Memories::open(fixture).await;
    let prize = plain(saying("prize", &format!("number {}", winners[0])));
    memories.assert_holds(&prize).await;
    assert_eq!(
        memories.with_words("luggage").await,
        [format!("luggage of {}", winners[0])]
    );
    assert_eq!(memories.all().await.len(), 2);
}

/// Whoever adds to one conversation: places run from 0 without gap or repetition, and what is written
/// together stands together.
pub async fn places_in_a_conversation_are_given_once(fixture: &dyn Fixture) {
    let keys: Vec<Vec<Key>> = race(fixture, |number, memories| async move {
        let next = |text: &str| Draft::Next(plain(saying("unplaced", &format!("{text} {number}"))));
        memories
            .insert(vec![next("one"), next("two")])
            .await
            .expect("insert")
    })
    .await;
    let memories = Memories::open(fixture).await;
    let mut places = BTreeSet::new();
    for pair in &keys {
        let found = memories.get_all(pair).await;
        let pair: Vec<i64> = found
            .iter()
            .map(|entry| {
                entry
                    .as_ref()
                    .expect("what was written")
                    .memory
                    .facts()
                    .sequence_index
            })
            .collect();
        assert_eq!(pair[1], pair[0] + 1, "written together");
        places.extend(pair);
    }
    assert!(places.into_iter().eq(0..2 * WRITERS as i64));
    assert_eq!(memories.all().await.len(), 2 * WRITERS);
}

/// Of several who have read the same, one replaces it; the others are told that it changed.
pub async fn of_replacements_of_one_state_one_succeeds(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let before = plain(saying("one", "before"));
    memories.write([before.clone()]).await;
    let answers = race(fixture, |number, memories| {
        let old = before.memory.clone();
        async move {
            let new = plain(saying("one", &format!("number {number}")));
            match memories.replace(&old, new).await {
                Ok(()) => true,
                Err(BackendError::Changed { key }) if key == node_key("one") => false,
                Err(other) => panic!("writer {number}: {other:?}"),
            }
        }
    })
    .await;
    let winners: Vec<usize> = (0..WRITERS).filter(|number| answers[*number]).collect();
    assert_eq!(winners.len(), 1, "{winners:?}");
    let expected = plain(saying("one", &format!("number {}", winners[0])));
    memories.assert_holds(&expected).await;
}

/// Who reads again and tries again gets his change in, on top of everybody else's.
pub async fn no_replacement_is_lost(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    memories.write([plain(saying("one", ""))]).await;
    race(fixture, |number, memories| async move {
        loop {
            let old = memories.get(&node_key("one")).await.expect("one").memory;
            let Memory::Node(node) = &old else {
                panic!("a node was asked for");
            };
            let text = format!("{} w{number}", node.human_content);
            match memories.replace(&old, plain(saying("one", &text))).await {
                Ok(()) => break,
                Err(BackendError::Changed { .. }) => {}
                Err(other) => panic!("writer {number}: {other:?}"),
            }
        }
    })
    .await;
    let Some(Memory::Node(node)) = memories
        .get(&node_key("one"))
        .await
        .map(|entry| entry.memory)
    else {
        panic!("one is a node");
    };
    let said: BTreeSet<String> = node
        .human_content
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    assert_eq!(
        said,
        (0..WRITERS).map(|number| format!("w{number}")).collect()
    );
}

/// Every touch counts, also while the memory is being replaced.
pub async fn no_touch_is_lost(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    memories
        .write([plain(turn("c", 0)), plain(turn("c", 1))])
        .await;
    race(fixture, |number, memories| async move {
        let keys = [node_key("c/0"), node_key("c/1")];
        assert_eq!(memories.touch(&keys, number as i64).await, 2);
        let old = memories.get(&keys[0]).await.expect("c/0");
        let mut new = turn("c", 0);
        new.assistant_content = format!("answer {number}");
        match memories.replace(&old.memory, plain(new)).await {
            Ok(()) | Err(BackendError::Changed { .. }) => {}
            Err(other) => panic!("writer {number}: {other:?}"),
        }
    })
    .await;
    for id in ["c/0", "c/1"] {
        let entry = memories.get(&node_key(id)).await.expect("a node");
        let Memory::Node(node) = entry.memory else {
            panic!("a node was asked for");
        };
        assert_eq!(node.access_count, WRITERS as i64, "{id}");
    }
}

/// Who reads while batches are written and deleted sees all of a batch or nothing of it.
pub async fn batches_are_seen_whole(fixture: &dyn Fixture) {
    const BATCH: usize = 7;
    race(fixture, |number, memories| async move {
        if number % 4 == 0 {
            let nodes = (0..BATCH)
                .map(|index| with_vector(turn(&format!("c{number}"), index as i64), &[1.0]));
            let keys = memories.write(nodes).await;
            if number % 8 == 0 {
                memories.delete(&keys).await;
            }
        } else {
            for _ in 0..4 {
                assert_eq!(
                    memories.count(&Filter::default()).await[Kind::Node] as usize % BATCH,
                    0,
                    "count"
                );
                assert_eq!(memories.all().await.len() % BATCH, 0, "list");
                assert_eq!(memories.near(&[1.0]).await.len() % BATCH, 0, "nearest");
                assert_eq!(
                    memories.with_words("answer").await.len() % BATCH,
                    0,
                    "matching"
                );
            }
        }
    })
    .await;
}

/// Whoever writes meanwhile: what one search finds by vector, by words and beside, and what it counts, is of
/// one moment.
pub async fn a_search_is_one_snapshot(fixture: &dyn Fixture) {
    const CHANGES: usize = 40;
    let memories = Memories::open(fixture).await;
    memories
        .write([with_vector(saying("there all the time", "robin"), &[1.0])])
        .await;
    // One node that is now a crow, near one vector, now a heron, near another.
    let changing = |bird: &str, numbers: &[f32]| {
        let mut node = saying("changing", bird);
        node.conversation_id = "changing".to_owned();
        with_vector(node, numbers)
    };
    let states = [
        changing("crow", &[0.0, 1.0]),
        changing("heron", &[0.0, 0.0, 1.0]),
    ];
    memories.write([states[0].clone()]).await;
    // A node, one beside it that no search finds by itself, and an episode, which come and go together.
    let mut beside = turn("coming", 1);
    beside.human_content = "swallow".to_owned();
    let mut head = turn("coming", 0);
    head.human_content = "raven".to_owned();
    let coming = [
        with_vector(head, &[0.0, 0.0, 0.0, 1.0]),
        plain(beside),
        plain(sample::episode("coming")),
    ];
    let writer = Memories::open(fixture).await;
    let writing = async {
        for change in 0..CHANGES {
            let (old, new) = (&states[change % 2], &states[(change + 1) % 2]);
            let replaced = writer.replace(&old.memory, new.clone()).await;
            replaced.expect("replace");
            let keys = writer.write(coming.clone()).await;
            writer.delete(&keys).await;
        }
    };
    let done = AtomicBool::new(false);
    let writing = async {
        writing.await;
        done.store(true, Ordering::SeqCst);
    };
    let reading = async {
        let mut seen = BTreeSet::new();
        while !done.load(Ordering::SeqCst) {
            let request = Request {
                terms: scoring::asked("crow raven"),
                reach: 2,
                ..Request::near(vector(&[0.0, 1.0, 0.0, 0.5]), 9, Filter::default())
            };
            let found = memories.search(&request).await.kinds;
            let nodes = &found[Kind::Node];
            let of = |id: &str| nodes.candidates.iter().find(|one| one.facts.id == id);
            let changing = of("changing").expect("it is there all the time");
            let is_crow = changing.keyword.is_some();
            assert_eq!(changing.vector.is_some_and(|near| near > 0.5), is_crow);
            let head = of("coming/0").map(|head| (head.vector.is_some(), head.keyword.is_some()));
            let came = head.is_some();
            assert!(head.is_none_or(|found| found == (true, true)), "{head:?}");
            assert_eq!(of("coming/1").is_some(), came, "what stands beside");
            assert_eq!(nodes.memories, if came { 4 } else { 2 });
            assert_eq!(found[Kind::Episode].memories, u64::from(came));
            seen.insert((is_crow, came));
        }
        seen
    };
    let (seen, ()) = tokio::join!(reading, writing);
    assert!(seen.len() > 1, "nothing was written meanwhile: {seen:?}");
}

/// As soon as a write has returned, every view gives what was written, however often views alternate.
pub async fn what_one_has_written_all_others_see(fixture: &dyn Fixture) {
    let mut views = Vec::new();
    for _ in 0..4 {
        views.push(Memories::open(fixture).await);
    }
    let word = |round: usize| "w".repeat(round + 1);
    for round in 0..12 {
        let writer = &views[round % 4];
        let entry = with_vector(
            saying(&format!("r{round:02}"), &word(round)),
            &[1.0, round as f32],
        );
        writer.write([entry.clone()]).await;
        if round == 6 {
            fixture.maintain().await;
        }
        for view in &views {
            view.assert_holds(&entry).await;
            assert_eq!(view.all().await.len(), round + 1);
            assert_eq!(view.with_words(&word(round)).await.len(), 1);
            assert_eq!(view.near(&[1.0]).await.len(), round + 1);
        }
    }
    for round in 0..12 {
        views[(round + 1) % 4]
            .delete(&[node_key(&format!("r{round:02}"))])
            .await;
        for view in &views {
            assert_eq!(view.all().await.len(), 11 - round);
            assert_eq!(view.near(&[1.0]).await.len(), 11 - round);
        }
    }
}

/// Of those who put, remove and add to one document each comes after the other: what is left is the document as
/// one put it, with all its chunks, or nothing; and no chunk without it.
pub async fn no_chunk_outlives_its_document(fixture: &dyn Fixture) {
    // First by everybody; then nobody puts it any more.
    for is_put in [true, false] {
        race(fixture, |number, memories| async move {
            for round in 0..2 {
                let name = format!("w{number} r{round}");
                match number % 4 {
                    0 => {
                        memories.remove_documents(&["d"]).await;
                    }
                    1 | 2 if is_put => put_saying(&memories, &name).await,
                    _ => {
                        let next = Draft::Next(chunk_saying(0, &format!("more of {name}")));
                        match memories.insert(vec![next]).await {
                            Ok(_) | Err(BackendError::NoSuchDocument { .. }) => {}
                            Err(other) => panic!("writer {number}: {other:?}"),
                        }
                    }
                }
            }
        })
        .await;
        for _ in 0..2 {
            let memories = Memories::open(fixture).await;
            let all = memories.all().await;
            let chunks = all.iter().map(|memory| match memory {
                Memory::Chunk(chunk) => chunk.content.as_str(),
                other => panic!("{} was not written", other.key()),
            });
            let (more, put): (Vec<&str>, Vec<&str>) =
                chunks.partition(|content| content.starts_with("more of "));
            match memories.document("d").await {
                Some(document) => {
                    assert!(is_put, "it is removed");
                    assert_eq!(put, [document.title.as_str(); 3]);
                }
                None => assert_eq!((more, put), (Vec::new(), Vec::new())),
            }
            assert_eq!(memories.near(&[1.0]).await.len(), all.len());
            fixture.maintain().await;
        }
    }
}

fn chunk_saying(index: i64, text: &str) -> Entry {
    let mut chunk = sample::piece("d", index);
    text.clone_into(&mut chunk.content);
    with_vector(chunk, &[1.0])
}

async fn put_saying(memories: &Memories, text: &str) {
    let mut document = sample::document("d");
    text.clone_into(&mut document.title);
    let chunks = (0..3).map(|index| chunk_saying(index, text));
    let put = memories.put_document(&document, chunks).await;
    put.expect("put a document");
}
