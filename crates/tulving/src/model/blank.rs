//! Texts that say nothing.

/// Code points that show nothing though they are neither white space nor controls: Unicode's
/// `Default_Ignorable_Code_Point` (`DerivedCoreProperties.txt`), and the blank Braille pattern.
const INVISIBLE: [(char, char); 18] = [
    ('\u{AD}', '\u{AD}'),
    ('\u{34F}', '\u{34F}'),
    ('\u{61C}', '\u{61C}'),
    ('\u{115F}', '\u{1160}'),
    ('\u{17B4}', '\u{17B5}'),
    ('\u{180B}', '\u{180F}'),
    ('\u{200B}', '\u{200F}'),
    ('\u{202A}', '\u{202E}'),
    ('\u{2060}', '\u{206F}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{FE00}', '\u{FE0F}'),
    ('\u{FEFF}', '\u{FEFF}'),
    ('\u{FFA0}', '\u{FFA0}'),
    ('\u{FFF0}', '\u{FFF8}'),
    ('\u{1BCA0}', '\u{1BCA3}'),
    ('\u{1D173}', '\u{1D17A}'),
    ('\u{E0000}', '\u{E0FFF}'),
];

/// Whether a text shows nothing: it is empty, or holds white space, controls and invisible
/// characters alone.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    let shows_nothing = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || INVISIBLE
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&c))
    };
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
