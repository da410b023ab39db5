//! What must hold for the header of any file of vectors, and for any bytes in its place.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use tulving::backend::file::npy::{Float, Header, header};

proptest! {
    #[test]
    fn a_written_header_reads_back(rows in 0..1_u64 << 40, dims in 1..1_usize << 16) {
        let bytes = header(rows, dims);
        let file_len = bytes.len() as u64 + rows * dims as u64 * 4;
        let read = Header::parse(&bytes, file_len).unwrap();
        prop_assert_eq!((read.rows, read.dims, read.dtype.float), (rows, dims, Float::F4));
        prop_assert_eq!(read.data_offset + read.data_bytes, file_len);
        prop_assert!(Header::parse(&bytes, file_len + 1).is_err());
        prop_assert!(Header::parse(&bytes, file_len - 1).is_err());
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        version in 0..4_u8,
        len in any::<u16>(),
        tokens in vec(select(vec![
            "{", "}", "(", ")", "[", ",", ":", " ", "'descr'", "'fortran_order'", "'shape'", "'<f4'",
            "'|O'", "True", "False", "0", "3", "99999999999999999999", "'", "\"", "\\", "\n", "é",
        ]), 0..30),
        noise in vec(any::<u8>(), 0..40),
    ) {
        let dict = tokens.concat();
        let len = if len < 0x8000 { dict.len() as u16 } else { len };
        let start = [b"\x93NUMPY".as_slice(), &[version, 0], &len.to_le_bytes()].concat();
        let padding: &[u8] = if version > 1 { &[0, 0] } else { &[] };
        let file = [&start, padding, dict.as_bytes(), &noise].concat();
        for bytes in [file.as_slice(), &noise] {
            if let Ok(read) = Header::parse(bytes, bytes.len() as u64) {
                prop_assert_eq!(read.data_offset + read.data_bytes, bytes.len() as u64);
            }
        }
    }

    #[test]
    fn a_changed_byte_never_makes_the_header_disagree_with_the_file(at in any::<Index>(), byte: u8) {
        let mut bytes = header(12, 34);
        let file_len = bytes.len() as u64 + 12 * 34 * 4;
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = Header::parse(&bytes, file_len) {
            let size = read.dtype.float.size() as u64;
            prop_assert_eq!(read.rows * read.dims as u64 * size, read.data_bytes);
            prop_assert_eq!(read.data_offset + read.data_bytes, file_len);
        }
    }
}
