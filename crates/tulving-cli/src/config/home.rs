//! `~` at the beginning of a path: the home directory. A shell puts it in before most arguments, but
//! not behind `=`, in a variable of a service, or in a file.

use std::path::{Component, Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};

use super::env::Env;

/// Reads a path that stands on the command line.
#[must_use]
pub fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| expand(path, &Env::process()))
}

/// Puts in the home directory.
pub(super) fn expand(path: PathBuf, env: &Env) -> Result<PathBuf, String> {
    let mut parts = path.components();
    let Some(Component::Normal(first)) = parts.next() else {
        return Ok(path);
    };
    match first.to_string_lossy().as_ref() {
        "~" => {
            let home = env.get("HOME").map_err(|error| error.message)?;
            let home =
                home.ok_or("HOME is not set, so ~ stands for nothing; write the whole path")?;
            Ok(Path::new(&home).join(parts))
        }
        other if other.starts_with('~') => Err(format!(
            "{other} could be somebody's home directory; write the whole path, or ./{other} for what is here"
        )),
        _ => Ok(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_at_the_beginning_is_the_home_directory() {
        let env = || Env::of([("HOME", "/home/ann")]);
        for (path, expanded) in [
            ("~", "/home/ann"),
            ("~/", "/home/ann"),
            ("~/brain/data", "/home/ann/brain/data"),
            ("./~/data", "./~/data"),
            ("data/~", "data/~"),
            ("data~", "data~"),
            ("/~/x", "/~/x"),
            ("-", "-"),
        ] {
            assert_eq!(expand(path.into(), &env()), Ok(expanded.into()), "{path}");
        }
        let why = expand("~ben/data".into(), &env()).unwrap_err();
        assert!(why.contains("./~ben for what is here"), "{why}");
        assert!(
            expand("~/x".into(), &Env::of([]))
                .unwrap_err()
                .contains("HOME")
        );
    }
}
