//! How many columns a text takes on a terminal, and how it is made to fit.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// What happens to a word that is longer than a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Long {
    /// It goes on in the next line.
    Broken,
    /// It stays whole, such as an id that is to be copied, and runs over.
    Whole,
}

/// East Asian signs that belong to what follows.
const OPENING: &str = "「『（【〔《〈［｛";

/// Returns how many columns a text of one line takes, which is safe to show.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.width()
}

/// Returns the text, or as much of its beginning as fits into `room` columns with `…` after it.
#[must_use]
pub fn shorten(text: &str, room: usize) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    let mut used = 0;
    let fits = |(_, letter): &(usize, &str)| {
        used += columns(letter);
        used < room
    };
    let kept = text.grapheme_indices(true).take_while(fits).last();
    let end = kept.map_or(0, |(at, letter)| at + letter.len());
    format!("{}…", text[..end].trim_end())
}

/// Returns where the lines of a text lie that fit into `room` columns each: cut at spaces, which belong
/// to no line, and between East Asian letters. The text is one line and safe to show.
#[must_use]
pub fn wrap(text: &str, room: usize, long: Long) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let (mut start, mut used) = (0, 0);
    // The last place where the line may end: its end, and where the next begins with which columns.
    let mut place: Option<(usize, usize, usize)> = None;
    let mut may_end_before = false;
    for (at, letter) in text.grapheme_indices(true) {
        let width = columns(letter);
        if letter == " " {
            let end = match place {
                Some((end, next, _)) if next == at => end,
                _ => at,
            };
            used += 1;
            place = Some((end, at + 1, used));
            may_end_before = false;
            continue;
        }
        // No line begins with a closing sign, or ends with an opening one.
        if width == 2 && may_end_before && letter.chars().any(char::is_alphanumeric) {
            place = Some((at, at, used));
        }
        may_end_before = width == 2 && !OPENING.contains(letter);
        if used + width > room
            && let Some((end, next, before)) = place.take()
        {
            // Spaces at the beginning are no line.
            if end > start {
                lines.push(start..end);
            }
            (start, used) = (next, used - before);
        }
        if used + width > room && at > start && long == Long::Broken {
            lines.push(start..at);
            (start, used) = (at, 0);
        }
        used += width;
    }
    lines.push(start..text.trim_end_matches(' ').len().max(start));
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wrapped(text: &str, room: usize, long: Long) -> Vec<&str> {
        wrap(text, room, long)
            .into_iter()
            .map(|line| &text[line])
            .collect()
    }

    #[test]
    fn east_asian_letters_and_emoji_take_two_columns_and_marks_none() {
        for (text, width) in [
            ("abc", 3),
            ("記憶", 4),
            ("한", 2),
            ("e\u{301}", 1),
            ("👩‍👩‍👧", 2),
            ("ﾃ", 1),
            ("", 0),
        ] {
            assert_eq!(columns(text), width, "{text}");
        }
    }

    #[test]
    fn a_text_is_shortened_to_columns_not_characters() {
        assert_eq!(shorten("abcdef", 6), "abcdef");
        assert_eq!(shorten("abcdefg", 6), "abcde…");
        assert_eq!(shorten("abc def", 5), "abc…");
        assert_eq!(shorten("記憶記憶", 7), "記憶記…");
        assert_eq!(shorten("記憶記憶", 6), "記憶…");
        assert_eq!(shorten("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(shorten("👩‍👩‍👧👩‍👩‍👧", 3), "👩‍👩‍👧…");
    }

    #[test]
    fn lines_end_at_spaces_and_between_wide_letters() {
        assert_eq!(
            wrapped("why did the worker hang", 11, Long::Broken),
            ["why did the", "worker hang"]
        );
        assert_eq!(wrapped("a  b ", 1, Long::Broken), ["a", "b"]);
        assert_eq!(
            wrapped("記憶を探す。終", 6, Long::Broken),
            ["記憶を", "探す。", "終"]
        );
        assert_eq!(
            wrapped("abcdefgh ij", 3, Long::Broken),
            ["abc", "def", "gh", "ij"]
        );
        assert_eq!(
            wrapped("x abcdefgh ij", 3, Long::Whole),
            ["x", "abcdefgh", "ij"]
        );
        assert_eq!(wrapped("", 5, Long::Broken), [""]);
    }

    proptest! {
        #[test]
        fn lines_fit_and_nothing_but_spaces_is_lost(text in "([a-z]{1,9}|[記憶한é👩。]| ){0,30}", room in 2_usize..20) {
            let lines = wrapped(&text, room, Long::Broken);
            let kept: String = lines.concat().chars().filter(|c| *c != ' ').collect();
            prop_assert_eq!(kept, text.replace(' ', ""));
            for line in lines {
                prop_assert!(columns(line) <= room, "{:?} in {}", line, room);
            }
            prop_assert!(columns(&shorten(&text, room)) <= room);
        }
    }
}
