//! Whose certificate is taken.
//!
//! A certificate is good if
//! - an authority that is trusted vouches for it, as rustls finds; or
//! - it *is* one of those in the file of `sslrootcert`, byte for byte. PostgreSQL's manual makes
//!   such a one, signed by itself, which rustls would refuse as an authority in a server's place.
//!   Who names the file has said that this very key is the server's; or
//! - it is of version 1, as `openssl x509 -req` makes without a file of extensions, and an
//!   authority in that file signed it itself.
//!
//! In every case its time must not be over, the server must prove in the handshake that it holds
//! the key, and the certificate must have the host's name, unless `verify-ca` leaves that out.
//! The name is that of the extension for names; where a certificate has none, and the file says
//! who is trusted, the common name counts, as it does for libpq. Public authorities do not check
//! what stands there.

use std::net::IpAddr;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::certificate::Certificate;

#[derive(Debug)]
pub(super) struct Verifier {
    roots: RootCertStore,
    /// Those of the file, which are also good as they are.
    named: Vec<CertificateDer<'static>>,
    check_name: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    /// Trusts the authorities of this machine.
    pub(super) fn of_machine(authorities: Vec<CertificateDer<'static>>) -> Self {
        Self::new(authorities, Vec::new(), true)
    }

    /// Trusts what a file holds.
    pub(super) fn of_file(named: Vec<CertificateDer<'static>>, check_name: bool) -> Self {
        Self::new(named.clone(), named, check_name)
    }

    fn new(
        authorities: Vec<CertificateDer<'static>>,
        named: Vec<CertificateDer<'static>>,
        check_name: bool,
    ) -> Self {
        let mut roots = RootCertStore::empty();
        // One that cannot be used is skipped: others may do, and the handshake says if none did.
        roots.add_parsable_certificates(authorities);
        Self {
            roots,
            named,
            check_name,
            algorithms: rustls::crypto::ring::default_provider().signature_verification_algorithms,
        }
    }

    fn trust(
        &self,
        certificate: &CertificateDer<'_>,
        read: Option<&Certificate>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        if let Some(read) = read
            && (self.named.contains(certificate) || self.signed_it(read, now))
        {
            return read.is_current(now).map_err(Error::from);
        }
        if read.is_some_and(Certificate::is_of_old_version) {
            return Err(CertificateError::UnknownIssuer.into());
        }
        verify_server_cert_signed_by_trust_anchor(
            &ParsedCertificate::try_from(certificate)?,
            &self.roots,
            others,
            now,
            self.algorithms.all,
        )
    }

    /// Returns whether an authority of the file signed a certificate of an old version.
    fn signed_it(&self, certificate: &Certificate, now: UnixTime) -> bool {
        let named = self.named.iter().filter_map(|der| Certificate::read(der));
        let mut current = named.filter(|authority| authority.is_current(now).is_ok());
        certificate.is_of_old_version()
            && current.any(|authority| authority.issued(certificate, &self.algorithms))
    }

    fn name(
        &self,
        certificate: &CertificateDer<'_>,
        read: Option<&Certificate>,
        name: &ServerName<'_>,
    ) -> Result<(), Error> {
        let mut presented = read.map_or_else(Vec::new, Certificate::alternative_names);
        let fits = if !presented.is_empty() || self.named.is_empty() {
            verify_server_name(&ParsedCertificate::try_from(certificate)?, name).is_ok()
        } else {
            presented = read
                .and_then(Certificate::common_name)
                .into_iter()
                .collect();
            presented
                .iter()
                .any(|common| is_named(common, &name.to_str()))
        };
        if fits {
            return Ok(());
        }
        Err(Error::from(CertificateError::NotValidForNameContext {
            expected: name.to_owned(),
            presented,
        }))
    }
}

/// Returns whether a common name is the host's; `*.` stands for one part of a name, at its beginning. An address
/// has no such parts.
fn is_named(common: &str, host: &str) -> bool {
    match (common.strip_prefix("*."), host.split_once('.')) {
        (Some(common), Some((first, rest))) if host.parse::<IpAddr>().is_err() => {
            !first.is_empty() && common.contains('.') && common.eq_ignore_ascii_case(rest)
        }
        _ => common.eq_ignore_ascii_case(host),
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let read = Certificate::read(certificate);
        self.trust(certificate, read.as_ref(), others, now)?;
        if self.check_name {
            self.name(certificate, read.as_ref(), name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let read = Certificate::read(certificate).filter(Certificate::is_of_old_version);
        let Some(read) = read else {
            return verify_tls12_signature(message, certificate, signature, &self.algorithms);
        };
        let mapping = self.algorithms.mapping.iter();
        let ways = mapping.filter(|(scheme, _)| *scheme == signature.scheme);
        let ways = ways.flat_map(|(_, ways)| ways.iter().copied());
        if read.signed(message, signature.signature(), ways) {
            Ok(HandshakeSignatureValid::assertion())
        } else {
            Err(CertificateError::BadSignature.into())
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let read = Certificate::read(certificate).filter(Certificate::is_of_old_version);
        match read.and_then(|read| read.public_key()) {
            Some(key) => verify_tls13_signature_with_raw_key(
                message,
                &SubjectPublicKeyInfoDer::from(key),
                signature,
                &self.algorithms,
            ),
            None => verify_tls13_signature(message, certificate, signature, &self.algorithms),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_common_name_is_the_hosts_or_stands_for_one_part_of_it() {
        for (common, host, fits) in [
            ("dbhost", "dbhost", true),
            ("DBhost", "dbHOST", true),
            ("dbhost", "dbhost.example.com", false),
            ("*.example.com", "db.example.com", true),
            ("*.example.com", "a.db.example.com", false),
            ("*.example.com", "example.com", false),
            ("*.com", "example.com", false),
            ("*", "dbhost", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("*.0.0.1", "127.0.0.1", false),
            ("", "dbhost", false),
        ] {
            assert_eq!(is_named(common, host), fits, "{common} {host}");
        }
    }
}
