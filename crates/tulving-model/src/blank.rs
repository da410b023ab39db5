//! Texts that say nothing.

/// Returns whether a character shows nothing though it is neither white space nor a control: soft
/// hyphens, joiners, marks of direction, selectors of variants. Unicode calls them `Default_Ignorable_Code_Point`
/// (`DerivedCoreProperties.txt`).
pub fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Returns whether a text shows nothing: it is empty, or holds white space, controls and invisible
/// characters alone.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    // The last is the blank pattern of Braille.
    let shows_nothing =
        |c: char| c.is_whitespace() || c.is_control() || is_unseen(c) || c == '\u{2800}';
    text.chars().all(shows_nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_nothing_is_blank_and_all_else_is_not() {
        for text in [
            "",
            " \t\r\n",
            "\u{A0}\u{2003}\u{3000}\u{2028}",
            "\u{200B}\u{200D}\u{FEFF}",
            "\u{2800}\u{3164}\u{AD}",
            "\0\u{1b}\u{7f}\u{85}",
            "\u{FE0F}\u{E0020}",
        ] {
            assert!(is_blank(text), "{text:?}");
        }
        // A sign alone may be all that somebody said; half a character is something too.
        for text in [
            "a",
            " . ",
            "?",
            "한",
            "🙂",
            "\u{200B}x",
            "\u{301}",
            "\u{FFFD}",
        ] {
            assert!(!is_blank(text), "{text:?}");
        }
    }
}
