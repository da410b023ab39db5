//! Reading what is named: each name has its answer, in its place.

use tulving::backend::{Filter, Sources};
use tulving::model::{Key, Kind};

use crate::fixture::Fixture;
use crate::memories::{Memories, assert_same, node_key};
use crate::sample::{document, plain, saying, turn};

/// Where no other program reads the memories they may bear any source; what one bears is what is read and
/// filtered by.
pub async fn memories_of_no_other_program_bear_any_source(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let names = [None, Some("openai"), Some("nobody_knows-9")];
    for memories in [memories.clone(), Memories::open(fixture).await] {
        let sources = memories.backend.sources(memories.scope).await;
        assert_eq!(sources.expect("sources"), Sources::any());
    }
    for (at, name) in names.into_iter().enumerate() {
        let sources = memories.backend.sources(memories.scope).await;
        let placed = sources.expect("sources").place(name, None);
        let mut node = saying(&format!("n{at}"), "said");
        node.source = placed.expect("any source").source;
        let filter = Filter {
            sources: vec![node.source.clone()],
            ..Filter::default()
        };
        memories.write([plain(node.clone())]).await;
        memories.assert_holds(&plain(node.clone())).await;
        assert_eq!(memories.ids(&filter).await, [node.id]);
    }
}

/// Of thousands of keys each has its answer in its place, whether or not there is a memory.
pub async fn thousands_of_keys_have_their_answers_in_order(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries: Vec<_> = (0..50).map(|at| plain(turn("c", at))).collect();
    memories.write(entries.clone()).await;
    // The last first, and every hundredth is there.
    let keys: Vec<Key> = (0..5000_usize)
        .rev()
        .map(|at| match at % 100 {
            0 => entries[at / 100].memory.key(),
            _ => node_key(&format!("nobody/{at}")),
        })
        .collect();
    let found = memories.get_all(&keys).await;
    assert_eq!(found.len(), keys.len());
    for (found, at) in found.iter().zip((0..5000_usize).rev()) {
        match found {
            Some(found) => assert_same(found, &entries[at / 100]),
            None => assert_ne!(at % 100, 0, "{at} is there"),
        }
        assert!(found.is_none() || at % 100 == 0, "{at} is not there");
    }
}

/// Each id of a document has its answer in its place, as often as it is named.
pub async fn documents_are_asked_for_in_any_order(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    for id in ["a", "b", "c"] {
        let put = memories.put_document(&document(id), []).await;
        put.expect("put a document");
    }
    let asked = ["c", "nobody", "a", "c", "A", "b"];
    let expected = asked.map(|id| ["a", "b", "c"].contains(&id).then(|| document(id)));
    for _ in 0..2 {
        let memories = Memories::open(fixture).await;
        let (backend, scope) = (&memories.backend, memories.scope);
        let found = backend.documents(scope, &asked.map(str::to_owned)).await;
        assert_eq!(found.expect("documents"), expected);
        let none = backend.documents(scope, &[]).await;
        assert_eq!(none.expect("documents"), []);
        fixture.maintain().await;
    }
}

/// Documents that come and go beside them do not make others be missed or given twice; and all of them may be
/// asked for at once.
pub async fn paging_gives_every_document_once_while_others_write(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let writer = Memories::open(fixture).await;
    let put = async |id: String| {
        let put = writer.put_document(&document(&id), []).await;
        put.expect("put a document");
    };
    for at in 10..30 {
        put(format!("{at} stays")).await;
        put(format!("{at} goes")).await;
    }
    let (mut seen, mut after) = (Vec::new(), None::<String>);
    for step in 10.. {
        let page = memories.list_documents(after.as_deref(), 3).await;
        assert!(page.len() <= 3, "a page is as long as it may be");
        let Some(last) = page.last() else { break };
        // The place that a page ends at may be gone when the next is asked for.
        let goes = match last.id.ends_with("goes") {
            true => last.id.clone(),
            false => format!("{} goes", 39 - step),
        };
        after = Some(last.id.clone());
        seen.extend(page.into_iter().map(|document| document.id));
        writer.remove_documents(&[&goes]).await;
        put(format!("{step} comes")).await;
        put(format!("{} comes", 39 - step)).await;
        if step == 12 {
            fixture.maintain().await;
        }
    }
    assert!(
        seen.is_sorted_by(|one, next| one < next),
        "each once: {seen:?}"
    );
    for at in 10..30 {
        let id = format!("{at} stays");
        assert!(seen.contains(&id), "{id}");
    }
    let all = memories.list_documents(None, usize::MAX).await;
    assert!(all.is_sorted_by(|one, next| one.id < next.id));
    let stay = all.iter().filter(|one| one.id.ends_with("stays"));
    assert_eq!(stay.count(), 20);
    assert_eq!(memories.count(&Filter::default()).await[Kind::Chunk], 0);
}
