//! Directories that cannot be used are refused with a word about why, and never with a panic or for the price of much memory.

use std::fs;

use serde_json::{Value, json};

use crate::tensors::file;
use crate::tiny::Tiny;

#[track_caller]
fn refused(why: &str, damage: impl FnOnce(&Tiny)) {
    let tiny = Tiny::new();
    damage(&tiny);
    let refused = tiny.refused();
    assert!(refused.contains(why), "{refused}");
}

#[test]
fn what_is_missing_is_named() {
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        refused(name, |tiny| {
            tiny.remove(name);
        });
    }
}

#[test]
fn what_is_not_done_here_is_named_with_what_is() {
    let set = |name: &'static str, key: &'static str, value: Value| {
        move |tiny: &Tiny| {
            tiny.edit(name, |json| json[key] = value);
        }
    };
    refused(
        "the architecture \"t5\" is not supported; BERT (bert) and XLM-RoBERTa",
        set("config.json", "model_type", "t5".into()),
    );
    refused(
        "\"relative_key\"",
        set(
            "config.json",
            "position_embedding_type",
            "relative_key".into(),
        ),
    );
    refused("a decoder", set("config.json", "is_decoder", true.into()));
    refused(
        "\"swiglu\"",
        set("config.json", "hidden_act", "swiglu".into()),
    );
    let splits = vec![json!({"type": "WhitespaceSplit"}); 20_000];
    refused(
        "its pre_tokenizer has 20000 steps",
        set(
            "tokenizer.json",
            "pre_tokenizer",
            json!({"type": "Sequence", "pretokenizers": splits}),
        ),
    );
    refused(
        "pooling by max",
        set("1_Pooling/config.json", "pooling_mode", "max".into()),
    );
    refused(
        "pooling by cls and mean",
        set(
            "1_Pooling/config.json",
            "pooling_mode",
            json!(["cls", "mean"]),
        ),
    );
    refused("the module \"Dense\"", |tiny| {
        tiny.edit("modules.json", |modules| {
            modules[2]["type"] = "sentence_transformers.models.Dense".into();
        });
    });
    const NOTES: &str = "config_sentence_transformers.json";
    for (why, key, value) in [
        ("vectors cut to 8 numbers", "truncate_dim", json!(8)),
        ("by \"manhattan\"", "similarity_fn_name", "manhattan".into()),
        (
            "no prompt of the name \"q\"",
            "default_prompt_name",
            "q".into(),
        ),
    ] {
        refused(why, set(NOTES, key, value));
    }
    refused("by \"dot\"", |tiny| {
        tiny.edit("modules.json", |modules| {
            modules.as_array_mut().unwrap().truncate(2);
        });
        tiny.edit(NOTES, |json| json["similarity_fn_name"] = "dot".into());
    });
    refused("a tokenizer of the kind \"BPE\"", |tiny| {
        tiny.edit("tokenizer.json", |json| {
            json["model"] = json!({"type": "BPE", "vocab": {"a": 0}, "merges": []});
        });
    });
    refused(
        "`Digits`",
        set("tokenizer.json", "pre_tokenizer", json!({"type": "Digits"})),
    );
}

#[test]
fn sizes_that_no_model_has_are_refused() {
    for (key, value) in [
        ("hidden_size", json!(-1)),
        ("hidden_size", json!(0)),
        ("hidden_size", json!(1e18)),
        ("hidden_size", json!(4_000_000_000_u64)),
        ("hidden_size", json!(37)),
        ("hidden_size", json!("36")),
        ("num_hidden_layers", json!(4_000_000_000_u64)),
        ("num_hidden_layers", json!(0)),
        ("num_hidden_layers", json!(4)),
        ("num_attention_heads", json!(0)),
        ("num_attention_heads", json!(5)),
        ("intermediate_size", json!(51)),
        ("vocab_size", json!(8_000_000)),
        ("max_position_embeddings", json!(2)),
        ("max_position_embeddings", json!(1_000_000)),
        ("type_vocab_size", json!(7)),
        ("layer_norm_eps", json!(-1)),
        ("layer_norm_eps", json!(1e300)),
        ("pad_token_id", json!(65)),
        ("pad_token_id", json!(4_294_967_295_u64)),
    ] {
        let tiny = Tiny::new();
        tiny.edit("config.json", |config| config[key] = value.clone());
        assert!(tiny.open().is_err(), "{key}: {value}");
    }
    refused("it pools vectors of 40 numbers", |tiny| {
        tiny.edit("1_Pooling/config.json", |config| {
            *config = json!({"word_embedding_dimension": 40, "pooling_mode_cls_token": true});
        });
    });
    refused("and 2 stand around it", |tiny| {
        tiny.edit("sentence_bert_config.json", |config| {
            config["max_seq_length"] = 2.into();
        });
    });
}

#[test]
fn files_of_weights_that_lie_are_refused() {
    let name = "embeddings.word_embeddings.weight";
    let header = |place: [u64; 2], shape: &[u64]| {
        json!({name: {"dtype": "F32", "shape": shape, "data_offsets": place}}).to_string()
    };
    let whole = fs::read(Tiny::new().path("model.safetensors")).unwrap();
    for (why, bytes) in [
        ("too short", Vec::new()),
        ("too short", vec![0; 7]),
        ("header", u64::MAX.to_le_bytes().to_vec()),
        ("header", 100_u64.to_le_bytes().to_vec()),
        ("its header:", file("{", &[])),
        (
            "its header:",
            file(&header([0, 8], &[2]).replace('2', "-2"), &[0; 8]),
        ),
        ("no tensor", file("{}", &[])),
        (
            "copied whole",
            file(&header([0, 1 << 60], &[1 << 29, 1 << 29]), &[0; 8]),
        ),
        ("copied whole", whole[..whole.len() - 1].to_vec()),
        ("copied whole", [whole.as_slice(), &[0]].concat()),
    ] {
        refused(why, |tiny| {
            tiny.write("model.safetensors", bytes);
        });
    }
    // A header that fits the file, and places in it that fit no shape.
    let overlapping = "where those before it end at";
    for (why, place) in [
        ("is said to be at", [0, 0]),
        (overlapping, [4, 0]),
        (overlapping, [8, 16]),
        (overlapping, [u64::MAX, 16]),
    ] {
        refused(why, |tiny| {
            let (shape, _) = &tiny.tensors().0["embeddings.token_type_embeddings.weight"];
            let other = json!({"dtype": "F32", "shape": [4], "data_offsets": [0, 16]});
            let first = json!({"dtype": "F32", "shape": shape, "data_offsets": place});
            let header = json!({name: other, "embeddings.token_type_embeddings.weight": first});
            tiny.write("model.safetensors", file(&header.to_string(), &[0; 16]));
        });
    }
    for (why, tensor) in [
        ("F64 of the tensor", json!("F64")),
        ("its header:", json!(7)),
    ] {
        refused(why, |tiny| {
            let (shape, _) = &tiny.tensors().0["embeddings.token_type_embeddings.weight"];
            let tensor = json!({"dtype": tensor, "shape": shape, "data_offsets": [0, 0]});
            let header = json!({name: tensor, "embeddings.token_type_embeddings.weight": tensor});
            tiny.write("model.safetensors", file(&header.to_string(), &[]));
        });
    }
}

#[test]
fn tensors_that_are_missing_or_of_another_shape_or_not_finite_are_named() {
    let name = "encoder.layer.1.attention.self.key.weight";
    let change = |change: fn(&mut (Vec<usize>, Vec<f32>))| {
        move |tiny: &Tiny| {
            let mut tensors = tiny.tensors();
            change(tensors.0.get_mut(name).unwrap());
            tiny.write("model.safetensors", tensors.written("F32"));
        }
    };
    refused(
        &format!("{name} has the shape [18, 72], and by config.json it is [36, 36]"),
        change(|tensor| tensor.0 = vec![18, 72]),
    );
    refused(
        &format!("{name} holds NaN or infinity"),
        change(|tensor| tensor.1[5] = f32::NAN),
    );
    refused(&format!("{name} is missing"), |tiny| {
        let mut tensors = tiny.tensors();
        tensors.0.remove(name);
        tiny.write("model.safetensors", tensors.written("F32"));
    });
    // Numbers that become infinite on the way are an error of the text.
    let tiny = Tiny::new();
    let mut tensors = tiny.tensors();
    for (name, (_, numbers)) in &mut tensors.0 {
        if name.contains("LayerNorm.weight") {
            numbers.fill(f32::MAX);
        }
    }
    tiny.write("model.safetensors", tensors.written("F32"));
    let error = tiny
        .open()
        .unwrap()
        .embed(&["a"], 1)
        .unwrap_err()
        .to_string();
    assert!(error.contains("not finite"), "{error}");
}

#[test]
fn tokens_that_the_model_does_not_know_are_an_error_of_the_text() {
    let tiny = Tiny::new();
    tiny.edit("tokenizer.json", |json| {
        json["added_tokens"][4]["id"] = 1_000_000.into();
    });
    let model = tiny.open().unwrap();
    assert!(model.embed(&["a"], 1).is_ok());
    let error = model.embed(&["a <mask>"], 1).unwrap_err().to_string();
    assert!(error.contains("token 1000000"), "{error}");
}

#[test]
fn a_file_outside_of_the_directory_is_not_read() {
    refused("outside of the model's directory", |tiny| {
        tiny.edit("modules.json", |modules| {
            modules[0]["path"] = "../..".into();
        });
    });
    refused("outside of the model's directory", |tiny| {
        tiny.write(
            "model.safetensors.index.json",
            json!({"weight_map": {"a": "/etc/passwd"}}).to_string(),
        );
    });
}

/// Whatever stands in a file, it is read or refused, and what is read can embed.
#[test]
fn no_damage_to_a_small_file_is_a_panic() {
    for name in [
        "config.json",
        "tokenizer.json",
        "modules.json",
        "1_Pooling/config.json",
        "sentence_bert_config.json",
    ] {
        let whole = fs::read(Tiny::new().path(name)).unwrap();
        let tiny = Tiny::new();
        let mut random = 7_u64;
        let mut next = |below: usize| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) as usize % below
        };
        for round in 0..300 {
            let mut bytes = whole.clone();
            match round % 3 {
                0 => bytes.truncate(next(whole.len())),
                1 => {
                    let at = next(whole.len());
                    bytes[at] = next(256) as u8;
                }
                _ => {
                    let digits: Vec<usize> = (0..whole.len())
                        .filter(|at| whole[*at].is_ascii_digit())
                        .collect();
                    if let Some(at) = (!digits.is_empty()).then(|| digits[next(digits.len())]) {
                        bytes[at] = b'0' + next(10) as u8;
                    }
                }
            }
            tiny.write(name, &bytes);
            if let Ok(model) = tiny.open() {
                let _ = model.embed(&["Why did ﬁve <mask> requests  time out? 東京", ""], 1);
            }
        }
    }
}
