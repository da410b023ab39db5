//! Connections.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Client, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::dsn::{Dsn, DsnError};
use super::error::{DatabaseError, Doing};

/// One database: connections to it are made here.
#[derive(Clone, Debug)]
pub struct Database {
    dsn: Dsn,
}

/// A connection, and the task that drives it. Ends when dropped.
pub struct Connection {
    pub(super) client: Client,
    /// Host, port, database and user, for messages.
    pub(super) target: String,
    /// The login role, where the connection string names it.
    pub(super) login: Option<String>,
    /// Whether a transaction was begun that is not known to have ended.
    pub(super) engaged: bool,
    driver: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Database {
    /// Says no more than where the database is; nothing is connected yet.
    #[must_use]
    pub fn new(dsn: Dsn) -> Self {
        Self { dsn }
    }

    /// Host, port, database and user; never a password.
    #[must_use]
    pub fn target(&self) -> String {
        self.dsn.to_string()
    }

    /// The schemas that the connection string's `options` name, as `search_path` takes them.
    #[must_use]
    pub fn search_path(&self) -> Option<&str> {
        self.dsn.search_path()
    }

    /// Makes a connection.
    ///
    /// # Errors
    /// If no server answers within the connection string's `connect_timeout` (10 s unless given),
    /// or it refuses us.
    pub async fn connect(&self) -> Result<Connection, DatabaseError> {
        let connection = self.connect_plain().await?;
        connection.settle().await?;
        Ok(connection)
    }

    /// The same without settings that outlive a transaction: behind a pooler they would reach
    /// others.
    pub(super) async fn connect_plain(&self) -> Result<Connection, DatabaseError> {
        // The driver asks a TLS connector for every host, even where it will not use it.
        let (client, driver) = match self.dsn.config.get_ssl_mode() {
            SslMode::Disable => self.open(NoTls).await?,
            _ => self.open(tls(&self.dsn)?).await?,
        };
        let target = self.target();
        Ok(Connection {
            client,
            target,
            login: self.dsn.config.get_user().map(ToOwned::to_owned),
            engaged: false,
            driver,
        })
    }

    async fn open<T>(&self, tls: T) -> Result<(Client, JoinHandle<()>), DatabaseError>
    where
        T: MakeTlsConnect<Socket> + Send + 'static,
        T::Stream: Send,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let target = self.target();
        let seconds = self
            .dsn
            .config
            .get_connect_timeout()
            .map_or(10, Duration::as_secs);
        // The driver's own timeout covers the socket only; a server may accept and stay silent.
        let connecting = self.dsn.config.connect(tls);
        let connecting = tokio::time::timeout(Duration::from_secs(seconds + 1), connecting);
        match connecting.await {
            // Its error also reaches whoever waits for an answer, so it is not lost here.
            Ok(Ok((client, connection))) => Ok((
                client,
                tokio::spawn(async move {
                    let _ = connection.await;
                }),
            )),
            Ok(Err(source)) => {
                let why = why_unreachable(&source);
                Err(DatabaseError::Unreachable {
                    target,
                    why,
                    source,
                })
            }
            Err(_) => Err(DatabaseError::TimedOut { target, seconds }),
        }
    }
}

impl Connection {
    /// Settings that every connection needs.
    async fn settle(&self) -> Result<(), DatabaseError> {
        const DOING: &str = "setting up the connection";
        for wish in [
            // A client that is killed in the middle of a statement leaves within a second; servers
            // on systems that cannot poll for that refuse the setting, and notice later.
            "SET client_connection_check_interval = '1s'",
            // New in PostgreSQL 17.
            "SET transaction_timeout = 0",
        ] {
            match self.client.batch_execute(wish).await {
                Err(error) if error.code().is_none() => return Err(error).doing(DOING),
                _ => {}
            }
        }
        // Limits that a hosted server sets for quick queries would cut a long run off, as with pg_dump.
        let settings = "SET client_min_messages = warning; SET statement_timeout = 0; \
                        SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0";
        self.client.batch_execute(settings).await.doing(DOING)
    }

    /// Host, port, database and user; never a password.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Breaks it off: the server rolls back what was not committed.
    pub(super) fn close(&self) {
        self.driver.abort();
    }
}

/// The cause that a person looks for first; the driver's own words follow as the cause.
fn why_unreachable(error: &tokio_postgres::Error) -> String {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return match io.kind() {
                std::io::ErrorKind::ConnectionRefused => "Connection refused".to_owned(),
                std::io::ErrorKind::NotFound => "no server listens on that socket".to_owned(),
                std::io::ErrorKind::TimedOut => "the server does not answer".to_owned(),
                _ => "the server cannot be reached".to_owned(),
            };
        }
        source = cause.source();
    }
    match error.as_db_error() {
        Some(said) => said.message().to_owned(),
        None => "the server cannot be reached".to_owned(),
    }
}

fn tls(dsn: &Dsn) -> Result<MakeRustlsConnect, DsnError> {
    let mut roots = rustls::RootCertStore::empty();
    // A root that cannot be used is skipped: others may do, and the handshake says if none did.
    match &dsn.root_certificate {
        Some(path) => {
            let pem = std::fs::read(path).map_err(|source| DsnError::RootCertificate {
                path: path.clone(),
                source,
            })?;
            roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&pem).flatten());
            if roots.is_empty() {
                return Err(DsnError::NoCertificate { path: path.clone() });
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| DsnError::Malformed)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
