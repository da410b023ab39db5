//! Which memories a command is about.

use clap::{Args, ValueEnum};
use tulving::backend::Filter;
use tulving::model;

use crate::exit::CliError;
use crate::input::moment;

/// A kind of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A question and its answer.
    Node,
    /// A whole conversation.
    Episode,
}

/// Which memories are meant: those that every option lets pass.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Which memories")]
pub struct Which {
    /// Of these kinds [default: both]
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub kind: Vec<Kind>,

    /// Held at one of these places, such as anthropic or tulving
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub source: Vec<String>,

    /// Of this conversation; may be given several times
    #[arg(long, value_name = "ID")]
    pub conversation: Vec<String>,

    /// Said at this time or later, such as 2024-01-15 or 2024-01-15T10:30:00Z
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,

    /// Said before this time
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,

    /// Of these clusters; -1 is noise
    #[arg(
        long,
        value_name = "NUMBER",
        value_delimiter = ',',
        allow_negative_numbers = true
    )]
    pub cluster: Vec<i64>,

    /// With code; `--has-code=false` for without
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub has_code: Option<bool>,

    /// Bearing this tag, letter for letter; given several times, all of them
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
}

impl Which {
    /// The filter that the options make.
    pub(super) fn filter(self) -> Result<Filter, CliError> {
        let time = |flag: &str, text: Option<String>| {
            let time = text.as_deref().map(moment).transpose();
            time.map_err(|why| CliError::usage(format!("{flag}: {why}")))
        };
        let kinds = self.kind.into_iter().map(|kind| match kind {
            Kind::Node => model::Kind::Node,
            Kind::Episode => model::Kind::Episode,
        });
        Ok(Filter {
            kinds: kinds.collect(),
            sources: self.source,
            since: time("--since", self.since)?,
            until: time("--until", self.until)?,
            clusters: self.cluster,
            conversations: self.conversation,
            has_code: self.has_code,
            tags: self.tag,
        })
    }
}
