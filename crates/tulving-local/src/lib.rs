//! Runs embedding models on the processor: a directory and texts in, vectors out, and nothing else is touched.
//!
//! The models are those of the BERT and XLM-RoBERTa families, in directories as Hugging Face and sentence-transformers lay
//! them out: all-MiniLM-L6-v2, multilingual-e5, BGE-M3 and many others.
//!
//! ```no_run
//! let model = tulving_local::Model::open("models/all-MiniLM-L6-v2")?;
//! let vectors = model.embed(&["Why did the request time out?", "The timeout was too short."], 2)?;
//! assert_eq!(vectors[0].len(), model.dimensions());
//! # Ok::<(), tulving_local::LocalError>(())
//! ```
//!
//! | | |
//! |---|---|
//! | [`Model`] | a directory → vectors of texts |
//! | [`Description`] | what is known of a model before its weights are read |
//! | [`Prompts`] | what a model wants before its texts |
//! | [`LocalError`] | why a model cannot be run |
//!
//! | module | holds |
//! |---|---|
//! | `layout`, `config`, `prompts` | what the directory and the files of JSON in it say, checked |
//! | `weights` | tensors of safetensors files |
//! | `tokenizer` | texts into tokens |
//! | `encoder`, `attention` | tokens into vectors |
//! | `product`, `math` | products of matrices, and what is computed number by number |
//! | `model`, `parallel` | texts into vectors, by several threads |

mod attention;
mod config;
mod encoder;
mod error;
mod files;
mod layout;
mod math;
mod model;
mod parallel;
mod product;
mod prompts;
mod tokenizer;
mod weights;

pub use error::LocalError;
pub use model::{Description, Model};
pub use prompts::Prompts;
