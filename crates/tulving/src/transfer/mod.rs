//! Moving a scope's memory from one backend to another, and proving that it arrived.

mod cancel;
mod copy;
mod cut;
mod digest;
mod error;
mod ids;
mod inputs;
mod migrate;
mod outputs;
mod prepare;
mod progress;
mod receipt;
mod rows;
mod source;
mod verification;
mod verify;
mod workers;

pub use cancel::Cancel;
pub use copy::OnExisting;
pub use error::{Flawed, TransferError};
pub use migrate::{MigrateOptions, Migration, Report};
pub use prepare::{KindSummary, Prepared, SourceOptions};
pub use progress::{Phase, Progress, Silent};
pub use receipt::{Receipt, ReceiptCounts, ReceiptFile, ReceiptScope, ReceiptSpace};
pub use verification::{Difference, Verification, VerifyOptions, verify};
pub use verify::KindVerification;
