//! The encoder: tokens of several texts in, a vector for each token out.
//!
//! The rows of all texts of a batch lie one behind the other, so that products are of tall matrices without anything
//! filled up; only attention looks at each text by itself.

use crate::LocalError;
use crate::attention::{AT_ONCE, Heads};
use crate::config::{Config, Positions};
use crate::math::{self, Norm};
use crate::product::{LEFT, Left, Right, View, multiply};
use crate::weights::Weights;

/// Rows that go through the matrices of a layer at once: what they need of the memory does not grow with the text.
const BLOCK: usize = 40 * LEFT;

/// The model's tables and layers.
#[derive(Debug)]
pub(crate) struct Encoder {
    config: Config,
    words: Vec<f32>,
    positions: Vec<f32>,
    /// The row of the first token type: a text has no second.
    r#type: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    /// Questions, keys and values, side by side.
    attention: Dense,
    output: Dense,
    output_norm: Norm,
    wide: Dense,
    narrow: Dense,
    narrow_norm: Norm,
}

/// A matrix with what is added after it.
#[derive(Debug)]
struct Dense {
    matrix: Right,
    bias: Vec<f32>,
}

/// Memory that is used from one batch to the next.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    rows: Vec<f32>,
    attention: Vec<f32>,
    context: Vec<f32>,
    wide: Vec<f32>,
    narrow: Vec<f32>,
    left: Left,
    heads: Heads,
}

impl Encoder {
    /// Reads all tensors.
    ///
    /// # Errors
    /// When one is missing, or of another shape than the configuration says.
    pub(crate) fn read(weights: &Weights, config: Config) -> Result<Self, LocalError> {
        let hidden = config.hidden;
        let table = |name: &str, rows| {
            weights.tensor(
                &format!("embeddings.{name}_embeddings.weight"),
                &[rows, hidden],
            )
        };
        let mut types = table("token_type", config.types)?;
        types.truncate(hidden);
        Ok(Self {
            words: table("word", config.vocabulary)?,
            positions: table("position", config.positions)?,
            r#type: types,
            norm: norm(weights, "embeddings.LayerNorm", &config)?,
            layers: (0..config.layers)
                .map(|layer| Layer::read(weights, &format!("encoder.layer.{layer}"), &config))
                .collect::<Result<_, _>>()?,
            config,
        })
    }

    /// Returns about how many bytes a thread needs for a batch of so many tokens, besides the weights.
    pub(crate) fn scratch(&self, tokens: usize) -> usize {
        let Config {
            hidden,
            intermediate,
            heads,
            ..
        } = self.config;
        // Rows, what they ask and answer, keys and values of one head, and scores of a few tokens.
        let each = 5 * hidden + 2 * (hidden / heads) + 2 * AT_ONCE;
        let block = BLOCK * (2 * intermediate + hidden);
        (tokens * each + block) * size_of::<f32>()
    }

    /// Returns the vectors of the tokens of several texts, one behind the other.
    ///
    /// # Errors
    /// When a token is none of this model's, or a text is too long for it.
    pub(crate) fn run<'s>(
        &self,
        texts: &[&[u32]],
        scratch: &'s mut Scratch,
    ) -> Result<&'s [f32], LocalError> {
        scratch.rows.clear();
        for text in texts {
            self.embed(text, &mut scratch.rows)?;
        }
        math::normalise(&mut scratch.rows, &self.norm);
        for layer in &self.layers {
            layer.run(texts, &self.config, scratch);
        }
        Ok(&scratch.rows)
    }

    /// Appends a row for each token: the sum of what stands for the word, for its place, and for the type.
    fn embed(&self, text: &[u32], rows: &mut Vec<f32>) -> Result<(), LocalError> {
        let hidden = self.config.hidden;
        let row = |table: &[f32], at: usize| {
            let from = at.checked_mul(hidden)?;
            Some(table.get(from..from.checked_add(hidden)?)?.to_vec())
        };
        let mut before = 0;
        for token in text {
            let place = match self.config.numbering {
                Positions::FromZero => before,
                Positions::Behind(padding) if *token == padding => padding as usize,
                Positions::Behind(padding) => padding as usize + 1 + before,
            };
            let is_counted = self.config.numbering != Positions::Behind(*token);
            before += usize::from(is_counted);
            let word = row(&self.words, *token as usize).ok_or_else(|| {
                LocalError::Text(format!(
                    "the tokenizer gives token {token}, which the model does not know"
                ))
            })?;
            let place = row(&self.positions, place).ok_or_else(|| {
                LocalError::Text("it is longer than the model can number".to_owned())
            })?;
            let sums = word.iter().zip(&place).zip(&self.r#type);
            rows.extend(sums.map(|((word, place), kind)| word + place + kind));
        }
        Ok(())
    }
}

impl Layer {
    fn read(weights: &Weights, name: &str, config: &Config) -> Result<Self, LocalError> {
        let (hidden, intermediate) = (config.hidden, config.intermediate);
        let three = ["query", "key", "value"].map(|part| format!("{name}.attention.self.{part}"));
        Ok(Self {
            attention: Dense::read(
                weights,
                &three.each_ref().map(String::as_str),
                hidden,
                hidden,
            )?,
            output: Dense::read(
                weights,
                &[&format!("{name}.attention.output.dense")],
                hidden,
                hidden,
            )?,
            output_norm: norm(
                weights,
                &format!("{name}.attention.output.LayerNorm"),
                config,
            )?,
            wide: Dense::read(
                weights,
                &[&format!("{name}.intermediate.dense")],
                intermediate,
                hidden,
            )?,
            narrow: Dense::read(
                weights,
                &[&format!("{name}.output.dense")],
                hidden,
                intermediate,
            )?,
            narrow_norm: norm(weights, &format!("{name}.output.LayerNorm"), config)?,
        })
    }

    fn run(&self, texts: &[&[u32]], config: &Config, scratch: &mut Scratch) {
        let hidden = config.hidden;
        let Scratch {
            rows,
            attention,
            context,
            wide,
            narrow,
            left,
            heads,
        } = scratch;
        attention.resize(rows.len() * 3, 0.0);
        context.resize(rows.len(), 0.0);
        for (rows, out) in rows
            .chunks(BLOCK * hidden)
            .zip(attention.chunks_mut(BLOCK * hidden * 3))
        {
            left.pack(View::of_rows(rows, hidden));
            multiply(left, &self.attention.matrix, out, hidden * 3);
            math::add_bias(out, &self.attention.bias);
        }
        let (mut asked, mut answered) = (attention.as_slice(), context.as_mut_slice());
        for text in texts {
            let (own, further) = asked.split_at(text.len() * hidden * 3);
            let (out, behind) = answered.split_at_mut(text.len() * hidden);
            heads.attend(own, config, out);
            (asked, answered) = (further, behind);
        }
        for (rows, context) in rows
            .chunks_mut(BLOCK * hidden)
            .zip(context.chunks(BLOCK * hidden))
        {
            self.output.add_to(rows, context, left, narrow);
            math::normalise(rows, &self.output_norm);
            wide.resize(rows.len() / hidden * config.intermediate, 0.0);
            left.pack(View::of_rows(rows, hidden));
            multiply(left, &self.wide.matrix, wide, config.intermediate);
            math::activate(wide, &self.wide.bias, config.activation);
            self.narrow.add_to(rows, wide, left, narrow);
            math::normalise(rows, &self.narrow_norm);
        }
    }
}

impl Dense {
    /// Reads matrices that are applied to the same rows as one.
    fn read(
        weights: &Weights,
        names: &[&str],
        outputs: usize,
        inputs: usize,
    ) -> Result<Self, LocalError> {
        let (mut numbers, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            let read = weights.tensor(&format!("{name}.weight"), &[outputs, inputs])?;
            if numbers.is_empty() {
                numbers = read;
            } else {
                numbers.extend(read);
            }
            bias.extend(weights.tensor(&format!("{name}.bias"), &[outputs])?);
        }
        let mut matrix = Right::default();
        matrix.pack(View::of_rows(&numbers, inputs));
        Ok(Self { matrix, bias })
    }

    /// Adds what it makes of `from` to rows.
    fn add_to(&self, rows: &mut [f32], from: &[f32], left: &mut Left, product: &mut Vec<f32>) {
        let (inputs, outputs) = (self.matrix.columns(), self.bias.len());
        product.resize(rows.len(), 0.0);
        left.pack(View::of_rows(from, inputs));
        multiply(left, &self.matrix, product, outputs);
        math::add_bias(product, &self.bias);
        for (row, product) in rows.iter_mut().zip(product) {
            *row += *product;
        }
    }
}

fn norm(weights: &Weights, name: &str, config: &Config) -> Result<Norm, LocalError> {
    let part = |new, old| {
        let names = [format!("{name}.{new}"), format!("{name}.{old}")];
        weights.find(&names.each_ref().map(String::as_str), &[config.hidden])
    };
    Ok(Norm {
        // As they were called in TensorFlow.
        weight: part("weight", "gamma")?,
        bias: part("bias", "beta")?,
        epsilon: config.epsilon,
    })
}
