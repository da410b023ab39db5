//! A hand that presses Ctrl-C at one certain moment of a migration, whatever the speed of the machine:
//! while the fourth chunk is being written.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls};

/// How long the program may take for any one thing before the test has failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the shell does before it becomes the program that is to be interrupted.
pub(crate) const HAND_OVER: &str = "echo $BASHPID >../pid.new && mv ../pid.new ../pid
until [ -e ../held ]; do sleep 0.01; done";

/// Waits for the program, lets it write until the fourth chunk, presses, and lets go once the program has
/// heard. `room` is where `pid`, `held` and the shell's `output` are.
pub(crate) fn press(url: &str, room: &Path, shell: &mut Child) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let pid = loop {
            if let Ok(pid) = fs::read_to_string(room.join("pid")) {
                break pid;
            }
            if shell.try_wait().unwrap().is_some() {
                // The page shows what came before wrongly, which is told by its lines.
                return;
            }
            pause().await;
        };
        let (hand, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        hand.batch_execute(
            "SELECT pg_advisory_lock(1);
             CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END $$;
             CREATE TRIGGER held BEFORE UPDATE ON run_chunks FOR EACH ROW
             WHEN (NEW.chunk = 3) EXECUTE FUNCTION held()",
        )
        .await
        .unwrap();
        fs::write(room.join("held"), "").unwrap();
        let began = Instant::now();
        while !is_holding(&hand).await && began.elapsed() < PATIENCE {
            pause().await;
        }
        let kill = format!("kill -INT {}", pid.trim());
        let killed = Command::new("sh").args(["-c", &kill]).status().unwrap();
        let heard = || {
            let output = fs::read(room.join("output")).unwrap();
            String::from_utf8_lossy(&output).contains("stopping after")
        };
        while killed.success() && !heard() && began.elapsed() < PATIENCE {
            pause().await;
        }
        hand.batch_execute(
            "SELECT pg_advisory_unlock(1);
             DROP TRIGGER held ON run_chunks; DROP FUNCTION held()",
        )
        .await
        .unwrap();
    });
}

/// Whether a chunk waits for the hand.
async fn is_holding(hand: &Client) -> bool {
    let waits = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    !hand.query(waits, &[]).await.unwrap().is_empty()
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(5)).await;
}
