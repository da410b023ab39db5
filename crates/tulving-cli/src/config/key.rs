//! Every key the configuration knows, and what its value must be.

use crate::exit::CliError;
use crate::text::quote;

/// A key: where it stands in the file, the variable that overrides it, what it takes.
#[derive(Debug)]
pub struct Key {
    /// The path in the file, such as `memory.backend`.
    pub path: &'static str,
    /// The environment variable that comes before the file.
    pub variable: &'static str,
    /// What happens if it is given nowhere.
    pub default: Option<&'static str>,
    /// What its value must be.
    pub kind: Kind,
}

/// What a value must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Any text.
    Text,
    /// Text that is never shown.
    Secret,
    /// A path; a relative one in the file is relative to the file's directory.
    Path,
    /// A UUID, checked where it is used, so that its error can say what to do.
    Uuid,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A whole number between two others.
    Whole(u64, u64),
    /// Any finite number.
    Number,
    /// The name of an environment variable.
    Variable,
}

macro_rules! key {
    ($path:literal, $variable:literal, $default:expr, $kind:expr) => {
        Key {
            path: $path,
            variable: $variable,
            default: $default,
            kind: $kind,
        }
    };
}

/// All of them, in the order of the file.
pub static KEYS: [Key; 27] = [
    key!(
        "memory.backend",
        "TULVING_BACKEND",
        Some("file"),
        Kind::Choice(&["file", "postgres"])
    ),
    key!(
        "memory.postgres.connection_string",
        "DATABASE_URL",
        None,
        Kind::Secret
    ),
    key!("memory.postgres.schema", "TULVING_SCHEMA", None, Kind::Text),
    key!(
        "memory.postgres.pool_size",
        "TULVING_POOL_SIZE",
        Some("8"),
        Kind::Whole(1, 100)
    ),
    key!(
        "paths.data_dir",
        "TULVING_DATA_DIR",
        Some("data"),
        Kind::Path
    ),
    key!("scope.user_id", "TULVING_USER_ID", None, Kind::Uuid),
    key!("scope.tenant_id", "TULVING_TENANT_ID", None, Kind::Uuid),
    key!(
        "embedding.provider",
        "TULVING_EMBEDDING_PROVIDER",
        Some("builtin"),
        Kind::Choice(&["builtin", "http", "local"])
    ),
    key!(
        "embedding.model",
        "TULVING_EMBEDDING_MODEL",
        None,
        Kind::Text
    ),
    key!(
        "embedding.dimensions",
        "TULVING_EMBEDDING_DIMENSIONS",
        None,
        Kind::Whole(1, 16_000)
    ),
    key!("embedding.url", "TULVING_EMBEDDING_URL", None, Kind::Text),
    key!("embedding.path", "TULVING_EMBEDDING_PATH", None, Kind::Path),
    key!(
        "embedding.api_key_env",
        "TULVING_EMBEDDING_API_KEY_ENV",
        None,
        Kind::Variable
    ),
    key!(
        "embedding.query_prefix",
        "TULVING_EMBEDDING_QUERY_PREFIX",
        None,
        Kind::Text
    ),
    key!(
        "embedding.text_prefix",
        "TULVING_EMBEDDING_TEXT_PREFIX",
        None,
        Kind::Text
    ),
    key!(
        "embedding.next.provider",
        "TULVING_EMBEDDING_NEXT_PROVIDER",
        None,
        Kind::Choice(&["builtin", "http", "local"])
    ),
    key!(
        "embedding.next.model",
        "TULVING_EMBEDDING_NEXT_MODEL",
        None,
        Kind::Text
    ),
    key!(
        "embedding.next.dimensions",
        "TULVING_EMBEDDING_NEXT_DIMENSIONS",
        None,
        Kind::Whole(1, 16_000)
    ),
    key!(
        "embedding.next.url",
        "TULVING_EMBEDDING_NEXT_URL",
        None,
        Kind::Text
    ),
    key!(
        "embedding.next.path",
        "TULVING_EMBEDDING_NEXT_PATH",
        None,
        Kind::Path
    ),
    key!(
        "embedding.next.api_key_env",
        "TULVING_EMBEDDING_NEXT_API_KEY_ENV",
        None,
        Kind::Variable
    ),
    key!(
        "embedding.next.query_prefix",
        "TULVING_EMBEDDING_NEXT_QUERY_PREFIX",
        None,
        Kind::Text
    ),
    key!(
        "embedding.next.text_prefix",
        "TULVING_EMBEDDING_NEXT_TEXT_PREFIX",
        None,
        Kind::Text
    ),
    key!(
        "retrieval.process_top_k",
        "TULVING_PROCESS_TOP_K",
        Some("10"),
        Kind::Whole(0, 10_000)
    ),
    key!(
        "retrieval.episodic_top_k",
        "TULVING_EPISODIC_TOP_K",
        Some("5"),
        Kind::Whole(0, 10_000)
    ),
    key!(
        "retrieval.document_top_k",
        "TULVING_DOCUMENT_TOP_K",
        Some("5"),
        Kind::Whole(0, 10_000)
    ),
    key!(
        "retrieval.min_score",
        "TULVING_MIN_SCORE",
        None,
        Kind::Number
    ),
];

/// Returns the key with this path.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// Returns whether some key lies below this path.
pub(super) fn is_section(path: &str) -> bool {
    KEYS.iter().any(|key| {
        key.path
            .strip_prefix(path)
            .is_some_and(|rest| rest.starts_with('.'))
    })
}

/// Returns what an unknown key was probably meant to be: a sibling that is spelled nearly so, or a key
/// of that very name elsewhere.
pub(super) fn nearest(path: &str) -> Option<String> {
    let (section, name) = path.rsplit_once('.').unwrap_or(("", path));
    let known = || KEYS.iter().flat_map(|key| prefixes(key.path));
    let siblings =
        known().filter(|known| known.rsplit_once('.').unwrap_or(("", known)).0 == section);
    let near = |known: &&str| distance(name, last(known));
    let (allowed, sibling) = (name.chars().count().div_ceil(3), siblings.min_by_key(near));
    if let Some(sibling) = sibling.filter(|sibling| near(sibling) <= allowed) {
        return Some(sibling.to_owned());
    }
    let elsewhere = known().min_by_key(near);
    elsewhere
        .filter(|known| near(known) <= 1)
        .map(ToOwned::to_owned)
}

/// Returns what may stand in a section, for the one who typed something far from all of it.
pub(super) fn children(section: &str) -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for path in KEYS.iter().flat_map(|key| prefixes(key.path)) {
        let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
        if parent == section && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Returns the paths above a key: `a.b.c` → `a`, `a.b`, `a.b.c`
fn prefixes(path: &'static str) -> impl Iterator<Item = &'static str> {
    let dots = path.match_indices('.').map(|(at, _)| at);
    dots.chain([path.len()]).map(|end| &path[..end])
}

fn last(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, name)| name)
}

pub(super) fn distance(a: &str, b: &str) -> usize {
    strsim::damerau_levenshtein(&a.to_lowercase(), b)
}

impl Key {
    /// Checks a value; `from` is where it was given.
    pub(super) fn check(&self, value: &str, from: &str) -> Result<(), CliError> {
        let wrong = |wanted: &str| {
            let shown = match self.kind {
                // Someone may have put the secret itself here.
                Kind::Secret | Kind::Variable => "this".to_owned(),
                _ => quote(value),
            };
            let path = self.path;
            Err(
                CliError::usage(format!("{path} ({from}): {shown} is not {wanted}"))
                    .hint("correct it there; tulving config show   (shows every setting)"),
            )
        };
        match self.kind {
            Kind::Text | Kind::Secret | Kind::Path | Kind::Uuid => Ok(()),
            Kind::Choice(words) if words.contains(&value) => Ok(()),
            Kind::Choice(words) => {
                wrong(&format!("one of {}", words.join(", "))).map_err(|error| {
                    match words.iter().find(|word| distance(value, word) <= 2) {
                        Some(word) => error.hint(format!("did you mean {word}?")),
                        None => error,
                    }
                })
            }
            Kind::Whole(low, high) => match value.parse::<u64>() {
                Ok(number) if (low..=high).contains(&number) => Ok(()),
                _ => wrong(&format!("a whole number from {low} to {high}")),
            },
            Kind::Number => match value.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(()),
                _ => wrong("a number, such as 0.25"),
            },
            Kind::Variable if is_variable(value) => Ok(()),
            Kind::Variable => wrong("the name of an environment variable"),
        }
    }
}

/// Returns whether this can name an environment variable.
pub(super) fn is_variable(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_found_if_it_is_near() {
        for (typed, meant) in [
            ("memroy", Some("memory")),
            ("memory.backnd", Some("memory.backend")),
            (
                "memory.postgres.connection_sting",
                Some("memory.postgres.connection_string"),
            ),
            ("data_dir", Some("paths.data_dir")),
            ("memory.pool_size", Some("memory.postgres.pool_size")),
            ("Memory", Some("memory")),
            ("voice_engine", None),
        ] {
            assert_eq!(nearest(typed).as_deref(), meant, "{typed}");
        }
        assert_eq!(children("memory"), ["backend", "postgres"]);
    }

    #[test]
    fn values_are_held_to_their_kind() {
        for (path, good, bad) in [
            ("memory.backend", "postgres", "postgre"),
            ("memory.postgres.pool_size", "100", "101"),
            ("memory.postgres.pool_size", "1", "0"),
            ("memory.postgres.pool_size", "8", "8.0"),
            ("retrieval.min_score", "0.25", "NaN"),
            ("retrieval.min_score", "-40", "inf"),
            ("embedding.dimensions", "1024", "-1"),
            ("embedding.api_key_env", "OPENAI_API_KEY", "sk-canary"),
        ] {
            let key = find(path).unwrap();
            assert!(key.check(good, "here").is_ok(), "{path}: {good}");
            let error = key.check(bad, "here").unwrap_err().to_string();
            assert!(error.contains(path) && error.contains("here"), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn defaults_are_valid() {
        for key in &KEYS {
            if let Some(default) = key.default {
                key.check(default, "default").unwrap();
            }
        }
    }
}
