//! Intake's task: one group is at the disk while the next one gathers; acknowledgements go out when it is durable.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use plenum_core::authority::Actor;
use plenum_core::fact::{Report, SystemKind};
use plenum_link::mqtt::{Arrival, Incoming};
use plenum_protocol::clock::Steps;
use plenum_protocol::topic::{Topic, TopicKind};
use plenum_protocol::{AgentName, Clock, Duration, Steady};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::acks::{Acks, PublishAck};
use super::agents::{self, Agent, Agents};
use super::commit::{self, Written};
use super::conditions::Conditions;
use super::contribution::{Gathered, Message, Sent};
use super::counters::{Counters, add, set};
use super::disk::{Disk, Space};
use super::failing::Failing;
use super::link::Link;
use crate::broker::{Commands, Enrolled};
use crate::database::{DatabaseError, Identity};
use crate::journal::{CommitsFail, Journal};

mod broker;
mod commands;
mod gaps;
mod letters;
mod outcome;
mod own;
mod readings;
mod status;

pub use own::Own;

/// Messages that one look at the queue takes.
const MESSAGES: usize = 256;
/// How often the disk is looked at, and how long a failed group is waited after.
const LOOK: Duration = Duration::from_seconds(2);
const HOLD: Duration = Duration::from_seconds(1);
/// Names without a credential that may publish.
const STRANGERS: usize = 1_000;
/// Conditions that nobody ends are over when nothing of their kind came for so long.
const LASTS: Duration = Duration::from_minutes(10);
/// Which these are.
const ENDS_BY_ITSELF: [SystemKind; 4] = [
    SystemKind::ExpectationChanges,
    SystemKind::FollowsAnother,
    SystemKind::Gap,
    SystemKind::SeriesLimit,
];

/// A disk of which so many hundredths are used is nearly full.
const DISK_FULL: u64 = 85;

/// How intake is bounded.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder whose disk is watched: that of the databases.
    pub folder: PathBuf,
    /// Free bytes below which no routine batch is taken.
    pub disk_reserve: u64,
    /// Hundredths of that disk from which on it is called nearly full.
    pub disk_full: u64,
    /// Bytes of dead letters an agent.
    pub dead_letters: u64,
    /// Series that one agent may have.
    pub series: usize,
    /// Names that have a credential: packs without stream properties are refused under them.
    pub credentials: BTreeSet<AgentName>,
    /// Those that have a certificate.
    pub enrolled: Arc<Enrolled>,
}

impl Options {
    /// DELIVERY's figures: 256 MiB of reserve, 64 MiB of dead letters and 2,000 series an agent.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            disk_reserve: 256 << 20,
            disk_full: DISK_FULL,
            dead_letters: 64 << 20,
            series: 2_000,
            credentials: BTreeSet::new(),
            enrolled: Arc::default(),
        }
    }

    /// Whether somebody has given this name to an agent.
    pub(super) fn is_given(&self, name: &AgentName) -> bool {
        self.credentials.contains(name) || self.enrolled.knows(name)
    }
}

/// What a person may ask of intake while it runs.
#[derive(Debug)]
pub enum Command {
    /// Acknowledge this agent again although a foreign database was seen on its ack topic.
    ResolveForeign {
        /// Which.
        agent: AgentName,
        /// Who settled it.
        by: Actor,
        /// Whether it is written down.
        done: oneshot::Sender<Result<(), DatabaseError>>,
    },
    /// Take what the collector reads itself.
    Own(Own),
    /// Say that it runs.
    Answer(oneshot::Sender<()>),
    /// Dead letters of this agent were deleted or retried: look at the sizes again.
    LettersChanged(oneshot::Sender<()>),
    /// From now on these bounds and credentials hold; the folder stays.
    Configure(Options),
}

type Commit = Pin<Box<dyn Future<Output = Result<Written, DatabaseError>> + Send>>;

/// The task's state. Made with `start`, run with `run`.
pub struct Intake {
    journal: Arc<Journal>,
    clock: Arc<dyn Clock>,
    options: Options,
    identity: Identity,
    agents: BTreeMap<AgentName, Agent>,
    /// Other databases whose acknowledgements a person has settled, by agent.
    settled: BTreeSet<(AgentName, String)>,
    conditions: Conditions,
    gathered: Gathered,
    /// The kind of topic that the message at hand came on.
    at_hand: TopicKind,
    /// No group is begun before this instant: the last one failed.
    held: Steady,
    failing: Failing,
    /// Whoever wants to know that no group can be committed.
    fails: watch::Sender<Option<CommitsFail>>,
    looked: Steady,
    steps: Steps,
    disk: Disk,
    /// The broker, once the doors are open.
    link: Option<Link>,
    /// Who waits for answers to commands, since then.
    asks: Option<Commands>,
    acks: Arc<Acks>,
    counters: Arc<Counters>,
    shown: Agents,
    /// The collector's own name, once it reads something itself: nobody else is heard by it.
    own: Option<AgentName>,
}

impl Intake {
    /// Reads what is known of streams and agents.
    pub async fn start(
        journal: Journal,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, DatabaseError> {
        let now = Arrival::now(clock.as_ref());
        let loaded = journal
            .database()
            .write(move |connection| agents::load(connection, now))
            .await?;
        let steps = Steps::new(clock.as_ref());
        let disk = Disk::new(options.folder.clone(), options.disk_reserve, options.disk_full);
        let mut intake = Self {
            journal: Arc::new(journal),
            clock,
            options,
            identity: loaded.identity.clone(),
            agents: BTreeMap::new(),
            settled: loaded.settled,
            conditions: Conditions::default(),
            gathered: Gathered::default(),
            at_hand: TopicKind::Readings,
            held: Steady::MIN,
            failing: Failing::default(),
            fails: watch::Sender::default(),
            looked: Steady::MIN,
            steps,
            disk,
            link: None,
            asks: None,
            acks: Arc::default(),
            counters: Arc::default(),
            shown: Agents::default(),
            own: None,
        };
        intake.show_bounds();
        intake.adopt(loaded.agents, loaded.conditions);
        Ok(intake)
    }

    /// What it counts.
    pub fn counters(&self) -> Arc<Counters> {
        self.counters.clone()
    }

    /// The agents as they stand, for screens.
    pub fn agents(&self) -> Agents {
        self.shown.clone()
    }

    /// Whether groups can be committed, while it runs.
    pub fn commits_fail(&self) -> watch::Receiver<Option<CommitsFail>> {
        self.fails.subscribe()
    }

    /// Who this database is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Runs until `stop`, then commits what has gathered and hands out the last acknowledgements.
    pub async fn run(
        mut self,
        mut messages: mpsc::Receiver<Incoming>,
        mut commands: mpsc::Receiver<Command>,
        publish: PublishAck,
        stop: CancellationToken,
    ) {
        let (acks, clock) = (self.acks.clone(), self.clock.clone());
        let (publish_now, retry_clock) = (publish.clone(), clock.clone());
        let retry = move || retry_clock.sleep(HOLD);
        let publishing = tokio::spawn(async move { acks.run(&publish_now, retry).await });
        let mut buffer = Vec::with_capacity(MESSAGES);
        let mut flying: Option<(Sent, Commit)> = None;
        let mut open = true;
        while open || flying.is_some() || !self.gathered.is_empty() {
            let now = Arrival::now(self.clock.as_ref());
            self.look_after(now);
            if flying.is_none() && !self.gathered.is_empty() && now.steady >= self.held {
                flying = Some(self.begin(now));
            }
            if flying.is_none() && self.gathered.is_empty() && now.steady >= self.held {
                self.probe(now).await;
            }
            self.acknowledge(now);
            if !open && flying.is_none() {
                // What is held back by a failing disk was not acknowledged.
                break;
            }
            let wakeup = self.next_wakeup(now);
            let room = open && self.gathered.has_room();
            tokio::select! {
                result = finish(&mut flying) => {
                    if let Some((sent, _)) = flying.take() {
                        self.finished(&sent, result).await;
                    }
                }
                count = messages.recv_many(&mut buffer, MESSAGES), if room => {
                    open &= count > 0;
                    let now = Arrival::now(self.clock.as_ref());
                    // Whatever waited while nothing came must be seen before anything more is taken.
                    self.look_after(now);
                    for message in buffer.drain(..) {
                        self.take(&message, message.arrived.unwrap_or(now));
                    }
                    self.gathered.begin_own();
                }
                Some(command) = commands.recv(), if open => self.obey(command).await,
                () = stop.cancelled(), if open => open = false,
                () = clock.sleep_until(wakeup) => {}
            }
        }
        self.acknowledge(Arrival::now(self.clock.as_ref()));
        publishing.abort();
        self.acks.drain(&publish).await;
    }

    fn take(&mut self, message: &Incoming, now: Arrival) {
        add(&self.counters.messages, 1);
        let Ok(topic) = message.topic.parse::<Topic>() else {
            add(&self.counters.topics_unknown, 1);
            return;
        };
        let name = AgentName::new(topic.site, topic.agent);
        if self.is_one_too_many(&name) {
            add(&self.counters.agents_refused, 1);
            return;
        }
        if self.own.as_ref() == Some(&name) {
            add(&self.counters.foreign_refused, 1);
            return;
        }
        self.at_hand = topic.kind;
        let kept = Message {
            kind: topic.kind,
            position: None,
            payload: message.payload.clone(),
        };
        self.gathered.begin(&name, kept);
        match topic.kind {
            TopicKind::Readings => self.readings(&name, message, now),
            TopicKind::Status => self.status(&name, message, now),
            TopicKind::Ack => self.heard(&name, &message.payload, now),
            TopicKind::Result => self.answered(&name, &message.payload),
            // They are ours.
            TopicKind::Command => {}
        }
        self.gathered.end();
    }

    /// Whether a name without a credential is new, and there are too many of them.
    fn is_one_too_many(&self, name: &AgentName) -> bool {
        self.agents.len() >= STRANGERS + self.options.credentials.len()
            && !self.agents.contains_key(name)
            && !self.options.is_given(name)
    }

    fn agent(&mut self, name: &AgentName) -> &mut Agent {
        if !self.agents.contains_key(name) {
            self.agents.insert(name.clone(), Agent::new());
        }
        self.agents.entry(name.clone()).or_insert_with(Agent::new)
    }

    /// A condition of an agent begins or ends.
    fn say(&mut self, kind: SystemKind, name: &AgentName, active: bool, now: Arrival, report: Report) {
        let change = self.conditions.set(kind, &name.to_string(), active, now, report);
        self.gathered.condition(change);
    }

    fn begin(&mut self, now: Arrival) -> (Sent, Commit) {
        self.failing.begun(now);
        let gathered = std::mem::take(&mut self.gathered);
        let sent = gathered.sent();
        (sent, Box::pin(commit::commit(self.journal.clone(), gathered)))
    }

    fn adopt(&mut self, agents: BTreeMap<AgentName, Agent>, conditions: Conditions) {
        self.agents = agents;
        self.conditions = conditions;
        let foreign: Vec<(String, String)> = self
            .conditions
            .of(SystemKind::ForeignDatabase)
            .map(|(subject, holding)| (subject.to_owned(), holding.detail.clone()))
            .collect();
        for (subject, detail) in foreign {
            self.silence(&subject, &detail);
        }
        let names: Vec<AgentName> = self.agents.keys().cloned().collect();
        names.iter().for_each(|name| self.show(name));
    }

    /// Disk, and conditions that end by time.
    fn look_after(&mut self, now: Arrival) {
        if self.looked != Steady::MIN && now.steady.since(self.looked) < LOOK {
            return;
        }
        self.looked = now.steady;
        self.look_at_clock(now);
        self.failing.look(now);
        self.tell_failing();
        self.look_at_disk(now);
        for kind in ENDS_BY_ITSELF {
            let over: Vec<String> = self
                .conditions
                .of(kind)
                .filter(|(_, holding)| now.steady.since(holding.confirmed) >= LASTS)
                .map(|(subject, _)| subject.to_owned())
                .collect();
            for subject in over {
                let change = self.conditions.set(kind, &subject, false, now, Report::OVER);
                self.gathered.condition(change);
            }
        }
        self.look_after_link(now);
        self.look_after_twins(now);
        self.look_after_statuses(now);
    }

    fn look_at_disk(&mut self, now: Arrival) {
        let Some(space) = self.disk.look() else {
            return;
        };
        set(&self.counters.free_bytes, space.free);
        let subject = self.options.folder.display().to_string();
        let Space { free, size } = space;
        for (kind, holds, report) in [
            (
                SystemKind::DiskFull,
                self.disk.is_full(),
                Report::DiskFull { free, size },
            ),
            (
                SystemKind::DiskReserve,
                self.disk.is_short(),
                self.disk.reserve_report(space),
            ),
        ] {
            let report = if holds { report } else { Report::OVER };
            let change = self.conditions.set(kind, &subject, holds, now, report);
            self.gathered.condition(change);
        }
    }

    /// A clock that was set back leaves nothing in the future that it had.
    fn look_at_clock(&mut self, now: Arrival) {
        let by = self.steps.look(self.clock.as_ref());
        if by.is_some_and(|by| by < Duration::ZERO) {
            let agents = self.agents.values_mut();
            agents.for_each(|agent| agent.floors.clock_was_set(now.at));
        }
    }

    /// Whether there are two hosts under a name is looked at here too: a group that failed may have held the news, and one of the two may be gone.
    fn look_after_twins(&mut self, now: Arrival) {
        let mut news = Vec::new();
        for (name, agent) in &mut self.agents {
            let two = agent.starts.are_two(now.steady);
            if two || !self.conditions.is_quiet(SystemKind::TwoHosts) {
                news.push((name.clone(), two));
            }
        }
        for (name, two) in news {
            let report = match two {
                true => Report::TwoHosts {
                    own: None,
                    other: None,
                },
                false => Report::OVER,
            };
            self.say(SystemKind::TwoHosts, &name, two, now, report);
        }
    }

    fn acknowledge(&mut self, now: Arrival) {
        for (name, agent) in &mut self.agents {
            // Past the bound of dead letters nothing is acknowledged: what was stored stays stored.
            if !agent.receiver.ack_due(now.steady) || !agent.is_acknowledged(self.options.dead_letters) {
                continue;
            }
            let ack = agent
                .receiver
                .ack(&self.identity.database, &self.identity.follows);
            self.acks.put(name, ack.to_json());
            agent.receiver.ack_sent(now.steady);
            add(&self.counters.acknowledgements, 1);
        }
    }

    fn next_wakeup(&self, now: Arrival) -> Steady {
        let bound = self.options.dead_letters;
        let mut next = self
            .agents
            .values()
            .filter(|agent| agent.is_acknowledged(bound))
            .filter_map(|agent| agent.receiver.next_wakeup())
            .min()
            .unwrap_or(Steady::MAX);
        if !self.gathered.is_empty() && now.steady < self.held {
            next = next.min(self.held);
        }
        next.min(self.looked + LOOK)
    }

    fn show_bounds(&self) {
        set(&self.counters.reserve_bytes, self.options.disk_reserve);
        set(&self.counters.dead_letters_limit, self.options.dead_letters);
    }

    fn show(&self, name: &AgentName) {
        if let Some(agent) = self.agents.get(name) {
            self.shown.update(name, agent);
        }
    }
}

/// The commit that is under way; waits for ever if there is none.
async fn finish(flying: &mut Option<(Sent, Commit)>) -> Result<Written, DatabaseError> {
    match flying {
        Some((_, commit)) => commit.await,
        None => std::future::pending().await,
    }
}
