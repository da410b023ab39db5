//! Warnings of settings that are given and have no effect.

use super::embedding::{NEXT, USUAL};
use super::key::distance;
use super::{Config, KEYS, Origin};

/// What every variable of ours begins with.
const PREFIX: &str = "TULVING_";

/// A variable that the plugin for Claude Code reads: it names the file of the configuration.
const OF_THE_PLUGIN: &str = "TULVING_CONFIG";

/// The sections that say what makes vectors.
const SECTIONS: [&str; 2] = [USUAL, NEXT];

/// Settings in such a section that a model of each kind takes no notice of, and which kind does.
fn without_effect(provider: Option<&str>) -> (&'static [&'static str], &'static str) {
    match provider {
        Some("http") => (&["path"], "local"),
        Some("local") => (&["url", "api_key_env"], "http"),
        _ => (
            &[
                "model",
                "dimensions",
                "url",
                "path",
                "api_key_env",
                "query_prefix",
                "text_prefix",
            ],
            "http",
        ),
    }
}

/// Words by which people name the database in a variable.
const DATABASE_WORDS: [&str; 7] = [
    "PG",
    "POSTGRES",
    "POSTGRESQL",
    "DB",
    "DSN",
    "DATABASE",
    "CONNECTION",
];

/// Words that such a name has besides. With any other it is of something else, such as a folder of
/// PostgreSQL's programs.
const ADDRESS_WORDS: [&str; 3] = ["URL", "URI", "STRING"];

/// Something that was given, and why it has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unused {
    /// What was given, and why nothing comes of it.
    pub remark: String,
    /// What to do.
    pub advice: String,
}

impl Config {
    /// Returns everything that was given and has no effect.
    #[must_use]
    pub fn unused(&self) -> Vec<Unused> {
        let names = self.env.names_with(PREFIX);
        let unknown = names
            .iter()
            .filter(|name| *name != OF_THE_PLUGIN)
            .filter(|name| KEYS.iter().all(|key| key.variable != **name));
        let mut unused: Vec<Unused> = unknown.map(|name| variable(name)).collect();
        unused.extend(
            SECTIONS
                .iter()
                .filter_map(|section| self.of_another(section)),
        );
        unused
    }

    /// Settings of a model of another kind than the one that a section names.
    fn of_another(&self, section: &str) -> Option<Unused> {
        let key = format!("{section}.provider");
        let provider = self.get(&key).ok()?.map(|(provider, _)| provider);
        let (names, other) = without_effect(provider.as_deref());
        let why = match provider {
            Some(provider) => format!("{key} is {provider}"),
            None => format!("{key} is not set"),
        };
        let is_of_another = |path: &str| {
            let name = path
                .strip_prefix(section)
                .and_then(|rest| rest.strip_prefix('.'));
            name.is_some_and(|name| names.contains(&name))
        };
        let given = KEYS.iter().filter(|key| is_of_another(key.path));
        let given: Vec<_> = given
            .filter_map(|key| Some((key, self.settings.get(key.path)?)))
            .filter(|(_, setting)| setting.origin != Origin::Default)
            .collect();
        let names = |name: &str| given.iter().any(|(key, _)| key.path.ends_with(name));
        let other = match names(".path") && !names(".url") {
            true => "local",
            false => other,
        };
        let given: Vec<String> = given
            .into_iter()
            .map(|(key, setting)| format!("{} ({})", key.path, self.place(key, setting.origin)))
            .collect();
        (!given.is_empty()).then(|| Unused {
            remark: format!("{} has no effect, since {why}", given.join(", ")),
            advice: format!("{key}: {other}, or take it out"),
        })
    }
}

fn variable(name: &str) -> Unused {
    Unused {
        remark: format!("the environment variable {name} has no effect: there is no such setting"),
        advice: nearest(name).map_or_else(
            || "tulving config show   (lists the variables)".to_owned(),
            |known| format!("did you mean {known}?"),
        ),
    }
}

fn nearest(name: &str) -> Option<&'static str> {
    let own = name.strip_prefix(PREFIX)?;
    let is_of = |words: &[&str], word| words.contains(&word);
    let mut words = own.split('_');
    if words.clone().any(|word| is_of(&DATABASE_WORDS, word))
        && words.all(|word| is_of(&DATABASE_WORDS, word) || is_of(&ADDRESS_WORDS, word))
    {
        return Some(super::DATABASE_URL);
    }
    let known = KEYS.iter().map(|key| key.variable);
    let near = |known: &&str| distance(own, &known.trim_start_matches(PREFIX).to_lowercase());
    let allowed = own.chars().count().div_ceil(3);
    known
        .min_by_key(near)
        .filter(|known| near(known) <= allowed || has_words(known, own))
}

/// Returns whether a variable's name has all these words.
fn has_words(known: &str, own: &str) -> bool {
    own.split('_')
        .all(|word| known.split('_').any(|known| known == word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_that_was_probably_meant_is_named() {
        for (given, meant) in [
            ("TULVING_PG_URL", Some("DATABASE_URL")),
            ("TULVING_DATABASE_URL", Some("DATABASE_URL")),
            ("TULVING_DATADIR", Some("TULVING_DATA_DIR")),
            ("TULVING_USER", Some("TULVING_USER_ID")),
            ("TULVING_VOICE_ENGINE", None),
            ("TULVING_POSTGRES", Some("DATABASE_URL")),
            ("TULVING_PG_CONNECTION_STRING", Some("DATABASE_URL")),
            // What is far from all of them.
            ("TULVING_PG_BIN", None),
            ("TULVING_PG_DUMP", None),
            ("TULVING_DB_BACKUP_DIR", None),
            ("TULVING_POSTGRES_DATA", None),
            ("TULVING_E", None),
            ("TULVING_", None),
        ] {
            assert_eq!(nearest(given), meant, "{given}");
        }
    }
}
