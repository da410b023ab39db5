//! Files of weights, taken apart and put together in other ways.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Tensors by name: shape and numbers.
#[derive(Clone)]
pub(crate) struct Tensors(pub(crate) BTreeMap<String, (Vec<usize>, Vec<f32>)>);

impl Tensors {
    /// Reads a file of F32.
    pub(crate) fn read(file: &[u8]) -> Self {
        let (size, rest) = file.split_first_chunk::<8>().unwrap();
        let (header, data) = rest.split_at(u64::from_le_bytes(*size) as usize);
        let header: BTreeMap<String, Value> = serde_json::from_slice(header).unwrap();
        let tensors = header
            .into_iter()
            .filter(|(name, _)| name != "__metadata__");
        let read = |tensor: &Value| {
            assert_eq!(tensor["dtype"], "F32");
            let at = |end: usize| tensor["data_offsets"][end].as_u64().unwrap() as usize;
            let bytes = data[at(0)..at(1)].chunks_exact(4);
            let numbers = bytes
                .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
                .collect();
            (
                serde_json::from_value(tensor["shape"].clone()).unwrap(),
                numbers,
            )
        };
        Self(
            tensors
                .map(|(name, tensor)| (name, read(&tensor)))
                .collect(),
        )
    }

    pub(crate) fn renamed(&self, name: impl Fn(&str) -> String) -> Self {
        Self(
            self.0
                .iter()
                .map(|(old, tensor)| (name(old), tensor.clone()))
                .collect(),
        )
    }

    /// Writes a file of this type.
    pub(crate) fn written(&self, dtype: &str) -> Vec<u8> {
        let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
        header.insert("__metadata__".to_owned(), json!({"format": "pt"}));
        for (name, (shape, numbers)) in &self.0 {
            let from = data.len();
            for number in numbers {
                match dtype {
                    "F32" => data.extend(number.to_le_bytes()),
                    "F16" => data.extend(half(*number).to_le_bytes()),
                    _ => data.extend((((number.to_bits() + 0x8000) >> 16) as u16).to_le_bytes()),
                }
            }
            let place = [from, data.len()];
            header.insert(
                name.clone(),
                json!({"dtype": dtype, "shape": shape, "data_offsets": place}),
            );
        }
        file(&Value::Object(header).to_string(), &data)
    }
}

/// A file of a header and what is behind it.
pub(crate) fn file(header: &str, data: &[u8]) -> Vec<u8> {
    [
        &(header.len() as u64).to_le_bytes(),
        header.as_bytes(),
        data,
    ]
    .concat()
}

/// Rounds to half precision; for numbers of usual size.
fn half(number: f32) -> u16 {
    let bits = number.to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    let size = number.abs();
    if size < 2.0_f32.powi(-14) {
        return sign | (size * (1 << 24) as f32).round() as u16;
    }
    sign | (((bits & 0x7fff_ffff) + 0x1000 - (112 << 23)) >> 13) as u16
}
