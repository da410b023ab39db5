//! What is read of an X.509 certificate beyond what rustls tells.

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{SignatureVerificationAlgorithm, UnixTime};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::TbsCertificate;
use x509_cert::der::asn1::{ContextSpecific, ObjectIdentifier, PrintableStringRef, Utf8StringRef};
use x509_cert::der::{Decode as _, Encode as _, SliceReader, TagNumber};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, SubjectAltName};
use x509_cert::spki::AlgorithmIdentifierOwned;

/// A certificate, taken apart.
pub(super) struct Certificate(x509_cert::Certificate);

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

impl Certificate {
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        x509_cert::Certificate::from_der(der).ok().map(Self)
    }

    fn body(&self) -> &TbsCertificate {
        &self.0.tbs_certificate
    }

    /// Returns host names and addresses of the extension for them.
    pub(super) fn alternative_names(&self) -> Vec<String> {
        let extension = self.body().get::<SubjectAltName>();
        let names = extension
            .ok()
            .flatten()
            .map_or_else(Vec::new, |(_, names)| names.0);
        let names = names.into_iter().filter_map(|name| match name {
            GeneralName::DnsName(name) => Some(name.to_string()),
            GeneralName::IpAddress(address) => match *address.as_bytes() {
                [a, b, c, d] => Some(std::net::Ipv4Addr::new(a, b, c, d).to_string()),
                ref long => {
                    let long: [u8; 16] = long.try_into().ok()?;
                    Some(std::net::Ipv6Addr::from(long).to_string())
                }
            },
            _ => None,
        });
        names.collect()
    }

    /// Returns the subject's common name, where hosts were named before there was an extension for them.
    pub(super) fn common_name(&self) -> Option<String> {
        let mut parts = self
            .body()
            .subject
            .0
            .iter()
            .flat_map(|set| set.0.iter())
            .rev();
        let value = &parts.find(|part| part.oid == COMMON_NAME)?.value;
        let utf8 = value.decode_as::<Utf8StringRef<'_>>();
        let text = utf8.map(|text| text.to_string());
        text.or_else(|_| {
            value
                .decode_as::<PrintableStringRef<'_>>()
                .map(|text| text.to_string())
        })
        .ok()
    }

    /// Returns whether its time has come and is not over.
    pub(super) fn is_current(&self, now: UnixTime) -> Result<(), rustls::CertificateError> {
        let validity = self.body().validity;
        let second = |time: x509_cert::time::Time| time.to_unix_duration().as_secs();
        if now.as_secs() < second(validity.not_before) {
            return Err(rustls::CertificateError::NotValidYet);
        }
        if now.as_secs() > second(validity.not_after) {
            return Err(rustls::CertificateError::Expired);
        }
        Ok(())
    }

    /// Versions 1 and 2 have no extensions; rustls does not know them.
    pub(super) fn is_of_old_version(&self) -> bool {
        self.body().version != x509_cert::certificate::Version::V3
    }

    /// Returns its public key, as it stands in it.
    pub(super) fn public_key(&self) -> Option<Vec<u8>> {
        self.body().subject_public_key_info.to_der().ok()
    }

    /// Returns whether this authority signed the other certificate itself.
    pub(super) fn issued(&self, other: &Self, algorithms: &WebPkiSupportedAlgorithms) -> bool {
        let constraints = self.body().get::<BasicConstraints>().ok().flatten();
        let usage = self.body().get::<KeyUsage>().ok().flatten();
        if !constraints.is_some_and(|(_, constraints)| constraints.ca)
            || !usage.is_none_or(|(_, usage)| usage.key_cert_sign())
            || self.body().subject != other.body().issuer
            || other.0.signature_algorithm != other.body().signature
        {
            return false;
        }
        let parts = (
            other.0.signature_algorithm.to_der(),
            other.body().to_der(),
            other.0.signature.as_bytes(),
        );
        let (Ok(how), Ok(body), Some(signature)) = parts else {
            return false;
        };
        let fits = |one: &&dyn SignatureVerificationAlgorithm| {
            inside(&how) == Some(one.signature_alg_id().as_ref())
        };
        let all = algorithms.all.iter().copied().filter(fits);
        self.signed(&body, signature, all)
    }

    /// Returns whether the holder of its key signed this, in one of these ways.
    pub(super) fn signed(
        &self,
        message: &[u8],
        signature: &[u8],
        mut ways: impl Iterator<Item = &'static dyn SignatureVerificationAlgorithm>,
    ) -> bool {
        let key = &self.body().subject_public_key_info;
        let (Ok(kind), Some(key)) = (key.algorithm.to_der(), key.subject_public_key.as_bytes())
        else {
            return false;
        };
        ways.any(|way| {
            inside(&kind) == Some(way.public_key_alg_id().as_ref())
                && way.verify_signature(key, message, signature).is_ok()
        })
    }

    /// Returns the digest that `tls-server-end-point` binds to: with the hash of the certificate's own
    /// signature, SHA-256 in place of anything weaker. Signatures without such a hash have none.
    pub(super) fn end_point(&self, der: &[u8]) -> Option<Vec<u8>> {
        let algorithm = &self.0.signature_algorithm;
        let mut oid = algorithm.oid.to_string();
        if oid == "1.2.840.113549.1.1.10" {
            // RSA-PSS names its hash apart.
            let mut reader = SliceReader::new(algorithm.parameters.as_ref()?.value()).ok()?;
            let hash = ContextSpecific::<AlgorithmIdentifierOwned>::decode_explicit(
                &mut reader,
                TagNumber::N0,
            );
            oid = hash
                .ok()?
                .map_or_else(String::new, |hash| hash.value.oid.to_string());
        }
        Some(match oid.as_str() {
            // RSA with MD5, SHA-1, SHA-256; ECDSA with SHA-1, SHA-256; RSA-PSS with SHA-1, SHA-256.
            "1.2.840.113549.1.1.4"
            | "1.2.840.113549.1.1.5"
            | "1.2.840.113549.1.1.11"
            | "1.2.840.10045.4.1"
            | "1.2.840.10045.4.3.2"
            | ""
            | "2.16.840.1.101.3.4.2.1" => Sha256::digest(der).to_vec(),
            "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" | "2.16.840.1.101.3.4.2.2" => {
                Sha384::digest(der).to_vec()
            }
            "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" | "2.16.840.1.101.3.4.2.3" => {
                Sha512::digest(der).to_vec()
            }
            _ => return None,
        })
    }
}

/// What stands in a short sequence, without its tag and length.
fn inside(sequence: &[u8]) -> Option<&[u8]> {
    let (&[_, length], rest) = sequence.split_first_chunk::<2>()?;
    (usize::from(length) == rest.len()).then_some(rest)
}
