//! The origin of a parameter: who gave it.

use std::fmt;
use std::path::PathBuf;

/// Where a parameter was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    Text,
    Service { name: String, path: PathBuf },
    Variable(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("in the connection string"),
            Self::Service { name, path } => write!(f, "in [{name}] of {}", path.display()),
            Self::Variable(name) => write!(f, "from the environment variable {name}"),
        }
    }
}
