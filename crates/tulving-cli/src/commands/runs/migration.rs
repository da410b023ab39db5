//! A migration of the ledger, as a person reads it.

use tulving::transfer::{Run, RunStatus, Session};

use crate::output::{count, duration, moment, moment_ago, rate};

/// Its kind, its status, its rows and its owner.
pub(super) fn cells(run: &Run) -> [String; 4] {
    [
        "migration".to_owned(),
        in_a_word(run),
        rows(run),
        owner(run),
    ]
}

/// All that is told of it.
pub(super) fn lines(run: Run) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("run", run.run_id.to_string()),
        ("owner", owner(&run)),
        ("status", in_a_word(&run)),
        ("rows", rows(&run)),
    ];
    lines.extend(run.session.map(|session| ("time", speed(&run, session))));
    lines.push(("started", moment(run.started_at)));
    lines.push(("updated", updated(&run)));
    lines.extend(run.finished_at.map(|time| ("finished", moment(time))));
    if run.is_left_behind() {
        lines.push(("error", "its process is gone".to_owned()));
    }
    let unfinished = run.status == RunStatus::Interrupted || run.is_left_behind();
    lines.extend(run.error.map(|error| ("error", error)));
    if unfinished {
        lines.push(("next", "run the same command again, to resume".to_owned()));
    }
    lines
}

/// `user` or `tenant` and its id: the ledger's inputs know which.
fn owner(run: &Run) -> String {
    let named = run.inputs.get("scope").and_then(serde_json::Value::as_str);
    named.map_or_else(|| run.scope_id.to_string(), ToOwned::to_owned)
}

/// `finished, verified`, `finished, NOT VERIFIED`, `running: copy`, `interrupted: copy`, `abandoned`
fn in_a_word(run: &Run) -> String {
    let status = run.status.as_str();
    match (run.status, run.verified) {
        (_, Some(true)) => format!("{status}, verified"),
        (_, Some(false)) => format!("{status}, NOT VERIFIED"),
        (RunStatus::Running, None) if !run.is_live => format!("interrupted: {}", run.phase),
        (RunStatus::Running | RunStatus::Interrupted, None) => format!("{status}: {}", run.phase),
        _ => status.to_owned(),
    }
}

/// `12.3 s, 1,080 rows/s`: of the last session alone.
fn speed(run: &Run, session: Session) -> String {
    let earlier = if session.rows < run.rows_done {
        format!("; {} rows before", count(run.rows_done - session.rows))
    } else {
        String::new()
    };
    let (took, speed) = (duration(session.took), rate(session.rows, session.took));
    format!("{took}, {speed}{earlier}")
}

/// When the ledger was last written to; of a run at work also how long ago.
fn updated(run: &Run) -> String {
    match run.is_live {
        true => moment_ago(run.updated_at, run.read_at),
        false => moment(run.updated_at),
    }
}

fn rows(run: &Run) -> String {
    let (done, all) = (count(run.rows_done), count(run.rows));
    if done == all {
        all
    } else {
        format!("{done} of {all}")
    }
}
