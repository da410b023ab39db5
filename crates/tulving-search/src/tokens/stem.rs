//! Stemming: English endings are cut off.

/// Takes the commonest English endings off a word: plurals, `-ed`, `-ing`, and the `-e` that these
/// replace, so that `cached`, `caching`, `caches` and `cache` are one. Light on purpose: what is left
/// need not be a word, but two words that mean different things seldom meet.
pub(super) fn stem(word: &mut String) {
    if word.len() < 3 || !word.bytes().all(|b| b.is_ascii_alphabetic()) {
        return;
    }
    let ends =
        |word: &str, ending: &str, least: usize| word.len() >= least && word.ends_with(ending);
    if ends(word, "ies", 5) || ends(word, "ied", 5) {
        word.truncate(word.len() - 2);
        return;
    }
    if ends(word, "s", 4) && !["ss", "us", "is"].iter().any(|end| word.ends_with(end)) {
        word.pop();
    }
    // Something that can be spoken has to stay: `string`, `speed`.
    let spoken = |word: &str, ending: usize| word[..word.len() - ending].contains(VOWELS);
    let ending = if ends(word, "ing", 6) && spoken(word, 3) {
        3
    } else if ends(word, "ed", 5) && !word.ends_with("eed") && spoken(word, 2) {
        2
    } else {
        0
    };
    word.truncate(word.len() - ending);
    let mut last = word.chars().rev();
    let (last, before) = (last.next(), last.next());
    let doubled = ending > 0 && last == before && !matches!(last, Some('l' | 's' | 'z'));
    if word.len() > 3 && (doubled || last == Some('e')) {
        word.pop();
    } else if last == Some('y') && before.is_some_and(|before| !VOWELS.contains(&before)) {
        // `try` as `tries` and `tried`, which may also come from `-ie`.
        word.pop();
        word.push('i');
    }
}

const VOWELS: [char; 6] = ['a', 'e', 'i', 'o', 'u', 'y'];
