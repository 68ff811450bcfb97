//! A service: what was promised to a customer, when work on it is planned, and what counts as down.

use plenum_protocol::{Duration, Identifier};
use serde::{Deserialize, Serialize};

use super::civil::{LocalTime, TimeOfDay, Weekday, Zone};
use super::model::SensorName;

/// A service with a promised availability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Unique in the site.
    pub id: Identifier,
    /// Its name on screens and in reports.
    pub name: String,
    /// For whom, in words; may be empty.
    #[serde(default)]
    pub customer: String,
    /// The promised ratio: 0.999.
    pub objective: f64,
    /// IANA time zone of its months, hours and windows.
    pub zone: Zone,
    /// Local date and time at which its life begins: "2026-01-01T00:00". Before it is not a part of any period.
    pub since: LocalTime,
    /// Local date and time at which its life ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<LocalTime>,
    /// Agreed hours; empty means always.
    #[serde(default, rename = "hours", skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<WeeklyWindow>,
    /// Planned work, every week: time within is planned, whatever the service was.
    #[serde(default, rename = "maintenance", skip_serializing_if = "Vec::is_empty")]
    pub maintenance: Vec<WeeklyWindow>,
    /// What means "down".
    pub down: Down,
    /// What unknown time does to the ratio.
    #[serde(default)]
    pub unknown: Unknown,
}

/// A window that comes back every week: a civil start, and an elapsed duration or a civil end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeeklyWindow {
    /// Days on which it starts: "mon" to "sun".
    pub days: Vec<Weekday>,
    /// Local start: "02:00".
    pub start: TimeOfDay,
    /// Elapsed length, whatever the clock does meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<Duration>,
    /// Local end: the next such time of day after the start. One of the two is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<TimeOfDay>,
    /// Why, for the report.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
}

/// What unknown time does to the ratio.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unknown {
    /// It counts against us: up / agreed.
    #[default]
    Counted,
    /// The contract leaves it out: up / (up + down).
    Excluded,
}

/// A three-valued expression over alarm conditions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Down {
    /// At least one holds; true beats unknown beats false.
    Any(Vec<Down>),
    /// All hold; false beats unknown beats true.
    All(Vec<Down>),
    /// At least this many alarms of a rule are active in a room (or anywhere).
    Rule {
        /// The rule's identifier, a built-in one perhaps.
        rule: Identifier,
        /// Only this room.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<Identifier>,
        /// Only this sensor, as agent/sensor.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sensor: Option<SensorName>,
        /// How many; 1 where absent.
        #[serde(default = "one")]
        at_least: usize,
    },
}

fn one() -> usize {
    1
}
