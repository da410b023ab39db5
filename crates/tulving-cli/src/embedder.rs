//! Advice where the stored vectors and the embedder are of two models.

use tulving::model::Space;
use tulving::store::WordsOnly;

use crate::text::shell;

/// Returns the advice that gives both one model: the vectors a name where they have none, the
/// configuration the model of the vectors where they have.
pub fn one_model(why: &WordsOnly) -> String {
    let (stored, embedder) = (&why.stored, &why.embedder);
    let settings = |model: &str| {
        let (model, prefix) = match stored.model == model {
            true => stored.apart(),
            false => (model, ""),
        };
        let prefix = match prefix {
            "" => String::new(),
            prefix => format!(", text_prefix: {prefix:?}"),
        };
        format!(
            "in config.yaml, embedding: {{provider: http, url: URL, model: {model}{prefix}}}, with a server that runs it"
        )
    };
    if stored.provider == "builtin" {
        return "in config.yaml, embedding: {provider: builtin}".to_owned();
    }
    let is_guess = *stored.as_ref() == Space::unnamed(stored.dims);
    match (stored.is_named(), stored.dims == embedder.dims) {
        (false, true) => format!(
            "tulving init --model {}   (if that is the model that made them)",
            shell(&embedder.model)
        ),
        (false, false) => format!(
            "tulving init --model NAME   (the model that made them); then {}",
            settings("NAME")
        ),
        (true, true) if is_guess => format!(
            "{}; or, if they are of {embedder}: tulving init --model {}",
            settings(&stored.model),
            shell(&embedder.model)
        ),
        (true, _) => settings(&stored.model),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_advice_is_for_vectors_of_a_name_and_of_none() {
        let advice = |stored: Space, embedder: &str, dims| {
            one_model(&WordsOnly {
                stored: Arc::new(stored),
                embedder: Arc::new(Space::local(embedder, dims)),
            })
        };
        let unnamed = || Space::unnamed(384);
        assert!(
            advice(unnamed(), "all-minilm", 384).starts_with("tulving init --model all-minilm ")
        );
        assert!(advice(unnamed(), "builtin", 256).starts_with("tulving init --model NAME "));
        let named = advice(Space::local("m", 384), "all-minilm", 384);
        assert!(
            named.contains("model: m}") && !named.contains("init"),
            "{named}"
        );
        let guessed = advice(Space::unnamed(1024), "mxbai-embed-large", 1024);
        assert!(
            guessed.contains("BAAI/bge-m3}") && guessed.contains("init --model mxbai"),
            "{guessed}"
        );
        let builtin = Space {
            provider: "builtin".to_owned(),
            ..Space::local("tulving-static-1", 256)
        };
        assert!(advice(builtin, "m", 3).ends_with("{provider: builtin}"));
    }
}
