//! What brings files into memory says how far it is, for `tulving runs` in another terminal.

use std::path::PathBuf;

use tulving::backend::{ImportCounts, ImportPhase};
use tulving::store::{Importing, ScopedStore, StoreError};

use crate::context::Context;
use crate::exit::CliError;
use crate::output;

/// An import in the list of runs, as long as it can be kept there: what goes wrong with that stops no import.
#[derive(Debug, Default)]
pub struct RunRecord {
    importing: Option<Importing>,
    why_not: Option<StoreError>,
}

impl RunRecord {
    /// Enters an import from paths.
    pub async fn begin(memory: &ScopedStore, paths: &[PathBuf]) -> Self {
        let paths = paths.iter().map(|path| path.display().to_string());
        let mut record = Self::default();
        match memory.begin_import(paths).await {
            Ok(importing) => record.importing = Some(importing),
            Err(why) => record.why_not = Some(why),
        }
        record
    }

    /// Says how far it is.
    pub async fn tell(&mut self, phase: ImportPhase, counts: ImportCounts) {
        if let Some(importing) = &mut self.importing
            && let Err(why) = importing.tell(phase, counts).await
        {
            self.why_not = Some(why);
        }
    }

    /// Ends it as it ended.
    pub async fn finish<T>(mut self, done: &Result<T, CliError>, cx: &Context) {
        let error = done.as_ref().err().map(|error| error.exit.word());
        if let Some(importing) = self.importing.take()
            && let Err(why) = importing.finish(error).await
        {
            self.why_not = Some(why);
        }
        // What stopped the import too is told with it.
        if let (Some(why), Ok(_)) = (self.why_not, done) {
            let remark = format!("tulving runs does not know all of this import: {why}");
            output::note(&remark, "tulving doctor", cx);
        }
    }
}
