//! Whether two texts say the same: pairs that were labelled by hand, in three languages, beside what is found.

#![expect(clippy::panic, reason = "helpers of tests fail like tests")]

use tulving::embed::{Builtin, Embedder, Purpose};
use tulving::search::sameness::{NEAR, Wording, content_hash};
use tulving::search::vector::similarity;

struct Pair {
    language: &'static str,
    is_same: bool,
    texts: [String; 2],
}

/// The pairs, each text as a node's is compared and as it is embedded.
fn pairs() -> Vec<Pair> {
    let lines = include_str!("pairs.tsv").lines();
    let pairs = lines.filter(|line| !line.starts_with('#')).map(|line| {
        let [language, label, one, other] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let text = |text: &str| text.replace("\\n", "\n").replace(" || ", "\n\n");
        assert!(["same", "other"].contains(&label), "{line}");
        Pair {
            language,
            is_same: label == "same",
            texts: [text(one), text(other)],
        }
    });
    pairs.collect()
}

fn near(pair: &Pair, least: f64) -> bool {
    let [one, other] = pair.texts.each_ref().map(|text| Wording::of(text));
    one.may_be_near(&other) && one.resemblance(&other) >= least
}

/// Precision and recall, in percent, and what was taken for the same wrongly.
fn measured(pairs: &[&Pair], least: f64) -> (f64, f64, Vec<String>) {
    let found: Vec<&&Pair> = pairs.iter().filter(|pair| near(pair, least)).collect();
    let right = found.iter().filter(|pair| pair.is_same).count() as f64;
    let same = pairs.iter().filter(|pair| pair.is_same).count() as f64;
    let wrong = found.iter().filter(|pair| !pair.is_same);
    let wrong = wrong.map(|pair| pair.texts.join(" / ")).collect();
    (
        100.0 * right / found.len().max(1) as f64,
        100.0 * right / same,
        wrong,
    )
}

/// `cargo test -p tulving --test sameness -- --nocapture` prints what the threshold was chosen by.
#[test]
fn what_is_near_says_the_same() {
    let pairs = pairs();
    assert!(pairs.len() >= 120);
    let all: Vec<&Pair> = pairs.iter().collect();
    println!("least  precision  recall");
    for least in [0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0] {
        let (precision, recall, _) = measured(&all, least);
        println!("{least:5.2} {precision:9.1} % {recall:6.1} %");
    }
    for language in ["en", "de", "ja"] {
        let of: Vec<&Pair> = pairs
            .iter()
            .filter(|pair| pair.language == language)
            .collect();
        let (precision, recall, _) = measured(&of, NEAR);
        println!(
            "{language}, {} pairs: precision {precision:.1} %, recall {recall:.1} %",
            of.len()
        );
    }
    for pair in all.iter().filter(|pair| pair.is_same && !near(pair, NEAR)) {
        println!("missed: {}", pair.texts.join(" / ").replace('\n', " "));
    }
    let (precision, recall, wrong) = measured(&all, NEAR);
    assert!(precision >= 97.0, "{precision}: {wrong:#?}");
    assert!(recall >= 85.0, "{recall}");
}

#[test]
fn what_says_something_else_has_another_hash() {
    for Pair { is_same, texts, .. } in pairs() {
        let [one, other] = texts.each_ref().map(|text| content_hash(text));
        assert!(is_same || one != other, "{texts:?}");
    }
}

/// Candidates come by vector: what is near is not far away there.
#[tokio::test]
async fn what_is_near_is_near_by_vector() {
    let embedder = Builtin::new();
    let mut lowest = f64::INFINITY;
    for pair in pairs().iter().filter(|pair| near(pair, NEAR)) {
        let texts = pair.texts.to_vec();
        let made = embedder.embed(&texts, Purpose::Memory).await.unwrap();
        lowest = lowest.min(similarity(&made[0], &made[1]));
    }
    println!("the least similarity of two that are near: {lowest:.3}");
    assert!(lowest >= 0.7);
}
