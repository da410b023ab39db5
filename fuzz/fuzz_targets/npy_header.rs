//! The header of a file of vectors: never a panic, and what is accepted fits the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tulving::backend::file::npy::Header;

fuzz_target!(|bytes: &[u8]| {
    let file_len = bytes.len() as u64;
    if let Ok(header) = Header::parse(bytes, file_len) {
        let size = header.dtype.float.size() as u64;
        assert_eq!(header.rows * header.dims as u64 * size, header.data_bytes);
        assert_eq!(header.data_offset + header.data_bytes, file_len);
    }
});
