//! `tulving tenant`: the tenants of a database.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use tulving::backend::postgres::{Owner, TenantToCreate};
use tulving::model::ScopeKind;
use uuid::Uuid;

use super::owner;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, minute};
use crate::table::Table;

/// `tulving tenant …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a tenant and prints the new id
    ///
    /// A tenant's memories belong to all of it together. The id is printed alone, so that
    /// `ID=$(tulving tenant create --name …)` works.
    Create(Create),

    /// Lists the tenants of a database
    List,
}

/// `tulving tenant create`
#[derive(Debug, Args)]
pub struct Create {
    /// The tenant's name
    #[arg(long, value_name = "NAME")]
    pub name: String,

    /// Makes a first user of the tenant, with this e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub admin_email: Option<String>,

    /// The tenant's id in Azure
    #[arg(long, value_name = "ID")]
    pub azure_tenant_id: Option<String>,

    /// The id to give the tenant [default: a new one]
    #[arg(long, value_name = "UUID")]
    pub id: Option<String>,

    /// Prints the SQL instead of running it; needs no database
    #[arg(long)]
    pub sql: bool,

    /// Writes that SQL to a file
    #[arg(long, value_name = "FILE", requires = "sql")]
    pub output: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// When the id is none, or the database cannot be reached or refuses.
pub async fn run(command: Command, cx: &Context) -> Result<Exit, CliError> {
    match command {
        Command::Create(create) => {
            let id = owner::id(create.id.as_deref(), ScopeKind::Tenant)?;
            let tenant = TenantToCreate {
                id,
                name: create.name,
                azure_tenant_id: create.azure_tenant_id,
            };
            let admin = create
                .admin_email
                .map(|email| super::user::user(Uuid::new_v4(), email, None, Some(id)));
            let mut owners: Vec<&dyn Owner> = vec![&tenant];
            owners.extend(admin.iter().map(|admin| admin as &dyn Owner));
            if create.sql {
                return owner::print_sql(cx, id, &owners, create.output.as_deref());
            }
            cx.connect().await?.create_owners(&owners).await?;
            let admin_id = admin.as_ref().map(|admin| admin.id);
            owner::print_id(
                cx,
                id,
                &json!({"id": id, "name": tenant.name, "admin_user_id": admin_id}),
            )
        }
        Command::List => list(cx).await,
    }
}

async fn list(cx: &Context) -> Result<Exit, CliError> {
    let tenants = cx.connect().await?.tenants().await?;
    if cx.json {
        let tenants: Vec<_> = tenants
            .into_iter()
            .map(|tenant| json!({"id": tenant.id, "name": tenant.name, "created_at": tenant.created_at.isoformat()}))
            .collect();
        output::json(&json!({"tenants": tenants}))?;
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
