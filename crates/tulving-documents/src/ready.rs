//! Files of ready chunks: an object with a list `chunks`, whatever else it holds.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::builder::Builder;
use crate::chunk::Chunk;
use crate::format::{Foreign, Format};
use crate::limits::Measure;
use crate::note::Omission;
use crate::reason::Reason;
use crate::signature::unsupported;

/// What a file says of itself, and its chunks.
pub(crate) struct Ready {
    pub(crate) metadata: Vec<(String, String)>,
    pub(crate) chunks: Vec<Chunk>,
}

/// An object's keys and values in their order, the values as they are written.
struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some(Lossy(key)) = map.next_key()? {
                    entries.push((key, map.next_value()?));
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// A string in which U+FFFD stands for halves of surrogate pairs.
struct Lossy(String);

impl<'de> Deserialize<'de> for Lossy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Lossy;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<Lossy, E> {
                Ok(Lossy(text.replace('\0', "\u{FFFD}")))
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Lossy, E> {
                Ok(Lossy(
                    String::from_utf8_lossy(bytes).replace('\0', "\u{FFFD}"),
                ))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

/// Reads a file of chunks. What is JSON and no such file, or no JSON, is refused.
pub(crate) fn read(text: &str, name: &str, out: &mut Builder<'_>) -> Result<Ready, Reason> {
    Measure::Depth.check(depth(text), out.limits.depth)?;
    let broken = |error: serde_json::Error| Reason::Broken {
        format: Format::Chunks,
        detail: error.to_string(),
    };
    let whole: &RawValue = serde_json::from_str(text).map_err(broken)?;
    let no_chunks = || unsupported(Foreign::Json, name);
    let Object(entries) = serde_json::from_str(whole.get()).map_err(|_| no_chunks())?;
    let mut metadata = Vec::new();
    let mut list = None;
    for (key, value) in entries {
        match key.as_str() {
            "chunks" => list = Some(value),
            _ => metadata.push((key, value.get().to_owned())),
        }
    }
    let list = list.ok_or_else(no_chunks)?;
    let list: Vec<&RawValue> = serde_json::from_str(list.get()).map_err(|_| no_chunks())?;
    Measure::Blocks.check(list.len() as u64, out.limits.blocks)?;

    for key in ["title", "knowledge_base", "source_file"] {
        if let Some(text) = metadata
            .iter()
            .find(|(own, _)| own == key)
            .and_then(|(_, value)| string(value))
        {
            out.title(&text);
        }
    }
    let mut chunks = Vec::with_capacity(list.len());
    for entry in list {
        match serde_json::from_str(entry.get()).ok().and_then(chunk) {
            Some(chunk) => chunks.push(chunk),
            None => out.leave_out(Omission::ChunksWithoutText),
        }
    }
    Ok(Ready { metadata, chunks })
}

fn chunk(Object(entries): Object<'_>) -> Option<Chunk> {
    let mut chunk = Chunk::default();
    for (key, value) in entries {
        let value = value.get();
        match key.as_str() {
            "id" => {
                chunk.id = string(value).or_else(|| (value != "null").then(|| value.to_owned()));
            }
            "content" => chunk.content = string(value)?,
            _ => {
                if key == "section_title" {
                    chunk.heading_path = string(value)
                        .filter(|text| !text.is_empty())
                        .into_iter()
                        .collect();
                }
                chunk.metadata.push((key, value.to_owned()));
            }
        }
    }
    chunk.has_code = chunk.content.contains("```");
    (!chunk.content.trim().is_empty()).then_some(chunk)
}

fn string(json: &str) -> Option<String> {
    serde_json::from_str(json).ok().map(|Lossy(text)| text)
}

/// Returns how many arrays and objects are at most inside each other.
fn depth(json: &str) -> u64 {
    let (mut depth, mut most, mut in_string, mut escaped) = (0_u64, 0, false, false);
    for &byte in json.as_bytes() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                most = most.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// Returns whether a text may be a file of chunks, whatever its name says.
pub(crate) fn is_likely(text: &str) -> bool {
    text.trim_start().starts_with('{') && text.contains("\"chunks\"")
}
