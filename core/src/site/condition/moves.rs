//! What a rise and a fall have in common: how far a value moved within a time.

use plenum_protocol::config_key::{Key, maybe, required, usual};
use plenum_protocol::quantity::Kind as QuantityKind;
use plenum_protocol::{Duration, Timestamp};

use super::{Mistakes, Seen};
use crate::alarms::Run;
use crate::alarms::memory::{Memory, Window};
use crate::site::parse::Step::{self, Key as At};

/// The keys of a movement; what stands under its third key is told by the kind.
pub(super) const fn keys(only: &'static str, about: &'static str) -> [Key; 4] {
    [
        required(
            "by",
            "number in the quantity's unit, or text with a unit, above 0",
            "\"3 K\"",
            "How far.",
        ),
        required(
            "within",
            "duration of a minute to a day",
            "\"5 min\"",
            "In how long. Its beginning is known to a thirtieth.",
        ),
        maybe(only, "number in the quantity's unit, or text with a unit", about),
        usual(
            "deadband",
            "number in the quantity's unit, or text with a unit, at least 0, less than `by`",
            "0",
            "How much less it must move to clear.",
        ),
    ]
}

/// How far a value may move in a time, seen along its way: what moves towards the alarm grows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Movement {
    pub(super) by: f64,
    pub(super) within: Duration,
    pub(super) deadband: f64,
    pub(super) sign: f64,
}

/// A value that stands apart from all others by this share of the movement is one odd reading.
const ODD: f64 = 0.5;
const SHORTEST: Duration = Duration::from_minutes(1);
const LONGEST: Duration = Duration::from_hours(24);

impl Movement {
    pub(super) fn remember(&self, memory: &mut Option<Memory>, at: Timestamp, value: f64) {
        if let Some(Memory::Window(window)) = memory
            && window.is_of(self.within)
        {
            window.push(at, self.sign * value);
        } else {
            let mut window = Window::new(self.within);
            window.push(at, self.sign * value);
            *memory = Some(Memory::Window(Box::new(window)));
        }
    }

    /// How far it moved; none where that is not known.
    pub(super) fn moved(&self, memory: Option<&Memory>) -> Option<f64> {
        match memory {
            Some(Memory::Window(window)) => window.above_lowest(ODD * self.by),
            _ => None,
        }
    }

    pub(super) fn holds(&self, seen: Seen<'_>) -> Option<bool> {
        Some(self.moved(seen.memory)? >= self.enough(seen.active))
    }

    fn enough(&self, active: bool) -> f64 {
        match active {
            true => self.by - self.deadband,
            false => self.by,
        }
    }

    /// That none of a run's readings lies so far from any before it; none where one may, or where that is not known by each.
    pub(super) fn holds_along(
        &self,
        run: &mut Run<'_>,
        memory: Option<&Memory>,
        active: bool,
    ) -> Option<bool> {
        let Some(Memory::Window(window)) = memory else {
            return None;
        };
        if !window.is_of(self.within) || run.longest() + run.longest() > self.within {
            return None;
        }
        let (low, high) = run.extremes();
        let (lowest, highest) = match self.sign < 0.0 {
            true => (-high, -low),
            false => (low, high),
        };
        (highest - lowest.min(window.lowest()?) < self.enough(active)).then_some(false)
    }

    /// Takes the readings of a run that are not forgotten again by its end.
    pub(super) fn remember_along(&self, memory: &mut Option<Memory>, run: &mut Run<'_>) {
        let (readings, _) = run.parts();
        let end = readings.last().map_or(Timestamp::MIN, |(at, _)| *at);
        let kept = readings.partition_point(|(at, _)| end.since(*at) > self.within + self.within);
        // The newest two count whenever they were.
        for (at, value) in &readings[kept.min(readings.len().saturating_sub(2))..] {
            self.remember(memory, *at, *value);
        }
    }

    /// Tells what is wrong with a movement at this path.
    pub(super) fn check(&self, path: &[Step<'_>], mistakes: &mut Mistakes<'_, '_>) {
        let at = |key: &'static str| [path, &[At(key)]].concat();
        if let Some(state) = mistakes.selects(QuantityKind::Boolean) {
            let message = format!("{state} is a state, which does not move");
            mistakes.error(&path[..1], message, "write when = { is = { state = true } }");
            return;
        }
        mistakes.difference(&at("by"), self.by);
        if self.by > 0.0 && !(0.0..self.by).contains(&self.deadband) {
            let message = "a deadband is at least 0 and less than the movement, or it never clears";
            mistakes.error(&at("deadband"), message, "leave it out");
        }
        if !(SHORTEST..=LONGEST).contains(&self.within) {
            let message = "a movement is watched over a minute to a day";
            let suggestion = "for what is slower write when = { drifts = { by = ..., weeks = 4 } }";
            mistakes.error(&at("within"), message, suggestion);
        }
    }
}
