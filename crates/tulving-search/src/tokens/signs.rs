//! What is no letter and still can be meant: `->`, `€`, `🎉`, and the signs that belong to a name.
//!
//! Signs of programs stand together as they were written (`->`, `==`, `&&`); other symbols and
//! emoji stand each for itself, without what varies them: skin tones, the choice between text and
//! picture, what joins several to one. Of a flag both halves count. Ordinary punctuation is not
//! found.

use std::ops::Range;

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use super::fold::Folder;
use super::script::stands_in_words;

/// Signs that stand longer together are a ruler, or noise.
const LONGEST_RUN: usize = 8;
/// Signs that may hang on the end of a name: `C++`, `C#`.
const MOST_BEHIND: usize = 3;

/// Returns whether a character is found by itself or in a run of its kind.
pub(super) fn is_sign(c: char) -> bool {
    if c.is_ascii() {
        return is_ascii_sign(c);
    }
    is_ascii_sign(narrow(c)) || is_symbol(c)
}

/// Emits the tokens of the signs at byte `start` and returns where they end. Before `from` all is read
/// already.
pub(super) fn emit(
    text: &str,
    from: usize,
    start: usize,
    folder: &mut Folder,
    each: &mut impl FnMut(&str, Range<usize>),
) -> usize {
    let mut chars = text[start..].chars();
    let Some(first) = chars.next() else {
        return text.len();
    };
    if !is_ascii_sign(narrow(first)) {
        let mut end = start + first.len_utf8();
        if let Some(second) = chars.next()
            && is_half_of_flag(first)
            && is_half_of_flag(second)
        {
            end += second.len_utf8();
        }
        each(folder.whole(&text[start..end]), start..end);
        return end;
    }
    // `-`, `:` and `!` are signs beside signs only: `->`, `:=`, `!=`.
    let before = &text[from..start];
    let start = from + before.trim_end_matches(['-', ':', '!']).len();
    let rest = &text[start..];
    let length = rest
        .find(|c| !is_ascii_sign(narrow(c)) && !matches!(c, '-' | ':' | '!'))
        .unwrap_or(rest.len());
    let end = start + length;
    let mut run = rest[..length].trim_end_matches([':', '!']);
    if !run.starts_with('<') {
        run = run.trim_end_matches('-');
    }
    if run.len() <= LONGEST_RUN {
        let run_end = start + run.len();
        each(folder.signs(run.chars().map(narrow)), start..run_end);
    }
    end
}

/// Returns a name with the signs that belong to it: `#1`, `$5`, `@user`, `.NET`, `\d+`, `C++`, `100%`.
pub(super) fn around(text: &str, name: &Range<usize>) -> Range<usize> {
    let mut before = text[..name.start].chars().rev();
    let start = match (before.next(), before.next()) {
        (Some(sign), further)
            if leads(sign) && !further.is_some_and(|c| stands_in_words(c) || c == '.') =>
        {
            name.start - sign.len_utf8()
        }
        _ => name.start,
    };
    let mut end = name.end;
    for (number, c) in text[name.end..].chars().enumerate() {
        if stands_in_words(c) || number > MOST_BEHIND {
            end = name.end;
            break;
        }
        if !trails(c) {
            break;
        }
        end += c.len_utf8();
    }
    start..end
}

fn leads(c: char) -> bool {
    matches!(narrow(c), '#' | '@' | '$' | '\\' | '+' | '.') || is_currency(c)
}

fn trails(c: char) -> bool {
    matches!(narrow(c), '+' | '#' | '%') || is_currency(c)
}

fn is_currency(c: char) -> bool {
    !c.is_ascii() && c.general_category() == GeneralCategory::CurrencySymbol
}

/// Signs that say something, or stand in programs. Left out are quotes, brackets, ends of sentences
/// and what texts are laid out with.
fn is_ascii_sign(c: char) -> bool {
    matches!(
        c,
        '#' | '$' | '%' | '&' | '*' | '+' | '<' | '=' | '>' | '@' | '\\' | '^' | '|' | '~'
    )
}

/// Symbols other than those that only change the letter or emoji before them, and the pieces of
/// which lines are drawn.
fn is_symbol(c: char) -> bool {
    if matches!(c, '§' | '¶' | '†' | '‡' | '‰') {
        return true;
    }
    !matches!(c, '\u{2500}'..='\u{259f}' | '\u{fffd}')
        && c.general_category_group() == GeneralCategoryGroup::Symbol
        && c.general_category() != GeneralCategory::ModifierSymbol
}

/// Returns whether a character is a regional indicator: two of them are a flag.
fn is_half_of_flag(c: char) -> bool {
    ('\u{1f1e6}'..='\u{1f1ff}').contains(&c)
}

/// Returns the ASCII sign of one in full width.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    }
}
