//! The surroundings of a connection string: what of the environment counts.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::parameter::PARAMETERS;

/// What a connection string leaves open, as libpq takes it from the environment. The library reads
/// none: whoever may hands it in.
#[derive(Clone, Default)]
pub struct Surroundings {
    /// Values of those of [`Surroundings::variables`] that are set, by name.
    pub variables: BTreeMap<String, String>,
    /// The home directory, in which `.pgpass`, `.pg_service.conf` and `.postgresql` are looked for.
    pub home: Option<PathBuf>,
    /// The operating system's user, who logs in where no one is named.
    pub user: Option<String>,
}

impl Surroundings {
    /// Returns the environment variables that count, such as `PGHOST`.
    pub fn variables() -> impl Iterator<Item = &'static str> {
        let known = PARAMETERS.iter().filter_map(|known| known.variable);
        known.chain([SERVICE_DIRECTORY])
    }

    pub(super) fn in_home(&self, path: &str) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(path))
    }
}

/// The variable of the directory in which the machine's services are listed.
pub(super) const SERVICE_DIRECTORY: &str = "PGSYSCONFDIR";

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be secret.
        f.debug_struct("Surroundings")
            .field("variables", &self.variables.keys())
            .field("home", &self.home)
            .field("user", &self.user)
            .finish()
    }
}
