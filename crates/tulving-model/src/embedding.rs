//! Vectors that name their space.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::Space;

/// A vector of one space: as wide as the space says, and finite.
///
/// `Debug` shows the space, and not the numbers.
#[derive(Clone, PartialEq)]
pub struct Embedding {
    space: Arc<Space>,
    numbers: Vec<f32>,
}

/// Why numbers are no vector of a space.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EmbeddingError {
    /// More or fewer numbers than the space has.
    #[error("the vector has {found} numbers, but {space} has {expected}", expected = .space.dims)]
    Width {
        /// The space.
        space: Arc<Space>,
        /// Numbers in the vector.
        found: usize,
    },
    /// NaN or an infinity.
    #[error("number {index} of the vector is {what}, but all must be finite")]
    NotFinite {
        /// Which number, from 0.
        index: usize,
        /// `NaN`, `inf` or `-inf`.
        what: String,
    },
}

impl Embedding {
    /// Takes numbers for a vector of a space.
    ///
    /// # Errors
    /// If they are too many or too few, or one is NaN or infinite.
    pub fn new(space: Arc<Space>, numbers: Vec<f32>) -> Result<Self, EmbeddingError> {
        if numbers.len() != space.dims {
            let found = numbers.len();
            return Err(EmbeddingError::Width { space, found });
        }
        match numbers.iter().position(|number| !number.is_finite()) {
            Some(index) => Err(EmbeddingError::NotFinite {
                index,
                what: numbers[index].to_string(),
            }),
            None => Ok(Self { space, numbers }),
        }
    }

    /// Returns the space that it belongs to.
    #[must_use]
    pub fn space(&self) -> &Arc<Space> {
        &self.space
    }

    /// Returns its numbers, as many as the space has.
    #[must_use]
    pub fn numbers(&self) -> &[f32] {
        &self.numbers
    }

    /// Returns whether it has no direction: it is like nothing, and found by words only.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.numbers.iter().all(|number| *number == 0.0)
    }
}

impl fmt::Debug for Embedding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Embedding({})", self.space)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_names_the_space_and_shows_no_numbers() {
        let shown = format!("{:?}", three(&[0.25, 0.5, 0.75]).unwrap());
        assert_eq!(shown, "Embedding(m (3 numbers))");
    }

    fn three(numbers: &[f32]) -> Result<Embedding, EmbeddingError> {
        Embedding::new(Arc::new(Space::local("m", 3)), numbers.to_vec())
    }

    #[test]
    fn is_as_wide_as_its_space_and_finite() {
        assert!(three(&[1.0, 2.0, 3.0]).is_ok());
        let said = |numbers: &[f32]| three(numbers).unwrap_err().to_string();
        assert_eq!(
            said(&[1.0]),
            "the vector has 1 numbers, but m (3 numbers) has 3"
        );
        assert_eq!(
            said(&[1.0, f32::NAN, 0.0]),
            "number 1 of the vector is NaN, but all must be finite"
        );
        assert!(said(&[1.0, 0.0, f32::NEG_INFINITY]).contains("number 2 of the vector is -inf"));
        assert!(three(&[0.0, -0.0, 0.0]).unwrap().is_zero());
    }
}
