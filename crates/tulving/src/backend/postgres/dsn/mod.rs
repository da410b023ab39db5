//! Connection strings as libpq reads them, and what may be shown of them.
//!
//! | module | holds |
//! |---|---|
//! | `form` | which of the two forms a string has |
//! | `url`, `pairs` | the forms: `postgresql://…`, and `host=… port=…` |
//! | `text` | a string, taken apart |
//! | `parameter` | each parameter that is known |
//! | `settings`, `origin` | which value holds: the string's, the service's, or the environment's |
//! | `surroundings` | what of the environment counts |
//! | `service`, `passfile` | libpq's files: `pg_service.conf`, `~/.pgpass` |
//! | `endpoint` | the servers, to be tried in turn |
//! | `encryption` | what is wanted of TLS |
//! | `options` | what the server is told at start-up |
//! | `error` | why a string cannot be used |

mod encryption;
mod endpoint;
mod error;
mod form;
mod options;
mod origin;
mod pairs;
mod parameter;
mod passfile;
mod service;
mod settings;
mod surroundings;
#[cfg(test)]
mod tests;
mod text;
mod url;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, LoadBalanceHosts, SslMode};
use uuid::Uuid;

pub(crate) use encryption::{Encryption, Mode};
pub(crate) use endpoint::Endpoint;
pub use error::DsnError;
use options::ServerOptions;
use passfile::Wanted;
use settings::Settings;
pub use surroundings::Surroundings;

/// How a server is reached. `Display` shows host, port, database and user, never a password.
#[derive(Clone)]
pub struct Dsn {
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) encryption: Encryption,
    pub(super) session: Session,
    /// How long a server may take to answer; nothing: as long as it likes.
    pub(super) timeout: Option<Duration>,
    /// Who logs in; nothing: the operating system's user, whom the driver asks for.
    pub(super) user: Option<String>,
    /// Parameters that were read and change nothing.
    pub(super) idle: Vec<String>,
    database: Option<String>,
    password: Option<(String, String)>,
    password_file: Option<PathBuf>,
    search_path: Option<String>,
    /// All that the driver needs but for the endpoint.
    config: Config,
}

/// Which server of several will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Session {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

/// What the driver is given to reach one server, and where the password comes from.
pub(super) struct Attempt {
    pub(super) config: Config,
    pub(super) password_from: Option<String>,
    pub(super) warning: Option<String>,
}

impl Dsn {
    /// Reads a URL or `name=value` pairs. What the string does not say is taken from the
    /// `surroundings`, as libpq takes it from the environment; without a `sslmode`, servers on
    /// other machines must offer TLS and those on this one are spoken to without.
    ///
    /// # Errors
    /// If it cannot be read for certain, names a parameter that is unknown or not supported, or a
    /// service that is not there.
    pub fn read(text: &str, surroundings: &Surroundings) -> Result<Self, DsnError> {
        let text = form::read(text)?;
        let settings = Settings::read(&text, surroundings)?;
        if text.user_is_empty && settings.get("user").is_none() {
            return Err(DsnError::form(
                "no user stands before the @",
                "write postgresql://USER@HOST:5432/DATABASE; if the user comes from a variable, it is empty",
            ));
        }
        let user = settings.get("user").map(ToOwned::to_owned);
        let user = user.or_else(|| surroundings.user.clone());
        let database = settings.get("dbname").map(ToOwned::to_owned);
        let database = database.or_else(|| user.clone());
        let mut endpoints = Endpoint::list(&settings, text.port_is_certain)?;
        let mut config = Config::new();
        let balances = [
            ("disable", LoadBalanceHosts::Disable),
            ("random", LoadBalanceHosts::Random),
        ];
        if settings.choice("load_balance_hosts", &balances)? == Some(LoadBalanceHosts::Random) {
            config.load_balance_hosts(LoadBalanceHosts::Random);
            endpoints.sort_by_cached_key(|_| Uuid::new_v4());
        }
        let bindings = [
            ("disable", ChannelBinding::Disable),
            ("prefer", ChannelBinding::Prefer),
            ("require", ChannelBinding::Require),
        ];
        let binding = settings.choice("channel_binding", &bindings)?;
        config.channel_binding(binding.unwrap_or(ChannelBinding::Prefer));
        let sessions = [
            ("any", Session::Any),
            ("read-write", Session::ReadWrite),
            ("read-only", Session::ReadOnly),
            ("primary", Session::Primary),
            ("standby", Session::Standby),
            ("prefer-standby", Session::PreferStandby),
        ];
        let session = settings.choice("target_session_attrs", &sessions)?;
        let timeout = match settings.number("connect_timeout")? {
            None => Some(Duration::from_secs(10)),
            Some(seconds) => u64::try_from(seconds)
                .ok()
                .filter(|seconds| *seconds > 0)
                .map(Duration::from_secs),
        };
        let server = ServerOptions::read(settings.get("options").unwrap_or_default());
        // Poolers refuse even an empty one.
        if let Some(rest) = &server.rest {
            config.options(rest);
        }
        let name = settings.get("application_name");
        let name = name.or_else(|| settings.get("fallback_application_name"));
        config.application_name(name.unwrap_or("tulving"));
        keep_alive(&mut config, &settings)?;
        if let Some(user) = &user {
            config.user(user);
        }
        if let Some(database) = &database {
            config.dbname(database);
        }
        if let Some(timeout) = timeout {
            config.connect_timeout(timeout);
        }
        let encryption = Encryption::read(&settings, surroundings)?;
        config.ssl_negotiation(encryption.negotiation);
        let password = settings.get("password");
        let password = password.map(|password| (password.to_owned(), settings.origin("password")));
        let password_file = settings.path("passfile").map(ToOwned::to_owned);
        Ok(Self {
            endpoints,
            encryption,
            session: session.unwrap_or(Session::Any),
            timeout,
            user,
            idle: settings.idle,
            database,
            password,
            password_file: password_file.or_else(|| surroundings.in_home(".pgpass")),
            search_path: server.search_path,
            config,
        })
    }

    /// The schemas that `options` names, as `search_path` takes them (`tulving, extensions`).
    /// They are not sent at start-up, which poolers refuse: each transaction sets them.
    #[must_use]
    pub fn search_path(&self) -> Option<&str> {
        self.search_path.as_deref()
    }

    /// What the driver needs to reach one of the servers.
    pub(super) fn attempt(&self, endpoint: &Endpoint) -> Attempt {
        let mut config = self.config.clone();
        config.host(&endpoint.host).port(endpoint.port);
        if let Some(address) = endpoint.address {
            config.hostaddr(address);
        }
        config.ssl_mode(match self.encryption.mode(endpoint) {
            Mode::Off => SslMode::Disable,
            Mode::Offered => SslMode::Prefer,
            Mode::Always => SslMode::Require,
        });
        let mut attempt = Attempt {
            config,
            password_from: None,
            warning: None,
        };
        if let Some((password, from)) = &self.password {
            attempt.config.password(password);
            attempt.password_from = Some(from.clone());
        } else if let (Some(path), Some(user)) = (&self.password_file, &self.user) {
            let (password, warning) = passfile::look_up(
                path,
                &Wanted {
                    host: endpoint.name_in_password_file(),
                    port: endpoint.port,
                    database: self.database.as_deref().unwrap_or_default(),
                    user,
                },
            );
            attempt.warning = warning;
            if let Some(password) = password {
                attempt.config.password(password);
                attempt.password_from = Some(format!("in {}", path.display()));
            }
        }
        attempt
    }

    /// The database, where one is named or the user is known.
    pub(super) fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// How messages name the database on one of the servers.
    pub(super) fn target(&self, endpoint: &dyn fmt::Display) -> String {
        let database = self.database().unwrap_or("of the operating system's user");
        match &self.user {
            Some(user) => format!("database {database} at {endpoint} as {user}"),
            None => format!("database {database} at {endpoint}"),
        }
    }
}

fn keep_alive(config: &mut Config, settings: &Settings) -> Result<(), DsnError> {
    let seconds = |name| {
        let number = settings.number(name)?;
        let number = number.and_then(|number| u64::try_from(number).ok());
        Ok::<_, DsnError>(number.filter(|number| *number > 0))
    };
    if settings.number("keepalives")? == Some(0) {
        config.keepalives(false);
    }
    if let Some(idle) = seconds("keepalives_idle")? {
        config.keepalives_idle(Duration::from_secs(idle));
    }
    if let Some(interval) = seconds("keepalives_interval")? {
        config.keepalives_interval(Duration::from_secs(interval));
    }
    if let Some(count) = seconds("keepalives_count")? {
        config.keepalives_retries(u32::try_from(count).unwrap_or(u32::MAX));
    }
    if let Some(milliseconds) = seconds("tcp_user_timeout")? {
        config.tcp_user_timeout(Duration::from_millis(milliseconds));
    }
    Ok(())
}

impl FromStr for Dsn {
    type Err = DsnError;

    /// As [`Dsn::read`], and nothing is taken from elsewhere.
    fn from_str(text: &str) -> Result<Self, DsnError> {
        Self::read(text, &Surroundings::default())
    }
}

impl fmt::Display for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoints: Vec<String> = self.endpoints.iter().map(ToString::to_string).collect();
        f.write_str(&self.target(&endpoints.join(" or ")))
    }
}

impl fmt::Debug for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dsn({self})")
    }
}
