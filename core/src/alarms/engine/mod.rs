//! The alarm engine: journal entries in, effects out. It reads no clock, takes no lock and does no I/O; `now` is an argument,
//! `next_wakeup` says when it wants to be called if nothing comes, and what it decided waits in a queue that the shell drains.
//!
//! Each part owns what it knows: `rulebook` the site and its rules, `fleet` the agents, `table` the series with their trackers,
//! `register` the alarms and the effects, `monitor` the alarms that end by themselves, `timers` all that is waited for. Each series is
//! judged by its own readings in the order of their instants, so batches may be cut and mixed in any way: the same readings give the
//! same events. Only rules that look at other series (`crate::around`) and presence look across them.

/// Splits an engine into what every part works with and the parts themselves.
macro_rules! context {
    ($engine:ident) => {
        &mut Context {
            book: &$engine.book,
            register: &mut $engine.register,
            timers: &mut $engine.timers,
            live: $engine.live,
            now: $engine.now,
        }
    };
}

mod acts;
mod batches;
mod behind;
mod changes;
mod chatter;
mod clocks;
mod context;
mod covers;
mod cut_off;
mod due;
mod ending;
mod first_out;
mod fleet;
mod hidden;
mod holders;
mod late;
mod lookers;
mod losses;
mod monitor;
mod near;
mod numbers;
mod pace;
mod presence;
mod register;
mod retired;
mod revised;
mod rulebook;
mod series;
mod snapshot;
mod suppression;
mod table;
mod timers;
mod together;
mod unheard;
mod words;
mod works;

use std::collections::HashSet;
use std::sync::Arc;

use plenum_protocol::{AgentName, Channel, Duration, Identifier, Timestamp};

pub use acts::Refusal;
pub use register::Effect;
pub use snapshot::{AgentRow, Head, SeriesRow, Snapshot};

use crate::alarms::{Alarm, Cause, Subject};
use crate::expectation::{self, Expected, Why};
use crate::fact::{Entry, Expectation, ExpectationChange, Item, Presence, SystemKind};
use crate::site::Site;
use crate::work::Work;
use context::Context;
use fleet::Fleet;
use monitor::Monitor;
pub(crate) use presence::OFFLINE_AFTER;
use register::Register;
use rulebook::{Before, Rulebook};
use series::FUTURE;
use table::SeriesTable;
use timers::{Timer, Timers};
use unheard::Unheard;
use works::Works;

/// All alarms of a collector, folded over its journal.
#[derive(Debug)]
pub struct Engine {
    book: Rulebook,
    fleet: Fleet,
    table: SeriesTable,
    register: Register,
    monitor: Monitor,
    unheard: Unheard,
    timers: Timers,
    /// The journal's end was reached once in this run.
    live: bool,
    /// The newest entry's instant of receipt.
    received: Timestamp,
    /// The instant up to which it was told of anything: that of an entry or of the wall clock.
    now: Timestamp,
}

impl Engine {
    /// An engine that has seen nothing, with revision 0: an empty site that only the built-in rules protect.
    pub fn new(site: Arc<Site>) -> Self {
        let mut engine = Self {
            book: Rulebook::new(site, 0),
            fleet: Fleet::default(),
            table: SeriesTable::default(),
            register: Register::default(),
            monitor: Monitor::default(),
            unheard: Unheard::default(),
            timers: Timers::default(),
            live: false,
            received: Timestamp::MIN,
            now: Timestamp::MIN,
        };
        engine.register.know(engine.book.rules(), Timestamp::MIN);
        let context: &mut Context<'_> = context!(engine);
        engine.table.look_around(context);
        engine
    }

    /// The engine as it was, with the site of the revision that was in force. What the program's built-in rules have become since then
    /// takes effect as a revision's would: a new one watches old series, and nothing is left standing without a watcher.
    pub fn restore(snapshot: Snapshot, site: Arc<Site>) -> Self {
        let mut engine = Self::new(site.clone());
        engine.book = Rulebook::new(site, snapshot.head.revision);
        let works = Works::restore(snapshot.works, snapshot.head.last_work);
        engine.register = Register::restore(snapshot.alarms, snapshot.head.last_alarm, works);
        engine.received = Timestamp::from_milliseconds(snapshot.head.received);
        engine.now = engine.received;
        engine.unheard = Unheard::restore(snapshot.head.unheard());
        engine.fleet.refuses = snapshot.head.refuses;
        engine.monitor = Monitor::restore(snapshot.head.quiet_at, context!(engine));
        for row in snapshot.agents {
            let number = engine.fleet.open(&row.agent, &engine.book);
            row.restore(engine.fleet.change(number), &engine.book);
            let is_there = engine.fleet.agent(number).online;
            engine.table.set_presence(number, is_there);
            engine.fleet.arm(number, context!(engine));
        }
        for row in snapshot.series {
            let number = engine.fleet.open(&row.series.agent, &engine.book);
            let series = row.series.clone();
            let subject = Subject::Series(series.clone());
            let state = row.restore(
                |rule| engine.book.watches(rule, &series),
                &engine.book,
                |rule| engine.register.find(rule, &subject),
            );
            engine.table.add(number, state);
        }
        engine.take_changes();
        let context: &mut Context<'_> = context!(engine);
        engine.table.look_around(context);
        engine.reconcile(engine.received, Cause::Upgraded, &HashSet::new());
        engine
    }

    /// Hands in a revision's site; it takes effect when the journal says so.
    pub fn prepare(&mut self, revision: u64, site: Arc<Site>) {
        self.book.prepare(revision, site);
    }

    /// The revision in force; 0 before the first.
    pub fn revision(&self) -> u64 {
        self.book.revision()
    }

    /// The site in force.
    pub fn site(&self) -> &Arc<Site> {
        self.book.site()
    }

    /// The alarms as they stand, normal ones among them.
    pub fn alarms(&self) -> impl Iterator<Item = &Alarm> {
        self.register.all()
    }

    /// The alarm with this number.
    pub fn alarm(&self, id: u64) -> Option<&Alarm> {
        self.register.get(id)
    }

    /// The work that is planned or goes on.
    pub fn works(&self) -> impl Iterator<Item = &Work> {
        self.register.works.open()
    }

    /// The next thing that was decided and not fetched yet.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.register.poll()
    }

    /// Whether something was decided and not fetched yet.
    pub fn has_effects(&self) -> bool {
        self.register.has_effects()
    }

    /// When to call `advance` next if no entry comes.
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        let register = &self.register;
        let register = [
            register.next_cover(),
            register.next_quiet(),
            register.works.next(),
        ];
        let wakeups = register.into_iter().chain([self.timers.next_wakeup()]);
        wakeups.flatten().min().filter(|_| self.live)
    }

    /// Takes the next journal entry, as at its receipt.
    pub fn apply(&mut self, entry: &Entry) {
        self.apply_by(entry, entry.received);
    }

    /// Takes the next journal entry while the wall clock is at `now`. `received` never goes back and may be ahead of a clock that
    /// did: it is an order, and whoever waits for somebody waits from now.
    pub fn apply_by(&mut self, entry: &Entry, now: Timestamp) {
        let received = entry.received.min(now);
        self.received = self.received.max(received);
        self.now = received;
        self.register.pass_covers(received);
        for (index, item) in entry.items.iter().enumerate() {
            match item {
                Item::Batch(batch) if entry.received > now + FUTURE => {
                    self.batch(&batches::before_now(batch, now), received);
                }
                Item::Batch(batch) => self.batch(batch, received),
                Item::Gap(gap) => {
                    // Intake reports the condition `gap` beside it.
                    if let Some(agent) = self.fleet.find(&gap.agent) {
                        self.table.lose(agent, gap, context!(self));
                    }
                }
                Item::Presence(presence) => self.presence(presence, received),
                Item::Expectation(expectation) => self.expect(expectation, received),
                Item::Words(words) => self.hear(words, received),
                Item::Action(action) => self.act(action, entry.number, index),
                Item::Work(said) => {
                    self.register
                        .hear_of_work(said, &self.book, received, (entry.number, index))
                }
                Item::Revision(number) => {
                    if let Some(before) = self.book.revise(*number) {
                        self.revise(&before, received);
                    }
                }
                Item::System(condition) => {
                    Monitor::report(condition, context!(self));
                    match condition.kind {
                        SystemKind::BrokerLost => self.broker(condition.active, received),
                        SystemKind::DiskReserve => self.refuse(condition.active, received),
                        _ => {}
                    }
                }
                // Who asked what, and a newer program's fact: nothing that this one judges by.
                Item::Audited(_) | Item::Unknown { .. } => {}
            }
        }
    }

    /// The journal's end was reached at `now`: from here on the wall clock counts too, and silence counts from here.
    pub fn reached_end(&mut self, now: Timestamp) {
        if self.live {
            return;
        }
        self.live = true;
        self.now = now;
        self.register.come_back_to(now, self.received);
        self.register.work_clock_was_set(now.since(self.received), now);
        self.fleet.come_back_to(now, context!(self));
        self.monitor.come_back_to(now, context!(self));
        self.unheard.come_back_to(now, &self.fleet, context!(self));
        self.table.clock_was_set(Duration::ZERO, now, context!(self));
        for agent in 0..self.fleet.count() {
            self.fleet.unsettle(agent, now);
            if self.fleet.agent(agent).is_missed() {
                self.fleet.wait_for(agent, now, context!(self));
            }
        }
    }

    /// The wall clock was set by so much, and is at `now`: who is there and what is silent goes by the time that went by, not by what the clock
    /// says of it.
    pub fn clock_was_set(&mut self, by: Duration, now: Timestamp) {
        self.received = now;
        self.now = now;
        self.register.clock_was_set(by);
        self.register.work_clock_was_set(by, now);
        self.fleet.clock_was_set(by, context!(self));
        self.monitor.clock_was_set(by, context!(self));
        self.unheard.clock_was_set(by, &self.fleet, context!(self));
        if self.live {
            self.table.clock_was_set(by, now, context!(self));
        }
    }

    /// The wall clock is at `now`: what is due by then happens.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        while self.next_wakeup().is_some_and(|wakeup| wakeup <= now) {
            self.register.pass_covers(now);
            for timer in self.timers.due(now) {
                self.fire(timer, now);
            }
            self.pass_chatter(now);
        }
    }

    fn fire(&mut self, timer: Timer, now: Timestamp) {
        match timer {
            Timer::Offline { agent, watch } => {
                if self.fleet.fire_offline(agent, watch, now, context!(self)) {
                    self.table.set_presence(agent, false);
                    self.table.look_at_inputs(agent, context!(self));
                }
            }
            Timer::Clock { agent } => self.fleet.fire_clock(agent, now, context!(self)),
            Timer::Quiet { alarm } => {
                let ended = self.monitor.fire_quiet(alarm, now, context!(self));
                let agent = ended.and_then(|name| self.fleet.find(&name.parse().ok()?));
                if let Some(agent) = agent {
                    self.fleet.change(agent).late = 0;
                }
            }
            Timer::Unheard => self.unheard.fire(now, &self.fleet, context!(self)),
            Timer::Series(number) => {
                let agent = self.table.agent_of(number);
                let gate = || self.fleet.gate(agent, now);
                self.table.fire(number, now, gate, context!(self));
            }
        }
    }

    fn presence(&mut self, presence: &Presence, received: Timestamp) {
        if !presence.online {
            let agent = self.fleet.open(&presence.agent, &self.book);
            self.table.set_presence(agent, false);
            if self.fleet.leave(agent, received, context!(self)) {
                self.table.look_at_inputs(agent, context!(self));
            }
            return;
        }
        let agent = self.arrive(&presence.agent, received);
        // It tells of itself when it connects: what it could not send before may follow.
        self.fleet.unsettle(agent, received);
        if presence.sensors.is_empty() {
            // A foreign publisher has no status: it says nothing of its clock and its sensors.
            return;
        }
        self.fleet
            .clock_state(agent, presence.clock_synchronised, received, context!(self));
        let intervals = presence.sensors.iter();
        self.fleet.change(agent).intervals = intervals
            .map(|expected| (expected.sensor.clone(), expected.interval))
            .collect();
        // What is no longer listed stays expected: a status takes nothing away, a revision or a person does.
        for (channel, expected) in expectation::told(&presence.sensors) {
            let series = self.open_series(agent, &channel, received);
            self.table
                .change_expectation(series, received, expected, context!(self));
        }
    }

    /// What is expected of an agent changed, though no status says so.
    fn expect(&mut self, expectation: &Expectation, received: Timestamp) {
        let agent = self.fleet.open(&expectation.agent, &self.book);
        match &expectation.change {
            ExpectationChange::Learned {
                channel,
                interval,
                at,
            } => {
                let series = self.open_series(agent, channel, received);
                let expected = Expected {
                    interval: *interval,
                    why: Why::Learned,
                };
                self.table
                    .change_expectation(series, *at, expected, context!(self));
            }
            ExpectationChange::Retired { sensor, by } => {
                self.retire(agent, sensor, received, by.as_ref());
            }
        }
    }

    /// Something was received from an agent; gives its number.
    fn arrive(&mut self, name: &AgentName, received: Timestamp) -> usize {
        let agent = self.fleet.open(name, &self.book);
        self.table.set_presence(agent, true);
        if self.fleet.arrive(agent, received, context!(self)) {
            for series in self.table.of_agent(agent) {
                self.table.expect(series, received, context!(self));
            }
            self.table.look_at_inputs(agent, context!(self));
            self.unheard.arm(&self.fleet, context!(self));
        }
        agent
    }

    fn open_series(&mut self, agent: usize, channel: &Channel, received: Timestamp) -> usize {
        let known = self.fleet.agent(agent);
        let (name, sensor) = (&known.name, &channel.sensor);
        self.unheard.heard(name, sensor, received, context!(self));
        self.table
            .open((agent, &known.name), channel, received, context!(self))
    }

    /// A revision of the site takes effect: trackers of rules that stay go on, what is gone ends with cause `removed`.
    fn revise(&mut self, before: &Before, received: Timestamp) {
        let context: &mut Context<'_> = context!(self);
        self.table.move_trackers(&before.rules, context);
        self.fleet.move_watches(&before.rules, received, context!(self));
        self.end_orphans(received, Cause::Removed);
        self.retire_removed(&before.site, received);
        let context: &mut Context<'_> = context!(self);
        self.table.look_around(context);
        let ended = self.table.change_rules(&before.rules, received, context!(self));
        self.reconcile(received, Cause::RuleChanged, &ended);
        for name in self.book.named_agents() {
            let agent = self.fleet.open(&name, &self.book);
            if self.fleet.agent(agent).is_missed() && self.live {
                self.fleet.wait_for(agent, received, context!(self));
            }
        }
    }

    /// The rules in force watch all that they select, and no alarm stands that nothing watches any more. `cause`: a revision, or another program.
    /// `ended`: the alarms that it has ended by what it says.
    fn reconcile(&mut self, received: Timestamp, cause: Cause, ended: &HashSet<u64>) {
        let site = self.book.site().clone();
        let table = &self.table;
        let is_heard = |agent, sensor: &Identifier| table.is_heard(agent, sensor);
        self.unheard
            .place(&site, received, &self.fleet, is_heard, context!(self));
        self.table.equip_all(received, context!(self));
        let ends = match cause {
            Cause::Upgraded => Cause::Upgraded,
            _ => Cause::Removed,
        };
        self.end_orphans(received, ends);
        self.register.rename(&self.book, received, cause, ended);
        self.take_up_standing();
    }
}

#[cfg(test)]
mod tests;
