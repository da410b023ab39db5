//! The two forms of a connection string, told apart: a URL, and pairs of names and values.

use super::error::{DsnError, ENCODE};
use super::text::Text;
use super::{pairs, url};

/// Reads either form.
pub(super) fn read(text: &str) -> Result<Text, DsnError> {
    // Of pairs, the last value may end in a space that a backslash keeps.
    let (pairs, text) = (text, text.trim_ascii());
    if let Some((scheme, rest)) = scheme(text) {
        return match scheme.to_ascii_lowercase().as_str() {
            "postgresql" | "postgres" => url::read(rest),
            other => Err(foreign(other)),
        };
    }
    if text.starts_with(['"', '\'', '`']) {
        return Err(DsnError::form(
            "it begins with a quotation mark",
            "take the quotation marks away: a shell does so by itself, files for docker --env-file keep them",
        ));
    }
    if text.starts_with("psql ") {
        return Err(DsnError::form(
            "it begins with psql",
            "take only what follows, without its quotation marks",
        ));
    }
    // A URL without its scheme has an = too, after a ?.
    let first = text.split('=').next().unwrap_or_default();
    if first.contains([':', '/', '@']) || first == text {
        return Err(DsnError::form(
            "it is neither postgresql://… nor name=value",
            format!("write postgresql://USER@HOST:5432/DATABASE; {ENCODE}"),
        ));
    }
    let mut text = pairs::read(pairs)?;
    text.port_is_certain = true;
    Ok(text)
}

/// `scheme://` and what follows. No password can stand before the first colon.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let bare = scheme.strip_prefix("jdbc:").unwrap_or(scheme);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let named = bare.starts_with(|c: char| c.is_ascii_alphabetic());
    (named && bare.len() <= 40 && bare.chars().all(plain)).then_some((scheme, rest))
}

fn foreign(scheme: &str) -> DsnError {
    let bare = scheme.strip_prefix("jdbc:").unwrap_or(scheme);
    let family = bare.split('+').next().unwrap_or_default();
    if matches!(
        family,
        "postgresql" | "postgres" | "postgis" | "psql" | "pgsql"
    ) {
        DsnError::form(
            format!("{scheme}:// is for another driver"),
            "write postgresql:// there; parameters of that driver after the ? go, too",
        )
    } else {
        DsnError::form(
            format!("{scheme}:// is not PostgreSQL"),
            "write postgresql://USER@HOST:5432/DATABASE",
        )
    }
}
