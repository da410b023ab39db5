//! Retry: what is done again where another transaction was in the way, or the connection was lost.

use std::time::Duration;

use super::error::DatabaseError;
use crate::backend::BackendError;

/// Does `$attempt` again where that is safe.
macro_rules! again {
    ($tries:expr, $attempt:expr) => {{
        let mut tries = $tries;
        loop {
            match $attempt.await {
                Err(error) if tries.again(&error).await => {}
                result => break result,
            }
        }
    }};
}
pub(super) use again;

/// How often something is tried, and when again.
pub(super) struct Tries {
    left: u32,
    pause: Duration,
}

impl Tries {
    /// Allows reading to be repeated whatever happened.
    pub(super) fn reading() -> Self {
        Self {
            left: 3,
            pause: Duration::from_millis(20),
        }
    }

    /// Allows writing as well, unless it may have been done: that is [`DatabaseError::Uncertain`].
    pub(super) fn writing() -> Self {
        Self {
            left: 5,
            pause: Duration::from_millis(20),
        }
    }

    /// Waits and says whether to try again.
    pub(super) async fn again(&mut self, error: &BackendError) -> bool {
        let Some(error) = error.downcast_ref::<DatabaseError>() else {
            return false;
        };
        let passing = error.is_transient() || matches!(error, DatabaseError::Lost { .. });
        if !passing || self.left == 0 {
            return false;
        }
        self.left -= 1;
        tokio::time::sleep(self.pause).await;
        self.pause *= 2;
        true
    }
}
