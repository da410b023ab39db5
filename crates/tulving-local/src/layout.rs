//! The directory of a model, as sentence-transformers writes it: which modules it has, how its vectors are pooled, how
//! long a text may be.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::config::Config;
use crate::prompts::Prompts;
use crate::{LocalError, files};

/// How the vectors of tokens become one of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pooling {
    /// The vector of the first token.
    First,
    /// Their mean.
    Mean,
}

/// What a directory says of its model, besides tokens and weights.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// Where configuration, tokenizer and weights are.
    pub(crate) transformer: PathBuf,
    pub(crate) config: Config,
    pub(crate) pooling: Pooling,
    /// Most tokens of a text; what is behind is not looked at.
    pub(crate) longest: usize,
    /// Whether texts are put into small letters before they become tokens.
    pub(crate) small_letters: bool,
    pub(crate) prompts: Prompts,
}

#[derive(Deserialize)]
struct Module {
    path: String,
    r#type: String,
}

#[derive(Deserialize, Default)]
struct SentenceBert {
    max_seq_length: Option<u32>,
    do_lower_case: Option<bool>,
}

#[derive(Deserialize, Default)]
struct TokenizerConfig {
    // A number beyond all integers where there is no limit.
    model_max_length: Option<f64>,
}

impl Layout {
    /// Reads it.
    ///
    /// # Errors
    /// When a file is missing or damaged, or asks for what is not done here.
    pub(crate) fn read(directory: &Path) -> Result<Self, LocalError> {
        let list = directory.join("modules.json");
        let (mut transformer, mut pooling) = (directory.to_owned(), directory.join("1_Pooling"));
        let mut normalizes = false;
        for Module { path, r#type } in
            files::json_if_there::<Vec<Module>>(&list)?.unwrap_or_default()
        {
            let place = files::below(directory, &path, &list)?;
            match r#type.rsplit('.').next().unwrap_or_default() {
                "Transformer" => transformer = place,
                "Pooling" => pooling = place,
                // Vectors are brought to length 1 in any case.
                "Normalize" => normalizes = true,
                other => {
                    let what = format!("the module {other:?}");
                    let instead = "Transformer, Pooling and Normalize are";
                    return Err(LocalError::unsupported(&list, what, instead));
                }
            }
        }
        let config = Config::read(&transformer.join("config.json"))?;
        let sentence: Option<SentenceBert> =
            files::json_if_there(&transformer.join("sentence_bert_config.json"))?;
        let sentence = sentence.unwrap_or_default();
        let tokenizer: Option<TokenizerConfig> =
            files::json_if_there(&transformer.join("tokenizer_config.json"))?;
        let said = match (sentence.max_seq_length, tokenizer.unwrap_or_default()) {
            (Some(most), _) => most as usize,
            // What is too large for the type becomes its largest number.
            (None, TokenizerConfig { model_max_length }) => {
                model_max_length.map_or(usize::MAX, |most| most as usize)
            }
        };
        let prompts = Prompts::read(directory, config.hidden, normalizes)?;
        Ok(Self {
            prompts,
            pooling: pooled(&pooling.join("config.json"), &config)?,
            longest: said.min(config.longest()),
            small_letters: sentence.do_lower_case.unwrap_or_default(),
            transformer,
            config,
        })
    }
}

/// Both forms of `1_Pooling/config.json`: a flag for each way, and since version 5 the name of the way.
#[derive(Deserialize)]
struct GivenPooling {
    word_embedding_dimension: Option<u32>,
    embedding_dimension: Option<u32>,
    pooling_mode: Option<serde_json::Value>,
    #[serde(flatten)]
    flags: serde_json::Map<String, serde_json::Value>,
}

/// Returns how vectors are pooled: their mean, if nothing is said.
fn pooled(path: &Path, config: &Config) -> Result<Pooling, LocalError> {
    let Some(given) = files::json_if_there::<GivenPooling>(path)? else {
        return Ok(Pooling::Mean);
    };
    let width = given.word_embedding_dimension.or(given.embedding_dimension);
    if let Some(width) = width.filter(|width| *width as usize != config.hidden) {
        let hidden = config.hidden;
        let why =
            format!("it pools vectors of {width} numbers, and the model makes them of {hidden}");
        return Err(LocalError::malformed(path, why));
    }
    let ways: Vec<String> = match given.pooling_mode {
        Some(serde_json::Value::String(way)) => vec![way],
        Some(serde_json::Value::Array(ways)) => ways
            .iter()
            .map(|way| way.as_str().unwrap_or("?").to_owned())
            .collect(),
        _ => {
            let is_set = |value: &serde_json::Value| value.as_bool().unwrap_or_default();
            let set = given.flags.iter().filter(|(_, value)| is_set(value));
            set.filter_map(|(name, _)| Some(name.strip_prefix("pooling_mode_")?.to_owned()))
                .collect()
        }
    };
    match ways
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["mean" | "mean_tokens"] => Ok(Pooling::Mean),
        ["cls" | "cls_token"] => Ok(Pooling::First),
        [] => Err(LocalError::malformed(path, "it names no way of pooling")),
        several => {
            let what = format!("pooling by {}", several.join(" and "));
            Err(LocalError::unsupported(
                path,
                what,
                "mean and cls are, one of them",
            ))
        }
    }
}
