//! Tests: the power goes after each operation on the disk, or one of them fails.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use tempfile::TempDir;
use uuid::Uuid;

use super::backend::FileBackend;
use super::directory::Directory;
use super::error::FileError;
use super::founding::{Founding, Site};
use super::layout::{Layout, PairPaths};
use super::manifest::Manifest;
use super::npy::{self, Npy};
use super::root::Root;
use super::state::IfBaseChanged;
use crate::backend::{Backend as _, BackendError, Draft, Entry, Filter, Order, Page};
use crate::fsutil::{Fault, Image, Loss, Simulated, Trace};
use crate::json::{self, Value};
use crate::model::{Chunk, Document, Embedding, Key, Kind, Memory, Node, Scope, Space, Timestamp};
use crate::record;

const DIMS: usize = 4;
const OWNER: Scope = Scope::User(Uuid::from_u128(7));

static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Runtime::new().unwrap());

/// All that a directory holds.
#[derive(Debug, PartialEq)]
struct Contents {
    memories: BTreeMap<Key, Entry>,
    /// Vectors in further spaces, by the names of their models.
    further: BTreeMap<(String, Key), Embedding>,
    documents: Vec<Document>,
}

type Call = fn(&FileBackend) -> Result<(), BackendError>;

/// What is done to a directory.
struct Story {
    name: &'static str,
    /// What is there before.
    prepare: fn(&Path),
    /// How one comes to an open directory, however far an earlier attempt came.
    enter: fn(&Root) -> Result<FileBackend, FileError>,
    calls: &'static [Call],
}

static NEW: Story = Story {
    name: "a new directory",
    prepare: |_| {},
    enter: |root| {
        let founding = Founding::begin_at(root.clone())?;
        let site = founding.site();
        assert!(
            matches!(site, Site::Vacant | Site::Owned(OWNER)),
            "{site:?}"
        );
        founding.settle(OWNER, Some(&space()))
    },
    calls: &[
        |backend| insert(backend, [node(0, 1)]),
        |backend| {
            insert(
                backend,
                [node(1, 1), node(2, 1), episode(0), node(3, 1), episode(1)],
            )
        },
        |backend| replace(backend, &node(1, 1), node(1, 2)),
        |backend| delete(backend, &node(2, 1)),
        |backend| touch(backend, &node(0, 1)),
        |backend| Ok(backend.compact().map(drop)?),
        |backend| insert(backend, [node(4, 1)]),
        |backend| delete(backend, &episode(0)),
        |backend| Ok(backend.compact().map(drop)?),
    ],
};

/// The same, told in short.
static SHORT: Story = Story {
    calls: &[
        |backend| insert(backend, [node(0, 1), episode(0)]),
        |backend| replace(backend, &node(0, 1), node(0, 2)),
        |backend| Ok(backend.compact().map(drop)?),
        |backend| insert(backend, [node(1, 1)]),
    ],
    name: "a new directory, in short",
    prepare: NEW.prepare,
    enter: NEW.enter,
};

/// Claimed, and folded with all that the origin keeps beside memories.
static ORIGINS: Story = Story {
    name: "a directory of the origin's",
    prepare: |root| {
        write_nodes(root, "corpus/nodes.json", "vectors/nodes.npy", 3);
        for (name, content) in [
            ("indexes/clusters.json", r#"{"4": [0, 1, 2]}"#),
            ("indexes/faiss.index", "places"),
            ("corpus/dedup_index.json", r#"{"ingested_ids": ["m0"]}"#),
        ] {
            fs::create_dir_all(root.join("indexes")).unwrap();
            fs::write(root.join(name), content).unwrap();
        }
    },
    enter: |root| Founding::begin_at(root.clone())?.settle(OWNER, Some(&space())),
    calls: &[
        |backend| insert(backend, [node(5, 1), episode(0)]),
        |backend| delete(backend, &node(1, 1)),
        |backend| Ok(backend.compact().map(drop)?),
    ],
};

/// Whose first episodes need a folder.
static DATED: Story = Story {
    name: "a directory of layout 1.x",
    prepare: |root| {
        write_nodes(root, "memory_nodes/n.json", "vectors/n.npy", 2);
        let manifest = r#"{"nodes_file": "n.json", "node_embeddings_file": "n.npy"}"#;
        fs::write(root.join("manifest_20240101.json"), manifest).unwrap();
    },
    enter: ORIGINS.enter,
    calls: &[
        |backend| insert(backend, [episode(0)]),
        |backend| Ok(backend.compact().map(drop)?),
    ],
};

/// Changed by something else while writes were pending.
static REBASED: Story = Story {
    name: "a directory that is rebased",
    prepare: |root| {
        let root = Root::new(root);
        let backend = (NEW.enter)(&root).unwrap();
        insert(&backend, [node(0, 1), node(1, 1)]).unwrap();
        backend.compact().unwrap();
        insert(&backend, [node(2, 1)]).unwrap();
        drop(backend);
        write_nodes(&root, "corpus/nodes.json", "vectors/nodes.npy", 2);
    },
    enter: |root| {
        match FileBackend::open_at(root) {
            Err(FileError::BaseChanged { .. }) => {
                FileBackend::rebase_at(root)?;
            }
            opened => return opened,
        }
        FileBackend::open_at(root)
    },
    calls: &[|backend| insert(backend, [node(6, 1)])],
};

/// With documents, whose files are made in the second fold.
static DOCUMENTED: Story = Story {
    name: "a directory with documents",
    prepare: |_| {},
    enter: NEW.enter,
    calls: &[
        |backend| insert(backend, [node(0, 1)]),
        |backend| Ok(backend.compact().map(drop)?),
        |backend| put_document(backend, "a", &[(0, 1), (1, 1)]),
        |backend| put_document(backend, "b", &[(2, 1)]),
        |backend| Ok(backend.compact().map(drop)?),
        |backend| put_document(backend, "a", &[(1, 2), (3, 1)]),
        |backend| remove_document(backend, "b"),
        |backend| Ok(backend.compact().map(drop)?),
    ],
};

/// Whose owner has it erased.
static ERASED: Story = Story {
    name: "a directory that is erased",
    prepare: |root| write_nodes(root, "corpus/nodes.json", "vectors/nodes.npy", 3),
    enter: ORIGINS.enter,
    calls: &[
        |backend| put_document(backend, "a", &[(0, 1)]),
        |backend| Ok(backend.compact().map(drop)?),
        |backend| insert(backend, [node(5, 1)]),
        |backend| RUNTIME.block_on(backend.add_space(OWNER, &beside())),
        |backend| put_vectors(backend, [node(5, 1)]),
        |backend| RUNTIME.block_on(backend.erase(OWNER)).map(drop),
        |backend| insert(backend, [node(6, 1)]),
    ],
};

/// Whose vectors are made anew with another model.
static SPACES: Story = Story {
    name: "a directory that changes its space",
    prepare: |root| {
        let backend = (NEW.enter)(&Root::new(root)).unwrap();
        insert(&backend, [node(0, 1), node(1, 1)]).unwrap();
        backend.compact().unwrap();
    },
    enter: FileBackend::open_at,
    calls: &[
        |backend| RUNTIME.block_on(backend.add_space(OWNER, &beside())),
        |backend| put_vectors(backend, [node(0, 1), node(1, 1)]),
        |backend| Ok(backend.compact().map(drop)?),
        |backend| RUNTIME.block_on(backend.cut_over(OWNER, &beside())),
        |backend| insert(backend, [node(2, 1)]),
        |backend| RUNTIME.block_on(backend.follow(OWNER, None, 9)).map(drop),
        |backend| {
            let dropped = RUNTIME.block_on(backend.drop_space(OWNER, &space()));
            dropped.map(drop)
        },
        |backend| Ok(backend.compact().map(drop)?),
    ],
};

const LOSSES: [Loss; 8] = [
    Loss::Everything,
    Loss::Nothing,
    Loss::Contents,
    Loss::Names,
    Loss::Tails,
    Loss::Beginnings,
    Loss::Some(1),
    Loss::Some(2),
];

/// A directory on a simulated disk, gone with it.
struct World {
    _folder: TempDir,
    disk: Arc<Simulated>,
    root: Root,
}

impl World {
    fn new(prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        let disk = Arc::new(Simulated::over(folder.path()));
        Self {
            root: Root::on(disk.top(), Arc::clone(&disk) as _),
            disk,
            _folder: folder,
        }
    }

    fn of(image: &Image) -> Self {
        Self::new(|top| image.write(top))
    }

    /// Checks that each row of the vectors is that of the record in its place.
    #[track_caller]
    fn is_aligned(&self) {
        let layout = Layout::find(&self.root).unwrap();
        for (kind, field) in [(Kind::Node, "human_content"), (Document::PIECES, "content")] {
            if let Some(pair) = layout.require(kind).unwrap() {
                let space = Manifest::read(&layout).unwrap().space().unwrap();
                Self::are_aligned(pair, field, &space.unwrap());
            }
        }
    }

    #[track_caller]
    fn are_aligned(pair: &PairPaths, field: &str, space: &Space) {
        let bytes = fs::read(&pair.records).unwrap();
        let Value::Array(records) = json::parse(&bytes).unwrap() else {
            panic!("not an array")
        };
        let vectors = Npy::open(&pair.vectors, npy::Options::default()).unwrap();
        let mut rows = Vec::new();
        vectors
            .read_rows(0, vectors.rows() as usize, &mut rows)
            .unwrap();
        let expected = records.iter().flat_map(|record| {
            let Some(Value::String(text)) = record.get(field) else {
                panic!("no text")
            };
            let text = text.to_str().unwrap().to_owned();
            let words: Vec<u64> = text
                .split(' ')
                .filter_map(|word| word.parse().ok())
                .collect();
            numbers_in(space, numbers(words[0], words[1]))
        });
        assert_eq!(rows, expected.collect::<Vec<f32>>());
    }
}

/// What was tried.
#[derive(Debug, Default)]
struct Tally {
    moments: usize,
    images: usize,
    different: usize,
    of_recovery: usize,
}

/// Does all that a story says; gives the trace, and after how many steps each call was acknowledged, with
/// what was there then.
fn tell(story: &Story) -> (Trace, Vec<(usize, Contents)>) {
    let world = World::new(story.prepare);
    let backend = (story.enter)(&world.root).unwrap();
    let mut acknowledged = vec![(world.disk.steps(), contents(&backend).unwrap())];
    for call in story.calls {
        call(&backend).unwrap();
        acknowledged.push((world.disk.steps(), contents(&backend).unwrap()));
    }
    (world.disk.trace(), acknowledged)
}

/// Cuts the power after each step of a story, in each way, and goes on from what is left.
fn cut_power(story: &Story) -> Tally {
    let (trace, acknowledged) = tell(story);
    let mut tally = Tally::default();
    let (mut seen, mut seen_twice) = (HashSet::new(), HashSet::new());
    trace.images(&LOSSES, |done, loss, image| {
        let calls = acknowledged
            .iter()
            .take_while(|(at, _)| *at <= done)
            .count();
        tally.moments = done + 1;
        tally.images += 1;
        // What was left under the name of a moment is never read.
        let read = image.only(|path| path.extension() != Some("tmp".as_ref()));
        if !seen.insert((calls, read)) {
            return;
        }
        tally.different += 1;
        let moment = format!("{}: {calls} calls, {done} steps, {loss:?}", story.name);
        // The call that was under way is done or not.
        let under_way = calls.saturating_sub(1)..(calls + 1).min(acknowledged.len());
        let possible: Vec<&Contents> = acknowledged[under_way].iter().map(|(_, now)| now).collect();
        let recovery = recover(story, &image, calls > 0, &possible, &moment);
        if !matches!(loss, Loss::Everything | Loss::Nothing) {
            return;
        }
        // The power goes again, while that is done.
        let again = [Loss::Everything, Loss::Nothing];
        recovery.images(&again, |done, loss, image| {
            // What is derived was tried above, and takes most of the steps.
            if seen_twice.insert((
                calls,
                image.only(|path| !path.starts_with("indexes/tulving")),
            )) {
                tally.of_recovery += 1;
                let moment = format!("{moment}; again: {done} steps, {loss:?}");
                let world = World::of(&image);
                let backend = open(story, &world, calls > 0, &moment);
                let mut found = contents(&backend).unwrap();
                found.memories.remove(&node(900, 1).memory.key());
                assert!(possible.contains(&&found), "{moment}: {found:?}");
                insert(&backend, [node(901, 1)]).unwrap_or_else(|e| panic!("{moment}: {e}"));
                world.is_aligned();
            }
        });
    });
    println!("{}: {tally:?}", story.name);
    tally
}

fn open(story: &Story, world: &World, is_known: bool, moment: &str) -> FileBackend {
    let opened = match is_known {
        true => FileBackend::open_at(&world.root),
        false => (story.enter)(&world.root),
    };
    opened.unwrap_or_else(|error| panic!("{moment}: {}", chain(&error)))
}

/// Opens what a loss of power left, checks it, and goes on: it can be written to and folded, and what was
/// derived is sound. Gives the trace up to the first write, by which all is in order again.
fn recover(
    story: &Story,
    image: &Image,
    is_known: bool,
    possible: &[&Contents],
    moment: &str,
) -> Trace {
    let world = World::of(image);
    let backend = open(story, &world, is_known, moment);
    let found = contents(&backend).unwrap();
    assert!(possible.contains(&&found), "{moment}: {found:?}");
    world.is_aligned();
    let new = node(900, 1);
    insert(&backend, [new.clone()]).unwrap_or_else(|error| panic!("{moment}: {error}"));
    let steps = world.disk.steps();
    let now = contents(&backend).unwrap();
    assert!(now.memories.contains_key(&new.memory.key()), "{moment}");
    assert_eq!(now.memories.len(), found.memories.len() + 1, "{moment}");
    is_derived(&world.root, moment);
    backend
        .compact()
        .unwrap_or_else(|error| panic!("{moment}: {}", chain(&error)));
    drop(backend);
    let backend = FileBackend::open_at(&world.root).unwrap();
    assert_eq!(contents(&backend).unwrap(), now, "{moment}");
    is_derived(&world.root, moment);
    world.is_aligned();
    world.disk.trace().first(steps)
}

/// Asks for what is derived, and checks that it is what is made of the memories.
fn is_derived(root: &Root, moment: &str) {
    let state = Directory::open(root, IfBaseChanged::Refuse)
        .and_then(|directory| directory.state())
        .unwrap();
    for kind in Kind::ALL {
        let base = &state.partition(kind).base;
        if base.sha256.is_some() {
            base.words().unwrap();
            base.vectors().unwrap();
            assert!(base.differing().unwrap().is_empty(), "{moment}");
        }
    }
}

#[test]
fn the_power_may_go_at_any_moment_of_a_new_directory() {
    let tally = cut_power(&NEW);
    assert!(
        tally.different > 300 && tally.of_recovery > 100,
        "{tally:?}"
    );
}

#[test]
fn the_power_may_go_at_any_moment_in_a_directory_of_the_origins() {
    let tally = cut_power(&ORIGINS);
    assert!(tally.different > 150 && tally.of_recovery > 50, "{tally:?}");
    let tally = cut_power(&DATED);
    assert!(tally.different > 100 && tally.of_recovery > 50, "{tally:?}");
}

#[test]
fn the_power_may_go_at_any_moment_of_a_change_of_space() {
    let tally = cut_power(&SPACES);
    assert!(tally.different > 150 && tally.of_recovery > 50, "{tally:?}");
}

#[test]
fn the_power_may_go_at_any_moment_of_a_rebase() {
    let tally = cut_power(&REBASED);
    assert!(tally.different > 100 && tally.of_recovery > 50, "{tally:?}");
}

#[test]
fn the_power_may_go_at_any_moment_of_what_is_done_to_documents() {
    let tally = cut_power(&DOCUMENTED);
    assert!(tally.different > 150 && tally.of_recovery > 50, "{tally:?}");
}

#[test]
fn the_power_may_go_at_any_moment_of_erasing() {
    let tally = cut_power(&ERASED);
    assert!(tally.different > 100 && tally.of_recovery > 50, "{tally:?}");
}

#[test]
fn what_a_killed_process_wrote_may_be_lost_while_the_next_one_writes() {
    let mut killed = 0;
    loop {
        let world = World::new(NEW.prepare);
        let backend = (NEW.enter)(&world.root).unwrap();
        insert(&backend, [node(0, 1)]).unwrap();
        world
            .disk
            .fail(Fault::broken(world.disk.asked() + killed).for_good());
        if insert(&backend, [node(1, 1)]).is_ok() {
            break;
        }
        drop(backend);
        world.disk.mend();
        let from = world.disk.steps();
        let backend = FileBackend::open_at(&world.root).unwrap();
        insert(&backend, [node(2, 1)]).unwrap();
        let until = world.disk.steps();
        world.disk.trace().images(&LOSSES, |done, loss, image| {
            if done < from {
                return;
            }
            let moment = format!("killed after {killed}, {done} steps, {loss:?}");
            let world = World::of(&image);
            let found = contents(&open(&NEW, &world, true, &moment)).unwrap();
            let mut numbers: Vec<&str> = found.memories.keys().map(|key| key.id.as_str()).collect();
            numbers.retain(|id| *id != "m1");
            let expected: &[&[&str]] = match done >= until {
                true => &[&["m0", "m2"]],
                false => &[&["m0"], &["m0", "m2"]],
            };
            assert!(
                expected.contains(&numbers.as_slice()),
                "{moment}: {numbers:?}"
            );
        });
        killed += 1;
    }
    assert_eq!(killed, 2, "a write and its sync");
}

/// Does a story on a disk that fails, trying each call again; gives whether the disk did fail.
fn fail(story: &Story, fault: Fault, expected: &[(usize, Contents)]) -> bool {
    let world = World::new(story.prepare);
    world.disk.fail(fault);
    let mut failed = false;
    // What fails says why, and can be done when the disk is whole again.
    let mut is_clear = |error: &dyn std::error::Error| {
        failed = true;
        world.disk.mend();
        let told = chain(error);
        let reasons = ["Input/output error", "No space left", "could not be undone"];
        assert!(
            reasons.iter().any(|reason| told.contains(reason)),
            "{fault:?}: {told}"
        );
        told.contains("could not be undone")
    };
    let mut backend = (story.enter)(&world.root).unwrap_or_else(|error| {
        is_clear(&error);
        (story.enter)(&world.root).unwrap()
    });
    let look = |backend: &FileBackend, is_clear: &mut dyn FnMut(&dyn std::error::Error) -> bool| {
        contents(backend).unwrap_or_else(|error| {
            is_clear(&error);
            contents(backend).unwrap()
        })
    };
    assert_eq!(look(&backend, &mut is_clear), expected[0].1, "{fault:?}");
    for (call, pair) in story.calls.iter().zip(expected.windows(2)) {
        let (before, after) = (&pair[0].1, &pair[1].1);
        if let Err(error) = call(&backend) {
            let is_poisoned = is_clear(&error);
            if is_poisoned {
                drop(backend);
                backend = FileBackend::open_at(&world.root).unwrap();
            }
            let found = contents(&backend).unwrap();
            assert!(
                found == *before || is_poisoned && found == *after,
                "{fault:?}: {found:?}"
            );
            if found == *before {
                call(&backend).unwrap_or_else(|error| panic!("{fault:?}: {}", chain(&error)));
            }
        }
        assert_eq!(look(&backend, &mut is_clear), *after, "{fault:?}");
    }
    drop(backend);
    world.disk.mend();
    let last = &expected[expected.len() - 1].1;
    let backend = FileBackend::open_at(&world.root).unwrap();
    assert_eq!(contents(&backend).unwrap(), *last, "{fault:?}");
    world.is_aligned();
    failed
}

#[test]
fn any_operation_may_fail_and_the_disk_be_full_from_any_on() {
    for story in [&SHORT, &SPACES] {
        let (_, expected) = tell(story);
        let world = World::new(story.prepare);
        let backend = (story.enter)(&world.root).unwrap();
        for call in story.calls {
            contents(&backend).unwrap();
            call(&backend).unwrap();
        }
        drop(backend);
        let (operations, growing) = (world.disk.asked(), world.disk.growing());
        let mut failed = [0; 2];
        for at in 0..operations {
            failed[0] += usize::from(fail(story, Fault::broken(at), &expected));
        }
        for at in growing {
            let full = Fault::full(at).after(at % 7).for_good();
            failed[1] += usize::from(fail(story, full, &expected));
        }
        println!("{operations} operations; calls failed in {failed:?} of the runs");
        assert!(failed.iter().all(|runs| *runs > 50), "{failed:?}");
    }
}

/// All that a directory holds.
fn contents(backend: &FileBackend) -> Result<Contents, BackendError> {
    let page = Page {
        order: Order::Oldest,
        after: None,
        limit: 1000,
    };
    RUNTIME.block_on(async {
        let listed = backend.list(OWNER, &Filter::default(), &page).await?;
        let keys: Vec<Key> = listed.memories.iter().map(Memory::key).collect();
        let entries = backend.get(OWNER, &keys).await?;
        let mut further = BTreeMap::new();
        for kept in backend.spaces(OWNER).await?.further {
            let vectors = backend.vectors(OWNER, &kept.space, &keys).await?;
            for (key, vector) in keys.iter().zip(vectors) {
                let name = (kept.space.model.clone(), key.clone());
                further.extend(vector.map(|vector| (name, vector)));
            }
        }
        let memories = keys.into_iter().zip(entries.into_iter().flatten());
        Ok(Contents {
            memories: memories.collect(),
            further,
            documents: backend.list_documents(OWNER, None, 1000).await?,
        })
    })
}

fn insert(
    backend: &FileBackend,
    entries: impl IntoIterator<Item = Entry>,
) -> Result<(), BackendError> {
    RUNTIME.block_on(async {
        let space = backend.space(OWNER).await?;
        let entries = entries.into_iter().map(|entry| match &space {
            Some(space) => of(space, entry),
            None => entry,
        });
        let drafts = entries.map(Draft::Whole).collect();
        backend.insert(OWNER, drafts).await.map(drop)
    })
}

/// Puts what the other model makes of these.
fn put_vectors(
    backend: &FileBackend,
    entries: impl IntoIterator<Item = Entry>,
) -> Result<(), BackendError> {
    let entries = entries.into_iter().map(|entry| of(&beside(), entry));
    let put = backend.put_vectors(OWNER, entries.collect());
    RUNTIME.block_on(put).map(drop)
}

fn replace(backend: &FileBackend, old: &Entry, new: Entry) -> Result<(), BackendError> {
    RUNTIME.block_on(backend.replace(OWNER, &old.memory, new))
}

fn delete(backend: &FileBackend, entry: &Entry) -> Result<(), BackendError> {
    RUNTIME
        .block_on(backend.delete(OWNER, &[entry.memory.key()]))
        .map(drop)
}

/// Puts a document of these chunks, each a number and a version.
fn put_document(
    backend: &FileBackend,
    id: &str,
    chunks: &[(u64, u64)],
) -> Result<(), BackendError> {
    let at = Timestamp::from_micros(1_700_000_000_000_000).unwrap();
    let entry = |(place, (number, version)): (i64, &(u64, u64))| {
        let text = format!("chunk {number} version {version}");
        let mut chunk = Chunk::new(id, place, &text, at);
        chunk.id = format!("{id}{number}");
        Entry {
            memory: chunk.into(),
            embedding: embedding(numbers(*number, *version)),
        }
    };
    let document = Document::new(id, &format!("{id}.md"), at);
    let chunks = (0..).zip(chunks).map(entry).collect();
    RUNTIME.block_on(backend.put_document(OWNER, document, chunks))
}

fn remove_document(backend: &FileBackend, id: &str) -> Result<(), BackendError> {
    let ids = [id.to_owned()];
    RUNTIME
        .block_on(backend.remove_documents(OWNER, &ids))
        .map(drop)
}

fn touch(backend: &FileBackend, entry: &Entry) -> Result<(), BackendError> {
    let at = Timestamp::from_micros(1_800_000_000_000_000).unwrap();
    RUNTIME
        .block_on(backend.touch(OWNER, &[entry.memory.key()], at))
        .map(drop)
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut at = error.source();
    while let Some(cause) = at {
        told.push_str(": ");
        told.push_str(&cause.to_string());
        at = cause.source();
    }
    told
}

fn space() -> Arc<Space> {
    Arc::new(Space::local("test", DIMS))
}

/// Another model's, as wide.
fn beside() -> Arc<Space> {
    Arc::new(Space::local("beside", DIMS))
}

/// What a vector holds in a space.
fn numbers_in(space: &Space, mut numbers: [f32; DIMS]) -> [f32; DIMS] {
    if *space == *beside() {
        numbers[2] = -numbers[2];
    }
    numbers
}

/// An entry with its vector in a space.
fn of(space: &Arc<Space>, mut entry: Entry) -> Entry {
    let numbers = entry.embedding.unwrap().numbers().try_into().unwrap();
    let numbers = numbers_in(space, numbers).to_vec();
    entry.embedding = Some(Embedding::new(Arc::clone(space), numbers).unwrap());
    entry
}

/// What the vector of a node holds.
fn numbers(number: u64, version: u64) -> [f32; DIMS] {
    [number as f32 + 1.0, version as f32, -0.5, 0.25]
}

fn embedding(numbers: [f32; DIMS]) -> Option<Embedding> {
    Some(Embedding::new(space(), numbers.to_vec()).unwrap())
}

/// A node whose text and vector say which it is.
fn node(number: u64, version: u64) -> Entry {
    let at = Timestamp::from_micros(1_700_000_000_000_000 + number as i64).unwrap();
    let text = format!("node {number} version {version}");
    let mut node = Node::new("c", number as i64, &text, "The answer.", at);
    node.id = format!("m{number}");
    // One that may be written wherever nodes of the origin are.
    node.source = "anthropic".to_owned();
    Entry {
        memory: node.into(),
        embedding: embedding(numbers(number, version)),
    }
}

fn episode(number: u64) -> Entry {
    let record = format!(
        r#"{{"id":"e{number}","title":"Episode {number}","source":"openai","created_at":"2024-01-15T10:30:00",
        "messages":[{{"role":"user","content":"words of {number}"}}]}}"#
    );
    let mut value = json::parse(record.as_bytes()).unwrap();
    let read = record::read(Kind::Episode, &mut value, &record::Stamp::only(OWNER));
    Entry {
        memory: read.unwrap().memory,
        embedding: embedding([1.0, 2.0, 3.0, number as f32]),
    }
}

/// Writes nodes as the origin does.
fn write_nodes(root: &Path, records: &str, vectors: &str, count: u64) {
    let (records, vectors) = (root.join(records), root.join(vectors));
    for path in [&records, &vectors] {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
    }
    let nodes = (0..count).map(|number| {
        format!(
            r#"{{"id": "m{number}", "conversation_id": "c1", "sequence_index": {number},
            "human_content": "node {number} version 1", "assistant_content": "a", "source": "anthropic",
            "created_at": "2024-01-15T10:30:00", "cluster_id": 4}}"#
        )
    });
    let nodes: Vec<String> = nodes.collect();
    fs::write(records, format!("[\n{}\n]\n", nodes.join(",\n"))).unwrap();
    let mut bytes = npy::header(count, DIMS);
    for number in 0..count {
        bytes.extend(
            numbers(number, 1)
                .iter()
                .flat_map(|number| number.to_le_bytes()),
        );
    }
    fs::write(vectors, bytes).unwrap();
}
