//! The catalog: what is known of every record without reading it, in two allocations however many there are.

use std::collections::BTreeSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

use crate::backend::{Filter, Labels, tags};
use crate::model::{Facts, Kind, Memory, Timestamp};
use crate::search::sameness::content_hash;
use crate::search::text::indexed;

/// An extent of a file: where bytes lie in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Extent {
    pub(super) offset: u64,
    pub(super) len: u64,
}

/// Whether a record counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecordStatus {
    /// It is a memory of the owner.
    Sound,
    /// It cannot be read as a memory.
    Flawed,
    /// It is stamped with another owner.
    Foreign,
    /// An earlier one has its id.
    Repeated,
}

/// What the catalog says of one record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CatalogEntry<'c> {
    pub(super) extent: Extent,
    pub(super) status: RecordStatus,
    pub(super) id: &'c str,
    /// Empty for an episode.
    pub(super) conversation: &'c str,
    pub(super) source: &'c str,
    pub(super) sequence: i64,
    pub(super) created_at: Timestamp,
    pub(super) cluster: Option<i64>,
    pub(super) label: Option<&'c str>,
    pub(super) has_code: bool,
    /// Whether it has a key for whose it is, whatever that says.
    pub(super) is_stamped: bool,
    /// Of its text; 0 for a record that does not count.
    pub(super) content_hash: u64,
    /// Each behind a NUL, which no tag holds.
    tags: &'c str,
}

/// The records of a file, or of a log, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Catalog {
    rows: Vec<Row>,
    texts: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    extent: Extent,
    /// Where its texts begin: id, conversation, source, label and tags, one after the other.
    texts: u64,
    sequence: i64,
    created_at: i64,
    cluster: i64,
    content_hash: u64,
    lengths: [u32; 5],
    bits: u32,
}

/// Bytes of a row in a file.
const ROW: usize = LONGS * 8 + 6 * 4;

/// Numbers of 8 bytes in it.
const LONGS: usize = 7;

const HAS_CODE: u32 = 1;
const CLUSTERED: u32 = 2;
const LABELLED: u32 = 4;
const STAMPED: u32 = 32;
const STATUS: u32 = 3;
/// The two bits from here on tell the status.
const STATUS_SHIFT: u32 = 3;

impl Catalog {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Adds a memory of the owner.
    pub(super) fn push(
        &mut self,
        extent: Extent,
        status: RecordStatus,
        memory: &Memory,
        is_stamped: bool,
    ) {
        let labels = Labels::from(memory);
        let tags: String = tags(memory)
            .into_iter()
            .flat_map(|tag| ["\0".to_owned(), tag])
            .collect();
        self.add(&CatalogEntry {
            extent,
            status,
            id: labels.id,
            conversation: labels.conversation_id.unwrap_or_default(),
            source: labels.source,
            sequence: memory.position().map_or(0, |(_, index)| index),
            created_at: labels.created_at,
            cluster: labels.cluster_id,
            label: memory.cluster_label(),
            has_code: labels.has_code,
            is_stamped,
            content_hash: content_hash(&indexed(memory)),
            tags: &tags,
        });
    }

    /// Adds a record that does not count; all that is kept of it is where it lies, and its cluster.
    pub(super) fn push_other(
        &mut self,
        extent: Extent,
        status: RecordStatus,
        cluster: Option<i64>,
        is_stamped: bool,
    ) {
        let Some(created_at) = Timestamp::from_micros(0) else {
            return;
        };
        self.add(&CatalogEntry {
            extent,
            status,
            id: "",
            conversation: "",
            source: "",
            sequence: 0,
            created_at,
            cluster,
            label: None,
            has_code: false,
            is_stamped,
            content_hash: 0,
            tags: "",
        });
    }

    fn add(&mut self, entry: &CatalogEntry<'_>) {
        let texts = [
            entry.id,
            entry.conversation,
            entry.source,
            entry.label.unwrap_or_default(),
            entry.tags,
        ];
        let start = self.texts.len() as u64;
        // A record is at most 64 MiB, so its texts' lengths fit.
        let lengths = texts.map(|text| {
            self.texts.push_str(text);
            u32::try_from(text.len()).unwrap_or(u32::MAX)
        });
        let bit = |set: bool, bit: u32| if set { bit } else { 0 };
        let status = match entry.status {
            RecordStatus::Sound => 0,
            RecordStatus::Flawed => 1,
            RecordStatus::Foreign => 2,
            RecordStatus::Repeated => 3,
        };
        self.rows.push(Row {
            extent: entry.extent,
            texts: start,
            sequence: entry.sequence,
            created_at: entry.created_at.micros(),
            cluster: entry.cluster.unwrap_or_default(),
            content_hash: entry.content_hash,
            lengths,
            bits: bit(entry.has_code, HAS_CODE)
                | bit(entry.cluster.is_some(), CLUSTERED)
                | bit(entry.label.is_some(), LABELLED)
                | bit(entry.is_stamped, STAMPED)
                | status << STATUS_SHIFT,
        });
    }

    /// Returns the entry of a record.
    pub(super) fn get(&self, index: usize) -> Option<CatalogEntry<'_>> {
        let row = self.rows.get(index)?;
        let mut rest = self.texts.get(usize::try_from(row.texts).ok()?..)?;
        let mut next = |length: u32| -> Option<&str> {
            let (text, after) = rest.split_at_checked(length as usize)?;
            rest = after;
            Some(text)
        };
        let [id, conversation, source, label, tags] = row.lengths;
        Some(CatalogEntry {
            extent: row.extent,
            status: row.status(),
            id: next(id)?,
            conversation: next(conversation)?,
            source: next(source)?,
            label: Some(next(label)?).filter(|_| row.bits & LABELLED != 0),
            tags: next(tags)?,
            sequence: row.sequence,
            created_at: Timestamp::from_micros(row.created_at)?,
            cluster: (row.bits & CLUSTERED != 0).then_some(row.cluster),
            has_code: row.bits & HAS_CODE != 0,
            is_stamped: row.bits & STAMPED != 0,
            content_hash: row.content_hash,
        })
    }

    /// Returns whether a record counts.
    pub(super) fn is_sound(&self, index: usize) -> bool {
        self.rows
            .get(index)
            .is_some_and(|row| row.status() == RecordStatus::Sound)
    }

    /// Returns where a record lies.
    pub(super) fn extent(&self, index: usize) -> Extent {
        self.rows
            .get(index)
            .map_or_else(Extent::default, |row| row.extent)
    }

    /// Returns the catalog as bytes.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + self.rows.len() * ROW + self.texts.len());
        bytes.extend((self.rows.len() as u64).to_le_bytes());
        for row in &self.rows {
            let (extent, longs) = (
                row.extent,
                [row.sequence, row.created_at, row.cluster].map(i64::cast_unsigned),
            );
            for long in [extent.offset, extent.len, row.texts]
                .into_iter()
                .chain(longs)
                .chain([row.content_hash])
            {
                bytes.extend(long.to_le_bytes());
            }
            for short in row.lengths.into_iter().chain([row.bits]) {
                bytes.extend(short.to_le_bytes());
            }
        }
        bytes.extend(self.texts.as_bytes());
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote; `None` if it did not.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk::<8>()?;
        let count = usize::try_from(u64::from_le_bytes(*count)).ok()?;
        let (rows, texts) = rest.split_at_checked(count.checked_mul(ROW)?)?;
        let texts = String::from_utf8(texts.to_vec()).ok()?;
        let (rows, _) = rows.as_chunks::<ROW>();
        let rows = rows.iter().map(Row::from_bytes).collect();
        Some(Self { rows, texts })
    }
}

impl Row {
    fn status(&self) -> RecordStatus {
        match self.bits >> STATUS_SHIFT & STATUS {
            0 => RecordStatus::Sound,
            1 => RecordStatus::Flawed,
            2 => RecordStatus::Foreign,
            _ => RecordStatus::Repeated,
        }
    }

    fn from_bytes(bytes: &[u8; ROW]) -> Self {
        let (longs, shorts) = bytes.split_at(LONGS * 8);
        let long = |at: usize| {
            let (items, _) = longs.as_chunks();
            u64::from_le_bytes(items[at])
        };
        let short = |at: usize| {
            let (items, _) = shorts.as_chunks();
            u32::from_le_bytes(items[at])
        };
        Self {
            extent: Extent {
                offset: long(0),
                len: long(1),
            },
            texts: long(2),
            sequence: long(3).cast_signed(),
            created_at: long(4).cast_signed(),
            cluster: long(5).cast_signed(),
            content_hash: long(6),
            lengths: [short(0), short(1), short(2), short(3), short(4)],
            bits: short(5),
        }
    }
}

impl CatalogEntry<'_> {
    /// Returns what searching needs to know of it.
    pub(super) fn facts(&self, kind: Kind) -> Facts {
        Facts {
            kind,
            id: self.id.to_owned(),
            conversation_id: kind.sequence().map(|_| self.conversation.to_owned()),
            sequence_index: self.sequence,
            created_at: self.created_at,
            cluster_id: self.cluster,
        }
    }

    /// Returns whether it passes a filter.
    pub(super) fn passes(&self, kind: Kind, filter: &Filter) -> bool {
        let labels = Labels {
            kind,
            id: self.id,
            source: self.source,
            created_at: self.created_at,
            conversation_id: kind.sequence().map(|_| self.conversation),
            cluster_id: self.cluster,
            has_code: self.has_code,
        };
        filter.passes_labels(labels, || self.tag_set())
    }

    fn tag_set(&self) -> BTreeSet<String> {
        self.tags.split('\0').skip(1).map(str::to_owned).collect()
    }
}

/// Returns the hash of a text, the same within one process.
pub(super) fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Finds the sound records of a catalog by id, and nodes by conversation.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    /// Hashes of ids with their rows, sorted.
    ids: Vec<(u64, u32)>,
    /// The same of records whose id an earlier one has.
    repeats: Vec<(u64, u32)>,
    /// Hashes of conversations with places in them and rows, sorted; empty for episodes.
    conversations: Vec<(u64, i64, u32)>,
}

impl Lookup {
    pub(super) fn new(catalog: &Catalog, kind: Kind) -> Self {
        let entries =
            || (0..catalog.len() as u32).filter_map(|row| Some((row, catalog.get(row as usize)?)));
        let ids = |status: RecordStatus| {
            let mut ids: Vec<_> = entries()
                .filter(|(_, entry)| entry.status == status)
                .map(|(row, entry)| (hash(entry.id), row))
                .collect();
            ids.sort_unstable();
            ids
        };
        let mut conversations: Vec<_> = entries()
            .filter(|(_, entry)| kind.sequence().is_some() && entry.status == RecordStatus::Sound)
            .map(|(row, entry)| (hash(entry.conversation), entry.sequence, row))
            .collect();
        conversations.sort_unstable();
        Self {
            ids: ids(RecordStatus::Sound),
            repeats: ids(RecordStatus::Repeated),
            conversations,
        }
    }

    /// Returns whether all records of its catalog are sound.
    pub(super) fn all_sound(&self, catalog: &Catalog) -> bool {
        self.ids.len() == catalog.len()
    }

    /// Returns the sound record with that id.
    pub(super) fn row(&self, catalog: &Catalog, id: &str) -> Option<u32> {
        among(&self.ids, catalog, id).next()
    }

    /// Returns the later records with that id.
    pub(super) fn repeats(&self, catalog: &Catalog, id: &str) -> impl Iterator<Item = u32> {
        among(&self.repeats, catalog, id)
    }

    /// Returns the sound nodes of a conversation from one place to another, both taken in.
    pub(super) fn conversation<'l>(
        &'l self,
        catalog: &'l Catalog,
        conversation: &'l str,
        first: i64,
        last: i64,
    ) -> impl DoubleEndedIterator<Item = u32> + 'l {
        let hash = hash(conversation);
        let from = self
            .conversations
            .partition_point(|&(other, place, _)| (other, place) < (hash, first));
        let until = self
            .conversations
            .partition_point(|&(other, place, _)| (other, place) <= (hash, last));
        self.conversations[from..until.max(from)]
            .iter()
            .map(|(.., row)| *row)
            .filter(move |row| {
                catalog
                    .get(*row as usize)
                    .is_some_and(|entry| entry.conversation == conversation)
            })
    }
}

/// Returns the rows with that id, among hashes of ids with their rows.
fn among(ids: &[(u64, u32)], catalog: &Catalog, id: &str) -> impl Iterator<Item = u32> {
    let hash = hash(id);
    let from = ids.partition_point(|(other, _)| *other < hash);
    let same = ids[from..]
        .iter()
        .take_while(move |(other, _)| *other == hash);
    same.map(|(_, row)| *row).filter(move |row| {
        catalog
            .get(*row as usize)
            .is_some_and(|entry| entry.id == id)
    })
}
