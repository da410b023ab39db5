//! What is remembered is there once, whatever others do meanwhile and wherever it is cut short.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use testkit::sample;
use testkit::strict::StrictBackend;
use tulving::backend::{
    Backend, BackendError, BeyondReach, Candidates, Cluster, Counts, Draft, Entry, Filter,
    Followed, Forgotten, Held, IfTaken, Import, Imports, Inserted, KeptSpaces, Lacking, Listing,
    LiveChange, Needles, Page, Request, Scan,
};
use tulving::embed::Builtin;
use tulving::json::{Text, Value};
use tulving::model::{Document, Embedding, Key, Kind, Memory, Scope, Space, Timestamp};
use tulving::store::{
    IfThere, NewConversation, NewMemory, NewMessage, NewNode, Outcome, Remembered, Role,
    ScopedStore, Store, StoreError,
};

/// A backend that refuses some of its writes.
#[derive(Debug, Clone)]
struct Refusing {
    backend: StrictBackend,
    plan: Arc<Mutex<Plan>>,
}

/// What becomes of the writes that come.
#[derive(Debug, Clone, Copy)]
enum Plan {
    Take,
    /// After so many, so many find that another writer was there first.
    Outrun(usize, usize),
    /// After so many there are no more.
    End(usize),
}

impl Refusing {
    fn plan(&self, plan: Plan) {
        *self.plan.lock().unwrap() = plan;
    }

    fn may_write(&self, scope: Scope) -> Result<(), BackendError> {
        let mut plan = self.plan.lock().unwrap();
        match &mut *plan {
            Plan::Take | Plan::Outrun(0, 0) => Ok(()),
            Plan::Outrun(0, left) => {
                *left -= 1;
                let key = Key::new(Kind::Node, "another's");
                Err(BackendError::Changed { key })
            }
            Plan::End(0) => {
                let place = "what was cut short".to_owned();
                Err(BackendError::UnknownScope { scope, place })
            }
            Plan::Outrun(taken, _) | Plan::End(taken) => {
                *taken -= 1;
                Ok(())
            }
        }
    }
}

#[async_trait]
impl Backend for Refusing {
    async fn space(&self, scope: Scope) -> Result<Option<Arc<Space>>, BackendError> {
        self.backend.space(scope).await
    }

    async fn insert_each(
        &self,
        scope: Scope,
        drafts: Vec<Draft>,
        if_taken: IfTaken,
    ) -> Result<Vec<Inserted>, BackendError> {
        self.may_write(scope)?;
        self.backend.insert_each(scope, drafts, if_taken).await
    }

    async fn update_live(
        &self,
        scope: Scope,
        changes: Vec<LiveChange>,
    ) -> Result<u64, BackendError> {
        self.may_write(scope)?;
        self.backend.update_live(scope, changes).await
    }

    async fn erase(&self, scope: Scope) -> Result<Counts, BackendError> {
        self.may_write(scope)?;
        self.backend.erase(scope).await
    }

    async fn purge(&self, scope: Scope, kinds: &[Kind]) -> Result<Vec<BeyondReach>, BackendError> {
        self.backend.purge(scope, kinds).await
    }

    async fn clear(&self, scope: Scope) -> Result<bool, BackendError> {
        self.backend.clear(scope).await
    }

    async fn hold(&self, scope: Scope) -> Result<Held, BackendError> {
        self.backend.hold(scope).await
    }

    async fn keep_unfinished(
        &self,
        scope: Scope,
        record: Option<&[u8]>,
    ) -> Result<(), BackendError> {
        self.backend.keep_unfinished(scope, record).await
    }

    async fn unfinished(&self, scope: Scope) -> Result<Option<Vec<u8>>, BackendError> {
        self.backend.unfinished(scope).await
    }

    async fn scan(&self, scope: Scope, needles: &Arc<Needles>) -> Result<Scan, BackendError> {
        self.backend.scan(scope, needles).await
    }

    async fn forgotten(&self, scope: Scope) -> Result<Forgotten, BackendError> {
        self.backend.forgotten(scope).await
    }

    async fn bury(
        &self,
        scope: Scope,
        keys: &[Key],
        documents: &[String],
    ) -> Result<(), BackendError> {
        self.backend.bury(scope, keys, documents).await
    }

    async fn exhume(
        &self,
        scope: Scope,
        keys: &[Key],
        documents: &[String],
    ) -> Result<(), BackendError> {
        self.backend.exhume(scope, keys, documents).await
    }

    async fn replace(&self, scope: Scope, old: &Memory, new: Entry) -> Result<(), BackendError> {
        self.may_write(scope)?;
        self.backend.replace(scope, old, new).await
    }

    async fn delete(&self, scope: Scope, keys: &[Key]) -> Result<Vec<Key>, BackendError> {
        self.may_write(scope)?;
        self.backend.delete(scope, keys).await
    }

    async fn touch(&self, scope: Scope, keys: &[Key], at: Timestamp) -> Result<u64, BackendError> {
        self.may_write(scope)?;
        self.backend.touch(scope, keys, at).await
    }

    async fn get(&self, scope: Scope, keys: &[Key]) -> Result<Vec<Option<Entry>>, BackendError> {
        self.backend.get(scope, keys).await
    }

    async fn by_content_hash(
        &self,
        scope: Scope,
        kind: Kind,
        hashes: &[u64],
    ) -> Result<Vec<(u64, Key)>, BackendError> {
        self.backend.by_content_hash(scope, kind, hashes).await
    }

    async fn list(
        &self,
        scope: Scope,
        filter: &Filter,
        page: &Page,
    ) -> Result<Listing, BackendError> {
        self.backend.list(scope, filter, page).await
    }

    async fn count(&self, scope: Scope, filter: &Filter) -> Result<Counts, BackendError> {
        self.backend.count(scope, filter).await
    }

    async fn put_document(
        &self,
        scope: Scope,
        document: Document,
        chunks: Vec<Entry>,
    ) -> Result<(), BackendError> {
        self.may_write(scope)?;
        self.backend.put_document(scope, document, chunks).await
    }

    async fn remove_documents(
        &self,
        scope: Scope,
        ids: &[String],
    ) -> Result<Vec<String>, BackendError> {
        self.may_write(scope)?;
        self.backend.remove_documents(scope, ids).await
    }

    async fn documents(
        &self,
        scope: Scope,
        ids: &[String],
    ) -> Result<Vec<Option<Document>>, BackendError> {
        self.backend.documents(scope, ids).await
    }

    async fn list_documents(
        &self,
        scope: Scope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>, BackendError> {
        self.backend.list_documents(scope, after, limit).await
    }

    async fn begin_import(&self, scope: Scope, import: &Import) -> Result<Held, BackendError> {
        self.backend.begin_import(scope, import).await
    }

    async fn note_import(&self, scope: Scope, import: &Import) -> Result<(), BackendError> {
        self.backend.note_import(scope, import).await
    }

    async fn imports(&self, scope: Scope) -> Result<Imports, BackendError> {
        self.backend.imports(scope).await
    }

    async fn clusters(&self, scope: Scope) -> Result<Vec<Cluster>, BackendError> {
        self.backend.clusters(scope).await
    }

    async fn search(&self, scope: Scope, request: &Request) -> Result<Candidates, BackendError> {
        self.backend.search(scope, request).await
    }

    async fn spaces(&self, scope: Scope) -> Result<KeptSpaces, BackendError> {
        self.backend.spaces(scope).await
    }

    async fn add_space(&self, scope: Scope, space: &Space) -> Result<(), BackendError> {
        self.backend.add_space(scope, space).await
    }

    async fn put_vectors(
        &self,
        scope: Scope,
        entries: Vec<Entry>,
    ) -> Result<Vec<Key>, BackendError> {
        self.backend.put_vectors(scope, entries).await
    }

    async fn vectors(
        &self,
        scope: Scope,
        space: &Space,
        keys: &[Key],
    ) -> Result<Vec<Option<Embedding>>, BackendError> {
        self.backend.vectors(scope, space, keys).await
    }

    async fn lacking(
        &self,
        scope: Scope,
        space: &Space,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Lacking, BackendError> {
        self.backend.lacking(scope, space, after, limit).await
    }

    async fn cut_over(&self, scope: Scope, to: &Space) -> Result<(), BackendError> {
        self.backend.cut_over(scope, to).await
    }

    async fn follow(
        &self,
        scope: Scope,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Followed, BackendError> {
        self.backend.follow(scope, after, limit).await
    }

    async fn drop_space(&self, scope: Scope, space: &Space) -> Result<bool, BackendError> {
        self.backend.drop_space(scope, space).await
    }
}

fn empty() -> (Refusing, ScopedStore) {
    let owner = sample::user(1);
    let backend = Refusing {
        backend: StrictBackend::new([owner]),
        plan: Arc::new(Mutex::new(Plan::Take)),
    };
    let store = Store::new(Arc::new(backend.clone()), Arc::new(Builtin::new()));
    (backend, store.scope(owner))
}

/// A conversation `c` of these questions, each with its answer.
fn conversation(turns: &[(&str, &str)]) -> NewMemory {
    let messages = turns.iter().flat_map(|(question, answer)| {
        [(Role::Human, *question), (Role::Assistant, *answer)].map(|(role, content)| {
            let role_name = if role == Role::Human {
                "human"
            } else {
                "assistant"
            };
            let text = |text: &str| Value::String(Text::from(text.to_owned()));
            NewMessage {
                role,
                content: content.to_owned(),
                created_at: None,
                record: Value::Object(vec![
                    (Text::from("role".to_owned()), text(role_name)),
                    (Text::from("content".to_owned()), text(content)),
                ]),
            }
        })
    });
    NewMemory::Conversation(NewConversation {
        id: Some("c".to_owned()),
        messages: messages.collect(),
        ..NewConversation::default()
    })
}

/// A question that goes to the end of conversation `c`.
fn next(id: Option<&str>, question: &str, answer: &str) -> NewMemory {
    NewMemory::Node(NewNode {
        id: id.map(str::to_owned),
        conversation_id: Some("c".to_owned()),
        ..NewNode::new(question, answer)
    })
}

async fn update(memory: &ScopedStore, new: Vec<NewMemory>) -> Result<Remembered, StoreError> {
    memory.remember(new, IfThere::Update).await
}

/// What is asked and answered, in order.
async fn said(memory: &ScopedStore) -> Vec<(String, String)> {
    let page = Page {
        order: tulving::backend::Order::Oldest,
        after: None,
        limit: 100,
    };
    let listing = memory.list(&Filter::default(), &page).await.unwrap();
    let mut said = listing
        .memories
        .into_iter()
        .filter_map(|memory| match memory {
            Memory::Node(node) => Some((
                node.sequence_index,
                (node.human_content, node.assistant_content),
            )),
            Memory::Episode(_) | Memory::Chunk(_) => None,
        });
    let mut said: Vec<_> = said.by_ref().collect();
    said.sort();
    said.into_iter().map(|(_, said)| said).collect()
}

fn turns(turns: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(question, answer): &(&str, &str)| ((*question).to_owned(), (*answer).to_owned());
    turns.iter().map(owned).collect()
}

#[tokio::test]
async fn what_nobody_named_is_never_taken_for_another() {
    for if_there in [IfThere::Refuse, IfThere::Update] {
        for answer in ["Once.", "Twice."] {
            let (_, memory) = empty();
            let whole = || conversation(&[("Why?", "Once.")]);
            update(&memory, vec![whole()]).await.unwrap();
            // The same question, asked once more, at the end of the same conversation.
            let new = vec![whole(), next(None, "Why?", answer)];
            let done = memory.remember(new, if_there).await.unwrap();
            assert_eq!(done.outcomes, [Outcome::Unchanged, Outcome::Added]);
            assert!(!done.ids[1].is_empty());
            let expected = turns(&[("Why?", "Once."), ("Why?", answer)]);
            assert_eq!(said(&memory).await, expected, "{if_there:?}");
        }
    }
}

#[tokio::test]
async fn what_nobody_named_is_written_once_however_often_others_come_first() {
    let (backend, memory) = empty();
    let named = |answer| next(Some("a"), "Named", answer);
    update(&memory, vec![named("old")]).await.unwrap();
    // The insert succeeds, the replacement does not.
    backend.plan(Plan::Outrun(1, 3));
    let new = vec![next(None, "Unnamed", "x"), named("new")];
    let done = update(&memory, new).await.unwrap();
    assert_eq!(done.outcomes, [Outcome::Added, Outcome::Updated]);
    let expected = turns(&[("Named", "new"), ("Unnamed", "x")]);
    assert_eq!(said(&memory).await, expected);
}

#[tokio::test]
async fn an_update_that_is_cut_short_loses_nothing() {
    let before = [("One?", "1"), ("Two?", "2")];
    let after = [("One?", "1"), ("Three?", "3")];
    for writes in 0..3 {
        let (backend, memory) = empty();
        update(&memory, vec![conversation(&before)]).await.unwrap();
        backend.plan(Plan::End(writes));
        update(&memory, vec![conversation(&after)])
            .await
            .unwrap_err();
        backend.plan(Plan::Take);
        let Memory::Episode(episode) = memory.get("c").await.unwrap().memory else {
            unreachable!("an episode is asked for")
        };
        for id in &episode.memory_node_ids {
            memory.get(id).await.unwrap();
        }
    }
}
