//! One bit of the source is wrong: it is refused with the reason, or arrives as it is.

use std::collections::BTreeMap;
use std::env;
use std::sync::Arc;
use std::thread;

use serde_json::Value;
use tulving::backend::file::FileSource;
use tulving::backend::postgres::{Database, Dsn, PostgresSink};
use tulving::model::{Kind, Scope};
use tulving::transfer::{
    Cancel, MigrateOptions, Migration, OnExisting, ReadOptions, Report, Silent, TransferError,
};
use tulving_cli::exit::{CliError, Exit};

use crate::data::{Data, EPISODE_VECTORS, EPISODES, NODE_VECTORS, NODES};
use crate::support::World;

const FILES: [&str; 4] = [NODES, NODE_VECTORS, EPISODES, EPISODE_VECTORS];
const SEED: u64 = 0x7475_6C76;

/// `SplitMix64`.
struct Rng(u64);

impl Rng {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        usize::try_from(z % bound as u64).unwrap()
    }
}

/// Moves the directory in this process; the same scope every time, where rows that differ are
/// replaced.
async fn migrate(database: &Database, scope: Scope, data: &Data) -> Result<Report, TransferError> {
    let source = FileSource {
        data_dir: data.root.clone(),
        scope,
        options: ReadOptions::default(),
        chunk_rows: FileSource::USUAL_CHUNK_ROWS,
    };
    let sink = Arc::new(PostgresSink::new(database.clone(), scope));
    let options = MigrateOptions {
        workers: 1,
        model: Some("test-model".to_owned()),
        reject: false,
        rejects: data.path("../rejects.jsonl"),
        existing: OnExisting::Update,
        restart: false,
        receipt: data.path("../receipt.json"),
        replace_files: true,
        lock_seconds: 30,
        exact: false,
    };
    let cancel = Cancel::new();
    let migration = Migration::prepare(&source, sink, options, &Silent, &cancel).await?;
    migration.run(&Silent, &cancel).await
}

/// What the source says, read by another reader, without what changes in use and is no content;
/// `None` where that reader refuses it.
fn content(files: &BTreeMap<&str, Vec<u8>>) -> Option<Vec<Value>> {
    let array = |file: &str, kind: Kind| {
        let mut value: Value = serde_json::from_slice(&files[file]).ok()?;
        for record in value.as_array_mut()? {
            let record = record.as_object_mut()?;
            let live = kind.fields().iter().filter(|field| field.live);
            live.for_each(|field| drop(record.remove(field.name)));
        }
        Some(value)
    };
    let vectors = |file: &str| serde_json::to_value(&files[file][128..]).ok();
    Some(vec![
        array(NODES, Kind::Node)?,
        array(EPISODES, Kind::Episode)?,
        vectors(NODE_VECTORS)?,
        vectors(EPISODE_VECTORS)?,
    ])
}

/// One directory and one owner, and the source as it was.
struct Bench {
    data: Data,
    database: Database,
    scope: Scope,
    whole: BTreeMap<&'static str, Vec<u8>>,
    said: Vec<Value>,
    digest: [u8; 32],
}

impl Bench {
    async fn new(world: &World, number: usize) -> Self {
        let data = Data::fresh(&world.path(&number.to_string()).join("data"));
        shorten(&data);
        let whole: BTreeMap<&str, Vec<u8>> = FILES.map(|file| (file, data.read(file))).into();
        let owner = world.new_user(&format!("{number}@example.com"));
        let mut bench = Self {
            database: Database::new(world.database.url().parse::<Dsn>().unwrap()),
            scope: Scope::User(owner.parse().unwrap()),
            said: content(&whole).unwrap(),
            digest: [0; 32],
            data,
            whole,
        };
        bench.digest = bench.migrate().await.unwrap().verification.source_digest;
        bench
    }

    async fn migrate(&self) -> Result<Report, TransferError> {
        migrate(&self.database, self.scope, &self.data).await
    }

    /// Flips a bit; whether the source then arrived.
    async fn flip(&self, file: &'static str, byte: usize, bit: usize, what: &str) -> bool {
        let mut files = self.whole.clone();
        files.get_mut(file).unwrap()[byte] ^= 1 << bit;
        self.data.write(file, &files[file]);
        let result = self.migrate().await;
        self.data.write(file, &self.whole[file]);
        match result {
            Ok(report) => {
                let verification = report.verification;
                assert!(verification.verified, "{what}: {verification:?}");
                let (source, target) = (verification.source_digest, verification.target_digest);
                assert_eq!(source, target, "{what}");
                if content(&files).is_some_and(|content| content != self.said) {
                    assert_ne!(source, self.digest, "{what} made no difference");
                }
                true
            }
            Err(error) => {
                let told = CliError::from(error);
                assert_eq!(told.exit, Exit::Source, "{what}: {told}");
                // A vector that holds what it must not is told as its record's fault.
                let name = file.rsplit(['/', '.']).nth(1).unwrap();
                assert!(told.to_string().contains(name), "{what}: {told}");
                false
            }
        }
    }
}

/// `TULVING_FLIPS` (250) of them; `make soak` flips 1,000.
#[test]
fn a_flipped_bit_is_refused_or_arrives() {
    const LANES: usize = 4;
    let flips = env::var("TULVING_FLIPS").map_or(250, |count| count.parse().unwrap());
    println!("{flips} flips, seed {SEED:#x}");
    let world = World::new();
    let world = &world;
    let lane = |lane: usize| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let bench = Bench::new(world, lane).await;
            let mut rng = Rng(SEED);
            let mut counts = FILES.map(|file| (file, [0, 0]));
            for flip in 0..flips {
                let at = rng.below(FILES.len());
                let file = FILES[at];
                let (byte, bit) = (rng.below(bench.whole[file].len()), rng.below(8));
                if flip % LANES == lane {
                    let what = format!("flip {flip}: bit {bit} of byte {byte} of {file}");
                    let arrived = bench.flip(file, byte, bit, &what).await;
                    counts[at].1[usize::from(arrived)] += 1;
                }
            }
            counts
        })
    };
    let counts = thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|n| scope.spawn(move || lane(n))).collect();
        lanes
            .into_iter()
            .map(|lane| lane.join().unwrap())
            .reduce(|mut sum, counts| {
                for (sum, (_, [refused, arrived])) in sum.iter_mut().zip(counts) {
                    sum.1[0] += refused;
                    sum.1[1] += arrived;
                }
                sum
            })
            .unwrap()
    });
    for (file, [refused, arrived]) in counts {
        println!("{file}: {refused} refused, {arrived} arrived");
        assert!(flips < 200 || refused > 0 && arrived > 0, "{file}");
    }
}

/// Four nodes and their conversation, in short texts.
fn shorten(data: &Data) {
    for (file, vectors, rows) in [(NODES, NODE_VECTORS, 4), (EPISODES, EPISODE_VECTORS, 1)] {
        let numbers: Vec<u8> = data.numbers(vectors)[..rows * Data::DIMS]
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect();
        data.npy(
            vectors,
            "<f4",
            false,
            &format!("({rows}, {})", Data::DIMS),
            &numbers,
        );
        data.array(file, |records| records.truncate(rows));
        for row in 0..rows {
            if file == NODES {
                data.set(file, row, "human_content", Some(r#""What is \u00e9 + 1?""#));
                data.set(
                    file,
                    row,
                    "assistant_content",
                    Some(r#""Two: {}, [] and \"\\n\".""#),
                );
                data.set(
                    file,
                    row,
                    "score",
                    Some("[1.5, -0.25, true, {\"a\": null}]"),
                );
            } else {
                data.set(file, row, "messages", Some(r#"[{"role": "human", "content": "What?"}, {"role": "assistant", "content": "Two."}]"#));
            }
        }
    }
}
