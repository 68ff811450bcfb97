//! What is known of each series when the collector's clock is set: the same as the alarm engine makes of it (`core/src/alarms/engine/clocks.rs`), also
//! after a restart. Where readings are stored, and what charts and reports say of them, does not change.

use plenum_core::expectation::Heard;
use plenum_core::fact::{Item, SystemKind};
use plenum_protocol::streams::AHEAD;
use plenum_protocol::{Duration, Outcome, Timestamp};

use super::tail::{SeriesState, Tails};

impl Tails {
    /// The clock was set by so much, and is at `now`.
    pub(super) fn clock_was_set(&mut self, by: Duration, now: Timestamp) {
        for state in &mut self.all {
            state.heard.clock_was_set(by, now);
            // Set forward to what an earlier run had: it was right.
            let is_past = |ahead: &mut Box<Heard>| !is_ahead(ahead, now);
            if let Some(ahead) = state.ahead.take_if(is_past) {
                state.heard.take(&ahead);
            }
        }
        if by < Duration::ZERO {
            for expectation in self.expectations.values_mut() {
                expectation.come_back_to(now);
            }
        }
    }

    /// By how much a batch is moved with this newest reading, that was under way while the clock was set back to `now`.
    pub(super) fn moved(&self, latest: Option<Timestamp>, now: Timestamp) -> Duration {
        let ahead = latest.filter(|latest| self.live && *latest > now + AHEAD);
        ahead.map_or(Duration::ZERO, |latest| now.since(latest))
    }

    /// When an entry was received, where it can be told. What an earlier run received while its clock was set back bears the instant from before that.
    pub(super) fn receipt(&self, received: Timestamp, now: Timestamp) -> Option<Timestamp> {
        match self.live {
            true => Some(received.min(now)),
            false => Some(received).filter(|received| !self.held && *received <= now),
        }
    }

    /// The journal says when a clock was found to have been set back: what is ahead of it from an earlier run was measured until then.
    pub(super) fn look_for_step(&mut self, item: &Item) {
        let Item::System(condition) = item else { return };
        if condition.kind != SystemKind::CollectorClock {
            return;
        }
        self.held = condition.active;
        if !condition.active {
            return;
        }
        for state in &mut self.all {
            if let Some(mut ahead) = state.ahead.take() {
                ahead.clock_was_set(Duration::ZERO, condition.at);
                state.heard.take(&ahead);
            }
        }
    }
}

impl SeriesState {
    /// Takes a reading for what is known now.
    pub(super) fn note(&mut self, at: Timestamp, outcome: Outcome, now: Timestamp) {
        match at > now + AHEAD {
            true => self.ahead.get_or_insert_default().note(at, outcome),
            false => self.heard.note(at, outcome),
        }
    }
}

fn is_ahead(heard: &Heard, now: Timestamp) -> bool {
    heard.newest().is_some_and(|(newest, _)| newest > now + AHEAD)
}
