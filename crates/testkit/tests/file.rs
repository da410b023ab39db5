//! The file backend does what every backend must do.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail like tests"
)]

use std::fs;
use std::sync::Arc;

use async_trait::async_trait;
use tempfile::TempDir;
use testkit::{Fixture, Other, sample};
use tulving::backend::file::layout::folder_of;
use tulving::backend::file::{FileBackend, npy};
use tulving::backend::{Backend, Entry};
use tulving::model::{Scope, Space};
use tulving::record::{self, Part};
use uuid::Uuid;

const SEED: u64 = 1;

async fn fixture() -> FileFixture {
    made_for(Some(&sample::space()))
}

fn made_for(space: Option<&Space>) -> FileFixture {
    let directory = tempfile::tempdir().unwrap();
    let own = Scope::User(Uuid::new_v4());
    FileBackend::create(directory.path(), own, space).unwrap();
    FileFixture {
        directory,
        own,
        stranger: Scope::User(Uuid::new_v4()),
    }
}

testkit::conformance_tests!(fixture);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_probes_find_nothing_of_another_scope() {
    let probed = testkit::probes::run(&fixture().await, 10_000, SEED).await;
    println!("{probed}");
    assert_eq!((probed.probes, probed.controls), (10_000, 10_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_that_was_made_for_no_space_has_none_before_the_first_vector() {
    use testkit::conformance::{purging, spaces};
    spaces::a_search_says_which_space_is_searched(&made_for(None)).await;
    spaces::a_zero_vector_is_of_no_space(&made_for(None)).await;
    spaces::a_space_that_is_added_first_is_the_current_one(&made_for(None)).await;
    purging::texts_without_vectors_are_purged_too(&made_for(None)).await;
}

#[test]
fn random_operations_do_what_a_map_would_do() {
    // The first vector decides the space here.
    testkit::operations::run(|| async { made_for(None) }, 100, SEED);
}

/// A data directory of its own.
#[derive(Debug)]
struct FileFixture {
    directory: TempDir,
    own: Scope,
    stranger: Scope,
}

impl FileFixture {
    fn backend(&self) -> FileBackend {
        FileBackend::open(self.directory.path()).expect("open the directory")
    }

    /// Appends a row to the files themselves, as another program would, stamped with the stranger.
    fn append(&self, entry: &Entry) {
        let mut bytes = Vec::new();
        let (memory, plural) = (&entry.memory, entry.memory.kind().plural());
        record::write(memory, Part::Everything, &mut bytes).unwrap();
        let stamp = format!("\"user_id\":\"{}\"", self.stranger.id());
        let stamped = String::from_utf8(bytes)
            .unwrap()
            .replace("\"user_id\":null", &stamp);
        assert!(stamped.contains(&stamp));
        let root = self.directory.path();
        let place = |file: String| {
            let folder = root.join(folder_of(&file).expect("a folder of the layout"));
            fs::create_dir_all(&folder).unwrap();
            folder.join(file)
        };
        let records = place(format!("{plural}.json"));
        let vectors = place(format!("{plural}.npy"));
        let array = fs::read_to_string(&records).unwrap_or_else(|_| "[]".to_owned());
        let open = array.trim_end().strip_suffix(']').unwrap();
        let comma = if open.trim() == "[" { "" } else { "," };
        fs::write(&records, format!("{open}{comma}{stamped}]")).unwrap();
        let mut rows = fs::read(&vectors).unwrap_or_else(|_| npy::header(0, sample::DIMS));
        let zeros = [0.0; sample::DIMS];
        let numbers = entry.embedding.as_ref().map_or(&zeros[..], |e| e.numbers());
        rows.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        let count = (rows.len() - 128) / (4 * sample::DIMS);
        rows[..128].copy_from_slice(&npy::header(count as u64, sample::DIMS));
        fs::write(&vectors, rows).unwrap();
    }
}

#[async_trait]
impl Fixture for FileFixture {
    fn own(&self) -> Scope {
        self.own
    }

    fn other(&self) -> Other {
        Other::Refused(self.stranger)
    }

    async fn open(&self) -> Arc<dyn Backend> {
        Arc::new(self.backend())
    }

    async fn maintain(&self) {
        self.backend().compact().expect("compact");
    }

    async fn plant(&self, entries: Vec<Entry>) {
        // Nothing may be pending when the files are changed by something else.
        self.maintain().await;
        for entry in &entries {
            self.append(entry);
        }
    }
}
