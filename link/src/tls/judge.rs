//! Whether a broker's certificate is believed.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::COLLECTOR;

/// As rustls judges, but for two things. A certificate for [`COLLECTOR`] is right whatever the broker is called here. And now is never before
/// our own certificate was made: a Pi without a battery starts in the past, and its alarms do not wait for a time server.
#[derive(Debug)]
pub(super) struct Judge {
    pub(super) usual: Arc<WebPkiServerVerifier>,
    pub(super) earliest: UnixTime,
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let now = now.max(self.earliest);
        let judge = |name: &ServerName<'_>| {
            self.usual
                .verify_server_cert(end_entity, intermediates, name, ocsp_response, now)
        };
        let judged = judge(server_name);
        match (&judged, ServerName::try_from(COLLECTOR)) {
            (
                Err(Error::InvalidCertificate(
                    CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
                )),
                Ok(collector),
            ) => judge(&collector).or(judged),
            _ => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls12_signature(message, cert, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, cert, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}
