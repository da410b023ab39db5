//! What a connection string wants of TLS.

use std::path::PathBuf;

use tokio_postgres::config::SslNegotiation;

use super::endpoint::Endpoint;
use super::error::DsnError;
use super::settings::Settings;
use super::surroundings::Surroundings;

/// Whether TLS is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Never.
    Off,
    /// Where the server offers it.
    Offered,
    /// Always.
    Always,
}

/// What holds for TLS.
#[derive(Debug, Clone)]
pub(crate) struct Encryption {
    /// What was asked for; nothing: it depends on where the server is.
    asked: Option<Mode>,
    /// The file of those who are trusted; nothing: this machine's authorities.
    pub(crate) roots: Option<PathBuf>,
    /// Whether the certificate must have the host's name.
    pub(crate) check_name: bool,
    /// The files of the client's certificate and its key.
    pub(crate) client: Option<(PathBuf, PathBuf)>,
    pub(crate) negotiation: SslNegotiation,
}

impl Encryption {
    pub(super) fn read(settings: &Settings, around: &Surroundings) -> Result<Self, DsnError> {
        let modes = [
            ("disable", (Mode::Off, true)),
            ("allow", (Mode::Offered, true)),
            ("prefer", (Mode::Offered, true)),
            ("require", (Mode::Always, true)),
            ("verify-ca", (Mode::Always, false)),
            ("verify-full", (Mode::Always, true)),
        ];
        let asked = settings.choice("sslmode", &modes)?;
        let negotiations = [
            ("postgres", SslNegotiation::Postgres),
            ("direct", SslNegotiation::Direct),
        ];
        let negotiation = settings.choice("sslnegotiation", &negotiations)?;
        let negotiation = negotiation.unwrap_or_default();
        let always = matches!(asked, Some((Mode::Always, _)));
        if negotiation == SslNegotiation::Direct && !always {
            return Err(settings.wrong(
                "sslnegotiation",
                "direct is for connections that always speak TLS",
                "add sslmode=require",
            ));
        }
        let usual = |name: &str| {
            let path = around.in_home(".postgresql")?.join(name);
            path.exists().then_some(path)
        };
        let roots = match settings.path("sslrootcert") {
            Some(path) if path.as_os_str() == "system" => None,
            Some(path) => Some(path.to_owned()),
            None => usual("root.crt"),
        };
        let certificate = settings.path("sslcert").map(ToOwned::to_owned);
        let key = settings.path("sslkey").map(ToOwned::to_owned);
        let client = match (certificate.or_else(|| usual("postgresql.crt")), key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (Some(certificate), None) => match usual("postgresql.key") {
                Some(key) => Some((certificate, key)),
                None if settings.get("sslcert").is_some() => {
                    return Err(settings.wrong(
                        "sslcert",
                        "the private key of the certificate is not named",
                        "add sslkey=FILE",
                    ));
                }
                None => None,
            },
            (None, Some(_)) => {
                return Err(settings.wrong(
                    "sslkey",
                    "the certificate of the key is not named",
                    "add sslcert=FILE",
                ));
            }
            (None, None) => None,
        };
        // Who says whom to trust wants it checked, on this machine too.
        let named = settings.is_chosen("sslrootcert") || settings.is_chosen("sslcert");
        let asked = match asked {
            None if named || settings.get("channel_binding") == Some("require") => {
                Some((Mode::Always, true))
            }
            asked => asked,
        };
        // A public authority gives everyone a certificate: only the name tells who it is.
        let check_name = roots.is_none() || asked.is_none_or(|(_, name)| name);
        Ok(Self {
            asked: asked.map(|(mode, _)| mode),
            roots,
            check_name,
            client,
            negotiation,
        })
    }

    /// As in libpq, there is nothing to encrypt on a socket of this machine. Without a wish, which
    /// the name of a certificate is too, servers on other machines must speak TLS.
    pub(crate) fn mode(&self, endpoint: &Endpoint) -> Mode {
        match self.asked {
            _ if endpoint.is_socket() => Mode::Off,
            Some(mode) => mode,
            None if endpoint.is_near() => Mode::Off,
            None => Mode::Always,
        }
    }
}
