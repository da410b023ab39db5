//! Characters that are safe to show: which only show, and which control whatever shows them.

/// Returns whether a terminal, a browser or an editor shows this character as a part of the text.
///
/// Of all others, nothing may reach a screen as it is: control characters (C0, DEL and C1, with
/// them every escape sequence), the separators of lines and paragraphs, and format characters that
/// change the direction of what follows or hide a part of it. Joiners within words and emoji
/// are shown.
#[must_use]
pub fn is_showable(c: char) -> bool {
    !(c.is_control()
        || matches!(c,
            // Unicode's Bidi_Control.
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Line and paragraph separators.
            | '\u{2028}' | '\u{2029}'
            // Format characters that Unicode advises against, and the mark of byte order.
            | '\u{206a}'..='\u{206f}' | '\u{feff}'
            // Annotations: what is between them is meant to stand elsewhere.
            | '\u{fff9}'..='\u{fffb}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_every_script_show_and_controls_do_not() {
        for c in "aé記한ا\u{301}\u{200d}\u{200c}\u{fe0f}🧠 \u{a0}\u{3000}".chars() {
            assert!(is_showable(c), "{c:?}");
        }
        for c in "\0\t\n\r\u{1b}\u{7f}\u{85}\u{9b}\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}\u{206a}\u{feff}\u{fff9}"
            .chars()
        {
            assert!(!is_showable(c), "{c:?}");
        }
    }
}
