//! Cancellation: a wish to stop, passed down to everything that takes long.

use std::sync::Arc;

use tokio::sync::watch;

/// Asks a long operation to stop at its next safe place. Clones share one wish.
///
/// Nothing is forced: whoever does the work looks at [`Cancel::cancelled`] between two batches,
/// or waits for [`Cancel::wait`] beside whatever else it waits for. A wish cannot be taken back.
#[derive(Debug, Clone)]
pub struct Cancel {
    // A watch channel remembers its value, so a wish made before anyone waits is not missed.
    wish: Arc<watch::Sender<bool>>,
}

impl Cancel {
    /// Makes one by which nobody has asked to stop yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            wish: Arc::new(watch::Sender::new(false)),
        }
    }

    /// Asks to stop. A second call changes nothing.
    pub fn cancel(&self) {
        self.wish.send_replace(true);
    }

    /// Returns whether somebody has asked to stop.
    #[must_use]
    pub fn cancelled(&self) -> bool {
        *self.wish.borrow()
    }

    /// Returns once somebody has asked to stop; at once if that was before.
    pub async fn wait(&self) {
        // An error means that the sender is gone, which `self` keeps from happening.
        let _ = self.wish.subscribe().wait_for(|asked| *asked).await;
    }
}

impl Default for Cancel {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn clones_share_one_wish_and_none_is_missed() {
        let cancel = Cancel::new();
        let waiting = tokio::spawn({
            let cancel = cancel.clone();
            async move { cancel.wait().await }
        });
        assert!(!cancel.cancelled());
        cancel.clone().cancel();
        assert!(cancel.cancelled());
        waiting.await.unwrap();
        cancel.wait().await;
    }
}
