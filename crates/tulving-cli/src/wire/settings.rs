//! The configuration: its settings, and what is wrong with it.

use serde::Serialize;
use serde_json::Value;

use crate::config::Shown;

/// `tulving config show`
#[derive(Debug, Serialize)]
pub struct Settings {
    /// The configuration file, if there is one.
    pub file: Option<String>,
    /// Every setting, in the order of the file.
    pub settings: Vec<Setting>,
    /// What is wrong with the file as a whole.
    pub problems: Vec<String>,
    /// What has no effect.
    pub unused: Vec<String>,
}

/// One setting.
#[derive(Debug, Serialize)]
pub struct Setting {
    key: &'static str,
    value: Value,
    from: Option<String>,
    variable: &'static str,
    problem: Option<String>,
}

impl From<Shown> for Setting {
    fn from(shown: Shown) -> Self {
        Self {
            key: shown.key,
            value: match shown.value {
                Some(text) if shown.is_number => serde_json::from_str(&text).unwrap_or(text.into()),
                text => text.into(),
            },
            from: shown.from,
            variable: shown.variable,
            problem: shown.problem,
        }
    }
}
