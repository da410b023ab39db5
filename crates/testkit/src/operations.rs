//! Random sequences of calls, compared with what a map would do.

use std::future::Future;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio::runtime::Runtime;
use tulving::backend::{BackendError, Draft, Entry, Filter, Order, Page, Request};
use tulving::model::{Document, Key, Kind, Memory};

use crate::fixture::Fixture;
use crate::memories::{ALL, Memories};
use crate::naive::Naive;
use crate::question::{Question, everything};
use crate::sample::{self, at, plain, saying, vector};
use crate::scoring;

/// A call, with keys and words out of so few that calls meet.
#[derive(Debug, Clone)]
enum Operation {
    Insert(Vec<Draft>),
    /// What is there, or with what is not.
    Replace(Entry, bool),
    Delete(Vec<Key>),
    Touch(Vec<Key>, i64),
    /// With its chunks, whether or not it is there.
    PutDocument(Document, Vec<Entry>),
    RemoveDocuments(Vec<&'static str>),
    Ask(Question),
    /// Turn page after page to the end.
    Page(Filter, Order, usize),
    Reopen,
    Maintain,
}

/// Runs so many sequences, each on a fixture of its own, and shrinks the first that goes wrong.
///
/// # Panics
/// With that sequence and the seed.
pub fn run<F: Fixture, M: Future<Output = F>>(make: impl Fn() -> M, cases: u32, seed: u64) {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let runtime = Runtime::new().expect("a runtime");
    let outcome = TestRunner::new_with_rng(config, rng).run(&vec(operation(), 1..40), |sequence| {
        runtime.block_on(async { play(&make().await, sequence).await });
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("seed {seed}: {error}");
    }
}

/// Plays a sequence, and compares each answer and in the end everything.
async fn play(fixture: &dyn Fixture, sequence: Vec<Operation>) {
    let mut memories = Memories::open(fixture).await;
    let mut naive = Naive::default();
    for id in DOCUMENTS {
        let document = sample::document(id);
        let put = memories.put_document(&document, []).await;
        put.expect("put a document");
        naive.1.insert(document.id.clone(), document);
    }
    for operation in sequence {
        match operation {
            Operation::Insert(drafts) => {
                let expected = naive.insert(drafts.clone());
                assert_same(memories.insert(drafts).await, expected);
            }
            Operation::Replace(new, stale) => {
                let stored = naive.0.get(&new.memory.key()).filter(|_| !stale);
                let old = stored.map_or_else(|| new.memory.clone(), |stored| stored.memory.clone());
                let expected = naive.replace(&old, new.clone());
                assert_same(memories.replace(&old, new).await, expected);
            }
            Operation::Delete(keys) => {
                let mut deleted = memories.delete(&keys).await;
                deleted.sort();
                assert_eq!(deleted, naive.delete(&keys));
            }
            Operation::Touch(keys, minute) => {
                let touched = memories.touch(&keys, minute).await;
                assert_eq!(touched, naive.touch(&keys, at(minute)));
            }
            Operation::PutDocument(document, chunks) => {
                let expected = naive.put_document(&document, chunks.clone());
                assert_same(memories.put_document(&document, chunks).await, expected);
            }
            Operation::RemoveDocuments(ids) => {
                let removed = memories.remove_documents(&ids).await;
                assert_eq!(removed, naive.remove_documents(&ids));
            }
            Operation::Ask(question) => assert_answers(&memories, &naive, &question).await,
            Operation::Page(filter, order, limit) => {
                let mut page = Page {
                    limit,
                    ..everything(order)
                };
                loop {
                    let question = Question::List(filter.clone(), page.clone());
                    assert_answers(&memories, &naive, &question).await;
                    let listing = memories.backend.list(memories.scope, &filter, &page).await;
                    page.after = listing.expect("list").next;
                    if page.after.is_none() {
                        break;
                    }
                }
            }
            Operation::Reopen => memories = Memories::open(fixture).await,
            Operation::Maintain => fixture.maintain().await,
        }
    }
    let documents: Vec<Document> = naive.1.values().cloned().collect();
    assert_eq!(memories.list_documents(None, ALL).await, documents);
    let all = Filter::default();
    let everywhere = vector(&[1.0, -1.0, 1.0]);
    for question in [
        Question::Get(naive.0.keys().cloned().collect()),
        Question::List(all.clone(), everything(Order::Oldest)),
        Question::Count(all.clone()),
        Question::Clusters,
        Question::Nearest(everywhere, usize::MAX, all.clone()),
        Question::Matching(scoring::asked(&WORDS.join(" ")), usize::MAX, all),
    ] {
        assert_answers(&memories, &naive, &question).await;
    }
}

async fn assert_answers(memories: &Memories, naive: &Naive, question: &Question) {
    let answer = question.ask(memories).await;
    assert_eq!(answer, question.answered_by(naive), "{question:?}");
}

fn assert_same<T: PartialEq + std::fmt::Debug>(
    found: Result<T, BackendError>,
    expected: Result<T, BackendError>,
) {
    let found = found.map_err(|error| error.to_string());
    assert_eq!(found, expected.map_err(|error| error.to_string()));
}

const IDS: &[&str] = &["a", "b", "B", "%", "é", "f"];
const WORDS: &[&str] = &["crow", "raven", "swift", "snake_case", "東京都", "the"];
/// Documents are called so, too.
const CONVERSATIONS: &[&str] = &["c", "C", "a"];
/// Those of these that are documents from the beginning.
const DOCUMENTS: &[&str] = &["c", "C"];
const SOURCES: &[&str] = &["tulving", "grok"];

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        5 => vec(draft(), 0..5).prop_map(Operation::Insert),
        4 => (entry(any_kind()), proptest::bool::weighted(0.2)).prop_map(|(new, stale)| Operation::Replace(new, stale)),
        2 => keys().prop_map(Operation::Delete),
        2 => (keys(), 0..9_i64).prop_map(|(keys, minute)| Operation::Touch(keys, minute)),
        4 => document().prop_map(|(document, chunks)| Operation::PutDocument(document, chunks)),
        1 => vec(select(CONVERSATIONS), 0..3).prop_map(Operation::RemoveDocuments),
        8 => question().prop_map(Operation::Ask),
        1 => (filter(), order(), 1..4_usize).prop_map(|(filter, order, limit)| Operation::Page(filter, order, limit)),
        1 => Just(Operation::Reopen),
        1 => Just(Operation::Maintain),
    ]
}

fn key(kind: impl Strategy<Value = Kind>) -> impl Strategy<Value = Key> {
    (kind, select(IDS)).prop_map(|(kind, id)| Key::new(kind, id))
}

fn keys() -> impl Strategy<Value = Vec<Key>> {
    vec(key(any_kind()), 0..4)
}

fn any_kind() -> impl Strategy<Value = Kind> {
    select(&Kind::ALL[..])
}

fn order() -> impl Strategy<Value = Order> {
    select(vec![Order::Newest, Order::Oldest])
}

fn words() -> impl Strategy<Value = String> {
    vec(select(WORDS), 0..4).prop_map(|words| words.join(" "))
}

/// Numbers so few that directions coincide; the zero vector is one of them.
fn numbers() -> impl Strategy<Value = Vec<f32>> {
    vec(select(vec![-1.0, 0.0, 1.0]), 3)
}

fn draft() -> impl Strategy<Value = Draft> {
    (entry(any_kind()), any::<bool>()).prop_map(|(entry, next)| {
        if next {
            Draft::Next(entry)
        } else {
            Draft::Whole(entry)
        }
    })
}

fn document() -> impl Strategy<Value = (Document, Vec<Entry>)> {
    let chunks = vec(entry(Just(Document::PIECES)), 0..4);
    (select(CONVERSATIONS), words(), chunks).prop_map(|(id, title, mut chunks)| {
        let mut document = sample::document(id);
        document.title = title;
        for chunk in &mut chunks {
            if let Memory::Chunk(chunk) = &mut chunk.memory {
                id.clone_into(&mut chunk.document_id);
            }
        }
        (document, chunks)
    })
}

fn entry(kind: impl Strategy<Value = Kind>) -> impl Strategy<Value = Entry> {
    let labels = (
        select(CONVERSATIONS),
        select(SOURCES),
        any::<bool>(),
        0..3_i64,
    );
    let place = (0..5_i64, 0..5_i64);
    let embedding = proptest::option::of(numbers());
    (key(kind), words(), labels, place, embedding).prop_map(
        |(key, words, (conversation, source, code, cluster), (index, minute), numbers)| {
            let memory: Memory = match key.kind {
                Kind::Node => {
                    let mut node = saying(&key.id, &words);
                    conversation.clone_into(&mut node.conversation_id);
                    node.sequence_index = index;
                    source.clone_into(&mut node.source);
                    (node.created_at, node.has_code) = (at(minute), code);
                    node.cluster_id = (cluster < 2).then_some(cluster);
                    node.cluster_label = code.then(|| words.clone());
                    node.into()
                }
                Kind::Episode => {
                    let mut episode = sample::episode(&key.id);
                    episode.title = words;
                    source.clone_into(&mut episode.source);
                    (episode.created_at, episode.has_code) = (at(minute), code);
                    episode.into()
                }
                Kind::Chunk => {
                    let mut chunk = sample::piece(conversation, index);
                    (chunk.id, chunk.content) = (key.id.clone(), words);
                    source.clone_into(&mut chunk.source);
                    (chunk.created_at, chunk.has_code) = (at(minute), code);
                    chunk.into()
                }
            };
            Entry {
                embedding: numbers.map(|numbers| vector(&numbers)),
                ..plain(memory)
            }
        },
    )
}

fn filter() -> impl Strategy<Value = Filter> {
    let all = Filter::default;
    prop_oneof![
        4 => Just(all()),
        1 => select(&Kind::ALL[..]).prop_map(Filter::of),
        1 => select(SOURCES).prop_map(move |source| Filter { sources: vec![source.to_owned()], ..all() }),
        1 => select(CONVERSATIONS).prop_map(move |name| Filter { conversations: vec![name.to_owned()], ..all() }),
        1 => (0..5_i64).prop_map(move |minute| Filter { since: Some(at(minute)), ..all() }),
        1 => (0..5_i64, any::<bool>()).prop_map(move |(minute, code)| Filter {
            until: Some(at(minute)), has_code: Some(code), ..all()
        }),
        1 => (0..3_i64).prop_map(move |cluster| Filter { clusters: vec![cluster], ..all() }),
    ]
}

fn question() -> impl Strategy<Value = Question> {
    let limit = || select(vec![0, 1, 3, usize::MAX]);
    prop_oneof![
        1 => keys().prop_map(Question::Get),
        1 => filter().prop_map(Question::Count),
        1 => Just(Question::Clusters),
        1 => (filter(), order(), limit()).prop_map(|(filter, order, limit)| {
            Question::List(filter, Page { limit, ..everything(order) })
        }),
        2 => (numbers(), limit(), filter())
            .prop_map(|(numbers, limit, filter)| Question::Nearest(vector(&numbers), limit, filter)),
        2 => (words(), limit(), filter())
            .prop_map(|(words, limit, filter)| Question::Matching(scoring::asked(&words), limit, filter)),
        3 => (proptest::option::of(numbers()), words(), limit(), filter(), 0..4_u64).prop_map(
            |(numbers, words, depth, filter, reach)| Question::Search(Request {
                vector: numbers.map(|numbers| vector(&numbers)),
                terms: scoring::asked(&words),
                depth,
                filter,
                reach,
            })
        ),
    ]
}
