//! Imports are known while they are at work and afterwards, and nothing of them is left where something was forgotten.

use std::sync::Arc;

use tulving::backend::{Import, ImportCounts, ImportPhase, Imports, KEPT_IMPORTS, Needles};
use tulving::model::Timestamp;

use super::isolation::{assert_theirs_untouched, both};
use crate::fixture::{Fixture, Other};
use crate::memories::Memories;
use crate::sample::{plain, saying};

async fn imports(memories: &Memories) -> Vec<Import> {
    let imports = memories.backend.imports(memories.scope).await;
    let Imports { runs, unreadable } = imports.expect("imports");
    assert_eq!(unreadable, [""; 0]);
    runs
}

fn of(path: &str) -> Import {
    Import::new([path.to_owned()])
}

async fn note(memories: &Memories, import: &Import) {
    let noted = memories.backend.note_import(memories.scope, import).await;
    noted.expect("note an import");
}

/// Everybody sees whether somebody is at an import and how far it is, and what became of it.
pub async fn an_import_is_followed_from_elsewhere(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    assert_eq!(imports(&memories).await, []);
    let mut import = of("exports/\u{1f426} of \"May\".zip");
    let begun = memories.backend.begin_import(memories.scope, &import).await;
    let held = begun.expect("begin an import");
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
        let entered = memories.backend.begin_import(memories.scope, &import).await;
        drop(entered.expect("begin an import"));
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
    let standing = async || {
        let scan = memories.backend.scan(memories.scope, &needles).await;
        let scan = scan.expect("scan");
        scan.places.iter().any(|place| !place.found.is_empty())
    };
    for way in ["erase", "clear and purge", "purge"] {
        if way == "purge" {
            memories.write([plain(saying("stays", "It stays."))]).await;
        }
        let import = of("/home/canaries-that-sing.zip");
        let begun = memories.backend.begin_import(memories.scope, &import).await;
        let held = begun.expect("begin an import");
        assert!(standing().await, "{way}");
        match way {
            "erase" => drop(memories.erase().await),
            "clear and purge" => {
                let cleared = memories.backend.clear(memories.scope).await;
                assert!(cleared.expect("clear"));
                assert_eq!(imports(&memories).await, []);
            }
            _ => {}
        }
        let purged = memories.backend.purge(memories.scope, &[]).await;
        purged.expect("purge");
        note(&memories, &import).await;
        assert_eq!(imports(&memories).await, [], "{way}");
        assert!(!standing().await, "{way}");
        drop(held);
    }
    assert_eq!(memories.all().await.len(), 1);
}

/// What one scope imports is of no concern to another.
pub async fn no_scope_sees_imports_of_another(fixture: &dyn Fixture) {
    let memories = both(fixture).await;
    let import = of("mine.zip");
    let begun = memories.backend.begin_import(memories.scope, &import).await;
    let _held = begun.expect("begin an import");
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
        theirs.backend.purge(scope, &[]).await.expect("purge");
    }
    let mine = imports(&memories).await;
    assert_eq!((mine.len(), mine[0].phase), (1, ImportPhase::Reading));
    assert_theirs_untouched(fixture).await;
}
