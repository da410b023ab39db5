//! What is made once and kept outside the checkout, safely for several processes at once.

use std::{
    env,
    fs::{self, File, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::account::Account;

/// The finished folder `name` of the cache. If it is not there, `make` fills a new folder, which gets its
/// name only when `make` has returned: what a killed process leaves behind is never taken for finished.
pub(crate) fn folder(name: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let cache = directory();
    let done = cache.join(name);
    if done.is_dir() {
        return done;
    }
    let _lock = lock(&cache, name);
    if done.is_dir() {
        return done; // another process made it while this one waited
    }
    let partial = cache.join(format!("{name}.partial"));
    must("remove", &partial, remove(&partial));
    must("create", &partial, fs::create_dir(&partial));
    must(
        "open up",
        &partial,
        fs::set_permissions(&partial, Permissions::from_mode(0o755)),
    );
    make(&partial);
    must("rename", &partial, fs::rename(&partial, &done));
    done
}

fn directory() -> PathBuf {
    let account = Account::get();
    let set = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let cache = set("TULVING_CACHE_DIR").unwrap_or_else(|| {
        if account.is_lent_by_root() {
            PathBuf::from("/var/cache/tulving") // root's home is closed to the account that runs the server
        } else {
            set("XDG_CACHE_HOME")
                .or_else(|| Some(set("HOME")?.join(".cache")))
                .expect("one of TULVING_CACHE_DIR, XDG_CACHE_HOME and HOME is set")
                .join("tulving")
        }
    });
    if !cache.is_dir() {
        must("create", &cache, fs::create_dir_all(&cache));
        must(
            "open up",
            &cache,
            fs::set_permissions(&cache, Permissions::from_mode(0o755)),
        );
    }
    let cache = cache
        .canonicalize()
        .unwrap_or_else(|e| panic!("cannot find {}: {e}", cache.display()));
    assert!(
        account.can_enter(&cache),
        "the user that runs PostgreSQL cannot enter {}: name another folder in TULVING_CACHE_DIR",
        cache.display()
    );
    cache
}

/// Held until the file is closed, which the end of the process does too.
fn lock(cache: &Path, name: &str) -> File {
    let path = cache.join(format!("{name}.lock"));
    let file = File::create(&path).and_then(|file| file.lock().map(|()| file));
    file.unwrap_or_else(|e| panic!("cannot lock {}: {e}", path.display()))
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

fn must(what: &str, path: &Path, result: io::Result<()>) {
    if let Err(e) = result {
        panic!(
            "cannot {what} {}: {e} (TULVING_CACHE_DIR names another folder for what is kept)",
            path.display()
        );
    }
}
