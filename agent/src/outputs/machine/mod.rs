//! What an output is to do now: by command until an instant, by its own rules, or to show which host this is. Pure: it reads no clock and touches no line.
//!
//! | wanted by | how |
//! |---|---|
//! | a command, until its time is over or another says off | on |
//! | a rule of its own | on, or blinking slowly where the rule says so |
//! | `identify`, for ten seconds | blinking quickly |
//!
//! The first of these that wants it says how. A command's end is its own: nobody who is gone can leave a siren on.

use plenum_protocol::{Duration, Identifier, Outcome, Quantity, Steady};

use super::rule::{Rule, Watch};

/// How long a host shows itself.
pub(super) const IDENTIFIES: Duration = Duration::from_seconds(10);
/// Whoever has not been heard for so long when a command of theirs ends did not end it.
const LEFT_ALONE: Duration = Duration::from_seconds(15);
/// On and off in turns of this.
const QUICK: (Duration, Duration) = (Duration::from_milliseconds(500), Duration::from_milliseconds(500));
const SLOW: (Duration, Duration) = (Duration::from_seconds(1), Duration::from_seconds(3));

/// What happens to an output.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event<'a> {
    /// A sensor of this agent was read.
    Seen {
        sensor: &'a Identifier,
        quantity: Quantity,
        outcome: Outcome,
    },
    /// The collector was heard.
    Heard,
    /// The collector wants it on for so long.
    On(Duration),
    /// The collector wants it off.
    Off,
    /// Somebody looks for the host.
    Identify,
    /// Time goes by.
    Tick,
}

/// An output's state.
#[derive(Debug)]
pub(super) struct Machine {
    watches: Vec<Watch>,
    /// Until when a command holds it on.
    held: Option<Steady>,
    identifies: Option<Steady>,
    /// When the collector was last heard; a start counts as that.
    heard: Steady,
    /// Since when it is on, whatever for.
    on_since: Option<Steady>,
}

impl Machine {
    /// Off. The collector was heard last at `heard`.
    pub(super) fn new(rules: &[Rule], heard: Steady) -> Self {
        Self {
            watches: rules.iter().cloned().map(Watch::new).collect(),
            held: None,
            identifies: None,
            heard,
            on_since: None,
        }
    }

    /// Whether a rule names this quantity of a sensor.
    pub(super) fn names(&self, sensor: &Identifier, quantity: Quantity) -> bool {
        self.watches.iter().any(|watch| watch.names(sensor, quantity))
    }

    /// Takes what happened, and the time that has gone by.
    pub(super) fn step(&mut self, event: Event<'_>, now: Steady) {
        match event {
            Event::Seen {
                sensor,
                quantity,
                outcome,
            } => self.each(|watch| watch.seen(sensor, quantity, outcome)),
            Event::Heard => self.hear(now),
            Event::On(lasts) => {
                self.hear(now);
                self.held = Some(now + lasts);
                self.each(Watch::commanded);
            }
            Event::Off => {
                self.hear(now);
                self.held = None;
                self.each(Watch::commanded);
            }
            Event::Identify => self.identifies = Some(now + IDENTIFIES),
            Event::Tick => {}
        }
        self.let_time_go_by(now);
    }

    fn hear(&mut self, now: Steady) {
        self.heard = now;
        self.each(|watch| watch.heard(now));
    }

    fn let_time_go_by(&mut self, now: Steady) {
        if self.held.is_some_and(|until| now >= until) {
            self.held = None;
            // It says so again as long as it wants it on, and off at the end: neither came.
            if now.since(self.heard) >= LEFT_ALONE {
                self.each(Watch::left_alone);
            }
        }
        self.identifies = self.identifies.filter(|until| now < *until);
        let heard = self.heard;
        self.each(|watch| watch.tick(now, heard));
        self.on_since = match self.is_on() {
            true => self.on_since.or(Some(now)),
            false => None,
        };
    }

    /// Whether it is on for anything, blinking included.
    pub(super) fn is_on(&self) -> bool {
        self.held.is_some() || self.identifies.is_some() || self.watches.iter().any(Watch::is_on)
    }

    /// Whether the line is to be active at this instant.
    pub(super) fn level(&self, now: Steady) -> bool {
        self.is_on() && self.beat().is_none_or(|beat| self.phase(beat, now).0)
    }

    /// When it has to be looked at again, if nothing happens; none where time changes nothing.
    pub(super) fn next_wakeup(&self, now: Steady) -> Option<Steady> {
        let beat = self.beat().filter(|_| self.is_on());
        let edge = beat.map(|beat| self.phase(beat, now).1);
        let silent = self.watches.iter().filter(|watch| watch.holds());
        let silent = silent.map(|watch| watch.silent_from(self.heard));
        let ends = self.held.into_iter().chain(self.identifies).chain(silent);
        ends.filter(|end| *end > now).chain(edge).min()
    }

    /// In which turns it is on and off; none where it is on throughout.
    fn beat(&self) -> Option<(Duration, Duration)> {
        let on = |watch: &&Watch| watch.is_on();
        let steady = |watch: &Watch| !watch.rule.blinks;
        if self.held.is_some() || self.watches.iter().filter(on).any(steady) {
            return None;
        }
        match self.watches.iter().any(Watch::is_on) {
            true => Some(SLOW),
            false => Some(QUICK),
        }
    }

    /// Whether it is on in this turn, and when the turn ends.
    fn phase(&self, (on, off): (Duration, Duration), now: Steady) -> (bool, Steady) {
        let began = self.on_since.unwrap_or(now);
        let (on, both) = (on.milliseconds(), (on + off).milliseconds());
        let into = now.since(began).milliseconds().rem_euclid(both);
        let left = if into < on { on - into } else { both - into };
        (into < on, now + Duration::from_milliseconds(left))
    }

    fn each(&mut self, change: impl FnMut(&mut Watch)) {
        self.watches.iter_mut().for_each(change);
    }
}

#[cfg(test)]
mod tests;
