//! Every statement of the listing is one that a server takes.

use std::path::Path;

use testkit::postgres::{Preset, Server};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, NoTls};

use crate::place::PostgresFixture;

/// The types that parameters have.
const TYPES: &[Type] = &[
    Type::UUID,
    Type::TEXT,
    Type::TEXT_ARRAY,
    Type::INT2,
    Type::INT2_ARRAY,
    Type::INT4,
    Type::INT4_ARRAY,
    Type::INT8,
    Type::INT8_ARRAY,
    Type::FLOAT4_ARRAY,
    Type::BYTEA,
    Type::BYTEA_ARRAY,
    Type::TIMESTAMPTZ,
    Type::FLOAT8,
    Type::BOOL,
    Type::UNKNOWN,
];

#[tokio::test]
async fn a_server_prepares_every_statement_of_the_listing() {
    let server = Server::start(Preset::Fast);
    let fixture = PostgresFixture::on(&server);
    let url = fixture.database.url();
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    // Some name the schema that the listing was made for.
    let named = "CREATE SCHEMA tulving; CREATE VIEW tulving.memory_nodes AS TABLE memory_nodes; \
                 CREATE VIEW tulving.forgotten AS TABLE forgotten";
    client.batch_execute(named).await.unwrap();
    let golden = "../tulving/src/backend/postgres/sql/golden";
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join(golden);
    let (mut prepared, mut scripts) = (0, 0);
    for file in std::fs::read_dir(golden).unwrap() {
        let path = file.unwrap().path();
        let listing = std::fs::read_to_string(&path).unwrap();
        for listed in listing.split("\n\n-- ").skip(1) {
            match prepare(&client, listed).await {
                Ok(true) => prepared += 1,
                Ok(false) => scripts += 1,
                Err(error) => panic!("{}: -- {listed}\n{error:?}", path.display()),
            }
        }
    }
    assert!(prepared > 400, "{prepared} were prepared");
    assert!(scripts < 20, "{scripts} are not single statements");
}

/// Prepares one as it is listed; not what is several, which no server prepares.
async fn prepare(client: &Client, listed: &str) -> Result<bool, tokio_postgres::Error> {
    let types = listed.lines().find_map(|line| line.strip_prefix("-- $1 "));
    let types = types.into_iter().flat_map(|types| types.split(", "));
    let types = types.map(|parameter| {
        let name = parameter.rsplit(' ').next().unwrap();
        let ty = TYPES.iter().find(|ty| ty.to_string() == name);
        ty.cloned()
            .unwrap_or_else(|| panic!("the type of {parameter}"))
    });
    let types: Vec<Type> = types.collect();
    let lines = listed
        .lines()
        .skip(1)
        .filter(|line| !line.starts_with("-- "));
    let sql: String = lines.flat_map(|line| [line, "\n"]).collect();
    let sql = sql.trim().trim_end_matches(';');
    if sql.contains(';') {
        return Ok(false);
    }
    // Others are made for the table that this one makes.
    if sql.starts_with("CREATE TEMPORARY TABLE") {
        client.batch_execute(sql).await?;
    }
    client.prepare_typed(sql, &types).await?;
    Ok(true)
}
