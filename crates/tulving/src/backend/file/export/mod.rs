//! A new data directory as the target of a transfer, and a directory that is exported as the source of one.
//!
//! Everything is staged in a folder beside the directory's future place: records of each chunk in a part
//! file of their own, vectors at their rows' places in the array, and the ledger. When all chunks are there
//! the parts are put together, the whole is proved, and one rename gives the directory its name. So there
//! is no half of it under that name, whatever happens, and a run that was killed goes on where it was.
//!
//! | module | holds |
//! |---|---|
//! | `source` | [`DirectorySource`]: what a directory holds, journal and all |
//! | `sink` | [`FileSink`]: the target of the transfer |
//! | `staging` | the folder in which the directory is made |
//! | `ledger` | the record of the run, beside what is staged |

mod ledger;
mod sink;
mod source;
mod staging;

pub use sink::FileSink;
pub use source::DirectorySource;
