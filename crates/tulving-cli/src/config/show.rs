//! The configuration as `tulving config show` tells it: every key, its value, its source.

use tulving::backend::postgres::Dsn;

use super::key::{KEYS, Key, Kind};
use super::scope::{self, parse_id};
use super::secret::HIDDEN;
use super::{Config, DATABASE_URL};
use crate::text::safe;

/// One key and what holds for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The key's path.
    pub key: &'static str,
    /// Its value; a secret one is hidden. Nothing if it is not set or cannot be used.
    pub value: Option<String>,
    /// Whether the value is a number.
    pub is_number: bool,
    /// Where the value was given; nothing if it was not.
    pub from: Option<String>,
    /// The variable that comes before the file.
    pub variable: &'static str,
    /// Why the value cannot be used.
    pub problem: Option<String>,
}

impl Config {
    /// Returns every key, in the order of the file. A value that cannot be used is said to be so and
    /// does not keep the others from being shown.
    #[must_use]
    pub fn show(&self) -> Vec<Shown> {
        KEYS.iter().map(|key| self.show_one(key)).collect()
    }

    fn show_one(&self, key: &'static Key) -> Shown {
        let given = self.settings.get(key.path);
        let mut shown = Shown {
            key: key.path,
            value: None,
            is_number: matches!(key.kind, Kind::Whole(..) | Kind::Number),
            from: given.map(|setting| self.place(key, setting.origin)),
            variable: key.variable,
            problem: None,
        };
        match self.get(key.path) {
            Ok(value) => {
                for kind in scope::BOTH
                    .into_iter()
                    .filter(|kind| scope::key(*kind) == key.path)
                {
                    let id = value
                        .iter()
                        .map(|(text, place)| parse_id(text, kind, place));
                    shown.problem = id.filter_map(Result::err).map(|error| error.message).next();
                }
                if let (Kind::Secret, Some((url, _))) = (key.kind, &value) {
                    let around = self.surroundings().unwrap_or_default();
                    shown.problem = Dsn::read(url, &around)
                        .err()
                        .map(|error| safe(&error.to_string()));
                }
                shown.value = value.map(|(text, _)| self.show_value(key, &text));
            }
            // The usual file names ${DATABASE_URL}, and with the file backend that is no problem.
            Err(error)
                if key.variable == DATABASE_URL && error.message.starts_with(DATABASE_URL) =>
            {
                shown.from = Some("DATABASE_URL is not set".to_owned());
            }
            Err(error) => shown.problem = Some(safe(&error.message)),
        }
        shown
    }

    fn show_value(&self, key: &Key, text: &str) -> String {
        match key.kind {
            Kind::Secret => HIDDEN.to_owned(),
            Kind::Path => match self.directory(key.path) {
                Ok(Some(path)) => safe(&path.display().to_string()),
                _ => safe(text),
            },
            // An address may hold credentials.
            _ => safe(text),
        }
    }
}
