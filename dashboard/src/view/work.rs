//! Work in progress: what is done where, which alarms it may cause, from when until when.

use plenum_core::work;
use plenum_protocol::{Identifier, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::alarm::Priority;
use super::schema;
use super::words::words;

words! {
    /// What kind of alarm some work may cause. Smoke, an extinguisher, water and a critical temperature are silenced where they are named by their words alone.
    WorkKind {
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
        /// Agents as a whole, and sensors that were never heard.
        Agents = "agents",
        /// Jobs elsewhere that say that they ran.
        Jobs = "jobs",
        /// Anything else that is measured.
        Other = "other",
    }
}

words! {
    /// Where some work is in its life.
    WorkState {
        /// It is still to begin.
        Planned = "planned",
        /// It goes on: what it names is told to nobody.
        Running = "running",
        /// It has ended.
        Over = "over",
    }
}

/// Work in progress, planned or over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Work {
    /// Its number, never used again.
    pub number: u64,
    /// The room; null on the whole site.
    #[schema(value_type = Option<schema::Identifier>)]
    pub room: Option<Identifier>,
    /// The room's name; null on the whole site, and where the site has no such room any more.
    pub room_name: Option<String>,
    /// Which alarms it may cause: these are told to nobody while it goes on.
    pub kinds: Vec<WorkKind>,
    /// Where it is in its life.
    pub state: WorkState,
    /// When it begins or began.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// When it ends by itself.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// What is done, and why.
    pub reason: String,
    /// The name of who said so.
    pub by: String,
    /// When they did.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// When it ended; null while it has not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// The name of who ended it; null where it ended by itself, or has not.
    pub ended_by: Option<String>,
}

/// Work that somebody does or plans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWork {
    /// The room; absent or null means the whole site, what is in no room as well.
    #[serde(default)]
    #[schema(value_type = Option<schema::Identifier>)]
    pub room: Option<Identifier>,
    /// Which alarms it may cause: one at least.
    pub kinds: Vec<WorkKind>,
    /// When it begins: a time by the site's clock (`2026-12-24T10:00`), or an instant (`2026-12-24T09:00:00Z`). Absent or past means now.
    #[serde(default)]
    pub from: Option<String>,
    /// When it ends by itself, likewise. Give this or `minutes`.
    #[serde(default)]
    pub until: Option<String>,
    /// So many minutes after its beginning it ends by itself: 480 at most where it begins now, 1,440 where it is planned.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1440)]
    pub minutes: Option<u16>,
    /// What is done, and why: 200 characters at most.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// The work that lies over an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Underway {
    /// Its number.
    pub number: u64,
    /// The name of who said that it is done.
    pub by: String,
    /// When the alarm came.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// When it ends by itself. What stands then is told.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// What is done, and why.
    pub reason: String,
}

/// Work that is over, and what came during it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndedWork {
    /// The work.
    pub work: Work,
    /// The first alarms that it hid, as the caller sees them, 50 at most; the first first.
    pub came: Vec<HiddenAlarm>,
    /// How many more it hid.
    pub more: u64,
}

/// An alarm that came while work went on that may cause it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HiddenAlarm {
    /// Its number.
    pub id: u64,
    /// Its rule's name.
    pub name: String,
    /// What it is about, in words.
    pub about: String,
    /// The room's name; null where it is in none.
    pub room_name: Option<String>,
    /// How bad it is.
    pub priority: Priority,
    /// When it first came meanwhile.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// How often it did.
    pub times: u32,
    /// What became of it.
    pub out: WorkOut,
    /// Since when it was told; null where it was not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub told_from: Option<Timestamp>,
}

words! {
    /// How an alarm came out of the work that hid it.
    WorkOut {
        /// It was over by then, or is hidden by other work: told to nobody.
        Untold = "untold",
        /// It stood in the open from then on: at the work's end, or once it was worse than what the work names.
        Told = "told",
        /// Another alarm stood for it by then, which was told.
        Suppressed = "suppressed",
    }
}

/// Gives each word of one list the word of the other.
macro_rules! same_words {
    ($name:ident: $($variant:ident),+) => {
        impl From<work::$name> for $name {
            fn from(word: work::$name) -> Self {
                match word {
                    $(work::$name::$variant => Self::$variant,)+
                }
            }
        }

        impl From<$name> for work::$name {
            fn from(word: $name) -> Self {
                match word {
                    $($name::$variant => Self::$variant,)+
                }
            }
        }
    };
}

same_words!(WorkKind: Smoke, Extinguisher, Water, CriticalTemperature, Temperature, Humidity, Air, Power, Cooling, Doors, Agents, Jobs, Other);
same_words!(WorkState: Planned, Running, Over);
