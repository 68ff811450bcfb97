//! The way to the collector: the sender decides, this shell reads the spool, encodes, publishes and listens. It never
//! waits for the disk and never for the broker: while one batch waits for space, acknowledgements are taken.

mod batches;
mod changes;
mod commands;
mod drills;
mod heard;
mod repeats;
mod status;
mod told;

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use plenum_link::Shutdown;
use plenum_link::mqtt::{self, MqttOptions, PublishError, Publisher};
use plenum_protocol::payload::ListedSensor;
use plenum_protocol::streams::{Class, DatabaseId, Effect, Event, Sender, StreamId};
use plenum_protocol::topic::TopicKind;
use plenum_protocol::{AgentName, Duration, Timestamp};
use tokio::sync::{mpsc, watch};

use crate::config::Broker;
use crate::enrolment::Renewal;
use crate::outputs::Outputs;
use crate::spool::{Head, Memory, Notes, Queue, Spool, SpoolError, SpoolReader, lock};
use crate::timebase::Timebase;
use changes::{Change, Known};
use drills::Drills;
use repeats::Repeats;
use status::{Origin, Say};

/// How often the clock's state is looked at.
const LOOKS_EVERY: Duration = Duration::from_seconds(5);
/// How long the spool may take over a note before it is left to it: its disk may be silent.
const SPOOL_ANSWERS_WITHIN: Duration = Duration::from_seconds(2);
/// Batches handed over before incoming messages are looked at again.
const AT_ONCE: usize = 16;

/// Why the uplink cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum UplinkError {
    /// `url` of the section `[broker]` is not a valid address.
    #[error(transparent)]
    Broker(#[from] plenum_link::mqtt::AddressError),
    /// The password file cannot be read.
    #[error("broker password")]
    Password(#[source] std::io::Error),
    /// A certificate or key for TLS cannot be used.
    #[error(transparent)]
    Tls(#[from] plenum_link::tls::PairError),
    /// The streams in the spool cannot be read.
    #[error(transparent)]
    Spool(#[from] SpoolError),
}

/// What the uplink has counted since the start, and how it stands.
#[derive(Debug, Default)]
pub struct UplinkCounters {
    /// Batches handed to the connection, resent ones included.
    pub batches: AtomicU64,
    /// Readings in them.
    pub readings: AtomicU64,
    /// Batches spooled and not acknowledged.
    pub unsent: AtomicU64,
    /// Whether there is a connection.
    pub connected: AtomicBool,
    /// Acknowledgements taken.
    pub acknowledgements: AtomicU64,
    /// Acknowledgements by a database that is not ours to follow.
    pub foreign: AtomicU64,
    /// Messages that could not be read.
    pub unreadable: AtomicU64,
    /// Boot clock in ms when the task last went round.
    pub alive: AtomicI64,
}

/// What the uplink is made of.
pub struct Parts {
    /// Which agent, of which site.
    pub name: AgentName,
    /// The spool; its lock is taken only on threads that may wait.
    pub spool: Arc<Mutex<Spool>>,
    /// The wall clock, the boot clock and what vouches for them.
    pub timebase: Timebase,
    /// The way to ask for a commit; absent where nothing is gathered.
    pub queue: Option<Queue>,
    /// The sensors, as the status lists them.
    pub sensors: watch::Receiver<Vec<ListedSensor>>,
    /// What the agent switches: whether the collector is heard concerns it.
    pub outputs: Outputs,
    /// When the agent was started.
    pub started_at: Timestamp,
    /// Counts the starts with this spool.
    pub start: u64,
}

/// Connects and sends until `shutdown`; returns at once. A broker that is absent or refuses is tried again for ever.
pub fn start(
    parts: Parts,
    broker: &Broker,
    counters: &Arc<UplinkCounters>,
    shutdown: &Shutdown,
) -> Result<(), UplinkError> {
    let mut options = MqttOptions::new(&broker.address()?, parts.name.to_string());
    options.password = broker.password().map_err(UplinkError::Password)?;
    options.tls = broker.tls(parts.timebase.clock().clone())?;
    let origin = Origin {
        name: parts.name.clone(),
        start: parts.start,
        started_at: parts.started_at,
    };
    options.subscriptions = vec![origin.topic(TopicKind::Ack), origin.topic(TopicKind::Command)];
    let will = origin.clone();
    options.will = Some(Arc::new(move |attempt| will.offline(attempt)));
    let (sender, known, heads, reader, notes, memory) = {
        let spool = lock(&parts.spool);
        let memory = spool.memory();
        let heads = spool.heads();
        let now = memory.overlay(&heads.borrow());
        let reader = spool.reader(parts.timebase.boot_id())?;
        (
            new_sender(&now, spool.pinned()?),
            Known::new(&now),
            heads,
            reader,
            spool.notes(),
            memory,
        )
    };
    keep_certificate(&parts, &options, shutdown);
    let (publisher, events) = mqtt::connect(options, parts.timebase.clock().clone(), shutdown);
    let uplink = Uplink {
        origin,
        sender,
        known,
        heads,
        reader,
        notes,
        by_memory: memory.changes(),
        memory,
        publisher,
        attempt: 0,
        memory_said: false,
        repeats: Repeats::default(),
        clock_said: None,
        foreign_said: None,
        at_disk: Arc::default(),
        told: BTreeSet::new(),
        too_large_said: false,
        drills: Drills::default(),
        counters: counters.clone(),
        parts,
    };
    let name = format!("uplink of {}", uplink.origin.name);
    shutdown.spawn(name, uplink.run(events, shutdown.clone()));
    Ok(())
}

/// Renews the certificate that the connection shows, if it shows one, when its time has come.
fn keep_certificate(parts: &Parts, options: &MqttOptions, shutdown: &Shutdown) {
    let Some(client) = options.tls.clone() else {
        return;
    };
    let renewal = Renewal {
        agent: parts.name.clone(),
        client,
        host: options.host.clone(),
        port: options.port,
        clock: parts.timebase.clock().clone(),
    };
    let stop = shutdown.token();
    shutdown.spawn(format!("certificate of {}", parts.name), async move {
        stop.run_until_cancelled(renewal.run()).await;
    });
}

fn new_sender(heads: &[Head], pinned: Option<DatabaseId>) -> Sender {
    let current = |class: Class| {
        heads
            .iter()
            .rev()
            .find(|head| head.current && head.class == class)
            .map_or_else(|| StreamId::from_random(rand::random()), |head| head.id.clone())
    };
    // An uplink that is started again by a reload finds streams of this start in use: they are held like any other.
    let used = |head: &&Head| !head.current || head.last > 0;
    let held = heads.iter().filter(used).map(changes::held).collect();
    Sender::new(held, pinned, current(Class::Urgent), current(Class::Routine))
}

type Sending = Pin<Box<dyn Future<Output = Result<(), PublishError>> + Send>>;

struct Uplink {
    origin: Origin,
    sender: Sender,
    known: Known,
    heads: watch::Receiver<Vec<Head>>,
    reader: SpoolReader,
    notes: Notes,
    memory: Memory,
    by_memory: watch::Receiver<()>,
    publisher: Publisher,
    /// The attempt whose connection stands.
    attempt: u64,
    clock_said: Option<bool>,
    /// Whether the status said that readings go by memory.
    memory_said: bool,
    repeats: Repeats,
    foreign_said: Option<DatabaseId>,
    /// Shared with each note that is at the disk.
    at_disk: Arc<()>,
    /// The streams that are listed and sent.
    told: BTreeSet<StreamId>,
    too_large_said: bool,
    drills: Drills,
    counters: Arc<UplinkCounters>,
    parts: Parts,
}

impl Uplink {
    async fn run(mut self, mut events: mpsc::Receiver<mqtt::Event>, shutdown: Shutdown) {
        let mut sending: Option<Sending> = None;
        let mut more = true;
        loop {
            let timebase = &self.parts.timebase;
            self.counters
                .alive
                .store(timebase.boot().milliseconds(), Ordering::Relaxed);
            self.counters
                .unsent
                .store(self.sender.unsent(), Ordering::Relaxed);
            let steady = timebase.steady();
            let wakeups = self
                .sender
                .next_wakeup()
                .into_iter()
                .chain(self.repeats.next_wakeup())
                .chain(self.drills.next_wakeup());
            let wait = wakeups.map(|wakeup| wakeup.since(steady)).min();
            let wait = wait.map_or(LOOKS_EVERY, |wait| wait.min(LOOKS_EVERY));
            let wait = if more && sending.is_none() {
                Duration::ZERO
            } else {
                wait
            };
            let tick = timebase.clock().sleep(wait);
            tokio::select! {
                biased;
                () = shutdown.requested() => return,
                event = events.recv() => match event {
                    Some(event) => self.on_event(event).await,
                    None => return,
                },
                result = wait_for(&mut sending) => {
                    sending = None;
                    if let Err(error) = result {
                        self.not_sent(&error);
                    }
                }
                Ok(()) = self.heads.changed() => self.on_spool().await,
                Ok(()) = self.by_memory.changed() => self.on_memory().await,
                Ok(()) = self.parts.sensors.changed() => self.publish_status(),
                () = tick => self.step(Event::Tick).await,
            }
            if self.publisher.is_connected() && self.has_untold() && self.tell().await {
                self.publish_status();
            }
            self.look_at_status();
            self.drills.look(self.parts.queue.as_ref(), &self.parts.timebase);
            if sending.is_none() {
                (sending, more) = self.send();
                // The connection's own task has to get its turn on a runtime of one thread.
                tokio::task::yield_now().await;
            }
        }
    }

    async fn on_event(&mut self, event: mqtt::Event) {
        match event {
            mqtt::Event::Connected { attempt } => {
                self.attempt = attempt;
                self.counters.connected.store(true, Ordering::Relaxed);
                let fresh = StreamId::from_random(rand::random());
                self.tell().await;
                self.step(Event::Connected { fresh }).await;
            }
            mqtt::Event::Disconnected { .. } => {
                self.counters.connected.store(false, Ordering::Relaxed);
                self.repeats.disconnected();
                self.step(Event::Disconnected).await;
            }
            mqtt::Event::Message(message) => self.on_message(&message).await,
        }
    }

    async fn on_memory(&mut self) {
        if let Some(reader) = self.memory.take_reader() {
            self.reader = reader;
        }
        self.on_spool().await;
    }

    async fn on_spool(&mut self) {
        let heads = self.memory.overlay(&self.heads.borrow_and_update());
        for change in self.known.look(&heads) {
            match change {
                Change::Adopted(held) => self.step(Event::Adopted(held)).await,
                Change::Spooled(stream, seq) => self.step(Event::Spooled { stream: &stream, seq }).await,
                Change::Removed(removal) => self.step(Event::Removed(removal)).await,
            }
        }
    }

    async fn step(&mut self, event: Event<'_>) {
        let now = self.parts.timebase.steady();
        for effect in self.sender.step(event, now) {
            self.carry_out(effect).await;
        }
    }

    async fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::PublishStatus => self.publish_status(),
            Effect::OpenedRoutine(id) => {
                self.known.expect(Head {
                    id: id.clone(),
                    class: Class::Routine,
                    first: 1,
                    last: 0,
                    through: 0,
                    lost: None,
                    current: true,
                    told: false,
                });
                self.on_spool_thread(move |spool| spool.open_routine(&id)).await;
                self.tell().await;
            }
            Effect::Pin(database) => {
                tracing::info!(%database, "following this collector's database from now on");
                self.on_spool_thread(move |spool| spool.pin(&database)).await;
            }
            Effect::Acknowledged { stream, through } | Effect::Withdrawn { stream, through } => {
                self.notes.acknowledge(&stream, through);
                self.memory.acknowledge(&stream, through);
            }
            Effect::Closed(stream) => self.notes.close(stream),
            Effect::ForeignDatabase(database) => {
                self.counters.foreign.fetch_add(1, Ordering::Relaxed);
                if self.foreign_said.as_ref() != Some(&database) {
                    tracing::error!(
                        foreign = %database,
                        pinned = ?self.sender.pinned(),
                        "acknowledgements of another collector's database are ignored"
                    );
                    self.foreign_said = Some(database);
                }
            }
        }
    }

    /// Does something with the spool where waiting for its disk holds nobody up.
    async fn on_spool_thread<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Spool) -> Result<T, SpoolError> + Send + 'static,
    ) -> Option<T> {
        let (spool, at_disk) = (self.parts.spool.clone(), self.at_disk.clone());
        let work = tokio::task::spawn_blocking(move || {
            let done = work(&mut lock(&spool));
            drop(at_disk);
            done
        });
        let silence = self.parts.timebase.clock().sleep(SPOOL_ANSWERS_WITHIN);
        let result = tokio::select! {
            result = work => result,
            () = silence => {
                tracing::error!("the spool's disk does not answer: a note is left to it");
                return None;
            }
        };
        match result {
            Ok(Ok(value)) => Some(value),
            Ok(Err(error)) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the spool could not take a note"
                );
                None
            }
            Err(_) => None,
        }
    }

    /// Whether a note is left to a disk that has not taken it yet.
    fn has_note_at_disk(&self) -> bool {
        Arc::strong_count(&self.at_disk) > 1
    }

    /// Says the status again when something in it has changed that nobody else tells of, and from time to time.
    fn look_at_status(&mut self) {
        let synchronised = self.parts.timebase.now().synchronised;
        let clock_changed = self.clock_said.is_some_and(|said| said != synchronised);
        let disk_changed = self.clock_said.is_some() && self.memory.is_in_use() != self.memory_said;
        let asks = self.publisher.is_connected() && self.parts.outputs.asks();
        if clock_changed || disk_changed || asks || self.repeats.is_due(self.parts.timebase.steady()) {
            self.publish_status();
        }
    }

    fn publish_status(&mut self) {
        if !self.publisher.is_connected() {
            return;
        }
        let say = Say {
            synchronised: self.parts.timebase.now().synchronised,
            by_memory: self.memory.is_in_use(),
            streams: told::listed(self.sender.listed(), &self.told, &self.heads.borrow()),
            sensors: self.parts.sensors.borrow().clone(),
        };
        // What is refused is tried again after a while and not at each turn.
        self.clock_said = Some(say.synchronised);
        self.memory_said = say.by_memory;
        let now = self.parts.timebase.steady();
        match self.publisher.try_publish(self.origin.online(self.attempt, say)) {
            Ok(()) => self.repeats.said(now),
            Err(error) => {
                tracing::debug!(%error, "the status was not sent");
                self.repeats.refused(now);
            }
        }
    }

    /// Hands batches over while there is space. Returns what waits for space, and whether there may be more to send at once.
    fn send(&mut self) -> (Option<Sending>, bool) {
        for _ in 0..AT_ONCE {
            let Some(transmission) = self.sender.next(self.parts.timebase.steady()) else {
                return (None, false);
            };
            let Some(message) = self.encoded(&transmission) else {
                continue;
            };
            match self.publisher.try_publish(message.clone()) {
                Ok(()) => {}
                Err(PublishError::Full { .. }) => {
                    let publisher = self.publisher.clone();
                    return (
                        Some(Box::pin(async move { publisher.publish(message).await })),
                        true,
                    );
                }
                Err(error) => {
                    self.not_sent(&error);
                    return (None, false);
                }
            }
        }
        (None, true)
    }

    fn not_sent(&mut self, error: &PublishError) {
        if matches!(error, PublishError::TooLarge { .. })
            && !std::mem::replace(&mut self.too_large_said, true)
        {
            tracing::error!(%error, "the broker must allow packets of 64 KiB at least");
        }
    }
}

async fn wait_for(sending: &mut Option<Sending>) -> Result<(), PublishError> {
    match sending {
        Some(sending) => sending.await,
        None => std::future::pending().await,
    }
}
