//! Sensors that nothing is expected of any more: a revision no longer names them, or a person has said so.

use plenum_protocol::{Identifier, Timestamp};

use super::Engine;
use super::context::Context;
use crate::authority::Actor;
use crate::expectation;
use crate::site::Site;

impl Engine {
    /// Sensors and agents that the site named before and does not name now.
    pub(super) fn retire_removed(&mut self, before: &Site, received: Timestamp) {
        let site = self.book.site().clone();
        for (name, sensor) in expectation::retired(before, &site) {
            let Some(agent) = self.fleet.find(&name) else {
                continue;
            };
            self.retire(agent, sensor, received, None);
            if !self.book.site().names_agent(&name) && !self.fleet.agent(agent).online {
                self.fleet.forget(agent);
            }
        }
    }

    /// Nothing is expected of a sensor any more. `by`: who said so; none where it was a revision, which does not stop a sensor from being read: what its
    /// agent goes on telling of is judged by the rules that select it there as well, and an alarm of it goes on.
    pub(super) fn retire(
        &mut self,
        agent: usize,
        sensor: &Identifier,
        received: Timestamp,
        by: Option<&Actor>,
    ) {
        if by.is_none() && self.is_read(agent, sensor, received) {
            self.table.expect_no_more(agent, sensor, received);
            return;
        }
        self.fleet.change(agent).intervals.remove(sensor);
        let by = by.unwrap_or(&Actor::Monitor);
        let context: &mut Context<'_> = context!(self);
        self.table.retire(agent, sensor, (received, by), context);
    }

    /// Whether an agent that is there says that it reads a sensor, and does.
    fn is_read(&self, agent: usize, sensor: &Identifier, now: Timestamp) -> bool {
        let known = self.fleet.agent(agent);
        known.online && known.intervals.contains_key(sensor) && self.table.is_known(agent, sensor, now)
    }
}
