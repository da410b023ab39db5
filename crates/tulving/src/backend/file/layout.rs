//! The layout: which files make up a data directory.
//!
//! | module | holds |
//! |---|---|
//! | `names` | the names of files that a manifest gives |
//! | `default_names` | where files are if no manifest says otherwise |
//! | `error` | why a directory is not a data directory |

mod default_names;
mod error;
mod names;

use std::path::{Path, PathBuf};

use default_names::{DEFAULT_NAMES, records_of, vectors_of};
pub(super) use default_names::{INGESTED_IDS, documents, has_files, ingested};
pub use default_names::{astray, folder_of};
pub use error::LayoutError;
use names::{Names, newest_manifest, no_file};

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

/// A directory holds memories of this kind whether or not it has any: it is known by their files.
pub(super) const FIRST: Kind = Kind::Node;

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
            let (key, usual) = (format!("{}_file", kind.plural()), &DEFAULT_NAMES[kind]);
            if !kind.is_of_origin() {
                return Ok(default_pair(root, kind));
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
            let usual = &DEFAULT_NAMES[kind];
            let Some(dated) = &usual.dated else {
                let pair = default_pair(root, kind);
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

    /// Returns the keys under which a manifest of layout 1.x names the files of a kind; none if it
    /// names none.
    pub(super) fn dated_keys(kind: Kind) -> Vec<&'static str> {
        let dated = DEFAULT_NAMES[kind].dated.iter();
        dated
            .flat_map(|dated| [dated.records_key, dated.vectors_key])
            .collect()
    }

    /// Returns whether the directory holds a kind: its files should be there.
    #[must_use]
    pub fn holds(&self, kind: Kind) -> bool {
        self.held[kind]
    }

    /// Returns where the files of one kind are, or go when there are memories of it.
    pub(super) fn paths(&self, kind: Kind) -> &PairPaths {
        &self.pairs[kind]
    }

    /// Returns the pair of files of one kind, if the directory holds that kind.
    ///
    /// # Errors
    /// If one of the two is not there.
    pub fn require(&self, kind: Kind) -> Result<Option<&PairPaths>, LayoutError> {
        let pair = self.holds(kind).then(|| self.paths(kind));
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

/// Returns where the files of a kind are that no manifest names.
pub(super) fn default_pair(root: &Path, kind: Kind) -> PairPaths {
    let names = &DEFAULT_NAMES[kind];
    PairPaths {
        records: root.join(names.records).join(records_of(kind)),
        vectors: root.join(names.vectors).join(vectors_of(kind)),
    }
}
