//! The monitor itself: conditions that its parts report, and those that the engine sees in what it reads.

use plenum_protocol::{Duration, Identifier, Timestamp};

use super::Engine;
use super::register::{Effect, Onset};
use super::series::stale_after;
use crate::alarms::life::Trigger;
use crate::alarms::{Input, State, Subject};
use crate::fact::{Gap, SystemCondition, SystemKind};
use crate::site::{Condition, Priority, Rule};

/// A condition that only has a beginning (a gap, late readings) counts as gone when nothing more of it came for this long.
const QUIET: Duration = Duration::from_minutes(10);

impl Engine {
    pub(super) fn system(&mut self, condition: &SystemCondition, effects: &mut Vec<Effect>) {
        if condition.active {
            self.raise_system(
                condition.kind,
                &condition.subject,
                condition.at,
                &condition.message,
                effects,
            );
        } else {
            self.end_system(
                condition.kind,
                &condition.subject,
                condition.at,
                &condition.message,
                effects,
            );
        }
    }

    /// Readings are lost: what they would have said is unknown, so an off-delay that runs across them starts again. Intake reports the
    /// condition `gap` beside it.
    pub(super) fn gap(&mut self, gap: &Gap, effects: &mut Vec<Effect>) {
        let Some(agent) = self.agent_index.get(&gap.agent).copied() else {
            return;
        };
        for index in self.series_of(agent) {
            if self.series[index].newest.is_some_and(|newest| newest >= gap.to) {
                continue;
            }
            let limit = self.series[index].silence_limit();
            for place in 0..self.series[index].machines.len() {
                let machine = &mut self.series[index].machines[place];
                let rule = &self.rules[machine.rule];
                if matches!(rule.when, Condition::Stale { .. }) {
                    continue;
                }
                let after = stale_after(rule, limit);
                machine
                    .tracker
                    .lost(rule, Some(after), gap.from, &mut self.changes);
                self.settle((index, place), effects);
            }
        }
    }

    /// What an agent's status says of its clock.
    pub(super) fn clock_state(
        &mut self,
        agent: usize,
        synchronised: bool,
        received: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        if self.agents[agent].clock_synchronised == synchronised {
            return;
        }
        self.agents[agent].clock_synchronised = synchronised;
        if synchronised {
            self.agents[agent].clock_due = None;
            let (subject, _) = self.agent_words(agent);
            self.end_system(SystemKind::ClockFree, &subject, received, "", effects);
        } else {
            let delay = self
                .system_rule(SystemKind::ClockFree)
                .map_or(Duration::ZERO, |rule| rule.on_delay);
            self.agents[agent].clock_due = Some(received + delay);
            self.watch_clock(agent, received, effects);
        }
    }

    /// Raises the alarm about an agent's free clock when it is due.
    pub(super) fn watch_clock(&mut self, agent: usize, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(due) = self.agents[agent].clock_due.filter(|due| *due <= now) else {
            return;
        };
        self.agents[agent].clock_due = None;
        let (subject, name) = self.agent_words(agent);
        let message = format!("Clock not synchronised: agent {name}");
        self.raise_system(SystemKind::ClockFree, &subject, due, &message, effects);
    }

    /// One summary for all that came late from an agent.
    pub(super) fn late_summary(
        &mut self,
        agent: usize,
        count: usize,
        received: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let (subject, name) = self.agent_words(agent);
        let total = count as u64 + std::mem::take(&mut self.agents[agent].late);
        self.agents[agent].late = total;
        let alarms = if total == 1 { "alarm" } else { "alarms" };
        let message =
            format!("Late readings of agent {name} would have raised {total} {alarms}; see the log");
        self.raise_for_a_while(SystemKind::Late, &subject, received, &message, effects);
    }

    /// Ends what had only a beginning, when it has been quiet.
    pub(super) fn end_quiet(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let over: Vec<(u64, Timestamp)> = self
            .quiet_at
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(id, at)| (*id, *at))
            .collect();
        for (id, at) in over {
            self.quiet_at.remove(&id);
            self.register.end(id, Trigger::Returned, at, "", effects);
            let late = self
                .register
                .alarms
                .get(&id)
                .filter(|alarm| alarm.rule.as_str() == SystemKind::Late.as_str());
            if let Some(Subject::System(subject)) = late.map(|alarm| alarm.subject.clone()) {
                for agent in 0..self.agents.len() {
                    if self.agent_words(agent).0 == subject {
                        self.agents[agent].late = 0;
                    }
                }
            }
        }
    }

    fn agent_words(&self, agent: usize) -> (String, Identifier) {
        let name = &self.agents[agent].name;
        (format!("{}/{}", name.site, name.agent), name.agent.clone())
    }

    fn raise_for_a_while(
        &mut self,
        kind: SystemKind,
        subject: &str,
        at: Timestamp,
        message: &str,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(id) = self.raise_system(kind, subject, at, message, effects) {
            self.quiet_at.insert(id, at + QUIET);
        }
    }

    /// Answers the alarm's number; none if its rule is switched off.
    fn raise_system(
        &mut self,
        kind: SystemKind,
        subject: &str,
        at: Timestamp,
        message: &str,
        effects: &mut Vec<Effect>,
    ) -> Option<u64> {
        let rule = self.system_rule(kind)?;
        let onset = Onset {
            at,
            value: None,
            fault: None,
            input: Input::Known,
            room: None,
            message: message.to_owned(),
        };
        let subject = Subject::System(subject.to_owned());
        let id = self.register.raise(&rule, &subject, onset, effects);
        if let Some(alarm) = self.register.alarms.get_mut(&id)
            && alarm.message != message
            && alarm.state != State::Normal
        {
            message.clone_into(&mut alarm.message);
            effects.push(Effect::Updated(alarm.clone()));
        }
        Some(id)
    }

    fn end_system(
        &mut self,
        kind: SystemKind,
        subject: &str,
        at: Timestamp,
        message: &str,
        effects: &mut Vec<Effect>,
    ) {
        let Some(rule) = self.system_rule(kind) else {
            return;
        };
        let subject = Subject::System(subject.to_owned());
        if let Some(id) = self.register.find(&rule.id, &subject) {
            self.register.end(id, Trigger::Returned, at, message, effects);
        }
    }

    /// The rule for a condition. One that no rule knows is told all the same, as high.
    fn system_rule(&self, kind: SystemKind) -> Option<Rule> {
        let of_kind = |rule: &&Rule| rule.when == Condition::System { kind };
        match self.rules.iter().find(of_kind) {
            Some(rule) => rule.enabled.then(|| rule.clone()),
            None => {
                let id: Identifier = kind.as_str().parse().ok()?;
                Some(Rule {
                    id,
                    name: kind.as_str().replace('-', " "),
                    enabled: true,
                    select: crate::site::Selector::default(),
                    when: Condition::System { kind },
                    only_while: None,
                    on_delay: Duration::ZERO,
                    off_delay: Duration::ZERO,
                    priority: Priority::High,
                    cause: String::new(),
                    consequence: String::new(),
                    response: Vec::new(),
                })
            }
        }
    }
}
