//! Questions that another conversation has already: a session that was forked begins with those of the one before.
//!
//! Both conversations are kept whole; a question that both have is one memory, and stays with the one that had it first.
//! What is compared is the memory itself, so that it does not matter in which order files are read, or in which runs.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::merging::{Fates, Merging, shorten};
use super::part::Part;
use super::{NewConversation, StoreError};
use crate::backend::Filter;
use crate::model::{Kind, Memory, Node, Timestamp};

/// What one question is known by among those of several conversations.
type Asked<'n> = (Timestamp, &'n str);

fn asked(node: &Node) -> Asked<'_> {
    (node.created_at, &node.human_content)
}

/// Returns whether a question was asked in another one too, and answered as far at least: who forks a session may do so in
/// the middle of an answer.
fn is_copy(node: &Node, other: &Node) -> bool {
    asked(node) == asked(other) && other.assistant_content.starts_with(&node.assistant_content)
}

/// Returns which conversations may repeat what others said.
pub(super) fn repeating(new: &[NewConversation]) -> BTreeSet<usize> {
    let may_repeat = |(index, new): (usize, &NewConversation)| new.may_repeat.then_some(index);
    new.iter().enumerate().filter_map(may_repeat).collect()
}

/// Takes those out that repeat a question of another one of these: they come behind it, when it is in memory.
pub(super) fn behind(
    conversations: &mut BTreeMap<usize, Vec<Part>>,
    repeating: &BTreeSet<usize>,
) -> BTreeMap<usize, Vec<Part>> {
    let mut late = Vec::new();
    {
        let mut seen: HashSet<Asked<'_>> = HashSet::new();
        for (index, parts) in conversations
            .iter()
            .filter(|(index, _)| repeating.contains(index))
        {
            if questions(parts).any(|node| seen.contains(&asked(node))) {
                late.push(*index);
            } else {
                seen.extend(questions(parts).map(asked));
            }
        }
    }
    let taken = late
        .into_iter()
        .map(|index| (index, conversations.remove(&index)));
    taken
        .filter_map(|(index, parts)| Some((index, parts?)))
        .collect()
}

fn questions(parts: &[Part]) -> impl Iterator<Item = &Node> {
    parts.iter().filter_map(|part| match &part.memory {
        Memory::Node(node) => Some(node),
        _ => None,
    })
}

impl Merging<'_> {
    /// Leaves questions with the conversations that have them already; they count as unchanged.
    pub(super) async fn leave_out_copies(
        &self,
        conversations: &mut BTreeMap<usize, Vec<Part>>,
        fates: &mut Fates,
    ) -> Result<(), StoreError> {
        for (index, parts) in conversations {
            if fates.repeating.contains(index) {
                let copies = self.copies(parts).await?;
                if copies.is_empty() {
                    continue;
                }
                for copy in parts.extract_if(.., |part| copies.contains(part.memory.id())) {
                    fates.course.count(&copy, |written| &mut written.unchanged);
                }
                for part in parts {
                    if let Memory::Episode(episode) = &mut part.memory {
                        episode.memory_node_ids.retain(|id| !copies.contains(id));
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns the ids of those questions that another conversation has, and this one has not. What is copied is the
    /// beginning, so most of the time one question is asked: who has the first?
    async fn copies(&self, parts: &[Part]) -> Result<HashSet<String>, StoreError> {
        let Some(first) = questions(parts).next() else {
            return Ok(HashSet::new());
        };
        let own = first.conversation_id.as_str();
        let at = first.created_at;
        let there = self.said_between(first, at, at).await?;
        let mut others = there.iter().filter(|node| node.conversation_id != own);
        if !others.any(|node| asked(node) == asked(first)) {
            return Ok(HashSet::new());
        }
        let times = || questions(parts).map(|node| node.created_at);
        let (from, to) = (times().min().unwrap_or(at), times().max().unwrap_or(at));
        let there = self.said_between(first, from, to).await?;
        let mut others: HashMap<Asked<'_>, Vec<&Node>> = HashMap::new();
        for other in there.iter().filter(|node| node.conversation_id != own) {
            others.entry(asked(other)).or_default().push(other);
        }
        let stored = self
            .stored(parts.iter().filter(|part| !part.is_head))
            .await?;
        let own: HashSet<&str> = stored.keys().map(|key| key.id.as_str()).collect();
        let copies = questions(parts).filter(|node| {
            let mut others = others.get(&asked(node)).into_iter().flatten();
            others.any(|other| is_copy(node, other)) && !own.contains(node.id.as_str())
        });
        Ok(copies.map(|node| node.id.clone()).collect())
    }

    /// Returns the questions of the source of this one that were asked then, both times included.
    async fn said_between(
        &self,
        like: &Node,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Node>, StoreError> {
        /// How many are fetched at once.
        const SIZE: usize = 500;
        let filter = Filter {
            sources: vec![like.source.clone()],
            since: Some(from),
            until: Timestamp::from_micros(to.micros() + 1),
            ..Filter::of(Kind::Node)
        };
        let mut there: HashMap<String, Node> = HashMap::new();
        let mut note = |memory: Memory| {
            if let Memory::Node(node) = memory {
                there.insert(node.id.clone(), node);
            }
        };
        let mut pages = self.store.pages(filter.clone(), SIZE);
        while let Some(page) = pages.next().await? {
            for mut memory in page {
                if !self.writes {
                    shorten(&mut memory);
                }
                if !self.gone.contains(&memory.key()) {
                    note(memory);
                }
            }
        }
        let expected = self.expected.values().map(|entry| &entry.memory);
        expected
            .filter(|memory| filter.passes(memory))
            .cloned()
            .for_each(note);
        Ok(there.into_values().collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::embed::Builtin;
    use crate::json::Value;
    use crate::store::{Fate, Merged, NewMessage, NewTurn, Role, ScopedStore, Store};

    /// A session that says these things, each in the minute that it begins with.
    fn session(id: &str, questions: &[&str]) -> NewConversation {
        let at = |question: &str| {
            let minute = question
                .split(' ')
                .next()
                .and_then(|minute| minute.parse().ok());
            Timestamp::from_micros(minute.unwrap_or(0) * 60_000_000)
        };
        let turn = |question: &&str| NewTurn {
            question: (*question).to_owned(),
            answer: "So.".to_owned(),
            created_at: at(question),
            ..NewTurn::default()
        };
        let message = |question: &&str| NewMessage {
            role: Role::Human,
            content: (*question).to_owned(),
            created_at: at(question),
            record: Value::Object(Vec::new()),
        };
        NewConversation {
            id: Some(id.to_owned()),
            source: Some("codex".to_owned()),
            messages: questions.iter().map(message).collect(),
            turns: Some(questions.iter().map(turn).collect()),
            may_repeat: true,
            ..NewConversation::default()
        }
    }

    async fn memory(directory: &tempfile::TempDir) -> ScopedStore {
        let path = directory.path().join("data");
        Store::open_or_create(path, Arc::new(Builtin::new()))
            .await
            .unwrap()
    }

    /// All questions with their conversations.
    async fn there(memory: &ScopedStore) -> Vec<(String, String)> {
        let mut there = Vec::new();
        let mut pages = memory.pages(Filter::of(Kind::Node), 100);
        while let Some(page) = pages.next().await.unwrap() {
            there.extend(page.into_iter().map(|memory| match memory {
                Memory::Node(node) => (node.conversation_id, node.human_content),
                other => panic!("{other:?}"),
            }));
        }
        there.sort();
        there
    }

    async fn merge(memory: &ScopedStore, sessions: Vec<NewConversation>) -> Merged {
        let mut merging = memory.merging(true).await.unwrap();
        let merged = merging.merge(sessions).await.unwrap();
        let is_kept = |fate: &Fate| matches!(fate, Fate::Kept(_) | Fate::Older);
        assert!(merged.fates.iter().all(is_kept), "{:?}", merged.fates);
        merged
    }

    #[tokio::test]
    async fn a_question_of_two_sessions_is_one_memory_in_whatever_order_they_come() {
        let origin = || session("a", &["1 bees", "2 hives", "3 wax"]);
        let fork = || session("b", &["1 bees", "2 hives", "4 wasps"]);
        let later = || session("a", &["1 bees", "2 hives", "3 wax", "5 honey"]);
        let again = || session("c", &["1 bees", "2 hives", "4 wasps", "6 ants"]);
        let orders: [&[&[NewConversation]]; 4] = [
            &[&[origin(), fork(), again()], &[later()]],
            &[&[origin()], &[fork(), later()], &[again()]],
            &[&[again()], &[fork()], &[origin()], &[later()]],
            &[&[fork(), again()], &[later(), origin()]],
        ];
        for order in orders {
            let directory = tempfile::TempDir::new().unwrap();
            let memory = memory(&directory).await;
            let mut trial = memory.merging(false).await.unwrap();
            for run in order {
                let tried = trial.merge(run.to_vec()).await.unwrap().remembered.memories;
                let done = merge(&memory, run.to_vec()).await.remembered.memories;
                assert_eq!(tried[Kind::Node].added, done[Kind::Node].added);
                // Nothing changes when all comes again, whoever is first.
                let before = there(&memory).await;
                for again in [run.to_vec(), run.iter().rev().cloned().collect()] {
                    let done = merge(&memory, again).await.remembered.memories;
                    assert_eq!((done[Kind::Node].added, done[Kind::Node].removed), (0, 0));
                }
                assert_eq!(there(&memory).await, before);
            }
            let there = there(&memory).await;
            let mut said: Vec<&str> = there.iter().map(|(_, said)| said.as_str()).collect();
            said.sort_unstable();
            let all = ["1 bees", "2 hives", "3 wax", "4 wasps", "5 honey", "6 ants"];
            assert_eq!(said, all, "{there:?}");
            // Each conversation is whole, and names the questions that it has.
            for (id, messages) in [("a", 4), ("b", 3), ("c", 4)] {
                let Memory::Episode(episode) = memory.get(id).await.unwrap().memory else {
                    panic!("{id} is no episode");
                };
                assert_eq!(episode.message_count, messages);
                let own = there.iter().filter(|(of, _)| of == id).count();
                assert_eq!(episode.memory_node_ids.len(), own);
            }
        }
    }

    /// Words at another time, of another source, or of conversations that copy nothing are memories of their own.
    #[tokio::test]
    async fn only_copies_are_left_out() {
        let directory = tempfile::TempDir::new().unwrap();
        let memory = memory(&directory).await;
        let other_answer = |mut session: NewConversation| {
            for turn in session.turns.iter_mut().flatten() {
                turn.answer = "Not so.".to_owned();
            }
            session
        };
        let unanswered = |mut session: NewConversation| {
            for turn in session.turns.iter_mut().flatten() {
                turn.answer.clear();
            }
            session
        };
        let whole = |mut session: NewConversation| {
            session.may_repeat = false;
            session
        };
        let elsewhere = |mut session: NewConversation| {
            session.source = Some("claude-code".to_owned());
            session
        };
        let sessions = vec![
            session("a", &["1 bees", "2 hives"]),
            session("b", &["3 bees", "4 hives"]),
            other_answer(session("c", &["1 bees"])),
            unanswered(session("g", &["1 bees"])),
            whole(session("d", &["1 bees"])),
            elsewhere(session("e", &["1 bees"])),
            session("f", &["1 bees", "2 hives"]),
        ];
        merge(&memory, sessions).await;
        let there = there(&memory).await;
        let of: Vec<&str> = there.iter().map(|(of, _)| of.as_str()).collect();
        assert_eq!(of, ["a", "a", "b", "b", "c", "d", "e"]);
    }
}
