//! How the agent comes by its certificate: a key that is made here and never leaves, a request for it, and the file that holds what came back.

mod file;
mod renewal;

use plenum_link::causes::with_causes;
use plenum_link::tls::{self, AskError, Client, Pair, PairError};
use plenum_protocol::AgentName;
use plenum_protocol::enrolment::{Answer, Refusal, Request};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};

pub(crate) use file::{Mode, replace};
pub(crate) use renewal::Renewal;

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnrolmentError {
    /// No key can be made.
    #[error("a key cannot be made: {0}")]
    Key(String),
    /// The collector does not answer, or is another.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// It said no.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// What it sent does not go with the key, or with the collector.
    #[error("what the collector sent cannot be used: {0}")]
    Useless(String),
    /// It cannot be stored.
    #[error("{path}: cannot be written: {source}")]
    Write {
        /// The file.
        path: String,
        /// What the operating system says.
        source: std::io::Error,
    },
}

/// Makes a key, asks for its certificate, and returns both as the file will hold them. `secret` is a code's; without it the client shows its certificate.
pub(crate) async fn obtain(
    client: &Client,
    place: (&str, u16),
    agent: &AgentName,
    secret: Option<String>,
) -> Result<String, EnrolmentError> {
    let wrong = |error: rcgen::Error| EnrolmentError::Key(error.to_string());
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(wrong)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, agent.to_string());
    let certificate_request = params.serialize_request(&key).and_then(|made| made.pem());
    let request = Request {
        agent: agent.clone(),
        secret,
        certificate_request: certificate_request.map_err(wrong)?,
    };
    match tls::ask(client, place, &request).await? {
        Answer::Certificate(chain) => Ok(key.serialize_pem() + &chain),
        Answer::Refused(refusal) => Err(refusal.into()),
    }
}

/// Puts what was obtained in the place of what the file held, if it can be used: whole, and its owner's alone.
pub(crate) fn store(path: &std::path::Path, text: &str) -> Result<Pair, EnrolmentError> {
    let usable = |written: &std::path::Path| Pair::read(written, written);
    let useless = |error: PairError| EnrolmentError::Useless(with_causes(&error));
    let failed = |source| EnrolmentError::Write {
        path: path.display().to_string(),
        source,
    };
    replace(path, text, Mode::OwnersAlone, |written| usable(written).map(drop))
        .map_err(failed)?
        .map_err(useless)?;
    usable(path).map_err(useless)
}
