//! The imports of one scope in a strict backend.

use std::cmp::Reverse;
use std::sync::{Arc, Weak};

use tulving::backend::{Held, Import, Imports, KEPT_IMPORTS};

use super::Room;

/// An import, and whether somebody is at it.
#[derive(Debug, Clone)]
pub(super) struct Entered {
    import: Import,
    at_work: Weak<()>,
}

impl Entered {
    pub(super) fn paths(&self) -> &[String] {
        &self.import.paths
    }
}

impl Room {
    pub(in super::super) fn begin_import(&mut self, import: &Import) -> Held {
        let held = Arc::new(());
        self.imports.push(Entered {
            import: import.clone(),
            at_work: Arc::downgrade(&held),
        });
        self.imports
            .sort_by_key(|entered| Reverse((entered.import.started_at, entered.import.run_id)));
        self.imports.truncate(KEPT_IMPORTS);
        Box::new(held)
    }

    pub(in super::super) fn note_import(&mut self, import: &Import) {
        let mut known = self.imports.iter_mut();
        if let Some(known) = known.find(|known| known.import.run_id == import.run_id) {
            known.import = import.clone();
        }
    }

    pub(in super::super) fn imports(self) -> Imports {
        let runs = self.imports.into_iter().map(|entered| Import {
            is_live: entered.at_work.strong_count() > 0,
            ..entered.import
        });
        Imports {
            runs: runs.collect(),
            ..Imports::default()
        }
    }
}
