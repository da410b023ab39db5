//! Moving a scope's memory from one place to another, and proving that it arrived.
//!
//! A [`Source`] is read from front to end, chunk by chunk; a [`Sink`] takes chunks and keeps the
//! [`Ledger`] of what it has. What was written is read back by id ([`ReadBack`]) and compared with the
//! source. Backends implement these, each as much as it can; nothing here knows one of them.
//!
//! | module | holds |
//! |---|---|
//! | `source`, `row`, `chunk` | [`Source`], what a survey of one finds, its rows, and the work that they are cut into |
//! | `sink`, `ledger` | [`Sink`] and [`Ledger`] |
//! | `read_back` | [`ReadBack`] |
//! | `migration`, `running`, `report` | [`Migration`]: the course of a run, and what it came to |
//! | `prepared`, `space`, `ids` | the source, read through and checked |
//! | `pipeline` | chunks in flight, several at once |
//! | `copy` | what is written of a chunk |
//! | `documents` | what chunks of documents are pieces of |
//! | `verify`, `compare`, `verification`, `digest` | [`verify()`]: the proof |
//! | `receipt`, `rejects`, `outputs`, `inputs` | what a run leaves, and what it is bound to |
//! | `progress`, `cancel` | who watches, and who may stop it |
//! | `counts`, `versions`, `error` | what became of rows and documents, the versions of a database, and what can go wrong |

mod cancel;
mod chunk;
mod compare;
mod copy;
mod counts;
mod digest;
mod documents;
mod error;
mod ids;
mod inputs;
mod ledger;
mod migration;
mod outputs;
mod pipeline;
mod prepared;
mod progress;
mod read_back;
mod receipt;
mod rejects;
mod report;
mod row;
mod running;
mod sink;
mod source;
mod space;
mod verification;
mod verify;
mod versions;

pub use cancel::Cancel;
pub use chunk::{Chunker, RunChunk};
pub use counts::{ChunkCounts, DocumentCounts};
pub use digest::row as row_digest;
pub use error::TransferError;
pub use ledger::{Ledger, Run, RunStatus, Session};
pub use migration::Migration;
pub use prepared::{KindSummary, Prepared};
pub use progress::{Phase, Progress, Silent};
pub use read_back::{Existing, ReadBack, Reader, SpaceId, Target, TargetSpaces};
pub use receipt::{Receipt, ReceiptCounts, ReceiptFile, ReceiptScope, ReceiptSpace};
pub use report::{MigrateOptions, OnExisting, Report, usual_workers};
pub use row::{Flawed, Loaded, Origin, SourceRow, Stored};
pub use sink::{ChunkWrite, DocumentWrite, Lock, Sink, Writer};
pub use source::{
    Exportable, InputFile, KindPlan, Plan, ReadOptions, Reading, Snapshot, Source, SourceDocument,
};
pub use verification::{Difference, KindVerification, Verification};
pub use verify::{VerifyOptions, verify};
pub use versions::ReceiptDatabase;
