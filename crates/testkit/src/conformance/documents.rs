//! Documents: containers with rows of their own, whose chunks come and go with them.

use std::sync::Arc;

use tulving::backend::{BackendError, Counts, Draft, Entry, Filter};
use tulving::model::{Document, Embedding, Kind, Space};

use super::several_spaces::{beside, made};
use crate::fixture::{Fixture, Other};
use crate::memories::{ALL, Memories, chunk_key, node_key};
use crate::sample::{self, document, piece, plain, turn, with_vector};

/// A piece of a document that says this, with a vector.
fn saying(document: &str, index: i64, text: &str) -> Entry {
    let mut chunk = piece(document, index);
    text.clone_into(&mut chunk.content);
    with_vector(chunk, &[1.0, index as f32])
}

fn ids(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|document| &*document.id).collect()
}

/// A document comes back as it was given: columns, unknown keys, and what no column can hold.
pub async fn a_document_comes_back_whole(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let mut odd = Document::new("d\"1", "Manuals/ä b.md", sample::at(3));
    odd.title = "nul \0 and more".to_owned();
    odd.department = Some("Finance".to_owned());
    odd.content_hash = Some("ab".repeat(32));
    odd.updated_at = Some(sample::at(4));
    odd.extra = sample::json(r#"{"pages":12,"tags":["a"]}"#);
    let stamp = tulving::record::Stamp::only(sample::user(0));
    let odd = tulving::record::document::admit(&odd, &stamp).expect("a document");
    assert!(odd.carry.is_some(), "a NUL is carried");
    memories.put_document(&odd, []).await.expect("put");
    for _ in 0..2 {
        let memories = Memories::open(fixture).await;
        assert_eq!(memories.document(&odd.id).await.as_ref(), Some(&odd));
        assert_eq!(memories.document("d").await, None);
        let listed = memories.list_documents(None, ALL).await;
        assert_eq!(listed, std::slice::from_ref(&odd));
        fixture.maintain().await;
    }
}

/// A document is put in the place of what was there of it: chunks that are not among the new ones are
/// found by nothing, and those of other documents stay.
pub async fn putting_replaces_a_document_with_all_its_chunks(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let other = saying("other", 0, "badger");
    memories
        .put_document(&document("other"), [other.clone()])
        .await
        .expect("put");
    let first = [saying("d", 0, "heron"), saying("d", 1, "heron stork")];
    memories
        .put_document(&document("d"), first)
        .await
        .expect("put");
    fixture.maintain().await;
    let mut renamed = document("d");
    renamed.title = "Another".to_owned();
    let second = [saying("d", 1, "crane"), saying("d", 2, "crane crow")];
    memories
        .put_document(&renamed, second.clone())
        .await
        .expect("put");
    for _ in 0..2 {
        let memories = Memories::open(fixture).await;
        assert_eq!(memories.document("d").await.as_ref(), Some(&renamed));
        assert!(memories.with_words("heron stork").await.is_empty());
        assert_eq!(memories.with_words("crane").await, ["d/1", "d/2"]);
        assert_eq!(memories.get(&chunk_key("d/0")).await, None);
        assert_eq!(memories.near(&[1.0, 1.0]).await[0], "d/1");
        assert_eq!(memories.near(&[1.0, 1.0]).await.len(), 3);
        for entry in second.iter().chain([&other]) {
            memories.assert_holds(entry).await;
        }
        assert_eq!(memories.count(&Filter::default()).await[Kind::Chunk], 3);
        fixture.maintain().await;
    }
}

/// A document that is removed takes its chunks with it, and everything that finds them; the weight of a
/// word is then as if they had never been.
pub async fn removing_a_document_leaves_nothing_of_its_chunks(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let kept = [
        saying("kept", 0, "heron stork"),
        saying("kept", 1, "stork"),
        plain(turn("gone", 0)),
    ];
    memories.write(kept.clone()).await;
    let terms = crate::scoring::terms("heron stork");
    let before = memories.matching(&terms, ALL, &Filter::default()).await;
    let gone = [saying("gone", 0, "heron"), saying("gone", 1, "heron egret")];
    memories
        .put_document(&document("gone"), gone)
        .await
        .expect("put");
    fixture.maintain().await;
    let named = ["gone", "never", "gone"];
    assert_eq!(memories.remove_documents(&named).await, ["gone"]);
    assert!(memories.remove_documents(&named).await.is_empty());
    for _ in 0..2 {
        let memories = Memories::open(fixture).await;
        assert_eq!(memories.document("gone").await, None);
        assert_eq!(ids(&memories.list_documents(None, ALL).await), ["kept"]);
        assert_eq!(memories.get(&chunk_key("gone/0")).await, None);
        assert!(memories.with_words("egret").await.is_empty());
        assert_eq!(memories.near(&[1.0]).await.len(), 2);
        let after = memories.matching(&terms, ALL, &Filter::default()).await;
        assert_eq!(after, before);
        let counts = memories.count(&Filter::default()).await;
        assert_eq!(counts, Counts::from([(Kind::Node, 1), (Kind::Chunk, 2)]));
        for entry in &kept {
            memories.assert_holds(entry).await;
        }
        fixture.maintain().await;
    }
    // A conversation is no document, were it called like one.
    assert!(memories.get(&node_key("gone/0")).await.is_some());
}

/// What is to be a chunk of a document that is not there is refused, and nothing is written.
pub async fn a_chunk_without_its_document_is_refused(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let is_refused = |result: Result<_, BackendError>| match result {
        Err(BackendError::NoSuchDocument { id }) => assert_eq!(id, "nowhere"),
        other => panic!("{other:?}"),
    };
    let stray = plain(piece("nowhere", 0));
    for draft in [
        Draft::Whole(stray.clone()),
        Draft::Next(stray.clone()),
        Draft::NextNamed(stray.clone()),
    ] {
        let drafts = vec![Draft::Whole(plain(turn("nowhere", 0))), draft];
        is_refused(memories.insert(drafts).await.map(drop));
    }
    assert!(memories.all().await.is_empty());
    // Nor can one be moved there.
    let old = plain(piece("d", 0));
    memories.write([old.clone()]).await;
    let mut moved = piece("nowhere", 0);
    moved.id = "d/0".to_owned();
    is_refused(memories.replace(&old.memory, plain(moved)).await);
    memories.assert_holds(&old).await;
}

/// Chunks go to the end of their document as nodes do to that of their conversation, and neighbours of a
/// chunk are those of its document.
pub async fn chunks_stand_in_their_document(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = [
        plain(piece("c", 4)),
        plain(piece("d", 5)),
        plain(turn("c", 5)),
    ];
    memories.write(entries).await;
    let next = saying("c", 0, "heron");
    let keys = memories.insert(vec![Draft::Next(next)]).await;
    let keys = keys.expect("insert");
    let placed = memories.get(&keys[0]).await.expect("the chunk");
    assert_eq!(placed.memory.position(), Some(("c", 5)));
    let beside = memories.beside("heron", 3, &Filter::default()).await;
    assert_eq!(beside, ["c/4"]);
}

/// An id that a chunk of another document has is refused, and so are two of one id; the document that was
/// there stays as it was.
pub async fn a_document_with_a_taken_chunk_is_refused_whole(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let old = saying("d", 0, "heron");
    memories
        .put_document(&document("d"), [old.clone()])
        .await
        .expect("put");
    let theirs = saying("e", 0, "stork");
    memories
        .put_document(&document("e"), [theirs.clone()])
        .await
        .expect("put");
    let mut renamed = document("d");
    renamed.title = "Another".to_owned();
    let mut taken = piece("d", 1);
    taken.id = "e/0".to_owned();
    for (chunks, id) in [
        (vec![saying("d", 1, "x"), plain(taken)], "e/0"),
        (vec![saying("d", 7, "x"), saying("d", 7, "y")], "d/7"),
    ] {
        match memories.put_document(&renamed, chunks).await {
            Err(BackendError::Exists { key }) => assert_eq!(key, chunk_key(id)),
            other => panic!("{other:?}"),
        }
        assert_eq!(memories.document("d").await, Some(document("d")));
        memories.assert_holds(&old).await;
        memories.assert_holds(&theirs).await;
        assert_eq!(memories.all().await.len(), 2);
    }
}

/// A chunk with a vector of another space is refused with its document, whether or not there was one; what
/// was there stays as it was.
pub async fn a_document_with_a_chunk_of_another_space_is_refused_whole(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let old = saying("d", 0, "heron");
    let put = memories.put_document(&document("d"), [old.clone()]).await;
    put.expect("put");
    let another = Arc::new(Space::local("another-model", sample::DIMS));
    let vector = Embedding::new(Arc::clone(&another), vec![1.0; sample::DIMS]).expect("a vector");
    for _ in 0..2 {
        for id in ["d", "new"] {
            let mut renamed = document(id);
            renamed.title = "Another".to_owned();
            let strange = Entry {
                embedding: Some(vector.clone()),
                ..saying(id, 2, "stork")
            };
            let chunks = [saying(id, 1, "crane"), strange];
            match memories.put_document(&renamed, chunks).await {
                Err(BackendError::WrongSpace { stored, given }) => {
                    assert_eq!((stored, given), (sample::space(), Arc::clone(&another)));
                }
                other => panic!("{other:?}"),
            }
        }
        let memories = Memories::open(fixture).await;
        assert_eq!(ids(&memories.list_documents(None, ALL).await), ["d"]);
        assert_eq!(memories.document("d").await, Some(document("d")));
        memories.assert_holds(&old).await;
        assert_eq!(memories.all().await.len(), 1);
        for word in ["crane", "stork"] {
            assert!(memories.with_words(word).await.is_empty(), "{word}");
        }
        fixture.maintain().await;
    }
}

/// Documents come by the bytes of their ids, and in pages of any size each once.
pub async fn documents_are_listed_page_by_page(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let mut names = ["b", "B", "é", "a", "東京", "a/b", "%", "_"];
    for name in names {
        let put = memories.put_document(&document(name), []).await;
        put.expect("put");
    }
    names.sort_unstable();
    for limit in [1, 3, 8, ALL] {
        let (mut found, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = memories.list_documents(after.as_deref(), limit).await;
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            found.extend(page);
        }
        assert_eq!(ids(&found), names, "{limit}");
    }
    assert!(memories.list_documents(None, 0).await.is_empty());
    // Whether or not there is a document at the place.
    let after = memories.list_documents(Some("a\0"), ALL).await;
    assert_eq!(ids(&after)[0], "a/b");
}

/// Documents of one scope are nothing to another.
pub async fn documents_of_other_scopes_are_not_seen(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let ours = saying("d", 0, "heron");
    let put = memories.put_document(&document("d"), [ours.clone()]).await;
    put.expect("put");
    let Other::Kept(scope) = fixture.other() else {
        let stranger = fixture.other().scope();
        let ids = ["d".to_owned()];
        let backend = &memories.backend;
        for refused in [
            backend.documents(stranger, &ids).await.err(),
            backend.list_documents(stranger, None, 9).await.err(),
            backend.remove_documents(stranger, &ids).await.err(),
            backend
                .put_document(stranger, document("d"), Vec::new())
                .await
                .err(),
        ] {
            assert!(
                matches!(&refused, Some(BackendError::UnknownScope { scope, .. }) if *scope == stranger),
                "{refused:?}"
            );
        }
        return;
    };
    let others = Memories {
        backend: fixture.open().await,
        scope,
    };
    assert_eq!(others.document("d").await, None);
    assert!(others.list_documents(None, ALL).await.is_empty());
    assert!(others.remove_documents(&["d"]).await.is_empty());
    let stray = others.insert(vec![Draft::Whole(ours.clone())]).await;
    assert!(matches!(stray, Err(BackendError::NoSuchDocument { .. })));
    // The same ids are others' documents and chunks.
    let mut theirs = document("d");
    theirs.title = "Theirs".to_owned();
    let put = others.put_document(&theirs, [saying("d", 0, "stork")]);
    put.await.expect("put");
    assert_eq!(others.remove_documents(&["d"]).await, ["d"]);
    assert_eq!(memories.document("d").await, Some(document("d")));
    memories.assert_holds(&ours).await;
    assert_eq!(memories.with_words("heron").await, ["d/0"]);
}

/// Whoever reads while a document is replaced sees what was there or what is there.
pub async fn a_replacement_is_seen_whole(fixture: &dyn Fixture) {
    const ROUNDS: i64 = 30;
    let memories = Memories::open(fixture).await;
    let chunks = |round: i64| (0..4).map(move |index| saying("d", index, &format!("w{round}")));
    let put = memories.put_document(&document("d"), chunks(0)).await;
    put.expect("put");
    let reader = Memories::open(fixture).await;
    let reading = async {
        loop {
            let texts: std::collections::BTreeSet<String> = reader
                .all()
                .await
                .into_iter()
                .map(|memory| tulving::search::text::indexed(&memory))
                .collect();
            assert_eq!(texts.len(), 1, "{texts:?}");
            if texts.contains(&format!("w{ROUNDS}")) {
                break;
            }
        }
    };
    let writing = async {
        for round in 1..=ROUNDS {
            let put = memories.put_document(&document("d"), chunks(round)).await;
            put.expect("put");
        }
    };
    tokio::join!(reading, writing);
    assert_eq!(memories.all().await.len(), 4);
}

/// A chunk that is gone, with its document or because that was put anew without it, has no vector in any space,
/// nor has the next with its id.
pub async fn chunks_that_are_gone_have_no_vector_in_any_space(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let put = async |id: &str, chunks: &[Entry]| {
        let put = memories.put_document(&document(id), chunks.to_vec()).await;
        put.expect("put");
    };
    let theirs = [saying("e", 0, "stork")];
    put("d", &[saying("d", 0, "heron"), saying("d", 1, "crane")]).await;
    put("e", &theirs).await;
    memories.add_space(&beside()).await;
    memories.fill(&beside()).await;
    fixture.maintain().await;
    let changed = saying("d", 0, "another");
    put("d", std::slice::from_ref(&changed)).await;
    let keys = ["d/0", "d/1", "e/0"].map(chunk_key);
    let of_stork = made(&beside(), &theirs[0].memory);
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            let found = memories.vectors_in(&beside(), &keys).await;
            assert_eq!(found, [None, None, Some(of_stork.clone())]);
            let further = &memories.kept().await.further[0];
            assert_eq!(further.vectors.total(), 1);
        }
        fixture.maintain().await;
    }
    memories.write([saying("d", 1, "crane")]).await;
    assert_eq!(memories.remove_documents(&["e"]).await, ["e"]);
    put("e", &theirs).await;
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            let found = memories.vectors_in(&beside(), &keys).await;
            assert_eq!(found, [None, None, None]);
            assert_eq!(memories.lacking(&beside(), 2).await, keys);
        }
        fixture.maintain().await;
    }
    memories.cut_over(&beside()).await;
    let found = memories.nearest(&of_stork, ALL, &Filter::default()).await;
    assert_eq!(found, []);
}
