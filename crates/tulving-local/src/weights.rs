//! The weights of a model in safetensors files, read one tensor at a time.
//!
//! What their headers say of sizes has to fit the length of the file, so that no more is asked of the memory than there is to
//! be read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::{LocalError, files};

/// Most bytes of a header: of models with thousands of tensors it has a few hundred thousand.
const MOST_HEADER: u64 = 32 << 20;
/// Numbers that are read in one go.
const AT_ONCE: usize = 1 << 16;
/// What may stand before the names of tensors, which depends on what a model was saved from.
const PREFIXES: [&str; 3] = ["", "bert.", "roberta."];
/// A tensor that every model has.
const WORDS: &str = "embeddings.word_embeddings.weight";

/// The files of a model's weights.
#[derive(Debug)]
pub(crate) struct Weights {
    files: Vec<Shard>,
    prefix: &'static str,
}

#[derive(Debug)]
struct Shard {
    path: PathBuf,
    file: File,
    tensors: BTreeMap<String, Tensor>,
    /// Bytes before the first tensor.
    start: u64,
}

/// What the header says of a tensor.
#[derive(Debug, Deserialize)]
struct Tensor {
    dtype: String,
    shape: Vec<usize>,
    /// From where to where it is, counted from the first tensor.
    data_offsets: (u64, u64),
}

/// `model.safetensors.index.json`: in which file each tensor is.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Weights {
    /// Opens one file, or all that an index names.
    ///
    /// # Errors
    /// When a file is missing, its header lies, or the model is not in it.
    pub(crate) fn open(directory: &Path) -> Result<Self, LocalError> {
        let index = directory.join("model.safetensors.index.json");
        let paths = match files::json_if_there::<Index>(&index)? {
            Some(Index { weight_map }) => {
                let names: BTreeSet<String> = weight_map.into_values().collect();
                let path = |name: &String| files::below(directory, name, &index);
                names.iter().map(path).collect::<Result<Vec<_>, _>>()?
            }
            None => vec![directory.join("model.safetensors")],
        };
        let files = paths
            .into_iter()
            .map(Shard::open)
            .collect::<Result<Vec<_>, _>>()?;
        let has = |prefix: &&str| {
            let name = format!("{prefix}{WORDS}");
            files.iter().any(|file| file.tensors.contains_key(&name))
        };
        match PREFIXES.into_iter().find(has) {
            Some(prefix) => Ok(Self { files, prefix }),
            None => {
                let path = files.first().map_or(index, |file| file.path.clone());
                let why =
                    format!("there is no tensor {WORDS}, nor with bert. or roberta. before it");
                Err(LocalError::malformed(&path, why))
            }
        }
    }

    /// Returns the numbers of a tensor, row after row.
    ///
    /// # Errors
    /// When it is missing, of another shape, of a type that is not read, or holds what is not finite.
    pub(crate) fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LocalError> {
        self.find(&[name], shape)
    }

    /// Returns the numbers of a tensor that goes by one of these names: old models call some otherwise.
    ///
    /// # Errors
    /// As [`tensor`](Self::tensor).
    pub(crate) fn find(&self, names: &[&str], shape: &[usize]) -> Result<Vec<f32>, LocalError> {
        for name in names {
            let name = format!("{}{name}", self.prefix);
            for file in &self.files {
                if let Some(tensor) = file.tensors.get(&name) {
                    return file.read(&name, tensor, shape);
                }
            }
        }
        let path = self.files.first().map_or(Path::new(""), |file| &file.path);
        let name = names.first().copied().unwrap_or_default();
        let why = format!("the tensor {}{name} is missing", self.prefix);
        Err(LocalError::malformed(path, why))
    }
}

impl Shard {
    fn open(path: PathBuf) -> Result<Self, LocalError> {
        let mut file = File::open(&path).map_err(LocalError::read(&path))?;
        let length = file.metadata().map_err(LocalError::read(&path))?.len();
        let mut size = [0; 8];
        if length < 8 {
            return Err(LocalError::malformed(
                &path,
                "it is too short for a safetensors file",
            ));
        }
        file.read_exact(&mut size)
            .map_err(LocalError::read(&path))?;
        let size = u64::from_le_bytes(size);
        if size > MOST_HEADER || size > length - 8 {
            let why = format!("its header is said to have {size} bytes, of {length} in the file");
            return Err(LocalError::malformed(&path, why));
        }
        // It is no more than the file has.
        let mut header = vec![0; size as usize];
        file.read_exact(&mut header)
            .map_err(LocalError::read(&path))?;
        let broken = |error| LocalError::malformed(&path, format!("its header: {error}"));
        let mut entries: BTreeMap<String, Value> =
            serde_json::from_slice(&header).map_err(broken)?;
        // Remarks of whoever wrote the file.
        entries.remove("__metadata__");
        let mut tensors = BTreeMap::new();
        for (name, entry) in entries {
            let tensor: Tensor = serde_json::from_value(entry).map_err(broken)?;
            tensors.insert(name, tensor);
        }
        let (start, behind) = (8 + size, length - 8 - size);
        // One behind the other: else a small file could ask for any amount of memory.
        let mut places: Vec<(u64, u64)> = tensors
            .values()
            .map(|tensor: &Tensor| tensor.data_offsets)
            .collect();
        places.sort_unstable();
        let mut said = 0;
        for (from, to) in places {
            if from != said {
                let why =
                    format!("a tensor begins at byte {from}, where those before it end at {said}");
                return Err(LocalError::malformed(&path, why));
            }
            said = to;
        }
        if said != behind {
            let why = format!(
                "its header tells of {said} bytes of tensors, and there are {behind}: was it copied whole?"
            );
            return Err(LocalError::malformed(&path, why));
        }
        Ok(Self {
            path,
            file,
            tensors,
            start,
        })
    }

    fn read(&self, name: &str, tensor: &Tensor, shape: &[usize]) -> Result<Vec<f32>, LocalError> {
        let path = &self.path;
        if tensor.shape != shape {
            let found = &tensor.shape;
            let why = format!(
                "the tensor {name} has the shape {found:?}, and by config.json it is {shape:?}"
            );
            return Err(LocalError::malformed(path, why));
        }
        let (width, number): (usize, fn(&[u8]) -> f32) = match tensor.dtype.as_str() {
            "F32" => (4, f32_of),
            "F16" => (2, f16_of),
            "BF16" => (2, bf16_of),
            other => {
                let what = format!("the type {other} of the tensor {name}");
                return Err(LocalError::unsupported(path, what, "F32, F16 and BF16 are"));
            }
        };
        let count = shape
            .iter()
            .try_fold(1, |count: usize, size| count.checked_mul(*size));
        let bytes = count.and_then(|count| count.checked_mul(width));
        let (from, to) = tensor.data_offsets;
        let (Some(count), true) = (
            count,
            to.checked_sub(from) == bytes.map(|bytes| bytes as u64),
        ) else {
            let why = format!(
                "the tensor {name} is said to be at {from} to {to}, which does not fit its shape {shape:?}"
            );
            return Err(LocalError::malformed(path, why));
        };
        // The file has as many bytes as that.
        let mut numbers = Vec::new();
        numbers.try_reserve_exact(count).map_err(|_| {
            LocalError::malformed(
                path,
                format!("the memory has no room for the tensor {name}"),
            )
        })?;
        let mut file = &self.file;
        file.seek(SeekFrom::Start(self.start + from))
            .map_err(LocalError::read(path))?;
        let mut bytes = vec![0; AT_ONCE.min(count) * width];
        let mut left = count;
        while left > 0 {
            let now = left.min(AT_ONCE);
            let bytes = &mut bytes[..now * width];
            file.read_exact(bytes).map_err(LocalError::read(path))?;
            numbers.extend(bytes.chunks_exact(width).map(number));
            left -= now;
        }
        match numbers.iter().all(|number| number.is_finite()) {
            true => Ok(numbers),
            false => Err(LocalError::malformed(
                path,
                format!("the tensor {name} holds NaN or infinity"),
            )),
        }
    }
}

fn f32_of(bytes: &[u8]) -> f32 {
    bytes.try_into().map_or(0.0, f32::from_le_bytes)
}

fn bf16_of(bytes: &[u8]) -> f32 {
    // The upper half of an f32.
    f32::from_bits(
        bytes
            .try_into()
            .map_or(0, |bytes| u32::from(u16::from_le_bytes(bytes)) << 16),
    )
}

fn f16_of(bytes: &[u8]) -> f32 {
    let half = bytes
        .try_into()
        .map_or(0, |bytes| u32::from(u16::from_le_bytes(bytes)));
    let (sign, exponent, fraction) = (half >> 15, half >> 10 & 0x1f, half & 0x3ff);
    let size = match exponent {
        // Too small for an exponent: multiples of 2^-24.
        0 => fraction as f32 / (1 << 24) as f32,
        0x1f => f32::from_bits(0x7f80_0000 | fraction << 13),
        _ => f32::from_bits((exponent + 112) << 23 | fraction << 13),
    };
    if sign == 1 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read_as_their_definitions_say() {
        let f16 = |bits: u16| f16_of(&bits.to_le_bytes());
        for (bits, number) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0400, 2.0_f32.powi(-14)),
            (0x0001, 2.0_f32.powi(-24)),
            (0x83ff, -1023.0 * 2.0_f32.powi(-24)),
            (0x3555, 0.333_251_95),
            (0x7c00, f32::INFINITY),
        ] {
            assert_eq!(f16(bits), number, "{bits:x}");
        }
        assert!(f16(0x7e00).is_nan());
        let bf16 = |bits: u16| bf16_of(&bits.to_le_bytes());
        assert_eq!((bf16(0x3f80), bf16(0xc049)), (1.0, -3.140_625));
    }
}
