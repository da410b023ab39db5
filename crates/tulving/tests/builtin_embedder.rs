//! The embedder that is part of the program.

use std::time::Instant;

use tulving::embed::{Builtin, Embedder as _, Purpose};

async fn embed(texts: &[&str]) -> Vec<Vec<f32>> {
    let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
    let vectors = Builtin::new().embed(&texts, Purpose::Memory).await;
    vectors.unwrap_or_default()
}

fn length(vector: &[f32]) -> f32 {
    vector.iter().map(|x| x * x).sum::<f32>().sqrt()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[tokio::test]
async fn vectors_are_those_of_the_script_that_made_the_model() {
    let golden = include_str!("data/builtin-golden.json");
    let golden: Vec<(String, Vec<f32>)> = serde_json::from_str(golden).unwrap();
    assert!(golden.len() > 10);
    for (text, expected) in golden {
        let vector = embed(&[&text]).await.remove(0);
        for (ours, theirs) in vector.iter().zip(&expected) {
            assert!(
                (ours - theirs).abs() < 2e-6,
                "{text:?}: {ours} is not {theirs}"
            );
        }
        assert_eq!(vector.len(), expected.len());
    }
}

/// Sums are in one order and nothing is fused, so no machine may differ, not even in the last bit.
#[tokio::test]
async fn the_same_text_gives_the_same_bits_everywhere() {
    let vectors = embed(&[
        "Why did the request to new york time out? Café, 漢字, 42.",
        "naïve",
    ])
    .await;
    let bytes: Vec<u8> = vectors
        .iter()
        .flatten()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(&bytes);
    assert_eq!(
        tulving::hex(&digest),
        "91d8ad92d24ffea441cd66a56f64df494997b2481e8626e75f6db8c47770a842"
    );
}

#[tokio::test]
async fn every_text_gets_one_finite_unit_vector_or_zeros_in_order() {
    let texts = [
        "",
        "🦀🦀",
        "?!",
        "漢字かな",
        "ZZZ\u{0}qqq",
        "Ünïcödé",
        "a",
        "\u{301}\u{301}x",
    ];
    let embedder = Builtin::new();
    let vectors = embed(&texts).await;
    assert_eq!(vectors.len(), texts.len());
    for (text, vector) in texts.iter().zip(&vectors) {
        assert_eq!(vector.len(), embedder.space().dims);
        let length = length(vector);
        assert!(
            length == 0.0 || (length - 1.0).abs() < 1e-5,
            "{text:?}: {length}"
        );
        assert_eq!(vector, &embed(&[text]).await[0]);
    }
    assert!([0, 1, 2].iter().all(|&i| length(&vectors[i]) == 0.0));
    assert!([3, 5, 6, 7].iter().all(|&i| length(&vectors[i]) > 0.9));
}

#[tokio::test]
async fn meaning_counts_more_than_words() {
    let [asked, answer, other] = &embed(&[
        "How did we fix the database that was too slow?",
        "Adding an index made the queries of PostgreSQL fast again.",
        "How did we fix the bike that was too small?",
    ])
    .await[..] else {
        panic!("three vectors")
    };
    assert!(cosine(asked, answer) > 0.2);
    assert!(cosine(answer, other) < 0.15);
}

#[tokio::test]
async fn case_accents_and_punctuation_do_not_matter() {
    let vectors = embed(&["The naïve café in New York!", "the NAIVE CAFE, in new-york"]).await;
    assert_eq!(vectors[0], vectors[1]);
}

#[tokio::test]
async fn only_the_beginning_of_a_huge_text_is_read() {
    let huge: String = "The quick brown fox. ".repeat(400_000);
    assert!(huge.len() > 8_000_000);
    let beginning: String = huge.chars().take(32_768).collect();
    let vectors = embed(&[&huge, &beginning]).await;
    assert_eq!(vectors[0], vectors[1]);
    let all_of_it: String = beginning.chars().take(32_768 - 6).collect();
    let vectors = embed(&[&all_of_it, &format!("{all_of_it} pools")]).await;
    assert_ne!(vectors[0], vectors[1]);
    // Words that fall into single letters, or into nothing at the last one.
    let hard = format!("{}𝔸 ", "ţ".repeat(63)).repeat(100_000);
    assert!(embed(&[&hard]).await[0].iter().all(|x| x.is_finite()));
}

/// `cargo test --release -p tulving --test builtin_embedder -- --ignored --nocapture`
#[tokio::test]
#[ignore = "prints how fast it is"]
async fn speed() {
    let text = "Caroline (1:56 pm on 8 May, 2023): I went to a support group yesterday and it was so powerful.";
    let many = vec![text.to_owned(); 100_000];
    let start = Instant::now();
    Builtin::new().embed(&many, Purpose::Memory).await.unwrap();
    println!("{:.0} texts/s", 1e5 / start.elapsed().as_secs_f64());
    for unit in [
        "The quick brown fox. ",
        &format!("{}𝔸 ", "ţ".repeat(63)),
        "a ",
        "漢",
    ] {
        let huge = [unit.repeat(8_000_000 / unit.len())];
        let start = Instant::now();
        Builtin::new().embed(&huge, Purpose::Memory).await.unwrap();
        println!("{:?} for 8 MB of {unit:?}", start.elapsed());
    }
}
