//! A journal of any bytes: never a panic, and no more memory than the bytes take.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| tulving::backend::file::explore(bytes));
