//! What an `.npy` file says about itself, and whether its length agrees.

use super::error::{MAX_HEADER, Problem};
use super::literal::{self, Fields};
use crate::json::Foreign;

/// So many bytes from the start of a file are enough for [`Header::parse`].
pub const PREFIX_LEN: usize = 12 + MAX_HEADER;

/// The checked header of an `.npy` file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Number of vectors.
    pub rows: u64,
    /// Numbers in each vector; 0 only if there are no vectors.
    pub dims: usize,
    /// How the numbers are spelled.
    pub dtype: Dtype,
    /// Byte offset of the first number in the file.
    pub data_offset: u64,
    /// Length of all vectors in bytes.
    pub data_bytes: u64,
}

/// How numbers are spelled in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dtype {
    /// Their width.
    pub float: Float,
    /// Whether the most significant byte comes first.
    pub big_endian: bool,
}

/// A width of binary floating point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Float {
    /// 16 bits.
    F2,
    /// 32 bits.
    F4,
    /// 64 bits.
    F8,
}

impl Header {
    /// Reads the header of a file of `file_len` bytes, of which `prefix` is the whole or the
    /// first [`PREFIX_LEN`] bytes.
    ///
    /// # Errors
    /// If this is not an `.npy` file, if it does not hold a matrix of floats in C order, or if
    /// its length is not what the header promises.
    pub fn parse(prefix: &[u8], file_len: u64) -> Result<Self, Problem> {
        let (start, len) = literal_place(prefix, file_len)?;
        if len > MAX_HEADER {
            return Err(Problem::HeaderTooLong { len: len as u64 });
        }
        let data_offset = (start + len) as u64;
        let cut = Problem::HeaderCut {
            expected: data_offset,
            has: file_len,
        };
        let Some(text) = prefix.get(start..start + len) else {
            return Err(cut);
        };
        let Fields {
            descr,
            fortran_order,
            shape,
        } = literal::parse(text, start)?;

        let dtype = Dtype::parse(&descr)?;
        if fortran_order {
            return Err(Problem::FortranOrder);
        }
        let (rows, dims) = match *shape {
            [0] => (0, 0),
            [rows, dims] if rows == 0 || dims > 0 => (rows, dims),
            _ => {
                return Err(Problem::Shape {
                    shape: show(&shape),
                });
            }
        };
        let overflow = || Problem::ShapeOverflow {
            shape: show(&shape),
        };
        let row_bytes = dims
            .checked_mul(dtype.float.size() as u64)
            .ok_or_else(overflow)?;
        let data_bytes = rows.checked_mul(row_bytes).ok_or_else(overflow)?;
        let expected = data_offset.checked_add(data_bytes).ok_or_else(overflow)?;
        let dims = usize::try_from(dims).map_err(|_| overflow())?;
        if file_len < expected {
            // Fewer bytes than promised means that there is a row.
            let whole = file_len.saturating_sub(data_offset) / row_bytes.max(1);
            return Err(Problem::Short {
                rows,
                expected,
                has: file_len,
                whole,
            });
        }
        if file_len > expected {
            return Err(Problem::Long {
                rows,
                expected,
                has: file_len,
            });
        }
        Ok(Self {
            rows,
            dims,
            dtype,
            data_offset,
            data_bytes,
        })
    }
}

/// Returns where the dict literal begins, and how long it claims to be.
fn literal_place(prefix: &[u8], file_len: u64) -> Result<(usize, usize), Problem> {
    match *prefix {
        [] => Err(Problem::Empty),
        [
            0x93,
            b'N',
            b'U',
            b'M',
            b'P',
            b'Y',
            major,
            minor,
            ref rest @ ..,
        ] => match (major, minor, rest) {
            (1, 0, &[a, b, ..]) => Ok((10, u16::from_le_bytes([a, b]).into())),
            (2 | 3, 0, &[a, b, c, d, ..]) => Ok((12, u32::from_le_bytes([a, b, c, d]) as usize)),
            (1..=3, 0, _) => Err(Problem::HeaderCut {
                expected: 12,
                has: file_len,
            }),
            _ => Err(Problem::Version { major, minor }),
        },
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Err(Problem::Npz),
        [0x80, 2..=5, ..] => Err(Problem::Pickle),
        ref start => Err(match Foreign::of(start) {
            Some(foreign) => Problem::Foreign(foreign),
            None => Problem::Magic {
                start: prefix.iter().copied().take(8).collect(),
            },
        }),
    }
}

/// Returns a shape as Python writes it, shortened if it is long.
fn show(shape: &[u64]) -> String {
    let mut items: Vec<_> = shape.iter().take(8).map(u64::to_string).collect();
    if shape.len() > 8 {
        items.push("…".into());
    }
    format!(
        "({}{})",
        items.join(", "),
        if shape.len() == 1 { "," } else { "" }
    )
}

impl Dtype {
    fn parse(descr: &str) -> Result<Self, Problem> {
        let (order, name) = match descr.as_bytes() {
            [order @ (b'<' | b'>' | b'=' | b'|'), name @ ..] => (*order, name),
            name => (b'=', name),
        };
        let float = match name {
            b"f2" => Float::F2,
            b"f4" => Float::F4,
            b"f8" => Float::F8,
            [b'O', ..] => return Err(Problem::Objects),
            _ => {
                return Err(Problem::Dtype {
                    descr: format!("'{}'", descr.escape_debug()),
                });
            }
        };
        // Without a byte order NumPy takes the machine's own.
        let big_endian = order == b'>' || (order != b'<' && cfg!(target_endian = "big"));
        Ok(Self { float, big_endian })
    }

    /// Appends the numbers in `bytes`; 64-bit ones are rounded to the nearest.
    pub(super) fn append(self, bytes: &[u8], out: &mut Vec<f32>) {
        let (twos, _) = bytes.as_chunks();
        let (fours, _) = bytes.as_chunks();
        match (self.float, self.big_endian) {
            (Float::F4, false) => out.extend(fours.iter().map(|&item| f32::from_le_bytes(item))),
            (Float::F4, true) => out.extend(fours.iter().map(|&item| f32::from_be_bytes(item))),
            (Float::F2, false) => {
                out.extend(twos.iter().map(|&item| widen(u16::from_le_bytes(item))));
            }
            (Float::F2, true) => {
                out.extend(twos.iter().map(|&item| widen(u16::from_be_bytes(item))));
            }
            (Float::F8, _) => out.extend(self.wide(bytes).map(|value| value as f32)),
        }
    }

    /// Returns the 64-bit numbers in `bytes`.
    pub(super) fn wide(self, bytes: &[u8]) -> impl Iterator<Item = f64> {
        let (items, _) = bytes.as_chunks();
        let read = if self.big_endian {
            f64::from_be_bytes
        } else {
            f64::from_le_bytes
        };
        items.iter().map(move |&item| read(item))
    }
}

impl Float {
    /// Returns how many bytes a number has.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::F2 => 2,
            Self::F4 => 4,
            Self::F8 => 8,
        }
    }
}

/// Returns the `f32` with the value of 16 bits, exactly; the bits of a NaN are kept.
fn widen(half: u16) -> f32 {
    let sign = u32::from(half & 0x8000) << 16;
    let exponent = u32::from(half >> 10 & 0x1F);
    let fraction = u32::from(half & 0x3FF);
    let magnitude = match exponent {
        // Zero and the subnormals are whole multiples of 2^-24.
        0 => (fraction as f32 / 16_777_216.0).to_bits(),
        0x1F => 0x7F80_0000 | fraction << 13,
        _ => (exponent + 112) << 23 | fraction << 13,
    };
    f32::from_bits(sign | magnitude)
}

/// Returns the header of a file of `rows` vectors of `dims` little-endian `f32` in C order, as NumPy
/// writes it: always 128 bytes, so that it can be written again in place when rows are added.
#[must_use]
pub fn header(rows: u64, dims: usize) -> Vec<u8> {
    let dict = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dims}), }}");
    let mut header = b"\x93NUMPY\x01\0\x76\0".to_vec();
    header.extend(format!("{dict:117}\n").as_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with that dict for a header and `data` zeros.
    fn file(version: u8, dict: &str, data: usize) -> Vec<u8> {
        let mut file = vec![0x93, b'N', b'U', b'M', b'P', b'Y', version, 0];
        let width = if version == 1 { 2 } else { 4 };
        file.extend(&(dict.len() as u32).to_le_bytes()[..width]);
        file.extend(dict.as_bytes());
        file.resize(file.len() + data, 0);
        file
    }

    fn dict(descr: &str, shape: &str) -> String {
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n")
    }

    fn parse(file: &[u8]) -> Result<Header, Problem> {
        Header::parse(file, file.len() as u64)
    }

    fn refused(file: &[u8]) -> String {
        parse(file).expect_err("refused").to_string()
    }

    #[test]
    fn all_versions_widths_and_byte_orders() {
        for version in 1..=3 {
            for (descr, float, big_endian, size) in [
                ("<f4", Float::F4, false, 4),
                (">f4", Float::F4, true, 4),
                ("=f8", Float::F8, cfg!(target_endian = "big"), 8),
                ("|f2", Float::F2, cfg!(target_endian = "big"), 2),
                ("f2", Float::F2, cfg!(target_endian = "big"), 2),
            ] {
                let file = file(version, &dict(descr, "(3, 5)"), 15 * size);
                let header = parse(&file).unwrap();
                let data_bytes = 15 * size as u64;
                let data_offset = file.len() as u64 - data_bytes;
                let dtype = Dtype { float, big_endian };
                assert_eq!(
                    header,
                    Header {
                        rows: 3,
                        dims: 5,
                        dtype,
                        data_offset,
                        data_bytes
                    }
                );
            }
        }
    }

    #[test]
    fn empty_arrays_hold_no_vectors() {
        for (shape, dims) in [("(0,)", 0), ("(0, 0)", 0), ("(0, 7)", 7)] {
            let header = parse(&file(1, &dict("<f8", shape), 0)).unwrap();
            assert_eq!((header.rows, header.dims, header.data_bytes), (0, dims, 0));
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_name() {
        let with = |descr, shape| refused(&file(1, &dict(descr, shape), 48));
        let fortran = dict("<f4", "(3, 4)").replace("False", "True");
        let mut future = file(1, "", 0);
        (future[6], future[7]) = (9, 1);
        let mut long = file(2, &dict("<f4", "(3, 4)"), 48);
        long[8..12].copy_from_slice(&[0xFF; 4]);
        let cases = [
            (refused(b""), "the file is empty"),
            (refused(b"PK\x03\x04rest"), "an .npz archive"),
            (refused(b"PK\x05\x06"), "an .npz archive"),
            (refused(b"\x80\x04\x95\0"), "a Python pickle"),
            (
                refused(b"version https://git-lfs"),
                "starts with b\"version \" in place of",
            ),
            (refused(b"\x93NUMP"), "not an .npy file"),
            (refused(b"\x93NUMPY\x01"), "not an .npy file"),
            (refused(&future), "version is 9.1"),
            (
                refused(b"\x93NUMPY\x01\0\x10"),
                "takes 12 bytes, but the file has 9",
            ),
            (
                refused(b"\x93NUMPY\x02\0\x10\0"),
                "takes 12 bytes, but the file has 10",
            ),
            (
                refused(b"\x93NUMPY\x01\0\x10\0{'de"),
                "takes 26 bytes, but the file has 14",
            ),
            (
                refused(&long),
                "claims 4294967295 bytes, more than the 65536",
            ),
            (refused(&file(1, "import os", 0)), "expected { at byte 10"),
            (refused(&file(1, &fortran, 48)), "Fortran order"),
            (with("|O", "(3, 4)"), "pickled Python objects"),
            (with("<i8", "(3, 4)"), "its dtype is '<i8'"),
            (with("<f16", "(3, 4)"), "its dtype is '<f16'"),
            (with("<c8", "(3, 4)"), "its dtype is '<c8'"),
            (with("", "(3, 4)"), "its dtype is ''"),
            (with("<f4", "()"), "its shape is ()"),
            (with("<f4", "(12,)"), "its shape is (12,)"),
            (with("<f4", "(3, 2, 2)"), "its shape is (3, 2, 2)"),
            (with("<f4", "(0, 2, 2)"), "its shape is (0, 2, 2)"),
            (with("<f4", "(3, 0)"), "its shape is (3, 0)"),
            (
                with("<f4", &format!("({})", "1, ".repeat(99))),
                "(1, 1, 1, 1, 1, 1, 1, 1, …)",
            ),
            (
                with("<f4", "(4611686018427387904, 4)"),
                "is larger than any file",
            ),
            (
                with("<f4", "(0, 4611686018427387904)"),
                "is larger than any file",
            ),
            (
                with("<f4", "(4, 4)"),
                "promises 4 rows, 134 bytes in all, but the file has 118 bytes, so it holds only 3 whole rows",
            ),
            (
                with("<f4", "(2, 4)"),
                "promises 2 rows, 102 bytes in all, but the file has 118 bytes; it was changed",
            ),
            (with("<f4", "(0, 4)"), "promises 0 rows, 70 bytes in all"),
        ];
        for (message, part) in cases {
            assert!(message.contains(part), "{message:?} should say {part:?}");
        }
    }

    #[test]
    fn the_length_is_judged_from_the_prefix_alone() {
        let prefix = file(1, &dict("<f4", "(1000000000, 1024)"), 0);
        let expected = prefix.len() as u64 + 4_096_000_000_000;
        assert_eq!(
            Header::parse(&prefix, expected).unwrap().rows,
            1_000_000_000
        );
        assert!(matches!(
            Header::parse(&prefix, expected - 1),
            Err(Problem::Short {
                whole: 999_999_999,
                ..
            })
        ));
        assert!(matches!(
            Header::parse(&prefix, expected + 1),
            Err(Problem::Long { .. })
        ));
    }

    #[test]
    fn the_header_is_numpys_and_always_as_long() {
        let expected = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 1024), }";
        let mut numpy = b"\x93NUMPY\x01\0v\0".to_vec();
        numpy.extend(expected.as_bytes());
        numpy.resize(127, b' ');
        numpy.push(b'\n');
        assert_eq!(header(3, 1024), numpy);
        assert_eq!(header(0, 0).len(), 128);
        assert_eq!(header(u64::MAX, usize::MAX).len(), 128);
        let read = Header::parse(&header(7, 1024), 128 + 7 * 4096).unwrap();
        assert_eq!((read.rows, read.dims, read.data_offset), (7, 1024, 128));
    }

    #[test]
    fn halves_widen_exactly() {
        // Each finite half is sign * significand * 2^exponent, worked out in 64 bits.
        for half in 0..=u16::MAX {
            let (exponent, fraction) = (i32::from(half >> 10 & 0x1F), f64::from(half & 0x3FF));
            let sign = if half & 0x8000 == 0 { 1.0 } else { -1.0 };
            let wide = widen(half);
            assert_eq!(wide.is_sign_negative(), sign < 0.0);
            match (exponent, half & 0x3FF) {
                (31, 0) => assert_eq!(f64::from(wide), sign * f64::INFINITY),
                (31, _) => assert!(wide.is_nan()),
                (0, _) => assert_eq!(f64::from(wide), sign * fraction * 2_f64.powi(-24)),
                _ => {
                    let value = sign * (1024.0 + fraction) * 2_f64.powi(exponent - 25);
                    assert_eq!(f64::from(wide), value);
                }
            }
        }
    }
}
