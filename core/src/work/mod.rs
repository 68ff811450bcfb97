//! Work in progress: what a person says is being done in a room or on the whole site, from when until when, and which kinds of alarms it may cause. What it
//! names and comes meanwhile is watched and logged and told to nobody; what it does not name wakes as ever. It ends by itself.
//!
//! | state | its beginning comes | its end comes | a person ends it | the clock is set back before its beginning |
//! |---|---|---|---|---|
//! | planned | running | over | over | - |
//! | running | - | over | over | planned (1) |
//! | over | - | - | - | - |
//!
//! 1. Where it was planned for that time. What began when it was said goes on, and ends so much earlier by the clock: it never lasts longer for that.

mod came;

use std::collections::BTreeSet;

use plenum_protocol::{Duration, Identifier, Quantity, Timestamp};
use serde::{Deserialize, Serialize};

use crate::alarms::Subject;
use crate::authority::Actor;
use crate::fact::SystemKind;
use crate::incident::Concern;
use crate::site::{Place, Priority};

pub use came::{Came, Out, came};

/// What begins when it is said lasts so long at most: whoever works may forget it.
pub const NOW_AT_MOST: Duration = Duration::from_hours(8);
/// What is planned lasts so long at most.
pub const PLANNED_AT_MOST: Duration = Duration::from_hours(24);
/// It is planned so far ahead at most.
pub const AHEAD_AT_MOST: Duration = Duration::from_hours(24 * 366);
/// So many are planned or running at most.
pub const AT_MOST: usize = 100;
/// So many characters say what is done at most.
pub const REASON_AT_MOST: usize = 200;

/// Makes the kinds, their list and their words from one table.
macro_rules! kinds {
    ($($(#[$each:meta])* $variant:ident = $word:literal,)+) => {
        /// What kind of alarm some work may cause.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum WorkKind {
            $($(#[$each])* $variant,)+
        }

        impl WorkKind {
            /// Every kind, in the order in which they are asked for.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word in the journal, the database and the API.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    };
}

kinds! {
    /// Smoke.
    Smoke = "smoke",
    /// An extinguisher that was released.
    Extinguisher = "extinguisher",
    /// Water where none should be.
    Water = "water",
    /// A temperature whose alarm is critical.
    CriticalTemperature = "critical-temperature",
    /// A temperature whose alarm is less bad than critical.
    Temperature = "temperature",
    /// Humidity and dew point.
    Humidity = "humidity",
    /// Pressure, carbon dioxide, particles.
    Air = "air",
    /// Mains, generator, UPS and what is measured of them.
    Power = "power",
    /// Cooling units.
    Cooling = "cooling",
    /// Doors.
    Doors = "doors",
    /// Agents as a whole: that they are heard, their clocks and disks, and sensors that were never heard.
    Agents = "agents",
    /// Jobs elsewhere that say that they ran.
    Jobs = "jobs",
    /// Anything else that is measured.
    Other = "other",
}

impl WorkKind {
    /// The kind of an alarm about this, so bad, by this rule; none for what no work silences: the monitor's own troubles.
    pub fn of(subject: &Subject, rule: &Identifier, priority: Priority) -> Option<Self> {
        match subject {
            Subject::Series(series) if series.quantity() == Quantity::Drill => None,
            Subject::Series(series) => Some(Self::of_quantity(series.quantity(), priority)),
            Subject::Agent(_) => Some(Self::Agents),
            Subject::System(_) => match rule.as_str().parse().ok()? {
                SystemKind::HeartbeatMissed => Some(Self::Jobs),
                // A summary of late readings may be of anything, smoke among it.
                SystemKind::Late | SystemKind::Gap => None,
                kind => {
                    let concern = Concern::of_system(kind);
                    matches!(concern, Concern::Agent | Concern::Sensor).then_some(Self::Agents)
                }
            },
        }
    }

    fn of_quantity(quantity: Quantity, priority: Priority) -> Self {
        use Quantity as Q;
        match quantity {
            Q::Smoke => Self::Smoke,
            Q::ExtinguisherReleased => Self::Extinguisher,
            Q::Water => Self::Water,
            Q::Temperature if priority == Priority::Critical => Self::CriticalTemperature,
            Q::Temperature => Self::Temperature,
            Q::Humidity | Q::DewPoint => Self::Humidity,
            Q::Pressure | Q::DifferentialPressure | Q::Co2 | Q::Particles => Self::Air,
            Q::Voltage
            | Q::Current
            | Q::Power
            | Q::ApparentPower
            | Q::Frequency
            | Q::Load
            | Q::OutputVoltage => Self::Power,
            _ => match Concern::of(quantity, Place::Other) {
                Concern::Mains | Concern::Generator | Concern::Ups => Self::Power,
                Concern::Cooling => Self::Cooling,
                Concern::Door => Self::Doors,
                _ => Self::Other,
            },
        }
    }
}

/// Where some work is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkState {
    /// It is still to begin.
    Planned,
    /// It goes on.
    Running,
    /// It has ended.
    Over,
}

/// What a person asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// In which room; none on the whole site.
    pub room: Option<Identifier>,
    /// Which alarms it may cause.
    pub kinds: BTreeSet<WorkKind>,
    /// When it begins: at once, where that is past.
    pub from: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// What is done, and why.
    pub reason: String,
}

/// What a person said about work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Said {
    /// It is being done, or planned.
    Begins(Plan),
    /// The one with this number is over, or does not take place.
    Ends(u64),
}

/// A fact about work, as the journal holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkSaid {
    /// When it was said, by the collector's clock.
    pub at: Timestamp,
    /// Who said it.
    pub by: Actor,
    /// What.
    pub said: Said,
}

/// Some work as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Its number for ever.
    pub id: u64,
    /// In which room; none on the whole site.
    pub room: Option<Identifier>,
    /// Which alarms it may cause.
    pub kinds: BTreeSet<WorkKind>,
    /// When it begins or began.
    pub from: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// What is done, and why.
    pub reason: String,
    /// Who said so.
    pub by: Actor,
    /// When they did.
    pub at: Timestamp,
    /// Where it is in its life.
    pub state: WorkState,
    /// It was to begin later than it was said.
    pub planned: bool,
    /// When it ended, if it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Who ended it, where it did not end by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<Actor>,
}

/// Why what a person asked for cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkRefusal {
    /// It names no kind of alarm.
    #[error("say which kinds of alarms the work may cause: it silences those alone")]
    NoKind,
    /// It does not say what is done.
    #[error("say what is done and why, in {REASON_AT_MOST} characters at most")]
    NoReason,
    /// There is no such room.
    #[error("there is no room `{0}`")]
    UnknownRoom(Identifier),
    /// It would be over before it began.
    #[error(
        "the work would be over at {until}, before it begins; say an end after its beginning and to come"
    )]
    Past {
        /// What was asked for.
        until: Timestamp,
    },
    /// It would last too long.
    #[error(
        "{until} is too far away; {latest} is the latest: what begins now lasts 8 hours at most, what is planned 24"
    )]
    TooLong {
        /// What was asked for.
        until: Timestamp,
        /// What may be asked for.
        latest: Timestamp,
    },
    /// It would begin too late.
    #[error("{from} is too far away to be planned; {latest} is the latest")]
    TooFar {
        /// What was asked for.
        from: Timestamp,
        /// What may be asked for.
        latest: Timestamp,
    },
    /// There are too many.
    #[error("{AT_MOST} works are planned or running; end one of them first")]
    TooMany,
    /// There is no such work.
    #[error("there is no work {0}")]
    NotFound(u64),
    /// It has ended.
    #[error("work {0} is over")]
    Over(u64),
}

impl Plan {
    /// The plan as it is kept, said at `at`, or why it cannot be.
    pub fn checked(mut self, at: Timestamp) -> Result<Self, WorkRefusal> {
        self.from = self.from.max(at);
        self.reason = self.reason.trim().to_owned();
        let (from, until) = (self.from, self.until);
        if self.kinds.is_empty() {
            return Err(WorkRefusal::NoKind);
        }
        if !(1..=REASON_AT_MOST).contains(&self.reason.chars().count()) {
            return Err(WorkRefusal::NoReason);
        }
        if until <= from {
            return Err(WorkRefusal::Past { until });
        }
        let latest = at + AHEAD_AT_MOST;
        if from > latest {
            return Err(WorkRefusal::TooFar { from, latest });
        }
        let latest = match from > at {
            true => from + PLANNED_AT_MOST,
            false => from + NOW_AT_MOST,
        };
        if until > latest {
            return Err(WorkRefusal::TooLong { until, latest });
        }
        Ok(self)
    }

    /// The work that it becomes.
    pub fn begins(self, id: u64, by: Actor, at: Timestamp) -> Work {
        Work {
            id,
            room: self.room,
            kinds: self.kinds,
            from: self.from,
            until: self.until,
            reason: self.reason,
            by,
            at,
            state: WorkState::Planned,
            planned: self.from > at,
            ended_at: None,
            ended_by: None,
        }
    }
}

impl Work {
    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.state == WorkState::Over
    }

    /// The same when it has ended. `by`: who ended it, where it did not end by itself.
    pub fn over(self, at: Timestamp, by: Option<&Actor>) -> Self {
        Self {
            state: WorkState::Over,
            ended_at: Some(at),
            ended_by: by.cloned(),
            ..self
        }
    }

    /// When its state changes next by itself.
    pub fn due(&self) -> Option<Timestamp> {
        match self.state {
            WorkState::Planned => Some(self.from),
            WorkState::Running => Some(self.until),
            WorkState::Over => None,
        }
    }

    /// Whether it names an alarm of this kind in this room. What is in no room is named by work on the whole site alone.
    pub fn names(&self, kind: WorkKind, room: Option<&Identifier>) -> bool {
        self.is_in(room) && self.kinds.contains(&kind)
    }

    /// Whether it goes on in this room, or on the whole site.
    pub fn is_in(&self, room: Option<&Identifier>) -> bool {
        self.room.is_none() || self.room.as_ref() == room
    }
}

#[cfg(test)]
mod tests;
