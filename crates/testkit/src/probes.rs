//! Probes: thousands of attempts to get at another scope's memories.
//!
//! Two scopes hold memories with the same ids, places, times, clusters, tags and almost the same
//! vectors, besides some that only one of them has; every text of one says `canary`, of the other
//! `crow`. Each probe takes a memory of one scope, the victim, and asks as the other for it, by one
//! method and with whatever of the victim that method can be given. What comes back must be what the
//! asker's own memories alone give, to the last bit of a score.
//!
//! Every denial has its control: the same question, asked by the victim's owner, finds the victim.
//! Where a place keeps one scope only, the victims are rows of it that are stamped with another; the
//! control is then the same question about a memory of the asker's own.

mod probe;

use std::fmt;

use tulving::backend::Entry;
use tulving::model::{Episode, Memory, Scope};

use crate::fixture::{Fixture, Other};
use crate::memories::Memories;
use crate::naive::Naive;
use crate::rng::Rng;
use crate::sample::{self, at, plain, turn, vector};
use probe::Probe;

/// How many probes found nothing of another scope; one that does find something is a panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Probed {
    /// Attempts to get at another's memory.
    pub probes: u64,
    /// Of these, how many were made as somebody whose memories are not kept at all.
    pub strangers: u64,
    /// Questions that show that an attempt would have found what it was denied.
    pub controls: u64,
}

impl fmt::Display for Probed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            probes,
            strangers,
            controls,
        } = self;
        write!(
            f,
            "{probes} probes, {strangers} of them by strangers, and {controls} controls: 0 foreign rows"
        )
    }
}

/// A scope's memories, and what they have to be.
#[derive(Debug)]
struct Side {
    memories: Memories,
    naive: Naive,
}

/// Tries so many times to get at what belongs to another scope.
///
/// # Panics
/// At the first memory that is given, changed or counted for another scope, and at a control that
/// fails; the message names the seed.
pub async fn run(fixture: &dyn Fixture, count: u64, seed: u64) -> Probed {
    let (ours, theirs) = (side("crow", 1), side("canary", 2));
    fixture.plant(theirs.clone()).await;
    let own = Memories::open(fixture).await;
    own.write(ours.clone()).await;
    fixture.maintain().await;

    let side = |memories, entries: &[Entry]| Side {
        memories,
        naive: entries.iter().cloned().collect(),
    };
    let mut sides = vec![side(own, &ours)];
    let (mut strangers, backend) = (vec![sample::user(404)], fixture.open().await);
    match fixture.other() {
        Other::Kept(scope) => sides.push(side(Memories { backend, scope }, &theirs)),
        Other::Refused(scope) => strangers.push(scope),
    }
    strangers.extend(sides.iter().map(|side| twin(side.memories.scope)));

    let mut probed = Probed::default();
    for number in 0..count {
        let mut rng = Rng::new(seed, 12, number as usize);
        let asker = rng.below(sides.len());
        let victims = if asker == 0 { &theirs } else { &ours };
        let stranger = rng.one_in(8).then(|| rng.pick(&strangers));
        let victim = victims[rng.below(victims.len())].clone();
        let mut probe = Probe::new(number, seed, victim, rng);
        match (stranger, &mut sides[..]) {
            (Some(stranger), sides) => {
                probe.as_stranger(&sides[0].memories, stranger).await;
                probed.strangers += 1;
            }
            (None, [first, second]) if asker == 0 => probe.between(first, second).await,
            (None, [first, second]) => probe.between(second, first).await,
            (None, [only, ..]) => probe.alone(only, &ours).await,
            (None, []) => panic!("there is at least the own scope"),
        }
        probed.probes += 1;
        probed.controls += 1;
    }
    probed
}

/// The user with a tenant's UUID, or the other way round.
fn twin(scope: Scope) -> Scope {
    match scope {
        Scope::User(id) => Scope::Tenant(id),
        Scope::Tenant(id) => Scope::User(id),
    }
}

/// What one of the scopes holds, in the words of this bird: eight memories whose ids the other has as
/// well, and four whose ids are its own.
fn side(bird: &str, number: i16) -> Vec<Entry> {
    let entry = |index: i64| {
        let conversation = if index < 8 { "shared" } else { bird };
        let place = index % 8;
        let text = format!("{bird} worker");
        let tags = sample::json(r#"{"topics":["birds"]}"#);
        let memory: Memory = if index % 4 == 3 {
            Memory::from(Episode {
                title: text,
                llm_tags: tags,
                created_at: at(place),
                ..sample::episode(&format!("{conversation}/{place}"))
            })
        } else if index % 4 == 2 {
            let mut chunk = sample::piece(conversation, place);
            (chunk.content, chunk.tags) = (text, tags);
            chunk.into()
        } else {
            let mut node = turn(conversation, place);
            node.human_content = text;
            node.tags = tags;
            node.cluster_id = Some(place % 2);
            node.cluster_label = Some(bird.to_owned());
            node.into()
        };
        Entry {
            embedding: Some(vector(&[1.0, place as f32, 0.001 * f32::from(number)])),
            ..plain(memory)
        }
    };
    (0..12).map(entry).collect()
}
