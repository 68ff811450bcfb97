//! The site as it is configured: what `site.toml` says after it was checked.

use std::mem::discriminant;

use std::str::FromStr;

use crate::fact::SystemKind;
use plenum_protocol::{AgentName, Duration, Identifier, Quantity, Series};
use serde::{Deserialize, Serialize};

/// A whole `site.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Name, zone and language.
    pub site: About,
    /// Rooms, in the order in which screens list them.
    #[serde(default, rename = "room", skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<Room>,
    /// Racks.
    #[serde(default, rename = "rack", skip_serializing_if = "Vec::is_empty")]
    pub racks: Vec<Rack>,
    /// Sensors with their places.
    #[serde(default, rename = "sensor", skip_serializing_if = "Vec::is_empty")]
    pub sensors: Vec<Sensor>,
    /// Rules, beside the built-in defaults; one with the id of a default replaces it.
    #[serde(default, rename = "rule", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Services whose availability is promised.
    #[serde(default, rename = "service", skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service>,
    /// People, by id; their addresses stand in collector.toml.
    #[serde(default, rename = "person", skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Person>,
    /// Ways to reach them.
    #[serde(default, rename = "channel", skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
}

/// The site itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Its identifier, the first part of every series.
    pub id: Identifier,
    /// Its name on screens.
    pub name: String,
    /// IANA time zone of its screens and reports, as `Europe/Amsterdam`.
    pub zone: String,
    /// `en` or `nl`.
    #[serde(default = "english")]
    pub language: String,
}

fn english() -> String {
    "en".to_owned()
}

/// A room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Room {
    /// Identifier.
    pub id: Identifier,
    /// Name.
    pub name: String,
    /// Where it is, in words: "Ground floor".
    #[serde(default)]
    pub floor: String,
    /// Width of the plan in metres.
    #[serde(default)]
    pub width_m: f64,
    /// Depth of the plan in metres.
    #[serde(default)]
    pub depth_m: f64,
}

/// A rack, drawn on the plan. Positions count from the plan's upper left corner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rack {
    /// Identifier.
    pub id: Identifier,
    /// Name.
    pub name: String,
    /// Room.
    pub room: Identifier,
    /// Left edge in metres.
    pub x_m: f64,
    /// Upper edge in metres.
    pub y_m: f64,
    /// Width in metres.
    pub width_m: f64,
    /// Depth in metres.
    pub depth_m: f64,
}

/// What a sensor's place means; the built-in rules go by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Air that goes into a rack.
    Inlet,
    /// Air that comes out of a rack.
    Outlet,
    /// Air that a cooling unit supplies.
    Supply,
    /// Air that returns to a cooling unit.
    Return,
    /// The room's air.
    Room,
    /// A cooling unit.
    Cooling,
    /// An uninterruptible power supply.
    Ups,
    /// The mains connection.
    Mains,
    /// The emergency generator.
    Generator,
    /// A door.
    Door,
    /// Anything else.
    Other,
}

/// A sensor that an agent reads, with its name and place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sensor {
    /// The agent that reads it.
    pub agent: Identifier,
    /// Its identifier below the agent.
    pub id: Identifier,
    /// Name on screens: "Inlet A3".
    pub name: String,
    /// Room.
    pub room: Identifier,
    /// Rack, if it hangs on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rack: Option<Identifier>,
    /// What its place means.
    pub place: Place,
    /// Where, in words: "rack A3, front, top".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub position: String,
    /// Place on the plan in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x_m: Option<f64>,
    /// Place on the plan in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y_m: Option<f64>,
}

/// How bad it is. The order is from worst to least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Act now.
    Critical,
    /// Act within minutes.
    High,
    /// Act today.
    Medium,
    /// Act this week.
    Low,
}

/// Which series a rule watches: all given conditions must hold; a list holds if one of it does.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    /// Quantities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantities: Vec<Quantity>,
    /// Rooms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<Identifier>,
    /// Places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// Agents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<Identifier>,
    /// Sensors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sensors: Vec<Identifier>,
}

/// When a rule's condition holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Condition {
    /// The value is above the limit; it clears at the limit less the deadband.
    Above {
        /// In the quantity's unit; text with a unit is also read ("27 Cel", "80 %", "5 min").
        #[serde(deserialize_with = "super::amount::deserialize")]
        limit: f64,
        /// In the quantity's unit, at least 0.
        #[serde(default, deserialize_with = "super::amount::deserialize")]
        deadband: f64,
    },
    /// The value is below the limit; it clears at the limit plus the deadband.
    Below {
        /// In the quantity's unit; text with a unit is also read.
        #[serde(deserialize_with = "super::amount::deserialize")]
        limit: f64,
        /// In the quantity's unit, at least 0.
        #[serde(default, deserialize_with = "super::amount::deserialize")]
        deadband: f64,
    },
    /// A boolean has this value.
    Is {
        /// The value that is abnormal.
        state: bool,
        /// It stays until a person resets it, even when the input is back.
        #[serde(default)]
        latched: bool,
    },
    /// No reading, or only faults, for this long (at least three intervals and 60 s are taken where it is absent).
    Stale {
        /// Elapsed time without a good reading.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Duration>,
    },
    /// An agent is not there.
    Offline {
        /// For this long.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Duration>,
    },
    /// The monitor itself reports this condition about itself.
    System {
        /// Which: `delivery-failed`, `disk-reserve`, `gap` and so on.
        kind: SystemKind,
    },
}

/// A second quantity that must have a value for a rule's condition to count: "runtime below 5 min, only while on battery".
/// It is looked for at the same sensor; where that has none, among the sensors of the same room (one of them is enough). What was
/// last seen counts, also when it is old or now faulty; a guard that was never seen does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// A boolean quantity.
    pub quantity: Quantity,
    /// The value that it must have.
    pub is: bool,
}

/// An alarm rule: one alarm for each series that it selects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Identifier; that of a built-in rule replaces it.
    pub id: Identifier,
    /// What is wrong, in words: "Inlet too warm".
    pub name: String,
    /// A rule can be switched off without losing it.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub enabled: bool,
    /// Which series.
    #[serde(default)]
    pub select: Selector,
    /// When.
    pub when: Condition,
    /// Only while another quantity has a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_while: Option<Guard>,
    /// How long the condition holds before the alarm is raised.
    #[serde(default)]
    pub on_delay: Duration,
    /// How long it is gone before the alarm returns.
    #[serde(default)]
    pub off_delay: Duration,
    /// How bad.
    pub priority: Priority,
    /// The likely cause.
    #[serde(default)]
    pub cause: String,
    /// What happens if nobody acts.
    #[serde(default)]
    pub consequence: String,
    /// What to do, step by step.
    #[serde(default)]
    pub response: Vec<String>,
}

fn yes() -> bool {
    true
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_yes(value: &bool) -> bool {
    *value
}

/// A service with a promised availability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Identifier.
    pub id: Identifier,
    /// Name.
    pub name: String,
    /// For whom.
    #[serde(default)]
    pub customer: String,
    /// The promised ratio: 0.999.
    pub objective: f64,
    /// IANA time zone of its months, hours and windows.
    pub zone: String,
    /// Local date and time at which its life begins: "2026-01-01T00:00". Before it is not a part of any period.
    pub since: String,
    /// Local date and time at which its life ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Agreed hours; empty means always.
    #[serde(default, rename = "hours", skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<WeeklyWindow>,
    /// Weekly maintenance windows.
    #[serde(default, rename = "maintenance", skip_serializing_if = "Vec::is_empty")]
    pub maintenance: Vec<WeeklyWindow>,
    /// What means "down".
    pub down: Down,
    /// What unknown time does to the ratio.
    #[serde(default)]
    pub unknown: Unknown,
}

/// A window that comes back every week: a civil start and an elapsed duration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeeklyWindow {
    /// Days on which it starts: "mon" to "sun".
    pub days: Vec<Weekday>,
    /// Local start: "02:00".
    pub start: String,
    /// Elapsed length.
    pub length: Duration,
    /// Why, for the report.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
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
        /// The rule.
        rule: Identifier,
        /// Only this room.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<Identifier>,
        /// Only this sensor, as agent/sensor.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sensor: Option<String>,
        /// How many; 1 where absent.
        #[serde(default = "one")]
        at_least: usize,
    },
}

fn one() -> usize {
    1
}

/// A person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Identifier; collector.toml has the addresses under it.
    pub id: Identifier,
    /// Name.
    pub name: String,
}

/// A kind of channel that the program has: what `kind` of a channel may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelKind {
    /// The word.
    pub name: &'static str,
    /// It reaches people, so that a channel of it needs some.
    pub to_people: bool,
}

/// A way to reach people; where to and with what secret stands in collector.toml.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Identifier.
    pub id: Identifier,
    /// By what: the name of a [`ChannelKind`].
    pub kind: Identifier,
    /// Whom its messages go to, where it reaches people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Identifier>,
    /// Only alarms of these priorities; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub priorities: Vec<Priority>,
}

impl Rule {
    /// Whether a tracker of this rule can go on as one of `new`: the same kind of condition under the same guard.
    pub fn goes_on_as(&self, new: &Self) -> bool {
        discriminant(&self.when) == discriminant(&new.when) && self.only_while == new.only_while
    }
}

impl Site {
    /// A site before its first revision: the built-in rules protect it, and nothing is known of its places.
    pub fn unconfigured() -> Self {
        let id = Identifier::from_str("unconfigured").expect("it is an identifier");
        Self {
            site: About {
                name: "Not yet configured".to_owned(),
                zone: "UTC".to_owned(),
                language: english(),
                id,
            },
            rooms: Vec::new(),
            racks: Vec::new(),
            sensors: Vec::new(),
            rules: Vec::new(),
            services: Vec::new(),
            people: Vec::new(),
            channels: Vec::new(),
        }
    }

    /// The room with this identifier.
    pub fn room(&self, id: &Identifier) -> Option<&Room> {
        self.rooms.iter().find(|room| room.id == *id)
    }

    /// The sensor with this identifier below this agent; none of another site's agent.
    pub fn sensor(&self, agent: &AgentName, id: &Identifier) -> Option<&Sensor> {
        self.sensors
            .iter()
            .find(|sensor| agent.site == self.site.id && sensor.agent == agent.agent && sensor.id == *id)
    }

    /// Whether a sensor is placed below this agent.
    pub fn names_agent(&self, agent: &AgentName) -> bool {
        let same_site = agent.site == self.site.id;
        same_site && self.sensors.iter().any(|sensor| sensor.agent == agent.agent)
    }

    /// Whether a rule's selector takes this series. A sensor that the site does not name has no room and the place `other`.
    pub fn selects(&self, selector: &Selector, series: &Series) -> bool {
        fn one_of<T: PartialEq>(list: &[T], item: Option<&T>) -> bool {
            list.is_empty() || item.is_some_and(|item| list.contains(item))
        }
        let sensor = self.sensor(&series.agent, series.sensor());
        one_of(&selector.quantities, Some(&series.quantity()))
            && one_of(&selector.agents, Some(&series.agent.agent))
            && one_of(&selector.sensors, Some(series.sensor()))
            && one_of(&selector.rooms, sensor.map(|sensor| &sensor.room))
            && one_of(
                &selector.places,
                Some(&sensor.map_or(Place::Other, |sensor| sensor.place)),
            )
    }
}
