//! One write-ahead log on disk.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::error::FileError;
use super::frame::{self, HEAD, LARGEST, Tail};
use super::header::{Header, LONGEST};
use crate::fsutil::{self, Access, Disk, Handle};

/// A log, open. Clones share the file; each knows how far it has read.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    path: PathBuf,
    file: Arc<dyn Handle>,
    header: Arc<Header>,
    /// Where it was opened: while it is staged, not under its own name.
    at: PathBuf,
    inode: u64,
    /// Where its first frame stands.
    begin: u64,
    /// Up to here its frames were read.
    end: u64,
    /// Up to here they are known to be durable. Another process may have been killed between writing
    /// a frame and its sync.
    durable: u64,
}

/// Frames that were read.
#[derive(Debug)]
pub(crate) struct Frames {
    bytes: Vec<u8>,
    payloads: Vec<std::ops::Range<usize>>,
    start: u64,
    end: u64,
}

impl Frames {
    /// Returns the payloads, each with its offset in the log.
    pub(crate) fn payloads(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.payloads
            .iter()
            .map(|range| (self.start + range.start as u64, &self.bytes[range.clone()]))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.payloads.is_empty()
    }
}

impl Log {
    /// Writes an empty log beside its place. It becomes durable with what is appended, or by
    /// [`sync`](Self::sync).
    ///
    /// # Errors
    /// If the system refuses.
    pub(crate) fn stage(
        disk: &dyn Disk,
        path: &Path,
        header: &Header,
        access: Access<'_>,
    ) -> Result<Self, FileError> {
        let aside = fsutil::staged(path);
        disk.create(&aside, access)
            .and_then(|file| file.write_at(&header.encode(), 0))
            .map_err(FileError::io("writing", &aside))?;
        Self::open(disk, path, &aside)
    }

    /// Makes an empty log, durable.
    ///
    /// # Errors
    /// If the system refuses.
    pub(crate) fn create(
        disk: &dyn Disk,
        path: &Path,
        header: &Header,
        access: Access<'_>,
    ) -> Result<Self, FileError> {
        disk.replace(path, &header.encode(), access)
            .map_err(FileError::io("writing", path))?;
        Self::open(disk, path, path)
    }

    /// Opens the log `at` a place, which may be where it was staged; `path` is its name.
    ///
    /// # Errors
    /// If it cannot be opened, or its header is damaged.
    pub(crate) fn open(disk: &dyn Disk, path: &Path, at: &Path) -> Result<Self, FileError> {
        let file = disk.open(at).map_err(FileError::io("opening", path))?;
        let found = file.metadata().map_err(FileError::io("opening", path))?;
        let len = usize::try_from(found.len()).unwrap_or(LONGEST);
        let mut start = vec![0; len.min(LONGEST)];
        file.read_at(&mut start, 0)
            .map_err(FileError::io("reading", path))?;
        let (header, length) = Header::decode(path, &start)?;
        Ok(Self {
            path: path.to_owned(),
            file: file.into(),
            header: Arc::new(header),
            at: at.to_owned(),
            inode: found.ino(),
            begin: length as u64,
            end: length as u64,
            durable: length as u64,
        })
    }

    /// Returns whether its name is still that of the file that is open, and all that was read is in it:
    /// a write that failed is taken back.
    pub(crate) fn is_in_place(&self) -> bool {
        std::fs::metadata(&self.at)
            .is_ok_and(|found| found.ino() == self.inode && found.len() >= self.end)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// Returns the bytes of the frames that were read.
    pub(crate) fn bytes(&self) -> u64 {
        self.end - self.begin
    }

    /// Returns where its first frame stands.
    pub(crate) fn begin(&self) -> u64 {
        self.begin
    }

    /// Returns how far it was read.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Returns its length now.
    ///
    /// # Errors
    /// If the system refuses.
    pub(crate) fn len(&self) -> Result<u64, FileError> {
        let found = self.file.metadata();
        found
            .map(|found| found.len())
            .map_err(FileError::io("reading", &self.path))
    }

    /// Reads the frames that were written since, by whomever.
    ///
    /// # Errors
    /// If the log is damaged or has become shorter.
    pub(crate) fn poll(&mut self) -> Result<Frames, FileError> {
        let frames = self.frames(self.end, u64::MAX)?;
        self.end = frames.end;
        Ok(frames)
    }

    /// Reads the frames from one place, which must be between two frames, to another.
    ///
    /// # Errors
    /// If the log is damaged, or shorter than that.
    pub(crate) fn frames(&self, start: u64, until: u64) -> Result<Frames, FileError> {
        let len = self.len()?.min(until);
        let damaged = |offset, reason: &str| FileError::Damaged {
            path: self.path.clone(),
            offset,
            reason: reason.to_owned(),
        };
        let Some(count) = len.checked_sub(start) else {
            return Err(damaged(len, "it is shorter than it was"));
        };
        let mut bytes = vec![0; usize::try_from(count).unwrap_or(usize::MAX)];
        self.file
            .read_at(&mut bytes, start)
            .map_err(FileError::io("reading", &self.path))?;
        let scan = frame::scan(&self.header.salt, start, &bytes);
        let end = start + scan.end as u64;
        if scan.tail == Tail::Damaged {
            let reason = "a write that was acknowledged has another checksum";
            return Err(damaged(end, reason));
        }
        Ok(Frames {
            payloads: scan.payloads,
            bytes,
            start,
            end,
        })
    }

    /// Fills a buffer from a payload that was read or written before.
    ///
    /// # Errors
    /// If the system refuses.
    pub(crate) fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<(), FileError> {
        self.file
            .read_at(buffer, offset)
            .map_err(FileError::io("reading", &self.path))
    }

    /// Makes what was read survive a loss of power, so that a later frame may vouch for it. What
    /// follows it and is no frame is cut off, and kept in a file of its own. Only under the lock for writing.
    ///
    /// # Errors
    /// If the system refuses.
    pub(crate) fn settle(&mut self, disk: &dyn Disk) -> Result<(), FileError> {
        let torn = self.len()?.saturating_sub(self.end);
        if torn > 0 {
            self.keep_torn(disk, torn)?;
            let cut = self.file.set_len(self.end);
            cut.map_err(FileError::io("cutting", &self.path))?;
        }
        if torn > 0 || self.durable < self.end {
            let synced = self.file.sync_data();
            synced.map_err(FileError::io("writing to", &self.path))?;
            self.durable = self.end;
        }
        Ok(())
    }

    fn keep_torn(&self, disk: &dyn Disk, count: u64) -> Result<(), FileError> {
        let mut bytes = vec![0; usize::try_from(count).unwrap_or(usize::MAX)];
        self.read_at(&mut bytes, self.end)?;
        let name = format!("torn-{}-{}.bin", self.header.generation, self.end);
        let keep = self.path.with_file_name(name);
        let log = std::fs::metadata(&self.path).ok();
        disk.replace(&keep, &bytes, Access::of(log.as_ref()))
            .map_err(FileError::io("writing", &keep))
    }

    /// Appends a group of payloads, each one write, and makes them durable together. Where the
    /// first of their bytes stand is given, in order.
    ///
    /// # Errors
    /// If the system refuses: then nothing was written, or the log is [`FileError::Poisoned`].
    pub(crate) fn append<'p>(
        &mut self,
        payloads: impl IntoIterator<Item = &'p [u8]>,
    ) -> Result<Vec<u64>, FileError> {
        let mut bytes = Vec::new();
        let mut places = Vec::new();
        for payload in payloads {
            if payload.len() > LARGEST {
                return Err(FileError::TooLarge {
                    bytes: payload.len() as u64,
                    limit: LARGEST as u64,
                });
            }
            let offset = self.end + bytes.len() as u64;
            places.push(offset + HEAD as u64);
            frame::append(&self.header.salt, offset, self.end, payload, &mut bytes);
        }
        let written = self
            .file
            .write_at(&bytes, self.end)
            .and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            let undone = self.file.set_len(self.end);
            let undone = undone.and_then(|()| self.file.sync_data());
            return Err(match undone {
                Ok(()) => FileError::io("writing to", &self.path)(source),
                Err(_) => FileError::Poisoned {
                    path: self.path.clone(),
                },
            });
        }
        self.end += bytes.len() as u64;
        self.durable = self.end;
        Ok(places)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::fsutil::{Fault, Os, Simulated};

    /// Returns a log on a simulated disk.
    fn begin() -> (tempfile::TempDir, Arc<Simulated>, Log) {
        let folder = tempfile::tempdir().unwrap();
        let disk = Arc::new(Simulated::over(folder.path()));
        let path = disk.top().join("1.log");
        let log = Log::create(&*disk, &path, &Header::new(1, vec![]), Access::Usual).unwrap();
        (folder, disk, log)
    }

    fn payloads(path: &Path) -> Vec<Vec<u8>> {
        let mut log = Log::open(&Os, path, path).unwrap();
        let frames = log.poll().unwrap();
        let payloads = frames.payloads().map(|(_, payload)| payload.to_vec());
        payloads.collect()
    }

    #[test]
    fn a_full_disk_leaves_the_log_as_it_was() {
        let (_folder, disk, mut log) = begin();
        log.append([&b"one"[..]]).unwrap();
        let len = log.len().unwrap();
        for fits in 0..40 {
            disk.fail(Fault::full(disk.asked()).after(fits));
            let error = log.append([&b"twenty bytes or more"[..]]).unwrap_err();
            assert!(matches!(error, FileError::DiskFull { .. }), "{error}");
            assert_eq!(log.len().unwrap(), len);
        }
        log.append([&b"two"[..]]).unwrap();
        assert_eq!(payloads(log.path()), [b"one", b"two"]);
    }

    #[test]
    fn what_cannot_be_taken_back_poisons() {
        let (_folder, disk, mut log) = begin();
        disk.fail(Fault::broken(disk.asked()).for_good());
        let error = log.append([&b"one"[..]]).unwrap_err();
        assert!(matches!(error, FileError::Poisoned { .. }), "{error}");
    }

    #[test]
    fn what_was_acknowledged_survives_a_hole_anywhere_in_the_write_after_it() {
        let (_folder, _disk, mut log) = begin();
        log.append([&b"one"[..], b"two"]).unwrap();
        let before = log.len().unwrap() as usize;
        log.append([&b"three, of a page"[..], b"four"]).unwrap();
        let whole = fs::read(log.path()).unwrap();
        let image = log.path().with_file_name("image.log");
        for lost in before..whole.len() {
            for until in [lost + 1, lost + 30, whole.len()] {
                let mut bytes = whole.clone();
                bytes[lost..until.min(whole.len())].fill(0);
                fs::write(&image, bytes).unwrap();
                let read = payloads(&image);
                assert_eq!(read[..2], [b"one".to_vec(), b"two".to_vec()]);
                assert!(read.len() <= 4, "{read:?}");
            }
        }
    }
}
