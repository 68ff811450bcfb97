//! The site as it is configured: what `site.toml` says after it was checked.

use std::fmt;
use std::str::FromStr;

use plenum_protocol::{AgentName, Identifier, Quantity, Series};

use super::civil::Zone;
use super::drill::Drill;
use super::heartbeat::Heartbeat;
use super::ladder::Ladder;
use super::rota::{Holiday, Rota, Team, WrittenOverride};
use super::rule::{Priority, Rule, Selector};
use super::service::Service;
use super::supply::Supply;
use crate::text::Language;
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
    /// Racks, each on the plan of its room.
    #[serde(default, rename = "rack", skip_serializing_if = "Vec::is_empty")]
    pub racks: Vec<Rack>,
    /// Sensors with their places.
    #[serde(default, rename = "sensor", skip_serializing_if = "Vec::is_empty")]
    pub sensors: Vec<Sensor>,
    /// What supplies whom, where rooms and zones do not say it.
    #[serde(default, rename = "supply", skip_serializing_if = "Vec::is_empty")]
    pub supplies: Vec<Supply>,
    /// Rules, beside the built-in defaults; one with the id of a default replaces it.
    #[serde(default, rename = "rule", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Jobs elsewhere that say that they ran.
    #[serde(default, rename = "heartbeat", skip_serializing_if = "Vec::is_empty")]
    pub heartbeats: Vec<Heartbeat>,
    /// Drills of the whole alarm chain.
    #[serde(default, rename = "drill", skip_serializing_if = "Vec::is_empty")]
    pub drills: Vec<Drill>,
    /// Services whose availability is promised.
    #[serde(default, rename = "service", skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service>,
    /// People, by id; their addresses stand in collector.toml.
    #[serde(default, rename = "person", skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Person>,
    /// Ways to reach them.
    #[serde(default, rename = "channel", skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
    /// People who look after the site together.
    #[serde(default, rename = "team", skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<Team>,
    /// Who of a team is on duty when.
    #[serde(default, rename = "rota", skip_serializing_if = "Vec::is_empty")]
    pub rotas: Vec<Rota>,
    /// Who stands in for whom.
    #[serde(default, rename = "override", skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<WrittenOverride>,
    /// Local days on which people do not work.
    #[serde(default, rename = "holiday", skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Holiday>,
    /// Whom an incident reaches, step by step.
    #[serde(default, rename = "ladder", skip_serializing_if = "Vec::is_empty")]
    pub ladders: Vec<Ladder>,
}

/// What holds for the whole site: `[site]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Its identifier, the first part of every series.
    pub id: Identifier,
    /// Its name on screens.
    pub name: String,
    /// IANA time zone of its screens and reports, as `Europe/Amsterdam`.
    pub zone: Zone,
    /// `en` or `nl`.
    #[serde(default)]
    pub language: Language,
}

/// A room with its plan, whose size is 0 where it is not drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Room {
    /// Unique in the site; sensors, racks and rules name the room by it.
    pub id: Identifier,
    /// Its name on screens and in messages: "Room A".
    pub name: String,
    /// Where it is, in words: "Ground floor".
    #[serde(default)]
    pub floor: String,
    /// What it shares with other rooms that name the same: a cooling plant, a supply, a floor. Rules look there with `within = "zone"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Identifier>,
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
    /// Unique in the site; sensors name the rack by it.
    pub id: Identifier,
    /// Its name on the plan: "A3".
    pub name: String,
    /// The room on whose plan it is drawn.
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
    /// A door that is watched.
    Door,
    /// Anything else.
    Other,
}

impl Place {
    /// Whether a sensor at such a place, of which nothing else is known yet, may be there for this quantity.
    pub fn may_measure(self, quantity: Quantity) -> bool {
        use Quantity as Q;
        match self {
            Self::Inlet | Self::Outlet | Self::Supply | Self::Return => {
                matches!(quantity, Q::Temperature | Q::Humidity | Q::DewPoint)
            }
            Self::Ups => {
                let name = quantity.as_str();
                name.starts_with("ups-") || name.starts_with("battery-") || quantity == Q::Load
            }
            Self::Mains => quantity == Q::MainsPresent,
            Self::Generator => matches!(quantity, Q::GeneratorRunning | Q::GeneratorCarrying),
            Self::Cooling => matches!(quantity, Q::CoolingFault | Q::CoolingRunning),
            Self::Door => quantity == Q::DoorOpen,
            Self::Room | Self::Other => {
                let elsewhere = [Self::Ups, Self::Mains, Self::Generator, Self::Cooling, Self::Door];
                !elsewhere.into_iter().any(|place| place.may_measure(quantity))
            }
        }
    }
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
    /// The room that it belongs to; rules select and messages say it.
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

/// Somebody who can be told of alarms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Identifier; collector.toml has the addresses under it.
    pub id: Identifier,
    /// Their name for people to read: "Anna".
    pub name: String,
    /// In which language they are written to; the site's where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
}

/// A kind of channel that the program has: what `kind` of a channel may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelKind {
    /// What a channel's `kind` says: `email`.
    pub name: &'static str,
    /// It reaches people, so that a channel of it needs some.
    pub to_people: bool,
}

/// A way to reach people; where to and with what secret stands in collector.toml.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Unique in the site; a webhook of collector.toml names the channel by it.
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

impl Channel {
    /// Whether alarms of this priority go over it.
    pub fn takes(&self, priority: Priority) -> bool {
        self.priorities.is_empty() || self.priorities.contains(&priority)
    }
}

/// A sensor's name within its site: `pi-a1/inlet-a1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SensorName {
    /// The agent that reads it.
    pub agent: Identifier,
    /// Its identifier below the agent.
    pub sensor: Identifier,
}

/// A text that is not a sensor's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid sensor's name; write it as agent/sensor")]
pub struct SensorNameError(String);

impl FromStr for SensorName {
    type Err = SensorNameError;
    fn from_str(text: &str) -> Result<Self, SensorNameError> {
        let parts = text.split_once('/');
        let parsed = parts.and_then(|(agent, sensor)| Some((agent.parse().ok()?, sensor.parse().ok()?)));
        let error = || SensorNameError(text.chars().take(80).collect());
        let (agent, sensor) = parsed.ok_or_else(error)?;
        Ok(Self { agent, sensor })
    }
}

impl fmt::Display for SensorName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.agent, self.sensor)
    }
}

plenum_protocol::as_text!(SensorName);

impl Site {
    /// A site before its first revision: the built-in rules protect it, and nothing is known of its places.
    pub fn unconfigured() -> Self {
        let id = Identifier::from_str("unconfigured").expect("it is an identifier");
        Self {
            site: About {
                name: "Not yet configured".to_owned(),
                zone: Zone::utc(),
                language: Language::English,
                id,
            },
            rooms: Vec::new(),
            racks: Vec::new(),
            sensors: Vec::new(),
            supplies: Vec::new(),
            rules: Vec::new(),
            heartbeats: Vec::new(),
            drills: Vec::new(),
            services: Vec::new(),
            people: Vec::new(),
            channels: Vec::new(),
            teams: Vec::new(),
            rotas: Vec::new(),
            overrides: Vec::new(),
            holidays: Vec::new(),
            ladders: Vec::new(),
        }
    }

    /// The team that an identifier names.
    pub fn team(&self, id: &Identifier) -> Option<&Team> {
        self.teams.iter().find(|team| team.id == *id)
    }

    /// The rota that an identifier names.
    pub fn rota(&self, id: &Identifier) -> Option<&Rota> {
        self.rotas.iter().find(|rota| rota.id == *id)
    }

    /// The person of exactly this identifier.
    pub fn person_by_id(&self, id: &Identifier) -> Option<&Person> {
        self.people.iter().find(|person| person.id == *id)
    }

    /// The ladder that an incident of these rooms climbs: the first that takes it in one of them. None where the channels' own people are told.
    pub fn ladder(&self, priority: Priority, rooms: &[Option<Identifier>]) -> Option<&Ladder> {
        let takes = |ladder: &&Ladder| rooms.iter().any(|room| ladder.takes(priority, room.as_ref()));
        self.ladders.iter().find(takes)
    }

    /// The job of exactly this identifier.
    pub fn heartbeat(&self, id: &str) -> Option<&Heartbeat> {
        self.heartbeats.iter().find(|job| job.id.as_str() == id)
    }

    /// The drill of exactly this identifier.
    pub fn drill(&self, id: &str) -> Option<&Drill> {
        self.drills.iter().find(|drill| drill.id.as_str() == id)
    }

    /// The room that an identifier names; none where the site has no such room.
    pub fn room(&self, id: &Identifier) -> Option<&Room> {
        self.rooms.iter().find(|room| room.id == *id)
    }

    /// The person who logs in with this name: by their identifier, else by the name that they have here.
    pub fn person(&self, name: &str) -> Option<&Person> {
        let by_id = |person: &&Person| person.id.as_str().eq_ignore_ascii_case(name);
        let by_name = |person: &&Person| person.name.eq_ignore_ascii_case(name);
        let found = self.people.iter().find(by_id);
        found.or_else(|| self.people.iter().find(by_name))
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

    /// Between how many people the alarms are divided: all that it names, as long as nothing says who is on duty; at least one.
    pub fn operators(&self) -> u32 {
        u32::try_from(self.people.len()).unwrap_or(u32::MAX).max(1)
    }

    /// Whether a rule watches this series: it is on, can judge the quantity and selects the series.
    pub fn watches(&self, rule: &Rule, series: &Series) -> bool {
        rule.enabled && rule.when.fits(series.quantity()) && self.selects(&rule.select, series)
    }

    /// Whether a rule may watch something of a placed sensor, of which nothing else is known yet.
    pub fn may_watch(&self, rule: &Rule, sensor: &Sensor) -> bool {
        let may = |quantity: Quantity| {
            let agent = AgentName::new(self.site.id.clone(), sensor.agent.clone());
            let series = Series::new(agent, sensor.id.clone(), quantity);
            sensor.place.may_measure(quantity) && self.watches(rule, &series)
        };
        Quantity::ALL.iter().any(|quantity| may(*quantity))
    }

    /// Whether a rule's selector takes this series. A sensor that the site does not name has no room and the place `other`.
    pub fn selects(&self, selector: &Selector, series: &Series) -> bool {
        // To look for its sensor costs more than all else.
        let may = selector.quantities.is_empty() || selector.quantities.contains(&series.quantity());
        may && self.selects_placed(selector, series, self.sensor(&series.agent, series.sensor()))
    }

    /// The same, of a series whose sensor was looked up.
    pub(crate) fn selects_placed(
        &self,
        selector: &Selector,
        series: &Series,
        sensor: Option<&Sensor>,
    ) -> bool {
        let room = sensor.map(|sensor| &sensor.room);
        let place = sensor.map_or(Place::Other, |sensor| sensor.place);
        selector.takes(series, room, place)
    }
}
