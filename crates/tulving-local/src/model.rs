//! A model: texts in, vectors out.

use std::path::Path;

use crate::encoder::{Encoder, Scratch};
use crate::layout::{Layout, Pooling};
use crate::prompts::Prompts;
use crate::tokenizer::Tokenizer;
use crate::weights::Weights;
use crate::{LocalError, parallel};

/// Rows that are multiplied together: enough that the weights, which come from far memory, are used often.
const ROWS: usize = 240;
/// Fewer are not worth a thread.
const FEW_ROWS: usize = 48;

/// Bytes that all threads together may need besides the weights, unless one alone needs more.
const MOST_SCRATCH: usize = 1 << 30;

/// What a directory says of the model in it, without tokenizer and weights: it costs next to nothing to know.
#[derive(Debug, Clone)]
pub struct Description {
    layout: Layout,
}

impl Description {
    /// Reads what the files of JSON in the directory say.
    ///
    /// # Errors
    /// When one is missing or damaged, names an architecture that is not run here, or asks for what is not done here.
    pub fn read(directory: impl AsRef<Path>) -> Result<Self, LocalError> {
        let layout = Layout::read(directory.as_ref())?;
        Ok(Self { layout })
    }

    /// Returns how many numbers a vector has.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.layout.config.hidden
    }

    /// Returns what the model wants before its texts. Whoever embeds puts it there.
    #[must_use]
    pub fn prompts(&self) -> &Prompts {
        &self.layout.prompts
    }

    /// Returns how many tokens of a text are looked at, those around it included.
    #[must_use]
    pub fn max_tokens(&self) -> usize {
        self.layout.longest
    }
}

/// A model that is ready.
#[derive(Debug)]
pub struct Model {
    layout: Layout,
    tokenizer: Tokenizer,
    encoder: Encoder,
}

impl Model {
    /// Reads a model from a directory: `config.json`, `tokenizer.json`, `model.safetensors` (or several such files and
    /// `model.safetensors.index.json`), and, if they are there, `modules.json`, `1_Pooling/config.json`,
    /// `sentence_bert_config.json`, `tokenizer_config.json` and `config_sentence_transformers.json`.
    ///
    /// All weights are read, as f32, whatever type they are kept in: as much memory as four bytes for each.
    ///
    /// # Errors
    /// When a file is missing or damaged, names an architecture that is not run here, or asks for what is not done here.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self, LocalError> {
        Self::load(Description::read(directory)?)
    }

    /// Reads the tokenizer and the weights of what was described.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn load(description: Description) -> Result<Self, LocalError> {
        let Description { layout } = description;
        // The small file first: a mistake in it is found at once.
        let tokenizer = Tokenizer::read(&layout)?;
        let weights = Weights::open(&layout.transformer)?;
        let encoder = Encoder::read(&weights, layout.config)?;
        Ok(Self {
            layout,
            tokenizer,
            encoder,
        })
    }

    /// Returns how many numbers a vector has.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.layout.config.hidden
    }

    /// Returns the numbers of the tokens of a text, of as much of it as [`Description::max_tokens`] says.
    #[must_use]
    pub fn tokens(&self, text: &str) -> Vec<u32> {
        self.tokenizer.tokens(text)
    }

    /// Returns a vector of length 1 for each text, in order, of as much of it as [`Description::max_tokens`] says.
    ///
    /// So many `threads` work, each on texts of its own. Neither they nor the other texts change a vector; another
    /// kind of processor may, in the last digits.
    ///
    /// # Errors
    /// When the tokenizer finds a token that the model does not know, or numbers in the model become infinite.
    pub fn embed(&self, texts: &[&str], threads: usize) -> Result<Vec<Vec<f32>>, LocalError> {
        let cut = |at: usize, (): &mut ()| self.tokenizer.tokens(texts[at]);
        let tokens: Vec<Vec<u32>> = parallel::each(texts.len(), threads, cut);
        let batches = batches(&tokens, threads);
        let threads = threads.min(self.room_for(&tokens));
        let run = |at: usize, scratch: &mut Scratch| self.vectors(&batches[at], &tokens, scratch);
        let done = parallel::each(batches.len(), threads, run);
        let mut vectors = vec![Vec::new(); texts.len()];
        for (batch, done) in batches.iter().zip(done) {
            for (text, vector) in batch.iter().zip(done?) {
                vectors[*text] = vector;
            }
        }
        Ok(vectors)
    }

    /// Returns how many threads may work at once on texts of this length: each needs room for numbers between the steps.
    fn room_for(&self, tokens: &[Vec<u32>]) -> usize {
        let longest = tokens.iter().map(Vec::len).max().unwrap_or_default();
        let each = self.encoder.scratch(longest.max(ROWS));
        (MOST_SCRATCH / each.max(1)).max(1)
    }

    fn vectors(
        &self,
        batch: &[usize],
        tokens: &[Vec<u32>],
        scratch: &mut Scratch,
    ) -> Result<Vec<Vec<f32>>, LocalError> {
        let width = self.dimensions();
        let texts: Vec<&[u32]> = batch.iter().map(|text| tokens[*text].as_slice()).collect();
        let mut rows = self.encoder.run(&texts, scratch)?;
        let mut vectors = Vec::with_capacity(texts.len());
        for text in texts {
            let (own, further) = rows.split_at(text.len() * width);
            vectors.push(unit(match self.layout.pooling {
                // A text of which no token is left has no first one.
                Pooling::First => own
                    .get(..width)
                    .map_or_else(|| vec![0.0; width], <[f32]>::to_vec),
                // How many they are changes no direction: their sum points where their mean does.
                Pooling::Mean => sum(own, width),
            })?);
            rows = further;
        }
        Ok(vectors)
    }
}

/// Returns texts that are computed together, by their places: the longest first, so that no thread comes upon one last.
fn batches(tokens: &[Vec<u32>], threads: usize) -> Vec<Vec<usize>> {
    let all: usize = tokens.iter().map(Vec::len).sum();
    let most = (all / threads.max(1)).clamp(FEW_ROWS, ROWS);
    let mut order: Vec<usize> = (0..tokens.len()).collect();
    order.sort_by_key(|text| std::cmp::Reverse(tokens[*text].len()));
    let (mut batches, mut room) = (Vec::<Vec<usize>>::new(), 0);
    for text in order {
        let length = tokens[text].len();
        match batches.last_mut() {
            Some(batch) if length <= room => {
                batch.push(text);
                room -= length;
            }
            _ => {
                batches.push(vec![text]);
                room = most.saturating_sub(length);
            }
        }
    }
    batches
}

fn sum(rows: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0; width];
    for row in rows.chunks_exact(width) {
        for (sum, number) in sums.iter_mut().zip(row) {
            *sum += number;
        }
    }
    sums
}

/// Brings a vector to length 1; one of zeros stays.
fn unit(mut vector: Vec<f32>) -> Result<Vec<f32>, LocalError> {
    let square = |number: &f32| f64::from(*number) * f64::from(*number);
    let length = vector.iter().map(square).sum::<f64>().sqrt();
    if !length.is_finite() {
        let why = "the model makes numbers of it that are not finite".to_owned();
        return Err(LocalError::Text(why));
    }
    if length > 0.0 {
        for number in &mut vector {
            *number = (f64::from(*number) / length) as f32;
        }
    }
    Ok(vector)
}
