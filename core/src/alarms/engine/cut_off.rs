//! When it is the collector that hears nothing: its broker is lost, its disk has no room for what is read routinely, or it did not run itself. Nobody
//! is silent for that. What agents measured meanwhile waits with them, so nothing is decided by the wall clock until they have told it.

use plenum_protocol::{Duration, Timestamp};

use super::Engine;
use super::context::Context;

impl Engine {
    /// The broker through which agents are heard is lost, or is there again: they are away without anybody being told of each, until each is heard.
    pub(super) fn broker(&mut self, is_lost: bool, received: Timestamp) {
        for agent in 0..self.fleet.count() {
            match is_lost {
                true => {
                    self.fleet.cut_off(agent);
                    self.table.look_at_inputs(agent, context!(self));
                }
                false => self.fleet.join(agent, received, context!(self)),
            }
        }
    }

    /// The collector has no room for what is read routinely, or has again: it waits with the agents, and what is urgent comes.
    pub(super) fn refuse(&mut self, refuses: bool, received: Timestamp) {
        self.fleet.refuses = refuses;
        for agent in 0..self.fleet.count() {
            if !refuses {
                self.fleet.unsettle(agent, received);
                for series in self.table.of_agent(agent) {
                    self.table.expect(series, received, context!(self));
                }
            }
            self.table.look_at_inputs(agent, context!(self));
        }
    }

    /// This program did not run for a while, and does at `now`: what was sent to it meanwhile is still under way, and silence counts from here.
    pub fn interrupted(&mut self, now: Timestamp) {
        if !self.live {
            return;
        }
        self.now = self.now.max(now);
        self.table.clock_was_set(Duration::ZERO, now, context!(self));
        for agent in 0..self.fleet.count() {
            self.fleet.unsettle(agent, now);
        }
    }
}
