//! Advice on errors of an embedder.

use tulving::embed::EmbedError;

use super::told;
use crate::exit::CliError;

impl From<EmbedError> for CliError {
    fn from(error: EmbedError) -> Self {
        told(error.class(), &error, hint(&error).map(str::to_owned))
    }
}

fn hint(error: &EmbedError) -> Option<&'static str> {
    Some(match error {
        EmbedError::Options(_) => {
            "correct embedding.url, model, dimensions or api_key_env in config.yaml: tulving config show"
        }
        EmbedError::Cache { .. } => {
            "see that this account may write there, or name another place in XDG_CACHE_HOME"
        }
        EmbedError::Unreachable { .. } | EmbedError::TimedOut { .. } => {
            "start the server, or correct embedding.url; search --mode keyword needs none"
        }
        EmbedError::Refused {
            status: 401 | 403, ..
        } => "check the key in the variable that embedding.api_key_env names",
        EmbedError::Refused { status: 404, .. } => {
            "check embedding.url and embedding.model: tulving config show"
        }
        EmbedError::Refused { .. } | EmbedError::Unusable { .. } | EmbedError::Zeros { .. } => {
            "see that the server at embedding.url knows embedding.model and its dimensions: tulving config show"
        }
        EmbedError::Model { .. } => {
            "see that embedding.path is the directory of a model that can be run: docs/local-models.md"
        }
        EmbedError::Width { .. } => "correct embedding.dimensions in config.yaml, or take it out",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;
    use crate::exit::Exit;
    use crate::failure::check;

    #[test]
    fn a_server_that_does_not_embed_names_the_setting_to_look_at() {
        let url = || "http://h/v1/embeddings".to_owned();
        let refused = |status| EmbedError::Refused {
            url: url(),
            status,
            message: "no".to_owned(),
        };
        for (error, exit, hint) in [
            (
                EmbedError::Options("no".to_owned()),
                Exit::Usage,
                "embedding.url",
            ),
            (
                EmbedError::Unreachable {
                    url: url(),
                    source: ErrorKind::ConnectionRefused.into(),
                },
                Exit::Unreachable,
                "start the server",
            ),
            (
                EmbedError::TimedOut {
                    url: url(),
                    seconds: 60.0,
                },
                Exit::Unreachable,
                "--mode keyword",
            ),
            (refused(401), Exit::Usage, "embedding.api_key_env"),
            (refused(404), Exit::Usage, "embedding.model"),
            (refused(500), Exit::Unreachable, "tulving config show"),
        ] {
            check(error, exit, hint);
        }
    }
}
