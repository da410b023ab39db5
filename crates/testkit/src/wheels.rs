//! Packages of PyPI that tests need: each fetched once, of a pinned version, checked against pinned hashes by pip.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::postgres::cache;

/// Returns the folder that holds a package as it is in its wheel. If it is not in the cache, it is fetched with a word about
/// why (`reason`), and `finish` puts it in order.
///
/// # Panics
/// When it cannot be fetched, with `help`: what else can be done.
pub fn unpacked(
    requirements: &str,
    reason: &str,
    help: &str,
    finish: impl FnOnce(&Path),
) -> PathBuf {
    let (name, version) = pinned(requirements);
    let folder = format!("{name}-{version}");
    cache::folder(&folder, |folder| {
        // Not eprintln: the test harness would swallow it, and this is the one slow step.
        let _ = writeln!(
            std::io::stderr(),
            "testkit: {reason}; fetching {name} {version} from PyPI, once"
        );
        fetch(requirements, folder, help);
        finish(folder);
    })
}

/// Returns the name and the version of the first package in a list of requirements.
fn pinned(requirements: &str) -> (&str, &str) {
    let lines = requirements.lines();
    let mut pins = lines.filter_map(|line| line.split_whitespace().next()?.split_once("=="));
    pins.next().expect("requirements pin a version with ==")
}

fn fetch(requirements: &str, folder: &Path, help: &str) {
    let list = folder.join("requirements.txt");
    fs::write(&list, requirements)
        .unwrap_or_else(|e| panic!("cannot write {}: {e}", list.display()));
    let options = ["--quiet", "--disable-pip-version-check", "--no-deps"];
    let mut download = Command::new("python3");
    download
        .args([
            "-m",
            "pip",
            "download",
            "--only-binary=:all:",
            "--require-hashes",
        ])
        .args(options)
        .arg("-r")
        .arg(&list)
        .arg("-d")
        .arg(folder);
    python(&mut download, help);
    let wheel = fs::read_dir(folder)
        .expect("the folder was just made")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .expect("pip download leaves a wheel, or fails");
    let mut unpack = Command::new("python3");
    unpack.args(["-m", "zipfile", "-e"]).arg(&wheel).arg(folder);
    python(&mut unpack, help);
    let _ = fs::remove_file(wheel);
}

fn python(command: &mut Command, help: &str) {
    let output = command.output();
    let output = output.unwrap_or_else(|e| panic!("cannot run python3: {e}\n{help}"));
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}{}\n{help}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_named_with_the_version_that_is_pinned() {
        let list = "# What it is.\nsome-model==1.2.3 \\\n    --hash=sha256:00\n";
        assert_eq!(pinned(list), ("some-model", "1.2.3"));
    }
}
