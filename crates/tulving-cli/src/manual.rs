//! The help as a document: docs/cli.md.

use std::fmt::Write as _;

use clap::builder::StyledStr;
use clap::{Arg, ArgAction, Command};

use crate::config::KEYS;

/// Returns the help that `tulving` alone prints.
#[must_use]
pub fn short(mut root: Command) -> StyledStr {
    root.render_help()
}

/// Returns every command, its usage and its options, as Markdown.
#[must_use]
pub fn markdown(mut root: Command) -> String {
    // Gives each command its full name in its usage.
    root.build();
    let mut out = String::from(
        "# The command line\n\n\
         <!-- Made by `cargo run -p tulving-cli -- help-markdown > docs/cli.md`; do not edit. -->\n",
    );
    let _ = write!(out, "\n{}\n", about(&root));
    out.push_str("\n## Global options\n\n");
    options(
        &mut out,
        root.get_arguments().filter(|arg| arg.is_global_set()),
    );
    settings(&mut out);
    for command in root.get_subcommands().filter(|command| is_shown(command)) {
        section(&mut out, command, "tulving");
    }
    if let Some(codes) = root.get_after_help() {
        let codes = codes.to_string();
        let codes = codes.strip_prefix("Exit codes: ").unwrap_or(&codes);
        out.push_str("\n## Exit codes\n\n| code | meaning |\n|---|---|\n");
        for entry in split_codes(codes.trim_end_matches('.')) {
            let (code, meaning) = entry.split_once(' ').unwrap_or((entry, ""));
            let _ = writeln!(out, "| {code} | {meaning} |");
        }
    }
    out
}

/// Splits `0 done, 1 a bug (really), 2 …` at each comma that a number follows.
fn split_codes(codes: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in codes.match_indices(", ") {
        if codes[at + 2..].starts_with(|c: char| c.is_ascii_digit()) {
            parts.push(&codes[start..at]);
            start = at + 2;
        }
    }
    parts.push(&codes[start..]);
    parts
}

fn settings(out: &mut String) {
    out.push_str(
        "\n## Settings\n\nA flag takes precedence over the environment variable, the variable over the \
         configuration file, and the file over the default. `config.example.yaml` explains each setting.\n\n\
         | in config.yaml | variable | default |\n|---|---|---|\n",
    );
    for key in &KEYS {
        let default = key
            .default
            .map_or(String::new(), |default| format!("`{default}`"));
        let _ = writeln!(out, "| `{}` | `{}` | {default} |", key.path, key.variable);
    }
}

fn section(out: &mut String, command: &Command, parent: &str) {
    let name = format!("{parent} {}", command.get_name());
    let subcommands: Vec<_> = command
        .get_subcommands()
        .filter(|sub| is_shown(sub))
        .collect();
    if subcommands.is_empty() {
        let usage = command.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ");
        let _ = write!(
            out,
            "\n## {name}\n\n{}\n\n```text\n{usage}\n```\n",
            about(command)
        );
        let own: Vec<_> = command.get_arguments().filter(|arg| is_own(arg)).collect();
        if !own.is_empty() {
            out.push('\n');
            options(out, own.into_iter());
        }
        if let Some(after) = command.get_after_help() {
            let after = after.to_string();
            for part in after.split("\n\n") {
                let (title, body) = part.split_once('\n').unwrap_or(("", part));
                let _ = write!(out, "\n{title}\n\n```text\n");
                for line in body.lines() {
                    let _ = writeln!(out, "{}", line.trim());
                }
                out.push_str("```\n");
            }
        }
    }
    for subcommand in subcommands {
        section(out, subcommand, &name);
    }
}

fn about(command: &Command) -> String {
    let long = command.get_long_about().or_else(|| command.get_about());
    long.map(ToString::to_string).unwrap_or_default()
}

fn options<'a>(out: &mut String, args: impl Iterator<Item = &'a Arg>) {
    for arg in args {
        let mut names = Vec::new();
        names.extend(arg.get_short().map(|short| format!("-{short}")));
        names.extend(arg.get_long().map(|long| format!("--{long}")));
        let mut usage = names.join(", ");
        if matches!(arg.get_action(), ArgAction::Set | ArgAction::Append) {
            let value = arg.get_value_names().unwrap_or_default().join(" ");
            let _ = match usage.as_str() {
                "" => write!(usage, "[{value}]"),
                _ if arg.is_require_equals_set() => write!(usage, "[={value}]"),
                _ => write!(usage, " {value}"),
            };
        }
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let _ = write!(out, "- `{usage}`: {help}");
        let values: Vec<_> = arg.get_possible_values();
        let takes_value = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
        if takes_value && !values.is_empty() {
            let values: Vec<_> = values
                .iter()
                .map(|value| format!("`{}`", value.get_name()))
                .collect();
            let _ = write!(out, " ({})", values.join(", "));
        }
        for default in arg.get_default_values() {
            if takes_value {
                let _ = write!(out, " [default: {}]", default.to_string_lossy());
            }
        }
        out.push('\n');
    }
}

/// Returns whether manuals show a command.
pub(crate) fn is_shown(command: &Command) -> bool {
    !command.is_hide_set() && command.get_name() != "help"
}

fn is_own(arg: &Arg) -> bool {
    !arg.is_global_set() && !matches!(arg.get_id().as_str(), "help" | "version")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_apart_from_commas() {
        assert_eq!(
            split_codes("0 a, b, 1 c (d, e), 10 f"),
            ["0 a, b", "1 c (d, e)", "10 f"]
        );
    }
}
