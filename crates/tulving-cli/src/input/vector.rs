//! A vector that a person brings.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use tulving::backend::file::npy::{Npy, NpyError, Options, Problem};
use tulving::json::{self, Foreign, Value};

use super::{everything, foreign, name};
use crate::exit::{CliError, Exit};

/// What every `.npy` file begins with.
const MAGIC: &[u8] = b"\x93NUMPY";

/// Reads a vector from a file or from stdin (`-`): a JSON array of numbers, or what an `.npy` file
/// with one row holds. Numbers are rounded to 32 bits.
///
/// # Errors
/// When it cannot be read, or is something else.
pub fn vector(path: &Path) -> Result<Vec<f32>, CliError> {
    let bytes = everything(path)?;
    if let Some(found) = Foreign::of(&bytes) {
        return Err(foreign(path, found));
    }
    let read = if bytes.starts_with(MAGIC) {
        row(path, &bytes)
    } else {
        array(&bytes)
    };
    read.map_err(|why| {
        CliError::new(
            Exit::Source,
            format!("{} holds no vector: {why}", name(path)),
        )
        .hint("a JSON array of numbers, or what numpy.save(FILE, vector.reshape(1, -1)) writes")
    })
}

fn row(path: &Path, bytes: &[u8]) -> Result<Vec<f32>, String> {
    let told = |error: NpyError| match error.problem {
        Problem::Shape { shape } => format!("its shape is {shape}, where (1, N) was expected"),
        problem => problem.to_string(),
    };
    // As the numbers of a JSON array, which are rounded too.
    let npy = Npy::of(spooled(bytes)?, path, Options { cast_f32: true }).map_err(told)?;
    if npy.rows() != 1 {
        return Err(format!(
            "it has {} rows, where one was expected",
            npy.rows()
        ));
    }
    let mut numbers = Vec::new();
    npy.read_rows(0, 1, &mut numbers).map_err(told)?;
    Ok(numbers)
}

/// Returns a file that holds what was read, also from a pipe: matrices are read by position.
fn spooled(bytes: &[u8]) -> Result<File, String> {
    let failed = |error: io::Error| format!("no temporary file can be written: {error}");
    let mut file = tempfile::tempfile().map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    Ok(file)
}

fn array(bytes: &[u8]) -> Result<Vec<f32>, String> {
    let value = json::document(bytes).map_err(|error| error.to_string())?;
    numbers(&value)
}

/// Returns the numbers of a JSON array, all finite.
pub(super) fn numbers(value: &Value<'_>) -> Result<Vec<f32>, String> {
    let Value::Array(items) = value else {
        return Err(format!("it is {}, not an array of numbers", value.kind()));
    };
    let number = |(index, item): (usize, &Value<'_>)| match item {
        Value::Number(lexeme) => match lexeme.parse::<f32>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(format!(
                "number {index} of it is {lexeme}, which a vector cannot hold"
            )),
        },
        other => Err(format!("number {index} of it is {}", other.kind())),
    };
    items.iter().enumerate().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_of_numbers_is_a_vector() {
        assert_eq!(array(b" [1, -0.5, 2e-3]\n"), Ok(vec![1.0, -0.5, 0.002]));
        for (bytes, why) in [
            (&b"{}"[..], "it is an object, not an array of numbers"),
            (b"[1, \"2\"]", "number 1 of it is a string"),
            (
                b"[NaN]",
                "number 0 of it is NaN, which a vector cannot hold",
            ),
            (
                b"[1e39]",
                "number 0 of it is 1e39, which a vector cannot hold",
            ),
            (b"[1", "the value ends too early at byte 2"),
        ] {
            assert_eq!(array(bytes), Err(why.to_owned()));
        }
    }
}
