//! How many attempts may fail from one address, whatever name they are for.

use std::collections::HashMap;
use std::net::IpAddr;

use plenum_protocol::{Duration, Steady};

const BURST: i64 = 30;
const REFILL: Duration = Duration::from_seconds(2);
/// So many addresses are remembered; past that the one that has to wait the least is forgotten.
pub(crate) const ADDRESSES: usize = 1_024;

/// What each address has left of its burst.
#[derive(Debug, Default)]
pub(crate) struct Bursts {
    /// When all attempts of an address's burst will be available again.
    full_at: HashMap<IpAddr, Steady>,
}

impl Bursts {
    /// How many are remembered.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.full_at.len()
    }

    /// Counts an attempt as failed, or says how long to wait.
    pub(crate) fn begin(&mut self, address: IpAddr, now: Steady) -> Result<(), Duration> {
        let burst = Duration::from_milliseconds(REFILL.milliseconds() * (BURST - 1));
        let full_at = self.full_at.get(&address).copied().unwrap_or(now).max(now);
        let owed = full_at.since(now);
        if owed > burst {
            return Err(owed - burst);
        }
        if self.full_at.len() >= ADDRESSES && !self.full_at.contains_key(&address) {
            self.forget_one();
        }
        self.full_at.insert(address, full_at + REFILL);
        Ok(())
    }

    /// The attempt costs nothing.
    pub(crate) fn take_back(&mut self, address: IpAddr) {
        if let Some(full_at) = self.full_at.get_mut(&address) {
            *full_at = *full_at - REFILL;
        }
    }

    fn forget_one(&mut self) {
        let least = self.full_at.iter().min_by_key(|(_, full_at)| **full_at);
        if let Some(address) = least.map(|(address, _)| *address) {
            self.full_at.remove(&address);
        }
    }
}
