//! TLS: certificates and keys in files, and how a client of ours judges the broker's certificate and shows its own.

mod alert;
mod client;
mod enrol;
mod holder;
mod judge;
mod known;
mod pair;

use std::sync::Arc;

use plenum_protocol::Clock;
use plenum_protocol::enrolment::{FINGERPRINT_LENGTH, Fingerprint};
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use sha2::{Digest, Sha256};

pub use client::{Client, Identity};
pub use enrol::{AskError, ask};
pub use holder::holder;
pub use pair::{Pair, PairError};

pub(crate) use alert::said;

/// The name in the certificate of a collector that has its own authority. So agents know it wherever it stands: its address and its host's
/// name may change, and whoever has that name in a certificate of the same authority is the collector.
pub const COLLECTOR: &str = "collector.plenum.internal";

/// By which an authority is known.
pub fn fingerprint(certificate: &[u8]) -> Fingerprint {
    let digest = Sha256::digest(certificate);
    let mut first = [0; FINGERPRINT_LENGTH];
    first.copy_from_slice(&digest[..FINGERPRINT_LENGTH]);
    Fingerprint(first)
}

/// Our clock, by which rustls judges from when and until when a certificate holds.
pub struct ByClock(pub Arc<dyn Clock>);

impl TimeProvider for ByClock {
    fn current_time(&self) -> Option<UnixTime> {
        let since_1970 = self.0.now().milliseconds().try_into().ok()?;
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_millis(
            since_1970,
        )))
    }
}

impl std::fmt::Debug for ByClock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ByClock")
    }
}
