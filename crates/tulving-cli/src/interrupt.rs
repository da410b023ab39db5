//! Ctrl-C and its relatives: a clean stop first, an end at the second.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::mpsc;
use tulving::transfer::{Cancel, Progress};

use crate::exit::{CliError, Exit};
use crate::terminal::Face;

/// How long a clean stop may take. What is on its way is then dropped: every batch is committed
/// whole or not at all, so nothing is lost by that.
const PATIENCE: Duration = Duration::from_secs(8);

/// From now on Ctrl-C, SIGTERM and SIGHUP make the wish to stop; a second one, or a stop that
/// takes too long, ends the program at once with exit 6. A signal that the program was started to
/// ignore, as by `nohup`, stays ignored.
///
/// Only commands that watch the handle call this; all others end at Ctrl-C as programs do. `face`
/// says how that end is told. `progress` is not kept alive.
///
/// # Errors
/// When the system lets no signal be watched.
pub fn listen(progress: &Arc<dyn Progress>, face: Face) -> Result<Cancel, CliError> {
    let cancel = Cancel::new();
    let (send, signals) = mpsc::channel(4);
    watch(&send)
        .map_err(|error| CliError::new(Exit::Bug, "watching for Ctrl-C failed").because(&error))?;
    let task = stop(signals, cancel.clone(), Arc::downgrade(progress), face);
    tokio::spawn(task);
    Ok(cancel)
}

async fn stop(
    mut signals: mpsc::Receiver<()>,
    cancel: Cancel,
    progress: Weak<dyn Progress>,
    face: Face,
) {
    if signals.recv().await.is_none() {
        return;
    }
    cancel.cancel();
    // Not kept: the last of those who work drops it, which ends its bar or its lines.
    if let Some(progress) = progress.upgrade() {
        progress.note("stopping after what is on its way … (again to stop at once)");
    }
    let _ = tokio::time::timeout(PATIENCE, signals.recv()).await;
    let error = CliError::new(Exit::Interrupted, "stopped before the work was done")
        .hint("the same command again, to resume");
    error.print(face);
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

/// The signals this process was started to ignore, one bit each. To watch one would undo that.
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
        let cancel = Cancel::new();
        let (send, signals) = mpsc::channel(4);
        let progress: Arc<dyn Progress> = Arc::new(Silent);
        let watched = Arc::downgrade(&progress);
        let task = tokio::spawn(stop(signals, cancel.clone(), watched, face()));
        assert!(!cancel.cancelled());
        send.send(()).await.unwrap();
        cancel.wait().await;
        // Before its patience ends, and with it this process.
        task.abort();
    }
    /// What the next test runs in a process of its own: work that takes no notice of the wish.
    #[test]
    #[ignore = "waits for signals"]
    fn child() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let progress = crate::progress::on_stderr();
            let cancel = listen(&progress, face()).unwrap();
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
