//! The form in which words are compared.

use unicode_normalization::UnicodeNormalization as _;

/// Returns a word in the form in which it is compared: small letters without accents.
pub(crate) fn fold(word: &str) -> String {
    let small = word.nfkd().flat_map(char::to_lowercase);
    small
        .filter(|c| !('\u{300}'..='\u{36F}').contains(c))
        .collect()
}
