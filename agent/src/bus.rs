//! A thread for each bus: nothing else waits for a device. A bus that hangs stops itself and nobody else.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use plenum_link::Shutdown;
use plenum_protocol::payload::{ListedSensor, status};
use plenum_protocol::{Duration, Fault, Identifier, Outcome, Quantity, Timestamp};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::config::SensorConfig;
use crate::driver::Driver;
use crate::outputs::Outputs;
use crate::schedule::Schedule;
use crate::spool::{Input, Queue, Samples};
use crate::timebase::Timebase;

/// The longest that a driver waits for an edge before the thread looks whether it should stop.
const EDGES_WITHIN: Duration = Duration::from_milliseconds(500);
/// A device's words that change all the time are told no more often than this.
const WORDS_EVERY: Duration = Duration::from_seconds(10);
const STACK: usize = 512 * 1024;

/// A sensor whose driver is made.
pub struct OpenedSensor {
    /// Its identifier, unique below this agent.
    pub id: Identifier,
    /// How often it is polled.
    pub interval: Duration,
    /// Its driver's name in the registry, as `lm75`.
    pub driver_name: String,
    /// The bus whose thread it shares.
    pub bus: String,
    /// Its driver, whose device is opened at the first read.
    pub driver: Box<dyn Driver>,
}

impl OpenedSensor {
    /// Makes the driver of each sensor.
    pub fn open_all(sensors: &[SensorConfig]) -> Result<Vec<Self>, String> {
        let open = |sensor: &SensorConfig| {
            let opened = sensor.open()?;
            Ok(Self {
                id: sensor.id.clone(),
                interval: sensor.interval,
                driver_name: sensor.driver.clone(),
                bus: opened.bus,
                driver: opened.driver,
            })
        };
        sensors.iter().map(open).collect()
    }

    /// As the status lists it.
    pub fn listed(&self) -> ListedSensor {
        ListedSensor {
            id: self.id.clone(),
            driver: self.driver_name.clone(),
            quantities: self.driver.quantities(),
            interval: self.interval,
            words: self
                .driver
                .words()
                .map(|words| status::bounded(&words).to_owned()),
        }
    }
}

/// What a bus does at the moment and what it has counted.
#[derive(Debug)]
pub struct BusState {
    /// As drivers name it: `/dev/i2c-1`, `gpiochip0/17`, `host:3493`.
    pub name: String,
    /// Polls done since the start.
    pub polls: AtomicU64,
    /// Ticks that passed while the bus was busy.
    pub skipped: AtomicU64,
    /// Boot clock in ms since when a device has been asked and has not answered; negative while none is.
    asking: AtomicI64,
}

impl BusState {
    /// How long the bus has waited for its device.
    pub fn waiting(&self, boot: Duration) -> Option<Duration> {
        let since = self.asking.load(Ordering::Relaxed);
        (since >= 0).then(|| boot - Duration::from_milliseconds(since))
    }
}

/// Starts the threads; they end when `shutdown` says so, each after the call to its driver that is under way.
pub fn start(
    sensors: Vec<OpenedSensor>,
    timebase: &Timebase,
    (queue, outputs): (&Queue, &Outputs),
    listed: &watch::Sender<Vec<ListedSensor>>,
    shutdown: &Shutdown,
) -> std::io::Result<Vec<Arc<BusState>>> {
    let mut buses: BTreeMap<String, Vec<OpenedSensor>> = BTreeMap::new();
    for sensor in sensors {
        buses.entry(sensor.bus.clone()).or_default().push(sensor);
    }
    let mut states = Vec::new();
    for (name, sensors) in buses {
        let state = Arc::new(BusState {
            name: name.clone(),
            polls: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
            asking: AtomicI64::new(-1),
        });
        states.push(state.clone());
        let bus = Bus {
            words_told: vec![None; sensors.len()],
            listed: listed.clone(),
            sensors,
            state,
            timebase: timebase.clone(),
            queue: queue.clone(),
            outputs: outputs.clone(),
            stop: shutdown.token(),
            runtime: Handle::current(),
        };
        let registration = shutdown.register(format!("bus {name}"));
        std::thread::Builder::new()
            .name(format!("bus {name}"))
            .stack_size(STACK)
            .spawn(move || {
                bus.run();
                drop(registration);
            })?;
    }
    Ok(states)
}

struct Bus {
    sensors: Vec<OpenedSensor>,
    /// What the status says of all sensors.
    listed: watch::Sender<Vec<ListedSensor>>,
    /// When a sensor's words were last told anew, by the boot clock.
    words_told: Vec<Option<Duration>>,
    state: Arc<BusState>,
    timebase: Timebase,
    queue: Queue,
    /// They are told before the spool is: what the agent does by itself waits for no disk.
    outputs: Outputs,
    stop: CancellationToken,
    runtime: Handle,
}

impl Bus {
    fn run(mut self) {
        let intervals: Vec<Duration> = self.sensors.iter().map(|sensor| sensor.interval).collect();
        let mut schedule = Schedule::new(&intervals, self.timebase.now());
        // Only a driver that has a bus to itself may wait for edges: it would keep others waiting.
        let mut waits = self.sensors.len() == 1;
        while !self.stop.is_cancelled() {
            for due in schedule.due(self.timebase.now()) {
                if self.stop.is_cancelled() || !self.poll(due.sensor, due.tick) {
                    return;
                }
            }
            self.state.skipped.store(schedule.skipped(), Ordering::Relaxed);
            let Some(next) = schedule.next_wakeup() else {
                return;
            };
            waits = waits && self.wait_for_edges(next);
            if !waits {
                self.wake_at(next);
            }
        }
    }

    /// Reads a sensor and hands the samples on. Returns false when nobody takes them any more.
    fn poll(&mut self, index: usize, tick: Timestamp) -> bool {
        let quantities = self.sensors[index].driver.quantities();
        let samples = self
            .guarded(index, |driver| driver.read(tick))
            .unwrap_or_else(|| quantities.into_iter().map(broken).collect());
        self.state.polls.fetch_add(1, Ordering::Relaxed);
        self.tell(index);
        let stamped = samples
            .into_iter()
            .map(|(quantity, outcome)| (tick, quantity, outcome))
            .collect();
        self.hand_on(index, stamped)
    }

    /// What a driver has learned of its device, and the device's own words, go into the status as they change; words that change without end go there
    /// now and then.
    fn tell(&mut self, index: usize) {
        let boot = self.timebase.boot();
        let mut now = self.sensors[index].listed();
        let told = &mut self.words_told[index];
        self.listed.send_if_modified(|all| {
            let Some(own) = all.iter_mut().find(|own| own.id == now.id) else {
                return false;
            };
            if own.words != now.words {
                if told.is_some_and(|told| boot - told < WORDS_EVERY) {
                    now.words.clone_from(&own.words);
                } else {
                    *told = Some(boot);
                }
            }
            let differs = *own != now;
            *own = now;
            differs
        });
    }

    /// Waits for edges until the next tick at most. Returns false if this driver has none.
    fn wait_for_edges(&mut self, next: Timestamp) -> bool {
        let patience = next.since(self.timebase.now().wall).min(EDGES_WITHIN);
        if patience <= Duration::ZERO {
            return true;
        }
        match self.guarded(0, |driver| driver.wait(patience.to_std())) {
            Some(Some(edges)) => {
                let now = self.timebase.now().wall;
                let stamped: Vec<_> = edges
                    .into_iter()
                    .map(|edge| (edge.at.unwrap_or(now), edge.quantity, edge.outcome))
                    .collect();
                if !stamped.is_empty() {
                    self.hand_on(0, stamped);
                }
                true
            }
            Some(None) | None => false,
        }
    }

    /// Calls the driver. A panic in it is that sensor's fault and not the bus's end.
    fn guarded<T>(&mut self, index: usize, call: impl FnOnce(&mut dyn Driver) -> T) -> Option<T> {
        let boot = self.timebase.boot().milliseconds();
        self.state.asking.store(boot, Ordering::Relaxed);
        let sensor = &mut self.sensors[index];
        let result = catch_unwind(AssertUnwindSafe(|| call(sensor.driver.as_mut())));
        self.state.asking.store(-1, Ordering::Relaxed);
        if result.is_err() {
            tracing::error!(sensor = %sensor.id, driver = sensor.driver_name, "the driver panicked; its sensor is reported as broken");
        }
        result.ok()
    }

    fn hand_on(&self, index: usize, samples: Vec<(Timestamp, Quantity, Outcome)>) -> bool {
        let seen = samples.iter().map(|(_, quantity, outcome)| (*quantity, *outcome));
        self.outputs.seen(&self.sensors[index].id, seen);
        self.queue.put(Input::Samples(Samples {
            sensor: self.sensors[index].id.clone(),
            samples,
            now: self.timebase.now(),
        }))
    }

    fn wake_at(&self, instant: Timestamp) {
        let sleep = self.timebase.clock().wake_at(instant);
        self.runtime.block_on(async {
            tokio::select! {
                () = sleep => {}
                () = self.stop.cancelled() => {}
            }
        });
    }
}

fn broken(quantity: Quantity) -> (Quantity, Outcome) {
    (quantity, Err(Fault::DeviceError))
}
