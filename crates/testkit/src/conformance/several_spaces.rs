//! Vectors of several spaces in one scope, of which one is searched.

use std::sync::Arc;

use tokio::task::JoinSet;
use tulving::backend::{BackendError, Entry, Filter, KeptSpaces, Request};
use tulving::model::{Embedding, Key, Memory, Space};
use tulving::search::text::embedded;

use crate::fixture::{Fixture, Other};
use crate::memories::{ALL, Memories, assert_same, ids, node_key};
use crate::naive::Naive;
use crate::sample::{self, DIMS, mixture, plain, saying, turn, with_vector};

/// The space that is filled beside the current one: of another width.
pub(super) fn beside() -> Arc<Space> {
    Arc::new(Space::local("beside", DIMS + 3))
}

/// What this model makes of the text of a memory.
pub(super) fn made(space: &Arc<Space>, memory: &Memory) -> Embedding {
    let mut numbers = vec![0.0; space.dims];
    let text = embedded(memory);
    for (at, byte) in text.bytes().enumerate() {
        numbers[at % space.dims] += f32::from(byte) - 96.0;
    }
    numbers[0] += text.len() as f32 + 0.5;
    Embedding::new(Arc::clone(space), numbers).expect("finite numbers")
}

pub(super) fn embedded_in(space: &Arc<Space>, memory: &Memory) -> Entry {
    Entry {
        memory: memory.clone(),
        embedding: Some(made(space, memory)),
    }
}

impl Memories {
    pub(super) async fn kept(&self) -> KeptSpaces {
        self.backend.spaces(self.scope).await.expect("spaces")
    }

    pub(super) async fn add_space(&self, space: &Space) {
        let added = self.backend.add_space(self.scope, space);
        added.await.expect("add a space");
    }

    /// Writes vectors; gives the keys of those that were written, sorted.
    pub(super) async fn put_vectors(&self, entries: Vec<Entry>) -> Vec<Key> {
        let put = self.backend.put_vectors(self.scope, entries);
        let mut put = put.await.expect("put vectors");
        put.sort();
        put
    }

    pub(super) async fn vectors_in(&self, space: &Space, keys: &[Key]) -> Vec<Option<Embedding>> {
        let vectors = self.backend.vectors(self.scope, space, keys);
        vectors.await.expect("vectors")
    }

    pub(super) async fn vector_in(&self, space: &Space, key: &Key) -> Option<Embedding> {
        let mut found = self.vectors_in(space, std::slice::from_ref(key)).await;
        assert_eq!(found.len(), 1, "one answer for one key");
        found.pop().flatten()
    }

    /// The keys of all memories that lack a vector, asked for in pages of that size; sorted.
    pub(super) async fn lacking(&self, space: &Space, limit: usize) -> Vec<Key> {
        let (mut keys, mut after) = (Vec::new(), None);
        loop {
            let page = self
                .backend
                .lacking(self.scope, space, after.as_ref(), limit);
            let page = page.await.expect("lacking");
            assert!(
                page.memories.len() <= limit,
                "a page is as long as it may be"
            );
            keys.extend(page.memories.iter().map(Memory::key));
            after = page.next;
            if after.is_none() {
                keys.sort();
                return keys;
            }
        }
    }

    /// Fills a space.
    pub(super) async fn fill(&self, space: &Arc<Space>) {
        let mut after = None;
        loop {
            let page = self.backend.lacking(self.scope, space, after.as_ref(), 7);
            let page = page.await.expect("lacking");
            let made = page.memories.iter();
            self.put_vectors(made.map(|memory| embedded_in(space, memory)).collect())
                .await;
            after = page.next;
            if after.is_none() {
                return;
            }
        }
    }

    pub(super) async fn cut_over(&self, to: &Space) {
        let cut = self.backend.cut_over(self.scope, to);
        cut.await.expect("cut over");
    }

    /// One chunk after another, at most that many; whether that was all.
    pub(super) async fn follow(&self, chunks: usize, limit: usize) -> bool {
        let mut after = None;
        for _ in 0..chunks {
            let followed = self
                .backend
                .follow(self.scope, after.as_ref(), limit)
                .await
                .expect("follow");
            after = followed.next;
            if after.is_none() {
                return true;
            }
        }
        false
    }

    pub(super) async fn drop_space(&self, space: &Space) -> bool {
        let dropped = self.backend.drop_space(self.scope, space);
        dropped.await.expect("drop a space")
    }

    /// That what is searched is these entries, and nothing else.
    pub(super) async fn assert_searches(&self, expected: &Naive, query: &Embedding) {
        for limit in [1, 5, ALL] {
            let found = self.nearest(query, limit, &Filter::default()).await;
            let naive = expected.nearest(query, limit, &Filter::default());
            assert_eq!(ids(&found), ids(&naive), "of {limit} nearest");
            assert_eq!(found, naive);
        }
        let keys: Vec<Key> = expected.0.keys().cloned().collect();
        for (entry, key) in self.get_all(&keys).await.into_iter().zip(&keys) {
            assert_same(&entry.expect("it is there"), &expected.0[key]);
        }
    }
}

/// The same memories with what a model makes of their texts.
fn all_in(space: &Arc<Space>, entries: &[Entry]) -> Naive {
    let made = |entry: &Entry| embedded_in(space, &entry.memory);
    entries.iter().map(made).collect()
}

pub(super) fn keys(entries: &[Entry]) -> Vec<Key> {
    let mut keys: Vec<Key> = entries.iter().map(|entry| entry.memory.key()).collect();
    keys.sort();
    keys
}

pub(super) fn unknown<T>(answer: Result<T, BackendError>) {
    match answer {
        Err(BackendError::UnknownSpace { .. }) => {}
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("a space that is not kept"),
    }
}

/// A further space is kept, counted, and neither searched nor written to by what names no space.
pub async fn a_further_space_is_kept_beside(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = mixture(41, 30);
    memories.write(entries.clone()).await;
    let expected: Naive = entries.iter().cloned().collect();
    assert_eq!(memories.kept().await.further, []);
    memories.add_space(&beside()).await;
    // The same model, whoever runs it.
    memories
        .add_space(&Space {
            provider: "http".to_owned(),
            model: "hub/Beside:latest".to_owned(),
            dims: DIMS + 3,
        })
        .await;
    memories.add_space(&sample::space()).await;
    let some = &entries[..20];
    let put = some
        .iter()
        .map(|entry| embedded_in(&beside(), &entry.memory));
    assert_eq!(memories.put_vectors(put.collect()).await, keys(some));
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            let kept = memories.kept().await;
            let current = kept.current.expect("a current space");
            assert_eq!(current.space, sample::space());
            let of_current = entries.iter().filter(|entry| entry.embedding.is_some());
            assert_eq!(current.vectors.total(), of_current.count() as u64);
            let [further] = &kept.further[..] else {
                panic!("one further space: {:?}", kept.further);
            };
            assert_eq!((&further.space, further.vectors.total()), (&beside(), 20));
            assert_eq!(kept.behind.total(), 0);
            memories
                .assert_searches(&expected, &sample::vector(&[1.0, 0.5]))
                .await;
            for entry in some {
                let found = memories.vector_in(&beside(), &entry.memory.key()).await;
                assert_eq!(found, Some(made(&beside(), &entry.memory)));
                let current = memories
                    .vector_in(&sample::space(), &entry.memory.key())
                    .await;
                assert_eq!(current, entry.embedding);
            }
            assert_eq!(memories.vector_in(&beside(), &node_key("no")).await, None);
        }
        fixture.maintain().await;
    }
    let foreign = embedded_in(&beside(), &sample::admitted(turn("c", 0)));
    let refused = memories
        .insert(vec![tulving::backend::Draft::Whole(foreign.clone())])
        .await;
    assert!(
        matches!(refused, Err(BackendError::WrongSpace { .. })),
        "{refused:?}"
    );
}

/// A vector is written where the memory is there and still says what was embedded; one that is there
/// is replaced, and where any is of a space that is not kept, none is written.
pub async fn only_the_text_that_was_embedded_gets_a_vector(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let (one, two) = (
        with_vector(saying("one", "first"), &[1.0]),
        with_vector(saying("two", "second"), &[1.0]),
    );
    memories.write([one.clone(), two.clone()]).await;
    memories.add_space(&beside()).await;
    let before = sample::admitted(saying("two", "before"));
    let batch = vec![
        embedded_in(&beside(), &one.memory),
        embedded_in(&beside(), &before),
        embedded_in(&beside(), &sample::admitted(saying("three", "gone"))),
        plain(saying("two", "second")),
    ];
    assert_eq!(memories.put_vectors(batch).await, [node_key("one")]);
    assert_eq!(memories.lacking(&beside(), 9).await, [node_key("two")]);
    // What the space says elsewhere does not matter.
    let mut used = one.memory.clone();
    used.set_usage((7, None));
    let newer = Entry {
        memory: used,
        embedding: Some(made(&beside(), &before)),
    };
    let newer_vector = newer.embedding.clone();
    assert_eq!(memories.put_vectors(vec![newer]).await, [node_key("one")]);
    assert_eq!(
        memories.vector_in(&beside(), &node_key("one")).await,
        newer_vector
    );
    let stranger = Arc::new(Space::local("stranger", 4));
    let mixed = vec![
        embedded_in(&beside(), &two.memory),
        embedded_in(&stranger, &one.memory),
    ];
    unknown(memories.backend.put_vectors(memories.scope, mixed).await);
    assert_eq!(memories.vector_in(&beside(), &node_key("two")).await, None);
    let scope = memories.scope;
    unknown(memories.backend.vectors(scope, &stranger, &[]).await);
    unknown(memories.backend.lacking(scope, &stranger, None, 1).await);
    unknown(memories.backend.cut_over(scope, &stranger).await);
    assert!(!memories.drop_space(&stranger).await);
    // In the current space as well, where memories had none.
    let three = plain(saying("three", "third"));
    memories.write([three.clone()]).await;
    assert_eq!(
        memories.lacking(&sample::space(), 1).await,
        [node_key("three")]
    );
    let three = embedded_in(&sample::space(), &three.memory);
    memories.put_vectors(vec![three.clone()]).await;
    memories.assert_holds(&three).await;
    assert_eq!(memories.near(&[1.0]).await.len(), 3);
    fixture.maintain().await;
    let memories = Memories::open(fixture).await;
    memories.assert_holds(&three).await;
    assert_eq!(
        memories.vector_in(&beside(), &node_key("one")).await,
        newer_vector
    );
}

/// What lacks a vector is found once, in pages of any size, also what was written meanwhile.
pub async fn what_lacks_a_vector_is_found_page_by_page(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = mixture(42, 30);
    memories.write(entries.clone()).await;
    memories.add_space(&beside()).await;
    for limit in [1, 4, 29, 30, 31, ALL] {
        assert_eq!(memories.lacking(&beside(), limit).await, keys(&entries));
    }
    let without = entries.iter().filter(|entry| entry.embedding.is_none());
    let without: Vec<Entry> = without.cloned().collect();
    assert_eq!(memories.lacking(&sample::space(), 3).await, keys(&without));
    let some: Vec<Entry> = entries.iter().step_by(2).cloned().collect();
    let rest: Vec<Entry> = entries.iter().skip(1).step_by(2).cloned().collect();
    let put = some
        .iter()
        .map(|entry| embedded_in(&beside(), &entry.memory));
    memories.put_vectors(put.collect()).await;
    for _ in 0..2 {
        assert_eq!(memories.lacking(&beside(), 4).await, keys(&rest));
        fixture.maintain().await;
    }
    memories.fill(&beside()).await;
    assert_eq!(memories.lacking(&beside(), 4).await, []);
    memories.write([plain(turn("later", 0))]).await;
    assert_eq!(memories.lacking(&beside(), 4).await, [node_key("later/0")]);
}

/// Searches change at once, and are the same at every step of what follows; what has no vector in the new
/// space is found by words. And back.
pub async fn cutting_over_changes_searches_at_once(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = mixture(43, 40);
    memories.write(entries.clone()).await;
    let lone = with_vector(saying("lone", "vacuum"), &[1.0]);
    let before: Naive = entries.iter().chain([&lone]).cloned().collect();
    memories.add_space(&beside()).await;
    memories.fill(&beside()).await;
    memories.write([lone.clone()]).await;
    let mut after = all_in(&beside(), &entries);
    let without = plain(saying("lone", "vacuum"));
    after.0.insert(lone.memory.key(), without);
    let (old, new) = (sample::vector(&[1.0, 0.5]), made(&beside(), &lone.memory));
    memories.assert_searches(&before, &old).await;

    let check = async |memories: &Memories, after: &Naive, query: &Embedding, other: &Naive| {
        memories.assert_searches(after, query).await;
        let space = memories.backend.space(memories.scope).await.expect("space");
        assert_eq!(space.as_ref(), Some(query.space()));
        for entry in other.0.values() {
            if let Some(vector) = &entry.embedding {
                let found = memories
                    .vector_in(vector.space(), &entry.memory.key())
                    .await;
                assert_eq!(found.as_ref(), Some(vector));
            }
        }
        assert_eq!(memories.with_words("vacuum").await, ["lone"]);
    };
    memories.cut_over(&beside()).await;
    memories.cut_over(&beside()).await;
    check(&memories, &after, &new, &before).await;
    // The vector of another model finds nothing, and it is said which model it must be.
    let of_before = Request::near(old.clone(), 9, Filter::default());
    let found = memories.search(&of_before).await;
    assert_eq!(found.space, Some(beside()));
    assert!(found.kinds.values().all(|kind| kind.candidates.is_empty()));
    check(&Memories::open(fixture).await, &after, &new, &before).await;
    for chunks in [1, 3, 1] {
        memories.follow(chunks, 3).await;
        check(&memories, &after, &new, &before).await;
    }
    fixture.maintain().await;
    check(&Memories::open(fixture).await, &after, &new, &before).await;
    assert!(memories.follow(ALL, 4).await);
    assert_eq!(memories.kept().await.behind.total(), 0);
    check(&memories, &after, &new, &before).await;
    fixture.maintain().await;
    check(&Memories::open(fixture).await, &after, &new, &before).await;

    // Back, before and after it has followed.
    for _ in 0..2 {
        memories.cut_over(&sample::space()).await;
        check(&memories, &before, &old, &after).await;
        memories.follow(1, 9).await;
        check(&memories, &before, &old, &after).await;
        memories.cut_over(&beside()).await;
        check(&memories, &after, &new, &before).await;
    }
    memories.cut_over(&sample::space()).await;
    assert!(memories.follow(ALL, ALL).await);
    fixture.maintain().await;
    check(&Memories::open(fixture).await, &before, &old, &after).await;
    assert_eq!(memories.kept().await.behind.total(), 0);
}

/// A scope that has followed half-way is written to like any other.
pub async fn a_scope_that_is_half_way_is_written_to(fixture: &dyn Fixture) {
    for chunks in [0, 2] {
        let memories = Memories::open(fixture).await;
        memories.add_space(&sample::space()).await;
        memories.cut_over(&sample::space()).await;
        let name = |id: &str| format!("{chunks}{id}");
        let entries: Vec<Entry> = ["a", "b", "c", "d", "e", "f"]
            .into_iter()
            .map(|id| with_vector(saying(&name(id), "before"), &[1.0]))
            .collect();
        memories.write(entries.clone()).await;
        memories.add_space(&beside()).await;
        memories.fill(&beside()).await;
        memories.cut_over(&beside()).await;
        memories.follow(chunks, 2).await;

        let old = |id: &str| entries.iter().find(|entry| entry.memory.id() == name(id));
        let old = |id: &str| &old(id).expect("one of them").memory;
        for id in ["a", "f"] {
            // Another text: no vector of the old one is left.
            let new = sample::admitted(saying(&name(id), "after"));
            let new = embedded_in(&beside(), &new);
            memories
                .replace(old(id), new.clone())
                .await
                .expect("replace");
            memories.assert_holds(&new).await;
            let key = new.memory.key();
            assert_eq!(memories.vector_in(&sample::space(), &key).await, None);
        }
        for id in ["b", "e"] {
            // The same text, and another label.
            let mut new = saying(&name(id), "before");
            new.cluster_id = Some(5);
            let new = embedded_in(&beside(), &sample::admitted(new));
            memories
                .replace(old(id), new.clone())
                .await
                .expect("replace");
            memories.assert_holds(&new).await;
            let key = new.memory.key();
            assert_eq!(
                memories.vector_in(&sample::space(), &key).await,
                Some(sample::vector(&[1.0]))
            );
            let other = Entry {
                memory: new.memory.clone(),
                embedding: Some(sample::vector(&[0.0, 1.0])),
            };
            memories.put_vectors(vec![other]).await;
        }
        let gone = [old("c").key()];
        assert_eq!(memories.delete(&gone).await, gone);
        let new = embedded_in(&beside(), &sample::admitted(saying(&name("g"), "new")));
        memories.write([new.clone()]).await;
        memories.touch(&[old("d").key()], 1).await;
        for round in 0..3 {
            let memories = Memories::open(fixture).await;
            memories.assert_holds(&new).await;
            for id in ["a", "b", "d", "e", "f", "g"] {
                let entry = memories.get(&node_key(&name(id))).await.expect("there");
                assert_eq!(entry.embedding, Some(made(&beside(), &entry.memory)));
            }
            let found = |id: &'static str| {
                let memories = memories.clone();
                async move {
                    memories
                        .vector_in(&sample::space(), &node_key(&name(id)))
                        .await
                }
            };
            assert_eq!(found("a").await, None);
            assert_eq!(found("b").await, Some(sample::vector(&[0.0, 1.0])));
            assert_eq!(found("c").await, None);
            assert_eq!(found("d").await, Some(sample::vector(&[1.0])));
            assert_eq!(found("e").await, Some(sample::vector(&[0.0, 1.0])));
            assert_eq!(found("g").await, None);
            if round == 0 {
                fixture.maintain().await;
            } else {
                assert!(memories.follow(ALL, 2).await);
                assert_eq!(memories.kept().await.behind.total(), 0);
            }
        }
    }
}

/// With a space all its vectors go, wherever they are; the current one cannot be dropped.
pub async fn a_dropped_space_is_gone(fixture: &dyn Fixture) {
    for chunks in [0, 2, ALL] {
        let memories = Memories::open(fixture).await;
        let entry = with_vector(saying(&format!("{chunks}"), "text"), &[1.0]);
        memories.add_space(&sample::space()).await;
        memories.cut_over(&sample::space()).await;
        memories.write([entry.clone()]).await;
        memories
            .write((0..5).map(|at| with_vector(turn(&format!("{chunks}"), at), &[1.0])))
            .await;
        memories.add_space(&beside()).await;
        memories.fill(&beside()).await;
        assert!(matches!(
            memories
                .backend
                .drop_space(memories.scope, &sample::space())
                .await,
            Err(BackendError::CurrentSpace { .. })
        ));
        memories.cut_over(&beside()).await;
        memories.follow(chunks, 2).await;
        assert!(memories.drop_space(&sample::space()).await);
        assert!(!memories.drop_space(&sample::space()).await);
        for _ in 0..2 {
            for memories in [memories.clone(), Memories::open(fixture).await] {
                let scope = memories.scope;
                unknown(memories.backend.vectors(scope, &sample::space(), &[]).await);
                assert_eq!(memories.kept().await.further, []);
                memories
                    .assert_holds(&embedded_in(&beside(), &entry.memory))
                    .await;
            }
            fixture.maintain().await;
        }
        // It is followed and written to as if there had never been another one.
        let same = saying(&format!("{chunks}"), "text");
        let other = saying(&format!("{chunks}"), "another text");
        let mut before = entry.memory.clone();
        for new in [same, other] {
            let new = embedded_in(&beside(), &sample::admitted(new));
            let replaced = memories.replace(&before, new.clone());
            replaced.await.expect("replace");
            memories.assert_holds(&new).await;
            before = new.memory;
        }
        assert!(memories.follow(ALL, 2).await);
        assert_eq!(memories.kept().await.behind.total(), 0);
        for memory in memories.all().await {
            let expected = embedded_in(&beside(), &memory);
            memories.assert_holds(&expected).await;
        }
        memories.add_space(&sample::space()).await;
        let all = keys(
            &memories
                .all()
                .await
                .into_iter()
                .map(|memory| Entry {
                    memory,
                    embedding: None,
                })
                .collect::<Vec<_>>(),
        );
        assert_eq!(memories.lacking(&sample::space(), 4).await, all);
        fixture.maintain().await;
        assert_eq!(memories.lacking(&sample::space(), 4).await, all);
    }
}

/// A memory that is gone has no vector in any space, nor has the next one with its id.
pub async fn forgotten_memories_have_no_vector_in_any_space(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = mixture(44, 20);
    memories.write(entries.clone()).await;
    memories.add_space(&beside()).await;
    memories.fill(&beside()).await;
    fixture.maintain().await;
    let gone = keys(&entries[..10]);
    memories.delete(&gone).await;
    memories.write(entries[..5].iter().cloned()).await;
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            let vectors = memories.vectors_in(&beside(), &gone).await;
            assert!(vectors.iter().all(Option::is_none), "{vectors:?}");
            assert_eq!(memories.kept().await.further[0].vectors.total(), 10);
            assert_eq!(memories.lacking(&beside(), 2).await, keys(&entries[..5]));
        }
        fixture.maintain().await;
    }
    memories.cut_over(&beside()).await;
    let query = made(&beside(), &entries[12].memory);
    let found = memories.nearest(&query, ALL, &Filter::default()).await;
    assert_eq!(found.len(), 10);
}

/// A scope's spaces are its own.
pub async fn other_scopes_have_spaces_of_their_own(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = mixture(45, 20);
    memories.write(entries.clone()).await;
    fixture.plant(mixture(46, 20)).await;
    memories.add_space(&beside()).await;
    memories.fill(&beside()).await;
    memories.cut_over(&beside()).await;
    assert!(memories.follow(ALL, 6).await);
    assert_eq!(memories.kept().await.further[0].vectors, {
        let mut counts = memories.kept().await.current.expect("a space").vectors;
        for entry in entries.iter().filter(|entry| entry.embedding.is_none()) {
            counts[entry.memory.kind()] -= 1;
        }
        counts
    });
    if let Other::Kept(scope) = fixture.other() {
        let others = Memories {
            scope,
            ..memories.clone()
        };
        let expected: Naive = mixture(46, 20).into_iter().collect();
        others
            .assert_searches(&expected, &sample::vector(&[1.0, 0.5]))
            .await;
        let kept = others.kept().await;
        assert_eq!(kept.further, []);
        assert_eq!(kept.current.expect("a space").space, sample::space());
        unknown(
            others
                .backend
                .vectors(scope, &beside(), &keys(&entries))
                .await,
        );
        unknown(others.backend.cut_over(scope, &beside()).await);
        others.add_space(&beside()).await;
        let vectors = others.vectors_in(&beside(), &keys(&entries)).await;
        assert!(vectors.iter().all(Option::is_none), "{vectors:?}");
        assert!(memories.drop_space(&sample::space()).await);
        others
            .assert_searches(&expected, &sample::vector(&[1.0, 0.5]))
            .await;
    }
    memories
        .assert_searches(
            &all_in(&beside(), &entries),
            &made(&beside(), &entries[0].memory),
        )
        .await;
}

/// Vectors of one model are of one space, whoever runs it and whatever it calls it.
pub async fn one_model_is_one_space_whoever_runs_it(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let served = Arc::new(Space {
        provider: "http".to_owned(),
        model: "hub/Conformance:latest".to_owned(),
        dims: DIMS,
    });
    let one = with_vector(turn("c", 0), &[1.0]);
    let two = with_vector(turn("c", 1), &[0.5, 1.0]);
    memories.write([one.clone()]).await;
    let numbers = |entry: &Entry| {
        entry
            .embedding
            .as_ref()
            .map(|vector| vector.numbers().to_vec())
    };
    let by_server = |entry: &Entry| Entry {
        memory: entry.memory.clone(),
        embedding: numbers(entry)
            .map(|numbers| Embedding::new(Arc::clone(&served), numbers).expect("a vector")),
    };
    memories.write([by_server(&two)]).await;
    memories
        .replace(&one.memory, by_server(&one))
        .await
        .expect("replace");
    fixture.maintain().await;
    for memories in [memories.clone(), Memories::open(fixture).await] {
        memories.assert_holds(&one).await;
        memories.assert_holds(&two).await;
        let query = by_server(&one).embedding.expect("a vector");
        let found = memories.nearest(&query, 9, &Filter::default()).await;
        assert_eq!(ids(&found), ["c/0", "c/1"]);
    }
}

/// Whatever others write while a space is filled and cut over to, no memory ends with a vector of a text
/// that it does not have, and each is found by the one that it has.
pub async fn no_vector_is_stale_whatever_others_write(fixture: &dyn Fixture) {
    const WRITERS: usize = 6;
    let memories = Memories::open(fixture).await;
    let current = sample::space();
    let entry = |id: &str, text: &str| {
        let memory = sample::admitted(saying(id, text));
        embedded_in(&sample::space(), &memory)
    };
    let id = |writer: usize, at: usize| format!("{writer}/{at}");
    for writer in 0..WRITERS {
        memories
            .write((0..4).map(|at| entry(&id(writer, at), "the first")))
            .await;
    }
    memories.add_space(&beside()).await;
    let mut tasks = JoinSet::new();
    for writer in 0..WRITERS {
        let memories = Memories::open(fixture).await;
        tasks.spawn(async move {
            for (at, text) in [(0, "another"), (1, "and more"), (0, "the last")] {
                let old = memories.get(&node_key(&id(writer, at))).await;
                let old = old.expect("it is there").memory;
                let memory = sample::admitted(saying(&id(writer, at), text));
                // A writer with the model of before is told, and goes to the one of now.
                for space in [sample::space(), beside()] {
                    let new = embedded_in(&space, &memory);
                    match memories.replace(&old, new).await {
                        Ok(()) => break,
                        Err(BackendError::WrongSpace { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            }
            memories.delete(&[node_key(&id(writer, 2))]).await;
        });
    }
    let filler = Memories::open(fixture).await;
    tasks.spawn(async move {
        filler.fill(&beside()).await;
        filler.cut_over(&beside()).await;
        filler.follow(3, 2).await;
    });
    tasks.join_all().await;
    memories.fill(&beside()).await;
    memories.fill(&current).await;
    for finished in [false, true] {
        let memories = Memories::open(fixture).await;
        let all = memories.all().await;
        assert_eq!(all.len(), WRITERS * 3);
        for memory in &all {
            for space in [&current, &beside()] {
                let found = memories.vector_in(space, &memory.key()).await;
                assert_eq!(
                    found,
                    Some(made(space, memory)),
                    "{} in {space}",
                    memory.key()
                );
            }
        }
        let all: Naive = all
            .iter()
            .map(|memory| embedded_in(&beside(), memory))
            .collect();
        let query = made(&beside(), &sample::admitted(saying("q", "the last")));
        memories.assert_searches(&all, &query).await;
        if !finished {
            assert!(memories.follow(ALL, 5).await);
            fixture.maintain().await;
        }
    }
}
