//! The driver's client, which sends statements of [`sql`](super::sql) and nothing else.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::maybe_done;
use tokio_postgres::{CopyInSink, Error, Row, RowStream, SimpleQueryMessage};

use super::sql::Statement;

/// One session of a server.
pub(super) struct Client(tokio_postgres::Client);

impl Client {
    pub(super) fn new(client: tokio_postgres::Client) -> Self {
        Self(client)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// Runs a statement; gives its rows.
    pub(super) async fn query(&self, statement: &Statement) -> Result<Vec<Row>, Error> {
        let parameters = statement.parameters();
        self.0.query_typed(statement.sql(), &parameters).await
    }

    /// Runs a statement whose rows are handed over as they come.
    pub(super) async fn rows(&self, statement: &Statement) -> Result<RowStream, Error> {
        let parameters = statement.parameters();
        self.0.query_typed_raw(statement.sql(), parameters).await
    }

    /// Runs a statement; gives how many rows it wrote.
    pub(super) async fn execute(&self, statement: &Statement) -> Result<u64, Error> {
        let parameters = statement.parameters();
        self.0.execute_typed(statement.sql(), &parameters).await
    }

    /// Runs one that has no parameters and may be several, as psql sends them.
    pub(super) async fn batch(&self, script: &Statement) -> Result<(), Error> {
        self.0.batch_execute(script.sql()).await
    }

    /// Does the same, with what the server says.
    pub(super) async fn script(
        &self,
        script: &Statement,
    ) -> Result<Vec<SimpleQueryMessage>, Error> {
        self.0.simple_query(script.sql()).await
    }

    /// Sends one whose answer nobody waits for: one poll sends it, and whatever comes next on this
    /// connection comes after it.
    pub(super) fn send(&self, script: &Statement) {
        let _ = self.batch(script).now_or_never();
    }

    /// Begins a COPY.
    pub(super) async fn copy_in(&self, copy: &Statement) -> Result<CopyInSink<Bytes>, Error> {
        self.0.copy_in(copy.sql()).await
    }

    /// Sends `before`, the statements and `after` in one go and then waits for what comes back: one
    /// round trip. Gives each statement's rows, or the first error; the server answered everything either
    /// way, unless the connection was lost.
    pub(super) async fn together(
        &self,
        before: Option<&Statement>,
        statements: &[Statement],
        after: Option<&Statement>,
    ) -> Result<Vec<Vec<Row>>, Error> {
        let batch = |script: Option<&Statement>| {
            let sql = script.map(|script| script.sql().to_owned());
            async move {
                match sql {
                    Some(sql) => self.0.batch_execute(&sql).await,
                    None => Ok(()),
                }
            }
        };
        let mut before = pin!(maybe_done(batch(before)));
        let mut running: Vec<_> = statements
            .iter()
            .map(|statement| Box::pin(maybe_done(self.query(statement))))
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
}
