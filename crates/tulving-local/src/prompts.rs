//! What sentence-transformers notes of a model: what is put before texts, and how vectors are compared.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::{LocalError, files};

/// What a model wants before its texts; mostly nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompts {
    /// Before what somebody looks for.
    pub query: String,
    /// Before what is kept.
    pub text: String,
}

#[derive(Deserialize, Default)]
struct Noted {
    #[serde(default)]
    prompts: Option<BTreeMap<String, Option<String>>>,
    default_prompt_name: Option<String>,
    similarity_fn_name: Option<String>,
    truncate_dim: Option<usize>,
}

impl Prompts {
    /// Reads `config_sentence_transformers.json`, if it is there.
    ///
    /// # Errors
    /// When it is damaged, or asks for what is not done here: vectors that are cut, or compared otherwise than by direction.
    pub(crate) fn read(
        directory: &Path,
        width: usize,
        normalizes: bool,
    ) -> Result<Self, LocalError> {
        let path = directory.join("config_sentence_transformers.json");
        let noted: Noted = files::json_if_there(&path)?.unwrap_or_default();
        if let Some(dims) = noted.truncate_dim.filter(|dims| *dims != width) {
            let what = format!("vectors cut to {dims} numbers");
            return Err(LocalError::unsupported(&path, what, "whole ones are"));
        }
        match noted.similarity_fn_name.as_deref() {
            None | Some("cosine") => {}
            // Of vectors of length 1 it is the cosine.
            Some("dot") if normalizes => {}
            Some(other) => {
                let what = format!("comparing vectors by {other:?}");
                let instead = "cosine is, and dot where the module Normalize is";
                return Err(LocalError::unsupported(&path, what, instead));
            }
        }
        let prompts = noted.prompts.unwrap_or_default();
        let named = |name: &str| prompts.get(name).cloned().flatten();
        let usual = match &noted.default_prompt_name {
            Some(name) => match named(name) {
                Some(prompt) => prompt,
                None => {
                    let why = format!(
                        "it has no prompt of the name {name:?}, which it calls its default"
                    );
                    return Err(LocalError::malformed(&path, why));
                }
            },
            None => String::new(),
        };
        let first = |names: &[&str]| names.iter().find_map(|name| named(name));
        Ok(Self {
            query: first(&["query"]).unwrap_or_else(|| usual.clone()),
            text: first(&["document", "passage", "corpus"]).unwrap_or(usual),
        })
    }
}
