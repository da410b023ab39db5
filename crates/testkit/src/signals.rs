//! Programs that hear signals, whatever the test itself was started to ignore.

use std::ffi::OsStr;
use std::process::Command;

/// Puts INT, TERM and HUP back to what they do by themselves, then becomes the program.
const HEAR: &str = "$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP); exec { $ARGV[0] } @ARGV or die $!";

/// Returns a command for a program that is to be sent signals. Under `nohup`, or in the background of a
/// script, a process inherits that it ignores some; a program that respects that would never end.
#[must_use]
pub fn hearing(program: impl AsRef<OsStr>) -> Command {
    if ignored() == Some(0) {
        return Command::new(program);
    }
    let mut command = Command::new("/usr/bin/perl");
    command.args(["-e", HEAR]).arg(program);
    command
}

/// Which of INT, TERM and HUP this process ignores, one bit each; unknown where the system has no
/// file that says so.
fn ignored() -> Option<u64> {
    // Signals 1, 2 and 15 are the bits 0, 1 and 14.
    const HEARD: u64 = 1 | 1 << 1 | 1 << 14;
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))?;
    Some(u64::from_str_radix(mask.trim(), 16).ok()? & HEARD)
}
