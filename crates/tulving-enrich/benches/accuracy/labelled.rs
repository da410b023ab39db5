//! The labelled turns, and how often fields are right on them.

use std::collections::HashSet;

use serde::Deserialize;
use tulving_enrich::{Domain, Fields};

/// A turn with the fields that a careful reader gave it. What a line leaves out has the values that data files have by
/// default.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Labelled {
    pub(crate) human: String,
    pub(crate) assistant: String,
    pub(crate) lang: String,
    pub(crate) intent: String,
    pub(crate) complexity: String,
    pub(crate) depth: u8,
    pub(crate) valence: String,
    pub(crate) urgency: String,
    pub(crate) mode: String,
    pub(crate) action: bool,
    pub(crate) code: bool,
    pub(crate) error: bool,
    pub(crate) domains: Vec<String>,
    pub(crate) entities: Vec<String>,
}

impl Default for Labelled {
    fn default() -> Self {
        Self {
            human: String::new(),
            assistant: String::new(),
            lang: "en".to_owned(),
            intent: "statement".to_owned(),
            complexity: "simple".to_owned(),
            depth: 0,
            valence: "neutral".to_owned(),
            urgency: "low".to_owned(),
            mode: "chat".to_owned(),
            action: false,
            code: false,
            error: false,
            domains: vec!["general".to_owned()],
            entities: Vec::new(),
        }
    }
}

/// Fields in words, of whoever found them.
pub(crate) struct Found {
    pub(crate) intent: String,
    pub(crate) complexity: String,
    pub(crate) depth: u8,
    pub(crate) valence: String,
    pub(crate) urgency: String,
    pub(crate) mode: String,
    pub(crate) action: bool,
    pub(crate) code: bool,
    pub(crate) error: bool,
    /// The first domain, where one was looked for.
    pub(crate) domain: Option<String>,
    pub(crate) entities: Vec<String>,
}

impl From<Fields> for Found {
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
            domain: fields
                .domains
                .first()
                .map(|&domain: &Domain| domain.to_string()),
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
    /// Counts a turn.
    pub(crate) fn count(&mut self, turn: &Labelled, found: &Found) {
        self.turns += 1;
        let right = [
            turn.intent == found.intent,
            turn.complexity == found.complexity,
            turn.depth.abs_diff(found.depth) <= 1,
            turn.valence == found.valence,
            turn.urgency == found.urgency,
            turn.mode == found.mode,
            turn.action == found.action,
            turn.code == found.code,
            turn.error == found.error,
            found
                .domain
                .as_ref()
                .is_some_and(|domain| turn.domains.contains(domain)),
        ];
        for (count, right) in self.right.iter_mut().zip(right) {
            *count += u32::from(right);
        }
        let names = |names: &[String]| -> HashSet<String> {
            names.iter().map(|name| name.to_lowercase()).collect()
        };
        let (labelled, found) = (names(&turn.entities), names(&found.entities));
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
/// written after the rules.
pub(crate) const SETS: [&str; 3] = ["seen", "kept apart", "later"];

/// Returns the turns of each set.
pub(crate) fn sets() -> [Vec<Labelled>; SETS.len()] {
    let mut sets = [Vec::new(), Vec::new(), Vec::new()];
    for (number, line) in include_str!("../../data/turns.jsonl").lines().enumerate() {
        sets[number % 2].push(serde_json::from_str(line).unwrap());
    }
    for line in include_str!("../../data/later.jsonl").lines() {
        sets[2].push(serde_json::from_str(line).unwrap());
    }
    sets
}
