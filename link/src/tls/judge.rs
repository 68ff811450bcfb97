//! Whether a broker's certificate is believed.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::{COLLECTOR, Identity};

/// Which authorities are believed.
#[derive(Debug)]
pub(super) enum Believed {
    /// These, for good.
    These,
    /// Those behind our own certificate, as it is then: with a renewal another may come.
    BehindOwn(Arc<Identity>),
}

/// As rustls judges, but for two things. A certificate for [`COLLECTOR`] is right whatever the broker is called here. And now is never before
/// our own certificate was made: a Pi without a battery starts in the past, and its alarms do not wait for a time server.
#[derive(Debug)]
pub(super) struct Judge {
    pub(super) usual: Arc<WebPkiServerVerifier>,
    pub(super) believed: Believed,
    pub(super) earliest: UnixTime,
}

impl Judge {
    fn now_usual(&self) -> Result<Arc<WebPkiServerVerifier>, Error> {
        let Believed::BehindOwn(identity) = &self.believed else {
            return Ok(self.usual.clone());
        };
        usual(identity.authorities()).map_err(Error::General)
    }
}

/// How rustls judges where these are believed.
pub(super) fn usual(authorities: Vec<CertificateDer<'static>>) -> Result<Arc<WebPkiServerVerifier>, String> {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority).map_err(|error| error.to_string())?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
    usual.build().map_err(|error| error.to_string())
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
        let usual = self.now_usual()?;
        let judge = |name: &ServerName<'_>| {
            usual.verify_server_cert(end_entity, intermediates, name, ocsp_response, now)
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
