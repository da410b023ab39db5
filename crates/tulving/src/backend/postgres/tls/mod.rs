//! TLS between us and a server: rustls, with trust as libpq's parameters name it.
//!
//! | module | holds |
//! |---|---|
//! | `verifier` | whose certificate is accepted |
//! | `certificate` | what is read of a certificate beyond what rustls tells |
//! | `stream` | the encrypted stream, with what a password can be bound to |
//! | `fault` | why TLS failed |

mod certificate;
mod fault;
mod stream;
mod verifier;

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, InconsistentKeys};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::config::SslNegotiation;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_rustls::TlsConnector;

pub use fault::TlsFault;
use stream::Stream;
use verifier::Verifier;

use super::dsn::{DsnError, Encryption};

/// Begins TLS on the driver's sockets.
#[derive(Clone)]
pub(super) struct Tls(Arc<ClientConfig>);

impl Tls {
    /// Reads the files that are named: those who are trusted, the client's certificate and key.
    pub(super) fn new(wanted: &Encryption) -> Result<Self, DsnError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = match &wanted.roots {
            Some(path) => Verifier::of_file(certificates(path, "sslrootcert")?, wanted.check_name),
            None => Verifier::of_machine(rustls_native_certs::load_native_certs().certs),
        };
        let unusable = |error: &rustls::Error| {
            DsnError::form(
                format!("TLS cannot be set up: {error}"),
                "tell us: this is a bug in tulving",
            )
        };
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(&error))?
            // Its rules, and why they are sound, stand there.
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match &wanted.client {
            None => config.with_no_client_auth(),
            Some((certificate, key)) => {
                let identity = identity(&provider, certificate, key)?;
                config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity)))
            }
        };
        // A server that is spoken to in TLS at once wants to hear what for.
        if wanted.negotiation == SslNegotiation::Direct {
            config.alpn_protocols = vec![b"postgresql".to_vec()];
        }
        Ok(Self(Arc::new(config)))
    }
}

fn read(path: &Path, name: &str) -> Result<Vec<u8>, DsnError> {
    std::fs::read(path).map_err(|source| DsnError::File {
        doing: "reading",
        path: path.to_owned(),
        from: name.to_owned(),
        source,
    })
}

fn certificates(path: &Path, name: &str) -> Result<Vec<CertificateDer<'static>>, DsnError> {
    let pem = read(path, name)?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem).flatten().collect();
    if certificates.is_empty() {
        let path = path.to_owned();
        return Err(DsnError::NoCertificate { path });
    }
    Ok(certificates)
}

/// The client's certificate and its key.
fn identity(
    provider: &CryptoProvider,
    certificate: &Path,
    key: &Path,
) -> Result<CertifiedKey, DsnError> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| DsnError::ClientKey {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        source,
    };
    let chain = certificates(certificate, "sslcert")?;
    require_private(key)?;
    let secret = read(key, "sslkey")?;
    let secret = PrivateKeyDer::from_pem_slice(&secret).map_err(|error| failed(error.into()))?;
    let secret = provider.key_provider.load_private_key(secret);
    let identity = CertifiedKey::new(chain, secret.map_err(|error| failed(error.into()))?);
    match identity.keys_match() {
        Err(error @ rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
            Err(failed(error.into()))
        }
        // What rustls cannot read of a certificate of version 1 the server can.
        _ => Ok(identity),
    }
}

/// As in libpq: a private key is for its owner alone, or for a group if it is root's.
fn require_private(key: &Path) -> Result<(), DsnError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let others = std::fs::metadata(key).map_or(0, |about| {
            about.mode() & if about.uid() == 0 { 0o037 } else { 0o077 }
        });
        if others != 0 {
            let key = key.display();
            return Err(DsnError::Parameter {
                name: "sslkey".to_owned(),
                from: key.to_string(),
                why: "others can read the private key".to_owned(),
                advice: format!("chmod 0600 {key}"),
            });
        }
    }
    Ok(())
}

/// Begins TLS with one server.
pub(super) struct Handshake {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl<S> MakeTlsConnect<S> for Tls
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Stream<S>;
    type TlsConnect = Handshake;
    type Error = TlsFault;

    fn make_tls_connect(&mut self, host: &str) -> Result<Handshake, TlsFault> {
        // The driver asks for every host, also for those that are spoken to without.
        let name = ServerName::try_from(host.to_owned()).map_err(|_| TlsFault::NoName)?;
        Ok(Handshake {
            config: Arc::clone(&self.0),
            name,
        })
    }
}

impl<S> TlsConnect<S> for Handshake
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Stream<S>;
    type Error = TlsFault;
    type Future = Pin<Box<dyn Future<Output = Result<Stream<S>, TlsFault>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let stream = TlsConnector::from(self.config)
                .connect(self.name, stream)
                .await;
            stream.map(Stream::new).map_err(TlsFault::from)
        })
    }
}
