//! One model under the names that it goes by.

/// Models that servers know by other names than their makers do: the maker's name, and the others. All
/// without organisation, in lower case; a name with a tag is one of several models that go by that name.
const ALIASES: [(&str, &[&str]); 18] = [
    (
        "all-minilm-l6-v2",
        &["all-minilm", "all-minilm-l6-v2-embedding"],
    ),
    (
        "all-minilm-l12-v2",
        &[
            "all-minilm:33m",
            "all-minilm:l12",
            "all-minilm-l12-v2-embedding",
        ],
    ),
    ("bge-m3", &[]),
    ("bge-large-en-v1.5", &["bge-large"]),
    ("embeddinggemma-300m", &["embeddinggemma"]),
    ("granite-embedding-30m-english", &["granite-embedding"]),
    (
        "granite-embedding-278m-multilingual",
        &["granite-embedding:278m"],
    ),
    ("mxbai-embed-large-v1", &["mxbai-embed-large"]),
    ("nomic-embed-text-v1.5", &["nomic-embed-text"]),
    (
        "paraphrase-multilingual-mpnet-base-v2",
        &["paraphrase-multilingual"],
    ),
    ("qwen3-embedding-8b", &["qwen3-embedding"]),
    ("qwen3-embedding-4b", &["qwen3-embedding:4b"]),
    ("qwen3-embedding-0.6b", &["qwen3-embedding:0.6b"]),
    ("snowflake-arctic-embed-l", &["snowflake-arctic-embed"]),
    (
        "snowflake-arctic-embed-m-long",
        &["snowflake-arctic-embed:137m"],
    ),
    ("snowflake-arctic-embed-m", &["snowflake-arctic-embed:110m"]),
    ("snowflake-arctic-embed-s", &["snowflake-arctic-embed:33m"]),
    ("snowflake-arctic-embed-xs", &["snowflake-arctic-embed:22m"]),
];

/// Returns the one name that a model is known by here, whoever runs it: `bge-m3` for `BAAI/bge-m3`, and
/// `all-minilm-l6-v2` for `all-minilm:latest`.
pub(super) fn canonical(model: &str) -> String {
    let lower = model.trim().to_lowercase();
    let name = lower.rsplit_once('/').map_or(&*lower, |(_, name)| name);
    // What follows an @ is how the numbers of the model are kept.
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    let name = name.strip_suffix("-gguf").unwrap_or(name);
    let base = name.split_once(':').map_or(name, |(base, _)| base).trim();
    // LM Studio puts this before every name.
    let bare = base.strip_prefix("text-embedding-").unwrap_or(base);
    let of_tag = |alias: &str| alias.contains(':') && name.starts_with(alias);
    let of_name = |alias: &str| alias == base || alias == bare;
    let find = |fits: &dyn Fn(&str) -> bool| {
        let known = ALIASES
            .iter()
            .find(|(maker, aliases)| fits(maker) || aliases.iter().any(|alias| fits(alias)));
        known.map(|(maker, _)| (*maker).to_owned())
    };
    find(&of_tag)
        .or_else(|| find(&of_name))
        .unwrap_or_else(|| base.to_owned())
}

/// Returns the size that a tag names: `0.6b` for `qwen3:0.6b-fp16`.
pub(super) fn size(model: &str) -> Option<String> {
    let lower = model.trim().to_lowercase();
    let name = lower.rsplit_once('/').map_or(&*lower, |(_, name)| name);
    let size = name.split_once(':')?.1.split('-').next()?;
    let number = size.strip_suffix(['b', 'm'])?;
    number.parse::<f64>().is_ok().then(|| size.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_has_one_name_whoever_runs_it() {
        for (one, names) in [
            (
                "bge-m3",
                &[
                    "BAAI/bge-m3",
                    "bge-m3:latest",
                    "bge-m3:567m-fp16",
                    "text-embedding-bge-m3",
                    "@cf/baai/bge-m3",
                    "gpustack/bge-m3-GGUF",
                ][..],
            ),
            (
                "all-minilm-l6-v2",
                &[
                    "all-minilm",
                    "all-minilm:latest",
                    "all-minilm:22m",
                    "all-minilm:l6-v2",
                    "sentence-transformers/all-MiniLM-L6-v2",
                    "all-MiniLM-L6-v2",
                    "text-embedding-all-minilm-l6-v2-embedding",
                ],
            ),
            (
                "all-minilm-l12-v2",
                &[
                    "all-minilm:33m",
                    "all-minilm:33m-l12-v2-fp16",
                    "all-minilm:l12-v2",
                    "sentence-transformers/all-MiniLM-L12-v2",
                ],
            ),
            (
                "nomic-embed-text-v1.5",
                &[
                    "nomic-embed-text",
                    "nomic-ai/nomic-embed-text-v1.5",
                    "nomic-embed-text:v1.5",
                    "text-embedding-nomic-embed-text-v1.5",
                    "text-embedding-nomic-embed-text-v1.5@q8_0",
                ],
            ),
            (
                "mxbai-embed-large-v1",
                &[
                    "mxbai-embed-large",
                    "mixedbread-ai/mxbai-embed-large-v1",
                    "mxbai-embed-large:335m",
                ],
            ),
            (
                "text-embedding-3-small",
                &["text-embedding-3-small", "openai/text-embedding-3-small"],
            ),
            ("text-embedding-3-large", &["text-embedding-3-large"]),
            ("text-embedding-ada-002", &["text-embedding-ada-002"]),
            (
                "snowflake-arctic-embed-m",
                &[
                    "snowflake-arctic-embed:110m",
                    "Snowflake/snowflake-arctic-embed-m",
                ],
            ),
            (
                "snowflake-arctic-embed-l",
                &["snowflake-arctic-embed", "snowflake-arctic-embed:335m"],
            ),
            (
                "qwen3-embedding-0.6b",
                &[
                    "Qwen/Qwen3-Embedding-0.6B",
                    "qwen3-embedding:0.6b",
                    "text-embedding-qwen3-embedding-0.6b",
                ],
            ),
            ("multilingual-e5-large", &["intfloat/multilingual-e5-large"]),
        ] {
            for name in names {
                assert_eq!(canonical(name), one, "{name}");
            }
        }
    }

    #[test]
    fn no_alias_stands_for_two_models() {
        let all: Vec<&str> = ALIASES
            .iter()
            .flat_map(|(maker, aliases)| aliases.iter().chain([maker]).copied())
            .collect();
        for (at, name) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(name), "{name}");
        }
    }
}
