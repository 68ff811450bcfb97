//! How often one may try to log in: a pure state machine over attempts.
//!
//! | attempts of one name that failed | the next one is refused for |
//! |---|---|
//! | fewer than 5 | nothing |
//! | 5 | 1 min |
//! | each further | twice as long, 1 h at most |
//!
//! Over all names, 30 attempts may fail in a burst and one every 2 s after that. An attempt counts as failed from its
//! beginning until it succeeds, so attempts made at the same time do not slip through together. Names that no account has are
//! treated the same: the answer tells nobody who exists. 1,024 names are remembered; past that the one that was tried
//! longest ago is forgotten (that many names are stopped by the limit over all names first).

use std::collections::HashMap;

use plenum_protocol::{Duration, Steady};

const FREE_ATTEMPTS: u32 = 5;
const FIRST_LOCK: Duration = Duration::from_minutes(1);
const LONGEST_LOCK: Duration = Duration::from_hours(1);
const FORGET_AFTER: Duration = Duration::from_hours(24);
const BURST: i64 = 30;
const REFILL: Duration = Duration::from_seconds(2);
const NAMES: usize = 1_024;

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
    /// When all attempts of the burst will be available again.
    full_at: Steady,
}

impl Limiter {
    /// Counts an attempt as failed, or returns how long to wait.
    pub(super) fn begin(&mut self, name: &str, now: Steady) -> Result<(), Duration> {
        let name = name.to_lowercase();
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
        let owed = self.full_at.since(now);
        if owed > burst {
            return Err(owed - burst);
        }
        self.full_at = self.full_at.max(now) + REFILL;
        if self.names.len() >= NAMES && !self.names.contains_key(&name) {
            self.forget_oldest();
        }
        let failed = attempts.failed.saturating_add(1);
        self.names.insert(name, Attempts { failed, last: now });
        Ok(())
    }

    /// The attempt was good: the name's failures are forgotten and the attempt costs nothing.
    pub(super) fn succeeded(&mut self, name: &str) {
        self.names.remove(&name.to_lowercase());
        self.full_at = self.full_at - REFILL;
    }

    fn forget_oldest(&mut self) {
        let oldest = self
            .names
            .iter()
            .min_by_key(|(_, attempts)| attempts.last)
            .map(|(name, _)| name.clone());
        if let Some(name) = oldest {
            self.names.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Steady {
        Steady::from_milliseconds(1_700_000_000_000 + seconds * 1_000)
    }

    #[test]
    fn five_failures_lock_a_name_for_longer_and_longer() {
        let mut limiter = Limiter::default();
        for _ in 0..5 {
            assert_eq!(limiter.begin("anna", at(0)), Ok(()));
        }
        assert_eq!(limiter.begin("Anna", at(0)), Err(Duration::from_minutes(1)));
        assert_eq!(limiter.begin("bart", at(0)), Ok(()));
        assert_eq!(limiter.begin("anna", at(60)), Ok(()));
        assert_eq!(limiter.begin("anna", at(60)), Err(Duration::from_minutes(2)));
        let mut now = 60;
        for _ in 0..10 {
            now += 3_600;
            assert_eq!(limiter.begin("anna", at(now)), Ok(()));
        }
        assert_eq!(limiter.begin("anna", at(now)), Err(Duration::from_hours(1)));
        assert_eq!(limiter.begin("anna", at(now + 86_400)), Ok(()));
        assert_eq!(limiter.begin("anna", at(now + 86_400)), Ok(()));
    }

    #[test]
    fn success_forgets_the_failures() {
        let mut limiter = Limiter::default();
        for round in 0..100 {
            for _ in 0..4 {
                assert_eq!(limiter.begin("anna", at(round * 60)), Ok(()));
            }
            limiter.succeeded("anna");
        }
    }

    #[test]
    fn all_names_together_are_slowed_down() {
        let mut limiter = Limiter::default();
        for attempt in 0..30 {
            assert_eq!(limiter.begin(&format!("name-{attempt}"), at(0)), Ok(()));
        }
        assert_eq!(limiter.begin("other", at(0)), Err(Duration::from_seconds(2)));
        assert_eq!(limiter.begin("other", at(2)), Ok(()));
        assert_eq!(limiter.begin("another", at(2)), Err(Duration::from_seconds(2)));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut limiter = Limiter::default();
        for attempt in 0..5_000 {
            assert_eq!(limiter.begin(&format!("name-{attempt}"), at(attempt * 2)), Ok(()));
        }
        assert_eq!(limiter.names.len(), NAMES);
    }
}
