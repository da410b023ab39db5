//! Idempotent writes: memories that bring ids of their own are stored once, though they are given twice.

use std::collections::HashMap;
use std::sync::Arc;

use super::beside::LeftOut;
use super::new_conversation::NotKept;
use super::part::Part;
use super::scoped::{Added, TRIES, says_nothing};
use super::{NewConversation, NewNode, NewRecord, ScopedStore, StoreError, WordsOnly};
use crate::backend::{BackendError, Brought, Entry};
use crate::model::{Key, Kind, Memory, Space, Timestamp};
use crate::record::{self, Stamp};
use crate::search;

/// Something to be remembered.
#[derive(Debug, Clone, PartialEq)]
pub enum NewMemory {
    /// A question and its answer.
    Node(NewNode),
    /// A whole conversation.
    Conversation(NewConversation),
    /// A memory as its record says it.
    Record(NewRecord),
}

/// What becomes of a memory that is there already and differs from the one that bears its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IfThere {
    /// Nothing is written, and the difference is an error.
    #[default]
    Refuse,
    /// What was said takes its place; what was not said of it stays.
    Update,
}

/// What became of something that was to be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Added,
    /// It was there, and is different now.
    Updated,
    /// It was there, and the same.
    Unchanged,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The ids, in the order of what was given; of a conversation, that of the episode.
    pub ids: Vec<String>,
    /// What became of each.
    pub outcomes: Vec<Outcome>,
    /// Why some have no vector and will be found by words only.
    pub words_only: Option<WordsOnly>,
    /// Why some have no vector in a further space.
    pub left_out: Option<LeftOut>,
}

impl ScopedStore {
    /// Remembers questions and their answers, each at the end of its conversation; all or none.
    /// When this returns they survive the loss of power.
    ///
    /// # Errors
    /// If one says nothing or cannot be kept, its vector cannot be made, or it brings an id that another
    /// has.
    pub async fn add(&self, nodes: Vec<NewNode>) -> Result<Added, StoreError> {
        let nodes = nodes.into_iter().map(NewMemory::Node).collect();
        let remembered = self.remember(nodes, IfThere::Refuse).await?;
        Ok(Added {
            ids: remembered.ids,
            words_only: remembered.words_only,
            left_out: remembered.left_out,
        })
    }

    /// Remembers questions with their answers, each at the end of its conversation, and whole
    /// conversations. What brings an id that is there already, and says the same again, changes
    /// nothing. All new ones are written together or none; when this returns they survive the loss of
    /// power.
    ///
    /// # Errors
    /// [`StoreError::Differs`] if an id is there already with something else to it, unless that is to
    /// be updated; [`StoreError::Forgotten`] if it was forgotten; if one says nothing or cannot be kept, or its vector cannot be made.
    pub async fn remember(
        &self,
        new: Vec<NewMemory>,
        if_there: IfThere,
    ) -> Result<Remembered, StoreError> {
        let given = new.len();
        let (mut parts, mut again) = (self.parts(new).await?, Vec::new());
        let mut remembered = Remembered {
            ids: vec![String::new(); given],
            outcomes: Vec::new(),
            words_only: None,
            left_out: None,
        };
        let mut outcomes = vec![None; given];
        while !parts.is_empty() {
            parts = apart(parts, &mut again, if_there, &mut outcomes, &mut remembered)?;
            self.settle(&parts, if_there, &mut outcomes, &mut remembered)
                .await?;
            parts = std::mem::take(&mut again);
        }
        let outcomes = outcomes.into_iter();
        remembered.outcomes = outcomes
            .map(|outcome| outcome.unwrap_or(Outcome::Unchanged))
            .collect();
        Ok(remembered)
    }

    /// Returns what each of those that are given becomes, as it will be when it is read again.
    async fn parts(&self, new: Vec<NewMemory>) -> Result<Vec<Part>, StoreError> {
        let (now, sources) = (Timestamp::now(), self.sources().await?);
        let stamp = Stamp::only(self.scope);
        let mut parts = Vec::new();
        for (index, new) in new.into_iter().enumerate() {
            let foreign = |kind| move |why| StoreError::ForeignSource { index, kind, why };
            match new {
                NewMemory::Node(mut node) => {
                    let verbatim = node.take_verbatim();
                    let part = node.into_part(index, now, &sources);
                    let mut part = part.map_err(foreign(Kind::Node))?;
                    part.memory = record::with(&part.memory, verbatim, &stamp)
                        .map_err(|flaw| StoreError::Flawed { index, flaw })?;
                    if says_nothing(&part.memory) {
                        return Err(StoreError::Blank { index });
                    }
                    parts.push(part);
                }
                NewMemory::Conversation(conversation) => {
                    if conversation.is_blank() {
                        return Err(StoreError::Blank { index });
                    }
                    let more = conversation.into_parts(index, now, &sources, &stamp);
                    parts.extend(more.map_err(|why| match why {
                        NotKept::Source(why) => foreign(Kind::Episode)(why),
                        NotKept::Flaw(flaw) => StoreError::Flawed { index, flaw },
                    })?);
                }
                NewMemory::Record(record) => {
                    let part = record.into_part(index, &stamp);
                    parts.push(part.map_err(|flaw| StoreError::Flawed { index, flaw })?);
                }
            }
        }
        for part in &mut parts {
            let index = part.index;
            part.memory = record::admit(&part.memory, &stamp)
                .map_err(|flaw| StoreError::Flawed { index, flaw })?;
        }
        Ok(parts)
    }

    /// Writes what is not there yet, and replaces what differs. Others may write the same meanwhile:
    /// then it is looked again.
    async fn settle(
        &self,
        parts: &[Part],
        if_there: IfThere,
        outcomes: &mut [Option<Outcome>],
        remembered: &mut Remembered,
    ) -> Result<(), StoreError> {
        for tried in 1.. {
            let stored = self.stored(parts).await?;
            let (mut missing, mut others) = (Vec::new(), Vec::new());
            for part in parts {
                let known = stored.get(&part.memory.key());
                match known.filter(|_| part.is_named()) {
                    // What nobody named is known by nothing but that it was written.
                    None if part.is_named() || outcomes[part.index].is_none() => missing.push(part),
                    None => {}
                    Some(entry) => {
                        let fields = part.differing(entry);
                        if !fields.is_empty() {
                            others.push((part, entry, fields));
                        }
                    }
                }
            }
            if let (IfThere::Refuse, Some((part, _, fields))) = (if_there, others.first()) {
                return Err(StoreError::Differs {
                    index: part.index,
                    id: part.memory.id().to_owned(),
                    fields: fields.clone(),
                });
            }
            match self
                .settled(parts, missing, others, outcomes, remembered)
                .await
            {
                // What was seen of the scope's space holds no more; without it, the vectors do not agree.
                Err(StoreError::Backend(BackendError::WrongSpace { .. }))
                    if tried < TRIES && self.seen.forget(self.scope) => {}
                Err(StoreError::Backend(
                    BackendError::Exists { .. }
                    | BackendError::Changed { .. }
                    | BackendError::NoSuchMemory { .. },
                )) if tried < TRIES => {}
                Err(StoreError::Forgotten { id, .. }) => {
                    let bearer = parts.iter().find(|part| part.bears(&id));
                    let index = bearer.map_or(0, |part| part.index);
                    return Err(StoreError::Forgotten { index, id });
                }
                done => return done,
            }
        }
        Ok(())
    }

    async fn settled(
        &self,
        parts: &[Part],
        missing: Vec<&Part>,
        others: Vec<(&Part, &Entry, Vec<&'static str>)>,
        outcomes: &mut [Option<Outcome>],
        remembered: &mut Remembered,
    ) -> Result<(), StoreError> {
        let memories: Vec<_> = missing.iter().map(|part| part.memory.clone()).collect();
        let vectors: Vec<_> = missing.iter().map(|part| part.vector.clone()).collect();
        let stored = self.space_to_write_in(&vectors).await?;
        let (embeddings, words_only) = self.embeddings_in(stored, &memories, vectors).await?;
        let entries = memories.into_iter().zip(embeddings);
        let drafts = entries
            .zip(&missing)
            .map(|((memory, embedding), part)| part.placing.draft(Entry { memory, embedding }));
        let drafts: Vec<_> = drafts.collect();
        let keys = if drafts.is_empty() {
            Vec::new()
        } else {
            let made = drafts
                .iter()
                .find_map(|draft| draft.entry().embedding.as_ref());
            let space = made.map(|made| Arc::clone(made.space()));
            let brought = Brought::by(&drafts);
            let keys = self.backend.insert(self.scope, drafts);
            let keys = self.written(&brought, keys).await?;
            if space.is_some() {
                self.seen.note(self.scope, space.as_ref());
            }
            keys
        };
        remembered.words_only = remembered.words_only.take().or(words_only);
        let left_out = self.write_beside(&keys).await;
        remembered.left_out = remembered.left_out.take().or(left_out);
        for (part, key) in missing.iter().zip(keys) {
            // A conversation of which only a part was missing has changed.
            let outcome = if part.is_head {
                Outcome::Added
            } else {
                Outcome::Updated
            };
            outcomes[part.index].get_or_insert(outcome);
            if part.is_head {
                remembered.ids[part.index] = key.id;
            }
        }
        for part in parts.iter().filter(|part| part.is_head && part.is_named()) {
            remembered.ids[part.index] = part.memory.id().to_owned();
        }
        for (part, stored, fields) in others {
            let (words_only, left_out) = self.put(part, stored, &fields).await?;
            remembered.words_only = remembered.words_only.take().or(words_only);
            remembered.left_out = remembered.left_out.take().or(left_out);
            outcomes[part.index].get_or_insert(Outcome::Updated);
        }
        Ok(())
    }

    /// Returns the scope's space, for new vectors. The one that was seen saves a question where all of
    /// them are made in it: if it is another by now, the backend refuses them.
    async fn space_to_write_in(
        &self,
        vectors: &[Option<Vec<f32>>],
    ) -> Result<Option<Arc<Space>>, StoreError> {
        let seen = self.seen.of(self.scope).flatten();
        let makes = |space: &Arc<Space>| self.embeds_into(space).is_ok();
        match seen.filter(|space| vectors.iter().all(Option::is_none) && makes(space)) {
            Some(space) => Ok(Some(space)),
            None => self.space().await,
        }
    }

    /// Replaces what was said of a memory; of a conversation, its questions that are no more go.
    async fn put(
        &self,
        part: &Part,
        stored: &Entry,
        fields: &[&'static str],
    ) -> Result<(Option<WordsOnly>, Option<LeftOut>), StoreError> {
        let mut fields = fields.to_vec();
        if part.memory.kind() == Kind::Episode && fields.contains(&"messages") {
            fields.extend([
                "message_count",
                "duration_minutes",
                "has_code",
                "memory_node_ids",
            ]);
        }
        let stamp = Stamp::only(self.scope);
        let memory = match part.said {
            Some(_) => record::taking(&stored.memory, &part.memory, &fields, &stamp),
            None => Ok(part.memory.clone()),
        };
        let memory = memory.map_err(|flaw| StoreError::Flawed {
            index: part.index,
            flaw,
        })?;
        let same_text = search::text::embedded(&memory) == search::text::embedded(&stored.memory);
        let (embedding, words_only) = if part.vector.is_none() && same_text {
            (stored.embedding.clone(), None)
        } else {
            let one = std::slice::from_ref(&memory);
            let (made, words_only) = self.embeddings(one, vec![part.vector.clone()]).await?;
            (made.into_iter().next().flatten(), words_only)
        };
        let gone: Vec<Key> = match (&stored.memory, &memory) {
            (Memory::Episode(old), Memory::Episode(new)) if part.said.is_some() => {
                let ids = old.memory_node_ids.iter();
                ids.filter(|id| !new.memory_node_ids.contains(id))
                    .map(|id| Key::new(Kind::Node, id.as_str()))
                    .collect()
            }
            _ => Vec::new(),
        };
        let new = Entry { memory, embedding };
        self.backend
            .replace(self.scope, &stored.memory, new)
            .await?;
        let left_out = match same_text {
            true => None,
            false => self.write_beside(&[stored.memory.key()]).await,
        };
        // Last: what is cut short has too much rather than too little.
        if !gone.is_empty() {
            self.backend.delete(self.scope, &gone).await?;
        }
        Ok((words_only, left_out))
    }

    /// Returns those whose ids were given that are there.
    async fn stored(&self, parts: &[Part]) -> Result<HashMap<Key, Entry>, StoreError> {
        let named = parts.iter().filter(|part| part.is_named());
        let keys: Vec<Key> = named.map(|part| part.memory.key()).collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let found = self.backend.get(self.scope, &keys).await?;
        let found = keys.into_iter().zip(found);
        Ok(found
            .filter_map(|(key, entry)| Some((key, entry?)))
            .collect())
    }
}

/// Returns of several with one id the first; the others are left out if they say the same, and come
/// `again` if they are to take its place.
fn apart(
    parts: Vec<Part>,
    again: &mut Vec<Part>,
    if_there: IfThere,
    outcomes: &mut [Option<Outcome>],
    remembered: &mut Remembered,
) -> Result<Vec<Part>, StoreError> {
    let mut first: HashMap<Key, usize> = HashMap::new();
    let mut kept: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        let key = part.memory.key();
        let earlier = first
            .get(&key)
            .and_then(|at| kept.get(*at))
            .filter(|_| part.is_named());
        let Some(earlier) = earlier else {
            if part.is_named() {
                first.insert(key, kept.len());
            }
            kept.push(part);
            continue;
        };
        let as_if_stored = Entry {
            memory: earlier.memory.clone(),
            embedding: None,
        };
        let mut fields = part.differing(&as_if_stored);
        if part.vector == earlier.vector {
            fields.retain(|field| *field != "embedding");
        }
        match if_there {
            _ if fields.is_empty() => {
                if part.is_head {
                    remembered.ids[part.index] = key.id;
                    outcomes[part.index].get_or_insert(Outcome::Unchanged);
                }
            }
            IfThere::Update => again.push(part),
            IfThere::Refuse => {
                return Err(StoreError::Differs {
                    index: part.index,
                    id: key.id,
                    fields,
                });
            }
        }
    }
    Ok(kept)
}
