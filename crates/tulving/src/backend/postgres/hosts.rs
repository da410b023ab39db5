//! Reaching a server: the hosts of the connection string in turn, TLS, the password.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage, Socket};

use super::barrier::{Barrier, Credentials};
use super::dsn::{Dsn, Endpoint, Mode, Session};
use super::error::DatabaseError;
use super::tls::Tls;

/// A server that was reached.
pub(super) struct Reached {
    pub(super) client: Client,
    /// Drives the connection.
    pub(super) driver: JoinHandle<()>,
    /// Host, port, database and user, for messages.
    pub(super) target: String,
}

/// How long to wait until the server has noticed that connections were closed, when it says that
/// there are too many: those of this very program that have just ended count until then.
const ROOM: [u64; 5] = [50, 100, 200, 400, 800];

/// Tries the servers in turn. As in libpq, one that answers and refuses ends that, unless it says
/// that it is only just starting.
pub(super) async fn reach(dsn: &Dsn) -> Result<Reached, DatabaseError> {
    let sessions: &[Session] = match dsn.session {
        Session::PreferStandby => &[Session::Standby, Session::Any],
        ref session => std::slice::from_ref(session),
    };
    let encrypted = |endpoint| dsn.encryption.mode(endpoint) != Mode::Off;
    let tls = if dsn.endpoints.iter().any(encrypted) {
        Some(Tls::new(&dsn.encryption)?)
    } else {
        None
    };
    let mut failed = Vec::new();
    for session in sessions {
        for endpoint in &dsn.endpoints {
            let error = match one(dsn, endpoint, tls.as_ref(), *session).await {
                Ok(reached) => return Ok(reached),
                Err(error) if error.barrier.ends_the_search() => {
                    return Err(error.told(dsn, endpoint, &failed));
                }
                Err(error) => error,
            };
            failed.push((endpoint, error));
        }
    }
    match failed.pop() {
        Some((endpoint, error)) => Err(error.told(dsn, endpoint, &failed)),
        // There is always one.
        None => Err(DatabaseError::NoServer),
    }
}

/// Why one server is not the one.
struct Failure {
    barrier: Barrier,
    notes: Vec<String>,
    source: Option<tokio_postgres::Error>,
}

impl Failure {
    fn told(self, dsn: &Dsn, endpoint: &Endpoint, before: &[(&Endpoint, Self)]) -> DatabaseError {
        let mut notes = self.notes;
        for (endpoint, failure) in before {
            notes.push(format!("before that, at {endpoint}: {}", failure.barrier));
        }
        if !dsn.idle.is_empty() {
            notes.push(format!("without effect here: {}", dsn.idle.join(", ")));
        }
        DatabaseError::Unreachable {
            target: dsn.target(endpoint),
            barrier: Box::new(self.barrier),
            notes,
            source: self.source,
        }
    }
}

async fn one(
    dsn: &Dsn,
    endpoint: &Endpoint,
    tls: Option<&Tls>,
    session: Session,
) -> Result<Reached, Failure> {
    let mode = dsn.encryption.mode(endpoint);
    // The driver asks a TLS connector for every host, even where it will not use it.
    let tls = tls.filter(|_| mode != Mode::Off);
    let attempt = dsn.attempt(endpoint);
    let credentials = Credentials {
        user: dsn.user.clone(),
        database: dsn.database().map(ToOwned::to_owned),
        encrypted: mode == Mode::Always,
        password_from: attempt.password_from,
    };
    let failure = |barrier, source| Failure {
        barrier,
        notes: attempt.warning.iter().cloned().collect(),
        source,
    };
    let mut waits = ROOM.iter();
    let (client, driver) = loop {
        let opening = async {
            match tls.cloned() {
                Some(tls) => open(&attempt.config, tls).await,
                None => open(&attempt.config, NoTls).await,
            }
        };
        match in_time(dsn.timeout, opening).await {
            Err(silent) => return Err(failure(silent, None)),
            Ok(Ok(opened)) => break opened,
            Ok(Err(error)) => match waits.next() {
                Some(wait) if error.code() == Some(&SqlState::TOO_MANY_CONNECTIONS) => {
                    tokio::time::sleep(Duration::from_millis(*wait)).await;
                }
                _ => {
                    let (barrier, source) = Barrier::of(error, dsn, endpoint, credentials);
                    return Err(failure(barrier, source));
                }
            },
        }
    };
    let (barrier, source) = match in_time(dsn.timeout, suits(&client, session)).await {
        Ok(Ok(true)) => {
            return Ok(Reached {
                client,
                driver,
                target: dsn.target(endpoint),
            });
        }
        Ok(Ok(false)) => (Barrier::OtherSession, None),
        Ok(Err(error)) => (Barrier::HungUp, Some(error)),
        Err(silent) => (silent, None),
    };
    driver.abort();
    Err(failure(barrier, source))
}

/// What is asked of a server, if it answers in time. The driver's own timeout covers the socket only; a
/// server may accept and stay silent.
async fn in_time<T>(limit: Option<Duration>, asked: impl Future<Output = T>) -> Result<T, Barrier> {
    let Some(limit) = limit else {
        return Ok(asked.await);
    };
    let asked = tokio::time::timeout(limit + Duration::from_secs(1), asked).await;
    asked.map_err(|_| Barrier::Silent {
        seconds: limit.as_secs(),
    })
}

async fn open<T>(config: &Config, tls: T) -> Result<(Client, JoinHandle<()>), tokio_postgres::Error>
where
    T: MakeTlsConnect<Socket> + Send + 'static,
    T::Stream: Send,
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    let (client, connection) = config.connect(tls).await?;
    // Its error also reaches whoever waits for an answer, so it is not lost here.
    let driver = tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok((client, driver))
}

/// Returns whether the session is of the kind that `target_session_attrs` asks for.
async fn suits(client: &Client, session: Session) -> Result<bool, tokio_postgres::Error> {
    const ASK: &str = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::bool";
    if session == Session::Any {
        return Ok(true);
    }
    let said = client.simple_query(ASK).await?;
    let yes = |column| {
        said.iter().any(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(column) == Some("t"),
            _ => false,
        })
    };
    let (standby, read_only) = (yes(0), yes(1));
    Ok(match session {
        Session::ReadWrite => !read_only && !standby,
        Session::ReadOnly => read_only || standby,
        Session::Primary => !standby,
        Session::Standby => standby,
        Session::Any | Session::PreferStandby => true,
    })
}
