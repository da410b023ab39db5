//! One model in the forms in which directories hold it.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::tensors::Tensors;
use crate::tiny::Tiny;

#[test]
fn weights_are_read_in_full_and_in_half_precision() {
    for (dtype, least) in [("F32", 0.99999), ("F16", 0.9999), ("BF16", 0.99)] {
        let tiny = Tiny::new();
        tiny.write("model.safetensors", tiny.tensors().written(dtype))
            .makes("cls", least);
    }
}

#[test]
fn weights_are_read_from_several_files() {
    let tiny = Tiny::new();
    let all = tiny.tensors().0;
    let mut map = BTreeMap::new();
    for (which, name) in ["a.safetensors", "b.safetensors", "c.safetensors"]
        .into_iter()
        .enumerate()
    {
        let some = all
            .iter()
            .enumerate()
            .filter(|(at, _)| at % 3 == which)
            .map(|(_, tensor)| tensor);
        let some = Tensors(
            some.map(|(name, tensor)| (name.clone(), tensor.clone()))
                .collect(),
        );
        map.extend(some.0.keys().map(|tensor| (tensor.clone(), name)));
        tiny.write(name, some.written("F32"));
    }
    let index = json!({"metadata": {"total_size": 1}, "weight_map": map});
    tiny.write("model.safetensors.index.json", index.to_string());
    tiny.remove("model.safetensors").makes("cls", 0.99999);
    tiny.remove("b.safetensors");
    let refused = tiny.refused();
    assert!(
        refused.contains("b.safetensors") && refused.contains("No such file"),
        "{refused}"
    );
}

#[test]
fn tensors_are_found_by_the_names_that_other_programs_gave_them() {
    for prefix in ["bert.", "roberta."] {
        let tiny = Tiny::new();
        let renamed = tiny.tensors().renamed(|name| {
            let name = name.replace("LayerNorm.weight", "LayerNorm.gamma");
            format!(
                "{prefix}{}",
                name.replace("LayerNorm.bias", "LayerNorm.beta")
            )
        });
        tiny.write("model.safetensors", renamed.written("F32"))
            .makes("cls", 0.99999);
    }
}

#[test]
fn a_directory_may_have_the_transformer_in_a_folder_of_its_own() {
    let tiny = Tiny::new();
    fs::create_dir(tiny.path("0_Transformer")).unwrap();
    for name in [
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "model.safetensors",
        "sentence_bert_config.json",
    ] {
        fs::rename(tiny.path(name), tiny.path(&format!("0_Transformer/{name}"))).unwrap();
    }
    tiny.edit("modules.json", |modules| {
        modules[0]["path"] = "0_Transformer".into();
    });
    tiny.makes("cls", 0.99999);
}

#[test]
fn a_text_is_as_long_as_the_tokenizer_says_and_the_table_of_positions_holds() {
    let tiny = Tiny::new();
    let longest = |tiny: &Tiny| {
        tulving_local::Description::read(tiny.path(""))
            .unwrap()
            .max_tokens()
    };
    tiny.edit("sentence_bert_config.json", |config| {
        config["max_seq_length"] = Value::Null;
    });
    tiny.edit("tokenizer_config.json", |config| {
        config["model_max_length"] = 20.into();
    });
    assert_eq!(longest(&tiny), 20);
    // What means that there is no limit.
    tiny.edit("tokenizer_config.json", |config| {
        config["model_max_length"] = json!(1e30);
    });
    assert_eq!(longest(&tiny), 64);
    tiny.remove("tokenizer_config.json")
        .remove("sentence_bert_config.json");
    assert_eq!(longest(&tiny), 64);
    tiny.makes("cls", 0.99999);
}

#[test]
fn a_tokenizer_of_an_older_form_cuts_in_the_same_way() {
    let tiny = Tiny::new();
    tiny.edit("tokenizer.json", |tokenizer| {
        tokenizer["pre_tokenizer"] = json!({"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"},
            {"type": "Metaspace", "replacement": "▁", "add_prefix_space": true, "str_rep": "▁"}]});
        tokenizer["post_processor"] = json!({"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0],
            "trim_offsets": true, "add_prefix_space": true});
        // Of its training, and nothing to us.
        tokenizer["truncation"] = json!({"max_length": 3, "strategy": "LongestFirst", "stride": 0});
        tokenizer["padding"] = json!({"strategy": {"Fixed": 128}, "direction": "Right", "pad_id": 1});
    });
    let model = tiny.open().unwrap();
    let text =
        ["The connection pool was exhausted: a query without a timeout held every connection."];
    assert_eq!(
        model.embed(&text, 1).unwrap(),
        Tiny::new().open().unwrap().embed(&text, 1).unwrap()
    );
}

#[test]
fn a_text_of_which_no_token_is_left_has_a_vector() {
    for way in ["cls", "mean"] {
        let tiny = Tiny::new();
        tiny.edit("tokenizer.json", |json| {
            json["post_processor"] = Value::Null;
        });
        tiny.edit("1_Pooling/config.json", |json| {
            *json = json!({"pooling_mode": way});
        });
        let vectors = tiny.open().unwrap().embed(&["", "a text"], 1).unwrap();
        assert!(vectors[0].iter().all(|number| *number == 0.0), "{way}");
        assert!(vectors[1].iter().any(|number| *number != 0.0), "{way}");
    }
}
