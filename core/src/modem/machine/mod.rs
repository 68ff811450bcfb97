//! The machine of a modem's line: bytes and instants in, bytes and news out. It has no clock and no line.
//!
//! | state | what happens | what it does |
//! |---|---|---|
//! | closed | opened | escape, `AT`, echo off, PIN, PDU mode, notices, then it is set |
//! | any | a command is not answered in time | escape and `AT`, twice; then `AT+CFUN=1,1` and the line anew |
//! | any | the line is lost | all that was begun fails, and the line is opened anew |
//! | set | 20 s have gone by | signal and network; without a network the greeting again, for it may have restarted |
//! | set | a minute has gone by | lists messages, deletes what was read |
//! | set, with a network | an order | its parts one after another; each with a report asked for |
//!
//! An order waits 45 s for a modem that is not ready. A PIN that was refused is never given again.

mod command;
mod hear;
mod send;
mod stored;

use std::collections::VecDeque;

use plenum_protocol::{Duration, Fault, Outcome, Quantity, Steady, Timestamp};

use crate::modem::line::Lines;
use crate::modem::pdu::{Address, Parts};
use crate::modem::trouble::{ModemError, Trouble};
use command::{Command, GREETING, LOOK, OVER_THE_AIR, SETTINGS};
use hear::Expected;
use send::{Order, Proof, Sending, Unproved};
use stored::Stored;

/// How often signal and network are looked at.
const EVERY_LOOK: Duration = Duration::from_seconds(20);
/// How often messages are listed, though nothing announced one.
const EVERY_LIST: Duration = Duration::from_minutes(1);
/// How often credit is asked for and the way is proved.
const EVERY_DAY: Duration = Duration::from_hours(24);
/// How soon after it is set.
const FIRST: Duration = Duration::from_minutes(1);
/// A lost line is opened anew so soon; after a restart of the modem, so much later.
const REOPEN: Duration = Duration::from_seconds(2);
const RESTART: Duration = Duration::from_seconds(5);
/// How often a SIM that is busy is asked again.
const SIM_BUSY: Duration = Duration::from_seconds(5);

/// How a modem is to be used.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The SIM's PIN.
    pub pin: Option<String>,
    /// Whether that PIN was refused before: it is not tried.
    pub pin_refused: bool,
    /// The SIM's own number: with it the way is proved every day.
    pub own_number: Option<String>,
    /// The code that the operator answers with the credit.
    pub credit_code: Option<String>,
}

/// What happens to the machine.
#[derive(Debug, Clone, PartialEq)]
pub enum Input<'a> {
    /// The line was opened.
    Opened,
    /// It cannot be opened, or is gone.
    Lost,
    /// What it said.
    Bytes(&'a [u8]),
    /// A message is to be sent.
    Send {
        /// The caller's number for it.
        id: u64,
        /// To whom, in the international form.
        to: String,
        /// What.
        text: String,
        /// Whether their telephone is to ring for 20 s where the network does not take it.
        ring: bool,
    },
    /// Time has gone by.
    Tick,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Over the line.
    Write(Vec<u8>),
    /// The line is to be closed and opened anew after so long.
    Reopen(Duration),
    /// The PIN is about to be given: write down that it may be refused, before these bytes leave.
    PinTried,
    /// The PIN is the SIM's.
    PinTaken,
    /// The network took every part of an order.
    Taken(u64),
    /// An order failed; why.
    Failed(u64, String),
    /// The telephone has all of it.
    Proved(u64, Option<Timestamp>),
    /// The network took it and gave it up; why.
    Undelivered(u64, String),
    /// Somebody wrote.
    Received {
        /// Who, as the network says.
        from: Address,
        /// When the network took it.
        at: Option<Timestamp>,
        /// What.
        text: String,
    },
    /// The operator says that so much credit is left.
    Credit(f64),
    /// What is wrong now; none where it is well.
    Trouble(Option<Trouble>),
}

/// What is known of the way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Health {
    /// Signal, from 0 to 31 (27.007, 8.5).
    pub signal: Option<u8>,
    /// Whether a network takes it.
    pub has_network: bool,
    /// Whose it is.
    pub operator: Option<String>,
}

/// The machine.
#[derive(Debug)]
pub struct Machine {
    settings: Settings,
    lines: Lines,
    is_open: bool,
    /// Whether the SIM is ready and the modem set.
    is_set: bool,
    strikes: u32,
    running: Option<Running>,
    plan: VecDeque<Command>,
    expected: Option<Expected>,
    orders: VecDeque<Order>,
    sending: Option<Sending>,
    unproved: Vec<Unproved>,
    proof: Proof,
    parts: Parts,
    stored: Stored,
    reference: u8,
    health: Health,
    /// Whether LTE said that it has a network, until the older ones are asked.
    lte: bool,
    /// Whether it was asked for a network since it was set: before that nothing is known of it.
    is_looked_at: bool,
    /// What is wrong with the line or the SIM.
    broken: Option<Trouble>,
    refusals: u32,
    said: Option<Option<Trouble>>,
    look_at: Option<Steady>,
    list_at: Option<Steady>,
    credit_at: Option<Steady>,
    greet_at: Option<Steady>,
    effects: Vec<Effect>,
}

/// A command whose answer is waited for.
#[derive(Debug)]
struct Running {
    command: Command,
    until: Steady,
    /// Whether its PDU left.
    has_data: bool,
}

impl Machine {
    /// A modem whose line is not open yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            lines: Lines::default(),
            is_open: false,
            is_set: false,
            strikes: 0,
            running: None,
            plan: VecDeque::new(),
            expected: None,
            orders: VecDeque::new(),
            sending: None,
            unproved: Vec::new(),
            proof: Proof::default(),
            parts: Parts::default(),
            stored: Stored::default(),
            reference: 0,
            health: Health::default(),
            lte: false,
            is_looked_at: false,
            broken: None,
            refusals: 0,
            said: None,
            look_at: None,
            list_at: None,
            credit_at: None,
            greet_at: None,
            effects: Vec::new(),
        }
    }

    /// Takes what happened.
    pub fn step(&mut self, input: Input<'_>, now: Steady) -> Vec<Effect> {
        match input {
            Input::Opened => {
                self.is_open = true;
                self.lines.forget();
                self.greet();
            }
            Input::Lost => self.lost(),
            Input::Bytes(bytes) => {
                for token in self.lines.push(bytes) {
                    self.hear(token, now);
                }
            }
            Input::Send { id, to, text, ring } => self.order(Order::new(id, to, text, ring, now)),
            Input::Tick => {}
        }
        if self.running.as_ref().is_some_and(|running| running.until <= now) {
            self.silent();
        }
        self.give_up(now);
        self.plan_what_is_due(now);
        self.go_on(now);
        self.say_trouble();
        std::mem::take(&mut self.effects)
    }

    /// When it wants to be called though nothing happens.
    pub fn next_wakeup(&self) -> Option<Steady> {
        let running = self.running.as_ref().map(|running| running.until);
        let orders = self.orders.iter().map(|order| order.until);
        // What is past waits for the modem to be set, and not for a call.
        let once_set = |at: Option<Steady>| at.filter(|_| self.is_set);
        let due = [
            running,
            once_set(self.look_at),
            once_set(self.list_at),
            once_set(self.credit_at),
            self.greet_at,
            self.proof.next(self.is_ready()),
            self.ring_ends(),
        ];
        let due = due.into_iter().flatten().chain(orders);
        due.chain(self.unproved.iter().map(|unproved| unproved.until))
            .min()
    }

    /// What is known of the way.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// What is wrong now.
    pub fn trouble(&self) -> Option<Trouble> {
        if self.broken.is_some() {
            return self.broken;
        }
        let wrong = [
            (self.is_looked_at && !self.health.has_network, Trouble::NoNetwork),
            (self.refusals >= 2, Trouble::MessagesRefused),
            (self.proof.failed, Trouble::NotProved),
        ];
        wrong.into_iter().find(|(is, _)| *is).map(|(_, trouble)| trouble)
    }

    /// The strength of its signal in dBm (27.007, 8.5), and whether a network takes it; none until anything is known.
    pub fn figures(&self) -> Option<[(Quantity, Outcome); 2]> {
        let known = self.is_set && self.is_looked_at;
        let (signal, network) = match self.broken {
            Some(trouble) => (Err(trouble.fault()), Err(trouble.fault())),
            None if !known => return None,
            None => {
                let signal = self.health.signal.map(|steps| -113.0 + 2.0 * f64::from(steps));
                let network = f64::from(u8::from(self.health.has_network));
                (signal.ok_or(Fault::NotPresent), Ok(network))
            }
        };
        Some([(Quantity::Signal, signal), (Quantity::NetworkPresent, network)])
    }

    fn say_trouble(&mut self) {
        // Until it is set for the first time nothing is known, and nothing is said.
        let known = self.is_set && self.is_looked_at || self.broken.is_some();
        let trouble = self.trouble();
        if known && self.said != Some(trouble) {
            self.said = Some(trouble);
            self.effects.push(Effect::Trouble(trouble));
        }
    }

    fn is_ready(&self) -> bool {
        self.is_set && self.is_looked_at && self.health.has_network
    }

    /// Begins a conversation: whatever prompt is open is left, and all is set again.
    fn greet(&mut self) {
        self.is_set = false;
        self.running = None;
        self.expected = None;
        self.greet_at = None;
        self.plan = GREETING.into();
        self.put_back();
        self.effects.push(Effect::Write(b"\x1B\r".to_vec()));
    }

    fn lost(&mut self) {
        self.is_open = false;
        self.is_set = false;
        self.running = None;
        self.expected = None;
        (self.look_at, self.list_at, self.greet_at) = (None, None, None);
        self.plan.clear();
        self.put_back();
        self.broken = Some(Trouble::Gone);
        self.health = Health::default();
        self.effects.push(Effect::Reopen(REOPEN));
    }

    /// A command was not answered.
    fn silent(&mut self) {
        if let Some(Running {
            command: Command::Dial(_),
            ..
        }) = self.running
        {
            // It rang so long, and must not go on.
            self.running = None;
            return self.plan.push_front(Command::HangUp);
        }
        self.strikes += 1;
        if !self.strikes.is_multiple_of(3) {
            return self.greet();
        }
        self.broken = Some(Trouble::Silent);
        self.is_set = false;
        self.running = None;
        self.plan.clear();
        self.put_back();
        (self.look_at, self.list_at, self.greet_at) = (None, None, None);
        self.is_open = false;
        self.effects.push(Effect::Write(b"\x1B\rAT+CFUN=1,1\r".to_vec()));
        self.effects.push(Effect::Reopen(RESTART));
    }

    fn plan_what_is_due(&mut self, now: Steady) {
        let is_due = |at: &Option<Steady>| at.is_some_and(|at| at <= now);
        if is_due(&self.greet_at) {
            self.greet();
        }
        if !self.is_set {
            return;
        }
        if is_due(&self.look_at) {
            self.look_at = Some(now + EVERY_LOOK);
            self.plan.extend(LOOK);
        }
        if is_due(&self.list_at) {
            self.list_at = Some(now + EVERY_LIST);
            self.plan.extend([
                Command::PduMode,
                Command::Notices,
                Command::Operator,
                Command::OneMemory,
                Command::List,
                Command::Memory,
            ]);
        }
        if is_due(&self.credit_at) {
            self.credit_at = Some(now + EVERY_DAY);
            self.plan
                .extend(self.settings.credit_code.clone().map(Command::Ask));
        }
        self.prove(now);
    }

    /// Says the next command, if the line is free.
    fn go_on(&mut self, now: Steady) {
        if !self.is_open || self.running.is_some() {
            return;
        }
        let next = self.plan.pop_front().or_else(|| self.next_of_orders());
        let Some(command) = next else { return };
        if command == Command::GivePin {
            // Until it is taken: one that was not answered is not given again either.
            self.settings.pin_refused = true;
            self.effects.push(Effect::PinTried);
        }
        let pin = self.settings.pin.as_deref().unwrap_or_default();
        let line = command.text(pin) + "\r";
        self.effects.push(Effect::Write(line.into_bytes()));
        self.running = Some(Running {
            until: now + command.patience(),
            command,
            has_data: false,
        });
    }

    /// A command was answered.
    fn ended(&mut self, command: Command, result: Result<(), ModemError>, now: Steady) {
        match (command, result) {
            // Whatever else is wrong shows next.
            (Command::Attention, Ok(())) if self.broken < Some(Trouble::NoSim) => self.broken = None,
            (Command::AskPin, Err(error)) => self.sim_refused(error, now),
            (Command::AskPin, Ok(())) if self.plan.is_empty() => self.greet_at = Some(now + SIM_BUSY),
            (Command::GivePin, Ok(())) => {
                self.settings.pin_refused = false;
                self.effects.push(Effect::PinTaken);
                self.greet_at = Some(now + SIM_BUSY);
            }
            (Command::GivePin, Err(_)) => {
                // Whatever it answered: a try is gone, and the third locks the SIM.
                self.broken = Some(Trouble::PinRefused);
                self.greet_at = Some(now + EVERY_LOOK);
            }
            // A modem that cannot announce is listed every minute all the same.
            (Command::Notices, _) if !self.is_set => self.set(now),
            (Command::Network, _) if self.is_set => {
                // Only now: a modem that answers `AT` alone hangs too.
                (self.strikes, self.is_looked_at) = (0, true);
                if !self.health.has_network {
                    // It may have restarted and ask for its PIN.
                    self.greet_at = Some(now + EVERY_LOOK);
                }
            }
            (Command::Submit(..), result) => self.submitted(result, now),
            (Command::Delete(index), Ok(())) => self.stored.deleted(index),
            (Command::Dial(_), result) => self.dialled(result, now),
            (Command::HangUp, _) => self.hung_up(),
            _ => {}
        }
    }

    fn set(&mut self, now: Steady) {
        self.is_set = true;
        self.broken = None;
        self.look_at = Some(now);
        self.list_at = Some(now);
        if self.settings.credit_code.is_some() {
            self.credit_at.get_or_insert(now + FIRST);
        }
        if self.settings.own_number.is_some() {
            self.proof.due.get_or_insert(now + FIRST);
        }
        self.is_looked_at = false;
    }

    /// What `+CPIN` says.
    fn sim(&mut self, state: &str, now: Steady) {
        match (state, &self.settings.pin) {
            ("READY", _) => self.plan.extend(SETTINGS),
            ("SIM PIN", None) => self.broken = Some(Trouble::PinWanted),
            ("SIM PIN", Some(_)) if self.settings.pin_refused => self.broken = Some(Trouble::PinRefused),
            ("SIM PIN", Some(_)) => self.plan.push_back(Command::GivePin),
            ("NOT READY", _) => {}
            ("NOT INSERTED", _) => self.broken = Some(Trouble::NoSim),
            _ => self.broken = Some(Trouble::PukWanted),
        }
        if self
            .broken
            .is_some_and(|trouble| trouble >= Trouble::NoSim && trouble <= Trouble::PukWanted)
        {
            self.greet_at = Some(now + EVERY_LOOK);
        }
    }

    fn sim_refused(&mut self, error: ModemError, now: Steady) {
        self.greet_at = Some(now + SIM_BUSY);
        match error {
            ModemError::Equipment(14) | ModemError::Message(314) => {}
            ModemError::Equipment(12) | ModemError::Message(316) => self.broken = Some(Trouble::PukWanted),
            _ => self.broken = Some(Trouble::NoSim),
        }
    }
}

#[cfg(test)]
mod tests;
