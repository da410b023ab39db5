//! An embedder of a model that wants words before each text.

use std::sync::Arc;

use super::{EmbedError, Embedder, Purpose};
use crate::model::Space;

/// An embedder that puts something before each text, as models of the E5 family want it: `query: ` before what somebody
/// looks for, `passage: ` before what is kept.
///
/// What is put before kept texts is a part of its space's name ([`Space::prefixed`]): vectors that were made without it are not
/// compared with these. A text of nothing but white space stays as it is.
#[derive(Debug)]
pub struct Prefixed {
    embedder: Arc<dyn Embedder>,
    space: Arc<Space>,
    query: String,
    text: String,
}

impl Prefixed {
    /// Puts `query` before what somebody looks for, and `text` before what is kept.
    #[must_use]
    pub fn new(
        embedder: Arc<dyn Embedder>,
        query: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        let text = text.into();
        let space = embedder.space();
        let space = Space {
            model: Space::prefixed(&space.model, &text),
            ..Space::clone(space)
        };
        Self {
            embedder,
            space: Arc::new(space),
            query: query.into(),
            text,
        }
    }
}

#[async_trait::async_trait]
impl Embedder for Prefixed {
    fn space(&self) -> &Arc<Space> {
        &self.space
    }

    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        let prefix = match purpose {
            Purpose::Query => &self.query,
            Purpose::Memory => &self.text,
        };
        if prefix.is_empty() {
            return self.embedder.embed(texts, purpose).await;
        }
        let whole = texts.iter().map(|text| match text.trim() {
            "" => text.clone(),
            _ => format!("{prefix}{text}"),
        });
        let whole: Vec<String> = whole.collect();
        self.embedder.embed(&whole, purpose).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::Builtin;

    #[tokio::test]
    async fn each_text_has_its_words_before_it_and_their_space_a_name_of_its_own() {
        let plain: Arc<dyn Embedder> = Arc::new(Builtin::new());
        let e5 = Prefixed::new(Arc::clone(&plain), "query: ", "passage: ");
        assert_eq!(e5.space().apart(), (&*plain.space().model, "passage: "));
        assert!(!e5.space().is_comparable_with(plain.space()));
        let texts = |texts: [&str; 2]| texts.map(str::to_owned);
        let given = texts(["bees swarm", " "]);
        for (purpose, whole) in [
            (Purpose::Query, texts(["query: bees swarm", " "])),
            (Purpose::Memory, texts(["passage: bees swarm", " "])),
        ] {
            let made = e5.embed(&given, purpose).await.unwrap();
            assert_eq!(made, plain.embed(&whole, purpose).await.unwrap());
            assert_ne!(made, plain.embed(&given, purpose).await.unwrap());
        }
        // What is put before questions alone changes nothing of what is kept.
        let asking = Prefixed::new(Arc::clone(&plain), "query: ", "");
        assert_eq!(asking.space(), plain.space());
    }
}
