//! What a subscriber of `tracing` sees of a store's work: which calls of the backend, and nothing that is
//! remembered or asked.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tulving::backend::file::FileBackend;
use tulving::model::Scope;
use tulving::store::{NewNode, Query, Store, StoreConfig};
use uuid::Uuid;

/// Keeps the names of spans, with their fields.
#[derive(Clone, Default)]
struct Seen {
    spans: Arc<Mutex<Vec<String>>>,
    next: Arc<AtomicU64>,
}

impl Subscriber for Seen {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "tulving::backend"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line(span.metadata().name().to_owned());
        span.record(&mut line);
        self.spans.lock().unwrap().push(line.0);
        Id::from_u64(1 + self.next.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0 += &format!(" {field}={value:?}");
    }
}

#[test]
fn a_subscriber_sees_the_calls_of_a_search_and_nothing_private() {
    let directory = tempfile::TempDir::new().unwrap();
    let me = Scope::User(Uuid::new_v4());
    let config = StoreConfig::files(directory.path());
    let space = config.embedder.space();
    FileBackend::create(directory.path(), me, Some(space)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let store = runtime.block_on(Store::open(config)).unwrap();
    let memory = store.scope(me);
    let seen = Seen::default();
    tracing::subscriber::with_default(seen.clone(), || {
        runtime.block_on(async {
            let pool = NewNode::new("Why did the worker hang?", "The pool was exhausted.");
            memory.add(vec![pool]).await.unwrap();
            seen.spans.lock().unwrap().clear();
            memory.search(&Query::text("the pool")).await.unwrap();
        });
    });
    let mut spans = seen.spans.lock().unwrap().clone();
    spans.sort();
    spans.dedup();
    let calls = ["get", "search"];
    assert_eq!(spans, calls.map(|call| format!("{call} scope=\"user\"")));
}
