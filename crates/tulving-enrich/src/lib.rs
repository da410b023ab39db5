//! What is known of a turn of a chat without a language model: text in, fields out, and nothing else is touched.
//!
//! ```
//! use tulving_enrich::{Conversation, Domain, Intent, Mode, enrich};
//!
//! let turn = enrich(
//!     "Why does `SELECT name, COUNT(*) FROM users` fail in Postgres?",
//!     "Add `GROUP BY name`: each column has to be grouped or aggregated.",
//! );
//! assert_eq!((turn.intent, turn.mode), (Intent::Question, Mode::Debug));
//! assert_eq!(turn.domains, [Domain::Data]);
//! assert_eq!(turn.entities, ["Postgres"]);
//! assert_eq!(Conversation::of([&turn]).emotional_arc(), "neutral→neutral");
//! ```
//!
//! | | |
//! |---|---|
//! | [`enrich`] | a question and its answer → their [`Fields`] |
//! | [`Conversation::of`] | the fields of turns → what is known of the whole |
//!
//! Each text is read once, word by word (`side.rs`), and the tables in the folder `tables` say what words and phrases
//! mean (`lexicon.rs`); one file for each field makes a value of that. How often the values are right is printed by
//! `cargo bench -p tulving-enrich --bench accuracy`, and why they are found so is in decision 46.

mod action;
mod complexity;
mod conversation;
mod depth;
mod domain;
mod enrich;
mod entities;
mod fields;
mod intent;
mod lexicon;
mod line;
mod mode;
mod side;
mod urgency;
mod valence;
mod words;

pub use conversation::Conversation;
pub use enrich::enrich;
pub use fields::{Complexity, Domain, Fields, Intent, Mode, Urgency, Valence};
