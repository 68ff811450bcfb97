//! What the broker speaks TLS with: a certificate of the oldest authority, and the agents of each are known by theirs. It changes while the broker listens.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use plenum_link::tls::ByClock;
use plenum_protocol::Clock;
use plenum_protocol::enrolment::PROTOCOL;
use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{RootCertStore, ServerConfig};
use tokio::sync::watch;

use super::authority::{self, Authority};
use super::{AUTHORITY_FILE, Enrolment, EnrolmentError};

/// What is served, and to whom it is told.
pub(super) struct Served {
    names: Vec<String>,
    config: watch::Sender<Arc<ServerConfig>>,
    /// Where the certificates lie for others to know the broker by.
    folder: Option<PathBuf>,
}

impl Enrolment {
    /// What the broker speaks TLS with: a certificate of the authority for these names, and whoever shows one of it is known by it. The next connection goes by what
    /// it is then.
    ///
    /// # Errors
    /// There is no authority, or its key cannot be opened.
    pub async fn server_config(
        &self,
        names: Vec<String>,
    ) -> Result<watch::Receiver<Arc<ServerConfig>>, EnrolmentError> {
        let (config, seen) = watch::channel(self.config_of(names.clone()).await?);
        *self.served() = Some(Served {
            names,
            config,
            folder: None,
        });
        Ok(seen)
    }

    async fn config_of(&self, names: Vec<String>) -> Result<Arc<ServerConfig>, EnrolmentError> {
        let (authority, key) = self.shown().await?;
        let own = authority.serve(&key, names).map_err(EnrolmentError::Authority)?;
        let believed = self.authorities().await?;
        server_config(&believed, own, self.clock.clone()).map_err(EnrolmentError::Authority)
    }

    /// The authorities have changed.
    pub(super) async fn show_anew(&self) -> Result<(), EnrolmentError> {
        let names = self.served().as_ref().map(|served| served.names.clone());
        let Some(names) = names else { return Ok(()) };
        let config = self.config_of(names).await?;
        let folder = self.served().as_ref().and_then(|served| {
            served.config.send_replace(config);
            served.folder.clone()
        });
        match folder {
            Some(folder) => self.write_authority(&folder).await,
            None => Ok(()),
        }
    }

    /// Writes the authorities' certificates into a folder, for programs that are to know the broker by them and cannot join: `ca` in their settings. They are written
    /// again when they change.
    ///
    /// # Errors
    /// There is no authority, or the file cannot be written.
    pub async fn write_authority(&self, folder: &Path) -> Result<(), EnrolmentError> {
        self.authority().await?;
        if let Some(served) = self.served().as_mut() {
            served.folder = Some(folder.to_owned());
        }
        let all = self.authorities().await?;
        let text: String = all.iter().map(|one| authority::pem(one.certificate())).collect();
        let path = folder.join(AUTHORITY_FILE);
        let written = tokio::task::spawn_blocking(move || std::fs::write(path, text)).await;
        written
            .unwrap_or_else(|error| Err(std::io::Error::other(error)))
            .map_err(|error| EnrolmentError::Authority(format!("{AUTHORITY_FILE}: {error}")))
    }

    fn served(&self) -> std::sync::MutexGuard<'_, Option<Served>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows this certificate; takes none, or one of these authorities. One that is foreign or has expired ends the handshake.
fn server_config(
    believed: &[Authority],
    own: CertifiedKey,
    clock: Arc<dyn Clock>,
) -> Result<Arc<ServerConfig>, String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    for authority in believed {
        let certificate = authority.certificate().clone();
        roots.add(certificate).map_err(|error| said(&error))?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .allow_unauthenticated()
        .build()
        .map_err(|error| said(&error))?;
    let mut config = ServerConfig::builder_with_details(provider, Arc::new(ByClock(clock)))
        .with_safe_default_protocol_versions()
        .map_err(|error| said(&error))?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(own)));
    config.alpn_protocols = vec![b"mqtt".to_vec(), PROTOCOL.to_vec()];
    // A session that is taken up again would not show its certificate again, and so outlive its end.
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}
