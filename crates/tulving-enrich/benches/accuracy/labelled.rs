//! The labelled turns, and how often fields are right on them.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Map, Value, from_str, from_value};
use tulving_enrich::{Fields, enrich};

/// A turn with the fields that a careful reader gave it.
pub(crate) struct Labelled {
    pub(crate) human: String,
    pub(crate) assistant: String,
    pub(crate) lang: String,
    pub(crate) fields: Words,
}

impl Labelled {
    fn of(line: &str) -> Self {
        let mut members: Map<String, Value> = from_str(line).unwrap();
        let mut text = |key: &str, default: &str| match members.remove(key) {
            Some(text) => text.as_str().unwrap().to_owned(),
            None => default.to_owned(),
        };
        Self {
            human: text("human", ""),
            assistant: text("assistant", ""),
            lang: text("lang", "en"),
            fields: from_value(members.into()).unwrap(),
        }
    }
}

/// Fields in words, as a label or of whoever found them. What a label leaves out has the values that data files have by
/// default.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Words {
    pub(crate) intent: String,
    pub(crate) complexity: String,
    pub(crate) depth: u8,
    pub(crate) valence: String,
    pub(crate) urgency: String,
    pub(crate) mode: String,
    pub(crate) action: bool,
    pub(crate) code: bool,
    pub(crate) error: bool,
    /// All that are right, as a label; else the first counts, and there is none where none was looked for.
    pub(crate) domains: Vec<String>,
    pub(crate) entities: Vec<String>,
}

impl Default for Words {
    fn default() -> Self {
        enrich("", "").into()
    }
}

impl From<Fields> for Words {
    fn from(fields: Fields) -> Self {
        Self {
            intent: fields.intent.to_string(),
            complexity: fields.complexity.to_string(),
            depth: fields.technical_depth,
            valence: fields.valence.to_string(),
            urgency: fields.urgency.to_string(),
            mode: fields.mode.to_string(),
            action: fields.action_required,
            code: fields.has_code,
            error: fields.has_error,
            domains: fields.domains.iter().map(ToString::to_string).collect(),
            entities: fields.entities,
        }
    }
}

/// The names of the fields, in the order of [`Score::rates`].
pub(crate) const FIELDS: [&str; 11] = [
    "intent",
    "complexity",
    "technical_depth, within 1",
    "emotional_valence",
    "urgency",
    "conversation_mode",
    "action_required",
    "has_code",
    "has_error",
    "domains, the first",
    "entities, F1",
];

/// How often each field was right.
#[derive(Default)]
pub(crate) struct Score {
    turns: u32,
    right: [u32; FIELDS.len() - 1],
    entities_right: usize,
    entities_found: usize,
    entities_labelled: usize,
}

impl Score {
    /// Counts a turn: what was found in it beside its label.
    pub(crate) fn count(&mut self, label: &Words, found: &Words) {
        self.turns += 1;
        let right = [
            label.intent == found.intent,
            label.complexity == found.complexity,
            label.depth.abs_diff(found.depth) <= 1,
            label.valence == found.valence,
            label.urgency == found.urgency,
            label.mode == found.mode,
            label.action == found.action,
            label.code == found.code,
            label.error == found.error,
            found
                .domains
                .first()
                .is_some_and(|domain| label.domains.contains(domain)),
        ];
        for (count, right) in self.right.iter_mut().zip(right) {
            *count += u32::from(right);
        }
        let names = |names: &[String]| -> HashSet<String> {
            names.iter().map(|name| name.to_lowercase()).collect()
        };
        let (labelled, found) = (names(&label.entities), names(&found.entities));
        self.entities_right += labelled.intersection(&found).count();
        self.entities_labelled += labelled.len();
        self.entities_found += found.len();
    }

    /// Returns the share of turns that were right in each field, and F1 of the entities.
    pub(crate) fn rates(&self) -> [f64; FIELDS.len()] {
        let mut rates = [0.0; FIELDS.len()];
        for (rate, right) in rates.iter_mut().zip(self.right) {
            *rate = f64::from(right) / f64::from(self.turns);
        }
        rates[FIELDS.len() - 1] = 2.0 * self.entities_right as f64
            / (self.entities_found + self.entities_labelled) as f64;
        rates
    }
}

/// The turns: odd lines of the set, for which the rules were made; even lines, which were kept apart; and those that were
/// written after the rules, by which one choice was made since: how much further words of domains weigh.
pub(crate) const SETS: [&str; 3] = ["seen", "kept apart", "later"];

/// Returns the turns of each set.
pub(crate) fn sets() -> [Vec<Labelled>; SETS.len()] {
    let mut sets = [Vec::new(), Vec::new(), Vec::new()];
    for (number, line) in include_str!("../../data/turns.jsonl").lines().enumerate() {
        sets[number % 2].push(Labelled::of(line));
    }
    for line in include_str!("../../data/later.jsonl").lines() {
        sets[2].push(Labelled::of(line));
    }
    sets
}
