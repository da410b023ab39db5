//! The program at a server's door: connection strings, what is sent, TLS, and what is said of a
//! refusal. The servers are the tests' own, and go no further than the door.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod door;
#[path = "../shared/ran.rs"]
#[expect(
    dead_code,
    reason = "no server here lets anyone in, so no run ends with a result on stdout"
)]
mod ran;
mod refusals;
mod strings;
mod tls;
