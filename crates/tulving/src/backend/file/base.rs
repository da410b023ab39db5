//! The base: the memories of one kind that are in the directory's own files.

use std::collections::HashSet;
use std::fs::Metadata;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::catalog::{Catalog, Extent, Lookup, RecordStatus};
use super::checksum_cache::ChecksumCache;
use super::derived;
use super::error::FileError;
use super::layout::{self, PairPaths};
use super::npy;
use super::pair::{At, Pair, PairError};
use super::records;
use super::root::{Root, relative};
use crate::json::{self, ParseError, Records};
use crate::model::{Kind, Memory, Scope};
use crate::record::{Flaw, Reason};
use crate::search::segment::{Segment, SegmentBuilder};
use crate::search::vector::Int8Vectors;
use crate::search::{text, tokens};

/// Records and vectors of one kind, read-only, with what makes them quick to search. Rows count
/// from 0, as in the files.
#[derive(Debug)]
pub(super) struct Base {
    root: Root,
    pub(super) kind: Kind,
    scope: Scope,
    /// The files by the names that they have or will have.
    names: PairPaths,
    /// Where they were when they were opened.
    at: PairPaths,
    /// `None` if the directory holds nothing of this kind.
    pair: Option<Pair>,
    /// SHA-256 of the records and of the vectors.
    pub(super) sha256: Option<[[u8; 32]; 2]>,
    pub(super) catalog: Catalog,
    lookup: OnceLock<Lookup>,
    words: OnceLock<Segment<Vec<u8>>>,
    vectors: OnceLock<Int8Vectors>,
    stamped: OnceLock<bool>,
}

impl Base {
    /// Opens the files of one kind, which are `at` a place until they have their names.
    ///
    /// # Errors
    /// If they cannot be read, or do not fit each other.
    pub(super) fn open(
        root: &Root,
        kind: Kind,
        scope: Scope,
        names: &PairPaths,
        at: &PairPaths,
        options: npy::Options,
        checksums: &mut ChecksumCache,
    ) -> Result<Self, FileError> {
        let mut base = Self {
            root: root.clone(),
            kind,
            scope,
            names: names.clone(),
            at: at.clone(),
            pair: None,
            sha256: None,
            catalog: Catalog::default(),
            lookup: OnceLock::new(),
            words: OnceLock::new(),
            vectors: OnceLock::new(),
            stamped: OnceLock::new(),
        };
        if kind != layout::FIRST && !at.records.exists() && !at.vectors.exists() {
            return Ok(base);
        }
        let pair = Pair::open(at, options)?;
        let name = |path: &Path| relative(root, path);
        let records = checksums.of(&name(&names.records), &names.records, pair.records())?;
        let vectors = checksums.of(&name(&names.vectors), &names.vectors, pair.vectors.file())?;
        base.sha256 = Some([records, vectors]);
        let key = base.key(&records);
        let file = base.derived("catalog-3", &key);
        let kept = derived::load(&file, &key);
        base.catalog = match kept.and_then(|bytes| Catalog::from_bytes(&bytes)) {
            Some(catalog) => catalog,
            None => {
                let catalog = base.read_catalog(&pair)?;
                derived::keep(
                    root,
                    &file,
                    &key,
                    &catalog.to_bytes(),
                    &base.records_of(&pair),
                );
                catalog
            }
        };
        if base.catalog.len() as u64 != pair.vectors.rows() {
            return Err(FileError::CountMismatch {
                kind,
                records: names.records.clone(),
                record_count: base.catalog.len() as u64,
                vectors: names.vectors.clone(),
                vector_count: pair.vectors.rows(),
            });
        }
        pair.unchanged()?;
        base.pair = Some(pair);
        Ok(base)
    }

    /// Its records, for what is derived of them and of the vectors that belong to them.
    fn records_of<'b>(&'b self, pair: &'b Pair) -> derived::Original<'b> {
        derived::Original {
            file: pair.records(),
            names: [&self.names.records, &self.at.records],
        }
    }

    /// Named by its key too: that of a base to come stands beside that of the base that is.
    fn derived(&self, what: &str, key: &derived::Key) -> PathBuf {
        let key = crate::hex(&key[..8]);
        derived::folder(&self.root).join(format!("{}-{what}-{key}.bin", self.kind.plural()))
    }

    /// What is derived depends on whose memory it is: rows of others are left out.
    fn key(&self, sha256: &[u8; 32]) -> derived::Key {
        derived::key(&[sha256, self.scope.to_string().as_bytes()])
    }

    fn read_catalog(&self, pair: &Pair) -> Result<Catalog, FileError> {
        let path = &self.names.records;
        let broken = |source| PairError::Records {
            path: path.clone(),
            source,
        };
        let reader = BufReader::with_capacity(1 << 20, At::new(pair.records(), 0));
        let mut records = Records::new(reader);
        let (mut buffer, mut catalog, mut seen) =
            (Vec::new(), Catalog::default(), HashSet::<String>::new());
        while let Some(span) = records.next(&mut buffer).map_err(broken)? {
            let extent = Extent {
                offset: span.offset,
                len: span.len,
            };
            let mut value = json::parse(&buffer).map_err(|mut source| {
                source.offset += usize::try_from(span.offset).unwrap_or(0);
                FileError::Record {
                    path: path.clone(),
                    index: span.index,
                    source,
                }
            })?;
            let (cluster, is_stamped) = (records::cluster(&value), records::is_stamped(&value));
            match records::read(self.kind, &mut value, self.scope) {
                Ok(memory) => {
                    let status = match seen.insert(memory.id().to_owned()) {
                        true => RecordStatus::Sound,
                        false => RecordStatus::Repeated,
                    };
                    catalog.push(extent, status, &memory, is_stamped);
                }
                Err(flaw) if flaw.reason == Reason::ForeignScope => {
                    catalog.push_other(extent, RecordStatus::Foreign, cluster, is_stamped);
                }
                Err(_) => catalog.push_other(extent, RecordStatus::Flawed, cluster, is_stamped),
            }
        }
        Ok(catalog)
    }

    pub(super) fn rows(&self) -> u32 {
        // A catalog of more rows would not fit in memory.
        u32::try_from(self.catalog.len()).unwrap_or(u32::MAX)
    }

    /// Bytes of both files.
    pub(super) fn bytes(&self) -> u64 {
        let records = self.pair.as_ref().map_or(0, |pair| {
            pair.records().metadata().map_or(0, |file| file.len())
        });
        records
            + self
                .pair
                .as_ref()
                .map_or(0, |pair| pair.vectors.data_bytes())
    }

    /// Numbers in a vector; 0 if there is none.
    pub(super) fn dims(&self) -> usize {
        self.pair.as_ref().map_or(0, |pair| pair.vectors.dims())
    }

    /// Returns the file of the records, as far as who may read it goes.
    pub(super) fn guarded(&self) -> Option<Metadata> {
        self.pair.as_ref()?.records().metadata().ok()
    }

    pub(super) fn names(&self) -> &PairPaths {
        &self.names
    }

    /// Returns whether any row has a key for whose it is.
    pub(super) fn is_stamped(&self) -> bool {
        *self.stamped.get_or_init(|| {
            let mut rows = (0..self.catalog.len()).filter_map(|row| self.catalog.get(row));
            rows.any(|entry| entry.is_stamped)
        })
    }

    pub(super) fn lookup(&self) -> &Lookup {
        self.lookup
            .get_or_init(|| Lookup::new(&self.catalog, self.kind))
    }

    /// Returns the bytes of a record, as they stand in the file.
    ///
    /// # Errors
    /// If they cannot be read, or something wrote to the file.
    pub(super) fn record(&self, row: u32) -> Result<Vec<u8>, FileError> {
        let Some(pair) = &self.pair else {
            return Ok(Vec::new());
        };
        let extent = self.catalog.extent(row as usize);
        Ok(pair.bytes(
            extent.offset,
            usize::try_from(extent.len).unwrap_or(usize::MAX),
        )?)
    }

    /// Returns the memory of a row.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn memory(&self, row: u32) -> Result<Memory, FileError> {
        let bytes = self.record(row)?;
        self.parse(row, &bytes)?.map_err(|flaw| FileError::Refused {
            kind: self.kind,
            id: String::new(),
            flaw,
        })
    }

    /// Reads the bytes of a row: a memory, or what is wrong with it.
    ///
    /// # Errors
    /// If they are no JSON.
    pub(super) fn parse(&self, row: u32, bytes: &[u8]) -> Result<Result<Memory, Flaw>, FileError> {
        let broken = |source: ParseError| FileError::Record {
            path: self.names.records.clone(),
            index: row.into(),
            source,
        };
        let mut value = json::parse(bytes).map_err(broken)?;
        Ok(records::read(self.kind, &mut value, self.scope))
    }

    /// Returns the numbers of a row's vector, whatever they are.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn numbers(&self, first: u32, count: usize) -> Result<Vec<f32>, FileError> {
        let mut numbers = Vec::new();
        if let Some(pair) = &self.pair {
            pair.vectors.read_rows(first.into(), count, &mut numbers)?;
        }
        Ok(numbers)
    }

    /// Returns the words of its memories.
    ///
    /// # Errors
    /// If they are to be collected anew, and a record cannot be read.
    pub(super) fn words(&self) -> Result<&Segment<Vec<u8>>, FileError> {
        if let Some(words) = self.words.get() {
            return Ok(words);
        }
        let key = self.key(&self.sha256.unwrap_or_default()[0]);
        let file = self.words_file(&key);
        let kept = derived::load(&file, &key).and_then(|bytes| Segment::open(bytes).ok());
        let words = match kept.filter(|words| words.verify().is_ok()) {
            Some(words) => words,
            None => {
                let bytes = self.collect_words()?;
                if let Some(pair) = &self.pair {
                    derived::keep(&self.root, &file, &key, &bytes, &self.records_of(pair));
                }
                Segment::open(bytes).map_err(|error| FileError::Damaged {
                    path: file,
                    offset: 0,
                    reason: error.to_string(),
                })?
            }
        };
        Ok(self.words.get_or_init(|| words))
    }

    /// Returns the derived files of words and vectors that are there and are damaged or hold something
    /// else than is made of the memories now. That of the catalog is not among them: it is looked at
    /// when the files are opened.
    ///
    /// # Errors
    /// If records or vectors cannot be read.
    pub(super) fn differing(&self) -> Result<Vec<PathBuf>, FileError> {
        let Some([records, numbers]) = &self.sha256 else {
            return Ok(Vec::new());
        };
        let mut differing = Vec::new();
        let key = self.key(records);
        let words = self.words_file(&key);
        if words.exists() && derived::load(&words, &key) != Some(self.collect_words()?) {
            differing.push(words);
        }
        let key = self.key(numbers);
        let vectors = self.vectors_file(&key);
        if vectors.exists() {
            let made = self.quantise_vectors()?;
            if derived::load(&vectors, &key).as_deref() != Some(made.as_bytes()) {
                differing.push(vectors);
            }
        }
        Ok(differing)
    }

    fn words_file(&self, key: &derived::Key) -> PathBuf {
        self.derived(&format!("words-{}", tokens::NUMBER), key)
    }

    fn vectors_file(&self, key: &derived::Key) -> PathBuf {
        self.derived("vectors-1", key)
    }

    fn collect_words(&self) -> Result<Vec<u8>, FileError> {
        let mut builder = SegmentBuilder::new();
        for row in (0..self.rows()).filter(|row| self.catalog.is_sound(*row as usize)) {
            // Rows rise, so the builder takes them all.
            let _ = builder.add(row, &text::indexed(&self.memory(row)?));
        }
        Ok(builder.finish())
    }

    fn quantise_vectors(&self) -> Result<Int8Vectors, FileError> {
        const ROWS_AT_ONCE: u32 = 256;
        let dims = self.dims();
        let mut vectors = Int8Vectors::new(dims);
        for first in (0..self.rows()).step_by(ROWS_AT_ONCE as usize) {
            let count = ROWS_AT_ONCE.min(self.rows() - first);
            let numbers = self.numbers(first, count as usize)?;
            for row in numbers.chunks_exact(dims.max(1)) {
                // A row of the file is as wide as the file says.
                let _ = vectors.push(row);
            }
        }
        Ok(vectors)
    }

    /// Returns its vectors scalar-quantised, one for each row.
    ///
    /// # Errors
    /// If they are to be made anew, and the vectors cannot be read.
    pub(super) fn vectors(&self) -> Result<&Int8Vectors, FileError> {
        if let Some(vectors) = self.vectors.get() {
            return Ok(vectors);
        }
        let key = self.key(&self.sha256.unwrap_or_default()[1]);
        let file = self.vectors_file(&key);
        let fits = |vectors: &Int8Vectors| {
            vectors.rows() == self.catalog.len() && vectors.dims() == self.dims()
        };
        let kept = derived::load(&file, &key).and_then(|bytes| Int8Vectors::from_bytes(bytes).ok());
        let vectors = match kept.filter(fits) {
            Some(vectors) => vectors,
            None => {
                let vectors = self.quantise_vectors()?;
                if let Some(pair) = &self.pair {
                    let bytes = vectors.as_bytes();
                    derived::keep(&self.root, &file, &key, bytes, &self.records_of(pair));
                }
                vectors
            }
        };
        Ok(self.vectors.get_or_init(|| vectors))
    }
}
