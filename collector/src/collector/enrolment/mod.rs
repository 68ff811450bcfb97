//! How agents come by certificates: the collector's own authority, one-time codes, joining, renewing, and the end of it.
//!
//! | what | opens | until |
//! |---|---|---|
//! | a code | joining, once, as the agent that it was made for | it is used, replaced, revoked, or 15 minutes old |
//! | a certificate | the broker, and its own renewal | its end, a revocation, or its agent's next joining |
//!
//! A name in a request is never believed: it is the code's, or that of the certificate that was shown.

mod authority;
mod code;
mod door;
mod error;
mod table;

use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use plenum_link::neighbourhood;
use plenum_link::tls::ByClock;
use plenum_protocol::enrolment::{
    Answer, EnrolmentNumber, Holder, PROTOCOL, Refusal, Request, SECRET_LENGTH, SYMBOLS,
};
use plenum_protocol::{AgentName, Clock, Duration, Timestamp};
use rand::Rng;
use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{RootCertStore, ServerConfig};
use sha2::{Digest, Sha256};

use crate::broker::{Asking, Enrolled, Enrols};
use crate::database::Database;
use crate::database::keys::{Clear, Keys, What};
use crate::people::Bursts;
use crate::tls::Validity;

pub use authority::{Authority, LIFE};
pub use code::GivenCode;
pub use door::WayIn;
pub(crate) use door::{door, opened};
pub use error::{EnrolmentError, GiveError};
pub use table::AUTHORITY_KEY;

/// How long a code is good.
pub const CODE_LIFE: Duration = Duration::from_minutes(15);
/// The authority's certificate in the data folder, for whoever wants to know the broker by it.
pub const AUTHORITY_FILE: &str = "authority.pem";
/// How often a code may be shown by another agent than its own before it is good no more.
const TRIES: u32 = 5;

/// An agent's enrolment as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentEnrolment {
    /// Whose.
    pub agent: AgentName,
    /// Never used again.
    pub number: EnrolmentNumber,
    /// Until when its code is good, or was.
    pub code_until: Timestamp,
    /// When the agent joined, if it has.
    pub joined_at: Option<Timestamp>,
    /// The end of its newest certificate.
    pub certificate_until: Option<Timestamp>,
    /// When it was revoked, or the agent joined anew.
    pub ended_at: Option<Timestamp>,
}

/// A code that was just made. Its secret is shown this once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCode {
    /// What the agent shows.
    pub secret: String,
    /// Until when it is good.
    pub until: Timestamp,
}

/// The enrolments of this collector.
pub struct Enrolment {
    database: Database,
    keys: Keys,
    clock: Arc<dyn Clock>,
    enrolled: Arc<Enrolled>,
    limiter: Mutex<Bursts>,
    way_in: OnceLock<WayIn>,
}

type Hash = [u8; 32];

impl Enrolment {
    /// Those in `plenum.db`.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn open(
        database: Database,
        keys: Keys,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, EnrolmentError> {
        let enrolment = Self {
            database,
            keys,
            clock,
            enrolled: Arc::default(),
            limiter: Mutex::default(),
            way_in: OnceLock::new(),
        };
        enrolment.look().await?;
        Ok(Arc::new(enrolment))
    }

    /// Which are in force, for whoever lets agents in.
    pub fn enrolled(&self) -> &Arc<Enrolled> {
        &self.enrolled
    }

    /// The authority; one is made where there is none.
    ///
    /// # Errors
    /// There is none and none can be made or kept, or it cannot be read.
    pub async fn authority(&self) -> Result<Authority, EnrolmentError> {
        if let Some(authority) = self.made_authority().await? {
            return Ok(authority);
        }
        let now = self.clock.now();
        let made = authority::make(now)?;
        let sealed = self.keys.seal(What::AuthorityKey, &made.key)?;
        let certificate = made.authority.certificate().to_vec();
        let put = move |connection: &rusqlite::Connection| {
            table::put_authority(connection, &certificate, &sealed, now)?;
            table::authority(connection)
        };
        let kept = self.database.write(put).await?;
        let (certificate, _) = kept.ok_or_else(|| EnrolmentError::Authority("it was not kept".to_owned()))?;
        let authority = Authority::of(certificate);
        tracing::info!(fingerprint = %authority.fingerprint(), "the authority for agents' certificates was made");
        Ok(authority)
    }

    /// The authority, if one was ever made.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn made_authority(&self) -> Result<Option<Authority>, EnrolmentError> {
        let kept = self.database.read(table::authority).await?;
        Ok(kept.map(|(certificate, _)| Authority::of(certificate)))
    }

    /// The authority and its key, for as long as something is signed.
    async fn signer(&self) -> Result<(Authority, Clear), EnrolmentError> {
        let authority = self.authority().await?;
        let kept = self.database.read(table::authority).await?;
        let (_, sealed) = kept.ok_or_else(|| EnrolmentError::Authority("it is gone".to_owned()))?;
        Ok((authority, self.keys.open_sealed(What::AuthorityKey, &sealed)?))
    }

    /// What the broker speaks TLS with: a certificate of the authority for these names, and whoever shows one of it is known by it.
    ///
    /// # Errors
    /// There is no authority, or its key cannot be opened.
    pub async fn server_config(&self, names: Vec<String>) -> Result<Arc<ServerConfig>, EnrolmentError> {
        let (authority, key) = self.signer().await?;
        let own = authority.serve(&key, names).map_err(EnrolmentError::Authority)?;
        server_config(&authority, own, self.clock.clone()).map_err(EnrolmentError::Authority)
    }

    /// Writes the authority's certificate into a folder, for programs that are to know the broker by it and cannot join: `ca` in their settings.
    ///
    /// # Errors
    /// There is no authority, or the file cannot be written.
    pub async fn write_authority(&self, folder: &Path) -> Result<(), EnrolmentError> {
        let text = authority::pem(self.authority().await?.certificate());
        let path = folder.join(AUTHORITY_FILE);
        let written = tokio::task::spawn_blocking(move || std::fs::write(path, text)).await;
        written
            .unwrap_or_else(|error| Err(std::io::Error::other(error)))
            .map_err(|error| EnrolmentError::Authority(format!("{AUTHORITY_FILE}: {error}")))
    }

    /// Makes a code for an agent; one that it had and has not used is good no more.
    ///
    /// # Errors
    /// Nothing can be stored.
    pub async fn begin(&self, agent: &AgentName) -> Result<NewCode, EnrolmentError> {
        let (secret, now) = (draw(), self.clock.now());
        let (code, agent) = (hash(&secret), agent.clone());
        self.database
            .write(move |connection| table::begin(connection, &agent, &code, now))
            .await?;
        let until = now + CODE_LIFE;
        Ok(NewCode { secret, until })
    }

    async fn join(
        &self,
        request: &Request,
        secret: &str,
        address: IpAddr,
    ) -> Result<Result<String, Refusal>, EnrolmentError> {
        let agent = request.agent.clone();
        let (steady, now) = (self.clock.steady(), self.clock.now());
        // By address alone: the secret has a hundred bits, and nobody is to shut an agent out by its name.
        let place = neighbourhood(address);
        if self.limiter().begin(place, steady).is_err() {
            return Ok(Err(Refusal::TooMany));
        }
        let Some(key) = authority::requested(&request.certificate_request) else {
            return Ok(Err(Refusal::Request));
        };
        let (code, wanted) = (hash(secret), agent.clone());
        let looked_up = self
            .database
            .write(move |connection| table::look_up(connection, &wanted, &code, now));
        let number = match looked_up.await? {
            Ok(number) => number,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let (authority, own) = self.signer().await?;
        let holder = Holder { agent, number };
        let signed = authority.vouch(&own, &key, &holder, now)?;
        let (agent, until) = (holder.agent.clone(), signed.until);
        let joined = self
            .database
            .write(move |connection| table::join(connection, &agent, (number, &code), until, now));
        if !joined.await? {
            return Ok(Err(Refusal::Code));
        }
        self.limiter().take_back(place);
        self.look().await?;
        tracing::info!(agent = %holder.agent, %address, %until, "an agent joined and has a certificate");
        Ok(Ok(signed.chain))
    }

    async fn renew(
        &self,
        request: &Request,
        holder: &Holder,
    ) -> Result<Result<String, Refusal>, EnrolmentError> {
        if request.agent != holder.agent {
            return Ok(Err(Refusal::AnotherAgent));
        }
        if !self.enrolled.admits(holder) {
            return Ok(Err(Refusal::Revoked));
        }
        let Some(key) = authority::requested(&request.certificate_request) else {
            return Ok(Err(Refusal::Request));
        };
        let (authority, own) = self.signer().await?;
        let signed = authority.vouch(&own, &key, holder, self.clock.now())?;
        let (number, until) = (holder.number, signed.until);
        let renew = move |connection: &rusqlite::Connection| table::renew(connection, number, until);
        if !self.database.write(renew).await? {
            return Ok(Err(Refusal::Revoked));
        }
        tracing::info!(agent = %holder.agent, %until, "an agent renewed its certificate");
        Ok(Ok(signed.chain))
    }

    /// From now on no certificate and no code of this agent opens anything. Whether it had any.
    ///
    /// # Errors
    /// It cannot be stored; then they open as before.
    pub async fn revoke(&self, agent: &AgentName) -> Result<bool, EnrolmentError> {
        let (wanted, now) = (agent.clone(), self.clock.now());
        let ended = self
            .database
            .write(move |connection| table::revoke(connection, &wanted, now))
            .await?;
        self.look().await?;
        tracing::warn!(%agent, ended, "the certificates of an agent were revoked");
        Ok(ended > 0)
    }

    /// The newest enrolment of each agent, by name.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn list(&self) -> Result<Vec<AgentEnrolment>, EnrolmentError> {
        Ok(self.database.read(table::list).await?)
    }

    /// Takes from the database which are in force.
    async fn look(&self) -> Result<(), EnrolmentError> {
        let list = self.list().await?;
        let in_force = list.into_iter().filter(AgentEnrolment::is_in_force);
        self.enrolled
            .replace(in_force.map(|one| (one.agent, one.number)).collect());
        Ok(())
    }

    fn limiter(&self) -> std::sync::MutexGuard<'_, Bursts> {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Enrols for Enrolment {
    async fn answer(&self, request: &Request, asking: Asking<'_>) -> Answer {
        let answered = match (&request.secret, asking.holder) {
            (Some(secret), _) => self.join(request, secret, asking.address).await,
            (None, Some(holder)) => self.renew(request, holder).await,
            (None, None) => Ok(Err(Refusal::Nobody)),
        };
        let address = asking.address;
        match answered {
            Ok(Ok(chain)) => Answer::Certificate(chain),
            Ok(Err(refusal)) => {
                tracing::warn!(agent = %request.agent, %address, "refused an agent a certificate: {refusal}");
                Answer::Refused(refusal)
            }
            Err(error) => {
                tracing::error!(agent = %request.agent, %address, "no certificate could be given out: {error}");
                Answer::Refused(Refusal::Unavailable)
            }
        }
    }
}

impl AgentEnrolment {
    /// From when and until when the certificate holds by which its agent gets in; none where it has none.
    pub fn validity(&self) -> Option<Validity> {
        let until = self.certificate_until.filter(|_| self.is_in_force())?;
        let from = until - LIFE;
        Some(Validity { from, until })
    }

    /// Whether its certificates open anything.
    pub fn is_in_force(&self) -> bool {
        self.joined_at.is_some() && self.ended_at.is_none()
    }
}

/// Shows this certificate; takes none, or one of the authority. One that is foreign or has expired ends the handshake.
fn server_config(
    authority: &Authority,
    own: CertifiedKey,
    clock: Arc<dyn Clock>,
) -> Result<Arc<ServerConfig>, String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    let certificate = authority.certificate().clone();
    roots.add(certificate).map_err(|error| said(&error))?;
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

/// A fresh secret of a hundred bits.
fn draw() -> String {
    let mut random = rand::rng();
    let symbol = |_| char::from(SYMBOLS[random.random_range(0..SYMBOLS.len())]);
    (0..SECRET_LENGTH).map(symbol).collect()
}

fn hash(secret: &str) -> Hash {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests;
