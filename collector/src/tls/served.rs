//! The certificate in force. It is read again when its files change or somebody asks; one that is not valid leaves the old one in force.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use plenum_protocol::{Clock, Duration, Steady, Timestamp};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_util::sync::CancellationToken;

use super::{Pair, PairError, Standing, Validity};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_seconds(10);
/// How often the log says that it ends.
const REPEAT: Duration = Duration::from_hours(24);

/// The certificate that is shown to whoever comes.
#[derive(Debug)]
pub struct Served {
    files: Files,
    pair: RwLock<Pair>,
    /// What the files were like when they were last read.
    seen: Mutex<Option<Stamps>>,
    refused: AtomicU64,
}

/// Where it comes from.
#[derive(Debug, Clone)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What tells that a file has changed: place, length and instant of both.
type Stamps = [(u64, u64, i64, i64); 2];

/// What there is to say of the certificate in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// From when on it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// What it is for.
    pub names: Vec<String>,
    /// SHA-256.
    pub fingerprint: String,
}

impl Facts {
    /// From when and until when it holds.
    pub fn validity(&self) -> Validity {
        Validity {
            from: self.not_before,
            until: self.not_after,
        }
    }
}

impl Files {
    fn stamps(&self) -> Option<Stamps> {
        let stamp = |path: &Path| {
            let data = fs::metadata(path).ok()?;
            Some((data.ino(), data.len(), data.mtime(), data.mtime_nsec()))
        };
        Some([stamp(&self.certificate)?, stamp(&self.key)?])
    }
}

impl Served {
    /// The pair in two files.
    ///
    /// # Errors
    /// It is not one that can be shown. One that has expired is shown: the browser says so, and the alarms go on.
    pub fn of_files(certificate: &Path, key: &Path) -> Result<Arc<Self>, PairError> {
        let files = Files {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        };
        let seen = files.stamps();
        let pair = Pair::read(certificate, key)?;
        Ok(Arc::new(Self {
            files,
            pair: RwLock::new(pair),
            seen: Mutex::new(seen),
            refused: AtomicU64::new(0),
        }))
    }

    /// What there is to say of the one in force.
    pub fn facts(&self) -> Facts {
        let pair = self.pair.read().unwrap_or_else(PoisonError::into_inner);
        Facts {
            not_before: pair.not_before,
            not_after: pair.not_after,
            names: pair.names.clone(),
            fingerprint: pair.fingerprint.clone(),
        }
    }

    /// The file of the certificate.
    pub fn path(&self) -> &Path {
        &self.files.certificate
    }

    /// How often the files held something that could not take its place.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Reads the files again, whether or not they look changed.
    pub fn reload(&self, now: Timestamp) {
        *self.seen() = self.files.stamps();
        self.read(now);
    }

    /// Reads the files again if they look changed.
    fn look(&self, now: Timestamp) {
        let stamps = self.files.stamps();
        let before = std::mem::replace(&mut *self.seen(), stamps);
        if before != stamps {
            self.read(now);
        }
    }

    fn read(&self, now: Timestamp) {
        let read = Pair::read(&self.files.certificate, &self.files.key).and_then(|pair| {
            match pair.not_after <= now && pair.not_after <= self.facts().not_after {
                true => Err(PairError::Expired {
                    path: self.files.certificate.clone(),
                    until: pair.not_after,
                }),
                false => Ok(pair),
            }
        });
        match read {
            Ok(pair) => self.take(pair),
            Err(error) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                let until = self.facts().not_after;
                tracing::error!(%until, "the certificate was not changed; the old one is in force: {error}");
            }
        }
    }

    fn take(&self, pair: Pair) {
        let mut inside = self.pair.write().unwrap_or_else(PoisonError::into_inner);
        if inside.fingerprint != pair.fingerprint {
            tracing::info!(
                until = %pair.not_after, names = pair.names.join(" "), fingerprint = pair.fingerprint,
                "a new certificate is in force"
            );
        }
        *inside = pair;
    }

    /// Says in the log what is in force, as at every start.
    pub fn announce(&self, now: Timestamp) {
        let facts = self.facts();
        tracing::info!(
            until = %facts.not_after, names = facts.names.join(" "), fingerprint = facts.fingerprint,
            "the dashboard's certificate"
        );
        self.warn(now);
    }

    /// Says that it ends soon, or has.
    fn warn(&self, now: Timestamp) {
        let facts = self.facts();
        let (until, certificate) = (facts.not_after, self.files.certificate.display());
        match facts.validity().stands(now) {
            Standing::Good => {}
            Standing::EndsSoon => {
                tracing::warn!(%until, %certificate, "the dashboard's certificate ends soon");
            }
            Standing::Ended => {
                tracing::error!(%until, %certificate, "the dashboard's certificate has expired: browsers let nobody in until there is a new one");
            }
        }
    }

    /// Follows the files until told to stop.
    pub async fn follow(self: Arc<Self>, clock: Arc<dyn Clock>, stop: CancellationToken) {
        let mut warn_at: Steady = clock.steady() + REPEAT;
        while stop.run_until_cancelled(clock.sleep(LOOK)).await.is_some() {
            self.look(clock.now());
            if clock.steady() >= warn_at {
                warn_at = clock.steady() + REPEAT;
                self.warn(clock.now());
            }
        }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Option<Stamps>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvesServerCert for Served {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let pair = self.pair.read().unwrap_or_else(PoisonError::into_inner);
        Some(pair.key.clone())
    }
}
