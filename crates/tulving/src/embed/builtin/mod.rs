//! The built-in model: static word vectors, which are part of the program.
//!
//! A table with a row for each piece of a word, each frequent word and each frequent pair of words; a
//! text's vector is the sum of its rows. How it was made, from what, and how well it finds things is in
//! `docs/builtin-embedder.md`.
//!
//! | module | holds |
//! |---|---|
//! | `words` | the tokenizer of the model |
//! | `table` | the model's file, read in place |

mod table;
mod words;

use std::sync::Arc;

use self::table::{Table, WIDTH};
use self::words::Words;
use super::{EmbedError, Embedder, Purpose};
use crate::model::Space;

const MODEL: &[u8] = include_bytes!("tulving-static-1.bin");
/// A file that is no table does not compile.
static TABLE: Table = Table::read(MODEL).unwrap();

/// An embedder that needs no download, no network and no start-up: about a hundred thousand short texts
/// in a second on one core. The same text gives the same vector on every machine, to the last bit.
///
/// It looks at the first 32,768 characters of a text. A text in which it knows no word gets zeros.
///
/// ```
/// use tulving::embed::{Builtin, Embedder, Purpose};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let texts = ["Why did the request time out?", "The timeout was too short.", "I like cats."];
/// let vectors = Builtin::new().embed(&texts.map(String::from), Purpose::Memory).await?;
/// let likeness = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
/// assert!(likeness(&vectors[0], &vectors[1]) > likeness(&vectors[0], &vectors[2]) + 0.2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Builtin {
    space: Arc<Space>,
}

impl Builtin {
    /// Costs nothing worth naming.
    #[must_use]
    pub fn new() -> Self {
        Self {
            space: Arc::new(Space {
                provider: "builtin".to_owned(),
                model: "tulving-static-1".to_owned(),
                dims: WIDTH,
            }),
        }
    }
}

impl Default for Builtin {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait::async_trait]
impl Embedder for Builtin {
    fn space(&self) -> &Arc<Space> {
        &self.space
    }

    async fn embed(&self, texts: &[String], _: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for chunk in texts.chunks(64) {
            vectors.extend(chunk.iter().map(|text| vector(text)));
            // A few milliseconds at a time, so that other tasks of this thread go on.
            tokio::task::yield_now().await;
        }
        Ok(vectors)
    }
}

/// Returns the sum of the rows of a text, in the order of the text, as a unit vector.
fn vector(text: &str) -> Vec<f32> {
    let words = Words::of(text);
    let mut total = [0.0; WIDTH];
    let mut pieces = Vec::new();
    for (word, pair) in words.iter() {
        pieces.clear();
        TABLE.pieces(word, &mut pieces);
        pieces.extend(pair.and_then(|pair| TABLE.pair(pair)));
        for &feature in &pieces {
            TABLE.add(feature, &mut total);
        }
    }
    // In f64 and in this order, so that the last bit is the same everywhere.
    let length = total
        .iter()
        .map(|&x| f64::from(x) * f64::from(x))
        .sum::<f64>()
        .sqrt();
    if length > 0.0 {
        total
            .iter()
            .map(|&x| (f64::from(x) / length) as f32)
            .collect()
    } else {
        total.to_vec()
    }
}
