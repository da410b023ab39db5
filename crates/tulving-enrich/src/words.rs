//! Words of a line.

/// Takes the words of a text, in order, each with its range: runs of letters and digits with what belongs to them
/// (`don't`, `snake_case`, `2.14.1`, `C++`), a run of katakana, and each other letter of Chinese and Japanese alone.
pub(crate) fn each_word(text: &str, mut take: impl FnMut(usize, usize)) {
    let mut at = 0;
    while let Some(c) = next(text, at) {
        if !starts_word(c) {
            at += c.len_utf8();
            continue;
        }
        let end = end_of_word(text, at, c);
        take(at, end);
        at = end;
    }
}

fn next(text: &str, at: usize) -> Option<char> {
    match text.as_bytes().get(at) {
        Some(&byte) if byte < 0x80 => Some(char::from(byte)),
        Some(_) => text.get(at..)?.chars().next(),
        None => None,
    }
}

fn end_of_word(text: &str, start: usize, first: char) -> usize {
    let mut end = start + first.len_utf8();
    if is_alone(first) {
        return end;
    }
    let katakana = is_katakana(first);
    let mut last = first;
    // Most words are of plain letters alone.
    let plain = text.as_bytes()[end..]
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    if plain > 0 && !katakana {
        end += plain;
        last = char::from(text.as_bytes()[end - 1]);
    }
    while let Some(c) = next(text, end) {
        let after = end + c.len_utf8();
        let goes_on = match c {
            '\'' | '’' => letter(last) && next(text, after).is_some_and(letter),
            '.' => last.is_ascii_digit() && next(text, after).is_some_and(|c| c.is_ascii_digit()),
            '+' | '#' => end - start == 1 && last.is_ascii_alphabetic() || last == '+',
            _ => continues_word(c) && is_katakana(c) == katakana,
        };
        if !goes_on {
            break;
        }
        last = c;
        end = after;
    }
    end
}

fn starts_word(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || c == '_'
    } else {
        c.is_alphanumeric() || is_emoji(c)
    }
}

fn continues_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    !is_alone(c) && (c.is_alphanumeric() || is_combining(c))
}

fn letter(c: char) -> bool {
    c.is_alphabetic() && !is_alone(c) && !is_katakana(c)
}

fn is_combining(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0487}' | '\u{0591}'..='\u{05C7}' | '\u{064B}'..='\u{065F}')
}

/// Returns whether a letter is a word by itself.
pub(crate) fn is_alone(c: char) -> bool {
    matches!(c,
        '\u{3040}'..='\u{309F}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
        || is_emoji(c)
}

pub(crate) fn is_katakana(c: char) -> bool {
    matches!(c, '\u{30A1}'..='\u{30FA}' | '\u{30FC}' | '\u{31F0}'..='\u{31FF}' | '\u{FF66}'..='\u{FF9D}')
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1F300}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}')
}

/// A word in small letters, with a straight apostrophe; its space is used again.
#[derive(Default)]
pub(crate) struct Folded(Vec<u8>);

impl Folded {
    /// Returns a word in small letters.
    pub(crate) fn fold(&mut self, word: &str) -> &[u8] {
        self.0.clear();
        if word.is_ascii() {
            self.0.extend_from_slice(word.as_bytes());
            self.0.make_ascii_lowercase();
        } else {
            let mut bytes = [0; 4];
            for c in word.chars().flat_map(char::to_lowercase) {
                let c = if c == '’' { '\'' } else { c };
                self.0
                    .extend_from_slice(c.encode_utf8(&mut bytes).as_bytes());
            }
        }
        &self.0
    }
}
