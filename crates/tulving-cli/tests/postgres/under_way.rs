//! A migration that is under way: watched, signalled, killed.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Ran, World, program};

/// How long anything here may take before the test has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that was started and has not been waited for.
pub(crate) struct UnderWay {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl World {
    /// Starts `tulving migrate --yes --json` for a user; `more` are further arguments.
    pub(crate) fn start_migrate(&self, user: &str, more: &[&str]) -> UnderWay {
        let mut args = vec![
            "migrate",
            "--user-id",
            user,
            "--model",
            "test-model",
            "--yes",
            "--json",
        ];
        args.extend(more);
        self.start(&args)
    }

    /// Starts the program with its output in files, so that it never waits for a reader.
    pub(crate) fn start(&self, args: &[&str]) -> UnderWay {
        self.start_at(self.database.url(), args)
    }

    /// The same with another way to the database.
    pub(crate) fn start_at(&self, url: &str, args: &[&str]) -> UnderWay {
        let output = tempfile::tempdir().unwrap().keep();
        let (stdout, stderr) = (output.join("stdout"), output.join("stderr"));
        let child = program(self.directory.path(), url)
            .args(args)
            .stdout(Stdio::from(File::create(&stdout).unwrap()))
            .stderr(Stdio::from(File::create(&stderr).unwrap()))
            .spawn()
            .unwrap();
        UnderWay {
            child,
            stdout,
            stderr,
        }
    }

    /// Makes every chunk of every run take so much longer, so that a test can come in between.
    pub(crate) fn slow_down(&self, milliseconds: u32) {
        let seconds = f64::from(milliseconds) / 1e3;
        self.database.batch(&format!(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN PERFORM pg_sleep({seconds}); RETURN NEW; END $$; \
             CREATE TRIGGER slow BEFORE UPDATE ON run_chunks FOR EACH ROW EXECUTE FUNCTION slow()"
        ));
    }

    pub(crate) fn full_speed(&self) {
        self.database
            .batch("DROP TRIGGER slow ON run_chunks; DROP FUNCTION slow()");
    }

    /// Returns once so many chunks of a user's runs are done.
    pub(crate) fn wait_for_chunks(&self, user: &str, count: usize) {
        let query = format!(
            "SELECT count(*) FROM run_chunks WHERE scope_id = '{user}' AND done_at IS NOT NULL"
        );
        wait_until("chunks are done", || {
            self.database.scalar(&query).parse::<usize>().unwrap() >= count
        });
    }
}

impl UnderWay {
    /// SIGKILL. Says whether the program was still at work.
    pub(crate) fn kill(&mut self) -> bool {
        let at_work = self.at_work();
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        at_work
    }

    pub(crate) fn at_work(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends a signal such as `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let status = std::process::Command::new("sh")
            .args(["-c", &kill])
            .status();
        assert!(status.expect("there is a shell").success());
    }

    /// What it told a person until now.
    pub(crate) fn told(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap()
    }

    /// Returns when it has told a person this.
    pub(crate) fn wait_for_text(&self, text: &str) {
        wait_until(text, || self.told().contains(text));
    }

    /// The same, or when it has ended without.
    pub(crate) fn wait_for_text_or_end(&mut self, text: &str) {
        wait_until(text, || self.told().contains(text) || !self.at_work());
    }

    /// Its end.
    pub(crate) fn end(mut self) -> Ran {
        wait_until("the program ends", || !self.at_work());
        Ran {
            code: self.child.wait().unwrap().code(),
            stdout: fs::read_to_string(&self.stdout).unwrap(),
            stderr: self.told(),
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        // It may have ended; what it wrote is of no use to anyone now.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = self.stdout.parent().map(fs::remove_dir_all);
    }
}

/// Waits for something that comes in its own time.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut there: impl FnMut() -> bool) {
    let began = Instant::now();
    while !there() {
        assert!(began.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
