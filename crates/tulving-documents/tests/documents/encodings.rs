//! Bytes become text, and a guess is said.

use tulving_documents::Note;

use crate::support::document;

fn text(bytes: &[u8]) -> (String, Vec<Note>) {
    let document = document(bytes, "a.txt");
    (
        document.texts().collect::<Vec<_>>().join("¶"),
        document.notes,
    )
}

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn unicode_is_read_with_a_mark_and_without() {
    let words = "Überweisung: 5 € — fällig";
    let marked = format!("\u{FEFF}{words}");
    let cases = [
        words.as_bytes().to_vec(),
        marked.as_bytes().to_vec(),
        utf_16(&marked, u16::to_le_bytes),
        utf_16(&marked, u16::to_be_bytes),
        utf_16(words, u16::to_le_bytes),
        utf_16(words, u16::to_be_bytes),
    ];
    for bytes in cases {
        assert_eq!(text(&bytes), (words.to_owned(), vec![]), "{bytes:x?}");
    }
}

#[test]
fn other_encodings_are_guessed_and_the_guess_is_said() {
    let (words, notes) =
        text(b"Die Geb\xFChr betr\xE4gt 5 \x80 \x96 f\xE4llig am Ersten, \x84p\xFCnktlich\x93.");
    assert_eq!(
        words,
        "Die Gebühr beträgt 5 € – fällig am Ersten, „pünktlich“."
    );
    let name = "windows-1252".to_owned();
    assert_eq!(notes, [Note::Encoding { name }]);
    let said = notes[0].to_string();
    assert!(said.contains("windows-1252, which is a guess"), "{said}");
}

#[test]
fn a_page_of_html_may_say_what_it_is() {
    let page =
        b"<!DOCTYPE html><meta charset=\"shift_jis\"><p>\x83\x7D\x83\x6A\x83\x85\x83\x41\x83\x8B";
    let document = document(page, "a.html");
    assert_eq!(document.texts().collect::<Vec<_>>(), ["マニュアル"]);
    assert_eq!(document.notes, []);
}

#[test]
fn what_cannot_be_read_is_counted() {
    let damaged = [
        "Größe Länge Höhe Stärke Wärme Kälte Nässe Blöcke Köpfe Töne Züge Hügel ".as_bytes(),
        b"f\xC3 und ",
        "Öl, Füße, Mühe, Süd, Brühe".as_bytes(),
    ]
    .concat();
    let (words, notes) = text(&damaged);
    assert!(words.contains("Hügel f\u{FFFD} und Öl"), "{words}");
    assert_eq!(notes, [Note::Replaced { count: 1 }]);
    assert_eq!(text(b"a\0b\0\0c").1, [Note::Replaced { count: 3 }]);
    assert_eq!(text(b"a\0b\0\0c").0, "a\u{FFFD}b\u{FFFD}\u{FFFD}c");
}

#[test]
fn lines_may_end_in_any_way() {
    let (words, _) = text(b"one\r\n\r\ntwo\rtwo\r\rthree\n\r\nfour\r\n");
    assert_eq!(words, "one¶two\ntwo¶three¶four");
}
