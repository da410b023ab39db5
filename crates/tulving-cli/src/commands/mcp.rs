//! `tulving mcp`: memory for an assistant.

use std::io::IsTerminal as _;
use std::sync::Arc;

use clap::Args;
use tulving::transfer::{Progress, Silent};
use tulving_mcp::{Info, Server};

use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::mcp::{Client, MemoryTools, Offer, Opener, Snippet, serve};
use crate::{interrupt, output};

/// Serves memory to an assistant, by the Model Context Protocol (MCP)
///
/// The assistant starts this program and speaks with it over stdin and stdout, a line of JSON a message; nothing else
/// is ever on stdout. It gets six tools: memory_search, memory_add, memory_get, memory_list, memory_update and
/// memory_delete. Whose memory it is is set here, by the options and the configuration, and no tool can name another.
///
/// `--print-config` prints what to paste into the configuration of an assistant, with the paths of this program and of
/// the memory. It is written on stdout alone; where it goes is said on stderr.
///
/// Any number of these servers can be at work on one memory at the same time, beside other commands: each sees what the
/// others wrote. The memory is opened at the first call, so one that cannot be opened is told to the assistant then,
/// with what to do about it. It ends with exit 0 when stdin ends, or at SIGTERM after the calls that are on
/// their way.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tulving mcp --print-config claude-code\n  \
    tulving mcp --print-config cursor --read-only > ~/.cursor/mcp.json\n\n\
    With --json:\n\
    {\"client\": NAME, \"file\": where it goes, \"text\": what to paste}, of --print-config; without that, --json is refused")]
pub struct Mcp {
    /// Leaves out the tools that write, and refuses them
    #[arg(long)]
    pub read_only: bool,

    /// Adds the tools `search` and `fetch`, which ChatGPT looks for
    #[arg(long)]
    pub chatgpt: bool,

    /// Prints what to paste into the configuration of an assistant, and serves nothing
    #[arg(long, value_name = "CLIENT")]
    pub print_config: Option<Client>,
}

/// Runs it.
///
/// # Errors
/// When the configuration cannot be understood. What goes wrong with a call is told to whoever called.
pub async fn run(mcp: &Mcp, cx: Context) -> Result<Exit, CliError> {
    let offer = Offer {
        read_only: mcp.read_only,
        chatgpt: mcp.chatgpt,
    };
    if let Some(client) = mcp.print_config {
        let snippet = Snippet::of(client, offer, &cx)?;
        if cx.json {
            output::json(&snippet)?;
        } else {
            output::aside(&format!("Paste this into {}:", snippet.file));
            output::text(&snippet.text)?;
        }
        return Ok(Exit::Done);
    }
    if cx.json {
        return Err(CliError::usage(
            "what an assistant and this server say to each other has its own form",
        )
        .hint("the same command without --json"));
    }
    if std::io::stdin().is_terminal() {
        let remark =
            "an assistant is to start this, and to speak with it in lines of JSON; Ctrl-D ends it";
        output::note(
            remark,
            "tulving mcp --print-config claude-code   (what to paste)",
            &cx,
        );
    }
    let silent: Arc<dyn Progress> = Arc::new(Silent);
    let ear = interrupt::listen(&silent, cx.face())?;
    let info = Info {
        name: "tulving",
        title: "Tulving: long-term memory",
        version: env!("CARGO_PKG_VERSION"),
    };
    let tools = MemoryTools::new(Opener::new(cx), offer);
    serve(Server::new(info, tools), &ear.cancel).await
}
