//! Records of imports: `run-<id>.json` beside the journal, with `run-<id>.lock`, which whoever is at it holds.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::directory::Directory;
use super::error::FileError;
use super::journal;
use super::lock::{Lock, PATIENCE};
use super::opening::IfBaseChanged;
use crate::backend::{Import, ImportCounts, ImportPhase, Imports, KEPT_IMPORTS};
use crate::fsutil::Access;
use crate::model::Timestamp;

const VERSION: u32 = 1;

/// What the names of its files begin with.
const MARK: &str = "run-";

/// No record is larger: 32 paths, each of at most 1,027 bytes, of which JSON may make six times as many.
const LARGEST: u64 = 256 << 10;

/// The file's content.
#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    run_id: Uuid,
    paths: Vec<String>,
    program: String,
    started_at: String,
    updated_at: String,
    finished_at: Option<String>,
    phase: String,
    error: Option<String>,
    counts: ImportCounts,
}

impl From<&Import> for Record {
    fn from(import: &Import) -> Self {
        Self {
            version: VERSION,
            run_id: import.run_id,
            paths: import.paths.clone(),
            program: import.version.clone(),
            started_at: import.started_at.isoformat(),
            updated_at: import.updated_at.isoformat(),
            finished_at: import.finished_at.map(Timestamp::isoformat),
            phase: import.phase.as_str().to_owned(),
            error: import.error.clone(),
            counts: import.counts,
        }
    }
}

impl Record {
    /// Reads a record; says why if it is none.
    fn read(bytes: &[u8]) -> Result<Import, String> {
        let record: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if record.version > VERSION {
            return Err(format!("it is of version {}", record.version));
        }
        let time = |text: &String| text.parse::<Timestamp>().map_err(|error| error.to_string());
        let phase = ImportPhase::named(&record.phase);
        Ok(Import {
            run_id: record.run_id,
            started_at: time(&record.started_at)?,
            updated_at: time(&record.updated_at)?,
            finished_at: record.finished_at.as_ref().map(time).transpose()?,
            phase: phase.ok_or_else(|| format!("its phase is {:?}", record.phase))?,
            paths: record.paths,
            version: record.program,
            error: record.error,
            counts: record.counts,
            is_live: false,
        })
    }
}

fn record_path(root: &Path, run: Uuid) -> PathBuf {
    journal::folder(root).join(format!("{MARK}{run}.json"))
}

fn lock_path(record: &Path) -> PathBuf {
    record.with_extension("lock")
}

impl Directory {
    /// Enters an import, which is at work until the lock is dropped; the oldest go.
    ///
    /// # Errors
    /// If the record cannot be written.
    pub(super) fn begin_import(&self, import: &Import) -> Result<Lock, FileError> {
        let (disk, path) = (self.root.disk(), record_path(&self.root, import.run_id));
        let _writers = self.stop_writers();
        let (_lock, state) = self.lock_for_writing(IfBaseChanged::Refuse)?;
        // Nobody is between two of these files while the directory is locked: what else is there was left by a crash.
        let mut kept = records(&self.root)?;
        kept.truncate(KEPT_IMPORTS - 1);
        let locks: Vec<PathBuf> = kept.iter().map(|record| lock_path(record)).collect();
        let mut others = files(&self.root)?;
        others.retain(|file| !kept.contains(file) && !locks.contains(file));
        self.remove_each(others)?;
        let held = Lock::wait(disk, &lock_path(&path), Duration::ZERO)?;
        let guarded = state.guarded();
        disk.replace(&path, &content(import), Access::of(guarded.as_ref()))
            .map_err(FileError::io("writing", &path))?;
        Ok(held)
    }

    /// Notes how far an import is, unless its record is gone.
    ///
    /// # Errors
    /// If the record cannot be written.
    pub(super) fn note_import(&self, import: &Import) -> Result<(), FileError> {
        let (disk, path) = (self.root.disk(), record_path(&self.root, import.run_id));
        // Taking the lock would make the folders of a directory that is gone.
        if !path.exists() {
            return Ok(());
        }
        // Who removes records holds the same lock: none comes back.
        let _writers = self.stop_writers();
        let lock = journal::folder(&self.root).join("lock");
        let _lock = Lock::wait(disk, &lock, PATIENCE)?;
        if !path.exists() {
            return Ok(());
        }
        disk.replace(&path, &content(import), Access::Usual)
            .map_err(FileError::io("writing", &path))
    }

    /// Removes the records of all imports: a path may tell what was to be forgotten.
    ///
    /// # Errors
    /// If one cannot be removed.
    pub(super) fn remove_imports(&self) -> Result<(), FileError> {
        let _writers = self.stop_writers();
        let (_lock, _state) = self.lock_for_writing(IfBaseChanged::Refuse)?;
        self.remove_each(files(&self.root)?)
    }

    fn remove_each(&self, paths: impl IntoIterator<Item = PathBuf>) -> Result<(), FileError> {
        let disk = self.root.disk();
        let paths = paths.into_iter().filter(|path| path.exists());
        let mut is_changed = false;
        for path in paths {
            disk.remove(&path)
                .map_err(FileError::io("removing", &path))?;
            is_changed = true;
        }
        let folder = journal::folder(&self.root);
        match is_changed {
            true => disk
                .sync_folder(&folder)
                .map_err(FileError::io("removing files of", &folder)),
            false => Ok(()),
        }
    }
}

fn content(import: &Import) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(&Record::from(import)).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Returns the imports of a directory.
///
/// # Errors
/// If the folder cannot be read. What is wrong with a record is told with the others.
pub(super) fn read(root: &Path) -> Result<Imports, FileError> {
    let mut imports = Imports::default();
    for path in records(root)?.into_iter().take(KEPT_IMPORTS) {
        let mut bytes = Vec::new();
        let read = File::open(&path)
            .and_then(|file| file.take(LARGEST).read_to_end(&mut bytes))
            .map_err(|error| error.to_string());
        match read.and_then(|_| Record::read(&bytes)) {
            Ok(import) => imports.runs.push(Import {
                is_live: is_locked(&lock_path(&path)),
                ..import
            }),
            // Another process removed it meanwhile.
            Err(_) if !path.exists() => {}
            Err(why) => {
                let name = path.display();
                imports.unreadable.push(format!("{name}: {why}"));
            }
        }
    }
    imports
        .runs
        .sort_by_key(|import| std::cmp::Reverse((import.started_at, import.run_id)));
    Ok(imports)
}

/// Returns whether somebody holds a lock. Those who ask do not keep it from one another.
fn is_locked(path: &Path) -> bool {
    let file = File::open(path);
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Returns the files of records, the newest first: a later id is greater.
fn records(root: &Path) -> Result<Vec<PathBuf>, FileError> {
    let mut records = files(root)?;
    records.retain(|path| path.extension().is_some_and(|it| it == "json"));
    records.sort_unstable_by(|one, other| other.cmp(one));
    Ok(records)
}

/// Returns all files of imports.
fn files(root: &Path) -> Result<Vec<PathBuf>, FileError> {
    let folder = journal::folder(root);
    let reading = || FileError::io("looking through", &folder);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(reading()(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(reading())?;
        if entry.file_name().to_string_lossy().starts_with(MARK) {
            files.push(entry.path());
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::super::founding::Founding;
    use super::super::root::Root;
    use super::*;
    use crate::model::Scope;

    const OWNER: Scope = Scope::User(Uuid::from_u128(7));

    fn directory(folder: &Path) -> Directory {
        let founding = Founding::begin(folder).unwrap();
        drop(founding.settle(OWNER, None).unwrap());
        Directory::open(&Root::new(folder), IfBaseChanged::Refuse).unwrap()
    }

    #[test]
    fn a_damaged_record_hides_no_other_and_goes_with_the_old_ones() {
        let folder = tempfile::tempdir().unwrap();
        let directory = directory(folder.path());
        let whole = Import::new(["a.zip".to_owned()]);
        let _held = directory.begin_import(&whole).unwrap();
        let text = fs::read_to_string(record_path(folder.path(), whole.run_id)).unwrap();
        for (number, damaged) in [
            &text[..text.len() / 2],
            "",
            &text.replace("\"version\": 1", "\"version\": 2"),
            &text.replace("reading", "dreaming"),
            &" ".repeat(usize::try_from(LARGEST).unwrap() + 1),
        ]
        .into_iter()
        .enumerate()
        {
            let old = record_path(folder.path(), Uuid::from_u128(number as u128));
            fs::write(old, damaged).unwrap();
        }
        let read = read(folder.path()).unwrap();
        assert_eq!(
            read.runs,
            [Import {
                is_live: true,
                ..whole
            }]
        );
        assert_eq!(read.unreadable.len(), 5, "{:?}", read.unreadable);
        for _ in 0..KEPT_IMPORTS {
            directory.begin_import(&Import::new([])).unwrap();
        }
        let left = super::read(folder.path()).unwrap();
        assert_eq!(left.runs.len(), KEPT_IMPORTS);
        assert_eq!(left.unreadable, [""; 0]);
    }

    #[test]
    fn what_a_crash_left_of_records_goes_with_the_next_import() {
        let folder = tempfile::tempdir().unwrap();
        let directory = directory(folder.path());
        let first = Import::new([]);
        let held = directory.begin_import(&first).unwrap();
        let record = record_path(folder.path(), first.run_id);
        let left = [
            record.with_extension("json.new"),
            record_path(folder.path(), Uuid::from_u128(1)).with_extension("lock"),
            record_path(folder.path(), Uuid::from_u128(2)).with_extension("json.new"),
        ];
        for file in &left {
            fs::write(file, "").unwrap();
        }
        let second = directory.begin_import(&Import::new([])).unwrap();
        assert!(left.iter().all(|file| !file.exists()));
        let imports = read(folder.path()).unwrap().runs;
        assert_eq!(imports.len(), 2);
        assert!(imports.iter().all(|import| import.is_live));
        drop((held, second));
    }

    /// Two who look at the same moment do not take each other for the import.
    #[test]
    fn who_asks_whether_an_import_is_at_work_is_not_taken_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let directory = directory(folder.path());
        let import = Import::new([]);
        drop(directory.begin_import(&import).unwrap());
        let lock = lock_path(&record_path(folder.path(), import.run_id));
        let other = File::open(&lock).unwrap();
        other.try_lock_shared().unwrap();
        assert!(!is_locked(&lock));
    }
}
