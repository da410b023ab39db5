//! The spaces that are kept: shown, gone back to, dropped.

use std::sync::Arc;

use tulving::backend::{BackendError, Filter, KeptSpaces};
use tulving::model::Space;
use tulving::store::{ScopedStore, StoreError};

use super::{alone, switch};
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, count, counted};
use crate::table::{Table, summary};
use crate::text::{quote, safe};
use crate::{interrupt, kinds, progress, wire};

/// Shows them.
pub(super) async fn status(cx: &Context) -> Result<Exit, CliError> {
    let memory = cx.records().await?;
    let kept = memory.spaces().await?;
    let memories = memory.count(&Filter::default()).await?;
    if cx.json {
        output::json(&wire::Spaces::new(memory.owner(), &kept, &memories))?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(["MODEL", "VECTORS", "LACKING", ""]);
    for one in kept.current.iter().chain(&kept.further) {
        let is_current = kept.current.as_ref() == Some(one);
        table.row([
            one.space.to_string(),
            kinds::listed(&one.vectors, ", "),
            count(one.lacking(&memories).total()),
            if is_current {
                "searched"
            } else {
                "kept beside"
            }
            .to_owned(),
        ]);
    }
    let mut text = format!("{}\n\n{}", memory.owner(), table.render(cx.out));
    if kept.behind.total() > 0 {
        let behind = counted(kept.behind.total(), "vector");
        text.push_str(&format!("\n{behind} still to be moved after a cut-over\n"));
    }
    output::text(&text)?;
    Ok(Exit::Done)
}

/// Searches with vectors that are kept beside.
pub(super) async fn roll_back(
    model: Option<&str>,
    dimensions: Option<usize>,
    incomplete: bool,
    cx: &Context,
) -> Result<Exit, CliError> {
    let memory = cx.records().await?;
    let owner = memory.owner();
    let asked = Way::back(&memory, model, dimensions).await?;
    if !asked.is_gone {
        asked.may_lose(&memory, incomplete).await?;
    }
    let progress = progress::on_stderr(cx.err);
    let ear = interrupt::listen(&progress, cx.face())?;
    if !asked.is_gone {
        let question = switch::question("Search", &asked.space, &memory).await?;
        ear.confirm(question, cx.yes).await?;
    }
    drop(progress);
    let _alone = alone(owner, cx).await?;
    // Another run may have been waited for.
    let way = Way::back(&memory, model, dimensions).await?;
    if way != asked {
        return Err(switch::overtaken());
    }
    let space = &way.space;
    let work = async {
        let (mut lost, mut indexes) = (0, Vec::new());
        if !way.is_gone {
            way.may_lose(&memory, incomplete).await?;
            indexes = switch::index(owner, space, cx).await?;
            // Others may have written while the index was built.
            lost = way.may_lose(&memory, incomplete).await?;
            memory.cut_over(space).await?;
        }
        let moved = switch::follow(&memory, cx).await?;
        Ok::<_, CliError>((lost, indexes, moved))
    };
    let (lost, indexes, moved) = tokio::select! {
        done = work => done?,
        () = ear.cancel.wait() => {
            return Err(CliError::new(Exit::Interrupted, "stopped before it was done")
                .hint("tulving reembed --status   (says what is searched); then the same command again"));
        }
    };
    if cx.json {
        output::json(&wire::RolledBack {
            scope: owner.into(),
            space: space.as_ref().into(),
            lost,
            moved,
            indexes: wire::indexes(&indexes),
            configured: switch::is_configured(space, cx),
        })?;
        return Ok(Exit::Done);
    }
    let mut text = switch::after(space, way.old.as_deref(), &memory, None, cx).await?;
    if let Some(line) = switch::line(&indexes) {
        text.insert_str(0, &summary(&[line], cx.out));
    }
    output::text(text.trim_start())?;
    Ok(Exit::Done)
}

/// What a way back leads to.
#[derive(PartialEq)]
struct Way {
    space: Arc<Space>,
    /// Whether it is searched already, and at most vectors are to be moved: an earlier run was stopped.
    is_gone: bool,
    /// What is searched until then.
    old: Option<Arc<Space>>,
}

impl Way {
    async fn back(
        memory: &ScopedStore,
        model: Option<&str>,
        dimensions: Option<usize>,
    ) -> Result<Self, CliError> {
        let kept = memory.spaces().await?;
        let current = kept.current.as_ref().map(|current| &current.space);
        if let Some(current) = current.filter(|space| is_meant(space, model, dimensions)) {
            let mut further = kept.further.iter();
            let is_other = further.any(|kept| is_meant(&kept.space, model, dimensions));
            if kept.behind.total() > 0 || (model.is_some() && !is_other) {
                return Ok(Self {
                    space: Arc::clone(current),
                    is_gone: true,
                    old: None,
                });
            }
        }
        Ok(Self {
            space: chosen(&kept, model, dimensions, "--roll-back")?,
            is_gone: false,
            old: current.cloned(),
        })
    }

    /// Returns how many memories would lose their vectors, and refuses where they may not.
    async fn may_lose(&self, memory: &ScopedStore, incomplete: bool) -> Result<u64, CliError> {
        let lost = memory.count_lost(&self.space).await?;
        if lost == 0 || incomplete {
            return Ok(lost);
        }
        let (lost, space) = (counted(lost, "memory"), &self.space);
        let message = format!("{lost} would lose their vectors: they have none of {space}");
        Err(CliError::new(Exit::Refused, message).hint(
            "tulving reembed with the options of that model, which makes them; or the same command with --incomplete: then those are found by words only",
        ))
    }
}

/// Removes vectors that are kept beside.
pub(super) async fn remove(
    model: Option<&str>,
    dimensions: Option<usize>,
    cx: &Context,
) -> Result<Exit, CliError> {
    let memory = cx.records().await?;
    let owner = memory.owner();
    switch::finish(&memory, cx).await?;
    let kept = memory.spaces().await?;
    let is_kept = |model| {
        let mut all = kept.current.iter().chain(&kept.further);
        all.any(|kept| is_meant(&kept.space, Some(model), dimensions))
    };
    if let Some(gone) = model.filter(|model| !is_kept(model)) {
        // An earlier run removed them, maybe without being able to say so.
        if cx.json {
            output::json(&wire::Dropped {
                scope: owner.into(),
                dropped: None,
            })?;
        } else {
            output::text(&format!("{owner} has no vectors of {}", quote(gone)))?;
        }
        return Ok(Exit::Done);
    }
    let space = chosen(&kept, model, dimensions, "--drop")?;
    let question =
        format!("Remove all vectors of {space}, for {owner}? There is no way back to them.");
    crate::confirm::confirm(&question, cx.yes)?;
    let _alone = alone(owner, cx).await?;
    memory.drop_space(&space).await?;
    if cx.json {
        output::json(&wire::Dropped {
            scope: owner.into(),
            dropped: Some(space.as_ref().into()),
        })?;
        return Ok(Exit::Done);
    }
    output::text(&summary(
        &[
            ("owner", owner.to_string()),
            ("removed", safe(&space.to_string())),
        ],
        cx.out,
    ))?;
    Ok(Exit::Done)
}

fn is_meant(space: &Space, model: Option<&str>, dimensions: Option<usize>) -> bool {
    model.is_none_or(|model| space.is_of_model(model))
        && dimensions.is_none_or(|dims| space.dims == dims)
}

/// Returns the further space that is meant.
fn chosen(
    kept: &KeptSpaces,
    model: Option<&str>,
    dimensions: Option<usize>,
    flag: &str,
) -> Result<Arc<Space>, CliError> {
    let is_meant = |space: &Space| is_meant(space, model, dimensions);
    let further = kept.further.iter().map(|kept| &kept.space);
    let found: Vec<&Arc<Space>> = further.filter(|space| is_meant(space)).collect();
    let current = kept.current.as_ref().map(|current| &current.space);
    match (found.as_slice(), current) {
        ([one], _) => Ok(Arc::clone(one)),
        ([], Some(current)) if model.is_some() && is_meant(current) => {
            let space = Arc::clone(current);
            Err(StoreError::from(BackendError::CurrentSpace { space }).into())
        }
        ([], _) => {
            let of = model.map_or_else(String::new, |model| format!(" of {}", quote(model)));
            let message = format!("there are no vectors{of} beside those that are searched");
            Err(CliError::new(Exit::Refused, message).hint("tulving reembed --status"))
        }
        (several, _) => {
            let names: Vec<String> = several.iter().map(ToString::to_string).collect();
            let message = format!("there are vectors of several models: {}", names.join(", "));
            Err(CliError::usage(message).hint(format!(
                "{flag} with the name of one, and --dimensions if that is not enough"
            )))
        }
    }
}
