//! What others see of a write: at once, whole, and without waiting for it.

use std::collections::BTreeSet;
use std::future::Future;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tulving::backend::{
    BackendError, Draft, Filter, Import, LiveChange, Membership, Order, Page, Request,
};
use tulving::model::{Key, Kind, Space};

use super::dropping::goes_on;
use super::imports::{begin, imports, note};
use super::several_spaces::{beside, embedded_in, made};
use crate::fixture::Fixture;
use crate::memories::{ALL, Memories, chunk_key, node_key};
use crate::sample::{self, at, document, piece, plain, saying, space, vector, with_vector};
use crate::scoring;

/// Asks everything that can be asked.
async fn look(memories: &Memories) {
    let (backend, scope, all) = (&memories.backend, memories.scope, Filter::default());
    let request = Request {
        terms: scoring::asked("said"),
        reach: 2,
        ..Request::near(vector(&[1.0]), 9, all.clone())
    };
    let page = Page {
        order: Order::Newest,
        after: None,
        limit: 9,
    };
    backend.space(scope).await.expect("space");
    backend.sources(scope).await.expect("sources");
    backend.list(scope, &all, &page).await.expect("list");
    memories.get(&node_key("n0")).await;
    memories.count(&all).await;
    memories.document("d").await;
    memories.list_documents(None, 9).await;
    memories.clusters().await;
    memories.search(&request).await;
    memories.kept().await;
    memories.vectors_in(&space(), &[node_key("n0")]).await;
    memories.lacking(&space(), 9).await;
    memories.forgotten().await;
    memories.unfinished().await;
    imports(memories).await;
}

/// Whoever has looked before sees every write as soon as it returned, whatever it was.
pub async fn every_write_is_seen_by_who_looked_before(fixture: &dyn Fixture) {
    let writer = Memories::open(fixture).await;
    let reader = Memories::open(fixture).await;
    writer.add_space(&space()).await;
    look(&reader).await;
    let one = with_vector(saying("n0", "crow"), &[1.0]);
    writer.write([one.clone()]).await;
    reader.assert_holds(&one).await;
    assert_eq!(reader.near(&[1.0]).await, ["n0"]);

    look(&reader).await;
    let two = with_vector(saying("n0", "heron"), &[0.0, 1.0]);
    writer
        .replace(&one.memory, two.clone())
        .await
        .expect("replace");
    reader.assert_holds(&two).await;
    assert_eq!(reader.with_words("crow").await, [""; 0]);
    assert_eq!(reader.with_words("heron").await, ["n0"]);

    look(&reader).await;
    let key = node_key("n0");
    writer.touch(std::slice::from_ref(&key), 3).await;
    let found = reader.get(&key).await.expect("n0").memory;
    assert_eq!(found.usage(), (1, Some(at(3))));

    look(&reader).await;
    let membership = Membership {
        cluster: 7,
        label: None,
        confidence: 1.0,
    };
    let joins = LiveChange::Cluster(key.clone(), Some(membership));
    writer.update_live(vec![joins]).await;
    assert_eq!(reader.clusters().await.len(), 1);

    look(&reader).await;
    let put = writer
        .put_document(&document("d"), [plain(piece("d", 0))])
        .await;
    put.expect("put a document");
    assert_eq!(reader.document("d").await, Some(document("d")));
    assert!(reader.get(&chunk_key("d/0")).await.is_some());

    look(&reader).await;
    assert_eq!(writer.remove_documents(&["d"]).await, ["d"]);
    assert_eq!(reader.document("d").await, None);
    assert_eq!(reader.get(&chunk_key("d/0")).await, None);

    look(&reader).await;
    writer.add_space(&beside()).await;
    assert_eq!(
        reader.lacking(&beside(), 9).await,
        std::slice::from_ref(&key)
    );

    look(&reader).await;
    let vector = made(&beside(), &two.memory);
    writer
        .put_vectors(vec![embedded_in(&beside(), &two.memory)])
        .await;
    let found = reader.vector_in(&beside(), &key).await;
    assert_eq!(found, Some(vector.clone()));

    look(&reader).await;
    writer.cut_over(&beside()).await;
    let near = Request::near(vector, 9, Filter::default());
    let found = reader.search(&near).await;
    assert_eq!(found.space, Some(beside()));
    assert_eq!(found.kinds[Kind::Node].candidates.len(), 1);

    look(&reader).await;
    assert!(writer.follow(ALL, 9).await);
    assert_eq!(reader.kept().await.behind.total(), 0);

    look(&reader).await;
    writer.cut_over(&space()).await;
    assert!(writer.drop_space(&beside()).await);
    assert_eq!(reader.kept().await.further, []);
    assert_eq!(reader.near(&[0.0, 1.0]).await, ["n0"]);

    look(&reader).await;
    assert_eq!(writer.delete(std::slice::from_ref(&key)).await, [key]);
    assert_eq!(reader.all().await, []);
    assert_eq!(reader.near(&[0.0, 1.0]).await, [""; 0]);

    writer.write([one]).await;
    look(&reader).await;
    writer.erase().await;
    assert_eq!(reader.all().await, []);
    assert_eq!(reader.with_words("crow").await, [""; 0]);

    writer.add_space(&beside()).await;
    look(&reader).await;
    assert!(writer.clear().await);
    assert_eq!(reader.kept().await.further, []);

    look(&reader).await;
    let gone = [node_key("gone")];
    writer.bury(&gone, &[]).await;
    assert!(reader.forgotten().await.holds(&gone[0]));

    look(&reader).await;
    writer.exhume(&gone, &[]).await;
    assert!(!reader.forgotten().await.holds(&gone[0]));

    for record in [Some(&b"record"[..]), None] {
        look(&reader).await;
        writer.keep_unfinished(record).await;
        assert_eq!(reader.unfinished().await.as_deref(), record);
    }

    look(&reader).await;
    let mut import = Import::new(["a.zip".to_owned()]);
    let _at_work = begin(&writer, &import).await;
    assert_eq!(imports(&reader).await[0].counts.added, 0);

    look(&reader).await;
    import.counts.added = 7;
    note(&writer, &import).await;
    assert_eq!(imports(&reader).await[0].counts.added, 7);

    look(&reader).await;
    writer.purge().await;
    assert_eq!(imports(&reader).await, []);
}

/// How long a read may take before it is taken for one that waits: far more than any takes.
const FOR_EVER: Duration = Duration::from_secs(60);

type Write<'w> = Pin<Box<dyn Future<Output = Result<(), BackendError>> + 'w>>;

/// However far a write has come, and though nobody lets it go on: who reads has his answer.
pub async fn reads_do_not_wait_for_writes(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let reader = Memories::open(fixture).await;
    let entries: Vec<_> = (0..3)
        .map(|n| with_vector(saying(&format!("n{n}"), "said"), &[1.0]))
        .collect();
    let keys: Vec<Key> = entries.iter().map(|entry| entry.memory.key()).collect();
    for times in [1, 2, 3, 5] {
        let further = Space::local(&format!("s{times}"), sample::DIMS);
        memories.write(entries.clone()).await;
        let (backend, scope) = (&memories.backend, memories.scope);
        let draft = Draft::Whole(with_vector(saying("new", "said"), &[1.0]));
        let used = LiveChange::Usage(keys[0].clone(), 7, None);
        let vectors = |entry: &_| embedded_in(&beside(), entry);
        let vectors = entries.iter().map(|entry| vectors(&entry.memory)).collect();
        let (chunks, ids) = (vec![plain(piece("d", 0))], ["d".to_owned()]);
        let (to, gone) = (beside(), [node_key("gone")]);
        let import = Import::new(["a.zip".to_owned()]);
        let writes: Vec<(&str, Write<'_>)> = vec![
            (
                "insert",
                Box::pin(async { backend.insert(scope, vec![draft]).await.map(drop) }),
            ),
            (
                "replace",
                Box::pin(backend.replace(scope, &entries[0].memory, entries[0].clone())),
            ),
            (
                "touch",
                Box::pin(async { backend.touch(scope, &keys, at(1)).await.map(drop) }),
            ),
            (
                "change what is live",
                Box::pin(async { backend.update_live(scope, vec![used]).await.map(drop) }),
            ),
            (
                "put a document",
                Box::pin(backend.put_document(scope, document("d"), chunks)),
            ),
            ("add a space", Box::pin(backend.add_space(scope, &further))),
            ("add another", Box::pin(backend.add_space(scope, &to))),
            (
                "put vectors",
                Box::pin(async { backend.put_vectors(scope, vectors).await.map(drop) }),
            ),
            ("cut over", Box::pin(backend.cut_over(scope, &to))),
            (
                "follow",
                Box::pin(async { backend.follow(scope, None, 9).await.map(drop) }),
            ),
            (
                "drop a space",
                Box::pin(async { backend.drop_space(scope, &further).await.map(drop) }),
            ),
            (
                "remove documents",
                Box::pin(async { backend.remove_documents(scope, &ids).await.map(drop) }),
            ),
            (
                "delete",
                Box::pin(async { backend.delete(scope, &keys[..1]).await.map(drop) }),
            ),
            (
                "cut over again",
                Box::pin(async { backend.cut_over(scope, &space()).await }),
            ),
            ("bury", Box::pin(backend.bury(scope, &gone, &[]))),
            ("exhume", Box::pin(backend.exhume(scope, &gone, &[]))),
            (
                "keep a record",
                Box::pin(backend.keep_unfinished(scope, Some(b"record"))),
            ),
            (
                "begin an import",
                Box::pin(async { backend.begin_import(scope, &import).await.map(drop) }),
            ),
            (
                "note an import",
                Box::pin(backend.note_import(scope, &import)),
            ),
            (
                "purge",
                Box::pin(async { backend.purge(scope, &Kind::ALL).await.map(drop) }),
            ),
            (
                "erase",
                Box::pin(async { backend.erase(scope).await.map(drop) }),
            ),
            (
                "clear",
                Box::pin(async { backend.clear(scope).await.map(drop) }),
            ),
        ];
        for (what, mut write) in writes {
            let has_answered = goes_on(times, std::pin::pin!(&mut write)).await;
            // Those who read may have written before, or look for the first time.
            for reader in [&reader, &memories] {
                let looked = tokio::time::timeout(FOR_EVER, look(reader)).await;
                assert!(looked.is_ok(), "{times}: waits for: {what}");
            }
            if !has_answered {
                write.await.expect(what);
            }
        }
        assert_eq!(reader.all().await, []);
    }
}

/// Lets one write, 40 rounds and until another saw two things, while that one looks; returns what was seen.
async fn seen_while<S: Ord>(write: impl AsyncFn(i64), look: impl AsyncFn() -> S) -> BTreeSet<S> {
    const ROUNDS: RangeInclusive<i64> = 40..=10_000;
    let (done, several) = (AtomicBool::new(false), AtomicBool::new(false));
    let writing = async {
        for round in 1..=*ROUNDS.end() {
            write(round).await;
            if round >= *ROUNDS.start() && several.load(Ordering::SeqCst) {
                break;
            }
        }
        done.store(true, Ordering::SeqCst);
    };
    let reading = async {
        let mut seen = BTreeSet::new();
        while !done.load(Ordering::SeqCst) {
            seen.insert(look().await);
            several.store(seen.len() > 1, Ordering::SeqCst);
        }
        seen
    };
    tokio::join!(reading, writing).0
}

/// Who looks while live fields of many change, or many are touched, sees all of them changed or none.
pub async fn live_changes_are_seen_whole(fixture: &dyn Fixture) {
    const NODES: u64 = 9;
    let memories = Memories::open(fixture).await;
    let writer = Memories::open(fixture).await;
    let nodes = (0..NODES).map(|n| {
        let mut node = saying(&format!("n{n}"), "said");
        node.cluster_id = Some(0);
        plain(node)
    });
    let keys = memories.write(nodes).await;
    let writing = async |round: i64| {
        let changes = keys.iter().flat_map(|key| {
            let membership = Membership {
                cluster: round,
                label: None,
                confidence: 1.0,
            };
            let used = LiveChange::Usage(key.clone(), 10 * round, None);
            [LiveChange::Cluster(key.clone(), Some(membership)), used]
        });
        writer.update_live(changes.collect()).await;
        writer.touch(&keys, round).await;
    };
    let seen = seen_while(writing, async || {
        let clusters = memories.clusters().await;
        let sizes: Vec<u64> = clusters.iter().map(|cluster| cluster.nodes).collect();
        assert_eq!(sizes, [NODES]);
        let all = memories.all().await;
        let states = all.iter().map(|node| (node.cluster_id(), node.usage()));
        let states: BTreeSet<_> = states.collect();
        assert_eq!(states.len(), 1, "{states:?}");
        states
    })
    .await;
    assert!(seen.len() > 1, "nothing was written meanwhile: {seen:?}");
}

/// Who searches while others cut over finds everything in the space that he is told, and nothing in the other.
pub async fn a_cut_over_is_seen_whole(fixture: &dyn Fixture) {
    const NODES: usize = 5;
    let memories = Memories::open(fixture).await;
    let writer = Memories::open(fixture).await;
    let entries = (0..NODES).map(|n| with_vector(saying(&format!("n{n}"), "said"), &[1.0]));
    memories.write(entries).await;
    memories.add_space(&beside()).await;
    memories.fill(&beside()).await;
    let query = made(&beside(), &plain(saying("n1", "said")).memory);
    let writing = async |round: i64| {
        let to = match round % 2 {
            1 => beside(),
            _ => space(),
        };
        writer.cut_over(&to).await;
        if round % 4 == 2 {
            writer.follow(1, 2).await;
        }
    };
    let request = Request {
        terms: scoring::asked("said"),
        ..Request::near(query, 9, Filter::default())
    };
    let seen = seen_while(writing, async || {
        let found = memories.search(&request).await;
        let is_beside = found.space == Some(beside());
        assert!(is_beside || found.space == Some(space()));
        let nodes = &found.kinds[Kind::Node].candidates;
        assert_eq!(nodes.len(), NODES);
        let near = nodes.iter().filter(|one| one.vector.is_some()).count();
        assert_eq!(near, if is_beside { NODES } else { 0 });
        is_beside
    })
    .await;
    assert!(seen.len() > 1, "nothing was cut over meanwhile: {seen:?}");
}
