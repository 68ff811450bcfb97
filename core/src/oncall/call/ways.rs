//! By which ways a step of a ladder reaches whom it comes to.

use std::collections::BTreeSet;

use plenum_protocol::{Identifier, Timestamp};
use serde::{Deserialize, Serialize};

use super::Rung;
use crate::duty::Plan;
use crate::site::{Channel, Ladder, Person, Priority, Site, Whom};

/// One who is reached over a channel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Way {
    /// The channel's id.
    pub channel: String,
    /// The person's id; the channel's own where it reaches no people.
    pub recipient: String,
}

/// What a call asks about whom it tells.
pub struct Reach<'a> {
    /// The site in force.
    pub site: &'a Site,
    /// Who is on duty.
    pub plan: &'a Plan<'a>,
    /// The ways that are known not to work.
    pub broken: &'a BTreeSet<Way>,
    /// Whether a channel reaches people.
    pub to_people: &'a dyn Fn(&Channel) -> bool,
}

impl<'a> Reach<'a> {
    /// Whether a way is known not to work.
    pub(super) fn is_broken(&self, way: &Way) -> bool {
        self.broken.contains(way)
    }

    /// By which ways a step tells; none while all whom it comes to have quiet hours for it, so that it waits. Whom no channel reaches is told by none.
    pub(super) fn of(
        &self,
        ladder: &Ladder,
        rung: Rung,
        priority: Priority,
        now: Timestamp,
    ) -> Option<Vec<Way>> {
        let fallback = Whom::Person(ladder.fallback.clone());
        let (whom, channels) = match rung {
            Rung::Step(place) => {
                let step = ladder.steps.get(place)?;
                (step.whom.clone(), step.channels.as_slice())
            }
            Rung::Fallback => (fallback.clone(), [].as_slice()),
            Rung::Everybody => (Whom::Everybody, [].as_slice()),
            // Whom it is, the call knows: without them nobody.
            Rung::Named => return None,
        };
        let mut people = self.plan.whom(&whom, now);
        let mut ways = self.ways(&people, channels, priority);
        if ways.is_empty() {
            people = self.plan.whom(&fallback, now);
            ways = self.ways(&people, &[], priority);
        }
        let is_quiet = |person: &&Person| self.plan.quiet_until(&person.id, priority, now).is_some();
        let quiet: BTreeSet<&str> = people
            .iter()
            .filter(|person| is_quiet(person))
            .map(|person| person.id.as_str())
            .collect();
        let count = ways.len();
        ways.retain(|way| !quiet.contains(way.recipient.as_str()));
        (count == 0 || !ways.is_empty()).then_some(ways)
    }

    /// By which ways one person is told that work; none where there is none, or they have quiet hours for it.
    pub(super) fn to(&self, person: &Identifier, priority: Priority, now: Timestamp) -> Option<Vec<Way>> {
        let person = self.site.person_by_id(person)?;
        let mut ways = self.ways(&[person], &[], priority);
        ways.retain(|way| !self.is_broken(way));
        let is_quiet = self.plan.quiet_until(&person.id, priority, now).is_some();
        (!is_quiet && !ways.is_empty()).then_some(ways)
    }

    /// To whom somebody can pass it on by name: everybody else who can be told now.
    pub fn others(&self, by: &str, priority: Priority, now: Timestamp) -> Vec<&'a Person> {
        let all = self.plan.whom(&Whom::Everybody, now).into_iter();
        let others = all.filter(|person| person.id.as_str() != by);
        others
            .filter(|person| self.to(&person.id, priority, now).is_some())
            .collect()
    }

    /// The ways to people over the channels that are named, or over all.
    fn ways(&self, people: &[&Person], named: &[Identifier], priority: Priority) -> Vec<Way> {
        let mut ways = Vec::new();
        for channel in &self.site.channels {
            let is_named = named.is_empty() || named.contains(&channel.id);
            if !is_named || !channel.takes(priority) {
                continue;
            }
            let reached = people.iter().filter(|person| channel.people.contains(&person.id));
            ways.extend(reached.map(|person| Way {
                channel: channel.id.to_string(),
                recipient: person.id.to_string(),
            }));
            if named.contains(&channel.id) && !(self.to_people)(channel) {
                ways.push(Way {
                    channel: channel.id.to_string(),
                    recipient: channel.id.to_string(),
                });
            }
        }
        ways
    }
}

/// A map by ways is a list in JSON.
pub(super) mod told {
    use std::collections::BTreeMap;

    use plenum_protocol::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Way;

    pub(crate) fn serialize<S: Serializer>(
        told: &BTreeMap<Way, Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        told.iter().collect::<Vec<_>>().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<Way, Timestamp>, D::Error> {
        Ok(Vec::<(Way, Timestamp)>::deserialize(deserializer)?
            .into_iter()
            .collect())
    }
}
