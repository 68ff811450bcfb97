//! The conditions of the monitor itself.

use std::fmt;
use std::str::FromStr;

use plenum_protocol::Timestamp;
use plenum_protocol::config_error::nearest;

use super::Report;

/// The conditions of the monitor itself that its parts report. Journal, rules and API write them as [`SystemKind::as_str`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SystemKind {
    /// An agent's disk does not take what it reads.
    AgentDisk,
    /// The broker elsewhere, through which agents are heard, cannot be reached.
    BrokerLost,
    /// A certificate has ended.
    CertificateEnded,
    /// A certificate ends soon and was not renewed.
    CertificateEnds,
    /// An agent's clock runs ahead of the collector's.
    ClockAhead,
    /// An agent's clock runs behind the collector's.
    ClockBehind,
    /// An agent's clock is not synchronised.
    ClockFree,
    /// The collector's clock was set back: what it received before is in its future.
    CollectorClock,
    /// Nothing can be stored. Never in the journal, for that very reason: its alarm stands in memory.
    CommitsFail,
    /// Messages that cannot be read are kept aside.
    DeadLetters,
    /// A channel does not deliver.
    DeliveryFailed,
    /// The collector's disk is nearly full.
    DiskFull,
    /// The collector's disk is below its reserve.
    DiskReserve,
    /// A drill of the alarm chain broke off on its way.
    DrillFailed,
    /// A publisher says again and again that its sensors are read at other intervals.
    ExpectationChanges,
    /// An agent does not take the collector's acknowledgements.
    FollowsAnother,
    /// Another collector acknowledges to the same agents.
    ForeignDatabase,
    /// Readings are lost.
    Gap,
    /// A job elsewhere did not say in time that it ran, or said that it failed.
    HeartbeatMissed,
    /// Pages of the history cannot be read.
    HistoryDamaged,
    /// The journal ends earlier than it once did.
    JournalShortened,
    /// The key under which secrets lie is gone, or is another one.
    KeyMissing,
    /// Late readings would have raised alarms.
    Late,
    /// Nothing was ever received of a sensor that the site places.
    NeverHeard,
    /// No channel works.
    NoChannel,
    /// Hours are near in which nobody is on duty by a rota.
    NobodyOnDuty,
    /// An agent has more series than it may.
    SeriesLimit,
    /// The token of a program that is in use ends soon, or has.
    TokenEnds,
    /// Two hosts publish under one agent's name.
    TwoHosts,
}

impl SystemKind {
    /// Every kind, in the order of their words.
    pub const ALL: [Self; 29] = [
        Self::AgentDisk,
        Self::BrokerLost,
        Self::CertificateEnded,
        Self::CertificateEnds,
        Self::ClockAhead,
        Self::ClockBehind,
        Self::ClockFree,
        Self::CollectorClock,
        Self::CommitsFail,
        Self::DeadLetters,
        Self::DeliveryFailed,
        Self::DiskFull,
        Self::DiskReserve,
        Self::DrillFailed,
        Self::ExpectationChanges,
        Self::FollowsAnother,
        Self::ForeignDatabase,
        Self::Gap,
        Self::HeartbeatMissed,
        Self::HistoryDamaged,
        Self::JournalShortened,
        Self::KeyMissing,
        Self::Late,
        Self::NeverHeard,
        Self::NoChannel,
        Self::NobodyOnDuty,
        Self::SeriesLimit,
        Self::TokenEnds,
        Self::TwoHosts,
    ];

    /// The word for it, also the identifier of its built-in rule.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AgentDisk => "agent-disk",
            Self::BrokerLost => "broker-lost",
            Self::CertificateEnded => "certificate-ended",
            Self::CertificateEnds => "certificate-ends",
            Self::ClockAhead => "clock-ahead",
            Self::ClockBehind => "clock-behind",
            Self::ClockFree => "clock-free",
            Self::CollectorClock => "collector-clock",
            Self::CommitsFail => "commits-fail",
            Self::DeadLetters => "dead-letters",
            Self::DeliveryFailed => "delivery-failed",
            Self::DiskFull => "disk-full",
            Self::DiskReserve => "disk-reserve",
            Self::DrillFailed => "drill-failed",
            Self::ExpectationChanges => "expectation-changes",
            Self::FollowsAnother => "follows-another",
            Self::ForeignDatabase => "foreign-database",
            Self::Gap => "gap",
            Self::HeartbeatMissed => "heartbeat-missed",
            Self::HistoryDamaged => "history-damaged",
            Self::JournalShortened => "journal-shortened",
            Self::KeyMissing => "key-missing",
            Self::Late => "late",
            Self::NeverHeard => "never-heard",
            Self::NoChannel => "no-channel",
            Self::NobodyOnDuty => "nobody-on-duty",
            Self::SeriesLimit => "series-limit",
            Self::TokenEnds => "token-ends",
            Self::TwoHosts => "two-hosts",
        }
    }
}

/// Why a word is not a system condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a condition of the monitor; {suggestion}")]
pub struct SystemKindError {
    word: String,
    suggestion: String,
}

impl FromStr for SystemKind {
    type Err = SystemKindError;
    fn from_str(word: &str) -> Result<Self, SystemKindError> {
        let known = Self::ALL.map(Self::as_str);
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| SystemKindError {
            word: word.chars().take(80).collect(),
            suggestion: match nearest(word, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("known are {}", known.join(", ")),
            },
        })
    }
}

impl fmt::Display for SystemKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

plenum_protocol::as_text!(SystemKind);

/// A condition of the monitor itself: each is a system alarm while it lasts.
#[derive(Debug, Clone, PartialEq)]
pub struct SystemCondition {
    /// Which.
    pub kind: SystemKind,
    /// About whom or what: an agent, a channel, a path.
    pub subject: String,
    /// Whether it holds from now on.
    pub active: bool,
    /// When it began or ended.
    pub at: Timestamp,
    /// What is known of it.
    pub report: Report,
}
