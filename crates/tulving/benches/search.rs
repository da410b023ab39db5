//! `make bench`: search beside what else could be done with the same vectors, from one run.
//!
//! Every figure is a median, in milliseconds. FAISS comes from PyPI into an environment of its own
//! under `target`; where it cannot be had, that is said.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on has failed"
)]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use tulving::search::index::{Index, gather};
use tulving::search::keyword;
use tulving::search::segment::{Segment, SegmentBuilder};
use tulving::search::vector::{Int8Vectors, similarity};

const DIMS: usize = 1024;
const NEAREST: usize = 50;
const QUERIES: usize = 60;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let python = python_with_faiss();
    println!("exact search, top {NEAREST} of 1024 numbers each, median ms");
    for clustered in [true, false] {
        for rows in [10_000, 100_000] {
            vectors(rows, clustered, python.as_deref());
        }
    }
    words(100_000);
}

fn vectors(rows: usize, clustered: bool, python: Option<&Path>) {
    let kind = if clustered { "clustered" } else { "random" };
    let all = make_vectors(rows + QUERIES, clustered);
    let (data, queries) = all.split_at(rows * DIMS);
    let row = |number: u32| &data[number as usize * DIMS..][..DIMS];
    let (compact, encoding) = timed(|| Int8Vectors::encode(DIMS, data.chunks(DIMS)).unwrap());
    let mut candidates = 0;
    let mut times = Vec::new();
    for round in 0..3 {
        for query in queries.chunks(DIMS) {
            let (found, time) = timed(|| {
                let found = compact.candidates(query, NEAREST, None);
                candidates += found.len();
                let scored = found.into_iter().map(|at| (at, similarity(query, row(at))));
                keyword::top(scored.collect(), NEAREST)
            });
            black_box(found);
            if round > 0 {
                times.push(time);
            }
        }
    }
    println!(
        "{kind} {rows}: tulving {:.2} ({} rows rescored; encoded in {encoding:.0})",
        median(times),
        candidates / QUERIES / 3
    );
    if let Some(python) = python {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("vectors.f32");
        let bytes: Vec<u8> = all.iter().flat_map(|x| x.to_le_bytes()).collect();
        std::fs::write(&file, bytes).unwrap();
        let output = Command::new(python)
            .args(["-c", FAISS])
            .arg(&file)
            .arg(rows.to_string())
            .output()
            .unwrap();
        print!("{}", String::from_utf8_lossy(&output.stdout));
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
    }
}

const FAISS: &str = "
import sys, time, numpy, faiss
rows, dims, nearest = int(sys.argv[2]), 1024, 50
all = numpy.fromfile(sys.argv[1], dtype='<f4').reshape(-1, dims)
all /= numpy.maximum(numpy.linalg.norm(all, axis=1, keepdims=True), 1e-30)
data, queries = all[:rows], all[rows:]
def show(name, search):
    times = []
    for round in range(3):
        for query in queries:
            start = time.perf_counter()
            search(query.reshape(1, -1))
            if round: times.append(time.perf_counter() - start)
    print(f'  {name} {1000 * numpy.median(times):.2f}')
index = faiss.IndexScalarQuantizer(dims, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
index.train(data); index.add(data)
show(f'FAISS {faiss.__version__} fp16 flat', lambda query: index.search(query, nearest))
# On a busy machine its threads wait for each other.
threads = faiss.omp_get_max_threads()
faiss.omp_set_num_threads(1)
show('  with one thread', lambda query: index.search(query, nearest))
faiss.omp_set_num_threads(threads)
flat = faiss.IndexFlatIP(dims); flat.add(data)
show(f'FAISS {faiss.__version__} f32 flat', lambda query: flat.search(query, nearest))
";

/// A python that has FAISS: of an environment that is made once.
fn python_with_faiss() -> Option<PathBuf> {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faiss");
    let python = home.join("bin/python");
    let run = |program: &Path, arguments: &[&str]| {
        let mut command = Command::new(program);
        let status = command.args(arguments).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    let made = python.exists() || run(Path::new("python3"), &["-m", "venv", home.to_str()?]);
    let ready = made
        && (run(&python, &["-c", "import faiss"])
            || run(
                &python,
                &["-m", "pip", "install", "-q", "faiss-cpu", "numpy"],
            ));
    if !ready {
        println!("FAISS is not to be had here: no python3 with pip, or no network");
    }
    ready.then_some(python)
}

fn words(documents: u32) {
    let mut random = Random(7);
    // Frequencies fall as they do in languages: the word at rank r about 1/r as often.
    let vocabulary: Vec<String> = (0..50_000).map(|_| random.word()).collect();
    let pick = |random: &mut Random| {
        let rank = (vocabulary.len() as f64).powf(random.fraction()) as usize;
        &vocabulary[rank.min(vocabulary.len() - 1)]
    };
    let mut builder = SegmentBuilder::new();
    let texts: Vec<String> = (0..documents)
        .map(|_| {
            let length = 50 + random.below(200);
            let words: Vec<&str> = (0..length).map(|_| pick(&mut random).as_str()).collect();
            words.join(" ")
        })
        .collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    let (built, building) = timed(|| {
        for (number, text) in (0..).zip(&texts) {
            builder.add(number, text).unwrap();
        }
        builder.finish()
    });
    println!(
        "\nwords of {documents} memories ({} MB of text): segment of {:.1} MB built in {building:.0} ms",
        bytes / 1_000_000,
        built.len() as f64 / 1e6
    );
    let (segment, opening) = timed(|| Segment::open(&built[..]).unwrap());
    let (verified, verifying) = timed(|| segment.verify());
    verified.unwrap();
    println!("  open {opening:.3} ms, verify {verifying:.1} ms");
    let mut times = Vec::new();
    let mut read = 0;
    for _ in 0..200 {
        let question: Vec<&str> = (0..8).map(|_| pick(&mut random).as_str()).collect();
        let question = question.join(" ");
        let (found, time) = timed(|| {
            let terms = keyword::query_terms(&question);
            let all = gather(&[&segment], &terms, &|_| false, &|_| true);
            read += all.iter().map(|term| term.postings.len()).sum::<usize>();
            keyword::top(keyword::score(segment.statistics(), &all), NEAREST)
        });
        black_box(found);
        times.push(time);
    }
    let worst = times.iter().copied().fold(0.0, f64::max);
    println!(
        "  search of 8 words, {} postings: {:.2} ms (worst {worst:.2})",
        read / 200,
        median(times)
    );
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed().as_secs_f64() * 1000.0)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Either noise in all dimensions, or clusters in 64 of them with some noise, which is closer to
/// embeddings of sentences.
fn make_vectors(rows: usize, clustered: bool) -> Vec<f32> {
    const LATENT: usize = 64;
    let mut random = Random(42);
    if !clustered {
        return (0..rows * DIMS).map(|_| random.normal()).collect();
    }
    let basis: Vec<f32> = (0..LATENT * DIMS).map(|_| random.normal() / 32.0).collect();
    let centres: Vec<f32> = (0..rows / 50 * LATENT).map(|_| random.normal()).collect();
    let mut vectors = Vec::with_capacity(rows * DIMS);
    for _ in 0..rows {
        let mut vector: Vec<f32> = (0..DIMS).map(|_| 0.05 * random.normal()).collect();
        let cluster = random.below(rows / 50);
        let centre = &centres[cluster * LATENT..][..LATENT];
        for (centre, axis) in centre.iter().zip(basis.chunks(DIMS)) {
            let along = centre + 0.6 * random.normal();
            for (x, direction) in vector.iter_mut().zip(axis) {
                *x += along * direction;
            }
        }
        vectors.extend(vector);
    }
    vectors
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// From 0 to below 1.
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal: the sum of four even ones.
    fn normal(&mut self) -> f32 {
        let sum: f64 = (0..4).map(|_| self.fraction()).sum();
        ((sum - 2.0) * 1.732) as f32
    }

    fn word(&mut self) -> String {
        let length = 3 + self.below(8);
        (0..length)
            .map(|_| char::from(b'a' + self.below(26) as u8))
            .collect()
    }
}
