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
mod spots;
mod view;

pub use elsewhere::{Elsewhere, Learned, Sure};
pub use look::{Look, Moved, Reach, Sees};
pub(crate) use spots::Spot;
use spots::Spots;
pub use view::{Neighbour, View};

use std::collections::{HashMap, HashSet};

use plenum_protocol::{AgentName, Duration, Identifier, Outcome, Quantity, Series, Timestamp};

use crate::site::{Rule, Selector, Site};

/// All series that some rule looks at from another one.
#[derive(Debug, Default)]
pub struct Surroundings {
    spots: Spots,
    looked_at: HashSet<Quantity>,
    members: Vec<Member>,
    /// Members by the caller's number.
    by_number: Vec<Option<usize>>,
    /// Members at each sensor.
    by_sensor: Vec<Vec<usize>>,
    /// Members in each room.
    by_room: Vec<Vec<(Quantity, Vec<usize>)>>,
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
    by_room: HashMap<usize, Vec<usize>>,
    /// Sensors that may have one.
    placed: Vec<PlacedVoter>,
}

/// A sensor that is placed where a rule counts.
#[derive(Debug)]
struct PlacedVoter {
    agent: AgentName,
    sensor: Identifier,
    room: Option<usize>,
}

/// A series that is looked at.
#[derive(Debug)]
struct Member {
    /// What the caller calls it.
    number: usize,
    series: Series,
    spot: Spot,
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
        let spots = Spots::new(site);
        let mut found = Self {
            by_room: vec![Vec::new(); spots.rooms()],
            ..Self::default()
        };
        for rule in rules.into_iter().filter(|rule| rule.enabled) {
            found
                .looked_at
                .extend(rule.looks().iter().map(|look| look.quantity));
            if rule.when.counts_sensors() {
                let placed = site.sensors.iter().filter(|sensor| site.may_watch(rule, sensor));
                let placed = placed.map(|sensor| PlacedVoter {
                    agent: AgentName::new(site.site.id.clone(), sensor.agent.clone()),
                    sensor: sensor.id.clone(),
                    room: spots.room(&sensor.room),
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
        found.spots = spots;
        found
    }

    /// Says where a series is, which may look at others and be looked at once it is noted.
    pub fn place(&mut self, number: usize, series: &Series) {
        self.spots.note(number, series);
    }

    /// Notes a series that is there: from here on it counts, if any rule looks at its quantity. `number` is what the caller calls it.
    pub fn note(&mut self, number: usize, series: &Series) {
        let spot = self.spots.note(number, series);
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
        self.enter(member, series, spot);
        self.members.push(Member {
            number,
            series: series.clone(),
            spot,
            value: None,
            until: None,
            is_there: true,
        });
    }

    /// Puts a new member where those who look will find it.
    fn enter(&mut self, member: usize, series: &Series, spot: Spot) {
        let quantity = series.quantity();
        if let Some(sensor) = spot.sensor {
            self.by_sensor
                .resize_with(self.by_sensor.len().max(sensor + 1), Vec::new);
            self.by_sensor[sensor].push(member);
        }
        self.by_quantity.entry(quantity).or_default().push(member);
        let room = self.spots.placed(series).map(|(room, _)| room);
        for (select, voters) in self.voters.values_mut() {
            if select.takes(series, room, spot.place) {
                voters.all.push(member);
                if let Some(room) = spot.room {
                    voters.by_room.entry(room).or_default().push(member);
                }
            }
        }
        let Some(room) = spot.room else { return };
        let of_room = &mut self.by_room[room];
        match of_room.iter_mut().find(|(measured, _)| *measured == quantity) {
            Some((_, members)) => members.push(member),
            None => of_room.push((quantity, vec![member])),
        }
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
        View::new(self, series, self.spots.find(series), at)
    }

    /// The same for one that was placed or noted by this number: nobody has to look for where it is.
    pub fn view_of<'a>(&'a self, number: usize, series: &'a Series, at: Timestamp) -> View<'a> {
        let spot = self.spot(number).unwrap_or_else(|| self.spots.find(series));
        View::new(self, series, spot, at)
    }

    /// Where a series is that was placed or noted.
    pub(crate) fn spot(&self, number: usize) -> Option<Spot> {
        self.spots.get(number)
    }

    /// Whether a series is within reach of another one that looks; both were placed or noted.
    pub(crate) fn reaches(&self, from: usize, reach: &Reach, to: usize, series: &Series) -> bool {
        let (Some(from), Some(to)) = (self.spot(from), self.spot(to)) else {
            return false;
        };
        let is_in = |rooms: &[usize]| to.room.is_some_and(|room| rooms.contains(&room));
        match reach {
            Reach::Sensor => from.is_at(&to),
            Reach::Near | Reach::Room => from.is_at(&to) || (from.room.is_some() && from.room == to.room),
            Reach::Zone => match from.room.filter(|_| to.room.is_some()) {
                Some(room) => is_in(self.spots.zone(room)),
                None => from.is_at(&to),
            },
            Reach::Site | Reach::Nearest => from.site == to.site,
            Reach::Named(name) => series.agent.agent == name.agent && *series.sensor() == name.sensor,
        }
    }

    fn member(&self, number: usize) -> Option<usize> {
        *self.by_number.get(number)?
    }
}

/// The last instant before this one.
pub(crate) fn just_before(at: Timestamp) -> Timestamp {
    at - Duration::from_milliseconds(1)
}

#[cfg(test)]
pub(crate) mod tests;
