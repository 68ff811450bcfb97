//! A revision of the site takes effect: trackers of rules that stay go on, what is gone ends with cause `configuration`.

use std::collections::HashMap;
use std::mem::discriminant;

use plenum_protocol::{Identifier, Timestamp};

use super::Engine;
use super::register::Effect;
use super::series::watches;
use crate::alarms::life::Trigger;
use crate::alarms::{State, Subject};
use crate::site::{Condition, Rule, Site};
use plenum_protocol::AgentName;

impl Engine {
    /// The revision with this number is in force. One that was not handed in, or is older than the one in force, changes nothing.
    pub(super) fn revise(&mut self, number: u64, received: Timestamp, effects: &mut Vec<Effect>) {
        if number <= self.revision {
            return;
        }
        if let Some(site) = self.prepared.remove(&number) {
            self.prepared.retain(|later, _| *later > number);
            self.revision = number;
            let rules = crate::site::effective_rules(&site);
            let before_site = std::mem::replace(&mut self.site, site);
            let before_rules = std::mem::replace(&mut self.rules, rules.into());
            self.move_trackers(&before_rules, received, effects);
            self.retire_removed(&before_site, received, effects);
            self.expect_agents(received);
            self.rename(effects);
        }
    }

    fn move_trackers(&mut self, before: &[Rule], received: Timestamp, effects: &mut Vec<Effect>) {
        let places: HashMap<&Identifier, usize> = self
            .rules
            .iter()
            .enumerate()
            .map(|(place, rule)| (&rule.id, place))
            .collect();
        let mut ended: Vec<u64> = Vec::new();
        self.timers.clear();
        self.guards.clear();
        for state in &mut self.series {
            state.late = None;
            state.machines.retain_mut(|machine| {
                let old = &before[machine.rule];
                machine.scheduled = None;
                if let Some(place) = places.get(&old.id) {
                    let new = &self.rules[*place];
                    let same = discriminant(&old.when) == discriminant(&new.when)
                        && old.only_while == new.only_while;
                    if same && watches(&self.site, new, &state.series) {
                        if (&old.when, old.on_delay, old.off_delay)
                            != (&new.when, new.on_delay, new.off_delay)
                        {
                            machine.tracker.rule_changed();
                        }
                        machine.rule = *place;
                        return true;
                    }
                }
                ended.extend(machine.alarm);
                false
            });
        }
        for id in ended {
            self.end_by_configuration(id, received, effects);
        }
        for index in 0..self.series.len() {
            self.note_guard(index);
        }
        for index in 0..self.series.len() {
            if self.series[index].watched {
                self.equip(index, received);
                self.arm(index);
            }
        }
        self.move_watches(before, received, effects);
        self.end_removed_system_rules(received, effects);
    }

    fn move_watches(&mut self, before: &[Rule], received: Timestamp, effects: &mut Vec<Effect>) {
        for agent in 0..self.agents.len() {
            let mut watches = self.watches_for(&self.agents[agent].name);
            let old = std::mem::take(&mut self.agents[agent].watches);
            for watch in old {
                let id = &before[watch.rule].id;
                match watches.iter_mut().find(|new| self.rules[new.rule].id == *id) {
                    Some(new) => {
                        new.active = watch.active;
                        new.due = watch.due;
                    }
                    None => {
                        let subject = Subject::Agent(self.agents[agent].name.clone());
                        if let Some(id) = self.register.find(id, &subject) {
                            self.end_by_configuration(id, received, effects);
                        }
                    }
                }
            }
            self.agents[agent].watches = watches;
            if !self.agents[agent].online {
                self.await_agent(agent, received);
            }
        }
    }

    fn end_removed_system_rules(&mut self, received: Timestamp, effects: &mut Vec<Effect>) {
        let switched_off: Vec<u64> = self
            .register
            .alarms
            .values()
            .filter(|alarm| matches!(alarm.subject, Subject::System(_)))
            .filter(|alarm| {
                self.rules
                    .iter()
                    .any(|rule| rule.id == alarm.rule && !rule.enabled)
            })
            .map(|alarm| alarm.id)
            .collect();
        for id in switched_off {
            self.end_by_configuration(id, received, effects);
        }
    }

    /// Sensors and agents that the site named before and does not name now.
    fn retire_removed(&mut self, before: &Site, received: Timestamp, effects: &mut Vec<Effect>) {
        for sensor in &before.sensors {
            let name = AgentName {
                site: before.site.id.clone(),
                agent: sensor.agent.clone(),
            };
            let Some(agent) = self.agent_index.get(&name).copied() else {
                continue;
            };
            if self.site.sensor(&name, &sensor.id).is_none() {
                self.retire_sensor(agent, &sensor.id, received, effects);
            }
            let named = self.site.names_agent(&name);
            if !named && !self.agents[agent].online {
                for place in 0..self.agents[agent].watches.len() {
                    let watch = &mut self.agents[agent].watches[place];
                    watch.active = false;
                    watch.due = None;
                    let rule = self.rules[watch.rule].id.clone();
                    if let Some(id) = self.register.find(&rule, &Subject::Agent(name.clone())) {
                        self.end_by_configuration(id, received, effects);
                    }
                }
            }
        }
    }

    /// A sensor is gone on purpose: its alarms end, and its silence is no news. A reading brings it back.
    pub(super) fn retire_sensor(
        &mut self,
        agent: usize,
        sensor: &Identifier,
        received: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        for index in self.series_of(agent) {
            if self.series[index].series.sensor() != sensor {
                continue;
            }
            self.series[index].watched = false;
            let machines = std::mem::take(&mut self.series[index].machines);
            for machine in machines {
                if let Some(id) = machine.alarm {
                    self.end_by_configuration(id, received, effects);
                }
            }
        }
    }

    /// Agents that the site names are expected, also before they were ever heard of.
    fn expect_agents(&mut self, received: Timestamp) {
        let named: Vec<AgentName> = self
            .site
            .sensors
            .iter()
            .map(|sensor| AgentName {
                site: self.site.site.id.clone(),
                agent: sensor.agent.clone(),
            })
            .collect();
        for name in named {
            let agent = self.agent(&name);
            if !self.agents[agent].heard && self.live {
                self.await_agent(agent, received);
            }
        }
    }

    /// What is raised takes its rule's new name and priority.
    fn rename(&mut self, effects: &mut Vec<Effect>) {
        for alarm in self.register.alarms.values_mut() {
            let Some(rule) = self.rules.iter().find(|rule| rule.id == alarm.rule) else {
                continue;
            };
            if alarm.state == State::Normal {
                continue;
            }
            let (limit, latched) = match rule.when {
                Condition::Above { limit, .. } | Condition::Below { limit, .. } => (Some(limit), false),
                Condition::Is { latched, .. } => (None, latched),
                _ => (None, false),
            };
            if (&alarm.name, alarm.priority, alarm.limit, alarm.latched)
                != (&rule.name, rule.priority, limit, latched)
            {
                alarm.name.clone_from(&rule.name);
                alarm.priority = rule.priority;
                alarm.limit = limit;
                alarm.latched = latched;
                effects.push(Effect::Updated(alarm.clone()));
            }
        }
    }

    fn end_by_configuration(&mut self, id: u64, at: Timestamp, effects: &mut Vec<Effect>) {
        self.register.end(
            id,
            Trigger::Configuration,
            at,
            "its rule or what it watches was changed",
            effects,
        );
    }
}
