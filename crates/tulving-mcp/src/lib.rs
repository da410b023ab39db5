//! The Model Context Protocol, served: a line of JSON-RPC in, a line out, without input or output and without
//! knowing what the tools do.
//!
//! Two eras of the protocol are in use. Clients of the older begin with `initialize`; those of the newer say
//! version and capabilities with every request. A [`Server`] answers both, each request by itself: it keeps nothing
//! of a client, so the same server can stand behind a pipe and behind HTTP.
//!
//! | module | holds |
//! |---|---|
//! | `message` | [`Incoming`]: what a line is; [`Reply`], [`Fault`]: what goes back |
//! | `server` | [`Server`]: a request's answer |
//! | `era` | the versions of the protocol, and which of them a request speaks |
//! | `tool` | [`Tool`] and [`Tools`]: what can be called, and what came of it |
//! | `arguments` | [`Arguments`]: what a model wrote, read with patience |
//! | `fence` | [`Fence`]: text that is data, between lines that it cannot forge |
//! | `halves` | half characters in JSON, which would make a line unreadable |

mod arguments;
mod era;
mod fence;
mod halves;
mod message;
mod server;
mod tool;

pub use arguments::{Arguments, BadArgument};
pub use era::{LEGACY, MODERN};
pub use fence::Fence;
pub use halves::mended;
pub use message::{Fault, Id, Incoming, Notification, Reply, Request};
pub use server::{Info, Server};
pub use tool::{Called, Effect, Tool, Tools};
