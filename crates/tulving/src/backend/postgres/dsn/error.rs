//! Why a connection string cannot be used.

use std::path::PathBuf;

use thiserror::Error;

/// Why a connection string cannot be used. Of the string itself only what was read for certain is
/// repeated: it may hold a password, and half a password may stand anywhere in it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DsnError {
    /// Its form is not understood.
    #[error("the connection string cannot be read: {why}")]
    Form {
        /// Which part of it, and what is wrong there.
        why: String,
        /// What to do.
        advice: String,
    },
    /// A parameter is unknown, not supported, or has a value that cannot be used.
    #[error("{name}, {from}: {why}")]
    Parameter {
        /// Its name.
        name: String,
        /// Where it was given, such as `in the connection string`.
        from: String,
        /// What is wrong with it.
        why: String,
        /// What to do.
        advice: String,
    },
    /// A file that the connection string or the environment names cannot be read.
    #[error("{doing} {path}, which {from} names")]
    File {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Who names it.
        from: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The file named by `sslrootcert` or `sslcert` holds no certificate.
    #[error("{path} holds no certificate in PEM form")]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The files of `sslcert` and `sslkey` are not a certificate and its key.
    #[error("{key} does not hold the private key of the certificate in {certificate}")]
    ClientKey {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// How what stands between `://` and `@` is written.
pub(super) const ENCODE: &str = "percent-encode @ : / ? # % in user and password: \
                                 @ is %40, : is %3A, / is %2F, ? is %3F, # is %23, % is %25";

impl DsnError {
    pub(crate) fn form(why: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::Form {
            why: why.into(),
            advice: advice.into(),
        }
    }

    /// Returns what to do about it.
    #[must_use]
    pub fn advice(&self) -> String {
        match self {
            Self::Form { advice, .. } | Self::Parameter { advice, .. } => advice.clone(),
            Self::File { path, .. } if path.starts_with("~") => {
                "write the whole path: ~ stands for the home directory in a shell only".to_owned()
            }
            Self::File { path, .. } => {
                format!("put the file there, or name another one than {}", path.display())
            }
            Self::NoCertificate { path } => format!(
                "put a certificate that begins with -----BEGIN CERTIFICATE----- into {}; \
                 openssl x509 -inform DER -in FILE turns the binary form into it",
                path.display()
            ),
            Self::ClientKey { .. } => {
                "name the two files that belong together; openssl pkey -in KEY -out NEW takes a password off a key".to_owned()
            }
        }
    }
}
