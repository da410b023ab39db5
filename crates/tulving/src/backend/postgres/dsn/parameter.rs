//! The parameters of a connection: libpq's, one by one, and those of others that people bring.

use super::error::DsnError;
use super::origin::Origin;

/// One of libpq's parameters.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    /// Where it is taken from if nothing else gives it.
    pub(super) variable: Option<&'static str>,
    pub(super) treatment: Treatment,
}

/// What is done with it.
pub(super) enum Treatment {
    /// It works as in libpq.
    Taken,
    /// It changes nothing here, if its value is one of these. None: whatever its value.
    Idle(&'static [&'static str], &'static str),
    /// Ignoring it would not do what was asked; this is what to do instead.
    Refused(&'static str),
}

use Treatment::{Idle, Refused, Taken};

const ANY: &[&str] = &[];
const NO_GSS: &str = "take it out: Tulving does not speak GSSAPI";
const NO_OAUTH: &str =
    "take it out, and log in with a password or a client certificate: Tulving does not speak OAuth";

const fn taken(name: &'static str, variable: &'static str) -> Parameter {
    Parameter {
        name,
        variable: Some(variable),
        treatment: Taken,
    }
}

const fn is(name: &'static str, treatment: Treatment) -> Parameter {
    Parameter {
        name,
        variable: None,
        treatment,
    }
}

/// All of them.
pub(super) static PARAMETERS: [Parameter; 53] = [
    taken("service", "PGSERVICE"),
    taken("servicefile", "PGSERVICEFILE"),
    taken("host", "PGHOST"),
    taken("hostaddr", "PGHOSTADDR"),
    taken("port", "PGPORT"),
    taken("dbname", "PGDATABASE"),
    taken("user", "PGUSER"),
    taken("password", "PGPASSWORD"),
    taken("passfile", "PGPASSFILE"),
    taken("connect_timeout", "PGCONNECT_TIMEOUT"),
    taken("options", "PGOPTIONS"),
    taken("application_name", "PGAPPNAME"),
    taken("channel_binding", "PGCHANNELBINDING"),
    taken("target_session_attrs", "PGTARGETSESSIONATTRS"),
    taken("load_balance_hosts", "PGLOADBALANCEHOSTS"),
    taken("sslmode", "PGSSLMODE"),
    taken("sslrootcert", "PGSSLROOTCERT"),
    taken("sslcert", "PGSSLCERT"),
    taken("sslkey", "PGSSLKEY"),
    taken("sslnegotiation", "PGSSLNEGOTIATION"),
    is("fallback_application_name", Taken),
    is("keepalives", Taken),
    is("keepalives_idle", Taken),
    is("keepalives_interval", Taken),
    is("keepalives_count", Taken),
    is("tcp_user_timeout", Taken),
    is(
        "client_encoding",
        Idle(
            &["utf8", "utf-8", "unicode", "auto"],
            "take it out: Tulving always speaks UTF-8, and the server converts",
        ),
    ),
    is("gssencmode", Idle(&["disable", "prefer"], NO_GSS)),
    is("gssdelegation", Idle(&["0"], NO_GSS)),
    is("krbsrvname", Idle(ANY, NO_GSS)),
    is("gsslib", Idle(ANY, NO_GSS)),
    is("sslcompression", Idle(ANY, "")),
    is(
        "sslsni",
        Idle(
            &["1"],
            "take it out: the server is always told the name that is asked for",
        ),
    ),
    is(
        "sslcertmode",
        Idle(
            &["allow"],
            "take it out: a client certificate is sent where sslcert names one and the server asks",
        ),
    ),
    is(
        "ssl_min_protocol_version",
        Idle(
            &["tlsv1", "tlsv1.1", "tlsv1.2"],
            "take it out: TLS 1.2 and 1.3 are spoken, and nothing older",
        ),
    ),
    is(
        "ssl_max_protocol_version",
        Idle(
            &["tlsv1.3"],
            "take it out: TLS 1.2 and 1.3 are spoken, and the newer one wins",
        ),
    ),
    is(
        "min_protocol_version",
        Idle(
            &["3.0"],
            "take it out: version 3.0 of the protocol is spoken",
        ),
    ),
    is(
        "max_protocol_version",
        Idle(
            &["3.0", "3.2", "latest"],
            "take it out: version 3.0 of the protocol is spoken",
        ),
    ),
    is(
        "replication",
        Idle(
            &["false", "off", "no", "0"],
            "take it out: Tulving does not replicate",
        ),
    ),
    Parameter {
        name: "require_auth",
        variable: Some("PGREQUIREAUTH"),
        treatment: Refused(
            "take it out; channel_binding=require is there against a server that asks for the bare password",
        ),
    },
    Parameter {
        name: "requirepeer",
        variable: Some("PGREQUIREPEER"),
        treatment: Refused(
            "take it out, and name a socket in a directory that only the server's user can write to",
        ),
    },
    Parameter {
        name: "sslcrl",
        variable: Some("PGSSLCRL"),
        treatment: Refused(
            "take it out, and remove a revoked authority from sslrootcert: lists of revoked certificates are not read",
        ),
    },
    Parameter {
        name: "sslcrldir",
        variable: Some("PGSSLCRLDIR"),
        treatment: Refused(
            "take it out, and remove a revoked authority from sslrootcert: lists of revoked certificates are not read",
        ),
    },
    is(
        "sslpassword",
        Refused(
            "openssl pkey -in KEY -out NEW   (takes the password off); chmod 600 NEW; then sslkey=NEW",
        ),
    ),
    is("sslkeylogfile", Refused("take it out")),
    is("scram_client_key", Refused("give the password instead")),
    is("scram_server_key", Refused("give the password instead")),
    is("oauth_issuer", Refused(NO_OAUTH)),
    is("oauth_client_id", Refused(NO_OAUTH)),
    is("oauth_client_secret", Refused(NO_OAUTH)),
    is("oauth_scope", Refused(NO_OAUTH)),
    is("requiressl", Refused("write sslmode=require instead")),
    is("authtype", Refused("take it out")),
];

/// Parameters of other drivers and mappers, with what to do.
const FOREIGN: [(&[&str], &str); 13] = [
    (
        &[
            "pgbouncer",
            "prepared_statements",
            "prepareThreshold",
            "prepare_threshold",
            "statement_cache_size",
            "prepared_statement_cache_size",
            "statement_cache_capacity",
            "statement_cache_mode",
            "default_query_exec_mode",
            "binary_parameters",
            "preferQueryMode",
            "no-prepare",
            "prepare",
        ],
        "take it out: Tulving works behind poolers as it is",
    ),
    (
        &["schema", "currentSchema", "search_path"],
        "write options=-c%20search_path%3DNAME instead, or --schema NAME",
    ),
    (&["ssl"], "write sslmode=require or sslmode=disable instead"),
    (
        &["sslaccept"],
        "write sslmode=require, with sslrootcert=FILE for a certificate of one's own, instead",
    ),
    (
        &["sslidentity"],
        "write sslcert=FILE and sslkey=FILE instead",
    ),
    (
        &[
            "connection_limit",
            "pool_size",
            "max_overflow",
            "pool_timeout",
            "pool_max_conns",
            "pool_min_conns",
            "max",
            "maxPoolSize",
            "pool",
            "pool_recycle",
            "pool_pre_ping",
            "min_pool_size",
            "max_pool_size",
        ],
        "take it out; memory.postgres.pool_size in config.yaml says how many connections there may be",
    ),
    (
        &[
            "connectTimeout",
            "timeout",
            "loginTimeout",
            "connect-timeout",
        ],
        "write connect_timeout=SECONDS instead",
    ),
    (
        &[
            "statement_timeout",
            "socketTimeout",
            "socket_timeout",
            "command_timeout",
            "lock_timeout",
            "idle_in_transaction_session_timeout",
        ],
        "take it out, or write options=-c%20statement_timeout%3D30s instead",
    ),
    (
        &["ApplicationName", "applicationName"],
        "write application_name=NAME instead",
    ),
    (&["database", "db", "name"], "write dbname=NAME instead"),
    (
        &["username", "pwd", "pass", "uid"],
        "write user=NAME and password=… instead",
    ),
    (
        &["server", "hostname", "data source"],
        "write host=NAME instead",
    ),
    (
        &[
            "charset",
            "encoding",
            "characterEncoding",
            "timezone",
            "TimeZone",
            "workaround",
            "uselibpqcompat",
            "supa",
            "sslfactory",
            "targetServerType",
            "server_settings",
            "async_fallback",
        ],
        "take it out: it is for another driver",
    ),
];

impl Parameter {
    /// Returns the parameter of this name.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        PARAMETERS.iter().find(|known| known.name == name)
    }

    /// Returns whether the value can be used; true if it changes nothing here.
    pub(super) fn is_idle(&self, value: &str, origin: &Origin) -> Result<bool, DsnError> {
        let (why, advice) = match self.treatment {
            Taken => return Ok(false),
            Idle(values, _)
                if values.is_empty() || values.contains(&value.to_ascii_lowercase().as_str()) =>
            {
                return Ok(true);
            }
            Idle(_, advice) => ("this value is not supported", advice),
            Refused(advice) => ("it is not supported", advice),
        };
        Err(DsnError::Parameter {
            name: self.name.to_owned(),
            from: origin.to_string(),
            why: why.to_owned(),
            advice: advice.to_owned(),
        })
    }
}

/// Returns the error for a name that is none of libpq's. The name is repeated if it is `certain` to be no
/// part of a password; those of the tables above always may be.
pub(super) fn unknown(name: &str, certain: bool, origin: &Origin) -> DsnError {
    let error = |name: &str, why: &str, advice: String| DsnError::Parameter {
        name: name.to_owned(),
        from: origin.to_string(),
        why: why.to_owned(),
        advice,
    };
    for (names, advice) in FOREIGN {
        if let Some(name) = names
            .iter()
            .find(|foreign| foreign.eq_ignore_ascii_case(name))
        {
            return error(
                name,
                "PostgreSQL has no parameter of this name",
                (*advice).to_owned(),
            );
        }
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let shown = if certain && name.chars().all(plain) {
        name
    } else {
        "a parameter"
    };
    let nearest = PARAMETERS
        .iter()
        .map(|known| {
            (
                strsim::damerau_levenshtein(&name.to_ascii_lowercase(), known.name),
                known.name,
            )
        })
        .min();
    match nearest {
        Some((edits, known)) if edits <= 2 && edits * 3 <= name.chars().count() => error(
            shown,
            "PostgreSQL has no parameter of this name",
            format!("did you mean {known}?"),
        ),
        _ => error(
            shown,
            "PostgreSQL has no parameter of this name",
            "take it out; or, if it is part of a password: in a URL write %26 for & and %3D for =, \
             in name=value put the password between ' and '"
                .to_owned(),
        ),
    }
}
