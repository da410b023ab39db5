//! How many tokens a text is, about.

/// How many letters of a word one token holds.
const LETTERS: usize = 6;

/// Returns about how many tokens an embedder's tokenizer makes of a text: one for each sign, one for each letter of
/// a script without spaces, one for each six letters of a word.
///
/// It never finds fewer in the parts of a text than in the whole, which [`Document::cut`](crate::Document::cut)
/// relies on.
#[must_use]
pub fn estimate(text: &str) -> usize {
    let (mut tokens, mut word) = (0, 0_usize);
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            word += 1;
            continue;
        }
        let (letter, token) = if c.is_ascii() {
            (false, !(c.is_ascii_whitespace() || c == '\x0B'))
        } else {
            let alone = is_script_without_spaces(c);
            let letter = !alone && c.is_alphanumeric();
            (letter, !letter && !c.is_whitespace())
        };
        if letter {
            word += 1;
        } else {
            tokens += word.div_ceil(LETTERS) + usize::from(token);
            word = 0;
        }
    }
    tokens + word.div_ceil(LETTERS)
}

/// Chinese, Japanese, Korean, Thai, Lao, Burmese, Khmer.
fn is_script_without_spaces(c: char) -> bool {
    matches!(
        u32::from(c),
        0x0E00..=0x0EFF
            | 0x1000..=0x109F
            | 0x1780..=0x17FF
            | 0x3040..=0x30FF
            | 0x3400..=0x9FFF
            | 0xAC00..=0xD7AF
            | 0xF900..=0xFAFF
            | 0x20000..=0x3FFFF
    )
}
