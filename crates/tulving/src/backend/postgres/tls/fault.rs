//! Why TLS did not come about.

use std::io;

use rustls::{AlertDescription, CertificateError};
use thiserror::Error;

/// Why TLS did not come about.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsFault {
    /// Nobody who is trusted vouches for the server's certificate.
    #[error("nobody who is trusted vouches for the server's certificate")]
    UnknownIssuer,
    /// The certificate is for other hosts.
    #[error(
        "the server's certificate is for {}, not for {wanted}",
        names(presented)
    )]
    OtherName {
        /// The host of the connection string.
        wanted: String,
        /// The names that the certificate has.
        presented: Vec<String>,
    },
    /// The certificate's time is over, or yet to come.
    #[error("the server's certificate is not valid at this time: {0}")]
    NotNow(CertificateError),
    /// The certificate cannot be used for another reason.
    #[error("the server's certificate cannot be used: {0}")]
    Certificate(CertificateError),
    /// The server wants to know who the client is, by a certificate, or refuses the one it got.
    #[error("the server refuses the client's certificate, or asks for one")]
    ClientCertificate,
    /// What the server answers is not TLS.
    #[error("the server does not answer in TLS")]
    OtherProtocol,
    /// There is no host name that a certificate could have.
    #[error("no certificate can be for this host's name")]
    NoName,
    /// Another failure of the handshake.
    #[error(transparent)]
    Other(io::Error),
}

fn names(presented: &[String]) -> String {
    if presented.is_empty() {
        "no host by name".to_owned()
    } else {
        presented.join(", ")
    }
}

impl From<io::Error> for TlsFault {
    fn from(error: io::Error) -> Self {
        let inner = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match inner {
            Some(rustls::Error::InvalidCertificate(why)) => match why {
                CertificateError::UnknownIssuer => Self::UnknownIssuer,
                CertificateError::NotValidForNameContext {
                    expected,
                    presented,
                } => Self::OtherName {
                    wanted: expected.to_str().into_owned(),
                    presented: presented.clone(),
                },
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. } => Self::NotNow(why.clone()),
                // An authority in a server's place, as one that is signed by itself looks.
                CertificateError::Other(other) if other.to_string() == "CaUsedAsEndEntity" => {
                    Self::UnknownIssuer
                }
                why => Self::Certificate(why.clone()),
            },
            Some(rustls::Error::InvalidMessage(_)) => Self::OtherProtocol,
            Some(rustls::Error::AlertReceived(
                AlertDescription::CertificateRequired
                | AlertDescription::BadCertificate
                | AlertDescription::UnknownCA
                | AlertDescription::CertificateUnknown,
            )) => Self::ClientCertificate,
            _ => Self::Other(error),
        }
    }
}
