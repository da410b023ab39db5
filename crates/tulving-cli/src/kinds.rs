//! Kinds of memory on the command line and in what is reported.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use tulving::model::{Kind, PerKind};

use crate::output::counted;

/// What the memories of each kind are, one and many.
static ABOUT: PerKind<[&str; 2]> = PerKind::new([
    ["A question and its answer", "Questions and answers"],
    ["A whole conversation", "Whole conversations"],
    ["A piece of a document", "Documents and their chunks"],
]);

/// What is moved of each kind, as `--only` names it: memories go with what they are part of.
static MOVED: PerKind<&str> = PerKind::new(["nodes", "episodes", "documents"]);

/// What a memory of each kind is to an assistant.
static SPOKEN: PerKind<&str> = PerKind::new(["question", "conversation", "document"]);

/// Returns what a memory of a kind is to an assistant: a `question` has its answer with it.
#[must_use]
pub fn spoken(kind: Kind) -> &'static str {
    SPOKEN[kind]
}

/// Returns the kind that an assistant means, by that word or by the kind's own name, one or many.
#[must_use]
pub fn heard(word: &str) -> Option<Kind> {
    let word = word.trim().to_lowercase();
    let one = word.strip_suffix('s').unwrap_or(&word);
    let mut kinds = Kind::ALL.into_iter();
    kinds.find(|kind| [SPOKEN[*kind], kind.as_str()].contains(&one))
}

/// Returns what is moved of a kind, as `--only` names it.
#[must_use]
pub fn moved(kind: Kind) -> &'static str {
    MOVED[kind]
}

/// Reads the name of a kind, such as `node`.
pub fn one() -> impl TypedValueParser<Value = Kind> {
    let names = Kind::ALL.map(|kind| PossibleValue::new(kind.as_str()).help(ABOUT[kind][0]));
    PossibleValuesParser::new(names).try_map(|name| Kind::named(&name).ok_or("no kind of memory"))
}

/// Reads what is moved of a kind, such as `nodes`.
pub fn many() -> impl TypedValueParser<Value = Kind> {
    let names = Kind::ALL.map(|kind| PossibleValue::new(MOVED[kind]).help(ABOUT[kind][1]));
    PossibleValuesParser::new(names).try_map(|name| {
        let named = Kind::ALL.into_iter().find(|kind| MOVED[*kind] == name);
        named.ok_or("no kind of memory")
    })
}

/// Returns how many there are of each kind: `3 nodes and 1 episode`, or with another word between.
#[must_use]
pub fn listed(counts: &PerKind<u64>, between: &str) -> String {
    let counts = counts
        .iter()
        .filter(|(kind, count)| kind.is_of_origin() || **count > 0)
        .map(|(kind, count)| counted(*count, kind.as_str()));
    counts.collect::<Vec<_>>().join(between)
}
