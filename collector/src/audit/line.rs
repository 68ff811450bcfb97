//! A line of the audit log as it is stored, and its link of the chain: JSON with its number, and SHA-256 over the link before and the line. Pure.

use plenum_core::fact::Audited;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A link of the chain, or what a line is known by in it.
pub(super) type Hash = [u8; 32];

/// The chain's beginning.
pub(super) const GENESIS: Hash = [0; 32];

/// What stands between a line and its hash where both are written as one object.
const BEFORE_HASH: &str = ",\"hash\":\"";

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Counts from 1 without holes.
    pub number: u64,
    /// What it says.
    #[serde(flatten)]
    pub audited: Audited,
}

impl Line {
    /// Its bytes, of which the hash is.
    pub(super) fn bytes(&self) -> Vec<u8> {
        // Numbers, words and short texts can always be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// What a line is known by.
pub(super) fn digest(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// A line's link, behind the one before it.
pub(super) fn link(before: &Hash, digest: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(before);
    hasher.update(digest);
    hasher.finalize().into()
}

/// A line and its hash as one object, as it is exported. What is not whole any more stays as it stands, and is found by whoever checks it.
pub(super) fn with_hash(bytes: &[u8], hash: &Hash) -> String {
    let line = String::from_utf8_lossy(bytes);
    let open = line.strip_suffix('}').unwrap_or(&line);
    format!("{open}{BEFORE_HASH}{}\"}}", hex::encode(hash))
}

/// The line and the hash of what [`with_hash`] wrote.
pub(super) fn without_hash(text: &str) -> Option<(Vec<u8>, Hash)> {
    let (open, rest) = text.rsplit_once(BEFORE_HASH)?;
    let written = rest.strip_suffix("\"}")?;
    let hash: Hash = hex::decode(written).ok()?.try_into().ok()?;
    // A digit that is written otherwise is not as it was written.
    (hex::encode(hash) == written).then(|| (format!("{open}}}").into_bytes(), hash))
}
