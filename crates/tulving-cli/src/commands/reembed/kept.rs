//! The spaces that are kept: shown, gone back to, dropped.

use std::sync::Arc;

use tulving::backend::{BackendError, Filter, KeptSpaces};
use tulving::model::Space;
use tulving::store::StoreError;

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
    let kept = memory.spaces().await?;
    let space = chosen(&kept, model, dimensions, "--roll-back")?;
    let old = kept.current.map(|current| current.space);
    let lost = memory.count_lost(&space).await?;
    if lost > 0 && !incomplete {
        let lost = counted(lost, "memory");
        let message = format!("{lost} would lose their vectors: they have none of {space}");
        return Err(CliError::new(Exit::Refused, message).hint(
            "tulving reembed with the options of that model, which makes them; or the same command with --incomplete: then those are found by words only",
        ));
    }
    let progress = progress::on_stderr(cx.err);
    let ear = interrupt::listen(&progress, cx.face())?;
    let question = switch::question("Search", &space, &memory).await?;
    ear.confirm(question, cx.yes).await?;
    drop(progress);
    let _alone = alone(owner, cx).await?;
    let work = async {
        switch::index(owner, &space, cx).await?;
        memory.cut_over(&space).await?;
        switch::follow(&memory, cx).await
    };
    let moved = tokio::select! {
        moved = work => moved?,
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
            configured: switch::is_configured(&space, cx),
        })?;
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    if let Some(old) = old {
        text = switch::after(&space, &old, &memory, None, cx).await?;
    }
    output::text(text.trim_start())?;
    Ok(Exit::Done)
}

/// Removes vectors that are kept beside.
pub(super) async fn remove(
    model: Option<&str>,
    dimensions: Option<usize>,
    cx: &Context,
) -> Result<Exit, CliError> {
    let memory = cx.records().await?;
    let owner = memory.owner();
    let space = chosen(&memory.spaces().await?, model, dimensions, "--drop")?;
    let question =
        format!("Remove all vectors of {space}, for {owner}? There is no way back to them.");
    crate::confirm::confirm(&question, cx.yes)?;
    let _alone = alone(owner, cx).await?;
    memory.drop_space(&space).await?;
    if cx.json {
        output::json(&wire::Dropped {
            scope: owner.into(),
            dropped: space.as_ref().into(),
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

/// Returns the further space that is meant.
fn chosen(
    kept: &KeptSpaces,
    model: Option<&str>,
    dimensions: Option<usize>,
    flag: &str,
) -> Result<Arc<Space>, CliError> {
    let is_meant = |space: &Space| {
        model.is_none_or(|model| space.is_of_model(model))
            && dimensions.is_none_or(|dims| space.dims == dims)
    };
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
