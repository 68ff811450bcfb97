//! Placed sensors of which nobody ever said anything: unknown from the revision that placed them, and an alarm of their own after the rule's delay.
//! A reading, be it a fault, or a status that lists the sensor ends it: from there on its silence is told as such. So does the revision that takes
//! it away. While its agent is not there the agent's own alarm tells of that.

use std::collections::BTreeMap;

use plenum_protocol::{AgentName, Duration, Identifier, Timestamp};

use super::context::Context;
use super::fleet::Fleet;
use super::timers::Timer;
use crate::alarms::{Origin, Remark};
use crate::fact::SystemKind;
use crate::site::Site;

const KIND: SystemKind = SystemKind::NeverHeard;

/// Since when each is waited for.
#[derive(Debug, Default)]
pub(super) struct Unheard(BTreeMap<(AgentName, Identifier), Timestamp>);

/// The subject of its alarm.
fn subject(agent: &AgentName, sensor: &Identifier) -> String {
    format!("{agent}/{sensor}")
}

impl Unheard {
    pub(super) fn restore(since: impl IntoIterator<Item = (AgentName, Identifier, Timestamp)>) -> Self {
        let since = since.into_iter();
        Self(
            since
                .map(|(agent, sensor, since)| ((agent, sensor), since))
                .collect(),
        )
    }

    /// Which are waited for, and since when.
    pub(super) fn list(&self) -> impl Iterator<Item = (&AgentName, &Identifier, Timestamp)> {
        self.0
            .iter()
            .map(|((agent, sensor), since)| (agent, sensor, *since))
    }

    /// A site is in force from `now` on; `is_heard`: whether anything was ever received of a sensor.
    pub(super) fn place(
        &mut self,
        site: &Site,
        now: Timestamp,
        fleet: &Fleet,
        is_heard: impl Fn(usize, &Identifier) -> bool,
        context: &mut Context<'_>,
    ) {
        let mut before = std::mem::take(&mut self.0);
        for sensor in &site.sensors {
            let agent = AgentName::new(site.site.id.clone(), sensor.agent.clone());
            if !fleet
                .find(&agent)
                .is_some_and(|agent| is_heard(agent, &sensor.id))
            {
                let key = (agent, sensor.id.clone());
                let since = before.remove(&key).unwrap_or(now);
                self.0.insert(key, since);
            }
        }
        for (agent, sensor) in before.into_keys() {
            context.end_system(KIND, &subject(&agent, &sensor), now, "", None);
        }
        self.arm(fleet, context);
    }

    /// Something of a sensor was received, or its agent lists it, for the first time.
    pub(super) fn heard(
        &mut self,
        agent: &AgentName,
        sensor: &Identifier,
        at: Timestamp,
        context: &mut Context<'_>,
    ) {
        if self.0.remove(&(agent.clone(), sensor.clone())).is_some() {
            let remark = Remark::Over { kind: KIND, by: None };
            context.end_system(KIND, &subject(agent, sensor), at, "", Some(remark));
        }
    }

    /// Raises the alarms that are due.
    pub(super) fn fire(&mut self, now: Timestamp, fleet: &Fleet, context: &mut Context<'_>) {
        let Some(delay) = delay(context) else { return };
        for ((agent, sensor), since) in &self.0 {
            let due = *since + delay;
            let subject = subject(agent, sensor);
            if due > now || !fleet.is_there(agent) || context.has_system(KIND, &subject) {
                continue;
            }
            let site = context.book.site().clone();
            let placed = site.sensor(agent, sensor);
            let room = placed.map(|placed| placed.room.clone());
            let origin = Origin::NeverHeard {
                agent: agent.clone(),
                sensor: sensor.clone(),
            };
            context.raise_system_in(KIND, &subject, due, origin, room);
        }
        self.arm(fleet, context);
    }

    /// The collector's clock was set by so much.
    pub(super) fn clock_was_set(&mut self, by: Duration, fleet: &Fleet, context: &mut Context<'_>) {
        for since in self.0.values_mut() {
            *since = *since + by;
        }
        self.arm(fleet, context);
    }

    /// This run's clock is at `now`: nobody is waited for from the future.
    pub(super) fn come_back_to(&mut self, now: Timestamp, fleet: &Fleet, context: &mut Context<'_>) {
        for since in self.0.values_mut() {
            *since = (*since).min(now);
        }
        self.arm(fleet, context);
    }

    /// One entry among the timers, for the next that is not told yet; again when an agent comes.
    pub(super) fn arm(&self, fleet: &Fleet, context: &mut Context<'_>) {
        let Some(delay) = delay(context) else { return };
        let untold = self.0.iter().filter(|((agent, sensor), _)| {
            fleet.is_there(agent) && !context.has_system(KIND, &subject(agent, sensor))
        });
        if let Some(since) = untold.map(|(_, since)| *since).min() {
            context.timers.set(Timer::Unheard, since + delay);
        }
    }
}

/// How long is waited; none where the rule is switched off.
fn delay(context: &Context<'_>) -> Option<Duration> {
    context.book.system_rule(KIND).map(|rule| rule.on_delay)
}
