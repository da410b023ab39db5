//! What stands between us and a database before the first statement.

use std::error::Error as _;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

use thiserror::Error;
use tokio_postgres::error::SqlState;

use super::dsn::{Dsn, Endpoint};
use super::tls::TlsFault;

/// What stands between us and a database. Its words are the cause that a person looks for first;
/// the driver's own follow as the cause.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Barrier {
    /// Nobody listens at that address and port.
    #[error("Connection refused")]
    NobodyListens,
    /// Nobody listens on that socket.
    #[error("no server listens on the socket {path}")]
    NoSocket {
        /// The socket.
        path: String,
    },
    /// The host has no address.
    #[error("the host {host} is not known")]
    UnknownHost {
        /// Its name.
        host: String,
    },
    /// There is no way to the address.
    #[error("there is no way to the host")]
    NoRoute,
    /// Nobody answers in time.
    #[error("no answer within {seconds} s")]
    Silent {
        /// How long was waited.
        seconds: u64,
    },
    /// The connection was closed from the other side, without a word.
    #[error("the server closed the connection without a word")]
    HungUp,
    /// What answers is something else.
    #[error("what answers there does not speak PostgreSQL's protocol")]
    OtherProtocol,
    /// The server speaks no TLS, and is to.
    #[error("the server does not speak TLS, and without it nothing is sent to another machine")]
    NoTls {
        /// Whether the connection string asks for TLS by itself.
        near: bool,
    },
    /// TLS did not come about.
    #[error("{fault}")]
    Tls {
        /// Why.
        fault: TlsFault,
        /// The file of those who are trusted, if one is named.
        trusted: Option<PathBuf>,
        /// Host and port, as other programs take them.
        server: String,
        /// The host's address, as far as it is known without asking.
        address: Option<IpAddr>,
    },
    /// The server asks for a password, and there is none.
    #[error("the server asks for a password, and none was given")]
    NoPassword,
    /// `channel_binding=require`, and the server or the connection cannot.
    #[error("channel_binding=require, and the password's proof cannot be bound to the connection")]
    NoChannelBinding(Credentials),
    /// The server wants to know who we are in a way that is not supported.
    #[error("the server asks for a way to log in that Tulving does not know")]
    OtherLogin,
    /// The server answered and refused.
    #[error("{said}")]
    Refused {
        /// The server's words.
        said: String,
        /// Its code for it, of five letters and digits.
        code: String,
        /// What it was shown.
        credentials: Credentials,
    },
    /// The server is there and takes no connections: it is starting, stopping, or a copy that is
    /// not consistent yet.
    #[error("{said}")]
    NotNow {
        /// The server's words.
        said: String,
    },
    /// No server is of the kind that `target_session_attrs` asks for.
    #[error("the server is not what target_session_attrs asks for")]
    OtherSession,
    /// Anything else.
    #[error("the server cannot be reached")]
    Other,
}

/// What the server was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Who was to log in; nothing: the operating system's user.
    pub user: Option<String>,
    /// The database that was asked for; nothing: that of the user's name.
    pub database: Option<String>,
    /// TLS was spoken.
    pub encrypted: bool,
    /// Where the password comes from, in words; nothing if there was none.
    pub password_from: Option<String>,
}

impl Barrier {
    /// Sorts what the driver says, and gives back what is left to say.
    pub(super) fn of(
        error: tokio_postgres::Error,
        dsn: &Dsn,
        endpoint: &Endpoint,
        credentials: Credentials,
    ) -> (Self, Option<tokio_postgres::Error>) {
        let is_fault = error
            .source()
            .is_some_and(<dyn std::error::Error>::is::<TlsFault>);
        if is_fault {
            let fault = error
                .into_source()
                .and_then(|fault| fault.downcast::<TlsFault>().ok());
            let barrier = fault.map_or(Self::Other, |fault| Self::Tls {
                fault: *fault,
                trusted: dsn.encryption.roots.clone(),
                server: endpoint.socket_address(),
                address: endpoint.known_address(),
            });
            return (barrier, None);
        }
        let barrier = Self::sort(&error, dsn, endpoint, credentials);
        (barrier, Some(error))
    }

    fn sort(
        error: &tokio_postgres::Error,
        dsn: &Dsn,
        endpoint: &Endpoint,
        credentials: Credentials,
    ) -> Self {
        if let Some(server) = error.as_db_error() {
            let said = server.message().to_owned();
            return match *server.code() {
                SqlState::CANNOT_CONNECT_NOW => Self::NotNow { said },
                ref code => Self::Refused {
                    said,
                    code: code.code().to_owned(),
                    credentials,
                },
            };
        }
        if error.is_closed() {
            return Self::HungUp;
        }
        let Some(cause) = error.source() else {
            return Self::OtherProtocol;
        };
        // What the driver itself finds has no type of its own, but words that do not change.
        let kind = error.to_string();
        let said = cause.to_string();
        if let Some(cause) = cause.downcast_ref::<io::Error>() {
            let connecting = kind.starts_with("error connecting");
            return Self::of_socket(cause, connecting, dsn, endpoint);
        }
        match said.as_str() {
            "server does not support TLS" => Self::NoTls {
                near: endpoint.is_near(),
            },
            "password missing" => Self::NoPassword,
            "server did not use channel binding" => Self::NoChannelBinding(credentials),
            "unsupported authentication method" | "unsupported SASL mechanism" => Self::OtherLogin,
            _ if kind.starts_with("error parsing") => Self::OtherProtocol,
            _ => Self::Other,
        }
    }

    fn of_socket(cause: &io::Error, connecting: bool, dsn: &Dsn, endpoint: &Endpoint) -> Self {
        match cause.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound if endpoint.is_socket() => {
                Self::NoSocket {
                    path: format!("{}/.s.PGSQL.{}", endpoint.host, endpoint.port),
                }
            }
            io::ErrorKind::ConnectionRefused => Self::NobodyListens,
            io::ErrorKind::TimedOut => Self::Silent {
                seconds: dsn.timeout.unwrap_or_default().as_secs(),
            },
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Self::NoRoute,
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Self::HungUp,
            // The resolver's errors have no kind, and neither do the driver's on what it reads.
            _ if connecting && cause.to_string().contains("lookup") => Self::UnknownHost {
                host: endpoint.host.clone(),
            },
            _ if connecting => Self::Other,
            _ => Self::OtherProtocol,
        }
    }

    /// Returns whether other hosts are not tried: the server gave a reason.
    pub(super) fn ends_the_search(&self) -> bool {
        match self {
            Self::Refused { .. }
            | Self::Tls { .. }
            | Self::NoTls { .. }
            | Self::NoPassword
            | Self::NoChannelBinding(_)
            | Self::OtherLogin => true,
            Self::NobodyListens
            | Self::NoSocket { .. }
            | Self::UnknownHost { .. }
            | Self::NoRoute
            | Self::Silent { .. }
            | Self::HungUp
            | Self::OtherProtocol
            | Self::OtherSession
            | Self::NotNow { .. }
            | Self::Other => false,
        }
    }
}
