//! Connection strings, and what may be shown of them.

mod options;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use thiserror::Error;
use tokio_postgres::config::{Host, SslMode};

use options::ServerOptions;

/// How a server is reached. `Display` shows host, port, database and user, never a password.
#[derive(Clone)]
pub struct Dsn {
    pub(super) config: tokio_postgres::Config,
    pub(super) root_certificate: Option<PathBuf>,
    search_path: Option<String>,
}

impl Dsn {
    /// The schemas that `options` names, as `search_path` takes them (`tulving, extensions`).
    /// They are not sent at start-up, which poolers refuse: each transaction sets them.
    #[must_use]
    pub fn search_path(&self) -> Option<&str> {
        self.search_path.as_deref()
    }
}

/// Why a connection string cannot be used. The string itself is not repeated: it may hold a
/// password.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DsnError {
    /// It is not of the form `postgresql://user:password@host:port/database`.
    #[error("the connection string cannot be read")]
    Malformed,
    /// An option has a value that is not known.
    #[error(
        "the connection string's sslmode is not one of disable, prefer, require, verify-ca, verify-full"
    )]
    SslMode,
    /// The file named by sslrootcert cannot be read.
    #[error("reading the certificates in {path}")]
    RootCertificate {
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The file named by sslrootcert holds none.
    #[error("{path} holds no certificate in PEM form")]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
}

impl FromStr for Dsn {
    type Err = DsnError;

    /// Reads a URL or `key=value` pairs. Beyond what the driver knows: `sslmode=verify-ca` and
    /// `verify-full` (certificates are always checked in full), and `sslrootcert=FILE`. Without an
    /// `sslmode`, servers on other machines must offer TLS and those on this one are spoken to
    /// without.
    fn from_str(text: &str) -> Result<Self, DsnError> {
        let is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
        let (text, options) = if is_url {
            take_from_url(text)
        } else {
            take_from_pairs(text)
        };
        let mut config: tokio_postgres::Config = text.parse().map_err(|_| DsnError::Malformed)?;
        let mode = match options.mode.as_deref() {
            // As in libpq: there is nothing to encrypt on a socket of this machine.
            Some("prefer" | "allow" | "require" | "verify-ca" | "verify-full")
                if is_socket(&config) =>
            {
                SslMode::Disable
            }
            Some("disable") => SslMode::Disable,
            Some("prefer" | "allow") => SslMode::Prefer,
            Some("require" | "verify-ca" | "verify-full") => SslMode::Require,
            Some(_) => return Err(DsnError::SslMode),
            None if is_near(&config) => SslMode::Disable,
            None => SslMode::Require,
        };
        config.ssl_mode(mode);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(std::time::Duration::from_secs(10));
        }
        if config.get_application_name().is_none() {
            config.application_name("tulving");
        }
        let server = ServerOptions::read(config.get_options().unwrap_or_default());
        config.options(server.rest.unwrap_or_default());
        Ok(Self {
            config,
            root_certificate: options.root.map(PathBuf::from),
            search_path: server.search_path,
        })
    }
}

impl fmt::Display for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = self
            .config
            .get_dbname()
            .or(self.config.get_user())
            .unwrap_or("postgres");
        write!(f, "database {database}")?;
        match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => write!(f, " at {host}")?,
            #[cfg(unix)]
            Some(Host::Unix(path)) => write!(f, " at {}", path.display())?,
            None => f.write_str(" at localhost")?,
        }
        if let Some(port) = self.config.get_ports().first() {
            write!(f, ":{port}")?;
        }
        match self.config.get_user() {
            Some(user) => write!(f, " as {user}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dsn({self})")
    }
}

#[derive(Default)]
struct TlsOptions {
    mode: Option<String>,
    root: Option<String>,
}

impl TlsOptions {
    /// Takes an option that the driver does not know; says whether it was one.
    fn take(&mut self, key: &str, value: &str) -> bool {
        match key {
            "sslmode" => self.mode = Some(value.to_owned()),
            "sslrootcert" => self.root = Some(value.to_owned()),
            _ => return false,
        }
        true
    }
}

fn take_from_url(url: &str) -> (String, TlsOptions) {
    let mut options = TlsOptions::default();
    let Some((base, query)) = url.split_once('?') else {
        return (url.to_owned(), options);
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            !options.take(key, &percent_decoded(value))
        })
        .collect();
    let url = if kept.is_empty() {
        base.to_owned()
    } else {
        format!("{base}?{}", kept.join("&"))
    };
    (url, options)
}

fn take_from_pairs(text: &str) -> (String, TlsOptions) {
    let mut options = TlsOptions::default();
    let kept: Vec<&str> = text
        .split_whitespace()
        .filter(|pair| match pair.split_once('=') {
            Some((key, value)) => !options.take(key, value.trim_matches('\'')),
            None => true,
        })
        .collect();
    // Quoted values may hold white space that must stay as it is.
    let untouched = options.mode.is_none() && options.root.is_none();
    (
        if untouched {
            text.to_owned()
        } else {
            kept.join(" ")
        },
        options,
    )
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |bytes: &[u8]| {
            std::str::from_utf8(bytes)
                .ok()
                .and_then(|hex| u8::from_str_radix(hex, 16).ok())
        };
        match (first, tail.get(..2).and_then(hex)) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn is_socket(config: &tokio_postgres::Config) -> bool {
    let hosts = config.get_hosts();
    !hosts.is_empty() && hosts.iter().all(|host| !matches!(host, Host::Tcp(_)))
}

/// Whether every host is this machine.
fn is_near(config: &tokio_postgres::Config) -> bool {
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &str = "canary-7f3a";

    #[test]
    fn shows_everything_but_the_password() {
        for text in [
            "postgresql://ann:canary-7f3a@db.example:5433/memory",
            "postgresql://ann@db.example:5433/memory?password=canary-7f3a",
            "host=db.example port=5433 dbname=memory user=ann password=canary-7f3a",
        ] {
            let dsn: Dsn = text.parse().unwrap();
            assert_eq!(dsn.to_string(), "database memory at db.example:5433 as ann");
            assert!(!format!("{dsn:?}").contains(PASSWORD));
        }
        let malformed = "postgresql://ann:canary-7f3a@db.example:port/memory"
            .parse::<Dsn>()
            .unwrap_err();
        assert!(!format!("{malformed} {malformed:?}").contains(PASSWORD));
    }

    #[test]
    fn asks_for_tls_where_the_server_is_far() {
        for (text, mode) in [
            ("postgresql://db.example/m", SslMode::Require),
            (
                "postgresql://db.example/m?sslmode=disable",
                SslMode::Disable,
            ),
            (
                "postgresql://db.example/m?sslmode=verify-full&sslrootcert=%2Fca.pem",
                SslMode::Require,
            ),
            ("postgresql://localhost/m", SslMode::Disable),
            ("postgresql://127.0.0.1/m?sslmode=require", SslMode::Require),
            ("postgresql:///m?host=/run/pg", SslMode::Disable),
            (
                "postgresql:///m?host=/run/pg&sslmode=require",
                SslMode::Disable,
            ),
            ("host=db.example sslmode=prefer", SslMode::Prefer),
        ] {
            assert_eq!(
                text.parse::<Dsn>().unwrap().config.get_ssl_mode(),
                mode,
                "{text}"
            );
        }
        assert!("postgresql://h/m?sslmode=maybe".parse::<Dsn>().is_err());
    }
}
