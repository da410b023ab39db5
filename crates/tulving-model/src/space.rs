//! Embedding spaces.

mod names;

use std::fmt;

/// One embedding model with its dimension. Vectors of different spaces are never compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Space {
    /// Who ran the model: `builtin`, `http` or `local`.
    pub provider: String,
    /// The model's name, such as `BAAI/bge-m3`.
    pub model: String,
    /// Numbers in a vector.
    pub dims: usize,
}

impl Space {
    /// The model whose vectors a 1024-wide corpus holds unless it says otherwise.
    pub const BGE_M3: &'static str = "BAAI/bge-m3";
    /// Numbers in a vector of [`Self::BGE_M3`].
    pub const BGE_M3_DIMS: usize = 1024;
    /// Stands for the name of a model that nobody knows.
    const UNKNOWN: &'static str = "unknown";
    /// Most numbers that pgvector stores in a vector.
    pub const MAX_DIMS: usize = 16_000;

    /// Makes a space of vectors that came with a corpus, computed by a model of this name.
    #[must_use]
    pub fn local(model: &str, dims: usize) -> Self {
        Self {
            provider: "local".to_owned(),
            model: model.to_owned(),
            dims,
        }
    }

    /// Makes the space that vectors of this width are taken for where nothing names their model.
    #[must_use]
    pub fn unnamed(dims: usize) -> Self {
        match dims {
            Self::BGE_M3_DIMS => Self::local(Self::BGE_M3, dims),
            _ => Self::local(Self::UNKNOWN, dims),
        }
    }

    /// Returns whether its model has a name.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.model != Self::UNKNOWN
    }

    /// Returns whether a model of this name, by whatever name it goes, made its vectors.
    #[must_use]
    pub fn is_of_model(&self, model: &str) -> bool {
        names::canonical(&self.model) == names::canonical(model)
    }

    /// Returns whether vectors of both may be compared: as wide, and of one model whoever runs it.
    ///
    /// Names are compared up to case, without the organisation before the last `/` and without a tag after
    /// a `:`; for models that servers call by other names, those are known. What Ollama calls
    /// `all-minilm:latest` is `sentence-transformers/all-MiniLM-L6-v2`.
    #[must_use]
    pub fn is_comparable_with(&self, other: &Self) -> bool {
        self.dims == other.dims && self.is_of_model(&other.model)
    }

    /// Returns whether the names say that the models are of different sizes, as `qwen3:0.6b` and `qwen3:4b` do:
    /// then they are not one model, whatever else their names have in common.
    #[must_use]
    pub fn is_of_other_size(&self, other: &Self) -> bool {
        let sizes = names::size(&self.model).zip(names::size(&other.model));
        sizes.is_some_and(|(one, another)| one != another)
    }
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} numbers)", self.model, self.dims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(provider: &str, model: &str, dims: usize) -> Space {
        let provider = provider.to_owned();
        Space {
            provider,
            ..Space::local(model, dims)
        }
    }

    #[test]
    fn one_model_is_comparable_whoever_runs_it() {
        let bge = Space::local(Space::BGE_M3, 1024);
        for name in [
            "bge-m3",
            "bge-m3:latest",
            "BAAI/bge-m3",
            "baai/BGE-M3",
            "hub.test/BAAI/bge-m3:567m",
        ] {
            let other = space("http", name, 1024);
            assert!(
                bge.is_comparable_with(&other) && other.is_comparable_with(&bge),
                "{name}"
            );
        }
    }

    #[test]
    fn names_that_differ_in_the_size_alone_are_told_apart() {
        let size = |one: &str, another: &str| {
            space("http", one, 1024).is_of_other_size(&space("http", another, 1024))
        };
        assert!(size("qwen3:0.6b", "hub.test:80/qwen3:4B-q4"));
        for other in ["qwen3", "qwen3:latest", "qwen3:fp16", "x/qwen3:0.6b-fp16"] {
            assert!(!size("qwen3:0.6b", other), "{other}");
        }
    }

    #[test]
    fn other_models_and_other_widths_are_not_comparable() {
        let bge = Space::local(Space::BGE_M3, 1024);
        for (name, dims) in [
            ("bge-m3", 512),
            ("bge-m3-v2", 1024),
            ("bge", 1024),
            ("", 1024),
            ("BAAI/", 1024),
        ] {
            let other = space("local", name, dims);
            assert!(
                !bge.is_comparable_with(&other) && !other.is_comparable_with(&bge),
                "{name}"
            );
        }
    }
}
