//! Second factors that were begun and whose first code has not come yet: a pure state machine.
//!
//! Each belongs to the session in which it was begun, so that nobody who is logged in beside its owner turns it on and reads the recovery codes. It ends
//! with its first code, after 15 min, after five codes that were wrong, and with all else that somebody has shown. Each person has one at most.

use std::collections::HashMap;

use plenum_protocol::{Duration, Steady};

use super::seed::Seed;
use crate::people::PersonNumber;
use crate::people::secret::Fingerprint;

/// So long setting one up may take.
const LIFE: Duration = Duration::from_minutes(15);
const ATTEMPTS: u32 = 5;

struct SetUp {
    seed: Seed,
    session: Fingerprint,
    begun: Steady,
    attempts: u32,
}

/// Those that have not ended.
#[derive(Default)]
pub(in crate::people) struct Begun(HashMap<PersonNumber, SetUp>);

impl Begun {
    /// Somebody begins in a session. What they began before counts no more.
    pub(in crate::people) fn begin(
        &mut self,
        (person, session): (PersonNumber, Fingerprint),
        seed: Seed,
        now: Steady,
    ) {
        self.0.retain(|_, set_up| now.since(set_up.begun) < LIFE);
        let fresh = SetUp {
            seed,
            session,
            begun: now,
            attempts: 0,
        };
        self.0.insert(person, fresh);
    }

    /// The seed that was begun in this session. Counts an attempt.
    pub(in crate::people) fn attempt(
        &mut self,
        (person, session): (PersonNumber, &Fingerprint),
        now: Steady,
    ) -> Option<Seed> {
        let set_up = self.0.get_mut(&person)?;
        if set_up.session != *session {
            return None;
        }
        if set_up.attempts >= ATTEMPTS || now.since(set_up.begun) >= LIFE {
            self.0.remove(&person);
            return None;
        }
        set_up.attempts += 1;
        Some(set_up.seed.clone())
    }

    /// It is on, or counts no more.
    pub(in crate::people) fn forget(&mut self, person: PersonNumber) {
        self.0.remove(&person);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: PersonNumber = PersonNumber(1);
    const HERE: Fingerprint = [1; 32];
    const THERE: Fingerprint = [2; 32];

    fn at(seconds: i64) -> Steady {
        Steady::from_milliseconds(seconds * 1_000)
    }

    #[test]
    fn it_ends_by_time_by_attempts_and_when_it_is_begun_anew() {
        let (mut begun, seed) = (Begun::default(), Seed::draw());
        let attempt = |begun: &mut Begun, now| begun.attempt((ANNA, &HERE), at(now)).is_some();
        assert!(!attempt(&mut begun, 0));
        begun.begin((ANNA, HERE), seed.clone(), at(0));
        assert!(attempt(&mut begun, 899) && !attempt(&mut begun, 900));
        begun.begin((ANNA, HERE), seed.clone(), at(900));
        for _ in 0..5 {
            assert!(attempt(&mut begun, 901));
        }
        assert!(!attempt(&mut begun, 901));
        begun.begin((ANNA, HERE), seed.clone(), at(902));
        begun.begin((ANNA, THERE), seed, at(902));
        assert!(!attempt(&mut begun, 902));
        begun.forget(ANNA);
        assert!(begun.attempt((ANNA, &THERE), at(902)).is_none());
    }

    #[test]
    fn another_session_neither_turns_it_on_nor_uses_its_attempts_up() {
        let mut begun = Begun::default();
        begun.begin((ANNA, HERE), Seed::draw(), at(0));
        for _ in 0..10 {
            assert!(begun.attempt((ANNA, &THERE), at(1)).is_none());
        }
        assert!(begun.attempt((ANNA, &HERE), at(1)).is_some());
    }
}
