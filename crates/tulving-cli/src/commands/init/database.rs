//! A memory that begins in PostgreSQL: an owner there, and the configuration that names it.

use serde_json::json;
use tulving::backend::postgres::{
    ChosenId, Connection, DatabaseError, Making, Owner as _, UserToCreate,
};
use tulving::model::Scope;
use uuid::Uuid;

use super::{Init, file, next_steps};
use crate::config::Backend;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output;
use crate::table::summary;
use crate::wire;

/// Sees to it that the owner is there and that there is a configuration that names it. Nothing is
/// made before all that can be lacking was looked for.
pub(super) async fn see_to(init: &Init, cx: &Context) -> Result<Exit, CliError> {
    if init.model.is_some() || init.cast.is_some() {
        return Err(
            CliError::usage("--model and --cast are about a data directory").hint(
                "tulving init --backend postgres; or tulving init --backend file --model NAME",
            ),
        );
    }
    let config = match cx.config.file() {
        Some(_) => None,
        None => Some(file::New::beside(cx.config.usual_file())?),
    };
    if let (None, false) = (&config, cx.config.is_backend_written_down()?) {
        let path = cx.config.usual_file().display();
        return Err(CliError::usage(format!(
            "{path} is there and has memory in files, and init changes no configuration"
        ))
        .hint(format!(
            "write backend: postgres into {path}, or name another file with --config FILE"
        )));
    }
    let mut connection = cx.connect().await?;
    connection.require_target().await?;
    let (owner, is_new) = owner(init, cx, &mut connection).await?;
    connection.require_wall(owner).await?;
    let written = config.is_some();
    let schema = cx.config.schema()?;
    let published = config.map_or(Ok(true), |config| {
        config.publish(
            Backend::Postgres,
            &cx.config.data_dir()?,
            owner,
            schema.as_deref(),
        )
    });
    if !published? {
        let path = cx.config.usual_file().display();
        return Err(CliError::new(
            Exit::Refused,
            format!("{path} was written by another meanwhile; {owner} is in the database"),
        )
        .hint("tulving config show   (tells whose memory it names)"));
    }
    report(cx, &connection, owner, is_new, written)?;
    Ok(Exit::Done)
}

/// Returns the owner that is named and there, or a user who is made or found by the address.
async fn owner(
    init: &Init,
    cx: &Context,
    connection: &mut Connection,
) -> Result<(Scope, bool), CliError> {
    let named = cx.config.scope_if_named()?;
    if let (Some(named), None) = (named, &init.email) {
        connection.require_scope(named).await?;
        return Ok((named, false));
    }
    let id = match named {
        Some(Scope::User(id)) => id,
        Some(tenant @ Scope::Tenant(_)) => {
            return Err(
                CliError::usage(format!("--email is a user's, and {tenant} is named"))
                    .hint("one of both"),
            );
        }
        None => Uuid::new_v4(),
    };
    let user = UserToCreate {
        id,
        auth_provider: "local".to_owned(),
        external_id: init.email.clone().unwrap_or_else(|| id.to_string()),
        email: init.email.clone(),
        tenant_id: None,
    };
    user.check().map_err(DatabaseError::from)?;
    let making = Making {
        id: match named {
            Some(_) => ChosenId::Given,
            None => ChosenId::Random,
        },
        if_not_exists: true,
    };
    let made = connection.create_user(&user, making).await?;
    Ok((Scope::User(made.id), !made.was_there))
}

fn report(
    cx: &Context,
    connection: &Connection,
    owner: Scope,
    is_new: bool,
    written: bool,
) -> Result<(), CliError> {
    let config = cx.config.usual_file();
    if cx.json {
        let created = written.then(|| config.display().to_string());
        return output::json(&json!({
            "config": config.display().to_string(),
            "database": connection.target(),
            "owner": wire::Scope::from(owner),
            "created": Vec::from_iter(created),
        }));
    }
    let state = |is_new| if is_new { "new" } else { "left as it was" };
    let was_there = if is_new { "new" } else { "was there" };
    let mut page = summary(
        &[
            ("owner", format!("{owner}, {was_there}")),
            ("memory", connection.target().to_owned()),
            (
                "config",
                format!("{}, {}", config.display(), state(written)),
            ),
        ],
        cx.out,
    );
    if written {
        page.push_str(&next_steps(cx, written));
    }
    output::text(&page)
}
