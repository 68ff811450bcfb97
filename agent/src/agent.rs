//! An agent in process: spool, gatherer, buses and uplink, started, reloaded and stopped in order.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use plenum_link::Shutdown;
use plenum_protocol::payload::ListedSensor;
use plenum_protocol::{AgentName, Clock, Duration, Timestamp};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::AgentConfig;
use crate::bus::{self, BusState, OpenedSensor};
use crate::config::Broker;
use crate::moment::Moment;
use crate::outputs::Outputs;
use crate::spool::{GatherCounters, Gatherer, Spool, SpoolError, lock};
use crate::timebase::Timebase;
use crate::uplink::{self, UplinkCounters, UplinkError};

/// How long a stage of the shutdown may take.
const STAGE_STOPS_WITHIN: Duration = Duration::from_seconds(5);
/// How long the last batches may take to be acknowledged before the agent says good-bye.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_seconds(2);
/// How often the state of the buses is looked at.
const LOOKS_EVERY: Duration = Duration::from_seconds(5);
/// A device that has not answered for so long is spoken of.
const ANSWERS_WITHIN: Duration = Duration::from_seconds(30);
/// A part that has not gone round for so long is no longer alive.
const GOES_ROUND_WITHIN: Duration = Duration::from_seconds(60);

/// Why an agent does not start, or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// `/proc` does not tell which boot this is.
    #[error("the boot clock cannot be read")]
    BootClock(#[source] std::io::Error),
    /// The operating system gives no thread more.
    #[error("a thread cannot be started")]
    Thread(#[source] std::io::Error),
    /// A sensor's driver cannot be made; the text names the sensor.
    #[error("{0}")]
    Sensor(String),
    /// What only a restart can change.
    #[error("`{0}` cannot be changed by a reload: restart the agent")]
    NeedsRestart(&'static str),
    /// The spool cannot be opened or used.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The uplink cannot be started.
    #[error(transparent)]
    Uplink(#[from] UplinkError),
    /// It has stopped already.
    #[error("the agent has stopped")]
    Stopped,
}

/// A running agent. Dropping the handle does not stop it; its `Shutdown` does.
pub struct AgentHandle {
    reloads: mpsc::Sender<Reload>,
    task: JoinHandle<Result<(), AgentError>>,
    figures: Figures,
}

/// Where the agent's counters are.
#[derive(Clone)]
pub struct Figures {
    /// What was read and spooled.
    pub gathered: Arc<GatherCounters>,
    /// What was sent and acknowledged.
    pub uplink: Arc<UplinkCounters>,
    spool: Arc<Mutex<Spool>>,
    buses: watch::Receiver<Vec<Arc<BusState>>>,
    timebase: Timebase,
}

struct Reload {
    config: Box<AgentConfig>,
    answer: oneshot::Sender<Result<(), AgentError>>,
}

/// Runs an agent until `shutdown` is requested or its spool fails.
pub async fn run(config: AgentConfig, clock: Arc<dyn Clock>, shutdown: &Shutdown) -> Result<(), AgentError> {
    start(config, clock, shutdown).await?.finished().await
}

/// Starts an agent and returns when it samples. It stops, in order, when `shutdown` is requested.
pub async fn start(
    config: AgentConfig,
    clock: Arc<dyn Clock>,
    shutdown: &Shutdown,
) -> Result<AgentHandle, AgentError> {
    let timebase = Timebase::new(clock, config.clock).map_err(AgentError::BootClock)?;
    let now = timebase.now();
    let mut sensors = OpenedSensor::open_all(&config.sensors).map_err(AgentError::Sensor)?;
    is_usable(&config.broker, &timebase)?;
    let (spool, start) = open_spool(&config, &timebase, now).await?;
    let spool = Arc::new(Mutex::new(spool));
    let spool_ended = Arc::new(Notify::new());
    let gatherer = {
        let ended = spool_ended.clone();
        Gatherer::start(spool.clone(), timebase.clone(), move || ended.notify_one())?
    };
    let outputs = Outputs::new(timebase.clock().clone());
    sensors.extend(outputs.open(&config.outputs));
    let listed = sensors.iter().map(OpenedSensor::listed).collect();
    let mut agent = Agent {
        gatherer,
        spool,
        start,
        started_at: now.wall,
        sensors: watch::Sender::new(listed),
        outputs,
        bus_stage: Shutdown::new(),
        buses: watch::Sender::new(Vec::new()),
        uplink_stage: Shutdown::new(),
        uplink_counters: Arc::default(),
        timebase,
        config,
    };
    if let Err(error) = agent.start_buses(sensors).and_then(|()| agent.start_uplink()) {
        agent.bus_stage.request();
        return Err(error);
    }
    tracing::info!(
        site = %agent.config.site,
        agent = %agent.config.agent,
        sensors = agent.config.sensors.len(),
        outputs = agent.config.outputs.len(),
        spool = %agent.config.spool.path.display(),
        "the agent samples"
    );
    let (reloads, reload_requests) = mpsc::channel(1);
    let name = format!("agent {}", agent.config.agent);
    let figures = agent.figures();
    let requested = shutdown.clone();
    let task = shutdown.spawn(name, async move {
        agent.supervise(&requested, reload_requests, &spool_ended).await
    });
    Ok(AgentHandle {
        reloads,
        task,
        figures,
    })
}

/// The address, the password and the certificates are looked at before anything is made.
fn is_usable(broker: &Broker, timebase: &Timebase) -> Result<(), UplinkError> {
    broker.address()?;
    broker.password().map_err(UplinkError::Password)?;
    broker.tls(timebase.clock().clone())?;
    Ok(())
}

/// Opens the spool where waiting for its disk holds nobody up, and counts the start. Where the disk takes nothing it begins in memory.
async fn open_spool(
    config: &AgentConfig,
    timebase: &Timebase,
    now: Moment,
) -> Result<(Spool, u64), AgentError> {
    let (settings, boot_id) = (config.spool.clone(), timebase.boot_id().to_owned());
    let name = AgentName::new(config.site.clone(), config.agent.clone());
    let opened = tokio::task::spawn_blocking(move || {
        let at_home = Spool::open_as(&name, &settings, &boot_id, now).and_then(|mut spool| {
            let start = spool.next_start()?;
            Ok((spool, start))
        });
        match at_home {
            Err(error) if error.is_of_disk() => {
                tracing::error!(
                    spool = %settings.path.display(),
                    error = &error as &dyn std::error::Error,
                    "the spool cannot be opened for writing: all readings go by memory, and a restart loses what is not sent"
                );
                let mut spool = Spool::open_away(&name, &settings, &boot_id, now)?;
                let start = spool.next_start()?;
                Ok((spool, start))
            }
            opened => opened,
        }
    });
    Ok(opened.await.map_err(|_| AgentError::Stopped)??)
}

impl AgentHandle {
    /// Changes to another configuration. Everything new is built first; if that fails the old goes on as it was.
    pub async fn reload(&self, config: AgentConfig) -> Result<(), AgentError> {
        let (answer, answered) = oneshot::channel();
        let reload = Reload {
            config: Box::new(config),
            answer,
        };
        self.reloads.send(reload).await.map_err(|_| AgentError::Stopped)?;
        answered.await.map_err(|_| AgentError::Stopped)?
    }

    /// Ends when the agent has stopped; with an error if nobody asked it to.
    pub async fn finished(self) -> Result<(), AgentError> {
        self.task.await.unwrap_or(Err(AgentError::Stopped))
    }

    /// Where the counters are.
    pub fn figures(&self) -> Figures {
        self.figures.clone()
    }

    /// Whether the agent has stopped.
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }
}

impl Figures {
    /// Whether spool and uplink go round. A hung bus does not make it say no: the others go on.
    pub fn is_alive(&self) -> bool {
        let boot = self.timebase.boot();
        [&self.gathered.alive, &self.uplink.alive]
            .into_iter()
            .all(|alive| {
                let went_round = Duration::from_milliseconds(alive.load(Ordering::Relaxed));
                went_round == Duration::ZERO || boot - went_round < GOES_ROUND_WITHIN
            })
    }

    /// Ticks that passed while a bus was busy.
    pub fn skipped(&self) -> u64 {
        let buses = self.buses.borrow();
        buses.iter().map(|bus| bus.skipped.load(Ordering::Relaxed)).sum()
    }

    /// Readings given up before they were acknowledged, since the start.
    pub fn dropped(&self) -> u64 {
        lock(&self.spool).dropped().readings
    }
}

struct Agent {
    config: AgentConfig,
    timebase: Timebase,
    spool: Arc<Mutex<Spool>>,
    gatherer: Gatherer,
    start: u64,
    started_at: Timestamp,
    sensors: watch::Sender<Vec<ListedSensor>>,
    outputs: Outputs,
    bus_stage: Shutdown,
    buses: watch::Sender<Vec<Arc<BusState>>>,
    uplink_stage: Shutdown,
    uplink_counters: Arc<UplinkCounters>,
}

impl Agent {
    async fn supervise(
        mut self,
        shutdown: &Shutdown,
        mut reloads: mpsc::Receiver<Reload>,
        spool_ended: &Notify,
    ) -> Result<(), AgentError> {
        let mut hung: Vec<String> = Vec::new();
        loop {
            let clock = self.timebase.clock();
            let look = clock.sleep(LOOKS_EVERY);
            tokio::select! {
                () = shutdown.requested() => break,
                () = spool_ended.notified() => break,
                Some(reload) = reloads.recv() => {
                    let result = self.reload(*reload.config).await;
                    // Whoever asked may have gone.
                    let _ = reload.answer.send(result);
                }
                () = look => self.look_at_buses(&mut hung),
            }
        }
        self.stop().await
    }

    fn figures(&self) -> Figures {
        Figures {
            gathered: self.gatherer.counters().clone(),
            uplink: self.uplink_counters.clone(),
            spool: self.spool.clone(),
            buses: self.buses.subscribe(),
            timebase: self.timebase.clone(),
        }
    }

    fn start_buses(&mut self, sensors: Vec<OpenedSensor>) -> Result<(), AgentError> {
        let queue = self.gatherer.queue();
        let takers = (&queue, &self.outputs);
        let states = bus::start(sensors, &self.timebase, takers, &self.sensors, &self.bus_stage)
            .map_err(AgentError::Thread)?;
        self.buses.send_replace(states);
        Ok(())
    }

    fn start_uplink(&mut self) -> Result<(), AgentError> {
        let parts = uplink::Parts {
            name: AgentName::new(self.config.site.clone(), self.config.agent.clone()),
            spool: self.spool.clone(),
            timebase: self.timebase.clone(),
            queue: Some(self.gatherer.queue()),
            sensors: self.sensors.subscribe(),
            outputs: self.outputs.clone(),
            started_at: self.started_at,
            start: self.start,
        };
        uplink::start(
            parts,
            &self.config.broker,
            &self.uplink_counters,
            &self.uplink_stage,
        )?;
        Ok(())
    }

    async fn reload(&mut self, config: AgentConfig) -> Result<(), AgentError> {
        let unchanged = [
            ("site", config.site == self.config.site),
            ("agent", config.agent == self.config.agent),
            ("clock", config.clock == self.config.clock),
            ("spool.path", config.spool.path == self.config.spool.path),
        ];
        if let Some((key, _)) = unchanged.into_iter().find(|(_, same)| !same) {
            return Err(AgentError::NeedsRestart(key));
        }
        let mut sensors = OpenedSensor::open_all(&config.sensors).map_err(AgentError::Sensor)?;
        let broker_changed = config.broker != self.config.broker || config.broker.has_files();
        is_usable(&config.broker, &self.timebase)?;
        // From here on nothing is refused. The old devices are let go first: a serial line opens only once.
        let before = std::mem::take(&mut self.bus_stage);
        before
            .finish(STAGE_STOPS_WITHIN, self.timebase.clock().as_ref())
            .await;
        self.config = config;
        sensors.extend(self.outputs.open(&self.config.outputs));
        self.sensors
            .send_replace(sensors.iter().map(OpenedSensor::listed).collect());
        self.start_buses(sensors)?;
        let (spool, maximum) = (self.spool.clone(), self.config.spool.maximum.0);
        let bounded = tokio::task::spawn_blocking(move || lock(&spool).set_maximum(maximum));
        bounded.await.map_err(|_| AgentError::Stopped)?;
        if broker_changed {
            let before = std::mem::take(&mut self.uplink_stage);
            before
                .finish(STAGE_STOPS_WITHIN, self.timebase.clock().as_ref())
                .await;
            let spool = self.spool.clone();
            let started = tokio::task::spawn_blocking(move || lock(&spool).next_start());
            self.start = started.await.map_err(|_| AgentError::Stopped)??;
            self.start_uplink()?;
        }
        tracing::info!(
            sensors = self.config.sensors.len(),
            broker_changed,
            "the configuration was reloaded"
        );
        Ok(())
    }

    /// Says once which device hangs, and once that it answers again.
    fn look_at_buses(&self, hung: &mut Vec<String>) {
        let boot = self.timebase.boot();
        for bus in self.buses.borrow().iter() {
            let waiting = bus.waiting(boot).filter(|waiting| *waiting >= ANSWERS_WITHIN);
            let known = hung.iter().position(|name| *name == bus.name);
            match (waiting, known) {
                (Some(waiting), None) => {
                    tracing::error!(bus = bus.name, %waiting, "a device on this bus does not answer at all; its sensors are not read");
                    hung.push(bus.name.clone());
                }
                (None, Some(index)) => {
                    tracing::info!(bus = bus.name, "the bus answers again");
                    hung.remove(index);
                }
                _ => {}
            }
        }
    }

    /// Stops sampling, spools what was read, sends what there is time for, says good-bye.
    async fn stop(self) -> Result<(), AgentError> {
        let clock = self.timebase.clock().clone();
        self.bus_stage.finish(STAGE_STOPS_WITHIN, clock.as_ref()).await;
        let gatherer = self.gatherer;
        let spooled = tokio::task::spawn_blocking(move || gatherer.stop());
        let spooled = spooled
            .await
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
        // What the disk did not take may still go by memory.
        if spooled.as_ref().err().is_none_or(SpoolError::is_of_disk) {
            let until = clock.steady() + ACKNOWLEDGED_WITHIN;
            // Until the uplink has seen what was just spooled.
            clock.sleep(Duration::from_milliseconds(50)).await;
            while self.uplink_counters.connected.load(Ordering::Relaxed)
                && self.uplink_counters.unsent.load(Ordering::Relaxed) > 0
                && clock.steady() < until
            {
                clock.sleep(Duration::from_milliseconds(20)).await;
            }
        }
        self.uplink_stage.finish(STAGE_STOPS_WITHIN, clock.as_ref()).await;
        if let Err(error) = &spooled {
            tracing::error!(
                error = error as &(dyn std::error::Error + 'static),
                "the spool failed; the agent stops"
            );
        }
        Ok(spooled?)
    }
}
