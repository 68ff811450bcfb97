//! The agents: who came, who went, whose clock is free, and the alarms about that.

use std::collections::{BTreeSet, HashMap};

use plenum_protocol::{AgentName, Duration, Timestamp};

use super::context::Context;
use super::presence::{Agent, Gate, OFFLINE_AFTER, Watch};
use super::register::Onset;
use super::rulebook::Rulebook;
use super::timers::Timer;
use crate::alarms::life::Trigger;
use crate::alarms::{Input, Origin, Remark, Subject};
use crate::fact::SystemKind;
use crate::site::Rule;

#[derive(Debug, Default)]
pub(super) struct Fleet {
    agents: Vec<Agent>,
    numbers: HashMap<AgentName, usize>,
    /// The numbers of those that are to be written down.
    changed: BTreeSet<usize>,
    /// What agents read routinely is not taken.
    pub(super) refuses: bool,
}

impl Fleet {
    pub(super) fn find(&self, name: &AgentName) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    /// The agent's number; a new name gets one.
    pub(super) fn open(&mut self, name: &AgentName, book: &Rulebook) -> usize {
        if let Some(number) = self.find(name) {
            return number;
        }
        let mut agent = Agent::new(name.clone());
        agent.watches = book.offline_rules(name).into_iter().map(Watch::new).collect();
        let number = self.agents.len();
        self.agents.push(agent);
        self.numbers.insert(name.clone(), number);
        self.changed.insert(number);
        number
    }

    /// Whether this agent is there.
    pub(super) fn is_there(&self, name: &AgentName) -> bool {
        self.find(name).is_some_and(|number| self.agents[number].online)
    }

    /// Whether the wall clock may decide about an agent's series.
    pub(super) fn gate(&self, number: usize, now: Timestamp) -> Gate {
        match self.agents[number].gate(now) {
            Gate::Pass | Gate::Wait if self.refuses => Gate::Refused,
            gate => gate,
        }
    }

    pub(super) fn count(&self) -> usize {
        self.agents.len()
    }

    pub(super) fn agent(&self, number: usize) -> &Agent {
        &self.agents[number]
    }

    /// The agent, which may be changed and is then written down.
    pub(super) fn change(&mut self, number: usize) -> &mut Agent {
        self.changed.insert(number);
        &mut self.agents[number]
    }

    /// A batch came; nothing of it must survive a restart.
    pub(super) fn batch(
        &mut self,
        number: usize,
        stream: Option<&str>,
        newest: (bool, bool),
        received: Timestamp,
    ) {
        self.agents[number].batch(stream, newest, received);
    }

    /// What a batch with nothing newer behind it shows of an agent's clock. Gives by how much it was set forward, if it was.
    pub(super) fn pace(
        &mut self,
        number: usize,
        span: (Timestamp, Timestamp),
        received: Timestamp,
    ) -> Option<Duration> {
        self.agents[number].pace.batch(span, received)
    }

    /// It may hold things unsent until a batch says otherwise.
    pub(super) fn unsettle(&mut self, number: usize, now: Timestamp) {
        self.agents[number].unsettle(now);
    }

    /// The numbers of those that changed since this was last asked.
    pub(super) fn take_changed(&mut self) -> BTreeSet<usize> {
        std::mem::take(&mut self.changed)
    }

    /// Something was received from an agent. Gives whether it had been away.
    pub(super) fn arrive(&mut self, number: usize, received: Timestamp, context: &mut Context<'_>) -> bool {
        let agent = &self.agents[number];
        if agent.online && agent.heard && !agent.cut_off {
            return false;
        }
        // What was due before it came has happened.
        for watch in 0..self.agents[number].watches.len() {
            self.fire_offline(number, watch, received, context);
        }
        let agent = self.change(number);
        let was_cut_off = std::mem::take(&mut agent.cut_off);
        let was_away = !agent.online;
        agent.heard = true;
        agent.online = true;
        agent.unsettle(received);
        if was_away {
            agent.since = received;
        }
        for watch in &mut agent.watches {
            watch.due = None;
            if std::mem::take(&mut watch.active) {
                let subject = Subject::Agent(agent.name.clone());
                let rule = &context.book.rule(watch.rule).id;
                if let Some(id) = context.register.find(rule, &subject) {
                    context.register.end(id, Trigger::Returned, received);
                }
            }
        }
        was_away || was_cut_off
    }

    /// It cannot be heard any more: nothing is decided of it by the wall clock, and nobody is told that it is away.
    pub(super) fn cut_off(&mut self, number: usize) {
        self.change(number).cut_off = true;
    }

    /// It could be heard again: what was not heard by the rule's limit from here is away.
    pub(super) fn join(&mut self, number: usize, received: Timestamp, context: &mut Context<'_>) {
        if self.agents[number].cut_off {
            self.wait_for(number, received, context);
        }
    }

    /// An agent's status or last will says that it is away. Gives whether that is news.
    pub(super) fn leave(&mut self, number: usize, received: Timestamp, context: &mut Context<'_>) -> bool {
        let agent = self.change(number);
        agent.heard = true;
        if !agent.online && agent.since != Timestamp::MIN {
            return false;
        }
        agent.online = false;
        agent.since = received;
        self.wait_for(number, received, context);
        true
    }

    /// The agent is away, or unheard, since `from`: its offline alarms are due when it stays so.
    pub(super) fn wait_for(&mut self, number: usize, from: Timestamp, context: &mut Context<'_>) {
        for (index, watch) in self.change(number).watches.iter_mut().enumerate() {
            if watch.active {
                continue;
            }
            let rule = context.book.rule(watch.rule);
            let after = rule.when.patience().unwrap_or(OFFLINE_AFTER);
            let due = *watch.due.get_or_insert(from + after + rule.on_delay);
            let timer = Timer::Offline {
                agent: number,
                watch: index,
            };
            context.timers.set(timer, due);
        }
    }

    /// Raises an agent's offline alarm if it is due. Gives whether the agent is away only by that.
    pub(super) fn fire_offline(
        &mut self,
        number: usize,
        watch: usize,
        now: Timestamp,
        context: &mut Context<'_>,
    ) -> bool {
        let agent = &mut self.agents[number];
        let Some(watch) = agent.watches.get_mut(watch) else {
            return false;
        };
        let Some(due) = watch.due.filter(|due| !watch.active && *due <= now) else {
            return false;
        };
        watch.active = true;
        watch.due = None;
        let rule = context.book.rule(watch.rule);
        // Unheard since the engine started: it is away.
        let unheard = std::mem::take(&mut agent.online);
        if unheard {
            agent.since = due;
        }
        let since = Some(agent.since).filter(|since| *since != Timestamp::MIN);
        let onset = Onset {
            at: due,
            heard: context.now,
            began: since,
            value: None,
            fault: None,
            input: Input::Known,
            room: context.book.room_of_agent(&agent.name),
            origin: Origin::Away { since },
            words: None,
            flips: None,
        };
        let subject = Subject::Agent(agent.name.clone());
        context.register.raise(rule, &subject, onset);
        self.changed.insert(number);
        unheard
    }

    /// What an agent's status says of its clock.
    pub(super) fn clock_state(
        &mut self,
        number: usize,
        synchronised: bool,
        received: Timestamp,
        context: &mut Context<'_>,
    ) {
        if self.agents[number].clock_synchronised == synchronised {
            return;
        }
        let agent = self.change(number);
        agent.clock_synchronised = synchronised;
        if synchronised {
            agent.clock_due = None;
            let subject = agent.name.to_string();
            let remark = Remark::Over {
                kind: SystemKind::ClockFree,
                by: None,
            };
            context.end_system(SystemKind::ClockFree, &subject, received, "", Some(remark));
            return;
        }
        let rule = context.book.system_rule(SystemKind::ClockFree);
        let due = received + rule.map_or(Duration::ZERO, |rule| rule.on_delay);
        agent.clock_due = Some(due);
        context.timers.set(Timer::Clock { agent: number }, due);
        self.fire_clock(number, received, context);
    }

    /// Raises the alarm about an agent's free clock if it is due.
    pub(super) fn fire_clock(&mut self, number: usize, now: Timestamp, context: &mut Context<'_>) {
        let Some(due) = self.agents[number].clock_due.filter(|due| *due <= now) else {
            return;
        };
        let agent = self.change(number);
        agent.clock_due = None;
        let subject = agent.name.to_string();
        context.raise_system(SystemKind::ClockFree, &subject, due, Origin::ClockFree);
    }

    /// Other offline rules are in force: those that stay go on, alarms of those that are gone end with the rest.
    pub(super) fn move_watches(&mut self, before: &[Rule], received: Timestamp, context: &mut Context<'_>) {
        for number in 0..self.agents.len() {
            let name = self.agents[number].name.clone();
            let mut watches: Vec<Watch> = context
                .book
                .offline_rules(&name)
                .into_iter()
                .map(Watch::new)
                .collect();
            for old in std::mem::take(&mut self.agents[number].watches) {
                let id = &before[old.rule].id;
                let same = |new: &&mut Watch| context.book.rule(new.rule).id == *id;
                if let Some(new) = watches.iter_mut().find(same) {
                    new.active = old.active;
                    new.due = old.due;
                }
            }
            self.change(number).watches = watches;
            self.arm(number, context);
            if !self.agents[number].online {
                self.wait_for(number, received, context);
            }
        }
    }

    /// Nobody asks for this agent any more: its offline alarms end with the rest.
    pub(super) fn forget(&mut self, number: usize) {
        for watch in &mut self.change(number).watches {
            watch.active = false;
            watch.due = None;
        }
    }

    /// Whether an active watch stands behind an agent's alarm.
    pub(super) fn is_watched(&self, name: &AgentName, rule: &str, book: &Rulebook) -> bool {
        let Some(number) = self.find(name) else {
            return false;
        };
        let watches = &self.agents[number].watches;
        watches
            .iter()
            .any(|watch| watch.active && book.rule(watch.rule).id.as_str() == rule)
    }

    /// This run's clock is at `now`: nobody is waited for longer than a rule says, whatever an earlier run's clock said.
    pub(super) fn come_back_to(&mut self, now: Timestamp, context: &mut Context<'_>) {
        let clock_rule = context.book.system_rule(SystemKind::ClockFree);
        let clock_due = now + clock_rule.map_or(Duration::ZERO, |rule| rule.on_delay);
        let book = context.book;
        let due = |rule: usize| {
            let rule = book.rule(rule);
            now + rule.when.patience().unwrap_or(OFFLINE_AFTER) + rule.on_delay
        };
        for number in 0..self.agents.len() {
            self.change(number).come_back_to(now, due, clock_due);
            self.arm(number, context);
        }
    }

    /// The collector's clock was set by so much: presence goes by elapsed time.
    pub(super) fn clock_was_set(&mut self, by: Duration, context: &mut Context<'_>) {
        for number in 0..self.agents.len() {
            self.change(number).shift(by);
            self.arm(number, context);
        }
    }

    /// Sets the timers of what the agent already waits for.
    pub(super) fn arm(&mut self, number: usize, context: &mut Context<'_>) {
        let agent = &self.agents[number];
        for (index, watch) in agent.watches.iter().enumerate() {
            if let Some(due) = watch.due {
                let timer = Timer::Offline {
                    agent: number,
                    watch: index,
                };
                context.timers.set(timer, due);
            }
        }
        if let Some(due) = agent.clock_due {
            context.timers.set(Timer::Clock { agent: number }, due);
        }
    }
}
