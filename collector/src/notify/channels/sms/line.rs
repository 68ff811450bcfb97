//! The modem's line: one thread opens it, reads and writes, and asks the machine what comes next.

use std::collections::{BTreeMap, HashMap};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};

use plenum_core::modem::Trouble;
use plenum_core::modem::machine::{Effect, Input, Machine, Settings};
use plenum_protocol::{Clock, Duration, Quantity, Steady};
use serialport::TTYPort;
use tokio::sync::oneshot;

use super::figures::Figures;
use super::pin::Mark;
use super::{Config, Hears, Outcome};
use crate::notify::channels::News;

/// How long it reads before it looks for orders.
const SLICE: Duration = Duration::from_milliseconds(100);
/// How long something must be wrong before it is told: a modem that is restarted is back by then.
const PATIENCE: Duration = Duration::from_minutes(1);

/// Of so many it is remembered whose they are until a telephone confirms them.
const UNPROVED: usize = 512;

/// A message for somebody.
pub(super) struct Order {
    /// The delivery's; none for an answer, of which nobody asks what became.
    pub(super) key: Option<String>,
    pub(super) to: String,
    pub(super) text: String,
    pub(super) ring: bool,
    pub(super) done: oneshot::Sender<Outcome>,
}

/// Who owns the line.
pub(super) struct Line {
    device: std::path::PathBuf,
    baud: u32,
    orders: Receiver<Order>,
    hears: Hears,
    clock: Arc<dyn Clock>,
    mark: Option<Mark>,
    machine: Machine,
    port: Option<TTYPort>,
    open_at: Steady,
    next_id: u64,
    waiting: HashMap<u64, oneshot::Sender<Outcome>>,
    keys: BTreeMap<u64, String>,
    trouble: Option<(Trouble, Steady)>,
    /// What was told last; none until anything was.
    told: Option<Option<Trouble>>,
    is_known: bool,
    figures: Figures,
}

impl Line {
    /// Runs until nobody can order any more.
    pub(super) fn start(config: &Config, mut settings: Settings, orders: Receiver<Order>, hears: Hears) {
        let mark = config
            .pin_file
            .as_ref()
            .map(|pin_file| Mark::of(&hears.folder, &config.channel, pin_file));
        let mark = mark.and_then(|mark| {
            mark.inspect_err(
                |error| tracing::error!(%error, "whether the PIN was refused before cannot be known"),
            )
            .ok()
        });
        settings.pin_refused = mark.as_ref().is_some_and(Mark::is_set);
        let clock = hears.clock.clone();
        let line = Self {
            device: config.device.clone(),
            baud: config.baud,
            orders,
            mark,
            machine: Machine::new(settings),
            port: None,
            open_at: clock.steady(),
            next_id: 1,
            waiting: HashMap::new(),
            keys: BTreeMap::new(),
            trouble: None,
            told: None,
            is_known: false,
            figures: Figures::of(config, &hears.channel, clock.steady()),
            clock,
            hears,
        };
        let name = format!("sms {}", config.channel);
        if let Err(error) = std::thread::Builder::new().name(name).spawn(move || line.run()) {
            tracing::error!(%error, "the modem's thread cannot be started");
        }
    }

    fn run(mut self) {
        while self.take_orders() {
            if self.port.is_none() && self.open_at <= self.clock.steady() {
                self.open();
            }
            self.read();
            self.step(Input::Tick);
            self.tell_trouble();
            self.tell_figures();
        }
    }

    /// False when nobody can order any more.
    fn take_orders(&mut self) -> bool {
        loop {
            // Where there is no line to read from, it waits here.
            let order = match self.port.is_some() {
                true => self.orders.try_recv(),
                false => self
                    .orders
                    .recv_timeout(SLICE.to_std())
                    .map_err(|error| match error {
                        RecvTimeoutError::Timeout => TryRecvError::Empty,
                        RecvTimeoutError::Disconnected => TryRecvError::Disconnected,
                    }),
            };
            match order {
                Ok(order) => self.order(order),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn order(&mut self, order: Order) {
        let id = self.next_id;
        self.next_id += 1;
        self.waiting.insert(id, order.done);
        if let Some(key) = order.key {
            self.keys.insert(id, key);
            if self.keys.len() > UNPROVED {
                self.keys.pop_first();
            }
        }
        let (to, text, ring) = (order.to, order.text, order.ring);
        self.step(Input::Send { id, to, text, ring });
    }

    fn open(&mut self) {
        match open(&self.device, self.baud) {
            Ok(port) => {
                self.port = Some(port);
                self.step(Input::Opened);
            }
            Err(error) => {
                tracing::debug!(device = %self.device.display(), %error, "the modem's line cannot be opened");
                self.step(Input::Lost);
            }
        }
    }

    fn read(&mut self) {
        let Some(port) = &mut self.port else { return };
        let mut buffer = [0; 512];
        match port.read(&mut buffer) {
            Ok(0) => self.step(Input::Lost),
            Ok(count) => self.step(Input::Bytes(&buffer[..count])),
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::TimedOut | ErrorKind::Interrupted | ErrorKind::WouldBlock
                ) => {}
            Err(_) => self.step(Input::Lost),
        }
    }

    fn step(&mut self, input: Input<'_>) {
        let effects = self.machine.step(input, self.clock.steady());
        for effect in effects {
            self.act(effect);
        }
    }

    fn act(&mut self, effect: Effect) {
        match effect {
            Effect::Write(bytes) => {
                // What cannot be written is not answered, which the machine sees.
                if let Some(port) = &mut self.port
                    && let Err(error) = port.write_all(&bytes)
                {
                    tracing::debug!(%error, "the modem's line takes nothing");
                }
            }
            Effect::Reopen(after) => {
                self.port = None;
                self.open_at = self.clock.steady() + after;
            }
            Effect::PinTried => self.mark(Mark::set),
            Effect::PinTaken => self.mark(Mark::clear),
            Effect::Taken(id) => self.end(id, Outcome::Unproved),
            Effect::Failed(id, why) => {
                self.keys.remove(&id);
                self.end(id, Outcome::Retry(why));
            }
            Effect::Proved(id, _) => self.tell_of(id, |key| News::Proved { key }),
            Effect::Undelivered(id, why) => self.tell_of(id, |key| News::Undelivered { key, why }),
            Effect::Received { from, at, text } => self.tell(News::Text { from, at, text }),
            Effect::Credit(amount) => {
                if let Some(figures) = self.figures.credit(amount, self.clock.now()) {
                    self.tell(figures);
                }
            }
            Effect::Trouble(trouble) => {
                let health = self.machine.health();
                tracing::info!(channel = %self.hears.channel, ?trouble, ?health, "the modem");
                self.is_known = true;
                self.trouble = trouble.map(|trouble| {
                    (
                        trouble,
                        self.trouble
                            .map_or_else(|| self.clock.steady(), |(_, since)| since),
                    )
                });
            }
        }
    }

    fn mark(&self, change: impl Fn(&Mark) -> std::io::Result<()>) {
        if let Some(Err(error)) = self.mark.as_ref().map(change) {
            tracing::error!(%error, "that the PIN was tried cannot be written down");
        }
    }

    fn end(&mut self, id: u64, outcome: Outcome) {
        if let Some(done) = self.waiting.remove(&id) {
            // Whoever waited may have given up.
            let _ = done.send(outcome);
        }
    }

    fn tell_of(&mut self, id: u64, news: impl FnOnce(String) -> News) {
        if let Some(key) = self.keys.remove(&id) {
            self.tell(news(key));
        }
    }

    /// What is wrong for so long, and that it is over.
    fn tell_trouble(&mut self) {
        let trouble = self.lasting(self.clock.steady());
        // Neither that it is well while something is wrong that does not last yet, nor before anything is known.
        let is_settled = trouble.is_some() || self.trouble.is_none();
        if self.is_known && is_settled && self.told != Some(trouble) {
            self.told = Some(trouble);
            self.tell(News::Trouble(trouble.map(|trouble| trouble.words().to_owned())));
        }
    }

    fn lasting(&self, now: Steady) -> Option<Trouble> {
        let lasts = self.trouble.filter(|(_, since)| *since + PATIENCE <= now);
        lasts.map(|(trouble, _)| trouble)
    }

    fn tell_figures(&mut self) {
        let now = self.clock.steady();
        if !self.figures.are_due(now) {
            return;
        }
        let Some(read) = self.machine.figures() else {
            return;
        };
        // A line that whoever had it before has not let go of yet, or a modem that starts anew, is not a fault of either.
        let is_fault = read
            .iter()
            .any(|(quantity, outcome)| *quantity == Quantity::NetworkPresent && outcome.is_err());
        if is_fault && self.lasting(now).is_none() {
            return;
        }
        let figures = self.figures.way(read, (self.clock.now(), now));
        self.tell(figures);
    }

    fn tell(&self, news: News) {
        // Waits while the courier is busy; it may be gone, at the end.
        let _ = self.hears.news.blocking_send((self.hears.channel.clone(), news));
    }
}

fn open(device: &Path, baud: u32) -> serialport::Result<TTYPort> {
    serialport::new(device.to_string_lossy(), baud)
        .timeout(SLICE.to_std())
        .open_native()
}
