//! Which memories a command is about.

use clap::Args;
use tulving::backend::Filter;
use tulving::model::{Kind, Timestamp};

use crate::exit::CliError;
use crate::{input, kinds};

/// Which memories are meant: those that every option lets pass.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Which memories")]
pub struct Which {
    /// Only these kinds; separated by commas, or repeated [default: all]
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = kinds::one())]
    pub kind: Vec<Kind>,

    /// Only memories from these sources, such as anthropic or tulving; separated by commas, or repeated
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = input::source)]
    pub source: Vec<String>,

    /// Only memories of this conversation; repeated, of any of several
    #[arg(long, value_name = "ID")]
    pub conversation: Vec<String>,

    /// Only memories of this time or later: 2024-01-15, 2024-01-15T10:30:00Z, 2024-03 (a month, from its
    /// beginning), 2024, today, yesterday, now, or how long ago: 90min, 12h, 7d, 2w, 3mo, 1y
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    pub since: Option<Timestamp>,

    /// Only memories from before this time, which takes the same forms: `--since 2024-03 --until 2024-04` is March
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    pub until: Option<Timestamp>,

    /// Only memories in these clusters; -1 is those in none; separated by commas, or repeated
    #[arg(
        long,
        value_name = "NUMBER",
        value_delimiter = ',',
        allow_negative_numbers = true
    )]
    pub cluster: Vec<i64>,

    /// Only memories with code; `--has-code=false` for those without
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub has_code: Option<bool>,

    /// Only memories with this tag, exactly as it is written; repeated, with all of them
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
}

impl Which {
    /// The filter that the options make.
    pub(super) fn filter(self) -> Result<Filter, CliError> {
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since >= until
        {
            let (since, until) = (since.isoformat(), until.isoformat());
            return Err(CliError::usage(format!(
                "nothing lies between --since {since} and --until {until}"
            ))
            .hint("an --until that is later; it is not included itself, nor is anything of its day, month or year"));
        }
        Ok(Filter {
            kinds: self.kind,
            sources: self.source,
            since: self.since,
            until: self.until,
            clusters: self.cluster,
            conversations: self.conversation,
            has_code: self.has_code,
            tags: self.tag,
        })
    }
}
