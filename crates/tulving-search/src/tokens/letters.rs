//! Accent folding: the letters that readers of each script take for the same.
//!
//! | script | the same | not the same |
//! |---|---|---|
//! | Latin, Greek | with and without accents; `ø` and `o`, `æ` and `ae`, `ł` and `l`, `đ` and `d` | |
//! | Cyrillic | `ё` and `е`; with and without the mark of stress | `й` and `и`, `ї` and `і`, `ў` and `у` |
//! | Hebrew, Arabic | with and without vowel points | |
//! | Arabic | `أإآٱ` and `ا`, `ى` and `ي`, `ة` and `ه`, Persian and Arabic `ک` and `ی`, with and without tatweel | |
//! | Devanagari | `हिन्दी` and `हिंदी`, `हाँ` and `हां`, `ज़` and `ज` where the dot is often left out | `ड़` and `ड`; vowel signs; virama |
//! | Bengali, Malayalam | `ৎ` and `ত্`; chillus and their consonants with virama | `য়` and `য` |
//! | kana | katakana, hiragana, half-width | `は` and `ば` |
//! | Thai, Lao | both orders of the tone and `ำ` | with and without tones |
//! | digits | those of all scripts | |
//!
//! Marks of other scripts stay, since there they are vowels, or tell words apart.

use unicode_normalization::char::compose;

use super::script::{is_apostrophe, is_hyphen};

/// What becomes of accents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accents {
    Dropped,
    Kept,
    /// Umlauts as those spell them who have none: `ue`, `oe`, `aa`. Other accents are dropped.
    Spelled,
}

/// What a word has that the bare form has not.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lost {
    pub(super) accents: bool,
    /// Some of these can be spelled out.
    pub(super) umlauts: bool,
}

/// Adds a character of a decomposed word to those before it.
pub(super) fn push(c: char, accents: Accents, word: &mut String, lost: &mut Lost) {
    match c {
        '\0'..='\u{7f}' if c.is_ascii_alphanumeric() => word.push(c),
        // Compatibility brings spaces.
        '"' => {}
        c if c.is_whitespace() || is_apostrophe(c) => {}
        c if is_hyphen(c) => word.push('-'),
        c if is_accent(c) => push_accent(c, accents, word, lost),
        '\u{80}'..='\u{24f}' => push_latin(c, accents, word, lost),
        c if is_point(c) => {}
        '\u{600}'..='\u{6ff}' => word.push(arabic(c)),
        '\u{900}'..='\u{97f}' => push_devanagari(c, word),
        'ৎ' => word.push_str("ত\u{9cd}"),
        '\u{d7a}'..='\u{d7f}' => push_chillu(c, word),
        '\u{e48}'..='\u{e4b}' | '\u{ec8}'..='\u{ecb}' => push_tone(c, word),
        // Katakana as hiragana, which stand in the same order.
        '\u{30a1}'..='\u{30f6}' | '\u{30fd}' | '\u{30fe}' => {
            word.extend(char::from_u32(u32::from(c) - 0x60));
        }
        c => word.push(digit(c)),
    }
}

/// Calls `each` with what is left of a folded word without the articles and prepositions that
/// Arabic and Hebrew write in front of it, one after the other.
pub(super) fn without_prefixes(word: &str, each: &mut impl FnMut(&str)) {
    /// So many letters have to be left.
    const ROOT: usize = 3;
    const ARABIC: [&str; 6] = ["ال", "وال", "بال", "كال", "فال", "لل"];
    const HEBREW: [char; 7] = ['ה', 'ו', 'ב', 'כ', 'ל', 'מ', 'ש'];
    let enough = |rest: &&str| rest.chars().count() >= ROOT;
    match word.chars().next() {
        Some('\u{620}'..='\u{64a}') => {
            let bare = ARABIC.iter().find_map(|prefix| word.strip_prefix(prefix));
            if let Some(rest) = bare.filter(enough) {
                each(rest);
            }
        }
        Some('\u{5d0}'..='\u{5ea}') => {
            let mut rest = word;
            // `והבית`: and the house.
            for _ in 0..2 {
                match rest.strip_prefix(HEBREW).filter(enough) {
                    Some(bare) => rest = bare,
                    None => break,
                }
                each(rest);
            }
        }
        _ => {}
    }
}

/// Accents on letters of whatever script.
fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}'
        | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}'
        | '\u{fe20}'..='\u{fe2f}')
}

fn push_accent(c: char, accents: Accents, word: &mut String, lost: &mut Lost) {
    let Some(base) = word.chars().next_back() else {
        return;
    };
    if ('\u{400}'..='\u{52f}').contains(&base)
        && let Some(letter) = compose(base, c)
        && !matches!(letter, 'ё' | 'Ё' | 'ѐ' | 'Ѐ' | 'ѝ' | 'Ѝ')
    {
        word.pop();
        word.push(letter);
        return;
    }
    lost.accents = true;
    let spelled = match (base, c) {
        ('a' | 'A' | 'o' | 'O' | 'u' | 'U', '\u{308}') => Some('e'),
        ('a' | 'A', '\u{30a}') => Some('a'),
        _ => None,
    };
    lost.umlauts |= spelled.is_some();
    match accents {
        Accents::Dropped => {}
        Accents::Kept => word.push(c),
        Accents::Spelled => word.extend(spelled),
    }
}

/// Letters that Unicode does not take apart, and people do who lack them.
fn push_latin(c: char, accents: Accents, word: &mut String, lost: &mut Lost) {
    let plain = match c {
        'ø' | 'Ø' if accents == Accents::Spelled => "oe",
        'ø' | 'Ø' => "o",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'ħ' | 'Ħ' => "h",
        'ł' | 'Ł' => "l",
        'ŋ' | 'Ŋ' => "n",
        'ŧ' | 'Ŧ' => "t",
        'þ' | 'Þ' => "th",
        // Catalan's `l·l`.
        '·' => return,
        c => return word.push(c),
    };
    lost.accents = true;
    lost.umlauts |= matches!(c, 'ø' | 'Ø');
    if accents == Accents::Kept {
        word.push(c);
    } else {
        word.push_str(plain);
    }
}

/// Returns whether a character is a vowel point or a mark of recitation, which most texts leave out:
/// Cyrillic titles, Hebrew, Arabic with tatweel, Syriac, accents of the Veda. So are the frames around
/// symbols and keys.
fn is_point(c: char) -> bool {
    matches!(c,
        '\u{483}'..='\u{489}'
        | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}' | '\u{6e7}' | '\u{6e8}' | '\u{6ea}'..='\u{6ed}'
        | '\u{8d3}'..='\u{8ff}'
        | '\u{730}'..='\u{74a}'
        | '\u{951}'..='\u{954}'
        | '\u{20d0}'..='\u{20ff}')
}

/// Folds Arabic letters as they are typed, Persian and Urdu on Arabic keyboards included.
fn arabic(c: char) -> char {
    match c {
        'ٱ' => 'ا',
        'ى' | 'ی' => 'ي',
        'ک' => 'ك',
        'ة' | 'ہ' | 'ە' => 'ه',
        c => digit(c),
    }
}

fn push_devanagari(c: char, word: &mut String) {
    const VIRAMA: char = '\u{94d}';
    const ANUSVARA: char = '\u{902}';
    let mut before = word.chars().rev();
    let (last, further) = (before.next(), before.next());
    // The dot under letters for sounds of Persian is often left out; that under `ड` and `ढ` never.
    if c == '\u{93c}' && matches!(last, Some('क' | 'ख' | 'ग' | 'ज' | 'फ')) {
        return;
    }
    // The nasal of a consonant's own row may be written as a dot over the letter before.
    let nasal = match c {
        'क'..='घ' => Some('ङ'),
        'च'..='झ' => Some('ञ'),
        'ट'..='ढ' => Some('ण'),
        'त'..='ध' => Some('न'),
        'प'..='भ' => Some('म'),
        _ => None,
    };
    if nasal.is_some() && last == Some(VIRAMA) && further == nasal {
        word.pop();
        word.pop();
        word.push(ANUSVARA);
    }
    word.push(match c {
        'ँ' => ANUSVARA,
        c => digit(c),
    });
}

/// Writes Malayalam's consonants without a vowel as older texts do: a consonant with virama.
fn push_chillu(c: char, word: &mut String) {
    word.push(match c {
        'ൺ' => 'ണ',
        'ൻ' => 'ന',
        'ർ' => 'ര',
        'ൽ' => 'ല',
        'ൾ' => 'ള',
        _ => 'ക',
    });
    word.push('\u{d4d}');
}

/// Writes nikhahit behind the tone, as where `ำ` was typed.
fn push_tone(c: char, word: &mut String) {
    match word.chars().next_back() {
        Some(nikhahit @ ('\u{e4d}' | '\u{ecd}')) => {
            word.pop();
            word.extend([c, nikhahit]);
        }
        _ => word.push(c),
    }
}

/// Digits of living scripts as those of ASCII.
fn digit(c: char) -> char {
    /// Each is followed by the digits from 1 to 9.
    const ZEROS: [char; 18] = [
        '٠', '۰', '०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '൦', '෦', '๐', '໐', '༠', '၀', '០', '᠐',
    ];
    if !c.is_numeric() {
        return c;
    }
    ZEROS
        .iter()
        .find_map(|zero| {
            let value = u32::from(c).checked_sub(u32::from(*zero))?;
            char::from_digit(value, 10)
        })
        .unwrap_or(c)
}
