//! Files that are written: which may be replaced, and how.
//!
//! One rule for each kind of name (`docs/decisions/0020-which-files-are-replaced.md`):
//!
//! | a name | rule | where |
//! |---|---|---|
//! | that a user gives | links are followed, devices and pipes written to, files replaced only when asked | [`OutputFile`] |
//! | that the program makes up | made anew, no link followed, for its owner's eyes where it matters | `own` |
//! | of a data directory | staged beside the file that a link leads to, renamed by one commit | `disk`, `backend::file::commit` |
//!
//! Whatever is renamed is durable before, and its folder can be made durable, or nothing is
//! replaced. What must survive a loss of power is done to a `Disk` (`disk`), which a test can cut off at any
//! moment (`simulated`). What a name leads to, through links, is found in `target`.

mod disk;
mod output;
mod own;
#[cfg(test)]
mod simulated;
mod target;

pub(crate) use disk::{Appending, Disk, Handle, Os};
pub use output::{Doing, OutputError, OutputFile, OutputProblem, OutputWriter};
pub(crate) use own::{Access, folder, staged};
#[cfg(test)]
pub(crate) use simulated::{Fault, Image, Loss, Simulated, Trace};
pub(crate) use target::true_path;
