//! A label says what a cluster is about, in words that its members use.

use tulving_clusters::Words;

/// The labels of clusters 0, 1 and so on.
fn labels(clusters: &[&[&str]]) -> Vec<String> {
    let mut words = Words::default();
    for (id, texts) in clusters.iter().enumerate() {
        texts.iter().for_each(|text| words.add(id as i64, text));
    }
    words.labels().into_values().collect()
}

#[test]
fn a_label_is_of_the_words_by_which_a_cluster_stands_out() {
    let found = labels(&[
        &[
            "The borrow checker in my project complains",
            "Why does the borrow checker want lifetimes?",
            "Lifetimes and the borrow rules of the project",
        ],
        &[
            "A sourdough starter for my project",
            "Feed the starter, then bake sourdough",
            "Sourdough needs an oven; the project can wait",
        ],
    ]);
    assert_eq!(
        found,
        [
            "borrow, lifetimes, checker, project",
            "sourdough, starter, project"
        ]
    );
}

#[test]
fn a_word_repeated_in_one_memory_is_not_what_a_cluster_is_about() {
    let found = labels(&[&[
        "error error error error kernel",
        "kernel panic",
        "kernel modules",
    ]]);
    assert_eq!(found, ["kernel"]);
}

#[test]
fn words_that_every_text_of_a_language_has_are_in_no_label() {
    let found = labels(&[
        &[
            "What would you use the telescope for?",
            "I think the telescope is great",
        ],
        &[
            "Wie kann ich das Fahrrad benutzen?",
            "Können wir mit dem Fahrrad fahren?",
        ],
        &[
            "Qu'est-ce que c'est, l'ordinateur ?",
            "Mon ordinateur n'est pas à moi",
        ],
        &[
            "¿Dónde está la biblioteca?",
            "Esta biblioteca también es para ellos",
        ],
        &[
            "Você não tem uma bicicleta?",
            "Essa bicicleta é também para eles",
        ],
        &[
            "Che cosa è questa finestra?",
            "Anche la finestra degli altri",
        ],
        &[
            "Waarom is het vliegtuig niet hier?",
            "Het vliegtuig wordt ook door hen",
        ],
    ]);
    let words = [
        "telescope",
        "Fahrrad",
        "ordinateur",
        "biblioteca",
        "bicicleta",
        "finestra",
        "vliegtuig",
    ];
    assert_eq!(found, words);
}

#[test]
fn a_word_is_spelled_as_it_mostly_is() {
    let found = labels(&[
        &["PostgreSQL", "PostgreSQL", "postgresql"],
        &["cafe", "Café", "Café"],
    ]);
    assert_eq!(found, ["PostgreSQL", "Café"]);
}

#[test]
fn two_forms_of_a_word_are_not_both_in_a_label() {
    let found = labels(&[&[
        "tomato plants",
        "tomatoes plant",
        "tomato plant",
        "tomatoes plants",
    ]]);
    assert_eq!(found, ["tomatoes, plants"]);
}

#[test]
fn code_and_addresses_are_left_out() {
    let text = "Parser:\n```rust\nlet mutable = unwrapped;\n```\nsee https://example.org/tracker\n  ~~~\n```\nhidden\n~~~\ngrammar";
    assert_eq!(labels(&[&[text, text]]), ["grammar, Parser"]);
}

#[test]
fn scripts_without_spaces_give_words_of_characters() {
    let found = labels(&[
        &["我想学习量子力学。", "量子力学是什么？", "请说说量子力学"],
        &["東京タワーについて", "東京の天気は", "タワーと東京"],
        &["김치 만드는 법", "김치 볶음밥"],
    ]);
    assert_eq!(found, ["量子力学", "東京, タワー", "김치"]);
}

#[test]
fn noise_counts_for_what_is_common_and_gets_no_label() {
    let with_noise = |noise: &str| {
        let mut words = Words::default();
        for _ in 0..3 {
            words.add(4, "harbour lantern");
            words.add(5, "harbour bridge");
        }
        (0..50).for_each(|_| words.add(-1, noise));
        words.labels()
    };
    let labels = with_noise("lantern");
    assert_eq!(labels.keys().collect::<Vec<_>>(), [&4, &5]);
    assert_eq!(labels[&4], "harbour, lantern");
    assert_eq!(with_noise("harbour")[&4], "lantern, harbour");
}

#[test]
fn labels_do_not_depend_on_the_order_of_memories() {
    let texts = [
        "alpha beta",
        "beta gamma",
        "gamma alpha",
        "Alpha delta",
        "delta Beta",
    ];
    let mut backwards = texts;
    backwards.reverse();
    assert_eq!(labels(&[&texts]), labels(&[&backwards]));
}

#[test]
fn a_cluster_without_words_has_an_empty_label() {
    assert_eq!(labels(&[&["", "42 17", "the of and"]]), [""]);
}

/// Looking through all spellings for each would take many minutes: that this ends is the test.
#[test]
fn a_word_spelled_in_countless_ways_is_counted_in_linear_time() {
    // Every way to write a word of twenty letters with small and large ones.
    let spelled = |number: u32| -> String {
        (0..20)
            .map(|at| if number >> at & 1 == 1 { 'A' } else { 'a' })
            .collect()
    };
    let text: Vec<String> = (0..1 << 19).map(spelled).collect();
    assert_eq!(labels(&[&[&text.join(" ")]]), ["a".repeat(20)]);
}
