//! Tokens that are written out in a text, such as `<mask>`: they are found before anything is done to it.

use serde::Deserialize;

use super::normalizer::Normalizer;

/// The most of them: each place of a text is compared with those that begin as it does.
const MOST: usize = 4096;

/// A token of `added_tokens`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct AddedToken {
    id: u32,
    content: String,
    #[serde(default)]
    single_word: bool,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
    /// Whether it is looked for in what the normalizer makes of a text.
    #[serde(default)]
    pub(super) normalized: bool,
}

/// Tokens that are looked for.
#[derive(Debug)]
pub(super) struct Added {
    /// Sorted by the first byte, and behind that the longest first.
    tokens: Vec<AddedToken>,
}

/// What a text consists of.
#[derive(Debug, PartialEq)]
pub(super) enum Part<'t> {
    Text(&'t str),
    Token(u32),
}

impl Added {
    /// Takes tokens as a normalizer makes them.
    ///
    /// # Errors
    /// A sentence about a token that is empty, or about too many.
    pub(super) fn new(
        mut tokens: Vec<AddedToken>,
        normalizer: &Normalizer,
    ) -> Result<Self, String> {
        if tokens.len() > MOST {
            let count = tokens.len();
            return Err(format!(
                "it has {count} added tokens, and {MOST} are the most"
            ));
        }
        for token in &mut tokens {
            token.content = normalizer.apply(&token.content).into_owned();
            if token.content.is_empty() {
                return Err(format!("the added token {} is empty", token.id));
            }
        }
        let first = |token: &AddedToken| token.content.as_bytes().first().copied();
        tokens.sort_by_key(|token| (first(token), std::cmp::Reverse(token.content.len())));
        Ok(Self { tokens })
    }

    /// Gives the parts of a text, none of them empty, and of each whether it is at the beginning.
    pub(super) fn look<'t>(&self, text: &'t str, give: &mut dyn FnMut(Part<'t>, bool)) {
        let (mut before, mut at) = (0, 0);
        while let Some(byte) = text.as_bytes().get(at) {
            let Some(token) = self.found(text, at, *byte) else {
                at += 1;
                continue;
            };
            let (mut start, mut end) = (at, at + token.content.len());
            if token.lstrip {
                // What an earlier token took stays with it.
                start = before + text[before..start].trim_end().len();
            }
            if token.rstrip {
                end = text.len() - text[end..].trim_start().len();
            }
            if before < start {
                give(Part::Text(&text[before..start]), before == 0);
            }
            give(Part::Token(token.id), start == 0);
            (before, at) = (end, end);
        }
        if before < text.len() {
            give(Part::Text(&text[before..]), before == 0);
        }
    }

    fn found(&self, text: &str, at: usize, byte: u8) -> Option<&AddedToken> {
        let first = |token: &AddedToken| token.content.as_bytes().first().copied();
        let from = self
            .tokens
            .partition_point(|token| first(token) < Some(byte));
        let mut candidates = self.tokens[from..]
            .iter()
            .take_while(|token| first(token) == Some(byte));
        // A token begins with the first byte of a character, and so it is one here.
        let token =
            candidates.find(|token| text.as_bytes()[at..].starts_with(token.content.as_bytes()))?;
        let of_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let end = at + token.content.len();
        let stands_alone =
            || !of_word(text[..at].chars().next_back()) && !of_word(text[end..].chars().next());
        (!token.single_word || stands_alone()).then_some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts<'t>(tokens: &str, text: &'t str) -> Vec<Part<'t>> {
        let tokens = serde_json::from_str(tokens).unwrap();
        let added = Added::new(tokens, &Normalizer::default()).unwrap();
        let mut parts = Vec::new();
        added.look(text, &mut |part, is_first| {
            assert_eq!(is_first, parts.is_empty());
            parts.push(part);
        });
        parts
    }

    #[test]
    fn tokens_are_found_where_they_stand_the_longest_first() {
        let tokens = r#"[{"id": 1, "content": "<s>"}, {"id": 2, "content": "<s><s>"},
            {"id": 3, "content": "<m>", "lstrip": true}, {"id": 4, "content": "day", "single_word": true},
            {"id": 5, "content": "é!", "rstrip": true}]"#;
        let (text, token) = (Part::Text, Part::Token);
        assert_eq!(parts(tokens, ""), []);
        assert_eq!(
            parts(tokens, "a<s><s>b<s>"),
            [text("a"), token(2), text("b"), token(1)]
        );
        assert_eq!(parts(tokens, "a  <m> b"), [text("a"), token(3), text(" b")]);
        assert_eq!(parts(tokens, "<s>  <m>"), [token(1), token(3)]);
        assert_eq!(
            parts(tokens, "day monday day"),
            [token(4), text(" monday "), token(4)]
        );
        assert_eq!(parts(tokens, "éé!  x"), [text("é"), token(5), text("x")]);
    }
}
