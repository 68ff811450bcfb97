//! How a client of ours speaks TLS: whose certificates it believes, and which it shows.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use plenum_protocol::enrolment::Fingerprint;
use plenum_protocol::{Clock, Timestamp};
use rustls::client::ResolvesClientCert;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, SignatureScheme};

use super::judge::{self, Believed, Judge};
use super::known::ByFingerprint;
use super::pair::{self, Pair, PairError};
use super::{ByClock, holder};

/// How a client speaks TLS. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    config: Arc<ClientConfig>,
    identity: Option<Arc<Identity>>,
}

/// A key, its certificate and the authorities behind it, in one file. What it shows can change while connections are made.
#[derive(Debug)]
pub struct Identity {
    path: PathBuf,
    pair: RwLock<Pair>,
}

impl Identity {
    /// The one in a file.
    ///
    /// # Errors
    /// The file cannot be read, or holds no key with its certificate.
    pub fn read(path: &Path) -> Result<Self, PairError> {
        Ok(Self {
            path: path.to_owned(),
            pair: RwLock::new(Pair::read(path, path)?),
        })
    }

    /// Reads the file again: the next connection shows what it holds now.
    ///
    /// # Errors
    /// As [`read`](Self::read); what was shown before goes on being shown.
    pub fn reload(&self) -> Result<(), PairError> {
        let pair = Pair::read(&self.path, &self.path)?;
        *self.pair.write().unwrap_or_else(PoisonError::into_inner) = pair;
        Ok(())
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// From when and until when its certificate holds.
    pub fn validity(&self) -> (Timestamp, Timestamp) {
        let pair = self.pair();
        (pair.not_before, pair.not_after)
    }

    /// Whether a collector with an authority of its own has made it for an agent: it makes the next too.
    pub fn is_renewed(&self) -> bool {
        let pair = self.pair();
        let own = pair.key.end_entity_cert().ok();
        own.is_some_and(|own| holder(own).is_some())
    }

    /// The certificates behind its own.
    pub fn authorities(&self) -> Vec<CertificateDer<'static>> {
        self.pair().key.cert.iter().skip(1).cloned().collect()
    }

    fn pair(&self) -> Pair {
        self.pair.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.pair().key)
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl Client {
    /// What the files say: believed are the authorities in `ca`, or without it those behind the identity's own certificate.
    ///
    /// # Errors
    /// A file cannot be read or holds none of what it should, or there is nobody to believe.
    pub fn of_files(
        ca: Option<&Path>,
        identity: Option<&Path>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PairError> {
        let identity = identity.map(Identity::read).transpose()?.map(Arc::new);
        let (file, authorities, believed) = match (ca, &identity) {
            (Some(ca), _) => (ca.to_owned(), pair::chain(ca)?, Believed::These),
            (None, Some(identity)) => {
                let believed = Believed::BehindOwn(identity.clone());
                (identity.path.clone(), identity.authorities(), believed)
            }
            (None, None) => return Err(PairError::NobodyToBelieve),
        };
        if authorities.is_empty() {
            return Err(PairError::NoAuthority(file));
        }
        Self::judging((authorities, believed), identity, clock)
            .map_err(|why| PairError::Certificate { path: file, why })
    }

    /// Believing these authorities, and showing this.
    ///
    /// # Errors
    /// One of them is not a valid certificate.
    pub fn believing(
        authorities: Vec<CertificateDer<'static>>,
        identity: Option<Arc<Identity>>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        Self::judging((authorities, Believed::These), identity, clock)
    }

    fn judging(
        (authorities, believed): (Vec<CertificateDer<'static>>, Believed),
        identity: Option<Arc<Identity>>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let judge = Judge {
            usual: judge::usual(authorities)?,
            believed,
            earliest: identity
                .as_ref()
                .map_or(UnixTime::since_unix_epoch(Duration::ZERO), |identity| {
                    unix(identity.validity().0)
                }),
        };
        let config = ClientConfig::builder_with_details(provider, Arc::new(ByClock(clock)))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(judge));
        let config = match &identity {
            Some(identity) => config.with_client_cert_resolver(identity.clone()),
            None => config.with_no_client_auth(),
        };
        Ok(Self {
            config: Arc::new(config),
            identity,
        })
    }

    /// Believing whoever has the authority with this fingerprint, and showing nothing: for a host that has joined nothing yet.
    ///
    /// # Errors
    /// The cryptography has no protocol in common with itself, which is a mistake of ours.
    pub fn knowing(fingerprint: Fingerprint, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let judge = ByFingerprint {
            fingerprint,
            provider: provider.clone(),
        };
        let config = ClientConfig::builder_with_details(provider, Arc::new(ByClock(clock)))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(judge))
            .with_no_client_auth();
        Ok(Self {
            config: Arc::new(config),
            identity: None,
        })
    }

    /// As rustls takes it.
    pub fn config(&self) -> &Arc<ClientConfig> {
        &self.config
    }

    /// What it shows.
    pub fn identity(&self) -> Option<&Arc<Identity>> {
        self.identity.as_ref()
    }
}

fn unix(instant: Timestamp) -> UnixTime {
    let milliseconds = instant.milliseconds().try_into().unwrap_or(0);
    UnixTime::since_unix_epoch(Duration::from_millis(milliseconds))
}
