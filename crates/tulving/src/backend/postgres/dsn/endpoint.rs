//! The servers that a connection string names, to be tried in turn.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;

use super::error::{DsnError, ENCODE};
use super::settings::Settings;

/// Where sockets are, if no host is named: where Debian and its kin put them, where PostgreSQL
/// itself does.
const SOCKETS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

const PORT: u16 = 5432;

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// A name, an address, or the directory of a socket. It is the name that a certificate must
    /// have.
    pub(crate) host: String,
    /// The address to go to, where it is given beside the name.
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: u16,
}

impl Endpoint {
    /// Pairs hosts, addresses and ports as libpq does: as many ports as hosts, or one for all.
    pub(super) fn list(settings: &Settings, port_is_certain: bool) -> Result<Vec<Self>, DsnError> {
        let hosts: Vec<&str> = settings
            .get("host")
            .map_or_else(Vec::new, |list| list.split(',').collect());
        let addresses: Vec<&str> = settings
            .get("hostaddr")
            .map_or_else(Vec::new, |list| list.split(',').collect());
        let ports: Vec<&str> = settings
            .get("port")
            .map_or_else(Vec::new, |list| list.split(',').collect());
        let count = hosts.len().max(addresses.len()).max(1);
        if !addresses.is_empty() && !hosts.is_empty() && addresses.len() != hosts.len() {
            return Err(settings.wrong(
                "hostaddr",
                format!("{} addresses for {} hosts", addresses.len(), hosts.len()),
                "give one address for each host, with a comma between; an empty one means to look the host up",
            ));
        }
        if ports.len() > 1 && ports.len() != count {
            return Err(settings.wrong(
                "port",
                format!("{} ports for {count} hosts", ports.len()),
                "give one port, or one for each host, with a comma between",
            ));
        }
        let port_at = |at: usize| {
            match ports.get(at).or(ports.first()).map(|port| port.trim_ascii()) {
            None | Some("") => Ok(PORT),
            Some(text) => text.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
                let number = text.bytes().all(|byte| byte.is_ascii_digit());
                let shown = if port_is_certain && number { text } else { "what stands there" };
                settings.wrong(
                    "port",
                    format!("{shown} is not a number from 1 to 65535"),
                    "give the port that the server listens on; it is 5432 unless somebody changed it",
                )
            }),
        }
        };
        (0..count)
            .map(|at| {
                let address: Option<IpAddr> = match addresses.get(at).copied().unwrap_or_default() {
                    "" => None,
                    text => Some(text.parse().map_err(|_| {
                        settings.wrong(
                            "hostaddr",
                            "this is no address in numbers",
                            "write hostaddr=192.0.2.7, or host=NAME alone, to have the name looked up",
                        )
                    })?),
                };
                let port = port_at(at)?;
                let host = match (hosts.get(at).copied().unwrap_or_default(), address) {
                    ("", Some(address)) => address.to_string(),
                    ("", None) => default_host(port),
                    (host, _) if is_host(host) => host.to_owned(),
                    _ => {
                        return Err(settings.wrong(
                            "host",
                            "a character in it is not of a host's name",
                            format!("write HOST, an address, or /DIRECTORY of a socket; {ENCODE}"),
                        ));
                    }
                };
                Ok(Self { host, address, port })
            })
            .collect()
    }

    /// Returns whether it is reached through a socket of this machine.
    pub(crate) fn is_socket(&self) -> bool {
        self.address.is_none() && self.host.starts_with('/')
    }

    /// Returns whether it is this machine.
    pub(crate) fn is_near(&self) -> bool {
        let address = self.address.or(self.host.parse().ok());
        match address {
            Some(address) => address.is_loopback(),
            None => self.is_socket() || self.host == "localhost",
        }
    }

    /// Returns host and port, as other programs take them: the address where one is given.
    pub(crate) fn socket_address(&self) -> String {
        let bare = Self {
            host: self
                .address
                .map_or_else(|| self.host.clone(), |address| address.to_string()),
            address: None,
            port: self.port,
        };
        bare.to_string()
    }

    /// Returns the address, as far as it is known without asking.
    pub(crate) fn known_address(&self) -> Option<IpAddr> {
        let near = (self.host == "localhost").then_some(IpAddr::from([127, 0, 0, 1]));
        self.address.or_else(|| self.host.parse().ok()).or(near)
    }

    /// Returns what a password file calls it.
    pub(super) fn name_in_password_file(&self) -> &str {
        if SOCKETS.contains(&self.host.as_str()) || self.host == "/run/postgresql" {
            "localhost"
        } else {
            &self.host
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port)?,
            false => write!(f, "{}:{}", self.host, self.port)?,
        }
        match self.address {
            Some(address) if address.to_string() != self.host => write!(f, " ({address})"),
            _ => Ok(()),
        }
    }
}

/// A socket if there is one, as libpq would take, else this machine's own address.
fn default_host(port: u16) -> String {
    let socket = |directory: &&str| {
        Path::new(directory)
            .join(format!(".s.PGSQL.{port}"))
            .exists()
    };
    let found = SOCKETS.into_iter().find(socket);
    found.unwrap_or("localhost").to_owned()
}

/// Returns whether this can be a host. What cannot may be half a password, which is not to be looked up.
fn is_host(text: &str) -> bool {
    let address = text.split('%').next().unwrap_or_default();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.starts_with('/') || text.chars().all(plain) || address.parse::<IpAddr>().is_ok()
}
