//! The tokens that stand around a text: where it begins, and where it ends.

use std::collections::HashMap;

use serde::Deserialize;

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
    SpecialToken { id: String },
    Sequence { id: String },
}

#[derive(Deserialize)]
pub(super) struct Special {
    ids: Vec<u32>,
}

impl Around {
    /// Reads them.
    ///
    /// # Errors
    /// A sentence about a template that has not one place for a text, or names a token that is not declared.
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
                Piece::Sequence { id } if id == "A" && behind.is_none() => {
                    behind = Some(Vec::new());
                }
                Piece::Sequence { .. } => {
                    return Err("the template for a text has more than one place for it".to_owned());
                }
                Piece::SpecialToken { id } => {
                    let special = special_tokens.get(&id);
                    let special = special.ok_or_else(|| {
                        format!("the template for a text names {id:?}, which is none of its special tokens")
                    })?;
                    behind.as_mut().unwrap_or(&mut before).extend(&special.ids);
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
