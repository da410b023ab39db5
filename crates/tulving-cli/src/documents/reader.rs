//! Reading documents in a process of their own, which is started anew when a file was the end of it.

use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use super::child::MEMORY;
use super::protocol::{Reply, Request};
use crate::exit::{CliError, Exit};
use crate::output;

/// Reads documents, one after the other.
#[derive(Debug)]
pub struct Reader {
    program: PathBuf,
    args: Vec<OsString>,
    patience: Duration,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    requests: ChildStdin,
    replies: Receiver<io::Result<Vec<u8>>>,
    said: Receiver<Vec<u8>>,
}

/// The most bytes of an answer: the chunks of the largest file, and what JSON adds.
const LONGEST: u64 = 1 << 30;

/// The most bytes that are kept of what it says on stderr.
const SAID: usize = 1 << 16;

impl Reader {
    /// Makes one that starts this program again, and gives each file so much time.
    ///
    /// # Errors
    /// If the system does not say where the program is.
    pub fn new(patience: Duration) -> Result<Self, CliError> {
        // On Linux the file that runs, were another put in its place meanwhile.
        let program = match cfg!(target_os = "linux") {
            true => PathBuf::from("/proc/self/exe"),
            false => std::env::current_exe().map_err(|error| {
                CliError::new(Exit::Bug, "finding this program's own file failed").because(&error)
            })?,
        };
        let seconds = patience.as_secs().to_string();
        let args = ["read-documents", "--seconds", &seconds].map(OsString::from);
        Ok(Self::of(program, args.to_vec(), patience))
    }

    fn of(program: PathBuf, args: Vec<OsString>, patience: Duration) -> Self {
        Self {
            program,
            args,
            patience,
            running: None,
        }
    }

    /// Reads a file. Where its reader was lost over it, says how.
    ///
    /// # Errors
    /// If no process can be started.
    pub(super) fn read(&mut self, request: &Request) -> Result<Result<Reply, String>, CliError> {
        let mut running = match self.running.take() {
            Some(running) => running,
            None => self.start()?,
        };
        let mut line = serde_json::to_vec(request).map_err(|error| {
            CliError::new(Exit::Bug, "writing a request as JSON failed").because(&error)
        })?;
        line.push(b'\n');
        // If it is gone already, its end says why.
        let asked = running.requests.write_all(&line);
        let reply = match asked.map(|()| running.replies.recv_timeout(self.patience)) {
            Ok(Err(RecvTimeoutError::Timeout)) => {
                running.stop();
                return Ok(Err(self.too_long()));
            }
            Ok(Ok(Ok(reply))) => serde_json::from_slice(&reply).ok(),
            _ => None,
        };
        match reply {
            Some(reply) => {
                self.running = Some(running);
                Ok(Ok(reply))
            }
            None => Ok(Err(self.end_of(running))),
        }
    }

    fn start(&self) -> Result<Running, CliError> {
        let failed = |error: io::Error| {
            CliError::new(Exit::Bug, "starting a process that reads documents failed")
                .because(&error)
                .hint("see that this account may start more processes")
        };
        let mut child = Command::new(&self.program)
            .args(&self.args)
            // What reads a stranger's file has no use for keys, nor for a place in somebody's folder.
            .env_clear()
            .current_dir(std::path::Path::new("/"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let (Some(requests), Some(answers), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(failed(io::Error::other("it has no pipes")));
        };
        let (send, replies) = mpsc::sync_channel(1);
        std::thread::spawn(move || {
            let mut answers = BufReader::with_capacity(1 << 16, answers);
            loop {
                let mut line = Vec::new();
                let read = (&mut answers).take(LONGEST).read_until(b'\n', &mut line);
                let is_over = matches!(read, Ok(0) | Err(_));
                if is_over || send.send(read.map(|_| line)).is_err() {
                    return;
                }
            }
        });
        // Read to its end, or what is said at length would stop the process; its end is kept.
        let (tell, said) = mpsc::sync_channel(1);
        std::thread::spawn(move || {
            let (mut stderr, mut last, mut part) = (stderr, Vec::new(), [0; 4096]);
            while let Ok(count @ 1..) = stderr.read(&mut part) {
                last.extend_from_slice(&part[..count]);
                last.drain(..last.len().saturating_sub(SAID));
            }
            tell.send(last)
        });
        Ok(Running {
            child,
            requests,
            replies,
            said,
        })
    }

    fn too_long(&self) -> String {
        let patience = output::duration(self.patience);
        format!(
            "reading it took more than {patience} and was stopped: split it, or give it more time with --timeout"
        )
    }

    /// Says how a process ended that did not answer.
    fn end_of(&self, mut running: Running) -> String {
        running.stop();
        // What it said before its end; nothing if that cannot be had.
        let said = running.said.recv_timeout(Duration::from_secs(5));
        let said = said.unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        if said.contains("memory allocation of") {
            let memory = output::bytes(MEMORY);
            return format!(
                "reading it takes more than {memory} of memory: split it, or save it anew"
            );
        }
        match running.child.wait() {
            Ok(status) if is_out_of_time(status) => self.too_long(),
            Ok(status) => format!(
                "reading it ended the process that did ({status}): open it in the program that made it, and save it anew"
            ),
            Err(error) => format!("the process that read it was lost ({error})"),
        }
    }
}

/// Returns whether the system ended a process for the time that it took.
#[cfg(unix)]
fn is_out_of_time(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    /// SIGXCPU on Linux, macOS and the BSDs.
    const OUT_OF_TIME: i32 = 24;
    status.signal() == Some(OUT_OF_TIME)
}

#[cfg(not(unix))]
fn is_out_of_time(_: ExitStatus) -> bool {
    false
}

impl Running {
    /// Ends the process, if it has not ended itself.
    fn stop(&mut self) {
        // One that has just ended by itself is given the time to be told apart.
        for _ in 0..50 {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(1)),
                _ => return,
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that is a script: it gets a line for each file.
    fn script(text: &str) -> Reader {
        let args = ["-c", text].map(OsString::from).to_vec();
        Reader::of("/bin/sh".into(), args, Duration::from_secs(20))
    }

    fn request(path: &str) -> Request {
        Request {
            path: path.to_owned(),
            known: None,
        }
    }

    /// Reads files with a script, and returns what was said of those over which it was lost.
    fn lost(reader: &mut Reader, paths: &[&str]) -> Vec<Option<String>> {
        let read = |path: &&str| reader.read(&request(path)).unwrap().err();
        paths.iter().map(read).collect()
    }

    #[test]
    fn a_reader_that_falls_costs_one_file_and_the_next_is_read_by_another() {
        for (fall, told) in [
            ("exit 101", "exit status: 101"),
            ("kill -6 $$", "signal: 6"),
            ("kill -24 $$", "took more than"),
            (
                "echo 'memory allocation of 9 bytes failed' >&2; kill -6 $$",
                "of memory",
            ),
            ("echo '{\"Read\": half'; exit 0", "ended the process"),
            // More than a pipe holds.
            (
                "n=0; while [ $n -lt 9000 ]; do echo 'line after line of what it says' >&2; n=$((n+1)); done; exit 3",
                "exit status: 3",
            ),
            ("[ \"$PWD${HOME}\" = / ] && exit 4", "exit status: 4"),
        ] {
            let mut reader = script(&format!(
                "while read line; do case $line in *bad*) {fall};; *) echo '\"Unchanged\"';; esac; done"
            ));
            let lost = lost(&mut reader, &["good", "bad", "good", "good"]);
            assert!(lost[1].as_ref().unwrap().contains(told), "{lost:?}");
            assert_eq!(
                (&lost[0], &lost[2], &lost[3]),
                (&None, &None, &None),
                "{fall}"
            );
        }
    }

    #[test]
    fn one_that_never_answers_is_ended() {
        let mut reader = script("while read line; do :; done; sleep 1000");
        reader.patience = Duration::from_millis(50);
        let lost = lost(&mut reader, &["endless"]);
        assert!(lost[0].as_ref().unwrap().contains("--timeout"), "{lost:?}");
    }

    #[test]
    fn a_program_that_cannot_be_started_is_an_error() {
        let mut reader = Reader::of("/nowhere/at/all".into(), Vec::new(), Duration::from_secs(1));
        assert_eq!(reader.read(&request("x")).unwrap_err().exit, Exit::Bug);
    }
}
