//! What says the same is found by its hash, however it is laid out.

use tulving::backend::{BackendError, Draft, Entry, SAME_HASH};
use tulving::model::Kind;
use tulving::search::sameness::content_hash;
use tulving::search::text::indexed;

use crate::fixture::Fixture;
use crate::memories::{Memories, node_key};
use crate::sample::{chunk, episode, plain, saying, with_vector};

fn found(ids: &[(usize, &str)]) -> Vec<(usize, String)> {
    ids.iter()
        .map(|(place, id)| (*place, (*id).to_owned()))
        .collect()
}

/// Every memory of a kind that says the same is found, with and without a vector, also in nearly the same words, and
/// nothing else is: not what says more, and not what has a capital letter within a word.
pub async fn what_says_the_same_is_found_by_its_hash(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let answered = |id: &str, question: &str, answer: &str| {
        let mut node = saying(id, question);
        answer.clone_into(&mut node.assistant_content);
        node
    };
    memories
        .write([
            plain(answered("as it is", "Is Zürich far?", "An hour.")),
            with_vector(
                answered(
                    "laid out",
                    " Is Zu\u{308}rich\u{a0}far?\r\n",
                    "\nAn  hour. ",
                ),
                &[1.0],
            ),
            plain(answered("more", "Is Zürich far?", "An hour. Or two.")),
            plain(answered("large", "IS ZÜRICH FAR?", "An hour.")),
            plain(answered("in one", "Is Zürich far? An hour.", "")),
            plain(saying("odd", "\u{1}\u{fffd}👍")),
        ])
        .await;
    let texts = [
        "Is Zürich far?\n\nAn hour.",
        "\u{1}\u{fffd}👍",
        "nobody said this",
    ];
    let same = found(&[(0, "as it is"), (0, "in one"), (0, "laid out"), (1, "odd")]);
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            assert_eq!(memories.saying(Kind::Node, &texts).await, same);
            assert_eq!(memories.saying(Kind::Node, &[]).await, []);
            assert_eq!(memories.saying(Kind::Episode, &texts).await, []);
        }
        fixture.maintain().await;
    }
}

/// Each kind is asked for by what it is indexed by.
pub async fn every_kind_is_found_by_what_it_says(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = [
        plain(saying("node", "heron")),
        plain(episode("whole")),
        plain(chunk("piece")),
    ];
    memories.write(entries.clone()).await;
    for Entry { memory, .. } in entries {
        let ids = memories.saying(memory.kind(), &[&indexed(&memory)]).await;
        assert_eq!(ids, found(&[(0, memory.id())]));
    }
}

/// A memory is found by what it says now. The hash goes with the text, and nothing else changes it.
pub async fn the_hash_goes_with_the_text(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let ids = ["one", "other", "third"];
    memories
        .write(ids.map(|id| plain(saying(id, "heron"))))
        .await;
    let change = |text: &str, source: &str| {
        let mut node = saying("other", text);
        source.clone_into(&mut node.source);
        plain(node)
    };
    let (before, renamed) = (change("heron", "tulving"), change("heron", "grok"));
    let replaced = memories.replace(&before.memory, renamed.clone()).await;
    replaced.expect("replace");
    assert_eq!(memories.saying(Kind::Node, &["heron"]).await.len(), 3);
    let asked = change("herons", "grok");
    let replaced = memories.replace(&renamed.memory, asked).await;
    replaced.expect("replace");
    memories.delete(&[node_key("third")]).await;
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            let said = memories.saying(Kind::Node, &["heron", "herons"]).await;
            assert_eq!(said, found(&[(0, "one"), (1, "other")]));
        }
        fixture.maintain().await;
    }
}

/// However many say the same, of which not all need be named, and however many are asked for at once.
pub async fn thousands_are_found_by_their_hashes(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let texts: Vec<String> = (0..1_200).map(|number| format!("heron {number}")).collect();
    let each = texts
        .iter()
        .map(|text| plain(saying(&format!("each {text}"), text)));
    let same = (0..700).map(|number| plain(saying(&format!("same {number:03}"), "heron 7")));
    memories.write(each.chain(same)).await;
    let asked: Vec<&str> = texts.iter().map(String::as_str).collect();
    let said = memories.saying(Kind::Node, &asked).await;
    let (same, each): (Vec<_>, Vec<_>) = said.into_iter().partition(|(place, _)| *place == 7);
    assert_eq!(each.len(), 1_199);
    assert!((SAME_HASH..=701).contains(&same.len()), "{}", same.len());
}

/// A write tells what says the same as the new ones: what was there, and none of them.
pub async fn a_write_tells_what_was_there(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let hashes = ["heron", "crow", "wren"].map(content_hash);
    let write = async |memories: &Memories, ids: [&str; 2], kind| {
        let drafts = [(ids[0], "heron"), (ids[1], "crow")];
        let drafts = drafts.map(|(id, text)| Draft::Whole(plain(saying(id, text))));
        let (backend, scope) = (&memories.backend, memories.scope);
        let written = backend.insert_comparing(scope, drafts.to_vec(), kind, &hashes);
        let (keys, mut there) = written.await.expect("insert comparing");
        assert_eq!(keys, ids.map(node_key));
        there.sort();
        there
    };
    assert_eq!(write(&memories, ["a", "b"], Kind::Node).await, []);
    memories.delete(&[node_key("b")]).await;
    memories.write([plain(saying("c", "wren"))]).await;
    for (number, memories) in [memories.clone(), Memories::open(fixture).await]
        .iter()
        .enumerate()
    {
        let ids = [format!("d{number}"), format!("e{number}")];
        let ids = ids.each_ref().map(String::as_str);
        assert_eq!(write(memories, ids, Kind::Episode).await, []);
        memories.delete(&ids.map(node_key)).await;
        let mut there = [(hashes[0], node_key("a")), (hashes[2], node_key("c"))];
        there.sort();
        assert_eq!(write(memories, ids, Kind::Node).await, there);
        memories.delete(&ids.map(node_key)).await;
    }
    // What is refused says nothing, and writes nothing.
    let taken = ["f", "a"].map(|id| Draft::Whole(plain(saying(id, "heron"))));
    let (backend, scope) = (&memories.backend, memories.scope);
    let refused = backend.insert_comparing(scope, taken.to_vec(), Kind::Node, &hashes);
    assert!(matches!(
        refused.await,
        Err(BackendError::Exists { key }) if key == node_key("a")
    ));
    let said = memories.saying(Kind::Node, &["heron"]).await;
    assert_eq!(said, found(&[(0, "a")]));
}
