//! Who has shown a password and owes the code: a pure state machine.
//!
//! A challenge ends with the right code, after five minutes, or after five codes that were wrong. Each person has four at most: with a fifth the oldest
//! ends. A code that was told to be of another time is not taken when its time comes: else a guess would be told when to try it again.

use std::collections::HashMap;

use plenum_protocol::{Duration, Steady};

use super::seed::Step;
use crate::people::PersonNumber;
use crate::people::secret::Fingerprint;

/// So long a code may be owed.
pub(in crate::people) const LIFE: Duration = Duration::from_minutes(5);
const ATTEMPTS: u32 = 5;
const EACH: usize = 4;

#[derive(Debug, Clone, Copy)]
struct Challenge {
    person: PersonNumber,
    password: Fingerprint,
    begun: Steady,
    attempts: u32,
}

/// The challenges that have not ended, and the codes that were told to be of another time.
#[derive(Debug, Default)]
pub(in crate::people) struct Owed {
    challenges: HashMap<Fingerprint, Challenge>,
    told: HashMap<PersonNumber, Vec<Step>>,
}

impl Owed {
    /// Somebody has shown their password, of whose stored hash this is the fingerprint.
    pub(in crate::people) fn begin(
        &mut self,
        challenge: Fingerprint,
        (person, password): (PersonNumber, Fingerprint),
        now: Steady,
    ) {
        self.challenges.retain(|_, owed| now.since(owed.begun) < LIFE);
        let theirs = self.challenges.iter().filter(|(_, owed)| owed.person == person);
        if theirs.clone().count() >= EACH
            && let Some((oldest, _)) = theirs.min_by_key(|(_, owed)| owed.begun)
        {
            let oldest = *oldest;
            self.challenges.remove(&oldest);
        }
        let fresh = Challenge {
            person,
            password,
            begun: now,
            attempts: 0,
        };
        self.challenges.insert(challenge, fresh);
    }

    /// Whose challenge it is and what they have shown, if it is good. Counts an attempt.
    pub(in crate::people) fn attempt(
        &mut self,
        challenge: &Fingerprint,
        now: Steady,
    ) -> Option<(PersonNumber, Fingerprint)> {
        let owed = self.challenges.get_mut(challenge)?;
        if owed.attempts >= ATTEMPTS || now.since(owed.begun) >= LIFE {
            self.challenges.remove(challenge);
            return None;
        }
        owed.attempts += 1;
        Some((owed.person, owed.password))
    }

    /// Whose challenge it is or was, while it is remembered.
    pub(in crate::people) fn whose(&self, challenge: &Fingerprint) -> Option<PersonNumber> {
        self.challenges.get(challenge).map(|owed| owed.person)
    }

    /// It is used up; false if it was already.
    pub(in crate::people) fn end(&mut self, challenge: &Fingerprint) -> bool {
        self.challenges.remove(challenge).is_some()
    }

    /// What somebody has shown counts no more.
    pub(in crate::people) fn forget(&mut self, person: PersonNumber) {
        self.challenges.retain(|_, owed| owed.person != person);
    }

    /// Somebody was told that a code is of these steps; `now` is that of the moment.
    pub(in crate::people) fn tell(&mut self, person: PersonNumber, steps: &[Step], now: Step) {
        let told = self.told.entry(person).or_default();
        // One step behind is good.
        told.retain(|step| *step >= now - 1);
        told.extend(steps.iter().filter(|step| **step > now));
    }

    /// Whether it was told of this step before its time.
    pub(in crate::people) fn was_told(&self, person: PersonNumber, step: Step) -> bool {
        self.told.get(&person).is_some_and(|told| told.contains(&step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: PersonNumber = PersonNumber(1);
    const BART: PersonNumber = PersonNumber(2);

    fn shown(person: PersonNumber) -> (PersonNumber, Fingerprint) {
        (person, [7; 32])
    }

    fn at(seconds: i64) -> Steady {
        Steady::from_milliseconds(seconds * 1_000)
    }

    #[test]
    fn a_challenge_ends_by_time_by_attempts_and_when_it_is_used() {
        let mut owed = Owed::default();
        owed.begin([1; 32], shown(ANNA), at(0));
        assert_eq!(owed.attempt(&[2; 32], at(0)), None);
        assert_eq!(owed.attempt(&[1; 32], at(299)), Some(shown(ANNA)));
        assert_eq!(owed.attempt(&[1; 32], at(300)), None);
        owed.begin([1; 32], shown(ANNA), at(300));
        for _ in 0..5 {
            assert_eq!(owed.attempt(&[1; 32], at(301)), Some(shown(ANNA)));
        }
        assert_eq!(owed.attempt(&[1; 32], at(301)), None);
        owed.begin([3; 32], shown(ANNA), at(301));
        assert!(owed.end(&[3; 32]) && !owed.end(&[3; 32]));
        assert_eq!(owed.attempt(&[3; 32], at(301)), None);
    }

    #[test]
    fn each_has_four_and_nobody_ends_those_of_others() {
        let mut owed = Owed::default();
        owed.begin([100; 32], shown(BART), at(0));
        for number in 0..100 {
            owed.begin([number; 32], shown(ANNA), at(number.into()));
        }
        assert_eq!(owed.challenges.len(), 5);
        assert_eq!(owed.attempt(&[95; 32], at(100)), None);
        assert_eq!(owed.attempt(&[96; 32], at(100)), Some(shown(ANNA)));
        owed.forget(ANNA);
        assert_eq!(owed.attempt(&[97; 32], at(100)), None);
        assert_eq!(owed.attempt(&[100; 32], at(100)), Some(shown(BART)));
    }

    #[test]
    fn what_was_told_is_remembered_until_its_time_has_passed() {
        let mut owed = Owed::default();
        owed.tell(ANNA, &[90, 220], 100);
        assert!(owed.was_told(ANNA, 220) && !owed.was_told(ANNA, 90) && !owed.was_told(BART, 220));
        owed.tell(ANNA, &[300], 221);
        assert!(owed.was_told(ANNA, 220));
        owed.tell(ANNA, &[], 222);
        assert_eq!(owed.told[&ANNA], [300]);
    }
}
