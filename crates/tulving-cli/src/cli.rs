//! The command line: what may be typed.

use clap::{Parser, Subcommand};

use crate::commands::{
    add, clusters, compact, completions, config, delete, docs, doctor, export, forget, get, hook,
    index, ingest, init, list, man, mcp, migrate, reembed, runs, schema, search, tenant, update,
    user, verify,
};
use crate::documents::ReadDocuments;
use crate::global::Global;

/// Long-term memory for AI assistants: files first, PostgreSQL when it grows, and a proof that
/// nothing was lost on the way.
#[derive(Debug, Parser)]
#[command(
    name = "tulving",
    version,
    after_help = "Exit codes: 0 done and verified, 1 a bug, 2 usage or configuration, 3 invalid \
        source, 4 rows were rejected, 5 verification found a difference, 6 interrupted (run again \
        to resume), 7 database or embedder not reachable, or disk full, 8 another run holds the lock, 9 \
        refused, 10 no such memory."
)]
pub struct Cli {
    /// Flags that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do; nothing prints the help.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Init(init::Init),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Add(add::Add),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Search(search::Search),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Get(get::Get),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    List(list::List),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Update(update::Update),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Delete(delete::Delete),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Forget(forget::Forget),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Compact(compact::Compact),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Reembed(reembed::Reembed),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Doctor(doctor::Doctor),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Ingest(ingest::Ingest),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Clusters(clusters::Clusters),

    /// Documents: manuals, policies, forms
    #[command(subcommand)]
    Docs(docs::Command),

    /// The tables of a database and their version
    #[command(subcommand)]
    Schema(schema::Command),

    /// The users of a database
    #[command(subcommand)]
    User(user::Command),

    /// The tenants of a database
    #[command(subcommand)]
    Tenant(tenant::Command),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Migrate(migrate::Migrate),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Export(export::Export),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Verify(verify::Verify),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Index(index::Index),

    /// Migrations and imports: what they did, and how far they are
    #[command(subcommand)]
    Runs(runs::Command),

    /// The configuration
    #[command(subcommand)]
    Config(config::Command),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Mcp(mcp::Mcp),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Hook(hook::Hook),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Completions(completions::Completions),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Man(man::ManPages),

    /// Reads documents for `tulving docs`, in a process of its own
    #[command(hide = true)]
    ReadDocuments(ReadDocuments),

    /// Prints docs/cli.md
    #[command(hide = true)]
    HelpMarkdown,
}

impl Command {
    /// Returns whether the command writes to a named file, which `--force` lets it replace.
    #[must_use]
    pub fn writes_to_a_file(&self) -> bool {
        match self {
            Self::Migrate(_) | Self::Export(_) | Self::Forget(_) => true,
            Self::User(user::Command::Delete(_)) | Self::Tenant(tenant::Command::Delete(_)) => true,
            Self::User(user::Command::Create(create)) => create.output.is_some(),
            Self::Tenant(tenant::Command::Create(create)) => create.output.is_some(),
            Self::Man(pages) => pages.out.is_some(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::manual::is_shown;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// The commands that do something, under all others.
    fn leaves(command: &clap::Command) -> Vec<clap::Command> {
        let below: Vec<&clap::Command> =
            command.get_subcommands().filter(|c| is_shown(c)).collect();
        if below.is_empty() {
            return vec![command.clone()];
        }
        below.into_iter().flat_map(leaves).collect()
    }

    #[test]
    fn every_command_says_what_json_it_prints() {
        let mut root = Cli::command();
        root.build();
        for command in leaves(&root) {
            let after = command.get_after_help().map(ToString::to_string);
            let says = after.is_some_and(|after| after.contains("With --json:\n{"));
            assert!(says, "{} says nothing of --json", command.get_name());
        }
    }
}
