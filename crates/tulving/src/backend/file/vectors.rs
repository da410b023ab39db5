//! The vectors of one space and one kind: an array of the base's rows, and what a journal adds.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::catalog::Extent;
use super::error::FileError;
use super::journal::Log;
use super::layout::Layout;
use super::manifest::Manifest;
use super::npy::{self, Npy};
use super::pair::PairError;
use super::root::Root;
use crate::model::{Embedding, Kind};
use crate::search::vector::Int8Vectors;

/// The vectors of one space and one kind.
#[derive(Debug, Clone, Default)]
pub(super) struct Vectors {
    /// Those of the base's rows; none where the pair holds them, or there are none.
    pub(super) array: Option<Arc<Array>>,
    /// Those in the journal.
    pub(super) unmerged: UnmergedVectors,
}

/// Vectors of the base's rows in a file of their own, zeros where there is none.
#[derive(Debug)]
pub(super) struct Array {
    file: Npy,
    quantised: OnceLock<Int8Vectors>,
}

/// Vectors in a journal, in its order; the last for a document counts.
#[derive(Debug, Clone, Default)]
pub(super) struct UnmergedVectors {
    docs: Vec<u32>,
    extents: Vec<Extent>,
    latest: HashMap<u32, u32>,
    /// Whether there are some of documents of the base.
    pub(super) replaces: bool,
    /// Shared with earlier and later states of the same log, since rows are only added.
    quantised: Arc<RwLock<Option<Int8Vectors>>>,
}

/// Returns where the vectors of a further space lie.
pub(super) fn path(root: &Path, space: u32, kind: Kind) -> PathBuf {
    let name = format!("{}.npy", kind.plural());
    folder(root).join(space.to_string()).join(name)
}

/// Returns the folder of all further spaces.
pub(super) fn folder(root: &Path) -> PathBuf {
    root.join("vectors").join("spaces")
}

/// Removes the files of spaces that are not kept. Only under the lock for writing.
pub(super) fn sweep(root: &Root) -> Result<(), FileError> {
    let folder = folder(root);
    if !folder.is_dir() {
        return Ok(());
    }
    let disk = root.disk();
    let kept = Manifest::read(&Layout::find(root)?)?.further_spaces()?;
    let mut was_swept = false;
    for (name, path) in names(&folder)? {
        let Ok(number) = name.parse::<u32>() else {
            continue;
        };
        if kept.iter().any(|further| further.number == number) {
            continue;
        }
        for (_, path) in names(&path)? {
            disk.remove(&path)
                .map_err(FileError::io("removing", &path))?;
        }
        disk.remove_folder(&path)
            .map_err(FileError::io("removing", &path))?;
        was_swept = true;
    }
    if was_swept {
        disk.sync_folder(&folder)
            .map_err(FileError::io("writing", &folder))?;
    }
    Ok(())
}

/// Returns the names in a folder, with their paths.
fn names(folder: &Path) -> Result<Vec<(String, PathBuf)>, FileError> {
    let name = |entry: fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        (name, entry.path())
    };
    let entries = fs::read_dir(folder);
    let names = entries.and_then(|entries| entries.map(|entry| entry.map(name)).collect());
    names.map_err(FileError::io("looking through", folder))
}

impl Array {
    /// Opens a file of so many rows and numbers a row.
    ///
    /// # Errors
    /// If it cannot be read, or is of another shape.
    pub(super) fn open(path: &Path, rows: u32, dims: usize) -> Result<Self, FileError> {
        let file = Npy::open(path, npy::Options::default()).map_err(PairError::from)?;
        if file.rows() != u64::from(rows) || (rows > 0 && file.dims() != dims) {
            return Err(FileError::Damaged {
                path: path.to_owned(),
                offset: 0,
                reason: format!("it should hold {rows} vectors of {dims} numbers"),
            });
        }
        Ok(Self {
            file,
            quantised: OnceLock::new(),
        })
    }

    /// Returns the numbers of rows, whatever they are.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn numbers(&self, first: u32, count: usize) -> Result<Vec<f32>, FileError> {
        let mut numbers = Vec::new();
        let read = self.file.read_rows(first.into(), count, &mut numbers);
        read.map_err(PairError::from)?;
        Ok(numbers)
    }

    /// Returns the vectors scalar-quantised, 8 bits for a number.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn quantised(&self) -> Result<&Int8Vectors, FileError> {
        const ROWS_AT_ONCE: u32 = 256;
        if let Some(quantised) = self.quantised.get() {
            return Ok(quantised);
        }
        let (dims, mut quantised) = (self.file.dims(), Int8Vectors::new(self.file.dims()));
        let rows = u32::try_from(self.file.rows()).unwrap_or(u32::MAX);
        for first in (0..rows).step_by(ROWS_AT_ONCE as usize) {
            let numbers = self.numbers(first, ROWS_AT_ONCE.min(rows - first) as usize)?;
            for row in numbers.chunks_exact(dims.max(1)) {
                // A row of the file is as wide as the file says.
                let _ = quantised.push(row);
            }
        }
        Ok(self.quantised.get_or_init(|| quantised))
    }
}

impl UnmergedVectors {
    pub(super) fn is_empty(&self) -> bool {
        self.docs.is_empty()
    }

    /// Adds the vector of a document, which may be one of the base.
    pub(super) fn put(&mut self, doc: u32, extent: Extent, of_base: bool) {
        self.replaces |= of_base;
        self.latest.insert(doc, self.rows());
        self.docs.push(doc);
        self.extents.push(extent);
    }

    /// Returns how many rows there are, those that do not count any more among them.
    pub(super) fn rows(&self) -> u32 {
        u32::try_from(self.docs.len()).unwrap_or(u32::MAX)
    }

    /// Returns the document whose vector a row is; `None` if a later one is.
    pub(super) fn doc(&self, row: u32) -> Option<u32> {
        let doc = *self.docs.get(row as usize)?;
        (self.latest.get(&doc) == Some(&row)).then_some(doc)
    }

    /// Returns whether it holds a vector of a document.
    pub(super) fn has(&self, doc: u32) -> bool {
        self.latest.contains_key(&doc)
    }

    /// Returns the numbers of a document's vector, if it holds one.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn numbers(&self, doc: u32, log: &Log) -> Result<Option<Vec<f32>>, FileError> {
        match self.latest.get(&doc) {
            Some(row) => read(self.extents[*row as usize], log),
            None => Ok(None),
        }
    }

    /// Calls `ask` with the vectors of all rows, scalar-quantised, zero where there is none, and perhaps
    /// with later ones.
    ///
    /// # Errors
    /// If a vector cannot be read.
    pub(super) fn quantised<T>(
        &self,
        log: &Log,
        dims: usize,
        ask: impl FnOnce(&Int8Vectors) -> T,
    ) -> Result<T, FileError> {
        // Nothing of ours panics while it holds the lock, and half a vector is none.
        let read_lock = self
            .quantised
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(quantised) = read_lock.as_ref()
            && quantised.rows() >= self.extents.len()
        {
            return Ok(ask(quantised));
        }
        drop(read_lock);
        let mut write = self
            .quantised
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let quantised = write.get_or_insert_with(|| Int8Vectors::new(dims));
        while let Some(extent) = self.extents.get(quantised.rows()) {
            let numbers = read(*extent, log)?.filter(|numbers| numbers.len() == dims);
            // It is as wide as it must be.
            let _ = quantised.push(&numbers.unwrap_or_else(|| vec![0.0; dims]));
        }
        Ok(ask(quantised))
    }
}

fn read(extent: Extent, log: &Log) -> Result<Option<Vec<f32>>, FileError> {
    let mut bytes = vec![0; usize::try_from(extent.len).unwrap_or(usize::MAX)];
    log.read_at(&mut bytes, extent.offset)?;
    let (numbers, _) = bytes.as_chunks();
    let numbers: Vec<f32> = numbers
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect();
    Ok(is_vector(&numbers).then_some(numbers))
}

/// Returns whether numbers are a vector: finite, and with a direction.
pub(super) fn is_vector(numbers: &[f32]) -> bool {
    numbers.iter().all(|number| number.is_finite()) && numbers.iter().any(|number| *number != 0.0)
}

/// Returns the vector that is stored for an embedding.
pub(super) fn stored(embedding: Option<&Embedding>) -> Option<Vec<f32>> {
    embedding
        .map(|embedding| embedding.numbers().to_vec())
        .filter(|numbers| is_vector(numbers))
}
