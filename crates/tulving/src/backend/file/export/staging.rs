//! The folder in which a directory is made.

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::backend::file::checksum_cache;
use crate::backend::file::clusters::Clusters;
use crate::backend::file::error::FileError;
use crate::backend::file::layout;
use crate::backend::file::manifest::Manifest;
use crate::backend::file::npy;
use crate::backend::file::records;
use crate::backend::file::staged_file::StagedFile;
use crate::backend::file::vector_bytes;
use crate::fsutil::{self, Access, Disk, Os};
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
    /// Makes one for a directory that will be at `out`.
    pub(super) fn beside(out: &Path) -> Self {
        let mut name = std::ffi::OsString::from(".");
        name.push(out.file_name().unwrap_or_default());
        name.push(".export");
        Self {
            folder: out.with_file_name(name),
        }
    }

    /// Returns the folder itself.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the directory in the making.
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
                .and_then(|()| disk.sync_folder(&self.folder))
                .map_err(FileError::io("removing", &path))?;
        }
        // No mark of theirs counts any more, whatever of it a loss of power brings back.
        self.clear_parts()?;
        remove_all(&self.data())
    }

    fn clear_parts(&self) -> Result<(), FileError> {
        remove_all(&self.folder.join("parts"))
    }

    /// Makes the folder, for its owner's eyes alone; one that is there must be such a one.
    ///
    /// # Errors
    /// If the system refuses, or somebody else could write into it.
    pub(super) fn make_folder(&self) -> Result<(), FileError> {
        let (disk, folder): (&dyn Disk, _) = (&Os, &self.folder);
        let making = || FileError::io("making", folder);
        disk.make_folders(folder, 0o700).map_err(making())?;
        let found = fs::symlink_metadata(folder).map_err(making())?;
        let probe = folder.join("probe");
        let file = disk.create(&probe, Access::Private).map_err(making())?;
        let own = file.metadata().map_err(making())?.uid();
        disk.remove(&probe).map_err(making())?;
        if found.is_dir() && found.uid() == own && found.mode() & 0o022 == 0 {
            return Ok(());
        }
        Err(FileError::NoPlace {
            path: folder.clone(),
            why: "others can write into it, and the export would be made in it",
        })
    }

    /// Removes the folder if nothing is in it.
    pub(super) fn leave_unused(&self) {
        let _ = Os.remove_folder(&self.folder);
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
            // One that an earlier session began may be without its header; what it wrote stays.
            let (header, bytes) = (
                npy::header(*rows, shape.dims()),
                rows * 4 * shape.dims() as u64,
            );
            let file = match disk.create_new(&path, Access::Usual) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => disk.open(&path),
                made => made,
            };
            file.and_then(|file| {
                file.write_at(&header, 0)?;
                file.set_len(header.len() as u64 + bytes)?;
                file.sync_all()?;
                disk.sync_folder(folder)
            })
            .map_err(FileError::io("writing", &path))?;
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
        let (mut part, mut numbers) = (Vec::new(), Vec::new());
        let mut known = Rows::default();
        for row in rows {
            if !part.is_empty() {
                part.extend_from_slice(records::before(false));
            }
            let record = records::render(&row.memory)?;
            records::lay_out(&record, &mut part).map_err(|source| FileError::Record {
                path: self.part(chunk),
                index: row.ord,
                source,
            })?;
            match &row.vector {
                Some(vector) => vector_bytes(vector, &mut numbers),
                None => vector_bytes(&vec![0.0; shape.dims()], &mut numbers),
            }
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
        disk.replace(&path, &part, Access::Usual)
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
        let mut part = Vec::new();
        for SourceDocument { document, ord, .. } in documents {
            let broken = |source| FileError::Record {
                path: path.clone(),
                index: *ord,
                source,
            };
            if !part.is_empty() {
                part.extend_from_slice(records::before(false));
            }
            let mut record = Vec::new();
            record::document::write(document, &mut record).map_err(broken)?;
            records::lay_out(&record, &mut part).map_err(broken)?;
        }
        disk.replace(&path, &part, Access::Usual)
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
        let mut clusters = Clusters::default();
        for (chunk, rows) in nodes {
            for (place, cluster) in (chunk.first_row..).zip(&rows.clusters) {
                if let Some(cluster) = cluster {
                    clusters.add(*cluster, place);
                }
            }
        }
        if !clusters.is_empty() {
            let path = data.join("indexes").join("clusters.json");
            let bytes = clusters.to_bytes();
            write(&path, &bytes)?;
            files.push((path, Sha256::digest(&bytes).into()));
        }
        let mut manifest = Manifest::new(data.join("manifest.json"));
        manifest.set_owner(shape.scope);
        if let Some(space) = &shape.space {
            manifest.set_space(space);
        }
        manifest.set_shared(false);
        manifest.set_counts(&shape.rows);
        manifest.set_stats(&clusters.stats());
        manifest.set_stats(&[("embedding_dim", shape.dims() as u64)]);
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
        let (disk, data): (&dyn Disk, _) = (&Os, self.data());
        let above = fsutil::folder(out);
        // Before, so that little is left to be done behind the rename.
        self.clear_parts()?;
        disk.sync_folder(&data)
            // An empty directory gives way, another does not.
            .and_then(|()| fs::rename(&data, out))
            .map_err(|error| match error.kind() {
                ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists => FileError::Occupied {
                    path: out.to_owned(),
                },
                _ => FileError::io("making", out)(error),
            })?;
        disk.sync_folder(above)
            .map_err(FileError::io("making", out))?;
        // The directory is there; what is left beside it says nothing of that.
        let _ = self.clear();
        Ok(())
    }
}

/// Removes a folder that may be gone already, with all that is in it.
pub(super) fn remove_all(folder: &Path) -> Result<(), FileError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(FileError::io("removing", folder)(error))
        }
        _ => Ok(()),
    }
}

/// Writes a file of the records that the parts hold; returns its SHA-256.
fn join(path: &Path, parts: &[PathBuf]) -> Result<[u8; 32], FileError> {
    let (disk, folder): (&dyn Disk, _) = (&Os, fsutil::folder(path));
    let writing = || FileError::io("writing", path);
    disk.make_folders(folder, 0o777).map_err(writing())?;
    let mut out = StagedFile::create(disk, path, Access::Usual)?;
    out.write(records::BEGIN)?;
    let mut buffer = vec![0; PIECE];
    for (at, part) in parts.iter().enumerate() {
        let reading = || FileError::io("reading", part);
        let mut file = fs::File::open(part).map_err(reading())?;
        out.write(records::before(at == 0))?;
        loop {
            match file.read(&mut buffer).map_err(reading())? {
                0 => break,
                count => out.write(&buffer[..count])?,
            }
        }
    }
    out.write(records::end(parts.is_empty()))?;
    let sha256 = out.finish()?;
    disk.sync_folder(folder).map_err(writing())?;
    Ok(sha256)
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
    fs::File::open(path)
        .and_then(|file| checksum_cache::hash(&file))
        .map_err(FileError::io("reading", path))
}
