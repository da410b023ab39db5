//! `tulving tenant`: the tenants of a database.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use tulving::backend::postgres::{DatabaseError, Made, Owner, TenantToCreate};
use tulving::model::{Scope, ScopeKind};
use uuid::Uuid;

use super::erasure::{self, DeleteArgs};
use super::owner::{self, Wanted};
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, minute};
use crate::table::Table;
use crate::wire;

/// `tulving tenant …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Creates a tenant and prints its id
    ///
    /// A tenant's memories belong to the whole organisation. The id alone is printed on stdout, so that
    /// `ID=$(tulving tenant create --name …)` works; notes go to stderr.
    ///
    /// If the configuration or the data directory names a tenant as the owner, the new tenant gets that
    /// id, so that the files can be migrated; if the database has a tenant with that id already, the new
    /// one gets another id. Several tenants may have the same name.
    #[command(after_help = "With --json:\n\
        {\"id\": UUID, \"name\": TEXT, \"admin_user_id\": UUID or null, \"created\": true or false}\n\
        and with --sql {\"id\", \"sql\"}, or {\"id\", \"file\"}")]
    Create(Create),

    /// Lists the tenants of a database
    #[command(after_help = "With --json:\n\
    {\"tenants\": [{\"id\", \"name\", \"created_at\"}]}")]
    List,

    /// Shows a tenant, and how much it remembers
    #[command(after_help = "With --json:\n\
        {\"id\": UUID, \"name\": TEXT, \"created_at\": TIME, \"nodes\": N, the same for every other kind}")]
    Show(Named),

    /// Changes a tenant's name
    #[command(after_help = "With --json:\n\
        {\"id\": UUID, \"name\": TEXT}")]
    Rename(Rename),

    /// Deletes a tenant with everything that it remembers, and proves that nothing is left
    ///
    /// First everything is erased as by `tulving forget`, then the tenant itself; users who belong to it stay, without a tenant. If something
    /// of it is found afterwards (exit code 5), the tenant stays. Its id can be used again; nothing remembers
    /// what was forgotten.
    #[command(after_help = "With --json:\n\
        {…as tulving forget…, \"owner_deleted\": true}")]
    Delete(Delete),
}

/// A tenant that is there.
#[derive(Debug, Args)]
pub struct Named {
    /// Its id or name
    #[arg(value_name = "TENANT")]
    pub tenant: String,
}

/// `tulving tenant delete`
#[derive(Debug, Args)]
pub struct Delete {
    /// Its id or name
    #[arg(value_name = "TENANT")]
    pub tenant: String,

    #[expect(missing_docs, reason = "a comment here would stand before the options")]
    #[command(flatten)]
    pub args: DeleteArgs,
}

/// `tulving tenant rename`
#[derive(Debug, Args)]
pub struct Rename {
    /// Its id or name
    #[arg(value_name = "TENANT")]
    pub tenant: String,

    /// The new name
    #[arg(long, value_name = "NAME")]
    pub name: String,
}

/// `tulving tenant create`
#[derive(Debug, Args)]
pub struct Create {
    /// The tenant's name
    #[arg(long, value_name = "NAME")]
    pub name: String,

    /// Creates a first user of the tenant, with this e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub admin_email: Option<String>,

    /// The tenant's id in Azure
    #[arg(long, value_name = "ID")]
    pub azure_tenant_id: Option<String>,

    /// The id to give the tenant [default: the configured owner's, else a new one]
    #[arg(long, value_name = "UUID")]
    pub id: Option<String>,

    /// If a tenant with that name (with --azure-tenant-id: with that Azure id) exists, prints its id; if
    /// that is not the id that is asked for or configured, the command is refused
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
            let configured = match &create.id {
                None => cx.configured_owner()?,
                Some(_) => None,
            };
            let wanted = Wanted::new(create.id.as_deref(), ScopeKind::Tenant, configured)?;
            let tenant = TenantToCreate {
                id: wanted.id,
                name: create.name,
                azure_tenant_id: create.azure_tenant_id,
            };
            let admin = create
                .admin_email
                .map(|email| super::user::user(Uuid::new_v4(), email, None, Some(tenant.id)));
            if create.sql {
                let mut owners: Vec<&dyn Owner> = vec![&tenant];
                owners.extend(admin.iter().map(|admin| admin as &dyn Owner));
                wanted.tell(Made::new(tenant.id), &tenant.describe());
                return owner::print_sql(cx, tenant.id, &owners, create.output.as_deref());
            }
            tenant.check().map_err(DatabaseError::from)?;
            let making = wanted.making(create.if_not_exists);
            let mut connection = cx.connect().await?;
            let (made, admin) = connection
                .create_tenant(&tenant, making, admin.as_ref())
                .await?;
            wanted.tell(made, &tenant.describe());
            let admin_id = admin.map(|admin| admin.id);
            owner::print_id(
                cx,
                made.id,
                &json!({"id": made.id, "name": tenant.name, "admin_user_id": admin_id, "created": !made.was_there}),
            )
        }
        Command::List => list(cx).await,
        Command::Show(Named { tenant }) => show(&tenant, cx).await,
        Command::Delete(Delete { tenant, args }) => {
            let tenant = cx.connect().await?.tenant(&tenant).await?;
            let called = tenant.name;
            erasure::delete_owner(
                Scope::Tenant(tenant.id),
                format!("the tenant {called}"),
                args,
                cx,
            )
            .await
        }
        Command::Rename(Rename { tenant, name }) => {
            let mut connection = cx.connect().await?;
            let id = connection.tenant(&tenant).await?.id;
            connection.rename_tenant(id, &name).await?;
            owner::print_id(cx, id, &json!({"id": id, "name": name}))
        }
    }
}

async fn show(called: &str, cx: &Context) -> Result<Exit, CliError> {
    let tenant = cx.connect().await?.tenant(called).await?;
    let counts = owner::counts(cx, Scope::Tenant(tenant.id)).await?;
    if cx.json {
        let owner = wire::Tenant::from(tenant);
        output::json(&wire::Counted { owner, counts })?;
        return Ok(Exit::Done);
    }
    let lines = vec![("tenant", tenant.id.to_string()), ("name", tenant.name)];
    owner::print(cx, lines, tenant.created_at, counts)
}

async fn list(cx: &Context) -> Result<Exit, CliError> {
    let tenants = cx.connect().await?.tenants().await?;
    if cx.json {
        let tenants = tenants.into_iter().map(Into::into).collect();
        output::json(&wire::Tenants { tenants })?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(["ID", "NAME", "CREATED (UTC)"]);
    for tenant in tenants {
        table.row([
            tenant.id.to_string(),
            tenant.name,
            minute(tenant.created_at),
        ]);
    }
    output::text(&table.render(cx.out))?;
    Ok(Exit::Done)
}
