//! Who may connect to the embedded broker, and by which secret.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use sha2::{Digest, Sha256};

use plenum_protocol::AgentName;

use super::Enrolled;

/// What a password is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is this agent's.
    Accepted,
    /// The agent has a credential, and this is not it.
    Wrong,
    /// The agent has no credential.
    Unknown,
}

/// The store of agents' credentials.
pub trait Credentials: Send + Sync + 'static {
    /// Judges a password. May take its time: it is called on a thread where that is allowed.
    fn check(&self, agent: &AgentName, password: &[u8]) -> Decision;
    /// Whether the agent has a credential. Called for each packet of a publisher without a name: quick.
    fn knows(&self, agent: &AgentName) -> bool;
    /// Whose certificates are in force, where agents have certificates.
    fn enrolled(&self) -> Option<&Enrolled> {
        None
    }
}

/// What agents may come by: passwords from the configuration, and certificates.
pub struct AgentCredentials {
    /// In collector.toml.
    pub passwords: Arc<AgentPasswords>,
    /// By joining.
    pub enrolled: Arc<Enrolled>,
}

impl Credentials for AgentCredentials {
    fn check(&self, agent: &AgentName, password: &[u8]) -> Decision {
        match self.passwords.check(agent, password) {
            // Its certificate is what it has to show.
            Decision::Unknown if self.enrolled.knows(agent) => Decision::Wrong,
            decision => decision,
        }
    }

    fn knows(&self, agent: &AgentName) -> bool {
        self.passwords.knows(agent) || self.enrolled.knows(agent)
    }

    fn enrolled(&self) -> Option<&Enrolled> {
        Some(&self.enrolled)
    }
}

/// Credentials from the configuration: a long random password for each agent, kept as its hash.
#[derive(Default)]
pub struct AgentPasswords(RwLock<BTreeMap<AgentName, [u8; 32]>>);

impl AgentPasswords {
    /// With these agents' passwords.
    pub fn new(passwords: impl IntoIterator<Item = (AgentName, String)>) -> Self {
        let known = Self::default();
        known.replace(passwords);
        known
    }

    /// These and no others from now on. Whoever has none of them any more is refused with the next packet; with a changed password a
    /// connection stays until it ends.
    pub fn replace(&self, passwords: impl IntoIterator<Item = (AgentName, String)>) {
        let hashed = passwords
            .into_iter()
            .map(|(agent, password)| (agent, hash(password.as_bytes())))
            .collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = hashed;
    }
}

impl Credentials for AgentPasswords {
    fn check(&self, agent: &AgentName, password: &[u8]) -> Decision {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        // Hashes are compared, so the time it takes tells nothing about the password.
        match known.get(agent) {
            Some(expected) if *expected == hash(password) => Decision::Accepted,
            Some(_) => Decision::Wrong,
            None => Decision::Unknown,
        }
    }

    fn knows(&self, agent: &AgentName) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.contains_key(agent)
    }
}

fn hash(password: &[u8]) -> [u8; 32] {
    Sha256::digest(password).into()
}
