//! Idempotent writes: memories that bring ids of their own are stored once, though they are given twice.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::course::{Course, Sorted};
use super::duplicates::{COMPARED, Compared, Of, OnDuplicate, Twin, hashes};
use super::links::linked;
use super::new_conversation::NotKept;
use super::part::{Part, gone};
use super::remembered::{IfThere, Outcome, Remembered};
use super::scoped::{Added, TRIES, says_nothing};
use super::{NewConversation, NewNode, NewRecord, ScopedStore, StoreError, WordsOnly};
use crate::backend::{BackendError, Brought, Draft, Entry, Sources};
use crate::model::{Key, Kind, Space, Timestamp};
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

/// What takes the place of a memory that differs.
struct Replacement<'p> {
    part: &'p Part,
    old: &'p Entry,
    new: Entry,
    /// Whether what is embedded of it stays the same.
    same_text: bool,
    /// Whether it has the vector that the other had.
    keeps_vector: bool,
}

/// The fields that say that something was said anew, from which others follow.
const SAID: [&str; 4] = [
    "human_content",
    "assistant_content",
    "messages",
    "updated_at",
];

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
        let (now, sources) = (Timestamp::now(), self.sources().await?);
        let (mut course, mut parts, mut again) = (Course::of(new.len()), Vec::new(), Vec::new());
        for (index, new) in new.into_iter().enumerate() {
            parts.extend(self.parts(index, new, now, &sources)?);
        }
        while !parts.is_empty() {
            parts = apart(parts, &mut again, if_there, &mut course)?;
            course.changing = again.iter().map(|part| part.memory.key()).collect();
            let stored = self.stored(&parts).await?;
            self.settle(&parts, stored, if_there, &mut course).await?;
            parts = std::mem::take(&mut again);
        }
        Ok(course.remembered())
    }

    /// Returns what something that is given becomes, as it will be when it is read again.
    pub(super) fn parts(
        &self,
        index: usize,
        new: NewMemory,
        now: Timestamp,
        sources: &Sources,
    ) -> Result<Vec<Part>, StoreError> {
        let stamp = Stamp::only(self.scope);
        let foreign = |kind| move |why| StoreError::ForeignSource { index, kind, why };
        let flawed = |flaw| StoreError::Flawed { index, flaw };
        let mut parts = match new {
            NewMemory::Node(mut node) => {
                let verbatim = node.take_verbatim();
                let part = node.into_part(index, now, sources);
                let mut part = part.map_err(foreign(Kind::Node))?;
                part.memory = record::with(&part.memory, verbatim, &stamp).map_err(flawed)?;
                if says_nothing(&part.memory) {
                    return Err(StoreError::Blank { index });
                }
                vec![part]
            }
            NewMemory::Conversation(conversation) if conversation.is_blank() => {
                return Err(StoreError::Blank { index });
            }
            NewMemory::Conversation(conversation) => conversation
                .into_parts(index, now, sources, &stamp)
                .map_err(|why| match why {
                    NotKept::Source(why) => foreign(Kind::Episode)(why),
                    NotKept::Flaw(flaw) => flawed(flaw),
                })?,
            NewMemory::Record(record) => vec![record.into_part(index, &stamp).map_err(flawed)?],
        };
        for part in &mut parts {
            part.memory = record::admit(&part.memory, &stamp).map_err(flawed)?;
        }
        Ok(parts)
    }

    /// Writes what is not there yet, and replaces what differs from what is `stored`. Others may write the same
    /// meanwhile: then it is looked again.
    async fn settle(
        &self,
        parts: &[Part],
        mut stored: HashMap<Key, Entry>,
        if_there: IfThere,
        course: &mut Course,
    ) -> Result<(), StoreError> {
        for tried in 1.. {
            match self.try_to_settle(parts, &stored, if_there, course).await {
                Err(error) if tried < TRIES && self.is_outrun(&error) => {}
                done => return done,
            }
            stored = self.stored(parts).await?;
        }
        Ok(())
    }

    /// Does the same once.
    pub(super) async fn try_to_settle(
        &self,
        parts: &[Part],
        stored: &HashMap<Key, Entry>,
        if_there: IfThere,
        course: &mut Course,
    ) -> Result<(), StoreError> {
        let sorted = Sorted::of(parts, stored, course);
        if let (IfThere::Refuse, Some((part, _, fields))) = (if_there, sorted.others.first()) {
            return Err(StoreError::Differs {
                index: part.index,
                id: part.memory.id().to_owned(),
                fields: fields.clone(),
            });
        }
        match self.settled(parts, sorted, course).await {
            Err(StoreError::Forgotten { id, .. }) => {
                let bearer = parts.iter().find(|part| part.bears(&id));
                let index = bearer.map_or(0, |part| part.index);
                Err(StoreError::Forgotten { index, id })
            }
            done => done,
        }
    }

    /// Returns whether a write failed only because others wrote meanwhile.
    pub(super) fn is_outrun(&self, error: &StoreError) -> bool {
        match error {
            // What was seen of the scope's space holds no more; without it, the vectors do not agree.
            StoreError::Backend(BackendError::WrongSpace { .. }) => self.seen.forget(self.scope),
            StoreError::Backend(
                BackendError::Exists { .. }
                | BackendError::Changed { .. }
                | BackendError::NoSuchMemory { .. },
            ) => true,
            _ => false,
        }
    }

    async fn settled(
        &self,
        parts: &[Part],
        sorted: Sorted<'_>,
        course: &mut Course,
    ) -> Result<(), StoreError> {
        let (missing, leaving) = (&sorted.missing, sorted.leaving(course));
        let Compared {
            mut twins,
            entries,
            words_only,
        } = self.compared(missing, &leaving).await?;
        let named = missing
            .iter()
            .map(|part| part.is_named().then(|| part.memory.id().to_owned()));
        let mut ids: Vec<Option<String>> = named.collect();
        // What a link leads to has its id first. What is kept is written at once, and compared by that.
        let waits = |place: usize| {
            let twin = twins[place].as_ref().map(|twin| &twin.of);
            let of_given = matches!(twin, Some(Of::Given(first)) if ids[*first].is_none());
            of_given && self.on_duplicate == OnDuplicate::Link
        };
        let (later, first): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(at, _)| waits(*at));
        let mut left_out = None;
        for entries in [first, later] {
            if entries.is_empty() {
                continue;
            }
            let places: Vec<usize> = entries.iter().map(|(place, _)| *place).collect();
            let drafts = self.new_drafts(missing, entries, &twins, &ids)?;
            let keys = match self.on_duplicate {
                OnDuplicate::Keep => {
                    let (keys, there) = self.insert_comparing(drafts, &hashes(missing)).await?;
                    twins = self.told_twins(missing, there, &leaving).await;
                    keys
                }
                _ => self.insert_comparing(drafts, &[]).await?.0,
            };
            left_out = left_out.or(self.write_beside(&keys).await);
            for (place, key) in places.into_iter().zip(keys) {
                let part = missing[place];
                course.came_of(part, part.if_missing());
                course.count(part, |written| &mut written.added);
                if part.is_head {
                    course.ids[part.index].clone_from(&key.id);
                }
                ids[place] = Some(key.id);
            }
        }
        course.tell(words_only, left_out);
        for part in parts.iter().filter(|part| part.is_head && part.is_named()) {
            course.ids[part.index] = part.memory.id().to_owned();
        }
        for (place, twin) in twins.iter().enumerate() {
            let Some(twin) = twin else { continue };
            let id = ids[place].as_deref();
            course.has_twin(missing[place], twin, id, &ids, self.on_duplicate);
        }
        // The questions before their conversation: where that is as it is to be, so are they.
        let mut others = sorted.others;
        others.sort_by_key(|(part, ..)| part.is_head);
        let (replacements, words_only) = self.replacements(others).await?;
        course.tell(words_only, None);
        let (mut done, mut changed) = (Ok(()), Vec::new());
        for replacement in replacements {
            let (part, same_text) = (replacement.part, replacement.same_text);
            let key = replacement.old.memory.key();
            done = self.put(replacement, course).await;
            if done.is_err() {
                break;
            }
            changed.extend((!same_text).then_some(key));
            course.came_of(part, Outcome::Updated);
            course.count(part, |written| &mut written.updated);
        }
        course.tell(None, self.write_beside(&changed).await);
        done?;
        for part in sorted.same {
            course.count(part, |written| &mut written.unchanged);
        }
        Ok(())
    }

    /// Returns new memories as they are to be written, each of which is at a place among `missing`.
    fn new_drafts(
        &self,
        missing: &[&Part],
        entries: Vec<(usize, Entry)>,
        twins: &[Option<Twin>],
        ids: &[Option<String>],
    ) -> Result<Vec<Draft>, StoreError> {
        let mut drafts = Vec::with_capacity(entries.len());
        for (place, mut entry) in entries {
            let part = missing[place];
            let twin = twins[place].as_ref().and_then(|twin| twin.id(ids));
            if let (OnDuplicate::Link, Some(twin)) = (self.on_duplicate, twin) {
                let flawed = |flaw| StoreError::Flawed {
                    index: part.index,
                    flaw,
                };
                let stamp = Stamp::only(self.scope);
                entry.memory = linked(&entry.memory, twin, &stamp).map_err(flawed)?;
            }
            drafts.push(part.placing.draft(entry));
        }
        Ok(drafts)
    }

    /// Writes new memories; returns their keys in order, and what was there with one of these hashes.
    async fn insert_comparing(
        &self,
        drafts: Vec<Draft>,
        hashes: &[Option<u64>],
    ) -> Result<(Vec<Key>, Vec<(u64, Key)>), StoreError> {
        let made = drafts
            .iter()
            .find_map(|draft| draft.entry().embedding.as_ref());
        let space = made.map(|made| Arc::clone(made.space()));
        let brought = Brought::by(&drafts);
        let asked: BTreeSet<u64> = hashes.iter().flatten().copied().collect();
        let asked: Vec<u64> = asked.into_iter().collect();
        let written = self
            .backend
            .insert_comparing(self.scope, drafts, COMPARED, &asked);
        let written = self.written(&brought, written).await?;
        if space.is_some() {
            self.seen.note(self.scope, space.as_ref());
        }
        Ok(written)
    }

    /// Returns the scope's space, for new vectors. The one that was seen saves a question where all of
    /// them are made in it: if it is another by now, the backend refuses them.
    pub(super) async fn space_to_write_in(
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

    /// Returns what takes the place of memories that differ, with the vectors of new texts, which are made together.
    async fn replacements<'p>(
        &self,
        others: Vec<(&'p Part, &'p Entry, Vec<&'static str>)>,
    ) -> Result<(Vec<Replacement<'p>>, Option<WordsOnly>), StoreError> {
        let stamp = Stamp::only(self.scope);
        let mut replacements = Vec::with_capacity(others.len());
        let (mut memories, mut vectors) = (Vec::new(), Vec::new());
        for (part, old, mut fields) in others {
            if fields.iter().any(|field| SAID.contains(field)) {
                fields.extend(&part.follows);
            }
            let memory = match part.said {
                Some(_) => record::taking(&old.memory, &part.memory, &fields, &stamp),
                None => Ok(part.memory.clone()),
            };
            let memory = memory.map_err(|flaw| StoreError::Flawed {
                index: part.index,
                flaw,
            })?;
            let same_text = search::text::embedded(&memory) == search::text::embedded(&old.memory);
            let keeps_vector = part.vector.is_none() && same_text;
            if !keeps_vector {
                memories.push(memory.clone());
                vectors.push(part.vector.clone());
            }
            let embedding = old.embedding.clone().filter(|_| keeps_vector);
            replacements.push(Replacement {
                part,
                old,
                new: Entry { memory, embedding },
                same_text,
                keeps_vector,
            });
        }
        if memories.is_empty() {
            return Ok((replacements, None));
        }
        let (made, words_only) = self.embeddings(&memories, vectors).await?;
        let changed = replacements.iter_mut().filter(|it| !it.keeps_vector);
        for (replacement, embedding) in changed.zip(made) {
            replacement.new.embedding = embedding;
        }
        Ok((replacements, words_only))
    }

    /// Replaces what was said of a memory; of a conversation, its questions that are no more go.
    async fn put(
        &self,
        replacement: Replacement<'_>,
        course: &mut Course,
    ) -> Result<(), StoreError> {
        let Replacement { part, old, new, .. } = replacement;
        let gone = match part.said {
            Some(_) => gone(&old.memory, &new.memory),
            None => Vec::new(),
        };
        // Where the same is done again, what is cut short must differ still. Elsewhere it has too much rather than too
        // little.
        if course.is_repeated {
            self.take_away(&gone, course).await?;
        }
        self.backend.replace(self.scope, &old.memory, new).await?;
        if !course.is_repeated {
            self.take_away(&gone, course).await?;
        }
        Ok(())
    }

    async fn take_away(&self, gone: &[Key], course: &mut Course) -> Result<(), StoreError> {
        if !gone.is_empty() {
            for key in self.backend.delete(self.scope, gone).await? {
                course.memories[key.kind].removed += 1;
            }
        }
        Ok(())
    }

    /// Returns those whose ids were given that are there.
    pub(super) async fn stored<'p>(
        &self,
        parts: impl IntoIterator<Item = &'p Part>,
    ) -> Result<HashMap<Key, Entry>, StoreError> {
        let named = parts.into_iter().filter(|part| part.is_named());
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
    course: &mut Course,
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
                course.count(&part, |written| &mut written.unchanged);
                if part.is_head {
                    course.repeats(part.index, earlier.index);
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
