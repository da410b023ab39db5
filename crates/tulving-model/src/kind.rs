//! The kinds of memory.

use std::fmt;
use std::ops::{Index, IndexMut};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// The kinds of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// One question and its answer.
    Node,
    /// A whole conversation.
    Episode,
    /// A piece of a document.
    Chunk,
}

/// What one is called, and many; and whether files of the origin hold them.
const NAMES: [(&str, &str, bool); Kind::ALL.len()] = [
    ("node", "nodes", true),
    ("episode", "episodes", true),
    ("chunk", "chunks", false),
];

impl Kind {
    /// Every kind, in the order in which files, digests and reports hold them.
    pub const ALL: [Self; 3] = [Self::Node, Self::Episode, Self::Chunk];

    /// Returns the name of one memory of this kind, as in the ledger and in rejects.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        NAMES[self as usize].0
    }

    /// Returns the name of many, as in file names, options and reports.
    #[must_use]
    pub fn plural(self) -> &'static str {
        NAMES[self as usize].1
    }

    /// Returns whether files of the origin hold memories of this kind. Of one that they do not hold,
    /// nothing is said where there are none: then files and reports are what they were without it.
    #[must_use]
    pub fn is_of_origin(self) -> bool {
        NAMES[self as usize].2
    }

    /// Returns its name as a sentence begins with it.
    #[must_use]
    pub fn title(self) -> String {
        let (first, rest) = self.as_str().split_at(1);
        format!("{}{rest}", first.to_uppercase())
    }

    /// Returns the kind with this name ([`as_str`](Self::as_str)).
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Returns the kind of which many have this name ([`plural`](Self::plural)).
    #[must_use]
    pub fn of_plural(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.plural() == name)
    }
}

/// The fields that say where a memory stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequence {
    /// What it is part of: a node of a conversation, a chunk of a document.
    pub container: &'static str,
    /// Its place in it, from 0.
    pub index: &'static str,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One value for every kind.
///
/// Serialized as a map by the kinds' plurals; a kind that a map does not name has the default, and one that
/// the origin does not know is named only if its value is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PerKind<T>([T; Kind::ALL.len()]);

impl<T> PerKind<T> {
    /// Takes the values in the order of [`Kind::ALL`].
    pub const fn new(values: [T; Kind::ALL.len()]) -> Self {
        Self(values)
    }

    /// Returns what `make` gives for every kind.
    pub fn from_fn(make: impl FnMut(Kind) -> T) -> Self {
        Self(Kind::ALL.map(make))
    }

    /// Returns what `make` gives for every kind.
    ///
    /// # Errors
    /// The first error of `make`.
    pub fn try_from_fn<E>(make: impl FnMut(Kind) -> Result<T, E>) -> Result<Self, E> {
        let made: Vec<T> = Kind::ALL.into_iter().map(make).collect::<Result<_, E>>()?;
        match made.try_into() {
            Ok(values) => Ok(Self(values)),
            Err(_) => unreachable!("one value was made for each kind"),
        }
    }

    /// Returns each kind with its value.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, &T)> {
        Kind::ALL.into_iter().zip(&self.0)
    }

    /// Returns each kind with its value, which may be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Kind, &mut T)> {
        Kind::ALL.into_iter().zip(&mut self.0)
    }

    /// Returns the values, in the order of [`Kind::ALL`].
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    /// Turns each value into another.
    pub fn map<U>(self, mut turn: impl FnMut(Kind, T) -> U) -> PerKind<U> {
        let mut at = 0;
        PerKind(self.0.map(|value| {
            let kind = Kind::ALL[at];
            at += 1;
            turn(kind, value)
        }))
    }
}

/// Kinds that are not named have the default.
impl<T: Default, const N: usize> From<[(Kind, T); N]> for PerKind<T> {
    fn from(named: [(Kind, T); N]) -> Self {
        let mut all = Self(Kind::ALL.map(|_| T::default()));
        for (kind, value) in named {
            all[kind] = value;
        }
        all
    }
}

impl PerKind<u64> {
    /// Returns the sum over all kinds.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

impl<T> Index<Kind> for PerKind<T> {
    type Output = T;

    fn index(&self, kind: Kind) -> &T {
        &self.0[kind as usize]
    }
}

impl<T> IndexMut<Kind> for PerKind<T> {
    fn index_mut(&mut self, kind: Kind) -> &mut T {
        &mut self.0[kind as usize]
    }
}

impl<T> IntoIterator for PerKind<T> {
    type Item = (Kind, T);
    type IntoIter = std::iter::Zip<
        std::array::IntoIter<Kind, { Kind::ALL.len() }>,
        std::array::IntoIter<T, { Kind::ALL.len() }>,
    >;

    fn into_iter(self) -> Self::IntoIter {
        Kind::ALL.into_iter().zip(self.0)
    }
}

impl<T: Serialize + Default + PartialEq> Serialize for PerKind<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let default = T::default();
        let told = |(kind, value): &(Kind, &T)| kind.is_of_origin() || **value != default;
        serializer.collect_map(
            self.iter()
                .filter(told)
                .map(|(kind, value)| (kind.plural(), value)),
        )
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for PerKind<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByPlural<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for ByPlural<T> {
            type Value = PerKind<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a member for each kind")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PerKind<T>, A::Error> {
                let mut all = PerKind(Kind::ALL.map(|_| T::default()));
                while let Some(name) = map.next_key::<String>()? {
                    match Kind::of_plural(&name) {
                        Some(kind) => all[kind] = map.next_value()?,
                        None => {
                            map.next_value::<serde::de::IgnoredAny>()?;
                        }
                    }
                }
                Ok(all)
            }
        }

        deserializer.deserialize_map(ByPlural(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_place_and_its_names() {
        let places = PerKind::from_fn(|kind| kind as usize);
        for (at, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(places[kind], at, "{kind:?} is at another place in ALL");
            assert_eq!(Kind::named(kind.as_str()), Some(kind));
            assert_eq!(Kind::of_plural(kind.plural()), Some(kind));
        }
        assert_eq!(Kind::named("nodes"), None);
    }

    #[test]
    fn is_a_map_by_plural_in_json() {
        let mut counts = PerKind::<u64>::default();
        counts[Kind::Episode] = 3;
        let json = serde_json::to_string(&counts).unwrap();
        assert_eq!(json, r#"{"nodes":0,"episodes":3}"#);
        let read: PerKind<u64> = serde_json::from_str(r#"{"episodes":3,"later":{}}"#).unwrap();
        assert_eq!(read, counts);
        assert_eq!(read.total(), 3);
        counts[Kind::Chunk] = 2;
        let json = serde_json::to_string(&counts).unwrap();
        assert_eq!(json, r#"{"nodes":0,"episodes":3,"chunks":2}"#);
    }
}
