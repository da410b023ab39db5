//! One write-ahead log on disk.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::error::FileError;
use super::binding::{Header, LONGEST};
use super::frame::{self, HEAD, LARGEST, Tail};
use super::medium::Medium;
use crate::fsutil::{self, Access};

/// A log, open. Clones share the file; each knows how far it has read.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    path: PathBuf,
    file: Arc<dyn Medium>,
    header: Arc<Header>,
    /// The file that was opened, and which that was.
    opened: Option<(PathBuf, u64)>,
    /// Where its first frame stands.
    begin: u64,
    /// Up to here its frames were read.
    end: u64,
}

/// Frames that were read.
#[derive(Debug)]
pub(crate) struct Frames {
    bytes: Vec<u8>,
    payloads: Vec<std::ops::Range<usize>>,
    start: u64,
    end: u64,
    /// Whether bytes follow that are no frame: a write that is under way, or was never finished.
    pub(crate) torn: bool,
}

impl Frames {
    /// The payloads, each with its offset in the log.
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
        path: &Path,
        header: &Header,
        access: Access<'_>,
    ) -> Result<Self, FileError> {
        let aside = fsutil::staged(path);
        fsutil::create(&aside, access)
            .and_then(|mut file| file.write_all(&header.encode()))
            .map_err(FileError::io("writing", &aside))?;
        Self::open(path, &aside)
    }

    /// Makes an empty log, durable.
    ///
    /// # Errors
    /// If the system refuses.
    pub(crate) fn create(
        path: &Path,
        header: &Header,
        access: Access<'_>,
    ) -> Result<Self, FileError> {
        fsutil::replace(path, &header.encode(), access).map_err(FileError::io("writing", path))?;
        Self::open(path, path)
    }

    /// Opens the log `at` a place, which may be where it was staged; `path` is its name.
    ///
    /// # Errors
    /// If it cannot be opened, or its header is damaged.
    pub(crate) fn open(path: &Path, at: &Path) -> Result<Self, FileError> {
        // Those who may only read the directory can read it.
        let open = |options: &mut OpenOptions| options.custom_flags(libc::O_NOFOLLOW).open(at);
        let file = open(OpenOptions::new().read(true).write(true))
            .or_else(|_| open(OpenOptions::new().read(true)))
            .map_err(FileError::io("opening", path))?;
        let inode = file
            .metadata()
            .map_err(FileError::io("opening", path))?
            .ino();
        let log = Self::over(path, Arc::new(file))?;
        Ok(Self {
            opened: Some((at.to_owned(), inode)),
            ..log
        })
    }

    /// Whether its name is still that of the file that is open, and all that was read is in it: a
    /// write that failed is taken back.
    pub(crate) fn is_in_place(&self) -> bool {
        let Some((path, inode)) = &self.opened else {
            return true;
        };
        std::fs::metadata(path).is_ok_and(|found| found.ino() == *inode && found.len() >= self.end)
    }

    fn over(path: &Path, file: Arc<dyn Medium>) -> Result<Self, FileError> {
        let reading = || FileError::io("reading", path);
        let len = file.len().map_err(reading())?;
        let mut start = vec![0; usize::try_from(len).unwrap_or(LONGEST).min(LONGEST)];
        file.read(&mut start, 0).map_err(reading())?;
        let (header, length) = Header::decode(path, &start)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            header: Arc::new(header),
            opened: None,
            begin: length as u64,
            end: length as u64,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// Bytes of the frames that were read.
    pub(crate) fn bytes(&self) -> u64 {
        self.end - self.begin
    }

    /// Where its first frame stands.
    pub(crate) fn begin(&self) -> u64 {
        self.begin
    }

    /// How far it was read.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Its length now.
    ///
    /// # Errors
    /// If the system refuses.
    pub(crate) fn len(&self) -> Result<u64, FileError> {
        self.file
            .len()
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
            .read(&mut bytes, start)
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
            torn: scan.tail == Tail::Torn,
        })
    }

    /// Fills a buffer from a payload that was read or written before.
    ///
    /// # Errors
    /// If the system refuses.
    pub(crate) fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<(), FileError> {
        self.file
            .read(buffer, offset)
            .map_err(FileError::io("reading", &self.path))
    }

    /// Cuts off what follows the frames that were read, and keeps it in a file of its own.
    ///
    /// # Errors
    /// If the system refuses.
    pub(crate) fn cut_torn_tail(&self) -> Result<(), FileError> {
        let count = self.len()?.saturating_sub(self.end);
        let mut bytes = vec![0; usize::try_from(count).unwrap_or(usize::MAX)];
        self.read_at(&mut bytes, self.end)?;
        let name = format!("torn-{}-{}.bin", self.header.generation, self.end);
        let keep = self.path.with_file_name(name);
        let log = std::fs::metadata(&self.path).ok();
        fsutil::replace(&keep, &bytes, Access::of(log.as_ref()))
            .map_err(FileError::io("writing", &keep))?;
        self.file
            .truncate(self.end)
            .and_then(|()| self.file.sync())
            .map_err(FileError::io("cutting", &self.path))
    }

    /// Makes what others wrote survive a power loss, so that a later frame may vouch for it.
    ///
    /// # Errors
    /// If the system refuses.
    pub(crate) fn sync(&self) -> Result<(), FileError> {
        self.file
            .sync()
            .map_err(FileError::io("writing to", &self.path))
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
            .write(&bytes, self.end)
            .and_then(|()| self.file.sync());
        if let Err(source) = written {
            let undone = self.file.truncate(self.end).and_then(|()| self.file.sync());
            return Err(match undone {
                Ok(()) => FileError::io("writing to", &self.path)(source),
                Err(_) => FileError::Poisoned {
                    path: self.path.clone(),
                },
            });
        }
        self.end += bytes.len() as u64;
        Ok(places)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Mutex;

    use super::*;

    /// A disk that can be full and lose power: what was written, and what of it is durable.
    #[derive(Debug, Default)]
    struct Faulty {
        written: Mutex<Vec<u8>>,
        durable: Mutex<Vec<u8>>,
        room: Mutex<Option<usize>>,
        sync_fails: Mutex<bool>,
    }

    impl Medium for Faulty {
        fn len(&self) -> io::Result<u64> {
            Ok(self.written.lock().unwrap().len() as u64)
        }

        fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
            let written = self.written.lock().unwrap();
            buffer.copy_from_slice(&written[offset as usize..][..buffer.len()]);
            Ok(())
        }

        fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
            let mut written = self.written.lock().unwrap();
            written.truncate(offset as usize);
            let room = self.room.lock().unwrap().unwrap_or(usize::MAX);
            let fits = bytes.len().min(room.saturating_sub(written.len()));
            written.extend(&bytes[..fits]);
            if fits < bytes.len() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            Ok(())
        }

        fn truncate(&self, len: u64) -> io::Result<()> {
            self.written.lock().unwrap().truncate(len as usize);
            Ok(())
        }

        fn sync(&self) -> io::Result<()> {
            if *self.sync_fails.lock().unwrap() {
                return Err(io::Error::other("the cable is out"));
            }
            self.durable
                .lock()
                .unwrap()
                .clone_from(&self.written.lock().unwrap());
            Ok(())
        }
    }

    fn begin() -> (Arc<Faulty>, Log) {
        let disk = Arc::new(Faulty::default());
        disk.write(&Header::new(1, vec![]).encode(), 0).unwrap();
        disk.sync().unwrap();
        let log = Log::over(Path::new("1.log"), Arc::clone(&disk) as Arc<dyn Medium>).unwrap();
        (disk, log)
    }

    fn payloads(disk: &Arc<Faulty>) -> Vec<Vec<u8>> {
        let mut log = Log::over(Path::new("1.log"), Arc::clone(disk) as Arc<dyn Medium>).unwrap();
        let frames = log.poll().unwrap();
        frames
            .payloads()
            .map(|(_, payload)| payload.to_vec())
            .collect()
    }

    #[test]
    fn a_full_disk_leaves_the_log_as_it_was() {
        let (disk, mut log) = begin();
        log.append([&b"one"[..]]).unwrap();
        let len = disk.len().unwrap() as usize;
        for room in len..len + 40 {
            *disk.room.lock().unwrap() = Some(room);
            let error = log.append([&b"twenty bytes or more"[..]]).unwrap_err();
            assert!(matches!(error, FileError::DiskFull { .. }), "{error}");
            assert_eq!(disk.len().unwrap() as usize, len);
        }
        *disk.room.lock().unwrap() = None;
        log.append([&b"two"[..]]).unwrap();
        assert_eq!(payloads(&disk), [b"one", b"two"]);
    }

    #[test]
    fn what_cannot_be_taken_back_poisons() {
        let (disk, mut log) = begin();
        *disk.sync_fails.lock().unwrap() = true;
        let error = log.append([&b"one"[..]]).unwrap_err();
        assert!(matches!(error, FileError::Poisoned { .. }), "{error}");
    }

    #[test]
    fn what_was_acknowledged_survives_a_power_loss_and_nothing_half_does() {
        let (disk, mut log) = begin();
        log.append([&b"one"[..], b"two"]).unwrap();
        let before = disk.durable.lock().unwrap().clone();
        *disk.sync_fails.lock().unwrap() = true;
        let _ = log.append([&b"three, of a page"[..], b"four"]).unwrap_err();
        // The truncation was not durable either: any part of the write may be on the disk.
        let mut whole = before.clone();
        let mut other = Log::over(Path::new("1.log"), {
            let disk = Faulty::default();
            disk.write(&before, 0).unwrap();
            Arc::new(disk)
        })
        .unwrap();
        other.poll().unwrap();
        other.append([&b"three, of a page"[..], b"four"]).unwrap();
        let mut written = vec![0; other.len().unwrap() as usize - before.len()];
        other.read_at(&mut written, before.len() as u64).unwrap();
        whole.extend(&written);
        for lost in 0..written.len() {
            for until in [lost + 1, lost + 30, written.len()] {
                let mut image = whole.clone();
                let until = before.len() + until.min(written.len());
                image[before.len() + lost..until].fill(0);
                let disk = Arc::new(Faulty::default());
                disk.write(&image, 0).unwrap();
                let read = payloads(&disk);
                assert_eq!(read[..2], [b"one".to_vec(), b"two".to_vec()]);
                assert!(read.len() <= 4, "{read:?}");
            }
        }
    }
}
