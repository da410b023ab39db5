//! Databases for tests, each with the schema, a user and a tenant.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use testkit::postgres::{Database as TestDatabase, Pooler, Preset, Server};
use testkit::{Fixture, Other, sample};
use tulving::backend::Backend;
use tulving::backend::postgres::{
    ChosenId, Database, Making, PostgresBackend, PostgresOptions, TenantToCreate, UserToCreate,
};
use tulving::model::Scope;
use uuid::Uuid;

/// A database of a test's own.
#[derive(Debug)]
pub(crate) struct PostgresFixture {
    pub(crate) database: TestDatabase,
    /// Where the backend connects to, if it is not the server itself.
    through: Option<String>,
}

pub(crate) fn own() -> Scope {
    sample::user(1)
}

pub(crate) fn other() -> Scope {
    Scope::Tenant(Uuid::from_u128(2))
}

pub(crate) fn options(pool_size: usize) -> PostgresOptions {
    PostgresOptions {
        pool_size,
        ..PostgresOptions::default()
    }
}

impl PostgresFixture {
    pub(crate) fn on(server: &Server) -> Self {
        let database = TestDatabase::with_template(server, "backend", |database| {
            let url = database.url().to_owned();
            let made = std::thread::spawn(move || {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(prepare(&url));
            });
            made.join().unwrap();
        });
        Self {
            database,
            through: None,
        }
    }

    /// The server itself.
    pub(crate) fn target(&self) -> Database {
        Database::new(self.database.url().parse().unwrap())
    }

    pub(crate) async fn backend(&self, options: &PostgresOptions) -> PostgresBackend {
        let url = self.through.as_deref().unwrap_or(self.database.url());
        let database = Database::new(url.parse().unwrap());
        PostgresBackend::open(database, options).await.unwrap()
    }
}

async fn prepare(url: &str) {
    let database = Database::new(url.parse().unwrap());
    let mut connection = database.connect().await.unwrap();
    connection.apply_schema().await.unwrap();
    let user = UserToCreate {
        id: own().id(),
        auth_provider: "local".to_owned(),
        external_id: "own".to_owned(),
        email: Some("own@example.com".to_owned()),
        tenant_id: None,
    };
    let tenant = TenantToCreate {
        id: other().id(),
        name: "other".to_owned(),
        azure_tenant_id: None,
    };
    let making = Making {
        id: ChosenId::Given,
        if_not_exists: false,
    };
    connection.create_user(&user, making).await.unwrap();
    connection
        .create_tenant(&tenant, making, None)
        .await
        .unwrap();
}

pub(crate) async fn fixture() -> PostgresFixture {
    PostgresFixture::on(Server::shared())
}

/// The same through a pooler; where there is none, and that is known, without.
pub(crate) async fn pooled() -> PostgresFixture {
    static POOLED: OnceLock<(Server, Option<Pooler>)> = OnceLock::new();
    let (server, pooler) = POOLED.get_or_init(|| {
        let server = Server::start(Preset::Fast);
        let pooler = Pooler::start(&server);
        (server, pooler)
    });
    let mut fixture = PostgresFixture::on(server);
    fixture.through = pooler
        .as_ref()
        .map(|pooler| pooler.url(fixture.database.name()));
    fixture
}

#[async_trait]
impl Fixture for PostgresFixture {
    fn own(&self) -> Scope {
        own()
    }

    fn other(&self) -> Other {
        Other::Kept(other())
    }

    async fn open(&self) -> Arc<dyn Backend> {
        let options = PostgresOptions {
            // So many tests at once make everybody wait.
            wait: Duration::from_secs(60),
            statement: Duration::from_secs(120),
            ..options(4)
        };
        Arc::new(self.backend(&options).await)
    }

    async fn maintain(&self) {
        for scope in [own(), other()] {
            self.target().index(scope, true, &|_| {}).await.unwrap();
        }
    }
}
