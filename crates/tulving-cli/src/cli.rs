//! The command line: what may be typed, and the manual of it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::{
    add, compact, completions, config, delete, doctor, get, index, init, list, man, migrate, runs,
    schema, search, tenant, update, user, verify,
};
use crate::config::{Backend, Env, Overrides};
use crate::terminal::{Colour, Face};

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

/// Flags that every command takes. They come before the environment, and that before the file.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The configuration file [default: config.yaml, if there is one here]
    #[arg(long, global = true, value_name = "FILE", value_parser = crate::config::path())]
    pub config: Option<PathBuf>,

    /// Where memory lives [default: file]
    #[arg(long, global = true, value_name = "BACKEND")]
    pub backend: Option<Backend>,

    // A text, because the error for a wrong one is ours: it says how to get a right one.
    /// Works for this user
    #[arg(long, global = true, value_name = "UUID", conflicts_with = "tenant_id")]
    pub user_id: Option<String>,

    /// Works for this tenant; with `user create`, the tenant that the new user belongs to
    #[arg(long, global = true, value_name = "UUID")]
    pub tenant_id: Option<String>,

    /// The data directory [default: data]
    #[arg(long, global = true, value_name = "DIR", value_parser = crate::config::path())]
    pub data_dir: Option<PathBuf>,

    /// The schema of the database that the tables are in [default: the first of the search path]
    #[arg(long, global = true, value_name = "NAME")]
    pub schema: Option<String>,

    /// Prints the result as one JSON object on stdout, an error too
    #[arg(long, global = true)]
    pub json: bool,

    /// When output is coloured; `auto` respects the environment variables NO_COLOR and CLICOLOR_FORCE
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,

    /// Asks nothing: every question is answered with yes
    #[arg(long, short = 'y', global = true)]
    pub yes: bool,

    /// Replaces the output file of a command if it exists already
    #[arg(long, global = true)]
    pub force: bool,
}

impl Global {
    /// How the program is to speak.
    #[must_use]
    pub fn face(&self, env: &Env) -> Face {
        Face::new(self.json, self.color, env)
    }

    /// What of it overrides the configuration.
    #[must_use]
    pub fn overrides(&self) -> Overrides {
        Overrides {
            config: self.config.clone(),
            backend: self.backend,
            user_id: self.user_id.clone(),
            tenant_id: self.tenant_id.clone(),
            data_dir: self.data_dir.clone(),
            schema: self.schema.clone(),
        }
    }
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
    Compact(compact::Compact),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Doctor(doctor::Doctor),

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
    Verify(verify::Verify),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Index(index::Index),

    /// Migrations: what they did, and how far they are
    #[command(subcommand)]
    Runs(runs::Command),

    /// The configuration
    #[command(subcommand)]
    Config(config::Command),

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

    /// Prints docs/cli.md
    #[command(hide = true)]
    HelpMarkdown,
}

impl Command {
    /// Whether it writes to a file that is named, which `--force` lets it replace.
    #[must_use]
    pub fn writes_to_a_file(&self) -> bool {
        match self {
            Self::Migrate(_) => true,
            Self::User(user::Command::Create(create)) => create.output.is_some(),
            Self::Tenant(tenant::Command::Create(create)) => create.output.is_some(),
            Self::Man(pages) => pages.out.is_some(),
            _ => false,
        }
    }
}
