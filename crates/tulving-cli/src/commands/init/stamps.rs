//! Whose memories a directory holds, by what the memories say.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use tulving::backend::file::FileError;
use tulving::backend::file::layout::Layout;
use tulving::json::{self, Records, Value};
use tulving::model::Scope;
use uuid::Uuid;

use crate::exit::{CliError, Exit};

/// More are not told apart.
const MOST: usize = 5;

/// The owners that records name, in the order in which they occur.
pub(super) fn owners(directory: &Path) -> Result<Vec<Scope>, CliError> {
    let layout = Layout::find(directory).map_err(FileError::from)?;
    let mut owners = Vec::new();
    let episodes = layout.episodes.as_ref();
    for path in [Some(&layout.nodes), episodes]
        .into_iter()
        .flatten()
        .map(|pair| &pair.records)
    {
        let unreadable = |error: &dyn std::error::Error| {
            CliError::new(Exit::Source, format!("reading {} failed", path.display())).because(error)
        };
        if !path.exists() {
            continue;
        }
        let file = File::open(path).map_err(|error| unreadable(&error))?;
        let mut records = Records::new(BufReader::with_capacity(1 << 20, file));
        let mut bytes = Vec::new();
        while records
            .next(&mut bytes)
            .map_err(|error| unreadable(&error))?
            .is_some()
        {
            // What is wrong with a record is another's concern.
            let owner = json::parse(&bytes).ok().and_then(|record| owner(&record));
            if let Some(owner) = owner.filter(|owner| !owners.contains(owner)) {
                owners.push(owner);
            }
            if owners.len() == MOST {
                return Ok(owners);
            }
        }
    }
    Ok(owners)
}

fn owner(record: &Value<'_>) -> Option<Scope> {
    let id = |key| match record.get(key) {
        Some(Value::String(text)) => Uuid::try_parse(text.to_str()?).ok(),
        _ => None,
    };
    id("user_id")
        .map(Scope::User)
        .or_else(|| id("tenant_id").map(Scope::Tenant))
}
