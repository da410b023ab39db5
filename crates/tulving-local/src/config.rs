//! `config.json`: the family of a model, its sizes and what it computes with.

use std::path::Path;

use serde::Deserialize;

use crate::{LocalError, files};

/// What is computed between the two products of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activation {
    /// GELU by the error function.
    Gelu,
    /// GELU by the hyperbolic tangent, which is near to it.
    GeluTanh,
    /// What is negative becomes zero.
    Relu,
}

/// How places in a text are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Positions {
    /// From 0: BERT.
    FromZero,
    /// From the number behind this token, which fills up other texts and itself has its own number: XLM-RoBERTa.
    Behind(u32),
}

/// What `config.json` says, checked: sizes are neither zero nor beyond all models, and fit each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Config {
    /// Numbers in a vector.
    pub(crate) hidden: usize,
    pub(crate) layers: usize,
    pub(crate) heads: usize,
    pub(crate) intermediate: usize,
    pub(crate) vocabulary: usize,
    /// Rows of the table of positions.
    pub(crate) positions: usize,
    /// Rows of the table of token types.
    pub(crate) types: usize,
    pub(crate) numbering: Positions,
    pub(crate) activation: Activation,
    /// Added to the variance in a normalisation.
    pub(crate) epsilon: f32,
}

const SUPPORTED: &str = "BERT (bert) and XLM-RoBERTa (xlm-roberta) are";

#[derive(Deserialize)]
struct Family {
    model_type: String,
}

#[derive(Deserialize)]
struct Given {
    hidden_size: u32,
    num_hidden_layers: u32,
    num_attention_heads: u32,
    intermediate_size: u32,
    vocab_size: u32,
    max_position_embeddings: u32,
    type_vocab_size: Option<u32>,
    hidden_act: Option<String>,
    layer_norm_eps: Option<f32>,
    pad_token_id: Option<u32>,
    position_embedding_type: Option<String>,
    is_decoder: Option<bool>,
}

impl Config {
    /// Reads it.
    ///
    /// # Errors
    /// When it cannot be read, names another family, or gives sizes that no model has.
    pub(crate) fn read(path: &Path) -> Result<Self, LocalError> {
        let Family { model_type } = files::json(path)?;
        let is_bert = match model_type.as_str() {
            "bert" => true,
            "xlm-roberta" => false,
            _ => {
                let what = format!("the architecture {model_type:?}");
                return Err(LocalError::unsupported(path, what, SUPPORTED));
            }
        };
        let given: Given = files::json(path)?;
        let config = Self {
            hidden: size(path, "hidden_size", given.hidden_size, 1 << 14)?,
            layers: size(path, "num_hidden_layers", given.num_hidden_layers, 1 << 10)?,
            heads: size(
                path,
                "num_attention_heads",
                given.num_attention_heads,
                1 << 10,
            )?,
            intermediate: size(path, "intermediate_size", given.intermediate_size, 1 << 17)?,
            vocabulary: size(path, "vocab_size", given.vocab_size, 1 << 23)?,
            positions: size(
                path,
                "max_position_embeddings",
                given.max_position_embeddings,
                1 << 20,
            )?,
            types: size(
                path,
                "type_vocab_size",
                given.type_vocab_size.unwrap_or(2),
                1 << 10,
            )?,
            numbering: match is_bert {
                true => Positions::FromZero,
                false => Positions::Behind(given.pad_token_id.unwrap_or(1)),
            },
            activation: activation(path, given.hidden_act.as_deref().unwrap_or("gelu"))?,
            epsilon: given.layer_norm_eps.unwrap_or(1e-12),
        };
        if !config.hidden.is_multiple_of(config.heads) {
            let why = format!(
                "hidden_size {} is no multiple of num_attention_heads {}",
                config.hidden, config.heads
            );
            return Err(LocalError::malformed(path, why));
        }
        if !(0.0..1.0).contains(&config.epsilon) {
            let why = format!("layer_norm_eps is {}, not from 0 to 1", config.epsilon);
            return Err(LocalError::malformed(path, why));
        }
        match given.position_embedding_type.as_deref() {
            None | Some("absolute") => {}
            Some(other) => {
                let what = format!("position_embedding_type {other:?}");
                return Err(LocalError::unsupported(path, what, "\"absolute\" is"));
            }
        }
        if given.is_decoder == Some(true) {
            return Err(LocalError::unsupported(path, "a decoder", "encoders are"));
        }
        if config.longest() == 0 {
            let why = "max_position_embeddings leaves no place for a text behind pad_token_id";
            return Err(LocalError::malformed(path, why));
        }
        Ok(config)
    }

    /// Returns how many tokens a text may have, for its places to have numbers.
    pub(crate) fn longest(&self) -> usize {
        match self.numbering {
            Positions::FromZero => self.positions,
            Positions::Behind(padding) => self.positions.saturating_sub(padding as usize + 1),
        }
    }
}

fn size(path: &Path, name: &str, given: u32, most: u32) -> Result<usize, LocalError> {
    match given {
        0 => Err(LocalError::malformed(path, format!("{name} is 0"))),
        _ if given > most => {
            let why = format!("{name} is {given}, and {most} is the most that is taken");
            Err(LocalError::malformed(path, why))
        }
        _ => Ok(given as usize),
    }
}

fn activation(path: &Path, name: &str) -> Result<Activation, LocalError> {
    match name {
        "gelu" | "gelu_python" => Ok(Activation::Gelu),
        "gelu_new" | "gelu_fast" | "gelu_pytorch_tanh" => Ok(Activation::GeluTanh),
        "relu" => Ok(Activation::Relu),
        _ => {
            let what = format!("hidden_act {name:?}");
            Err(LocalError::unsupported(path, what, "GELU and ReLU are"))
        }
    }
}
