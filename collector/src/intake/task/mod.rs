//! Intake's task: one group is at the disk while the next one gathers; acknowledgements go out when it is durable.

use plenum_core::fact::SystemKind;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use plenum_link::mqtt::Incoming;
use plenum_protocol::{AgentName, Clock, Duration, Steady};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::acks::{Acks, PublishAck};
use super::agents::{self, Agent, Agents};
use super::arrival::Arrival;
use super::commit::{self, Gathered, Sent, Written};
use super::conditions::Conditions;
use super::counters::{Counters, add, set};
use super::disk::Reserve;
use crate::database::{DatabaseError, Identity};
use crate::journal::Journal;

mod readings;
mod status;

/// Messages that one look at the queue takes.
const MESSAGES: usize = 256;
/// How often the disk is looked at, and how long a failed group is waited after.
const LOOK: Duration = Duration::from_seconds(2);
const HOLD: Duration = Duration::from_seconds(1);
/// A gap's condition ends when the agent had no further one for so long.
const GAP_LASTS: Duration = Duration::from_minutes(10);

/// How intake is bounded.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder whose disk is watched: that of the databases.
    pub folder: PathBuf,
    /// Free bytes below which no routine batch is taken.
    pub disk_reserve: u64,
    /// Bytes of dead letters an agent.
    pub dead_letters: u64,
    /// Names that have a credential: packs without stream properties are refused under them.
    pub credentials: BTreeSet<AgentName>,
}

impl Options {
    /// DELIVERY's figures: 256 MiB of reserve, 64 MiB of dead letters an agent.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            disk_reserve: 256 << 20,
            dead_letters: 64 << 20,
            credentials: BTreeSet::new(),
        }
    }
}

/// What a person may ask of intake while it runs.
#[derive(Debug)]
pub enum Command {
    /// Acknowledge this agent again although a foreign database was seen on its ack topic.
    ResolveForeign(AgentName),
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
    conditions: Conditions,
    gathered: Gathered,
    /// No group is begun before this instant: the last one failed.
    held: Steady,
    looked: Steady,
    reserve: Reserve,
    acks: Arc<Acks>,
    counters: Arc<Counters>,
    shown: Agents,
}

impl Intake {
    /// Reads what is known of streams and agents.
    pub async fn start(
        journal: Journal,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, DatabaseError> {
        let loaded = journal.database().write(agents::load).await?;
        let reserve = Reserve::new(options.folder.clone(), options.disk_reserve);
        let mut intake = Self {
            journal: Arc::new(journal),
            clock,
            options,
            identity: loaded.identity.clone(),
            agents: BTreeMap::new(),
            conditions: Conditions::default(),
            gathered: Gathered::default(),
            held: Steady::MIN,
            looked: Steady::MIN,
            reserve,
            acks: Arc::default(),
            counters: Arc::default(),
            shown: Agents::default(),
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
                flying = Some(self.begin());
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
                        self.take(&message, now);
                    }
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

    fn begin(&mut self) -> (Sent, Commit) {
        let gathered = std::mem::take(&mut self.gathered);
        let sent = gathered.sent();
        (sent, Box::pin(commit::commit(self.journal.clone(), gathered)))
    }

    async fn finished(&mut self, sent: &Sent, result: Result<Written, DatabaseError>) {
        let now = Arrival::now(self.clock.as_ref());
        let counters = self.counters.clone();
        match result {
            Ok(written) => {
                add(&counters.readings_committed, sent.readings);
                add(&counters.batches_committed, sent.batches);
                counters.commits.observe(sent.since.elapsed());
                self.note_ahead(&written);
                for (name, records) in &sent.records {
                    if let Some(agent) = self.agents.get_mut(name) {
                        agent.receiver.committed(records, now.steady);
                    }
                }
                for name in sent.agents.iter().chain(sent.records.keys()) {
                    self.show(name);
                }
            }
            Err(error) => {
                add(&counters.groups_failed, 1);
                tracing::error!(%error, "a group commit failed: its batches are not acknowledged and are sent again");
                self.held = now.steady + HOLD;
                self.start_over().await;
            }
        }
    }

    /// After a failed commit: everything is as the database has it, and what statuses said is said again.
    async fn start_over(&mut self) {
        let (agents, conditions) = loop {
            match self.journal.database().read(agents::load_again).await {
                Ok(known) => break known,
                Err(error) => {
                    tracing::error!(%error, "intake cannot read its streams; it tries again");
                    self.clock.sleep(HOLD).await;
                }
            }
        };
        self.gathered = Gathered::default();
        let before = std::mem::take(&mut self.agents);
        self.adopt(agents, conditions);
        let now = Arrival::now(self.clock.as_ref());
        for (name, old) in before {
            let agent = self.agents.entry(name.clone()).or_insert_with(Agent::new);
            agent.online = old.online;
            agent.connection = old.connection;
            agent.seen = old.seen;
            let Some(status) = old.status else { continue };
            agent.status = Some(status.clone());
            self.say_presence(&name);
            self.apply_status(&name, &status, now);
        }
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
        if let Some(free) = self.reserve.look() {
            set(&self.counters.free_bytes, free);
            let subject = self.options.folder.display().to_string();
            let short = self.reserve.short();
            let message = match short {
                true => self.reserve.message(free),
                false => "there is room on the disk again".to_owned(),
            };
            let change = self
                .conditions
                .set(SystemKind::DiskReserve, &subject, short, now.at, &message);
            self.gathered.condition(change);
        }
        let over: Vec<String> = self
            .conditions
            .of(SystemKind::Gap)
            .filter(|(_, holding)| now.at.since(holding.at) >= GAP_LASTS)
            .map(|(subject, _)| subject.to_owned())
            .collect();
        for subject in over {
            let message = "no further batches were lost";
            let change = self
                .conditions
                .set(SystemKind::Gap, &subject, false, now.at, message);
            self.gathered.condition(change);
        }
    }

    fn note_ahead(&mut self, written: &Written) {
        for (name, count) in &written.ahead {
            add(&self.counters.readings_ahead, *count);
            let message = match count {
                0 => "its readings are no longer from the future".to_owned(),
                _ => format!(
                    "the clock of {} is more than 30 s ahead: {count} readings were stored at their receipt",
                    name
                ),
            };
            let change = self.conditions.set(
                SystemKind::ClockAhead,
                &name.to_string(),
                *count > 0,
                written.received,
                &message,
            );
            self.gathered.condition(change);
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

    async fn obey(&mut self, command: Command) {
        let now = Arrival::now(self.clock.as_ref());
        match command {
            Command::ResolveForeign(name) => {
                if let Some(agent) = self.agents.get_mut(&name) {
                    agent.receiver.resolve_foreign(now.steady);
                }
                let message = "a person settled which collector this agent belongs to";
                let change = self.conditions.set(
                    SystemKind::ForeignDatabase,
                    &name.to_string(),
                    false,
                    now.at,
                    message,
                );
                self.gathered.condition(change);
                self.show(&name);
            }
            Command::LettersChanged(done) => {
                match self.journal.database().read(super::dead_letters::sizes).await {
                    Ok(sizes) => self.letters_changed(&sizes.into_iter().collect(), now),
                    Err(error) => tracing::error!(%error, "dead letters cannot be counted"),
                }
                done.send(()).ok();
            }
            Command::Configure(options) => {
                self.reserve.set(options.disk_reserve);
                self.options = Options {
                    folder: std::mem::take(&mut self.options.folder),
                    ..options
                };
                self.show_bounds();
            }
        }
    }

    fn letters_changed(&mut self, sizes: &BTreeMap<AgentName, u64>, now: Arrival) {
        for (name, agent) in &mut self.agents {
            agent.letter_bytes = sizes.get(name).copied().unwrap_or(0);
            if agent.letter_bytes == 0 {
                let message = "its dead letters are gone";
                let change =
                    self.conditions
                        .set(SystemKind::DeadLetters, &name.to_string(), false, now.at, message);
                self.gathered.condition(change);
            }
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
