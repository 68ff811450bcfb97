//! Where each series is: at which sensor, in which room. Looked up by name once, when it is noted, and by number ever after: a reading asks for it
//! many times, and names are slow.

use std::collections::HashMap;

use plenum_protocol::{AgentName, Identifier, Series};

use crate::site::{Place, Site};

/// Where a series is, in numbers that are only compared with each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spot {
    /// None where nothing of its sensor was ever noted.
    pub(crate) sensor: Option<usize>,
    /// None where the site does not place its sensor.
    pub(crate) room: Option<usize>,
    pub(super) place: Place,
    /// The site of its agent; none where nothing of that was ever noted.
    pub(super) site: Option<usize>,
}

impl Spot {
    /// Whether both are at one sensor.
    pub(super) fn is_at(&self, other: &Self) -> bool {
        self.sensor.is_some() && self.sensor == other.sensor
    }
}

/// The numbers of sites, rooms and sensors, and where each noted series is.
#[derive(Debug, Default)]
pub(super) struct Spots {
    sites: Vec<Identifier>,
    rooms: HashMap<Identifier, usize>,
    /// The rooms of each room's zone, itself among them.
    zones: Vec<Vec<usize>>,
    /// The room and the place of each sensor of the site, by agent.
    placed: HashMap<AgentName, HashMap<Identifier, (Identifier, Place)>>,
    sensors: HashMap<AgentName, HashMap<Identifier, usize>>,
    count: usize,
    /// By the caller's number.
    of: Vec<Option<Spot>>,
}

impl Spots {
    pub(super) fn new(site: &Site) -> Self {
        let mut found = Self::default();
        for room in &site.rooms {
            let count = found.rooms.len();
            found.rooms.entry(room.id.clone()).or_insert(count);
        }
        for sensor in &site.sensors {
            let count = found.rooms.len();
            found.rooms.entry(sensor.room.clone()).or_insert(count);
            let agent = AgentName::new(site.site.id.clone(), sensor.agent.clone());
            let of_agent = found.placed.entry(agent).or_default();
            of_agent.insert(sensor.id.clone(), (sensor.room.clone(), sensor.place));
        }
        found.zones = (0..found.rooms.len()).map(|room| vec![room]).collect();
        for room in site.rooms.iter().filter(|room| room.zone.is_some()) {
            let rooms = site.rooms.iter().filter(|other| other.zone == room.zone);
            found.zones[found.rooms[&room.id]] = rooms.map(|other| found.rooms[&other.id]).collect();
        }
        found
    }

    /// How many rooms there are.
    pub(super) fn rooms(&self) -> usize {
        self.zones.len()
    }

    /// The number of a room.
    pub(super) fn room(&self, room: &Identifier) -> Option<usize> {
        self.rooms.get(room).copied()
    }

    /// The rooms of a room's zone, itself among them.
    pub(super) fn zone(&self, room: usize) -> &[usize] {
        self.zones.get(room).map_or(&[], Vec::as_slice)
    }

    /// The room and the place of a series, where the site places its sensor.
    pub(super) fn placed(&self, series: &Series) -> Option<(&Identifier, Place)> {
        let (room, place) = self.placed.get(&series.agent)?.get(series.sensor())?;
        Some((room, *place))
    }

    /// Where a noted series is.
    pub(super) fn get(&self, number: usize) -> Option<Spot> {
        *self.of.get(number)?
    }

    /// Where a series is, noted or not.
    pub(super) fn find(&self, series: &Series) -> Spot {
        let sensor = self.sensors.get(&series.agent);
        let placed = self.placed(series);
        Spot {
            sensor: sensor.and_then(|of_agent| of_agent.get(series.sensor()).copied()),
            room: placed.and_then(|(room, _)| self.room(room)),
            place: placed.map_or(Place::Other, |(_, place)| place),
            site: self.sites.iter().position(|site| site == series.site()),
        }
    }

    /// Notes where a series is.
    pub(super) fn note(&mut self, number: usize, series: &Series) -> Spot {
        if let Some(spot) = self.get(number) {
            return spot;
        }
        if !self.sites.contains(series.site()) {
            self.sites.push(series.site().clone());
        }
        let of_agent = self.sensors.entry(series.agent.clone()).or_default();
        if !of_agent.contains_key(series.sensor()) {
            of_agent.insert(series.sensor().clone(), self.count);
            self.count += 1;
        }
        let spot = self.find(series);
        self.of.resize(self.of.len().max(number + 1), None);
        self.of[number] = Some(spot);
        spot
    }
}
