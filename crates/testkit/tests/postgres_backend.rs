//! PostgreSQL does what every backend must do.

use std::sync::Arc;

use async_trait::async_trait;
use testkit::postgres::{Database as TestDatabase, Server};
use testkit::{Fixture, Other, sample};
use tulving::backend::Backend;
use tulving::backend::postgres::{
    Database, PostgresBackend, PostgresOptions, TenantToCreate, UserToCreate,
};
use tulving::model::Scope;
use uuid::Uuid;

const SEED: u64 = 1;

/// A database of the test's own, with the schema, a user and a tenant.
#[derive(Debug)]
struct PostgresFixture {
    database: TestDatabase,
}

fn own() -> Scope {
    sample::user(1)
}

fn other() -> Scope {
    Scope::Tenant(Uuid::from_u128(2))
}

impl PostgresFixture {
    fn database(&self) -> Database {
        Database::new(self.database.url().parse().unwrap())
    }
}

async fn fixture() -> PostgresFixture {
    let database = TestDatabase::with_template(Server::shared(), "backend", |database| {
        let url = database.url().to_owned();
        let made = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(prepare(&url));
        });
        made.join().unwrap();
    });
    PostgresFixture { database }
}

async fn prepare(url: &str) {
    let database = Database::new(url.parse().unwrap());
    let mut connection = database.connect().await.unwrap();
    connection.apply_schema().await.unwrap();
    let user = UserToCreate {
        id: own().id(),
        auth_provider: "local".to_owned(),
        external_id: "own".to_owned(),
        email: "own@example.com".to_owned(),
        tenant_id: None,
    };
    let tenant = TenantToCreate {
        id: other().id(),
        name: "other".to_owned(),
        azure_tenant_id: None,
    };
    connection.create_owners(&[&user, &tenant]).await.unwrap();
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
            pool_size: 4,
            ..PostgresOptions::default()
        };
        let backend = PostgresBackend::open(self.database(), &options).await;
        Arc::new(backend.unwrap())
    }

    async fn maintain(&self) {
        for scope in [own(), other()] {
            self.database().index(scope, true, &|_| {}).await.unwrap();
        }
    }
}

testkit::conformance_tests!(fixture);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_probes_find_nothing_of_another_scope() {
    let probed = testkit::probes::run(&fixture().await, 10_000, SEED).await;
    println!("{probed}");
    assert_eq!((probed.probes, probed.controls), (10_000, 10_000));
}

#[test]
fn random_operations_do_what_a_map_would_do() {
    testkit::operations::run(fixture, 40, SEED);
}
