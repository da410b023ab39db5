//! The parameters that hold: the string's, then the service's, then the environment's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::DsnError;
use super::origin::Origin;
use super::parameter::{PARAMETERS, Parameter, Treatment, unknown};
use super::service;
use super::surroundings::Surroundings;
use super::text::Text;

/// Each parameter that is set to something, and where.
#[derive(Default)]
pub(super) struct Settings {
    values: BTreeMap<&'static str, (String, Origin)>,
    /// Those that change nothing here.
    pub(super) idle: Vec<String>,
}

impl Settings {
    /// Lays the string over the service over the environment.
    pub(super) fn read(text: &Text, around: &Surroundings) -> Result<Self, DsnError> {
        let mut settings = Self::default();
        for given in &text.given {
            // As in libpq, which knows it from JDBC.
            if given.name == "ssl" && given.value == "true" {
                settings.put("sslmode", "require", Origin::Text)?;
                continue;
            }
            if Parameter::find(&given.name).is_none() {
                return Err(unknown(&given.name, given.certain, &Origin::Text));
            }
            settings.put(&given.name, &given.value, Origin::Text)?;
        }
        let service = settings.get("service");
        let variable = around.variables.get("PGSERVICE").map(String::as_str);
        if let Some(name) = service.or(variable).map(ToOwned::to_owned) {
            let file = settings.get("servicefile").map(PathBuf::from);
            let (path, lines) = service::find(&name, file, around)?;
            for (key, value) in lines {
                let origin = Origin::Service {
                    name: name.clone(),
                    path: path.clone(),
                };
                if Parameter::find(&key).is_none() {
                    return Err(unknown(&key, true, &origin));
                }
                if settings.get(&key).is_none() {
                    settings.put(&key, &value, origin)?;
                }
            }
        }
        for known in &PARAMETERS {
            let Some(variable) = known.variable else {
                continue;
            };
            if let Some(value) = around.variables.get(variable)
                && settings.get(known.name).is_none()
            {
                settings.put(known.name, value, Origin::Variable(variable))?;
            }
        }
        Ok(settings)
    }

    /// An empty value is as good as none.
    fn put(&mut self, name: &str, value: &str, origin: Origin) -> Result<(), DsnError> {
        let Some(known) = Parameter::find(name) else {
            return Ok(());
        };
        if value.is_empty() {
            self.values.remove(known.name);
        } else if known.is_idle(value, &origin)? {
            if !matches!(known.treatment, Treatment::Idle(_, "")) {
                self.idle.push(known.name.to_owned());
            }
        } else {
            self.values.insert(known.name, (value.to_owned(), origin));
        }
        Ok(())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(value, _)| value.as_str())
    }

    /// Returns whether somebody chose this for the connection, rather than for all of a shell's.
    pub(super) fn is_chosen(&self, name: &str) -> bool {
        let given = self.values.get(name);
        given.is_some_and(|(_, origin)| !matches!(origin, Origin::Variable(_)))
    }

    pub(super) fn path(&self, name: &str) -> Option<&Path> {
        self.get(name).map(Path::new)
    }

    /// Returns where a parameter comes from, in words.
    pub(super) fn origin(&self, name: &str) -> String {
        let given = self.values.get(name);
        given.map_or_else(String::new, |(_, origin)| origin.to_string())
    }

    /// Returns the error for a value that cannot be used.
    pub(super) fn wrong(
        &self,
        name: &str,
        why: impl Into<String>,
        advice: impl Into<String>,
    ) -> DsnError {
        DsnError::Parameter {
            name: name.to_owned(),
            from: self.origin(name),
            why: why.into(),
            advice: advice.into(),
        }
    }

    /// Returns the value that a word stands for.
    pub(super) fn choice<T: Copy>(
        &self,
        name: &str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, DsnError> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let found = words.iter().find(|(word, _)| *word == value);
        found.map(|(_, meaning)| Some(*meaning)).ok_or_else(|| {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let words = words.join(", ");
            self.wrong(
                name,
                "the value is not known",
                format!("{name} is one of {words}"),
            )
        })
    }

    /// Returns a whole number; libpq takes signs, and white space around it.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, DsnError> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let number = value.trim_ascii().parse();
        number.map(Some).map_err(|_| {
            self.wrong(
                name,
                "the value is no whole number",
                format!("write {name}=10, say"),
            )
        })
    }
}
