//! What the agent switches: relays, buzzers, lamps. Each has a thread of its own, as a bus has; whoever knows something that concerns one steps its machine and wakes
//! that thread. Neither the spool nor the network lies on the way.

mod desk;
mod driver;
mod machine;
mod rule;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use plenum_protocol::payload::command::on_for;
use plenum_protocol::{Clock, Duration, Identifier, Outcome, Quantity, Steady};
use tokio::sync::oneshot;

use crate::bus::OpenedSensor;
use crate::config::{OutputConfig, What};
use desk::Desk;
use driver::Output;
use machine::Event;
pub use rule::{AlarmState, Input, Rule};

/// How often an output tells its state, beside its changes.
const INTERVAL: Duration = Duration::from_seconds(10);
/// A collector that says nothing by itself is asked no more often than this whether it is there.
const ASKS_EVERY: Duration = Duration::from_seconds(20);

/// Whether the line was switched; else what is wrong with it.
pub(crate) type Switched = Result<(), String>;

/// The agent's outputs. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Outputs(Arc<Shared>);

struct Shared {
    clock: Arc<dyn Clock>,
    desks: RwLock<Vec<Arc<Desk>>>,
    /// When the collector was last heard, and last asked whether it is there, by the steady clock in ms.
    heard: AtomicI64,
    asked: AtomicI64,
}

impl Outputs {
    /// None yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let now = clock.steady().milliseconds();
        Self(Arc::new(Shared {
            clock,
            desks: RwLock::default(),
            heard: AtomicI64::new(now),
            asked: AtomicI64::new(now),
        }))
    }

    /// These from now on, in place of those before. Each is read like a sensor, on a bus of its own: its state is a series.
    pub(crate) fn open(&self, outputs: &[OutputConfig]) -> Vec<OpenedSensor> {
        let heard = Steady::from_milliseconds(self.0.heard.load(Ordering::Relaxed));
        let desk = |output: &OutputConfig| Arc::new(Desk::new(output, heard));
        let desks: Vec<Arc<Desk>> = outputs.iter().map(desk).collect();
        let opened = desks.iter().zip(outputs).map(|(desk, output)| OpenedSensor {
            id: output.id.clone(),
            interval: INTERVAL,
            driver_name: output.what.as_str().to_owned(),
            bus: output.bus.clone(),
            driver: Box::new(Output::new(output, desk.clone(), self.0.clock.clone())),
        });
        let opened = opened.collect();
        *self.0.desks.write().unwrap_or_else(PoisonError::into_inner) = desks;
        opened
    }

    /// A sensor of this agent was read.
    pub(crate) fn seen(
        &self,
        sensor: &Identifier,
        samples: impl Iterator<Item = (Quantity, Outcome)> + Clone,
    ) {
        for desk in self.desks() {
            for (quantity, outcome) in samples.clone() {
                desk.seen(sensor, quantity, outcome, self.now());
            }
        }
    }

    /// The collector was heard just now.
    pub(crate) fn heard(&self) {
        let now = self.now();
        self.0.heard.store(now.milliseconds(), Ordering::Relaxed);
        self.desks().iter().for_each(|desk| desk.step(Event::Heard, now));
    }

    /// Whether it is time to ask the collector whether it is there: a rule waits for its silence, and it has no reason to speak by itself.
    pub(crate) fn asks(&self) -> bool {
        let patience = self.desks().iter().filter_map(|desk| desk.patience).min();
        let Some(patience) = patience else {
            return false;
        };
        let (heard, asked) = (&self.0.heard, &self.0.asked);
        let last = heard.load(Ordering::Relaxed).max(asked.load(Ordering::Relaxed));
        let now = self.now();
        let asks = now.since(Steady::from_milliseconds(last)) >= ASKS_EVERY.max(third(patience));
        if asks {
            asked.store(now.milliseconds(), Ordering::Relaxed);
        }
        asks
    }

    /// Switches an output by command. What comes of it is known when its thread has been at the line.
    ///
    /// # Errors
    /// There is no such output, or too many wait for it.
    pub(crate) fn switch(
        &self,
        name: &Identifier,
        on: bool,
        seconds: Option<u32>,
    ) -> Result<oneshot::Receiver<Switched>, String> {
        let desks = self.desks();
        let Some(desk) = desks.iter().find(|desk| desk.id == *name) else {
            let names: Vec<&str> = desks.iter().map(|desk| desk.id.as_str()).collect();
            let names = match names.is_empty() {
                true => "it has none; add an [[output]] to agent.toml".to_owned(),
                false => format!("it has: {}", names.join(", ")),
            };
            return Err(format!("this agent has no output `{name}`; {names}"));
        };
        let event = match on {
            true => Event::On(on_for(seconds)),
            false => Event::Off,
        };
        desk.ask(event, self.now())
    }

    /// Lets the lamps blink, or the buzzers where there is no lamp; none of them where there is neither. Gives their names.
    pub(crate) fn identify(&self) -> Vec<Identifier> {
        let desks = self.desks();
        let of = |what: What| -> Vec<&Arc<Desk>> { desks.iter().filter(|desk| desk.what == what).collect() };
        let found = match of(What::Lamp) {
            lamps if lamps.is_empty() => of(What::Buzzer),
            lamps => lamps,
        };
        let now = self.now();
        found.iter().for_each(|desk| desk.step(Event::Identify, now));
        found.iter().map(|desk| desk.id.clone()).collect()
    }

    fn desks(&self) -> Vec<Arc<Desk>> {
        self.0
            .desks
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn now(&self) -> Steady {
        self.0.clock.steady()
    }
}

fn third(whole: Duration) -> Duration {
    Duration::from_milliseconds(whole.milliseconds() / 3)
}

#[cfg(test)]
mod tests;
