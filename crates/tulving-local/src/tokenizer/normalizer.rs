//! A text brought to one form, before it is cut.

use std::borrow::Cow;

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

use super::bounds::{MOST_STEPS, boundary};
use super::charsmap::Charsmap;

/// What is done to a text, in this order.
#[derive(Debug, Default)]
pub(super) struct Normalizer {
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    /// Control characters go, what is white becomes a space.
    Clean,
    /// Spaces around what is written without any.
    SetApart,
    StripAccents,
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
    SmallLetters,
    Charsmap(Charsmap),
    Strip {
        left: bool,
        right: bool,
    },
    Replace {
        what: String,
        with: String,
    },
    /// Two or more of a character become a text.
    ReplaceRuns {
        of: char,
        with: String,
    },
}

/// `normalizer`.
#[derive(Deserialize)]
#[serde(tag = "type")]
pub(super) enum GivenNormalizer {
    Sequence {
        normalizers: Vec<GivenNormalizer>,
    },
    BertNormalizer {
        #[serde(default = "yes")]
        clean_text: bool,
        #[serde(default = "yes")]
        handle_chinese_chars: bool,
        strip_accents: Option<bool>,
        #[serde(default = "yes")]
        lowercase: bool,
    },
    Precompiled {
        precompiled_charsmap: Option<String>,
    },
    Replace {
        pattern: Pattern,
        content: String,
    },
    Strip {
        #[serde(default = "yes")]
        strip_left: bool,
        #[serde(default = "yes")]
        strip_right: bool,
    },
    Lowercase,
    StripAccents,
    #[serde(rename = "NFC")]
    Nfc,
    #[serde(rename = "NFD")]
    Nfd,
    #[serde(rename = "NFKC")]
    Nfkc,
    #[serde(rename = "NFKD")]
    Nfkd,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
pub(super) enum Pattern {
    String(String),
    Regex(String),
}

/// The most bytes that something is replaced by.
const MOST_CONTENT: usize = 64;

/// How many times as long a text may become: NFKC makes one character of 3 bytes into 33.
const MOST_GROWTH: usize = 64;

impl Normalizer {
    /// Reads it.
    ///
    /// # Errors
    /// A sentence about a table that is damaged, or a pattern that is not known.
    pub(super) fn new(given: Option<GivenNormalizer>) -> Result<Self, String> {
        let mut steps = Vec::new();
        if let Some(given) = given {
            add(given, &mut steps)?;
        }
        let grows = |step: &Step| match step {
            Step::Replace { what, with } => what.is_empty() || with.len() > MOST_CONTENT,
            Step::ReplaceRuns { with, .. } => with.len() > MOST_CONTENT,
            _ => false,
        };
        if steps.len() > MOST_STEPS || steps.iter().any(grows) {
            return Err(format!(
                "its normalizer has more than {MOST_STEPS} steps, or replaces something by more than {MOST_CONTENT} bytes"
            ));
        }
        Ok(Self { steps })
    }

    /// Applies it to a text.
    pub(super) fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        // What a file says to replace may grow with each step.
        let most = MOST_GROWTH.saturating_mul(text.len().max(64));
        let apply = |text: Cow<'t, str>, step: &Step| {
            let mut applied = step.apply(&text);
            applied.truncate(boundary(&applied, most));
            Cow::Owned(applied)
        };
        self.steps.iter().fold(Cow::Borrowed(text), apply)
    }
}

fn add(given: GivenNormalizer, steps: &mut Vec<Step>) -> Result<(), String> {
    use GivenNormalizer as Given;
    steps.push(match given {
        Given::Sequence { normalizers } => {
            return normalizers.into_iter().try_for_each(|given| add(given, steps));
        }
        Given::BertNormalizer { clean_text, handle_chinese_chars, strip_accents, lowercase } => {
            let wanted = [
                (clean_text, Step::Clean),
                (handle_chinese_chars, Step::SetApart),
                (strip_accents.unwrap_or(lowercase), Step::Nfd),
                (strip_accents.unwrap_or(lowercase), Step::StripAccents),
                (lowercase, Step::SmallLetters),
            ];
            let wanted = wanted.into_iter().filter(|(is_wanted, _)| *is_wanted);
            steps.extend(wanted.map(|(_, step)| step));
            return Ok(());
        }
        Given::Precompiled { precompiled_charsmap } => match precompiled_charsmap {
            Some(map) if !map.is_empty() => Step::Charsmap(Charsmap::read(&map)?),
            _ => return Ok(()),
        },
        Given::Replace { pattern: Pattern::String(what), content } => {
            Step::Replace { what, with: content }
        }
        Given::Replace { pattern: Pattern::Regex(regex), content } => {
            let of = regex.strip_suffix("{2,}").unwrap_or_default().chars().collect::<Vec<_>>();
            match of.as_slice() {
                [of] => Step::ReplaceRuns { of: *of, with: content },
                _ => return Err(format!("it replaces by the pattern {regex:?}, and only those like \" {{2,}}\" are known")),
            }
        }
        Given::Strip { strip_left, strip_right } => Step::Strip { left: strip_left, right: strip_right },
        Given::Lowercase => Step::SmallLetters,
        Given::StripAccents => Step::StripAccents,
        Given::Nfc => Step::Nfc,
        Given::Nfd => Step::Nfd,
        Given::Nfkc => Step::Nfkc,
        Given::Nfkd => Step::Nfkd,
    });
    Ok(())
}

impl Step {
    fn apply(&self, text: &str) -> String {
        match self {
            Self::Clean => text
                .chars()
                .filter(|c| !is_control(*c))
                .map(whitened)
                .collect(),
            Self::SetApart => {
                let mut apart = String::with_capacity(text.len());
                for c in text.chars() {
                    match is_chinese(c) {
                        true => apart.extend([' ', c, ' ']),
                        false => apart.push(c),
                    }
                }
                apart
            }
            Self::StripAccents => {
                let is_accent = |c: &char| c.general_category() == GeneralCategory::NonspacingMark;
                text.chars().filter(|c| !is_accent(c)).collect()
            }
            Self::Nfc => text.nfc().collect(),
            Self::Nfd => text.nfd().collect(),
            Self::Nfkc => text.nfkc().collect(),
            Self::Nfkd => text.nfkd().collect(),
            // Letter by letter: what stands around one is not looked at.
            Self::SmallLetters => text.chars().flat_map(char::to_lowercase).collect(),
            Self::Charsmap(map) => map.apply(text),
            Self::Strip { left, right } => {
                let text = if *left { text.trim_start() } else { text };
                let text = if *right { text.trim_end() } else { text };
                text.to_owned()
            }
            Self::Replace { what, with } => text.replace(what.as_str(), with),
            Self::ReplaceRuns { of, with } => replace_runs(text, *of, with),
        }
    }
}

fn replace_runs(text: &str, of: char, with: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(of) {
        let (before, run) = rest.split_at(at);
        let behind = run.trim_start_matches(of);
        let run = &run[..run.len() - behind.len()];
        replaced.push_str(before);
        replaced.push_str(if run.len() == of.len_utf8() {
            run
        } else {
            with
        });
        rest = behind;
    }
    replaced + rest
}

fn whitened(c: char) -> char {
    if c.is_whitespace() { ' ' } else { c }
}

fn is_control(c: char) -> bool {
    use GeneralCategory::{Control, Format, PrivateUse};
    match c {
        '\t' | '\n' | '\r' => false,
        '\u{fffd}' => true,
        _ => matches!(c.general_category(), Control | Format | PrivateUse),
    }
}

/// Chinese characters, as BERT takes them: those of the CJK blocks, and neither kana nor hangul.
fn is_chinese(c: char) -> bool {
    matches!(u32::from(c),
        0x4E00..=0x9FFF | 0x3400..=0x4DBF | 0x2_0000..=0x2_A6DF | 0x2_A700..=0x2_B73F | 0x2_B740..=0x2_B81F
        | 0x2_B920..=0x2_CEAF | 0xF900..=0xFAFF | 0x2_F800..=0x2_FA1F)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalized(given: &str, text: &str) -> String {
        let given = serde_json::from_str(given).unwrap();
        Normalizer::new(Some(given))
            .unwrap()
            .apply(text)
            .into_owned()
    }

    #[test]
    fn a_file_makes_no_text_grow_without_end() {
        let replace = |what: &str, with: &str| {
            format!(
                r#"{{"type": "Replace", "pattern": {{"String": "{what}"}}, "content": "{with}"}}"#
            )
        };
        let doubled = |steps: usize| {
            let steps = vec![replace("a", "aa"); steps].join(",");
            format!(r#"{{"type": "Sequence", "normalizers": [{steps}]}}"#)
        };
        let refused = |given: &str| Normalizer::new(serde_json::from_str(given).unwrap()).is_err();
        assert_eq!(
            normalized(&doubled(MOST_STEPS), "a").len(),
            MOST_GROWTH * 64
        );
        assert!(refused(&doubled(MOST_STEPS + 1)));
        assert!(refused(&replace("", "b")));
        assert!(refused(&replace("a", &"b".repeat(MOST_CONTENT + 1))));
    }

    #[test]
    fn texts_are_brought_to_the_form_that_is_asked_for() {
        let bert = r#"{"type": "BertNormalizer", "strip_accents": null}"#;
        assert_eq!(normalized(bert, "É\u{0}à\tÇ\u{200b} 東京"), "ea c  東  京 ");
        let cased =
            r#"{"type": "BertNormalizer", "lowercase": false, "handle_chinese_chars": false}"#;
        assert_eq!(normalized(cased, "É 東"), "É 東");
        let runs = r#"{"type": "Sequence", "normalizers": [{"type": "NFKC"},
            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"},
            {"type": "Replace", "pattern": {"String": "x"}, "content": "yy"}, {"type": "Strip"}]}"#;
        assert_eq!(normalized(runs, " ﬁ  x a   "), "fi▁yy a▁");
        let other = r#"{"type": "Replace", "pattern": {"Regex": "a|b"}, "content": ""}"#;
        let refused = Normalizer::new(Some(serde_json::from_str(other).unwrap())).unwrap_err();
        assert!(refused.contains("a|b"), "{refused}");
    }
}
