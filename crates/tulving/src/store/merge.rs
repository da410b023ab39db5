//! Conversations that are brought up to what an export says, again and again.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::copies::{self, repeating};
use super::course::{Course, Sorted};
use super::merging::{Fate, Fates, Merging, shorten};
use super::part::Part;
use super::scoped::TRIES;
use super::{IfThere, NewConversation, NewMemory, Outcome, Remembered, ScopedStore, StoreError};
use crate::backend::{BackendError, Entry, Forgotten};
use crate::embed::EmbedError;
use crate::model::{Episode, Key, Kind, Memory, Timestamp};

/// What became of conversations.
#[derive(Debug)]
pub struct Merged {
    /// Of each, in the order of what was given.
    pub fates: Vec<Fate>,
    /// How many single questions were forgotten, and stay so, of conversations that were not.
    pub forgotten: u64,
    /// What was written.
    pub remembered: Remembered,
}

impl ScopedStore {
    /// Begins to bring conversations in. Without `writes` it is only found out what would become of them.
    ///
    /// # Errors
    /// As every method.
    pub async fn merging(&self, writes: bool) -> Result<Merging<'_>, StoreError> {
        Ok(Merging {
            store: self,
            forgotten: self.not_to_come_back().await?,
            writes,
            expected: HashMap::new(),
            gone: HashSet::new(),
            whole: HashMap::new(),
        })
    }

    async fn not_to_come_back(&self) -> Result<Forgotten, StoreError> {
        match self.restores {
            true => Ok(Forgotten::default()),
            false => self.forgotten().await,
        }
    }
}

impl Merging<'_> {
    /// Brings conversations with ids in. One that is there takes what is new, unless what is there is newer; one that
    /// has not changed is left as it is, with what was changed or deleted of it here. What was forgotten stays
    /// forgotten; one that cannot be kept costs the others nothing. When this returns they survive the loss of
    /// power, and when it fails the same call finishes it.
    ///
    /// # Errors
    /// As every method.
    pub async fn merge(&mut self, new: Vec<NewConversation>) -> Result<Merged, StoreError> {
        let (now, sources) = (Timestamp::now(), self.store.sources().await?);
        let given = new.len();
        self.whole.clear();
        let mut fates = Fates {
            fates: older_of_each(&new),
            repeating: repeating(&new),
            forgotten: 0,
            course: Course::repeated(given),
        };
        let mut conversations: BTreeMap<usize, Vec<Part>> = BTreeMap::new();
        for (index, conversation) in new.into_iter().enumerate() {
            if fates.fates.contains_key(&index) {
                continue;
            }
            let conversation = NewMemory::Conversation(conversation);
            match self.store.parts(index, conversation, now, &sources) {
                Ok(parts) => {
                    let mut parts: Vec<Part> = parts.into_iter().map(named_here).collect();
                    if !self.writes {
                        for part in &mut parts {
                            let whole = part.memory.clone();
                            self.whole.insert(whole.key(), whole);
                            shorten(&mut part.memory);
                        }
                    }
                    conversations.insert(index, parts);
                }
                Err(error) => {
                    let error = match error {
                        // Its questions have a place for the true name.
                        StoreError::ForeignSource { why, .. } => {
                            let kind = Kind::Node;
                            StoreError::ForeignSource { index, kind, why }
                        }
                        error => error,
                    };
                    fates.fates.insert(index, Fate::Refused(error));
                }
            }
        }
        while !conversations.is_empty() {
            let behind = copies::behind(&mut conversations, &fates.repeating);
            match self.merge_all(&mut conversations, &mut fates).await {
                Err(error) if is_of_one(&error) => {
                    for (index, parts) in conversations {
                        let mut one = BTreeMap::from([(index, parts)]);
                        match self.merge_all(&mut one, &mut fates).await {
                            Err(error) if is_of_one(&error) => {
                                fates.fates.insert(index, Fate::Refused(error));
                            }
                            done => done?,
                        }
                    }
                }
                done => done?,
            }
            conversations = behind;
        }
        let remembered = fates.course.remembered();
        let fate = |index| match fates.fates.remove(&index) {
            Some(fate) => fate,
            None => Fate::Kept(remembered.outcomes[index]),
        };
        Ok(Merged {
            fates: (0..given).map(fate).collect(),
            forgotten: fates.forgotten,
            remembered,
        })
    }

    /// Merges conversations, each given as its parts. Others may write the same meanwhile: then it is looked again, and
    /// what they wrote may be newer.
    async fn merge_all(
        &mut self,
        conversations: &mut BTreeMap<usize, Vec<Part>>,
        fates: &mut Fates,
    ) -> Result<(), StoreError> {
        // Another that merges at the same time would write its questions between ours.
        let _held = match self.writes {
            true => Some(self.store.backend.hold(self.store.scope).await?),
            false => None,
        };
        for tried in 1.. {
            let mut stored = self.leave_out(conversations, fates).await?;
            self.leave_out_copies(conversations, fates).await?;
            let parts: Vec<Part> = std::mem::take(conversations)
                .into_values()
                .flatten()
                .collect();
            // The conversations as they were compared: what was written since then is looked at again.
            let questions = parts.iter().filter(|part| !part.is_head);
            stored.extend(self.stored(questions).await?);
            if !self.writes {
                let sorted = Sorted::of(&parts, &stored, &fates.course);
                let whole = sorted.missing.iter().map(|part| {
                    let mut part = (*part).clone();
                    if let Some(whole) = self.whole.get(&part.memory.key()) {
                        part.memory = whole.clone();
                    }
                    part
                });
                let whole: Vec<Part> = whole.collect();
                let new: Vec<&Part> = whole.iter().collect();
                let twins = self
                    .store
                    .twins(&new, &sorted.leaving(&fates.course))
                    .await?;
                let what = self.store.on_duplicate;
                for key in sorted.count(&twins, what, &mut fates.course) {
                    self.expected.remove(&key);
                    self.gone.insert(key);
                }
                let expected = parts.into_iter().map(|part| {
                    let (memory, embedding) = (part.memory, None);
                    (memory.key(), Entry { memory, embedding })
                });
                self.expected.extend(expected);
                return Ok(());
            }
            let course = &mut fates.course;
            let settled = self
                .store
                .try_to_settle(&parts, &stored, IfThere::Update, course)
                .await;
            for part in parts {
                conversations.entry(part.index).or_default().push(part);
            }
            match settled {
                // Somebody forgot it meanwhile.
                Err(StoreError::Forgotten { .. }) if tried < TRIES => {
                    self.forgotten = self.store.not_to_come_back().await?;
                }
                Err(error) if tried < TRIES && self.store.is_outrun(&error) => {}
                done => return done,
            }
        }
        Ok(())
    }

    /// Takes those away of which nothing is to be written. Returns what is there of the others, without their questions.
    async fn leave_out(
        &self,
        conversations: &mut BTreeMap<usize, Vec<Part>>,
        fates: &mut Fates,
    ) -> Result<HashMap<Key, Entry>, StoreError> {
        let heads = conversations.values().flatten().filter(|part| part.is_head);
        let stored = self.stored(heads).await?;
        let is_held = |part: &Part| self.forgotten.holds(&part.memory.key());
        conversations.retain(|index, parts| {
            let head = parts.iter().find(|part| part.is_head);
            let fate = head.and_then(|head| match is_held(head) {
                true => Some(Fate::Forgotten),
                false => self.fate_beside(head, &stored),
            });
            let Some(fate) = fate else {
                let before = parts.len();
                parts.retain(|part| !is_held(part));
                fates.forgotten += (before - parts.len()) as u64;
                return true;
            };
            if let Fate::Kept(outcome) = fate {
                for part in parts.iter().filter(|part| !is_held(part)) {
                    fates.course.came_of(part, outcome);
                    fates.course.count(part, |written| &mut written.unchanged);
                }
            } else {
                fates.fates.insert(*index, fate);
            }
            false
        });
        Ok(stored)
    }

    /// Returns what becomes of a conversation where that follows from what is there under its id. Its questions were
    /// written before it was, so where it has not changed, none is missing that was not taken away here.
    fn fate_beside(&self, head: &Part, stored: &HashMap<Key, Entry>) -> Option<Fate> {
        let there = stored.get(&head.memory.key())?;
        let (Memory::Episode(given), Memory::Episode(kept)) = (&head.memory, &there.memory) else {
            return None;
        };
        if given.source != kept.source {
            let source = kept.source.clone();
            return Some(Fate::IdOfAnother { source });
        }
        if is_older(edition(given), edition(kept)) {
            return Some(Fate::Older);
        }
        let is_same = !self.store.restores && head.differing(there).is_empty();
        is_same.then_some(Fate::Kept(Outcome::Unchanged))
    }
}

/// When a conversation was changed for the last time, and how many messages it had then.
type Edition = (Option<Timestamp>, i64);

fn edition(episode: &Episode) -> Edition {
    (episode.updated_at, episode.message_count)
}

/// Returns whether a conversation is older than another with its id: by time, and where that says nothing by length.
fn is_older(one: Edition, other: Edition) -> bool {
    match (one.0, other.0) {
        (Some(one), Some(other)) if one != other => one < other,
        _ => one.1 < other.1,
    }
}

/// Of those that have one id and one source the newest counts; of equals the last.
fn older_of_each(new: &[NewConversation]) -> BTreeMap<usize, Fate> {
    let mut newest: HashMap<&str, usize> = HashMap::new();
    let mut older = BTreeMap::new();
    let edition = |index: usize| -> Edition {
        let times = new[index]
            .messages
            .iter()
            .filter_map(|message| message.created_at);
        let length = i64::try_from(new[index].messages.len()).unwrap_or(i64::MAX);
        (new[index].updated_at.or(times.max()), length)
    };
    for (index, conversation) in new.iter().enumerate() {
        let Some(id) = conversation.id.as_deref() else {
            continue;
        };
        let Some(&other) = newest.get(id) else {
            newest.insert(id, index);
            continue;
        };
        if new[other].source != conversation.source {
            let source = new[other].source.clone().unwrap_or_default();
            older.insert(index, Fate::IdOfAnother { source });
        } else if is_older(edition(index), edition(other)) {
            older.insert(index, Fate::Older);
        } else {
            older.insert(other, Fate::Older);
            newest.insert(id, index);
        }
    }
    older
}

/// A title is taken over with what else is new: what was renamed here keeps its name until then.
fn named_here(mut part: Part) -> Part {
    if let Some(said) = &mut part.said
        && let Some(at) = said.iter().position(|field| *field == "title")
    {
        part.follows.push(said.remove(at));
    }
    part
}

/// Returns whether an error is about one of several, which are then tried one by one.
fn is_of_one(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Flawed { .. }
            | StoreError::Backend(BackendError::TooLarge { .. })
            | StoreError::Embed(EmbedError::Refused {
                status: 400 | 413 | 422,
                ..
            })
    )
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;

    use super::*;
    use crate::embed::{Embedder, Purpose};
    use crate::json::{Text, Value};
    use crate::model::Space;
    use crate::store::{NewMessage, NewTurn, Role, Store};

    /// Notes how many texts it was given at once.
    #[derive(Debug)]
    struct Counting {
        space: Arc<Space>,
        asked: Mutex<Vec<usize>>,
    }

    #[async_trait]
    impl Embedder for Counting {
        fn space(&self) -> &Arc<Space> {
            &self.space
        }

        async fn embed(&self, texts: &[String], _: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
            self.asked.lock().unwrap().push(texts.len());
            let vectors = texts.iter().map(|text| vec![text.len() as f32, 1.0]);
            Ok(vectors.collect())
        }
    }

    /// A conversation of so many turns, in which each says this.
    fn talk(id: &str, minute: i64, says: &str, turns: usize) -> NewConversation {
        let turn = |number: usize| NewTurn {
            question: format!("{number}?"),
            answer: format!("{says} {number}"),
            ..NewTurn::default()
        };
        let message = |number: usize| NewMessage {
            role: Role::Human,
            content: format!("{says} {number}"),
            created_at: None,
            record: Value::Object(vec![(
                Text::new("content"),
                Value::String(Text::from(format!("{says} {number}"))),
            )]),
        };
        NewConversation {
            id: Some(id.to_owned()),
            source: Some("openai".to_owned()),
            updated_at: Timestamp::from_micros(minute * 60_000_000),
            messages: (0..turns).map(message).collect(),
            turns: Some((0..turns).map(turn).collect()),
            ..NewConversation::default()
        }
    }

    fn embedder() -> Arc<Counting> {
        Arc::new(Counting {
            space: Arc::new(Space::local("m", 2)),
            asked: Mutex::default(),
        })
    }

    /// Three conversations of three turns.
    fn talks(minute: i64, says: &str) -> Vec<NewConversation> {
        Vec::from(["a", "b", "c"].map(|id| talk(id, minute, says, 3)))
    }

    /// What would be written counts as there for what comes after it.
    #[tokio::test]
    async fn a_trial_tells_what_would_come_of_it() {
        let directory = tempfile::TempDir::new().unwrap();
        let memory = Store::open_or_create(directory.path().join("data"), embedder()).await;
        let memory = memory.unwrap();
        let mut told = Vec::new();
        for writes in [false, false, true, false] {
            let mut merging = memory.merging(writes).await.unwrap();
            let mut course = Vec::new();
            let mut longer = talks(3, "it changed");
            longer.extend(talks(2, "before"));
            longer[0] = talk("a", 4, "it changed", 2);
            for batch in [
                talks(1, "before"),
                talks(2, "it changed"),
                longer,
                talks(1, "before"),
            ] {
                let merged = merging.merge(batch).await.unwrap();
                let older = |fate: &&Fate| matches!(fate, Fate::Older);
                let older = merged.fates.iter().filter(older).count();
                course.push((older, merged.remembered.memories));
            }
            told.push(course);
        }
        assert_eq!(told[0], told[1]);
        assert_eq!(told[0], told[2]);
        assert_eq!(told[0][1].1[Kind::Node].updated, 9);
        let nothing = told[3].iter().map(|(_, memories)| memories[Kind::Node]);
        assert!(nothing.clone().all(|node| node.added + node.updated == 0));
    }

    #[tokio::test]
    async fn what_changed_is_embedded_together() {
        let directory = tempfile::TempDir::new().unwrap();
        let embedder = embedder();
        let memory = Store::open_or_create(directory.path().join("data"), embedder.clone()).await;
        let memory = memory.unwrap();
        let mut merging = memory.merging(true).await.unwrap();
        merging.merge(talks(1, "before")).await.unwrap();
        embedder.asked.lock().unwrap().clear();
        let merged = merging.merge(talks(2, "it changed")).await.unwrap();
        assert_eq!(merged.remembered.memories[Kind::Node].updated, 9);
        // Episodes are known by their first questions, which stay.
        assert_eq!(*embedder.asked.lock().unwrap(), [9]);
        for node in memory.node_pages().next().await.unwrap().unwrap() {
            let entry = memory.get(node.id()).await.unwrap();
            let text = crate::search::text::embedded(&entry.memory);
            let numbers = entry.embedding.unwrap().numbers().to_vec();
            assert_eq!(numbers, [text.len() as f32, 1.0], "{text}");
            assert!(text.contains("it changed"), "{text}");
        }
    }
}
