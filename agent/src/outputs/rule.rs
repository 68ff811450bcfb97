//! The agent's own rule of an output: on by itself when the collector does not answer and an input is in its alarm state. Pure.
//!
//! *Holds*: one of the named inputs is in its alarm state, as it was last known; a rule that names none always holds. *Silent*: the collector was not heard for as long
//! as the rule says. *Heard*: an acknowledgement of its own or a command, fresh from the collector.
//!
//! | state | it happens | state after |
//! |---|---|---|
//! | quiet | it holds, and the collector is silent | sounding |
//! | quiet | it holds, and what the collector had switched on ended without a word from it | sounding |
//! | sounding | it holds no longer | quiet |
//! | sounding | the collector is heard, and the rule names inputs | handing over |
//! | sounding | the collector is heard, and the rule names none | quiet |
//! | sounding, handing over | somebody presses the button | silenced |
//! | handing over | the collector switches this output, either way | quiet |
//! | handing over | the collector is heard a minute later still, and has said nothing of this output | quiet |
//! | handing over | the collector is silent again | sounding |
//! | handing over | it holds no longer | quiet |
//! | silenced | it holds no longer, or the collector is heard | quiet |
//! | silenced | another of its inputs comes into its alarm state | quiet, so that it may sound again |
//!
//! It is on while it sounds and while it hands over: whoever comes back needs a moment to see what stands, and the siren does not stop for that.

use plenum_protocol::{Duration, Identifier, Outcome, Quantity, Steady};

/// So long a collector that is back has to say what it wants of an output.
pub(super) const TAKES_OVER: Duration = Duration::from_minutes(1);

/// A rule as it is configured.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// How long the collector has not been heard.
    pub silent: Duration,
    /// One of these is in its alarm state; empty: that the collector is silent is enough.
    pub inputs: Vec<Input>,
    /// The button that silences it until something changes.
    pub button: Option<Identifier>,
    /// It blinks slowly instead of being on throughout.
    pub blinks: bool,
}

/// An input and its alarm state.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The sensor.
    pub sensor: Identifier,
    /// What it measures.
    pub quantity: Quantity,
    /// When that is an alarm.
    pub state: AlarmState,
}

/// When a value is an alarm; the bounds are in the quantity's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AlarmState {
    /// The state holds, or does not.
    Is(bool),
    /// The number is above this, until it is at or below it.
    Above(f64),
    /// The number is below this, until it is at or above it.
    Below(f64),
}

impl AlarmState {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::Is(state) => (value == 1.0) == state,
            Self::Above(limit) => value > limit,
            Self::Below(limit) => value < limit,
        }
    }
}

/// How a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Quiet,
    Sounding,
    HandingOver(Steady),
    Silenced,
}

/// A rule, and how it stands.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    pub(super) rule: Rule,
    pub(super) state: State,
    /// Of each input, whether it was in its alarm state when it was last known: a fault neither raises nor clears.
    alarms: Vec<bool>,
}

impl Watch {
    pub(super) fn new(rule: Rule) -> Self {
        Self {
            alarms: vec![false; rule.inputs.len()],
            state: State::Quiet,
            rule,
        }
    }

    /// Whether the output is on for it.
    pub(super) fn is_on(&self) -> bool {
        matches!(self.state, State::Sounding | State::HandingOver(_))
    }

    /// Whether it wants to know of this quantity of a sensor.
    pub(super) fn names(&self, sensor: &Identifier, quantity: Quantity) -> bool {
        let named = |input: &Input| input.sensor == *sensor && input.quantity == quantity;
        self.rule.inputs.iter().any(named) || self.is_button(sensor, quantity)
    }

    pub(super) fn holds(&self) -> bool {
        self.alarms.is_empty() || self.alarms.contains(&true)
    }

    /// When the collector is silent for it, heard last at `heard`.
    pub(super) fn silent_from(&self, heard: Steady) -> Steady {
        heard + self.rule.silent
    }

    /// A sensor was read.
    pub(super) fn seen(&mut self, sensor: &Identifier, quantity: Quantity, outcome: Outcome) {
        let Ok(value) = outcome else { return };
        if self.is_button(sensor, quantity) && value == 1.0 && self.is_on() {
            self.state = State::Silenced;
        }
        for (input, alarm) in self.rule.inputs.iter().zip(&mut self.alarms) {
            if input.sensor != *sensor || input.quantity != quantity {
                continue;
            }
            let before = std::mem::replace(alarm, input.state.holds(value));
            if *alarm && !before && self.state == State::Silenced {
                self.state = State::Quiet;
            }
        }
    }

    /// The collector was heard.
    pub(super) fn heard(&mut self, now: Steady) {
        self.state = match self.state {
            State::Sounding if self.rule.inputs.is_empty() => State::Quiet,
            State::Sounding => State::HandingOver(now),
            State::HandingOver(since) if now.since(since) >= TAKES_OVER => State::Quiet,
            State::Silenced => State::Quiet,
            same => same,
        };
    }

    /// The collector has switched the output.
    pub(super) fn commanded(&mut self) {
        if self.is_on() {
            self.state = State::Quiet;
        }
    }

    /// What the collector had switched on ended, and it has not been heard for a while.
    pub(super) fn left_alone(&mut self) {
        // That it is silent alone, `silent` says.
        if self.state == State::Quiet && self.alarms.contains(&true) {
            self.state = State::Sounding;
        }
    }

    /// Time goes by.
    pub(super) fn tick(&mut self, now: Steady, heard: Steady) {
        let silent = now >= self.silent_from(heard);
        self.state = match self.state {
            _ if !self.holds() => State::Quiet,
            State::Quiet | State::HandingOver(_) if silent => State::Sounding,
            same => same,
        };
    }

    fn is_button(&self, sensor: &Identifier, quantity: Quantity) -> bool {
        quantity == Quantity::ButtonPressed && self.rule.button.as_ref() == Some(sensor)
    }
}
