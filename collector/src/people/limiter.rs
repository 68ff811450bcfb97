//! How often one may try to log in: a pure state machine over attempts.
//!
//! | attempts of one name that failed | the next one is refused for |
//! |---|---|
//! | fewer than 5 | nothing |
//! | 5 | 1 min |
//! | each further | twice as long, 1 h at most |
//!
//! From one address (of IPv6 a network of 64 bits), 30 attempts may fail in a burst and one every 2 s after that: whoever guesses stops nobody
//! else. An attempt counts as failed from its beginning until it succeeds, so attempts made at the same time do not slip through
//! together. Names that no account has are treated the same: the answer tells nobody who exists. 1,024 names are remembered; past that the one
//! that was tried longest ago is forgotten, and one that is locked last of all. Of addresses 1,024 as well; the one that has to wait the
//! least is forgotten.

use std::collections::HashMap;
use std::net::IpAddr;

use plenum_link::neighbourhood;
use plenum_protocol::{Duration, Steady};

const FREE_ATTEMPTS: u32 = 5;
const FIRST_LOCK: Duration = Duration::from_minutes(1);
const LONGEST_LOCK: Duration = Duration::from_hours(1);
const FORGET_AFTER: Duration = Duration::from_hours(24);
const BURST: i64 = 30;
const REFILL: Duration = Duration::from_seconds(2);
const NAMES: usize = 1_024;
const ADDRESSES: usize = 1_024;

#[derive(Debug, Clone, Copy)]
struct Attempts {
    failed: u32,
    last: Steady,
}

impl Attempts {
    fn locked_until(self) -> Steady {
        if self.failed < FREE_ATTEMPTS {
            return Steady::MIN;
        }
        let doublings = (self.failed - FREE_ATTEMPTS).min(10);
        let lock = FIRST_LOCK.milliseconds() << doublings;
        self.last + Duration::from_milliseconds(lock).min(LONGEST_LOCK)
    }
}

/// The attempts so far.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    names: HashMap<String, Attempts>,
    /// When all attempts of an address's burst will be available again.
    full_at: HashMap<IpAddr, Steady>,
}

impl Limiter {
    /// Counts an attempt as failed, or returns how long to wait.
    pub(super) fn begin(&mut self, name: &str, address: IpAddr, now: Steady) -> Result<(), Duration> {
        let (name, address) = (name.to_lowercase(), neighbourhood(address));
        let attempts = self
            .names
            .get(&name)
            .copied()
            .filter(|attempts| now.since(attempts.last) < FORGET_AFTER)
            .unwrap_or(Attempts { failed: 0, last: now });
        let locked_until = attempts.locked_until();
        if now < locked_until {
            return Err(locked_until.since(now));
        }
        let burst = Duration::from_milliseconds(REFILL.milliseconds() * (BURST - 1));
        let full_at = self.full_at.get(&address).copied().unwrap_or(now).max(now);
        let owed = full_at.since(now);
        if owed > burst {
            return Err(owed - burst);
        }
        if self.full_at.len() >= ADDRESSES && !self.full_at.contains_key(&address) {
            self.forget_address();
        }
        self.full_at.insert(address, full_at + REFILL);
        if self.names.len() >= NAMES && !self.names.contains_key(&name) {
            self.forget_name();
        }
        let failed = attempts.failed.saturating_add(1);
        self.names.insert(name, Attempts { failed, last: now });
        Ok(())
    }

    /// The attempt was good: the name's failures are forgotten and the attempt costs nothing.
    pub(super) fn succeeded(&mut self, name: &str, address: IpAddr) {
        self.names.remove(&name.to_lowercase());
        if let Some(full_at) = self.full_at.get_mut(&neighbourhood(address)) {
            *full_at = *full_at - REFILL;
        }
    }

    fn forget_address(&mut self) {
        let least = self.full_at.iter().min_by_key(|(_, full_at)| **full_at);
        if let Some(address) = least.map(|(address, _)| *address) {
            self.full_at.remove(&address);
        }
    }

    fn forget_name(&mut self) {
        let oldest = self
            .names
            .iter()
            .min_by_key(|(_, attempts)| (attempts.failed >= FREE_ATTEMPTS, attempts.last))
            .map(|(name, _)| name.clone());
        if let Some(name) = oldest {
            self.names.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn at(seconds: i64) -> Steady {
        Steady::from_milliseconds(1_700_000_000_000 + seconds * 1_000)
    }

    #[test]
    fn five_failures_lock_a_name_for_longer_and_longer() {
        let mut limiter = Limiter::default();
        for _ in 0..5 {
            assert_eq!(limiter.begin("anna", HERE, at(0)), Ok(()));
        }
        assert_eq!(limiter.begin("Anna", HERE, at(0)), Err(Duration::from_minutes(1)));
        assert_eq!(limiter.begin("bart", HERE, at(0)), Ok(()));
        assert_eq!(limiter.begin("anna", HERE, at(60)), Ok(()));
        assert_eq!(
            limiter.begin("anna", HERE, at(60)),
            Err(Duration::from_minutes(2))
        );
        let mut now = 60;
        for _ in 0..10 {
            now += 3_600;
            assert_eq!(limiter.begin("anna", HERE, at(now)), Ok(()));
        }
        assert_eq!(limiter.begin("anna", HERE, at(now)), Err(Duration::from_hours(1)));
        assert_eq!(limiter.begin("anna", HERE, at(now + 86_400)), Ok(()));
        assert_eq!(limiter.begin("anna", HERE, at(now + 86_400)), Ok(()));
    }

    #[test]
    fn success_forgets_the_failures() {
        let mut limiter = Limiter::default();
        for round in 0..100 {
            for _ in 0..4 {
                assert_eq!(limiter.begin("anna", HERE, at(round * 60)), Ok(()));
            }
            limiter.succeeded("anna", HERE);
        }
    }

    #[test]
    fn one_address_is_slowed_down_and_no_other() {
        let mut limiter = Limiter::default();
        let there = "192.0.2.7".parse().unwrap();
        for attempt in 0..30 {
            assert_eq!(limiter.begin(&format!("name-{attempt}"), HERE, at(0)), Ok(()));
        }
        assert_eq!(
            limiter.begin("other", HERE, at(0)),
            Err(Duration::from_seconds(2))
        );
        assert_eq!(limiter.begin("other", there, at(0)), Ok(()));
        assert_eq!(limiter.begin("other", HERE, at(2)), Ok(()));
        assert_eq!(
            limiter.begin("another", HERE, at(2)),
            Err(Duration::from_seconds(2))
        );
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let mut limiter = Limiter::default();
        let address = |host: u16| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, host]);
        for attempt in 0..30 {
            assert_eq!(
                limiter.begin(&format!("name-{attempt}"), address(attempt), at(0)),
                Ok(())
            );
        }
        assert_eq!(
            limiter.begin("other", address(99), at(0)),
            Err(Duration::from_seconds(2))
        );
    }

    #[test]
    fn a_locked_name_is_not_forgotten_for_others() {
        let mut limiter = Limiter::default();
        for _ in 0..5 {
            assert_eq!(limiter.begin("anna", HERE, at(0)), Ok(()));
        }
        for attempt in 0..2_000_u32 {
            let address = IpAddr::from([10, 0, (attempt / 256) as u8, (attempt % 256) as u8]);
            assert_eq!(limiter.begin(&format!("name-{attempt}"), address, at(1)), Ok(()));
        }
        assert_eq!(
            limiter.begin("anna", HERE, at(1)),
            Err(Duration::from_seconds(59))
        );
        assert_eq!((limiter.names.len(), limiter.full_at.len()), (NAMES, ADDRESSES));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut limiter = Limiter::default();
        for attempt in 0..5_000 {
            assert_eq!(
                limiter.begin(&format!("name-{attempt}"), HERE, at(attempt * 2)),
                Ok(())
            );
        }
        assert_eq!(limiter.names.len(), NAMES);
    }
}
