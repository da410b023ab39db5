//! A command line that was not understood.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use clap::{Command, CommandFactory as _};

use crate::cli::Cli;
use crate::exit::CliError;
use crate::global::Global;

/// Makes the error for a command line that clap refused, with the help to read.
pub(crate) fn misuse(error: &clap::Error, args: &[OsString]) -> CliError {
    let rendered = error.render().to_string();
    // What is wrong is the first paragraph: a line, and below it what is missing or possible.
    let mut lines = rendered.lines().take_while(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    let mut message = first.strip_prefix("error: ").unwrap_or(first).to_owned();
    let rest: Vec<&str> = lines.map(str::trim).collect();
    if !rest.is_empty() {
        message.push(' ');
        message.push_str(&rest.join(", "));
    }
    let help = format!("{} --help", command_of(args));
    let suggestions = suggestions(error);
    let also = also(error);
    CliError::usage(message).hint(match (suggestions.as_slice(), also) {
        ([], None) => help,
        ([], Some(tip)) => format!("{tip}; or {help}"),
        (some, _) => format!("did you mean {}? or {help}", some.join(", ")),
    })
}

/// Finds the empty variable of a script: an owner's flag with nothing behind it, or with the command
/// that should have come after the id.
pub(crate) fn lost_id(args: &[OsString]) -> Option<CliError> {
    let words: Vec<&str> = args.iter().map(|arg| arg.to_str().unwrap_or("?")).collect();
    let options = words.split(|word| *word == "--").next()?;
    let found = options.iter().enumerate().find_map(|(at, word)| {
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) => (flag, value),
            None => (*word, *options.get(at + 1)?),
        };
        let lacks = || value.is_empty() || Cli::command().find_subcommand(value).is_some();
        (["--user-id", "--tenant-id"].contains(&flag) && lacks()).then_some((flag, value))
    });
    let (flag, value) = found?;
    let why = match value {
        "" => "what stands there is empty".to_owned(),
        command => format!("{command:?} is a command"),
    };
    Some(
        CliError::usage(format!("{flag} lacks its id: {why}"))
            .hint("look whether the variable that should hold the id is empty"),
    )
}

/// Options without a command. One of them may have swallowed it, because a variable was empty.
pub(crate) fn no_command(global: &Global) -> CliError {
    let path = |path: &Option<std::path::PathBuf>| {
        path.as_ref()
            .map(|path| path.to_string_lossy().into_owned())
    };
    let values = [
        ("--config", path(&global.config)),
        ("--data-dir", path(&global.data_dir)),
    ];
    let root = Cli::command();
    let swallowed = values.into_iter().find_map(|(flag, value)| {
        let value = value.filter(|value| root.find_subcommand(value).is_some())?;
        Some(format!(
            "no command is given: {value} was read as the value of {flag}"
        ))
    });
    let message = swallowed.unwrap_or_else(|| "no command is given".to_owned());
    CliError::usage(message).hint("tulving --help   (lists the commands)")
}

/// Returns `tulving user create`: as much of the command as was understood.
fn command_of(args: &[OsString]) -> String {
    let mut command: &Command = &Cli::command();
    let mut name = command.get_name().to_owned();
    for arg in args.iter().skip(1) {
        if let Some(next) = arg.to_str().and_then(|arg| command.find_subcommand(arg)) {
            command = next;
            name = format!("{name} {}", next.get_name());
        }
    }
    name
}

/// Returns what is spelled almost like what was typed, the most alike first; what is less alike would
/// only hide it.
fn suggestions(error: &clap::Error) -> Vec<String> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    for (typed, suggested) in [
        (
            ContextKind::InvalidSubcommand,
            ContextKind::SuggestedSubcommand,
        ),
        (ContextKind::InvalidArg, ContextKind::SuggestedArg),
        (ContextKind::InvalidValue, ContextKind::SuggestedValue),
    ] {
        let mut found = match error.get(suggested) {
            Some(ContextValue::String(one)) => vec![one.clone()],
            Some(ContextValue::Strings(several)) => several.clone(),
            _ => continue,
        };
        let typed = text(typed).unwrap_or_default();
        let distance = |name: &String| strsim::damerau_levenshtein(typed, name);
        found.sort_by_key(distance);
        let nearest = found.first().map_or(0, distance);
        found.retain(|name| distance(name) <= nearest + 1);
        return found;
    }
    Vec::new()
}

/// Returns another tip of clap's, such as how to give a value that looks like an option.
fn also(error: &clap::Error) -> Option<String> {
    match error.get(ContextKind::Suggested) {
        Some(ContextValue::StyledStrs(tips)) => tips.first().map(ToString::to_string),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn told(args: &[&str]) -> String {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        misuse(&Cli::try_parse_from(&args).unwrap_err(), &args).to_string()
    }

    #[test]
    fn what_is_wrong_is_one_line_and_the_help_to_read_is_named() {
        for (args, said) in [
            (
                &["tulving", "serch", "x"][..],
                "error: unrecognized subcommand 'serch'\n  try: did you mean search? or tulving --help\n",
            ),
            (
                &["tulving", "user", "create"],
                "error: the following required arguments were not provided: --email <ADDRESS>\n  try: tulving user create --help\n",
            ),
            (
                &["tulving", "--backend", "sqlite", "list"],
                "error: invalid value 'sqlite' for '--backend <BACKEND>' [possible values: file, postgres]\n  try: tulving list --help\n",
            ),
            (
                &["tulving", "search", "x", "--mod", "y"],
                "error: unexpected argument '--mod' found\n  try: did you mean --mode? or tulving search --help\n",
            ),
            (
                &["tulving", "list", "--limit"],
                "try: tulving list --help\n",
            ),
        ] {
            assert!(told(args).contains(said), "{args:?}: {}", told(args));
        }
    }

    #[test]
    fn a_command_that_an_option_swallowed_is_named() {
        let cli = Cli::parse_from(["tulving", "--data-dir", "doctor"]);
        let told = no_command(&cli.global);
        assert_eq!(
            told.message,
            "no command is given: doctor was read as the value of --data-dir"
        );
    }
}
