//! Filter arguments: which memories are meant, as options of a command or as an object of JSON with the same names.

use clap::Args;
use serde::de::{Deserialize, Deserializer, Error};
use tulving::backend::Filter;
use tulving::model::{Kind, Timestamp};

use crate::exit::CliError;
use crate::text::quote;
use crate::{input, kinds};

/// Which memories are meant: those that every option lets pass.
///
/// From JSON an option is a member of its name with `_` for `-`; what may be repeated is a list.
#[derive(Debug, Clone, Default, PartialEq, Args, serde::Deserialize)]
#[command(next_help_heading = "Which memories")]
#[serde(default, deny_unknown_fields)]
pub struct FilterArgs {
    /// Only these kinds; separated by commas, or repeated [default: all]
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = kinds::one())]
    #[serde(deserialize_with = "each_kind")]
    pub kind: Vec<Kind>,

    /// Only memories from these sources, such as anthropic or tulving; separated by commas, or repeated
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = input::source)]
    #[serde(deserialize_with = "each_source")]
    pub source: Vec<String>,

    /// Only memories of this conversation; may be repeated for several
    #[arg(long, value_name = "ID")]
    pub conversation: Vec<String>,

    /// Only memories of this time or later: 2024-01-15, 2024-01-15T10:30:00Z, 2024-03 (a month, from its
    /// beginning), 2024, today, yesterday, now, or how long ago: 90min, 12h, 7d, 2w, 3mo, 1y
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    #[serde(deserialize_with = "a_time")]
    pub since: Option<Timestamp>,

    /// Only memories from before this time, in the same formats: `--since 2024-03 --until 2024-04` is
    /// March
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    #[serde(deserialize_with = "a_time")]
    pub until: Option<Timestamp>,

    /// Only memories in these clusters; -1 means memories in no cluster; separated by commas, or repeated
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

    /// Only memories with this tag, spelled exactly so; if repeated, with all of the tags
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
}

impl FilterArgs {
    /// Returns the filter that the options make.
    ///
    /// # Errors
    /// When no time lies between the two that are given.
    pub fn into_filter(self) -> Result<Filter, CliError> {
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

fn each_kind<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<Kind>, D::Error> {
    each(input, |name| {
        Kind::named(name).ok_or_else(|| format!("{} is no kind of memory", quote(name)))
    })
}

fn each_source<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<String>, D::Error> {
    each(input, input::source)
}

fn each<'de, D: Deserializer<'de>, T>(
    input: D,
    read: fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, D::Error> {
    let texts = Vec::<String>::deserialize(input)?;
    let read = texts.iter().map(|text| read(text));
    read.collect::<Result<_, _>>().map_err(D::Error::custom)
}

fn a_time<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(input)?;
    let time = text.as_deref().map(input::time).transpose();
    time.map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::exit::Exit;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        filter: FilterArgs,
    }

    fn of_json(text: &str) -> Result<FilterArgs, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn options_and_json_mean_the_same_memories() {
        let line = "x --kind node,episode --source openai --conversation c --since 2024-03 \
                    --until 2024-04-01T00:00:00Z --cluster -1 --cluster 7 --has-code=false --tag a --tag b";
        let json = r#"{"kind": ["node", "episode"], "source": ["openai"], "conversation": ["c"],
                       "since": "2024-03", "until": "2024-04-01T00:00:00Z", "cluster": [-1, 7],
                       "has_code": false, "tag": ["a", "b"]}"#;
        let line = Line::try_parse_from(line.split_whitespace()).unwrap();
        assert_eq!(of_json(json).unwrap(), line.filter);
        let none = Line::try_parse_from(["x"]).unwrap();
        assert_eq!(of_json("{}").unwrap(), none.filter);
    }

    #[test]
    fn json_is_refused_as_options_are() {
        for (json, why) in [
            (r#"{"kinds": ["node"]}"#, "unknown field `kinds`"),
            (r#"{"kind": ["turn"]}"#, "\"turn\" is no kind of memory"),
            (r#"{"source": ["Open AI"]}"#, "a-z, 0-9"),
            (r#"{"since": "someday"}"#, "someday"),
        ] {
            let said = of_json(json).unwrap_err();
            assert!(said.contains(why), "{json}: {said}");
        }
        let nothing = of_json(r#"{"since": "2024-03", "until": "2024-02"}"#).unwrap();
        assert_eq!(nothing.into_filter().unwrap_err().exit, Exit::Usage);
    }
}
