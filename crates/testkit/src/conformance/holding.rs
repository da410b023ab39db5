//! Holding a scope: whoever has it is alone until it is let go.

use std::pin::pin;

use crate::fixture::{Fixture, Other};
use crate::memories::Memories;
use crate::sample::{plain, saying};

/// Writes and reads, while nobody may hold the scope.
async fn go_on(memories: &Memories, name: &str) {
    for n in 0..2 {
        let id = format!("{name}/{n}");
        memories.write([plain(saying(&id, "said"))]).await;
        assert_ne!(memories.all().await, []);
    }
}

/// Whoever comes second, from elsewhere or not, waits until the first lets go and has the scope then. Meanwhile
/// everybody reads and writes, and another scope can be held.
pub async fn who_holds_a_scope_is_alone(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let elsewhere = Memories::open(fixture).await;
    for (name, second) in [("elsewhere", &elsewhere), ("here", &memories)] {
        let held = memories.hold().await;
        if let Other::Kept(scope) = fixture.other() {
            let theirs = second.backend.hold(scope).await;
            drop(theirs.expect("hold another scope"));
        }
        // Who has it may do all that nobody else is to do meanwhile.
        memories.erase().await;
        memories.purge().await;
        assert!(memories.clear().await);
        let mut waiting = pin!(second.hold());
        tokio::select! {
            _ = &mut waiting => panic!("two hold one scope, the second {name}"),
            () = go_on(second, name) => {}
        }
        drop(held);
        drop(waiting.await);
    }
}

/// Who gives up waiting has nothing, and keeps nobody from it.
pub async fn a_hold_that_is_dropped_while_it_waits_holds_nothing(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let elsewhere = Memories::open(fixture).await;
    let held = memories.hold().await;
    for name in ["one", "two"] {
        tokio::select! {
            _ = elsewhere.hold() => panic!("two hold one scope"),
            () = go_on(&memories, name) => {}
        }
    }
    drop(held);
    for memories in [&elsewhere, &memories] {
        drop(memories.hold().await);
    }
}
