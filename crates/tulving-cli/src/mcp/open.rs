//! The memory of a server, opened when it is first needed: an assistant starts many servers, and most are asked nothing.

use tokio::sync::Mutex;
use tulving::store::ScopedStore;

use crate::context::Context;
use crate::exit::{CliError, Exit};

/// Opens the memory that the configuration names, once.
#[derive(Debug)]
pub struct Opener {
    cx: Context,
    /// With its embedder.
    whole: Mutex<Option<ScopedStore>>,
    /// Without, where that is out of reach.
    records: Mutex<Option<ScopedStore>>,
}

impl Opener {
    /// Opens nothing yet.
    #[must_use]
    pub fn new(cx: Context) -> Self {
        Self {
            cx,
            whole: Mutex::default(),
            records: Mutex::default(),
        }
    }

    /// Returns how the program speaks, and what it was told.
    pub(super) fn context(&self) -> &Context {
        &self.cx
    }

    /// Returns the memory with its embedder.
    ///
    /// # Errors
    /// As [`Context::memory`].
    pub(super) async fn whole(&self) -> Result<ScopedStore, CliError> {
        let mut open = self.whole.lock().await;
        if let Some(memory) = &*open {
            return Ok(memory.clone());
        }
        let memory = self.cx.memory().await?;
        *open = Some(memory.clone());
        Ok(memory)
    }

    /// Returns the memory for what makes no vectors: also while the embedder is out of reach.
    ///
    /// # Errors
    /// As [`Context::records`].
    pub(super) async fn records(&self) -> Result<ScopedStore, CliError> {
        let mut open = self.records.lock().await;
        if let Some(memory) = &*open {
            return Ok(memory.clone());
        }
        match self.whole().await {
            Err(error) if error.exit == Exit::Unreachable => {
                let memory = self.cx.records().await?;
                *open = Some(memory.clone());
                Ok(memory)
            }
            opened => opened,
        }
    }

    /// Closes it after an error that may be of the place itself: the next call opens what is there then.
    pub(super) async fn close_after(&self, error: &CliError) {
        let is_of_the_call = matches!(error.exit, Exit::Usage | Exit::NotFound | Exit::Source);
        if !is_of_the_call {
            self.whole.lock().await.take();
            self.records.lock().await.take();
        }
    }
}
