//! Login roles, and statements as psql and other roles run them.

use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::postgres::{Preset, Server};

use crate::support::{Ran, World};

/// Roles belong to the whole server, so tests that change them have one of their own.
pub(crate) fn server() -> Server {
    Server::start(Preset::Fast)
}

/// The URL of a database for another login role.
pub(crate) fn url_as(url: &str, role: &str) -> String {
    url.replacen("postgres@", &format!("{role}@"), 1)
}

/// The files of the schema as psql takes them, one after the other.
pub(crate) fn schema_files() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../db/migrations");
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let args = files
        .iter()
        .map(|file| format!("--file={}", file.display()));
    args.collect()
}

/// psql of the server's own version, stopping at the first error.
pub(crate) fn psql(server: &Server, url: &str, args: &[&str]) -> Ran {
    psql_command(server, url, args).output().unwrap().into()
}

/// The same, not yet run.
pub(crate) fn psql_command(server: &Server, url: &str, args: &[&str]) -> Command {
    let psql = server
        .bin_dir()
        .map_or_else(|| "psql".into(), |bin| bin.join("psql"));
    let mut command = Command::new(psql);
    command
        .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url])
        .args(args);
    command
}

/// What a statement gives, or the server's words where it refuses.
pub(crate) fn ask(server: &Server, url: &str, sql: &str) -> Result<String, String> {
    let ran = psql(server, url, &["-c", sql]);
    match ran.code {
        Some(0) => Ok(ran.stdout.trim().to_owned()),
        _ => Err(ran.stderr),
    }
}

/// Does what an error says, as a person with a shell and an administrator's login would.
pub(crate) fn follow(server: &Server, world: &World, ran: &Ran) {
    follow_at(server, world.directory.path(), world.database.url(), ran);
}

/// The same in a directory and a database of one's choice.
pub(crate) fn follow_at(server: &Server, directory: &Path, url: &str, ran: &Ran) {
    let hint = ran
        .stderr
        .lines()
        .find_map(|line| line.trim().strip_prefix("try: "));
    let hint = hint.unwrap_or_else(|| panic!("no advice in: {}", ran.stderr));
    // Of several things that would help, what an administrator does.
    let (_, command) = hint
        .split_once("as an administrator: ")
        .unwrap_or(("", hint));
    if ["ALTER ", "CREATE ", "GRANT "]
        .iter()
        .any(|word| command.starts_with(word))
    {
        let sql = command.split("; or ").next().unwrap_or_default();
        ask(server, url, sql).unwrap_or_else(|why| panic!("{sql}: {why}"));
        return;
    }
    let command = command.split("   (").next().unwrap_or_default();
    let tulving = Path::new(env!("CARGO_BIN_EXE_tulving")).parent().unwrap();
    let path = std::env::join_paths(server.bin_dir().into_iter().chain([
        tulving,
        "/usr/bin".as_ref(),
        "/bin".as_ref(),
    ]));
    let mut shell = Command::new("sh");
    shell
        .args(["-c", command])
        .current_dir(directory)
        .env_clear()
        .env("PATH", path.unwrap())
        .env("DATABASE_URL", url);
    let done = Ran::from(shell.output().unwrap());
    assert_eq!(done.code, Some(0), "{command}: {}", done.stderr);
}
