//! Ctrl-C and its relatives: a clean stop first, an end at the second.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::mpsc;
use tulving::transfer::{Cancel, Progress};

use crate::confirm;
use crate::exit::{CliError, Exit};
use crate::output;
use crate::terminal::Face;

/// How long a clean stop may take. What is on its way is then dropped: every batch is committed
/// whole or not at all, so nothing is lost by that.
const PATIENCE: Duration = Duration::from_secs(8);

/// Hears signals, from [`listen`] on.
#[derive(Debug, Clone)]
pub struct Ear {
    /// The wish that a signal makes.
    pub cancel: Cancel,
    asking: Arc<AtomicBool>,
}

impl Ear {
    /// Asks a question as [`confirm`](confirm::confirm) does; a signal ends it at once.
    ///
    /// # Errors
    /// As [`confirm`](confirm::confirm), and exit 6 after a signal: nothing was done.
    pub async fn confirm(&self, question: String, yes: bool) -> Result<(), CliError> {
        self.asking.store(true, Ordering::SeqCst);
        let asking = tokio::task::spawn_blocking(move || confirm::confirm(&question, yes));
        let answer = tokio::select! {
            answer = asking => answer.map_err(|error| CliError::new(Exit::Bug, "asking failed").because(&error))?,
            () = self.cancel.wait() => {
                // The question still stands on the line.
                output::aside("");
                Err(CliError::new(Exit::Interrupted, "interrupted: nothing was done")
                    .hint("the same command again, which asks again"))
            }
        };
        self.asking.store(false, Ordering::SeqCst);
        answer
    }
}

/// Lets Ctrl-C, SIGTERM and SIGHUP make the wish to stop; a second one, or a stop that
/// takes too long, ends the program at once with exit 6. A signal that the program was started to
/// ignore, as by `nohup`, stays ignored.
///
/// Only commands that watch the handle call this; all others end at Ctrl-C as programs do. `face`
/// says how that end is told. `progress` is not kept alive.
///
/// # Errors
/// When the system lets no signal be watched.
pub fn listen(progress: &Arc<dyn Progress>, face: Face) -> Result<Ear, CliError> {
    let ear = Ear {
        cancel: Cancel::new(),
        asking: Arc::default(),
    };
    let (send, signals) = mpsc::channel(4);
    watch(&send)
        .map_err(|error| CliError::new(Exit::Bug, "watching for Ctrl-C failed").because(&error))?;
    let task = stop(signals, ear.clone(), Arc::downgrade(progress), face);
    tokio::spawn(task);
    Ok(ear)
}

async fn stop(mut signals: mpsc::Receiver<()>, ear: Ear, progress: Weak<dyn Progress>, face: Face) {
    if signals.recv().await.is_none() {
        return;
    }
    let asking = ear.asking.load(Ordering::SeqCst);
    ear.cancel.cancel();
    if asking {
        // The question ends, and with it the program.
        return;
    }
    // Not kept: the last of those who work drops it, which ends its bar or its lines.
    if let Some(progress) = progress.upgrade() {
        progress.note("stopping after what is on its way … (again to stop at once)");
    }
    if let Ok(None) = tokio::time::timeout(PATIENCE, signals.recv()).await {
        // Nobody listens any more: the program has stopped, and says itself how far it came.
        return;
    }
    // Nothing is drawn any more between the two.
    let _quiet = std::io::stderr().lock();
    if face.err.redraws {
        // What is still drawn, and the ^C behind it.
        output::erase_line();
    }
    let error = CliError::new(Exit::Interrupted, "stopped before the work was done")
        .hint("the same command again, to resume");
    output::error(&error, face);
    std::process::exit(i32::from(Exit::Interrupted.code()));
}

#[cfg(unix)]
fn watch(send: &mpsc::Sender<()>) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let ignored = ignored_signals();
    for kind in [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ] {
        if ignored & 1 << (kind.as_raw_value() - 1) != 0 {
            continue;
        }
        let mut signal = signal(kind)?;
        let send = send.clone();
        tokio::spawn(async move {
            while signal.recv().await.is_some() && send.send(()).await.is_ok() {}
        });
    }
    Ok(())
}

/// Returns the signals this process was started to ignore, one bit each. To watch one would undo that.
/// Only Linux says so in a file; elsewhere none is taken to be ignored.
#[cfg(unix)]
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    parse_ignored(&status)
}

#[cfg(unix)]
fn parse_ignored(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

#[cfg(not(unix))]
fn watch(send: &mpsc::Sender<()>) -> std::io::Result<()> {
    let send = send.clone();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() && send.send(()).await.is_ok() {}
    });
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::config::Env;
    use crate::terminal::Colour;
    use tulving::transfer::Silent;

    fn face() -> Face {
        Face::new(false, Colour::Auto, &Env::of([]))
    }

    #[test]
    fn ignored_signals_are_read_from_the_mask() {
        assert_eq!(
            parse_ignored("Name:\tx\nSigIgn:\t0000000000001001\nSigCgt:\t0\n"),
            0x1001
        );
        assert_eq!(parse_ignored(""), 0);
    }

    #[tokio::test]
    async fn the_first_signal_makes_the_wish() {
        let ear = Ear {
            cancel: Cancel::new(),
            asking: Arc::default(),
        };
        let (send, signals) = mpsc::channel(4);
        let progress: Arc<dyn Progress> = Arc::new(Silent);
        let watched = Arc::downgrade(&progress);
        let task = tokio::spawn(stop(signals, ear.clone(), watched, face()));
        assert!(!ear.cancel.cancelled());
        send.send(()).await.unwrap();
        ear.cancel.wait().await;
        // Before its patience ends, and with it this process.
        task.abort();
    }
    /// What the next test runs in a process of its own: work that takes no notice of the wish.
    #[test]
    #[ignore = "waits for signals"]
    fn child() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let progress = crate::progress::on_stderr(face().err);
            let Ear { cancel, .. } = listen(&progress, face()).unwrap();
            progress.note("ready");
            cancel.wait().await;
            progress.note("asked");
            std::future::pending::<()>().await;
        });
    }

    #[test]
    fn a_first_signal_asks_and_a_second_ends_the_program() {
        use std::io::{BufRead, BufReader};
        use std::process::{Command, Stdio};

        for signal in ["INT", "TERM", "HUP"] {
            let mut child = testkit::signals::hearing(std::env::current_exe().unwrap())
                .args([
                    "--ignored",
                    "--exact",
                    "--nocapture",
                    "interrupt::tests::child",
                ])
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let kill = format!("kill -{signal} {}", child.id());
            let kill = || {
                let status = Command::new("sh").args(["-c", &kill]).status();
                assert!(status.unwrap().success());
            };
            for line in BufReader::new(child.stderr.take().unwrap()).lines() {
                match line.unwrap().as_str() {
                    "ready" | "asked" => kill(),
                    _ => {}
                }
            }
            assert_eq!(child.wait().unwrap().code(), Some(6), "{signal}");
        }
    }
}
