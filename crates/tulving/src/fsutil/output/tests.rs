use std::io::Read as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;

use super::writer::claim;
use super::*;

fn write(path: &Path, bytes: &[u8], replace: bool) -> Result<bool, OutputProblem> {
    let output = OutputFile::private_at(path).map_err(|error| error.problem)?;
    output
        .write("test", bytes, replace)
        .map_err(|error| error.problem)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_that_is_there_is_replaced_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    write(&path, b"one", false).unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let refused = write(&path, b"two", false).unwrap_err();
    assert!(matches!(refused, OutputProblem::Exists), "{refused}");
    assert_eq!(fs::read(&path).unwrap(), b"one");
    // Nothing is lost where nothing changes.
    assert!(!write(&path, b"one", false).unwrap());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    write(&path, b"two", true).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    assert_eq!(names(folder.path()), ["out"]);
}

#[test]
fn a_file_that_came_meanwhile_is_not_replaced_either() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let output = OutputFile::at(&path).unwrap();
    fs::write(&path, "theirs").unwrap();
    let refused = output.write("test", b"ours", false).unwrap_err();
    assert!(
        matches!(refused.problem, OutputProblem::Exists),
        "{refused}"
    );
    assert_eq!(fs::read(&path).unwrap(), b"theirs");
    assert_eq!(names(folder.path()), ["out"]);
}

#[test]
fn a_name_is_claimed_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: String| folder.path().join(name);
    let path = &at("out".to_owned());
    let claimed: Vec<bool> = std::thread::scope(|threads| {
        let writers = (0..8).map(|number| {
            let aside = at(format!("aside-{number}"));
            fs::write(&aside, format!("{number}")).unwrap();
            threads.spawn(move || claim(&aside, path).is_ok())
        });
        let writers: Vec<_> = writers.collect();
        let claimed = writers.into_iter().map(|writer| writer.join().unwrap());
        claimed.collect()
    });
    assert_eq!(claimed.iter().filter(|claimed| **claimed).count(), 1);
    let first = claimed.iter().position(|claimed| *claimed).unwrap();
    assert_eq!(fs::read_to_string(path).unwrap(), first.to_string());
    // What the others wrote is still where they wrote it, and no claim without a file stays.
    assert_eq!(names(folder.path()).len(), 8);
    let free = at("free".to_owned());
    assert!(claim(&at("nothing".to_owned()), &free).is_err());
    assert!(!free.exists());
}

#[test]
fn a_link_is_followed_and_stays_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("far")).unwrap();
    symlink("far/target", at("link")).unwrap();
    write(&at("link"), b"one", false).unwrap();
    assert!(matches!(
        write(&at("link"), b"two", false),
        Err(OutputProblem::Exists)
    ));
    write(&at("link"), b"two", true).unwrap();
    assert_eq!(fs::read(at("far/target")).unwrap(), b"two");
    assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
    assert_eq!(names(&at("far")), ["target"]);
    symlink("round", at("round")).unwrap();
    assert!(matches!(
        write(&at("round"), b"", true),
        Err(OutputProblem::LinkLoop)
    ));
    assert!(matches!(
        write(&at("far"), b"", true),
        Err(OutputProblem::IsDirectory)
    ));
    let nowhere = write(&at("nowhere/x"), b"", true);
    assert!(matches!(nowhere, Err(OutputProblem::NoDirectory(_))));
}

#[test]
fn a_link_to_another_file_system_is_followed_there() {
    use std::os::unix::fs::MetadataExt as _;
    let here = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
    let there = tempfile::tempdir_in("/dev/shm").unwrap();
    let device = |folder: &Path| fs::metadata(folder).unwrap().dev();
    assert_ne!(
        device(here.path()),
        device(there.path()),
        "this test needs two file systems, and /dev/shm is on that of the sources"
    );
    let target = there.path().join("target");
    symlink(&target, here.path().join("link")).unwrap();
    write(&here.path().join("link"), b"one", false).unwrap();
    write(&here.path().join("link"), b"two", true).unwrap();
    assert_eq!(fs::read(target).unwrap(), b"two");
    assert_eq!(names(there.path()), ["target"]);
}

#[test]
fn a_pipe_is_written_to_and_stays_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    symlink("pipe", folder.path().join("link")).unwrap();
    for name in ["pipe", "link"] {
        let reading = path.clone();
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            File::open(reading)
                .unwrap()
                .read_to_string(&mut text)
                .unwrap();
            text
        });
        write(&folder.path().join(name), b"piped", false).unwrap();
        assert_eq!(reader.join().unwrap(), "piped");
        assert!(fs::metadata(&path).unwrap().file_type().is_fifo());
    }
    assert_eq!(names(folder.path()), ["link", "pipe"]);
}

#[test]
fn a_socket_is_written_to_and_stays_a_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        listener
            .accept()
            .unwrap()
            .0
            .read_to_string(&mut text)
            .unwrap();
        text
    });
    write(&path, b"sent", false).unwrap();
    assert_eq!(reader.join().unwrap(), "sent");
    assert!(fs::metadata(&path).unwrap().file_type().is_socket());
}

/// Devices of the test's own, named as these two: a device that is replaced is missed by all.
fn devices(folder: &Path) -> Option<[PathBuf; 2]> {
    let made = [("null", "3"), ("full", "7")].map(|(name, minor)| {
        let path = folder.join(name);
        let mut mknod = Command::new("mknod");
        mknod
            .arg(&path)
            .args(["c", "1", minor])
            .stderr(std::process::Stdio::null());
        let made = mknod.status().is_ok_and(|status| status.success());
        let usable = made && OpenOptions::new().append(true).open(&path).is_ok();
        usable.then_some(path)
    });
    let [Some(null), Some(full)] = made else {
        return None;
    };
    Some([null, full])
}

#[test]
fn a_device_is_written_to_and_stays_a_device() {
    let folder = tempfile::tempdir().unwrap();
    let [null, full] = devices(folder.path()).unwrap_or_else(|| {
        // Who may not make a device may not replace one in /dev either.
        let writable = tempfile::tempfile_in("/dev").is_ok();
        assert!(
            !writable,
            "no device can be made here, and those in /dev could be replaced"
        );
        eprintln!("no device can be made here; those in /dev are written to");
        [PathBuf::from("/dev/null"), PathBuf::from("/dev/full")]
    });
    let link = folder.path().join("link");
    symlink(&null, &link).unwrap();
    for path in [&null, &link] {
        for replace in [false, true] {
            write(path, b"gone", replace).unwrap();
        }
    }
    assert!(
        fs::symlink_metadata(&null)
            .unwrap()
            .file_type()
            .is_char_device()
    );
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let failed = write(&full, b"gone", true).unwrap_err();
    assert!(
        matches!(failed, OutputProblem::Io(Doing::Writing, _)),
        "{failed}"
    );
    assert!(
        fs::symlink_metadata(&full)
            .unwrap()
            .file_type()
            .is_char_device()
    );
}

#[test]
fn a_regular_file_behind_a_descriptor_is_appended_to() {
    use std::os::fd::AsRawFd as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let mut file = File::create(&path).unwrap();
    file.write_all(b"before, ").unwrap();
    let descriptor = PathBuf::from(format!("/dev/fd/{}", file.as_raw_fd()));
    write(&descriptor, b"after", false).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"before, after");
}
