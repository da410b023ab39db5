//! Sources: the programs that memories may name as where they come from.

use thiserror::Error;

use crate::model::{Json, Node, with_process};

/// Which sources the memories of a scope may bear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    usual: String,
    /// `None`: any that a record may name.
    taken: Option<&'static [&'static str]>,
}

/// The source that a memory is to bear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// What it bears.
    pub source: String,
    /// What it is truly called, where that could not be written.
    truly: Option<String>,
}

/// A source that memories of a scope may not bear, because another program could not read them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the source {source_name:?} is not among those that the Python program reads, whose files these are: {}", taken.join(", "))]
pub struct ForeignSource {
    /// The source that was named.
    pub source_name: String,
    /// Those that can be written.
    pub taken: &'static [&'static str],
    /// The one that is written where none is named.
    pub usual: String,
}

impl Sources {
    /// Allows any source; [`Node::OWN_SOURCE`] where none is named.
    #[must_use]
    pub fn any() -> Self {
        Self {
            usual: Node::OWN_SOURCE.to_owned(),
            taken: None,
        }
    }

    /// Allows these sources alone; `usual` where none is named.
    #[must_use]
    pub fn only(taken: &'static [&'static str], usual: &str) -> Self {
        Self {
            usual: usual.to_owned(),
            taken: Some(taken),
        }
    }

    /// Returns whether another program reads the memories too, and their vectors.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.taken.is_some()
    }

    /// Returns the source that a memory bears whose source nobody named, or `named`, or `instead` where
    /// that cannot be written.
    ///
    /// # Errors
    /// If neither can be written.
    pub fn place(
        &self,
        named: Option<&str>,
        instead: Option<&str>,
    ) -> Result<Placed, ForeignSource> {
        let named = named.unwrap_or(&self.usual);
        let bears = |source: &str, truly: Option<&str>| Placed {
            source: source.to_owned(),
            truly: truly.map(str::to_owned),
        };
        let Some(taken) = self.taken.filter(|taken| !taken.contains(&named)) else {
            return Ok(bears(named, None));
        };
        match instead.filter(|instead| taken.contains(instead)) {
            Some(instead) => Ok(bears(instead, Some(named))),
            None => Err(ForeignSource {
                source_name: named.to_owned(),
                taken,
                usual: self.usual.clone(),
            }),
        }
    }
}

impl Placed {
    /// Returns a node's tags, with the true name of its source among the processes where it bears
    /// another.
    #[must_use]
    pub fn tags(&self, tags: Json) -> Json {
        match &self.truly {
            Some(truly) => with_process(&tags, &format!("source:{truly}")),
            None => tags,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_cannot_be_written_is_refused_or_kept_as_a_tag() {
        let sources = Sources::only(&["openai", "grok"], "grok");
        let place = |named, instead| sources.place(named, instead);
        assert_eq!(place(None, None).unwrap().source, "grok");
        assert_eq!(
            place(Some("openai"), Some("grok")).unwrap().source,
            "openai"
        );
        assert!(place(Some("slack"), None).is_err());
        assert!(place(Some("slack"), Some("teams")).is_err());
        let placed = place(Some("slack"), Some("openai")).unwrap();
        assert_eq!(placed.source, "openai");
        let tags = |text: &str| {
            let tags = Json::from_jsonb_text(text).unwrap();
            placed.tags(tags).as_str().to_owned()
        };
        assert_eq!(tags("{}"), r#"{"processes":["source:slack"]}"#);
        let both = r#"{"topics":["a"],"processes":["ci","source:slack"]}"#;
        assert_eq!(tags(r#"{"topics":["a"],"processes":["ci"]}"#), both);
        assert_eq!(tags(both), both);
    }

    #[test]
    fn where_any_source_may_be_borne_none_is_replaced() {
        let placed = Sources::any().place(Some("slack"), Some("openai")).unwrap();
        assert_eq!(placed.source, "slack");
        assert_eq!(placed.tags(Json::empty_object()).as_str(), "{}");
        assert_eq!(Sources::any().place(None, None).unwrap().source, "tulving");
    }
}
