//! The data directory that a memory begins with, and the configuration that names it.

use std::path::Path;

use tulving::backend::file::layout::astray;
use tulving::backend::file::{FileBackend, Founding, Inventory, Site};
use tulving::model::Scope;
use uuid::Uuid;

use super::{Done, Made, file};
use crate::config::Backend;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::failure::moved;
use crate::text::{owner_flag, shell};

/// Sees to it that the directory is there and has an owner, and that there is a configuration that
/// names both. `None` if another wrote the configuration meanwhile.
pub(super) fn see_to(
    directory: &Path,
    model: Option<&str>,
    cast: bool,
    cx: &Context,
) -> Result<Option<Made>, CliError> {
    let site = Site::survey(directory)?;
    if site == Site::Vacant {
        refuse_if_beside(directory)?;
    }
    let owner = owner_of(directory, &site, cx)?;
    if let Site::Unclaimed(Inventory {
        inexact: Some(inexact),
        ..
    }) = &site
        && !cast
    {
        return Err(CliError::new(Exit::Source, inexact.as_str()).hint(
            "the same command with --cast f32   (rounds the vectors to 32 bits as they are read)",
        ));
    }
    let open = match site {
        Site::Owned(_) => Some(FileBackend::open(directory)?),
        _ => None,
    };
    if let Some(model) = model {
        Site::check_model(directory, model)?;
    }
    let config = match cx.config.file() {
        Some(_) => None,
        None => Some(file::New::beside(cx.config.usual_file())?),
    };
    let publish = |owner| {
        config.map_or(Ok(true), |config| {
            config.publish(Backend::File, directory, owner, None)
        })
    };
    if let (Some(files), None, false) = (open, model, cast) {
        return match publish(owner)? {
            true => made(owner, Done::WasThere, &files),
            false => Ok(None),
        };
    }
    // All that can be refused has been: from here on there are traces.
    let founding = Founding::begin(directory)?;
    let (owner, done) = match founding.site() {
        // Another was faster.
        site @ Site::Owned(_) => (owner_of(directory, site, cx)?, Done::WasThere),
        Site::Unclaimed(_) => (owner, Done::Claimed),
        Site::Vacant => (owner, Done::Made),
    };
    if !publish(owner)? {
        return Ok(None);
    }
    if let Some(model) = model {
        founding.name_model(model)?;
    }
    let founding = match cast {
        true => founding.rounding(),
        false => founding,
    };
    let files = founding.settle(owner, None)?;
    made(owner, done, &files)
}

fn made(owner: Scope, done: Done, files: &FileBackend) -> Result<Option<Made>, CliError> {
    let vectors = files.current_space()?;
    Ok(Some(Made {
        owner,
        done,
        vectors,
    }))
}

/// Returns whose the directory is, or is to be.
fn owner_of(directory: &Path, site: &Site, cx: &Context) -> Result<Scope, CliError> {
    let named = cx.config.scope_if_named()?;
    match (site, named) {
        (Site::Owned(owner), _) => {
            cx.owner_is(directory, *owner)?;
            Ok(*owner)
        }
        (_, Some(named)) => Ok(named),
        (Site::Unclaimed(inventory), None) => {
            refuse_if_stamped(directory, inventory)?;
            Ok(Scope::User(Uuid::new_v4()))
        }
        (Site::Vacant, None) => Ok(Scope::User(Uuid::new_v4())),
    }
}

/// Refuses to make an empty directory beside files of memories, which are probably meant.
fn refuse_if_beside(directory: &Path) -> Result<(), CliError> {
    let beside = directory.parent().unwrap_or(Path::new(""));
    let files = astray(match beside == Path::new("") {
        true => Path::new("."),
        false => beside,
    });
    if !["nodes.json", "nodes.npy"]
        .iter()
        .all(|wanted| files.iter().any(|file| file == wanted))
    {
        return Ok(());
    }
    let message = format!(
        "nodes.json and nodes.npy are beside {}, where a data directory would have them in its folders",
        directory.display()
    );
    let command = moved(beside, directory, &files);
    Err(CliError::new(Exit::Refused, message)
        .hint(format!("{command}   (then the same command again)")))
}

/// Refuses to give memories that name an owner to another, who would see none of them.
fn refuse_if_stamped(directory: &Path, inventory: &Inventory) -> Result<(), CliError> {
    let path = directory.display();
    match inventory.owners.as_slice() {
        [] => Ok(()),
        [owner] => Err(CliError::new(
            Exit::Refused,
            format!(
                "the memories in {path} are those of {owner}, but the directory has no owner yet"
            ),
        )
        .hint(claim(*owner, directory))),
        owners @ [first, ..] => {
            let error = CliError::new(
                Exit::Refused,
                format!(
                    "the memories in {path} are those of {} owners, and a directory has one",
                    owners.len()
                ),
            );
            let error = owners
                .iter()
                .fold(error, |error, owner| error.cause(owner.to_string()));
            Err(error.hint(format!(
                "{}   (those of others stay in the files and are not shown)",
                claim(*first, directory)
            )))
        }
    }
}

fn claim(owner: Scope, directory: &Path) -> String {
    let owner = owner_flag(owner);
    let directory = shell(&directory.to_string_lossy());
    format!("tulving init {owner} --data-dir {directory}")
}
