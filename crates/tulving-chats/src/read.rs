//! From paths to files, and through them.

use std::cell::Cell;
use std::fs;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use tulving_json::parse;

use crate::fields::Fields as _;
use crate::file::{Content, Files, HEAD, head};
use crate::format::{FORMATS, Format};
use crate::limits::Limits;
use crate::out::{Seen, Sink};
use crate::reason::Reason;
use crate::report::FileReport;

/// Why a path that was given is not read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}", path.display())]
pub struct ReadError {
    /// The path.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// What is to be read: the files that were found under paths.
#[derive(Debug)]
pub struct Found {
    listings: Vec<Listing>,
}

/// Finds what [`read`] would read of paths, without reading it.
///
/// # Errors
/// If one of the paths is not there, or may not be read.
pub fn find<P: AsRef<Path>>(paths: &[P], limits: &Limits) -> Result<Found, ReadError> {
    let listings = paths.iter().map(|path| list(path.as_ref(), limits));
    Ok(Found {
        listings: listings.collect::<Result<_, _>>()?,
    })
}

/// Reads files, folders and zip archives, and gives what they hold to `sink`: conversations as they come, and behind
/// those of a file what came of it. A conversation that comes more than once is given once, or again if it is newer.
///
/// ```
/// use std::ops::ControlFlow;
/// use tulving_chats::{Conversation, FileReport, Limits, Sink, Turn, read};
///
/// #[derive(Default)]
/// struct Questions(Vec<String>);
///
/// impl Sink for Questions {
///     fn conversation(&mut self, _: Conversation<'_>, turns: Vec<Turn>) -> ControlFlow<()> {
///         self.0.extend(turns.into_iter().map(|turn| turn.human));
///         ControlFlow::Continue(())
///     }
///
///     fn file(&mut self, report: FileReport) {
///         println!("{}: {} conversations", report.path, report.conversations);
///     }
/// }
///
/// # let export = std::env::temp_dir().join(format!("tulving-chats-{}.json", std::process::id()));
/// # std::fs::write(&export, r#"[{"uuid": "c", "chat_messages": [{"sender": "human", "text": "Why?"}]}]"#)?;
/// let mut questions = Questions::default();
/// read(&[&export], &Limits::default(), &mut questions)?;
/// assert_eq!(questions.0, ["Why?"]);
/// # std::fs::remove_file(&export)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If one of the paths is not there, or may not be read; nothing has been read then. What is wrong with files is in their reports.
pub fn read<P: AsRef<Path>>(
    paths: &[P],
    limits: &Limits,
    sink: &mut dyn Sink,
) -> Result<(), ReadError> {
    read_with(paths, limits, &[], sink)
}

/// Reads as [`read`] does, with more formats, which are asked before those that are built in.
///
/// # Errors
/// As [`read`].
pub fn read_with<P: AsRef<Path>>(
    paths: &[P],
    limits: &Limits,
    formats: &[&dyn Format],
    sink: &mut dyn Sink,
) -> Result<(), ReadError> {
    find(paths, limits)?.read_with(limits, formats, sink);
    Ok(())
}

impl Found {
    /// Returns how many files there are.
    #[must_use]
    pub fn files(&self) -> u64 {
        let listings = self.listings.iter();
        listings.map(|listing| listing.files.len() as u64).sum()
    }

    /// Returns their bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let files = self.listings.iter().flat_map(|listing| &listing.files);
        files.map(|(_, bytes)| bytes).sum()
    }

    /// Reads the files that were found, as [`read`] does. One that is gone by now is passed over, and its report says so.
    pub fn read(self, limits: &Limits, sink: &mut dyn Sink) {
        self.read_with(limits, &[], sink);
    }

    fn read_with(self, limits: &Limits, formats: &[&dyn Format], sink: &mut dyn Sink) {
        let formats: Vec<&dyn Format> = formats.iter().chain(FORMATS).copied().collect();
        let mut files = Files {
            limits,
            formats: &formats,
            seen: &mut Seen::default(),
            sink,
            stopped: false,
            room: Rc::default(),
        };
        let mut before = 0;
        for listing in self.listings {
            let mut folder = listing.report;
            for (path, bytes) in listing.files {
                if files.stopped {
                    return;
                }
                files.open(&path, before, bytes, folder.as_mut());
                before += bytes;
                files.sink.progress(before);
            }
            if let Some(folder) = folder.filter(|folder| !folder.is_blank()) {
                files.sink.file(folder);
            }
        }
    }
}

/// Reads bytes as one file, without its like on a disk; `name` stands for its path in the report.
pub fn read_bytes(name: &str, bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) {
    let mut files = Files {
        limits,
        formats: FORMATS,
        seen: &mut Seen::default(),
        sink,
        stopped: false,
        room: Rc::default(),
    };
    let done = || 0;
    let mut report = FileReport::new(name.to_owned());
    match Content::of(bytes.get(..HEAD).unwrap_or(bytes)) {
        Content::Zip => return files.archive(&mut Cursor::new(bytes), name, 1, &done),
        content => match content.reason() {
            Some(reason) => report.skip(reason),
            None => files.read(&mut Cursor::new(bytes), content, &mut report, &done),
        },
    }
    files.sink.file(report);
}

/// The files under a path, in the order of their names.
#[derive(Debug)]
struct Listing {
    files: Vec<(PathBuf, u64)>,
    /// What was passed over, if it is a folder.
    report: Option<FileReport>,
}

/// Lists a file, or the files of a folder and of those in it. Links are not followed, but if it is the path itself.
fn list(path: &Path, limits: &Limits) -> Result<Listing, ReadError> {
    let failed = |source| ReadError {
        path: path.to_owned(),
        source,
    };
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.is_file() {
        fs::File::open(path).map_err(failed)?;
        return Ok(Listing {
            files: vec![(path.to_owned(), metadata.len())],
            report: None,
        });
    }
    if !metadata.is_dir() {
        return Err(failed(io::Error::other(
            "it is neither a file nor a folder",
        )));
    }
    fs::read_dir(path).map_err(failed)?;
    let mut report = FileReport::new(path.display().to_string());
    let mut files = Vec::new();
    let mut open = vec![(path.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        if is_data_directory(&folder) {
            report.skip(Reason::DataDirectory);
            continue;
        }
        let Ok(entries) = fs::read_dir(&folder) else {
            report.skip(Reason::Unreadable);
            continue;
        };
        let mut entries: Vec<fs::DirEntry> = entries.flatten().collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        let mut folders = Vec::new();
        for entry in entries {
            match entry.metadata() {
                Ok(metadata) if metadata.is_symlink() => report.skip(Reason::Link),
                Ok(metadata) if metadata.is_dir() && depth < limits.depth => {
                    folders.push((entry.path(), depth + 1));
                }
                Ok(metadata) if metadata.is_dir() => report.skip(Reason::TooDeep),
                Ok(metadata) if metadata.is_file() && files.len() < limits.entries => {
                    files.push((entry.path(), metadata.len()));
                }
                Ok(metadata) if metadata.is_file() => report.skip(Reason::Bomb),
                Ok(_) => report.skip(Reason::Media),
                Err(_) => report.skip(Reason::Unreadable),
            }
        }
        open.extend(folders.into_iter().rev());
    }
    Ok(Listing {
        files,
        report: Some(report),
    })
}

/// Returns whether memories are stored in a folder: somebody's own, or another's. Its manifest says so.
fn is_data_directory(folder: &Path) -> bool {
    /// The longest manifest that is looked at, in bytes.
    const LONGEST: u64 = 16 << 20;
    let mut bytes = Vec::new();
    let path = folder.join("manifest.json");
    // Opening what is not a file, such as a pipe, may never end.
    path.symlink_metadata().is_ok_and(|entry| entry.is_file())
        && fs::File::open(path)
            .and_then(|file| file.take(LONGEST).read_to_end(&mut bytes))
            .is_ok()
        && parse(&bytes).is_ok_and(|manifest| manifest.str_at("structure") == Some("unified"))
}

impl Files<'_> {
    /// Reads a file of the disk, of which so many bytes stand before it in the count. What is not worth a report of its own is counted with its folder.
    fn open(&mut self, path: &Path, before: u64, bytes: u64, folder: Option<&mut FileReport>) {
        let mut report = FileReport::new(path.display().to_string());
        let read = Cell::new(0);
        let done = || before + read.get().min(bytes);
        let opened = fs::File::open(path).and_then(|file| {
            let mut file = BufReader::with_capacity(1 << 16, Counted { file, read: &read });
            let head = head(&mut file)?;
            Ok((file, head))
        });
        let Ok((mut file, head)) = opened else {
            report.skip(Reason::Unreadable);
            return self.sink.file(report);
        };
        let content = Content::of(&head);
        if content == Content::Zip && file.seek(SeekFrom::Start(0)).is_ok() {
            return self.archive(&mut file, &report.path, 1, &done);
        }
        match content.reason() {
            Some(reason) => report.skip(reason),
            None => self.read(
                &mut Cursor::new(head).chain(file),
                content,
                &mut report,
                &done,
            ),
        }
        let report = match folder {
            Some(folder) => report.fold(folder),
            None => Some(report),
        };
        if let Some(report) = report {
            self.sink.file(report);
        }
    }
}

/// A file whose bytes are counted when they are read.
struct Counted<'c> {
    file: fs::File,
    read: &'c Cell<u64>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buf)?;
        self.read.set(self.read.get() + read as u64);
        Ok(read)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
