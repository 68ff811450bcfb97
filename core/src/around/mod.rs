//! What is known around a series: of the others at its sensor, in its room and on its site. Rules that look at more than their own series ask here,
//! in the engine and in availability alike. Pure.
//!
//! | a rule looks | where |
//! |---|---|
//! | near | at the same sensor; where that has none, in the same room |
//! | `sensor` | at the same sensor |
//! | `room` | in the same room; a sensor that the site does not place is in none |
//! | `zone` | in the rooms of the same zone; a room without one is a zone of its own |
//! | `site` | at every sensor of the site |
//! | `nearest` | at the same sensor; where that has none, in the same room; where that has none, on the site |
//! | by name | at this sensor |
//!
//! A series is known as long as its newest reading was good, nothing after it was lost, and the expectation says that it may be silent. What becomes unknown does so at an instant
//! that can be told beforehand, so nobody has to wait for it: [`Elsewhere`] keeps the instant beside what was learned.

mod elsewhere;
mod look;
mod view;

pub use elsewhere::{Elsewhere, Learned, Sure};
pub use look::{Look, Moved, Reach, Sees};
pub use view::{Neighbour, View};

use std::collections::{HashMap, HashSet};

use plenum_protocol::{AgentName, Duration, Identifier, Outcome, Quantity, Series, Timestamp};

use crate::site::{Place, Rule, Selector, Site};

/// All series that some rule looks at from another one.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// The room and the place of each sensor of the site, by agent.
    placed: HashMap<AgentName, HashMap<Identifier, (Identifier, Place)>>,
    looked_at: HashSet<Quantity>,
    members: Vec<Member>,
    /// Members by the caller's number.
    by_number: Vec<Option<usize>>,
    by_sensor: HashMap<AgentName, HashMap<Identifier, Vec<usize>>>,
    by_room: HashMap<Identifier, HashMap<Quantity, Vec<usize>>>,
    /// The rooms of each zone, the room itself among them, by room.
    zones: HashMap<Identifier, Vec<Identifier>>,
    by_quantity: HashMap<Quantity, Vec<usize>>,
    /// Who is counted by rules that count, by the rule.
    voters: HashMap<Identifier, (Selector, Voters)>,
    /// The sensors of which anything is there, where some rule counts.
    heard: HashMap<AgentName, HashSet<Identifier>>,
}

/// The series that a rule counts.
#[derive(Debug, Default)]
struct Voters {
    all: Vec<usize>,
    by_room: HashMap<Identifier, Vec<usize>>,
    /// Sensors that may have one.
    placed: Vec<PlacedVoter>,
}

/// A sensor that is placed where a rule counts.
#[derive(Debug)]
struct PlacedVoter {
    agent: AgentName,
    sensor: Identifier,
    room: Identifier,
}

/// A series that is looked at.
#[derive(Debug)]
struct Member {
    /// What the caller calls it.
    number: usize,
    series: Series,
    place: Place,
    /// The newest good value.
    value: Option<f64>,
    /// The last instant at which it is or was known, if nothing more is heard; none before any good reading.
    until: Option<Timestamp>,
    /// It was not taken away.
    is_there: bool,
}

impl Surroundings {
    /// Nothing yet, for these rules of this site.
    pub fn new<'a>(rules: impl IntoIterator<Item = &'a Rule>, site: &Site) -> Self {
        let mut found = Self::default();
        for rule in rules.into_iter().filter(|rule| rule.enabled) {
            found
                .looked_at
                .extend(rule.looks().iter().map(|look| look.quantity));
            if rule.when.counts_sensors() {
                let placed = site.sensors.iter().filter(|sensor| site.may_watch(rule, sensor));
                let placed = placed.map(|sensor| PlacedVoter {
                    agent: AgentName::new(site.site.id.clone(), sensor.agent.clone()),
                    sensor: sensor.id.clone(),
                    room: sensor.room.clone(),
                });
                let voters = Voters {
                    placed: placed.collect(),
                    ..Voters::default()
                };
                found
                    .voters
                    .insert(rule.id.clone(), (rule.select.clone(), voters));
            }
        }
        for room in site.rooms.iter().filter(|room| room.zone.is_some()) {
            let rooms = site.rooms.iter().filter(|other| other.zone == room.zone);
            let rooms = rooms.map(|other| other.id.clone()).collect();
            found.zones.insert(room.id.clone(), rooms);
        }
        for sensor in &site.sensors {
            let agent = AgentName::new(site.site.id.clone(), sensor.agent.clone());
            let of_agent = found.placed.entry(agent).or_default();
            of_agent.insert(sensor.id.clone(), (sensor.room.clone(), sensor.place));
        }
        found
    }

    /// Notes a series that is there, if any rule looks at its quantity. `number` is what the caller calls it.
    pub fn note(&mut self, number: usize, series: &Series) {
        if !self.voters.is_empty() {
            let of_agent = self.heard.entry(series.agent.clone()).or_default();
            of_agent.insert(series.sensor().clone());
        }
        if !self.looked_at.contains(&series.quantity()) {
            return;
        }
        if let Some(known) = self.member(number) {
            self.members[known].is_there = true;
            return;
        }
        let member = self.members.len();
        if self.by_number.len() <= number {
            self.by_number.resize(number + 1, None);
        }
        self.by_number[number] = Some(member);
        let quantity = series.quantity();
        let placed = self.placed(series).map(|(room, place)| (room.clone(), place));
        let of_agent = self.by_sensor.entry(series.agent.clone()).or_default();
        of_agent.entry(series.sensor().clone()).or_default().push(member);
        self.by_quantity.entry(quantity).or_default().push(member);
        let room = placed.as_ref().map(|(room, _)| room);
        let place = placed.as_ref().map_or(Place::Other, |(_, place)| *place);
        for (select, voters) in self.voters.values_mut() {
            if select.takes(series, room, place) {
                voters.all.push(member);
                if let Some(room) = room {
                    voters.by_room.entry(room.clone()).or_default().push(member);
                }
            }
        }
        if let Some((room, _)) = placed {
            let of_room = self.by_room.entry(room).or_default();
            of_room.entry(quantity).or_default().push(member);
        }
        self.members.push(Member {
            number,
            series: series.clone(),
            place,
            value: None,
            until: None,
            is_there: true,
        });
    }

    /// A series was taken away: it counts no more, until it is noted again.
    pub fn forget(&mut self, number: usize) {
        if let Some(member) = self.member(number) {
            self.members[member].is_there = false;
        }
    }

    /// Whether a series is there and looked at.
    pub fn has(&self, number: usize) -> bool {
        self.member(number)
            .is_some_and(|member| self.members[member].is_there)
    }

    /// Takes over what is known of a series: its newest good value and until when it is known.
    pub fn put(&mut self, number: usize, value: Option<f64>, until: Option<Timestamp>) {
        if let Some(member) = self.member(number) {
            (self.members[member].value, self.members[member].until) = (value, until);
        }
    }

    /// What a reading will mean to those who look at its series; none where nobody does.
    pub fn foresee(&self, number: usize, at: Timestamp, outcome: Outcome) -> Option<Moved> {
        let lost = self.foresee_loss(number, at)?;
        Some(Moved {
            values: (lost.values.0, outcome.ok().or(lost.values.0)),
            known: (lost.known.0, outcome.is_ok()),
            ..lost
        })
    }

    /// What it will mean to those who look at a series that its readings are lost; none where nobody does.
    pub fn foresee_loss(&self, number: usize, at: Timestamp) -> Option<Moved> {
        let member = &self.members[self.member(number)?];
        Some(Moved {
            quantity: member.series.quantity(),
            values: (member.value, member.value),
            known: (member.until.is_some_and(|until| at <= until), false),
        })
    }

    /// A series was read; it is known until that instant if nothing more is heard. With a fault it was known until just before.
    pub fn read(&mut self, number: usize, at: Timestamp, outcome: Outcome, until: Timestamp) {
        let Ok(value) = outcome else {
            return self.lose(number, at);
        };
        self.put(number, Some(value), Some(until));
    }

    /// Nothing is known of a series from that instant on, until it is read again.
    pub fn lose(&mut self, number: usize, at: Timestamp) {
        if let Some(member) = self.member(number) {
            let member = &mut self.members[member];
            member.until = member.until.map(|known| known.min(just_before(at)));
        }
    }

    /// What is around a series at that instant.
    pub fn view<'a>(&'a self, series: &'a Series, at: Timestamp) -> View<'a> {
        View::new(self, series, at)
    }

    /// Whether a series is within reach of another that looks.
    pub fn reaches(&self, from: &Series, reach: &Reach, to: &Series) -> bool {
        let same_sensor = || from.agent == to.agent && from.sensor() == to.sensor();
        let room = |series: &Series| self.placed(series).map(|(room, _)| room.clone());
        match reach {
            Reach::Sensor => same_sensor(),
            Reach::Near | Reach::Room => same_sensor() || (room(from).is_some() && room(from) == room(to)),
            Reach::Zone => match (room(from), room(to)) {
                (Some(from), Some(to)) => self.zone(&from).contains(&to),
                _ => same_sensor(),
            },
            Reach::Site | Reach::Nearest => from.site() == to.site(),
            Reach::Named(name) => to.agent.agent == name.agent && *to.sensor() == name.sensor,
        }
    }

    /// The room of a series, where the site places its sensor.
    pub(crate) fn room_of(&self, series: &Series) -> Option<&Identifier> {
        Some(self.placed(series)?.0)
    }

    fn member(&self, number: usize) -> Option<usize> {
        *self.by_number.get(number)?
    }

    /// The rooms of a room's zone, itself among them.
    fn zone<'a>(&'a self, room: &'a Identifier) -> &'a [Identifier] {
        self.zones
            .get(room)
            .map_or(std::slice::from_ref(room), Vec::as_slice)
    }

    fn placed(&self, series: &Series) -> Option<(&Identifier, Place)> {
        let (room, place) = self.placed.get(&series.agent)?.get(series.sensor())?;
        Some((room, *place))
    }
}

/// The last instant before this one.
pub(crate) fn just_before(at: Timestamp) -> Timestamp {
    at - Duration::from_milliseconds(1)
}

#[cfg(test)]
pub(crate) mod tests;
