//! How long clustering takes, in how much memory, and how well it agrees with the clusters that the vectors were made in:
//! adjusted Rand index, with noise alone. Beside it the Python `hdbscan` on the same vectors, with the same parameters.
//!
//! `TULVING_BENCH_VECTORS` (25000) says how many vectors, `TULVING_BENCH_PYTHON` which Python has `hdbscan`: without it one
//! is put into a virtual environment under `target`, if PyPI can be reached. Python has 5,000 vectors, and all if
//! `TULVING_BENCH_PATIENCE` says how many seconds it may take.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by stopping")]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use tulving_clusters::{Centroids, Options, cluster};

mod corpus;

use corpus::{Corpus, agreement, easy, hard};

/// A few vectors less than all, on which Python is done in a minute.
const FEW: usize = 5000;
const DIM: usize = 1024;

fn main() {
    let number = |name: &str, other: u64| env::var(name).map_or(other, |n| n.parse().unwrap());
    let n = number("TULVING_BENCH_VECTORS", 25_000) as usize;
    let patience = number("TULVING_BENCH_PATIENCE", 0);
    let python = python();
    if python.is_none() {
        println!("No Python with hdbscan: it cannot be compared.\n");
    }
    let options = Options {
        threads: 2,
        ..Options::default()
    };
    println!(
        "{DIM} dimensions, 2 threads, min_cluster_size {}, min_samples {}\n",
        options.min_cluster_size, options.min_samples
    );
    println!(
        "| vectors | seconds | MiB | clusters | noise | agreement | Python: seconds | agreement | with ours |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (name, corpus, patience) in [
        ("easy", easy(FEW, DIM, 1), 600),
        ("hard", hard(FEW, DIM, 1), 600),
        ("easy", easy(n, DIM, 1), patience),
        ("hard", hard(n, DIM, 1), patience),
    ] {
        let python = python.as_deref().filter(|_| patience > 0);
        compare(name, &corpus, &options, python, patience);
    }
    println!(
        "\nA tenth of the vectors put into clusters of the others, beside a clustering of all:\n"
    );
    println!("| vectors | in the right cluster | noise as noise | the rest |");
    println!("|---|---|---|---|");
    hold_out("easy", &easy(FEW, DIM, 2), &options);
    hold_out("hard", &hard(FEW, DIM, 2), &options);
}

fn compare(name: &str, corpus: &Corpus, options: &Options, python: Option<&Path>, patience: u64) {
    let before = resident();
    let begun = Instant::now();
    let watch = |_| ControlFlow::Continue(());
    let found = cluster(&corpus.vectors, DIM, options, &watch).unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    let memory = peak().saturating_sub(before);
    let noise = found.labels.iter().filter(|label| **label < 0).count();
    print!(
        "| {name} {} | {seconds:.1} | {memory} | {} | {:.1} % | {:.3} ",
        found.labels.len(),
        found.clusters,
        100.0 * noise as f64 / found.labels.len() as f64,
        agreement(&corpus.truth, &found.labels)
    );
    let Some(python) = python else {
        println!("| | | |");
        return;
    };
    match in_python(python, corpus, options, Duration::from_secs(patience)) {
        Some((seconds, labels)) => println!(
            "| {seconds:.1} | {:.3} | {:.3} |",
            agreement(&corpus.truth, &labels),
            agreement(&labels, &found.labels)
        ),
        None => println!("| not within {patience} | | |"),
    }
}

/// Returns how much memory this process has now, and counts the most that it has anew from here on, in MiB.
fn resident() -> u64 {
    let _ = fs::write("/proc/self/clear_refs", "5");
    memory("VmRSS:")
}

/// Returns the most memory that this process had since.
fn peak() -> u64 {
    memory("VmHWM:")
}

fn memory(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) >> 10
}

/// Returns a Python that has hdbscan.
fn python() -> Option<PathBuf> {
    if let Ok(python) = env::var("TULVING_BENCH_PYTHON") {
        return Some(python.into());
    }
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/hdbscan");
    let python = home.join("bin/python");
    let run = |program: &Path, arguments: &[&str]| {
        let status = Command::new(program)
            .args(arguments)
            .stdout(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    };
    let has = || run(&python, &["-c", "import hdbscan"]);
    let made = python.exists() || run(Path::new("python3"), &["-m", "venv", home.to_str()?]);
    let ready = made && (has() || run(&python, &["-m", "pip", "install", "-q", "hdbscan==0.8.44"]));
    (ready && has()).then_some(python)
}

fn in_python(
    python: &Path,
    corpus: &Corpus,
    options: &Options,
    patience: Duration,
) -> Option<(f64, Vec<i32>)> {
    let directory = env::temp_dir().join(format!("tulving-clusters-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let (vectors, labels) = (directory.join("vectors"), directory.join("labels"));
    let bytes: Vec<u8> = corpus
        .vectors
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    fs::write(&vectors, bytes).unwrap();
    let child = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/clusters/python.py"))
        .arg(&vectors)
        .arg(corpus.dim.to_string())
        .arg(options.min_cluster_size.to_string())
        .arg(options.min_samples.to_string())
        .arg(&labels)
        .env("OMP_NUM_THREADS", "2")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let seconds = wait(child, patience);
    let labels = fs::read(&labels).unwrap_or_default();
    fs::remove_dir_all(&directory).unwrap();
    let (labels, _) = labels.as_chunks::<4>();
    let labels = labels.iter().map(|bytes| i32::from_le_bytes(*bytes));
    Some((seconds?, labels.collect()))
}

/// Returns the seconds that Python says it took, if it is done in time.
fn wait(mut child: Child, patience: Duration) -> Option<f64> {
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > patience {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        thread::sleep(Duration::from_millis(100));
    }
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .trim()
        .parse()
        .ok()
}

/// Puts a tenth of the vectors into clusters of the others, and compares where they are in a clustering of all.
fn hold_out(name: &str, corpus: &Corpus, options: &Options) {
    let watch = |_| ControlFlow::Continue(());
    let all = cluster(&corpus.vectors, DIM, options, &watch).unwrap();
    let rows = || corpus.vectors.chunks_exact(DIM).enumerate();
    let kept: Vec<f32> = rows()
        .filter(|(at, _)| at % 10 > 0)
        .flat_map(|(_, row)| row)
        .copied()
        .collect();
    let found = cluster(&kept, DIM, options, &watch).unwrap();
    // Clusters of both have the same ids.
    let mut labels = found.labels.iter();
    let old: Vec<i64> = (0..all.labels.len())
        .map(|at| {
            if at % 10 > 0 {
                labels.next().map_or(-1, |label| i64::from(*label))
            } else {
                -1
            }
        })
        .collect();
    let truth = tulving_clusters::carry(&old, &all.labels, 0);
    let ids: Vec<i64> = found.labels.iter().map(|label| i64::from(*label)).collect();
    let centroids = Centroids::of(&kept, DIM, &ids);
    let (mut clustered, mut right, mut noise, mut still) = (0, 0, 0, 0);
    let mut wrong = 0;
    for (at, row) in rows().filter(|(at, _)| at % 10 == 0) {
        let id = centroids.assign(row).map_or(-1, |(id, _)| id);
        if truth[at] < 0 {
            noise += 1;
            still += usize::from(id < 0);
        } else {
            clustered += 1;
            right += usize::from(id == truth[at]);
            wrong += usize::from(id >= 0 && id != truth[at]);
        }
    }
    let percent = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
    println!(
        "| {name} {} | {:.1} % of {clustered} | {:.1} % of {noise} | {:.1} % in another cluster |",
        all.labels.len(),
        percent(right, clustered),
        percent(still, noise),
        percent(wrong, clustered)
    );
}
