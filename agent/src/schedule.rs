//! What is due on one bus, and when next: ticks are multiples of the interval since 1970. Pure: takes the clocks as
//! they stand and answers.

use plenum_protocol::{Duration, Timestamp};

use crate::moment::Moment;

/// The polls of the sensors on one bus.
#[derive(Debug, Clone)]
pub struct Schedule {
    slots: Vec<Slot>,
    skipped: u64,
}

#[derive(Debug, Clone)]
struct Slot {
    interval: Duration,
    next: Timestamp,
    polled: Duration,
}

/// A poll that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Which sensor, by its index in the list that the schedule was made from.
    pub sensor: usize,
    /// The tick, which the readings carry.
    pub tick: Timestamp,
}

impl Schedule {
    /// Starts with each sensor's first tick after `now`. Intervals must be positive.
    pub fn new(intervals: &[Duration], now: Moment) -> Self {
        let slot = |interval: &Duration| Slot {
            interval: *interval,
            next: now.wall.align_down(*interval) + *interval,
            polled: now.boot,
        };
        Self {
            slots: intervals.iter().map(slot).collect(),
            skipped: 0,
        }
    }

    /// The polls whose tick has come, one a sensor. Ticks that passed while the bus was busy are skipped and counted;
    /// a stepped wall clock skips nothing, the ticks follow it.
    pub fn due(&mut self, now: Moment) -> Vec<Due> {
        let mut due = Vec::new();
        for (sensor, slot) in self.slots.iter_mut().enumerate() {
            let tick = now.wall.align_down(slot.interval);
            if slot.next > tick + slot.interval {
                slot.next = tick + slot.interval;
            }
            if slot.next > now.wall {
                continue;
            }
            let step = slot.interval.milliseconds();
            let by_wall = tick.since(slot.next).milliseconds() / step;
            let by_boot = (now.boot - slot.polled).milliseconds() / step;
            self.skipped += u64::try_from(by_wall.min(by_boot)).unwrap_or(0);
            slot.next = tick + slot.interval;
            slot.polled = now.boot;
            due.push(Due { sensor, tick });
        }
        due
    }

    /// When to ask again; absent without sensors.
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        self.slots.iter().map(|slot| slot.next).min()
    }

    /// How many ticks were skipped since the start.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(wall: i64, boot: i64) -> Moment {
        Moment {
            wall: Timestamp::from_milliseconds(wall),
            boot: Duration::from_milliseconds(boot),
            synchronised: true,
        }
    }

    fn check(schedule: &mut Schedule, now: Moment, expected: &[(usize, i64)]) {
        let due: Vec<(usize, i64)> = schedule
            .due(now)
            .into_iter()
            .map(|due| (due.sensor, due.tick.milliseconds()))
            .collect();
        assert_eq!(due, expected, "{now:?}");
    }

    #[test]
    fn ticks_are_multiples_of_the_interval() {
        let intervals = [Duration::from_seconds(2), Duration::from_seconds(5)];
        let mut schedule = Schedule::new(&intervals, at(1_000, 0));
        assert_eq!(schedule.next_wakeup(), Some(Timestamp::from_milliseconds(2_000)));
        check(&mut schedule, at(1_999, 999), &[]);
        check(&mut schedule, at(2_003, 1_003), &[(0, 2_000)]);
        check(&mut schedule, at(2_500, 1_500), &[]);
        check(&mut schedule, at(5_000, 4_000), &[(0, 4_000), (1, 5_000)]);
        check(&mut schedule, at(10_000, 9_000), &[(0, 10_000), (1, 10_000)]);
        assert_eq!(schedule.skipped(), 2, "6 s and 8 s of the first sensor");
    }

    #[test]
    fn a_stepped_clock_skips_nothing_and_stops_nothing() {
        let mut schedule = Schedule::new(&[Duration::from_seconds(10)], at(0, 0));
        check(&mut schedule, at(10_000, 10_000), &[(0, 10_000)]);
        check(
            &mut schedule,
            at(1_700_000_000_123, 12_000),
            &[(0, 1_700_000_000_000)],
        );
        assert_eq!(schedule.skipped(), 0);
        check(&mut schedule, at(50_001, 20_000), &[]);
        assert_eq!(schedule.next_wakeup(), Some(Timestamp::from_milliseconds(60_000)));
        check(&mut schedule, at(60_001, 30_000), &[(0, 60_000)]);
        assert_eq!(schedule.skipped(), 0);
    }

    /// Asks at each wake-up and at the step, as the bus does, and returns the instants of the polls on the boot clock.
    fn polls(interval: i64, step_at: i64, step: i64) -> Vec<i64> {
        let (mut boot, mut offset, mut polled) = (137, 1_800_000_000_000, Vec::new());
        let mut schedule = Schedule::new(&[Duration::from_milliseconds(interval)], at(boot + offset, boot));
        while boot < 20 * interval {
            if !schedule.due(at(boot + offset, boot)).is_empty() {
                polled.push(boot);
            }
            let next = schedule.next_wakeup().unwrap().milliseconds() - offset;
            if (boot..next).contains(&step_at) && offset == 1_800_000_000_000 {
                (boot, offset) = (step_at, offset + step);
            } else {
                boot = next;
            }
        }
        polled
    }

    #[test]
    fn a_step_at_any_instant_neither_skips_nor_repeats_for_longer_than_an_interval() {
        let (second, hour) = (1_000, 3_600_000);
        let year = 365 * 24 * hour;
        for interval in [second, 10 * second] {
            for step in [
                -2 * year,
                -hour,
                -600 * second,
                -second,
                -300,
                300,
                second,
                hour,
                2 * year,
            ] {
                for part in 0..10 {
                    let step_at = 7 * interval + part * interval / 10;
                    let polled = polls(interval, step_at, step);
                    let gaps = polled.windows(2).map(|pair| pair[1] - pair[0]);
                    assert!(
                        gaps.clone().all(|gap| gap < 2 * interval),
                        "{interval} {step} at {step_at}: {polled:?}"
                    );
                    let early: i64 = gaps.map(|gap| (interval - gap).max(0)).sum();
                    assert!(early < 2 * interval, "{interval} {step} at {step_at}: {polled:?}");
                }
            }
        }
    }
}
