//! No scope sees, changes, counts or weighs what belongs to another.

use std::sync::Arc;

use tulving::backend::{
    Backend, BackendError, Counts, Cursor, Draft, Entry, Filter, IfTaken, Import, LiveChange,
    Order, Page, Request, Sources,
};
use tulving::model::{Facts, Key, Kind, Scope};
use uuid::Uuid;

use crate::fixture::{Fixture, Other};
use crate::memories::{ALL, Memories, node_key};
use crate::naive::Naive;
use crate::sample::{self, at, plain, saying, turn, vector, with_vector};
use crate::scoring;

/// The answer of every method to a scope, those included that are asked for nothing.
async fn refusals(
    backend: &dyn Backend,
    scope: Scope,
) -> Vec<(&'static str, Option<BackendError>)> {
    let entry = with_vector(turn("c", 0), &[1.0]);
    let key = entry.memory.key();
    let (keys, no_keys): ([Key; 1], [Key; 0]) = ([key], []);
    let (all, terms) = (Filter::default(), scoring::terms("answer"));
    let page = Page {
        order: Order::Newest,
        after: None,
        limit: 9,
    };
    let near = |numbers: &[f32]| Request::near(vector(numbers), 9, Filter::default());
    let holding = |terms| Request::holding(terms, 9, Filter::default());
    let both = Request {
        terms: terms.clone(),
        reach: 9,
        ..near(&[1.0])
    };
    vec![
        ("space", backend.space(scope).await.err()),
        ("spaces", backend.spaces(scope).await.err()),
        (
            "add a space",
            backend.add_space(scope, &sample::space()).await.err(),
        ),
        (
            "put no vectors",
            backend.put_vectors(scope, Vec::new()).await.err(),
        ),
        (
            "put vectors",
            backend.put_vectors(scope, vec![entry.clone()]).await.err(),
        ),
        (
            "vectors",
            backend.vectors(scope, &sample::space(), &keys).await.err(),
        ),
        (
            "lacking",
            backend
                .lacking(scope, &sample::space(), None, 9)
                .await
                .err(),
        ),
        (
            "cut over",
            backend.cut_over(scope, &sample::space()).await.err(),
        ),
        ("follow", backend.follow(scope, None, 9).await.err()),
        (
            "drop a space",
            backend.drop_space(scope, &sample::space()).await.err(),
        ),
        (
            "insert nothing",
            backend.insert(scope, Vec::new()).await.err(),
        ),
        (
            "insert",
            backend
                .insert(scope, vec![Draft::Whole(entry.clone())])
                .await
                .err(),
        ),
        (
            "insert next",
            backend
                .insert(scope, vec![Draft::Next(entry.clone())])
                .await
                .err(),
        ),
        (
            "keep nothing",
            backend
                .insert_each(scope, Vec::new(), IfTaken::Keep)
                .await
                .err(),
        ),
        (
            "keep",
            backend
                .insert_each(scope, vec![Draft::Whole(entry.clone())], IfTaken::Keep)
                .await
                .err(),
        ),
        (
            "replace",
            backend
                .replace(scope, &entry.memory, entry.clone())
                .await
                .err(),
        ),
        (
            "delete nothing",
            backend.delete(scope, &no_keys).await.err(),
        ),
        ("delete", backend.delete(scope, &keys).await.err()),
        (
            "touch nothing",
            backend.touch(scope, &no_keys, at(0)).await.err(),
        ),
        ("touch", backend.touch(scope, &keys, at(0)).await.err()),
        (
            "change nothing live",
            backend.update_live(scope, Vec::new()).await.err(),
        ),
        (
            "change what is live",
            backend
                .update_live(scope, vec![LiveChange::Usage(keys[0].clone(), 1, None)])
                .await
                .err(),
        ),
        ("erase", backend.erase(scope).await.err()),
        ("purge", backend.purge(scope, &Kind::ALL).await.err()),
        ("clear", backend.clear(scope).await.err()),
        ("hold", backend.hold(scope).await.err()),
        (
            "keep a record",
            backend.keep_unfinished(scope, Some(b"record")).await.err(),
        ),
        ("unfinished", backend.unfinished(scope).await.err()),
        ("scan", backend.scan(scope, &Arc::default()).await.err()),
        ("forgotten", backend.forgotten(scope).await.err()),
        ("bury", backend.bury(scope, &keys, &[]).await.err()),
        ("exhume", backend.exhume(scope, &keys, &[]).await.err()),
        ("get nothing", backend.get(scope, &no_keys).await.err()),
        ("get", backend.get(scope, &keys).await.err()),
        ("list", backend.list(scope, &all, &page).await.err()),
        ("count", backend.count(scope, &all).await.err()),
        (
            "by no content hash",
            backend.by_content_hash(scope, Kind::Node, &[]).await.err(),
        ),
        (
            "by content hash",
            backend.by_content_hash(scope, Kind::Node, &[7]).await.err(),
        ),
        ("clusters", backend.clusters(scope).await.err()),
        (
            "begin an import",
            backend.begin_import(scope, &Import::new([])).await.err(),
        ),
        (
            "note an import",
            backend.note_import(scope, &Import::new([])).await.err(),
        ),
        ("imports", backend.imports(scope).await.err()),
        (
            "put a document",
            backend
                .put_document(scope, sample::document("d"), Vec::new())
                .await
                .err(),
        ),
        (
            "remove no documents",
            backend.remove_documents(scope, &[]).await.err(),
        ),
        (
            "remove documents",
            backend
                .remove_documents(scope, &["d".to_owned()])
                .await
                .err(),
        ),
        ("no documents", backend.documents(scope, &[]).await.err()),
        (
            "documents",
            backend.documents(scope, &["d".to_owned()]).await.err(),
        ),
        (
            "list documents",
            backend.list_documents(scope, None, 9).await.err(),
        ),
        (
            "search by vector",
            backend.search(scope, &near(&[1.0])).await.err(),
        ),
        (
            "search by no direction",
            backend.search(scope, &near(&[])).await.err(),
        ),
        (
            "search by words",
            backend.search(scope, &holding(terms.clone())).await.err(),
        ),
        (
            "search for nothing",
            backend.search(scope, &holding(Vec::new())).await.err(),
        ),
        ("search by both", backend.search(scope, &both).await.err()),
    ]
}

async fn assert_refused(backend: &dyn Backend, asked: Scope) {
    for (method, refusal) in refusals(backend, asked).await {
        match refusal {
            Some(BackendError::UnknownScope { scope, .. }) if scope == asked => {}
            other => panic!("{method} as {asked}: {other:?}"),
        }
    }
    // What holds for every scope may be said of one that is not kept.
    match backend.sources(asked).await {
        Ok(sources) => assert_eq!(sources, Sources::any()),
        Err(BackendError::UnknownScope { scope, .. }) => assert_eq!(scope, asked),
        Err(error) => panic!("sources as {asked}: {error:?}"),
    }
}

/// Every method refuses a scope that is not kept, whatever is asked for, and nothing comes of it.
pub async fn scopes_that_are_not_kept_are_refused_by_every_method(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entry = with_vector(turn("c", 0), &[1.0]);
    memories.write([entry.clone()]).await;
    assert_refused(&*memories.backend, Scope::User(Uuid::from_u128(404))).await;
    assert_refused(&*memories.backend, Scope::Tenant(Uuid::from_u128(404))).await;
    assert_refused(&*memories.backend, Scope::User(Uuid::nil())).await;
    if let Other::Refused(other) = fixture.other() {
        assert_refused(&*memories.backend, other).await;
    }
    memories.assert_holds(&entry).await;
    assert_eq!(memories.all().await.len(), 1);
}

/// A user and a tenant are never the same, even with one UUID.
pub async fn a_tenant_is_not_the_user_with_its_uuid(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    memories.write([plain(turn("c", 0))]).await;
    let twin = match memories.scope {
        Scope::User(id) => Scope::Tenant(id),
        Scope::Tenant(id) => Scope::User(id),
    };
    assert_refused(&*memories.backend, twin).await;
}

/// What the other scope holds: the ids, conversations, places, times and clusters of the own ones,
/// with a canary in each text.
fn theirs() -> Vec<Entry> {
    (0..6)
        .map(|index| {
            let mut node = turn("c", index);
            node.human_content = "canary worker".to_owned();
            node.cluster_id = Some(7);
            node.cluster_label = Some("birds".to_owned());
            with_vector(node, &[1.0, index as f32])
        })
        .chain([with_vector(sample::episode("whole"), &[1.0, 1.0])])
        .collect()
}

fn ours() -> Vec<Entry> {
    (0..3)
        .map(|index| {
            let mut node = turn("c", index);
            node.human_content = "worker".to_owned();
            with_vector(node, &[0.0, 1.0 + index as f32])
        })
        .collect()
}

/// Both scopes' memories, in one place.
pub(super) async fn both(fixture: &dyn Fixture) -> Memories {
    fixture.plant(theirs()).await;
    let memories = Memories::open(fixture).await;
    memories.write(ours()).await;
    fixture.maintain().await;
    memories
}

/// The other scope's memories: all there, if the place keeps them at all.
pub(super) async fn assert_theirs_untouched(fixture: &dyn Fixture) {
    let scope = fixture.other().scope();
    let backend = fixture.open().await;
    match fixture.other() {
        Other::Kept(_) => {
            let memories = Memories { backend, scope };
            for entry in theirs() {
                memories.assert_holds(&entry).await;
            }
            assert_eq!(memories.all().await.len(), theirs().len());
        }
        Other::Refused(_) => assert_refused(&*backend, scope).await,
    }
}

/// An id that another scope uses is free, and each scope finds its own memory under it.
pub async fn equal_ids_in_two_scopes_are_two_memories(fixture: &dyn Fixture) {
    let memories = both(fixture).await;
    for memories in [memories, Memories::open(fixture).await] {
        for entry in ours() {
            memories.assert_holds(&entry).await;
        }
    }
    assert_theirs_untouched(fixture).await;
}

/// No method gives or counts a memory of another scope, whatever it is asked with.
pub async fn other_scopes_are_not_read(fixture: &dyn Fixture) {
    let memories = both(fixture).await;
    let all = Filter::default();
    let naive: Naive = ours().into_iter().collect();
    for memories in [memories, Memories::open(fixture).await] {
        let keys: Vec<Key> = theirs().iter().map(|entry| entry.memory.key()).collect();
        let found = memories.get_all(&keys).await;
        assert!(found[..3].iter().all(Option::is_some) && found[3..].iter().all(Option::is_none));
        assert_eq!(memories.ids(&all).await, ["c/0", "c/1", "c/2"]);
        assert_eq!(
            memories.count(&all).await,
            Counts::from([(Kind::Node, 3), (Kind::Episode, 0)])
        );
        assert_eq!(memories.clusters().await, []);
        assert_eq!(memories.with_words("canary").await, [""; 0]);
        assert_eq!(memories.with_words("worker").await.len(), 3);
        let said = [
            "canary worker\n\nThis is the answer.",
            "worker\n\nThis is the answer.",
        ];
        let found = memories.saying(Kind::Node, &said).await;
        assert_eq!(found, ["c/0", "c/1", "c/2"].map(|id| (1, id.to_owned())));
        let query = vector(&[1.0]);
        assert_eq!(
            memories.nearest(&query, ALL, &all).await,
            naive.nearest(&query, ALL, &all)
        );
        let birds = Filter {
            clusters: vec![7],
            ..Filter::default()
        };
        assert_eq!(memories.ids(&birds).await, [""; 0]);
        let facts: Vec<Facts> = theirs().iter().map(|entry| entry.memory.facts()).collect();
        // Whatever stands beside the first of them is one of them.
        let request = Request {
            reach: 9,
            ..Request::near(vector(&[0.0, 1.0]), 1, all.clone())
        };
        let found = memories.search(&request).await.kinds;
        let mut found: Vec<_> = found[Kind::Node].candidates.iter().collect();
        found.sort_by(|one, other| one.facts.id.cmp(&other.facts.id));
        let ids: Vec<_> = found.iter().map(|one| one.facts.id.as_str()).collect();
        assert_eq!(ids, ["c/0", "c/1", "c/2"]);
        let scored = found.iter().filter(|one| one.vector.is_some());
        assert_eq!(scored.count(), 1);
        for order in [Order::Newest, Order::Oldest] {
            let after = Some(Cursor::from(&facts[1]));
            let page = Page {
                order,
                after,
                limit: ALL,
            };
            let listing = memories.backend.list(memories.scope, &all, &page).await;
            assert_eq!(listing.expect("list").memories.len(), 1);
        }
    }
}

/// What is written, replaced, deleted and touched in one scope changes nothing in another.
pub async fn other_scopes_are_not_changed(fixture: &dyn Fixture) {
    let memories = both(fixture).await;
    let keys: Vec<Key> = theirs().iter().map(|entry| entry.memory.key()).collect();
    for foreign in &theirs()[3..] {
        let refused = memories.replace(&foreign.memory, foreign.clone()).await;
        match refused {
            Err(BackendError::NoSuchMemory { key }) => assert_eq!(key, foreign.memory.key()),
            other => panic!("replacing {}: {other:?}", foreign.memory.key()),
        }
    }
    for foreign in &theirs()[..3] {
        let refused = memories.replace(&foreign.memory, foreign.clone()).await;
        assert!(
            matches!(refused, Err(BackendError::Changed { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(memories.touch(&keys, 1).await, 3);
    assert_theirs_untouched(fixture).await;
    let used = |key: &Key| LiveChange::Usage(key.clone(), 9, Some(at(9)));
    let changed = memories.update_live(keys.iter().map(used).collect()).await;
    assert_eq!(changed, 3);
    assert_theirs_untouched(fixture).await;
    assert_eq!(memories.delete(&keys).await.len(), 3);
    fixture.maintain().await;
    assert_theirs_untouched(fixture).await;
    assert_eq!(memories.all().await, []);
}

/// How rare a word is in another scope, and how long its memories are, changes no score.
pub async fn other_scopes_do_not_weigh(fixture: &dyn Fixture) {
    let memories = both(fixture).await;
    let naive: Naive = ours().into_iter().collect();
    let terms = scoring::terms("worker canary answer");
    let expected = naive.matching(&terms, ALL, &Filter::default());
    for memories in [memories, Memories::open(fixture).await] {
        assert_eq!(
            memories.matching(&terms, ALL, &Filter::default()).await,
            expected
        );
    }
}

/// A conversation of the same name in another scope does not move the end of this one.
pub async fn other_scopes_do_not_number(fixture: &dyn Fixture) {
    let memories = both(fixture).await;
    let next = |text: &str| {
        let mut node = saying("", text);
        node.place(0);
        Draft::Next(plain(node))
    };
    let keys = memories.insert(vec![next("fourth")]).await.expect("insert");
    let written = memories
        .get(&keys[0])
        .await
        .expect("the memory just written");
    assert_eq!(written.memory.facts().sequence_index, 3);
    assert_theirs_untouched(fixture).await;
}

/// A vector of a memory that another scope has is written nowhere, and nobody's vectors are told.
pub async fn other_scopes_get_no_vectors(fixture: &dyn Fixture) {
    let memories = both(fixture).await;
    let keys: Vec<Key> = theirs().iter().map(|entry| entry.memory.key()).collect();
    let turned = |entry: Entry| Entry {
        embedding: Some(vector(&[0.0, 0.0, 1.0])),
        ..entry
    };
    let put = theirs().into_iter().map(turned).collect();
    assert_eq!(memories.put_vectors(put).await, []);
    for memories in [memories, Memories::open(fixture).await] {
        let found = memories.vectors_in(&sample::space(), &keys).await;
        let own = ours().into_iter().map(|entry| entry.embedding);
        let nobody = vec![None; keys.len() - ours().len()];
        assert_eq!(found, own.chain(nobody).collect::<Vec<_>>());
        assert_eq!(memories.lacking(&sample::space(), 9).await, []);
        let kept = memories.kept().await.current.expect("a current space");
        assert_eq!(kept.vectors.total(), 3);
    }
    assert_theirs_untouched(fixture).await;
}

/// Where two scopes are kept, each finds its own by every way; where one is, the other is refused
/// however much of it is there.
pub async fn other_scopes_keep_what_is_theirs(fixture: &dyn Fixture) {
    let ours = both(fixture).await;
    let backend: Arc<dyn Backend> = fixture.open().await;
    let Other::Kept(scope) = fixture.other() else {
        return assert_refused(&*backend, fixture.other().scope()).await;
    };
    let other = Memories { backend, scope };
    assert_eq!(other.with_words("canary").await.len(), 6);
    assert_eq!(other.near(&[1.0]).await.len(), 7);
    assert_eq!(other.clusters().await.len(), 1);
    assert_eq!(ours.delete(&[node_key("c/0")]).await.len(), 1);
    let space = other.backend.space(scope).await.expect("space");
    assert_eq!(space, Some(sample::space()));
    assert_theirs_untouched(fixture).await;
}
