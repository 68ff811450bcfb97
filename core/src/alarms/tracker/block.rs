//! Many good readings at once: a tracker that none of them can change passes over them in one step. What cannot be ruled out by the extremes of a
//! block is folded reading by reading, so that the outcome is the same to the millisecond.

use plenum_protocol::{Duration, Outcome, Timestamp};

use super::ConditionTracker;
use crate::expectation::Silence;
use crate::site::Rule;

/// Readings of one series without a fault among them, by what decides whether they can change a tracker.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Block {
    /// The instant of the first.
    pub first: Timestamp,
    /// The instant of the last.
    pub last: Timestamp,
    /// The least value.
    pub low: f64,
    /// The greatest value.
    pub high: f64,
    /// The last value.
    pub newest: f64,
    /// The longest time from one to the next.
    pub longest: Duration,
}

impl Block {
    /// Of readings in the order of their instants; none if there are none or one is a fault.
    pub fn of(readings: impl IntoIterator<Item = (Timestamp, Outcome)>) -> Option<Self> {
        let mut readings = readings.into_iter();
        let (first, outcome) = readings.next()?;
        let value = outcome.ok().filter(|value| !value.is_nan())?;
        let mut block = Self {
            first,
            last: first,
            low: value,
            high: value,
            newest: value,
            longest: Duration::ZERO,
        };
        for (at, outcome) in readings {
            let value = outcome.ok().filter(|value| !value.is_nan())?;
            block.longest = block.longest.max(at.since(block.last));
            block.last = at;
            if value < block.low {
                block.low = value;
            }
            if value > block.high {
                block.high = value;
            }
            block.newest = value;
        }
        Some(block)
    }

    /// Both as one; `later` comes after it.
    #[must_use]
    pub fn join(self, later: Self) -> Self {
        Self {
            first: self.first,
            last: later.last,
            low: self.low.min(later.low),
            high: self.high.max(later.high),
            newest: later.newest,
            longest: self.longest.max(later.longest).max(later.first.since(self.last)),
        }
    }
}

impl ConditionTracker {
    /// Passes over a block that leaves the tracker as it is but for its newest value and instant. Gives false, and has done nothing, where that is
    /// not certain: then its readings have to be handed in one by one.
    pub fn pass_over(&mut self, rule: &Rule, silence: Silence<'_>, block: &Block) -> bool {
        let throughout = || rule.when.holds_throughout((block.low, block.high), self.active);
        let passes = self.rests_over(rule, silence, block) && throughout() == Some(self.active);
        if passes {
            self.come_to(block);
        }
        passes
    }

    /// Whether nothing runs that a reading of a block or the time between two could end, and nothing but its own values counts.
    pub(super) fn rests_over(&self, rule: &Rule, silence: Silence<'_>, block: &Block) -> bool {
        let Some(fresh) = self.fresh else { return false };
        let is_sure = self.known && self.sure && !self.stale;
        let rests = is_sure && self.pending.is_none() && block.first >= self.through;
        let longest = block.longest.max(block.first.since(fresh));
        let is_in_time = silence.shortest().is_none_or(|shortest| longest <= shortest);
        rests && is_in_time && !rule.looks_elsewhere()
    }

    /// Its newest reading is the last of a block.
    pub(super) fn come_to(&mut self, block: &Block) {
        self.value = Some(block.newest);
        self.fresh = Some(block.last);
        self.through = block.last;
        self.alone = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarms::forecast::trial::Random;
    use crate::around::Reach;
    use crate::expectation::{Expectation, Expected, Why};
    use crate::site::condition::{Above, Below, Condition, Is, Stale};
    use crate::site::defaults::built_in;
    use crate::site::{Bound, Guard};
    use plenum_protocol::{Fault, Quantity};

    fn pick<T: Copy>(random: &mut Random, all: &[T]) -> T {
        all[(random.within(0.0, all.len() as f64) as usize).min(all.len() - 1)]
    }

    fn rule(random: &mut Random) -> Rule {
        let limit = pick(random, &[19.0, 20.0, 21.0]);
        let deadband = pick(random, &[0.0, 0.5, 1.5]);
        let after = pick(random, &[None, Some(Duration::from_seconds(45))]);
        let kinds = [
            Condition::Above(Above { limit, deadband }),
            Condition::Below(Below { limit, deadband }),
            Condition::Is(Is {
                state: pick(random, &[true, false]),
                latched: false,
            }),
            Condition::Stale(Stale {
                after,
                once_known: pick(random, &[false, true]),
            }),
        ];
        let delay = |random: &mut Random| Duration::from_seconds(pick(random, &[0, 5, 25, 90]));
        let guard = Guard {
            quantity: Quantity::UpsOnBattery,
            value: Bound::Is { state: true },
            reach: Reach::Near,
        };
        Rule {
            when: kinds[pick(random, &[0, 1, 2, 3])].clone(),
            only_while: pick(random, &[false, false, false, true]).then_some(guard),
            on_delay: delay(random),
            off_delay: delay(random),
            ..built_in()[0].clone()
        }
    }

    /// Readings with quiet stretches, steps, holes and faults.
    fn readings(random: &mut Random) -> Vec<(Timestamp, Outcome)> {
        let (mut at, mut level, mut all) = (Timestamp::from_milliseconds(0), 20.0, Vec::new());
        for _ in 0..pick(random, &[3, 20, 60]) {
            level = match random.within(0.0, 1.0) < 0.2 {
                true => pick(random, &[0.0, 1.0, 18.0, 20.0, 21.5]),
                false => level,
            };
            let spread = pick(random, &[0.0, 0.0, 1.0]);
            for _ in 0..pick(random, &[1, 4, 30]) {
                let odd = random.within(0.0, 1.0);
                at = at + Duration::from_seconds(if odd < 0.01 { 100 } else { 10 });
                let value = level + spread * random.within(-1.0, 1.0);
                all.push((
                    at,
                    if odd > 0.995 {
                        Err(Fault::Timeout)
                    } else {
                        Ok(value)
                    },
                ));
            }
        }
        all
    }

    /// Plays one story both ways; tells how many readings were passed over.
    fn check(seed: u64) -> usize {
        let mut random = Random::new(seed);
        let (rule, readings) = (rule(&mut random), readings(&mut random));
        let mut expectation = Expectation::told(Duration::from_seconds(pick(&mut random, &[5, 10, 60])));
        if random.within(0.0, 1.0) < 0.3 {
            let interval = Duration::from_seconds(pick(&mut random, &[1, 10, 300]));
            let said = Timestamp::from_milliseconds(pick(&mut random, &[50_000, 1_000_000]));
            let why = Why::Told;
            expectation.change(said, Some(Expected { interval, why }), true);
        }
        let silence = Silence::of(&rule, &expectation);
        let (mut one, mut other) = (ConditionTracker::new(&rule), ConditionTracker::new(&rule));
        let (mut told, mut also) = (Vec::new(), Vec::new());
        let (mut rest, mut passed) = (&readings[..], 0);
        while !rest.is_empty() {
            let (part, after) = rest.split_at(pick(&mut random, &[1, 2, 7, 64]).min(rest.len()));
            rest = after;
            for (at, outcome) in part {
                one.reading(&rule, silence, *at, *outcome, &mut told);
            }
            let block = Block::of(part.iter().copied());
            if block.is_some_and(|block| other.pass_over(&rule, silence, &block)) {
                passed += part.len();
            } else {
                for (at, outcome) in part {
                    other.reading(&rule, silence, *at, *outcome, &mut also);
                }
            }
            assert_eq!((&one, &told), (&other, &also), "seed {seed}, {rule:?}");
        }
        passed
    }

    #[test]
    fn a_block_that_is_passed_over_would_have_changed_nothing() {
        let passed: usize = (0..1_000).map(check).sum();
        assert!(passed > 50_000, "only {passed} readings were passed over");
    }

    #[test]
    fn two_blocks_are_one_with_the_time_between_them() {
        let at = |second: i64, value: f64| (Timestamp::from_milliseconds(second * 1_000), Ok(value));
        let all = [at(0, 20.0), at(10, 22.0), at(70, 19.0), at(80, 21.0)];
        let whole = Block::of(all).unwrap();
        let halves = Block::of(all[..2].to_vec())
            .unwrap()
            .join(Block::of(all[2..].to_vec()).unwrap());
        assert_eq!(whole, halves);
        assert_eq!((whole.low, whole.high, whole.newest), (19.0, 22.0, 21.0));
        assert_eq!(whole.longest, Duration::from_seconds(60));
        assert_eq!(Block::of([at(0, f64::NAN)]), None);
        assert_eq!(Block::of([(whole.first, Err(Fault::Timeout))]), None);
    }
}
