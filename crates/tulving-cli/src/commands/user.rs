//! `tulving user`: the users of a database.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use tulving::backend::postgres::{DatabaseError, Made, Owner as _, UserToCreate};
use tulving::model::{Scope, ScopeKind};
use uuid::Uuid;

use super::erasure::{self, DeleteArgs};
use super::owner::{self, Wanted};
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, minute};
use crate::table::Table;
use crate::wire;

/// `tulving user …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Creates a user and prints its id
    ///
    /// Memories are migrated for a user or a tenant, which must exist. The id alone is printed on stdout,
    /// so that `ID=$(tulving user create --email …)` works; notes go to stderr.
    ///
    /// If the configuration or the data directory names a user as the owner, the new user gets that id,
    /// so that the files can be migrated; if the database has a user with that id already, the new one
    /// gets another id. The global `--tenant-id` makes the user a member of that tenant; members always
    /// get a new id.
    #[command(after_help = "With --json:\n\
        {\"id\": UUID, \"email\": TEXT, \"tenant_id\": UUID or null, \"created\": true or false}\n\
        and with --sql {\"id\", \"sql\"}, or {\"id\", \"file\"}")]
    Create(Create),

    /// Lists the users of a database
    #[command(after_help = "With --json:\n\
    {\"users\": [{\"id\", \"email\", \"tenant_id\", \"created_at\"}]}")]
    List,

    /// Shows a user, and how much it remembers
    #[command(after_help = "With --json:\n\
        {\"id\": UUID, \"email\": TEXT or null, \"tenant_id\": UUID or null, \"created_at\": TIME, \"nodes\": N, the same for every other kind}")]
    Show(Named),

    /// Changes a user's e-mail address
    ///
    /// The id and the memories stay the same. A user who was created without `--external-id` is
    /// identified by the new address from then on.
    #[command(after_help = "With --json:\n\
        {\"id\": UUID, \"email\": TEXT}")]
    Rename(Rename),

    /// Deletes a user with everything that it remembers, and proves that nothing is left
    ///
    /// First everything is erased as by `tulving forget`, then the user itself and its scope. If something
    /// of it is found afterwards (exit code 5), the user stays. Its id can be used again; nothing remembers
    /// what was forgotten.
    #[command(after_help = "With --json:\n\
        {…as tulving forget…, \"owner_deleted\": true}")]
    Delete(Delete),
}

/// A user that is there.
#[derive(Debug, Args)]
pub struct Named {
    /// Its id or e-mail address
    #[arg(value_name = "USER")]
    pub user: String,
}

/// `tulving user delete`
#[derive(Debug, Args)]
pub struct Delete {
    /// Its id or e-mail address
    #[arg(value_name = "USER")]
    pub user: String,

    #[expect(missing_docs, reason = "a comment here would stand before the options")]
    #[command(flatten)]
    pub args: DeleteArgs,
}

/// `tulving user rename`
#[derive(Debug, Args)]
pub struct Rename {
    /// Its id or e-mail address
    #[arg(value_name = "USER")]
    pub user: String,

    /// The new address
    #[arg(long, value_name = "ADDRESS")]
    pub email: String,
}

/// `tulving user create`
#[derive(Debug, Args)]
pub struct Create {
    /// The user's e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub email: String,

    /// The service that identifies the user, such as google or azure-ad
    #[arg(long, value_name = "NAME", requires = "external_id")]
    pub auth_provider: Option<String>,

    /// The user's id at that provider
    #[arg(long, value_name = "ID", requires = "auth_provider")]
    pub external_id: Option<String>,

    /// The id to give the user [default: the configured owner's, else a new one]
    #[arg(long, value_name = "UUID")]
    pub id: Option<String>,

    /// If the user exists, prints its id; if that is not the id that is asked for or configured, the
    /// command is refused
    #[arg(long, conflicts_with = "sql")]
    pub if_not_exists: bool,

    /// Prints the SQL instead of running it; needs no database
    #[arg(long)]
    pub sql: bool,

    /// Writes that SQL to a file
    #[arg(long, value_name = "FILE", requires = "sql", value_parser = crate::config::path())]
    pub output: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// When the id is none, or the database cannot be reached or refuses.
pub async fn run(command: Command, cx: &Context) -> Result<Exit, CliError> {
    match command {
        Command::Create(create) => {
            let tenant_id = cx.config.tenant_flag()?;
            let configured = match (&create.id, tenant_id) {
                (None, None) => cx.configured_owner()?,
                _ => None,
            };
            let wanted = Wanted::new(create.id.as_deref(), ScopeKind::User, configured)?;
            let user = user(
                wanted.id,
                create.email,
                create.auth_provider.zip(create.external_id),
                tenant_id,
            );
            if create.sql {
                wanted.tell(Made::new(user.id), &user.describe());
                return owner::print_sql(cx, user.id, &[&user], create.output.as_deref());
            }
            user.check().map_err(DatabaseError::from)?;
            let making = wanted.making(create.if_not_exists);
            let made = cx.connect().await?.create_user(&user, making).await?;
            wanted.tell(made, &user.describe());
            owner::print_id(
                cx,
                made.id,
                &json!({"id": made.id, "email": user.email, "tenant_id": tenant_id, "created": !made.was_there}),
            )
        }
        Command::List => list(cx).await,
        Command::Show(Named { user }) => show(&user, cx).await,
        Command::Delete(Delete { user, args }) => {
            let user = cx.connect().await?.user(&user).await?;
            let called = user.email.unwrap_or_else(|| user.id.to_string());
            erasure::delete_owner(Scope::User(user.id), format!("the user {called}"), args, cx)
                .await
        }
        Command::Rename(Rename { user, email }) => {
            let mut connection = cx.connect().await?;
            let id = connection.user(&user).await?.id;
            connection.rename_user(id, &email).await?;
            owner::print_id(cx, id, &json!({"id": id, "email": email}))
        }
    }
}

/// Returns a user who is known by an identity elsewhere, or by the address alone.
pub(super) fn user(
    id: Uuid,
    email: String,
    identity: Option<(String, String)>,
    tenant_id: Option<Uuid>,
) -> UserToCreate {
    let (auth_provider, external_id) =
        identity.unwrap_or_else(|| ("local".to_owned(), email.clone()));
    UserToCreate {
        id,
        auth_provider,
        external_id,
        email: Some(email),
        tenant_id,
    }
}

async fn show(called: &str, cx: &Context) -> Result<Exit, CliError> {
    let user = cx.connect().await?.user(called).await?;
    let counts = owner::counts(cx, Scope::User(user.id)).await?;
    if cx.json {
        let owner = wire::User::from(user);
        output::json(&wire::Counted { owner, counts })?;
        return Ok(Exit::Done);
    }
    let mut lines = vec![("user", user.id.to_string())];
    lines.extend(user.email.map(|email| ("email", email)));
    lines.extend(user.tenant_id.map(|id| ("tenant", id.to_string())));
    owner::print(cx, lines, user.created_at, counts)
}

async fn list(cx: &Context) -> Result<Exit, CliError> {
    let users = cx.connect().await?.users().await?;
    if cx.json {
        let users = users.into_iter().map(Into::into).collect();
        output::json(&wire::Users { users })?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(["ID", "EMAIL", "TENANT", "CREATED (UTC)"]);
    for user in users {
        let tenant = user
            .tenant_id
            .map_or_else(|| "-".to_owned(), |id| id.to_string());
        let email = user.email.unwrap_or_else(|| "-".to_owned());
        table.row([user.id.to_string(), email, tenant, minute(user.created_at)]);
    }
    output::text(&table.render(cx.out))?;
    Ok(Exit::Done)
}
