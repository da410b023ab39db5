//! A model in a directory, run by the program if it was built with such.

use std::path::{Path, PathBuf};

use crate::support::Desk;

/// A model of a few thousand random numbers.
fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tulving-local/reference/tiny")
}

fn configured(path: &Path) -> Desk {
    let desk = Desk::empty();
    let path = path.display();
    desk.write(
        "config.yaml",
        format!("embedding: {{provider: local, path: '{path}', model: org/tiny}}\n"),
    );
    desk.run(&["init"]).expect(0);
    desk
}

#[cfg(not(feature = "local"))]
#[test]
fn a_program_without_local_models_says_how_one_with_them_is_built() {
    let desk = configured(&tiny());
    desk.run(&["list"]).expect(0);
    let refused = desk.run(&["search", "x"]).expect(2);
    refused
        .says("built without")
        .says("--features local")
        .says("provider: http");
}

#[cfg(feature = "local")]
mod with_it {
    use std::fs;

    use super::{configured, tiny};
    use crate::support::{Desk, ids};

    /// Finds a memory by what is embedded of it: the numbers of the model are random, and only the same text is near.
    fn finds(desk: &Desk, question: &str, id: &str) {
        let text = format!("Human: {question}");
        let found = desk.json(&["search", &text, "--mode", "vector"]);
        assert_eq!(ids(&found["hits"])[0], id);
        let score = found["hits"][0]["score"].as_f64().unwrap();
        assert!((score - 1.0).abs() < 1e-3, "{score}");
    }

    #[test]
    fn texts_are_found_by_the_vectors_of_a_local_model() {
        let desk = configured(&tiny());
        for question in [
            "How do I bake bread?",
            "¿Cuándo sale el próximo tren para Sevilla?",
        ] {
            let id = desk.add(question, "");
            finds(&desk, question, &id);
        }
        desk.run(&["doctor"])
            .expect(0)
            .shows("org/tiny (36 numbers)");
    }

    /// A copy of the model whose directory says something of texts, or whatever else.
    fn noted(desk: &Desk, notes: &str) {
        fs::create_dir_all(desk.path("noted/1_Pooling")).unwrap();
        for name in [
            "config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "model.safetensors",
            "modules.json",
            "sentence_bert_config.json",
            "1_Pooling/config.json",
        ] {
            fs::copy(tiny().join(name), desk.path("noted").join(name)).unwrap();
        }
        desk.write("noted/config_sentence_transformers.json", notes);
    }

    #[test]
    fn a_directory_says_which_words_stand_before_texts() {
        let desk = Desk::empty();
        noted(
            &desk,
            r#"{"prompts": {"query": "passage: ", "document": "passage: ", "other": "x"}}"#,
        );
        let config = |more: &str| {
            format!("embedding: {{provider: local, path: 'noted', model: org/tiny{more}}}\n")
        };
        desk.write("config.yaml", config(""));
        desk.run(&["init"]).expect(0);
        // The same before both, so that the same text is near.
        let id = desk.add("How do I bake bread?", "");
        finds(&desk, "How do I bake bread?", &id);
        desk.run(&["doctor"])
            .expect(0)
            .shows("org/tiny + \"passage: \" (36 numbers)");
        // The configuration has the last word.
        desk.write("config.yaml", config(", text_prefix: 'p '"));
        desk.run(&["search", "x", "--mode", "vector"]).expect(2);
        // What is not done here is refused, and not done otherwise.
        noted(&desk, r#"{"truncate_dim": 8}"#);
        desk.run(&["search", "x", "--mode", "vector"])
            .expect(2)
            .says("vectors cut to 8 numbers");
    }

    #[test]
    fn a_path_in_the_file_is_relative_to_it_and_config_show_says_where_it_leads() {
        let desk = Desk::empty();
        let config =
            "embedding: {provider: local, path: 'models/tiny', model: tiny, url: 'http://h/v1'}\n";
        fs::create_dir_all(desk.path("etc")).unwrap();
        desk.write("etc/config.yaml", config);
        let shown = desk
            .run(&["config", "show", "--config", "etc/config.yaml"])
            .expect(0);
        shown.shows("etc/models/tiny").shows("embedding.url");
        shown.shows("has no effect, since embedding.provider is local");
    }

    #[test]
    fn a_directory_that_is_no_model_is_missed_only_where_a_text_needs_a_vector() {
        let desk = configured("no/such/model".as_ref());
        desk.run(&["list"]).expect(0);
        let refused = desk.run(&["add", "--question", "q"]).expect(2);
        refused
            .says("no/such/model")
            .says("config.json")
            .says("docs/local-models.md");
    }

    #[test]
    fn memory_is_moved_to_a_local_model_and_the_lines_for_the_configuration_are_told() {
        let desk = Desk::empty();
        desk.run(&["init"]).expect(0);
        let bread = desk.add("How do I bake bread?", "");
        desk.add("Why did the worker hang?", "");
        let path = tiny().display().to_string();
        let model = ["reembed", "--path", &path, "--model", "org/tiny"];
        let wrong = [&model[..], &["--dimensions", "35"]].concat();
        desk.run(&wrong)
            .expect(2)
            .says("vectors of 36 numbers, not of 35");
        let wrong = [&model[..], &["--provider", "http"]].concat();
        desk.run(&wrong).expect(2).says("--path cannot be given");
        let nameless = ["reembed", "--path", &path];
        desk.run(&nameless).expect(2).says("--model is not given");
        let moved = [&model[..], &["--cut-over", "--yes"]].concat();
        desk.run(&moved)
            .expect(0)
            .shows("provider: local")
            .shows(&format!("path: {path}"));
        let config = fs::read_to_string(desk.path("config.yaml")).unwrap();
        let local = format!("provider: local\n  path: '{path}'\n  model: tiny");
        desk.write("config.yaml", config.replace("provider: builtin", &local));
        finds(&desk, "How do I bake bread?", &bread);
    }
}
