//! What the program advises, and what comes of it when it is pasted.

use std::path::Path;
use std::process::Command;

use crate::ran::Ran;

/// The command that the program advises.
#[track_caller]
pub(crate) fn advised(ran: &Ran) -> &str {
    let line = ran.stderr.lines().find_map(|line| line.split_once("try: "));
    let (_, advice) = line.unwrap_or_else(|| panic!("no advice: {}", ran.stderr));
    advice.split("   (").next().unwrap_or_default()
}

/// Pastes a line into a shell.
pub(crate) fn paste(directory: &Path, environment: &[(&str, &str)], line: &str) -> Ran {
    let program = Path::new(env!("CARGO_BIN_EXE_tulving"));
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", line]).current_dir(directory).env_clear();
    shell.env("PATH", path).envs(environment.iter().copied());
    shell.output().unwrap().into()
}
