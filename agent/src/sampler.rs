//! From samples to readings: stamps them so that a series never goes back, refuses what cannot be, and tells urgent from
//! routine. Pure: no clock, lock or I/O.
//!
//! | the outcome | and before | goes |
//! |---|---|---|
//! | a value of an urgent quantity | nothing, a fault, another value | urgent |
//! | a value of an urgent quantity | the same value | routine |
//! | a value of a routine quantity | anything | routine |
//! | a fault | nothing, a value, another fault | urgent |
//! | a fault | the same fault | routine |

use std::collections::BTreeMap;

use plenum_protocol::quantity::Urgency;
use plenum_protocol::streams::Class;
use plenum_protocol::{Channel, Duration, Fault, Outcome, Reading, Timestamp};

use crate::moment::Moment;

/// What the sampler knows of each channel.
#[derive(Debug, Clone)]
pub struct Sampler {
    /// No reading may be at or before this: the newest instant of an earlier run.
    floor: Timestamp,
    /// The offset of wall to boot clock at this boot's first synchronisation; earlier instants are corrected by it.
    corrected: Option<Duration>,
    channels: BTreeMap<Channel, Last>,
    counters: Counters,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    at: Timestamp,
    offset: Duration,
    synchronised: bool,
    outcome: Outcome,
}

/// What the sampler counted since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Readings taken.
    pub readings: u64,
    /// Readings that were faults.
    pub faults: u64,
    /// Values that no working sensor can give.
    pub out_of_range: u64,
    /// Readings whose instant was moved on so that their series does not go back.
    pub moved: u64,
}

impl Sampler {
    /// A sampler whose readings all come after `floor`. `corrected` is the boot's offset if it is already known.
    pub fn new(floor: Timestamp, corrected: Option<Duration>) -> Self {
        Self {
            floor,
            corrected,
            channels: BTreeMap::new(),
            counters: Counters::default(),
        }
    }

    /// The offset that corrects this boot's instants from before its first synchronisation.
    pub fn corrected(&self) -> Option<Duration> {
        self.corrected
    }

    /// What was counted.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Makes a reading of a sample: `at` is its tick or its edge's own instant, `now` the clocks when it came.
    pub fn take(
        &mut self,
        channel: Channel,
        at: Timestamp,
        outcome: Outcome,
        now: Moment,
    ) -> (Reading, Class) {
        if now.synchronised {
            self.corrected.get_or_insert(now.offset());
        }
        let outcome = self.checked(&channel, outcome);
        let last = self.channels.get(&channel).copied();
        let least = match last {
            Some(last) => self.as_of(last, now) + Duration::from_milliseconds(1),
            None if now.synchronised => self.floor + Duration::from_milliseconds(1),
            None => Timestamp::MIN,
        };
        if at < least {
            self.counters.moved += 1;
        }
        let at = at.max(least);
        let class = class(&channel, last.map(|last| last.outcome), outcome);
        self.counters.readings += 1;
        let stamped = Last {
            at,
            offset: now.offset(),
            synchronised: now.synchronised,
            outcome,
        };
        self.channels.insert(channel.clone(), stamped);
        (Reading::new(channel, at, outcome), class)
    }

    /// The instant of a channel's last reading as it will be sent, seen from `now`: one that was stamped by a free clock is
    /// corrected when the clock is set.
    fn as_of(&self, last: Last, now: Moment) -> Timestamp {
        if last.synchronised {
            return last.at;
        }
        let offset = match self.corrected {
            Some(corrected) if now.synchronised => corrected,
            _ => now.offset(),
        };
        last.at + (offset - last.offset)
    }

    fn checked(&mut self, channel: &Channel, outcome: Outcome) -> Outcome {
        let outcome = match outcome {
            Ok(value) if !channel.quantity.accepts(value) => {
                self.counters.out_of_range += 1;
                Err(Fault::OutOfRange)
            }
            outcome => outcome,
        };
        self.counters.faults += u64::from(outcome.is_err());
        outcome
    }
}

fn class(channel: &Channel, before: Option<Outcome>, outcome: Outcome) -> Class {
    let changed = before != Some(outcome);
    let matters = outcome.is_err() || channel.quantity.urgency() == Urgency::Urgent;
    if changed && matters {
        Class::Urgent
    } else {
        Class::Routine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(text: &str) -> Channel {
        text.parse().unwrap()
    }

    fn instant(milliseconds: i64) -> Timestamp {
        Timestamp::from_milliseconds(milliseconds)
    }

    fn now(wall: i64, boot: i64, synchronised: bool) -> Moment {
        Moment {
            wall: instant(wall),
            boot: Duration::from_milliseconds(boot),
            synchronised,
        }
    }

    fn check(name: &str, steps: &[(Outcome, Outcome, Class)]) {
        let mut sampler = Sampler::new(Timestamp::MIN, None);
        for (tick, (outcome, stored, class)) in steps.iter().enumerate() {
            let at = tick as i64 * 1_000;
            let taken = sampler.take(channel(name), instant(at), *outcome, now(at, at, true));
            assert_eq!((taken.0.outcome, taken.1), (*stored, *class), "step {tick}");
        }
    }

    #[test]
    fn changes_of_urgent_quantities_and_onsets_of_faults_are_urgent() {
        use Class::{Routine, Urgent};
        let gone = Err(Fault::NotPresent);
        check(
            "smoke-1/smoke",
            &[
                (Ok(0.0), Ok(0.0), Urgent),
                (Ok(0.0), Ok(0.0), Routine),
                (Ok(1.0), Ok(1.0), Urgent),
                (gone, gone, Urgent),
                (gone, gone, Routine),
                (Ok(1.0), Ok(1.0), Urgent),
                (Ok(0.5), Err(Fault::OutOfRange), Urgent),
            ],
        );
        check(
            "inlet/temperature",
            &[
                (Ok(21.0), Ok(21.0), Routine),
                (Ok(25.0), Ok(25.0), Routine),
                (Ok(f64::NAN), Err(Fault::OutOfRange), Urgent),
                (Ok(9_999.0), Err(Fault::OutOfRange), Routine),
                (Err(Fault::Timeout), Err(Fault::Timeout), Urgent),
                (Ok(25.0), Ok(25.0), Routine),
            ],
        );
    }

    #[test]
    fn a_series_never_goes_back() {
        let mut sampler = Sampler::new(instant(5_000), None);
        let mut taken = Vec::new();
        for (at, wall) in [
            (4_000, 4_010),
            (6_000, 6_001),
            (6_500, 6_500),
            (6_000, 6_600),
            (3_000, 3_000),
        ] {
            let (reading, _) = sampler.take(
                channel("door/door-open"),
                instant(at),
                Ok(0.0),
                now(wall, wall, true),
            );
            taken.push(reading.at.milliseconds());
        }
        assert_eq!(taken, [5_001, 6_000, 6_500, 6_501, 6_502]);
        assert_eq!(sampler.counters().moved, 3);
    }

    #[test]
    fn instants_of_a_free_clock_are_compared_as_they_will_be_sent() {
        let mut sampler = Sampler::new(Timestamp::MIN, None);
        // The clock stands in 2033 at boot, and synchronisation takes it back to 2023.
        let name = || channel("inlet/temperature");
        let free = sampler.take(
            name(),
            instant(2_000_000_000_000),
            Ok(20.0),
            now(2_000_000_000_000, 1_000, false),
        );
        assert_eq!(free.0.at, instant(2_000_000_000_000));
        let set = sampler.take(
            name(),
            instant(1_700_000_010_000),
            Ok(20.0),
            now(1_700_000_010_000, 11_000, true),
        );
        assert_eq!(set.0.at, instant(1_700_000_010_000));
        assert_eq!(sampler.counters().moved, 0);
    }

    #[test]
    fn random_steps_never_break_the_order() {
        use rand::{Rng, SeedableRng};
        for seed in 0..200 {
            let mut random = rand::rngs::StdRng::seed_from_u64(seed);
            let mut sampler = Sampler::new(Timestamp::MIN, None);
            let (mut boot, mut offset, mut synchronised) = (0i64, 1_000_000i64, false);
            let mut sent: Vec<(i64, i64, bool)> = Vec::new();
            for _ in 0..300 {
                boot += random.random_range(0..2_000);
                if random.random_bool(0.05) {
                    offset += random.random_range(-100_000..100_000);
                }
                synchronised |= random.random_bool(0.02);
                let wall = boot + offset;
                let at = wall - random.random_range(0..1_000);
                let moment = now(wall, boot, synchronised);
                let (reading, _) = sampler.take(channel("a/temperature"), instant(at), Ok(1.0), moment);
                sent.push((reading.at.milliseconds(), offset, synchronised));
            }
            let corrected = sampler.corrected().map(Duration::milliseconds);
            let as_sent: Vec<i64> = sent
                .iter()
                .map(|(at, offset, synchronised)| match corrected {
                    Some(corrected) if !synchronised => at - offset + corrected,
                    Some(_) => *at,
                    None => at - offset,
                })
                .collect();
            assert!(as_sent.is_sorted_by(|a, b| a < b), "seed {seed}: {as_sent:?}");
        }
    }
}
