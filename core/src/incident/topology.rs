//! What may be the cause of what, and where. Two tables say it; the site's rooms, zones and placed sensors, and what its `[[supply]]` lines name, say
//! between which parts of this house.
//!
//! Sensible without a line written: the mains and the UPSes are everybody's, a cooling unit serves its room and the rooms of its zone, an agent its
//! sensors. A `[[supply]]` line says better.

use std::collections::HashMap;

use plenum_protocol::{AgentName, Duration, Identifier};
use serde::{Deserialize, Serialize};

use super::concern::Concern;
use crate::alarms::cover::TOGETHER;
use crate::alarms::{Alarm, Origin, Subject};
use crate::fact::{Report, SystemKind};
use crate::site::{Place, Site, Watches, effective_rules};

/// What happens to several of the same kind within so long is taken for one event where nothing else connects them: agents that go dark, UPSes that
/// change to battery.
const AT_ONCE: Duration = Duration::from_minutes(2);

/// A part of the house in which things hang together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// All of it.
    Site,
    /// Rooms that share something.
    Zone(Identifier),
    /// A room.
    Room(Identifier),
    /// What one agent reads.
    Agent(AgentName),
    /// One sensor of an agent.
    Sensor(AgentName, Identifier),
    /// What one rule says of the monitor.
    Rule(Identifier),
    /// What goes over one channel.
    Channel(String),
}

/// How wide an area is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Site,
    Zone,
    Room,
    Agent,
    Sensor,
    Rule,
    Channel,
}

/// Which concern may be the cause of which, and within which area. The first that fits is the closest.
const CAUSES: &[(Concern, Concern, Within)] = {
    use Concern as C;
    &[
        (C::Agent, C::Sensor, Within::Agent),
        (C::Smoke, C::Climate, Within::Room),
        (C::Smoke, C::Cooling, Within::Room),
        (C::Cooling, C::Climate, Within::Room),
        (C::Cooling, C::Climate, Within::Zone),
        (C::Broker, C::Agent, Within::Site),
        (C::Broker, C::Sensor, Within::Site),
        (C::Ups, C::Agent, Within::Site),
        (C::Mains, C::Ups, Within::Site),
        (C::Mains, C::Generator, Within::Site),
        (C::Mains, C::Cooling, Within::Site),
        (C::Mains, C::Climate, Within::Site),
        (C::Mains, C::Agent, Within::Site),
        // That a message of a drill was not taken is what the channel's own alarm says.
        (C::Monitor, C::DrillFailed, Within::Channel),
        // A switch or a line: only where the site says which agents speak through it, for no agent lies within a sensor.
        (C::Sensor, C::Agent, Within::Sensor),
        (C::Other, C::Agent, Within::Sensor),
    ]
};

/// Which of one concern are one event, within which area, and for how long after another was raised; without an end where there is none.
const ALIKE: &[(Concern, Within, Option<Duration>)] = {
    use Concern as C;
    &[
        (C::Smoke, Within::Room, None),
        (C::Water, Within::Room, None),
        (C::Climate, Within::Room, None),
        (C::Cooling, Within::Room, None),
        (C::Cooling, Within::Zone, Some(TOGETHER)),
        (C::Mains, Within::Site, None),
        (C::Generator, Within::Site, None),
        (C::Broker, Within::Site, None),
        (C::Door, Within::Sensor, None),
        (C::Ups, Within::Sensor, None),
        (C::Ups, Within::Site, Some(AT_ONCE)),
        (C::Agent, Within::Agent, None),
        (C::Agent, Within::Site, Some(AT_ONCE)),
        (C::Sensor, Within::Sensor, None),
        (C::Sensor, Within::Agent, Some(TOGETHER)),
        (C::Monitor, Within::Rule, Some(TOGETHER)),
        (C::DrillFailed, Within::Rule, Some(TOGETHER)),
        (C::Other, Within::Sensor, None),
    ]
};

/// Where an alarm is, as far as causes go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// What it is about.
    pub concern: Concern,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    room: Option<Identifier>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zone: Option<Identifier>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agent: Option<AgentName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sensor: Option<Identifier>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<Identifier>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    /// Whom it serves, where the site says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    serves: Vec<Area>,
}

/// What something may be found under: one of a concern, in an area.
pub(super) type Key = (Concern, Area);

impl Spot {
    /// Under what it is found as what suffers, or as one of several alike.
    pub(super) fn lies(&self) -> impl Iterator<Item = Key> {
        use Within as W;
        let within = [
            W::Site,
            W::Zone,
            W::Room,
            W::Agent,
            W::Sensor,
            W::Rule,
            W::Channel,
        ];
        within
            .into_iter()
            .filter_map(|within| Some((self.concern, self.area(within)?)))
    }

    /// Of what it may be the cause, as that is found.
    pub(super) fn may_cause(&self) -> Vec<Key> {
        let rows = CAUSES.iter().filter(|(cause, _, _)| *cause == self.concern);
        let mut all: Vec<Key> = Vec::new();
        for (_, effect, within) in rows {
            match self.serves.is_empty() {
                true => all.extend(self.area(*within).map(|area| (*effect, area))),
                false => all.extend(self.serves.iter().map(|area| (*effect, area.clone()))),
            }
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Under what those are found that are one event with it, and within how long.
    pub(super) fn alike(&self) -> impl Iterator<Item = (Key, Option<Duration>)> {
        let rows = ALIKE.iter().filter(|(concern, _, _)| *concern == self.concern);
        rows.filter_map(|(concern, within, time)| Some(((*concern, self.area(*within)?), *time)))
    }

    /// How far it is from the first cause: what supplies others comes before what they need it for.
    pub(super) fn depth(&self) -> usize {
        match self.concern {
            Concern::Smoke | Concern::Water | Concern::Mains | Concern::Broker => 0,
            Concern::Generator | Concern::Ups => 1,
            Concern::Cooling | Concern::Agent => 2,
            Concern::Climate | Concern::Sensor => 3,
            Concern::Door | Concern::Monitor | Concern::Drill | Concern::Other => 4,
            Concern::DrillFailed => 5,
        }
    }

    fn area(&self, within: Within) -> Option<Area> {
        match within {
            Within::Site => Some(Area::Site),
            Within::Zone => self.zone.clone().map(Area::Zone),
            // What is in no room is with what the same agent reads.
            Within::Room => match &self.room {
                Some(room) => Some(Area::Room(room.clone())),
                None => self.agent.clone().map(Area::Agent),
            },
            Within::Agent => self.agent.clone().map(Area::Agent),
            Within::Sensor => Some(Area::Sensor(self.agent.clone()?, self.sensor.clone()?)),
            Within::Rule => self.rule.clone().map(Area::Rule),
            Within::Channel => self.channel.clone().map(Area::Channel),
        }
    }
}

/// The site as a net of what supplies whom.
#[derive(Debug, Clone, Default)]
pub struct Topology {
    zones: HashMap<Identifier, Identifier>,
    places: HashMap<(AgentName, Identifier), Place>,
    watches: HashMap<Identifier, Watches>,
    serves: HashMap<(AgentName, Identifier), Vec<Area>>,
}

impl Topology {
    /// Of a site as it is configured.
    pub fn of(site: &Site) -> Self {
        let name = |agent: &Identifier| AgentName::new(site.site.id.clone(), agent.clone());
        let zones = site
            .rooms
            .iter()
            .filter_map(|room| Some((room.id.clone(), room.zone.clone()?)));
        let places = site
            .sensors
            .iter()
            .map(|sensor| ((name(&sensor.agent), sensor.id.clone()), sensor.place));
        let watches = effective_rules(site)
            .into_iter()
            .map(|rule| (rule.id.clone(), rule.when.watches()));
        let mut serves: HashMap<(AgentName, Identifier), Vec<Area>> = HashMap::new();
        for supply in &site.supplies {
            let rooms = supply.rooms.iter().map(|room| Area::Room(room.clone()));
            let agents = supply.agents.iter().map(|agent| Area::Agent(name(agent)));
            serves
                .entry((name(&supply.from.agent), supply.from.sensor.clone()))
                .or_default()
                .extend(rooms.chain(agents));
        }
        Self {
            zones: zones.collect(),
            places: places.collect(),
            watches: watches.collect(),
            serves,
        }
    }

    /// Where an alarm is.
    pub fn spot(&self, alarm: &Alarm) -> Spot {
        let (agent, sensor) = match (&alarm.subject, &alarm.origin) {
            (Subject::Series(series), _) => (Some(series.agent.clone()), Some(series.sensor().clone())),
            (Subject::Agent(agent), _) => (Some(agent.clone()), None),
            (Subject::System(_), Some(Origin::NeverHeard { agent, sensor })) => {
                (Some(agent.clone()), Some(sensor.clone()))
            }
            (Subject::System(word), _) => (word.parse().ok(), None),
        };
        let named = agent.clone().zip(sensor.clone());
        let place = named.as_ref().and_then(|named| self.places.get(named));
        let zone = alarm.room.as_ref().and_then(|room| self.zones.get(room));
        let concern = self.concern(alarm, place.copied().unwrap_or(Place::Other));
        let serves = named.as_ref().and_then(|named| self.serves.get(named));
        Spot {
            concern,
            zone: zone.cloned(),
            room: alarm.room.clone(),
            rule: matches!(concern, Concern::Monitor | Concern::DrillFailed).then(|| alarm.rule.clone()),
            channel: channel(alarm),
            serves: serves.cloned().unwrap_or_default(),
            agent,
            sensor,
        }
    }

    fn concern(&self, alarm: &Alarm, place: Place) -> Concern {
        match (&alarm.subject, self.watches.get(&alarm.rule)) {
            (Subject::Series(_), Some(Watches::Silence)) => Concern::Sensor,
            (Subject::Series(series), _) => Concern::of(series.quantity(), place),
            (Subject::Agent(_), _) => Concern::Agent,
            (Subject::System(_), Some(Watches::Monitor(kind))) => Concern::of_system(*kind),
            (Subject::System(_), _) => match alarm.rule.as_str().parse::<SystemKind>() {
                Ok(kind) => Concern::of_system(kind),
                Err(_) => Concern::Monitor,
            },
        }
    }
}

/// The channel whose ways an alarm says do not work, or of which a drill's message was not taken.
fn channel(alarm: &Alarm) -> Option<String> {
    const OF_CHANNELS: [SystemKind; 2] = [SystemKind::DeliveryFailed, SystemKind::NoChannel];
    match (&alarm.subject, &alarm.origin) {
        (_, Some(Origin::Monitor(Report::DrillFailed { channel, .. }))) => channel.clone(),
        (Subject::System(way), _)
            if OF_CHANNELS
                .iter()
                .any(|kind| kind.as_str() == alarm.rule.as_str()) =>
        {
            let channel = way.split_once('/').map_or(way.as_str(), |(channel, _)| channel);
            Some(channel.to_owned())
        }
        _ => None,
    }
}
