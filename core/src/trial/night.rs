//! Who would have been woken: alarms that cannot wait, told at night, by the channels that reach people.

use std::collections::{BTreeMap, HashMap};

use plenum_protocol::{Identifier, Quantity, Timestamp};

use super::plan::Alarm;
use crate::alarms::Subject;
use crate::site::{ChannelKind, Priority, Site};

/// The hours of the night in the site's zone: from the first, until the second.
const NIGHT: (i8, i8) = (22, 7);

/// A person, and how often each revision would have woken them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Woken {
    /// Who, by the site.
    pub person: Identifier,
    /// Their name for people to read.
    pub name: String,
    /// Alarms told to them at night by the revision that is tried, and by the one in force.
    pub alarms: [u32; 2],
}

/// How many of a revision's alarms would have been told at night although they could wait for nobody, and how often that would have woken whom.
pub(super) fn of_side(
    site: &Site,
    alarms: &[Alarm],
    kinds: &[ChannelKind],
    period: (Timestamp, Timestamp),
) -> (u32, BTreeMap<Identifier, u32>) {
    let people = |priority: Priority| {
        let to_people = |kind: &Identifier| {
            let known = kinds.iter().find(|known| known.name == kind.as_str());
            known.is_some_and(|known| known.to_people)
        };
        let channels = site.channels.iter();
        let channels = channels.filter(|channel| channel.takes(priority) && to_people(&channel.kind));
        let mut people: Vec<&Identifier> = channels.flat_map(|channel| &channel.people).collect();
        people.sort_unstable();
        people.dedup();
        people
    };
    let told = [Priority::Critical, Priority::High].map(|priority| (priority, people(priority)));
    let hidden = Hidden::new(alarms);
    let (mut count, mut woken) = (0, BTreeMap::new());
    for alarm in alarms {
        let Some((_, people)) = told.iter().find(|(priority, _)| *priority == alarm.rule.priority) else {
            continue;
        };
        let Some(at) = hidden.told_at(alarm) else { continue };
        if at < period.0 || at >= period.1 || !is_night(site, at) {
            continue;
        }
        count += 1;
        for person in people {
            *woken.entry((*person).clone()).or_default() += 1;
        }
    }
    (count, woken)
}

fn is_night(site: &Site, at: Timestamp) -> bool {
    let hour = at.to_jiff().to_zoned((*site.site.zone).clone()).hour();
    hour >= NIGHT.0 || hour < NIGHT.1
}

/// The alarms by their rules: those that stand for others.
struct Hidden<'a>(HashMap<&'a Identifier, Vec<&'a Alarm>>);

impl<'a> Hidden<'a> {
    fn new(alarms: &'a [Alarm]) -> Self {
        let mut by_rule: HashMap<&Identifier, Vec<&Alarm>> = HashMap::new();
        for alarm in alarms {
            by_rule.entry(&alarm.rule.id).or_default().push(alarm);
        }
        Self(by_rule)
    }

    /// When an alarm is told: as it is raised, or when none that it is suppressed by stands any more; none where it is gone by then.
    fn told_at(&self, alarm: &Alarm) -> Option<Timestamp> {
        let mut at = alarm.stood.from;
        let never_hidden = match &alarm.subject {
            Subject::Series(series) => matches!(series.quantity(), Quantity::Smoke | Quantity::Water),
            Subject::Agent(_) | Subject::System(_) => false,
        };
        if never_hidden {
            return Some(at);
        }
        let by = alarm
            .rule
            .suppressed_by
            .iter()
            .filter_map(|rule| self.0.get(rule));
        let by: Vec<&&Alarm> = by.flatten().filter(|other| is_near(alarm, other)).collect();
        let stands =
            |other: &&&&Alarm, at| other.stood.from <= at && other.stood.to.is_none_or(|ended| ended > at);
        while let Some(other) = by.iter().find(|other| stands(other, at)) {
            at = other.stood.to?;
        }
        alarm.stood.to.is_none_or(|ended| ended > at).then_some(at)
    }
}

fn is_near(alarm: &Alarm, other: &Alarm) -> bool {
    alarm.room.is_none() || other.room.is_none() || alarm.room == other.room
}
