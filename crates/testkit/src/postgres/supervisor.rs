//! Our end of `supervisor.sh`, the small shell that keeps a server and outlives us.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

use super::{account::Account, binaries::Binaries, template};

const SCRIPT: &str = include_str!("supervisor.sh");

/// A socket's path has room for some 100 bytes; this leaves the rest of it to the folder's and socket's names.
const MAX_BASE: usize = 60;

pub(super) struct Supervisor {
    shell: Child,
    /// Only this process holds it: when it closes, for whatever reason, the server goes.
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    home: PathBuf,
}

impl Supervisor {
    /// Copies the template; the server itself waits for [`Supervisor::start`].
    pub(super) fn new(binaries: &Binaries, options: &[String]) -> Self {
        let account = Account::get();
        let template = template::data_directory(binaries);
        let mut shell = account
            .command("sh")
            .args(["-c", SCRIPT, "supervisor"])
            .arg(&binaries.bin)
            .arg(template)
            .arg(base(account))
            .args(options)
            .process_group(0) // Ctrl-C is for us; the server ends when we do
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("cannot run sh: {e}"));
        let commands = shell.stdin.take();
        let mut answers = BufReader::new(shell.stdout.take().expect("stdout is piped"));
        let mut said = String::new();
        let home = loop {
            let line = line(&mut answers)
                .unwrap_or_else(|| panic!("cannot prepare a data directory:\n{said}"));
            if let Some(home) = line.strip_prefix("home ") {
                break PathBuf::from(home);
            }
            said.push_str(&line);
            said.push('\n');
        };
        Self {
            shell,
            commands,
            answers,
            home,
        }
    }

    /// The folder that holds the data, the log and the socket.
    pub(super) fn home(&self) -> &Path {
        &self.home
    }

    /// Returns when the server is launched, which is before it accepts connections.
    pub(super) fn start(&mut self) {
        self.order("start", "started");
    }

    /// Returns when the server has ended; clients are told that an administrator stopped it.
    pub(super) fn stop(&mut self) {
        self.order("stop", "stopped");
    }

    /// Returns when the server has ended as in a crash; it recovers at the next start.
    pub(super) fn crash(&mut self) {
        self.order("crash", "stopped");
    }

    /// Whether the server has ended by itself since the last start.
    pub(super) fn has_exited(&self) -> bool {
        self.home.join("exited").exists()
    }

    pub(super) fn log(&self) -> String {
        let log = std::fs::read(self.home.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    pub(super) fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    fn order(&mut self, command: &str, answer: &str) {
        let commands = self.commands.as_mut().expect("it is taken only by drop");
        let sent = writeln!(commands, "{command}").and_then(|()| commands.flush());
        let answered = sent.ok().and_then(|()| line(&mut self.answers));
        assert!(
            answered.as_deref() == Some(answer),
            "the server's supervisor does not answer to `{command}` ({answered:?}):\n{}",
            self.log_tail()
        );
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.commands.take());
        let _ = self.shell.wait();
    }
}

fn line(answers: &mut BufReader<ChildStdout>) -> Option<String> {
    let mut line = String::new();
    let length = answers.read_line(&mut line).ok()?;
    (length > 0).then(|| line.trim_end().to_owned())
}

/// Where the server's folder goes: short enough for a socket, open to the account.
fn base(account: &Account) -> PathBuf {
    let own = env::temp_dir();
    let fits = own.is_absolute() && own.as_os_str().len() <= MAX_BASE && account.can_enter(&own);
    if fits { own } else { PathBuf::from("/tmp") }
}
