//! Embedding spaces.

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
    /// Most numbers that pgvector stores in a vector.
    pub const MAX_DIMS: usize = 16_000;

    /// A space of vectors that came with a corpus, computed by a model of this name.
    #[must_use]
    pub fn local(model: &str, dims: usize) -> Self {
        Self {
            provider: "local".to_owned(),
            model: model.to_owned(),
            dims,
        }
    }

    /// Whether vectors of both may be compared.
    #[must_use]
    pub fn is_comparable_with(&self, other: &Self) -> bool {
        self.dims == other.dims && self.model == other.model
    }

    /// What vectors of this width are taken for where nothing names their model.
    #[must_use]
    pub fn unnamed(dims: usize) -> Self {
        match dims {
            Self::BGE_M3_DIMS => Self::local(Self::BGE_M3, dims),
            _ => Self::local("unknown", dims),
        }
    }
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} numbers)", self.model, self.dims)
    }
}
