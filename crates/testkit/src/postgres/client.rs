//! Blocking queries, each on its own connection: callable from any test, async or not.

use std::{error::Error, thread, time::Duration};

use tokio_postgres::{Config, NoTls, SimpleQueryMessage};

pub(super) type Rows = Vec<Vec<Option<String>>>;

/// Runs statements as text and returns the rows of all of them.
pub(super) fn run(url: &str, sql: &str) -> Result<Rows, String> {
    // A thread of its own, because a runtime cannot block inside another one.
    thread::scope(|scope| scope.spawn(|| run_here(url, sql)).join())
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn run_here(url: &str, sql: &str) -> Result<Rows, String> {
    let mut config: Config = url.parse().map_err(|e| describe(&e))?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(10));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| e.to_string())?;
    runtime.block_on(async {
        let (client, connection) = config.connect(NoTls).await.map_err(|e| describe(&e))?;
        let connection = tokio::spawn(connection);
        let messages = client.simple_query(sql).await.map_err(|e| describe(&e));
        drop(client);
        let _ = connection.await; // so that the goodbye is sent
        Ok(messages?.iter().filter_map(cells).collect())
    })
}

fn cells(message: &SimpleQueryMessage) -> Option<Vec<Option<String>>> {
    match message {
        SimpleQueryMessage::Row(row) => Some(
            (0..row.len())
                .map(|i| row.get(i).map(str::to_owned))
                .collect(),
        ),
        _ => None,
    }
}

/// The error with its causes: tokio-postgres keeps what the server said in the source.
fn describe(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
