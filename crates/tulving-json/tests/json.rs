//! What must hold for any JSON, and for any bytes.

use std::io::{self, Read};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde::de::IgnoredAny;
use tulving_json::{Reason, Records, Span, Value, parse, parse_within, write};

/// Whitespace as it may stand between tokens.
fn blank() -> impl Strategy<Value = String> {
    "[ \n\r\t]{0,3}"
}

/// A string with its quotes; `strict`: without lone surrogates.
fn string(strict: bool) -> impl Strategy<Value = String> {
    let unit = any::<char>().prop_map(|char| {
        char.encode_utf16(&mut [0; 2])
            .iter()
            .map(|unit| format!("\\u{unit:04x}"))
            .collect()
    });
    let surrogate = (0xD800..0xE000_u16).prop_map(|unit| format!("\\u{unit:04X}"));
    let short = select(vec![
        "\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "\\u0000",
        "\\ud83d\\ude00",
    ]);
    let piece = prop_oneof![
        4 => "[^\u{0}-\u{1f}\"\\\\]{0,40}",
        1 => Just("한\u{d7ff}".to_owned()),
        2 => short.prop_map(str::to_owned),
        1 => unit,
        u32::from(!strict) => surrogate,
    ];
    vec(piece, 0..6).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn number(strict: bool) -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?",
        2 * u32::from(!strict) => "NaN|-?Infinity|-?[1-9]{400}|1e99999",
    ]
}

/// The text of one value; `strict`: such as serde_json takes too.
fn json(strict: bool) -> impl Strategy<Value = String> {
    let leaf = prop_oneof!["null|true|false", number(strict), string(strict)];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        let key = prop_oneof![Just("\"a\"".to_owned()), string(strict)];
        let member = (blank(), key, blank(), blank(), inner.clone())
            .prop_map(|(a, key, b, c, value)| format!("{a}{key}{b}:{c}{value}"));
        let element = (blank(), inner).prop_map(|(a, value)| a + &value);
        prop_oneof![
            (vec(element, 0..6), blank())
                .prop_map(|(all, end)| format!("[{}{end}]", all.join(","))),
            (vec(member, 0..6), blank())
                .prop_map(|(all, end)| format!("{{{}{end}}}", all.join(","))),
        ]
    })
}

/// The text of an array, and those of its elements.
fn array() -> impl Strategy<Value = (String, Vec<String>)> {
    (blank(), vec((blank(), json(false), blank()), 0..8), blank()).prop_map(
        |(start, all, inner)| {
            let padded: Vec<_> = all
                .iter()
                .map(|(a, value, b)| format!("{a}{value}{b}"))
                .collect();
            let values = all.into_iter().map(|(_, value, _)| value).collect();
            (format!("{start}[{inner}{}]", padded.join(",")), values)
        },
    )
}

fn canonical(value: &Value<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, &mut out);
    out
}

fn agrees(ours: &Value<'_>, theirs: &serde_json::Value) -> bool {
    match (ours, theirs) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(a), serde_json::Value::Bool(b)) => a == b,
        (Value::Number(a), serde_json::Value::Number(b)) => {
            serde_json::from_str::<serde_json::Number>(a).is_ok_and(|a| a == *b)
        }
        (Value::String(a), serde_json::Value::String(b)) => a.to_str() == Some(b),
        (Value::Array(a), serde_json::Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agrees(a, b))
        }
        (Value::Object(a), serde_json::Value::Object(b)) => {
            a.iter()
                .all(|(key, _)| key.to_str().is_some_and(|key| b.contains_key(key)))
                && b.iter()
                    .all(|(key, b)| ours.get(key).is_some_and(|a| agrees(a, b)))
        }
        _ => false,
    }
}

/// Gives out what it holds in pieces of the given sizes, over and over; 0 is an interruption.
struct Pieces<'a> {
    rest: &'a [u8],
    sizes: std::iter::Cycle<std::slice::Iter<'a, usize>>,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Some(&size) = self.sizes.next() else {
            return Ok(0);
        };
        if size == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let (piece, rest) = self.rest.split_at(size.min(buf.len()).min(self.rest.len()));
        buf[..piece.len()].copy_from_slice(piece);
        self.rest = rest;
        Ok(piece.len())
    }
}

/// All records with their spans, and the message of the error that ended them.
fn read(reader: impl Read, limit: u64) -> (Vec<(Span, Vec<u8>)>, Option<String>) {
    let mut records = Records::new(reader).with_limit(limit);
    let (mut found, mut buf) = (Vec::new(), Vec::new());
    loop {
        match records.next(&mut buf) {
            Ok(Some(span)) => found.push((span, buf.clone())),
            Ok(None) => return (found, None),
            Err(error) => return (found, Some(error.to_string())),
        }
    }
}

proptest! {
    #[test]
    fn strict_json_means_what_serde_json_says(text in json(true)) {
        let theirs: serde_json::Value = serde_json::from_str(&text).unwrap();
        let ours = parse(text.as_bytes()).unwrap();
        prop_assert!(agrees(&ours, &theirs), "{ours:?}");
        let written: serde_json::Value = serde_json::from_slice(&canonical(&ours)).unwrap();
        prop_assert_eq!(written, theirs);
    }

    #[test]
    fn near_json_is_taken_exactly_where_serde_json_takes_it(
        tokens in vec(select(vec![
            "[", "]", "{", "}", ",", ":", "\"a\":", "\"", "\\", "\\u12", "\\n", "\n", "e", "E", "+",
            "-", ".", "0", "1", " ", "null", "true", "fals", "é", "\u{1f}", "[]", "\"b\"",
        ]), 0..8)
    ) {
        let text = tokens.concat();
        let theirs = serde_json::from_str::<IgnoredAny>(&text);
        prop_assert_eq!(parse(text.as_bytes()).is_ok(), theirs.is_ok());
    }

    #[test]
    fn what_is_written_reads_back_equal(text in json(false)) {
        let value = parse(text.as_bytes()).unwrap();
        let written = canonical(&value);
        let again = parse(&written).unwrap();
        prop_assert_eq!(&again, &value);
        prop_assert_eq!(canonical(&again), written);
        prop_assert_eq!(&value.clone().into_owned(), &value);
    }

    #[test]
    fn records_are_the_elements_of_the_whole((text, values) in array(), mark in any::<bool>()) {
        let Value::Array(elements) = parse(text.as_bytes()).unwrap() else { panic!("no array") };
        let file = if mark { format!("\u{feff}{text}") } else { text.clone() };
        let (found, error) = read(file.as_bytes(), u64::MAX);
        prop_assert_eq!(error, None);
        prop_assert_eq!(found.len(), values.len());
        for (i, ((span, record), value)) in found.iter().zip(&values).enumerate() {
            prop_assert_eq!(span.index, i as u64);
            prop_assert_eq!(span.len, value.len() as u64);
            prop_assert_eq!(&file[usize::try_from(span.offset).unwrap()..][..value.len()], value);
            prop_assert_eq!(record, value.as_bytes());
            prop_assert_eq!(&parse(record).unwrap(), &elements[i]);
        }
    }

    #[test]
    fn pieces_of_any_size_give_the_same_records(
        (text, _) in array(),
        at in any::<Index>(),
        byte in any::<Option<u8>>(),
        limit in 0..200_u64,
        sizes in vec(0..9_usize, 1..5).prop_filter("endless", |sizes| *sizes != vec![0; sizes.len()]),
    ) {
        let mut bytes = text.into_bytes();
        if let Some(byte) = byte {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let pieces = Pieces { rest: &bytes, sizes: sizes.iter().cycle() };
        prop_assert_eq!(read(pieces, limit), read(bytes.as_slice(), limit));
    }

    #[test]
    fn a_file_cut_anywhere_is_never_taken_for_whole((text, values) in array(), cut in any::<Index>()) {
        let (found, error) = read(&text.as_bytes()[..cut.index(text.len())], u64::MAX);
        prop_assert!(error.is_some());
        for ((_, record), value) in found.iter().zip(&values) {
            prop_assert_eq!(record, value.as_bytes());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        if let Ok(value) = parse(&bytes) {
            let written = canonical(&value);
            prop_assert_eq!(parse(&written), Ok(value));
        }
        let array = [b"[", bytes.as_slice(), b"]"].concat();
        for file in [bytes, array] {
            let total: u64 = read(file.as_slice(), u64::MAX).0.iter().map(|(span, _)| span.len).sum();
            prop_assert!(total <= file.len() as u64);
        }
    }
}

#[test]
fn values_are_counted_where_there_may_be_so_many_only() {
    let text = br#"{"a": [1, "two", null], "b": {}}"#;
    // Two objects, an array and three in it.
    let enough = 2 * 8 + 4;
    assert_eq!(parse_within(text, enough), parse(text));
    let refused = parse_within(text, enough - 1).unwrap_err();
    assert_eq!(refused.reason, Reason::TooMany);
    // As soon as there are more, whatever comes behind.
    let refused = parse_within(b"[1, 2, 3, oops", 3).unwrap_err();
    assert_eq!((refused.reason, refused.offset), (Reason::TooMany, 7));
}
