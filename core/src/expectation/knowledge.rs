//! What is known of an input at an instant: the one answer that alarms, messages, charts, rooms and metrics give.

use plenum_protocol::streams::AHEAD;
use plenum_protocol::{Duration, Fault, Outcome, Timestamp};

use super::{Behind, Silence};

/// The last that was heard of an input. Small enough to be kept of each.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Heard {
    /// The newest good reading.
    good: Option<(Timestamp, f64)>,
    /// The first fault after it, and the newest.
    faults: Option<[(Timestamp, Fault); 2]>,
    /// From when to when readings were lost, where it is not from after that.
    lost: Option<(Timestamp, Timestamp)>,
    /// How far its publisher's clock was behind when it was last heard.
    behind: Behind,
}

impl Heard {
    /// Takes a reading, in any order. Of faults that come after newer ones the first may be known later than it was. Of two at one instant the first
    /// stands, as in the history.
    pub fn note(&mut self, at: Timestamp, outcome: Outcome) {
        match outcome {
            Ok(_) if self.faults.into_iter().flatten().any(|(fault, _)| fault == at) => {}
            Ok(value) if self.good.is_none_or(|(good, _)| good < at) => {
                self.good = Some((at, value));
                self.lost = self.lost.filter(|(_, to)| at < *to);
                self.faults = match self.faults {
                    Some([first, newest]) if newest.0 > at => {
                        Some([if first.0 > at { first } else { newest }, newest])
                    }
                    _ => None,
                };
            }
            Err(fault) if self.good.is_none_or(|(good, _)| good < at) => {
                let [first, newest] = self.faults.unwrap_or([(at, fault); 2]);
                let earliest = if at < first.0 { (at, fault) } else { first };
                let latest = if at > newest.0 { (at, fault) } else { newest };
                self.faults = Some([earliest, latest]);
            }
            Ok(_) | Err(_) => {}
        }
    }

    /// It was heard at `received` in a batch whose newest reading, of whichever sensor, is of `latest`, with nothing newer held back: whoever speaks is
    /// known, whatever its publisher stamps.
    pub fn hear(&mut self, (latest, received): (Timestamp, Timestamp)) {
        if let Some((good, _)) = self.good {
            self.behind = Behind::of(good.max(latest), received);
        }
    }

    /// The same of a batch whose agent held newer ones back: its clock is at least where it stamped the newest of them.
    pub fn hear_amid(&mut self, (latest, received): (Timestamp, Timestamp)) {
        self.behind = self.behind.at_most(latest, received);
    }

    /// Readings between these instants were lost: nothing is known from there on, until a good one that comes after them.
    pub fn lose(&mut self, (from, to): (Timestamp, Timestamp)) {
        if self.good.is_some_and(|(good, _)| good < to) {
            let lost = self.lost.unwrap_or((from, to));
            self.lost = Some((lost.0.min(from), lost.1.max(to)));
        }
    }

    /// Takes all that another knows.
    pub fn take(&mut self, other: &Self) {
        if let Some((at, value)) = other.good {
            self.note(at, Ok(value));
        }
        for (at, fault) in other.faults.into_iter().flatten() {
            self.note(at, Err(fault));
        }
    }

    /// The collector's clock was set by so much, and is at `now`: silence goes by the time that went by, and nothing stays in a future that was wrong, or
    /// no reading would count until that instant has come again.
    pub fn clock_was_set(&mut self, by: Duration, now: Timestamp) {
        self.behind.clock_was_set(by);
        if let Some((newest, _)) = self.newest().filter(|(newest, _)| *newest > now + AHEAD) {
            self.shift(now.since(newest));
        }
    }

    fn shift(&mut self, by: Duration) {
        self.good = self.good.map(|(at, value)| (at + by, value));
        self.faults = self
            .faults
            .map(|faults| faults.map(|(at, fault)| (at + by, fault)));
        self.behind.clock_was_set(Duration::ZERO - by);
    }

    /// The newest reading.
    pub fn newest(&self) -> Option<(Timestamp, Outcome)> {
        let fault = self.faults.map(|[_, (at, fault)]| (at, Err(fault)));
        fault.or_else(|| self.good.map(|(at, value)| (at, Ok(value))))
    }

    /// How far its publisher's clock was behind when it was last heard.
    pub fn behind(&self) -> Behind {
        self.behind
    }

    /// The first fault after the newest good reading.
    fn fault(&self) -> Option<(Timestamp, Fault)> {
        self.faults.map(|[first, _]| first)
    }

    /// The newest good reading.
    pub fn good(&self) -> Option<(Timestamp, f64)> {
        self.good
    }
}

/// What is known of an input at an instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Knowledge {
    /// A good reading that is not too old.
    Known {
        /// In the quantity's unit; a state is 0 or 1.
        value: f64,
        /// When it was measured.
        at: Timestamp,
    },
    /// Nothing.
    Unknown {
        /// The last instant at which something was known: the silence limit after the newest good reading, the first fault after it, or what was lost
        /// after it; none if nothing ever was.
        since: Option<Timestamp>,
        /// The newest good reading, however old.
        last: Option<(Timestamp, f64)>,
        /// Why there is no newer one, where the sensor says it.
        fault: Option<Fault>,
    },
}

impl Knowledge {
    /// Of an input that was never heard.
    pub const NOTHING: Self = Self::Unknown {
        since: None,
        last: None,
        fault: None,
    };

    /// By the last that was heard, at `now`.
    pub fn of(heard: &Heard, silence: Silence<'_>, now: Timestamp) -> Self {
        let Some((at, value)) = heard.good else {
            return Self::Unknown {
                since: None,
                last: None,
                fault: heard.fault().map(|(_, fault)| fault),
            };
        };
        match heard.fault() {
            None if heard.lost.is_none() && silence.is_known(at, heard.behind.own_time(now)) => {
                Self::Known { value, at }
            }
            fault => {
                let ends = silence.known_until(at).into_iter();
                let lost = heard.lost.map(|(from, _)| from);
                Self::Unknown {
                    since: ends.chain(fault.map(|(since, _)| since)).chain(lost).min(),
                    last: Some((at, value)),
                    fault: fault.map(|(_, fault)| fault),
                }
            }
        }
    }

    /// The value, if it is known.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Unknown { .. } => None,
        }
    }

    /// Since when nothing is known; none while something is, and if nothing ever was.
    pub fn unknown_since(self) -> Option<Timestamp> {
        match self {
            Self::Known { .. } => None,
            Self::Unknown { since, .. } => since,
        }
    }
}

#[cfg(test)]
mod tests {
    use plenum_protocol::Duration;

    use super::*;
    use crate::expectation::Expectation;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_milliseconds(second * 1_000)
    }

    /// Of a series each 10 s: known for a minute.
    fn known(readings: &[(i64, Outcome)], now: i64) -> Knowledge {
        let mut heard = Heard::default();
        for (second, outcome) in readings {
            heard.note(at(*second), *outcome);
        }
        let expectation = Expectation::told(Duration::from_seconds(10));
        Knowledge::of(&heard, Silence::Expected(&expectation), at(now))
    }

    #[test]
    fn an_input_is_known_until_the_limit_after_its_newest_good_reading_or_a_fault() {
        let good = [(0, Ok(21.0)), (10, Ok(22.0))];
        let value = Knowledge::Known {
            value: 22.0,
            at: at(10),
        };
        assert_eq!((known(&good, 10), known(&good, 70)), (value, value));
        let unknown = |since: i64, fault: Option<Fault>| Knowledge::Unknown {
            since: Some(at(since)),
            last: Some((at(10), 22.0)),
            fault,
        };
        assert_eq!(known(&good, 71), unknown(70, None));
        let timeout = Some(Fault::Timeout);
        let faulty = [
            good[0],
            good[1],
            (20, Err(Fault::Timeout)),
            (30, Err(Fault::Corrupt)),
        ];
        assert_eq!(known(&faulty, 31), unknown(20, timeout));
        // The silence began before the fault was told.
        let late = [good[0], good[1], (300, Err(Fault::Timeout))];
        assert_eq!(known(&late, 301), unknown(70, timeout));
        assert_eq!(
            known(&[(0, Err(Fault::Timeout))], 1),
            Knowledge::Unknown {
                since: None,
                last: None,
                fault: timeout
            }
        );
    }

    #[test]
    fn of_two_readings_of_one_instant_the_first_stands() {
        let newest = |readings: &[Outcome]| {
            let mut heard = Heard::default();
            readings.iter().for_each(|outcome| heard.note(at(10), *outcome));
            heard.newest()
        };
        let (good, fault) = (Ok(21.0), Err(Fault::NotPresent));
        for (first, second) in [
            (good, fault),
            (fault, good),
            (good, Ok(22.0)),
            (fault, Err(Fault::Timeout)),
        ] {
            assert_eq!(newest(&[first, second]), Some((at(10), first)));
        }
    }

    #[test]
    fn what_is_heard_with_a_clock_that_is_behind_is_known() {
        let mut heard = Heard::default();
        heard.note(at(0), Ok(21.0));
        heard.hear((at(0), at(2_400)));
        let expectation = Expectation::told(Duration::from_seconds(10));
        let known = |now: i64| Knowledge::of(&heard, Silence::Expected(&expectation), at(now)).value();
        assert_eq!((known(2_460), known(2_461)), (Some(21.0), None));
    }

    #[test]
    fn after_lost_readings_nothing_is_known_until_the_next_good_one() {
        let expectation = Expectation::told(Duration::from_seconds(600));
        let unknown_since = |heard: &Heard, now: i64| {
            let known = Knowledge::of(heard, Silence::Expected(&expectation), at(now));
            known.unknown_since().map(|since| since.milliseconds() / 1_000)
        };
        let mut heard = Heard::default();
        heard.lose((at(-20), at(-10)));
        heard.note(at(0), Ok(21.0));
        heard.lose((at(-20), at(0)));
        assert_eq!(unknown_since(&heard, 1), None, "it came after them");
        heard.lose((at(10), at(20)));
        assert_eq!(unknown_since(&heard, 30), Some(10));
        heard.note(at(25), Err(Fault::Timeout));
        assert_eq!(unknown_since(&heard, 30), Some(10));
        heard.note(at(600), Ok(22.0));
        assert_eq!(unknown_since(&heard, 601), None);
        heard.lose((at(590), at(610)));
        heard.note(at(605), Ok(22.0));
        assert_eq!(unknown_since(&heard, 620), Some(590), "they are among them");
    }

    #[test]
    fn what_is_known_goes_by_the_time_that_went_by_when_the_clock_was_set() {
        let mut heard = Heard::default();
        heard.note(at(7_200), Ok(21.0));
        heard.hear((at(7_200), at(7_200)));
        heard.clock_was_set(Duration::from_seconds(-7_200), at(5));
        let expectation = Expectation::told(Duration::from_seconds(10));
        let known =
            |heard: &Heard, now: i64| Knowledge::of(heard, Silence::Expected(&expectation), at(now)).value();
        assert_eq!((known(&heard, 65), known(&heard, 66)), (Some(21.0), None));
        let mut next = heard;
        next.note(at(6), Ok(22.0));
        assert_eq!(known(&next, 6), Some(22.0), "what comes next counts");
        // Set forward: nobody was silent for a step.
        next.hear((at(6), at(6)));
        next.clock_was_set(Duration::from_seconds(3_600), at(3_610));
        assert_eq!((known(&next, 3_660), known(&next, 3_667)), (Some(22.0), None));
    }

    #[test]
    fn an_old_reading_beside_a_new_one_of_another_sensor_shows_no_clock_that_is_behind() {
        let mut heard = Heard::default();
        heard.note(at(0), Ok(21.0));
        heard.hear((at(97), at(97)));
        let expectation = Expectation::told(Duration::from_seconds(10));
        let known = |now: i64| Knowledge::of(&heard, Silence::Expected(&expectation), at(now)).value();
        assert_eq!((known(60), known(97)), (Some(21.0), None));
    }

    #[test]
    fn readings_in_any_order_say_the_same() {
        let readings: [(i64, Outcome); 4] = [
            (0, Ok(21.0)),
            (10, Err(Fault::Timeout)),
            (20, Ok(23.0)),
            (30, Err(Fault::Corrupt)),
        ];
        let expected = known(&readings, 40);
        for order in [[3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]] {
            assert_eq!(
                known(&order.map(|index| readings[index]), 40),
                expected,
                "{order:?}"
            );
        }
    }
}
