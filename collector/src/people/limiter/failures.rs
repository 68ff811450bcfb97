//! Attempts that failed, by whatever they are counted by, and for how long the next one has to wait.

use std::collections::HashMap;
use std::hash::Hash;

use plenum_protocol::{Duration, Steady};

const FIRST_LOCK: Duration = Duration::from_minutes(1);
const LONGEST_LOCK: Duration = Duration::from_hours(1);
const FORGET_AFTER: Duration = Duration::from_hours(24);
/// So many keys are remembered; past that the one that was tried longest ago is forgotten, and one that is locked last of all.
pub(super) const KEYS: usize = 1_024;

#[derive(Debug, Clone, Copy)]
struct Attempts {
    failed: u32,
    last: Steady,
}

/// The attempts of each key.
#[derive(Debug)]
pub(super) struct Failures<Key> {
    /// So many may fail before the next one has to wait.
    free: u32,
    of: HashMap<Key, Attempts>,
}

impl<Key: Clone + Eq + Hash> Failures<Key> {
    pub(super) fn new(free: u32) -> Self {
        Self {
            free,
            of: HashMap::new(),
        }
    }

    /// How many are remembered.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.of.len()
    }

    fn get(&self, key: &Key, now: Steady) -> Attempts {
        let known = self.of.get(key).copied();
        let recent = known.filter(|attempts| now.since(attempts.last) < FORGET_AFTER);
        recent.unwrap_or(Attempts { failed: 0, last: now })
    }

    fn locked_until(&self, attempts: Attempts) -> Steady {
        if attempts.failed < self.free {
            return Steady::MIN;
        }
        let doublings = (attempts.failed - self.free).min(10);
        let lock = FIRST_LOCK.milliseconds() << doublings;
        attempts.last + Duration::from_milliseconds(lock).min(LONGEST_LOCK)
    }

    /// Refuses an attempt that comes too soon, with how long to wait.
    pub(super) fn check(&self, key: &Key, now: Steady) -> Result<(), Duration> {
        let locked_until = self.locked_until(self.get(key, now));
        match now < locked_until {
            true => Err(locked_until.since(now)),
            false => Ok(()),
        }
    }

    /// Counts an attempt as failed.
    pub(super) fn begin(&mut self, key: Key, now: Steady) {
        let failed = self.get(&key, now).failed.saturating_add(1);
        if self.of.len() >= KEYS && !self.of.contains_key(&key) {
            self.forget_one();
        }
        self.of.insert(key, Attempts { failed, last: now });
    }

    /// All its failures are forgotten.
    pub(super) fn forget(&mut self, key: &Key) {
        self.of.remove(key);
    }

    /// The last attempt has not failed; those before it stay.
    pub(super) fn take_back(&mut self, key: &Key) {
        if let Some(attempts) = self.of.get_mut(key) {
            attempts.failed = attempts.failed.saturating_sub(1);
        }
    }

    fn forget_one(&mut self) {
        let free = self.free;
        let oldest = self
            .of
            .iter()
            .min_by_key(|(_, attempts)| (attempts.failed >= free, attempts.last))
            .map(|(key, _)| key.clone());
        if let Some(key) = oldest {
            self.of.remove(&key);
        }
    }
}
