//! A contact on a GPIO line: smoke relay, leak detector, door, mains relay, a device's fault output. Edges are taken from the
//! kernel with their instants; a poll repeats the state.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration as Span;

use gpiocdev::line::{Bias as KernelBias, EdgeDetection, EdgeKind, EventClock, Value};
use plenum_protocol::quantity::Kind;
use plenum_protocol::{Duration, Fault, Identifier, Outcome, Quantity, Timestamp};
use serde::Deserialize;
use serde::de::Error as _;

use super::{Entry, Opened};
use crate::driver::{Driver, Edge, Problem, Sample};

/// The registry's entry.
pub(super) const ENTRY: Entry = Entry {
    name: "contact",
    summary: "a contact on a GPIO line, debounced and with the instant of each edge: smoke, water, door, mains, fault outputs",
    open,
};

/// What a wait takes from a line at most; a relay that chatters must not hold the thread.
const MOST_CHANGES: usize = 64;
/// While the line cannot be opened, it is tried again this often.
const RETRY: Span = Span::from_secs(1);

/// What stands in the sensor's block.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// What the contact means: any quantity that is a state.
    quantity: Quantity,
    /// `/dev/gpiochip0` or `gpiochip0`; may be left out where the line has a name.
    chip: Option<PathBuf>,
    /// The line's number on its chip, or its name (`GPIO17`) as `gpioinfo` lists it.
    line: Name,
    /// The state holds while the line is low: a contact to ground that closes.
    #[serde(default)]
    active_low: bool,
    #[serde(default)]
    bias: Bias,
    /// A state counts once it has stood for this long.
    #[serde(default = "default_debounce")]
    debounce: Duration,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Name {
    Offset(u32),
    Name(String),
}

/// The resistor in the chip.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Bias {
    /// As the firmware left it.
    #[default]
    AsIs,
    PullUp,
    PullDown,
    Disabled,
}

fn default_debounce() -> Duration {
    Duration::from_milliseconds(20)
}

fn open(_: &Identifier, keys: toml::Table) -> Result<Opened, toml::de::Error> {
    let config: Config = keys.try_into()?;
    if !(Duration::ZERO..=Duration::from_seconds(10)).contains(&config.debounce) {
        return Err(toml::de::Error::custom("`debounce` must be from 0ms to 10s"));
    }
    let bus = match (&config.chip, &config.line) {
        (chip, Name::Offset(offset)) => format!("{}/{offset}", chip_path(chip.as_ref()).display()),
        (Some(_), Name::Name(name)) => format!("{}/{name}", chip_path(config.chip.as_ref()).display()),
        (None, Name::Name(name)) => format!("gpio/{name}"),
    };
    let (quantity, debounce) = (config.quantity, config.debounce);
    on_line(quantity, debounce, bus, move || {
        Ok(Box::new(Gpio::request(&config)?) as Box<dyn Line>)
    })
    .map_err(toml::de::Error::custom)
}

/// A contact on whatever line `connect` opens, for a kind of line that this file does not know; tests and the bench use a [`Wire`].
///
/// # Errors
/// The quantity is a number and no state.
pub fn on_line<C>(quantity: Quantity, debounce: Duration, bus: String, connect: C) -> Result<Opened, String>
where
    C: FnMut() -> Result<Box<dyn Line>, Problem> + Send + 'static,
{
    if quantity.kind() != Kind::Boolean {
        return Err(format!(
            "`quantity` of a contact is a state like smoke, water or door-open, not {quantity}"
        ));
    }
    let driver = Box::new(Contact::new(quantity, debounce, connect));
    Ok(Opened { bus, driver })
}

/// A line with two states. It need not debounce.
pub trait Line: Send {
    /// Whether the state holds now.
    ///
    /// # Errors
    /// The line is gone or cannot be read.
    fn is_active(&mut self) -> Result<bool, Problem>;

    /// Waits at most `timeout` for changes and gives those that there are, oldest first; none is no error.
    ///
    /// # Errors
    /// The line is gone or cannot be read.
    fn wait(&mut self, timeout: Span) -> Result<Vec<Change>, Problem>;

    /// Whether changes come debounced already.
    fn debounces(&self) -> bool {
        false
    }
}

/// A line's change to a state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// When; absent where the line cannot know.
    pub at: Option<Timestamp>,
    /// To which state.
    pub active: bool,
}

/// The driver: a line, opened when needed, and what is known of its state.
struct Contact<C> {
    quantity: Quantity,
    period: Duration,
    connect: C,
    /// The open line with its debounced state.
    line: Option<(Box<dyn Line>, Debounce)>,
    /// Edges that were found while reading and wait to be told.
    found: Vec<Edge>,
    /// What was last told, so that a fault is told once and its end too.
    told: Option<Outcome>,
    trouble: Option<Problem>,
}

impl<C: FnMut() -> Result<Box<dyn Line>, Problem>> Contact<C> {
    fn new(quantity: Quantity, period: Duration, connect: C) -> Self {
        Self {
            quantity,
            period,
            connect,
            line: None,
            found: Vec::new(),
            told: None,
            trouble: None,
        }
    }

    /// The line with its debouncer, opened if it is not. What it shows at opening is news if it differs from what was told.
    fn probe(&mut self) -> Result<&mut (Box<dyn Line>, Debounce), Problem> {
        let open = match self.line.take() {
            Some(open) => open,
            None => {
                let mut line = (self.connect)()?;
                let active = line.is_active()?;
                let period = if line.debounces() {
                    Duration::ZERO
                } else {
                    self.period
                };
                self.tell(Change { at: None, active });
                (line, Debounce::new(period, active))
            }
        };
        Ok(self.line.insert(open))
    }

    /// Notes a settled change, to be told by the next wait.
    fn tell(&mut self, change: Change) {
        let outcome = Ok(f64::from(u8::from(change.active)));
        if self.told != Some(outcome) {
            self.told = Some(outcome);
            self.found.push(Edge {
                at: change.at,
                quantity: self.quantity,
                outcome,
            });
        }
    }

    /// Closes the line, to be opened afresh, and notes the fault as news if it is.
    fn fail(&mut self, problem: Problem) -> Fault {
        let fault = problem.fault;
        self.line = None;
        self.trouble = Some(problem);
        if self.told != Some(Err(fault)) {
            self.told = Some(Err(fault));
            self.found.push(Edge {
                at: None,
                quantity: self.quantity,
                outcome: Err(fault),
            });
        }
        fault
    }

    /// Waits once for the line, at most `timeout`, and notes what has settled. Gives how long it was quiet.
    fn listen(&mut self, timeout: Span) -> Result<Span, Problem> {
        self.probe()?;
        // What opening has shown is news already: it must not wait for the next edge.
        let timeout = if self.found.is_empty() {
            timeout
        } else {
            Span::ZERO
        };
        let (line, debounce) = self.probe()?;
        let step = debounce.settles_in().map_or(timeout, |rest| rest.min(timeout));
        let changes = line.wait(step)?;
        let settled: Vec<Change> = if changes.is_empty() {
            debounce.quiet(step).into_iter().collect()
        } else {
            changes
                .iter()
                .filter_map(|change| debounce.change(*change))
                .collect()
        };
        let quiet = if changes.is_empty() { step } else { Span::ZERO };
        settled.into_iter().for_each(|change| self.tell(change));
        Ok(quiet)
    }

    /// The debounced state. An edge that the kernel's buffer lost is made up for here.
    fn state(&mut self) -> Result<bool, Problem> {
        self.listen(Span::ZERO)?;
        let (line, debounce) = self.probe()?;
        let active = line.is_active()?;
        let settled = debounce.change(Change { at: None, active });
        let state = debounce.state;
        settled.into_iter().for_each(|change| self.tell(change));
        Ok(state)
    }
}

impl<C: FnMut() -> Result<Box<dyn Line>, Problem> + Send> Driver for Contact<C> {
    fn quantities(&self) -> Vec<Quantity> {
        vec![self.quantity]
    }

    fn read(&mut self, _: Timestamp) -> Vec<Sample> {
        let outcome = match self.state() {
            Ok(active) => Ok(f64::from(u8::from(active))),
            Err(problem) => Err(self.fail(problem)),
        };
        vec![(self.quantity, outcome)]
    }

    fn wait(&mut self, timeout: Span) -> Option<Vec<Edge>> {
        let mut rest = timeout;
        while self.found.is_empty() && !rest.is_zero() {
            match self.listen(rest) {
                // Edges came and none has settled yet: how long that took is not known, so the caller looks at its clock.
                Ok(Span::ZERO) => break,
                Ok(quiet) => rest = rest.saturating_sub(quiet),
                Err(problem) => {
                    let known = self.told == Some(Err(problem.fault));
                    self.fail(problem);
                    if known {
                        std::thread::sleep(rest.min(RETRY));
                        break;
                    }
                }
            }
        }
        Some(std::mem::take(&mut self.found))
    }

    fn advice(&self, fault: Fault) -> String {
        Problem::advise(self.trouble.as_ref(), fault)
    }
}

/// A state that counts once it has stood for a period. It takes the time from the changes' own instants and from how long it was
/// quiet, and asks no clock.
#[derive(Debug, Clone, PartialEq)]
struct Debounce {
    period: Duration,
    state: bool,
    pending: Option<Pending>,
}

/// Another state that has not stood for long enough, the instant of its first edge, and how long it has been quiet since the last.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pending {
    at: Option<Timestamp>,
    quiet: Span,
}

impl Debounce {
    fn new(period: Duration, state: bool) -> Self {
        Self {
            period,
            state,
            pending: None,
        }
    }

    /// Takes a raw change and gives the change that has settled by it, if one has.
    fn change(&mut self, change: Change) -> Option<Change> {
        let before = self.pending.take();
        let stood = |pending: Pending| {
            let (Some(from), Some(until)) = (pending.at, change.at) else {
                return false;
            };
            until.since(from) >= self.period
        };
        // It had settled before this change; nobody was there to notice.
        let settled = before
            .filter(|pending| stood(*pending))
            .map(|pending| self.settle(pending.at));
        if change.active != self.state {
            let pending = before.filter(|_| settled.is_none());
            self.pending = Some(pending.unwrap_or(Pending {
                at: change.at,
                quiet: Span::ZERO,
            }));
        }
        settled.or_else(|| self.quiet(Span::ZERO))
    }

    /// Takes the time that passed without a change.
    fn quiet(&mut self, elapsed: Span) -> Option<Change> {
        let pending = self.pending.as_mut()?;
        pending.quiet += elapsed;
        if pending.quiet < self.period.to_std() {
            return None;
        }
        let at = pending.at;
        self.pending = None;
        Some(self.settle(at))
    }

    /// How much longer it must be quiet, if a state is pending.
    fn settles_in(&self) -> Option<Span> {
        self.pending
            .map(|pending| self.period.to_std().saturating_sub(pending.quiet))
    }

    fn settle(&mut self, at: Option<Timestamp>) -> Change {
        self.state = !self.state;
        Change {
            at,
            active: self.state,
        }
    }
}

/// A line of a GPIO chip, debounced by the kernel, its edges stamped by the kernel's wall clock.
struct Gpio(gpiocdev::Request);

fn chip_path(chip: Option<&PathBuf>) -> PathBuf {
    PathBuf::from("/dev").join(chip.map_or("gpiochip0".as_ref(), PathBuf::as_path))
}

impl Gpio {
    fn request(config: &Config) -> Result<Self, Problem> {
        let (chip, offset) = Self::find(config)?;
        std::fs::File::open(&chip).map_err(|error| {
            let words = match error.kind() {
                std::io::ErrorKind::PermissionDenied => "put the agent's user into the group gpio",
                _ => "`ls /dev/gpiochip*` and `gpioinfo` list what there is",
            };
            Problem::new(Fault::NotPresent, format!("{}: {error}: {words}", chip.display()))
        })?;
        let mut builder = gpiocdev::Request::builder();
        builder.on_chip(&chip).with_consumer("plenum").with_line(offset);
        builder.as_input().with_edge_detection(EdgeDetection::BothEdges);
        builder.with_event_clock(EventClock::Realtime);
        if config.active_low {
            builder.as_active_low();
        }
        match config.bias {
            Bias::AsIs => {}
            Bias::PullUp => drop(builder.with_bias(KernelBias::PullUp)),
            Bias::PullDown => drop(builder.with_bias(KernelBias::PullDown)),
            Bias::Disabled => drop(builder.with_bias(KernelBias::Disabled)),
        }
        if config.debounce > Duration::ZERO {
            builder.with_debounce_period(config.debounce.to_std());
        }
        builder.request().map(Self).map_err(|error| {
            let line = format!("line {offset} of {}", chip.display());
            Problem::new(
                Fault::DeviceError,
                format!("{line} cannot be watched ({error}): `gpioinfo` shows whether another program or driver uses it"),
            )
        })
    }

    fn find(config: &Config) -> Result<(PathBuf, u32), Problem> {
        let missing = |name: &str| {
            Problem::new(
                Fault::NotPresent,
                format!("no GPIO line is named {name}: `gpioinfo` lists the names"),
            )
        };
        match (&config.line, &config.chip) {
            (Name::Offset(offset), chip) => Ok((chip_path(chip.as_ref()), *offset)),
            (Name::Name(name), None) => {
                let found = gpiocdev::find_named_line(name).ok_or_else(|| missing(name))?;
                Ok((found.chip, found.info.offset))
            }
            (Name::Name(name), Some(chip)) => {
                let path = chip_path(Some(chip));
                let found = gpiocdev::Chip::from_path(&path)
                    .ok()
                    .and_then(|chip| chip.find_line_info(name));
                Ok((path, found.ok_or_else(|| missing(name))?.offset))
            }
        }
    }
}

fn gone(error: gpiocdev::Error) -> Problem {
    Problem::new(
        Fault::NotPresent,
        format!("the GPIO line failed ({error}): is its board still plugged in?"),
    )
}

/// A signal to the process (a reload, a stop) woke this thread: nothing has happened to the line. The crate names the errno only
/// in its words.
fn interrupted(error: &gpiocdev::Error) -> bool {
    error.to_string().contains("(os error 4)")
}

impl Line for Gpio {
    fn is_active(&mut self) -> Result<bool, Problem> {
        self.0
            .lone_value()
            .map(|value| value == Value::Active)
            .map_err(gone)
    }

    fn wait(&mut self, timeout: Span) -> Result<Vec<Change>, Problem> {
        let mut changes = Vec::new();
        let mut more = loop {
            match self.0.wait_edge_event(timeout) {
                Err(error) if interrupted(&error) => {}
                answer => break answer.map_err(gone)?,
            }
        };
        while more && changes.len() < MOST_CHANGES {
            let event = self.0.read_edge_event().map_err(gone)?;
            let milliseconds = i64::try_from(event.timestamp_ns / 1_000_000).ok();
            changes.push(Change {
                at: milliseconds.map(Timestamp::from_milliseconds),
                active: event.kind == EdgeKind::Rising,
            });
            more = self.0.has_edge_event().map_err(gone)?;
        }
        Ok(changes)
    }

    fn debounces(&self) -> bool {
        true
    }
}

/// A line without hardware: whoever holds the wire makes its edges, cuts it and mends it. All clones are one wire.
#[derive(Debug, Clone)]
pub struct Wire(Arc<Mutex<Held>>);

#[derive(Debug)]
struct Held {
    active: bool,
    cut: bool,
    ends: Vec<Sender<Change>>,
}

impl Wire {
    /// A whole wire in a state.
    pub fn new(active: bool) -> Self {
        Self(Arc::new(Mutex::new(Held {
            active,
            cut: false,
            ends: Vec::new(),
        })))
    }

    /// Makes an edge to `active` at an instant.
    pub fn set(&self, active: bool, at: Timestamp) {
        let mut held = self.lock();
        held.active = active;
        let change = Change { at: Some(at), active };
        held.ends.retain(|end| end.send(change).is_ok());
    }

    /// Cuts it: the line fails until it is mended.
    pub fn cut(&self) {
        let mut held = self.lock();
        held.cut = true;
        held.ends.clear();
    }

    /// Mends it.
    pub fn mend(&self) {
        self.lock().cut = false;
    }

    /// A contact at its end, on a bus of this name.
    ///
    /// # Errors
    /// The quantity is a number and no state.
    pub fn contact(&self, quantity: Quantity, debounce: Duration, bus: &str) -> Result<Opened, String> {
        let wire = self.clone();
        on_line(quantity, debounce, bus.to_owned(), move || {
            Ok(Box::new(wire.end()?) as Box<dyn Line>)
        })
    }

    fn end(&self) -> Result<WireEnd, Problem> {
        let mut held = self.lock();
        if held.cut {
            return Err(Problem::new(Fault::NotPresent, "the wire is cut"));
        }
        let (sender, receiver) = channel();
        held.ends.push(sender);
        Ok(WireEnd {
            wire: self.clone(),
            receiver,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end at the driver.
struct WireEnd {
    wire: Wire,
    receiver: Receiver<Change>,
}

impl Line for WireEnd {
    fn is_active(&mut self) -> Result<bool, Problem> {
        Ok(self.wire.lock().active)
    }

    fn wait(&mut self, timeout: Span) -> Result<Vec<Change>, Problem> {
        let first = match self.receiver.recv_timeout(timeout) {
            Ok(change) => Some(change),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Problem::new(Fault::NotPresent, "the wire is cut"));
            }
        };
        let rest = self.receiver.try_iter().take(MOST_CHANGES);
        Ok(first.into_iter().chain(rest).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    const TICK: Timestamp = Timestamp::from_milliseconds(0);

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_milliseconds(milliseconds)
    }

    /// Raw edges (instant, state) in; settled ones out. Afterwards the line is quiet for the period.
    fn check_debounce(period: i64, edges: &[(i64, bool)], expected: &[(i64, bool)]) {
        let mut debounce = Debounce::new(Duration::from_milliseconds(period), false);
        let change = |(instant, active): (i64, bool)| Change {
            at: Some(at(instant)),
            active,
        };
        let mut settled: Vec<Change> = edges
            .iter()
            .filter_map(|edge| debounce.change(change(*edge)))
            .collect();
        settled.extend(debounce.quiet(Span::from_millis(period as u64)));
        let expected: Vec<Change> = expected.iter().copied().map(change).collect();
        assert_eq!(settled, expected, "{edges:?}");
    }

    #[test]
    fn bounces_become_one_edge_at_the_first_of_them() {
        check_debounce(20, &[(100, true)], &[(100, true)]);
        check_debounce(20, &[(100, true), (105, false), (107, true)], &[(107, true)]);
        check_debounce(20, &[(100, true), (105, false)], &[]);
        check_debounce(20, &[(100, true), (120, false)], &[(100, true), (120, false)]);
        check_debounce(20, &[(100, true), (119, false)], &[]);
        check_debounce(20, &[(100, true), (110, true)], &[(100, true)]);
        check_debounce(
            0,
            &[(100, true), (101, false), (102, true)],
            &[(100, true), (101, false), (102, true)],
        );
    }

    #[test]
    fn quiet_time_adds_up_over_waits() {
        let mut debounce = Debounce::new(Duration::from_milliseconds(20), false);
        let raw = Change {
            at: Some(at(5)),
            active: true,
        };
        assert_eq!(debounce.settles_in(), None);
        assert_eq!(debounce.change(raw), None);
        assert_eq!(debounce.quiet(Span::from_millis(15)), None);
        assert_eq!(debounce.settles_in(), Some(Span::from_millis(5)));
        assert_eq!(debounce.quiet(Span::from_millis(5)), Some(raw));
        assert_eq!(debounce.quiet(Span::from_millis(50)), None);
    }

    /// What a line does at each call.
    enum Does {
        Waits(Vec<Change>),
        Shows(bool),
        Fails,
    }

    struct Scripted(VecDeque<Does>);

    impl Line for Scripted {
        fn is_active(&mut self) -> Result<bool, Problem> {
            match self.0.pop_front() {
                Some(Does::Shows(active)) => Ok(active),
                Some(Does::Fails) => Err(Fault::NotPresent.into()),
                _ => panic!("the line was not to be asked for its state"),
            }
        }

        fn wait(&mut self, _: Span) -> Result<Vec<Change>, Problem> {
            match self.0.pop_front() {
                Some(Does::Waits(changes)) => Ok(changes),
                Some(Does::Fails) => Err(Fault::NotPresent.into()),
                _ => panic!("the line was not to be waited for"),
            }
        }
    }

    fn contact(
        period: i64,
        lines: Vec<Vec<Does>>,
    ) -> Contact<impl FnMut() -> Result<Box<dyn Line>, Problem> + Send> {
        let mut lines = VecDeque::from(lines);
        let connect = move || match lines.pop_front() {
            Some(script) => Ok(Box::new(Scripted(script.into())) as Box<dyn Line>),
            None => Err(Problem::new(Fault::NotPresent, "no such line")),
        };
        Contact::new(Quantity::Smoke, Duration::from_milliseconds(period), connect)
    }

    fn edge(instant: Option<i64>, outcome: Outcome) -> Edge {
        Edge {
            at: instant.map(at),
            quantity: Quantity::Smoke,
            outcome,
        }
    }

    const LONG: Span = Span::from_millis(1_000);

    #[test]
    fn the_state_at_opening_is_news_and_edges_carry_their_instants() {
        let raised = Change {
            at: Some(at(70)),
            active: true,
        };
        let mut contact = contact(
            20,
            vec![vec![
                Does::Shows(false),
                Does::Waits(vec![]),
                Does::Shows(false),
                Does::Waits(vec![raised]),
                Does::Waits(vec![]),
            ]],
        );
        assert_eq!(contact.read(TICK), [(Quantity::Smoke, Ok(0.0))]);
        assert_eq!(contact.wait(LONG), Some(vec![edge(None, Ok(0.0))]));
        assert_eq!(contact.wait(LONG), Some(vec![]));
        assert_eq!(contact.wait(LONG), Some(vec![edge(Some(70), Ok(1.0))]));
    }

    #[test]
    fn a_lost_edge_is_made_up_for_by_a_poll() {
        let mut contact = contact(
            0,
            vec![vec![Does::Shows(false), Does::Waits(vec![]), Does::Shows(true)]],
        );
        assert_eq!(contact.read(TICK), [(Quantity::Smoke, Ok(1.0))]);
        assert_eq!(
            contact.wait(LONG),
            Some(vec![edge(None, Ok(0.0)), edge(None, Ok(1.0))])
        );
    }

    #[test]
    fn a_vanished_line_is_told_once_and_its_return_too() {
        let mut contact = contact(
            0,
            vec![
                vec![Does::Shows(false), Does::Fails],
                vec![Does::Fails],
                vec![Does::Shows(false), Does::Waits(vec![])],
            ],
        );
        assert_eq!(
            contact.wait(LONG),
            Some(vec![edge(None, Ok(0.0)), edge(None, Err(Fault::NotPresent))])
        );
        assert_eq!(contact.wait(Span::from_millis(1)), Some(vec![]));
        assert_eq!(contact.wait(LONG), Some(vec![edge(None, Ok(0.0))]));
        let mut none = self::contact(0, vec![]);
        assert_eq!(none.read(TICK), [(Quantity::Smoke, Err(Fault::NotPresent))]);
        assert_eq!(none.advice(Fault::NotPresent), "no such line");
        assert_eq!(none.wait(LONG), Some(vec![edge(None, Err(Fault::NotPresent))]));
    }

    #[test]
    fn a_chattering_line_does_not_hold_the_thread() {
        let chatter = |number: i64| Change {
            at: Some(at(number)),
            active: number % 2 == 0,
        };
        let script = std::iter::once(Does::Shows(false))
            .chain((0..200).map(|number| Does::Waits(vec![chatter(number)])))
            .collect();
        let mut contact = contact(20, vec![script]);
        assert_eq!(contact.wait(LONG), Some(vec![edge(None, Ok(0.0))]));
        assert_eq!(contact.wait(LONG), Some(vec![]));
    }

    #[test]
    fn a_wire_carries_edges_until_it_is_cut() {
        let wire = Wire::new(false);
        let opened = wire.contact(Quantity::Water, Duration::from_milliseconds(5), "wire");
        let mut driver = opened.unwrap().driver;
        assert_eq!(driver.wait(LONG).unwrap()[0].outcome, Ok(0.0));
        wire.set(true, at(1_000));
        wire.set(false, at(1_001));
        wire.set(true, at(1_002));
        assert_eq!(driver.wait(LONG), Some(vec![]));
        let edges = driver.wait(LONG).unwrap();
        assert_eq!((edges[0].at, edges[0].outcome), (Some(at(1_002)), Ok(1.0)));
        assert_eq!(driver.read(TICK), [(Quantity::Water, Ok(1.0))]);
        wire.cut();
        assert_eq!(driver.wait(LONG).unwrap()[0].outcome, Err(Fault::NotPresent));
        assert_eq!(driver.read(TICK), [(Quantity::Water, Err(Fault::NotPresent))]);
        assert_eq!(driver.advice(Fault::NotPresent), "the wire is cut");
        wire.mend();
        assert_eq!(driver.wait(LONG).unwrap()[0].outcome, Ok(1.0));
    }

    #[test]
    fn an_interrupted_wait_is_told_from_a_failed_one() {
        let error = |errno: i32| gpiocdev::Error::from(std::io::Error::from_raw_os_error(errno));
        assert!(interrupted(&error(4)));
        assert!(!interrupted(&error(19)) && !interrupted(&error(40)));
    }

    #[test]
    fn keys_and_missing_chips_are_said_in_words() {
        let open = |keys: &str| open(&"door".parse().unwrap(), keys.parse().unwrap());
        for (keys, words) in [
            ("line = 17", "missing field `quantity`"),
            ("quantity = 'temperature'\nline = 17", "not temperature"),
            ("quantity = 'smok'\nline = 17", "`smok` is no quantity"),
            (
                "quantity = 'smoke'\nline = 17\nbias = 'up'",
                "unknown variant `up`",
            ),
            ("quantity = 'smoke'\nline = 17\ndebounce = '1min'", "0ms to 10s"),
            (
                "quantity = 'smoke'\nline = 17\nactive-low = true",
                "unknown field `active-low`",
            ),
        ] {
            let message = open(keys).err().expect("a bad key").to_string();
            assert!(message.contains(words), "{keys}: {message}");
        }
        let bus = |keys: &str| open(&format!("quantity = 'smoke'\n{keys}")).unwrap().bus;
        assert_eq!(bus("line = 17"), "/dev/gpiochip0/17");
        assert_eq!(bus("chip = 'gpiochip2'\nline = 'DOOR'"), "/dev/gpiochip2/DOOR");
        assert_eq!(bus("line = 'GPIO17'"), "gpio/GPIO17");
        let mut driver = open("quantity = 'smoke'\nchip = 'gpiochip250'\nline = 17")
            .unwrap()
            .driver;
        assert_eq!(driver.read(TICK), [(Quantity::Smoke, Err(Fault::NotPresent))]);
        assert!(driver.advice(Fault::NotPresent).contains("gpioinfo"));
    }
}
