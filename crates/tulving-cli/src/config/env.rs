//! The environment: the one place that reads it.

use std::ffi::OsString;
use std::fmt;

use crate::exit::CliError;

/// Looks up environment variables; tests bring their own.
pub struct Env(Box<Lookup>);

type Lookup = dyn Fn(&str) -> Option<OsString> + Send + Sync;

impl Env {
    /// The process's environment.
    #[must_use]
    pub fn process() -> Self {
        Self::new(|name| std::env::var_os(name))
    }

    /// An environment that this function answers for.
    pub fn new(lookup: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        Self(Box::new(lookup))
    }

    /// An environment of these variables alone.
    #[must_use]
    pub fn of<const N: usize>(variables: [(&'static str, &'static str); N]) -> Self {
        Self::new(move |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    /// A variable's value; an empty one counts as not set.
    ///
    /// # Errors
    /// When the value is not UTF-8.
    pub fn get(&self, name: &str) -> Result<Option<String>, CliError> {
        match (self.0)(name).map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value).filter(|value| !value.is_empty())),
            Some(Err(_)) => {
                let message = format!("the environment variable {name} is not valid UTF-8");
                Err(CliError::usage(message))
            }
        }
    }

    /// Whether a variable is set and not empty.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        (self.0)(name).is_some_and(|value| !value.is_empty())
    }

    /// Whether a variable has just this value.
    #[must_use]
    pub fn is(&self, name: &str, value: &str) -> bool {
        (self.0)(name).is_some_and(|found| found == value)
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Env")
    }
}
