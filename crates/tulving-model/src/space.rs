//! Embedding spaces.

mod names;

use std::fmt;

/// One embedding model with its dimension. Vectors of different spaces are never compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Space {
    /// Who ran the model: `builtin`, `http` or `local`.
    pub provider: String,
    /// The model's name, such as `BAAI/bge-m3`; where something is put before each text, with that:
    /// `multilingual-e5-small + "passage: "`.
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
    /// What stands between a model's name and what is put before each text.
    const BEFORE: &'static str = " + \"";
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

    /// Returns the name of what makes vectors of texts with a prefix: they are not those that the model makes of the texts alone.
    #[must_use]
    pub fn prefixed(model: &str, prefix: &str) -> String {
        match prefix {
            "" => model.to_owned(),
            _ => format!("{model}{}{prefix}\"", Self::BEFORE),
        }
    }

    /// Returns the name of the model alone, and what is put before each text; nothing, most of the time.
    #[must_use]
    pub fn apart(&self) -> (&str, &str) {
        apart(&self.model)
    }

    /// Returns whether its model has a name.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.model != Self::UNKNOWN
    }

    /// Returns whether a model of this name, by whatever name it goes, made its vectors, with the same before each text.
    #[must_use]
    pub fn is_of_model(&self, model: &str) -> bool {
        let ((own, before), (other, before_other)) = (self.apart(), apart(model));
        before == before_other && names::canonical(own) == names::canonical(other)
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
        let sizes = names::size(self.apart().0).zip(names::size(other.apart().0));
        sizes.is_some_and(|(one, another)| one != another)
    }
}

fn apart(model: &str) -> (&str, &str) {
    let quoted = model.strip_suffix('"');
    let apart = quoted.and_then(|quoted| quoted.split_once(Space::BEFORE));
    apart.unwrap_or((model, ""))
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
    fn what_is_put_before_each_text_makes_another_space() {
        let with = |model: &str, prefix: &str| space("http", &Space::prefixed(model, prefix), 384);
        let e5 = with("intfloat/multilingual-e5-small", "passage: ");
        assert_eq!(
            e5.to_string(),
            "intfloat/multilingual-e5-small + \"passage: \" (384 numbers)"
        );
        assert_eq!(e5.apart(), ("intfloat/multilingual-e5-small", "passage: "));
        assert!(e5.is_comparable_with(&with("multilingual-e5-small:latest", "passage: ")));
        for other in [
            with("multilingual-e5-small", ""),
            with("multilingual-e5-small", "passage:"),
            with("multilingual-e5-small", "query: "),
            with("e5-small", "passage: "),
        ] {
            assert!(!e5.is_comparable_with(&other) && !other.is_comparable_with(&e5));
        }
        let quoted = with("m", "\"a\" + \"b");
        assert_eq!(quoted.apart(), ("m", "\"a\" + \"b"));
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
