//! The manifest: whose memory a directory holds, and in which space its vectors are.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

use super::error::FileError;
use super::layout::{Layout, LayoutError};
use super::npy;
use crate::fsutil::{Access, Disk};
use crate::json::{self, Text, Value};
use crate::model::{PerKind, Scope, Space, Timestamp};

/// The newest form of a data directory that this program knows. Form 1 is that of programs which wrote
/// no form.
const FORMAT: u32 = 3;

/// The form of a directory without further spaces, and without a number for its own.
const FORMAT_OF_ONE_SPACE: u32 = 2;

/// The newest layout of the origin that is known, by the first number of its version.
const LAYOUT: u32 = 2;

/// A manifest. What is not set here is written as it was read.
#[derive(Debug, Clone)]
pub(super) struct Manifest {
    path: PathBuf,
    value: Value<'static>,
}

impl Manifest {
    /// Reads the manifest of a layout; one that has none yet is as good as an empty one.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn read(layout: &Layout) -> Result<Self, FileError> {
        Self::read_at(layout, Path::to_owned)
    }

    /// Reads the same, where its content lies somewhere else while a commit is under way.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn read_at(
        layout: &Layout,
        at: impl Fn(&Path) -> PathBuf,
    ) -> Result<Self, FileError> {
        let Some(path) = layout.manifest.clone() else {
            return Ok(Self::new(layout.root.join("manifest.json")));
        };
        let bytes = fs::read(at(&path)).map_err(FileError::io("reading", &path))?;
        match json::document(&bytes) {
            Ok(value @ Value::Object(_)) => {
                let manifest = Self {
                    value: value.into_owned(),
                    path,
                };
                manifest.check_format()?;
                Ok(manifest)
            }
            Ok(other) => {
                let reason = format!("a manifest is an object, but this is {}", other.kind());
                Err(LayoutError::Manifest { path, reason }.into())
            }
            Err(error) => {
                let reason = error.to_string();
                Err(LayoutError::Manifest { path, reason }.into())
            }
        }
    }

    /// Returns the manifest of a new directory of layout 2.0.0.
    pub(super) fn new(path: PathBuf) -> Self {
        let mut manifest = Self {
            path,
            value: Value::Object(Vec::new()),
        };
        manifest.set(&["version"], text("2.0.0"));
        manifest.set(&["structure"], text("unified"));
        manifest
    }

    /// Returns where it stands.
    pub(super) fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Refuses a directory that a newer program has made its own, and one of a newer layout.
    fn check_format(&self) -> Result<(), FileError> {
        let newer = |found, known| FileError::Newer {
            path: self.path.clone(),
            found,
            known,
        };
        if let Some(found) = self.layout_version().filter(|found| *found > LAYOUT) {
            return Err(newer(found, LAYOUT));
        }
        let format = self.tulving("format");
        let found = match format {
            None => return Ok(()),
            Some(Value::Number(number)) => number.parse::<u32>().ok(),
            Some(_) => None,
        };
        match found {
            Some(found) if found <= FORMAT => Ok(()),
            Some(found) => Err(newer(found, FORMAT)),
            None => Err(self.broken("tulving.format must be a whole number")),
        }
    }

    /// Returns the first number of the layout's version; `None` if it is no manifest of memories, or
    /// names none.
    fn layout_version(&self) -> Option<u32> {
        match self.value.get("version").filter(|_| says_so(&self.value))? {
            Value::String(version) => version.to_str()?.split('.').next()?.parse().ok(),
            _ => None,
        }
    }

    /// Returns what it says to Tulving alone.
    fn tulving(&self, key: &str) -> Option<&Value<'static>> {
        self.value.get("tulving").and_then(|own| own.get(key))
    }

    /// Returns whether the origin reads the directory too; `None` if it does not say.
    pub(super) fn is_shared(&self) -> Option<bool> {
        match self.tulving("shared") {
            Some(Value::Bool(shared)) => Some(*shared),
            _ => None,
        }
    }

    /// Returns whether it names the files of memories, as the origin's manifests do and ours do not.
    pub(super) fn names_files(&self) -> bool {
        self.value.get("corpus").is_some()
    }

    /// Says what the files of an exported directory are, by their SHA-256, and when the newest of its
    /// memories was made: two exports of one state are equal.
    pub(super) fn set_export(&mut self, files: &[(String, [u8; 32])], newest: Option<Timestamp>) {
        let updated = newest.map_or(Value::Null, |newest| text(&newest.isoformat()));
        self.set(&["updated_at"], updated);
        for (name, sha256) in files {
            self.set(&["tulving", "files", name], text(&crate::hex(sha256)));
        }
    }

    /// Forgets what the files were when they were exported: they change.
    pub(super) fn forget_export(&mut self) {
        if let Value::Object(members) = &mut self.value
            && let Some((_, Value::Object(own))) = members
                .iter_mut()
                .rfind(|(key, _)| key.as_bytes() == b"tulving")
        {
            own.retain(|(key, _)| key.as_bytes() != b"files");
        }
    }

    /// Says in which form the directory is, and whether the origin reads it too.
    pub(super) fn set_shared(&mut self, shared: bool) {
        let format = match self.tulving("spaces") {
            None => FORMAT_OF_ONE_SPACE,
            Some(_) => FORMAT,
        };
        self.set(&["tulving", "format"], whole(format.into()));
        self.set(&["tulving", "shared"], Value::Bool(shared));
    }

    /// Returns the number of the space of the pairs.
    ///
    /// # Errors
    /// If what it says is none.
    pub(super) fn space_number(&self) -> Result<u32, FileError> {
        match self.tulving("space") {
            None => Ok(0),
            Some(number) => {
                number_of(number).ok_or_else(|| self.broken("tulving.space must be a whole number"))
            }
        }
    }

    /// Returns the spaces whose vectors are beside the pairs.
    ///
    /// # Errors
    /// If what it says are none.
    pub(super) fn further_spaces(&self) -> Result<Vec<FurtherSpace>, FileError> {
        let further = match self.tulving("spaces") {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => {
                let further = items.iter().map(FurtherSpace::read);
                further.collect::<Option<Vec<_>>>()
            }
            Some(_) => None,
        };
        further.ok_or_else(|| {
            self.broken(
                "tulving.spaces must be a list of {number, provider, model, dimensions, rows_of}",
            )
        })
    }

    /// Keeps programs away that know of one space alone, before the journal says of more.
    pub(super) fn announce_spaces(&mut self) {
        self.set(&["tulving", "format"], whole(FORMAT.into()));
    }

    /// Says which spaces there are beside that of the pairs, which has a number too.
    pub(super) fn set_spaces(&mut self, number: u32, further: &[FurtherSpace]) {
        self.set(&["tulving", "space"], whole(number.into()));
        let items = further.iter().map(FurtherSpace::written).collect();
        self.set(&["tulving", "spaces"], Value::Array(items));
    }

    /// Returns whose memory it is; `None` if it does not say.
    ///
    /// # Errors
    /// If what it says is no owner.
    pub(super) fn owner(&self) -> Result<Option<Scope>, FileError> {
        let Some(owner) = self
            .value
            .get("owner")
            .filter(|owner| **owner != Value::Null)
        else {
            return Ok(None);
        };
        let member = |key| match owner.get(key) {
            Some(Value::String(text)) => text.to_str(),
            _ => None,
        };
        let scope = Uuid::parse_str(member("id").unwrap_or_default())
            .ok()
            .and_then(|id| match member("kind") {
                Some("user") => Some(Scope::User(id)),
                Some("tenant") => Some(Scope::Tenant(id)),
                _ => None,
            });
        scope.map(Some).ok_or_else(|| {
            self.broken(r#"owner must be {"kind": "user" or "tenant", "id": a UUID}"#)
        })
    }

    /// Returns the space of its vectors; `None` if it does not say.
    ///
    /// # Errors
    /// If what it says is no space.
    pub(super) fn space(&self) -> Result<Option<Space>, FileError> {
        let Some(space) = self
            .value
            .get("space")
            .filter(|space| **space != Value::Null)
        else {
            return Ok(None);
        };
        let read = read_space(space).map(Some);
        read.ok_or_else(|| self.broken("space must be {provider, model, dimensions}"))
    }

    fn broken(&self, reason: &str) -> FileError {
        FileError::Layout(LayoutError::Manifest {
            path: self.path.clone(),
            reason: reason.to_owned(),
        })
    }

    pub(super) fn set_owner(&mut self, owner: Scope) {
        self.set(&["owner", "kind"], text(owner.kind().as_str()));
        self.set(&["owner", "id"], text(&owner.id().to_string()));
    }

    /// Returns how its vectors are read: 64-bit numbers are rounded where that was wished.
    pub(super) fn vectors(&self) -> npy::Options {
        let cast = self.value.get("cast");
        npy::Options {
            cast_f32: matches!(cast, Some(Value::String(to)) if to.to_str() == Some("f32")),
        }
    }

    /// Says that 64-bit numbers are rounded.
    pub(super) fn set_cast(&mut self) {
        self.set(&["cast"], text("f32"));
    }

    pub(super) fn set_space(&mut self, space: &Space) {
        for (key, value) in written_space(space) {
            self.set(&["space", key], value);
        }
    }

    /// Names a file beside that of the nodes, which layout 1.x names at any depth.
    pub(super) fn name(&mut self, key: &str, file: &str) {
        fn beside_nodes<'m>(at: &'m mut Value<'static>) -> Option<&'m mut Value<'static>> {
            if at.get("nodes_file").is_some() {
                return Some(at);
            }
            match at {
                Value::Object(members) => members.iter_mut().find_map(|(_, at)| beside_nodes(at)),
                _ => None,
            }
        }
        match beside_nodes(&mut self.value) {
            Some(at) => set(at, &[key], text(file)),
            None => self.set(&[key], text(file)),
        }
    }

    /// Says how many memories there are of each kind that the origin knows.
    pub(super) fn set_counts(&mut self, counts: &PerKind<u64>) {
        for (kind, count) in counts.iter().filter(|(kind, _)| kind.is_of_origin()) {
            self.set_stats(&[(&format!("total_{}", kind.plural()), *count)]);
        }
    }

    /// Says how much there is, and that it changed.
    pub(super) fn set_stats(&mut self, stats: &[(&str, u64)]) {
        self.set(&["updated_at"], text(&Timestamp::now().isoformat()));
        for (name, count) in stats {
            self.set(&["stats", name], whole(*count));
        }
    }

    fn set(&mut self, path: &[&str], value: Value<'static>) {
        set(&mut self.value, path, value);
    }

    /// Returns the manifest as the origin would write it.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        json::write_indented(&self.value, 0, &mut bytes);
        bytes
    }

    /// Puts it in its place, durable.
    ///
    /// # Errors
    /// If the system refuses.
    pub(super) fn write(&self, disk: &dyn Disk) -> Result<(), FileError> {
        disk.replace(&self.path, &self.to_bytes(), Access::Usual)
            .map_err(FileError::io("writing", &self.path))
    }
}

/// A space whose vectors are in files beside the pairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FurtherSpace {
    /// Its number, which names the folder of its files.
    pub(super) number: u32,
    /// The space.
    pub(super) space: Arc<Space>,
    /// SHA-256, in hex, of the records to which the rows of its files belong; none where it has no file.
    pub(super) rows_of: PerKind<Option<String>>,
}

impl FurtherSpace {
    fn read(value: &Value<'static>) -> Option<Self> {
        let mut rows_of = PerKind::default();
        for (kind, sum) in rows_of.iter_mut() {
            let name = value.get("rows_of").and_then(|of| of.get(kind.plural()));
            *sum = match name {
                Some(Value::String(hex)) => Some(hex.to_str()?.to_owned()),
                _ => None,
            };
        }
        Some(Self {
            number: number_of(value.get("number")?)?,
            space: Arc::new(read_space(value)?),
            rows_of,
        })
    }

    fn written(&self) -> Value<'static> {
        let mut value = Value::Object(Vec::new());
        set(&mut value, &["number"], whole(self.number.into()));
        for (key, member) in written_space(&self.space) {
            set(&mut value, &[key], member);
        }
        for (kind, sum) in self.rows_of.iter() {
            if let Some(sum) = sum {
                set(&mut value, &["rows_of", kind.plural()], text(sum));
            }
        }
        value
    }
}

fn read_space(value: &Value<'static>) -> Option<Space> {
    let member = |key| match value.get(key) {
        Some(Value::String(text)) => text.to_str().map(str::to_owned),
        _ => None,
    };
    let dims = match value.get("dimensions") {
        Some(Value::Number(number)) => number.parse().ok(),
        _ => None,
    };
    Some(Space {
        provider: member("provider")?,
        model: member("model")?,
        dims: dims?,
    })
}

fn written_space(space: &Space) -> [(&'static str, Value<'static>); 3] {
    [
        ("provider", text(&space.provider)),
        ("model", text(&space.model)),
        ("dimensions", whole(space.dims as u64)),
    ]
}

fn number_of(value: &Value<'_>) -> Option<u32> {
    match value {
        Value::Number(number) => number.parse().ok(),
        _ => None,
    }
}

/// Sets a member of an object, the last of that name; what stands in the way of one is replaced.
fn set(mut at: &mut Value<'static>, path: &[&str], value: Value<'static>) {
    for key in path {
        if !matches!(at, Value::Object(_)) {
            *at = Value::Object(Vec::new());
        }
        let Value::Object(members) = at else { return };
        let place = members
            .iter()
            .rposition(|(name, _)| name.as_bytes() == key.as_bytes());
        let place = place.unwrap_or_else(|| {
            members.push((Text::from((*key).to_owned()), Value::Null));
            members.len() - 1
        });
        at = &mut members[place].1;
    }
    *at = value;
}

/// Returns whether a `manifest.json` is one of a data directory, and not that of some other program,
/// which may be in any form.
///
/// # Errors
/// If it cannot be read.
pub(super) fn speaks_of_memories(path: &Path) -> Result<bool, FileError> {
    let bytes = fs::read(path).map_err(FileError::io("reading", path))?;
    let Ok(manifest) = json::document(&bytes) else {
        return Ok(false);
    };
    Ok(says_so(&manifest))
}

/// Returns whether a manifest says what those of data directories say.
fn says_so(manifest: &Value<'_>) -> bool {
    let is_object = |key| matches!(manifest.get(key), Some(Value::Object(_)));
    let is_unified = matches!(manifest.get("structure"), Some(Value::String(word)) if word.as_bytes() == b"unified");
    is_unified
        || ["owner", "corpus", "vectors", "tulving"]
            .into_iter()
            .any(is_object)
}

/// Returns whose memory a directory says it holds, and in which space its vectors are.
///
/// # Errors
/// If its manifest cannot be read.
pub(crate) fn claims_of(layout: &Layout) -> Result<(Option<Scope>, Option<Space>), FileError> {
    let manifest = Manifest::read(layout)?;
    Ok((manifest.owner()?, manifest.space()?))
}

fn text(text: &str) -> Value<'static> {
    Value::String(Text::from(text.to_owned()))
}

fn whole(number: u64) -> Value<'static> {
    Value::Number(number.to_string().into())
}
