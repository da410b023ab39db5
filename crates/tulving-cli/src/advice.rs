//! Commands that are printed as advice: pasted as they stand, they are about the same memory.

use clap::Command;
use tulving::model::ScopeKind;

use crate::config::{Overrides, parse_id};
use crate::text::shell;

impl Overrides {
    /// Returns the advice with these flags in each command of ours that it names: those that the
    /// command takes and does not have. What was said of a memory in a file or a variable holds by
    /// itself.
    #[must_use]
    pub fn repeated_in(&self, cli: &Command, advice: &str) -> String {
        const PROGRAM: &str = "tulving ";
        let mut cli = cli.clone();
        cli.build();
        let mut parts = advice.split(PROGRAM);
        let mut text = parts.next().unwrap_or_default().to_owned();
        for rest in parts {
            let (names, behind) = names(&cli, rest);
            let own = command(behind);
            let (command, after) = rest.split_at(rest.len() - behind.len() + own.len());
            text.push_str(PROGRAM);
            text.push_str(command);
            if let [name, below @ ..] = names.as_slice() {
                self.add_to(&mut text, name, below.contains(&"create"), own);
            }
            text.push_str(after);
        }
        text
    }

    fn add_to(&self, text: &mut String, name: &str, creates: bool, own: &str) {
        let has = |flag: &str| own.split_whitespace().any(|word| word == flag);
        if has("--help") {
            return;
        }
        let owned = !["schema", "user", "tenant"].contains(&name)
            && !has("--user-id")
            && !has("--tenant-id");
        let moves = ["migrate", "verify"].contains(&name);
        let follows = !moves && !["schema", "user", "tenant", "index", "runs"].contains(&name);
        // What is named with the backend that holds no files has no directory.
        let in_files = (follows && !own.contains("--backend postgres")) || moves || creates;
        let path = |path: &Option<std::path::PathBuf>| {
            path.as_ref()
                .map(|path| path.to_string_lossy().into_owned())
        };
        // An id that is none is what the advice is about.
        let id = |given: &Option<String>, kind| {
            given.clone().filter(|id| parse_id(id, kind, "").is_ok())
        };
        let backend = self.backend.map(|backend| backend.as_str().to_owned());
        for (flag, is_taken, value) in [
            ("--config", true, path(&self.config)),
            ("--backend", follows, backend),
            ("--data-dir", in_files, path(&self.data_dir)),
            ("--schema", true, self.schema.clone()),
            ("--user-id", owned, id(&self.user_id, ScopeKind::User)),
            ("--tenant-id", owned, id(&self.tenant_id, ScopeKind::Tenant)),
        ] {
            if let Some(value) = value.filter(|_| is_taken && !has(flag)) {
                // Behind a space it would be read as another flag.
                let between = if value.starts_with('-') { '=' } else { ' ' };
                text.push_str(&format!(" {flag}{between}{}", shell(&value)));
            }
        }
    }
}

/// Returns the names of the command that a text begins with, and what is behind them.
fn names<'t>(cli: &Command, text: &'t str) -> (Vec<&'t str>, &'t str) {
    let (mut command, mut names, mut behind) = (cli, Vec::new(), text);
    loop {
        let word = behind.trim_start_matches(' ');
        let end = word.find(|c: char| !c.is_ascii_alphabetic() && c != '-');
        let (word, rest) = word.split_at(end.unwrap_or(word.len()));
        let Some(next) = command.find_subcommand(word) else {
            return (names, behind);
        };
        names.push(word);
        (command, behind) = (next, rest);
    }
}

/// Returns the part of a text that belongs to the command at its beginning. A quoted part may hold
/// anything.
fn command(text: &str) -> &str {
    const ENDS: [&str; 7] = ["; ", ", ", "   ", " (", ")", " | ", "\n"];
    let (mut quote, mut is_escaped) = (None, false);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if is_escaped => is_escaped = false,
            (None, '\\') => is_escaped = true,
            (None, '\'' | '"') => quote = Some(c),
            (None, _) if ENDS.iter().any(|end| text[at..].starts_with(end)) => return &text[..at],
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;
    use crate::config::Backend;

    const ANN: &str = "3f2b8c1e-7d4a-4e0b-9c55-0a1b2c3d4e5f";

    #[test]
    fn each_command_gets_the_flags_that_it_takes_and_does_not_have() {
        let typed = Overrides {
            config: Some("its/own.yaml".into()),
            backend: Some(Backend::Postgres),
            user_id: Some(ANN.to_owned()),
            tenant_id: None,
            data_dir: Some("my data".into()),
            schema: Some("s".to_owned()),
        };
        let all = format!(
            "--config its/own.yaml --backend postgres --data-dir 'my data' --schema s --user-id {ANN}"
        );
        let tables = "--config its/own.yaml --schema s";
        for (advice, told) in [
            ("tulving schema apply", format!("tulving schema apply {tables}")),
            (
                "tulving schema apply --schema b   (makes it); then --schema b",
                "tulving schema apply --schema b --config its/own.yaml   (makes it); then --schema b".to_owned(),
            ),
            (
                "--schema b   (they are there); or, for others here, tulving schema apply",
                format!("--schema b   (they are there); or, for others here, tulving schema apply {tables}"),
            ),
            (
                "tulving user list, tulving tenant list   (show who is there)",
                format!("tulving user list {tables}, tulving tenant list {tables}   (show who is there)"),
            ),
            (
                "tulving user create --email you@example.com",
                "tulving user create --email you@example.com --config its/own.yaml --data-dir 'my data' --schema s".to_owned(),
            ),
            (
                "tulving index --rebuild --tenant-id T   (anew)",
                format!("tulving index --rebuild --tenant-id T {tables}   (anew)"),
            ),
            (
                "see; then tulving migrate --dry-run (or --only nodes)",
                format!("see; then tulving migrate --dry-run --config its/own.yaml --data-dir 'my data' --schema s --user-id {ANN} (or --only nodes)"),
            ),
            ("tulving init, which gives it an owner", format!("tulving init {all}, which gives it an owner")),
            (
                "tulving get 'a, b; it'\\''s (c)'   (shows it)",
                format!("tulving get 'a, b; it'\\''s (c)' {all}   (shows it)"),
            ),
            (
                "tail -n +2 f | tulving add --jsonl -",
                format!("tail -n +2 f | tulving add --jsonl - {all}"),
            ),
            (
                "tulving list --backend postgres   (there)",
                format!("tulving list --backend postgres {tables} --user-id {ANN}   (there)"),
            ),
            ("tulving add --help", "tulving add --help".to_owned()),
            ("use a newer tulving", "use a newer tulving".to_owned()),
            ("use the tulving that made it", "use the tulving that made it".to_owned()),
        ] {
            assert_eq!(typed.repeated_in(&Cli::command(), advice), told);
            assert_eq!(Overrides::default().repeated_in(&Cli::command(), advice), advice);
        }
    }

    #[test]
    fn an_id_that_is_none_is_not_repeated_and_a_value_is_one_word() {
        let typed = Overrides {
            user_id: Some("me".to_owned()),
            schema: Some("-it's".to_owned()),
            ..Overrides::default()
        };
        assert_eq!(
            typed.repeated_in(&Cli::command(), "tulving list"),
            "tulving list --schema='-it'\\''s'"
        );
    }
}
