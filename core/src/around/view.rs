//! What is around one series.

use plenum_protocol::{Identifier, Quantity, Series, Timestamp};

use super::{Learned, Member, Reach, Spot, Sure, Surroundings};
use crate::site::{Bound, Place};
use crate::truth::Truth;

/// What is around one series.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    around: &'a Surroundings,
    series: &'a Series,
    spot: Spot,
    at: Timestamp,
}

/// Another series, as it is seen from there.
#[derive(Debug, Clone, Copy)]
pub struct Neighbour<'a> {
    /// What the caller calls it.
    pub number: usize,
    /// Which.
    pub series: &'a Series,
    /// Where it is measured.
    pub place: Place,
    /// The newest good value, however old.
    pub last_seen: Option<f64>,
    /// The last instant at which its value is or was known, if nothing more is heard; none where it never was.
    pub until: Option<Timestamp>,
}

impl<'a> Neighbour<'a> {
    fn of(member: &'a Member) -> Self {
        Self {
            number: member.number,
            series: &member.series,
            place: member.spot.place,
            last_seen: member.value,
            until: member.until,
        }
    }

    /// Its value as long as it is known, and until when.
    pub fn known(&self) -> Option<(f64, Timestamp)> {
        self.last_seen.zip(self.until)
    }

    /// The same if it is known at that instant.
    pub fn known_at(&self, at: Timestamp) -> Option<(f64, Timestamp)> {
        self.known().filter(|(_, until)| at <= *until)
    }

    /// Its value, as something that was learned.
    pub fn learned(&self) -> Learned {
        match self.known() {
            Some((value, until)) => Learned::Number {
                number: Some(value),
                until,
            },
            None => Learned::NOTHING,
        }
    }

    /// Whether it is beyond a bound, as long as it is known.
    pub fn is_beyond(&self, bound: Bound) -> Sure {
        self.holds(|value| bound.is_passed(value))
    }

    /// Whether a bound's deadband does not let it go, as long as it is known.
    pub fn is_kept_by(&self, bound: Bound) -> Sure {
        self.holds(|value| bound.is_passed(value) || bound.still_holds(value))
    }

    fn holds(&self, of: impl Fn(f64) -> bool) -> Sure {
        match self.known() {
            Some((value, until)) => Sure {
                truth: of(value).into(),
                until,
            },
            None => Sure::always(Truth::Unknown),
        }
    }
}

impl<'a> View<'a> {
    pub(super) fn new(around: &'a Surroundings, series: &'a Series, spot: Spot, at: Timestamp) -> Self {
        Self {
            around,
            series,
            spot,
            at,
        }
    }

    /// The series that looks.
    pub fn series(&self) -> &'a Series {
        self.series
    }

    /// Where it is measured.
    pub fn place(&self) -> Place {
        self.spot.place
    }

    /// When it looks.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The others of a quantity within reach: not its own series.
    pub fn others(&self, quantity: Quantity, reach: &Reach) -> Vec<Neighbour<'a>> {
        let mut found = self.find(quantity, reach).0;
        found.retain(|other| other.series != self.series);
        found
    }

    /// The others that a rule selects as it does this one, in the same room or on the whole site, and how many sensors that are placed there were never
    /// heard.
    pub fn selected(&self, rule: &Identifier, in_room: bool) -> (Vec<Neighbour<'a>>, usize) {
        let Some((_, voters)) = self.around.voters.get(rule) else {
            return (Vec::new(), 0);
        };
        let room = self.spot.room;
        let is_near = |other: Option<usize>| !in_room || (room.is_some() && room == other);
        let members = match (in_room, room) {
            (false, _) => Some(&voters.all),
            (true, Some(room)) => voters.by_room.get(&room),
            (true, None) => None,
        };
        let members = members.into_iter().flatten();
        let members = members.map(|member| &self.around.members[*member]);
        let others = members
            .filter(|member| member.is_there && self.is_of_its_site(member) && member.series != *self.series);
        let unheard = voters.placed.iter().filter(|placed| {
            let of_agent = self.around.heard.get(&placed.agent);
            is_near(placed.room) && !of_agent.is_some_and(|heard| heard.contains(&placed.sensor))
        });
        (others.map(Neighbour::of).collect(), unheard.count())
    }

    /// The series of a quantity within reach, and whether they are those of the whole site because there is none nearer. Its own may be among them.
    pub fn find(&self, quantity: Quantity, reach: &Reach) -> (Vec<Neighbour<'a>>, bool) {
        let nearer = |reaches: &[Reach]| {
            let found = reaches.iter().map(|reach| self.find(quantity, reach).0);
            { found }.find(|found| !found.is_empty())
        };
        match reach {
            Reach::Near => (nearer(&[Reach::Sensor, Reach::Room]).unwrap_or_default(), false),
            Reach::Nearest => match nearer(&[Reach::Sensor, Reach::Room]) {
                Some(near) => (near, false),
                None => (self.find(quantity, &Reach::Site).0, true),
            },
            Reach::Sensor => {
                let members = self
                    .spot
                    .sensor
                    .and_then(|sensor| self.around.by_sensor.get(sensor));
                (self.list(members, quantity), false)
            }
            Reach::Room => {
                let members = self.spot.room.and_then(|room| self.in_room(room, quantity));
                (self.list(members, quantity), false)
            }
            Reach::Zone => {
                let rooms = self
                    .spot
                    .room
                    .map_or(&[][..], |room| self.around.spots.zone(room));
                let found = rooms.iter().map(|room| self.in_room(*room, quantity));
                (
                    found.flat_map(|members| self.list(members, quantity)).collect(),
                    false,
                )
            }
            Reach::Site => (self.list(self.around.by_quantity.get(&quantity), quantity), false),
            Reach::Named(name) => {
                let mut found = self.find(quantity, &Reach::Site).0;
                found.retain(|other| {
                    other.series.agent.agent == name.agent && *other.series.sensor() == name.sensor
                });
                (found, false)
            }
        }
    }

    /// The numbers of all series that may ever be found within reach, whatever else comes.
    pub fn candidates(&self, quantity: Quantity, reach: &Reach) -> Vec<usize> {
        let reaches = match reach {
            Reach::Near => vec![Reach::Sensor, Reach::Room],
            Reach::Nearest => vec![Reach::Sensor, Reach::Site],
            other => vec![other.clone()],
        };
        let found = reaches.iter().flat_map(|reach| self.find(quantity, reach).0);
        found.map(|one| one.number).collect()
    }

    fn in_room(&self, room: usize, quantity: Quantity) -> Option<&'a Vec<usize>> {
        let mut measured = self.around.by_room.get(room)?.iter();
        let (_, members) = measured.find(|(measured, _)| *measured == quantity)?;
        Some(members)
    }

    fn is_of_its_site(&self, member: &Member) -> bool {
        self.spot.site.is_some() && member.spot.site == self.spot.site
    }

    /// The members of this quantity and of the same site among these.
    fn list(&self, members: Option<&'a Vec<usize>>, quantity: Quantity) -> Vec<Neighbour<'a>> {
        let members = members.into_iter().flatten();
        let members = members.map(|member| &self.around.members[*member]);
        let wanted = |member: &&Member| {
            member.is_there && member.series.quantity() == quantity && self.is_of_its_site(member)
        };
        members.filter(wanted).map(Neighbour::of).collect()
    }
}
