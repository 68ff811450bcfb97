//! What the journal holds: one entry a group commit, one item a fact, in the order in which they are true for ever.

mod audit;
mod deed;
mod report;
mod system;

pub use audit::{Audited, Ending};
pub use deed::{Deed, DeedError};
pub use report::{Certificate, Finding, KeyFlaw, Missing, Report};
pub use system::{SystemCondition, SystemKind, SystemKindError};

use plenum_protocol::{AgentName, Channel, Identifier, Outcome, Timestamp};

use crate::authority::Actor;
use crate::work::WorkSaid;

/// A group commit: everything that became durable together.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Counts from 1 without holes and is never used again.
    pub number: u64,
    /// The commit's instant by the wall clock; never goes back from entry to entry.
    pub received: Timestamp,
    /// What was committed, in order.
    pub items: Vec<Item>,
}

/// One fact.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// Readings of one agent.
    Batch(Batch),
    /// Batches of a stream that will never come.
    Gap(Gap),
    /// An agent came or went; its status also says what it is expected to send.
    Presence(Presence),
    /// Something else is expected of an agent, though no status says so.
    Expectation(Expectation),
    /// A device says something else of itself in its own words.
    Words(Words),
    /// A person did something to an alarm.
    Action(Action),
    /// A person said that work is done or planned, or over.
    Work(WorkSaid),
    /// The site configuration with this number is in force from here on.
    Revision(u64),
    /// A condition of the monitor itself began or ended.
    System(SystemCondition),
    /// Somebody did, read or was refused something that is answered for.
    Audited(Audited),
    /// A later program's: kept as it stands, skipped by every reader.
    Unknown {
        /// Its number in the encoding.
        kind: u8,
        /// Its bytes, as they stand in its entry.
        bytes: Vec<u8>,
    },
}

/// A batch that intake took.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Who sent it.
    pub agent: AgentName,
    /// Stream and sequence number; absent for a foreign publisher.
    pub position: Option<(String, u64)>,
    /// The agent held nothing newer in this stream when it sent this (`seq = last`).
    pub newest: bool,
    /// The readings, in the order of the batch.
    pub readings: Vec<StoredReading>,
}

impl Batch {
    /// The latest instant of its readings, of whichever series: how old a batch is, and whether its publisher's clock is behind, goes by that one.
    pub fn latest(&self) -> Option<Timestamp> {
        self.readings.iter().map(|reading| reading.at).max()
    }
}

/// A reading as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredReading {
    /// Sensor and quantity.
    pub channel: Channel,
    /// Its instant; moved to that of receipt, with its whole batch, if the batch claimed to be more than 30 s in the future.
    pub at: Timestamp,
    /// Value or fault.
    pub outcome: Outcome,
    /// The instant that it claimed, where `at` is another.
    pub claimed: Option<Timestamp>,
}

/// Readings that are lost: unknown in every chart and report.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// Whose.
    pub agent: AgentName,
    /// The stream in which they are missing.
    pub stream: String,
    /// The lowest and the highest sequence number that are missing.
    pub sequence: (u64, u64),
    /// The last instant known before and the first known after, as far as the agent or the batches around it tell.
    pub from: Timestamp,
    /// See `from`.
    pub to: Timestamp,
    /// Why, in words: a full spool, an earlier boot without a clock, dead letters, a card that broke.
    pub why: String,
}

/// An agent's presence, by receive time.
#[derive(Debug, Clone, PartialEq)]
pub struct Presence {
    /// Whose presence.
    pub agent: AgentName,
    /// Whether it is there.
    pub online: bool,
    /// The clock its status claims: true if synchronised.
    pub clock_synchronised: bool,
    /// Sensors with their expected intervals, as its status lists them; empty when it went.
    pub sensors: Vec<ExpectedSensor>,
}

/// A sensor that an agent says it reads.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedSensor {
    /// Its identifier below the agent.
    pub sensor: Identifier,
    /// Its driver's name.
    pub driver: String,
    /// What it gives.
    pub quantities: Vec<plenum_protocol::Quantity>,
    /// How often it is read.
    pub interval: plenum_protocol::Duration,
}

/// What a device says of itself in its own words, as of its alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Whose.
    pub agent: AgentName,
    /// The sensor that is the device.
    pub sensor: Identifier,
    /// As it says them; empty where it says nothing any more.
    pub words: String,
}

/// What is expected of an agent changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// Whose.
    pub agent: AgentName,
    /// What changed.
    pub change: ExpectationChange,
}

/// How an expectation changes beside a status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpectationChange {
    /// A publisher without a status has shown how often it sends.
    Learned {
        /// Sensor and quantity.
        channel: Channel,
        /// From one reading to the next.
        interval: plenum_protocol::Duration,
        /// The instant of the reading that showed it.
        at: Timestamp,
    },
    /// Nothing is expected of a sensor any more, from the entry's receipt on: a revision or a person took it away.
    Retired {
        /// Which.
        sensor: Identifier,
        /// The person; none where a revision did.
        by: Option<Actor>,
    },
}

/// What a person did to an alarm.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// The alarm's number.
    pub alarm: u64,
    /// What was done.
    pub kind: ActionKind,
    /// Who.
    pub actor: Actor,
    /// Why or what they saw.
    pub comment: String,
    /// When it was done, by the collector's clock.
    pub at: Timestamp,
    /// When the occurrence that they saw was raised; none where they did not say which they saw.
    pub occurrence: Option<Timestamp>,
}

/// What a person can do to an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionKind {
    /// "I have seen it."
    Acknowledge,
    /// "I have it until then."
    AcknowledgeUntil {
        /// When it is given back by itself.
        until: Timestamp,
    },
    /// "I have it no longer."
    GiveBack,
    /// Ends a latched alarm whose condition is gone.
    Reset,
    /// Puts it aside until an instant.
    Shelve {
        /// When that ends by itself.
        until: Timestamp,
    },
    /// Ends a shelving.
    Unshelve,
    /// Takes it out of service.
    OutOfService {
        /// When somebody has to look whether it still should be.
        review: Timestamp,
    },
    /// Returns it to service.
    ReturnToService,
}
