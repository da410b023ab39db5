//! `${VAR}` in a value of the file, put in when the value is needed.

use super::env::Env;
use super::key::is_variable;
use crate::exit::CliError;

/// Why a value could not be expanded. The value itself is not repeated: it may hold a password.
#[derive(Debug)]
pub(super) enum Fault {
    /// This variable is not set, or empty.
    Unset(String),
    /// A `${` without its `}`, or something else than a name in between.
    Malformed,
    /// The variable could not be read.
    Unreadable(CliError),
}

/// Returns whether a value has something to expand.
pub(super) fn is_literal(value: &str) -> bool {
    !value.contains("${") && !value.contains("$$")
}

/// Puts in the variables: `${VAR}`, `${VAR:-what else}`; `$$` stands for one `$`. Any other `$`
/// stands for itself, as passwords hold them.
pub(super) fn expand(value: &str, env: &Env) -> Result<String, Fault> {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('{') {
            let (inside, after) = after.split_once('}').ok_or(Fault::Malformed)?;
            out.push_str(&variable(inside, env)?);
            rest = after;
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn variable(inside: &str, env: &Env) -> Result<String, Fault> {
    let (name, otherwise) = match inside.split_once(":-") {
        Some((name, otherwise)) => (name, Some(otherwise)),
        None => (inside, None),
    };
    // One inside the other would end at the wrong brace.
    if !is_variable(name) || otherwise.is_some_and(|text| text.contains("${")) {
        return Err(Fault::Malformed);
    }
    match (env.get(name).map_err(Fault::Unreadable)?, otherwise) {
        (Some(value), _) => Ok(value),
        (None, Some(otherwise)) => Ok(otherwise.to_owned()),
        (None, None) => Err(Fault::Unset(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_in() {
        let env = Env::of([("A", "1"), ("B", "x$y${A}"), ("EMPTY", "")]);
        for (value, expanded) in [
            ("plain", "plain"),
            ("${A}", "1"),
            ("a${A}b${A}", "a1b1"),
            // What comes out is not looked at again.
            ("${B}", "x$y${A}"),
            ("${NONE:-else}", "else"),
            ("${EMPTY:-else}", "else"),
            ("${NONE:-}", ""),
            ("${A:-else}", "1"),
            ("$${A}", "${A}"),
            ("$$$$", "$$"),
            ("pa$word$", "pa$word$"),
        ] {
            assert_eq!(expand(value, &env).unwrap(), expanded, "{value}");
        }
    }

    #[test]
    fn what_cannot_be_put_in_is_told_apart() {
        let env = Env::of([("EMPTY", "")]);
        assert!(matches!(expand("${NONE}", &env), Err(Fault::Unset(name)) if name == "NONE"));
        assert!(matches!(expand("${EMPTY}", &env), Err(Fault::Unset(_))));
        for value in ["${", "${A", "${}", "${a b}", "${1A}", "${A:-${B}}"] {
            assert!(
                matches!(expand(value, &env), Err(Fault::Malformed)),
                "{value}"
            );
        }
    }
}
