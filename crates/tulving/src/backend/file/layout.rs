//! Which files make up a data directory.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use thiserror::Error;

use crate::ErrorClass;
use crate::json::{self, Value};
use crate::model::{Kind, PerKind};

/// The files of one kind of memory: row i of the vectors belongs to element i of the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairPaths {
    /// A JSON array.
    pub records: PathBuf,
    /// A NumPy array of shape (rows, dims).
    pub vectors: PathBuf,
}

/// The files of a data directory, by name; whether they can be read is found out later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The directory.
    pub root: PathBuf,
    /// `2.0.0` or `1.x`.
    pub version: &'static str,
    /// The manifest that was followed, if there is one.
    pub manifest: Option<PathBuf>,
    /// Where the files of each kind are, or go when there are memories of it.
    pairs: PerKind<PairPaths>,
    /// The kinds whose files should be there.
    held: PerKind<bool>,
    /// Indices into the nodes by cluster; may be missing.
    pub(super) clusters: PathBuf,
}

/// Why a directory is not a data directory.
#[derive(Debug, Error)]
pub enum LayoutError {
    /// There is no such directory.
    #[error("{path}: {what}", what = if *.is_there { "it is no directory" } else { "no such directory" })]
    NoDirectory {
        /// The path that was given.
        path: PathBuf,
        /// Whether there is something else in its place.
        is_there: bool,
    },
    /// Nothing in it is named as memories are.
    #[error("{path}: found neither corpus/nodes.json nor a manifest_<time>.json")]
    NothingThere {
        /// The directory.
        path: PathBuf,
    },
    /// The files of memories are there, but not in the folders where they belong.
    #[error("{path}: {} there, but not in the folders where a data directory has them", are(.files))]
    Flat {
        /// The directory.
        path: PathBuf,
        /// The names of the files: `nodes.json`, `nodes.npy` and the like.
        files: Vec<String>,
    },
    /// A file that belongs to the layout is not there.
    #[error("{path}: {found}; it should hold the {what}")]
    Missing {
        /// The file.
        path: PathBuf,
        /// What is kept in it.
        what: String,
        /// What is in its place, if anything.
        found: &'static str,
    },
    /// The manifest cannot be used.
    #[error("{path}: {reason}")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The directory cannot be read.
    #[error("reading {path}")]
    Io {
        /// What was read.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl LayoutError {
    /// Returns what kind of failure it is where memory is to be worked with.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::NoDirectory { .. } | Self::NothingThere { .. } | Self::Flat { .. } => {
                ErrorClass::Refused
            }
            Self::Missing { .. } | Self::Manifest { .. } => ErrorClass::Unreadable,
            Self::Io { .. } => ErrorClass::Configuration,
        }
    }
}

/// Where the files of a kind are, if nothing names other places. They are called after the kind.
struct Usual {
    records: &'static str,
    vectors: &'static str,
    /// Where they are in layout 1.x, whose manifest names them; no manifest names files that the origin
    /// does not know.
    dated: Option<Dated>,
}

/// Where the files of a kind are in layout 1.x, and the keys that name them.
struct Dated {
    folder: &'static str,
    records_key: &'static str,
    vectors_key: &'static str,
}

static USUAL: PerKind<Usual> = PerKind::new([
    Usual {
        records: "corpus",
        vectors: "vectors",
        dated: Some(Dated {
            folder: "memory_nodes",
            records_key: "nodes_file",
            vectors_key: "node_embeddings_file",
        }),
    },
    Usual {
        records: "corpus",
        vectors: "vectors",
        dated: Some(Dated {
            folder: "episodic_memories",
            records_key: "episodes_file",
            vectors_key: "episode_embeddings_file",
        }),
    },
    Usual {
        records: DOCUMENTS,
        vectors: DOCUMENTS,
        dated: None,
    },
]);

/// The folder of documents and of their chunks, in every layout.
const DOCUMENTS: &str = "documents";

fn records_of(kind: Kind) -> String {
    format!("{}.json", kind.plural())
}

fn vectors_of(kind: Kind) -> String {
    format!("{}.npy", kind.plural())
}

impl Usual {
    /// Where the files of a kind are that no manifest names.
    fn pair(&self, root: &Path, kind: Kind) -> PairPaths {
        PairPaths {
            records: root.join(self.records).join(records_of(kind)),
            vectors: root.join(self.vectors).join(vectors_of(kind)),
        }
    }
}

/// Where the records of documents are, or go when there are any.
pub(super) fn documents(root: &Path) -> PathBuf {
    root.join(DOCUMENTS).join("documents.json")
}

/// A directory holds memories of this kind whether or not it has any: it is known by their files.
pub(super) const FIRST: Kind = Kind::Node;

/// The files of memories by their usual names, each with its folder; records before vectors.
fn usual() -> impl Iterator<Item = (&'static str, String)> {
    let records = USUAL
        .iter()
        .map(|(kind, usual)| (usual.records, records_of(kind)));
    let vectors = USUAL
        .iter()
        .map(|(kind, usual)| (usual.vectors, vectors_of(kind)));
    records.chain(vectors)
}

/// The folder of layout 2.0.0 that a file of this name belongs in.
#[must_use]
pub fn folder_of(file: &str) -> Option<&'static str> {
    usual()
        .find(|(_, name)| name == file)
        .map(|(folder, _)| folder)
}

/// Whether a file of memories is where it usually is.
pub(super) fn has_files(root: &Path) -> bool {
    usual().any(|(folder, name)| root.join(folder).join(name).exists())
}

/// The files of memories that stand in a directory itself, where nothing looks for them.
#[must_use]
pub fn astray(root: &Path) -> Vec<String> {
    let names = usual().map(|(_, name)| name);
    names.filter(|name| root.join(name).is_file()).collect()
}

/// `nodes.json and nodes.npy are`
fn are(files: &[String]) -> String {
    let verb = if files.len() == 1 { "is" } else { "are" };
    match files {
        [.., before, last] => {
            let first = &files[..files.len() - 2];
            let first: String = first.iter().map(|file| format!("{file}, ")).collect();
            format!("{first}{before} and {last} {verb}")
        }
        _ => format!("{} {verb}", files.concat()),
    }
}

impl Layout {
    /// Finds the files of a data directory, of layout 2.0.0 or 1.x.
    ///
    /// # Errors
    /// If the directory is not there or no data directory, or the manifest is broken.
    pub fn find(root: &Path) -> Result<Self, LayoutError> {
        if !root.is_dir() {
            return Err(LayoutError::NoDirectory {
                path: root.to_owned(),
                is_there: root.exists(),
            });
        }
        let manifest = root.join("manifest.json");
        if manifest.exists() || root.join("corpus").is_dir() {
            let unified = Self::unified(root, manifest)?;
            return match unified.pairs[FIRST].records.exists() {
                true => Ok(unified),
                false => Self::not_flat(root).map(|()| unified),
            };
        }
        match newest_manifest(root)? {
            Some(manifest) => Self::dated(root, manifest),
            None => {
                Self::not_flat(root)?;
                Err(LayoutError::NothingThere {
                    path: root.to_owned(),
                })
            }
        }
    }

    /// Refuses a directory in which files of nodes stand without their folders.
    fn not_flat(root: &Path) -> Result<(), LayoutError> {
        let files = astray(root);
        if files.iter().any(|name| name.starts_with(FIRST.plural())) {
            let path = root.to_owned();
            return Err(LayoutError::Flat { path, files });
        }
        Ok(())
    }

    fn unified(root: &Path, manifest: PathBuf) -> Result<Self, LayoutError> {
        let manifest = manifest.exists().then_some(manifest);
        let names = manifest.as_deref().map(Names::read).transpose()?;
        let place = |section: &str, key: &str, usual: &str| -> Result<PathBuf, LayoutError> {
            let named = names
                .as_ref()
                .map_or(Ok(None), |names| names.get(Some(section), key))?;
            let name = named.unwrap_or_else(|| usual.to_owned());
            // The origin's manifests name files with and without their folder.
            Ok(if name.contains('/') {
                root.join(name)
            } else {
                root.join(section).join(name)
            })
        };
        let pairs = PerKind::try_from_fn(|kind| {
            let (key, usual) = (format!("{}_file", kind.plural()), &USUAL[kind]);
            if !kind.is_of_origin() {
                return Ok(usual.pair(root, kind));
            }
            Ok(PairPaths {
                records: place(usual.records, &key, &records_of(kind))?,
                vectors: place(usual.vectors, &key, &vectors_of(kind))?,
            })
        })?;
        Ok(Self {
            root: root.to_owned(),
            version: "2.0.0",
            manifest,
            held: PerKind::from_fn(|kind| {
                let pair: &PairPaths = &pairs[kind];
                kind == FIRST || pair.records.exists() || pair.vectors.exists()
            }),
            pairs,
            clusters: clusters(root, names.as_ref())?,
        })
    }

    fn dated(root: &Path, manifest: PathBuf) -> Result<Self, LayoutError> {
        let names = Names::read(&manifest)?;
        let required = |folder: &str, key: &str| -> Result<PathBuf, LayoutError> {
            let reason = || LayoutError::Manifest {
                path: manifest.clone(),
                reason: format!("it names no {key}"),
            };
            Ok(root
                .join(folder)
                .join(names.get(None, key)?.ok_or_else(reason)?))
        };
        let mut held = PerKind::default();
        let pairs = PerKind::try_from_fn(|kind| {
            let usual = &USUAL[kind];
            let Some(dated) = &usual.dated else {
                let pair = usual.pair(root, kind);
                held[kind] = pair.records.exists() || pair.vectors.exists();
                return Ok(pair);
            };
            held[kind] = kind == FIRST || names.get(None, dated.records_key)?.is_some();
            if !held[kind] {
                return Ok(PairPaths {
                    records: root.join(dated.folder).join(records_of(kind)),
                    vectors: root.join("vectors").join(vectors_of(kind)),
                });
            }
            Ok(PairPaths {
                records: required(dated.folder, dated.records_key)?,
                vectors: required("vectors", dated.vectors_key)?,
            })
        })?;
        Ok(Self {
            root: root.to_owned(),
            version: "1.x",
            manifest: Some(manifest),
            pairs,
            held,
            clusters: clusters(root, Some(&names))?,
        })
    }

    /// The keys under which a manifest of layout 1.x names the files of a kind; none if it names none.
    pub(super) fn dated_keys(kind: Kind) -> Vec<&'static str> {
        let dated = USUAL[kind].dated.iter();
        dated
            .flat_map(|dated| [dated.records_key, dated.vectors_key])
            .collect()
    }

    /// Whether the directory holds a kind: its files should be there.
    #[must_use]
    pub fn holds(&self, kind: Kind) -> bool {
        self.held[kind]
    }

    /// Where the files of one kind are, or go when there are memories of it.
    pub(super) fn place(&self, kind: Kind) -> &PairPaths {
        &self.pairs[kind]
    }

    /// The pair of files of one kind, if the directory holds that kind.
    ///
    /// # Errors
    /// If one of the two is not there.
    pub fn require(&self, kind: Kind) -> Result<Option<&PairPaths>, LayoutError> {
        let pair = self.holds(kind).then(|| self.place(kind));
        for (path, what) in pair.into_iter().flat_map(|pair| {
            let vectors = format!("vectors of the {}", kind.plural());
            [
                (&pair.records, kind.plural().to_owned()),
                (&pair.vectors, vectors),
            ]
        }) {
            if let Some(found) = no_file(path) {
                return Err(LayoutError::Missing {
                    path: path.clone(),
                    what,
                    found,
                });
            }
        }
        Ok(pair)
    }
}

fn clusters(root: &Path, names: Option<&Names>) -> Result<PathBuf, LayoutError> {
    let named = names.map_or(Ok(None), |names| names.get(None, "clusters_file"))?;
    Ok(match named {
        Some(name) if name.contains('/') => root.join(name),
        name => root
            .join("indexes")
            .join(name.as_deref().unwrap_or("clusters.json")),
    })
}

/// The file names that a manifest gives.
struct Names {
    path: PathBuf,
    manifest: Value<'static>,
}

impl Names {
    fn read(path: &Path) -> Result<Self, LayoutError> {
        const LARGEST: u64 = 1 << 20;
        let io = |source| LayoutError::Io {
            path: path.to_owned(),
            source,
        };
        let broken = |reason: String| LayoutError::Manifest {
            path: path.to_owned(),
            reason,
        };
        if let Some(found) = no_file(path) {
            return Err(broken(found.to_owned()));
        }
        if fs::metadata(path).map_err(io)?.len() > LARGEST {
            return Err(broken("a manifest is smaller than 1 MiB".to_owned()));
        }
        let bytes = fs::read(path).map_err(io)?;
        let manifest = json::document(&bytes)
            .map_err(|e| broken(e.to_string()))?
            .into_owned();
        if !matches!(manifest, Value::Object(_)) {
            return Err(broken(format!(
                "a manifest is an object, but this is {}",
                manifest.kind()
            )));
        }
        Ok(Self {
            path: path.to_owned(),
            manifest,
        })
    }

    /// The name under a key, in a section or wherever in the manifest it stands.
    fn get(&self, section: Option<&str>, key: &str) -> Result<Option<String>, LayoutError> {
        let broken = |reason: String| {
            Err(LayoutError::Manifest {
                path: self.path.clone(),
                reason,
            })
        };
        let value = match section.map(|section| (section, self.manifest.get(section))) {
            None => search(&self.manifest, key),
            Some((_, None | Some(Value::Null))) => None,
            Some((_, Some(members @ Value::Object(_)))) => members.get(key),
            Some((section, Some(other))) => {
                return broken(format!(
                    "{section} must be an object, but is {}",
                    other.kind()
                ));
            }
        };
        let key = section.map_or_else(|| key.to_owned(), |section| format!("{section}.{key}"));
        match value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(name)) => match name.to_str() {
                Some(name) if stays_inside(name) => Ok(Some(name.to_owned())),
                _ => broken(format!(
                    "{key} must name a file inside the data directory, but is {:?}",
                    name.storable()
                )),
            },
            Some(other) => broken(format!(
                "{key} must be a file name, but is {}",
                other.kind()
            )),
        }
    }
}

/// Looks for a key in an object, then in the objects that it holds.
fn search<'a>(value: &'a Value<'_>, key: &str) -> Option<&'a Value<'a>> {
    value.get(key).or_else(|| match value {
        Value::Object(members) => members.iter().find_map(|(_, value)| search(value, key)),
        _ => None,
    })
}

fn stays_inside(name: &str) -> bool {
    !name.is_empty()
        && !name.contains('\0')
        && Path::new(name)
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
}

/// What is at a path in place of a file, in words.
fn no_file(path: &Path) -> Option<&'static str> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => None,
        Ok(found) if found.is_dir() => Some("it is a directory, not a file"),
        Ok(_) => Some("it is no ordinary file"),
        Err(why) if why.kind() == io::ErrorKind::PermissionDenied => {
            Some("permission to look at it was denied")
        }
        Err(_) => Some("no such file"),
    }
}

/// The `manifest_<time>.json` with the latest time: times are written so that they sort as text.
fn newest_manifest(root: &Path) -> Result<Option<PathBuf>, LayoutError> {
    let io = |source| LayoutError::Io {
        path: root.to_owned(),
        source,
    };
    let mut newest: Option<String> = None;
    for entry in fs::read_dir(root).map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        let Some(name) = name.to_str() else { continue };
        if name.starts_with("manifest_")
            && name.ends_with(".json")
            && newest.as_deref().is_none_or(|n| n < name)
        {
            newest = Some(name.to_owned());
        }
    }
    Ok(newest.map(|name| root.join(name)))
}
