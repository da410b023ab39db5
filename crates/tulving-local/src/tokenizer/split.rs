//! A text cut into words, which no piece goes across.

use serde::Deserialize;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// How texts are cut into words.
#[derive(Debug)]
pub(super) enum Split {
    /// Not at all.
    Whole,
    /// At what is white, and around each punctuation mark.
    Bert,
    /// At what is white.
    White,
    /// Before each space, which becomes a sign that stays with the word; or not at all, but with that sign.
    Metaspace {
        sign: char,
        before: Before,
        is_cut: bool,
    },
    /// One behind the other.
    Several(Vec<Split>),
}

/// Which texts begin with the sign for a space, though there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Before {
    First,
    Never,
    Always,
}

/// `pre_tokenizer`.
#[derive(Deserialize)]
#[serde(tag = "type")]
pub(super) enum GivenSplit {
    BertPreTokenizer,
    WhitespaceSplit,
    Metaspace {
        replacement: char,
        add_prefix_space: Option<bool>,
        prepend_scheme: Option<Before>,
        split: Option<bool>,
    },
    Sequence {
        pretokenizers: Vec<GivenSplit>,
    },
}

impl Split {
    /// Reads it.
    pub(super) fn new(given: Option<GivenSplit>) -> Self {
        match given {
            None => Self::Whole,
            Some(GivenSplit::BertPreTokenizer) => Self::Bert,
            Some(GivenSplit::WhitespaceSplit) => Self::White,
            Some(GivenSplit::Metaspace {
                replacement,
                add_prefix_space,
                prepend_scheme,
                split,
            }) => Self::Metaspace {
                sign: replacement,
                before: match add_prefix_space {
                    Some(false) => Before::Never,
                    _ => prepend_scheme.unwrap_or(Before::Always),
                },
                is_cut: split.unwrap_or(true),
            },
            Some(GivenSplit::Sequence { pretokenizers }) => Self::Several(
                pretokenizers
                    .into_iter()
                    .map(|given| Self::new(Some(given)))
                    .collect(),
            ),
        }
    }

    /// Gives the words of a text, none of them empty. `is_first` says that it is the beginning of the whole.
    pub(super) fn words(&self, text: &str, is_first: bool, give: &mut dyn FnMut(&str)) {
        let is_word = |word: &&str| !word.is_empty();
        match self {
            Self::Whole if text.is_empty() => {}
            Self::Whole => give(text),
            Self::White => text.split_whitespace().for_each(give),
            Self::Bert => {
                for word in text.split_whitespace() {
                    for part in word.split_inclusive(is_punctuation) {
                        let mark = part.chars().next_back().filter(|c| is_punctuation(*c));
                        let (word, mark) =
                            part.split_at(part.len() - mark.map_or(0, char::len_utf8));
                        [word, mark]
                            .into_iter()
                            .filter(is_word)
                            .for_each(&mut *give);
                    }
                }
            }
            Self::Metaspace {
                sign,
                before,
                is_cut,
            } => {
                let mut signed = text.replace(' ', sign.encode_utf8(&mut [0; 4]));
                let begins = match before {
                    Before::Always => true,
                    Before::First => is_first,
                    Before::Never => false,
                };
                if begins && !signed.starts_with(*sign) {
                    signed.insert(0, *sign);
                }
                let starts = signed
                    .match_indices(*sign)
                    .map(|(at, _)| at)
                    .filter(|_| *is_cut);
                let starts: Vec<usize> = starts.chain([signed.len()]).collect();
                let mut from = 0;
                for to in starts {
                    [&signed[from..to]]
                        .into_iter()
                        .filter(is_word)
                        .for_each(&mut *give);
                    from = to;
                }
            }
            Self::Several(splits) => several(splits, text, is_first, give),
        }
    }
}

impl Split {
    /// Returns how many cuts it makes one after the other.
    pub(super) fn steps(&self) -> usize {
        match self {
            Self::Several(splits) => splits.iter().map(Self::steps).sum(),
            _ => 1,
        }
    }
}

fn several(splits: &[Split], text: &str, is_first: bool, give: &mut dyn FnMut(&str)) {
    let Some((split, further)) = splits.split_first() else {
        return Split::Whole.words(text, is_first, give);
    };
    // What stands behind white space that was cut off is not at the beginning.
    let is_cut = matches!(split, Split::White | Split::Bert);
    let mut is_first = is_first && !(is_cut && text.starts_with(char::is_whitespace));
    split.words(text, is_first, &mut |word| {
        several(further, word, is_first, give);
        is_first = false;
    });
}

fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() || c.general_category_group() == GeneralCategoryGroup::Punctuation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_where_the_file_says() {
        let words = |given: &str, text: &str| {
            let mut words = Vec::new();
            let split = Split::new(Some(serde_json::from_str(given).unwrap()));
            split.words(text, true, &mut |word| words.push(word.to_owned()));
            words
        };
        let bert = r#"{"type": "BertPreTokenizer"}"#;
        assert_eq!(
            words(bert, "  it's (ok)…  a  "),
            ["it", "'", "s", "(", "ok", ")", "…", "a"]
        );
        let metaspace = r#"{"type": "Metaspace", "replacement": "▁"}"#;
        assert_eq!(words(metaspace, "a b  c "), ["▁a", "▁b", "▁", "▁c", "▁"]);
        let never = r#"{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never"}"#;
        assert_eq!(words(never, "a b"), ["a", "▁b"]);
        let both = r#"{"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"},
            {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"}]}"#;
        assert_eq!(words(both, "a\t b "), ["▁a", "b"]);
        assert_eq!(words(both, " a\t b "), ["a", "b"]);
        assert_eq!(words(both, "   "), Vec::<String>::new());
    }
}
