//! An import, as a person reads it.

use tulving::backend::{Import, ImportPhase};
use tulving::model::Timestamp;

use crate::output::{bytes, count, counted, duration, moment, moment_ago, rate};

/// Its kind, its status, its rows and its owner.
pub(super) fn cells(import: &Import, owner: &str) -> [String; 4] {
    let rows = count(import.counts.memories());
    [
        "import".to_owned(),
        in_a_word(import),
        rows,
        owner.to_owned(),
    ]
}

/// All that is told of it.
pub(super) fn lines(import: &Import, owner: String) -> Vec<(&'static str, String)> {
    let counts = &import.counts;
    let mut lines = vec![
        ("run", import.run_id.to_string()),
        ("owner", owner),
        ("status", in_a_word(import)),
    ];
    let paths = import.paths.iter();
    lines.extend(paths.map(|path| ("from", path.clone())));
    let read = match counts.read < counts.bytes {
        true => format!("{} of {}", bytes(counts.read), bytes(counts.bytes)),
        false => bytes(counts.read),
    };
    lines.push(("read", read));
    lines.push(("rows", count(counts.memories())));
    let became = [
        ("added", counts.added),
        ("changed", counts.updated),
        ("unchanged", counts.unchanged),
        ("removed", counts.removed),
    ];
    let became = became.into_iter().filter(|(_, number)| *number > 0);
    lines.extend(became.map(|(name, number)| (name, counted(number, "memory"))));
    let took = import.took();
    let speed = rate(counts.memories(), took);
    lines.push(("time", format!("{}, {speed}", duration(took))));
    lines.push(("started", moment(import.started_at)));
    lines.push(("updated", updated(import)));
    lines.extend(import.finished_at.map(|time| ("finished", moment(time))));
    let error = match &import.error {
        Some(class) => Some(class.clone()),
        None if import.is_left_behind() => Some("its process is gone".to_owned()),
        None => None,
    };
    if let Some(error) = error {
        lines.push(("error", error));
        lines.push((
            "next",
            "run the same command again, which finishes it".to_owned(),
        ));
    }
    lines
}

/// When it was noted for the last time; of one at work also how long ago.
fn updated(import: &Import) -> String {
    match import.is_live {
        true => moment_ago(import.updated_at, Timestamp::now()),
        false => moment(import.updated_at),
    }
}

/// `finished`, `running: embedding`, `interrupted: embedding`
fn in_a_word(import: &Import) -> String {
    match import.status() {
        status if import.phase == ImportPhase::Done => status.to_owned(),
        status => format!("{status}: {}", import.phase.as_str()),
    }
}
