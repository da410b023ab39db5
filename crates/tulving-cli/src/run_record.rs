//! What brings files into memory says how far it is, for `tulving runs` in another terminal.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::timeout;
use tulving::backend::{ImportCounts, ImportPhase};
use tulving::store::{Importing, ScopedStore};

use crate::context::Context;
use crate::exit::CliError;
use crate::output;

/// How long it may take to enter an import: a pool of one connection cannot give it one more.
const PATIENCE: Duration = Duration::from_secs(5);

/// An import in the list of runs, as long as it can be kept there: what goes wrong with that stops no import.
#[derive(Debug, Default)]
pub struct RunRecord {
    importing: Option<Importing>,
    why_not: Option<String>,
}

impl RunRecord {
    /// Enters an import from paths.
    pub async fn begin(memory: &ScopedStore, paths: &[PathBuf]) -> Self {
        let paths = paths.iter().map(|path| path.display().to_string());
        let mut record = Self::default();
        match timeout(PATIENCE, memory.begin_import(paths)).await {
            Ok(Ok(importing)) => record.importing = Some(importing),
            Ok(Err(why)) => record.why_not = Some(why.to_string()),
            Err(_) => record.why_not = Some("entering it took too long".to_owned()),
        }
        record
    }

    /// Says how far it is.
    pub async fn tell(&mut self, phase: ImportPhase, counts: ImportCounts) {
        // Where one note failed, the next would keep the import waiting too.
        if self.why_not.is_none()
            && let Some(importing) = &mut self.importing
            && let Err(why) = importing.tell(phase, counts).await
        {
            self.why_not = Some(why.to_string());
        }
    }

    /// Ends it as it ended.
    pub async fn finish<T>(mut self, done: &Result<T, CliError>, cx: &Context) {
        let error = done.as_ref().err().map(|error| error.exit.word());
        if (done.is_ok() || self.why_not.is_none())
            && let Some(importing) = self.importing.take()
            && let Err(why) = importing.finish(error).await
        {
            self.why_not = Some(why.to_string());
        }
        // What stopped the import too is told with it.
        if let (Some(why), Ok(_)) = (self.why_not, done) {
            let remark = format!("tulving runs does not know all of this import: {why}");
            output::note(&remark, "tulving doctor", cx);
        }
    }
}
