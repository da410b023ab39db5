//! Owners are made once, whoever else makes some meanwhile.

use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::backend::postgres::connect::Connection;
use crate::backend::postgres::error::{DatabaseError, Doing};
use crate::backend::postgres::new_owner::{Owner, TenantToCreate, UserToCreate};
use crate::backend::postgres::refusal::{Refusal, RequiredRole};
use crate::backend::postgres::session::Transaction;
use crate::backend::postgres::sql::{owners as sql, transaction};
use crate::model::Scope;

/// Plain SQL does not wait for others who make owners, so what it wrote meanwhile is looked for anew.
const TRIES: usize = 4;

/// Who vouches for a user that is known by an address alone.
const LOCAL: &str = "local";

/// How the id of a new owner came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChosenId {
    /// At random: any other would do.
    Random,
    /// It is taken if nobody has it, else a random one.
    Wished,
    /// It is this one or none.
    Given,
}

/// How an owner is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Making {
    /// How its id came to be.
    pub id: ChosenId,
    /// Whether an owner of the same address or name is taken as it is; else it is an error.
    pub if_not_exists: bool,
}

/// An owner who is there now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// Its id.
    pub id: Uuid,
    /// Whether it was there before.
    pub was_there: bool,
}

impl Made {
    /// Makes one as of now.
    #[must_use]
    pub fn new(id: Uuid) -> Self {
        Self {
            id,
            was_there: false,
        }
    }
}

impl Connection {
    /// Makes a user; the scope comes by itself. With [`Making::if_not_exists`] a user of that
    /// identity is taken, or of that address where the identity is nothing else.
    ///
    /// # Errors
    /// If it is not named properly; if the user is there already, or is to be taken and has another id or another tenant than
    /// was asked for; if the id is somebody's, the tenant nobody's, or the login role may not write
    /// the tables.
    pub async fn create_user(
        &mut self,
        user: &UserToCreate,
        making: Making,
    ) -> Result<Made, DatabaseError> {
        let user = Newcomer::User(user.clone());
        let (made, _) = self.create(&user, making, None).await?;
        Ok(made)
    }

    /// Makes a tenant and, where wanted, a first user of it, both or none. With
    /// [`Making::if_not_exists`] a tenant of that Azure id is taken, or of that name where none is
    /// given.
    ///
    /// # Errors
    /// As [`Self::create_user`]; if a tenant is to be taken by a name that several have.
    pub async fn create_tenant(
        &mut self,
        tenant: &TenantToCreate,
        making: Making,
        admin: Option<&UserToCreate>,
    ) -> Result<(Made, Option<Made>), DatabaseError> {
        let tenant = Newcomer::Tenant(tenant.clone());
        self.create(&tenant, making, admin).await
    }

    async fn create(
        &mut self,
        newcomer: &Newcomer,
        making: Making,
        admin: Option<&UserToCreate>,
    ) -> Result<(Made, Option<Made>), DatabaseError> {
        newcomer.owner().check()?;
        admin.map_or(Ok(()), Owner::check)?;
        let mut tries = 1;
        loop {
            match self.try_create(newcomer.clone(), making, admin).await {
                Err(DatabaseError::Server { source, .. })
                    if source.code() == Some(&SqlState::UNIQUE_VIOLATION) =>
                {
                    // That often, it is a rule of the database's own.
                    if tries == TRIES {
                        let said = source.as_db_error().map_or("", |said| said.message());
                        let what = format!("{} is there already: {said}", newcomer.describe());
                        return Err(Refusal::Exists { what }.into());
                    }
                    tries += 1;
                }
                done => return done,
            }
        }
    }

    async fn try_create(
        &mut self,
        newcomer: Newcomer,
        making: Making,
        admin: Option<&UserToCreate>,
    ) -> Result<(Made, Option<Made>), DatabaseError> {
        const DOING: &str = "creating owners";
        let login = self.login.clone();
        let with_login =
            |error: DatabaseError| error.with_login(login.as_deref(), RequiredRole::Owner);
        let tx = self.transaction(DOING).await?;
        tx.batch(&transaction::lock_owners()).await.doing(DOING)?;
        let made = newcomer.make(&tx, making).await.map_err(with_login)?;
        let admin = match admin {
            None => None,
            Some(admin) => {
                let mut admin = admin.clone();
                admin.tenant_id = Some(made.id);
                let id = ChosenId::Random;
                let admin = Newcomer::User(admin).make(&tx, Making { id, ..making });
                Some(admin.await.map_err(with_login)?)
            }
        };
        tx.commit(DOING).await?;
        Ok((made, admin))
    }
}

/// Somebody who is to be made.
#[derive(Debug, Clone)]
enum Newcomer {
    User(UserToCreate),
    Tenant(TenantToCreate),
}

/// Somebody who is there already and is called the same.
struct Namesake {
    id: Uuid,
    tenant_id: Option<Uuid>,
    /// Whether nobody else can be called so.
    is_unique: bool,
}

impl Newcomer {
    async fn make(mut self, tx: &Transaction<'_>, making: Making) -> Result<Made, DatabaseError> {
        let namesakes = self.namesakes(tx).await?;
        if making.if_not_exists {
            if let Some(found) = self.chosen(&namesakes, making)? {
                return Ok(Made {
                    id: found.id,
                    was_there: true,
                });
            }
        } else if let Some(found) = namesakes.iter().find(|found| found.is_unique) {
            return Err(Refusal::OwnerExists {
                what: self.describe(),
                id: found.id,
            }
            .into());
        }
        if making.id != ChosenId::Random
            && let Some(by) = self.who_has_its_id(tx).await?
        {
            if making.id == ChosenId::Given {
                let what = self.describe();
                return Err(Refusal::IdTaken { what, by }.into());
            }
            self.set_id(Uuid::new_v4());
        }
        let doing = format!("creating {}", self.describe());
        let inserted = tx.batch(&sql::make(self.owner().sql())).await;
        inserted.map_err(|source| match source.code() {
            Some(code) if *code == SqlState::FOREIGN_KEY_VIOLATION => Refusal::Exists {
                what: format!(
                    "{} belongs to a tenant that does not exist",
                    self.describe()
                ),
            }
            .into(),
            _ => DatabaseError::from_driver(doing, source),
        })?;
        Ok(Made::new(self.id()))
    }

    /// Which of those who are called the same is meant, if any.
    fn chosen<'n>(
        &self,
        namesakes: &'n [Namesake],
        making: Making,
    ) -> Result<Option<&'n Namesake>, Refusal> {
        let wanted = (making.id != ChosenId::Random).then(|| self.id());
        let exactly = namesakes.iter().find(|found| Some(found.id) == wanted);
        let unique = namesakes.iter().find(|found| found.is_unique);
        let found = match (exactly.or(unique), namesakes) {
            (Some(found), _) => found,
            (None, []) => return Ok(None),
            (None, [found]) => found,
            (None, several) => {
                let ids: Vec<_> = several.iter().map(|found| found.id.to_string()).collect();
                return Err(Refusal::Namesakes {
                    what: self.describe(),
                    ids: ids.join(", "),
                });
            }
        };
        if let Some(wanted) = wanted.filter(|wanted| *wanted != found.id) {
            return Err(Refusal::OtherOwner {
                what: self.describe(),
                there: self.scope_with(found.id),
                wanted: self.scope_with(wanted),
            });
        }
        match (self, found.tenant_id) {
            (Self::User(user), of) if user.tenant_id.is_some() && user.tenant_id != of => {
                let tenant = |id: Option<Uuid>| {
                    id.map_or_else(|| "no tenant".to_owned(), |id| format!("tenant {id}"))
                };
                let (is, asked) = (tenant(of), tenant(user.tenant_id));
                let what = format!("{} belongs to {is}, not to {asked}", self.describe());
                Err(Refusal::Exists { what })
            }
            _ => Ok(Some(found)),
        }
    }

    /// Those who are called the same, the oldest first.
    async fn namesakes(&self, tx: &Transaction<'_>) -> Result<Vec<Namesake>, DatabaseError> {
        let read = |row: &Row| Namesake {
            id: row.get(0),
            tenant_id: row.get(1),
            is_unique: row.get(2),
        };
        let doing = format!("looking for {}", self.describe());
        let query = match self {
            Self::User(user) => {
                // An address alone is an identity; beside another identity it is not looked at.
                let address = user
                    .email
                    .as_deref()
                    .filter(|email| user.auth_provider == LOCAL && user.external_id == *email);
                sql::users_called(&user.auth_provider, &user.external_id, address)
            }
            Self::Tenant(tenant) => {
                sql::tenants_called(&tenant.name, tenant.azure_tenant_id.as_deref())
            }
        };
        let rows = tx.query(&query).await;
        Ok(rows.doing(&doing)?.iter().map(read).collect())
    }

    /// Who has the id that it should get, in words.
    async fn who_has_its_id(&self, tx: &Transaction<'_>) -> Result<Option<String>, DatabaseError> {
        let doing = format!("looking for {}", self.scope_with(self.id()));
        let rows = tx.query(&sql::with_id(self.id())).await;
        Ok(rows.doing(&doing)?.first().map(|row| row.get(0)))
    }

    fn id(&self) -> Uuid {
        match self {
            Self::User(user) => user.id,
            Self::Tenant(tenant) => tenant.id,
        }
    }

    fn set_id(&mut self, id: Uuid) {
        match self {
            Self::User(user) => user.id = id,
            Self::Tenant(tenant) => tenant.id = id,
        }
    }

    fn scope_with(&self, id: Uuid) -> Scope {
        match self {
            Self::User(_) => Scope::User(id),
            Self::Tenant(_) => Scope::Tenant(id),
        }
    }

    fn owner(&self) -> &dyn Owner {
        match self {
            Self::User(user) => user,
            Self::Tenant(tenant) => tenant,
        }
    }

    fn describe(&self) -> String {
        self.owner().describe()
    }
}
