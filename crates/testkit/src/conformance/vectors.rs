//! Vectors that are put to memories which are there: replaced, read, counted and moved.

use std::collections::BTreeSet;
use std::sync::Arc;

use tulving::backend::{
    BackendError, Counts, Entry, Filter, Followed, KeptSpaces, Lacking, LiveChange,
};
use tulving::model::{Embedding, Key, Memory, Space};

use super::several_spaces::{beside, embedded_in, keys, made};
use crate::fixture::Fixture;
use crate::memories::{ALL, Memories, episode_key, node_key};
use crate::naive::Naive;
use crate::sample::{
    self, DIMS, episode, mixture, piece, plain, saying, turn, vector, with_vector,
};

impl Memories {
    async fn follow_once(&self, after: Option<&Key>, limit: usize) -> Followed {
        let followed = self.backend.follow(self.scope, after, limit);
        followed.await.expect("follow")
    }

    async fn lacking_page(&self, space: &Space, limit: usize) -> Lacking {
        let page = self.backend.lacking(self.scope, space, None, limit);
        page.await.expect("lacking")
    }
}

/// A vector that is put where one of the current space is takes its place: whoever reads and searches has the
/// new one, and the old one is found by nothing.
pub async fn a_vector_of_the_current_space_is_replaced(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let one = with_vector(saying("one", "said"), &[1.0]);
    let two = with_vector(saying("two", "said"), &[0.0, 1.0]);
    memories.write([one.clone(), two.clone()]).await;
    fixture.maintain().await;
    let turned = Entry {
        embedding: Some(vector(&[0.0, 0.0, -1.0])),
        ..one
    };
    let put = memories.put_vectors(vec![turned.clone()]).await;
    assert_eq!(put, [node_key("one")]);
    let expected: Naive = [turned.clone(), two.clone()].into_iter().collect();
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            for query in [vector(&[1.0]), vector(&[0.0, 0.5, -1.0])] {
                memories.assert_searches(&expected, &query).await;
            }
            let current = memories.kept().await.current.expect("a current space");
            assert_eq!(current.vectors.total(), 2);
        }
        fixture.maintain().await;
    }
}

/// Each key has its answer in its place, whether or not there is a memory and it has a vector, and as often as
/// it is named.
pub async fn vectors_come_in_the_order_of_the_keys(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries: Vec<Entry> = (0..5)
        .map(|at| with_vector(turn("c", at), &[1.0]))
        .collect();
    memories.write(entries.clone()).await;
    memories.write([plain(turn("c", 9))]).await;
    memories.add_space(&beside()).await;
    let of_beside = |at: usize| made(&beside(), &entries[at].memory);
    let some = [1, 3].map(|at| Entry {
        embedding: Some(of_beside(at)),
        ..entries[at].clone()
    });
    memories.put_vectors(some.to_vec()).await;
    let named = ["c/3", "nobody", "c/0", "c/9", "c/1", "c/3"].map(node_key);
    let named = [&named[..], &[episode_key("c/1")]].concat();
    let (one, three) = (Some(of_beside(1)), Some(of_beside(3)));
    for _ in 0..2 {
        let memories = Memories::open(fixture).await;
        let found = memories.vectors_in(&beside(), &named).await;
        let expected = [
            three.clone(),
            None,
            None,
            None,
            one.clone(),
            three.clone(),
            None,
        ];
        assert_eq!(found, expected);
        let found = memories.vectors_in(&sample::space(), &named).await;
        let has_one: Vec<bool> = found.iter().map(Option::is_some).collect();
        assert_eq!(has_one, [true, false, true, false, true, true, false]);
        assert_eq!(memories.vectors_in(&beside(), &[]).await, []);
        fixture.maintain().await;
    }
}

/// Further spaces come by their models, and those of one model by their widths, whenever they were added.
pub async fn further_spaces_come_by_model_and_width(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    memories.write([with_vector(turn("c", 0), &[1.0])]).await;
    for (model, dims) in [("quiet", 5), ("beside", 11), ("quiet", 4), ("above", 12)] {
        memories.add_space(&Space::local(model, dims)).await;
    }
    let named = |kept: KeptSpaces| -> Vec<(String, usize)> {
        let further = kept.further.iter();
        further
            .map(|kept| (kept.space.model.clone(), kept.space.dims))
            .collect()
    };
    let expected =
        |spaces: [(&str, usize); 4]| spaces.map(|(model, dims)| (model.to_owned(), dims));
    for _ in 0..2 {
        let memories = Memories::open(fixture).await;
        let spaces = [("above", 12), ("beside", 11), ("quiet", 4), ("quiet", 5)];
        assert_eq!(named(memories.kept().await), expected(spaces));
        fixture.maintain().await;
    }
    memories.cut_over(&Space::local("quiet", 4)).await;
    let spaces = [
        ("above", 12),
        ("beside", 11),
        ("conformance", DIMS),
        ("quiet", 5),
    ];
    assert_eq!(named(memories.kept().await), expected(spaces));
}

/// After a cut-over every memory with a vector is still to be moved, by kind; each step says how many it moved,
/// and those are no longer to be moved.
pub async fn what_is_to_be_moved_is_counted(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    memories.write(mixture(47, 30)).await;
    memories.add_space(&beside()).await;
    memories.fill(&beside()).await;
    memories.write([plain(turn("without", 0))]).await;
    assert_eq!(memories.kept().await.behind, Counts::default());
    let mut expected = memories.count(&Filter::default()).await;
    expected[tulving::model::Kind::Node] -= 1;
    memories.cut_over(&beside()).await;
    let mut behind = memories.kept().await.behind;
    assert_eq!(behind, expected);
    let mut after = None;
    loop {
        let followed = memories.follow_once(after.as_ref(), 4).await;
        let left = Memories::open(fixture).await.kept().await.behind;
        assert_eq!(behind.total(), followed.moved + left.total());
        behind = left;
        after = followed.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(behind, Counts::default());
    let nothing = Followed::default();
    assert_eq!(memories.follow_once(None, 4).await, nothing);
}

/// A vector that is all zero is none: it takes the place of no other, is of no space, and a memory that was
/// written with one lacks a vector.
pub async fn a_zero_vector_is_passed_over(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let one = with_vector(saying("one", "said"), &[1.0]);
    let two = with_vector(saying("two", "said"), &[0.0, -0.0]);
    memories.write([one.clone(), two.clone()]).await;
    memories.add_space(&beside()).await;
    let lacking = memories.lacking(&sample::space(), 9).await;
    assert_eq!(lacking, [node_key("two")]);
    let zero_in = |space: &Arc<Space>, entry: &Entry| Entry {
        memory: entry.memory.clone(),
        embedding: Some(Embedding::new(Arc::clone(space), vec![0.0; space.dims]).expect("zeros")),
    };
    let filled = Entry {
        embedding: Some(made(&beside(), &one.memory)),
        ..one.clone()
    };
    memories.put_vectors(vec![filled.clone()]).await;
    let stranger = Arc::new(Space::local("stranger", 4));
    let mut zeros = Vec::new();
    for space in [sample::space(), beside(), stranger] {
        zeros.extend([&one, &two].map(|entry| zero_in(&space, entry)));
    }
    assert_eq!(memories.put_vectors(zeros).await, []);
    for _ in 0..2 {
        let memories = Memories::open(fixture).await;
        memories.assert_holds(&one).await;
        let both = keys(&[one.clone(), two.clone()]);
        let found = memories.vectors_in(&beside(), &both).await;
        assert_eq!(found, [filled.embedding.clone(), None]);
        for space in [sample::space(), beside()] {
            assert_eq!(memories.lacking(&space, 9).await, [node_key("two")]);
        }
        fixture.maintain().await;
    }
}

/// Pages may hold nothing or everything: who asks for nothing is given nothing, and no place to go on from.
pub async fn pages_of_vectors_may_be_empty_or_huge(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = mixture(48, 9);
    memories.write(entries.clone()).await;
    memories.add_space(&beside()).await;
    let none = memories.lacking_page(&beside(), 0).await;
    assert_eq!(none, Lacking::default());
    let all = memories.lacking_page(&beside(), usize::MAX).await;
    let mut found: Vec<Key> = all.memories.iter().map(Memory::key).collect();
    found.sort();
    assert_eq!((found, all.next), (keys(&entries), None));
    memories.fill(&beside()).await;
    for to in [beside(), sample::space()] {
        memories.cut_over(&to).await;
        let before = memories.kept().await.behind.total();
        assert_ne!(before, 0);
        let followed = memories.follow_once(None, 0).await;
        let left = memories.kept().await.behind.total();
        assert_eq!((before, followed.next), (followed.moved + left, None));
        let followed = memories.follow_once(None, usize::MAX).await;
        assert_eq!(followed.moved, left);
        assert_eq!(memories.kept().await.behind.total(), 0);
        assert!(memories.follow(ALL, usize::MAX).await);
    }
}

/// Vectors of a further space stay as long as the text that was embedded does, whatever else of the memory
/// changes, and are gone with it.
pub async fn vectors_beside_stay_with_the_text(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let mut entries = [
        with_vector(saying("n", "said"), &[1.0]),
        with_vector(episode("e"), &[1.0]),
        with_vector(piece("d", 0), &[1.0]),
    ];
    let keys = memories.write(entries.clone()).await;
    memories.add_space(&beside()).await;
    memories.fill(&beside()).await;
    memories.touch(&keys, 3).await;
    let used = keys
        .iter()
        .map(|key| LiveChange::Usage(key.clone(), 9, None));
    memories.update_live(used.collect()).await;
    // With another vector in the current space, and with none.
    for numbers in [Some([0.0, 1.0]), None] {
        for entry in &mut entries {
            let old = entry.memory.clone();
            match &mut entry.memory {
                Memory::Node(node) => node.has_code = numbers.is_some(),
                Memory::Episode(episode) => episode.has_code = numbers.is_some(),
                Memory::Chunk(chunk) => chunk.has_code = numbers.is_some(),
            }
            entry.embedding = numbers.map(|numbers| vector(&numbers));
            let replaced = memories.replace(&old, entry.clone()).await;
            replaced.expect("replace");
        }
        for _ in 0..2 {
            for memories in [memories.clone(), Memories::open(fixture).await] {
                let found = memories.vectors_in(&beside(), &keys).await;
                let stay = entries.iter().map(|entry| made(&beside(), &entry.memory));
                assert_eq!(found, stay.map(Some).collect::<Vec<_>>());
                let found = memories.vectors_in(&sample::space(), &keys).await;
                let current = entries.iter().map(|entry| entry.embedding.clone());
                assert_eq!(found, current.collect::<Vec<_>>());
            }
            fixture.maintain().await;
        }
    }
    for entry in &entries {
        let mut new = entry.memory.clone();
        match &mut new {
            Memory::Node(node) => node.human_content = "another".to_owned(),
            Memory::Episode(episode) => episode.title = "Another".to_owned(),
            Memory::Chunk(chunk) => chunk.content = "another".to_owned(),
        }
        let replaced = memories.replace(&entry.memory, plain(new)).await;
        replaced.expect("replace");
    }
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            let found = memories.vectors_in(&beside(), &keys).await;
            assert_eq!(found, [None, None, None]);
            assert_eq!(memories.lacking(&beside(), 2).await.len(), 3);
        }
        fixture.maintain().await;
    }
}

/// One write may put vectors of the current space and of further ones.
pub async fn a_batch_may_be_of_several_spaces(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let above = Arc::new(Space::local("above", 3));
    memories.write([with_vector(turn("c", 9), &[1.0])]).await;
    let entries = [0, 1, 2].map(|at| plain(turn("c", at)));
    memories.write(entries.clone()).await;
    let spaces = [sample::space(), beside(), above];
    for space in &spaces {
        memories.add_space(space).await;
    }
    let batch = || {
        let each = spaces.iter().zip(&entries);
        each.map(|(space, entry)| embedded_in(space, &entry.memory))
    };
    let put = memories.put_vectors(batch().collect()).await;
    assert_eq!(put, keys(&entries));
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            for (in_space, expected) in spaces.iter().zip(batch()) {
                let found = memories.vectors_in(in_space, &keys(&entries)).await;
                let only =
                    batch().map(|one| one.embedding.filter(|_| one.memory == expected.memory));
                assert_eq!(found, only.collect::<Vec<_>>());
            }
        }
        fixture.maintain().await;
    }
}

/// A space is meant by each of its names, whoever runs the model; it keeps the one that it was added by, and
/// an error names the space that was asked for.
pub async fn a_space_goes_by_any_of_its_names(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let (backend, scope) = (&memories.backend, memories.scope);
    let served = |model: &str, dims| {
        Arc::new(Space {
            provider: "http".to_owned(),
            model: format!("hub/{model}:latest"),
            dims,
        })
    };
    let (another, first) = (served("Beside", DIMS + 3), served("Conformance", DIMS));
    let entries = [0, 1, 2].map(|at| with_vector(turn("c", at), &[1.0]));
    memories.write(entries.clone()).await;
    memories.add_space(&beside()).await;
    let two = entries[..2].iter();
    let put = two.map(|entry| embedded_in(&another, &entry.memory));
    assert_eq!(
        memories.put_vectors(put.collect()).await,
        keys(&entries[..2])
    );
    let before = memories.kept().await;
    memories.add_space(&another).await;
    assert_eq!(memories.kept().await, before, "it is left as it is");
    let of = |entry: &Entry| made(&beside(), &entry.memory);
    let expected = [Some(of(&entries[0])), Some(of(&entries[1])), None];
    assert_eq!(
        memories.vectors_in(&another, &keys(&entries)).await,
        expected
    );
    assert_eq!(memories.lacking(&another, 9).await, keys(&entries[2..]));
    memories.cut_over(&another).await;
    memories.cut_over(&another).await;
    let space = backend.space(scope).await.expect("space");
    assert_eq!(space, Some(beside()));
    match backend.drop_space(scope, &another).await {
        Err(BackendError::CurrentSpace { space }) => assert!(space.is_comparable_with(&another)),
        answer => panic!("{answer:?}"),
    }
    let stranger = served("Stranger", 4);
    match backend.cut_over(scope, &stranger).await {
        Err(BackendError::UnknownSpace { space }) => assert!(space.is_comparable_with(&stranger)),
        answer => panic!("{answer:?}"),
    }
    assert!(memories.drop_space(&first).await);
    assert_eq!(memories.kept().await.further, []);
}

/// Memories that come, go and get their vectors meanwhile do not make others be missed or given twice.
pub async fn paging_gives_what_lacks_a_vector_once_while_others_write(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let writer = Memories::open(fixture).await;
    memories.write([with_vector(turn("c", 0), &[1.0])]).await;
    memories.add_space(&beside()).await;
    let named = |at: usize, what: &str| plain(saying(&format!("{at} {what}"), "said"));
    for at in 10..30 {
        let nodes = ["goes", "stays", "gets"].map(|what| named(at, what));
        memories.write(nodes).await;
    }
    let changes = async |memory: &Memory| {
        if memory.id().ends_with("goes") {
            writer.delete(&[memory.key()]).await;
        }
        if memory.id().ends_with("gets") {
            let put = vec![embedded_in(&beside(), memory)];
            writer.put_vectors(put).await;
        }
    };
    let (mut seen, mut after) = (Vec::new(), None);
    for step in 10.. {
        let page = memories
            .backend
            .lacking(memories.scope, &beside(), after.as_ref(), 2)
            .await
            .expect("lacking");
        assert!(page.memories.len() <= 2, "a page is as long as it may be");
        seen.extend(page.memories.iter().map(Memory::key));
        // The place that a page ends at may be gone when the next is asked for, or lack nothing any more.
        for memory in &page.memories {
            changes(memory).await;
        }
        after = page.next;
        if after.is_none() {
            break;
        }
        if step < 25 {
            changes(&named(39 - step, "goes").memory).await;
            changes(&named(39 - step, "gets").memory).await;
            let comes = [step, 39 - step + 30].map(|at| named(at, "comes"));
            writer.write(comes).await;
        }
        if step == 12 {
            fixture.maintain().await;
        }
    }
    let once: BTreeSet<&Key> = seen.iter().collect();
    assert_eq!(once.len(), seen.len(), "nothing is given twice");
    for at in 10..30 {
        let key = named(at, "stays").memory.key();
        assert!(once.contains(&key), "{key}");
    }
}
