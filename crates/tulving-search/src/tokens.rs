//! The tokenizer: text as the words it is found by. Questions and memories go through the same function.
//!
//! | text | tokens |
//! |---|---|
//! | `Zürich's cafés` | `zurich` `zürich` `zuerich`; `caf` `cafés` |
//! | `HTTPServer2` | `httpserver2` `http` `server` |
//! | `snake_case`, `tokio-postgres` | the whole, and `snake` `case`, `tokio` `postgres` |
//! | `std::vec`, `src/main.rs` | `std::vec` `std` `vec`; `src` `main.rs` `main` `rs` |
//! | `E0599`, `3.14` | `e0599`; `3.14` `3` `14` |
//! | `C++`, `#1`, `a -> b`, `👍🏽` | `c++` `c` `++`; `#` `#1` `1`; `a` `->` `b`; `👍` |
//! | `東京都に` | `東京` `京都` `都に`, and each letter as `*東` |
//! | `서울은` | `서울` `울은`, and each letter as `*서` |
//!
//! What readers of a language take for the same word is one token: see `fold` for letters and
//! accents (`letters` lists them), `runs` for scripts without spaces and words with particles, `signs` for
//! what is no letter at all. `script` says which characters make words, `names` takes apart what hangs
//! together as one name. Endings are taken off English words only (`stem`).

mod fold;
mod letters;
mod names;
mod runs;
mod script;
mod signs;
mod stem;

use std::ops::Range;

use fold::Folder;
use runs::Side;

/// Which tokens a text becomes. An index that was made by another number holds other words than a
/// question asks for, and has to be made again.
///
/// 1 knew neither single letters of scripts without spaces, nor particles, nor signs.
pub const NUMBER: i32 = 2;

/// Calls `each` with the tokens of a memory's text, in order. Linear in the text's length.
pub fn tokens(text: &str, mut each: impl FnMut(&str)) {
    spans(text, |token, _| each(token));
}

/// Returns the tokens of a memory's text, in order.
#[must_use]
pub fn terms(text: &str) -> Vec<String> {
    let mut terms = Vec::new();
    tokens(text, |token| terms.push(token.to_owned()));
    terms
}

/// Returns the tokens that a question asks for, in order.
#[must_use]
pub fn asked(question: &str) -> Vec<String> {
    let mut terms = Vec::new();
    walk(question, Side::Question, |token, _| {
        terms.push(token.to_owned());
    });
    terms
}

/// Finds tokens as [`terms`] does, each with the bytes of `text` that it stands for. The parts of an
/// identifier come after the whole and lie within its bytes.
pub fn spans(text: &str, each: impl FnMut(&str, Range<usize>)) {
    walk(text, Side::Memory, each);
}

fn walk(text: &str, side: Side, mut each: impl FnMut(&str, Range<usize>)) {
    let mut folder = Folder::default();
    // Of a part that is an accent alone nothing is left.
    let mut each = |token: &str, span: Range<usize>| {
        if !token.is_empty() {
            each(token, span);
        }
    };
    let mut at = 0;
    while let Some((start, c)) = text[at..]
        .char_indices()
        .find(|(_, c)| script::is_letter(*c) || signs::is_sign(*c))
    {
        let start = at + start;
        if signs::is_sign(c) {
            at = signs::emit(text, at, start, &mut folder, &mut each);
        } else {
            let compound = start..names::end(text, start);
            at = compound.end;
            names::emit(text, compound, side, &mut folder, &mut each);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fold::LONGEST;
    use super::*;

    fn tokens_of(text: &str) -> String {
        terms(text).join(" ")
    }

    fn asked_of(question: &str) -> String {
        asked(question).join(" ")
    }

    #[test]
    fn words_meet_whatever_their_case_and_endings() {
        for (one, other) in [
            ("Zürich", "zu\u{308}rich"),
            ("ΟΔΟΣ", "οδος"),
            ("ＡＢＣ ﬁle", "abc file"),
            ("İstanbul ISPARTA", "i\u{307}stanbul ısparta"),
            ("STRASSE", "straße"),
            ("STRAẞE", "strasse"),
            ("ꮳꮃꭹ", "ᏣᎳᎩ"),
            ("co\u{ad}operate", "cooperate"),
            ("caches cached", "cache caching"),
            ("movies studies tried boxes", "movie study try boxe"),
            ("running planned", "run plan"),
            ("Caroline's", "caroline"),
            ("don’t we'll", "don we"),
        ] {
            assert_eq!(tokens_of(one), tokens_of(other), "{one}");
        }
    }

    #[test]
    fn words_that_differ_stay_apart() {
        for (one, other) in [
            ("string", "str"),
            ("speed", "spe"),
            ("news", "new york"),
            ("bus", "bu"),
            ("class", "clas"),
            ("thing", "th"),
        ] {
            assert_ne!(tokens_of(one), tokens_of(other), "{one}");
        }
    }

    #[test]
    fn what_is_written_with_accents_is_found_bare_as_written_and_spelled_out() {
        for (text, tokens) in [
            ("phở", "pho phở"),
            ("Zürich", "zurich zürich zuerich"),
            ("Müllers", "muller müllers mueller"),
            ("Smørebrød", "smorebrod smørebrød smoerebro"),
            ("blåbær", "blabaer blåbær blaabaer"),
            ("ёлка", "елка ёлка"),
            ("йогурт", "йогурт"),
            ("שָׁלוֹם", "שלום לום"),
            ("كِتَاب", "كتاب"),
        ] {
            assert_eq!(tokens_of(text), tokens, "{text}");
        }
    }

    #[test]
    fn identifiers_are_found_whole_and_in_parts() {
        for (text, tokens) in [
            ("snake_case", "snake_case snak cas"),
            ("fooBar", "foobar foo bar"),
            ("HTTPServer2", "httpserver2 http server"),
            ("E0599", "e0599"),
            ("std::vec::Vec", "std::vec::vec std vec vec"),
            ("src/main.rs", "src main.rs main rs"),
            ("tokio-postgres", "tokio-postgres tokio postgr"),
            ("tokio‑postgres", "tokio-postgres tokio postgr"),
            ("utf8", "utf8 utf"),
            ("3.14", "3.14 3 14"),
            ("iPhone", "iphon phon"),
            ("(a.b)", "a.b a b"),
            ("end. Next", "end next"),
            ("a: b -c- _d_", "a b c d"),
            ("R&D", "r&d r d"),
            ("O'Brien", "obrien o brien"),
            ("צה\"ל", "צהל צה ל"),
        ] {
            assert_eq!(tokens_of(text), tokens, "{text}");
        }
    }

    #[test]
    fn scripts_without_spaces_become_pairs() {
        assert_eq!(tokens_of("東京都に"), "*東 東京 *京 京都 *都 都に *に");
        assert_eq!(tokens_of("猫"), "*猫 猫 ^猫");
        assert_eq!(tokens_of("猫が"), "*猫 猫 猫が *が");
        assert_eq!(tokens_of("Rustで東京"), "rust *で で東 *東 東京 *京");
        assert_eq!(tokens_of("ｶﾞｽ"), tokens_of("がす"));
        assert_eq!(tokens_of("กี่"), "*กี่ กี่ ^กี่");
        assert_eq!(tokens_of("서울은"), "*서 서울 *울 울은 *은");
        assert_eq!(tokens_of("물을"), "*물 물 물을 *을");
        assert_eq!(tokens_of("한국"), tokens_of("\u{1112}\u{1161}\u{11ab}국"));
    }

    #[test]
    fn a_question_asks_for_a_letter_as_what_it_is() {
        assert_eq!(asked_of("猫"), "*猫 猫");
        assert_eq!(asked_of("猫が"), "猫 猫が ^が");
        assert_eq!(asked_of("東京"), "^東 東京 ^京");
        assert_eq!(asked_of("물을"), "물 물을 ^을");
        assert_eq!(asked_of("나이"), "^나 나이 ^이");
        assert_eq!(asked_of("Zürich C++"), tokens_of("Zürich C++"));
    }

    #[test]
    fn signs_stand_together_and_emoji_each_for_itself() {
        for (text, tokens) in [
            ("C++, C#!", "c++ c ++ c# c #"),
            ("use .NET", "use .net net"),
            ("\\d+", "\\ \\d+ d +"),
            ("#1 @user", "# #1 1 @ @user user"),
            ("$5 5€ 100%", "$ $5 5 5€ 5 € 100% 100 %"),
            ("a->b := x != y", "a -> b := x != y"),
            ("Ｃ＋＋", "c++ c ++"),
            ("great🎉party", "great 🎉 parti"),
            ("👍🏽❤️👩‍💻🇩🇪", "👍 ❤ 👩 💻 🇩🇪"),
            ("5㎏", "5 kg"),
            ("1️⃣", "1"),
            ("\u{363}0", "0"),
            (
                "… — \u{0} \u{301} end. (so) \"so\", ==========",
                "end so so",
            ),
        ] {
            assert_eq!(tokens_of(text), tokens, "{text}");
        }
    }

    /// In quadratic time this would not end.
    #[test]
    fn a_megabyte_of_anything_is_taken() {
        for piece in [
            "a",
            "a.",
            "aB",
            "a1",
            "猫",
            "물",
            "e\u{301}",
            "a::",
            "'s",
            "猫a",
            "\u{ad}",
            ":",
            "-",
            "-+",
            "a+",
            "+a",
            "🎉",
            "🇩",
            "กี่",
            "ה",
            "न\u{94d}",
        ] {
            let text = piece.repeat(1_000_000 / piece.len());
            spans(&text, |_, span| assert!(span.end <= text.len()));
        }
    }

    #[test]
    fn long_tokens_are_cut() {
        for letter in ["a", "é", "𝒳"] {
            let terms = terms(&letter.repeat(100_000));
            assert!(terms.iter().all(|term| term.chars().count() <= LONGEST));
            assert!(terms.len() <= 2);
        }
    }

    proptest! {
        #[test]
        fn spans_lie_on_characters_and_any_text_is_taken(text in r"(\PC|[a-zA-Z_.:' +#>-]|[あ-ん]|[가-힣]|[א-ת]|[ऀ-ॿ]){0,60}") {
            let mut last = 0;
            spans(&text, |token, span| {
                assert!(text.get(span.clone()).is_some_and(|part| !part.is_empty()));
                assert!(!token.is_empty() && token.chars().count() <= LONGEST + 1);
                assert!(span.start >= last, "{token}");
                last = span.start;
            });
        }

        /// Whatever a memory holds is found by asking for the whole of it.
        #[test]
        fn a_text_asks_for_what_it_holds(text in r"(\PC|[a-zA-Z_.:' +#>-]|[あ-ん]|[가-힣]|[א-ת]){0,20}") {
            let held = terms(&text);
            prop_assert_eq!(held.is_empty(), !asked(&text).iter().any(|term| held.contains(term)));
        }

        #[test]
        fn upper_and_lower_case_are_one_word(text in "[a-z]{1,12}( [a-z]{1,12}){0,5}") {
            prop_assert_eq!(terms(&text.to_uppercase()), terms(&text));
        }
    }
}
