//! A terminal for a program: what it shows a person, and what a person types.

use std::ffi::OsStr;
use std::process::Command;

/// Opens a terminal of `argv[1]` columns, runs the rest of `argv` on it, types what it is told once
/// it reads what it is told to wait for, and prints all that the program showed. Who waits in vain is
/// ended after two minutes, and the terminal with it.
const SCRIPT: &str = r#"
import fcntl, json, os, pty, signal, struct, sys, termios
signal.alarm(120)
columns, keys, command = int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
ready, go = os.pipe()
child, terminal = pty.fork()
if child == 0:
    os.close(go)
    for heard in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        signal.signal(heard, signal.SIG_DFL)
    os.read(ready, 1)
    os.execv(command[0], command)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
os.write(go, b".")
shown, seen = b"", 0
while True:
    try:
        part = os.read(terminal, 65536)
    except OSError:
        break
    if not part:
        break
    shown += part
    while keys and keys[0][0].encode() in shown[seen:]:
        wanted, typed = keys.pop(0)
        seen = shown.index(wanted.encode(), seen) + len(wanted.encode())
        os.write(terminal, typed.encode())
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.stdout.buffer.write(shown)
sys.exit(code if code >= 0 else 128 - code)
"#;

/// Returns a program on a terminal of so many columns. Each pair of `keys` is a text to wait for and what is
/// typed then (`\u{3}` is Ctrl-C). Stdout of the command is all that the terminal was sent, its exit
/// code the program's (128 and the signal, of one that a signal ended).
#[must_use]
pub fn command(columns: u16, keys: &[(&str, &str)], program: impl AsRef<OsStr>) -> Command {
    let keys = serde_json::to_string(keys).expect("texts are JSON");
    let mut command = Command::new("python3");
    command.args(["-c", SCRIPT, &columns.to_string(), &keys]);
    command.arg(program);
    command
}

/// Returns what a terminal was sent, without the sequences that it acts on.
#[must_use]
pub fn visible(shown: &str) -> String {
    let mut out = String::new();
    let mut rest = shown;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        out.push_str(before);
        rest = after.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
        rest = rest.strip_prefix(|_: char| true).unwrap_or_default();
    }
    out.push_str(rest);
    out
}
