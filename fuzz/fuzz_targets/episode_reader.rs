//! Records read as episodes: never a panic, and what is accepted is written back whole.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tulving::json::{parse, write};
use tulving::model::{Kind, Scope};
use tulving::record::{self, Part, Stamp};
use uuid::Uuid;

fuzz_target!(|bytes: &[u8]| {
    let Ok(source) = parse(bytes) else { return };
    let scope = Scope::User(Uuid::nil());
    let Ok(read) = record::read(Kind::Episode, &mut source.clone(), &Stamp::only(scope)) else {
        return;
    };
    let mut expected = Vec::new();
    write(&source, &mut expected);
    let mut written = Vec::new();
    let readable = record::write(&read.memory, Part::Everything, &mut written);
    assert!(readable.is_ok() && written == expected);

    let again = parse(&written)
        .ok()
        .map(|mut value| record::read(Kind::Episode, &mut value, &Stamp::only(scope)));
    assert_eq!(again, Some(Ok(read)));
});
