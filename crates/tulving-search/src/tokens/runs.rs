//! Scripts in which words are not told apart by spaces: Chinese, Japanese, Thai and others, and
//! Korean, whose words carry their particles.
//!
//! Such a text becomes pairs of neighbouring letters, which need no dictionary: `서울` is in `서울은`
//! as `東京` is in `東京都`. A letter by itself is found too, but as what it is:
//!
//! | token | a memory has it where the letter | a question asks for it where the letter |
//! |---|---|---|
//! | `猫` | is a word, as far as can be seen | is a word |
//! | `*猫` | is anywhere | is all there is of the run |
//! | `^猫` | is all there is of the run | is part of a longer run |
//!
//! A letter is a word if it is all there is, if it is a Chinese character among kana (`猫が`), or if
//! nothing but a Korean particle follows (`물을`). So `猫` finds `子猫`, and `猫が` finds `猫を`, but
//! `行く` does not find `銀行`.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

use super::fold::Folder;
use super::script::{is_han, is_hangul, is_letter, is_mark, runs_on};

/// On which side of a search a text is. They differ for scripts without spaces alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Memory,
    Question,
}

/// Emits the tokens of a word that holds letters of such a script.
pub(super) fn emit(
    word: &str,
    base: usize,
    side: Side,
    folder: &mut Folder,
    each: &mut impl FnMut(&str, Range<usize>),
) {
    let mut at = 0;
    while at < word.len() {
        let rest = &word[at..];
        let running = rest.chars().next().is_some_and(runs_on);
        let length = rest
            .char_indices()
            .find(|(_, c)| is_letter(*c) && !is_mark(*c) && runs_on(*c) != running)
            .map_or(rest.len(), |(offset, _)| offset);
        let run = &rest[..length];
        if running {
            emit_run(run, base + at, side, folder, each);
        } else {
            let span = base + at..base + at + length;
            folder.forms(run, |form| each(form, span.clone()));
        }
        at += length;
    }
}

fn emit_run(
    run: &str,
    base: usize,
    side: Side,
    folder: &mut Folder,
    each: &mut impl FnMut(&str, Range<usize>),
) {
    // A letter begins where a character is not a mark on the one before.
    let starts: Vec<usize> = run
        .char_indices()
        .filter(|(_, c)| runs_on(*c))
        .map(|(offset, _)| offset)
        .chain([run.len()])
        .collect();
    let alone = starts.len() == 2;
    for (place, window) in starts.windows(2).enumerate() {
        let (start, end) = (window[0], window[1]);
        let letter = &run[start..end];
        let span = base + start..base + end;
        let is_word = alone || is_word(run, &starts, place);
        let [anywhere, word, alone] = match side {
            Side::Memory => [true, is_word, alone],
            Side::Question => [alone, is_word, !is_word],
        };
        if anywhere {
            each(folder.marked('*', letter), span.clone());
        }
        if word {
            each(folder.word(letter), span.clone());
        }
        if alone {
            each(folder.marked('^', letter), span);
        }
        if let Some(&end) = starts.get(place + 2) {
            each(folder.word(&run[start..end]), base + start..base + end);
        }
    }
}

/// Returns whether a letter of a longer run is a word by itself.
fn is_word(run: &str, starts: &[usize], place: usize) -> bool {
    let letter = |place: usize| run[*starts.get(place)?..].chars().next();
    let Some(this) = letter(place) else {
        return false;
    };
    if is_han(this) {
        let before = place.checked_sub(1).and_then(letter);
        return !before.is_some_and(is_han) && !letter(place + 1).is_some_and(is_han);
    }
    // The longest particle has two letters.
    place == 0 && starts.len() <= 4 && is_hangul(this) && is_noun_with_particle(run)
}

/// Returns whether a run is one Korean letter and a particle that may follow it: most have two forms,
/// one after a vowel and one after a consonant. So `물을` is water, but `나이` is not "I".
fn is_noun_with_particle(run: &str) -> bool {
    let composed: String = run.nfc().collect();
    let mut rest = composed.chars();
    let Some(noun) = rest
        .next()
        .filter(|c| ('\u{ac00}'..='\u{d7a3}').contains(c))
    else {
        return false;
    };
    // Syllables are in order of their 28 endings, none being the first and ㄹ the ninth.
    let ending = (u32::from(noun) - 0xac00) % 28;
    let (vowel, rieul) = (ending == 0, ending == 8);
    match rest.as_str() {
        "는" | "가" | "를" | "와" | "랑" => vowel,
        "은" | "이" | "을" | "과" | "이랑" => !vowel,
        "로" => vowel || rieul,
        "으로" => !vowel && !rieul,
        "에" | "에서" | "에게" | "에는" | "에도" | "한테" | "까지" | "부터" | "처럼" | "보다"
        | "마다" | "하고" => true,
        _ => false,
    }
}
