//! Who runs the server. PostgreSQL refuses to run as root, so root lends it another account.

use std::{
    env, fs,
    os::unix::{fs::chown, process::CommandExt},
    path::Path,
    process::Command,
    sync::OnceLock,
};

pub(super) struct Account {
    uid: u32,
    /// The user and group to change to: only when we are root.
    other: Option<(u32, u32)>,
}

impl Account {
    pub(super) fn get() -> &'static Account {
        static ACCOUNT: OnceLock<Account> = OnceLock::new();
        ACCOUNT.get_or_init(|| {
            let uid = id(&["-u"]).expect("`id -u` prints this user's number");
            if uid != 0 {
                return Account { uid, other: None };
            }
            let (uid, gid) = ["postgres", "nobody"]
                .iter()
                .find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?)))
                .expect("root cannot run PostgreSQL, and there is no user `postgres` or `nobody` to run it as");
            Account {
                uid,
                other: Some((uid, gid)),
            }
        })
    }

    pub(super) fn uid(&self) -> u32 {
        self.uid
    }

    pub(super) fn is_lent_by_root(&self) -> bool {
        self.other.is_some()
    }

    /// A command run by this account in an environment where no `PG…` variable of ours misleads it.
    pub(super) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(
                ["PATH", "LD_LIBRARY_PATH"]
                    .iter()
                    .filter_map(|name| Some((name, env::var_os(name)?))),
            )
            .env("LC_ALL", "C")
            .env("HOME", "/")
            .current_dir("/");
        if let Some((uid, gid)) = self.other {
            command.uid(uid).gid(gid); // the other groups of root go too
        }
        command
    }

    /// Whether this account may enter the folder.
    pub(super) fn can_enter(&self, folder: &Path) -> bool {
        self.command("test")
            .arg("-x")
            .arg(folder)
            .status()
            .is_ok_and(|status| status.success())
    }

    pub(super) fn take_over(&self, folder: &Path) {
        fs::create_dir_all(folder)
            .unwrap_or_else(|e| panic!("cannot create {}: {e}", folder.display()));
        if let Some((uid, gid)) = self.other {
            chown(folder, Some(uid), Some(gid))
                .unwrap_or_else(|e| panic!("cannot give {} away: {e}", folder.display()));
        }
    }
}

fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
