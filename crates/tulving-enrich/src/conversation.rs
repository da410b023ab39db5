//! What is said of a whole conversation.

use crate::fields::{Complexity, Fields, Intent, Urgency, Valence};

/// What is known of a conversation from the fields of its turns: the origin's fields of an episode.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conversation {
    /// The most frequent intent; of several, the one that came first.
    pub dominant_intent: Intent,
    /// The mean complexity, from 1 (all simple) to 3 (all complex); 0 where there is no turn.
    pub avg_complexity: f64,
    /// The mean technical depth, from 0 to 10.
    pub avg_technical_depth: f64,
    /// The valence of the first turn.
    pub first_valence: Valence,
    /// The valence of the last turn.
    pub last_valence: Valence,
    /// Whether any turn has code.
    pub has_code: bool,
    /// Whether any turn has an error.
    pub has_errors: bool,
    /// The highest urgency.
    pub urgency_max: Urgency,
}

impl Conversation {
    /// Returns what is known of a conversation, of whose turns these are the fields in order.
    #[must_use]
    pub fn of<'f>(turns: impl IntoIterator<Item = &'f Fields>) -> Self {
        let mut whole = Self::default();
        let mut intents: Vec<(Intent, usize)> = Vec::new();
        let (mut count, mut complexity, mut depth) = (0_u32, 0_u64, 0_u64);
        for turn in turns {
            if count == 0 {
                whole.first_valence = turn.valence;
            }
            count += 1;
            complexity += match turn.complexity {
                Complexity::Simple => 1,
                Complexity::Moderate => 2,
                Complexity::Complex => 3,
            };
            depth += u64::from(turn.technical_depth);
            whole.last_valence = turn.valence;
            whole.has_code |= turn.has_code;
            whole.has_errors |= turn.has_error;
            whole.urgency_max = whole.urgency_max.max(turn.urgency);
            match intents
                .iter_mut()
                .find(|(intent, _)| *intent == turn.intent)
            {
                Some((_, times)) => *times += 1,
                None => intents.push((turn.intent, 1)),
            }
        }
        if count > 0 {
            whole.avg_complexity = complexity as f64 / f64::from(count);
            whole.avg_technical_depth = depth as f64 / f64::from(count);
        }
        // The last of equals is what `max_by_key` returns, so the order is turned around.
        if let Some(&(intent, _)) = intents.iter().rev().max_by_key(|(_, times)| *times) {
            whole.dominant_intent = intent;
        }
        whole
    }

    /// Returns how the valence goes, such as `neutral→positive`.
    #[must_use]
    pub fn emotional_arc(&self) -> String {
        format!("{}→{}", self.first_valence, self.last_valence)
    }
}
