//! A vector depends on its text and on nothing else.

use crate::tiny::{Tiny, recorded, texts};

#[test]
fn neither_threads_nor_other_texts_change_a_vector() {
    let model = Tiny::new().open().unwrap();
    let recorded = recorded("tiny.json");
    let texts = texts(&recorded);
    let alone: Vec<Vec<f32>> = texts
        .iter()
        .map(|text| model.embed(&[text], 1).unwrap().remove(0))
        .collect();
    for threads in [0, 1, 2, 5, 1000] {
        assert_eq!(
            model.embed(&texts, threads).unwrap(),
            alone,
            "{threads} threads"
        );
    }
    let many: Vec<&str> = texts.iter().cycle().take(500).copied().collect();
    let made = model.embed(&many, 3).unwrap();
    assert!(
        made.iter()
            .zip(alone.iter().cycle())
            .all(|(made, alone)| made == alone)
    );
    assert!(model.embed(&[], 3).unwrap().is_empty());
}

#[test]
fn long_texts_are_cut_off_without_taking_long() {
    let model = Tiny::new().open().unwrap();
    let long = "Why did the request time out? ".repeat(400_000);
    let cut = &long[..20_000];
    assert_eq!(
        model.embed(&[&long], 1).unwrap(),
        model.embed(&[cut], 1).unwrap()
    );
}
