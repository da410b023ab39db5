//! The environment: the one place that reads it.

use std::ffi::OsString;
use std::fmt;

use crate::exit::CliError;

/// Looks up environment variables; tests bring their own.
pub struct Env {
    lookup: Box<Lookup>,
    names: Vec<String>,
}

type Lookup = dyn Fn(&str) -> Option<OsString> + Send + Sync;

impl Env {
    /// Reads the process's environment.
    #[must_use]
    pub fn process() -> Self {
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        Self {
            lookup: Box::new(|name| std::env::var_os(name)),
            names: names.collect(),
        }
    }

    /// Makes an environment of these variables alone.
    #[must_use]
    pub fn of<const N: usize>(variables: [(&'static str, &'static str); N]) -> Self {
        let lookup = move |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        Self {
            lookup: Box::new(lookup),
            names: variables.map(|(name, _)| name.to_owned()).to_vec(),
        }
    }

    /// Returns a variable's value; an empty one counts as not set.
    ///
    /// # Errors
    /// When the value is not UTF-8.
    pub fn get(&self, name: &str) -> Result<Option<String>, CliError> {
        match (self.lookup)(name).map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value).filter(|value| !value.is_empty())),
            Some(Err(_)) => {
                let message = format!("the environment variable {name} is not valid UTF-8");
                Err(CliError::usage(message).hint(format!("unset {name}, or set it anew")))
            }
        }
    }

    /// Returns the names that begin so of variables that are set and not empty, in order.
    #[must_use]
    pub fn names_with(&self, prefix: &str) -> Vec<String> {
        let names = self.names.iter().filter(|name| name.starts_with(prefix));
        let mut names: Vec<String> = names.filter(|name| self.is_set(name)).cloned().collect();
        names.sort();
        names
    }

    /// Returns whether a variable is set and not empty.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        (self.lookup)(name).is_some_and(|value| !value.is_empty())
    }

    /// Returns whether a variable has just this value.
    #[must_use]
    pub fn is(&self, name: &str, value: &str) -> bool {
        (self.lookup)(name).is_some_and(|found| found == value)
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Env")
    }
}
