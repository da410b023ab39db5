//! The formats, one file each.

mod chatgpt;
mod claude;
mod normal;

pub(crate) use chatgpt::ChatGpt;
pub(crate) use claude::Claude;
pub(crate) use normal::Normal;
