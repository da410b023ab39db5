//! A table of SentencePiece's: which characters become which others.

use unicode_segmentation::UnicodeSegmentation as _;

/// The table: a trie whose values are places in a text, where what characters become stands up to a zero.
///
/// The trie is an array of 32-bit units (Darts). From a node, a byte leads to the unit at the node's place XOR the byte, if that
/// bears the byte; where its own place XOR its offset is the next node. All that leads out of the array leads nowhere.
#[derive(Debug)]
pub(super) struct Charsmap {
    units: Vec<u32>,
    texts: String,
}

/// Characters of more bytes are looked up one by one, without their marks.
const LONGEST_CLUSTER: usize = 5;

/// The most bytes in the place of characters; NFKC has 33.
const LONGEST: usize = 256;

impl Charsmap {
    /// Reads a table in base64.
    ///
    /// # Errors
    /// A sentence that says that it is damaged.
    pub(super) fn read(encoded: &str) -> Result<Self, String> {
        Self::parse(encoded)
            .ok_or_else(|| "its table of characters (precompiled_charsmap) is damaged".to_owned())
    }

    fn parse(encoded: &str) -> Option<Self> {
        let bytes = base64(encoded)?;
        let (size, rest) = bytes.split_first_chunk::<4>()?;
        let size = u32::from_le_bytes(*size) as usize;
        let (trie, texts) = rest.split_at_checked(size)?;
        let (units, []) = trie.as_chunks::<4>() else {
            return None;
        };
        Some(Self {
            units: units.iter().map(|unit| u32::from_le_bytes(*unit)).collect(),
            texts: str::from_utf8(texts).ok()?.to_owned(),
        })
    }

    /// Applies it to a text, cluster by cluster.
    pub(super) fn apply(&self, text: &str) -> String {
        let mut applied = String::with_capacity(text.len());
        for cluster in text.graphemes(true) {
            let whole = self
                .replacement(cluster)
                .filter(|_| cluster.len() <= LONGEST_CLUSTER);
            if let Some(other) = whole {
                applied.push_str(other);
                continue;
            }
            for c in cluster.chars() {
                match self.replacement(c.encode_utf8(&mut [0; 4])) {
                    Some(other) => applied.push_str(other),
                    None => applied.push(c),
                }
            }
        }
        applied
    }

    /// Returns what stands in the place of characters: what the first entry that they begin with says.
    fn replacement(&self, characters: &str) -> Option<&str> {
        let unit = |at: u32| self.units.get(at as usize).copied();
        let offset = |unit: u32| (unit >> 10) << ((unit & 1 << 9) >> 6);
        let mut node = offset(unit(0)?);
        for byte in characters.bytes() {
            node ^= u32::from(byte);
            let found = unit(node)?;
            if byte == 0 || found & (1 << 31 | 0xff) != u32::from(byte) {
                return None;
            }
            node ^= offset(found);
            if found >> 8 & 1 == 1 {
                let value = unit(node)? & !(1 << 31);
                let text = self.texts.get(value as usize..)?;
                let text = text.split('\0').next();
                return text.filter(|text| text.len() <= LONGEST);
            }
        }
        None
    }
}

/// Decodes base64 with or without padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.chunks(4) {
        let mut bits = 0_u32;
        for letter in group {
            let value = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'a'..=b'z' => letter - b'a' + 26,
                b'0'..=b'9' => letter - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(value);
        }
        bits <<= 6 * (4 - group.len());
        let [_, decoded @ ..] = bits.to_be_bytes();
        bytes.extend(decoded.iter().take(group.len() * 3 / 4));
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded() {
        for (text, bytes) in [
            ("", ""),
            ("TQ==", "M"),
            ("TWE=", "Ma"),
            ("TWFu", "Man"),
            ("TWFuTQ", "ManM"),
        ] {
            assert_eq!(base64(text).unwrap(), bytes.as_bytes());
        }
        assert_eq!(base64("+/+/").unwrap(), [0xfb, 0xff, 0xbf]);
        assert_eq!(base64("a b"), None);
    }

    #[test]
    fn what_leads_out_of_a_table_leads_nowhere() {
        // The root's offset leads to unit 0x61 for an a, which has a value behind the end of the texts.
        let mut units = vec![0_u32; 256];
        units[0x61] = 0x61 | 1 << 8 | 0x62 << 10;
        units[0x61 ^ 0x62] = 9;
        let table = |units: Vec<u32>| Charsmap {
            units,
            texts: "b\0é\0".to_owned(),
        };
        assert_eq!(table(units.clone()).apply("axé"), "axé");
        units[0x61 ^ 0x62] = 2;
        assert_eq!(table(units.clone()).apply("axa"), "éxé");
        units[0x61 ^ 0x62] = 3;
        assert_eq!(table(units.clone()).apply("a"), "a");
        units.truncate(3);
        assert_eq!(table(units).apply("a"), "a");
        assert_eq!(table(Vec::new()).apply("a"), "a");
        for damaged in ["", "AAA", "/////w==", "BAAAAA=="] {
            assert!(Charsmap::read(damaged).is_err(), "{damaged}");
        }
    }
}
