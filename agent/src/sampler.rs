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
//!
//! A value that stands still for longer than it can is the fault `stuck` (`still`).
//!
//! A series' floor leads the clock by 30 s at most. One that leads by more was left by a clock that has been set back since: it is let go,
//! and whatever is read from then on is put off by some milliseconds, so that it meets no instant of the time that is lived through again.

use std::collections::BTreeMap;

use plenum_protocol::quantity::Urgency;
use plenum_protocol::streams::Class;
use plenum_protocol::{Channel, Duration, Fault, Outcome, Reading, Timestamp};

use crate::moment::Moment;
use crate::still::Still;

/// How far a series' floor may lead the clock.
const LEAD: Duration = Duration::from_seconds(30);
/// By how much more instants are put off after each fall of the clock, and where that begins anew. Readings that are moved on behind a
/// floor take the milliseconds between.
const PUT_OFF: i64 = 31;
const PUT_OFF_BELOW: i64 = 999;

/// What the sampler knows of each channel.
#[derive(Debug, Clone)]
pub struct Sampler {
    /// No reading may be at or before this: the newest instant of an earlier run.
    floor: Timestamp,
    /// The offset of wall to boot clock at this boot's first synchronisation; earlier instants are corrected by it.
    corrected: Option<Duration>,
    channels: BTreeMap<Channel, Last>,
    /// How often the clock has fallen from under a floor.
    falls: i64,
    counters: Counters,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    at: Timestamp,
    /// The falls until then.
    falls: i64,
    offset: Duration,
    synchronised: bool,
    outcome: Outcome,
    still: Still,
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
            falls: 0,
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
        let last = self.channels.get(&channel).copied();
        let mut still = last.map(|last| last.still).unwrap_or_default();
        let outcome = self.checked(&channel, outcome, &mut still, now);
        let floor = match last {
            Some(last) => Some((self.as_of(last, now), last.falls)),
            None => now.synchronised.then_some((self.floor, 0)),
        };
        let least = floor.map_or(Timestamp::MIN, |floor| self.least(floor, now));
        let at = at + self.put_off();
        if at < least {
            self.counters.moved += 1;
        }
        let at = at.max(least);
        let class = class(&channel, last.map(|last| last.outcome), outcome);
        self.counters.readings += 1;
        let stamped = Last {
            at,
            falls: self.falls,
            offset: now.offset(),
            synchronised: now.synchronised,
            outcome,
            still,
        };
        self.channels.insert(channel.clone(), stamped);
        (Reading::new(channel, at, outcome), class)
    }

    /// The least instant behind a floor that was left after so many falls of the clock.
    fn least(&mut self, (floor, falls): (Timestamp, i64), now: Moment) -> Timestamp {
        if floor <= now.wall + LEAD {
            return floor + Duration::from_milliseconds(1);
        }
        // Of several channels with such a floor, the first counts the fall.
        if falls == self.falls {
            self.falls += 1;
        }
        Timestamp::MIN
    }

    fn put_off(&self) -> Duration {
        match self.falls {
            0 => Duration::ZERO,
            falls => Duration::from_milliseconds((falls * PUT_OFF - 1) % PUT_OFF_BELOW + 1),
        }
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

    fn checked(&mut self, channel: &Channel, outcome: Outcome, still: &mut Still, now: Moment) -> Outcome {
        let outcome = match outcome {
            Ok(value) if !channel.quantity.accepts(value) => {
                self.counters.out_of_range += 1;
                Err(Fault::OutOfRange)
            }
            Ok(value) if still.take(channel.quantity, value, now.boot) => Err(Fault::Stuck),
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
    fn a_thermometer_that_hangs_for_a_day_is_a_fault_until_it_moves() {
        let mut sampler = Sampler::new(Timestamp::MIN, None);
        let mut boot = 0;
        let mut poll = |value: f64| {
            boot += 60_000;
            // The wall clock is set meanwhile, which changes nothing.
            let wall = boot + if boot > 40_000_000 { -3_600_000 } else { 0 };
            let moment = now(wall, boot, true);
            let (reading, class) =
                sampler.take(channel("inlet/temperature"), instant(wall), Ok(value), moment);
            (reading.outcome, class)
        };
        for step in 0..30 {
            assert!(poll(21.30 + f64::from(step % 3) * 0.02).0.is_ok());
        }
        for minute in 0..24 * 60 {
            assert_eq!(poll(21.37).0, Ok(21.37), "minute {minute}");
        }
        assert_eq!(poll(21.37), (Err(Fault::Stuck), Class::Urgent));
        assert_eq!(poll(21.37), (Err(Fault::Stuck), Class::Routine));
        assert_eq!(poll(21.36), (Ok(21.36), Class::Routine));
        assert_eq!(poll(21.36).0, Ok(21.36));
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
            let (mut sent, mut walls): (Vec<(i64, i64, bool)>, Vec<i64>) = Default::default();
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
                walls.push(wall);
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
            for (index, pair) in as_sent.windows(2).enumerate() {
                let let_go = sent[index + 1].2 && pair[0] > walls[index + 1] + 30_000;
                assert!(
                    pair[0] < pair[1] || let_go,
                    "seed {seed}: {pair:?} of {as_sent:?}"
                );
            }
        }
    }

    const SECOND: i64 = 1_000;
    const HOUR: i64 = 3_600 * SECOND;
    const YEAR: i64 = 365 * 24 * HOUR;

    /// Polls two channels every 10 s for three hours while the clock is set by each of `steps`, half an hour apart. Returns the instants
    /// of one of them, and how far the last was from the clock.
    fn stepped(sampler: &mut Sampler, start: i64, steps: &[i64]) -> (Vec<i64>, i64) {
        let (mut offset, mut instants) = (start, Vec::new());
        for poll in 0..1_080 {
            let boot = poll * 10 * SECOND + 17;
            if poll % 180 == 90 {
                offset += steps.get(poll as usize / 180).copied().unwrap_or(0);
            }
            let wall = boot + offset;
            let tick = instant(wall).align_down(Duration::from_seconds(10));
            for name in ["a/temperature", "b/temperature"] {
                let (reading, _) = sampler.take(channel(name), tick, Ok(1.0), now(wall, boot, true));
                instants.push((name, reading.at.milliseconds()));
            }
        }
        let last = instants.last().map_or(0, |(_, at)| *at);
        instants.retain(|(name, _)| *name == "a/temperature");
        let off = last - (offset + 1_079 * 10 * SECOND + 17);
        (instants.into_iter().map(|(_, at)| at).collect(), off)
    }

    #[test]
    fn a_clock_that_is_set_costs_no_reading_its_instant() {
        let steps = [-2 * YEAR, -HOUR, -SECOND, SECOND, HOUR, 2 * YEAR];
        for first in steps {
            for second in steps {
                for third in [0, -first, -second] {
                    let mut sampler = Sampler::new(Timestamp::MIN, None);
                    let (instants, off) = stepped(&mut sampler, 1_800_000_000_000, &[first, second, third]);
                    let distinct: std::collections::BTreeSet<i64> = instants.iter().copied().collect();
                    assert_eq!(distinct.len(), 1_080, "{first} {second} {third}");
                    assert!(
                        (-10_100..=1_000).contains(&off),
                        "{first} {second} {third}: {off} ms off"
                    );
                }
            }
        }
    }

    #[test]
    fn a_clock_that_was_ahead_for_five_seconds_is_followed_at_once() {
        let mut sampler = Sampler::new(Timestamp::MIN, None);
        let mut take = |wall: i64, boot| {
            let (reading, _) = sampler.take(channel("a/age"), instant(wall), Ok(1.0), now(wall, boot, true));
            reading.at.milliseconds()
        };
        for second in 0..5 {
            assert_eq!(
                take(2 * HOUR + second * SECOND, second * SECOND),
                2 * HOUR + second * SECOND
            );
        }
        assert_eq!(take(5 * SECOND, 5 * SECOND), 5 * SECOND + 31);
        assert_eq!(take(6 * SECOND, 6 * SECOND), 6 * SECOND + 31);
        assert_eq!(take(2 * HOUR, 2 * HOUR), 2 * HOUR + 31, "lived through twice");
    }

    #[test]
    fn the_floor_of_an_earlier_run_leads_by_no_more() {
        let first = |floor: i64| {
            let mut sampler = Sampler::new(instant(floor), None);
            let (reading, _) = sampler.take(channel("a/age"), instant(HOUR), Ok(1.0), now(HOUR, 0, true));
            reading.at.milliseconds()
        };
        assert_eq!(first(HOUR + 30_000), HOUR + 30_001);
        assert_eq!(first(3 * HOUR), HOUR + 31);
    }
}
