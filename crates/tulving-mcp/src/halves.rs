//! Half characters: `\ud83d` without its other half. Programs in JavaScript send them when they cut a text
//! within an emoji; a reader that keeps text in UTF-8 has no place for them.

use std::borrow::Cow;

/// Returns JSON with U+FFFD in place of every half character.
#[must_use]
pub fn mended(json: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut kept = 0;
    let mut at = 0;
    let bytes = json.as_bytes();
    while let Some(found) = json[at..].find('\\') {
        let start = at + found;
        // Backslashes stand in strings alone, and each has something behind it; a pair is two bytes.
        let Some(unit) = unit(bytes, start) else {
            at = (start + 2).min(json.len());
            // The second byte may begin a character of several.
            while !json.is_char_boundary(at) {
                at += 1;
            }
            continue;
        };
        let is_pair = (0xd800..0xdc00).contains(&unit)
            && self::unit(bytes, start + 6).is_some_and(|next| (0xdc00..0xe000).contains(&next));
        at = start + if is_pair { 12 } else { 6 };
        if !is_pair && (0xd800..0xe000).contains(&unit) {
            out.push_str(&json[kept..start]);
            out.push_str("\\ufffd");
            kept = at;
        }
    }
    if kept == 0 {
        return Cow::Borrowed(json);
    }
    out.push_str(&json[kept..]);
    Cow::Owned(out)
}

/// Returns the number of an escape such as `\ud83d` that begins at a place.
fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let escape = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    let mut digits = escape.iter().map(|byte| char::from(*byte).to_digit(16));
    digits.try_fold(0, |number, digit| Some(number * 16 + digit?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_replaced_and_everything_else_stays() {
        for (json, mended_json) in [
            (r#"{"a":"\ud83d"}"#, r#"{"a":"\ufffd"}"#),
            (r#""\ude00 \ud83d\u0041""#, r#""\ufffd \ufffd\u0041""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\uD83D\uDE00""#, r#""\uD83D\uDE00""#),
            (r#""\\ud83d é\n\"""#, r#""\\ud83d é\n\"""#),
            (r#""\é"#, r#""\é"#),
            ("\"\\", "\"\\"),
            (r#""\u12"#, r#""\u12"#),
            ("", ""),
        ] {
            assert_eq!(mended(json), mended_json);
        }
    }
}
