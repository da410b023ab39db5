//! A data directory that `initdb` made once; every server starts from a copy.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::PathBuf,
};

use super::{account::Account, binaries::Binaries, cache};

/// Part of the name of the folder: raise it when the arguments of `initdb` change.
const EDITION: u32 = 1;

pub(super) fn data_directory(binaries: &Binaries) -> PathBuf {
    let account = Account::get();
    let mut hasher = DefaultHasher::new();
    (&binaries.bin, binaries.version, EDITION).hash(&mut hasher);
    let name = format!(
        "template-{}-{}-{:016x}",
        binaries.version[0],
        account.uid(),
        hasher.finish()
    );
    let folder = cache::folder(&name, |folder| {
        account.take_over(folder);
        let output = account
            .command(binaries.bin.join("initdb"))
            .arg("--pgdata")
            .arg(folder.join("data"))
            .args([
                "--username=postgres",
                "--encoding=UTF8",
                "--no-sync",
                "--no-instructions",
            ])
            .args(["--auth-local=trust", "--auth-host=scram-sha-256"])
            .args(locale(binaries.version[0]))
            .output()
            .unwrap_or_else(|e| panic!("cannot run initdb: {e}"));
        assert!(
            output.status.success(),
            "initdb failed:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    });
    folder.join("data")
}

/// C.UTF-8 on every system: since version 17 PostgreSQL has its own.
fn locale(major: u32) -> &'static [&'static str] {
    if major >= 17 {
        &[
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ]
    } else if cfg!(target_os = "linux") {
        &["--locale=C.UTF-8"]
    } else {
        &["--locale=C"]
    }
}
