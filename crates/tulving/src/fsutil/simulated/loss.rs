//! A loss of power, and what it leaves.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::model::{Model, Node, Step};

/// What was done to a disk, step by step.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    pub(super) start: Model,
    pub(super) steps: Vec<Step>,
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
pub(crate) struct Image(pub(super) BTreeMap<PathBuf, Option<Vec<u8>>>);

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

    /// Returns the first steps alone.
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

    /// Returns the files whose paths satisfy the condition.
    pub(crate) fn only(&self, mut these: impl FnMut(&Path) -> bool) -> Self {
        let mut image = self.clone();
        image.0.retain(|path, _| these(path));
        image
    }
}

impl Model {
    /// Returns what a loss of power leaves of it.
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
