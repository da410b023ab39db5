//! Replay: what the frames of a log say is done again, in their order.

use super::super::error::FileError;
use super::log::Log;
use super::operation::{Decoded, decode};

impl Log {
    /// Passes the operations of frames to `apply`, one after another. A frame is its payload and
    /// where that begins in this log; nothing of one that cannot be read is given.
    ///
    /// # Errors
    /// [`FileError::Damaged`] if a payload holds what no program of this version writes; what
    /// `apply` refuses.
    pub(crate) fn replay<'p>(
        &self,
        frames: impl IntoIterator<Item = (u64, &'p [u8])>,
        mut apply: impl FnMut(Decoded<'p>) -> Result<(), FileError>,
    ) -> Result<(), FileError> {
        for (offset, payload) in frames {
            let operations =
                decode(offset, payload).ok_or_else(|| self.unknown_operation(offset))?;
            for operation in operations {
                apply(operation)?;
            }
        }
        Ok(())
    }

    /// Returns the error for an operation at an offset that nobody wrote.
    pub(crate) fn unknown_operation(&self, offset: u64) -> FileError {
        FileError::Damaged {
            path: self.path().to_owned(),
            offset,
            reason: "it holds operations that this program does not know".to_owned(),
        }
    }
}
