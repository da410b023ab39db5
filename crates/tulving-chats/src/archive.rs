//! Zip archives, and archives in them. Nothing is unpacked.

use std::cell::Cell;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::rc::Rc;

use zip::ZipArchive;
use zip::read::ZipFile;

use crate::file::{Content, Files, head};
use crate::limits::NESTING;
use crate::reason::Reason;
use crate::report::FileReport;

/// What an archive is read from.
pub(crate) trait Source: Read + Seek {}

impl<T: Read + Seek> Source for T {}

impl Files<'_> {
    /// Reads the files of an archive that stands inside `depth - 1` others, and reports each that is one of text.
    pub(crate) fn archive(
        &mut self,
        source: &mut dyn Source,
        path: &str,
        depth: usize,
        done: &dyn Fn() -> u64,
    ) {
        let mut report = FileReport::new(path.to_owned());
        if let Err(reason) = self.entries(source, path, depth, &mut report, done) {
            report.skip(reason);
        }
        if !report.is_blank() {
            self.sink.file(report);
        }
    }

    fn entries(
        &mut self,
        source: &mut dyn Source,
        path: &str,
        depth: usize,
        report: &mut FileReport,
        done: &dyn Fn() -> u64,
    ) -> Result<(), Reason> {
        if depth > NESTING {
            return Err(Reason::TooDeep);
        }
        if depth == 1 {
            let size = source
                .seek(SeekFrom::End(0))
                .map_err(|_| Reason::Unreadable)?;
            let allowed = size.saturating_mul(self.limits.ratio);
            self.room = Rc::new(Cell::new(allowed.max(self.limits.all)));
        }
        let mut archive = ZipArchive::new(source).map_err(|_| Reason::BadArchive)?;
        if archive.is_empty() {
            return Err(Reason::Empty);
        }
        if archive.len() > self.limits.entries
            || archive
                .has_overlapping_files()
                .map_err(|_| Reason::BadArchive)?
        {
            return Err(Reason::Bomb);
        }
        for at in 0..archive.len() {
            if self.stopped {
                break;
            }
            match name(&mut archive, at) {
                Ok(Some(name)) => {
                    let path = format!("{path}/{name}");
                    match archive.by_index(at) {
                        Ok(entry) => self.entry(entry, path, depth, report, done),
                        Err(_) => report.skip(Reason::BadArchive),
                    }
                }
                Ok(None) => {}
                Err(reason) => report.skip(reason),
            }
        }
        Ok(())
    }

    fn entry(
        &mut self,
        entry: ZipFile<'_, impl Read>,
        path: String,
        depth: usize,
        container: &mut FileReport,
        done: &dyn Fn() -> u64,
    ) {
        /// Up to here a file is not suspected, however small it was packed.
        const UNSUSPECTED: u64 = 100 << 20;
        let allowed = entry.compressed_size().saturating_mul(self.limits.ratio);
        let mut guard = Guard {
            inner: entry,
            left: allowed.max(UNSUSPECTED).min(self.limits.inflated),
            room: Rc::clone(&self.room),
        };
        let Ok(head) = head(&mut guard) else {
            return container.skip(guard.reason());
        };
        let content = Content::of(&head);
        match content {
            Content::Zip => {
                let mut bytes = head;
                let left = self.limits.nested.saturating_sub(bytes.len() as u64);
                match (&mut guard).take(left + 1).read_to_end(&mut bytes) {
                    Err(_) => container.skip(guard.reason()),
                    Ok(_) if bytes.len() as u64 > self.limits.nested => {
                        container.skip(Reason::Bomb);
                    }
                    Ok(_) => self.archive(&mut Cursor::new(bytes), &path, depth + 1, done),
                }
            }
            _ => {
                let mut report = FileReport::new(path);
                match content.reason() {
                    Some(reason) => report.skip(reason),
                    None => self.read(
                        &mut Cursor::new(head).chain(&mut guard),
                        content,
                        &mut report,
                        done,
                    ),
                }
                // What the archive broke off at is not what the system refused.
                if report.skipped.remove(&Reason::Unreadable).is_some() {
                    report.skip(guard.reason());
                }
                if let Some(report) = report.fold(container) {
                    self.sink.file(report);
                }
            }
        }
    }
}

/// Returns the name of a file in an archive, in UTF-8 if that is what it is; `None` for a folder.
fn name<R: Read + Seek>(archive: &mut ZipArchive<R>, at: usize) -> Result<Option<String>, Reason> {
    let entry = archive.by_index_raw(at).map_err(|_| Reason::BadArchive)?;
    if entry.encrypted() {
        return Err(Reason::Encrypted);
    }
    if entry.is_symlink() {
        return Err(Reason::Link);
    }
    let name = match std::str::from_utf8(entry.name_raw()) {
        Ok(name) => name.to_owned(),
        Err(_) => entry.name().map_or_else(
            |_| String::from_utf8_lossy(entry.name_raw()).into_owned(),
            std::borrow::Cow::into_owned,
        ),
    };
    let mut parts = name.split(['/', '\\']);
    let is_drive = name.as_bytes().get(1) == Some(&b':');
    if name.starts_with(['/', '\\']) || is_drive || parts.any(|part| part == "..") {
        return Err(Reason::UnsafeName);
    }
    Ok((!entry.is_dir()).then_some(name))
}

/// A file of an archive that is watched while it inflates.
struct Guard<R> {
    inner: R,
    /// What it may still become,
    left: u64,
    /// and all of the archive: what one inflates to another may inflate again.
    room: Rc<Cell<u64>>,
}

impl<R: Read> Guard<R> {
    /// Returns how many bytes may come.
    fn may_read(&self) -> u64 {
        self.left.min(self.room.get())
    }

    /// Returns why reading failed.
    fn reason(&self) -> Reason {
        if self.may_read() == 0 {
            Reason::Bomb
        } else {
            Reason::BadArchive
        }
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.may_read()).unwrap_or(usize::MAX);
        if left == 0 && !buf.is_empty() {
            return Err(io::Error::other("it inflates beyond what is allowed"));
        }
        let most = buf.len().min(left);
        let read = self.inner.read(&mut buf[..most])?;
        self.left -= read as u64;
        self.room.set(self.room.get() - read as u64);
        Ok(read)
    }
}
