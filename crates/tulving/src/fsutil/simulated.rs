//! A disk for tests. It does what it is asked at once, in a real folder, and remembers what of that a
//! loss of power would have left; and it can fail at any operation.
//!
//! What a file holds is durable once the file was synced, and a name once its folder was. Of the rest
//! any part may survive ([`Loss`]), in any order: nothing is taken from what some file system does.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

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

/// When an operation fails, and how. Operations are counted from the first that the disk was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    at: usize,
    for_good: bool,
    is_full: bool,
    fits: usize,
}

impl Fault {
    /// There is no room for what makes a file longer, or is new.
    pub(crate) fn full(at: usize) -> Self {
        Self {
            at,
            for_good: false,
            is_full: true,
            fits: 0,
        }
    }

    /// The operation fails, whatever it is.
    pub(crate) fn broken(at: usize) -> Self {
        Self {
            is_full: false,
            ..Self::full(at)
        }
    }

    /// So many bytes of a write that fails are written.
    pub(crate) fn after(self, fits: usize) -> Self {
        Self { fits, ..self }
    }

    /// And all later ones fail too.
    pub(crate) fn for_good(self) -> Self {
        Self {
            for_good: true,
            ..self
        }
    }
}

/// What was done to a disk, step by step.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    start: Model,
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
enum Step {
    Create(PathBuf),
    CreateFolder(PathBuf),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    SyncFolder(PathBuf),
    Change(usize, Change),
    SyncFile(usize),
}

/// What of all that was not durable is lost with the power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// All of it.
    Everything,
    /// None of it.
    Nothing,
    /// What files held.
    Contents,
    /// Names.
    Names,
    /// Half of the last write to each file.
    Tails,
    /// Each write but the last one to each file; what they would have filled is zero.
    Beginnings,
    /// Some of it, as this seed says.
    Some(u64),
}

/// A folder as it is found after a loss of power: what files hold, by their paths. Folders hold nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Image(BTreeMap<PathBuf, Option<Vec<u8>>>);

/// What is on a disk.
#[derive(Debug, Clone, Default)]
struct Model {
    files: Vec<Content>,
    folders: BTreeMap<PathBuf, Names>,
}

#[derive(Debug, Clone, Default)]
struct Content {
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Write(u64, Vec<u8>),
    SetLen(u64),
}

#[derive(Debug, Clone, Default)]
struct Names {
    durable: BTreeMap<OsString, Node>,
    pending: Vec<Naming>,
}

#[derive(Debug, Clone, Copy)]
enum Node {
    File(usize),
    Folder,
}

#[derive(Debug, Clone)]
enum Naming {
    Set(OsString, Node),
    Unset(OsString),
    /// Both at once.
    Move(OsString, OsString, Node),
}

impl Simulated {
    /// A folder as it is; all that is in it is durable.
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

    /// The folder, by the path that no link is part of.
    pub(crate) fn top(&self) -> &Path {
        &self.top
    }

    /// How many operations it was asked for.
    pub(crate) fn asked(&self) -> usize {
        self.state().asked
    }

    /// Which of the operations that it was asked for needed room.
    pub(crate) fn growing(&self) -> Vec<usize> {
        self.state().growing.clone()
    }

    /// How many steps changed something, or made it durable.
    pub(crate) fn steps(&self) -> usize {
        self.state().trace.steps.len()
    }

    pub(crate) fn trace(&self) -> Trace {
        self.state().trace.clone()
    }

    /// From now on an operation fails.
    pub(crate) fn fail(&self, fault: Fault) {
        self.state().fault = Some(fault);
    }

    /// From now on none does.
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

/// What an operation is refused with.
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

impl Trace {
    /// Gives what a loss of power would leave after each of the steps, in each of these ways, with how
    /// many steps were done.
    pub(crate) fn images(&self, losses: &[Loss], mut each: impl FnMut(usize, Loss, Image)) {
        let mut model = self.start.clone();
        for done in 0..=self.steps.len() {
            if let Some(step) = done.checked_sub(1).and_then(|last| self.steps.get(last)) {
                model.apply(step);
            }
            for loss in losses {
                each(done, *loss, model.after(*loss, done));
            }
        }
    }

    /// The first steps alone.
    pub(crate) fn first(mut self, steps: usize) -> Self {
        self.steps.truncate(steps);
        self
    }
}

impl Image {
    /// Makes a folder of it.
    pub(crate) fn write(&self, top: &Path) {
        for (path, content) in &self.0 {
            match content {
                Some(bytes) => fs::write(top.join(path), bytes).unwrap(),
                None => fs::create_dir(top.join(path)).unwrap(),
            }
        }
    }

    /// What is in it under paths of which this is said.
    pub(crate) fn only(&self, mut these: impl FnMut(&Path) -> bool) -> Self {
        let mut image = self.clone();
        image.0.retain(|path, _| these(path));
        image
    }
}

impl Model {
    fn read(&mut self, at: &Path) {
        let mut names = Names::default();
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_owned();
            if path.is_dir() {
                names.durable.insert(name, Node::Folder);
                self.read(&path);
            } else {
                names.durable.insert(name, Node::File(self.files.len()));
                self.files.push(Content {
                    durable: fs::read(&path).unwrap(),
                    pending: Vec::new(),
                });
            }
        }
        self.folders.insert(at.to_owned(), names);
    }

    /// What has that name now.
    fn at(&self, path: &Path) -> Option<Node> {
        let names = self.folders.get(folder(path))?.kept(|| true);
        names.get(path.file_name()?).copied()
    }

    fn names(&mut self, path: &Path) -> (&mut Vec<Naming>, OsString) {
        let name = path.file_name().unwrap().to_owned();
        let names = self.folders.get_mut(folder(path)).unwrap();
        (&mut names.pending, name)
    }

    fn apply(&mut self, step: &Step) {
        match step {
            Step::Create(path) => {
                let node = Node::File(self.files.len());
                self.files.push(Content::default());
                let (pending, name) = self.names(path);
                pending.push(Naming::Set(name, node));
            }
            Step::CreateFolder(path) => {
                let (pending, name) = self.names(path);
                pending.push(Naming::Set(name, Node::Folder));
                self.folders.insert(path.clone(), Names::default());
            }
            Step::Rename(from, to) => {
                let node = self.at(from).unwrap();
                let new = to.file_name().unwrap().to_owned();
                let (pending, name) = self.names(from);
                pending.push(Naming::Move(name, new, node));
            }
            Step::Remove(path) => {
                let (pending, name) = self.names(path);
                pending.push(Naming::Unset(name));
            }
            Step::SyncFolder(path) => {
                // Folders above the one that is simulated are durable.
                if let Some(names) = self.folders.get_mut(path) {
                    names.durable = names.kept(|| true);
                    names.pending.clear();
                }
            }
            Step::Change(file, change) => self.files[*file].pending.push(change.clone()),
            Step::SyncFile(file) => {
                let content = &mut self.files[*file];
                content.durable = content.kept(|_, len| len);
                content.pending.clear();
            }
        }
    }

    /// What is left of it.
    fn after(&self, loss: Loss, moment: usize) -> Image {
        let mut image = BTreeMap::new();
        let seed = match loss {
            Loss::Some(seed) => seed,
            _ => 0,
        };
        let mut random = Random(seed ^ (moment as u64) << 20);
        let Some(top) = self.folders.keys().next() else {
            return Image(image);
        };
        self.collect(top, Path::new(""), loss, &mut random, &mut image);
        Image(image)
    }

    fn collect(
        &self,
        at: &Path,
        below: &Path,
        loss: Loss,
        random: &mut Random,
        image: &mut BTreeMap<PathBuf, Option<Vec<u8>>>,
    ) {
        let names = self.folders[at].kept(|| match loss {
            Loss::Everything | Loss::Names => false,
            Loss::Some(_) => random.below(2) == 0,
            _ => true,
        });
        for (name, node) in names {
            let path = below.join(&name);
            let Node::File(file) = node else {
                image.insert(path.clone(), None);
                self.collect(&at.join(&name), &path, loss, random, image);
                continue;
            };
            let content = self.files[file].kept(|is_last, len| match (loss, is_last) {
                (Loss::Everything | Loss::Contents, _) | (Loss::Beginnings, false) => 0,
                (Loss::Tails, true) => len / 2,
                (Loss::Some(_), _) => [0, len / 3, len, len][random.below(4) as usize],
                _ => len,
            });
            image.insert(path, Some(content));
        }
    }
}

impl Names {
    /// The names that there are if of what is pending that is there for which `keep` says so.
    fn kept(&self, mut keep: impl FnMut() -> bool) -> BTreeMap<OsString, Node> {
        let mut names = self.durable.clone();
        for naming in self.pending.iter().filter(|_| keep()) {
            match naming {
                Naming::Set(name, node) => {
                    names.insert(name.clone(), *node);
                }
                Naming::Unset(name) => {
                    names.remove(name);
                }
                Naming::Move(from, to, node) => {
                    names.remove(from);
                    names.insert(to.clone(), *node);
                }
            }
        }
        names
    }
}

impl Content {
    /// The bytes that there are if of each pending write so many are there; it is told whether it is
    /// the last, and how long. A cut is there whole or not at all.
    fn kept(&self, mut keep: impl FnMut(bool, usize) -> usize) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        for (index, change) in self.pending.iter().enumerate() {
            let is_last = index + 1 == self.pending.len();
            match change {
                Change::Write(offset, written) => {
                    let count = keep(is_last, written.len());
                    let (start, end) = (*offset as usize, *offset as usize + count);
                    if count > 0 {
                        bytes.resize(bytes.len().max(end), 0);
                        bytes[start..end].copy_from_slice(&written[..count]);
                    }
                }
                Change::SetLen(len) => {
                    if keep(is_last, 1) > 0 {
                        bytes.resize(*len as usize, 0);
                    }
                }
            }
        }
        bytes
    }
}

/// Numbers from a seed: SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

#[cfg(test)]
mod tests {
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
