//! A disk for tests. It does what it is asked at once, in a real folder, and remembers what of that a
//! loss of power would have left; and it can fail at any operation.
//!
//! What a file holds is durable once the file was synced, and a name once its folder was. Of the rest
//! any part may survive ([`Loss`]), in any order: nothing is taken from what some file system does.
//!
//! | module | holds |
//! |---|---|
//! | `model` | what is on the disk: what of it is durable, and what was done since |
//! | `loss` | a loss of power, and what it leaves |
//! | `fault` | a fault of the disk |

mod fault;
mod loss;
mod model;

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

pub(crate) use fault::Fault;
pub(crate) use loss::{Image, Loss, Trace};
use model::{Change, Model, Node, Step};

use super::disk::{Disk, Handle, Os};
use super::own::{Access, folder};

/// A folder on a disk of which everything is known.
#[derive(Debug)]
pub(crate) struct Simulated {
    top: PathBuf,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    asked: usize,
    /// Which of the operations needed room.
    growing: Vec<usize>,
    fault: Option<Fault>,
    trace: Trace,
    now: Model,
}

impl Simulated {
    /// Makes a disk of a folder as it is; all that is in it is durable.
    pub(crate) fn over(top: &Path) -> Self {
        let top = top.canonicalize().unwrap();
        let mut now = Model::default();
        now.read(&top);
        let trace = Trace {
            start: now.clone(),
            steps: Vec::new(),
        };
        let state = State {
            asked: 0,
            growing: Vec::new(),
            fault: None,
            trace,
            now,
        };
        Self {
            top,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Returns the folder, by the path that no link is part of.
    pub(crate) fn top(&self) -> &Path {
        &self.top
    }

    /// Returns how many operations it was asked for.
    pub(crate) fn asked(&self) -> usize {
        self.state().asked
    }

    /// Returns which of the operations that it was asked for needed room.
    pub(crate) fn growing(&self) -> Vec<usize> {
        self.state().growing.clone()
    }

    /// Returns how many steps changed something, or made it durable.
    pub(crate) fn steps(&self) -> usize {
        self.state().trace.steps.len()
    }

    pub(crate) fn trace(&self) -> Trace {
        self.state().trace.clone()
    }

    /// Lets an operation fail from now on.
    pub(crate) fn fail(&self, fault: Fault) {
        self.state().fault = Some(fault);
    }

    /// Lets no operation fail any more.
    pub(crate) fn mend(&self) {
        self.state().fault = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn handle(&self, file: usize, inner: Box<dyn Handle>) -> Box<dyn Handle> {
        Box::new(Open {
            file,
            inner,
            state: Arc::clone(&self.state),
        })
    }
}

impl State {
    /// Counts an operation; fails if it is to fail, with how much of it is done all the same.
    fn ask(&mut self, needs_room: bool) -> Result<(), (io::Error, usize)> {
        let at = self.asked;
        self.asked += 1;
        self.growing.extend(needs_room.then_some(at));
        match self.fault {
            Some(fault)
                if (fault.at == at || fault.for_good && fault.at < at)
                    && (needs_room || !fault.is_full) =>
            {
                let code = if fault.is_full {
                    libc::ENOSPC
                } else {
                    libc::EIO
                };
                Err((io::Error::from_raw_os_error(code), fault.fits))
            }
            _ => Ok(()),
        }
    }

    fn done(&mut self, step: Step) {
        self.now.apply(&step);
        self.trace.steps.push(step);
    }
}

/// Returns what an operation is refused with.
fn refused((error, _): (io::Error, usize)) -> io::Error {
    error
}

impl Disk for Simulated {
    fn create_new(&self, path: &Path, access: Access<'_>) -> io::Result<Box<dyn Handle>> {
        let mut state = self.state();
        state.ask(true).map_err(refused)?;
        let inner = Os.create_new(path, access)?;
        state.done(Step::Create(path.to_owned()));
        let file = state.now.files.len() - 1;
        drop(state);
        Ok(self.handle(file, inner))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Handle>> {
        let mut state = self.state();
        state.ask(false).map_err(refused)?;
        let inner = Os.open(path)?;
        let Some(Node::File(file)) = state.now.at(path) else {
            panic!("{} is on no disk", path.display());
        };
        drop(state);
        Ok(self.handle(file, inner))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        assert_eq!(folder(from), folder(to), "a rename within a folder");
        let mut state = self.state();
        state.ask(false).map_err(refused)?;
        Os.rename(from, to)?;
        state.done(Step::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.ask(false).map_err(refused)?;
        let was_there = state.now.at(path).is_some();
        Os.remove(path)?;
        if was_there {
            state.done(Step::Remove(path.to_owned()));
        }
        Ok(())
    }

    fn create_folder(&self, path: &Path, mode: u32) -> io::Result<()> {
        let mut state = self.state();
        state.ask(true).map_err(refused)?;
        Os.create_folder(path, mode)?;
        state.done(Step::CreateFolder(path.to_owned()));
        Ok(())
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.ask(false).map_err(refused)?;
        Os.remove_folder(path)?;
        state.done(Step::Remove(path.to_owned()));
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.ask(false).map_err(refused)?;
        state.done(Step::SyncFolder(path.to_owned()));
        Ok(())
    }
}

/// An open file of a simulated disk.
#[derive(Debug)]
struct Open {
    file: usize,
    inner: Box<dyn Handle>,
    state: Arc<Mutex<State>>,
}

impl Open {
    fn change(&self, change: Change, needs_room: bool) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        let asked = state.ask(needs_room);
        let (change, answer) = match (asked, change) {
            (Ok(()), change) => (change, Ok(())),
            (Err((error, fits)), Change::Write(offset, bytes)) if fits > 0 => {
                let fits = bytes.len().min(fits);
                (Change::Write(offset, bytes[..fits].to_vec()), Err(error))
            }
            (Err((error, _)), _) => return Err(error),
        };
        match &change {
            Change::Write(offset, bytes) => self.inner.write_at(bytes, *offset)?,
            Change::SetLen(len) => self.inner.set_len(*len)?,
        }
        state.done(Step::Change(self.file, change));
        answer
    }
}

impl Handle for Open {
    fn metadata(&self) -> io::Result<Metadata> {
        self.inner.metadata()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let asked = self.state.lock().unwrap().ask(false);
        asked.map_err(refused)?;
        self.inner.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.change(Change::Write(offset, bytes.to_vec()), true)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Change::SetLen(len), false)
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        state.ask(false).map_err(refused)?;
        state.done(Step::SyncFile(self.file));
        Ok(())
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn image(entries: &[(&str, &[u8])]) -> Image {
        let entries = entries.iter();
        Image(
            entries
                .map(|(name, bytes)| (PathBuf::from(name), Some(bytes.to_vec())))
                .collect(),
        )
    }

    #[test]
    fn what_was_not_synced_may_be_lost_and_what_was_may_not() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Simulated::over(folder.path());
        let (old, new) = (disk.top().join("old"), disk.top().join("new"));
        let file = disk.create_new(&old, Access::Usual).unwrap();
        file.write_at(b"sync", 0).unwrap();
        file.sync_all().unwrap();
        disk.sync_folder(disk.top()).unwrap();
        file.write_at(b"more", 4).unwrap();
        file.write_at(b"last", 8).unwrap();
        disk.rename(&old, &new).unwrap();
        let last = disk.steps();
        let mut found = Vec::new();
        let losses = [
            Loss::Everything,
            Loss::Nothing,
            Loss::Contents,
            Loss::Names,
            Loss::Tails,
            Loss::Beginnings,
        ];
        disk.trace().images(&losses, |done, _, image| {
            found.extend((done == last).then_some(image));
        });
        let expected: [(&str, &[u8]); 6] = [
            ("old", b"sync"),
            ("new", b"syncmorelast"),
            ("new", b"sync"),
            ("old", b"syncmorelast"),
            ("new", b"syncmorela"),
            ("new", b"sync\0\0\0\0last"),
        ];
        assert_eq!(found, expected.map(|entry| image(&[entry])));
        assert_eq!(fs::read(&new).unwrap(), b"syncmorelast");
    }
}
