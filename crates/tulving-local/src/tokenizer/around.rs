//! The tokens that stand around a text: where it begins, and where it ends.

use std::collections::HashMap;

use serde::Deserialize;

/// The most tokens around a text: those known have two.
const MOST: usize = 64;

/// Tokens before and behind a text.
#[derive(Debug, Default)]
pub(super) struct Around {
    before: Vec<u32>,
    behind: Vec<u32>,
}

/// `post_processor`.
#[derive(Deserialize)]
#[serde(tag = "type")]
pub(super) enum GivenAround {
    #[serde(rename = "TemplateProcessing")]
    Template {
        single: Vec<Piece>,
        special_tokens: HashMap<String, Special>,
    },
    #[serde(rename = "BertProcessing")]
    Bert {
        sep: (String, u32),
        cls: (String, u32),
    },
    #[serde(rename = "RobertaProcessing")]
    Roberta {
        sep: (String, u32),
        cls: (String, u32),
    },
}

#[derive(Deserialize)]
pub(super) enum Piece {
    SpecialToken {
        id: String,
        #[serde(default)]
        type_id: u32,
    },
    Sequence {
        id: String,
        #[serde(default)]
        type_id: u32,
    },
}

#[derive(Deserialize)]
pub(super) struct Special {
    ids: Vec<u32>,
}

impl Around {
    /// Reads them.
    ///
    /// # Errors
    /// A sentence about a template that has not one place for a text, or names a token that is not declared, too many, or
    /// another type than the first: there is one text, and all its tokens are of that.
    pub(super) fn new(given: Option<GivenAround>) -> Result<Self, String> {
        let (single, special_tokens) = match given {
            None => return Ok(Self::default()),
            Some(GivenAround::Bert { sep, cls } | GivenAround::Roberta { sep, cls }) => {
                return Ok(Self {
                    before: vec![cls.1],
                    behind: vec![sep.1],
                });
            }
            Some(GivenAround::Template {
                single,
                special_tokens,
            }) => (single, special_tokens),
        };
        let (mut before, mut behind) = (Vec::new(), None);
        for piece in single {
            match piece {
                Piece::Sequence { type_id, .. } | Piece::SpecialToken { type_id, .. }
                    if type_id != 0 =>
                {
                    return Err(format!(
                        "the template for a text gives tokens the type {type_id}, and 0 is the only one here"
                    ));
                }
                Piece::Sequence { id, .. } if id == "A" && behind.is_none() => {
                    behind = Some(Vec::new());
                }
                Piece::Sequence { .. } => {
                    return Err("the template for a text has more than one place for it".to_owned());
                }
                Piece::SpecialToken { id, .. } => {
                    let special = special_tokens.get(&id);
                    let special = special.ok_or_else(|| {
                        format!("the template for a text names {id:?}, which is none of its special tokens")
                    })?;
                    let side = behind.as_mut().unwrap_or(&mut before);
                    if side.len() + special.ids.len() > MOST {
                        return Err(format!(
                            "more than {MOST} tokens stand around a text, which leaves it no place"
                        ));
                    }
                    side.extend(&special.ids);
                }
            }
        }
        match behind {
            Some(behind) => Ok(Self { before, behind }),
            None => Err("the template for a text has no place for it".to_owned()),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.before.len() + self.behind.len()
    }

    pub(super) fn put(&self, tokens: Vec<u32>) -> Vec<u32> {
        let mut all = self.before.clone();
        all.extend(tokens);
        all.extend(&self.behind);
        all
    }
}
