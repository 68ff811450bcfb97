//! The built-in rules for cooling that fails, over rooms that are made up.

use plenum_protocol::Duration;

use super::{Cycle, Random, Room, instant};
use crate::alarms::{Change, ConditionTracker};
use crate::expectation::{Expectation, Silence};
use crate::site::Rule;
use crate::site::defaults::built_in;
use crate::text::rules::BuiltIn;

/// The built-in rules about inlets whose cooling fails, the critical one first.
pub fn rules() -> [&'static Rule; 2] {
    [BuiltIn::CoolingFailed, BuiltIn::CoolingFailing].map(|wanted| {
        let found = built_in().iter().find(|rule| rule.id.as_str() == wanted.id());
        found.expect("every built-in rule has its place, by test")
    })
}

impl Room {
    /// Cycles for so many days, with a day's own warmth, and counts the alarms of each of these rules.
    pub fn alarms<const COUNT: usize>(
        &self,
        days: u32,
        rules: [&Rule; COUNT],
        random: &mut Random,
    ) -> [u32; COUNT] {
        let mut cycle = Cycle::new(self, random);
        let mut trackers = rules.map(ConditionTracker::new);
        let (mut counts, mut changes) = ([0; COUNT], Vec::new());
        let expectation = Expectation::told(Duration::from_seconds(self.interval));
        let mut at = 0.0;
        while at < f64::from(days) * 1_440.0 {
            let day = 0.8 * (at / 1_440.0 * std::f64::consts::TAU).sin();
            let value = cycle.value(at, random) + day;
            if let Some(value) = self.told(value, random) {
                for (place, tracker) in trackers.iter_mut().enumerate() {
                    let silence = Silence::of(rules[place], &expectation);
                    tracker.reading(rules[place], silence, instant(at), Ok(value), &mut changes);
                    let raised = |change: &Change| matches!(change, Change::Raised(_));
                    counts[place] += changes.drain(..).filter(raised).count() as u32;
                }
            }
            at += self.minutes();
        }
        counts
    }
}
