//! One attempt, and its control.

use std::collections::BTreeSet;
use std::sync::Arc;

use tulving::backend::{
    Backend, BackendError, Cursor, Draft, Entry, Filter, Needles, Order, Page, Request,
};
use tulving::model::{Document, Key, Kind, Scope};

use super::Side;
use crate::memories::{ALL, Memories};
use crate::question::{Question, everything};
use crate::rng::Rng;
use crate::sample::{self, at, vector};
use crate::scoring;

/// An attempt to get at a memory of another scope.
pub(super) struct Probe {
    name: String,
    victim: Entry,
    rng: Rng,
}

impl Probe {
    pub(super) fn new(number: u64, seed: u64, victim: Entry, rng: Rng) -> Self {
        Self {
            name: format!("probe {number} of seed {seed}, for {}", victim.memory.key()),
            victim,
            rng,
        }
    }

    /// As one scope for a memory of another, in a place that keeps both.
    pub(super) async fn between(&mut self, asker: &mut Side, owner: &mut Side) {
        let key = self.victim.memory.key();
        // It may have been recalled since it was written.
        self.victim = owner.naive.0[&key].clone();
        if self.rng.one_in(6) {
            self.documents(asker, owner).await;
        } else if self.rng.one_in(3) {
            self.write(asker).await;
            owner.memories.assert_holds(&self.victim).await;
            // Its owner can do what the asker could not.
            assert_eq!(
                owner.memories.touch(std::slice::from_ref(&key), 1).await,
                1,
                "{}",
                self.name
            );
            owner.naive.touch(&[key], at(1));
        } else {
            let question = question_about(&self.victim, &mut self.rng);
            self.answered(&question, asker).await;
            self.control(&question, owner, &key).await;
        }
    }

    /// Asks for a document that the owner alone has, and tries to remove it, and to put one of the same id.
    async fn documents(&self, asker: &Side, owner: &Side) {
        let (name, asker, owner) = (&self.name, &asker.memories, &owner.memories);
        let ids = |documents: &[Document]| -> BTreeSet<String> {
            documents
                .iter()
                .map(|document| document.id.clone())
                .collect()
        };
        let (own, theirs) = (
            ids(&asker.list_documents(None, ALL).await),
            ids(&owner.list_documents(None, ALL).await),
        );
        let id = theirs
            .difference(&own)
            .next()
            .expect("a document of its own");
        let whole = owner.document(id).await;
        assert!(whole.is_some(), "{name}: {id} is listed and not there");
        assert_eq!(asker.document(id).await, None, "{name}");
        assert!(asker.remove_documents(&[id]).await.is_empty(), "{name}");
        let mut forged = sample::document(id);
        forged.title = "Forged".to_owned();
        asker.put_document(&forged, []).await.expect("put");
        assert_eq!(owner.document(id).await, whole, "{name}");
        let removed = asker.remove_documents(&[id]).await;
        assert_eq!(removed, std::slice::from_ref(id), "{name}");
        assert_eq!(owner.document(id).await, whole, "{name}");
        owner.assert_holds(&self.victim).await;
    }

    /// As the only scope of a place, for a row in it that is stamped with another.
    pub(super) async fn alone(&mut self, asker: &mut Side, ours: &[Entry]) {
        if self.rng.one_in(3) {
            self.write(asker).await;
            let key = ours[self.rng.below(ours.len())].memory.key();
            assert_eq!(
                asker.memories.touch(std::slice::from_ref(&key), 1).await,
                1,
                "{}",
                self.name
            );
            asker.naive.touch(&[key], at(1));
        } else {
            let mut again = self.rng.clone();
            let question = question_about(&self.victim, &mut self.rng);
            self.answered(&question, asker).await;
            let own = &ours[again.below(ours.len())];
            let key = own.memory.key();
            let question = question_about(&asker.naive.0[&key], &mut again);
            self.control(&question, asker, &key).await;
        }
    }

    /// As somebody whose memories are not kept here; the control is that they are kept for others.
    pub(super) async fn as_stranger(&mut self, others: &Memories, stranger: Scope) {
        let Self { name, victim, rng } = self;
        let (backend, key) = (&*others.backend, victim.memory.key());
        let refusal = refusal(backend, stranger, victim, rng).await;
        match refusal {
            Some(BackendError::UnknownScope { scope, .. }) if scope == stranger => {}
            other => panic!("{name} as {stranger}: {other:?}"),
        }
        assert!(
            !others.all().await.is_empty(),
            "{name}: {key} has no company"
        );
    }

    async fn answered(&self, question: &Question, asker: &Side) {
        let answer = question.ask(&asker.memories).await;
        let expected = question.answered_by(&asker.naive);
        assert_eq!(answer, expected, "{}: {question:?}", self.name);
    }

    /// That the owner gets the right answer, and that it would be another without the memory.
    async fn control(&self, question: &Question, owner: &Side, key: &Key) {
        self.answered(question, owner).await;
        let mut without = owner.naive.clone();
        without.delete(std::slice::from_ref(key));
        let (with, without) = (
            question.answered_by(&owner.naive),
            question.answered_by(&without),
        );
        assert_ne!(with, without, "{}: {question:?} is not about it", self.name);
    }

    /// Tries to change the victim, and expects what the asker's own memories alone would do; then puts
    /// them back.
    async fn write(&mut self, asker: &mut Side) {
        let Side { memories, naive } = asker;
        let (name, victim) = (&self.name, &self.victim);
        let key = victim.memory.key();
        let own = naive.0.get(&key).cloned();
        match self.rng.below(7) {
            0 => {
                let drafts = vec![Draft::Whole(victim.clone())];
                let expected = naive.insert(drafts.clone());
                assert_same(name, memories.insert(drafts).await, expected);
            }
            1 => {
                let drafts = vec![Draft::Next(victim.clone())];
                let expected = naive.insert(drafts.clone());
                let found = memories.insert(drafts).await;
                if let Ok(keys) = &found {
                    memories.delete(keys).await;
                    naive.delete(keys);
                }
                assert_same(name, found, expected);
            }
            2 => {
                let expected = naive.replace(&victim.memory, victim.clone());
                let found = memories.replace(&victim.memory, victim.clone()).await;
                assert_same(name, found, expected);
            }
            3 => {
                let keys = [key.clone()];
                let found = memories.delete(&keys).await;
                assert_eq!(found, naive.delete(&keys), "{name}");
            }
            4 => {
                // No text of one is a text of the other.
                let put = memories
                    .backend
                    .put_vectors(memories.scope, vec![victim.clone()]);
                assert_eq!(put.await.expect("put vectors"), [], "{name}");
            }
            5 => {
                // A tombstone of one is none of the other, and no memory falls with it.
                let (backend, scope, keys) = (&memories.backend, memories.scope, [key.clone()]);
                backend.bury(scope, &keys, &[]).await.expect("bury");
                let forgotten = backend.forgotten(scope).await.expect("forgotten");
                assert_eq!(forgotten.tombstones.len(), 1, "{name}");
                backend.exhume(scope, &keys, &[]).await.expect("exhume");
            }
            _ => {
                let keys = [key.clone()];
                let found = memories.touch(&keys, 2).await;
                assert_eq!(found, naive.touch(&keys, at(2)), "{name}");
            }
        }
        match (own, naive.0.contains_key(&key)) {
            (None, true) => {
                memories.delete(std::slice::from_ref(&key)).await;
                naive.delete(std::slice::from_ref(&key));
            }
            (Some(own), false) => {
                memories.write([own.clone()]).await;
                naive.0.insert(key.clone(), own);
            }
            _ => {}
        }
        self.answered(&Question::Get(vec![key]), asker).await;
    }
}

fn assert_same<T: PartialEq + std::fmt::Debug>(
    name: &str,
    found: Result<T, BackendError>,
    expected: Result<T, BackendError>,
) {
    let found = found.map_err(|error| error.to_string());
    let expected = expected.map_err(|error| error.to_string());
    assert_eq!(found, expected, "{name}");
}

/// A question whose answer is another if the memory is not there.
fn question_about(victim: &Entry, rng: &mut Rng) -> Question {
    let facts = victim.memory.facts();
    let filter = filter_for(victim, rng);
    let limit = rng.pick(&[3, usize::MAX]);
    let get = Question::Get(vec![facts.key()]);
    match rng.below(8) {
        0 => get,
        7 if victim.embedding.is_some() => Question::Vectors(vec![facts.key()]),
        1 => {
            let order = rng.pick(&[Order::Newest, Order::Oldest]);
            let page = everything(order);
            // Just before the victim.
            let mut cursor = Cursor::from(&facts);
            cursor.sequence_index += if order == Order::Newest { 1 } else { -1 };
            let after = rng.one_in(2).then_some(cursor);
            Question::List(filter, Page { after, ..page })
        }
        2 => Question::Count(filter),
        3 if facts.cluster_id.is_some() => Question::Clusters,
        4 => match &victim.embedding {
            Some(vector) => Question::Nearest(vector.clone(), limit, filter),
            None => get,
        },
        5 => Question::Matching(asked(victim, rng), usize::MAX, filter),
        6 => {
            let request = Request {
                vector: victim.embedding.clone(),
                terms: asked(victim, rng),
                depth: limit,
                filter,
                reach: rng.below(4) as u64,
            };
            match rng.one_in(2) {
                true => Question::Candidates(request),
                false => Question::Search(request),
            }
        }
        _ => get,
    }
}

/// Some of the victim's words, each once.
fn asked(victim: &Entry, rng: &mut Rng) -> Vec<String> {
    let mut terms = scoring::words(&victim.memory);
    terms.truncate(rng.between(1, 3));
    terms.sort();
    terms.dedup();
    terms
}

/// One that the victim passes.
fn filter_for(victim: &Entry, rng: &mut Rng) -> Filter {
    let facts = victim.memory.facts();
    let all = Filter::default();
    match rng.below(6) {
        0 => Filter::of(facts.kind),
        1 => Filter {
            conversations: vec![facts.conversation_id.unwrap_or(facts.id)],
            ..all
        },
        2 => Filter {
            clusters: facts.cluster_id.into_iter().collect(),
            ..all
        },
        3 => Filter {
            tags: vec!["birds".to_owned()],
            ..all
        },
        4 => Filter {
            since: Some(facts.created_at),
            sources: vec![victim.memory.source().to_owned()],
            ..all
        },
        _ => all,
    }
}

/// The answer of one method to somebody whose memories are not kept.
async fn refusal(
    backend: &dyn Backend,
    stranger: Scope,
    victim: &Entry,
    rng: &mut Rng,
) -> Option<BackendError> {
    let keys = [victim.memory.key()];
    let filter = filter_for(victim, rng);
    let query = victim.embedding.clone().unwrap_or_else(|| vector(&[1.0]));
    let draft = vec![Draft::Whole(victim.clone())];
    let page = everything(Order::Newest);
    match rng.below(34) {
        0 => backend.space(stranger).await.err(),
        1 => backend.insert(stranger, draft).await.err(),
        2 => {
            let replaced = backend.replace(stranger, &victim.memory, victim.clone());
            replaced.await.err()
        }
        3 => backend.delete(stranger, &keys).await.err(),
        4 => backend.touch(stranger, &keys, at(3)).await.err(),
        5 => backend.get(stranger, &keys).await.err(),
        6 => backend.list(stranger, &filter, &page).await.err(),
        7 => backend.count(stranger, &filter).await.err(),
        8 => backend.clusters(stranger).await.err(),
        9 => {
            let request = Request::near(query, 9, filter);
            backend.search(stranger, &request).await.err()
        }
        10 => {
            let request = Request::holding(asked(victim, rng), 9, filter);
            backend.search(stranger, &request).await.err()
        }
        11 => backend.spaces(stranger).await.err(),
        12 => backend.add_space(stranger, query.space()).await.err(),
        13 => {
            let put = backend.put_vectors(stranger, vec![victim.clone()]);
            put.await.err()
        }
        14 => {
            let vectors = backend.vectors(stranger, query.space(), &keys);
            vectors.await.err()
        }
        15 => {
            let lacking = backend.lacking(stranger, query.space(), None, 9);
            lacking.await.err()
        }
        16 => backend.cut_over(stranger, query.space()).await.err(),
        17 => backend.follow(stranger, None, 9).await.err(),
        18 => backend.drop_space(stranger, query.space()).await.err(),
        19 => backend
            .documents(stranger, &["shared".to_owned()])
            .await
            .err(),
        20 => backend.list_documents(stranger, None, 9).await.err(),
        21 => {
            let ids = ["shared".to_owned()];
            backend.remove_documents(stranger, &ids).await.err()
        }
        22 => {
            let document = sample::document("shared");
            let put = backend.put_document(stranger, document, Vec::new());
            put.await.err()
        }
        23 => backend.erase(stranger).await.err(),
        24 => backend.purge(stranger, &Kind::ALL).await.err(),
        25 => {
            let mut needles = Needles::default();
            needles.add_id(victim.memory.id());
            backend.scan(stranger, &Arc::new(needles)).await.err()
        }
        26 => backend.forgotten(stranger).await.err(),
        27 => backend.bury(stranger, &keys, &[]).await.err(),
        28 => backend.exhume(stranger, &keys, &[]).await.err(),
        29 => backend.clear(stranger).await.err(),
        30 => backend.hold(stranger).await.err(),
        31 => {
            let kept = backend.keep_unfinished(stranger, Some(b"record"));
            kept.await.err()
        }
        32 => backend.unfinished(stranger).await.err(),
        _ => {
            let request = Request {
                terms: asked(victim, rng),
                reach: 9,
                ..Request::near(query, 9, filter)
            };
            backend.search(stranger, &request).await.err()
        }
    }
}
