//! Fonts: codes to letters and widths.

use std::collections::HashMap;

use lopdf::{Dictionary, Document, Encoding, Object};

/// A font of a file.
pub(super) struct Font<'f> {
    encoding: Option<Encoding<'f>>,
    /// Whether a code has two bytes.
    is_wide: bool,
    widths: HashMap<u32, f32>,
    /// The width of what has none of its own, in thousandths of the size.
    usual: f32,
    pub(super) is_bold: bool,
}

impl<'f> Font<'f> {
    pub(super) fn of(dictionary: &'f Dictionary, file: &'f Document, most: usize) -> Self {
        let name = dictionary
            .get(b"BaseFont")
            .and_then(Object::as_name)
            .unwrap_or(b"");
        let name = String::from_utf8_lossy(name).to_lowercase();
        let descendant = dictionary
            .get_deref(b"DescendantFonts", file)
            .and_then(Object::as_array)
            .ok()
            .and_then(|fonts| dictionary_of(fonts.first()?, file));
        let (widths, usual) = match descendant {
            Some(wide) => (
                wide_widths(wide, file),
                number(wide, b"DW", file).unwrap_or(1000.0),
            ),
            None => (simple_widths(dictionary, file), 500.0),
        };
        Self {
            encoding: dictionary.get_font_encoding_with_limit(file, most).ok(),
            is_wide: descendant.is_some(),
            widths,
            usual,
            is_bold: ["bold", "black", "heavy"]
                .iter()
                .any(|weight| name.contains(weight)),
        }
    }

    /// Returns the letters of a string; none where the file does not say which they are.
    pub(super) fn text(&self, codes: &[u8]) -> String {
        let encoding = self.encoding.as_ref();
        let text = encoding.and_then(|encoding| Document::decode_text(encoding, codes).ok());
        // What a font has no letter for, it mostly does not draw either.
        text.map(|text| text.replace('\0', "")).unwrap_or_default()
    }

    /// Returns how wide a string is in thousandths of the size, how many codes it has, and how many of them are
    /// spaces that can be stretched.
    pub(super) fn measure(&self, codes: &[u8]) -> (f32, usize, usize) {
        let width = |code: u32| self.widths.get(&code).copied().unwrap_or(self.usual);
        if self.is_wide {
            let codes = codes
                .chunks(2)
                .map(|code| code.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)));
            return codes.fold((0.0, 0, 0), |(sum, count, _), code| {
                (sum + width(code), count + 1, 0)
            });
        }
        let sum = codes.iter().map(|code| width(u32::from(*code))).sum();
        (
            sum,
            codes.len(),
            codes.iter().filter(|code| **code == b' ').count(),
        )
    }
}

fn dictionary_of<'f>(object: &'f Object, file: &'f Document) -> Option<&'f Dictionary> {
    file.dereference(object).ok()?.1.as_dict().ok()
}

fn number(dictionary: &Dictionary, key: &[u8], file: &Document) -> Option<f32> {
    dictionary.get_deref(key, file).ok()?.as_float().ok()
}

fn list<'f>(dictionary: &'f Dictionary, key: &[u8], file: &'f Document) -> &'f [Object] {
    let list = dictionary.get_deref(key, file).and_then(Object::as_array);
    list.map_or(&[], Vec::as_slice)
}

/// `FirstChar`, and a width for each code from there on.
fn simple_widths(font: &Dictionary, file: &Document) -> HashMap<u32, f32> {
    let first = number(font, b"FirstChar", file).unwrap_or(0.0) as u32;
    let widths = list(font, b"Widths", file).iter();
    let widths = (first..=u32::MAX).zip(widths.map(|width| file.dereference(width)));
    widths
        .filter_map(|(code, width)| Some((code, width.ok()?.1.as_float().ok()?)))
        .collect()
}

/// Runs of codes: `first [width …]`, or `first last width`.
fn wide_widths(font: &Dictionary, file: &Document) -> HashMap<u32, f32> {
    /// More codes a font of two bytes has not.
    const CODES: u32 = 1 << 16;
    let mut widths = HashMap::new();
    let (mut rest, mut taken) = (list(font, b"W", file).iter(), 0);
    while let (Some(first), Some(second)) = (rest.next(), rest.next()) {
        let first = first.as_float().unwrap_or(0.0) as u32;
        match file.dereference(second).map(|(_, second)| second) {
            Ok(Object::Array(each)) => {
                let each = each.iter().filter_map(|width| width.as_float().ok());
                widths.extend((first..CODES).zip(each));
            }
            Ok(last) => {
                let last = (last.as_float().unwrap_or(0.0) as u32).min(CODES);
                let Some(width) = rest.next().and_then(|width| width.as_float().ok()) else {
                    break;
                };
                // The same codes again and again are none of a font.
                taken += last.saturating_sub(first);
                if taken > CODES {
                    break;
                }
                widths.extend((first..=last).map(|code| (code, width)));
            }
            Err(_) => break,
        }
    }
    widths
}
