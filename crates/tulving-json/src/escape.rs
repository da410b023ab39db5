//! Escaping: a string as JSON writes it.

use super::scan::{below, clean_run, equal};

/// Appends `wtf8` (UTF-8, or the bytes of a [`Text`](super::Text)) as a JSON string, quotes
/// included. Escaped are `"`, `\`, controls below U+0020 (`\n \r \t \b \f`, else `\u00xx`) and
/// lone surrogates (`\udxxx`), with lower-case digits; everything else stands as it is.
pub fn write_text(wtf8: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = wtf8;
    loop {
        let (clean, special) = rest.split_at(clean_run(rest, special));
        out.extend_from_slice(clean);
        let written = match *special {
            [] => break,
            [byte @ (b'"' | b'\\'), ..] => short(byte, out),
            [b'\n', ..] => short(b'n', out),
            [b'\r', ..] => short(b'r', out),
            [b'\t', ..] => short(b't', out),
            [0x08, ..] => short(b'b', out),
            [0x0C, ..] => short(b'f', out),
            [byte @ 0..0x20, ..] => {
                hex(u16::from(byte), out);
                1
            }
            [0xED, second @ 0xA0..=0xBF, third, ..] => {
                hex(
                    0xD000 | u16::from(second & 0x3F) << 6 | u16::from(third & 0x3F),
                    out,
                );
                3
            }
            // 0xED also begins the code points just below the surrogates.
            [byte, ..] => {
                out.push(byte);
                1
            }
        };
        rest = &special[written..];
    }
    out.push(b'"');
}

fn special(word: u64) -> u64 {
    equal(word, b'"') | equal(word, b'\\') | below(word, 0x20) | equal(word, 0xED)
}

/// Writes a backslash and `letter`; one byte of the text is done.
fn short(letter: u8, out: &mut Vec<u8>) -> usize {
    out.extend([b'\\', letter]);
    1
}

fn hex(unit: u16, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |shift: u16| DIGITS[usize::from(unit >> shift & 0xF)];
    out.extend([b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_do_no_harm() {
        for bytes in [b"\xED".as_slice(), b"\xED\xA0", b"\xFF\xED\xED"] {
            let mut out = Vec::new();
            write_text(bytes, &mut out);
            assert_eq!(out[1..out.len() - 1], *bytes);
        }
    }
}
