//! JSON records: never a panic, and nothing is changed on the way through.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tulving::json::{Records, Value, parse, write};

fuzz_target!(|bytes: &[u8]| {
    let whole = parse(bytes);
    if let Ok(value) = &whole {
        let mut written = Vec::new();
        write(value, &mut written);
        assert_eq!(parse(&written).as_ref(), Ok(value));
    }

    let mut records = Records::new(bytes).with_limit(1 << 10);
    let mut elements = Vec::new();
    let mut buf = Vec::new();
    let ended_well = loop {
        match records.next(&mut buf) {
            Ok(Some(span)) => {
                assert_eq!(bytes[span.offset as usize..][..span.len as usize], buf);
                elements.push(parse(&buf).map(Value::into_owned));
            }
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    // Of a valid array, the records are the elements.
    if let (true, Ok(Value::Array(expected))) = (ended_well, whole) {
        assert!(
            elements
                .iter()
                .map(Result::as_ref)
                .eq(expected.iter().map(Ok))
        );
    }
});
