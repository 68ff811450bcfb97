//! A collector that is known by the fingerprint of its authority alone, as a code has it: whoever has no certificate yet has no other.

use std::sync::Arc;
use std::time::Duration;

use plenum_protocol::enrolment::Fingerprint;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{COLLECTOR, fingerprint};

/// Believes the authority with this fingerprint about [`COLLECTOR`], and nobody about anything else.
#[derive(Debug)]
pub(super) struct ByFingerprint {
    pub(super) fingerprint: Fingerprint,
    pub(super) provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for ByFingerprint {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let mut shown = intermediates.iter();
        let authority = shown
            .find(|certificate| fingerprint(certificate) == self.fingerprint)
            .ok_or(Error::InvalidCertificate(CertificateError::UnknownIssuer))?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone())
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        let name = ServerName::try_from(COLLECTOR).map_err(|error| Error::General(error.to_string()))?;
        // The authority was there before this code: a host whose clock starts in the past can know that much.
        let now = now.max(beginning(authority));
        usual.verify_server_cert(end_entity, intermediates, &name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

fn beginning(certificate: &CertificateDer<'_>) -> UnixTime {
    let parsed = X509Certificate::from_der(certificate).ok();
    let seconds = parsed.and_then(|(_, parsed)| u64::try_from(parsed.validity().not_before.timestamp()).ok());
    UnixTime::since_unix_epoch(Duration::from_secs(seconds.unwrap_or(0)))
}
