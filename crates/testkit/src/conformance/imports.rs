//! Imports are known while they are at work and afterwards, and nothing of them is left where something was forgotten.

use std::sync::Arc;

use tulving::backend::{Held, Import, ImportCounts, ImportPhase, Imports, KEPT_IMPORTS, Needles};
use tulving::model::Timestamp;

use super::isolation::{assert_theirs_untouched, both};
use super::purging::standing;
use crate::fixture::{Fixture, Other};
use crate::memories::Memories;
use crate::sample::{plain, saying};

pub(super) async fn imports(memories: &Memories) -> Vec<Import> {
    let imports = memories.backend.imports(memories.scope).await;
    let Imports { runs, unreadable } = imports.expect("imports");
    assert_eq!(unreadable, [""; 0]);
    runs
}

fn of(path: &str) -> Import {
    Import::new([path.to_owned()])
}

pub(super) async fn begin(memories: &Memories, import: &Import) -> Held {
    let begun = memories.backend.begin_import(memories.scope, import).await;
    begun.expect("begin an import")
}

pub(super) async fn note(memories: &Memories, import: &Import) {
    let noted = memories.backend.note_import(memories.scope, import).await;
    noted.expect("note an import");
}

/// Everybody sees whether somebody is at an import and how far it is, and what became of it.
pub async fn an_import_is_followed_from_elsewhere(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    assert_eq!(imports(&memories).await, []);
    let mut import = of("exports/\u{1f426} of \"May\".zip");
    let held = begin(&memories, &import).await;
    let elsewhere = Memories::open(fixture).await;
    let is = |import: &Import, is_live| Import {
        is_live,
        ..import.clone()
    };
    assert_eq!(imports(&elsewhere).await, [is(&import, true)]);
    import.phase = ImportPhase::Embedding;
    import.counts = ImportCounts {
        added: 7,
        updated: 6,
        unchanged: 5,
        removed: 4,
        read: 3,
        bytes: 1 << 40,
    };
    import.updated_at = Timestamp::now();
    note(&memories, &import).await;
    assert_eq!(imports(&elsewhere).await, [is(&import, true)]);
    assert!(!is(&import, true).is_left_behind());
    // Its process ends without a word.
    drop(held);
    // A server may take a moment to see that a session is gone.
    while imports(&elsewhere).await[0].is_live {
        tokio::task::yield_now().await;
    }
    assert_eq!(imports(&elsewhere).await, [is(&import, false)]);
    assert!(imports(&elsewhere).await[0].is_left_behind());
    import.error = Some("interrupted".to_owned());
    note(&memories, &import).await;
    assert!(!imports(&elsewhere).await[0].is_left_behind());
    import.error = None;
    import.phase = ImportPhase::Done;
    import.finished_at = Some(Timestamp::now());
    note(&memories, &import).await;
    assert_eq!(imports(&elsewhere).await, [is(&import, false)]);
}

/// The newest come first, and there is an end to how many are kept.
pub async fn only_the_newest_imports_are_kept(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let mut begun = Vec::new();
    for number in 0..KEPT_IMPORTS + 3 {
        let import = of(&number.to_string());
        drop(begin(&memories, &import).await);
        begun.push(import.run_id);
    }
    let kept = imports(&memories).await;
    let kept: Vec<_> = kept.iter().map(|import| import.run_id).collect();
    let newest: Vec<_> = begun[3..].iter().rev().copied().collect();
    assert_eq!(kept, newest);
}

/// Nothing of an import is left where a scope was erased, cleared or purged, not even of one that goes on noting;
/// and memories stay what they are.
pub async fn forgotten_imports_do_not_come_back(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let mut needles = Needles::default();
    needles.add_id("canaries-that-sing.zip");
    let needles = Arc::new(needles);
    let stands = async || standing(&memories, &needles).await > 0;
    for way in ["erase", "clear", "purge"] {
        if way == "purge" {
            memories.write([plain(saying("stays", "It stays."))]).await;
        }
        let import = of("/home/canaries-that-sing.zip");
        let held = begin(&memories, &import).await;
        assert!(stands().await, "{way}");
        match way {
            "erase" => drop(memories.erase().await),
            "clear" => assert!(memories.clear().await),
            _ => memories.purge().await,
        }
        for _ in 0..2 {
            assert_eq!(imports(&memories).await, [], "{way}");
            assert!(!stands().await, "{way}");
            // Who is at it goes on.
            note(&memories, &import).await;
        }
        drop(held);
    }
    assert_eq!(memories.all().await.len(), 1);
}

/// What one scope imports is of no concern to another.
pub async fn no_scope_sees_imports_of_another(fixture: &dyn Fixture) {
    let memories = both(fixture).await;
    let import = of("mine.zip");
    let _held = begin(&memories, &import).await;
    if let Other::Kept(scope) = fixture.other() {
        let theirs = Memories {
            backend: Arc::clone(&memories.backend),
            scope,
        };
        assert_eq!(imports(&theirs).await, []);
        let ended = Import {
            phase: ImportPhase::Done,
            ..import.clone()
        };
        note(&theirs, &ended).await;
        theirs.purge().await;
    }
    let mine = imports(&memories).await;
    assert_eq!((mine.len(), mine[0].phase), (1, ImportPhase::Reading));
    assert_theirs_untouched(fixture).await;
}
