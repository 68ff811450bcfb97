//! What is read at a small site at random: values that jump, values that move as a room does, and weeks of hours; with faults, silence, losses, and
//! agents that go and come.

use plenum_protocol::{Duration, Fault, Outcome, Timestamp};

/// Numbers that look random and are the same each time.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    /// Whether something happens that does once in so many times.
    pub(crate) fn hits(&mut self, times: u64) -> bool {
        self.roll(times) == 0
    }
}

/// The series that are read, those of an agent one after the other.
pub(crate) const CHANNELS: [(&str, &str); 6] = [
    ("x", "one/temperature"),
    ("x", "two/temperature"),
    ("x", "one/humidity"),
    ("x", "ups/ups-on-battery"),
    ("y", "three/temperature"),
    ("y", "far/temperature"),
];
pub(crate) const AGENTS: [&str; 2] = ["x", "y"];
const HUMIDITY: usize = 2;
const BATTERY: usize = 3;

/// How things go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// Each value is another one.
    Jumps,
    /// A value stays, and then nears another one as a room does.
    Moves,
    /// An hour is like the one before, and a week like the week before but for a day.
    Weeks,
}

/// What happens at one instant, in this order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tick {
    pub(crate) at: Timestamp,
    /// What an agent measured between the tick before and this one is lost, by the agent's place.
    pub(crate) loses: Option<usize>,
    /// What is read, by the place of the series.
    pub(crate) read: Vec<(usize, Outcome)>,
    /// An agent goes, or comes before it is read.
    pub(crate) turns: Option<(usize, bool)>,
}

/// All that happens.
#[derive(Debug)]
pub(crate) struct Past {
    pace: Pace,
    pub(crate) ticks: Vec<Tick>,
}

/// Where a value is, and where it goes.
#[derive(Clone, Copy)]
struct Course {
    now: f64,
    target: f64,
    share: f64,
}

impl Past {
    pub(crate) const BEGIN: Timestamp = Timestamp::from_milliseconds(1_000_000);

    /// Seven of ten are jumps, one in twenty is weeks.
    pub(crate) fn of(dice: &mut Dice) -> Self {
        let pace = match dice.roll(20) {
            0 => Pace::Weeks,
            1..=5 => Pace::Moves,
            _ => Pace::Jumps,
        };
        let course = Course {
            now: 22.0,
            target: 22.0,
            share: 0.1,
        };
        let mut making = Making {
            pace,
            courses: [course; CHANNELS.len()],
            away: [None; AGENTS.len()],
            drift: dice.hits(2),
        };
        let count = match pace {
            Pace::Jumps => 14,
            Pace::Moves => 40,
            Pace::Weeks => 9 * 24 + 4,
        };
        let mut at = Self::BEGIN;
        let ticks = (0..count).map(|number| {
            at = at + making.step(dice);
            making.tick(number, at, dice)
        });
        let ticks = ticks.collect();
        Self { pace, ticks }
    }

    /// How often everything is expected.
    pub(crate) fn interval(&self) -> Duration {
        Duration::from_seconds(match self.pace {
            Pace::Jumps => 10,
            Pace::Moves => 20,
            Pace::Weeks => 3_600,
        })
    }

    /// Whether it is about days.
    pub(crate) fn is_long(&self) -> bool {
        self.pace == Pace::Weeks
    }
}

struct Making {
    pace: Pace,
    courses: [Course; CHANNELS.len()],
    /// At which tick it is back.
    away: [Option<usize>; AGENTS.len()],
    /// A day of the second week is another one.
    drift: bool,
}

impl Making {
    fn step(&self, dice: &mut Dice) -> Duration {
        Duration::from_seconds(match self.pace {
            Pace::Jumps if dice.hits(12) => 60 + dice.roll(140) as i64,
            Pace::Jumps => 1 + dice.roll(20) as i64,
            Pace::Moves if dice.hits(25) => 100 + dice.roll(60) as i64,
            Pace::Moves => 20,
            Pace::Weeks => 3_600,
        })
    }

    fn tick(&mut self, number: usize, at: Timestamp, dice: &mut Dice) -> Tick {
        let mut tick = Tick {
            at,
            ..Tick::default()
        };
        let seldom = match self.pace {
            Pace::Jumps => 10,
            Pace::Moves => 25,
            Pace::Weeks => 200,
        };
        for (place, away) in self.away.iter_mut().enumerate() {
            if *away == Some(number) {
                *away = None;
                tick.turns = Some((place, true));
            }
        }
        if dice.hits(seldom) {
            let place = dice.roll(2) as usize;
            tick.loses = Some(place).filter(|place| self.away[*place].is_none());
        }
        for (place, (agent, _)) in CHANNELS.iter().enumerate() {
            let of = AGENTS.iter().position(|name| name == agent);
            let is_away = of.is_some_and(|of| self.away[of].is_some());
            let outcome = self.outcome(place, number, dice);
            if !is_away && !self.is_passed_over(place, dice) {
                tick.read.push((place, outcome));
            }
        }
        if tick.turns.is_none() && dice.hits(seldom * 2) && self.pace != Pace::Weeks {
            let place = dice.roll(2) as usize;
            if self.away[place].is_none() {
                self.away[place] = Some(number + 1 + dice.roll(6) as usize);
                tick.turns = Some((place, false));
            }
        }
        tick
    }

    fn is_passed_over(&self, place: usize, dice: &mut Dice) -> bool {
        match self.pace {
            Pace::Jumps => dice.hits(3),
            Pace::Moves => dice.hits(12),
            // Two of the six are enough for so many hours.
            Pace::Weeks => dice.hits(40) || (place > 1 && !dice.hits(12)),
        }
    }

    fn outcome(&mut self, place: usize, number: usize, dice: &mut Dice) -> Outcome {
        let faults = match self.pace {
            Pace::Jumps => 9,
            Pace::Moves => 40,
            Pace::Weeks => 60,
        };
        if dice.hits(faults) {
            return Err(Fault::Timeout);
        }
        if self.pace == Pace::Jumps {
            return Ok(match place {
                HUMIDITY => [10.0, 50.0, 67.0, 90.0][dice.roll(4) as usize],
                BATTERY => dice.roll(2) as f64,
                _ => [20.0, 24.0, 26.5, 28.0, 33.0][dice.roll(5) as usize],
            });
        }
        let course = &mut self.courses[place];
        if dice.hits(12) {
            (course.target, course.share) = match place {
                HUMIDITY => (10.0 + dice.roll(80) as f64, 0.3),
                BATTERY => (dice.roll(2) as f64, 1.0),
                _ => (18.0 + dice.roll(17) as f64, 0.05 + dice.roll(30) as f64 / 100.0),
            };
        }
        if self.pace == Pace::Weeks && place != HUMIDITY && place != BATTERY {
            course.target = 22.0;
            let is_odd_day = (number + 1) / 24 == 7;
            let drifted = if self.drift && is_odd_day { 2.5 } else { 0.0 };
            return Ok(course.target + drifted + dice.roll(10) as f64 / 10.0);
        }
        if place == BATTERY {
            // A contact that chatters for a while.
            course.now = if course.target > 0.0 {
                dice.roll(2) as f64
            } else {
                0.0
            };
            return Ok(course.now);
        }
        course.now += (course.target - course.now) * course.share;
        Ok(((course.now + dice.roll(10) as f64 / 100.0) * 100.0).round() / 100.0)
    }
}
