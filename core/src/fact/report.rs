//! What is known of a condition of the monitor itself, as facts. Each reader's sentence is made of them in `core/src/text/monitor/mod.rs`.

use plenum_protocol::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::authority::Actor;
use crate::drill::Flaw;
use crate::site::Priority;

/// What a part of the monitor reports. What others wrote, as a mail server or the operating system, stands as they wrote it, and is told as theirs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Report {
    /// An agent's disk takes nothing: what it reads waits in its memory.
    AgentDisk,
    /// The broker cannot be reached.
    BrokerLost {
        /// What the connection says, or the operating system.
        why: String,
    },
    /// A certificate ends soon.
    CertificateEnds {
        /// Whose it is.
        certificate: Certificate,
        /// When.
        until: Timestamp,
    },
    /// A certificate has ended.
    CertificateEnded {
        /// Whose it was.
        certificate: Certificate,
        /// When.
        until: Timestamp,
    },
    /// An agent's readings were more than 30 s ahead.
    ClockAhead {
        /// So many, which were moved to their receipt.
        readings: u64,
    },
    /// An agent's clock is behind the collector's.
    AgentClockBehind {
        /// By so much.
        by: Duration,
    },
    /// The collector's clock is behind the instant of its last commit.
    ClockBehind {
        /// By so much.
        by: Duration,
    },
    /// Nothing can be stored.
    CommitsFail {
        /// What the database says.
        why: String,
    },
    /// Something cannot be read and was set aside.
    Unreadable {
        /// What whoever tried says of it.
        why: String,
    },
    /// A message could not be stored and was set aside.
    NotStored {
        /// What the database says.
        why: String,
    },
    /// Messages over a channel do not arrive.
    NotDelivered {
        /// What the channel says.
        why: String,
    },
    /// A channel of the site has no way to whom it is for.
    NoWay {
        /// What is missing.
        missing: Missing,
    },
    /// No message of an alarm of a priority can reach anybody.
    NobodyTold {
        /// The priority.
        priority: Priority,
    },
    /// Nobody is on duty by a rota for a while.
    Uncovered {
        /// The first instant.
        from: Timestamp,
        /// The first instant after it.
        to: Timestamp,
        /// How often it is so again within the time that is looked at.
        others: u64,
    },
    /// The disk fills up.
    DiskFull {
        /// Free, in bytes.
        free: u64,
        /// All of it, in bytes.
        size: u64,
    },
    /// Less is free on the disk than is kept for what is urgent.
    DiskReserve {
        /// Free, in bytes.
        free: u64,
        /// The reserve, in bytes.
        reserve: u64,
    },
    /// A publisher changes its intervals more often than is believed.
    ExpectationChanges {
        /// One of the sensors, by its identifier.
        sensor: String,
    },
    /// A drill of the alarm chain broke off.
    DrillFailed {
        /// Where and why.
        flaw: Flaw,
        /// A channel that did not take its message, where that is why.
        channel: Option<String>,
    },
    /// An agent does not take this collector's acknowledgements.
    FollowsAnother,
    /// Another collector acknowledges an agent.
    ForeignDatabase {
        /// The name of its database.
        database: String,
    },
    /// A job did not say in time that it ran.
    HeartbeatMissed {
        /// What it is called.
        name: String,
        /// When it last said so; none where it never did.
        ran: Option<Timestamp>,
        /// From one run to the next.
        every: Duration,
        /// How much later it may come.
        grace: Duration,
    },
    /// A job said that it began, and did not say in time that it ran.
    HeartbeatUnfinished {
        /// What it is called.
        name: String,
        /// When it began.
        started: Timestamp,
        /// How long a run may take.
        grace: Duration,
    },
    /// A job said that it failed.
    HeartbeatFailed {
        /// What it is called.
        name: String,
        /// What it says of that; may be empty.
        why: String,
    },
    /// Batches of a stream will never come.
    Lost {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
        /// Why, in the word of whoever lost them.
        why: String,
    },
    /// The history or the journal is not as it was written.
    Damaged {
        /// What was found, each once.
        findings: Vec<Finding>,
    },
    /// An agent sends more series than it may.
    SeriesLimit {
        /// So many it may.
        most: u64,
    },
    /// The key under which secrets lie cannot be used.
    KeyMissing {
        /// Its file.
        path: String,
        /// What is wrong.
        flaw: KeyFlaw,
    },
    /// The token of a program that is in use ends, or has ended.
    TokenEnds {
        /// Its name.
        token: String,
        /// When.
        until: Timestamp,
    },
    /// Two hosts publish under one agent's name; the later one is held.
    TwoHosts {
        /// Where the first is, as far as it is known.
        own: Option<String>,
        /// Where the later one is.
        other: Option<String>,
    },
    /// It is over.
    Over {
        /// Who said so, where a person did.
        by: Option<Actor>,
    },
    /// An earlier program's sentence.
    Sentence(String),
}

/// What is missing in collector.toml, or in this version, for a channel of the site to reach whom it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// The table with the channel's settings.
    Table {
        /// Its heading: `[smtp]`, `[[webhook]]`.
        heading: String,
    },
    /// An address of a person.
    Address {
        /// The key in `[[address]]`: `email`.
        key: String,
    },
    /// Channels of the kind that the site names.
    Kind {
        /// The kind.
        kind: String,
    },
}

/// Whose a certificate is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certificate {
    /// An agent's, by which the broker lets it in.
    Agent,
    /// The authority's that vouches for agents and the broker.
    Authority,
    /// The collector's, by which a broker elsewhere lets it in.
    Broker {
        /// Its file.
        path: String,
    },
    /// The one that people's browsers are shown.
    Dashboard {
        /// Its file.
        path: String,
    },
}

/// Why the key under which secrets lie cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyFlaw {
    /// Its file is not there.
    Gone,
    /// The operating system does not let it be read.
    Unreadable {
        /// What it says.
        why: String,
    },
    /// Others on the host may read or change it.
    Open {
        /// What its mode allows.
        mode: u32,
    },
    /// What stands there is not a key.
    Malformed {
        /// In this line.
        line: u64,
    },
    /// Something lies under a key that is not there.
    Another {
        /// So many values.
        values: u64,
    },
    /// The one in use was read at the start, and its file does not hold it any more.
    Later,
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// Entries are missing in the journal's middle.
    Missing {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// An entry of the journal is damaged and was set aside.
    Entry {
        /// Its number.
        number: u64,
        /// What is wrong with it.
        why: String,
    },
    /// The journal ends before entries that were committed.
    Shortened {
        /// The first that is gone.
        from: u64,
        /// The last.
        to: u64,
    },
    /// The journal and `journal.head` are from different times.
    OtherTimes {
        /// The entry in which they differ.
        number: u64,
    },
    /// Places of `journal.head` cannot be read.
    Head {
        /// The file.
        path: String,
        /// So many of its two.
        places: u64,
    },
    /// What a check of a database file says.
    File(String),
}

impl Report {
    /// Whether it is about a job that says that it ran.
    pub const fn is_of_heartbeat(&self) -> bool {
        matches!(
            self,
            Self::HeartbeatMissed { .. } | Self::HeartbeatUnfinished { .. } | Self::HeartbeatFailed { .. }
        )
    }

    /// It is over, by itself.
    pub const OVER: Self = Self::Over { by: None };
}
