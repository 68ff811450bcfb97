//! The demo's GSM modem as its line sees it, and the network behind it: commands in, answers and texts out. It has no line and no clock.
//!
//! It speaks as much of 27.007 and 27.005 as `core/src/modem/machine/mod.rs` says to a modem; anything else is an `ERROR`, as with a real one.

use std::collections::BTreeMap;

use plenum_core::modem::pdu::{Address, Parts, network};
use plenum_protocol::{Steady, Timestamp};

/// So many messages fit on its SIM; what comes beyond waits in the network.
const ROOM: usize = 20;
/// A command or a PDU is never longer; what goes on is babble.
const LONGEST: usize = 1_024;
/// Its signal, of 31.
pub(super) const SIGNAL: u8 = 21;

/// What comes of what it hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    /// Over the line.
    Say(Vec<u8>),
    /// A text reached this number, all of its parts.
    Arrived {
        /// In the international form.
        number: String,
        /// What it says.
        text: String,
    },
}

/// The modem.
#[derive(Debug)]
pub(super) struct Modem {
    /// It repeats what it is told, until told not to.
    echoes: bool,
    /// It says that a message came.
    announces: bool,
    line: Vec<u8>,
    /// A PDU of so many octets is waited for.
    expects: Option<usize>,
    stored: BTreeMap<u16, Stored>,
    last: u16,
    reference: u8,
    parts: Parts,
    effects: Vec<Effect>,
}

/// A message on the SIM.
#[derive(Debug)]
struct Stored {
    pdu: String,
    was_read: bool,
}

impl Modem {
    /// As it is switched on.
    pub(super) fn new() -> Self {
        Self {
            echoes: true,
            announces: false,
            line: Vec::new(),
            expects: None,
            stored: BTreeMap::new(),
            last: 0,
            reference: 0,
            parts: Parts::default(),
            effects: Vec::new(),
        }
    }

    /// Whether another text may be received.
    pub(super) fn has_room(&self) -> bool {
        self.stored.len() < ROOM
    }

    /// What the computer says, at an instant of the network's clock and of a steady one.
    pub(super) fn hear(&mut self, bytes: &[u8], now: (Timestamp, Steady)) -> Vec<Effect> {
        for byte in bytes {
            match (self.expects, byte) {
                (Some(length), 0x1A) => {
                    self.expects = None;
                    let pdu = self.taken();
                    self.submit(&pdu, length, now);
                }
                (Some(_), 0x1B) => {
                    self.expects = None;
                    self.line.clear();
                }
                (Some(_), b'\r' | b'\n') | (None, 0x1B) => {}
                (None, b'\r' | b'\n') => {
                    let command = self.taken();
                    if !command.is_empty() {
                        self.command(&command);
                    }
                }
                _ if self.line.len() >= LONGEST => self.line.clear(),
                _ => self.line.push(*byte),
            }
        }
        std::mem::take(&mut self.effects)
    }

    /// Somebody wrote: the text is stored, and announced where that is wanted.
    pub(super) fn receive(&mut self, number: &str, text: &str, at: Timestamp) -> Vec<Effect> {
        let from = Address::of_number(number);
        for pdu in network::deliver(&from, text, at, self.reference) {
            self.last = self.last % 255 + 1;
            let stored = Stored { pdu, was_read: false };
            self.stored.insert(self.last, stored);
            if self.announces {
                self.say(&[&format!("+CMTI: \"SM\",{}", self.last)]);
            }
        }
        std::mem::take(&mut self.effects)
    }

    fn taken(&mut self) -> String {
        let line = std::mem::take(&mut self.line);
        String::from_utf8_lossy(&line).trim().to_owned()
    }

    fn say(&mut self, lines: &[&str]) {
        let said: String = lines.iter().map(|line| format!("\r\n{line}\r\n")).collect();
        self.effects.push(Effect::Say(said.into_bytes()));
    }

    fn command(&mut self, command: &str) {
        if self.echoes {
            self.effects
                .push(Effect::Say(format!("{command}\r").into_bytes()));
        }
        let command = command.to_ascii_uppercase();
        let (name, value) = command.split_once('=').unwrap_or((&command, ""));
        match (name, value) {
            ("AT" | "AT+CMEE" | "AT+CMGF" | "AT+CSCS", _) => self.say(&["OK"]),
            ("ATE0" | "ATE1", _) => {
                self.echoes = name == "ATE1";
                self.say(&["OK"]);
            }
            ("AT+CFUN", "1,1") => {
                (self.echoes, self.announces) = (true, false);
                self.say(&["OK"]);
            }
            ("AT+CPIN?", _) => self.say(&["+CPIN: READY", "OK"]),
            ("AT+CREG?", _) => self.say(&["+CREG: 0,1", "OK"]),
            ("AT+CEREG?", _) => self.say(&["+CEREG: 0,1", "OK"]),
            ("AT+CSQ", _) => self.say(&[&format!("+CSQ: {SIGNAL},99"), "OK"]),
            ("AT+COPS?", _) => self.say(&["+COPS: 0,0,\"Plenum demo\",7", "OK"]),
            ("AT+CPMS?", _) => {
                let used = format!("\"SM\",{},{ROOM}", self.stored.len());
                self.say(&[&format!("+CPMS: {used},{used},{used}"), "OK"]);
            }
            ("AT+CNMI", _) => {
                self.announces = value.starts_with(['1', '2']);
                self.say(&["OK"]);
            }
            ("AT+CMGL", "4") => self.list(),
            ("AT+CMGD", _) => self.delete(value),
            ("AT+CMGS", _) => match value.parse() {
                Ok(length) => {
                    self.expects = Some(length);
                    self.effects.push(Effect::Say(b"\r\n> ".to_vec()));
                }
                Err(_) => self.say(&["+CMS ERROR: 304"]),
            },
            _ => self.say(&["ERROR"]),
        }
    }

    fn list(&mut self) {
        let mut lines = Vec::new();
        for (index, stored) in &mut self.stored {
            let length = network::length(&stored.pdu);
            lines.push(format!("+CMGL: {index},{},,{length}", u8::from(stored.was_read)));
            lines.push(stored.pdu.clone());
            stored.was_read = true;
        }
        lines.push("OK".to_owned());
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        self.say(&lines);
    }

    /// One, or with 1 to 3 behind it all that were read.
    fn delete(&mut self, value: &str) {
        match value.split_once(',') {
            Some((_, "1" | "2" | "3")) => self.stored.retain(|_, stored| !stored.was_read),
            Some((_, "4")) => self.stored.clear(),
            _ => {
                let index: Option<u16> = value.parse().ok();
                index.map(|index| self.stored.remove(&index));
            }
        }
        self.say(&["OK"]);
    }

    /// A message is handed to the network, which has it at the telephone at once.
    fn submit(&mut self, pdu: &str, length: usize, (at, now): (Timestamp, Steady)) {
        let Ok(submitted) = network::take(pdu, length) else {
            return self.say(&["+CMS ERROR: 304"]);
        };
        self.reference = self.reference % 255 + 1;
        self.say(&[&format!("+CMGS: {}", self.reference), "OK"]);
        let to = submitted.to;
        let whole = match &submitted.part {
            Some(part) => self.parts.take(&to, part, submitted.text, now),
            None => Some(submitted.text),
        };
        if let Some(text) = whole {
            let number = to.as_str().to_owned();
            self.effects.push(Effect::Arrived { number, text });
        }
        if submitted.wants_report {
            let report = network::delivered(&to, self.reference, at);
            self.say(&[&format!("+CDS: {}", network::length(&report)), &report]);
        }
    }
}

#[cfg(test)]
mod tests;
