//! Whether two texts say the same: pairs that were labelled by hand, in three languages, beside what is found.

#![expect(clippy::panic, reason = "helpers of tests fail like tests")]

use tulving::search::sameness::{content_hash, near};

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

fn is_near(pair: &Pair) -> bool {
    let [one, other] = pair.texts.each_ref().map(|text| near(text));
    one.is_some() && one == other
}

/// Returns precision and recall, in percent.
fn measured<'p>(pairs: impl Iterator<Item = &'p Pair>) -> [f64; 2] {
    let (mut found, mut right, mut same) = (0, 0, 0);
    for pair in pairs {
        let is_found = is_near(pair);
        found += u32::from(is_found);
        right += u32::from(is_found && pair.is_same);
        same += u32::from(pair.is_same);
    }
    [found, same].map(|of| 100.0 * f64::from(right) / f64::from(of.max(1)))
}

/// `cargo test -p tulving --test sameness -- --nocapture` prints what is found, and what is missed.
#[test]
fn what_is_near_says_the_same() {
    let pairs = pairs();
    assert!(pairs.len() >= 120);
    for language in ["en", "de", "ja"] {
        let [precision, recall] = measured(pairs.iter().filter(|pair| pair.language == language));
        println!("{language}: precision {precision:.1} %, recall {recall:.1} %");
    }
    for pair in pairs.iter().filter(|pair| pair.is_same && !is_near(pair)) {
        println!("missed: {}", pair.texts.join(" / ").replace('\n', " "));
    }
    let wrong = pairs.iter().filter(|pair| !pair.is_same && is_near(pair));
    let wrong: Vec<_> = wrong.map(|pair| &pair.texts).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let [_, recall] = measured(pairs.iter());
    println!("{} pairs: recall {recall:.1} %", pairs.len());
    assert!(recall >= 85.0, "{recall}");
}

#[test]
fn what_says_something_else_has_another_hash() {
    for Pair { is_same, texts, .. } in pairs() {
        let [one, other] = texts.each_ref().map(|text| content_hash(text));
        assert!(is_same || one != other, "{texts:?}");
    }
}
