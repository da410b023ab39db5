//! Which characters make words.

use unicode_normalization::char::is_combining_mark;

/// A letter, a digit, or what may stand among them unseen: marks, joiners, soft hyphens.
pub(super) fn stands_in_words(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || !c.is_ascii() && (c.is_alphanumeric() || is_mark(c) || is_unseen(c))
}

/// Holds two words together as one name, if it stands alone between them.
pub(super) fn joins_words(c: char) -> bool {
    matches!(c, '_' | '-' | '.' | '\'' | '’')
}

/// Letters of scripts that are written without spaces.
pub(super) fn runs_on(c: char) -> bool {
    // The ranges are blocks of Unicode: Thai to Myanmar, Khmer, kana to Han, Han in other planes.
    c > '\u{e00}'
        && c.is_alphanumeric()
        && !is_mark(c)
        && matches!(c,
            '\u{e00}'..='\u{eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{3005}'..='\u{3007}'
            | '\u{3040}'..='\u{30ff}'
            | '\u{31f0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ff9f}'
            | '\u{20000}'..='\u{3ffff}')
}

/// A mark on the letter before it, half-width voicing included.
pub(super) fn is_mark(c: char) -> bool {
    is_combining_mark(c) || matches!(c, '\u{ff9e}' | '\u{ff9f}')
}

/// Soft hyphen and zero-width joiners: shown as nothing, dropped from tokens.
pub(super) fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'
    )
}
