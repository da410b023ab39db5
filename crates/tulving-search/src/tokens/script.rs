//! Which characters make words.

use unicode_normalization::char::is_combining_mark;

use tulving_model::is_unseen;

/// Returns whether a character is a letter or a digit, with which a word can begin.
pub(super) fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii() && c.is_alphanumeric() && !is_apostrophe(c)
}

/// Returns whether a character is a letter, a digit, or one that may stand among them unseen: a mark, a
/// joiner, a soft hyphen.
pub(super) fn stands_in_words(c: char) -> bool {
    is_letter(c) || !c.is_ascii() && (is_mark(c) || is_unseen(c))
}

/// Holds two words together as one name, if it stands alone between them.
pub(super) fn joins_words(c: char) -> bool {
    matches!(c, '_' | '-' | '.' | '&' | '·') || is_hyphen(c) || is_apostrophe(c)
}

/// Returns whether a character is a hyphen other than ASCII's.
pub(super) fn is_hyphen(c: char) -> bool {
    matches!(c, '‐' | '\u{2011}')
}

/// Returns whether a character is an apostrophe, which words are written with in many ways: the letter
/// apostrophe of Ukrainian, the okina of Hawaiian, geresh and gershayim of Hebrew.
pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | 'ʼ' | 'ʻ' | '׳' | '״')
}

/// Letters of scripts that are written without spaces, and of Korean.
pub(super) fn runs_on(c: char) -> bool {
    // The ranges are blocks of Unicode.
    c > '\u{e00}'
        && matches!(c,
            // Thai, Lao, Burmese, Hangul in letters, Khmer.
            '\u{e00}'..='\u{eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1100}'..='\u{11ff}'
            | '\u{1780}'..='\u{17ff}'
            // Tai Le to New Tai Lue, Tai Tham, Balinese.
            | '\u{1950}'..='\u{19df}'
            | '\u{1a20}'..='\u{1aaf}'
            | '\u{1b00}'..='\u{1b7f}'
            // Kana, bopomofo, Hangul in letters, Han.
            | '\u{3005}'..='\u{3007}'
            | '\u{3040}'..='\u{318f}'
            | '\u{31a0}'..='\u{31bf}'
            | '\u{31f0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            // Hangul in old letters, Javanese, Burmese, Tai Viet, Hangul.
            | '\u{a960}'..='\u{a97f}'
            | '\u{a980}'..='\u{a9ff}'
            | '\u{aa60}'..='\u{aadf}'
            | '\u{ac00}'..='\u{d7a3}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ff9f}'
            | '\u{20000}'..='\u{3ffff}')
        && c.is_alphanumeric()
        && (!c.is_numeric() || c == '〇')
        && !is_mark(c)
}

/// Returns whether a character is Chinese.
pub(super) fn is_han(c: char) -> bool {
    matches!(c,
        '\u{3005}'..='\u{3007}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Returns whether a character is a letter that Korean syllables begin with, alone or in a syllable.
pub(super) fn is_hangul(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{ac00}'..='\u{d7a3}')
}

pub(super) fn is_hebrew(c: char) -> bool {
    matches!(c, '\u{591}'..='\u{5f2}' | '\u{fb1d}'..='\u{fb4f}')
}

/// Returns whether a character is a mark on the letter before it; so are half-width voicing, and the
/// second and third letter of a Korean syllable that is written in letters.
pub(super) fn is_mark(c: char) -> bool {
    is_combining_mark(c)
        || matches!(c, '\u{ff9e}' | '\u{ff9f}' | '\u{1160}'..='\u{11ff}' | '\u{d7b0}'..='\u{d7fb}')
}
