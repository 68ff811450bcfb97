//! The machine: takes the alarms' transitions in their order, gives the incidents that changed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plenum_protocol::Timestamp;

use super::index::Index;
use super::topology::{Spot, Topology};
use super::{Incident, Member};
use crate::alarms::cover::LINGERS;
use crate::alarms::{Alarm, Cover};

/// Every incident that is open, and those that ended a short while ago, which what comes again belongs to.
#[derive(Debug, Default)]
pub struct Incidents {
    held: BTreeMap<u64, Held>,
    /// Where each alarm is a member.
    places: HashMap<u64, (u64, usize)>,
    index: Index,
    /// Those that are over, by when.
    over: BTreeSet<(Timestamp, u64)>,
    last: u64,
    changed: BTreeSet<u64>,
    members: BTreeSet<(u64, usize)>,
}

#[derive(Debug)]
struct Held {
    incident: Incident,
    standing: usize,
}

/// What is to be written down: incidents without their members, and the members beside.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// How incidents are now.
    pub incidents: Vec<Incident>,
    /// Members that are new or other, each with its incident's number.
    pub members: Vec<(u64, Member)>,
}

impl Incidents {
    /// As they were left: those that are open or ended a short while ago, and the last number that was given.
    pub fn restore(incidents: Vec<Incident>, last: u64) -> Self {
        let mut restored = Self {
            last,
            ..Self::default()
        };
        for incident in incidents {
            restored.last = restored.last.max(incident.id);
            if incident.part_of.is_none() {
                restored.take(incident);
            }
        }
        restored
    }

    fn take(&mut self, mut incident: Incident) {
        let id = incident.id;
        // A member that a later program wrote is not understood: an incident must not stay open because nobody can end it.
        if incident.standing().next().is_none() {
            let ended = incident.members.iter().filter_map(|member| member.over_at).max();
            let over = incident.over_at.or(ended).unwrap_or(incident.began_at);
            incident.over_at = Some(over);
        }
        for (place, member) in incident.members.iter().enumerate() {
            self.places.insert(member.alarm, (id, place));
            self.index
                .stands(id, &member.spot, member.began_at, member.raised_at);
            if let Some(over_at) = member.over_at {
                self.index.is_over(id, &member.spot, over_at);
            }
        }
        self.over.extend(incident.over_at.map(|at| (at, id)));
        let standing = incident.standing().count();
        self.held.insert(id, Held { incident, standing });
    }

    /// Where there never was an incident, an earlier program has left alarms that stand: they come in the order in which they were raised.
    pub fn begin<'a>(standing: impl Iterator<Item = &'a Alarm>, topology: &Topology) -> Self {
        let mut standing: Vec<&Alarm> = standing.collect();
        standing.sort_by_key(|alarm| (alarm.raised_at, alarm.id));
        let mut begun = Self::default();
        for alarm in standing {
            begun.apply(alarm, alarm.raised_at, topology);
        }
        begun
    }

    /// Takes a transition of `at`. The alarm is as it is after that.
    pub fn apply(&mut self, alarm: &Alarm, at: Timestamp, topology: &Topology) {
        self.forget_before(at);
        let is_aside = matches!(alarm.cover, Some(Cover::Shelved(_) | Cover::OutOfService(_)));
        let stands = alarm.state.is_active() && !is_aside;
        let place = self.places.get(&alarm.id).copied();
        let member = place.map(|(id, place)| &self.held[&id].incident.members[place]);
        let stood = member.is_some_and(|member| member.over_at.is_none());
        match (place, stands, stood) {
            (Some(place), true, true) => self.note(place, alarm),
            (Some(place), true, false) => self.stand_again(place, alarm, at),
            (Some(place), false, true) => self.end(place, at),
            (Some(_) | None, false, false) => {}
            (None, true, _) => self.join(alarm, topology.spot(alarm), at),
            (None, false, true) => unreachable!("what is not a member does not stand as one"),
        }
    }

    /// The number of the incident that an alarm is a member of now, or was until a short while ago.
    pub fn of(&self, alarm: u64) -> Option<u64> {
        self.places.get(&alarm).map(|(incident, _)| *incident)
    }

    /// Those that are open, and those that ended a short while ago.
    pub fn iter(&self) -> impl Iterator<Item = &Incident> {
        self.held.values().map(|held| &held.incident)
    }

    /// The last number that was given.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// What changed since the last time.
    pub fn take_changes(&mut self) -> Changes {
        let incidents = std::mem::take(&mut self.changed);
        let members = std::mem::take(&mut self.members);
        let head = |id: u64| {
            let incident = &self.held.get(&id)?.incident;
            Some(Incident {
                members: Vec::new(),
                ..*incident
            })
        };
        let member =
            |(id, place): (u64, usize)| Some((id, self.held.get(&id)?.incident.members.get(place)?.clone()));
        let changes = Changes {
            incidents: incidents.iter().copied().filter_map(head).collect(),
            members: members.into_iter().filter_map(member).collect(),
        };
        // What became part of another is written down once, and not held on.
        for id in incidents {
            if self
                .held
                .get(&id)
                .is_some_and(|held| held.incident.part_of.is_some())
            {
                self.held.remove(&id);
            }
        }
        changes
    }

    fn held(&mut self, id: u64) -> &mut Held {
        self.changed.insert(id);
        self.held
            .get_mut(&id)
            .expect("whoever names an incident has it from here")
    }

    fn note(&mut self, (id, place): (u64, usize), alarm: &Alarm) {
        let held = self.held.get_mut(&id).expect("a member's incident is held");
        let member = &mut held.incident.members[place];
        if member.priority != alarm.priority {
            member.priority = alarm.priority;
            self.changed.insert(id);
            self.members.insert((id, place));
        }
    }

    fn stand_again(&mut self, (id, place): (u64, usize), alarm: &Alarm, at: Timestamp) {
        let held = self.held(id);
        held.standing += 1;
        let over = held.incident.over_at.take();
        let member = &mut held.incident.members[place];
        member.over_at = None;
        member.priority = alarm.priority;
        let (spot, began) = (member.spot.clone(), began(alarm, at));
        self.members.insert((id, place));
        self.index.stands(id, &spot, began, at);
        if let Some(over) = over {
            self.over.remove(&(over, id));
        }
    }

    fn end(&mut self, (id, place): (u64, usize), at: Timestamp) {
        let held = self.held(id);
        held.standing -= 1;
        let member = &mut held.incident.members[place];
        // Readings that came late may end it before it was raised.
        let at = at.max(member.raised_at);
        member.over_at = Some(at);
        let spot = member.spot.clone();
        if held.standing == 0 {
            held.incident.over_at = Some(at);
            self.over.insert((at, id));
        }
        self.members.insert((id, place));
        self.index.is_over(id, &spot, at);
    }

    fn join(&mut self, alarm: &Alarm, spot: Spot, at: Timestamp) {
        let suppressed_by = match &alarm.cover {
            Some(Cover::Suppressed(suppression)) => self.of(suppression.by),
            _ => None,
        };
        let began_at = began(alarm, at);
        let closest = || {
            let cause = self.index.cause_of(&spot, began_at, at);
            cause.or_else(|| self.index.alike(&spot, at))
        };
        let found = suppressed_by.or_else(closest);
        let effects = self.index.effects_of(&spot, began_at, at);
        let all: BTreeSet<u64> = found.into_iter().chain(effects).collect();
        let id = match all.first() {
            Some(oldest) => *oldest,
            None => self.open(at),
        };
        for part in all.into_iter().skip(1) {
            self.merge(part, id, at);
        }
        let member = Member {
            alarm: alarm.id,
            spot: spot.clone(),
            priority: alarm.priority,
            began_at,
            raised_at: at,
            over_at: None,
        };
        let held = self.held(id);
        held.standing += 1;
        let over = held.incident.over_at.take();
        held.incident.members.push(member);
        let place = held.incident.members.len() - 1;
        self.places.insert(alarm.id, (id, place));
        self.members.insert((id, place));
        self.index.stands(id, &spot, began_at, at);
        if let Some(over) = over {
            self.over.remove(&(over, id));
        }
    }

    fn open(&mut self, at: Timestamp) -> u64 {
        self.last += 1;
        let incident = Incident {
            id: self.last,
            began_at: at,
            over_at: None,
            part_of: None,
            members: Vec::new(),
        };
        self.held.insert(
            self.last,
            Held {
                incident,
                standing: 0,
            },
        );
        self.last
    }

    /// One turned out to be part of another: its members are that one's from here on.
    fn merge(&mut self, part: u64, into: u64, at: Timestamp) {
        let held = self.held(part);
        let members = std::mem::take(&mut held.incident.members);
        held.incident.part_of = Some(into);
        let over = held.incident.over_at.get_or_insert(at);
        let (over, standing, began_at) = (*over, held.standing, held.incident.began_at);
        self.over.remove(&(over, part));
        self.members.retain(|(id, _)| *id != part);
        self.index
            .forget(part, members.iter().map(|member| member.spot.clone()));
        let whole = self.held(into);
        whole.standing += standing;
        whole.incident.began_at = whole.incident.began_at.min(began_at);
        if let Some(over) = whole.incident.over_at.filter(|_| standing > 0) {
            whole.incident.over_at = None;
            self.over.remove(&(over, into));
        }
        for member in members {
            self.move_to(into, member);
        }
    }

    fn move_to(&mut self, into: u64, member: Member) {
        self.index
            .stands(into, &member.spot, member.began_at, member.raised_at);
        if let Some(over_at) = member.over_at {
            self.index.is_over(into, &member.spot, over_at);
        }
        let alarm = member.alarm;
        let members = &mut self.held(into).incident.members;
        members.push(member);
        let place = members.len() - 1;
        self.places.insert(alarm, (into, place));
        self.members.insert((into, place));
    }

    /// What ended a while ago is not joined any more.
    fn forget_before(&mut self, at: Timestamp) {
        while let Some((over, id)) = self.over.first().copied() {
            // What is to be written down first stays until it was.
            if at.since(over) <= LINGERS || self.changed.contains(&id) {
                break;
            }
            self.over.pop_first();
            let Some(held) = self.held.remove(&id) else {
                continue;
            };
            let members = held.incident.members;
            for member in &members {
                self.places.remove(&member.alarm);
            }
            self.index
                .forget(id, members.into_iter().map(|member| member.spot));
        }
    }
}

/// Since when the condition of an alarm that is raised at `at` holds.
fn began(alarm: &Alarm, at: Timestamp) -> Timestamp {
    alarm.held.began_at.map_or(at, |began| began.min(at))
}
