//! What is pasted into the configuration of an assistant: the program and the memory by their whole paths, since an
//! assistant starts its servers in whatever directory it is in.

use std::path::Path;

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Value, json};

use super::Offer;
use crate::config::{Backend, Config, Env, Overrides};
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::memory::Location;
use crate::text::{quote, shell};

/// An assistant that starts servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Client {
    /// Claude Code: a command
    ClaudeCode,
    /// Claude Desktop
    ClaudeDesktop,
    /// Codex
    Codex,
    /// Cursor
    Cursor,
    /// VS Code
    Vscode,
    /// Others, which mostly have the form of Claude Desktop
    Other,
}

/// What is to be pasted.
#[derive(Debug, Serialize)]
pub struct Snippet {
    client: &'static str,
    /// Where it goes.
    pub file: &'static str,
    /// The text.
    pub text: String,
}

/// The variable that names the database: its value holds a password, so only its name is printed.
const DATABASE_URL: &str = "DATABASE_URL";

/// A server as an assistant starts it.
struct Launch {
    program: String,
    arguments: Vec<String>,
    /// Whether the database is named by the environment.
    database: bool,
}

impl Snippet {
    /// Makes what a client wants for the memory that the configuration names.
    ///
    /// # Errors
    /// When there is no configuration file, or a path is no text.
    pub fn of(client: Client, offer: Offer, cx: &Context) -> Result<Self, CliError> {
        let launch = Launch::of(offer, cx)?;
        let (name, file) = match client {
            Client::ClaudeCode => ("claude-code", "a shell: it is a command"),
            Client::ClaudeDesktop => (
                "claude-desktop",
                "claude_desktop_config.json (in Claude Desktop: Settings, Developer, Edit Config)",
            ),
            Client::Codex => ("codex", "~/.codex/config.toml"),
            Client::Cursor => (
                "cursor",
                "~/.cursor/mcp.json, or .cursor/mcp.json of a project",
            ),
            Client::Vscode => (
                "vscode",
                ".vscode/mcp.json of a project, or the user's mcp.json",
            ),
            Client::Other => ("other", "the assistant's list of MCP servers"),
        };
        let text = match client {
            Client::ClaudeCode => launch.command(),
            Client::Codex => launch.toml(),
            Client::Cursor => launch.servers("mcpServers", Some("${env:DATABASE_URL}")),
            Client::Vscode => launch.vscode(),
            Client::ClaudeDesktop | Client::Other => launch.servers("mcpServers", None),
        };
        Ok(Self {
            client: name,
            file,
            text,
        })
    }
}

impl Launch {
    fn of(offer: Offer, cx: &Context) -> Result<Self, CliError> {
        let program = std::env::current_exe().map_err(|error| {
            CliError::new(Exit::Bug, "finding the program's own path failed").because(&error)
        })?;
        // Without one, whatever config.yaml there is in a project would be taken for it.
        let file = cx.config.file().ok_or_else(|| {
            CliError::usage("there is no configuration file for an assistant to be pointed to")
                .hint("tulving init   (makes one, here), or --config FILE")
        })?;
        let mut arguments = vec!["mcp".to_owned(), "--config".to_owned(), whole(file)?];
        let mut add = |flag: &str, value: String| arguments.extend([flag.to_owned(), value]);
        let written = Config::load(
            Overrides {
                config: Some(file.to_owned()),
                ..Overrides::default()
            },
            Env::of([]),
        )?;
        let backend = cx.config.backend()?;
        if backend != written.backend()? {
            add("--backend", backend.as_str().to_owned());
        }
        let mut database = false;
        match cx.location()? {
            Location::Files(directory) => add("--data-dir", whole(&directory)?),
            Location::Database => {
                let owner = cx.config.scope()?;
                add(
                    &format!("--{}-id", owner.kind().as_str()),
                    owner.id().to_string(),
                );
                if let Some(schema) = cx.config.schema()? {
                    add("--schema", schema);
                }
                database = backend == Backend::Postgres && Env::process().is_set(DATABASE_URL);
            }
        }
        let flags = [
            (offer.read_only, "--read-only"),
            (offer.chatgpt, "--chatgpt"),
        ];
        let set = flags.into_iter().filter(|(is_set, _)| *is_set);
        arguments.extend(set.map(|(_, flag)| flag.to_owned()));
        Ok(Self {
            program: whole(&program)?,
            arguments,
            database,
        })
    }

    /// Returns `claude mcp add …`.
    fn command(&self) -> String {
        let words = std::iter::once(&self.program).chain(&self.arguments);
        let words: Vec<String> = words.map(|word| shell(word)).collect();
        // The shell puts the value in; the name goes first, since what follows --env would be taken for a variable.
        let variable = if self.database {
            " --env DATABASE_URL=\"$DATABASE_URL\""
        } else {
            ""
        };
        format!(
            "claude mcp add tulving --scope user{variable} -- {}\n",
            words.join(" ")
        )
    }

    /// Returns a JSON object of servers. `variable` is how the client writes the value of `DATABASE_URL`; without
    /// it a person puts it in.
    fn servers(&self, key: &str, variable: Option<&str>) -> String {
        pretty(&json!({key: {"tulving": self.server(variable)}}))
    }

    fn server(&self, variable: Option<&str>) -> Value {
        let mut server = json!({"command": self.program, "args": self.arguments});
        if self.database {
            let value = variable.unwrap_or("postgresql://USER:PASSWORD@HOST:5432/DATABASE");
            server["env"] = json!({DATABASE_URL: value});
        }
        server
    }

    fn vscode(&self) -> String {
        let mut server = self.server(Some("${input:database-url}"));
        server["type"] = json!("stdio");
        let mut config = json!({"servers": {"tulving": server}});
        if self.database {
            config["inputs"] = json!([{
                "type": "promptString", "id": "database-url", "password": true,
                "description": "The connection string of Tulving's database",
            }]);
        }
        pretty(&config)
    }

    fn toml(&self) -> String {
        // Texts and lists of texts are written in TOML as in JSON.
        let (program, arguments) = (json!(self.program), json!(self.arguments));
        let variable = if self.database {
            "env_vars = [\"DATABASE_URL\"]\n"
        } else {
            ""
        };
        format!("[mcp_servers.tulving]\ncommand = {program}\nargs = {arguments}\n{variable}")
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// Returns a path from the root, as text.
fn whole(path: &Path) -> Result<String, CliError> {
    let whole = std::path::absolute(path).map_err(|error| {
        CliError::usage(format!("{} has no whole path", path.display())).because(&error)
    })?;
    whole.into_os_string().into_string().map_err(|path| {
        let shown = quote(&path.to_string_lossy());
        CliError::usage(format!(
            "the path {shown} is not UTF-8, as a configuration must be"
        ))
        .hint("move it to a path that is")
    })
}
