//! The folder in which a directory is made.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::backend::file::error::FileError;
use crate::backend::file::layout;
use crate::backend::file::manifest::Manifest;
use crate::backend::file::npy;
use crate::backend::file::records;
use crate::backend::file::vector_bytes;
use crate::fsutil::{self, Access, Appending, Disk, Os};
use crate::json;
use crate::model::{Kind, PerKind, Scope, Space, Timestamp};
use crate::record;
use crate::transfer::{RunChunk, SourceDocument, Stored};

/// Bytes copied at a time.
const PIECE: usize = 1 << 20;

/// How the names of parts with documents begin.
const DOCUMENTS: &str = "documents-";

/// The folder in which a directory is made, beside its future place.
#[derive(Debug, Clone)]
pub(super) struct Staging {
    folder: PathBuf,
}

/// What the directory will hold.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// Whose memories.
    pub(super) scope: Scope,
    /// The space of their vectors; `None` where there are no memories.
    pub(super) space: Option<Space>,
    /// How many of each kind.
    pub(super) rows: PerKind<u64>,
}

/// What is known of the rows of a chunk once they are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rows {
    /// The cluster of each; empty if none has one.
    pub(super) clusters: Vec<Option<i64>>,
    /// When the newest was made, in microseconds.
    pub(super) newest: Option<i64>,
}

impl Shape {
    fn dims(&self) -> usize {
        self.space.as_ref().map_or(0, |space| space.dims)
    }
}

impl Staging {
    /// For a directory that will be at `out`.
    pub(super) fn beside(out: &Path) -> Self {
        let mut name = std::ffi::OsString::from(".");
        name.push(out.file_name().unwrap_or_default());
        name.push(".export");
        Self {
            folder: out.with_file_name(name),
        }
    }

    /// The folder itself.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The directory in the making.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn part(&self, chunk: &RunChunk) -> PathBuf {
        let name = format!("{}-{:06}.json", chunk.kind.plural(), chunk.chunk);
        self.folder.join("parts").join(name)
    }

    /// Documents come by the page: the parts of them that are there, in source order.
    fn document_parts(&self) -> Result<Vec<PathBuf>, FileError> {
        let folder = self.folder.join("parts");
        let entries = fs::read_dir(&folder).and_then(|entries| {
            let path = |entry: std::io::Result<fs::DirEntry>| Ok(entry?.path());
            entries.map(path).collect::<std::io::Result<Vec<_>>>()
        });
        let mut parts = entries.map_err(FileError::io("looking through", &folder))?;
        parts.retain(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(DOCUMENTS) && name.ends_with(".json")
        });
        parts.sort();
        Ok(parts)
    }

    /// Removes everything that an earlier run left.
    ///
    /// # Errors
    /// If the system refuses.
    pub(super) fn clear(&self) -> Result<(), FileError> {
        remove_all(&self.folder)
    }

    /// Removes everything that an earlier run staged, but for the lock.
    ///
    /// # Errors
    /// If the system refuses.
    pub(super) fn empty(&self) -> Result<(), FileError> {
        let disk: &dyn Disk = &Os;
        for name in ["run.json", "chunks.json"] {
            let path = self.folder.join(name);
            disk.remove(&path)
                .map_err(FileError::io("removing", &path))?;
        }
        for name in ["parts", "data"] {
            remove_all(&self.folder.join(name))?;
        }
        let parts = self.folder.join("parts");
        disk.make_folders(&parts, 0o700)
            .map_err(FileError::io("making", &parts))
    }

    /// Makes the folders, and arrays in which every vector has its place.
    ///
    /// # Errors
    /// If the system refuses.
    pub(super) fn prepare(&self, shape: &Shape) -> Result<(), FileError> {
        let disk: &dyn Disk = &Os;
        let data = self.data();
        for folder in [self.folder.join("parts"), data.clone()] {
            disk.make_folders(&folder, 0o700)
                .map_err(FileError::io("making", &folder))?;
        }
        for (kind, rows) in shape.rows.iter() {
            if *rows == 0 && kind != layout::FIRST {
                continue;
            }
            let path = layout::default_pair(&data, kind).vectors;
            let folder = fsutil::folder(&path);
            disk.make_folders(folder, 0o777)
                .map_err(FileError::io("making", folder))?;
            if path.exists() {
                continue;
            }
            let header = npy::header(*rows, shape.dims());
            let bytes = rows * 4 * shape.dims() as u64;
            let made = disk.create(&path, Access::Usual).and_then(|file| {
                file.write_at(&header, 0)?;
                file.set_len(header.len() as u64 + bytes)?;
                file.sync_all()?;
                disk.sync_folder(folder)
            });
            if made.is_err() {
                let _ = disk.remove(&path);
            }
            made.map_err(FileError::io("writing", &path))?;
        }
        Ok(())
    }

    /// Writes the rows of a chunk, durable.
    ///
    /// # Errors
    /// If the system refuses, or a record cannot be written.
    pub(super) fn write(
        &self,
        shape: &Shape,
        chunk: &RunChunk,
        rows: &[&Stored],
    ) -> Result<Rows, FileError> {
        let (mut records, mut numbers) = (Vec::new(), Vec::new());
        let mut known = Rows::default();
        for row in rows {
            let bytes = records::render(&row.memory)?;
            let value = json::parse(&bytes).map_err(|source| FileError::Record {
                path: self.part(chunk),
                index: row.ord,
                source,
            })?;
            if !records.is_empty() {
                records.extend_from_slice(b",\n  ");
            }
            json::write_indented(&value, 1, &mut records);
            let zeros = vec![
                0.0;
                if row.vector.is_some() {
                    0
                } else {
                    shape.dims()
                }
            ];
            vector_bytes(row.vector.as_deref().unwrap_or(&zeros), &mut numbers);
            known.clusters.push(row.memory.cluster_id());
            known.newest = known.newest.max(Some(row.memory.created_at().micros()));
        }
        if known.clusters.iter().all(Option::is_none) {
            known.clusters.clear();
        }
        let disk: &dyn Disk = &Os;
        if shape.dims() > 0 {
            let path = layout::default_pair(&self.data(), chunk.kind).vectors;
            let at = npy::header(0, 0).len() as u64 + chunk.first_row * 4 * shape.dims() as u64;
            disk.open(&path)
                .and_then(|file| file.write_at(&numbers, at).and_then(|()| file.sync_data()))
                .map_err(FileError::io("writing", &path))?;
        }
        let path = self.part(chunk);
        disk.replace(&path, &records, Access::Usual)
            .map_err(FileError::io("writing", &path))?;
        Ok(known)
    }

    /// Writes the records of documents, durable.
    ///
    /// # Errors
    /// If the system refuses, or a record cannot be written.
    pub(super) fn write_documents(&self, documents: &[&SourceDocument]) -> Result<(), FileError> {
        let disk: &dyn Disk = &Os;
        let first = documents.first().map_or(0, |document| document.ord);
        if first == 0 {
            // An earlier session may have cut them otherwise.
            for part in self.document_parts()? {
                disk.remove(&part)
                    .map_err(FileError::io("removing", &part))?;
            }
        }
        let path = self
            .folder
            .join("parts")
            .join(format!("{DOCUMENTS}{first:012}.json"));
        let mut records = Vec::new();
        for SourceDocument { document, ord, .. } in documents {
            let broken = |source| FileError::Record {
                path: path.clone(),
                index: *ord,
                source,
            };
            let mut bytes = Vec::new();
            record::document::write(document, &mut bytes).map_err(broken)?;
            let value = json::parse(&bytes).map_err(broken)?;
            if !records.is_empty() {
                records.extend_from_slice(b",\n  ");
            }
            json::write_indented(&value, 1, &mut records);
        }
        disk.replace(&path, &records, Access::Usual)
            .map_err(FileError::io("writing", &path))
    }

    /// Puts the parts together: the files of the directory, its manifest last. What was put together
    /// before is written anew.
    ///
    /// # Errors
    /// If the system refuses.
    pub(super) fn assemble(
        &self,
        shape: &Shape,
        chunks: &[(RunChunk, Rows)],
    ) -> Result<(), FileError> {
        let data = self.data();
        let mut files = Vec::new();
        for (kind, rows) in shape.rows.iter() {
            if *rows == 0 && kind != layout::FIRST {
                continue;
            }
            let pair = layout::default_pair(&data, kind);
            let parts = chunks.iter().filter(|(chunk, _)| chunk.kind == kind);
            let parts: Vec<PathBuf> = parts.map(|(chunk, _)| self.part(chunk)).collect();
            files.push((pair.records.clone(), join(&pair.records, &parts)?));
            files.push((pair.vectors.clone(), sha256_of(&pair.vectors)?));
        }
        let documents = self.document_parts()?;
        if !documents.is_empty() {
            let path = layout::documents(&data);
            files.push((path.clone(), join(&path, &documents)?));
        }
        let nodes = chunks.iter().filter(|(chunk, _)| chunk.kind == Kind::Node);
        let (mut clusters, mut noise) = (BTreeMap::<i64, Vec<u64>>::new(), 0);
        for (chunk, rows) in nodes {
            for (place, cluster) in (chunk.first_row..).zip(&rows.clusters) {
                if let Some(cluster) = cluster {
                    clusters.entry(*cluster).or_default().push(place);
                    noise += u64::from(*cluster == -1);
                }
            }
        }
        if !clusters.is_empty() {
            let path = data.join("indexes").join("clusters.json");
            let bytes = serde_json::to_vec(&clusters).unwrap_or_default();
            write(&path, &bytes)?;
            files.push((path, Sha256::digest(&bytes).into()));
        }
        let real = clusters.len() - usize::from(noise > 0);
        let mut manifest = Manifest::new(data.join("manifest.json"));
        manifest.set_owner(shape.scope);
        if let Some(space) = &shape.space {
            manifest.set_space(space);
        }
        manifest.set_shared(false);
        manifest.set_counts(&shape.rows);
        manifest.set_stats(&[
            ("n_clusters", real as u64),
            ("n_noise", noise),
            ("embedding_dim", shape.dims() as u64),
        ]);
        let named = files.into_iter().map(|(path, sha256)| {
            let name = path.strip_prefix(&data).unwrap_or(&path);
            (name.to_string_lossy().into_owned(), sha256)
        });
        let newest = chunks.iter().filter_map(|(_, rows)| rows.newest).max();
        let newest = newest.and_then(Timestamp::from_micros);
        manifest.set_export(&named.collect::<Vec<_>>(), newest);
        manifest.write(&Os)
    }

    /// Gives the directory its name, durable, and removes what is left of its making.
    ///
    /// # Errors
    /// If the system refuses, or something has the name.
    pub(super) fn publish(&self, out: &Path) -> Result<(), FileError> {
        let disk: &dyn Disk = &Os;
        let data = self.data();
        let above = fsutil::folder(out);
        disk.sync_folder(&data)
            // An empty directory gives way, another does not.
            .and_then(|()| fs::rename(&data, out))
            .and_then(|()| disk.sync_folder(above))
            .map_err(FileError::io("making", out))?;
        self.clear()
    }
}

/// Removes a folder that may be gone already, with all that is in it.
pub(super) fn remove_all(folder: &Path) -> Result<(), FileError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(FileError::io("removing", folder)(error))
        }
        _ => Ok(()),
    }
}

/// Writes an array of the elements that the parts hold; returns its SHA-256.
fn join(path: &Path, parts: &[PathBuf]) -> Result<[u8; 32], FileError> {
    let disk: &dyn Disk = &Os;
    let writing = || FileError::io("writing", path);
    let folder = fsutil::folder(path);
    disk.make_folders(folder, 0o777).map_err(writing())?;
    let file = disk.create(path, Access::Usual).map_err(writing())?;
    let mut out = BufWriter::with_capacity(PIECE, Appending::to(file));
    let mut sha256 = Sha256::new();
    let mut put = |bytes: &[u8]| {
        sha256.update(bytes);
        out.write_all(bytes).map_err(writing())
    };
    put(b"[")?;
    let mut separator: &[u8] = b"\n  ";
    let mut buffer = vec![0; PIECE];
    for part in parts {
        let reading = || FileError::io("reading", part);
        let mut file = fs::File::open(part).map_err(reading())?;
        put(separator)?;
        loop {
            let count = file.read(&mut buffer).map_err(reading())?;
            if count == 0 {
                break;
            }
            put(&buffer[..count])?;
        }
        separator = b",\n  ";
    }
    put(if parts.is_empty() { b"]" } else { b"\n]" })?;
    let file = out
        .into_inner()
        .map_err(|error| writing()(error.into_error()))?;
    file.sync_all().map_err(writing())?;
    disk.sync_folder(folder).map_err(writing())?;
    Ok(sha256.finalize().into())
}

/// Writes a file, durable; its folder is made.
fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let disk: &dyn Disk = &Os;
    disk.make_folders(fsutil::folder(path), 0o777)
        .and_then(|()| disk.replace(path, bytes, Access::Usual))
        .map_err(FileError::io("writing", path))
}

/// Returns the SHA-256 of a file.
fn sha256_of(path: &Path) -> Result<[u8; 32], FileError> {
    let reading = || FileError::io("reading", path);
    let mut file = fs::File::open(path).map_err(reading())?;
    let (mut sha256, mut buffer) = (Sha256::new(), vec![0; PIECE]);
    loop {
        match file.read(&mut buffer).map_err(reading())? {
            0 => return Ok(sha256.finalize().into()),
            count => sha256.update(&buffer[..count]),
        }
    }
}
