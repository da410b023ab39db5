//! Founding: a directory before it has an owner, what is in it, and how it gets one.
//!
//! What can be refused is refused by looking alone. Then the locks are taken, which leave the first
//! traces, and it is looked again: of several that come at once, one settles and the others see whose
//! the directory has become.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use uuid::Uuid;

use super::backend::FileBackend;
use super::error::FileError;
use super::journal;
use super::layout::{self, Layout, LayoutError};
use super::lock::{Lock, PATIENCE};
use super::manifest::{self, Manifest};
use super::npy;
use super::pair::{Pair, PairError};
use super::removal::require_not_removing;
use super::root::Root;
use crate::fsutil::{self, Access, Os};
use crate::json::{self, Value};
use crate::model::{Kind, PerKind, Scope, Space};

/// A directory, as far as owners are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Site {
    /// There is nothing yet, or what a creation left that was interrupted.
    Vacant,
    /// Memories of nobody.
    Unclaimed(Inventory),
    /// Somebody's memories.
    Owned(Scope),
}

/// Memories that have no owner yet: sound enough to be opened once they have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// The owners that records name, in the order in which they occur; five are told apart.
    pub owners: Vec<Scope>,
    /// Numbers in a vector; 0 if there are no vectors.
    pub dims: usize,
    /// The first 64-bit number that 32 bits cannot hold: unless such are rounded, the vectors cannot
    /// be used.
    pub inexact: Option<String>,
}

/// A directory that nobody else can give an owner as long as this lives.
#[derive(Debug)]
pub struct Founding {
    root: Root,
    site: Site,
    cast: bool,
    _locks: (Lock, Lock),
}

impl Site {
    /// Looks at a directory, and changes nothing.
    ///
    /// # Errors
    /// [`FileError::Foreign`] if it belongs to something else; if its memories could not be opened.
    pub fn survey(root: &Path) -> Result<Self, FileError> {
        let seen = Self::look(root);
        let lock = journal::folder(root).join("lock");
        if seen.is_ok() || !lock.exists() {
            return seen;
        }
        // It may be in the making: the process that makes it holds the lock. One that may not take it cannot
        // know better.
        let Ok(_lock) = Lock::wait(&Os, &lock, PATIENCE) else {
            return seen;
        };
        Self::look(root)
    }

    /// Checks that the vectors of a directory can be said to be of this model.
    ///
    /// # Errors
    /// [`FileError::NoVectors`] if there are none; [`FileError::OtherModel`] if another is known to have
    /// made them.
    pub fn check_model(root: &Path, model: &str) -> Result<(), FileError> {
        newly_named(root, model).map(drop)
    }

    fn look(root: &Path) -> Result<Self, FileError> {
        match fs::metadata(root) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::Vacant),
            Err(error) => return Err(FileError::io("reading", root)(error)),
            Ok(_) => {}
        }
        let manifest = root.join("manifest.json");
        let is_known = layout::has_files(root)
            || manifest.exists() && manifest::speaks_of_memories(&manifest)?;
        let layout = match Layout::find(root) {
            Err(error @ (LayoutError::Flat { .. } | LayoutError::NoDirectory { .. })) => {
                return Err(error.into());
            }
            found if is_known => found?,
            // One of layout 1.x speaks of its memories by naming their files.
            Ok(layout) if layout.version == "1.x" => layout,
            Err(error @ LayoutError::Io { .. }) => return Err(error.into()),
            _ => return vacant(root),
        };
        if let Some(owner) = Manifest::read(&layout)?.owner()? {
            return Ok(Self::Owned(owner));
        }
        if was_left(root, &layout) {
            return Ok(Self::Vacant);
        }
        Ok(Self::Unclaimed(Inventory::of(&layout)?))
    }
}

impl Inventory {
    /// Goes through memories once.
    fn of(layout: &Layout) -> Result<Self, FileError> {
        /// More are not told apart.
        const MOST: usize = 5;
        let (mut owners, mut dims, mut inexact) = (Vec::new(), 0, None);
        for kind in Kind::ALL {
            let Some(paths) = layout.require(kind)? else {
                continue;
            };
            let pair = Pair::open(paths, npy::Options::default())?;
            let (mut count, mut broken) = (0, None);
            pair.scan(|span, record| {
                count += 1;
                match json::parse(record) {
                    Ok(record) if owners.len() < MOST => {
                        owners.extend(owner(&record).filter(|owner| !owners.contains(owner)));
                    }
                    Ok(_) => {}
                    Err(source) => {
                        broken.get_or_insert_with(|| FileError::Record {
                            path: paths.records.clone(),
                            index: span.index,
                            source,
                        });
                    }
                }
            })?;
            if let Some(broken) = broken {
                return Err(broken);
            }
            let vectors = &pair.vectors;
            if vectors.rows() != count {
                return Err(FileError::CountMismatch {
                    kind,
                    records: paths.records.clone(),
                    record_count: count,
                    vectors: paths.vectors.clone(),
                    vector_count: vectors.rows(),
                });
            }
            if count > 0 && dims > 0 && vectors.dims() != dims {
                return Err(FileError::Width {
                    path: paths.vectors.clone(),
                    found: vectors.dims(),
                    expected: dims,
                });
            }
            dims = dims.max(vectors.dims());
            if inexact.is_none()
                && let Err(error) = vectors.check_numbers()
            {
                match error.problem {
                    npy::Problem::Inexact { .. } => inexact = Some(error.to_string()),
                    _ => return Err(PairError::from(error).into()),
                }
            }
        }
        Ok(Self {
            owners,
            dims,
            inexact,
        })
    }
}

impl Founding {
    /// Takes the locks of a directory, which is made for its owner's eyes alone if it is not there.
    ///
    /// # Errors
    /// If another process keeps a lock, or as [`Site::survey`].
    pub fn begin(root: &Path) -> Result<Self, FileError> {
        Self::begin_at(Root::new(root))
    }

    /// Begins on whichever disk.
    pub(super) fn begin_at(root: Root) -> Result<Self, FileError> {
        let disk = root.disk();
        disk.make_folders(&root, 0o700)
            .map_err(FileError::io("making", &root))?;
        require_not_removing(&root)?;
        // Whoever made it need not have seen to that. Where the folder above may not be opened, nobody can.
        let _ = disk.sync_folder(fsutil::folder(&root));
        // A compaction writes the manifest too.
        let lock = |name: &str| Lock::wait(disk, &journal::folder(&root).join(name), PATIENCE);
        let locks = (lock("compact.lock")?, lock("lock")?);
        Ok(Self {
            site: Site::look(&root)?,
            root,
            cast: false,
            _locks: locks,
        })
    }

    /// Returns what the directory is, now that nobody else can change that.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Says which model made the vectors that are there, which nobody said before.
    ///
    /// # Errors
    /// As [`Site::check_model`], and if it cannot be written.
    pub fn name_model(&self, model: &str) -> Result<(), FileError> {
        if let Some(space) = newly_named(&self.root, model)? {
            let mut manifest = Manifest::read(&Layout::find(&self.root)?)?;
            manifest.set_space(&space);
            manifest.write(self.root.disk())?;
        }
        Ok(())
    }

    /// Sets that 64-bit vectors are rounded to 32 bits when they are read.
    #[must_use]
    pub fn rounding(self) -> Self {
        Self { cast: true, ..self }
    }

    /// Makes the directory somebody's, and opens it. Memories that are there do not change. Their
    /// space is the given one, if nothing says so yet.
    ///
    /// # Errors
    /// [`FileError::OtherOwner`] if it is somebody else's; [`FileError::Width`] if its vectors are not
    /// as wide as `space` says; if it cannot be written.
    pub fn settle(self, scope: Scope, space: Option<&Space>) -> Result<FileBackend, FileError> {
        let root = &self.root;
        let mut manifest = match &self.site {
            Site::Owned(owner) if *owner != scope => {
                return Err(FileError::OtherOwner {
                    path: root.to_path_buf(),
                    owner: *owner,
                    asked: scope,
                });
            }
            Site::Vacant => {
                write_empty(root, space)?;
                let mut manifest = Manifest::new(root.join("manifest.json"));
                manifest.set_owner(scope);
                manifest.set_counts(&PerKind::default());
                manifest
            }
            Site::Unclaimed(_) | Site::Owned(_) => Manifest::read(&Layout::find(root)?)?,
        };
        let before = manifest.to_bytes();
        manifest.set_owner(scope);
        if let (Site::Vacant | Site::Unclaimed(_), None) = (&self.site, manifest.is_shared()) {
            manifest.set_shared(self.site != Site::Vacant);
        }
        if self.cast {
            manifest.set_cast();
        }
        if let (None, Some(space)) = (manifest.space()?, space) {
            check_width(root, space)?;
            manifest.set_space(space);
        }
        if self.site == Site::Vacant || manifest.to_bytes() != before {
            manifest.write(root.disk())?;
        }
        drop(self._locks);
        let backend = FileBackend::open_at(&self.root)?;
        // A program that knows no form of directories knows that of journals.
        backend.begin_journal()?;
        Ok(backend)
    }
}

impl FileBackend {
    /// Makes an empty directory of layout 2.0.0, and opens it. Without a space, the first vector
    /// decides.
    ///
    /// # Errors
    /// [`FileError::NotEmpty`] if there are memories, [`FileError::Foreign`] if there is anything else;
    /// if it cannot be written.
    pub fn create(root: &Path, scope: Scope, space: Option<&Space>) -> Result<Self, FileError> {
        let vacant = |site: &Site| match site {
            Site::Vacant => Ok(()),
            _ => Err(FileError::NotEmpty {
                path: root.to_owned(),
            }),
        };
        vacant(&Site::survey(root)?)?;
        let founding = Founding::begin(root)?;
        vacant(founding.site())?;
        founding.settle(scope, space)
    }

    /// Says in the manifest whose memory a directory holds, and opens it. No memory changes. If the
    /// directory does not say in which space its vectors are, it is `space`; without one, that of
    /// `BAAI/bge-m3` for vectors of 1024, else an unknown one.
    ///
    /// # Errors
    /// [`FileError::OtherOwner`] if it has another owner; [`FileError::Width`] if its vectors are not
    /// as wide as `space` says; if there are no memories, or it cannot be read or written.
    pub fn claim(root: &Path, scope: Scope, space: Option<&Space>) -> Result<Self, FileError> {
        Layout::find(root)?;
        Site::survey(root)?;
        Founding::begin(root)?.settle(scope, space)
    }
}

/// Writes files that hold no nodes.
fn write_empty(root: &Root, space: Option<&Space>) -> Result<(), FileError> {
    let vectors = npy::header(0, space.map_or(0, |space| space.dims));
    for (folder, name, bytes) in [
        ("corpus", "nodes.json", b"[]".to_vec()),
        ("vectors", "nodes.npy", vectors),
    ] {
        let path = root.join(folder).join(name);
        let disk = root.disk();
        disk.make_folders(&root.join(folder), 0o777)
            .and_then(|()| disk.replace(&path, &bytes, Access::Usual))
            .map_err(FileError::io("writing", &path))?;
    }
    Ok(())
}

/// Returns the space that vectors are of if this model made them; `None` if they are known to be of it.
fn newly_named(root: &Path, model: &str) -> Result<Option<Space>, FileError> {
    let path = || root.to_owned();
    let layout = match Layout::find(root) {
        Err(
            LayoutError::NoDirectory {
                is_there: false, ..
            }
            | LayoutError::NothingThere { .. },
        ) => {
            return Err(FileError::NoVectors { path: path() });
        }
        found => found?,
    };
    let known = Manifest::read(&layout)?.space()?;
    let mut dims = known.as_ref().map_or(0, |space| space.dims);
    for kind in Kind::ALL {
        if let Some(paths) = layout.require(kind)? {
            dims = dims.max(Pair::open(paths, npy::Options::default())?.vectors.dims());
        }
    }
    match known {
        _ if dims == 0 => Err(FileError::NoVectors { path: path() }),
        Some(known) if known.is_named() && known.is_of_model(model) => Ok(None),
        Some(known) if known.is_named() => Err(FileError::OtherModel {
            path: path(),
            known,
        }),
        _ => Ok(Some(Space::local(model, dims))),
    }
}

/// Refuses a space that the vectors of a directory do not fit.
fn check_width(root: &Path, space: &Space) -> Result<(), FileError> {
    let layout = Layout::find(root)?;
    for kind in Kind::ALL {
        let Some(paths) = layout.require(kind)? else {
            continue;
        };
        let vectors = Pair::open(paths, npy::Options::default())?.vectors;
        if vectors.rows() > 0 && vectors.dims() != space.dims {
            return Err(FileError::Width {
                path: paths.vectors.clone(),
                found: space.dims,
                expected: vectors.dims(),
            });
        }
    }
    Ok(())
}

/// Returns whether a directory without a manifest is what a creation left that was interrupted.
fn was_left(root: &Path, layout: &Layout) -> bool {
    let holds_none = |kind| {
        let records = &layout.paths(kind).records;
        !layout.holds(kind) || fs::read(records).is_ok_and(|bytes| bytes == b"[]")
    };
    layout.manifest.is_none()
        && Kind::ALL.into_iter().all(holds_none)
        && journal::folder(root).join("lock").exists()
}

/// Finds that there is nothing in a directory but what a creation leaves, and what is in every
/// folder: hidden files, and the `lost+found` of a file system.
fn vacant(root: &Path) -> Result<Site, FileError> {
    let names = |folder: &Path| -> Result<Vec<String>, FileError> {
        let reading = || FileError::io("reading", folder);
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(reading())? {
            let name = entry.map_err(reading())?.file_name();
            names.push(name.to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    };
    let mut foreign = Vec::new();
    for name in names(root)? {
        let is_ours = match name.as_str() {
            "journal" | "corpus" | "vectors" if root.join(&name).is_dir() => {
                let ours = |name: &String| name.ends_with("lock") || name.ends_with(".new");
                names(&root.join(&name))?.iter().all(ours)
            }
            "lost+found" => true,
            name => name.starts_with('.'),
        };
        if !is_ours {
            foreign.push(name);
        }
    }
    /// More are not named.
    const SHOWN: usize = 3;
    let holds = match foreign.as_slice() {
        [] => return Ok(Site::Vacant),
        few if few.len() <= SHOWN => few.join(", "),
        many => format!(
            "{} and {} more",
            many[..SHOWN].join(", "),
            many.len() - SHOWN
        ),
    };
    let path = root.to_owned();
    Err(FileError::Foreign { path, holds })
}

/// Returns the owner that a record names.
fn owner(record: &Value<'_>) -> Option<Scope> {
    let id = |key| match record.get(key) {
        Some(Value::String(text)) => Uuid::try_parse(text.to_str()?).ok(),
        _ => None,
    };
    id("user_id")
        .map(Scope::User)
        .or_else(|| id("tenant_id").map(Scope::Tenant))
}
