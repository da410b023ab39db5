//! `private-postgres run [--durable] -- COMMAND…` gives one command a PostgreSQL with pgvector, its fresh
//! database in `DATABASE_URL` and its `psql` in `PATH`; the server is gone when the command is.
//! `private-postgres fetch` only makes sure that there is one to start, and prints where its programs are.

use std::{
    env,
    ffi::OsString,
    iter,
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{Command, ExitCode, ExitStatus},
};

use testkit::postgres::{self, Preset, Server};
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str =
    "usage: private-postgres run [--durable] -- COMMAND [ARGUMENT…]\n       private-postgres fetch";

fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = env::args_os().skip(1).collect();
    match arguments.first().and_then(|first| first.to_str()) {
        Some("fetch") if arguments.len() == 1 => {
            println!("{}", postgres::bin_dir().display());
            ExitCode::SUCCESS
        }
        Some("run") => {
            let command = arguments
                .iter()
                .position(|argument| argument == "--")
                .map(|at| arguments.split_off(at + 1));
            let preset = match arguments.get(1).and_then(|option| option.to_str()) {
                Some("--durable") => Preset::Durable,
                _ => Preset::Fast,
            };
            match command {
                Some(command)
                    if !command.is_empty()
                        && arguments.len() == 2 + usize::from(preset == Preset::Durable) =>
                {
                    run(preset, &command)
                }
                _ => usage(),
            }
        }
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

fn run(preset: Preset, words: &[OsString]) -> ExitCode {
    let server = Server::start(preset);
    let database = server.database();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = iter::once(server.bin_dir().map(PathBuf::from).unwrap_or_default())
        .chain(env::split_paths(&path));
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .env("DATABASE_URL", database.url());
    if let Ok(path) = env::join_paths(path) {
        command.env("PATH", path);
    }
    match wait(&mut command) {
        // As a shell does it: 128 and the signal's number.
        Ok(status) => ExitCode::from(
            status
                .code()
                .or_else(|| Some(128 + status.signal()?))
                .and_then(|code| u8::try_from(code).ok())
                .unwrap_or(1),
        ),
        Err(e) => {
            eprintln!(
                "private-postgres: cannot run {}: {e}",
                words[0].to_string_lossy()
            );
            ExitCode::from(127)
        }
    }
}

/// Outlives Ctrl-C, which the terminal sends to the command too, and hands other requests to end on to it.
fn wait(command: &mut Command) -> std::io::Result<ExitStatus> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let mut child = command.spawn()?;
        let id = child.id().to_string();
        let mut ended = tokio::task::spawn_blocking(move || child.wait());
        loop {
            tokio::select! {
                status = &mut ended => return status?,
                _ = interrupt.recv() => {}
                _ = terminate.recv() => pass_on("TERM", &id),
                _ = hangup.recv() => pass_on("HUP", &id),
            }
        }
    })
}

fn pass_on(signal: &str, process: &str) {
    // The shell's own `kill`: the program is not everywhere.
    let _ = Command::new("sh")
        .args(["-c", "kill -s $0 $1", signal, process])
        .status();
}
