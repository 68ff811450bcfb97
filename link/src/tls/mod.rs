//! TLS: certificates and keys in files, and how a client of ours judges the broker's certificate and shows its own.

mod alert;
mod client;
mod holder;
mod judge;
mod pair;

use std::sync::Arc;

use plenum_protocol::Clock;
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;

pub use client::{Client, Identity};
pub use holder::holder;
pub use pair::{Pair, PairError};

pub(crate) use alert::said;

/// The name in the certificate of a collector that has its own authority. So agents know it wherever it stands: its address and its host's
/// name may change, and whoever has that name in a certificate of the same authority is the collector.
pub const COLLECTOR: &str = "collector.plenum.internal";

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
