//! When a series counts at all: from when it was first expected or heard, to when a revision took it away. One that comes today changes nothing of
//! what was before.

use plenum_protocol::Timestamp;

use super::truth::Truth;
use crate::alarms::Change;
use crate::expectation::Expectation;

/// From which instants on a series counts, or does not.
pub(super) struct Membership(pub(super) Vec<(Timestamp, bool)>);

impl Membership {
    /// Of a series of which this is expected and whose first reading this was.
    pub(super) fn of(expectation: &Expectation, first: Option<Timestamp>) -> Self {
        // What a program wrote that kept no instants says nothing of when it began.
        let told = expectation.begins().filter(|from| *from != Timestamp::MIN);
        let Some(begins) = told.into_iter().chain(first).min() else {
            return Self(Vec::new());
        };
        let mut changes = vec![(begins, true)];
        for era in expectation.eras().iter().filter(|era| era.from > begins) {
            let is_member = era.expected.is_some();
            if changes.last().is_some_and(|(_, last)| *last != is_member) {
                changes.push((era.from, is_member));
            }
        }
        Self(changes)
    }

    /// The first instant at which it counts.
    pub(super) fn begins(&self) -> Option<Timestamp> {
        self.0.first().map(|(at, _)| *at)
    }
}

/// What is known of a point: one rule over one series, or a sensor that was never heard.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PointState {
    pub(super) is_member: bool,
    active: bool,
    known: bool,
}

/// What happens to a point.
pub(super) enum Step {
    Member(bool),
    Change(Change),
}

impl PointState {
    pub(super) fn step(&mut self, step: Step) {
        match step {
            Step::Member(is_member) => self.is_member = is_member,
            Step::Change(Change::Raised(_)) => self.active = true,
            Step::Change(Change::Returned(_)) => self.active = false,
            Step::Change(Change::Known(_)) => self.known = true,
            Step::Change(Change::Unknown(_)) => self.known = false,
        }
    }

    /// None for one that does not count. An active condition whose input is lost is unknown: a recovery that nobody saw must not leave a service
    /// down for ever.
    pub(super) fn truth(self) -> Option<Truth> {
        match (self.is_member, self.known, self.active) {
            (false, ..) => None,
            (true, false, _) => Some(Truth::Unknown),
            (true, true, true) => Some(Truth::True),
            (true, true, false) => Some(Truth::False),
        }
    }
}
