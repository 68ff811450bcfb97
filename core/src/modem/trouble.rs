//! What is wrong with a modem, and what its numbers mean in words (3GPP TS 27.005, 3.2.5, and 27.007, 9.2).

use std::fmt;

use plenum_protocol::Fault;

/// Why a modem carries nothing, the deepest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// The line is not there, or in use by another program.
    Gone,
    /// It does not answer.
    Silent,
    /// There is no SIM, or one that cannot be read.
    NoSim,
    /// The SIM asks for a PIN, and none is given.
    PinWanted,
    /// The PIN that is given is not the SIM's. It is not tried again.
    PinRefused,
    /// The SIM is locked and asks for its PUK.
    PukWanted,
    /// No network takes it, or none is there.
    NoNetwork,
    /// The network takes no messages, most often because there is no credit.
    MessagesRefused,
    /// The daily message to itself did not come.
    NotProved,
}

impl Trouble {
    /// Every trouble, in order.
    pub const ALL: [Self; 9] = [
        Self::Gone,
        Self::Silent,
        Self::NoSim,
        Self::PinWanted,
        Self::PinRefused,
        Self::PukWanted,
        Self::NoNetwork,
        Self::MessagesRefused,
        Self::NotProved,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Silent => "silent",
            Self::NoSim => "no-sim",
            Self::PinWanted => "pin-wanted",
            Self::PinRefused => "pin-refused",
            Self::PukWanted => "puk-wanted",
            Self::NoNetwork => "no-network",
            Self::MessagesRefused => "messages-refused",
            Self::NotProved => "not-proved",
        }
    }

    /// What this means of what the modem measures.
    pub const fn fault(self) -> Fault {
        match self {
            Self::Silent => Fault::Timeout,
            _ => Fault::NotPresent,
        }
    }

    /// As a fragment for a delivery's error and a log.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Gone => "the modem's line is not there, or another program has it",
            Self::Silent => "the modem does not answer",
            Self::NoSim => "the modem has no SIM that can be read",
            Self::PinWanted => "the SIM asks for a PIN, and `pin_file` is not set",
            Self::PinRefused => "the SIM refused the PIN in `pin_file`, which is not tried again",
            Self::PukWanted => "the SIM is locked: put it into a telephone and give its PUK",
            Self::NoNetwork => "the modem has no network",
            Self::MessagesRefused => "the network takes no messages: is there credit?",
            Self::NotProved => "the modem's daily message to itself did not come",
        }
    }
}

/// A number of the modem's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModemError {
    /// `ERROR`, and no more.
    Plain,
    /// `+CME ERROR`: of the equipment.
    Equipment(u16),
    /// `+CMS ERROR`: of messages.
    Message(u16),
    /// `NO CARRIER`, `BUSY` and their like: of a call.
    Call,
}

impl ModemError {
    /// Of a final result; none where a line is not one that says that something failed.
    pub(crate) fn of(line: &str) -> Option<Self> {
        let number = |rest: &str| rest.trim().parse().ok();
        match line {
            "ERROR" => Some(Self::Plain),
            "NO CARRIER" | "BUSY" | "NO ANSWER" | "NO DIALTONE" => Some(Self::Call),
            _ => match (line.strip_prefix("+CME ERROR:"), line.strip_prefix("+CMS ERROR:")) {
                (Some(rest), _) => Some(number(rest).map_or(Self::Plain, Self::Equipment)),
                (_, Some(rest)) => Some(number(rest).map_or(Self::Plain, Self::Message)),
                _ => None,
            },
        }
    }
}

impl fmt::Display for ModemError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, number, words) = match *self {
            Self::Plain => return formatter.write_str("ERROR"),
            Self::Call => return formatter.write_str("the call did not go through"),
            Self::Equipment(number) => ("+CME ERROR", number, equipment(number)),
            Self::Message(number) => ("+CMS ERROR", number, message(number)),
        };
        write!(formatter, "{words} ({name} {number})")
    }
}

fn equipment(number: u16) -> &'static str {
    match number {
        3 => "operation not allowed",
        4 => "operation not supported",
        10 => "there is no SIM",
        11 => "the SIM asks for its PIN",
        12 => "the SIM asks for its PUK",
        13 => "the SIM failed",
        14 => "the SIM is busy",
        15 => "the SIM is of the wrong kind",
        16 => "wrong PIN",
        20 => "memory full",
        30 => "no network",
        31 => "the network does not answer",
        32 => "the network allows emergency calls only",
        _ => "the modem refused",
    }
}

fn message(number: u16) -> &'static str {
    match number {
        1 => "the number is not in use",
        8 => "barred by the operator",
        10 => "calls are barred",
        21 => "the network rejected the message",
        27 => "the telephone is out of service",
        28 => "the network does not know the number",
        29 | 69 => "the network refuses this facility",
        30 => "the network does not know the sender",
        38 => "the network is out of order",
        41 => "the network failed for a moment",
        42 => "the network is congested",
        47 => "the network has no resources",
        50 => "text messages are not subscribed to",
        300 => "the modem failed",
        302 => "operation not allowed",
        304 => "the modem takes no such PDU",
        310 => "there is no SIM",
        311 => "the SIM asks for its PIN",
        313 => "the SIM failed",
        314 => "the SIM is busy",
        316 => "the SIM asks for its PUK",
        320 => "memory failed",
        322 => "memory full",
        330 => "the service centre's number is not known",
        331 => "no network",
        332 => "the network does not answer",
        _ => "the network or the modem refused the message",
    }
}
