//! Which document is meant.

use std::path::Path;

use tulving::model::Document;

use crate::documents::absolute;
use crate::exit::{CliError, Exit};
use crate::text::quote;

/// Returns the documents that a word names: the one with that id, the one that was read from that path, all that
/// were read from below that folder, or else the only one of that file name.
///
/// # Errors
/// Exit 10 if there is none, exit 2 if several files have the name or the word is empty.
pub(super) fn named<'d>(
    word: &str,
    documents: &'d [Document],
) -> Result<Vec<&'d Document>, CliError> {
    // Every path begins and ends with nothing.
    if word.is_empty() {
        return Err(CliError::usage("an empty word names no document").hint("tulving docs list"));
    }
    let path = absolute(Path::new(word));
    let is_whole = Path::new(&path).is_absolute();
    let all = |is_meant: &dyn Fn(&Document) -> bool| -> Vec<&'d Document> {
        documents
            .iter()
            .filter(|document| is_meant(document))
            .collect()
    };
    for found in [
        all(&|document| document.id == word),
        all(&|document| document.path == path || document.path == word),
        all(&|document| is_whole && Path::new(&document.path).starts_with(&path)),
    ] {
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let found = all(&|document| Path::new(&document.path).ends_with(word));
    match found.as_slice() {
        [] => Err(CliError::new(
            Exit::NotFound,
            format!("there is no document {}", quote(word)),
        )
        .hint("tulving docs list")),
        [_] => Ok(found),
        several => {
            let message = format!("{} is the name of {} documents", quote(word), several.len());
            let several = several.iter();
            let error = several.fold(CliError::usage(message), |error, document| {
                error.cause(format!("{} {}", document.id, document.path))
            });
            Err(error.hint("name one of them by its id"))
        }
    }
}

#[cfg(test)]
mod tests {
    use tulving::model::Timestamp;

    use super::*;

    #[test]
    fn an_id_a_path_a_folder_and_a_name_say_which_documents_are_meant() {
        let at = Timestamp::from_micros(0).unwrap();
        let paths = ["/m/HR/guide.md", "/m/Sales/guide.md", "/m/Sales/prices.md"];
        let documents = paths.map(|path| Document::new(&Document::id_for(path), path, at));
        let found = |word: &str| {
            let found = named(word, &documents).map_err(|error| error.exit)?;
            Ok(found
                .iter()
                .map(|document| document.path.as_str())
                .collect::<Vec<_>>())
        };
        assert_eq!(found(&documents[0].id), Ok(vec![paths[0]]));
        assert_eq!(found("/m/Sales/prices.md"), Ok(vec![paths[2]]));
        assert_eq!(found("/m/HR/../Sales"), Ok(paths[1..].to_vec()));
        assert_eq!(found("prices.md"), Ok(vec![paths[2]]));
        assert_eq!(found("HR/guide.md"), Ok(vec![paths[0]]));
        assert_eq!(found("guide.md"), Err(Exit::Usage));
        assert_eq!(found("uide.md"), Err(Exit::NotFound));
        assert_eq!(found("/m/Sal"), Err(Exit::NotFound));
        assert_eq!(found(""), Err(Exit::Usage));
    }
}
