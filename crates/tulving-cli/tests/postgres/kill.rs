//! A kill at any moment, then the same command again: nothing lost, nothing doubled.

use std::collections::BTreeMap;
use std::env;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use testkit::corpus::Corpus;

use crate::oracle::Oracle;
use crate::support::World;

/// Numbers from a seed that a failure prints: SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    fn one_of(&mut self, choices: &[&'static str]) -> &'static str {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
    }
}

fn number(name: &str) -> Option<u64> {
    Some(
        env::var(name)
            .ok()?
            .parse()
            .unwrap_or_else(|_| panic!("{name} must be a number")),
    )
}

/// `TULVING_KILLS` (25) kills, in chains of one to three, each chain for a user of its own; then one
/// run to the end. `TULVING_SEED` repeats a failure's choices, though not its timing.
#[test]
fn a_killed_run_is_resumed_to_the_same_digest() {
    let kills = number("TULVING_KILLS").unwrap_or(25);
    let seed = number("TULVING_SEED").unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        now.as_secs()
    });
    println!("TULVING_SEED={seed}");
    let mut random = Random(seed);
    let world = World::new();
    // A longer test moves more, so that its runs last long enough in a release build as well.
    world.corpus(&Corpus::new(kills as usize * 50).dim(64).dirty(true));
    let oracle = Oracle::new(&world);
    let phases = measure(&world);

    let mut hit: BTreeMap<String, u64> = BTreeMap::new();
    let (mut killed, mut victims) = (0, 0);
    while killed < kills {
        victims += 1;
        let user = world.new_user(&format!("victim{victims}@example.com"));
        let chain = 1 + random.below(3);
        let mut fell = 0;
        while fell < chain && killed < kills {
            let options = options(&mut random);
            let mut run = world.start_migrate(&user, &options);
            // Short phases are hit too, though half of all kills fall where rows are written.
            let (phase, lasts) = phases[[0, 1, 2, 3, 3, 3, 3, 4, 4][random.below(9) as usize]];
            run.wait_for_text_or_end(phase);
            std::thread::sleep(lasts.mul_f64(random.below(105) as f64 / 100.0));
            if !run.kill() {
                // It came to its end first: then that end must be right, and is tried again.
                run.end().expect(0);
                break;
            }
            killed += 1;
            fell += 1;
            let told = run.told();
            let phase = told.lines().rev().find(|line| line.ends_with('…'));
            let phase = phase
                .and_then(|line| line.split_whitespace().next())
                .unwrap_or("start");
            let chunks = world.database.scalar(&format!(
                "SELECT coalesce((SELECT count(*) FILTER (WHERE done_at IS NOT NULL) * 4 / count(*) \
                 FROM run_chunks c JOIN runs r USING (scope_id, run_id) WHERE scope_id = '{user}' \
                 AND r.status = 'running' HAVING count(*) > 0)::text, '-')"
            ));
            let chunks = match chunks.as_str() {
                "-" => "nothing entered".to_owned(),
                "4" => "all chunks done".to_owned(),
                quarter => format!("quarter {quarter} of the chunks"),
            };
            *hit.entry(format!("{phase:<9} {chunks}")).or_default() += 1;
        }
        oracle.check(&world, &user, &options(&mut random));
    }
    println!("{killed} kills of {victims} migrations; phases last {phases:?}; where they hit:");
    for (place, times) in hit {
        println!("  {place:<40} {times}");
    }
}

/// How long each phase lasts, undisturbed. The text tells that it begins.
fn measure(world: &World) -> [(&'static str, Duration); 5] {
    let user = world.new_user("clock@example.com");
    let mut last = Instant::now();
    let run = world.start_migrate(&user, &["--batch-rows", "50"]);
    let mut until = |text: &str| {
        run.wait_for_text(text);
        std::mem::replace(&mut last, Instant::now()).elapsed()
    };
    let start = until("plan  ");
    let plan = until("validate  ");
    let validate = until("copy  ");
    let copy = until("verify  ");
    run.end().expect(0);
    [
        ("", start),
        ("plan  ", plan),
        ("validate  ", validate),
        ("copy  ", copy),
        ("verify  ", last.elapsed()),
    ]
}

/// How the work is spread may change from run to run.
fn options(random: &mut Random) -> [&'static str; 4] {
    [
        "--workers",
        random.one_of(&["1", "2", "3", "8"]),
        "--batch-rows",
        random.one_of(&["20", "50", "100", "700"]),
    ]
}
