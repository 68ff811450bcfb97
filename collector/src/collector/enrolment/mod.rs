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
mod log;
mod rotation;
mod served;
mod table;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use plenum_link::neighbourhood;
use plenum_protocol::enrolment::{Answer, EnrolmentNumber, Holder, Refusal, Request, SECRET_LENGTH, SYMBOLS};
use plenum_protocol::{AgentName, Clock, Duration, Steady, Timestamp};
use rand::Rng;
use sha2::{Digest, Sha256};

use crate::audit::Audit;
use crate::broker::{Asking, Enrolled, Enrols, InForce};
use crate::database::Database;
use crate::database::keys::Keys;
use crate::people::Bursts;
use crate::tls::Validity;

pub use authority::{Authority, LIFE};
pub use code::GivenCode;
pub use door::WayIn;
pub(crate) use door::{door, opened};
pub use error::{EnrolmentError, GiveError};
pub use rotation::Rotated;
use served::Served;
pub use table::AUTHORITY_KEY;

/// How long a code is good.
pub const CODE_LIFE: Duration = Duration::from_minutes(15);
/// The authority's certificate in the data folder, for whoever wants to know the broker by it.
pub const AUTHORITY_FILE: &str = "authority.pem";
/// A certificate is renewed once in this while. Its agent asks once a year, and an hour later where nothing came back; whoever has its card could ask without end, for
/// a commit and a line of the audit log each.
const PAUSE: Duration = Duration::from_minutes(10);
/// How often a code may be shown by another agent than its own before it is good no more.
const TRIES: u32 = 5;

/// An agent's enrolment as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentEnrolment {
    /// Whose.
    pub agent: AgentName,
    /// Never used again.
    pub number: EnrolmentNumber,
    /// Until when the code is good, or was, that it has and has not used.
    pub code_until: Option<Timestamp>,
    /// When the agent joined, if it has.
    pub joined_at: Option<Timestamp>,
    /// The end of its newest certificate.
    pub certificate_until: Option<Timestamp>,
    /// When it was revoked, or the agent joined anew.
    pub ended_at: Option<Timestamp>,
    /// Why, as whoever revoked it has said.
    pub reason: Option<String>,
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
    /// Those that were renewed within the pause.
    renewed: Mutex<BTreeMap<EnrolmentNumber, Steady>>,
    way_in: OnceLock<WayIn>,
    served: Mutex<Option<Served>>,
    audit: OnceLock<Audit>,
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
            renewed: Mutex::default(),
            way_in: OnceLock::new(),
            served: Mutex::default(),
            audit: OnceLock::new(),
        };
        enrolment.look().await?;
        Ok(Arc::new(enrolment))
    }

    /// Which are in force, for whoever lets agents in.
    pub fn enrolled(&self) -> &Arc<Enrolled> {
        &self.enrolled
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
        let signer = self.signer().await?;
        let holder = Holder { agent, number };
        let signed = signer.vouch(&key, &holder, now)?;
        let (agent, until) = (holder.agent.clone(), signed.until);
        let by = (signer.number, until);
        let joined = self
            .database
            .write(move |connection| table::join(connection, &agent, (number, &code), by, now));
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
        if !self.may_renew(holder.number) {
            return Ok(Err(Refusal::TooMany));
        }
        let signer = self
            .signer()
            .await
            .inspect_err(|_| self.did_not_renew(holder.number))?;
        let signed = signer.vouch(&key, holder, self.clock.now())?;
        let (number, until) = (holder.number, signed.until);
        let by = (signer.number, until);
        let renew = move |connection: &rusqlite::Connection| table::renew(connection, number, by);
        if !self.database.write(renew).await? {
            return Ok(Err(Refusal::Revoked));
        }
        self.look().await?;
        tracing::info!(agent = %holder.agent, %until, "an agent renewed its certificate");
        Ok(Ok(signed.chain))
    }

    /// From now on no certificate and no code of this agent opens anything. Whether it had any. The reason is kept.
    ///
    /// # Errors
    /// It cannot be stored; then they open as before.
    pub async fn revoke(&self, agent: &AgentName, reason: Option<String>) -> Result<bool, EnrolmentError> {
        let (wanted, now) = (agent.clone(), self.clock.now());
        let revoke = move |connection: &rusqlite::Connection| {
            table::revoke(connection, &wanted, reason.as_deref(), now)
        };
        let ended = self.database.write(revoke).await?;
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
        let in_force = in_force.map(|one| {
            let (number, until) = (one.number, one.certificate_until);
            (one.agent, InForce { number, until })
        });
        self.enrolled.replace(in_force.collect());
        Ok(())
    }

    /// Whether this one was not renewed just now; from now on it was.
    fn may_renew(&self, number: EnrolmentNumber) -> bool {
        let now = self.clock.steady();
        let mut renewed = self.renewed();
        renewed.retain(|_, at| now.since(*at) < PAUSE);
        match renewed.contains_key(&number) {
            true => false,
            false => renewed.insert(number, now).is_none(),
        }
    }

    /// The authority's key is missing: that is not to be waited for, once it is back.
    fn did_not_renew(&self, number: EnrolmentNumber) {
        self.renewed().remove(&number);
    }

    fn renewed(&self) -> std::sync::MutexGuard<'_, BTreeMap<EnrolmentNumber, Steady>> {
        self.renewed.lock().unwrap_or_else(PoisonError::into_inner)
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
        let answer = match answered {
            Ok(Ok(chain)) => Answer::Certificate(chain),
            // Whoever is told to wait has had their lines.
            Ok(Err(Refusal::TooMany)) => Answer::Refused(Refusal::TooMany),
            Ok(Err(refusal)) => {
                tracing::warn!(agent = %request.agent, %address, "refused an agent a certificate: {refusal}");
                Answer::Refused(refusal)
            }
            Err(error) => {
                tracing::error!(agent = %request.agent, %address, "no certificate could be given out: {error}");
                Answer::Refused(Refusal::Unavailable)
            }
        };
        self.tell_of_answer(request, asking, &answer).await;
        answer
    }

    async fn came_in_vain(&self, holder: &Holder, address: IpAddr) {
        self.tell_in_vain(holder, address).await;
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

/// Whether a certificate request is one, for `fuzz/targets/certificate.rs`.
#[cfg(fuzzing)]
pub fn is_request(pem: &str) -> bool {
    authority::requested(pem).is_some()
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
