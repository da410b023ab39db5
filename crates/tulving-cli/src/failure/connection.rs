//! Advice on connections: why there is none, and what to do.

use std::net::IpAddr;

use tulving::backend::postgres::{Barrier, Credentials, TlsFault};

use crate::text::{identifier, shell};

const NOBODY: &str = "pg_isready -d \"$DATABASE_URL\"   (start the server, or correct host and port in DATABASE_URL)";
const ELSEWHERE: &str = "correct host and port in DATABASE_URL; PostgreSQL listens on port 5432 unless somebody changed that";

/// Returns what to do about what stands between us and a server.
pub(super) fn hint(barrier: &Barrier) -> String {
    let hint = match barrier {
        Barrier::NobodyListens => NOBODY,
        Barrier::NoSocket { .. } => {
            "pg_isready -d \"$DATABASE_URL\"   (start the server, or name the directory of its socket with host=)"
        }
        Barrier::UnknownHost { host } => {
            return format!(
                "getent hosts {}   (correct the host in DATABASE_URL if it finds nothing)",
                shell(host)
            );
        }
        Barrier::NoRoute | Barrier::Silent { .. } => {
            "correct host and port in DATABASE_URL; or open the firewall on the way; connect_timeout=60 in DATABASE_URL waits longer, until a pooler says that its server is down"
        }
        Barrier::HungUp => {
            "look into the server's log for the reason; or correct host and port in DATABASE_URL, if something else listens there"
        }
        Barrier::OtherProtocol => ELSEWHERE,
        Barrier::NoTls { near: true } => {
            "sslmode=disable in DATABASE_URL; or ssl = on in the server's postgresql.conf; or correct host and port, if something else listens there"
        }
        Barrier::NoTls { near: false } => {
            "ssl = on in the server's postgresql.conf; or sslmode=disable in DATABASE_URL, where nobody in between can listen; or correct host and port, if something else listens there"
        }
        Barrier::Tls {
            fault,
            trusted,
            server,
            address,
        } => return tls_hint(fault, trusted.is_some(), server, *address),
        Barrier::NoPassword => {
            "a password after the user and a colon in DATABASE_URL; or in the variable PGPASSWORD; or in ~/.pgpass as a line HOST:PORT:DATABASE:USER:PASSWORD, then chmod 0600 ~/.pgpass"
        }
        Barrier::NoChannelBinding(Credentials {
            encrypted: false, ..
        }) => "add sslmode=require to DATABASE_URL: without TLS there is nothing to bind to",
        Barrier::NoChannelBinding(_) => {
            "channel_binding=prefer in DATABASE_URL, if this server or its pooler is known to offer no SCRAM-SHA-256-PLUS"
        }
        Barrier::OtherLogin => {
            "as the server's administrator: a line with scram-sha-256 for this user in pg_hba.conf, then SELECT pg_reload_conf()"
        }
        Barrier::NotNow { .. } => {
            "the same command again once pg_isready -d \"$DATABASE_URL\" says that the server accepts connections"
        }
        Barrier::OtherSession => {
            "add the other hosts of the cluster to DATABASE_URL (postgresql://USER@HOST1,HOST2/DATABASE), or take target_session_attrs out"
        }
        Barrier::Refused {
            said,
            code,
            credentials,
        } => return refusal_hint(said, code, credentials),
        _ => "psql \"$DATABASE_URL\"   (tells more of the network)",
    };
    hint.to_owned()
}

fn tls_hint(fault: &TlsFault, trusts_file: bool, server: &str, address: Option<IpAddr>) -> String {
    let fetch = format!(
        "openssl s_client -starttls postgres -connect {} </dev/null | openssl x509 >server.crt",
        shell(server)
    );
    let add = if trusts_file {
        "name it as sslrootcert in place of the present file"
    } else {
        "add sslmode=verify-full&sslrootcert=server.crt to DATABASE_URL"
    };
    match fault {
        TlsFault::UnknownIssuer | TlsFault::Certificate(_) => format!(
            "sslrootcert=FILE in DATABASE_URL, with the certificate of the server's authority; or with the server's own: {fetch}   (compare openssl x509 -in server.crt -noout -fingerprint -sha256 with the server's administrator, then {add})"
        ),
        TlsFault::OtherName { presented, .. } => {
            let address = address.map_or_else(|| "ADDRESS".to_owned(), |known| known.to_string());
            match presented.iter().find(|name| !name.starts_with('*')) {
                Some(name) => format!(
                    "add host={name}&hostaddr={address} to what follows the ? in DATABASE_URL: the name that the certificate has, and the way there"
                ),
                None if presented.is_empty() => format!(
                    "{fetch}   (then sslmode=verify-ca&sslrootcert=server.crt in DATABASE_URL: this certificate, and no name)"
                ),
                None => format!(
                    "add host=NAME&hostaddr={address} to what follows the ? in DATABASE_URL, with a name that fits the certificate"
                ),
            }
        }
        TlsFault::NotNow(_) => {
            "renew the server's certificate; or correct this machine's clock, if date shows another day".to_owned()
        }
        TlsFault::ClientCertificate => {
            "add sslcert=FILE&sslkey=FILE to DATABASE_URL, with a certificate from the server's administrator".to_owned()
        }
        TlsFault::OtherProtocol => ELSEWHERE.to_owned(),
        _ => "look into the server's log; TLS 1.2 or 1.3 is needed, and PostgreSQL 17 for sslnegotiation=direct; sslmode=disable in DATABASE_URL goes without".to_owned(),
    }
}

/// What to do about what a server says at the door. Its words may be in any language, its codes
/// are not.
fn refusal_hint(said: &str, code: &str, credentials: &Credentials) -> String {
    let user = credentials.user.as_deref().unwrap_or("USER");
    let database = credentials.database.as_deref().unwrap_or("DATABASE");
    let (role, named) = (identifier(user), identifier(database));
    match code {
        "28P01" => match &credentials.password_from {
            Some(from) => format!(
                "correct the user, or the password, which is {from}; in a URL, @ : / ? # % of a password are percent-encoded"
            ),
            None => "correct user and password in DATABASE_URL".to_owned(),
        },
        "28000" if said.contains("pg_hba.conf") && !credentials.encrypted => {
            "add sslmode=require to DATABASE_URL; if the server refuses that too, its administrator lets this user in with a line in pg_hba.conf".to_owned()
        }
        "28000" if said.contains("pg_hba.conf") => format!(
            "as the server's administrator: hostssl {named} {role} ADDRESS scram-sha-256 in pg_hba.conf, then SELECT pg_reload_conf()"
        ),
        "28000" if said.contains("client certificate") => {
            "add sslmode=require&sslcert=FILE&sslkey=FILE to DATABASE_URL".to_owned()
        }
        "28000" if said.contains("Peer") || said.contains("Ident") => format!(
            "add host=localhost and a password to DATABASE_URL; or run this as the operating system's user {user}"
        ),
        // The role that statements run under, which nobody is to log in as.
        "28000" if user == "tulving_app" => {
            "name another user in DATABASE_URL; as an administrator, to let one do this: GRANT tulving_app TO USER".to_owned()
        }
        "28000" if said.contains("log in") => {
            format!("as an administrator: ALTER ROLE {role} LOGIN; or name another user in DATABASE_URL")
        }
        "28000" if said.contains("does not exist") => {
            format!("name another user in DATABASE_URL; or as an administrator: createuser {}", shell(user))
        }
        "3D000" => format!("createdb {}   (or name another database in DATABASE_URL)", shell(database)),
        "42501" => format!("as an administrator: GRANT CONNECT ON DATABASE {named} TO {role}"),
        "53300" => {
            let limit = if names(said, database) && !said.contains("role") {
                format!("as an administrator: ALTER DATABASE {named} CONNECTION LIMIT 10")
            } else if names(said, user) {
                format!("as an administrator: ALTER ROLE {role} CONNECTION LIMIT 10")
            } else {
                "a larger max_connections in the server's postgresql.conf, which a restart reads".to_owned()
            };
            format!("end other programs of this server (migrate, index and doctor need two connections, all else one); or {limit}")
        }
        "55000" => format!(
            "as an administrator: ALTER DATABASE {named} ALLOW_CONNECTIONS true; or name another database in DATABASE_URL"
        ),
        "08P01" if said.contains("no more connections") => {
            "the same command again once other programs have ended; or a larger max_client_conn in the pooler's configuration".to_owned()
        }
        "08P01" if said.contains("startup parameter") => {
            "take options out of DATABASE_URL, or unset PGOPTIONS: this pooler refuses them; --schema NAME names a schema without".to_owned()
        }
        "08P01" if said.contains("no such") => {
            "name a user and a database in DATABASE_URL that the pooler is set up for".to_owned()
        }
        "XX000" if said.contains("Tenant or user") => {
            "write the user as USER.PROJECT in DATABASE_URL, as the pooler's provider shows it".to_owned()
        }
        _ => "psql \"$DATABASE_URL\"   (is refused in the same way; what the server says is for its administrator)".to_owned(),
    }
}

/// Returns whether a name stands in the server's words, in quotation marks of any language.
fn names(said: &str, name: &str) -> bool {
    said.split(['"', '»', '«', '„', '“', '”', '‹', '›', '\''])
        .any(|part| part == name)
}
