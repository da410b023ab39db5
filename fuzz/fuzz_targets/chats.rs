#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tulving_fuzz::chats(bytes));
