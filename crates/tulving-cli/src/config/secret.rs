//! A value that cannot be printed by accident.

use std::fmt;

/// What is shown instead.
pub(super) const HIDDEN: &str = "(hidden)";

/// Text that neither `Display` nor `Debug` shows. It has no `Serialize` either.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text, for the one call that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_does_not_show() {
        let secret = Secret::new("canary");
        assert_eq!(
            format!("{secret} {secret:?} {:#?}", Some(&secret))
                .matches("canary")
                .count(),
            0
        );
        assert_eq!(secret.expose(), "canary");
    }
}
