//! Erasing a scope: nothing of it is left, and nothing of others is lost.

use std::sync::Arc;

use tulving::backend::{Draft, Entry, Filter, Import, Needles};
use tulving::model::Kind;

use super::imports::begin;
use super::isolation::{assert_theirs_untouched, both};
use super::purging::{add_needles_of, standing};
use super::several_spaces::{beside, keys, made, unknown};
use crate::fixture::Fixture;
use crate::memories::{ALL, Memories};
use crate::sample::{self, document, piece, plain, saying, turn, with_vector};

/// Nothing lists, counts, gives or finds what was there, for whoever opened the scope before or opens it after; and
/// no raw row or file holds an id, a text or the path of an import.
pub async fn an_erased_scope_holds_nothing_and_finds_nothing(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = sample::mixture(40, 120);
    let keys = memories.write(entries).await;
    let canary = |id: &str| {
        let text = format!("The canary that is called {id} sings all morning");
        with_vector(saying(id, &text), &[1.0])
    };
    memories.write([canary("canary/early")]).await;
    fixture.maintain().await;
    memories.write([canary("canary/late")]).await;
    let chunk = plain(piece(MANUAL, 0));
    memories
        .put_document(&document(MANUAL), [chunk.clone()])
        .await
        .expect("put");
    drop(begin(&memories, &Import::new([IMPORTED.to_owned()])).await);
    let mut needles = Needles::default();
    needles.add_id(IMPORTED);
    needles.add_id(MANUAL);
    for entry in [canary("canary/early"), canary("canary/late"), chunk] {
        add_needles_of(&entry, &mut needles);
    }
    let needles = Arc::new(needles);
    let made = needles.counts();
    assert!(made.ids == 5 && made.texts >= 3, "{made:?}");
    let stands = standing(&memories, &needles).await;
    assert_eq!(stands as u64, made.ids + made.texts);
    let space = memories.backend.space(memories.scope).await.expect("space");
    let before = memories.count(&Filter::default()).await;
    assert_eq!(memories.erase().await, before);
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            assert_eq!(memories.all().await, []);
            assert_eq!(memories.count(&Filter::default()).await.total(), 0);
            assert_eq!(memories.clusters().await, []);
            assert_eq!(memories.list_documents(None, ALL).await, []);
            assert_eq!(memories.document(MANUAL).await, None);
            assert_eq!(standing(&memories, &needles).await, 0);
            assert!(memories.get_all(&keys).await.iter().all(Option::is_none));
            assert_eq!(memories.with_words("canary").await, [""; 0]);
            assert_eq!(memories.near(&[1.0]).await, [""; 0]);
            let after = memories.backend.space(memories.scope).await.expect("space");
            assert_eq!(after, space);
        }
        fixture.maintain().await;
    }
    assert_eq!(memories.erase().await.total(), 0);
}

const MANUAL: &str = "a/manual/of/canaries";
const IMPORTED: &str = "canaries-that-sing.zip";

/// What is written afterwards is written as into a scope that never held anything: ids are free, places begin
/// at 0, and nothing that was erased weighs in a score.
pub async fn an_erased_scope_begins_anew(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let score = async || {
        let terms = crate::scoring::terms("crow");
        let found = memories.matching(&terms, 9, &Filter::default()).await;
        found.iter().map(|hit| hit.score).collect::<Vec<_>>()
    };
    let crow = || with_vector(saying("crow", "crow"), &[1.0]);
    memories.write([crow()]).await;
    let fresh = score().await;
    let more = (0..40).map(|n| plain(saying(&format!("n{n}"), "crow crow magpie")));
    memories.write(more).await;
    memories.write([plain(turn("begun", 9))]).await;
    assert_ne!(score().await, fresh);
    memories.erase().await;
    memories.write([crow()]).await;
    assert_eq!(score().await, fresh);
    assert_eq!(memories.near(&[1.0]).await, ["crow"]);
    let keys = memories
        .insert(vec![Draft::Next(plain(turn("begun", 3)))])
        .await
        .expect("insert");
    let next = memories
        .get(&keys[0])
        .await
        .expect("what was written")
        .memory;
    assert_eq!(next.position(), Some(("begun", 0)));
    assert_eq!(memories.count(&Filter::default()).await[Kind::Node], 2);
}

/// The current space stays named, and no further one: not even where a cut-over was followed half-way.
pub async fn an_erased_scope_keeps_its_current_space_alone(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    for (round, chunks) in [0, 2, ALL].into_iter().enumerate() {
        let (before, now) = match round % 2 {
            0 => (sample::space(), beside()),
            _ => (beside(), sample::space()),
        };
        let entries = sample::mixture(50, 20).into_iter();
        let entries: Vec<Entry> = entries
            .map(|Entry { memory, .. }| Entry {
                embedding: Some(made(&before, &memory)),
                memory,
            })
            .collect();
        memories.write(entries.clone()).await;
        memories.add_space(&now).await;
        memories.fill(&now).await;
        fixture.maintain().await;
        memories.cut_over(&now).await;
        memories.follow(chunks, 3).await;
        assert_eq!(memories.erase().await.total(), 20);
        for _ in 0..2 {
            for memories in [memories.clone(), Memories::open(fixture).await] {
                let kept = memories.kept().await;
                let current = kept.current.expect("a current space");
                assert_eq!((current.space, current.vectors.total()), (now.clone(), 0));
                assert_eq!((kept.further, kept.behind.total()), (Vec::new(), 0));
                let scope = memories.scope;
                unknown(memories.backend.vectors(scope, &before, &[]).await);
                unknown(memories.backend.cut_over(scope, &before).await);
            }
            fixture.maintain().await;
        }
        // A space that comes again holds nothing of what was.
        memories
            .write(entries.iter().cloned().map(|entry| Entry {
                embedding: None,
                ..entry
            }))
            .await;
        memories.add_space(&before).await;
        let all = keys(&entries);
        for space in [&before, &now] {
            let vectors = memories.vectors_in(space, &all).await;
            assert!(vectors.iter().all(Option::is_none), "{vectors:?}");
            assert_eq!(memories.lacking(space, 7).await, all);
        }
        fixture.maintain().await;
        assert_eq!(memories.lacking(&before, 7).await, all);
        assert_eq!(memories.erase().await.total(), 20);
    }
}

/// Other scopes keep what is theirs.
pub async fn erasing_leaves_other_scopes_as_they_are(fixture: &dyn Fixture) {
    let memories = both(fixture).await;
    assert_ne!(memories.erase().await.total(), 0);
    assert_theirs_untouched(fixture).await;
    fixture.maintain().await;
    assert_theirs_untouched(fixture).await;
    assert_eq!(memories.all().await, []);
}
