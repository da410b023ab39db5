//! Statements with their parameters, and sending several at once.

use std::fmt::Write as _;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use futures_util::future::maybe_done;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Row};

/// A statement and its parameters, whose types it names: so the server keeps nothing of it, and it
/// passes through a pooler that gives each transaction another connection.
#[derive(Default)]
pub(super) struct Statement {
    sql: String,
    parameters: Vec<(Box<dyn ToSql + Send + Sync>, Type)>,
}

impl Statement {
    pub(super) fn new(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            parameters: Vec::new(),
        }
    }

    /// Adds the next parameter.
    pub(super) fn with(mut self, value: impl ToSql + Send + Sync + 'static, ty: Type) -> Self {
        self.parameters.push((Box::new(value), ty));
        self
    }

    /// Adds a parameter, and its place (`$n`) to the text.
    pub(super) fn value(
        &mut self,
        value: impl ToSql + Send + Sync + 'static,
        ty: Type,
    ) -> &mut Self {
        self.parameters.push((Box::new(value), ty));
        let place = self.parameters.len();
        // Writing to a String does not fail.
        let _ = write!(self.sql, "${place}");
        self
    }

    /// Adds to the text.
    pub(super) fn text(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Adds another statement as a part of this one, which has no parameters yet.
    pub(super) fn wrap(&mut self, before: &str, inner: Self, after: &str) -> &mut Self {
        debug_assert!(self.parameters.is_empty(), "places are counted from 1");
        self.parameters = inner.parameters;
        self.text(before).text(&inner.sql).text(after)
    }

    pub(super) async fn run(&self, client: &Client) -> Result<Vec<Row>, Error> {
        let parameters: Vec<(&(dyn ToSql + Sync), Type)> = self
            .parameters
            .iter()
            .map(|(value, ty)| (&**value as &(dyn ToSql + Sync), ty.clone()))
            .collect();
        client.query_typed(&self.sql, &parameters).await
    }
}

/// Sends `before`, the statements and `after` in one go and then waits for what comes back: one round
/// trip. Gives each statement's rows, or the first error; the server answered everything either way,
/// unless the connection was lost.
pub(super) async fn together(
    client: &Client,
    before: Option<&str>,
    statements: &[Statement],
    after: Option<&str>,
) -> Result<Vec<Vec<Row>>, Error> {
    let batch = |sql: Option<&str>| {
        let sql = sql.map(ToOwned::to_owned);
        async move {
            match sql {
                Some(sql) => client.batch_execute(&sql).await,
                None => Ok(()),
            }
        }
    };
    let mut before = pin!(maybe_done(batch(before)));
    let mut running: Vec<_> = statements
        .iter()
        .map(|statement| Box::pin(maybe_done(statement.run(client))))
        .collect();
    let mut after = pin!(maybe_done(batch(after)));
    // The first poll hands a request to the driver: polled in this order, they go out in this order.
    poll_fn(|cx| {
        let _ = before.as_mut().poll(cx);
        for each in &mut running {
            let _ = each.as_mut().poll(cx);
        }
        let _ = after.as_mut().poll(cx);
        Poll::Ready(())
    })
    .await;
    // Answers come in that order as well.
    before.as_mut().await;
    let mut failed = before.as_mut().take_output().and_then(Result::err);
    let mut answers = Vec::with_capacity(running.len());
    for mut each in running {
        each.as_mut().await;
        match each.as_mut().take_output() {
            Some(Ok(rows)) => answers.push(rows),
            Some(Err(error)) => failed = failed.or(Some(error)),
            None => {}
        }
    }
    after.as_mut().await;
    let ended = after.as_mut().take_output().and_then(Result::err);
    match failed.or(ended) {
        Some(error) => Err(error),
        None => Ok(answers),
    }
}
