//! The program `tulving`. Everything is in the library beside it, where tests reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    tulving_cli::main(std::env::args_os().collect())
}
